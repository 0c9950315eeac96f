//! Markings of objects and of parts of them (STIX 2.1 §7.2).

use std::collections::HashMap;

use super::Check;
use super::common::repeated;
use super::values::quoted;
use crate::json::{Json, Members};
use crate::marking::Selector;
use crate::marking::tlp::{Tlp, TlpEdition};

impl<'c> Check<'c> {
    /// CP-08, TLP-4, GM-3 to GM-8.
    pub(super) fn markings(&mut self, members: &'c Members<'_>) {
        if let Some(items) = members.get("object_marking_refs").and_then(Json::as_list) {
            self.at("object_marking_refs", |check| check.object_markings(items));
        }
        let Some(items) = members.get("granular_markings").and_then(Json::as_list) else { return };
        let mut index = Index::default();
        self.at("granular_markings", |check| {
            for (i, marking) in items.iter().enumerate().filter_map(|(i, item)| Some((i, item.as_object()?))) {
                check.at_index(i, |check| {
                    check.texts(marking, "selectors", |check, text| check.selector(&mut index, members, text));
                });
            }
        });
    }

    fn object_markings(&mut self, items: &'c [Json<'_>]) {
        if items.len() < 2 {
            return;
        }
        let texts = || items.iter().map(|item| item.as_str().unwrap_or_default());
        for i in repeated(texts()) {
            let found = items.get(i).map(Json::excerpt).unwrap_or_default();
            self.at_index(i, |check| check.warning("CP-08", found, "each marking once"));
        }
        let count = |edition| texts().filter_map(Tlp::by_id).filter(|tlp| tlp.edition() == edition).count();
        let most = count(TlpEdition::V1).max(count(TlpEdition::V2));
        if most > 1 {
            match self.options.profile {
                super::Profile::Interop => self.error("IO-03", format!("{most} TLP markings"), "one TLP marking"),
                _ => self.warning("TLP-4", format!("{most} TLP markings"), "one TLP marking"),
            }
        }
    }

    /// GM-3: a selector leads to something. Whether it is false, zero or empty does not matter (GM-4).
    fn selector(&mut self, index: &mut Index<'c>, members: &'c Members<'_>, text: &'c str) {
        // GM-2 has told of a malformed one.
        if text.parse::<Selector>().is_err() {
            return;
        }
        match index.find(members, text) {
            Err(missing) => {
                self.error("GM-3", quoted(text), format!("a path that exists: there is no {missing}"));
            }
            Ok(()) if matches!(text.split('.').next(), Some("granular_markings" | "object_marking_refs")) => {
                self.warning("GM-8", quoted(text), "content, not the markings themselves");
            }
            Ok(()) => {}
        }
    }
}

/// Members of large objects by name, so that many selectors take no longer than the object is large.
#[derive(Default)]
struct Index<'c>(HashMap<*const (), HashMap<&'c str, &'c Json<'c>>>);

impl<'c> Index<'c> {
    /// Does the path of a selector exist? If not, gives the first step that is missing.
    fn find(&mut self, members: &'c Members<'c>, text: &'c str) -> Result<(), &'c str> {
        let mut steps = text.split('.');
        let first = steps.next().unwrap_or_default();
        let mut json = self.get(members, first).ok_or(first)?;
        for step in steps {
            let index = step.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            let next = match (json, index) {
                (Json::List(items), Some(index)) => index.parse().ok().and_then(|index: usize| items.get(index)),
                (Json::Object(members), None) => self.get(members, step),
                _ => None,
            };
            json = next.ok_or(step)?;
        }
        Ok(())
    }

    fn get(&mut self, members: &'c Members<'c>, name: &str) -> Option<&'c Json<'c>> {
        const FEW: usize = 32;
        if members.len() <= FEW {
            return members.get(name);
        }
        let by_name = self.0.entry(std::ptr::from_ref(members).cast()).or_insert_with(|| members.iter().collect());
        by_name.get(name).copied()
    }
}

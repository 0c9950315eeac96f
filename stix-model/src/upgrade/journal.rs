//! What an upgrade does to an object, as it goes: the report, and where each part went.

use std::collections::HashMap;

use super::Change;
use crate::Severity;
use crate::json::{Json, Members};

/// The changes to one object, and the moves that its granular markings must follow.
#[derive(Default)]
pub(super) struct Journal {
    pub(super) changes: Vec<Change>,
    /// From one selector to others; to none if the part is gone.
    moves: HashMap<String, Vec<String>>,
    /// The length of the longest selector that moved.
    longest: usize,
}

impl Journal {
    /// Notes something at a part of the object, given as a selector; the empty one is the object.
    pub(super) fn note(&mut self, severity: Severity, rule: &'static str, part: &str, what: impl Into<String>) {
        self.changes.push(Change { object: None, pointer: pointer(part), rule, severity, what: what.into() });
    }

    pub(super) fn done(&mut self, rule: &'static str, part: &str, what: impl Into<String>) {
        self.note(Severity::Information, rule, part, what);
    }

    pub(super) fn warn(&mut self, rule: &'static str, part: &str, what: impl Into<String>) {
        self.note(Severity::Warning, rule, part, what);
    }

    pub(super) fn moved(&mut self, from: impl Into<String>, to: impl IntoIterator<Item = String>) {
        let from = from.into();
        self.longest = self.longest.max(from.len());
        self.moves.insert(from, to.into_iter().collect());
    }

    /// Where a part is now: several places if it was split, none if it is gone.
    pub(super) fn whereabouts(&self, selector: &str) -> Vec<String> {
        let moved = beginnings(selector, self.longest).filter_map(|(part, rest)| Some((self.moves.get(part)?, rest)));
        match moved.last() {
            None => vec![selector.to_owned()],
            Some((to, rest)) => to.iter().map(|to| format!("{to}{rest}")).collect(),
        }
    }

    /// Makes the granular markings of the object follow the moves.
    pub(super) fn follow(&mut self, members: &mut Members<'static>) {
        if self.moves.is_empty() {
            return;
        }
        let Some(Json::List(markings)) = members.get_mut("granular_markings") else { return };
        let mut changed = false;
        for marking in markings.iter_mut() {
            let Json::Object(marking) = marking else { continue };
            let Some(Json::List(selectors)) = marking.get_mut("selectors") else { continue };
            let moved = self.follow_all(selectors);
            changed |= moved != *selectors;
            *selectors = moved;
        }
        markings.retain(|marking| marking.get("selectors").and_then(Json::as_list).is_none_or(|list| !list.is_empty()));
        let none = markings.is_empty();
        if none {
            members.remove("granular_markings");
        }
        if changed {
            self.done("V20-02", "granular_markings", "the selectors follow what was renamed or moved");
        }
    }

    fn follow_all(&self, selectors: &[Json<'static>]) -> Vec<Json<'static>> {
        let mut moved = Vec::with_capacity(selectors.len());
        for selector in selectors {
            match selector.as_str() {
                Some(text) => moved.extend(self.whereabouts(text).into_iter().map(Json::from)),
                None => moved.push(selector.clone()),
            }
        }
        moved
    }
}

/// The beginnings of a selector, whole steps and at most so long, each with its rest; the shortest first.
pub(super) fn beginnings(selector: &str, longest: usize) -> impl Iterator<Item = (&str, &str)> {
    let ends = selector.match_indices('.').map(|(at, _)| at).chain([selector.len()]);
    ends.take_while(move |&end| end <= longest).filter_map(|end| selector.split_at_checked(end))
}

/// The rest of a selector that selects another or something inside it.
pub(super) fn inside<'s>(selector: &'s str, outer: &str) -> Option<&'s str> {
    selector.strip_prefix(outer).filter(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A selector as a JSON pointer.
fn pointer(selector: &str) -> String {
    let steps = selector.split('.').filter(|step| !step.is_empty());
    let plain = |step: &str| step.trim_start_matches('[').trim_end_matches(']').to_owned();
    steps.fold(String::new(), |pointer, step| pointer + "/" + &crate::pointer::escape(&plain(step)))
}

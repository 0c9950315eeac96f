//! What all objects share: their names, dates, languages and labels (STIX 2.1 §3).

use std::collections::HashSet;

use super::values::quoted;
use super::{Check, Kind, Shape};
use crate::json::{Json, Members};
use crate::strict::shorten;
use crate::{Severity, TypeClass, deterministic, identifier, timestamp};

impl<'c> Check<'c> {
    /// The rules of common properties. `shape` is the table of a type of the standard.
    pub(super) fn common(&mut self, shape: Option<&'static Shape>, class: TypeClass, members: &'c Members<'_>) {
        self.text(members, "id", |check, id| check.own_name(shape, class, members, id));
        let text = |name| members.get(name).and_then(Json::as_str);
        if let (Some(created), Some(modified)) = (text("created"), text("modified"))
            && timestamp::is_before(modified, created)
        {
            let created = members.get("created").map(Json::excerpt).unwrap_or_default();
            self.text(members, "modified", |check, modified| {
                check.error("CP-03", quoted(modified), format!("an instant not earlier than created, {created}"));
            });
        }
        let speaks = ["name", "description"].iter().any(|name| members.contains(name));
        if matches!(class, TypeClass::Domain | TypeClass::Relationship) && speaks && !members.contains("lang") {
            self.note("CP-06", "text without a language", "lang, such as \"en\"");
        }
        if let Some(shape) = shape {
            self.labels(shape, members);
        }
        self.markings(members);
    }

    /// CP-07: a label that repeats a value of the vocabulary which the type has a property for.
    fn labels(&mut self, shape: &'static Shape, members: &'c Members<'_>) {
        if !members.contains("labels") {
            return;
        }
        let vocabularies = shape.properties.iter().filter_map(|property| match &property.kind {
            Kind::Vocabulary(vocabulary) | Kind::List(Kind::Vocabulary(vocabulary)) => {
                Some((property.name, vocabulary))
            }
            _ => None,
        });
        let values: std::collections::HashMap<&str, &str> = vocabularies
            .flat_map(|(name, vocabulary)| vocabulary.values.iter().map(move |value| (*value, name)))
            .collect();
        self.texts(members, "labels", |check, label| {
            if let Some(property) = values.get(label) {
                check.note("CP-07", quoted(label), format!("the value in {property}"));
            }
        });
    }

    /// ID-01, ID-03 to ID-05: the type of the name is that of the object, and its UUID was made as the class demands.
    fn own_name(&mut self, shape: Option<&'static Shape>, class: TypeClass, members: &Members<'_>, id: &str) {
        let Some((object_type, uuid)) = identifier::split(id).or_else(|| id.split_once("--")) else { return };
        let own = members.get("type").and_then(Json::as_str).unwrap_or_default();
        if object_type != own {
            self.error("ID-01", quoted(id), format!("an identifier that begins with {}--", shorten(own)));
        }
        if self.options.any_uuid || !identifier::is_uuid(uuid) {
            return;
        }
        let version = uuid.as_bytes().get(14).copied().unwrap_or_default();
        match class {
            TypeClass::Observable => self.observable_name(shape, members, id, uuid, version),
            // Of other versions ID-02 has told already.
            _ if matches!(version, b'1' | b'2' | b'3' | b'5') => {
                self.warning("ID-03", quoted(id), "a random UUID (version 4)");
            }
            _ => {}
        }
    }

    fn observable_name(
        &mut self,
        shape: Option<&'static Shape>,
        members: &Members<'_>,
        id: &str,
        uuid: &str,
        version: u8,
    ) {
        let declared = self.options.types.get(self.host);
        let contributing: Vec<&str> = match (shape, declared) {
            (Some(shape), _) => shape.contributing.to_vec(),
            (None, Some(declared)) => declared.contributing.iter().map(String::as_str).collect(),
            (None, None) => return,
        };
        let present = contributing.iter().any(|name| members.contains(name));
        match (version, present) {
            (b'5', false) if self.host == "process" => {
                self.error("ID-05", quoted(id), "a random UUID (version 4): a process has no contributing properties");
            }
            (b'5', false) => {
                let expected = "a random UUID (version 4), since no contributing property is there";
                self.find_code("ID-04", None, Severity::Error, quoted(id), expected);
            }
            (b'5', true) => {
                let made = deterministic::uuid_of(&contributing, members).map(|made| made.to_string());
                if let Some(made) = made.filter(|made| !made.eq_ignore_ascii_case(uuid)) {
                    self.note("DET-10", quoted(id), format!("{made}, which the content makes"));
                }
            }
            (_, true) => {
                let expected = format!("a UUID made from {} (version 5)", contributing.join(", "));
                self.warning("ID-04", quoted(id), expected);
            }
            (b'4', false) => {}
            (_, false) => self.warning("ID-04", quoted(id), "a random UUID (version 4)"),
        }
    }
}

/// The positions of texts that have occurred before.
pub(super) fn repeated<'t>(items: impl Iterator<Item = &'t str>) -> Vec<usize> {
    // Most lists have one item.
    if items.size_hint().1 == Some(1) {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    items.enumerate().filter(|(_, item)| !seen.insert(item.to_ascii_lowercase())).map(|(i, _)| i).collect()
}

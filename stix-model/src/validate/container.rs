//! The deprecated container of observables in `observed-data` (STIX 2.1 §4.14), in the shape of STIX 2.0 or 2.1.

use std::collections::HashMap;

use super::values::quoted;
use super::{Check, observables};
use crate::json::{Json, Members};
use crate::object::object_type;
use crate::property::{Property, Shape, Target};

/// Properties of STIX 2.0 that 2.1 renamed or removed, by table.
#[rustfmt::skip]
const OLD_NAMES: &[(&str, &[&str])] = &[
    ("file", &["created", "modified", "accessed", "is_encrypted", "encryption_algorithm", "decryption_key"]),
    ("directory", &["created", "modified", "accessed"]),
    ("archive-ext", &["version"]),
    ("raster-image-ext", &["image_compression_algorithm"]),
    ("network-traffic", &["encapsulates_by_ref"]),
    ("socket-ext", &["protocol_family"]),
    ("process", &["name", "arguments", "created", "binary_ref"]),
    ("user-account", &["password_last_changed"]),
    ("windows-registry-key", &["modified"]),
];

/// Did STIX 2.0 have this property?
pub(super) fn was_known(table: &str, property: &str) -> bool {
    OLD_NAMES.iter().any(|(name, properties)| *name == table && properties.contains(&property))
}

impl<'c> Check<'c> {
    /// OC-1 to OC-3.
    pub(super) fn observables(&mut self, entries: &'c Members<'_>) {
        if entries.is_empty() {
            self.error("T-03", "an empty dictionary", "at least one entry; leave the property out if there is none");
        }
        let type_of = |value: &'c Json<'_>| value.get("type").and_then(Json::as_str).unwrap_or_default();
        let types = entries.iter().map(|(key, value)| (key, type_of(value))).collect();
        let outer = (self.host, self.container.replace(types));
        for (key, value) in entries.iter() {
            self.at(key, |check| {
                if key.parse::<usize>().ok().is_none_or(|number| number >= entries.len()) {
                    check.warning("OC-3", quoted(key), "numbers from 0 on, without gaps");
                }
                match value {
                    Json::Object(members) => check.inside(members),
                    other => check.error("OC-1", other.excerpt(), "an observable"),
                }
            });
        }
        (self.host, self.container) = outer;
        self.connected(entries);
    }

    fn inside(&mut self, members: &'c Members<'_>) {
        let Some(name) = members.get("type").and_then(Json::as_str) else {
            return self.error("OC-1", "no type", "an observable with a type");
        };
        self.host = name;
        match object_type(name).filter(|_| Target::Observable.allows(name)) {
            Some(shape) => self.observable(shape, members),
            None if Target::Observable.allows(name) => {
                members.iter().for_each(|(name, value)| self.at(name, |check| check.anything(value)));
                self.at("type", |check| check.type_name(name, true));
            }
            None => self.at("type", |check| check.error("OC-1", quoted(name), "the type of an observable")),
        }
    }

    /// Like an observable of its own, which has a name; where it has properties of 2.0, what 2.1 demands is not.
    fn observable(&mut self, shape: &'static Shape, members: &'c Members<'_>) {
        let old = members.iter().any(|(name, _)| was_known(shape.name, name));
        let missing = |row: &&Property| row.required && row.name != "id" && !members.contains(row.name);
        for row in shape.rows().filter(|row| missing(row) && !old) {
            self.missing(row.name);
        }
        self.members(shape, members);
        for constraint in shape.constraints.iter().filter(|c| !old && !c.demand.holds(shape, members)) {
            self.broken(constraint, members);
        }
        observables::check(self, shape.name, members);
        self.markings(members);
    }

    /// OC-2: a reference is a key of the container.
    pub(super) fn reference_by_key(&mut self, target: Target, key: &str) {
        // Markings lie outside.
        if target == Target::Types(&["marking-definition"]) {
            self.identifier(key);
            return;
        }
        match self.container.as_ref().and_then(|types| types.get(key).copied()) {
            None => self.error("OC-2", quoted(key), "a key of the container"),
            Some(object_type) if !self.leads(target, object_type) => {
                let found = format!("{}, of type {}", quoted(key), quoted(object_type));
                self.error("OC-2", found, format!("the key of {}", target.describe()));
            }
            Some(_) => {}
        }
    }

    /// SDO-OD-4: references connect all objects.
    fn connected(&mut self, entries: &'c Members<'_>) {
        let numbers: HashMap<&str, usize> = entries.iter().enumerate().map(|(i, (key, _))| (key, i)).collect();
        let mut groups: Vec<usize> = (0..entries.len()).collect();
        let mut links = Vec::new();
        for (i, (_, value)) in entries.iter().enumerate() {
            let Some(members) = value.as_object() else { continue };
            for (name, value) in members.iter() {
                let texts = match value {
                    _ if !(name.ends_with("_ref") || name.ends_with("_refs")) => continue,
                    Json::List(items) => items.iter().collect(),
                    other => vec![other],
                };
                links.extend(texts.iter().filter_map(|text| Some((i, *numbers.get(text.as_str()?)?))));
            }
            links.extend(nested_links(members, &numbers).into_iter().map(|to| (i, to)));
        }
        for (from, to) in links {
            let (a, b) = (root(&mut groups, from), root(&mut groups, to));
            if let Some(group) = groups.get_mut(a) {
                *group = b;
            }
        }
        let first = root(&mut groups, 0);
        if let Some((key, _)) =
            entries.iter().enumerate().find(|(i, _)| root(&mut groups, *i) != first).map(|(_, entry)| entry)
        {
            self.warning(
                "SDO-OD-4",
                format!("{} unconnected with the first", quoted(key)),
                "objects that references connect",
            );
        }
    }
}

/// The entries that extensions and parts of an object refer to.
fn nested_links(members: &Members<'_>, numbers: &HashMap<&str, usize>) -> Vec<usize> {
    let mut links = Vec::new();
    let mut open: Vec<(bool, &Json<'_>)> = members.iter().map(|(_, value)| (false, value)).collect();
    while let Some((reference, json)) = open.pop() {
        match json {
            Json::Object(inside) => {
                let named =
                    inside.iter().map(|(name, value)| (name.ends_with("_ref") || name.ends_with("_refs"), value));
                open.extend(named);
            }
            Json::List(items) => open.extend(items.iter().map(|item| (reference, item))),
            Json::String(text) if reference => links.extend(numbers.get(text.as_ref())),
            _ => {}
        }
    }
    links
}

/// The group of an object, with the way to it shortened.
pub(super) fn root(groups: &mut [usize], mut at: usize) -> usize {
    while let Some(&next) = groups.get(at) {
        if next == at {
            break;
        }
        let after = groups.get(next).copied().unwrap_or(next);
        if let Some(group) = groups.get_mut(at) {
            *group = after;
        }
        at = after;
    }
    at
}

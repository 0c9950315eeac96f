//! Whether the properties that extensions bring are those of their definitions (STIX 2.1 §7.3).

use std::collections::{HashMap, HashSet};

use super::index::{Index, Slot, Texts};
use super::{BundleCheck, List, text};
use crate::json::{Json, Members};
use crate::object::object_type;
use crate::{Finding, Severity};

const TOP_LEVEL: &str = "toplevel-property-extension";

/// Of how many extensions of one object the definitions are looked at: an object made for it could have more than can
/// be compared in time.
const EXTENSIONS: usize = 16;

/// What EX-05, EX-08 and EX-14 have to know.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    names: Texts,
    /// What definitions list, by the numbers of the names.
    listed: HashMap<Slot, HashSet<u32>>,
    /// Which extensions are used with which properties, the first object that does so, and how many do.
    uses: HashMap<Use, (Slot, usize)>,
}

/// An object's type, its extensions at the top level, and the properties that its type does not have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Use {
    object_type: u32,
    extensions: Box<[Slot]>,
    properties: Box<[u32]>,
}

impl Definitions {
    pub(super) fn add(&mut self, slot: Slot, members: &Members<'_>, index: &mut Index) {
        if text(members, "type") == "extension-definition" {
            return self.define(slot, members);
        }
        let Some(extensions) = members.get("extensions").and_then(Json::as_object) else { return };
        let top_level = |value: &Json<'_>| value.get("extension_type").and_then(Json::as_str) == Some(TOP_LEVEL);
        let used = extensions.iter().filter(|(_, value)| top_level(value));
        let extensions: Box<[_]> = used.filter_map(|(key, _)| index.slot(key)).take(EXTENSIONS).collect();
        if extensions.is_empty() {
            return;
        }
        let name = text(members, "type");
        let shape = object_type(name);
        let own = |property: &str| shape.is_none_or(|shape| shape.property(property).is_none());
        let properties = members.iter().map(|(property, _)| property).filter(|property| own(property));
        let properties = properties.map(|property| self.names.number(property)).collect();
        let object_type = if shape.is_some() { self.names.number(name) } else { 0 };
        self.uses.entry(Use { object_type, extensions, properties }).or_insert((slot, 0)).1 += 1;
    }

    /// Versions of one definition count together.
    fn define(&mut self, slot: Slot, members: &Members<'_>) {
        let types = members.get("extension_types").and_then(Json::as_list).unwrap_or_default();
        let properties = members.get("extension_properties").and_then(Json::as_list);
        let Some(properties) = properties.filter(|_| types.iter().any(|item| item.as_str() == Some(TOP_LEVEL))) else {
            return;
        };
        let numbers = properties.iter().filter_map(Json::as_str).map(|name| self.names.number(name));
        self.listed.entry(slot).or_default().extend(numbers);
    }

    pub(super) fn finish(&self, check: &BundleCheck<'_>, findings: &mut Vec<Finding>) {
        let mut unlisted =
            List::new(check, "EX-05", Severity::Warning, "properties that the definition of an extension lists");
        let mut redefined = List::new(check, "EX-08", Severity::Error, "names that the type does not have");
        let mut shared = List::new(check, "EX-14", Severity::Warning, "a property that one extension defines");
        let mut uses: Vec<_> = self.uses.iter().collect();
        uses.sort_unstable_by_key(|(_, (first, _))| *first);
        for (used, &(object, count)) in uses {
            let known: Vec<_> =
                used.extensions.iter().filter_map(|slot| Some((*slot, self.listed.get(slot)?))).collect();
            let all_known = known.len() == used.extensions.len() && used.extensions.len() < EXTENSIONS;
            let more = || if count > 1 { format!(" (and in {} other objects)", count - 1) } else { String::new() };
            let id = |slot| check.index.get(slot).map(|entry| check.index.id(entry)).unwrap_or_default();
            for &property in &used.properties {
                let by: Vec<_> = known.iter().filter(|(_, names)| names.contains(&property)).collect();
                let pointer = format!("/{}", crate::pointer::escape(self.names.text(property)));
                match by[..] {
                    // The properties of a custom type may be its own.
                    [] if all_known && used.object_type != 0 => unlisted.add(object, &pointer, || {
                        let ids: Vec<_> = used.extensions.iter().map(|slot| id(*slot)).collect();
                        format!("{:?} is not listed by {}{}", self.names.text(property), ids.join(" or "), more())
                    }),
                    [one, other, ..] => shared.add(object, &pointer, || {
                        let name = self.names.text(property);
                        format!("both {} and {} define {name:?}{}", id(one.0), id(other.0), more())
                    }),
                    _ => {}
                }
            }
            let rows =
                object_type(self.names.text(used.object_type)).into_iter().flat_map(crate::property::Shape::rows);
            for name in rows.filter_map(|row| Some((row.name, self.names.known(row.name)?))) {
                for (extension, _) in known.iter().filter(|(_, names)| names.contains(&name.1)) {
                    let pointer = format!("/extensions/{}", id(*extension));
                    let object_type = self.names.text(used.object_type);
                    let found =
                        || format!("its definition lists {:?}, which {object_type} has already{}", name.0, more());
                    redefined.add(object, &pointer, found);
                }
            }
        }
        unlisted.finish(findings);
        redefined.finish(findings);
        shared.finish(findings);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{between, shown};
    use crate::Severity;

    const A: &str = "extension-definition--11111111-1111-4111-8111-111111111111";
    const B: &str = "extension-definition--22222222-2222-4222-8222-222222222222";

    fn definition(id: &str, properties: &str) -> String {
        format!(
            r#"{{"type":"extension-definition","id":"{id}","extension_types":["toplevel-property-extension"]{properties}}}"#
        )
    }

    fn tool(name: &str, extensions: &[&str], properties: &str) -> String {
        let extensions: Vec<_> = extensions
            .iter()
            .map(|id| format!(r#""{id}":{{"extension_type":"toplevel-property-extension"}}"#))
            .collect();
        format!(r#"{{"type":"{name}","id":"{name}--UUID","extensions":{{{}}}{properties}}}"#, extensions.join(","))
    }

    /// EX-05, EX-08, EX-14: what an object has, its type has not, and one of the definitions lists.
    #[test]
    fn properties_are_those_of_definitions() {
        let ranked = || definition(A, r#","extension_properties":["rank"]"#);
        let scored = |more: &str| definition(B, &format!(r#","extension_properties":["score"{more}]"#));
        for (objects, found) in [
            (vec![ranked(), tool("tool", &[A], r#","rank":1"#)], &[][..]),
            (vec![ranked(), tool("tool", &[A], r#","score":1"#)], &["EX-05 warning /score"]),
            (vec![ranked(), scored(""), tool("tool", &[A, B], r#","rank":1,"score":2"#)], &[]),
            (vec![ranked(), tool("tool", &[A, B], r#","rank":1,"score":2"#)], &[]),
            (vec![definition(A, ""), tool("tool", &[A], r#","rank":1"#)], &[]),
            (vec![ranked(), tool("x-acme-thing", &[A], r#","score":1"#)], &[]),
            (vec![ranked(), scored(r#","rank""#), tool("tool", &[A, B], r#","rank":1"#)], &["EX-14 warning /rank"]),
            (vec![ranked(), scored(r#","rank""#), tool("tool", &[A, B], r#","score":1"#)], &[]),
            (
                vec![scored(r#","aliases""#), tool("tool", &[B], r#","score":1"#)],
                &["EX-08 error /extensions/extension-definition--22222222-2222-4222-8222-222222222222"],
            ),
            (vec![scored(r#","aliases""#), tool("location", &[B], r#","aliases":[]"#)], &[]),
        ] {
            let backward: Vec<_> = objects.iter().rev().cloned().collect();
            for objects in [objects, backward] {
                assert_eq!(warnings(&objects.join(",")), found, "{objects:?}");
            }
        }
    }

    /// Without remarks, which an object alone has already.
    fn warnings(objects: &str) -> Vec<String> {
        shown(objects).into_iter().filter(|finding| !finding.contains(" info ")).collect()
    }

    /// EX-05: objects alike are reported together.
    #[test]
    fn objects_alike_are_counted() {
        let tools = (1..=3).map(|n| {
            tool("tool", &[A], r#","rank":1"#).replace("UUID", &format!("8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3{n}"))
        });
        let objects: Vec<_> = tools.chain([definition(A, r#","extension_properties":["score"]"#)]).collect();
        let mut found = between(&objects.join(","), &Default::default(), false);
        found.retain(|finding| finding.severity > Severity::Information);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].found, format!(r#""rank" is not listed by {A} (and in 2 other objects)"#));
    }
}

//! Whether the observables that were observed together belong together (STIX 2.1 §4.14).

use super::index::{Index, Slot};
use super::{BundleCheck, List, PRESENT, text};
use crate::json::{Json, Members};
use crate::validate::container::root;
use crate::{Finding, Severity, TypeClass};

/// What SDO-OD-4 has to know.
#[derive(Debug, Default)]
pub(super) struct Connected {
    /// References between observables and relationships.
    links: Vec<(Slot, Slot)>,
    /// `observed-data` with the objects that it lists, if there are several.
    observed: Vec<(Slot, Box<[Slot]>)>,
}

/// May objects of this type be observed, or connect what is?
pub(super) fn connects(object_type: &str) -> bool {
    matches!(TypeClass::of(object_type), TypeClass::Observable | TypeClass::Relationship | TypeClass::Custom)
}

impl Connected {
    pub(super) fn add(&mut self, slot: Slot, members: &Members<'_>, index: &mut Index) {
        if text(members, "type") == "observed-data" {
            let refs = members.get("object_refs").and_then(Json::as_list).unwrap_or_default();
            let listed: Box<[_]> = refs.iter().filter_map(|item| index.slot(item.as_str()?)).collect();
            if listed.len() > 1 && listed.len() == refs.len() {
                self.observed.push((slot, listed));
            }
        }
    }

    /// A reference between two objects that connect.
    pub(super) fn link(&mut self, from: Slot, to: Slot) {
        self.links.push((from, to));
    }

    /// SDO-OD-4, where all that is listed is there. What connects need not be listed itself.
    pub(super) fn finish(&self, check: &BundleCheck<'_>, findings: &mut Vec<Finding>) {
        if self.observed.is_empty() {
            return;
        }
        let mut groups: Vec<usize> = (0..check.index.iter().count()).collect();
        for &(from, to) in &self.links {
            let (a, b) = (root(&mut groups, from as usize), root(&mut groups, to as usize));
            if let Some(group) = groups.get_mut(a) {
                *group = b;
            }
        }
        let present = |slot: &Slot| check.index.get(*slot).is_some_and(|entry| entry.flags & PRESENT != 0);
        let id = |slot| check.index.get(slot).map(|entry| check.index.id(entry)).unwrap_or_default();
        let mut list = List::new(check, "SDO-OD-4", Severity::Warning, "objects that references connect");
        for (observed, listed) in self.observed.iter().filter(|(_, listed)| listed.iter().all(present)) {
            let Some(&first) = listed.first() else { continue };
            let group = root(&mut groups, first as usize);
            let apart = listed.iter().position(|slot| root(&mut groups, *slot as usize) != group);
            if let Some((i, &slot)) = apart.and_then(|i| Some((i, listed.get(i)?))) {
                let found = || format!("{} is unconnected with {}", id(slot), id(first));
                list.add(*observed, &format!("/object_refs/{i}"), found);
            }
        }
        list.finish(findings);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    /// SDO-OD-4: references, relationships and objects that are not listed connect; what is elsewhere might.
    #[test]
    fn listed_objects_are_connected() {
        let observed = |refs: &[&str]| {
            let refs: Vec<_> = refs.iter().map(|name| format!("{name}--UUID")).collect();
            format!(r#"{{"type":"observed-data","id":"observed-data--UUID","object_refs":{refs:?}}}"#)
        };
        const FILE: &str = r#"{"type":"file","id":"file--UUID","parent_directory_ref":"directory--UUID"}"#;
        const DIRECTORY: &str = r#"{"type":"directory","id":"directory--UUID"}"#;
        const MUTEX: &str = r#"{"type":"mutex","id":"mutex--UUID"}"#;
        const ARCHIVE: &str =
            r#"{"type":"file","id":"file--UUID","extensions":{"archive-ext":{"contains_refs":["directory--UUID"]}}}"#;
        const RELATED: &str =
            r#"{"type":"relationship","id":"relationship--UUID","source_ref":"mutex--UUID","target_ref":"file--UUID"}"#;
        let second = "SDO-OD-4 warning /object_refs/1";
        let third = "SDO-OD-4 warning /object_refs/2";
        for (refs, objects, found) in [
            (&["file", "directory"][..], &[FILE, DIRECTORY][..], &[][..]),
            (&["file", "directory"], &[ARCHIVE, DIRECTORY], &[]),
            (&["file", "mutex"], &[ARCHIVE, MUTEX, DIRECTORY], &[second]),
            (&["directory", "file", "mutex"], &[FILE, DIRECTORY, MUTEX], &[third]),
            (&["directory", "file", "mutex"], &[FILE, DIRECTORY, MUTEX, RELATED], &[]),
            (&["directory", "mutex", "relationship"], &[FILE, DIRECTORY, MUTEX, RELATED], &[]),
            (&["mutex"], &[MUTEX], &[]),
        ] {
            let observed = observed(refs);
            let forward: Vec<_> = [observed.as_str()].into_iter().chain(objects.iter().copied()).collect();
            let backward: Vec<_> = forward.iter().rev().copied().collect();
            assert_eq!(shown(&forward.join(",")), found, "{refs:?} {objects:?}");
            assert_eq!(shown(&backward.join(",")), found, "{refs:?} {objects:?}");
        }
        assert_eq!(shown(&[observed(&["mutex", "url"]).as_str(), MUTEX].join(",")), ["RF-02 info /object_refs/1"]);
    }

    /// SDO-OD-4: a creator or a marking that objects share connects nothing.
    #[test]
    fn markings_connect_nothing() {
        let objects = r#"{"type":"observed-data","id":"observed-data--UUID","object_refs":["mutex--UUID","url--UUID"]},
            {"type":"mutex","id":"mutex--UUID","object_marking_refs":["marking-definition--UUID"]},
            {"type":"url","id":"url--UUID","object_marking_refs":["marking-definition--UUID"]},
            {"type":"marking-definition","id":"marking-definition--UUID"}"#;
        assert_eq!(shown(objects), ["SDO-OD-4 warning /object_refs/1"]);
    }
}

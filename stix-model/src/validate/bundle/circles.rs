//! Markings that mark each other (STIX 2.1 §7.2.1).

use std::collections::BTreeMap;

use super::index::{Index, Slot};
use super::{BundleCheck, List, text};
use crate::json::{Json, Members};
use crate::{Finding, Severity};

/// Which marking definitions mark which, and where they say so.
#[derive(Debug, Default)]
pub(super) struct Circles {
    marked_by: BTreeMap<Slot, Vec<(Slot, Box<str>)>>,
}

impl Circles {
    pub(super) fn add(&mut self, slot: Slot, members: &Members<'_>, index: &mut Index) {
        if text(members, "type") != "marking-definition" {
            return;
        }
        let list = |name| members.get(name).and_then(Json::as_list).unwrap_or_default().iter().enumerate();
        let whole = list("object_marking_refs").map(|(i, item)| (item.as_str(), format!("/object_marking_refs/{i}")));
        let parts = list("granular_markings").map(|(i, item)| {
            (item.get("marking_ref").and_then(Json::as_str), format!("/granular_markings/{i}/marking_ref"))
        });
        for (marking, pointer) in whole.chain(parts).filter_map(|(id, pointer)| Some((index.slot(id?)?, pointer))) {
            // That one marks itself was found in the object alone.
            if marking != slot {
                self.marked_by.entry(slot).or_default().push((marking, pointer.into()));
            }
        }
    }

    /// MD-5: goes from marking to marking; whoever leads back to where the way came from closes a circle.
    pub(super) fn finish(&self, check: &BundleCheck<'_>, findings: &mut Vec<Finding>) {
        #[derive(Clone, Copy, PartialEq)]
        enum Seen {
            OnTheWay,
            Done,
        }
        let id = |slot| check.index.get(slot).map(|entry| check.index.id(entry)).unwrap_or_default();
        let mut list = List::new(check, "MD-5", Severity::Warning, "markings that do not mark each other in a circle");
        let mut seen: BTreeMap<Slot, Seen> = BTreeMap::new();
        for &start in self.marked_by.keys() {
            if seen.contains_key(&start) {
                continue;
            }
            // The way, and how many of the markings of each were looked at.
            let mut way = vec![(start, 0)];
            seen.insert(start, Seen::OnTheWay);
            while let Some((at, next)) = way.last_mut() {
                let Some((to, pointer)) = self.marked_by.get(at).and_then(|markings| markings.get(*next)) else {
                    seen.insert(*at, Seen::Done);
                    way.pop();
                    continue;
                };
                *next += 1;
                let at = *at;
                match seen.get(to) {
                    Some(Seen::Done) => {}
                    Some(Seen::OnTheWay) => {
                        let length = way.iter().rev().take_while(|(slot, _)| slot != to).count() + 1;
                        list.add(at, pointer, || format!("{} closes a circle of {length} markings", id(*to)));
                    }
                    None => {
                        seen.insert(*to, Seen::OnTheWay);
                        way.push((*to, 0));
                    }
                }
            }
        }
        list.finish(findings);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{UUID, shown};

    /// Markings by number, each marked by others; with `granular`, only in part.
    fn markings(marked: &[(usize, &[usize])], granular: bool) -> Vec<String> {
        let id = |number: usize| format!("marking-definition--{number}{}", &UUID[1..]);
        let object = |(number, by): &(usize, &[usize])| {
            let ids: Vec<_> = by.iter().map(|number| id(*number)).collect();
            let markings = match granular {
                false => format!(r#""object_marking_refs":{ids:?}"#),
                true => {
                    let parts: Vec<_> =
                        ids.iter().map(|id| format!(r#"{{"marking_ref":"{id}","selectors":["name"]}}"#)).collect();
                    format!(r#""name":"x","granular_markings":[{}]"#, parts.join(","))
                }
            };
            format!(r#"{{"type":"marking-definition","id":"{}",{markings}}}"#, id(*number))
        };
        let objects: Vec<_> = marked.iter().map(object).collect();
        let found = shown(&objects.join(",")).into_iter().filter(|finding| finding.contains("warning"));
        found.map(|finding| finding.replace("MD-5 warning ", "")).collect()
    }

    /// MD-5: markings that mark each other, in whatever order and however many; shared markings are no circle.
    #[test]
    fn circles_are_found() {
        for (marked, found) in [
            (&[(1, &[2][..]), (2, &[3]), (3, &[])][..], &[][..]),
            (&[(1, &[2, 3]), (2, &[4]), (3, &[4]), (4, &[])], &[]),
            (&[(1, &[2]), (2, &[1])], &["/object_marking_refs/0"]),
            (&[(1, &[4, 2]), (2, &[5, 3]), (3, &[6, 1]), (4, &[]), (5, &[]), (6, &[])], &["/object_marking_refs/1"]),
            (&[(1, &[2]), (2, &[1]), (3, &[4]), (4, &[3])], &["/object_marking_refs/0", "/object_marking_refs/0"]),
        ] {
            assert_eq!(markings(marked, false), found, "{marked:?}");
        }
        assert_eq!(markings(&[(1, &[2]), (2, &[1])], true), ["/granular_markings/0/marking_ref"]);
        // One that marks itself is wrong by itself.
        assert_eq!(markings(&[(1, &[1])], false), [""; 0]);
    }

    /// LIB-09: a long way is walked once, and takes no room on the stack.
    #[test]
    fn long_ways() {
        let ways: Vec<_> = (0..9).map(|number| (number, vec![(number + 1) % 9])).collect();
        let marked: Vec<_> = ways.iter().map(|(number, by)| (*number, by.as_slice())).collect();
        assert_eq!(markings(&marked, false), ["/object_marking_refs/0"]);
    }
}

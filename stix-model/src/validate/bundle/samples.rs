//! Whether the samples of malware are one binary (STIX 2.1 §4.11).

use std::hash::{BuildHasher, RandomState};

use super::index::{Hash, Index, Slot};
use super::{BundleCheck, List, text};
use crate::json::{Json, Members};
use crate::{Finding, Severity};

/// Hashes that tell one binary from another; those of similarity depend on the program that made them.
const ALGORITHMS: [&str; 6] = ["MD5", "SHA-1", "SHA-256", "SHA-512", "SHA3-256", "SHA3-512"];

/// What SDO-MAL-3 has to know.
#[derive(Debug, Default)]
pub(super) struct Samples {
    /// Of files and artifacts: the number of the algorithm, and the hash of the hash.
    hashes: Vec<(Slot, u8, Hash)>,
    /// Malware that is no family, with its samples, if it has several.
    instances: Vec<(Slot, Box<[Slot]>)>,
}

impl Samples {
    pub(super) fn add(&mut self, slot: Slot, members: &Members<'_>, index: &mut Index, hashes: &RandomState) {
        match text(members, "type") {
            "malware" if members.get("is_family").and_then(Json::as_bool) == Some(false) => {
                let refs = members.get("sample_refs").and_then(Json::as_list).unwrap_or_default();
                let samples: Box<[_]> = refs.iter().filter_map(|item| index.slot(item.as_str()?)).collect();
                if samples.len() > 1 && samples.len() == refs.len() {
                    self.instances.push((slot, samples));
                }
            }
            // The hashes of an encrypted payload are not those of the binary.
            "artifact" if members.contains("encryption_algorithm") => {}
            "artifact" | "file" => {
                for (number, name) in (0..).zip(ALGORITHMS) {
                    let hash = members.get("hashes").and_then(|stated| stated.get(name)?.as_str());
                    let hash = hash.map(|text| hashes.hash_one(text.to_ascii_lowercase()).into());
                    self.hashes.extend(hash.map(|hash| (slot, number, hash)));
                }
            }
            _ => {}
        }
    }

    /// SDO-MAL-3: of each algorithm, the first hash counts.
    pub(super) fn finish(&self, check: &BundleCheck<'_>, findings: &mut Vec<Finding>) {
        if self.instances.is_empty() {
            return;
        }
        let mut hashes = self.hashes.clone();
        hashes.sort_by_key(|&(slot, number, _)| (slot, number));
        // Of an object that is there twice, one is looked at.
        hashes.dedup_by_key(|&mut (slot, number, _)| (slot, number));
        let id = |slot| check.index.get(slot).map(|entry| check.index.id(entry)).unwrap_or_default();
        let mut list =
            List::new(check, "SDO-MAL-3", Severity::Warning, "samples of one binary, or is_family with the value true");
        for (malware, samples) in &self.instances {
            let mut known: [Option<(Slot, Hash)>; ALGORITHMS.len()] = [None; ALGORITHMS.len()];
            for (i, &sample) in samples.iter().enumerate() {
                let first = hashes.partition_point(|&(slot, ..)| slot < sample);
                let own = hashes.get(first..).unwrap_or_default().iter().take_while(|(slot, ..)| *slot == sample);
                let mut other = None;
                for (_, number, hash) in own {
                    let Some(known) = known.get_mut(usize::from(*number)) else { continue };
                    let (with, first) = *known.get_or_insert((sample, *hash));
                    if first != *hash {
                        other = other.or(ALGORITHMS.get(usize::from(*number)).map(|name| (with, name)));
                    }
                }
                if let Some((with, name)) = other {
                    let found = || format!("{} has another {name} than {}", id(sample), id(with));
                    list.add(*malware, &format!("/sample_refs/{i}"), found);
                }
            }
        }
        list.finish(findings);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    /// SDO-MAL-3: the samples of an instance have the same hashes, wherever they stand, as far as they have them.
    #[test]
    fn samples_are_one_binary() {
        const OTHER: &str = "0e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
        let objects = |family: bool, file: &str, artifact: &str| {
            let refs = format!(r#""file--{OTHER}","file--UUID","artifact--UUID""#);
            [
                format!(r#"{{"type":"malware","id":"malware--UUID","is_family":{family},"sample_refs":[{refs}]}}"#),
                format!(r#"{{"type":"file","id":"file--{OTHER}","hashes":{{"MD5":"aA","SHA-256":"b"}}}}"#),
                format!(r#"{{"type":"file","id":"file--UUID"{file}}}"#),
                format!(r#"{{"type":"artifact","id":"artifact--UUID"{artifact}}}"#),
            ]
        };
        let second = "SDO-MAL-3 warning /sample_refs/1";
        let third = "SDO-MAL-3 warning /sample_refs/2";
        for (file, artifact, found) in [
            ("", "", &[][..]),
            (r#","hashes":{"MD5":"Aa","SHA-256":"b","SHA-512":"c"}"#, r#","hashes":{"SHA-512":"C"}"#, &[]),
            (r#","hashes":{"MD5":"ab"}"#, r#","hashes":{"SHA-256":"b"}"#, &[second]),
            (r#","hashes":{"MD5":"aa"}"#, r#","hashes":{"MD5":"aa","SHA-256":"c"}"#, &[third]),
            (r#","hashes":{"SHA-512":"c"}"#, r#","hashes":{"SHA-512":"d"}"#, &[third]),
            (r#","hashes":{"MD5":"ab"}"#, r#","hashes":{"MD5":"ac"}"#, &[second, third]),
            ("", r#","hashes":{"MD5":"ab"},"encryption_algorithm":"AES-256-GCM""#, &[]),
            (r#","hashes":{"SSDEEP":"1"}"#, r#","hashes":{"SSDEEP":"2"}"#, &[]),
        ] {
            let mut instance = objects(false, file, artifact);
            assert_eq!(shown(&instance.join(",")), found, "{file} {artifact}");
            instance.reverse();
            assert_eq!(shown(&instance.join(",")), found, "{file} {artifact}");
            assert_eq!(shown(&objects(true, file, artifact).join(",")), [""; 0]);
        }
    }

    /// SDO-MAL-3: the finding says which hash of which sample; samples that are elsewhere are not looked at.
    #[test]
    fn what_differs_is_said() {
        let malware = r#"{"type":"malware","id":"malware--UUID","is_family":false,"sample_refs":["file--UUID","artifact--UUID"]}"#;
        let file = r#"{"type":"file","id":"file--UUID","hashes":{"MD5":"a"}}"#;
        let artifact = r#"{"type":"artifact","id":"artifact--UUID","hashes":{"MD5":"b"}}"#;
        let found = super::super::tests::between(&[malware, file, artifact].join(","), &Default::default(), false);
        let uuid = super::super::tests::UUID;
        assert_eq!(found[0].found, format!("artifact--{uuid} has another MD5 than file--{uuid}"));
        assert_eq!(found[0].object.as_deref(), Some(format!("malware--{uuid}").as_str()));
        assert_eq!(shown(&[malware, file].join(",")), ["RF-02 info /sample_refs/1"]);
    }
}

//! How far somebody has read, as a text to keep.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};

use super::known::Known;
use super::stretches::Stretches;
use super::version::Version;

#[derive(Debug, Default)]
pub(super) struct Cursor {
    /// Of a list of which all is known.
    pub(super) tag: Option<String>,
    pub(super) known: Known,
    /// In the pass that is under way.
    pub(super) passed: Stretches,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    known: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    passed: String,
    /// In place of `known`, as it was written first: the time of each event by its UUID.
    #[serde(skip_serializing)]
    seen: BTreeMap<String, i64>,
}

impl Cursor {
    /// What is no cursor begins anew: events that come twice do less harm than events that never come.
    pub(super) fn read(text: Option<&str>) -> Self {
        text.and_then(Self::of).unwrap_or_default()
    }

    fn of(text: &str) -> Option<Self> {
        let Written { tag, known, passed, seen } = serde_json::from_str(text).ok()?;
        let seen: Vec<_> = seen.iter().filter_map(|(uuid, timestamp)| Version::new(uuid, *timestamp)).collect();
        let known = match seen.is_empty() {
            true => Known::of_octets(&BASE64.decode(known).ok()?)?,
            false => Known::of(&seen),
        };
        Some(Self { tag, known, passed: Stretches::of_octets(&BASE64.decode(passed).ok()?)? })
    }

    pub(super) fn write(&self) -> String {
        let written = Written {
            tag: self.tag.clone(),
            known: BASE64.encode(self.known.octets()),
            passed: BASE64.encode(self.passed.octets()),
            seen: BTreeMap::new(),
        };
        serde_json::to_string(&written).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(count: u128, timestamp: i64) -> Vec<Version> {
        let name = |n: u128| uuid::Uuid::from_u128(n << 64 | n).to_string();
        (0..count).map(|n| Version::new(&name(n), timestamp).unwrap()).collect()
    }

    /// A cursor says after being written and read what it said before: all that was read and nothing else. It stays small enough to be
    /// kept for 300,000 events, and while a first pass is under way, for any number.
    #[test]
    fn cursors_are_small() {
        let (read, other) = (versions(300_000, 1_793_491_200), versions(1000, 1_793_491_201));
        let mut under_way = Cursor::default();
        let mut most = 0;
        for (n, version) in read.iter().enumerate() {
            under_way.passed.add(version);
            if n % 997 == 0 {
                most = most.max(under_way.passed.octets().len());
            }
        }
        assert!(most <= 257 * 40, "{most}");
        let text = under_way.write();
        assert!(text.len() < 15_000, "{}", text.len());
        let mut again = Cursor::read(Some(&text));
        assert_eq!(again.write(), text);
        let left = again.passed.unread([read.clone(), other.clone()].concat());
        assert_eq!(left.len(), other.len());

        let done = Cursor { known: Known::of(&read), tag: Some("\"x\"".to_owned()), ..Cursor::default() };
        let text = done.write();
        assert!(text.len() < 3_300_000, "{}", text.len());
        let again = Cursor::read(Some(&text));
        assert_eq!((again.write(), &again.tag), (text, &done.tag));
        assert!(read.iter().all(|version| again.known.has(version)));
        assert!(!other.iter().any(|version| again.known.has(version)));
    }

    /// Flows that were begun by earlier versions go on from where they are; what is no cursor begins anew and is no error.
    #[test]
    fn other_texts_are_read() {
        let [one, two] = &versions(2, 7)[..] else { panic!("two") };
        let old = Cursor::read(Some(&format!(r#"{{"tag":"\"x\"","seen":{{"{}":7,"../x":7}}}}"#, one.name)));
        assert_eq!((old.known.has(one), old.known.has(two), old.tag.as_deref()), (true, false, Some("\"x\"")));
        let cut = r#"{"known":"AAAA","tag":"x"}"#;
        for text in ["", "7", "{}", "no cursor", r#"{"known":"?"}"#, r#"{"passed":"AAAA"}"#, cut] {
            let read = Cursor::read(Some(text));
            assert_eq!((read.known, read.passed.is_empty(), read.tag), (Known::default(), true, None), "{text}");
        }
    }
}

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use stix_model::RawHead;
use stix_model::reader::RawObject;
use taxii_model::{ManifestRecord, Timestamp};

use crate::Bookmark;

/// A page, as the server sent it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The objects, manifest records or versions; may be none (TAXII 2.1 §3.5).
    pub entries: Vec<T>,
    /// Will there be another page?
    pub more: bool,
    /// `X-TAXII-Date-Added-First` (§3.2).
    pub date_added_first: Option<Timestamp>,
    /// `X-TAXII-Date-Added-Last`.
    pub date_added_last: Option<Timestamp>,
    /// Where to go on after this page, now or next year.
    pub bookmark: Bookmark,
}

/// What pages are made of: objects, manifest records, versions.
pub trait Entry: sealed::Sealed + Sized {}

impl Entry for RawObject {}
impl Entry for ManifestRecord {}
impl Entry for String {}

/// What the body of a page says, before anything is made of it.
#[derive(Debug)]
pub struct Body<T> {
    pub(crate) more: Option<bool>,
    pub(crate) next: Option<String>,
    pub(crate) entries: Vec<T>,
    /// Bundles that were taken apart.
    pub(crate) bundles: usize,
}

pub(crate) mod sealed {
    use super::Body;
    use crate::Timestamp;

    /// Which entry of a collection this is, as far as the entry says.
    #[derive(Clone, Debug)]
    pub struct Name {
        pub id: String,
        pub version: Option<String>,
        pub date_added: Option<Timestamp>,
    }

    pub trait Sealed: Sized {
        const WHAT: &'static str;
        fn parse(body: &[u8]) -> serde_json::Result<Body<Self>>;
        /// The same for the same entry, now and in later releases.
        fn fingerprint(&self) -> u64;
        /// To find it in the manifest; `None` if that makes no sense.
        fn name(&self) -> Option<Name>;
    }
}

use sealed::{Name, Sealed};

/// Envelopes and manifests. `more` and `next` are sometimes of other types than the standard says.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Objects<T> {
    #[serde(default, deserialize_with = "flag")]
    more: Option<bool>,
    #[serde(default, deserialize_with = "token")]
    next: Option<String>,
    #[serde(default = "Option::default")]
    objects: Option<Vec<T>>,
}

#[derive(Deserialize)]
struct Versions {
    #[serde(default, deserialize_with = "flag")]
    more: Option<bool>,
    #[serde(default, deserialize_with = "token")]
    next: Option<String>,
    #[serde(default)]
    versions: Option<Vec<String>>,
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(flag) => Some(flag),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    })
}

fn token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

impl Sealed for RawObject {
    const WHAT: &'static str = "an envelope of objects";

    fn parse(body: &[u8]) -> serde_json::Result<Body<Self>> {
        let Objects { more, next, objects } = serde_json::from_slice::<Objects<Box<RawValue>>>(body)?;
        let (mut entries, mut bundles) = (Vec::new(), 0);
        for text in objects.unwrap_or_default() {
            let object = raw_object(text);
            match nested(&object) {
                Some(inside) => {
                    bundles += 1;
                    entries.extend(inside.into_iter().map(raw_object));
                }
                None => entries.push(object),
            }
        }
        Ok(Body { more, next, entries, bundles })
    }

    fn fingerprint(&self) -> u64 {
        fnv(&[self.text.get()])
    }

    fn name(&self) -> Option<Name> {
        let version = self.head.version().map(ToOwned::to_owned);
        Some(Name { id: self.head.id()?.to_owned(), version, date_added: None })
    }
}

/// An object with what can be read of its head; nothing, if it is not as it should be.
pub(crate) fn raw_object(text: Box<RawValue>) -> RawObject {
    let head = RawHead::read(text.get(), 100).unwrap_or_default();
    RawObject { text, head }
}

/// The objects of a bundle; `None` if the object is none.
fn nested(object: &RawObject) -> Option<Vec<Box<RawValue>>> {
    if object.head.object_type() != Some("bundle") {
        return None;
    }
    serde_json::from_str::<Objects<Box<RawValue>>>(object.text.get()).ok()?.objects
}

impl Sealed for ManifestRecord {
    const WHAT: &'static str = "a manifest";

    fn parse(body: &[u8]) -> serde_json::Result<Body<Self>> {
        let Objects { more, next, objects } = serde_json::from_slice(body)?;
        Ok(Body { more, next, entries: objects.unwrap_or_default(), bundles: 0 })
    }

    fn fingerprint(&self) -> u64 {
        fnv(&[&self.id, &self.version, &self.date_added.to_string(), self.media_type.as_deref().unwrap_or("")])
    }

    fn name(&self) -> Option<Name> {
        Some(Name { id: self.id.clone(), version: Some(self.version.clone()), date_added: Some(self.date_added) })
    }
}

impl Sealed for String {
    const WHAT: &'static str = "a list of versions";

    fn parse(body: &[u8]) -> serde_json::Result<Body<Self>> {
        let Versions { more, next, versions } = serde_json::from_slice(body)?;
        Ok(Body { more, next, entries: versions.unwrap_or_default(), bundles: 0 })
    }

    fn fingerprint(&self) -> u64 {
        fnv(&[self])
    }

    fn name(&self) -> Option<Name> {
        None
    }
}

/// FNV-1a: good enough to tell entries apart, and the same for ever, since bookmarks keep it.
pub(crate) fn fnv(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TX-CLI-05, and what servers do to `more`, `next` and `objects`.
    #[test]
    fn reads_pages_of_all_kinds() {
        let read = |text: &str| {
            let body = RawObject::parse(text.as_bytes()).unwrap();
            (body.more, body.next, body.entries.len(), body.bundles)
        };
        assert_eq!(read("{}"), (None, None, 0, 0));
        assert_eq!(read(r#"{"objects":null,"more":null,"next":null}"#), (None, None, 0, 0));
        assert_eq!(
            read(r#"{"more":"true","next":2,"objects":[{}],"x_y":{"objects":1}}"#),
            (Some(true), Some("2".into()), 1, 0)
        );
        assert_eq!(read(r#"{"more":1,"next":""}"#), (None, None, 0, 0));
        assert_eq!(
            read(r#"{"objects":[{"type":"bundle","id":"b","objects":[{"a":1},{"b":2}]},{"c":3}]}"#),
            (None, None, 3, 1)
        );
        assert_eq!(String::parse(b"{}").unwrap().entries.len(), 0);
        assert_eq!(String::parse(br#"{"versions":["a"],"objects":7}"#).unwrap().entries, ["a"]);
    }

    /// Bookmarks on disk hold these numbers.
    #[test]
    fn fingerprints_stay_the_same() {
        assert_eq!("a".to_owned().fingerprint(), fnv(&["a"]));
        assert_eq!(format!("{:016x}", fnv(&["a"])), "089bc907b544c769");
        assert_ne!(fnv(&["ab", "c"]), fnv(&["a", "bc"]));
    }
}

//! What our servers tell each other beyond TAXII 2.1, below a collection's URL. Other servers answer 404, and then the
//! standard's endpoints do.
//!
//! | Request | Answer |
//! |---|---|
//! | `GET changes/?after=CURSOR&limit=N` | [`Changes`] |
//! | `POST changes/` with [`Changes`] | a list of [`Outcome`], one for each change |
//! | `GET changes/digest/?prefix=HEX` | [`Digests`] |
//!
//! All of it is `application/json`. Provenance on the way is what the receiver is to keep: the sender has added itself.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The media type of all that is described here.
pub const MEDIA_TYPE: &str = "application/json";

/// Some changes of a collection, in the order in which they became visible.
///
/// Read it as `Changes<Box<RawValue>>` where one bad change must not take the others with it.
///
/// ```
/// use serde_json::value::RawValue;
/// use taxii_model::changes::{Change, Changes};
///
/// let text = r#"{"more":true,"next":"7","server":"a","changes":[{"object":{"x": 1.0},"origin":"a","hops":1,"path":["a"]},7]}"#;
/// let changes: Changes<Box<RawValue>> = serde_json::from_str(text)?;
/// let read: Vec<_> = changes.changes.iter().map(|text| serde_json::from_str::<Change>(text.get())).collect();
/// assert_eq!(read[0].as_ref().ok().and_then(|change| change.object.as_deref()).map(RawValue::get), Some(r#"{"x": 1.0}"#));
/// assert!(read[1].is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Changes<T = Change> {
    /// Are there more behind these?
    #[serde(default)]
    pub more: bool,
    /// Where to go on after these, also when there are no more now. Absent in a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The id of the server that says this.
    pub server: String,
    /// How many changes lie behind `next`, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
    /// The changes.
    #[serde(default = "Vec::new")]
    pub changes: Vec<T>,
}

/// One change: a version of an object, or that one is gone. Just one of `object` and `deleted` is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    /// The object, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Box<RawValue>>,
    /// The `id` of an object that is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<String>,
    /// Of a deletion: the version that is gone; without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The id of the server at which it came into the exchange.
    pub origin: String,
    /// How many times it has gone from one server to another, this time included.
    pub hops: u32,
    /// The servers that it has passed, the origin first, the sender last.
    #[serde(default)]
    pub path: Vec<String>,
}

/// What became of a change that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// In one word.
    pub outcome: Became,
    /// Of a refusal: the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Of a refusal or a conflict: why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of it, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Became {
    /// It is there now and was not before.
    Added,
    /// It was there before.
    Known,
    /// The same id and version were there with other content, which stays.
    Conflict,
    /// It is not taken.
    Refused,
    /// It was there and is gone.
    Deleted,
}

/// What a collection holds below a prefix of keys, in numbers or one by one.
///
/// The key of a version is the SHA-256 of its id, a line feed and its version, in hexadecimal. `digest` of a range is the sum,
/// modulo 2^256, of the SHA-256 of `id`, `version` and content digest of each version in it (a line feed between them).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Digests {
    /// The ranges one digit longer than the prefix; those with nothing in them are left out.
    Children {
        /// What was asked for.
        prefix: String,
        /// In ascending order.
        children: Vec<DigestRange>,
    },
    /// The versions themselves, where they are few.
    Leaves {
        /// What was asked for.
        prefix: String,
        /// In any order.
        leaves: Vec<DigestLeaf>,
    },
}

/// A range of keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestRange {
    /// The first digits of the keys, in lower-case hexadecimal.
    pub prefix: String,
    /// How many versions have such keys.
    pub count: u64,
    /// Their digest, in hexadecimal.
    pub digest: String,
}

/// One version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestLeaf {
    /// The object's `id`.
    pub id: String,
    /// The version, in the form that the key is made of.
    pub version: String,
    /// SHA-256 of the object's canonical text (RFC 8785), in hexadecimal.
    pub digest: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Promise 3: what is sent between servers keeps its text, and a deletion its place among the changes.
    #[test]
    fn changes_are_read_as_they_were_written() {
        let text = r#"{"more":false,"next":"8","server":"b","changes":[{"object":{"b":1.50,  "a":[]},"origin":"a","hops":2,"path":["a","b"]},{"deleted":"url--x","origin":"b","hops":1,"path":["b"]}]}"#;
        let changes: Changes = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&changes).unwrap(), text);
        let outcomes = r#"[{"outcome":"added"},{"outcome":"refused","rule":"head-id","reason":"no"}]"#;
        let read: Vec<Outcome> = serde_json::from_str(outcomes).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), outcomes);
    }

    /// The two forms of a digest are told apart by what is in them, also when that is nothing.
    #[test]
    fn digests_are_told_apart() {
        for text in [
            r#"{"prefix":"ab","children":[{"prefix":"ab0","count":3,"digest":"00"}]}"#,
            r#"{"prefix":"ab","leaves":[{"id":"url--x","version":"v","digest":"00"}]}"#,
            r#"{"prefix":"","leaves":[]}"#,
        ] {
            let read: Digests = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
            assert_eq!(matches!(read, Digests::Children { .. }), text.contains("children"));
        }
    }
}

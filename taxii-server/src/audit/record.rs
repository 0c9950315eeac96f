use std::borrow::Cow;

use serde::Serialize;
use taxii_model::Timestamp;

use crate::store::CollectionKey;

/// What a record is about.
pub mod action {
    /// Somebody who received objects: `delivered` names this record by its number.
    pub const RECIPIENT: &str = "recipient";
    /// Objects were sent to recipients.
    pub const DELIVERED: &str = "delivered";
    /// Objects were added.
    pub const ADDED: &str = "added";
    /// Versions of an object were deleted by a caller.
    pub const DELETED: &str = "deleted";
    /// What a collection is not to keep any longer was removed.
    pub const SWEPT: &str = "swept";
    /// Somebody was not let in, or not allowed to do something.
    pub const REFUSED: &str = "refused";
    /// An administrator changed something.
    pub const CHANGED: &str = "changed";
    /// Records could not be kept.
    pub const LOST: &str = "lost";
    /// The beginning of the log was cut off.
    pub const PRUNED: &str = "pruned";
    /// A flow brought objects from one place to another, under an agreement.
    pub const SHARED: &str = "shared";
    /// From here on, records are hashed with a key.
    pub const KEYED: &str = "keyed";
}

/// One thing that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// When, by the clock of the process that says so.
    pub at: Timestamp,
    /// What: see [`action`].
    pub action: Cow<'static, str>,
    /// Whose account.
    pub account: Option<String>,
    /// Which of the account's credentials, never a secret.
    pub credential: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// In which API root.
    pub root: Option<String>,
    /// In which collection.
    pub collection: Option<CollectionKey>,
    /// The first `added` stamp that it is about.
    pub first: Option<Timestamp>,
    /// The last `added` stamp that it is about.
    pub last: Option<Timestamp>,
    /// What else there is to say, as JSON. Never a secret.
    pub details: String,
}

impl Record {
    /// A record with nothing but a time, an action and details.
    #[must_use]
    pub fn new(at: Timestamp, action: &'static str, details: &impl Serialize) -> Self {
        let details = serde_json::to_string(details).unwrap_or_else(|_| "{}".to_owned());
        Self { at, action: Cow::Borrowed(action), details, ..Self::default() }
    }

    /// How far its stamps lie apart, in powers of two. What has a stamp but no collection has a class of its own.
    #[must_use]
    pub fn span(&self) -> Option<i32> {
        let (first, last) = (self.first?.as_micros(), self.last?.as_micros());
        match self.collection {
            None => Some(NO_COLLECTION),
            Some(_) => Some(span(first, last)),
        }
    }
}

/// The span of records about stamps that are no stamps of a collection.
pub(crate) const NO_COLLECTION: i32 = -1;

/// The least power of two that is greater than the distance.
pub(crate) fn span(first: i64, last: i64) -> i32 {
    let distance = u64::try_from(last.saturating_sub(first)).unwrap_or_default();
    i32::try_from(u64::BITS - distance.leading_zeros()).unwrap_or_default()
}

/// A record in its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number: 1, 2, 3, …
    pub number: i64,
    /// What happened.
    pub record: Record,
    /// [`Record::span`], as it is kept.
    pub span: Option<i32>,
    /// The hash over the record before and this one, in hex.
    pub hash: String,
}

/// The end of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The number of the last record; 0 before the first.
    pub number: i64,
    /// Its hash.
    pub hash: String,
}

impl Head {
    /// Before the first record.
    #[must_use]
    pub fn beginning() -> Self {
        Self { number: 0, hash: "0".repeat(64) }
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.number, self.hash)
    }
}

/// A head that cannot be read: expected NUMBER:HASH.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no head of a log: expected NUMBER:HASH, as `audit head` prints it")]
pub struct InvalidHead(String);

impl std::str::FromStr for Head {
    type Err = InvalidHead;

    fn from_str(text: &str) -> Result<Self, InvalidHead> {
        let wrong = || InvalidHead(text.to_owned());
        let (number, hash) = text.trim().split_once(':').ok_or_else(wrong)?;
        let number = number.parse().map_err(|_| wrong())?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hash { Ok(Self { number, hash: hash.to_ascii_lowercase() }) } else { Err(wrong()) }
    }
}

impl Serialize for Entry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let record = &self.record;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("number", &self.number)?;
        map.serialize_entry("at", &record.at)?;
        map.serialize_entry("action", &record.action)?;
        for (name, text) in [
            ("account", &record.account),
            ("credential", &record.credential),
            ("address", &record.address),
            ("root", &record.root),
        ] {
            if let Some(text) = text {
                map.serialize_entry(name, text)?;
            }
        }
        let numbers = [
            ("collection", record.collection.map(|key| key.0)),
            ("first", record.first.map(Timestamp::as_micros)),
            ("last", record.last.map(Timestamp::as_micros)),
            ("span", self.span.map(i64::from)),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                map.serialize_entry(name, &number)?;
            }
        }
        // As it is hashed: parsed and written again, it might be spelled otherwise.
        map.serialize_entry("details", &record.details)?;
        map.serialize_entry("hash", &self.hash)?;
        map.end()
    }
}

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Change, Refused};

/// Where a flow is in its source. Only the source knows what it means.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// Longer than this is no position but a burden; 4 MiB. Sources that have no order of their own, such as instances of MISP, note
    /// in it what was read: with 300,000 events that takes 3.2 MB.
    pub const MOST_OCTETS: usize = 4 << 20;

    /// A cursor of this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How much may be under way at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Changes in a batch. A source never gives more.
    pub changes: usize,
    /// Octets in a batch. A source stops when it has them, but gives at least one change.
    pub octets: usize,
}

impl Default for Room {
    /// 500 changes, 8 MiB.
    fn default() -> Self {
        Self { changes: 500, octets: 8 << 20 }
    }
}

/// Some changes of a source, in its order.
#[derive(Clone, Debug)]
pub struct Batch {
    /// What happened.
    pub changes: Vec<Change>,
    /// What the source has but cannot be exchanged: no STIX, too large. The flow keeps a note and goes on.
    pub refused: Vec<Refused>,
    /// Where to go on after this.
    pub cursor: Cursor,
    /// Is there more behind it, now?
    pub more: bool,
    /// How many changes lie behind the cursor, if the source knows.
    pub remaining: Option<u64>,
}

impl Batch {
    /// Nothing new after this position.
    #[must_use]
    pub fn none(cursor: Cursor) -> Self {
        Self { changes: Vec::new(), refused: Vec::new(), cursor, more: false, remaining: Some(0) }
    }
}

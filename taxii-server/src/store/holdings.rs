use std::collections::BTreeMap;

use serde::Serialize;
use taxii_model::Timestamp;

use super::retention::DAY;

/// What a collection holds, counted.
///
/// Counting reads an index from one end to the other, in small steps: of a billion entries for minutes, in which nobody
/// waits for it. What comes and goes meanwhile may be counted or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Holdings {
    /// Objects, whatever the number of their versions.
    pub objects: u64,
    /// Versions of objects.
    pub versions: u64,
    /// Encodings of versions: one in STIX 2.0 and one in STIX 2.1 are two.
    pub entries: u64,
    /// How many objects there are of each type.
    pub types: BTreeMap<String, u64>,
    /// When the oldest entry was added.
    pub oldest: Option<Timestamp>,
    /// When the newest entry was added.
    pub newest: Option<Timestamp>,
    /// Of what is there, how many entries were added on each of the last days (UTC); today comes last.
    pub growth: Vec<Day>,
    /// Accounts that were granted to read, if the store knows accounts. Administrators may besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readers: Option<u64>,
    /// Accounts that were granted to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writers: Option<u64>,
}

/// One day of a collection's growth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    /// `2026-11-22`.
    pub day: String,
    /// Entries added on it.
    pub added: u64,
}

/// So many days of growth are told.
const DAYS: i64 = 30;

/// The last days up to now, each with its beginning and its end.
pub(crate) fn days(now: Timestamp) -> impl Iterator<Item = (String, Timestamp, Timestamp)> {
    let today = now.as_micros().div_euclid(DAY);
    (today - DAYS + 1..=today).map(|day| {
        let (begin, end) = (Timestamp::from_micros(day * DAY), Timestamp::from_micros((day + 1) * DAY));
        (begin.to_utc().format("%Y-%m-%d").to_string(), begin, end)
    })
}

impl Holdings {
    /// Takes entries of one type in that all stand the same way.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn count(&mut self, object_type: &str, (is_newest, is_best): (bool, bool), entries: u64) {
        self.entries += entries;
        self.versions += if is_best { entries } else { 0 };
        if is_newest && is_best && entries > 0 {
            self.objects += entries;
            *self.types.entry(object_type.to_owned()).or_default() += entries;
        }
    }
}

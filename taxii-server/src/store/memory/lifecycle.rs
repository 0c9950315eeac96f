use std::collections::HashSet;

use taxii_model::Timestamp;

use super::{Contents, Entry};
use crate::store::retention::valid_until;
use crate::store::{Due, Selection};

impl Contents {
    /// The objects that are due, those first that are so the longest.
    pub(super) fn due(&self, due: Due) -> Vec<String> {
        let until = |entry: &Entry| valid_until(&entry.object_type, &entry.text);
        let mut newest = self.select(&Selection::default(), None);
        match due {
            Due::AddedBefore(horizon) => newest.retain(|entry| entry.added < horizon),
            Due::ExpiredBefore(horizon) => {
                newest.retain(|entry| until(entry).is_some_and(|until| until < horizon));
                newest.sort_by_key(|entry| until(entry));
            }
        }
        newest.into_iter().map(|entry| entry.id.clone()).collect()
    }

    /// Those of them that go first.
    pub(super) fn doomed(&self, due: Due, limit: usize) -> HashSet<String> {
        self.due(due).into_iter().take(limit).collect()
    }

    pub(super) fn nth_newest(&self, nth: u64) -> Option<Timestamp> {
        let newest = self.select(&Selection::default(), None);
        let nth = usize::try_from(nth.max(1)).unwrap_or(usize::MAX);
        newest.iter().rev().nth(nth - 1).map(|entry| entry.added)
    }
}

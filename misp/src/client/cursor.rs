//! How far somebody has read.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::feed::Entry;

/// Which version of each event was read, and the tag of the list if all of it was.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Cursor {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tag: Option<String>,
    #[serde(default)]
    seen: BTreeMap<String, i64>,
}

impl Cursor {
    /// What is no cursor begins anew: events that come twice do less harm than events that never come.
    pub(super) fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Was this version read, or a later one?
    pub(super) fn has(&self, entry: &Entry) -> bool {
        self.seen.get(&entry.uuid).is_some_and(|seen| *seen >= entry.timestamp)
    }

    pub(super) fn add(&mut self, entry: &Entry) {
        self.seen.insert(entry.uuid.clone(), entry.timestamp);
    }

    /// Forgets events that are no longer listed, and tells which.
    pub(super) fn drop_missing(&mut self, listed: &[Entry]) -> Vec<String> {
        let listed: HashSet<&str> = listed.iter().map(|entry| entry.uuid.as_str()).collect();
        let gone: Vec<_> = self.seen.keys().filter(|uuid| !listed.contains(uuid.as_str())).cloned().collect();
        self.seen.retain(|uuid, _| listed.contains(uuid.as_str()));
        gone
    }
}

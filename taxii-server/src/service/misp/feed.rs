use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use taxii_model::Timestamp;

use super::holding::{Holding, Plan};
use crate::service::Answer;
use crate::store::{Collection, Mark};

/// A collection as events, as somebody sees it.
pub struct Feed {
    pub(super) mark: Mark,
    /// It tells of what was added up to then.
    pub(super) told: Timestamp,
    pub(super) holding: Holding,
    /// By UUID; also those of which nothing is shown.
    pub(super) events: BTreeMap<String, Arc<Entry>>,
    manifest: Arc<Answer>,
    hashes: Arc<Answer>,
}

/// Which of the documents of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `manifest.json`
    Manifest,
    /// `hashes.csv`
    Hashes,
}

/// What is known of an event.
pub(super) struct Entry {
    pub(super) plan: Plan,
    pub(super) shown: Option<Shown>,
}

/// What is told of it.
pub(super) struct Shown {
    pub(super) listed: Listed,
    /// Its entry in the manifest.
    pub(super) manifest: String,
    /// Its lines among the hashes.
    pub(super) hashes: String,
}

/// What a list tells of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name everywhere.
    pub uuid: String,
    /// What it is about.
    pub info: String,
    /// Its day.
    pub date: String,
    /// When it was last changed, in seconds since 1970.
    pub timestamp: i64,
    /// When it was last published.
    pub publish_timestamp: i64,
    /// Is it published?
    pub published: bool,
    /// How far the analysis has come.
    pub analysis: i64,
    /// From 1, high, to 4, undefined.
    pub threat_level_id: i64,
    /// How many attributes there are.
    pub attributes: usize,
    /// Who made it: name and UUID.
    pub orgc: (String, String),
    /// The names of its tags.
    pub tags: Vec<String>,
}

impl Feed {
    pub(super) fn new(
        collection: &Collection,
        (mark, told): (Mark, Timestamp),
        holding: Holding,
        events: BTreeMap<String, Arc<Entry>>,
        limited: bool,
    ) -> Self {
        let shown = || events.values().filter_map(|entry| entry.shown.as_ref());
        let entries: Vec<String> =
            shown().map(|shown| format!("\"{}\":{}", shown.listed.uuid, shown.manifest)).collect();
        let manifest = format!("{{{}}}", entries.join(",")).into_bytes();
        let hashes = shown().map(|shown| shown.hashes.as_str()).collect::<String>().into_bytes();
        let answer = |body: Vec<u8>| {
            let tag = if limited { content_tag(&body) } else { tag(collection, Mark { clock: told, ..mark }) };
            Arc::new(Answer::new(body, None, tag, mark, false))
        };
        let (manifest, hashes) = (answer(manifest), answer(hashes));
        Self { mark, told, holding, events, manifest, hashes }
    }

    /// Is it what is to be told of a collection that has come this far?
    pub(super) fn is_as_of(&self, mark: Mark, told: Timestamp) -> bool {
        self.mark == mark && self.told >= told
    }

    /// Is it that, or of later?
    pub(super) fn reaches(&self, mark: Mark, told: Timestamp) -> bool {
        self.mark.reaches(mark) && self.told >= told
    }

    /// One of its documents.
    #[must_use]
    pub fn document(&self, kind: Kind) -> Arc<Answer> {
        match kind {
            Kind::Manifest => Arc::clone(&self.manifest),
            Kind::Hashes => Arc::clone(&self.hashes),
        }
    }

    /// Its events, in order of their UUIDs.
    pub fn listed(&self) -> impl Iterator<Item = &Listed> {
        self.events.values().filter_map(|entry| Some(&entry.shown.as_ref()?.listed))
    }

    /// Has it an event of this UUID?
    #[must_use]
    pub fn has(&self, uuid: &str) -> bool {
        self.plan(uuid).is_some()
    }

    pub(super) fn plan(&self, uuid: &str) -> Option<(&Plan, u64)> {
        let entry = self.events.get(uuid).filter(|entry| entry.shown.is_some())?;
        Some((&entry.plan, entry.plan.digest))
    }

    /// About how many bytes of memory it takes.
    pub(super) fn bytes(&self) -> u64 {
        // Outlines: names, numbers and what leads where.
        const OBJECT: usize = 350;
        let documents = self.manifest.body.len() + self.hashes.body.len();
        let ids: usize = self.events.values().map(|entry| entry.plan.ids.len()).sum();
        (4096 + documents * 9 / 4 + self.holding.len() * OBJECT + ids * 32) as u64
    }
}

/// Names what all who see everything find in a collection that has come this far.
pub(super) fn tag(collection: &Collection, mark: Mark) -> String {
    let mut hasher = DefaultHasher::new();
    // Another program may make something else of it.
    (env!("CARGO_PKG_VERSION"), collection.id, &collection.title, mark.clock, mark.changes).hash(&mut hasher);
    format!("{:x}-{:016x}", collection.key.0, hasher.finish())
}

pub(super) fn content_tag(body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

mod admin;
mod arrangements;
mod audit;
mod exchange;
mod lifecycle;
mod register;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use ring::rand::{SecureRandom, SystemRandom};
use stix_model::{SpecVersion, Timestamp as StixTimestamp, same_content};
use taxii_model::{Selector, Status, Timestamp, VersionFilter};
use uuid::Uuid;

use self::arrangements::Arranged;
use self::audit::Remembered;
use self::exchange::Deletion;
use self::register::Register;
use super::selection::Editions;
use super::{
    Arrangements, Clock, CollectionKey, Conflict, Directory, Due, Exchange, Gone, Holdings, Item, Label, Labels, MOST,
    Mark, Outcome, Page, Partner, Provenance, Record, Redated, Removed, Result, Selection, Sight, Store, StoreError,
    Submission, Texts, Told, UNMARKED, Window, batch_end, stamps, wall_clock,
};
use crate::audit::Chain;

/// Everything in memory, for as long as the program runs.
///
/// It evaluates each rule in the most obvious way, over the whole collection at every request: an oracle to
/// compare other stores with, and enough for tests and small fixed collections.
pub struct MemoryStore {
    state: Mutex<State>,
    clock: Clock,
    secret: [u8; 32],
    server: Uuid,
    chain: Option<Chain>,
}

#[derive(Default)]
struct State {
    revision: i64,
    register: Register,
    contents: HashMap<CollectionKey, Contents>,
    statuses: HashMap<Uuid, (String, String, Status)>,
    remembered: Remembered,
    partners: Vec<Partner>,
    arranged: Arranged,
    /// Who does which work, and until when the others wait for a word.
    leases: HashMap<String, (Uuid, Timestamp)>,
}

#[derive(Default)]
struct Contents {
    mark: Mark,
    entries: Vec<Entry>,
    /// The first has the number 1.
    labels: Vec<Label>,
    deletions: Vec<Deletion>,
    conflicts: Vec<Conflict>,
}

#[derive(Clone)]
struct Entry {
    added: Timestamp,
    id: String,
    object_type: String,
    spec_version: SpecVersion,
    version: String,
    instant: StixTimestamp,
    text: String,
    label: i64,
    /// Is the version its date added?
    dated: bool,
    provenance: Option<Provenance>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(wall_clock())
    }

    /// An empty store with a clock of its own.
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        let mut secret = [0; 32];
        // Without randomness cursors are merely not protected against tampering, which loses nothing.
        let _ = SystemRandom::new().fill(&mut secret);
        Self { state: Mutex::default(), clock, secret, server: Uuid::new_v4(), chain: None }
    }

    /// Records what administrators change, and chains the log like this; otherwise changes are not recorded, and the log has no key.
    #[must_use]
    pub fn chain(self, chain: Chain) -> Self {
        Self { chain: Some(chain), ..self }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in another thread leaves no half-made change behind that matters here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands the entries of a window over until `take` has enough; tells whether there are more.
    fn page(&self, window: &Window, take: impl FnMut(&Entry) -> bool) -> Result<bool> {
        let state = self.state();
        let Some(contents) = state.contents.get(&window.collection) else { return Ok(false) };
        let selected = contents.select(&window.selection, window.sight.as_deref());
        Ok(!selected.into_iter().filter(|entry| entry.added > window.after).all(take))
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

fn missing_collection() -> StoreError {
    StoreError::Missing("collection of this key".to_owned())
}

impl Contents {
    /// The selected entries of those that are seen, in order of `added`.
    fn select(&self, selection: &Selection, sight: Option<&Sight>) -> Vec<&Entry> {
        let mut selected = self.selected(selection, sight);
        selected.retain(|entry| sight.is_none_or(|sight| entry.added <= sight.until()));
        selected
    }

    fn selected(&self, selection: &Selection, sight: Option<&Sight>) -> Vec<&Entry> {
        let asked = |entry: &&Entry| {
            sight.is_none_or(|sight| sight.sees(entry.label))
                && selection.ids.as_ref().is_none_or(|ids| ids.contains(&entry.id))
                && selection.types.as_ref().is_none_or(|types| types.contains(&entry.object_type))
                && match selection.editions {
                    Editions::Newest | Editions::Every => true,
                    Editions::Only(spec_version) => entry.spec_version == spec_version,
                    Editions::None => false,
                }
        };
        let mut candidates: Vec<&Entry> = self.entries.iter().filter(asked).collect();
        if selection.editions == Editions::Newest {
            let mut best = HashMap::new();
            for entry in &candidates {
                let edition = best.entry((&entry.id, &entry.instant)).or_insert(entry.spec_version);
                *edition = entry.spec_version.max(*edition);
            }
            candidates.retain(|entry| best.get(&(&entry.id, &entry.instant)) == Some(&entry.spec_version));
        }
        let VersionFilter::Any(selectors) = &selection.versions else { return candidates };
        let mut ends: HashMap<&str, (&StixTimestamp, &StixTimestamp)> = HashMap::new();
        for entry in &candidates {
            let (first, last) = ends.entry(&entry.id).or_insert((&entry.instant, &entry.instant));
            (*first, *last) = ((*first).min(&entry.instant), (*last).max(&entry.instant));
        }
        let picked = |entry: &&Entry| {
            let (first, last) = ends.get(entry.id.as_str()).copied().unwrap_or((&entry.instant, &entry.instant));
            selectors.iter().any(|selector| match selector {
                Selector::First => *first == entry.instant,
                Selector::Last => *last == entry.instant,
                Selector::At(instant) => *instant == entry.instant,
            })
        };
        candidates.into_iter().filter(picked).collect()
    }

    fn add(&mut self, item: &Item, added: Timestamp, caller: &str, received: Timestamp) -> Outcome {
        let id = item.head.id.as_str();
        let mut known = self.entries.iter().filter(|e| e.id == id && e.spec_version == item.head.spec_version);
        let (twin, version) = match item.head.version() {
            Some(version) => (known.clone().find(|e| e.instant == *version), version.clone()),
            // What comes by several ways comes late by some of them: it may have been superseded meanwhile.
            None if item.is_from_elsewhere() => {
                (known.find(|e| same_content(&e.text, &item.text)), stix_timestamp(added))
            }
            None => (known.max_by_key(|e| e.instant.clone()), stix_timestamp(added)),
        };
        if let Some(twin) = twin {
            if same_content(&twin.text, &item.text) {
                return Outcome::Unchanged(twin.version.clone());
            }
            if item.head.version().is_some() {
                let version = version.to_string();
                let conflict = Conflict::of(item, &version, &twin.text, caller, received);
                self.keep_conflict(conflict);
                return Outcome::Conflict(version);
            }
        }
        if let Some(version) = self.deleted(item) {
            return Outcome::Deleted(version);
        }
        let supersedes = self.entries.iter().any(|e| e.id == id);
        let label = self.number(&item.label);
        self.mark.changes += i64::from(supersedes);
        self.entries.push(Entry {
            added,
            id: id.to_owned(),
            object_type: item.head.id.object_type().to_owned(),
            spec_version: item.head.spec_version,
            version: version.to_string(),
            instant: version.clone(),
            text: item.text.clone(),
            label,
            dated: item.head.version().is_none(),
            provenance: item.provenance.clone(),
        });
        Outcome::Added(version.to_string())
    }

    /// The number of a label, which is a new one if it is new.
    fn number(&mut self, label: &Label) -> i64 {
        if *label == Label::default() {
            return UNMARKED;
        }
        let known = self.labels.iter().position(|known| known == label);
        let place = match known {
            Some(place) => place,
            None if self.labels.len() >= MOST && *label != Label::unreadable() => {
                return self.number(&Label::unreadable());
            }
            None => {
                self.labels.push(label.clone());
                self.labels.len() - 1
            }
        };
        i64::try_from(place).unwrap_or(i64::MAX) + 1
    }

    /// Moves the newest entry to the end of its batch, with its version if that is the date added.
    fn move_last(&mut self, end: Timestamp) -> Option<Redated> {
        let last = self.entries.last_mut()?;
        last.added = end;
        if !last.dated {
            return None;
        }
        last.instant = stix_timestamp(end);
        let from = std::mem::replace(&mut last.version, end.to_string());
        Some(Redated { from, to: last.version.clone() })
    }
}

/// The version of an object that has none is the text of its date added (AMB-08 c).
pub(crate) fn stix_timestamp(added: Timestamp) -> StixTimestamp {
    StixTimestamp::with_micros(added.to_utc())
}

#[async_trait]
impl Store for MemoryStore {
    async fn directory(&self) -> Result<Directory> {
        Ok(self.state().register.directory.clone())
    }

    async fn revision(&self) -> Result<i64> {
        Ok(self.state().revision)
    }

    async fn mark(&self, collection: CollectionKey) -> Result<Mark> {
        self.state().contents.get(&collection).map(|contents| contents.mark).ok_or_else(missing_collection)
    }

    async fn objects(&self, window: &Window) -> Result<Texts> {
        let mut texts = Texts::default();
        texts.more = self.page(window, |entry| {
            let fits = texts.is_empty() || texts.bytes() + 1 + entry.text.len() <= window.bytes;
            let takes = fits && texts.len() < window.limit;
            if takes {
                texts.push_labelled(entry.added, &entry.text, window.sight.as_ref().map(|_| entry.label));
            }
            takes
        })?;
        Ok(texts)
    }

    async fn records(&self, window: &Window) -> Result<Page<Record>> {
        let mut entries = Vec::new();
        let more = self.page(window, |entry| {
            let takes = entries.len() < window.limit;
            if takes {
                entries.push(Record {
                    added: entry.added,
                    id: entry.id.clone(),
                    version: entry.version.clone(),
                    spec_version: entry.spec_version,
                });
            }
            takes
        })?;
        Ok(Page { entries, more })
    }

    async fn holds(
        &self,
        collection: CollectionKey,
        id: &str,
        versions: &[StixTimestamp],
        sight: Option<&Arc<Sight>>,
    ) -> Result<bool> {
        let state = self.state();
        let Some(contents) = state.contents.get(&collection) else { return Ok(false) };
        let wanted = |entry: &Entry| versions.is_empty() || versions.contains(&entry.instant);
        let seen = |entry: &Entry| sight.is_none_or(|s| s.sees(entry.label) && entry.added <= s.until());
        Ok(contents.entries.iter().any(|entry| entry.id == id && wanted(entry) && seen(entry)))
    }

    async fn add(&self, submission: Submission) -> Result<Status> {
        Ok(self.add_telling(submission).await?.status)
    }

    async fn add_telling(&self, submission: Submission) -> Result<Told> {
        let mut state = self.state();
        if state.register.directory.root(&submission.root).is_none() {
            return Err(StoreError::Missing(format!("API root /{}/", submission.root)));
        }
        let contents = state.contents.get_mut(&submission.collection).ok_or_else(missing_collection)?;
        let n = submission.items.len();
        let end = batch_end(contents.mark.clock, (self.clock)(), n);
        let mut stamp = end.as_micros() - i64::try_from(n).unwrap_or_default();
        let mut outcomes = Vec::with_capacity(n);
        let before = contents.entries.len();
        for item in &submission.items {
            let added = Timestamp::from_micros(stamp + 1);
            let outcome = contents.add(item, added, &submission.caller, submission.received);
            stamp += i64::from(matches!(outcome, Outcome::Added(_)));
            outcomes.push(outcome);
        }
        if contents.entries.len() > before {
            contents.mark.clock = end;
            if let Some(redated) = contents.move_last(end) {
                redated.correct(&mut outcomes);
            }
        }
        let stamps = stamps(&outcomes, end);
        let status = submission.status(outcomes.clone());
        state.statuses.insert(status.id, (submission.root, submission.caller, status.clone()));
        Ok(Told { status, stamps, outcomes })
    }

    async fn delete(
        &self,
        collection: CollectionKey,
        id: &str,
        selection: &Selection,
        sight: Option<&Arc<Sight>>,
    ) -> Result<u64> {
        Ok(self.delete_telling(collection, id, selection, sight).await?.0)
    }

    async fn delete_telling(
        &self,
        collection: CollectionKey,
        id: &str,
        selection: &Selection,
        sight: Option<&Arc<Sight>>,
    ) -> Result<(u64, Vec<Gone>)> {
        let mut state = self.state();
        let Some(contents) = state.contents.get_mut(&collection) else { return Ok((0, Vec::new())) };
        let selection = selection.clone().with_id(id);
        let doomed = contents.select(&selection, sight.map(Arc::as_ref));
        let doomed: Vec<Gone> = doomed.iter().map(|e| Gone { added: e.added, version: e.version.clone() }).collect();
        contents.mark.changes += i64::from(!doomed.is_empty());
        contents.note_deleted(|entry| doomed.iter().any(|gone| gone.added == entry.added), (self.clock)());
        state.bury(collection, (self.clock)(), |entry| doomed.iter().any(|gone| gone.added == entry.added));
        Ok((doomed.len() as u64, doomed))
    }

    async fn status(&self, root: &str, id: Uuid) -> Result<Option<(Status, String)>> {
        let state = self.state();
        let found = state.statuses.get(&id).filter(|(of, ..)| of == root);
        Ok(found.map(|(_, caller, status)| (status.clone(), caller.clone())))
    }

    async fn secret(&self) -> Result<[u8; 32]> {
        Ok(self.secret)
    }

    async fn labels(&self, collection: CollectionKey) -> Result<Labels> {
        let state = self.state();
        let contents = state.contents.get(&collection).ok_or_else(missing_collection)?;
        let labels = (1..).zip(&contents.labels);
        let labels = labels.map(|(number, label)| (number, label.clone())).collect();
        Ok(Labels { mark: contents.mark, unread: false, labels })
    }

    fn exchange(&self) -> Option<&dyn Exchange> {
        Some(self)
    }

    fn arrangements(&self) -> Option<&dyn Arrangements> {
        Some(self)
    }

    async fn due(&self, collection: CollectionKey, due: Due) -> Result<u64> {
        let state = self.state();
        let contents = state.contents.get(&collection).ok_or_else(missing_collection)?;
        Ok(contents.due(due).len() as u64)
    }

    async fn remove_due(&self, collection: CollectionKey, due: Due, limit: usize) -> Result<Removed> {
        let mut state = self.state();
        let contents = state.contents.get_mut(&collection).ok_or_else(missing_collection)?;
        let doomed = contents.doomed(due, limit);
        let before = contents.entries.len();
        contents.mark.changes += i64::from(!doomed.is_empty());
        let (now, goes) = ((self.clock)(), |entry: &Entry| doomed.contains(&entry.id));
        contents.note_outlived(goes, now);
        state.bury(collection, now, goes);
        let left = state.contents.get(&collection).map_or(0, |contents| contents.entries.len());
        Ok(Removed { objects: doomed.len() as u64, entries: (before - left) as u64 })
    }

    async fn nth_newest(&self, collection: CollectionKey, nth: u64) -> Result<Option<Timestamp>> {
        let state = self.state();
        Ok(state.contents.get(&collection).ok_or_else(missing_collection)?.nth_newest(nth))
    }

    async fn lease(&self, work: &str, holder: Uuid, duration: Duration) -> Result<bool> {
        let now = (self.clock)();
        let deadline = now.saturating_add(duration);
        let mut state = self.state();
        let is_free = state.leases.get(work).is_none_or(|(theirs, until)| *theirs == holder || *until <= now);
        if is_free {
            state.leases.insert(work.to_owned(), (holder, deadline));
        }
        Ok(is_free)
    }

    async fn holdings(&self, collection: CollectionKey, now: Timestamp) -> Result<Holdings> {
        let mut holdings = super::lifecycle::holdings(self, collection, now).await?;
        let state = self.state();
        let register = &state.register;
        if let Some(of) = register.directory.collections.iter().find(|of| of.key == collection) {
            let grants = register.grants.values().filter(|grant| grant.is_about(&of.root, of.id));
            let (accounts, members) = (register.accounts.values(), register.members.iter());
            holdings.count_holders(grants, accounts, members, now);
        }
        Ok(holdings)
    }
}

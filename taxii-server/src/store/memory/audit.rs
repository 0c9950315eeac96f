use async_trait::async_trait;
use taxii_model::Timestamp;

use super::{Contents, MemoryStore, State};
use crate::audit::{Chain, Entry, Head, Last, Log, Poll, Poller, Record, Sighting, action};
use crate::store::{CollectionKey, Result};

/// The log, and what else is only remembered.
#[derive(Default)]
pub(super) struct Remembered {
    entries: Vec<Entry>,
    pollers: Vec<Poller>,
    pub(super) tombstones: Vec<(CollectionKey, String, Sighting)>,
}

impl Remembered {
    fn head(&self) -> Head {
        let head = |entry: &Entry| Head { number: entry.number, hash: entry.hash.clone() };
        self.entries.last().map_or_else(Head::beginning, head)
    }

    pub(super) fn append(&mut self, chain: &Chain, records: Vec<Record>) -> Result<Vec<Entry>> {
        let entries = chain.extend(&self.head(), self.last().as_ref(), records)?;
        self.entries.extend_from_slice(&entries);
        Ok(entries)
    }

    /// The record at the head, as far as the hash before it is there.
    fn last(&self) -> Option<Last> {
        let (entry, rest) = self.entries.split_last()?;
        let before = match rest.last() {
            Some(before) => before.hash.clone(),
            None if entry.number == 1 => Head::beginning().hash,
            None => return None,
        };
        Some(Last { before, entry: entry.clone() })
    }
}

impl State {
    /// Remembers the entries of a collection that go, and lets them go.
    pub(super) fn bury(&mut self, collection: CollectionKey, removed: Timestamp, goes: impl Fn(&super::Entry) -> bool) {
        let Some(contents) = self.contents.get_mut(&collection) else { return };
        let (gone, kept): (Vec<_>, Vec<_>) = contents.entries.drain(..).partition(goes);
        contents.entries = kept;
        let sighting = |entry: super::Entry| {
            let sighting = Sighting { collection, added: entry.added, version: entry.version, removed: Some(removed) };
            (collection, entry.id, sighting)
        };
        self.remembered.tombstones.extend(gone.into_iter().map(sighting));
    }
}

impl Contents {
    fn sightings(&self, collection: CollectionKey, id: &str) -> impl Iterator<Item = Sighting> {
        let own = self.entries.iter().filter(move |entry| entry.id == id);
        own.map(move |entry| Sighting { collection, added: entry.added, version: entry.version.clone(), removed: None })
    }
}

#[async_trait]
impl Log for MemoryStore {
    async fn append(&self, records: Vec<Record>) -> Result<Vec<Entry>> {
        let mut state = self.state();
        state.remembered.append(&self.chain.clone().unwrap_or_default(), records)
    }

    async fn head(&self) -> Result<Head> {
        Ok(self.state().remembered.head())
    }

    async fn entries(&self, after: i64, limit: usize) -> Result<Vec<Entry>> {
        let state = self.state();
        let behind = state.remembered.entries.iter().filter(|entry| entry.number > after);
        Ok(behind.take(limit).cloned().collect())
    }

    async fn last_before(&self, time: Timestamp) -> Result<i64> {
        let state = self.state();
        let before = state.remembered.entries.iter().filter(|entry| entry.record.at < time);
        Ok(before.max_by_key(|entry| entry.record.at).map_or(0, |entry| entry.number))
    }

    async fn entries_of(&self, account: &str, after: i64, limit: usize) -> Result<Vec<Entry>> {
        let state = self.state();
        let behind = state.remembered.entries.iter().filter(|entry| entry.number > after);
        Ok(behind.filter(|entry| entry.record.account.as_deref() == Some(account)).take(limit).cloned().collect())
    }

    async fn entries_of_flows(&self, object: &str) -> Result<Vec<Entry>> {
        let names = |entry: &&Entry| {
            let Record { action, account, details, .. } = &entry.record;
            let is_flow = account.as_ref().is_some_and(|account| account.starts_with("flow:"));
            is_flow && action == action::SHARED && details.contains(object)
        };
        Ok(self.state().remembered.entries.iter().filter(names).cloned().collect())
    }

    async fn entries_around(&self, collection: CollectionKey, stamp: Timestamp) -> Result<Vec<Entry>> {
        let around = |entry: &&Entry| {
            let record = &entry.record;
            record.collection == Some(collection)
                && record.first.is_some_and(|first| first <= stamp)
                && record.last.is_some_and(|last| stamp <= last)
        };
        Ok(self.state().remembered.entries.iter().filter(around).cloned().collect())
    }

    async fn recipients(&self, numbers: &[i64]) -> Result<Vec<(i64, Record)>> {
        let state = self.state();
        let recipients = state.remembered.entries.iter().filter(|entry| entry.record.action == action::RECIPIENT);
        let named = recipients.map(|entry| {
            let number = entry.record.first.map_or(entry.number, Timestamp::as_micros);
            (number, entry.record.clone())
        });
        Ok(named.filter(|(number, _)| numbers.contains(number)).collect())
    }

    async fn cut(&self, through: i64, before: Timestamp) -> Result<u64> {
        let mut state = self.state();
        let log = &mut state.remembered;
        let all = log.entries.len();
        log.entries.retain(|entry| entry.number > through);
        log.tombstones.retain(|(.., sighting)| sighting.removed.is_none_or(|removed| removed >= before));
        Ok((all - log.entries.len()) as u64)
    }

    async fn sightings(&self, id: &str) -> Result<Vec<Sighting>> {
        let state = self.state();
        let gone = state.remembered.tombstones.iter().filter(|(_, of, _)| of == id).map(|(.., s)| s.clone());
        let mut all: Vec<Sighting> = gone.collect();
        all.extend(state.contents.iter().flat_map(|(key, contents)| contents.sightings(*key, id)));
        all.sort_by_key(|sighting| (sighting.collection.0, sighting.added));
        Ok(all)
    }

    async fn note(&self, polls: Vec<Poll>) -> Result<()> {
        let mut state = self.state();
        let pollers = &mut state.remembered.pollers;
        for poll in polls {
            let is = |p: &Poller| p.collection == poll.collection && p.account == poll.account;
            let known = pollers.iter().position(is).map(|place| pollers.swap_remove(place));
            pollers.push(Poller::after(known, &poll));
        }
        pollers.sort_by(|a, b| (a.collection.0, &a.account).cmp(&(b.collection.0, &b.account)));
        Ok(())
    }

    async fn pollers(&self) -> Result<Vec<Poller>> {
        Ok(self.state().remembered.pollers.clone())
    }

    async fn behind(&self, collection: CollectionKey, position: Timestamp) -> Result<u64> {
        let state = self.state();
        let entries = state.contents.get(&collection).map(|contents| contents.entries.as_slice()).unwrap_or_default();
        Ok(entries.iter().filter(|entry| entry.added > position).count() as u64)
    }

    async fn knows(&self, account: &str) -> Result<bool> {
        Ok(self.state().register.accounts.contains_key(account))
    }
}

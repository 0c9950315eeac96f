use async_trait::async_trait;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{Contents, Entry, MemoryStore, missing_collection};
use crate::store::exchange::{Origins, concerns, full, is_version, merge};
use crate::store::{
    Changed, CollectionKey, Conflict, Exchange, Item, Page, Partner, Provenance, Result, Retracted, Retraction,
    StoreError, Stretch, batch_end, content_version,
};

/// A version that was deleted on purpose.
#[derive(Clone)]
pub(super) struct Deletion {
    stamp: Timestamp,
    id: String,
    version: String,
    label: i64,
    provenance: Option<Provenance>,
    entry: Option<Provenance>,
}

impl Entry {
    /// The version as servers tell each other.
    fn exchanged(&self) -> String {
        if self.dated { content_version(&self.text) } else { self.version.clone() }
    }

    fn deletion(&self, provenance: Option<&Provenance>) -> Deletion {
        let entry = self.provenance.clone().filter(Provenance::is_from_elsewhere);
        let (version, provenance) = (self.exchanged(), provenance.cloned());
        Deletion { stamp: Timestamp::default(), id: self.id.clone(), version, label: self.label, provenance, entry }
    }
}

impl Deletion {
    /// Are others told of it?
    fn is_told(&self) -> bool {
        self.provenance.is_some() || self.entry.is_none()
    }

    fn changed(&self) -> Changed {
        let Self { stamp, id, version, label, provenance, .. } = self.clone();
        Changed { stamp, id, version, label, provenance, text: None }
    }
}

impl Contents {
    pub(super) fn keep_conflict(&mut self, conflict: Conflict) {
        if self.conflicts.iter().any(|known| known.digest == conflict.digest) {
            return;
        }
        match self.conflicts.len() < Conflict::MOST {
            true => self.conflicts.push(conflict),
            false => full(&conflict),
        }
    }

    /// The version of something that comes from elsewhere, if it was deleted here.
    pub(super) fn deleted(&self, item: &Item) -> Option<String> {
        if !item.is_from_elsewhere() {
            return None;
        }
        let version = item.head.version().map_or_else(|| content_version(&item.text), ToString::to_string);
        let id = item.head.id.as_str();
        self.deletions.iter().any(|gone| gone.id == id && is_version(&gone.version, &version)).then_some(version)
    }

    /// Notes what is about to be deleted here.
    pub(super) fn note_deleted(&mut self, goes: impl Fn(&Entry) -> bool, now: Timestamp) {
        let doomed = self.entries.iter().filter(|entry| goes(entry));
        let all = doomed.map(|entry| entry.deletion(None)).collect();
        self.keep_deletions(all, now);
    }

    /// What is about to be removed because of its age, and another server gave, is not to be given once more. Nobody is told of it.
    pub(super) fn note_outlived(&mut self, goes: impl Fn(&Entry) -> bool, now: Timestamp) {
        let doomed = self.entries.iter().filter(|entry| goes(entry)).map(|entry| entry.deletion(None));
        let all = doomed.filter(|deletion| !deletion.is_told()).collect();
        self.keep_deletions(all, now);
    }

    /// Each with a stamp of its own.
    fn keep_deletions(&mut self, all: Vec<Deletion>, now: Timestamp) {
        let begin = batch_end(self.mark.clock, now, all.len()).as_micros() - all.len() as i64;
        for (stamp, deletion) in (begin + 1..).zip(all) {
            self.mark.clock = Timestamp::from_micros(stamp);
            self.deletions.push(Deletion { stamp: self.mark.clock, ..deletion });
        }
    }

    fn changes(&self, stretch: &Stretch) -> Page<Changed> {
        let within = |stamp: Timestamp| stamp > stretch.after && stamp <= stretch.until;
        let seen = |stamp: Timestamp, label: i64| {
            stretch.sight.as_ref().is_none_or(|sight| sight.sees(label) && stamp <= sight.until())
        };
        let mut page = Page { entries: Vec::new(), more: false };
        let mut bytes = 0;
        for entry in self.entries.iter().filter(|e| within(e.added) && seen(e.added, e.label)) {
            let fits = page.entries.is_empty() || bytes + entry.text.len() <= stretch.bytes;
            if !fits || page.entries.len() == stretch.limit {
                page.more = true;
                break;
            }
            bytes += entry.text.len();
            page.entries.push(Changed {
                stamp: entry.added,
                id: entry.id.clone(),
                version: entry.exchanged(),
                label: entry.label,
                provenance: entry.provenance.clone(),
                text: Some(entry.text.clone()),
            });
        }
        let told = self.deletions.iter().filter(|gone| gone.is_told() && within(gone.stamp));
        let mut told: Vec<Changed> = told.filter(|gone| seen(gone.stamp, gone.label)).map(Deletion::changed).collect();
        told.sort_by_key(|gone| gone.stamp);
        merge(page, Page { entries: told, more: false }, stretch.limit)
    }

    /// What a retraction does: the entries that go, and the deletions that are told from now on.
    fn retract(&mut self, retraction: &Retraction) -> (Vec<Entry>, Vec<Deletion>, bool) {
        let how = &retraction.provenance;
        let is_meant = |id: &str, version: &str| id == retraction.id && concerns(retraction, version);
        let may = |from: Option<&Provenance>| from.is_some_and(|from| how.takes_back(from));
        let meant = self.entries.iter().filter(|entry| is_meant(&entry.id, &entry.exchanged()));
        let (gone, others): (Vec<Entry>, Vec<Entry>) = meant.cloned().partition(|entry| may(entry.provenance.as_ref()));
        let mut told: Vec<Deletion> = gone.iter().map(|entry| entry.deletion(Some(how))).collect();
        let quiet = |gone: &Deletion| !gone.is_told() && is_meant(&gone.id, &gone.version) && may(gone.entry.as_ref());
        let (again, rest): (Vec<Deletion>, Vec<Deletion>) = self.deletions.drain(..).partition(quiet);
        self.deletions = rest;
        told.extend(again.into_iter().map(|gone| Deletion { provenance: Some(how.clone()), ..gone }));
        (gone, told, !others.is_empty())
    }
}

#[async_trait]
impl Exchange for MemoryStore {
    async fn server(&self) -> Result<Uuid> {
        Ok(self.server)
    }

    async fn changes(&self, stretch: &Stretch) -> Result<Page<Changed>> {
        let state = self.state();
        let none = || Page { entries: Vec::new(), more: false };
        Ok(state.contents.get(&stretch.collection).map_or_else(none, |contents| contents.changes(stretch)))
    }

    async fn origins(&self, collection: CollectionKey, ids: &[String]) -> Result<Origins> {
        let state = self.state();
        let mut origins = Origins::new();
        let entries = state.contents.get(&collection).map(|contents| contents.entries.as_slice()).unwrap_or_default();
        for entry in entries.iter().filter(|entry| ids.contains(&entry.id)) {
            let all = origins.entry(entry.id.clone()).or_default();
            if !all.contains(&entry.provenance) {
                all.push(entry.provenance.clone());
            }
        }
        Ok(origins)
    }

    async fn retract(&self, collection: CollectionKey, retractions: &[Retraction]) -> Result<Vec<Retracted>> {
        let mut state = self.state();
        let now = (self.clock)();
        let (mut all, mut told) = (Vec::new(), Vec::new());
        for retraction in retractions {
            let contents = state.contents.get_mut(&collection).ok_or_else(missing_collection)?;
            let (gone, deletions, others) = contents.retract(retraction);
            told.extend(deletions);
            state.bury(collection, now, |entry| gone.iter().any(|gone| gone.added == entry.added));
            let gone = gone.into_iter().map(|entry| (entry.added, entry.version)).collect();
            all.push(Retracted { gone, others });
        }
        let contents = state.contents.get_mut(&collection).ok_or_else(missing_collection)?;
        contents.mark.changes += i64::from(all.iter().any(|retracted| !retracted.gone.is_empty()));
        contents.keep_deletions(told, now);
        Ok(all)
    }

    async fn conflicts(&self, collection: CollectionKey, limit: usize) -> Result<Vec<Conflict>> {
        let state = self.state();
        let mut all = state.contents.get(&collection).map(|contents| contents.conflicts.clone()).unwrap_or_default();
        all.sort_by(|a, b| (b.at, &a.digest).cmp(&(a.at, &b.digest)));
        all.truncate(limit);
        Ok(all)
    }

    async fn forget_conflict(&self, collection: CollectionKey, digest: &str) -> Result<bool> {
        let mut state = self.state();
        let Some(contents) = state.contents.get_mut(&collection) else { return Ok(false) };
        let before = contents.conflicts.len();
        contents.conflicts.retain(|conflict| conflict.digest != digest);
        Ok(contents.conflicts.len() < before)
    }

    async fn partners(&self) -> Result<Vec<Partner>> {
        Ok(self.state().partners.clone())
    }

    async fn set_partner(&self, partner: &Partner) -> Result<()> {
        let partners = &mut self.state().partners;
        if partners.iter().any(|other| other.server == partner.server && other.holder != partner.holder) {
            return Err(StoreError::Taken(format!("somebody who speaks for the server {}", partner.server)));
        }
        partners.retain(|other| other.holder != partner.holder);
        partners.push(partner.clone());
        partners.sort_by(|a, b| a.holder.cmp(&b.holder));
        Ok(())
    }

    async fn remove_partner(&self, holder: &str) -> Result<bool> {
        let partners = &mut self.state().partners;
        let before = partners.len();
        partners.retain(|partner| partner.holder != holder);
        Ok(partners.len() < before)
    }
}

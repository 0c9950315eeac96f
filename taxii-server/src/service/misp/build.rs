//! Reading a collection and making events of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use misp::Document;
use stix_model::json::{Json, Members};
use taxii_model::Timestamp;
use tokio::task::spawn_blocking;

use super::event::{Wish, document, served, shown, uuid};
use super::feed::{Entry, Feed};
use super::holding::{Holding, Plan};
use super::outline::Outline;
use super::settings::Misp;
use crate::service::redaction::redacted;
use crate::service::sights::Limited;
use crate::service::{ErrorKind, Result, ServiceError};
use crate::store::{Collection, Mark, Selection, Store, StoreError, Texts, Window};

/// What a feed is made of.
#[derive(Clone)]
pub(super) struct Builder {
    pub(super) store: Arc<dyn Store>,
    pub(super) collection: Collection,
    pub(super) settings: Misp,
    pub(super) page_bytes: usize,
    pub(super) limited: Option<Arc<Limited>>,
    pub(super) mark: Mark,
    /// What is read from has come as far as this.
    pub(super) read: Mark,
}

/// Objects that are read at once.
const TOGETHER: usize = 500;

impl Builder {
    /// The feed of what was added up to `told`; what has not changed is taken from the old one.
    pub(super) async fn build(self, old: Option<Arc<Feed>>, told: Timestamp) -> Result<Feed> {
        // As long as nothing was removed or superseded, only what came later is new.
        let base = old.as_ref().filter(|old| old.mark.changes == self.mark.changes);
        let after = base.map_or(Timestamp::from_micros(i64::MIN), |old| old.told);
        let holding = base.map(|old| old.holding.clone()).unwrap_or_default();
        let holding = self.outlined(holding, after, told).await?;
        let (holding, plans) = spawn_blocking(move || {
            let plans = holding.plans();
            (holding, plans)
        })
        .await
        .map_err(StoreError::failed)?;
        let mut events = BTreeMap::new();
        let (mut waiting, mut size) = (Vec::new(), 0);
        for plan in plans {
            let uuid = uuid(&self.collection, &plan);
            let known = old.as_ref().and_then(|old| old.events.get(&uuid));
            // The newest object also gives an event its time.
            let same = |entry: &&Arc<Entry>| entry.plan.digest == plan.digest && entry.plan.newest == plan.newest;
            if let Some(entry) = known.filter(same) {
                events.insert(uuid, Arc::clone(entry));
                continue;
            }
            size += plan.ids.len();
            waiting.push(plan);
            if size >= TOGETHER {
                events.extend(self.entries(std::mem::take(&mut waiting)).await?);
                size = 0;
            }
        }
        events.extend(self.entries(waiting).await?);
        let (collection, state, limited) = (self.collection, (self.mark, told), self.limited.is_some());
        let feed = spawn_blocking(move || Feed::new(&collection, state, holding, events, limited));
        Ok(feed.await.map_err(StoreError::failed)?)
    }

    async fn outlined(&self, mut holding: Holding, mut after: Timestamp, told: Timestamp) -> Result<Holding> {
        loop {
            let (texts, next) = self.read(Selection::default(), after, 10 * TOGETHER).await?;
            let taken = spawn_blocking(move || {
                for (added, text) in texts.iter().filter(|(added, _)| *added <= told) {
                    if let Some(outline) = Outline::of(text) {
                        holding.take(added, &outline);
                    }
                }
                holding
            });
            holding = taken.await.map_err(StoreError::failed)?;
            if holding.len() > self.settings.max_objects {
                return Err(self.too_many());
            }
            match next {
                Some(next) => after = next,
                None => return Ok(holding),
            }
        }
    }

    fn too_many(&self) -> ServiceError {
        let most = self.settings.max_objects;
        ServiceError::new(
            ErrorKind::Forbidden,
            format!(
                "this collection has more than {most} objects, too many for MISP; its operator may allow more by max_objects of [misp]"
            ),
        )
    }

    /// What the caller may see, without what is hidden of it, and where to go on if there is more.
    async fn read(&self, selection: Selection, after: Timestamp, limit: usize) -> Result<(Texts, Option<Timestamp>)> {
        let nothing = self.limited.as_ref().is_some_and(|limited| limited.sight.labels().is_empty());
        if nothing {
            return Ok((Texts::default(), None));
        }
        let window = Window {
            collection: self.collection.key,
            selection,
            after,
            limit,
            bytes: self.page_bytes,
            mark: Some(self.read),
            sight: self.limited.as_ref().map(|limited| Arc::clone(&limited.sight)),
        };
        let texts = self.store.objects(&window).await?;
        let next = texts.dates().filter(|_| texts.more).map(|(_, last)| last);
        match &self.limited {
            Some(limited) => Ok((redacted(texts, limited).await?, next)),
            None => Ok((texts, next)),
        }
    }

    /// The objects of these names.
    async fn objects(&self, ids: &[Arc<str>]) -> Result<Vec<Texts>> {
        let mut all = Vec::new();
        for ids in ids.chunks(TOGETHER) {
            let mut after = Timestamp::from_micros(i64::MIN);
            loop {
                let ids = ids.iter().map(ToString::to_string).collect();
                let (texts, next) =
                    self.read(Selection { ids: Some(ids), ..Selection::default() }, after, usize::MAX).await?;
                all.push(texts);
                match next {
                    Some(next) => after = next,
                    None => break,
                }
            }
        }
        Ok(all)
    }

    async fn entries(&self, plans: Vec<Plan>) -> Result<Vec<(String, Arc<Entry>)>> {
        let mut ids: Vec<Arc<str>> = plans.iter().flat_map(|plan| plan.ids.iter().cloned()).collect();
        ids.sort_unstable();
        ids.dedup();
        let texts = self.objects(&ids).await?;
        let this = self.clone();
        let made = spawn_blocking(move || {
            let mut objects = by_id(&texts);
            let mut last = plans.len();
            let made = plans.into_iter().map(|plan| {
                last -= 1;
                let own = ordered(&mut objects, &plan.ids, last > 0);
                this.entry(plan, &own)
            });
            made.collect::<Vec<_>>()
        });
        Ok(made.await.map_err(StoreError::failed)?)
    }

    fn entry(&self, plan: Plan, objects: &[Members<'static>]) -> (String, Arc<Entry>) {
        let document = document(&self.settings, &self.collection, &plan, objects);
        let shown = document.and_then(|document| shown(&self.settings, &self.collection, &plan, &document));
        (uuid(&self.collection, &plan), Arc::new(Entry { plan, shown }))
    }

    /// One event as text, and what it was made of.
    pub(super) async fn event(self, plan: &Plan, wish: Wish) -> Result<(Vec<Texts>, Option<String>)> {
        let texts = self.objects(&plan.ids).await?;
        let plan = plan.clone();
        let made = spawn_blocking(move || {
            let objects = ordered(&mut by_id(&texts), &plan.ids, false);
            let document = document(&self.settings, &self.collection, &plan, &objects);
            let served = document.and_then(|document| served(&self.settings, &document, wish));
            (texts, served.as_ref().map(Document::to_string))
        });
        Ok(made.await.map_err(StoreError::failed)?)
    }
}

/// The objects of these names, in order; others may need them too, or not.
fn ordered(objects: &mut HashMap<String, Members<'static>>, ids: &[Arc<str>], again: bool) -> Vec<Members<'static>> {
    let one = |id: &Arc<str>| if again { objects.get(&**id).cloned() } else { objects.remove(&**id) };
    ids.iter().filter_map(one).collect()
}

fn by_id(texts: &[Texts]) -> HashMap<String, Members<'static>> {
    let named = |object: Members<'static>| Some((object.get("id")?.as_str()?.to_owned(), object));
    texts.iter().flat_map(members).filter_map(named).collect()
}

fn members(texts: &Texts) -> impl Iterator<Item = Members<'static>> {
    texts.iter().filter_map(|(_, text)| match Json::parse(std::str::from_utf8(text).ok()?).ok()?.into_owned() {
        Json::Object(members) => Some(members),
        _ => None,
    })
}

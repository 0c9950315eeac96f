use std::collections::HashSet;

use sharing::flow::{Change, HopLimits, Item, Outcome, Provenance as Way};
use stix_model::{RawHead, Timestamp as StixTimestamp};
use taxii_model::Timestamp;
use uuid::Uuid;

use super::governing::Governing;
use super::offer::level;
use super::sound::{is_readable, unsound};
use crate::service::ingest::Door;
use crate::store::{
    self, Collection, Exchange, Origins, Outcome as Kept, Provenance, Result, Retraction, Store, StoreError, Submission,
};

/// Takes what others send into a collection.
pub(crate) struct Taker<'t> {
    pub(crate) store: &'t dyn Store,
    pub(crate) exchange: &'t dyn Exchange,
    pub(crate) collection: &'t Collection,
    /// The id of this server.
    pub(crate) server: &'t str,
    /// The account or the flow that brings it.
    pub(crate) by: &'t str,
    /// The server that sends it, if it is known: every path has to end there.
    pub(crate) from: Option<&'t str>,
    pub(crate) agreement: Option<&'t str>,
    /// What the agreement says of what the sender brings, if nothing before this has looked at it.
    pub(crate) governing: Option<&'t Governing>,
    pub(crate) limits: HopLimits,
}

/// What became of it.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// Of each change, in their order.
    pub(crate) outcomes: Vec<Outcome>,
    /// The stamps of what is new.
    pub(crate) stamps: Vec<Timestamp>,
    /// The objects of which something is gone: when that was added, and the versions.
    pub(crate) gone: Vec<(String, Vec<(Timestamp, String)>)>,
}

/// What goes into the store at once: nothing in it depends on the order.
#[derive(Default)]
struct Together<'c> {
    objects: Vec<(usize, &'c Item, store::Item)>,
    deletions: Vec<(usize, Retraction)>,
    ids: HashSet<&'c str>,
}

/// So many levels of nesting an object may have.
const DEPTH: usize = 100;

fn refused(rule: &str, reason: impl Into<String>) -> Outcome {
    Outcome::Refused { rule: rule.to_owned(), reason: reason.into() }
}

impl Taker<'_> {
    /// Takes changes, in their order as far as they are about the same object. What was taken is durable.
    pub(crate) async fn take(&self, changes: &[Change]) -> Result<Taken> {
        let mut taken = Taken { outcomes: vec![Outcome::Known; changes.len()], ..Taken::default() };
        let door = Door::of(self.collection, false);
        let mut together = Together::default();
        for (place, change) in changes.iter().enumerate() {
            match self.look_at(&door, place, change, &together) {
                Err(Some(outcome)) => set(&mut taken, place, outcome),
                Err(None) => {
                    // It has to wait for what is about the same object and of the other kind.
                    self.write(std::mem::take(&mut together), &mut taken).await?;
                    match self.look_at(&door, place, change, &together) {
                        Err(outcome) => set(&mut taken, place, outcome.unwrap_or(Outcome::Known)),
                        Ok(one) => together.push(change, one),
                    }
                }
                Ok(one) => together.push(change, one),
            }
        }
        self.write(together, &mut taken).await?;
        Ok(taken)
    }

    /// What is to be done; otherwise what becomes of it at once, or nothing if it has to wait.
    fn look_at<'c>(
        &self,
        door: &Door<'_>,
        place: usize,
        change: &'c Change,
        together: &Together<'_>,
    ) -> Result<One<'c>, Option<Outcome>> {
        let way = change.provenance();
        if let Some(why) = unsound(way, self.from) {
            return Err(Some(refused("provenance", why)));
        }
        if way.passed(self.server) {
            return Err(Some(refused("echo", "it has been at this server before")));
        }
        match change {
            Change::Object(item) => {
                let item = self.admit(door, item).map(|kept| One::Object(place, item, Box::new(kept)))?;
                if together.deletions.iter().any(|(_, other)| other.id == change.id()) { Err(None) } else { Ok(item) }
            }
            Change::Deleted { id, version, .. } => {
                if !is_readable(change) {
                    return Err(Some(refused("deletion", "there is no such object or version")));
                }
                if together.ids.contains(id.as_str()) {
                    return Err(None);
                }
                let provenance = self.came(way);
                Ok(One::Deletion(place, Retraction { id: id.clone(), version: version.clone(), provenance }))
            }
        }
    }

    /// The object as it is to be kept, if it may go in.
    fn admit(&self, door: &Door<'_>, item: &Item) -> Result<store::Item, Outcome> {
        let head = RawHead::read(item.text(), DEPTH).map_err(|error| refused("item-json", error.to_string()))?;
        let admitted = door.admit_text(&head, item.text(), None);
        let (head, _) = admitted.map_err(|findings| {
            let rule = findings.first().map_or("ingest", |finding| finding.rule);
            refused(rule, crate::service::findings::message(&findings))
        })?;
        let mut kept = store::Item::new(head, item.text().to_owned());
        let level = level(&kept.label, self.collection.markings.default_marking);
        if let Some((rule, why)) =
            self.governing.and_then(|governing| governing.objection(kept.head.id.object_type(), level))
        {
            return Err(refused(rule, why));
        }
        let limit = self.limits.of_object(kept.head.id.as_str(), level);
        let hops = item.provenance().hops;
        if hops > limit {
            let why = format!("with its marking it may go {limit} times from server to server; this was time {hops}");
            return Err(refused("hop-limit", why));
        }
        kept.provenance = Some(self.came(item.provenance()));
        Ok(kept)
    }

    fn came(&self, way: &Way) -> Provenance {
        let Way { origin, hops, path } = way.clone();
        Provenance { origin, hops, path, by: self.by.to_owned(), agreement: self.agreement.map(str::to_owned) }
    }

    async fn write(&self, together: Together<'_>, taken: &mut Taken) -> Result<()> {
        self.add(together.objects, taken).await?;
        if together.deletions.is_empty() {
            return Ok(());
        }
        let (places, retractions): (Vec<usize>, Vec<Retraction>) = together.deletions.into_iter().unzip();
        let retracted = self.exchange.retract(self.collection.key, &retractions).await?;
        for ((place, retraction), told) in places.into_iter().zip(retractions).zip(retracted) {
            let outcome = match (told.gone.is_empty(), told.others) {
                (false, _) => Outcome::Deleted,
                (true, true) => {
                    refused("authority", "what is here did not come from there: only its origin takes it back")
                }
                (true, false) => Outcome::Known,
            };
            set(taken, place, outcome);
            if !told.gone.is_empty() {
                taken.gone.push((retraction.id, told.gone));
            }
        }
        Ok(())
    }

    async fn add(&self, objects: Vec<(usize, &Item, store::Item)>, taken: &mut Taken) -> Result<()> {
        let ids: HashSet<&str> = objects.iter().map(|(_, item, _)| item.id()).collect();
        let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        let mut origins = if ids.is_empty() { Origins::new() } else { self.origins(&ids).await? };
        let (mut places, mut items) = (Vec::new(), Vec::new());
        for (place, item, kept) in objects {
            let all = origins.entry(item.id().to_owned()).or_default();
            if !self.may_add(item, all).await? {
                let why = "other versions of it came into the exchange elsewhere: only who made it makes new ones";
                set(taken, place, refused("authority", why));
                continue;
            }
            if !all.contains(&kept.provenance) {
                all.push(kept.provenance.clone());
            }
            places.push(place);
            items.push(kept);
        }
        if items.is_empty() {
            return Ok(());
        }
        let told = self.store.add_telling(self.submission(items)).await?;
        if told.outcomes.len() != places.len() {
            // It is there, but an attempt was lost on the way: whoever sends it again learns what became of it.
            return Err(StoreError::Unavailable("what became of some objects is not known".to_owned()));
        }
        taken.stamps.extend(told.stamps);
        for (place, outcome) in places.into_iter().zip(told.outcomes) {
            set(taken, place, of(&outcome));
        }
        Ok(())
    }

    async fn origins(&self, ids: &[String]) -> Result<Origins> {
        self.exchange.origins(self.collection.key, ids).await
    }

    /// Only who made an object makes new versions of it; what is there anyway is compared, whoever sends it. What has no versions
    /// says what anybody may observe.
    async fn may_add(&self, item: &Item, all: &[Option<Provenance>]) -> Result<bool> {
        let origin = &item.provenance().origin;
        if !item.is_dated() || all.iter().all(|one| one.as_ref().is_some_and(|one| one.origin == *origin)) {
            return Ok(true);
        }
        match item.version().parse::<StixTimestamp>() {
            Ok(version) => self.store.holds(self.collection.key, item.id(), &[version], None).await,
            Err(_) => Ok(false),
        }
    }

    fn submission(&self, items: Vec<store::Item>) -> Submission {
        Submission {
            status: Uuid::new_v4(),
            root: self.collection.root.clone(),
            collection: self.collection.key,
            caller: self.by.to_owned(),
            received: Timestamp::now(),
            items,
            refused: Vec::new(),
        }
    }
}

/// A change that can be written.
enum One<'c> {
    Object(usize, &'c Item, Box<store::Item>),
    Deletion(usize, Retraction),
}

impl<'c> Together<'c> {
    fn push(&mut self, change: &'c Change, one: One<'c>) {
        match one {
            One::Object(place, item, kept) => {
                self.ids.insert(change.id());
                self.objects.push((place, item, *kept));
            }
            One::Deletion(place, retraction) => self.deletions.push((place, retraction)),
        }
    }
}

fn set(taken: &mut Taken, place: usize, outcome: Outcome) {
    if let Some(known) = taken.outcomes.get_mut(place) {
        *known = outcome;
    }
}

fn of(outcome: &Kept) -> Outcome {
    match outcome {
        Kept::Added(_) => Outcome::Added,
        Kept::Unchanged(_) => Outcome::Known,
        Kept::Conflict(_) => Outcome::Conflict {
            reason: "the collection has this version with other content; both are kept for somebody to decide"
                .to_owned(),
        },
        Kept::Deleted(_) => refused("deleted", "this version was deleted here, and stays so"),
    }
}

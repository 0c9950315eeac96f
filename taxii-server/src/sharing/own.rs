use std::sync::Arc;

use async_trait::async_trait;
use sharing::flow::{Change, Fault, Item, Outcome, Provenance as Way, Sink};
use stix_model::{RawHead, Timestamp as StixTimestamp};
use taxii_model::{Selector, Timestamp, VersionFilter};
use uuid::Uuid;

use crate::service::ingest::Door;
use crate::store::{
    self, Collection, Editions, Outcome as Kept, Provenance, Result, Retraction, Selection, Store, StoreError,
    Submission,
};

/// A collection of this server as the sink of a flow from another one of this server, such as the collection that partners
/// may read, with what an agreement lets them have; or from another place of whoever runs it.
///
/// Nothing goes from one server to another here: what was made on the way was made at this server, and what came from
/// elsewhere keeps the way that it came.
pub(crate) struct Own {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) collection: Uuid,
    pub(crate) server: String,
    pub(crate) flow: String,
    pub(crate) agreement: Option<String>,
}

/// So many levels of nesting an object may have.
const DEPTH: usize = 100;

fn refused(rule: &str, reason: impl Into<String>) -> Outcome {
    Outcome::Refused { rule: rule.to_owned(), reason: reason.into() }
}

impl Own {
    fn fault(&self, error: &StoreError) -> Fault {
        let place = Sink::place(self);
        match error {
            StoreError::Unavailable(why) => Fault::Busy { place, reason: why.clone(), retry_after: None },
            error => Fault::Local { place, reason: crate::service::chain(error) },
        }
    }

    async fn found(&self) -> Result<Collection> {
        let mut all = self.store.directory().await?.collections.into_iter();
        all.find(|of| of.id == self.collection)
            .ok_or_else(|| StoreError::Missing(format!("collection {}", self.collection)))
    }

    async fn take(&self, changes: &[Change]) -> Result<Vec<Outcome>> {
        let collection = self.found().await?;
        let door = Door::of(&collection, false);
        let mut outcomes = vec![Outcome::Known; changes.len()];
        let mut waiting = Vec::new();
        for (place, change) in changes.iter().enumerate() {
            match change {
                Change::Object(item) => match self.admit(&door, item) {
                    Ok(item) => waiting.push((place, item)),
                    Err(outcome) => set(&mut outcomes, place, outcome),
                },
                Change::Deleted { id, version, provenance } => {
                    self.add(&collection, std::mem::take(&mut waiting), &mut outcomes).await?;
                    let outcome = match self.take_back(&collection, id, version.clone(), provenance).await? {
                        true => Outcome::Deleted,
                        false => self.delete(&collection, id, version.as_deref()).await?,
                    };
                    set(&mut outcomes, place, outcome);
                }
            }
        }
        self.add(&collection, waiting, &mut outcomes).await?;
        Ok(outcomes)
    }

    fn admit(&self, door: &Door<'_>, item: &Item) -> Result<store::Item, Outcome> {
        let head = RawHead::read(item.text(), DEPTH).map_err(|error| refused("item-json", error.to_string()))?;
        let (head, _) = door.admit_text(&head, item.text(), None).map_err(|findings| {
            let rule = findings.first().map_or("ingest", |finding| finding.rule);
            refused(rule, crate::service::findings::message(&findings))
        })?;
        let mut kept = store::Item::new(head, item.text().to_owned());
        kept.provenance = self.came(item.provenance());
        Ok(kept)
    }

    /// How it came to this server, if it did: without the step from here to here.
    fn came(&self, way: &Way) -> Option<Provenance> {
        let mut path = way.path.clone();
        let mut hops = way.hops;
        if path.last() == Some(&self.server) {
            path.pop();
            hops = hops.saturating_sub(1);
        }
        let (by, agreement) = (self.flow.clone(), self.agreement.clone());
        (!path.is_empty()).then(|| Provenance { origin: way.origin.clone(), hops, path, by, agreement })
    }

    async fn add(
        &self,
        collection: &Collection,
        items: Vec<(usize, store::Item)>,
        outcomes: &mut [Outcome],
    ) -> Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        let (places, items): (Vec<usize>, Vec<store::Item>) = items.into_iter().unzip();
        let submission = Submission {
            status: Uuid::new_v4(),
            root: collection.root.clone(),
            collection: collection.key,
            caller: format!("flow {}", self.flow),
            received: Timestamp::now(),
            items,
            refused: Vec::new(),
        };
        let told = self.store.add_telling(submission).await?;
        if told.outcomes.len() != places.len() {
            return Err(StoreError::Unavailable("what became of some objects is not known".to_owned()));
        }
        for (place, outcome) in places.into_iter().zip(told.outcomes) {
            set(outcomes, place, became(&outcome));
        }
        Ok(())
    }

    /// What came to this server from elsewhere is taken back by word of where it came from: those who have it from here are told, too.
    /// Is something gone?
    async fn take_back(&self, collection: &Collection, id: &str, version: Option<String>, way: &Way) -> Result<bool> {
        let (Some(provenance), Some(exchange)) = (self.came(way), self.store.exchange()) else { return Ok(false) };
        let retraction = Retraction { id: id.to_owned(), version, provenance };
        let told = exchange.retract(collection.key, &[retraction]).await?;
        Ok(told.iter().any(|retracted| !retracted.gone.is_empty()))
    }

    async fn delete(&self, collection: &Collection, id: &str, version: Option<&str>) -> Result<Outcome> {
        let versions = match version.map(str::parse::<StixTimestamp>) {
            Some(Ok(instant)) => VersionFilter::Any(vec![Selector::At(instant)]),
            // What has no dates has one form here at a time.
            _ => VersionFilter::All,
        };
        let selection = Selection { ids: Some(vec![id.to_owned()]), types: None, editions: Editions::Every, versions };
        let gone = self.store.delete(collection.key, id, &selection, None).await?;
        Ok(if gone == 0 { Outcome::Known } else { Outcome::Deleted })
    }
}

fn set(outcomes: &mut [Outcome], place: usize, outcome: Outcome) {
    if let Some(known) = outcomes.get_mut(place) {
        *known = outcome;
    }
}

fn became(kept: &Kept) -> Outcome {
    match kept {
        Kept::Added(_) => Outcome::Added,
        Kept::Unchanged(_) => Outcome::Known,
        Kept::Conflict(_) => {
            Outcome::Conflict { reason: "the collection has this version with other content".to_owned() }
        }
        Kept::Deleted(_) => refused("deleted", "this version was deleted here, and stays so"),
    }
}

#[async_trait]
impl Sink for Own {
    fn place(&self) -> String {
        format!("collection {}", self.collection)
    }

    async fn deliver(&self, changes: &[Change]) -> Result<Vec<Outcome>, Fault> {
        self.take(changes).await.map_err(|error| self.fault(&error))
    }
}

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sharing::flow::{
    Applied, Batch, Change, Cursor, Fault, Item, Outcome, Policy, Provenance, Room, Sink, Source, Withheld,
};
use taxii_model::Timestamp;

use super::context::{Context, fault};
use super::decide::{Decider, Going};
use super::{Clause, Direction, FlowSettings, Shared};
use crate::audit::{Record, action};
use crate::store::{Collection, Counterpart};

/// What one flow passes through between its ends: the agreement, which is looked at anew for each batch, and the books.
pub(crate) struct Passage {
    pub(crate) context: Arc<Context>,
    pub(crate) flow: String,
    pub(crate) settings: FlowSettings,
    pub(crate) server: String,
    /// The collection of this server that it takes from.
    pub(crate) from: Option<Collection>,
    /// The collection of this server that it brings to.
    pub(crate) to: Option<Collection>,
    pub(crate) batch: Mutex<UnderWay>,
    /// The agreement as it was when it was read last, and what it says.
    pub(crate) known: tokio::sync::Mutex<Option<(String, Arc<Clause>)>>,
}

/// What is known of the batch that is under way.
#[derive(Default)]
pub(crate) struct UnderWay {
    /// What was made of what, by the id and version of what leaves.
    made: HashMap<(String, String), (String, String)>,
    /// What has not been recorded.
    untold: Shared,
}

impl Passage {
    fn batch(&self) -> MutexGuard<'_, UnderWay> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the agreement says now, if there is to be one.
    pub(crate) async fn clause(&self) -> Result<Option<Arc<Clause>>, Fault> {
        let Some(name) = &self.settings.agreement else { return Ok(None) };
        let kept = self.context.agreement(name).await?;
        let mut known = self.known.lock().await;
        if let Some((text, clause)) = known.as_ref()
            && *text == kept.text
        {
            return Ok(Some(Arc::clone(clause)));
        }
        let clause = self.context.clause(&kept, &self.settings, self.from.as_ref(), self.to.as_ref()).await?;
        let clause = Arc::new(clause);
        *known = Some((kept.text, Arc::clone(&clause)));
        Ok(Some(clause))
    }

    /// The same, if it lets anything move now.
    async fn holding(&self) -> Result<Option<Arc<Clause>>, Fault> {
        let clause = self.clause().await?;
        if let Some(clause) = &clause {
            clause.must_hold()?;
        }
        Ok(clause)
    }

    /// Does the agreement, as it was read last, let nothing move any longer?
    pub(crate) async fn has_lapsed(&self) -> bool {
        self.known.lock().await.as_ref().is_some_and(|(_, clause)| clause.must_hold().is_err())
    }

    pub(crate) async fn pass(&self, changes: Vec<Change>) -> Result<Applied, Fault> {
        let clause = self.holding().await?;
        *self.batch() = UnderWay::default();
        let mut applied = Applied::default();
        let mut items = Vec::new();
        for change in changes {
            match change {
                Change::Object(item) => items.push(item),
                Change::Deleted { id, version, provenance } => {
                    self.objects(clause.as_deref(), std::mem::take(&mut items), &mut applied).await?;
                    self.deletion(clause.as_deref(), (id, version, provenance), &mut applied).await?;
                }
            }
        }
        self.objects(clause.as_deref(), items, &mut applied).await?;
        self.batch().untold.stayed(&applied.withheld, &[]);
        Ok(applied)
    }

    async fn objects(&self, clause: Option<&Clause>, items: Vec<Item>, applied: &mut Applied) -> Result<(), Fault> {
        let Some(clause) = clause.filter(|_| !items.is_empty()) else {
            applied.leaving.extend(items.into_iter().map(Change::Object));
            return Ok(());
        };
        let decider = Decider {
            store: &*self.context.store,
            from: self.from.as_ref().map(|from| from.key),
            server: &self.server,
            clause,
            travels: self.settings.to.is_outside(),
        };
        let decided = decider.objects(items).await?;
        let mut batch = self.batch();
        batch.untold.stayed(&[], &decided.removed);
        for Going { item, original, .. } in decided.leaving {
            batch.made.insert((item.id().to_owned(), item.version().to_owned()), original);
            applied.leaving.push(Change::Object(item));
        }
        applied.withheld.extend(decided.withheld);
        Ok(())
    }

    /// A deletion goes where the object went, under the name that it has there, and nowhere else.
    async fn deletion(
        &self,
        clause: Option<&Clause>,
        (id, version, provenance): (String, Option<String>, Provenance),
        applied: &mut Applied,
    ) -> Result<(), Fault> {
        if clause.is_none_or(|clause| clause.direction == Direction::In) {
            applied.leaving.push(Change::Deleted { id, version, provenance });
            return Ok(());
        }
        let mut gone = self.made_of(&id).await?;
        gone.retain(|one| version.as_ref().is_none_or(|version| *version == one.version));
        if gone.is_empty() {
            let why = "it never left under this agreement";
            applied.withheld.push(Withheld::new(Some(&id), version.as_deref(), "deletion", why));
        }
        for one in gone {
            let provenance = if one.derived == id { provenance.clone() } else { self.here(&provenance) };
            applied.leaving.push(Change::Deleted { id: one.derived, version: Some(one.derived_version), provenance });
        }
        Ok(())
    }

    /// What was made of an object and has left, or is about to.
    async fn made_of(&self, id: &str) -> Result<Vec<Counterpart>, Fault> {
        let known = self.context.kept()?.counterparts(&self.flow, &[id.to_owned()]).await;
        let mut all = known.map_err(|error| fault(&self.flow, &error))?;
        let batch = self.batch();
        let fresh = batch.made.iter().filter(|(_, (original, _))| original == id);
        for (derived, original) in fresh {
            let one = self.counterpart(derived, original);
            if !all.contains(&one) {
                all.push(one);
            }
        }
        Ok(all)
    }

    fn counterpart(&self, derived: &(String, String), original: &(String, String)) -> Counterpart {
        Counterpart {
            flow: self.flow.clone(),
            original: original.0.clone(),
            version: original.1.clone(),
            derived: derived.0.clone(),
            derived_version: derived.1.clone(),
        }
    }

    fn here(&self, of: &Provenance) -> Provenance {
        let server = self.server.clone();
        Provenance { origin: server.clone(), hops: of.hops.max(1), path: vec![server] }
    }

    /// Notes what was made of what, before it leaves: whatever becomes of the delivery and of this process, a deletion finds its way
    /// to where the object may be.
    async fn leaving(&self, clause: Option<&Clause>, changes: &[Change]) -> Result<(), Fault> {
        if clause.is_none_or(|clause| clause.direction == Direction::In) {
            return Ok(());
        }
        let links: Vec<Counterpart> = {
            let batch = self.batch();
            let objects = changes.iter().filter(|change| matches!(change, Change::Object(_)));
            let keys = objects.map(|change| (change.id().to_owned(), change.version().unwrap_or_default().to_owned()));
            keys.filter_map(|key| Some(self.counterpart(&key, batch.made.get(&key)?))).collect()
        };
        if links.is_empty() {
            return Ok(());
        }
        self.context.kept()?.link(&links).await.map_err(|error| fault(&self.flow, &error))
    }

    /// Notes what became of a delivery in the log, before the flow moves on.
    async fn delivered(&self, clause: Option<&Clause>, changes: &[Change], outcomes: &[Outcome]) -> Result<(), Fault> {
        let told = {
            let mut told = std::mem::take(&mut self.batch().untold);
            changes.iter().zip(outcomes).for_each(|(change, outcome)| told.became(change, outcome));
            told
        };
        if self.to.is_some() {
            self.context.written.tell();
        }
        self.record(clause, told).await
    }

    async fn record(&self, clause: Option<&Clause>, told: Shared) -> Result<(), Fault> {
        let Some(log) = self.context.log.as_ref().filter(|_| !told.is_empty()) else { return Ok(()) };
        let told = Shared {
            flow: self.flow.clone(),
            agreement: clause.map(|clause| clause.agreement.id.clone()),
            terms: clause.map(|clause| clause.agreement.digest().to_owned()),
            partner: clause.map(|clause| clause.partner().to_owned()),
            direction: clause.map(|clause| clause.direction),
            from: self.settings.from.to_string(),
            to: self.settings.to.to_string(),
            ..told
        };
        let collection = self.from.as_ref().or(self.to.as_ref());
        let record = Record {
            account: Some(format!("flow:{}", self.flow)),
            root: collection.map(|of| of.root.clone()),
            collection: collection.map(|of| of.key),
            ..Record::new(Timestamp::now(), action::SHARED, &told)
        };
        log.append(vec![record]).await.map(drop).map_err(|error| Fault::Local {
            place: "the audit log".to_owned(),
            reason: format!("a delivery could not be recorded, and is done again: {}", crate::service::chain(&error)),
        })
    }

    /// Records what is left to say of a batch of which nothing left.
    pub(crate) async fn settle(&self) -> Result<(), Fault> {
        let told = std::mem::take(&mut self.batch().untold);
        if told.is_empty() {
            return Ok(());
        }
        self.record(self.clause().await?.as_deref(), told).await
    }
}

/// The policy of a flow.
pub(crate) struct Through(pub(crate) Arc<Passage>);

#[async_trait]
impl Policy for Through {
    async fn apply(&self, changes: Vec<Change>) -> Result<Applied, Fault> {
        self.0.pass(changes).await
    }
}

/// The source of a flow: nothing is even asked for that may not move.
pub(crate) struct Gate(pub(crate) Arc<Passage>, pub(crate) Arc<dyn Source>);

#[async_trait]
impl Source for Gate {
    fn place(&self) -> String {
        self.1.place()
    }

    async fn next(&self, after: Option<&Cursor>, room: Room) -> Result<Batch, Fault> {
        self.0.holding().await?;
        self.1.next(after, room).await
    }
}

/// The sink of a flow, with the books.
pub(crate) struct Booked(pub(crate) Arc<Passage>, pub(crate) Arc<dyn Sink>);

#[async_trait]
impl Sink for Booked {
    fn place(&self) -> String {
        self.1.place()
    }

    async fn server(&self) -> Result<Option<String>, Fault> {
        self.1.server().await
    }

    async fn deliver(&self, changes: &[Change]) -> Result<Vec<Outcome>, Fault> {
        let clause = self.0.holding().await?;
        self.0.leaving(clause.as_deref(), changes).await?;
        let outcomes = self.1.deliver(changes).await?;
        self.0.delivered(clause.as_deref(), changes, &outcomes).await?;
        Ok(outcomes)
    }
}

use std::sync::Arc;

use async_trait::async_trait;
use sharing::flow::reconcile::{Below, Digests};
use sharing::flow::{
    Batch, Change, Cursor, Fault, HopLimits, Item, Outcome, Provenance, Refused, Room, Sink, Source, Versions,
};
use taxii_model::Timestamp;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::digests::Tree;
use super::offer::{Levels, Offer, Offered};
use super::recorded::{Terms, records};
use super::take::{Taken, Taker};
use crate::access::{Clearance, Viewer};
use crate::audit::Journal;
use crate::service::sights::Limited;
use crate::store::{Changed, Collection, Exchange, Mark, Store, StoreError, Stretch};

/// A collection of this server, as the source or the sink of a flow.
///
/// ```
/// use std::sync::Arc;
/// use sharing::flow::{Room, Source};
/// use taxii_server::sharing::Local;
/// use taxii_server::store::{Admin, ApiRoot, Collection, MemoryStore};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let store = Arc::new(MemoryStore::new());
/// store.add_root(&ApiRoot::new("api1", "Sharing group 1")?).await?;
/// let collection = Collection::new("api1", Some("indicators"), "Indicators")?;
/// store.add_collection(&collection).await?;
/// let local = Local::new(store, collection.id, "to our partner");
/// assert!(local.next(None, Room::default()).await?.changes.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Local {
    store: Arc<dyn Store>,
    collection: Uuid,
    flow: String,
    clearance: Option<Arc<Clearance>>,
    partner: Option<String>,
    agreement: Option<String>,
    limits: HopLimits,
    journal: Option<Arc<Journal>>,
    /// What is there, once somebody has compared it.
    tree: Mutex<Option<(Mark, Arc<Tree>)>>,
}

impl Local {
    /// The collection with this `id`, for the flow of this name.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, collection: Uuid, flow: &str) -> Self {
        let (flow, limits) = (flow.to_owned(), HopLimits::default());
        Self {
            store,
            collection,
            flow,
            clearance: None,
            partner: None,
            agreement: None,
            limits,
            journal: None,
            tree: Mutex::default(),
        }
    }

    /// Gives only what may be seen with this clearance.
    #[must_use]
    pub fn clearance(self, clearance: Clearance) -> Self {
        Self { clearance: Some(Arc::new(clearance)), ..self }
    }

    /// The id of the server at the other end: nothing goes there that has been there, and nothing comes that did not come from there.
    #[must_use]
    pub fn partner(self, server: &str) -> Self {
        Self { partner: Some(server.to_owned()), ..self }
    }

    /// The agreement under which everything comes.
    #[must_use]
    pub fn agreement(self, id: &str) -> Self {
        Self { agreement: Some(id.to_owned()), ..self }
    }

    /// How many times something may go from one server to another.
    #[must_use]
    pub fn limits(self, limits: HopLimits) -> Self {
        Self { limits, ..self }
    }

    /// Records what comes.
    #[must_use]
    pub fn recorded_by(self, journal: Arc<Journal>) -> Self {
        Self { journal: Some(journal), ..self }
    }

    fn fault(&self, error: &StoreError) -> Fault {
        let place = format!("collection {}", self.collection);
        match error {
            StoreError::Unavailable(why) => Fault::Busy { place, reason: why.clone(), retry_after: None },
            StoreError::Missing(_) => {
                Fault::Refused { place, reason: "there is no such collection any longer; remove the flow".to_owned() }
            }
            error => Fault::Local { place, reason: crate::service::chain(error) },
        }
    }

    fn exchange(&self) -> Result<&dyn Exchange, StoreError> {
        self.store.exchange().ok_or_else(|| StoreError::failed("this store keeps nothing that an exchange needs"))
    }

    async fn found(&self) -> Result<(Collection, String), StoreError> {
        let directory = self.store.directory().await?;
        let collection = directory.collections.into_iter().find(|of| of.id == self.collection);
        let collection = collection.ok_or_else(|| StoreError::Missing(format!("collection {}", self.collection)))?;
        Ok((collection, self.exchange()?.server().await?.to_string()))
    }

    async fn offered(&self, after: Timestamp, room: Room) -> Result<Offered, StoreError> {
        let (collection, server) = self.found().await?;
        let offer = self.offer(&collection, &server, self.partner.as_deref()).await?;
        offer.page(after, room.changes, room.octets).await
    }

    async fn offer<'o>(
        &'o self,
        collection: &'o Collection,
        server: &'o str,
        receiver: Option<&'o str>,
    ) -> Result<Offer<'o>, StoreError> {
        let mark: Mark = self.store.mark(collection.key).await?;
        let labels = self.store.labels(collection.key).await?;
        if labels.unread && self.clearance.is_some() {
            return Err(StoreError::Unavailable("the markings of some objects are still being read".to_owned()));
        }
        let limited = self
            .clearance
            .as_ref()
            .map(|clearance| Arc::new(Limited::of(Viewer::new(Arc::clone(clearance), collection), &labels)));
        Ok(Offer {
            exchange: self.exchange()?,
            collection,
            server,
            receiver,
            limited,
            levels: Levels::of(&labels, collection),
            limits: self.limits,
            until: mark.clock,
        })
    }

    /// What is there, to be compared: read anew when something has changed.
    async fn tree(&self) -> Result<Arc<Tree>, StoreError> {
        let (collection, server) = self.found().await?;
        let mark = self.store.mark(collection.key).await?;
        let mut kept = self.tree.lock().await;
        if let Some((_, tree)) = kept.as_ref().filter(|(of, _)| *of == mark) {
            return Ok(Arc::clone(tree));
        }
        let tree = Arc::new(Tree::read(&self.offer(&collection, &server, None).await?).await?);
        *kept = Some((mark, Arc::clone(&tree)));
        Ok(tree)
    }

    async fn lying_at(&self, key: &str) -> Result<Vec<Changed>, StoreError> {
        let (collection, server) = self.found().await?;
        let offer = self.offer(&collection, &server, self.partner.as_deref()).await?;
        let mut all = Vec::new();
        for stamp in self.tree().await?.stamps(key, Timestamp::from_micros(i64::MIN)) {
            let after = Timestamp::from_micros(stamp.as_micros() - 1);
            let one = Stretch { after, until: stamp, limit: 1, ..Stretch::of(collection.key) };
            let found = self.exchange()?.changes(&one).await?.entries;
            all.extend(found.into_iter().filter_map(|changed| offer.leaving(changed)));
        }
        Ok(all)
    }

    /// Takes changes and tells more of what became of them than a flow wants to know.
    async fn taken(&self, changes: &[Change]) -> Result<Taken, StoreError> {
        let (collection, server) = self.found().await?;
        let taker = Taker {
            store: &*self.store,
            exchange: self.exchange()?,
            collection: &collection,
            server: &server,
            by: &self.flow,
            from: self.partner.as_deref(),
            agreement: self.agreement.as_deref(),
            governing: None,
            limits: self.limits,
        };
        let taken = taker.take(changes).await?;
        if let Some(journal) = &self.journal {
            let terms = Terms { flow: Some(&self.flow), server: taker.from, agreement: taker.agreement };
            let records = records(&taken, &collection, &terms, Timestamp::now());
            records.into_iter().for_each(|record| journal.done(record));
        }
        Ok(taken)
    }
}

/// What happened, as flows say it.
fn change(changed: Changed) -> Result<Change, Refused> {
    let came = changed.provenance.unwrap_or_default();
    let provenance = Provenance { origin: came.origin, hops: came.hops, path: came.path };
    match changed.text {
        Some(text) => Ok(Change::Object(Item::parse(&text, provenance)?)),
        None => Ok(Change::Deleted { id: changed.id, version: Some(changed.version), provenance }),
    }
}

#[async_trait]
impl Source for Local {
    fn place(&self) -> String {
        format!("collection {}", self.collection)
    }

    async fn next(&self, after: Option<&Cursor>, room: Room) -> Result<Batch, Fault> {
        let after = match after {
            None => Timestamp::from_micros(i64::MIN),
            Some(cursor) => cursor.as_str().parse().map(Timestamp::from_micros).map_err(|_| Fault::Lost {
                place: Source::place(self),
                reason: format!("{cursor} is no position in a collection; say from where to go on"),
            })?,
        };
        let offered = self.offered(after, room).await.map_err(|error| self.fault(&error))?;
        let (mut changes, mut refused) = (Vec::new(), Vec::new());
        for changed in offered.changes {
            match change(changed) {
                Ok(change) => changes.push(change),
                Err(why) => refused.push(why),
            }
        }
        let cursor = Cursor::new(offered.reached.as_micros().to_string());
        Ok(Batch { changes, refused, cursor, more: offered.more, remaining: None })
    }
}

#[async_trait]
impl Sink for Local {
    fn place(&self) -> String {
        format!("collection {}", self.collection)
    }

    async fn server(&self) -> Result<Option<String>, Fault> {
        let server = async { self.exchange()?.server().await }.await;
        Ok(Some(server.map_err(|error| self.fault(&error))?.to_string()))
    }

    async fn deliver(&self, changes: &[Change]) -> Result<Vec<Outcome>, Fault> {
        Ok(self.taken(changes).await.map_err(|error| self.fault(&error))?.outcomes)
    }
}

#[async_trait]
impl Digests for Local {
    async fn below(&self, prefix: &str) -> Result<Below, Fault> {
        let tree = self.tree().await.map_err(|error| self.fault(&error))?;
        Ok(tree.below(prefix))
    }
}

#[async_trait]
impl Versions for Local {
    async fn at(&self, key: &str) -> Result<Vec<Change>, Fault> {
        let found = self.lying_at(key).await.map_err(|error| self.fault(&error))?;
        Ok(found.into_iter().filter_map(|changed| change(changed).ok()).collect())
    }
}

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use taxii_model::Timestamp;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{ErrorKind, Result, ServiceError};
use crate::store::{self, Directory, Holdings, Store};

/// What every collection holds.
#[derive(Clone, Debug, Serialize)]
pub struct Statistics {
    /// When counting began: what came later may be counted or not.
    pub as_of: Timestamp,
    /// In order of `id`.
    pub collections: Vec<OfCollection>,
}

/// What one collection holds.
#[derive(Clone, Debug, Serialize)]
pub struct OfCollection {
    /// The name of its API root.
    pub root: String,
    /// The collection.
    pub id: Uuid,
    /// Its alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Its title.
    pub title: String,
    /// What it holds.
    pub holdings: Holdings,
}

/// The statistics as they were counted last. However many ask, one counts, and goes on when nobody waits any longer.
#[derive(Default)]
pub(super) struct Counted {
    last: Arc<Mutex<Option<Last>>>,
}

/// What was counted, and when that was done.
type Last = (Instant, Arc<Statistics>);

/// For so long after it was counted, it is told again.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// So long at most, who asks waits for the counting.
const PATIENCE: Duration = Duration::from_secs(20);

impl Counted {
    pub(super) async fn get(&self, store: &Arc<dyn Store>, directory: &Arc<Directory>) -> Result<Arc<Statistics>> {
        let (last, store, directory) = (Arc::clone(&self.last), Arc::clone(store), Arc::clone(directory));
        let counting = tokio::spawn(async move {
            // Who waits here while another counts finds what was counted.
            let mut last = last.lock().await;
            if let Some((counted, statistics)) = &*last
                && counted.elapsed() < FRESH
            {
                return Ok(Arc::clone(statistics));
            }
            let statistics = Arc::new(count(&*store, &directory).await?);
            *last = Some((Instant::now(), Arc::clone(&statistics)));
            Ok(statistics)
        });
        match tokio::time::timeout(PATIENCE, counting).await {
            Ok(Ok(statistics)) => statistics.map_err(|error: store::StoreError| error.into()),
            Ok(Err(failure)) => Err(store::StoreError::failed(failure).into()),
            Err(_) => {
                Err(ServiceError::new(ErrorKind::Unavailable, "the objects are being counted; ask again in a minute"))
            }
        }
    }
}

async fn count(store: &dyn Store, directory: &Directory) -> store::Result<Statistics> {
    let as_of = Timestamp::now();
    let mut collections = Vec::with_capacity(directory.collections.len());
    for collection in &directory.collections {
        let holdings = match store.holdings(collection.key, as_of).await {
            // Removed since the directory was read.
            Err(store::StoreError::Missing(_)) => continue,
            holdings => holdings?,
        };
        let (root, id, alias, title) =
            (collection.root.clone(), collection.id, collection.alias.clone(), collection.title.clone());
        collections.push(OfCollection { root, id, alias, title, holdings });
    }
    Ok(Statistics { as_of, collections })
}

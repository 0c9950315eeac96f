use async_trait::async_trait;
use stix_model::Timestamp as StixTimestamp;

use super::*;
use crate::store::{Admin, ApiRoot, Collection, Directory, Labels, Mark, MemoryStore, Page, Result, Sight, Texts};

async fn prepared<S: Store + Admin>(store: S) -> Arc<S> {
    store.add_root(&ApiRoot::new(ROOT, "Acceptance").unwrap()).await.unwrap();
    for alias in ["one", "two"] {
        let mut collection = Collection::new(ROOT, Some(alias), alias).unwrap();
        collection.spec_versions = stix_model::SpecVersion::ALL.to_vec();
        store.add_collection(&collection).await.unwrap();
    }
    Arc::new(store)
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    suite(async || prepared(MemoryStore::new()).await).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let next = std::sync::atomic::AtomicUsize::new(0);
    suite(async || {
        let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        prepared(crate::store::SqliteStore::open(folder.path().join(format!("{n}.db"))).unwrap()).await
    })
    .await;
}

/// What an application's own store has to have, and nothing more.
struct Plain(MemoryStore);

#[async_trait]
impl Store for Plain {
    async fn directory(&self) -> Result<Directory> {
        self.0.directory().await
    }

    async fn revision(&self) -> Result<i64> {
        self.0.revision().await
    }

    async fn mark(&self, collection: CollectionKey) -> Result<Mark> {
        self.0.mark(collection).await
    }

    async fn objects(&self, window: &Window) -> Result<Texts> {
        self.0.objects(window).await
    }

    async fn records(&self, window: &Window) -> Result<Page<Record>> {
        self.0.records(window).await
    }

    async fn holds(
        &self,
        collection: CollectionKey,
        id: &str,
        versions: &[StixTimestamp],
        sight: Option<&Arc<Sight>>,
    ) -> Result<bool> {
        self.0.holds(collection, id, versions, sight).await
    }

    async fn add(&self, submission: Submission) -> Result<Status> {
        self.0.add(submission).await
    }

    async fn delete(
        &self,
        collection: CollectionKey,
        id: &str,
        selection: &Selection,
        sight: Option<&Arc<Sight>>,
    ) -> Result<u64> {
        self.0.delete(collection, id, selection, sight).await
    }

    async fn labels(&self, collection: CollectionKey) -> Result<Labels> {
        self.0.labels(collection).await
    }

    async fn status(&self, root: &str, id: Uuid) -> Result<Option<(Status, String)>> {
        self.0.status(root, id).await
    }

    async fn secret(&self) -> Result<[u8; 32]> {
        self.0.secret().await
    }
}

/// What a store need not have does the same by reading pages and deleting objects.
#[tokio::test(flavor = "multi_thread")]
async fn a_plain_store() {
    let prepared = async || Arc::new(Plain(Arc::into_inner(prepared(MemoryStore::new()).await).unwrap()));
    suite(prepared).await;
}

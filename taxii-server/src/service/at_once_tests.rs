//! What a poll asks of its store.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use stix_model::Timestamp as StixTimestamp;
use taxii_model::{Endpoint, Query, Status};
use tokio::sync::Barrier;
use uuid::Uuid;

use super::{Presented, Proof, Service, Settings};
use crate::access::Grants;
use crate::auth::{Authenticator, Caller, Credentials, Origin};
use crate::store::{
    Admin, ApiRoot, Collection, CollectionKey, Directory, Mark, MemoryStore, Page, Record, Result, Selection, Sight,
    Store, Submission, Texts, Window,
};

/// A store that answers what every poll asks first only when everything of it has been asked.
struct Distant {
    near: MemoryStore,
    asked: Arc<Barrier>,
    patient: bool,
}

impl Distant {
    async fn wait(&self) {
        if self.patient {
            self.asked.wait().await;
        }
    }
}

#[async_trait]
impl Store for Distant {
    async fn directory(&self) -> Result<Directory> {
        self.near.directory().await
    }

    async fn revision(&self) -> Result<i64> {
        self.wait().await;
        self.near.revision().await
    }

    async fn mark(&self, collection: CollectionKey) -> Result<Mark> {
        self.wait().await;
        self.near.mark(collection).await
    }

    async fn objects(&self, window: &Window) -> Result<Texts> {
        self.near.objects(window).await
    }

    async fn records(&self, window: &Window) -> Result<Page<Record>> {
        self.near.records(window).await
    }

    async fn holds(
        &self,
        collection: CollectionKey,
        id: &str,
        versions: &[StixTimestamp],
        sight: Option<&Arc<Sight>>,
    ) -> Result<bool> {
        self.near.holds(collection, id, versions, sight).await
    }

    async fn add(&self, submission: Submission) -> Result<Status> {
        self.near.add(submission).await
    }

    async fn delete(
        &self,
        collection: CollectionKey,
        id: &str,
        selection: &Selection,
        sight: Option<&Arc<Sight>>,
    ) -> Result<u64> {
        self.near.delete(collection, id, selection, sight).await
    }

    async fn status(&self, root: &str, id: Uuid) -> Result<Option<(Status, String)>> {
        self.near.status(root, id).await
    }

    async fn secret(&self) -> Result<[u8; 32]> {
        self.near.secret().await
    }
}

/// Knows anybody, and asks as one does that keeps what it has found out.
struct Anybody(Arc<Barrier>);

#[async_trait]
impl Authenticator for Anybody {
    async fn authenticate(&self, _: &Credentials, _: Origin) -> Result<Option<Arc<Caller>>> {
        self.0.wait().await;
        Ok(Some(Caller::anonymous()))
    }
}

/// Promise 5: who is calling, what there is and how far the collection has come are asked for at once, so that a poll waits once
/// for a store that is far away, and not three times.
#[tokio::test]
async fn a_poll_waits_once() {
    let near = MemoryStore::new();
    near.add_root(&ApiRoot::new("api1", "t").unwrap()).await.unwrap();
    let open = Collection { anonymous_read: true, ..Collection::new("api1", Some("open"), "t").unwrap() };
    near.add_collection(&open).await.unwrap();
    let asked = Arc::new(Barrier::new(3));
    let mut store = Distant { near, asked: Arc::clone(&asked), patient: false };
    let key = store.directory().await.unwrap().collections[0].key;
    let known = store.near.revision().await.unwrap();
    store.patient = true;
    // Putting the server together asks for the revision, too.
    let together = Arc::clone(&asked);
    let others = tokio::spawn(async move { tokio::join!(together.wait(), together.wait()) });
    let authenticator = Arc::new(Anybody(asked));
    let settings = Settings { anonymous_clearance: None, ..Settings::default() };
    let service = Service::new(Arc::new(store), authenticator, Arc::new(Grants), settings).await.unwrap();
    others.await.unwrap();

    let credentials = Presented { proof: Proof::Some(Credentials::Key("k".to_owned())), origin: Origin::default() };
    let poll = async {
        let session = service.session_about(&credentials, Some(key)).await.unwrap();
        let reach = session.collection("api1", "open").unwrap();
        session.page(&reach, Endpoint::Objects, None, Query::default()).await.unwrap()
    };
    let answer =
        tokio::time::timeout(Duration::from_secs(10), poll).await.expect("nobody waits for an answer to ask more");
    assert_eq!(&answer.body[..], b"{}");
    assert_eq!(known, service.known.load().revision);
}

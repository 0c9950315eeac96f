//! The store on PostgreSQL: the promises of every store, and what only a server that is shared can break.

use std::sync::Arc;
use std::time::Duration;

use taxii_server::store::{Admin, ApiRoot, Collection, PostgresStore, Store, acceptance};
use taxii_tests::postgres::Database;

/// A store with what the acceptance suite wants of a fresh one.
async fn furnished(url: &str) -> Arc<PostgresStore> {
    let store = PostgresStore::open(url).await.expect("a store");
    store.add_root(&ApiRoot::new(acceptance::ROOT, "Acceptance").expect("a name")).await.expect("a root");
    for alias in ["one", "two"] {
        let mut collection = Collection::new(acceptance::ROOT, Some(alias), alias).expect("an alias");
        collection.spec_versions = stix_model::SpecVersion::ALL.to_vec();
        store.add_collection(&collection).await.expect("a collection");
    }
    Arc::new(store)
}

/// Promise 7: the acceptance suite passes; random operations are answered as by memory.
#[test]
fn acceptance_suite() {
    const WHAT: &str = "the acceptance suite on PostgreSQL";
    let Some(first) = Database::new(WHAT) else { return };
    let databases = std::sync::Mutex::new(Vec::new());
    first.wait(acceptance::suite(async || {
        let database = std::thread::spawn(|| Database::new(WHAT).expect("the server is still there")).join();
        let database = database.expect("a database");
        let store = furnished(&database.url()).await;
        databases.lock().expect("no panic").push(database);
        store
    }));
}

/// Another process is told nothing; it has to see by itself what was changed, at once.
#[test]
fn nodes_see_each_other_at_once() {
    let Some(database) = Database::new("two nodes over one PostgreSQL database") else { return };
    database.wait(async {
        let (ours, theirs) =
            (PostgresStore::open(&database.url()).await.unwrap(), PostgresStore::open(&database.url()).await.unwrap());
        assert_eq!(ours.secret().await.unwrap(), theirs.secret().await.unwrap());
        for n in 0..50 {
            let before = ours.revision().await.unwrap();
            theirs.add_root(&ApiRoot::new(&format!("r{n}"), "t").unwrap()).await.unwrap();
            assert_eq!(ours.revision().await.unwrap(), before + 1);
            assert_eq!(ours.directory().await.unwrap().roots.len(), n + 1);
        }
    });
    let _ = Duration::ZERO;
}

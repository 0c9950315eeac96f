//! How long writers wait while objects are being swept: adds so many objects to a fresh collection, lets all of them be swept, and
//! has a writer add one object after the other meanwhile.
//!
//! ```console
//! $ cargo run -p taxii-tests --example sweeping -- 200000 taxii.db
//! $ cargo run -p taxii-tests --example sweeping -- 200000 postgres://…
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use stix_model::RawHead;
use taxii_model::Timestamp;
use taxii_server::store::{
    Admin, ApiRoot, Collection, CollectionKey, Item, PostgresStore, Retention, SqliteStore, Store, Submission, Sweeper,
};
use uuid::Uuid;

fn submission(collection: CollectionKey, numbers: std::ops::Range<usize>, until: &str) -> Submission {
    let item = |n| {
        let text = format!(
            "{{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--00000000-0000-4000-8000-{n:012}\",\
             \"created\":\"2020-01-01T00:00:00.000Z\",\"modified\":\"2020-01-01T00:00:00.000Z\",\"valid_until\":\"{until}\",\
             \"description\":\"{}\"}}",
            "x".repeat(600)
        );
        Item::new(RawHead::read(&text, 100).unwrap().check(None).unwrap(), text)
    };
    Submission {
        status: Uuid::new_v4(),
        root: "sweeping".to_owned(),
        collection,
        caller: "somebody".to_owned(),
        received: Timestamp::now(),
        items: numbers.map(item).collect(),
        refused: Vec::new(),
    }
}

/// One object after the other, until it is over; how long each took.
async fn write(store: Arc<dyn Store>, collection: CollectionKey, first: usize, over: Arc<AtomicBool>) -> Vec<Duration> {
    let mut waits = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let n = first + waits.len();
        let one = submission(collection, n..n + 1, "2099-01-01T00:00:00Z");
        let begun = Instant::now();
        store.add(one).await.unwrap();
        waits.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    waits.sort();
    waits
}

fn tell(what: &str, waits: &[Duration]) {
    let at = |share: usize| waits[(waits.len() - 1) * share / 1000];
    println!("{what}: {} writes, median {:?}, 99 % {:?}, longest {:?}", waits.len(), at(500), at(990), at(1000));
}

async fn measure<S: Store + Admin>(store: S, objects: usize) {
    store.add_root(&ApiRoot::new("sweeping", "Sweeping").unwrap()).await.unwrap();
    let mut collection = Collection::new("sweeping", None, "Sweeping").unwrap();
    collection.retention = Retention { keep_expired_days: Some(0), ..Retention::default() };
    store.add_collection(&collection).await.unwrap();
    let key = store.directory().await.unwrap().collections.iter().find(|c| c.id == collection.id).unwrap().key;
    for n in (0..objects).step_by(1000) {
        store.add(submission(key, n..n + 1000, "2021-01-01T00:00:00Z")).await.unwrap();
    }
    let store: Arc<dyn Store> = Arc::new(store);
    let over = Arc::new(AtomicBool::new(false));
    let alone = tokio::spawn(write(Arc::clone(&store), key, objects, Arc::clone(&over)));
    tokio::time::sleep(Duration::from_secs(5)).await;
    over.store(true, Ordering::Relaxed);
    let alone = alone.await.unwrap();
    tell("alone", &alone);
    let over = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(write(Arc::clone(&store), key, objects + alone.len(), Arc::clone(&over)));
    let begun = Instant::now();
    let swept = Sweeper::new(Arc::clone(&store)).sweep(|c| c.id == collection.id).await.unwrap().unwrap();
    let took = begun.elapsed();
    over.store(true, Ordering::Relaxed);
    tell("swept meanwhile", &writer.await.unwrap());
    println!("{} objects swept in {took:?}", swept[0].total().objects);
    let begun = Instant::now();
    let held = store.holdings(key, Timestamp::now()).await.unwrap();
    println!("{} objects counted in {:?}", held.objects, begun.elapsed());
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let objects = arguments.next().and_then(|n| n.parse().ok()).expect("how many objects");
    let database = arguments.next().expect("a database");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        match PostgresStore::is_url(&database) {
            true => measure(PostgresStore::open(&database).await.unwrap(), objects).await,
            false => measure(SqliteStore::open(&database).unwrap(), objects).await,
        }
    });
}

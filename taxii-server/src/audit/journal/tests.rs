use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::*;
use crate::audit::{Chain, Entry, Head, Poller, Sighting, verify};
use crate::store::{MemoryStore, StoreError};

/// A log that cannot be appended to while it is told so.
struct Flaky {
    store: MemoryStore,
    is_broken: AtomicBool,
}

#[async_trait]
impl Log for Flaky {
    async fn append(&self, records: Vec<Record>) -> Result<Vec<Entry>> {
        match self.is_broken.load(Ordering::Relaxed) {
            true => Err(StoreError::Unavailable("no room left".to_owned())),
            false => self.store.append(records).await,
        }
    }
    async fn head(&self) -> Result<Head> {
        self.store.head().await
    }
    async fn entries(&self, after: i64, limit: usize) -> Result<Vec<Entry>> {
        self.store.entries(after, limit).await
    }
    async fn last_before(&self, _: Timestamp) -> Result<i64> {
        unreachable!()
    }
    async fn entries_of(&self, _: &str, _: i64, _: usize) -> Result<Vec<Entry>> {
        unreachable!()
    }
    async fn entries_of_flows(&self, _: &str) -> Result<Vec<Entry>> {
        unimplemented!()
    }
    async fn entries_around(&self, _: CollectionKey, _: Timestamp) -> Result<Vec<Entry>> {
        unreachable!()
    }
    async fn recipients(&self, _: &[i64]) -> Result<Vec<(i64, Record)>> {
        unreachable!()
    }
    async fn cut(&self, _: i64, _: Timestamp) -> Result<u64> {
        unreachable!()
    }
    async fn sightings(&self, _: &str) -> Result<Vec<Sighting>> {
        unreachable!()
    }
    async fn note(&self, polls: Vec<Poll>) -> Result<()> {
        self.store.note(polls).await
    }
    async fn pollers(&self) -> Result<Vec<Poller>> {
        unreachable!()
    }
    async fn behind(&self, _: CollectionKey, _: Timestamp) -> Result<u64> {
        unreachable!()
    }
    async fn knows(&self, account: &str) -> Result<bool> {
        self.store.knows(account).await
    }
}

fn journal(required: bool) -> (Arc<Flaky>, Journal) {
    let log = Arc::new(Flaky { store: MemoryStore::new(), is_broken: AtomicBool::new(true) });
    let journal = Journal::new(Arc::clone(&log) as Arc<dyn Log>).room(3).required(required);
    (log, journal)
}

fn page(first: i64) -> Arc<Runs> {
    Arc::new(Runs::of(CollectionKey(1), "r", [Timestamp::from_micros(first)]))
}

fn caller(name: &str) -> Arc<Caller> {
    Arc::new(Caller { name: Some(name.to_owned()), ..Caller::default() })
}

/// How many deliveries the log has, and how many records it says are lost.
async fn kept(log: &Flaky) -> (usize, u64) {
    let entries = log.entries(0, 100).await.unwrap();
    let details = |entry: &Entry| serde_json::from_str::<serde_json::Value>(&entry.record.details).unwrap();
    let of = |action: &'static str| entries.iter().filter(move |entry| entry.record.action == action).map(details);
    let to = of(action::DELIVERED).map(|details| details["to"].as_array().unwrap().len()).sum();
    let lost = of(action::LOST).map(|details| details["records"].as_u64().unwrap()).sum();
    (to, lost)
}

/// Promise 4: while the log cannot be written, records wait; what there is no room for is counted, and the log says so afterwards; what
/// waited is written once.
#[tokio::test]
async fn what_is_lost_is_counted() {
    let (log, journal) = journal(false);
    for n in 0..5 {
        assert!(!journal.delivered(&caller("a"), None, &page(n)), "it may be served");
        assert!(journal.flush().await.is_err());
    }
    assert!(!journal.is_stuck());
    assert_eq!(kept(&log).await, (0, 0));
    log.is_broken.store(false, Ordering::Relaxed);
    journal.flush().await.unwrap();
    journal.flush().await.unwrap();
    assert_eq!(kept(&log).await, (3, 2));
    assert!(!journal.delivered(&caller("a"), None, &page(7)), "and it goes on");
    journal.flush().await.unwrap();
    assert_eq!(kept(&log).await, (4, 2));
    assert_eq!(verify(&*log, &Chain::plain(), None).await.unwrap().fault, None);
}

/// Where it is required, nothing is served that cannot be recorded, and nothing is lost.
#[tokio::test]
async fn what_has_to_be_recorded_is_not_served_otherwise() {
    let (log, journal) = journal(true);
    let served = (0..5).filter(|n| !journal.delivered(&caller("a"), None, &page(*n))).count();
    assert_eq!(served, 3);
    assert!(journal.is_stuck());
    assert!(journal.flush().await.is_err());
    log.is_broken.store(false, Ordering::Relaxed);
    journal.flush().await.unwrap();
    assert!(!journal.is_stuck());
    assert_eq!(kept(&log).await, (3, 0));
}

/// Whoever gets the same page several times within an interval is in one record, as are all who get it; pages with the same content are one.
#[tokio::test]
async fn one_page_is_one_record() {
    let (log, journal) = journal(false);
    let journal = journal.room(1000);
    log.is_broken.store(false, Ordering::Relaxed);
    let shared = page(1);
    for _ in 0..10 {
        for name in ["a", "b"] {
            journal.delivered(&caller(name), None, &shared);
            journal.delivered(&caller(name), None, &page(1));
        }
    }
    journal.flush().await.unwrap();
    let actions: Vec<String> =
        log.entries(0, 100).await.unwrap().iter().map(|entry| entry.record.action.to_string()).collect();
    assert_eq!(actions, ["recipient", "recipient", "delivered"]);
    assert_eq!(kept(&log).await, (2, 0));
}

/// However many addresses somebody tries passwords from, refusals take a bounded number of rows, and none goes uncounted.
#[tokio::test]
async fn refusals_do_not_fill_the_disk() {
    let (log, journal) = journal(false);
    log.is_broken.store(false, Ordering::Relaxed);
    for n in 0..5000_u32 {
        journal.locked_out(None, Some(std::net::Ipv4Addr::from(n).into()));
    }
    journal.flush().await.unwrap();
    let entries = log.entries(0, 1000).await.unwrap();
    assert_eq!(entries.len(), 101);
    let times = |entry: &Entry| {
        serde_json::from_str::<serde_json::Value>(&entry.record.details).unwrap()["times"].as_u64().unwrap()
    };
    assert_eq!(entries.iter().map(times).sum::<u64>(), 5000);
}

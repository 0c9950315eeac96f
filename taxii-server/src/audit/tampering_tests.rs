//! What somebody with the database in hand can do to the log, and whether it shows.

use async_trait::async_trait;
use taxii_model::Timestamp;

use super::{Chain, Entry, Fault, Head, Log, Poll, Poller, Record, Sighting, action, prune, verify};
use crate::store::{CollectionKey, MemoryStore, Result};

/// A log on paper: the entries of another one, to be tampered with.
struct Paper {
    entries: Vec<Entry>,
    head: Head,
}

#[async_trait]
impl Log for Paper {
    async fn append(&self, _: Vec<Record>) -> Result<Vec<Entry>> {
        unreachable!()
    }
    async fn head(&self) -> Result<Head> {
        Ok(self.head.clone())
    }
    async fn entries(&self, after: i64, limit: usize) -> Result<Vec<Entry>> {
        let mut entries = self.entries.clone();
        entries.sort_by_key(|entry| entry.number);
        Ok(entries.into_iter().filter(|entry| entry.number > after).take(limit).collect())
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
    async fn note(&self, _: Vec<Poll>) -> Result<()> {
        unreachable!()
    }
    async fn pollers(&self) -> Result<Vec<Poller>> {
        unreachable!()
    }
    async fn behind(&self, _: CollectionKey, _: Timestamp) -> Result<u64> {
        unreachable!()
    }
    async fn knows(&self, _: &str) -> Result<bool> {
        unreachable!()
    }
}

fn full(n: i64) -> Record {
    let some = |text: &str| Some(format!("{text}{n}"));
    Record {
        account: some("account"),
        credential: some("key "),
        address: some("192.0.2."),
        root: some("root"),
        collection: Some(CollectionKey(n)),
        first: Some(Timestamp::from_micros(n)),
        last: Some(Timestamp::from_micros(n * 10)),
        ..Record::new(Timestamp::from_micros(1000 + n), action::ADDED, &serde_json::json!({"n": n}))
    }
}

/// Ten records, with some columns empty, written in several goes.
async fn written(chain: &Chain) -> Paper {
    let store = MemoryStore::new().chain(chain.clone());
    let empty = Record { action: "".into(), ..Record::default() };
    store.append(vec![full(1), full(2), empty, full(4)]).await.unwrap();
    store.append(Vec::new()).await.unwrap();
    store.append((5..=10).map(full).collect()).await.unwrap();
    Paper { entries: store.entries(0, 100).await.unwrap(), head: store.head().await.unwrap() }
}

type Change = fn(&mut Paper, usize);

/// What changes a record so that it says something else.
const CHANGES: &[(&str, Change)] = &[
    ("at", |paper, n| paper.entries[n].record.at = Timestamp::from_micros(7)),
    ("action", |paper, n| paper.entries[n].record.action = "other".into()),
    ("account", |paper, n| paper.entries[n].record.account = Some("mallory".to_owned())),
    ("no account", |paper, n| paper.entries[n].record.account = None),
    ("empty account", |paper, n| paper.entries[n].record.account = Some(String::new())),
    ("credential", |paper, n| paper.entries[n].record.credential = Some("password".to_owned())),
    ("address", |paper, n| paper.entries[n].record.address = Some("::1".to_owned())),
    ("root", |paper, n| paper.entries[n].record.root = Some("r".to_owned())),
    ("collection", |paper, n| paper.entries[n].record.collection = Some(CollectionKey(77))),
    ("no collection", |paper, n| paper.entries[n].record.collection = None),
    ("first", |paper, n| paper.entries[n].record.first = Some(Timestamp::from_micros(77))),
    ("last", |paper, n| paper.entries[n].record.last = Some(Timestamp::from_micros(77))),
    ("span", |paper, n| paper.entries[n].span = Some(40)),
    ("details", |paper, n| paper.entries[n].record.details.push(' ')),
    ("hash", |paper, n| paper.entries[n].hash = "f".repeat(64)),
    ("text that moves to the next column", |paper, n| {
        let record = &mut paper.entries[n].record;
        record.credential = Some(format!(
            "{}{}",
            record.credential.clone().unwrap_or_default(),
            record.address.clone().unwrap_or_default()
        ));
        record.address = Some(String::new());
    }),
];

/// The chain shows every change of a column, wherever, with a key and without, and tells the first record that is not as it was.
#[tokio::test]
async fn changed_records_are_found() {
    for chain in [Chain::plain(), Chain::keyed(b"a key of some length")] {
        let good = written(&chain).await;
        let found = verify(&good, &chain, Some(&good.head)).await.unwrap();
        assert_eq!((found.fault, found.records), (None, good.entries.len() as u64));
        for (what, change) in CHANGES {
            for n in 0..good.entries.len() {
                let mut paper = Paper { entries: good.entries.clone(), head: good.head.clone() };
                change(&mut paper, n);
                if paper.entries == good.entries {
                    continue;
                }
                let fault = verify(&paper, &chain, None).await.unwrap().fault;
                let number = n as i64 + 1;
                let is_key = chain.has_key() && n == 0 && *what != "action";
                let expected = if is_key { Fault::WrongKey } else { Fault::Altered { number } };
                assert_eq!(fault, Some(expected), "{what} of {number} with {chain:?}");
            }
        }
    }
}

/// Makes the chain anew from this place on, as somebody does who has no key.
fn forge(paper: &mut Paper, from: usize) {
    let chain = Chain::plain();
    let mut before = match from {
        0 => Head::beginning().hash,
        from => paper.entries[from - 1].hash.clone(),
    };
    for n in from..paper.entries.len() {
        let entry = &mut paper.entries[n];
        entry.number = n as i64 + 1;
        entry.hash = chain.link(&before, entry.number, &entry.record, entry.span);
        before.clone_from(&entry.hash);
    }
    let last = paper.entries.last().unwrap();
    paper.head = Head { number: last.number, hash: last.hash.clone() };
}

/// The chain shows what was removed, inserted, exchanged, renumbered or cut off. What was forged to the end shows with a key, or to
/// whoever has written a head down elsewhere; without either it does not show, as the documentation says.
#[tokio::test]
async fn moved_records_are_found() {
    let (plain, keyed) = (Chain::plain(), Chain::keyed(b"a key of some length"));
    for chain in [&plain, &keyed] {
        let good = written(chain).await;
        let last = good.head.number;
        let fault = async |what: &str, change: &dyn Fn(&mut Paper), expect: Option<&Head>| {
            let mut paper = Paper { entries: good.entries.clone(), head: good.head.clone() };
            change(&mut paper);
            println!("{what}");
            verify(&paper, chain, expect).await.unwrap().fault
        };
        let altered = |number| Some(Fault::Altered { number });
        let removed = fault("removed", &|p| drop(p.entries.remove(4)), None).await;
        assert_eq!(removed, Some(Fault::Missing { number: 5 }));
        let removed_first = fault("the first removed", &|p| drop(p.entries.remove(0)), None).await;
        assert_eq!(removed_first, Some(Fault::Missing { number: 1 }));
        let closed = |p: &mut Paper| {
            p.entries.remove(4);
            p.entries.iter_mut().skip(4).for_each(|entry| entry.number -= 1);
        };
        assert_eq!(fault("removed and renumbered", &closed, None).await, altered(5));
        let inserted = |p: &mut Paper| {
            let copy = p.entries[2].clone();
            p.entries.insert(5, copy);
            p.entries.iter_mut().enumerate().for_each(|(n, entry)| entry.number = n as i64 + 1);
        };
        assert_eq!(fault("inserted", &inserted, None).await, altered(6));
        let exchanged = |p: &mut Paper| {
            p.entries.swap(4, 6);
            p.entries.iter_mut().enumerate().for_each(|(n, entry)| entry.number = n as i64 + 1);
        };
        assert_eq!(fault("exchanged", &exchanged, None).await, altered(5));
        let cut = |p: &mut Paper| p.entries.truncate(7);
        assert_eq!(fault("cut", &cut, None).await, Some(Fault::Cut { last: 7, head: last }));
        let more = |p: &mut Paper| {
            let mut entry = p.entries[0].clone();
            entry.number = p.head.number + 1;
            p.entries.push(entry);
        };
        assert_eq!(fault("one more", &more, None).await, Some(Fault::Cut { last: last + 1, head: last }));
        let head = |p: &mut Paper| p.head.hash = "0".repeat(64);
        assert_eq!(fault("another head", &head, None).await, Some(Fault::OtherHead { number: last }));
        assert_eq!(fault("everything", &|p| p.entries.clear(), None).await, Some(Fault::Cut { last: 0, head: last }));

        // A cut with its head cut as well: only whoever knows better can tell.
        let both = |p: &mut Paper| {
            p.entries.truncate(7);
            p.head = Head { number: 7, hash: p.entries[6].hash.clone() };
        };
        assert_eq!(fault("cut with its head", &both, None).await, None);
        let expected = Some(Fault::NotExpected { number: last, head: 7 });
        assert_eq!(fault("cut with its head", &both, Some(&good.head)).await, expected);

        // Forged to the end.
        let forged = |p: &mut Paper| {
            p.entries[3].record.account = Some("mallory".to_owned());
            forge(p, 3);
        };
        let found = fault("forged", &forged, None).await;
        assert_eq!(found, if chain.has_key() { altered(4) } else { None });
        assert!(fault("forged", &forged, Some(&good.head)).await.is_some());
        let anew = |p: &mut Paper| {
            p.entries.retain(|entry| entry.record.action != action::KEYED);
            forge(p, 0);
        };
        let expected = chain.has_key().then_some(Fault::WithoutKey);
        assert_eq!(fault("all anew, without the key", &anew, None).await, expected);
    }
}

/// Another key, no key, and a key where there was none are told apart from tampering; nobody goes on with a chain of another key.
#[tokio::test]
async fn keys_are_told_apart() {
    let (plain, one, other) = (Chain::plain(), Chain::keyed(b"one"), Chain::keyed(b"other"));
    let paper = written(&one).await;
    for wrong in [&plain, &other] {
        assert_eq!(verify(&paper, wrong, None).await.unwrap().fault, Some(Fault::WrongKey), "{wrong:?}");
    }
    assert_eq!(verify(&written(&plain).await, &one, None).await.unwrap().fault, Some(Fault::WithoutKey));

    // A log that gets a key later on is one chain, of which the end is under the key.
    let store = MemoryStore::new();
    store.append((0..5).map(full).collect()).await.unwrap();
    let store = store.chain(one.clone());
    store.append((5..8).map(full).collect()).await.unwrap();
    assert_eq!(verify(&store, &one, None).await.unwrap().fault, None);
    assert_eq!(store.head().await.unwrap().number, 9, "and one record that says so");
    assert_eq!(verify(&store, &plain, None).await.unwrap().fault, Some(Fault::WrongKey));
    for wrong in [plain, other] {
        let store = MemoryStore::new().chain(one.clone());
        store.append(vec![full(1)]).await.unwrap();
        assert!(store.chain(wrong).append(vec![full(2)]).await.is_err(), "it would break the chain");
    }
}

/// What was pruned still verifies, again and again, and a beginning that was removed without a word does not.
#[tokio::test]
async fn a_pruned_log_verifies() {
    for chain in [Chain::plain(), Chain::keyed(b"one")] {
        let store = MemoryStore::new().chain(chain.clone());
        for n in 1..=30 {
            store.append(vec![full(n)]).await.unwrap();
        }
        let written_down = store.head().await.unwrap();
        for before in [1010, 1020, 1020, 1015] {
            let pruned = prune(&store, Timestamp::from_micros(before), Timestamp::from_micros(2000)).await.unwrap();
            let found = verify(&store, &chain, Some(&written_down)).await.unwrap();
            assert_eq!(found.fault, None, "{before}: {pruned:?}");
            assert!(store.entries(0, 1).await.unwrap()[0].record.at >= Timestamp::from_micros(before));
        }
        let mut paper = Paper { entries: store.entries(0, 100).await.unwrap(), head: store.head().await.unwrap() };
        let first = paper.entries.remove(0);
        assert_eq!(verify(&paper, &chain, None).await.unwrap().fault, Some(Fault::Missing { number: 1 }));
        let mut changed = first;
        changed.record.account = None;
        let number = changed.number;
        paper.entries.insert(0, changed);
        assert_eq!(verify(&paper, &chain, None).await.unwrap().fault, Some(Fault::Altered { number }));
    }
}

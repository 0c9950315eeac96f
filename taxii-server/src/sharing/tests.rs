//! A collection as the source and the sink of a flow, without a network.

use std::sync::Arc;

use sharing::flow::{Change, Cursor, Fault, Item, Outcome, Provenance, Room, Sink, Source};
use stix_model::marking::tlp;
use uuid::Uuid;

use super::Local;
use crate::audit::{Chain, Journal, Log, action};
use crate::store::{Admin, ApiRoot, Collection, Ingest, MemoryStore, Store};

const ID: &str = "indicator--00000000-0000-4000-8000-000000000001";

/// A store with a collection.
async fn place(ingest: Ingest) -> (Arc<MemoryStore>, Uuid) {
    let store = Arc::new(MemoryStore::new().chain(Chain::default()));
    store.add_root(&ApiRoot::new("r", "t").unwrap()).await.unwrap();
    let mut collection = Collection::new("r", None, "t").unwrap();
    collection.ingest = ingest;
    store.add_collection(&collection).await.unwrap();
    (store, collection.id)
}

fn indicator(second: u32, marking: Option<&str>) -> String {
    let marking = marking.map(|id| format!(",\"object_marking_refs\":[\"{id}\"]")).unwrap_or_default();
    format!(
        "{{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"{ID}\",\"created\":\"2026-01-01T00:00:00.000Z\",\
         \"modified\":\"2026-01-01T00:00:{second:02}.000Z\",\"pattern\":\"[url:value = 'x']\",\"pattern_type\":\"stix\",\
         \"valid_from\":\"2026-01-01T00:00:00Z\"{marking}}}"
    )
}

fn item(text: &str, path: &[&str]) -> Change {
    let start = Provenance::local(path[0]);
    let way = path.iter().fold(start, |way, server| way.leaving(server));
    Change::Object(Item::parse(text, way).unwrap())
}

async fn all(source: &Local) -> Vec<Change> {
    let mut all = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        let batch = source.next(cursor.as_ref(), Room { changes: 2, octets: 1 << 20 }).await.unwrap();
        assert!(batch.changes.len() <= 2 && batch.refused.is_empty());
        all.extend(batch.changes);
        cursor = Some(batch.cursor);
        if !batch.more {
            return all;
        }
    }
}

/// What is delivered to one collection and goes on to the next has the same text, one server more on its way, and nothing comes twice.
#[tokio::test]
async fn from_collection_to_collection() {
    let [(a, here), (b, there), (c, last)] =
        [place(Ingest::Head).await, place(Ingest::Head).await, place(Ingest::Head).await];
    let clear = tlp::CLEAR.id();
    let texts: Vec<String> = (1..=5).map(|second| indicator(second, Some(clear.as_str()))).collect();
    let ids = [&a, &b, &c].map(Arc::clone);
    let mut servers = Vec::new();
    for store in ids {
        servers.push(store.exchange().unwrap().server().await.unwrap().to_string());
    }
    let changes: Vec<Change> = texts.iter().map(|text| item(text, &["origin"])).collect();
    let first = Local::new(a.clone(), here, "in").partner("origin");
    assert_eq!(first.deliver(&changes).await.unwrap(), vec![Outcome::Added; 5]);
    assert_eq!(first.deliver(&changes).await.unwrap(), vec![Outcome::Known; 5]);
    for (from, to) in [((&a, here), (&b, there)), ((&b, there), (&c, last))] {
        let (source, sink) = (Local::new(from.0.clone(), from.1, "out"), Local::new(to.0.clone(), to.1, "in"));
        assert_eq!(sink.deliver(&all(&source).await).await.unwrap(), vec![Outcome::Added; 5]);
    }
    let arrived = all(&Local::new(c.clone(), last, "out")).await;
    for (change, text) in arrived.iter().zip(&texts) {
        let Change::Object(item) = change else { panic!("{change:?}") };
        assert_eq!(item.text(), text);
        let path = ["origin", &servers[0], &servers[1], &servers[2]];
        assert_eq!((item.provenance().path.as_slice(), item.provenance().hops), (&path.map(str::to_owned)[..], 4));
    }
    // Nothing goes back to where it has been, and what comes back is known for it.
    assert!(all(&Local::new(c.clone(), last, "out").partner(&servers[1])).await.is_empty());
    let back = first_words(&Local::new(a, here, "in").deliver(&arrived).await.unwrap());
    assert_eq!(back, ["echo"; 5]);
}

fn first_words(outcomes: &[Outcome]) -> Vec<String> {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Refused { rule, .. } => rule.clone(),
        other => format!("{other:?}"),
    };
    outcomes.iter().map(word).collect()
}

/// Promise 4, and the rules of the collection: under a clearance nothing is given that it does not allow; what comes is checked as what is
/// submitted is; what comes from somebody else than it says does not come.
#[tokio::test]
async fn what_may_go_and_what_may_come() {
    let (store, collection) = place(Ingest::SchemaValid).await;
    let sink = Local::new(store.clone(), collection, "in").partner("x");
    let bad = indicator(1, None).replace("[url:value = 'x']", "nonsense");
    let red = indicator(2, Some(tlp::RED.id().as_str()));
    let outcomes = sink
        .deliver(&[
            item(&bad, &["x"]),
            item(&red, &["x"]),
            item(&indicator(3, None), &["y"]),
            item(&indicator(3, None), &["y", "x"]),
            item(&indicator(4, Some(tlp::AMBER.id().as_str())), &["x"]),
            item(&indicator(5, Some(tlp::CLEAR.id().as_str())), &["x"]),
        ])
        .await
        .unwrap();
    let words = first_words(&outcomes);
    assert!(!["Added", "hop-limit", "provenance"].contains(&words[0].as_str()), "{words:?}");
    assert_eq!(words[1..], ["hop-limit", "provenance", "hop-limit", "Added", "Added"]);
    let seconds = async |source: Local| -> Vec<String> {
        all(&source).await.iter().map(|change| change.version().unwrap()[17..19].to_owned()).collect()
    };
    let out = || Local::new(store.clone(), collection, "out");
    assert_eq!(seconds(out()).await, ["05"], "AMBER has gone as far as it may");
    assert_eq!(seconds(out().clearance("tlp:clear".parse().unwrap())).await, ["05"]);
    assert!(seconds(out().clearance("".parse().unwrap())).await.is_empty());
    let lost = out().next(Some(&Cursor::new("?")), Room::default()).await;
    assert!(matches!(lost, Err(Fault::Lost { .. })), "{lost:?}");
    let gone = Local::new(store, Uuid::nil(), "out").next(None, Room::default()).await;
    assert!(matches!(gone, Err(Fault::Refused { .. })), "{gone:?}");
}

/// Every transfer names its agreement, in the log.
#[tokio::test]
async fn the_log_names_the_agreement() {
    let (store, collection) = place(Ingest::Head).await;
    let journal = Arc::new(Journal::new(store.clone()));
    let sink = Local::new(store.clone(), collection, "from-x").partner("x").agreement("treaty-7");
    let sink = sink.recorded_by(journal.clone());
    let provenance = Provenance::local("x").leaving("x");
    let word = Change::Deleted { id: ID.to_owned(), version: None, provenance };
    sink.deliver(&[item(&indicator(1, None), &["x"]), item(&indicator(2, None), &["y", "x"])]).await.unwrap();
    assert_eq!(sink.deliver(&[word]).await.unwrap(), [Outcome::Deleted]);
    journal.flush().await.unwrap();
    let entries = store.entries(0, 100).await.unwrap();
    for (what, more) in [(action::ADDED, "\"hop-limit\":1"), (action::DELETED, ID)] {
        let entry = entries.iter().find(|entry| entry.record.action == what).unwrap();
        let details = &entry.record.details;
        assert!(details.contains("\"agreement\":\"treaty-7\"") && details.contains("\"flow\":\"from-x\""), "{details}");
        assert!(details.contains("\"server\":\"x\"") && details.contains(more), "{details}");
    }
}

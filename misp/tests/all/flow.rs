//! Events as the source of a flow.

use std::time::Duration;

use misp::client::Reader;
use misp::flow::Events;
use misp::{Document, stix};
use sharing::flow::{Batch, Cursor, Fault, Room, Source};

use crate::corpus::uuid;
use crate::partner::{MANIFEST, Partner, at, http};

/// An event with so many addresses.
fn event(n: usize, addresses: usize) -> String {
    let address = |i: usize| {
        format!(
            r#"{{"type":"ip-dst","value":"198.51.{}.{}","to_ids":true,"uuid":"{}"}}"#,
            i / 250,
            i % 250,
            uuid(n * 1000 + i)
        )
    };
    let attributes: Vec<_> = (0..addresses).map(address).collect();
    format!(
        r#"{{"Event":{{"info":"{n}","uuid":"{}","date":"2026-11-01","timestamp":"1793491200","Attribute":[{}]}}}}"#,
        uuid(n),
        attributes.join(",")
    )
}

/// The identifiers of its objects.
fn ids(text: &str) -> Vec<String> {
    let objects = stix::convert(&Document::parse(text).unwrap()).objects;
    objects.iter().map(|object| object.get("id").unwrap().as_str().unwrap().to_owned()).collect()
}

fn given(batch: &Batch) -> Vec<String> {
    batch.changes.iter().map(|change| change.id().to_owned()).collect()
}

fn events(partner: &Partner) -> Events {
    Events::new(Reader::feed(http(), &partner.base).unwrap(), "misp-feed:ours")
}

fn room(changes: usize) -> Room {
    Room { changes, ..Room::default() }
}

/// Batches until there is no more.
async fn all(source: &Events, mut after: Option<Cursor>, room: Room) -> (Vec<Batch>, Cursor) {
    let mut batches = Vec::new();
    loop {
        let batch = source.next(after.as_ref(), room).await.unwrap();
        let (cursor, more) = (batch.cursor.clone(), batch.more);
        batches.push(batch);
        if !more {
            return (batches, cursor);
        }
        after = Some(cursor);
    }
}

/// Several events go into a batch as long as there is room, and one that is larger than a batch into several; each is fetched once, and the
/// list once in a pass. Then nothing is new and nothing is to be kept.
#[tokio::test]
async fn batches_are_filled() {
    let partner = Partner::start().await;
    let texts: Vec<_> = (1..=30).map(|n| event(n, if n == 7 { 100 } else { 3 })).collect();
    let list: Vec<_> = (1..=30).map(|n| (n, i64::try_from(n).unwrap())).collect();
    partner.manifest(&list);
    texts.iter().enumerate().for_each(|(i, text)| partner.text(i + 1, text));
    let expected: Vec<_> = texts.iter().flat_map(|text| ids(text)).collect();
    for (room, full) in [(room(20), Some(20)), (Room { changes: 500, octets: 3000 }, None)] {
        let source = events(&partner);
        let (batches, cursor) = all(&source, None, room).await;
        assert_eq!(batches.iter().flat_map(given).collect::<Vec<_>>(), expected);
        assert_eq!(partner.requests(), (1, 30));
        let (last, others) = batches.split_last().unwrap();
        assert!(!last.changes.is_empty() && batches.iter().all(|batch| batch.changes.len() <= room.changes));
        for batch in others {
            let octets: usize = batch.changes.iter().map(sharing::flow::Change::octets).sum();
            assert!(octets <= room.octets || batch.changes.len() == 1, "{octets}");
            assert!(full.is_none_or(|full| batch.changes.len() == full));
        }
        let (nothing, same) = all(&source, Some(cursor.clone()), room).await;
        assert_eq!((nothing.len(), nothing[0].changes.len(), same), (1, 0, cursor));
        assert_eq!(partner.requests(), (1, 0));
    }
}

/// Who goes on in the middle of a large event gets the rest of it, or all if it has changed; none of the objects is missed.
#[tokio::test]
async fn large_events_are_gone_on_with() {
    let partner = Partner::start().await;
    partner.manifest(&[(1, 1), (2, 2)]);
    partner.text(2, &event(2, 3));
    for changed in [false, true] {
        partner.text(1, &event(1, 50));
        let first = events(&partner).next(None, room(20)).await.unwrap();
        assert_eq!((given(&first).len(), first.more), (20, true));
        let text = event(1, if changed { 60 } else { 50 });
        partner.text(1, &text);
        let (batches, _) = all(&events(&partner), Some(first.cursor), room(20)).await;
        let expected: Vec<_> = [ids(&text).split_off(if changed { 0 } else { 20 }), ids(&event(2, 3))].concat();
        assert_eq!(batches.iter().flat_map(given).collect::<Vec<_>>(), expected);
    }
}

/// What could not be delivered is given again without asking anybody; who asks from elsewhere gets what comes there.
#[tokio::test]
async fn the_same_is_given_again() {
    let partner = Partner::start().await;
    partner.manifest(&[(1, 1), (2, 2), (3, 3)]);
    (1..=3).for_each(|n| partner.text(n, &event(n, 3)));
    let source = events(&partner);
    let first = source.next(None, room(5)).await.unwrap();
    let second = source.next(Some(&first.cursor), room(5)).await.unwrap();
    partner.lines();
    for _ in 0..2 {
        let again = source.next(Some(&first.cursor), room(5)).await.unwrap();
        assert_eq!((given(&again), again.cursor), (given(&second), second.cursor.clone()));
    }
    assert_eq!(partner.requests(), (0, 0));
    let smaller = source.next(Some(&first.cursor), room(2)).await.unwrap();
    assert_eq!(given(&smaller), given(&second)[..2]);
    assert_eq!(given(&source.next(None, room(5)).await.unwrap()), given(&first));
    let lost = source.next(Some(&Cursor::new("elsewhere")), room(5)).await.unwrap_err();
    assert!(matches!(lost, Fault::Lost { .. }), "{lost}");
}

/// What came before a fault is given; then the fault, with the address once, as long as it lasts; then it goes on from there, and the list is
/// not asked for again. Events that cannot be used are noted, and make no batch without end.
#[tokio::test]
async fn faults_stand_where_they_are() {
    let partner = Partner::start().await;
    partner.manifest(&[(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]);
    partner.text(2, &event(2, 3));
    partner.text(4, &event(4, 3));
    for (n, status) in [(1, 404), (3, 503), (5, 404)] {
        partner.set(&at(n), status, "Retry-After: 7\r\n", "");
    }
    let source = events(&partner);
    let first = source.next(None, room(50)).await.unwrap();
    assert_eq!((given(&first), first.more), (ids(&event(2, 3)), true));
    let why = first.refused.first().unwrap();
    assert_eq!((why.id.as_deref(), why.rule.as_str(), first.refused.len()), (Some(&*uuid(1)), "misp", 1));
    for _ in 0..2 {
        let fault = source.next(Some(&first.cursor), room(50)).await.unwrap_err();
        assert!(matches!(fault, Fault::Busy { .. }) && fault.retry_after() == Some(Duration::from_secs(7)));
        assert_eq!(fault.to_string().matches(&uuid(3)).count(), 1, "{fault}");
    }
    partner.text(3, &event(3, 3));
    let rest = source.next(Some(&first.cursor), room(50)).await.unwrap();
    assert_eq!(
        (given(&rest), rest.refused.len(), rest.more),
        ([ids(&event(3, 3)), ids(&event(4, 3))].concat(), 1, false)
    );
    assert_eq!(partner.requests(), (1, 8));

    // Also where the first of all fails, and where there is nothing but what cannot be used.
    partner.busy(1);
    let source = events(&partner);
    assert!(source.next(None, room(50)).await.is_err());
    (1..=5).for_each(|n| partner.set(&at(n), 404, "", ""));
    let (batches, _) = all(&source, None, room(2)).await;
    assert_eq!(batches.iter().map(|batch| batch.refused.len()).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(partner.requests(), (1, 6));
    partner.set(MANIFEST, 401, "", "");
    let fault = events(&partner).next(None, room(50)).await.unwrap_err();
    assert!(matches!(fault, Fault::Refused { .. }) && fault.to_string().matches("http://").count() == 1, "{fault}");
}

/// Flows that were begun by earlier versions go on from where they are.
#[tokio::test]
async fn earlier_positions_are_good() {
    let partner = Partner::start().await;
    partner.manifest(&[(1, 1), (2, 2)]);
    (1..=2).for_each(|n| partner.text(n, &event(n, 3)));
    let behind = format!(r#"{{"seen":{{"{}":1}}}}"#, uuid(1));
    let earlier = Cursor::new(serde_json::json!({"behind": behind, "within": null}).to_string());
    let (batches, _) = all(&events(&partner), Some(earlier), room(50)).await;
    assert_eq!(batches.iter().flat_map(given).collect::<Vec<_>>(), ids(&event(2, 3)));
}

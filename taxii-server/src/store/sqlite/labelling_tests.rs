use std::collections::BTreeMap;
use std::sync::Arc;

use stix_model::RawHead;
use taxii_model::Filter;

use super::tests::{revert, store, submission};
use super::*;
use crate::store::{Item, Label};

/// Promise 4: what was there before labels were kept is shown, to who does not see everything, only once its markings were read; then it
/// stands as if they had always been kept, and what came meanwhile as well.
#[tokio::test]
async fn older_entries_get_their_labels() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.db");
    let version = |n: i64, second: i64| {
        let id = format!("campaign--00000000-0000-4000-8000-{n:012}");
        let marked = match second % 3 {
            0 => String::new(),
            kind => {
                format!(",\"object_marking_refs\":[\"marking-definition--00000000-0000-4000-8000-{kind:012}\"]")
            }
        };
        let text = format!(
            "{{\"type\":\"campaign\",\"spec_version\":\"2.1\",\"id\":\"{id}\",\"created\":\"2026-01-01T00:00:00Z\",\
             \"modified\":\"2026-01-01T00:00:{second:02}Z\"{marked}}}"
        );
        let head = RawHead::read(&text, 100).unwrap().check(None).unwrap();
        Submission { items: vec![Item::new(head, text)], ..submission(0) }
    };
    let seen = async |store: &SqliteStore| {
        let labels = store.labels(CollectionKey(1)).await.unwrap();
        let numbers: BTreeMap<Label, i64> = labels.labels.into_iter().map(|(n, label)| (label, n)).collect();
        let mut seen = Vec::new();
        for some in 0..8 {
            let numbers = [0].into_iter().chain(numbers.values().copied()).zip(0..).filter(|(_, n)| some >> n & 1 == 1);
            let sight = Some(Arc::new(Sight::new(numbers.map(|(n, _)| n).collect(), labels.mark.clock)));
            let window = Window { sight, ..Window::of(CollectionKey(1), &Filter::default()) };
            seen.push(store.records(&window).await.unwrap().entries);
        }
        (labels.unread, seen)
    };
    let (store, _) = store(&folder).await;
    for second in 1..=20 {
        store.add(version(second % 4, second)).await.unwrap();
        store.add(version(100 + second, 3)).await.unwrap();
    }
    let before = seen(&store).await;
    assert!(!before.0 && before.1.last().unwrap().len() == 24);
    drop(store);
    // Up to the migration that made labels.
    revert(&file, "0003");
    let store = SqliteStore::open(&file).unwrap();
    assert!(seen(&store).await.0, "it is known that something was not read");
    let mut steps = 0;
    while store.labels(CollectionKey(1)).await.unwrap().unread {
        let changes = store.mark(CollectionKey(1)).await.unwrap().changes;
        assert!(store.tidy(7).await.unwrap());
        assert!(store.mark(CollectionKey(1)).await.unwrap().changes > changes, "pages in memory are worthless");
        steps += 1;
    }
    assert_eq!((steps, seen(&store).await), (6, before));
}

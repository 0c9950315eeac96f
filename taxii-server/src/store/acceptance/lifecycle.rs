use std::collections::{HashMap, HashSet};
use std::time::Duration;

use taxii_model::{Filter, Timestamp};
use uuid::Uuid;

use super::oracle::Dice;
use super::{add, collections, filter, indicator, records, url};
use crate::store::{CollectionKey, Due, Holdings, Removed, Selection, Store, Window};

/// The same object, with an end.
pub(super) fn valid_until(text: &str, until: &str) -> String {
    let text = text.strip_suffix('}').unwrap();
    format!("{text},\"valid_until\":\"{until}\"}}")
}

/// Removes what is due, step by step.
pub(super) async fn remove_all(store: &impl Store, collection: CollectionKey, due: Due, limit: usize) -> Removed {
    let mut removed = Removed::default();
    loop {
        let step = store.remove_due(collection, due, limit).await.unwrap();
        if step == Removed::default() {
            return removed;
        }
        removed += step;
    }
}

async fn ids(store: &impl Store, collection: CollectionKey, query: &str) -> Vec<String> {
    let records = records(store, collection, &filter(query)).await;
    let number = |id: &str| {
        id.trim_start_matches(|c: char| c != '-').trim_start_matches("--")[24..].trim_start_matches('0').to_owned()
    };
    records.iter().map(|record| number(&record.id)).collect()
}

/// The newest version decides, when it was added and until when it is valid; the object goes with all its versions or stays
/// with all of them.
pub(super) async fn what_is_due_goes_with_all_its_versions(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let until = |n, second, until| valid_until(&indicator(n, second, "2.1", "x"), until);
    // 1 has a newer version without an end; 2 an older one without; 3's newest came first.
    let batches = [
        vec![until(1, 1, "2026-02-01T00:00:00Z"), indicator(2, 1, "2.1", "x"), indicator(3, 9, "2.1", "x")],
        vec![
            indicator(1, 2, "2.1", "x"),
            until(2, 2, "2026-02-01T00:00:00Z"),
            indicator(3, 1, "2.1", "x"),
            url(4, "x"),
        ],
        vec![until(5, 1, "2026-03-01T00:00:00Z"), indicator(1, 2, "2.0", "x")],
    ];
    let mut ends = Vec::new();
    for batch in &batches {
        add(store, collection, batch).await;
        ends.push(store.mark(collection).await.unwrap().clock);
    }
    let expired = |date: &str| Due::ExpiredBefore(date.parse().unwrap());
    assert_eq!(store.due(collection, expired("2026-02-01T00:00:00Z")).await.unwrap(), 0, "until then it is valid");
    assert_eq!(store.due(collection, expired("2026-02-01T00:00:00.000001Z")).await.unwrap(), 1);
    let removed = remove_all(store, collection, expired("2026-02-02T00:00:00Z"), 500).await;
    assert_eq!(removed, Removed { objects: 1, entries: 2 });
    let mut rest = ids(store, collection, "match[version]=all").await;
    rest.sort();
    assert_eq!(rest, ["1", "1", "3", "3", "4", "5"]);
    // 3 is as old as its newest version, however late the older one came.
    let aged = Due::AddedBefore(Timestamp::from_micros(ends[0].as_micros() + 1));
    assert_eq!(remove_all(store, collection, aged, 500).await, Removed { objects: 1, entries: 2 });
    assert_eq!(ids(store, collection, "").await, ["1", "4", "5"]);
    let versions = records(store, collection, &filter("match[version]=all&match[spec_version]=2.0,2.1")).await;
    assert_eq!(versions.len(), 5, "{versions:?}");
    let everything = Due::AddedBefore(Timestamp::from_micros(ends[2].as_micros() + 1));
    assert_eq!(remove_all(store, collection, everything, 500).await, Removed { objects: 3, entries: 5 });
    assert!(records(store, collection, &filter("match[version]=all")).await.is_empty());
    assert!(store.mark(collection).await.unwrap().clock >= ends[2], "what was given out is not given out again");
}

/// However many versions an object has, each step is small, and in between the newest version is the newest.
pub(super) async fn long_histories_go_in_steps(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let versions: Vec<String> =
        (10..40).flat_map(|s| [indicator(1, s, "2.0", "x"), indicator(1, s, "2.1", "x")]).collect();
    add(store, collection, &versions).await;
    add(store, collection, &[indicator(2, 1, "2.1", "x")]).await;
    let due = Due::AddedBefore(records(store, collection, &Filter::default()).await[1].added);
    let newest = async || records(store, collection, &Filter::default()).await[0].version.clone();
    assert_eq!(newest().await, "2026-01-01T00:00:39.000Z");
    let mut removed = Removed::default();
    while removed.objects == 0 {
        let step = store.remove_due(collection, due, 8).await.unwrap();
        assert!(step.entries > 0, "a step goes forward");
        removed += step;
        let all = records(store, collection, &filter("match[version]=all")).await;
        if removed.objects == 0 {
            assert_eq!(newest().await, "2026-01-01T00:00:39.000Z");
            for (query, at) in [("match[version]=first", all.first()), ("match[version]=last", all.iter().rev().nth(1))]
            {
                let found = records(store, collection, &filter(&format!("{query}&match[id]={}", all[0].id))).await;
                assert_eq!(found.first().map(|r| &r.version), at.map(|r| &r.version), "{query}");
                let in_spec = format!("{query}&match[spec_version]=2.0&match[id]={}", all[0].id);
                let found = records(store, collection, &filter(&in_spec)).await;
                assert_eq!(found.first().map(|r| &r.version), at.map(|r| &r.version), "{in_spec}");
            }
        }
    }
    assert_eq!(removed, Removed { objects: 1, entries: 60 });
    assert_eq!(ids(store, collection, "match[version]=all").await, ["2"]);
}

/// What is counted is objects, by when their newest version was added.
pub(super) async fn the_newest_stay(store: &impl Store) {
    let [collection, _] = collections(store).await;
    assert_eq!(store.nth_newest(collection, 1).await.unwrap(), None);
    for n in 1..=6 {
        add(store, collection, &[indicator(n, 1, "2.1", "x")]).await;
    }
    add(store, collection, &[indicator(1, 2, "2.1", "x")]).await;
    add(store, collection, &[indicator(6, 0, "2.1", "x")]).await;
    assert_eq!(store.nth_newest(collection, 7).await.unwrap(), None);
    let third = store.nth_newest(collection, 3).await.unwrap().unwrap();
    assert_eq!(remove_all(store, collection, Due::AddedBefore(third), 4).await, Removed { objects: 3, entries: 3 });
    assert_eq!(ids(store, collection, "").await, ["5", "6", "1"]);
}

/// Promise 1 while objects go: a poller that follows its stamps, page by page, finds whatever is still there in the end,
/// nothing twice, and no version after a newer one; a stamp of which the entry has gone is as good as any.
pub(super) async fn pollers_go_on_while_objects_go(store: &impl Store) {
    for seed in 1..=3 {
        let [one, two] = collections(store).await;
        let collection = [one, two, one][seed as usize - 1];
        remove_all(store, collection, Due::AddedBefore(Timestamp::from_micros(i64::MAX)), 500).await;
        let mut dice = Dice(seed);
        let mut second = vec![0_u32; 200];
        let mut write = async |dice: &mut Dice| {
            let mut texts = Vec::new();
            for _ in 0..12 {
                let n = dice.below(second.len());
                if second[n] < 59 {
                    second[n] += 1;
                    texts.push(indicator(1 + n, second[n], "2.1", "x"));
                }
            }
            add(store, collection, &texts).await;
        };
        for _ in 0..15 {
            write(&mut dice).await;
        }
        let mut window = Window { limit: 7, ..Window::of(collection, &Filter::default()) };
        let mut newest: HashMap<String, String> = HashMap::new();
        let mut seen = HashSet::new();
        for turn in 0.. {
            let page = store.records(&window).await.unwrap();
            for record in &page.entries {
                assert!(record.added > window.after, "seed {seed}: it went back");
                window.after = record.added;
                assert!(seen.insert((record.id.clone(), record.version.clone())), "seed {seed}: {record:?} twice");
                let before = newest.insert(record.id.clone(), record.version.clone());
                assert!(before.is_none_or(|before| before < record.version), "seed {seed}: {record:?} is older");
            }
            if page.entries.is_empty() && turn > 30 {
                break;
            }
            if turn < 30 {
                write(&mut dice).await;
                let all = records(store, collection, &Filter::default()).await;
                // Often this takes what the poller has its position from.
                let until = all[dice.below(all.len())].added.min(Timestamp::from_micros(window.after.as_micros() + 1));
                store.remove_due(collection, Due::AddedBefore(until), 4 + dice.below(8)).await.unwrap();
            }
        }
        let left = records(store, collection, &Filter::default()).await;
        assert!(left.len() > 20);
        for record in left {
            assert_eq!(newest.get(&record.id), Some(&record.version), "seed {seed}: missed");
        }
    }
}

/// A removal moves `changes`, so that no page that shows what has gone is given out again; finding nothing due does not.
pub(super) async fn pages_in_memory_notice(store: &impl Store) {
    let [collection, _] = collections(store).await;
    add(store, collection, &[valid_until(&indicator(1, 1, "2.1", "x"), "2026-02-01T00:00:00Z")]).await;
    let before = store.mark(collection).await.unwrap();
    let due = |date: &str| Due::ExpiredBefore(date.parse().unwrap());
    assert_eq!(store.remove_due(collection, due("2026-01-01T00:00:00Z"), 10).await.unwrap(), Removed::default());
    assert_eq!(store.mark(collection).await.unwrap(), before);
    assert_eq!(store.remove_due(collection, due("2027-01-01T00:00:00Z"), 10).await.unwrap().objects, 1);
    let after = store.mark(collection).await.unwrap();
    assert!(after.changes != before.changes && after.clock == before.clock);
}

/// Counting agrees with what pages show.
pub(super) async fn holdings_are_counted(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let now = Timestamp::now();
    let empty = store.holdings(collection, now).await.unwrap();
    assert_eq!((empty.objects, empty.entries, empty.newest, empty.growth.len()), (0, 0, None, 30));
    let texts: Vec<String> = (1..=9)
        .flat_map(|n| {
            [indicator(n, 1, "2.0", "x"), indicator(n, 1, "2.1", "x"), indicator(n, 2, "2.1", "x"), url(n % 4, "x")]
        })
        .collect();
    add(store, collection, &texts).await;
    store
        .delete(collection, "indicator--00000000-0000-4000-8000-000000000001", &Selection::default(), None)
        .await
        .unwrap();
    let held = store.holdings(collection, now).await.unwrap();
    let all = records(store, collection, &filter("match[version]=all&match[spec_version]=2.0,2.1")).await;
    let versions = records(store, collection, &filter("match[version]=all")).await;
    assert_eq!((held.objects, held.versions, held.entries), (13, versions.len() as u64, all.len() as u64));
    assert_eq!(held.types, [("indicator".to_owned(), 9), ("url".to_owned(), 4)].into());
    assert_eq!((held.oldest, held.newest), (all.first().map(|r| r.added), all.last().map(|r| r.added)));
    let walked = crate::store::lifecycle::holdings(store, collection, now).await.unwrap();
    assert_eq!(Holdings { readers: None, writers: None, ..held }, walked);
}

/// Of those who want to do a work, one does it; it is free again when it is given back.
pub(super) async fn one_holder_at_a_time(store: &impl Store) {
    let (one, two) = (Uuid::new_v4(), Uuid::new_v4());
    let minute = Duration::from_secs(60);
    assert!(store.lease("w", one, minute).await.unwrap());
    assert!(store.lease("w", one, minute).await.unwrap(), "who has it may go on");
    if store.lease("w", two, minute).await.unwrap() {
        // A store of one process alone need not keep others out.
        assert!(store.lease("w", Uuid::new_v4(), minute).await.unwrap());
        return;
    }
    assert!(store.lease("other", two, minute).await.unwrap(), "another work is free");
    assert!(store.lease("w", one, Duration::ZERO).await.unwrap());
    assert!(store.lease("w", two, minute).await.unwrap());
    assert!(!store.lease("w", one, minute).await.unwrap());
}

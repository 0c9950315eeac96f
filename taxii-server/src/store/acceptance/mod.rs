//! The test-suite that every store has to pass, yours too (feature `testing`).
//!
//! ```
//! use std::sync::Arc;
//!
//! use taxii_server::store::{Admin, ApiRoot, Collection, MemoryStore, Store, acceptance};
//!
//! # tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(async {
//! acceptance::suite(async || {
//!     let store = Arc::new(MemoryStore::new());
//!     store.add_root(&ApiRoot::new(acceptance::ROOT, "Acceptance").unwrap()).await.unwrap();
//!     for alias in ["one", "two"] {
//!         let mut collection = Collection::new(acceptance::ROOT, Some(alias), alias).unwrap();
//!         collection.spec_versions = stix_model::SpecVersion::ALL.to_vec();
//!         store.add_collection(&collection).await.unwrap();
//!     }
//!     store
//! })
//! .await;
//! # });
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failed expectation panics, as in any test"
)]

mod exchange;
mod lifecycle;
mod oracle;
mod sight;

use std::collections::HashSet;
use std::sync::Arc;

use stix_model::RawHead;
use taxii_model::{Filter, Query, Status, Timestamp};
use uuid::Uuid;

use super::{CollectionKey, Item, Record, Selection, Store, Submission, Window};

/// The API root that a fresh store has, with at least two empty collections that take STIX 2.0 and 2.1.
pub const ROOT: &str = "acceptance";

/// Runs every test, each on a store of its own that `fresh` makes.
///
/// # Panics
/// If the store breaks one of the promises of [`Store`].
pub async fn suite<S: Store>(fresh: impl AsyncFn() -> Arc<S>) {
    stamps_rise_and_batches_end_on_a_millisecond(&*fresh().await).await;
    texts_come_back_as_they_were(&*fresh().await).await;
    duplicates_change_nothing(&*fresh().await).await;
    notes_are_told_of_new_entries(&*fresh().await).await;
    objects_without_versions_are_dated(&*fresh().await).await;
    every_window_walks_everything_once(&*fresh().await).await;
    pages_stop_at_their_bytes(&*fresh().await).await;
    deleting_brings_the_next_version_forward(&*fresh().await).await;
    long_histories_are_kept_in_order(&*fresh().await).await;
    statuses_are_kept_for_their_root(&*fresh().await).await;
    marks_tell_what_may_have_changed(&*fresh().await).await;
    collections_are_independent(&*fresh().await).await;
    many_writers_hide_nothing_from_a_reader(fresh().await).await;
    sight::the_newest_is_the_newest_that_is_seen(&*fresh().await).await;
    lifecycle::what_is_due_goes_with_all_its_versions(&*fresh().await).await;
    lifecycle::long_histories_go_in_steps(&*fresh().await).await;
    lifecycle::the_newest_stay(&*fresh().await).await;
    lifecycle::pollers_go_on_while_objects_go(&*fresh().await).await;
    lifecycle::pages_in_memory_notice(&*fresh().await).await;
    lifecycle::holdings_are_counted(&*fresh().await).await;
    lifecycle::one_holder_at_a_time(&*fresh().await).await;
    exchange::provenance_goes_with_the_entry(&*fresh().await).await;
    exchange::deletions_have_their_place(&*fresh().await).await;
    exchange::what_was_deleted_stays_so(&*fresh().await).await;
    exchange::what_has_outlived_its_time_stays_away(&*fresh().await).await;
    exchange::what_is_submitted_here_is_ours(&*fresh().await).await;
    exchange::only_who_gave_takes_back(&*fresh().await).await;
    exchange::the_word_is_passed_on(&*fresh().await).await;
    exchange::contents_come_once(&*fresh().await).await;
    exchange::conflicts_are_kept(&*fresh().await).await;
    exchange::deletions_are_seen_by_who_saw(&*fresh().await).await;
    exchange::everybody_is_somebody(&*fresh().await).await;
    exchange::arrangements_are_kept(&*fresh().await).await;
    for seed in 1..=20 {
        oracle::agrees_with_memory(&*fresh().await, seed).await;
    }
}

/// The keys of the first two collections.
async fn collections(store: &impl Store) -> [CollectionKey; 2] {
    let directory = store.directory().await.unwrap();
    let keys: Vec<_> = directory.collections_of(ROOT).map(|collection| collection.key).collect();
    [keys[0], keys[1]]
}

/// An object of this number and second of modification; of STIX 2.0 if it says so.
fn indicator(n: usize, second: u32, spec_version: &str, name: &str) -> String {
    format!(
        "{{\"type\":\"indicator\",\"spec_version\":\"{spec_version}\",\"id\":\"indicator--00000000-0000-4000-8000-{n:012}\",\
         \"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:{second:02}.000Z\",\"name\":\"{name}\"}}"
    )
}

/// An object that has no versions of its own.
fn url(n: usize, value: &str) -> String {
    format!(
        "{{\"type\":\"url\",\"spec_version\":\"2.1\",\"id\":\"url--00000000-0000-5000-8000-{n:012}\",\"value\":\"{value}\"}}"
    )
}

fn submission(collection: CollectionKey, texts: &[String]) -> Submission {
    let item = |text: &String| Item::new(RawHead::read(text, 100).unwrap().check(None).unwrap(), text.clone());
    Submission {
        status: Uuid::new_v4(),
        root: ROOT.to_owned(),
        collection,
        caller: "somebody".to_owned(),
        received: Timestamp::now(),
        items: texts.iter().map(item).collect(),
        refused: Vec::new(),
    }
}

async fn add(store: &impl Store, collection: CollectionKey, texts: &[String]) -> Status {
    store.add(submission(collection, texts)).await.unwrap()
}

async fn records(store: &impl Store, collection: CollectionKey, filter: &Filter) -> Vec<Record> {
    let page = store.records(&Window::of(collection, filter)).await.unwrap();
    assert!(!page.more, "a window without a limit has everything");
    page.entries
}

/// A filter as a client would write it.
fn filter(query: &str) -> Filter {
    Query::parse(query, taxii_model::Endpoint::Objects).unwrap().filter
}

/// AMB-09: strictly rising; P3: a batch ends on a whole millisecond, also if not all of it was new.
async fn stamps_rise_and_batches_end_on_a_millisecond(store: &impl Store) {
    let [collection, _] = collections(store).await;
    for batch in 0..5 {
        let mut texts: Vec<String> = (0..7).map(|n| indicator(batch * 5 + n, 1, "2.1", "x")).collect();
        texts.push(texts[0].clone());
        add(store, collection, &texts).await;
        let all = records(store, collection, &filter("match[version]=all")).await;
        assert!(all.is_sorted_by(|a, b| a.added < b.added), "{all:?}");
        assert_eq!(all.last().unwrap().added.as_micros() % 1000, 0);
        assert_eq!(store.mark(collection).await.unwrap().clock, all.last().unwrap().added);
    }
}

/// AMB-08a: what there is to tell about an object is told when it becomes an entry, and never again.
async fn notes_are_told_of_new_entries(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let noted = |text: String| {
        let mut submission = submission(collection, &[text.clone(), text]);
        submission.items.iter_mut().for_each(|item| item.note = Some("a warning".to_owned()));
        submission
    };
    let clash = indicator(1, 1, "2.1", "other content");
    for (text, told) in [(indicator(1, 1, "2.1", "x"), true), (indicator(1, 1, "2.1", "x"), false), (url(1, "x"), true)]
    {
        let status = store.add(noted(text)).await.unwrap();
        let messages: Vec<_> = status.successes.iter().map(|details| details.message.as_deref()).collect();
        assert_eq!(messages, [told.then_some("a warning"), None]);
        let kept = store.status(ROOT, status.id).await.unwrap().unwrap().0;
        assert_eq!(kept, status);
    }
    let refused = store.add(noted(clash)).await.unwrap();
    assert!(refused.failures.iter().all(|details| details.message.as_deref() != Some("a warning")));
}

/// Promise 3.
async fn texts_come_back_as_they_were(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let odd = "{ \"type\" : \"x-odd\",\n\t\"id\":\"x-odd--00000000-0000-4000-8000-000000000001\", \"z\":1.500, \"a\":9007199254740993, \"u\":\"\\u00e9é\\/\" }";
    let texts = [odd.to_owned(), indicator(1, 1, "2.1", "é🦀")];
    add(store, collection, &texts).await;
    let page = store.objects(&Window::of(collection, &Filter::default())).await.unwrap();
    let bytes: Vec<_> = texts.iter().map(String::as_bytes).collect();
    assert_eq!(page.iter().map(|(_, text)| text).collect::<Vec<_>>(), bytes);
}

/// AMB-08 a, b: the same content is a success that changes nothing, other content a conflict.
async fn duplicates_change_nothing(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let first = indicator(1, 1, "2.1", "one");
    let reordered = first.replace("{\"type\":\"indicator\",", "{").replace('}', ",\"type\":\"indicator\"}");
    add(store, collection, std::slice::from_ref(&first)).await;
    let before =
        (records(store, collection, &filter("match[version]=all")).await, store.mark(collection).await.unwrap());
    let again = add(store, collection, &[first, reordered, indicator(1, 1, "2.1", "other")]).await;
    assert_eq!((again.total_count, again.success_count, again.failure_count), (3, 2, 1));
    assert_eq!(again.failures[0].version, "2026-01-01T00:00:01.000Z");
    let after =
        (records(store, collection, &filter("match[version]=all")).await, store.mark(collection).await.unwrap());
    assert_eq!(before, after);
}

/// AMB-08 c, d: the version of what has none is its date added; new content is a new version.
async fn objects_without_versions_are_dated(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let one = add(store, collection, &[url(1, "a")]).await;
    let same = add(store, collection, &[url(1, "a")]).await;
    assert_eq!(one.successes[0].version, same.successes[0].version);
    let other = add(store, collection, &[url(1, "a"), url(1, "b"), url(1, "b")]).await;
    assert_eq!(other.success_count, 3);
    let all = records(store, collection, &filter("match[version]=all")).await;
    assert_eq!(all.len(), 2);
    for (record, version) in all.iter().zip([&one.successes[0].version, &other.successes[1].version]) {
        assert_eq!(&record.version, version);
        assert_eq!(record.version, record.added.to_string());
    }
    assert_eq!(other.successes[1].version, other.successes[2].version);
}

/// TX-PAG-05: every page size, by the stamp of the last entry, objects and records alike.
async fn every_window_walks_everything_once(store: &impl Store) {
    let [collection, _] = collections(store).await;
    for batch in 0..4 {
        let texts: Vec<String> = (0..30)
            .map(|n| {
                if n % 3 == 0 { url(batch * 30 + n, "x") } else { indicator(batch * 20 + n, batch as u32, "2.1", "x") }
            })
            .collect();
        add(store, collection, &texts).await;
    }
    for query in [
        "",
        "match[version]=all",
        "match[version]=first",
        "match[type]=url",
        "match[type]=url,indicator",
        "match[type]=url,indicator&match[version]=all",
    ] {
        let filter = filter(query);
        let whole = records(store, collection, &filter).await;
        assert!(whole.len() > 30, "{query}");
        for limit in [1, 7, 64, whole.len(), 1000] {
            let mut window = Window { limit, ..Window::of(collection, &filter) };
            let mut walked = Vec::new();
            loop {
                let page = store.records(&window).await.unwrap();
                let texts = store.objects(&window).await.unwrap();
                assert_eq!(texts.more, page.more);
                assert_eq!(
                    texts.iter().map(|(added, _)| added).collect::<Vec<_>>(),
                    page.entries.iter().map(|e| e.added).collect::<Vec<_>>()
                );
                assert!(page.entries.len() == limit || !page.more, "{query} {limit}");
                let Some(last) = page.entries.last() else { break };
                window.after = last.added;
                walked.extend(page.entries);
                if !page.more {
                    break;
                }
            }
            assert_eq!(walked, whole, "{query} by {limit}");
        }
    }
}

async fn pages_stop_at_their_bytes(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let texts: Vec<String> = (0..5).map(|n| indicator(n, 1, "2.1", &"x".repeat(1000))).collect();
    add(store, collection, &texts).await;
    for (bytes, fit) in [(1, 1), (texts[0].len() * 2 + 1, 2), (texts[0].len() * 3 + 1, 2), (usize::MAX, 5)] {
        let page = store.objects(&Window { bytes, ..Window::of(collection, &Filter::default()) }).await.unwrap();
        assert_eq!((page.len(), page.more), (fit, fit < 5), "{bytes}");
    }
}

/// TX-DEL-02 to TX-DEL-04.
async fn deleting_brings_the_next_version_forward(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let id = "indicator--00000000-0000-4000-8000-000000000001";
    let texts: Vec<String> = (1..=4).map(|second| indicator(1, second, "2.1", "x")).collect();
    add(store, collection, &texts).await;
    let delete = async |query: &str| store.delete(collection, id, &Selection::of(&filter(query)), None).await.unwrap();
    let versions = async |query: &str| {
        records(store, collection, &filter(query))
            .await
            .iter()
            .map(|r| r.version[17..19].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(delete("match[version]=last").await, 1);
    assert_eq!(versions("").await, ["03"]);
    assert_eq!(delete("match[version]=first").await, 1);
    assert_eq!(versions("match[version]=first").await, ["02"]);
    assert_eq!(delete("match[version]=2026-01-01T00:00:09Z").await, 0);
    assert!(store.holds(collection, id, &["2026-01-01T00:00:02Z".parse().unwrap()], None).await.unwrap());
    assert_eq!(delete("match[version]=all").await, 2);
    assert_eq!(delete("match[version]=all").await, 0);
    assert!(!store.holds(collection, id, &[], None).await.unwrap());
    let clock = store.mark(collection).await.unwrap().clock;
    add(store, collection, &texts[3..]).await;
    assert!(
        records(store, collection, &Filter::default()).await[0].added > clock,
        "what comes back comes as something new"
    );
}

/// AMB-11: of a version in two encodings only the newer one is shown, also in the middle of a long history whose ends
/// come and go.
async fn long_histories_are_kept_in_order(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let id = "indicator--00000000-0000-4000-8000-000000000001";
    let all: Vec<String> = (10..40).map(|second| indicator(1, second, "2.1", "x")).collect();
    let seconds = async |query: &str| -> Vec<String> {
        let records = records(store, collection, &filter(query)).await;
        let mut seconds: Vec<_> =
            records.iter().map(|r| format!("{} {}", &r.version[17..19], r.spec_version.as_str())).collect();
        seconds.sort();
        seconds
    };
    add(store, collection, &all).await;
    let expected = seconds("match[version]=all").await;
    assert_eq!(expected.len(), 30);
    for second in [20, 15, 25, 18, 12, 35] {
        add(store, collection, &[indicator(1, second, "2.0", "x")]).await;
        assert_eq!(seconds("match[version]=all").await, expected, "after {second}");
    }
    for (ends, shown) in [("first", "12 2.0"), ("last", "35 2.0")] {
        assert_eq!(seconds(&format!("match[spec_version]=2.0&match[version]={ends}")).await, [shown]);
        let selection = Selection::of(&filter(&format!("match[spec_version]=2.0&match[version]={ends}")));
        assert_eq!(store.delete(collection, id, &selection, None).await.unwrap(), 1);
        assert_eq!(seconds("match[version]=all").await, expected, "without {shown}");
    }
    assert_eq!(seconds("match[spec_version]=2.0&match[version]=first,last").await, ["15 2.0", "25 2.0"]);
    assert_eq!(seconds("match[version]=first,last").await, ["10 2.1", "39 2.1"]);
}

/// TX-STS-01, TX-STS-03.
async fn statuses_are_kept_for_their_root(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let status = add(store, collection, &[indicator(1, 1, "2.1", "x")]).await;
    assert_eq!(store.status(ROOT, status.id).await.unwrap(), Some((status.clone(), "somebody".to_owned())));
    assert_eq!(store.status("elsewhere", status.id).await.unwrap(), None);
    assert_eq!(store.status(ROOT, Uuid::new_v4()).await.unwrap(), None);
}

async fn marks_tell_what_may_have_changed(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let mark = async || store.mark(collection).await.unwrap();
    let empty = mark().await;
    add(store, collection, &[indicator(1, 1, "2.1", "x")]).await;
    let one = mark().await;
    assert!(one.clock > empty.clock && one.changes == empty.changes, "something new leaves what was read as it was");
    add(store, collection, &[indicator(1, 2, "2.1", "x")]).await;
    let two = mark().await;
    assert!(two.clock > one.clock && two.changes != one.changes, "a new version changes which is the last");
    store
        .delete(collection, "indicator--00000000-0000-4000-8000-000000000001", &Selection::default(), None)
        .await
        .unwrap();
    let three = mark().await;
    assert!(three.changes != two.changes && three.clock >= two.clock);
}

/// AMB-36.
async fn collections_are_independent(store: &impl Store) {
    let [one, two] = collections(store).await;
    let text = [indicator(1, 1, "2.1", "x")];
    add(store, one, &text).await;
    assert!(records(store, two, &Filter::default()).await.is_empty());
    assert_eq!(add(store, two, &text).await.successes[0].message, None);
    store.delete(one, "indicator--00000000-0000-4000-8000-000000000001", &Selection::default(), None).await.unwrap();
    assert_eq!(records(store, two, &Filter::default()).await.len(), 1);
}

/// Promise 1: a reader that follows the stamps while others write ends with everything, each once.
async fn many_writers_hide_nothing_from_a_reader<S: Store>(store: Arc<S>) {
    const WRITERS: usize = 8;
    const EACH: usize = 25;
    let [collection, _] = collections(&*store).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for n in 0..EACH {
                    let texts: Vec<String> =
                        (0..3).map(|i| indicator(writer * 1000 + n * 3 + i, 1, "2.1", "x")).collect();
                    add(&*store, collection, &texts).await;
                }
            })
        })
        .collect();
    let mut window = Window { limit: 10, ..Window::of(collection, &Filter::default()) };
    let mut seen = Vec::new();
    loop {
        let done = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let page = store.records(&window).await.unwrap();
        window.after = page.entries.last().map_or(window.after, |last| last.added);
        let empty = page.entries.is_empty();
        seen.extend(page.entries.into_iter().map(|record| record.id));
        if done && empty {
            break;
        }
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(seen.len(), WRITERS * EACH * 3);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len(), "nothing twice");
}

#[cfg(test)]
mod tests;

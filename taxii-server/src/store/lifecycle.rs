//! What the lives of objects come to in a store that knows no shorter way: by reading pages and deleting objects one by one.

use std::collections::BTreeMap;

use stix_model::Timestamp as StixTimestamp;
use taxii_model::{Filter, Selector, Timestamp, VersionFilter};

use super::holdings::{Day, days};
use super::retention::valid_until;
use super::selection::Editions;
use super::{CollectionKey, Due, Holdings, Record, Removed, Result, Selection, Store, Window};

/// Entries of a page.
const PAGE: usize = 1000;

/// Hands every selected entry over, in order, until `take` has enough.
async fn walk<S: Store + ?Sized>(
    store: &S,
    collection: CollectionKey,
    selection: Selection,
    mut take: impl FnMut(Record) -> bool,
) -> Result<()> {
    let mut window = Window { selection, limit: PAGE, ..Window::of(collection, &Filter::default()) };
    loop {
        let page = store.records(&window).await?;
        window.after = page.entries.last().map_or(window.after, |last| last.added);
        if !page.entries.into_iter().all(&mut take) || !page.more {
            return Ok(());
        }
    }
}

/// The objects that are due, at most so many.
async fn due_ids<S: Store + ?Sized>(
    store: &S,
    collection: CollectionKey,
    due: Due,
    limit: usize,
) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    match due {
        Due::AddedBefore(horizon) => {
            let take = |record: Record| {
                let takes = record.added < horizon && ids.len() < limit;
                if takes {
                    ids.push(record.id);
                }
                takes
            };
            walk(store, collection, Selection::default(), take).await?;
        }
        Due::ExpiredBefore(horizon) => {
            let types = Some(vec!["indicator".to_owned()]);
            let selection = Selection { types, ..Selection::default() };
            let mut window = Window { selection, limit: PAGE, ..Window::of(collection, &Filter::default()) };
            loop {
                let texts = store.objects(&window).await?;
                let expired = texts.iter().filter_map(|(_, text)| {
                    let text = std::str::from_utf8(text).ok()?;
                    valid_until("indicator", text).filter(|until| *until < horizon)?;
                    id_of(text)
                });
                ids.extend(expired.take(limit - ids.len()));
                match texts.dates() {
                    Some((_, last)) if texts.more && ids.len() < limit => window.after = last,
                    _ => break,
                }
            }
        }
    }
    Ok(ids)
}

fn id_of(text: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Identified {
        id: String,
    }
    serde_json::from_str::<Identified>(text).ok().map(|object| object.id)
}

pub(super) async fn due<S: Store + ?Sized>(store: &S, collection: CollectionKey, due: Due) -> Result<u64> {
    Ok(due_ids(store, collection, due, usize::MAX).await?.len() as u64)
}

/// Removes just the versions that were there when the object was found due: what comes meanwhile stays.
pub(super) async fn remove_due<S: Store + ?Sized>(
    store: &S,
    collection: CollectionKey,
    due: Due,
    limit: usize,
) -> Result<Removed> {
    let mut removed = Removed::default();
    let clock = store.mark(collection).await?.clock;
    for id in due_ids(store, collection, due, limit).await? {
        let every = Selection { editions: Editions::Every, versions: VersionFilter::All, ..Selection::default() };
        let mut versions: Vec<StixTimestamp> = Vec::new();
        let mut is_as_it_was = true;
        let note = |record: Record| {
            is_as_it_was &= record.added <= clock;
            versions.extend(record.version.parse());
            true
        };
        walk(store, collection, every.clone().with_id(&id), note).await?;
        if !is_as_it_was {
            continue;
        }
        for some in versions.chunks(100) {
            let at = some.iter().cloned().map(Selector::At).collect();
            let selection = Selection { versions: VersionFilter::Any(at), ..every.clone() };
            removed.entries += store.delete(collection, &id, &selection, None).await?;
        }
        removed.objects += u64::from(!store.holds(collection, &id, &[], None).await?);
    }
    Ok(removed)
}

pub(super) async fn nth_newest<S: Store + ?Sized>(
    store: &S,
    collection: CollectionKey,
    nth: u64,
) -> Result<Option<Timestamp>> {
    let mut stamps = Vec::new();
    walk(store, collection, Selection::default(), |record| {
        stamps.push(record.added);
        true
    })
    .await?;
    let nth = usize::try_from(nth).unwrap_or(usize::MAX);
    Ok(stamps.len().checked_sub(nth.max(1)).and_then(|place| stamps.get(place).copied()))
}

pub(super) async fn holdings<S: Store + ?Sized>(
    store: &S,
    collection: CollectionKey,
    now: Timestamp,
) -> Result<Holdings> {
    let mut holdings = Holdings::default();
    let mut growth: BTreeMap<String, u64> = days(now).map(|(day, ..)| (day, 0)).collect();
    let with = |editions, versions| Selection { editions, versions, ..Selection::default() };
    walk(store, collection, with(Editions::Every, VersionFilter::All), |record| {
        holdings.entries += 1;
        holdings.oldest.get_or_insert(record.added);
        holdings.newest = Some(record.added);
        let day = record.added.to_utc().format("%Y-%m-%d").to_string();
        if let Some(added) = growth.get_mut(&day) {
            *added += 1;
        }
        true
    })
    .await?;
    walk(store, collection, with(Editions::Newest, VersionFilter::All), |_| {
        holdings.versions += 1;
        true
    })
    .await?;
    walk(store, collection, Selection::default(), |record| {
        holdings.objects += 1;
        let object_type = record.id.split("--").next().unwrap_or_default();
        *holdings.types.entry(object_type.to_owned()).or_default() += 1;
        true
    })
    .await?;
    holdings.growth = growth.into_iter().map(|(day, added)| Day { day, added }).collect();
    Ok(holdings)
}

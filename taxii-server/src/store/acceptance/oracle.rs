use std::collections::BTreeSet;

use taxii_model::{Filter, Selector, Status, Timestamp, VersionFilter};

use super::lifecycle::{remove_all, valid_until};
use super::{ROOT, add, collections, indicator, records, sight, url};
use crate::store::{Admin, ApiRoot, Collection, CollectionKey, Due, MemoryStore, Record, Selection, Store, Window};

/// A small generator of numbers, so that a failing seed can be run again.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % n as u64) as usize
    }
}

/// Promise 7: after the same random operations the store answers every question as [`MemoryStore`] does,
/// which evaluates each rule in the most obvious way.
pub(super) async fn agrees_with_memory(store: &impl Store, seed: u64) {
    let oracle = MemoryStore::new();
    oracle.add_root(&ApiRoot::new(ROOT, "oracle").unwrap()).await.unwrap();
    oracle.add_collection(&Collection::new(ROOT, Some("one"), "one").unwrap()).await.unwrap();
    let ours = collections(store).await[0];
    let theirs = oracle.directory().await.unwrap().collections[0].key;
    let mut dice = Dice(seed);
    for step in 0..40 {
        if dice.below(4) > 0 {
            let texts: Vec<String> = (0..1 + dice.below(5)).map(|_| random_object(&mut dice)).collect();
            let (a, b) = (add(store, ours, &texts).await, add(&oracle, theirs, &texts).await);
            assert_eq!(outcomes(&a), outcomes(&b), "seed {seed}, step {step}: {texts:?}");
        } else if dice.below(3) == 0 {
            sweep_both((store, ours), (&oracle, theirs), &mut dice).await;
        } else {
            let (id, selection) = (random_id(&mut dice), Selection::of(&random_filter(&mut dice)));
            let (a, b) = (
                store.delete(ours, &id, &selection, None).await.unwrap(),
                oracle.delete(theirs, &id, &selection, None).await.unwrap(),
            );
            assert_eq!(a, b, "seed {seed}, step {step}: {selection:?}");
        }
        sight::agrees_with_memory((store, ours), (&oracle, theirs), &mut dice).await;
        for _ in 0..4 {
            let filter = random_filter(&mut dice);
            let (a, b) = (records(store, ours, &filter).await, records(&oracle, theirs, &filter).await);
            assert_eq!(contents(&a), contents(&b), "seed {seed}, step {step}: {filter:?}");
            // The same stretch of both, after the same number of entries.
            let (skip, limit) = (dice.below(a.len() + 1), 1 + dice.below(4));
            let window = |collection, all: &[Record]| {
                let after = skip.checked_sub(1).map_or(Timestamp::from_micros(i64::MIN), |i| all[i].added);
                Window { after, limit, ..Window::of(collection, &filter) }
            };
            let (a, b) =
                (store.records(&window(ours, &a)).await.unwrap(), oracle.records(&window(theirs, &b)).await.unwrap());
            assert_eq!(
                (contents(&a.entries), a.more),
                (contents(&b.entries), b.more),
                "seed {seed}, step {step}: {filter:?} after {skip}, {limit}"
            );
        }
    }
}

/// Removes what is due from both, for the same reason: what is older than one of the objects, or was valid until then.
async fn sweep_both(
    (store, ours): (&impl Store, CollectionKey),
    (oracle, theirs): (&MemoryStore, CollectionKey),
    dice: &mut Dice,
) {
    let all = Filter::default();
    let (a, b) = (records(store, ours, &all).await, records(oracle, theirs, &all).await);
    let at = dice.below(a.len() + 1);
    let (one, other) = match (dice.below(2), a.get(at), b.get(at)) {
        (0, Some(a), Some(b)) => (Due::AddedBefore(a.added), Due::AddedBefore(b.added)),
        _ => {
            let horizon = format!("2026-01-01T00:00:0{}.5Z", dice.below(5)).parse().unwrap();
            (Due::ExpiredBefore(horizon), Due::ExpiredBefore(horizon))
        }
    };
    let nth = 1 + dice.below(5) as u64;
    let place = |all: &[Record], found: Option<Timestamp>| all.iter().position(|r| Some(r.added) == found);
    let (found, expected) = (store.nth_newest(ours, nth).await.unwrap(), oracle.nth_newest(theirs, nth).await.unwrap());
    assert_eq!(place(&a, found), place(&b, expected), "the {nth}. newest");
    assert_eq!(store.due(ours, one).await.unwrap(), oracle.due(theirs, other).await.unwrap(), "{one:?}");
    assert_eq!(remove_all(store, ours, one, 4).await, remove_all(oracle, theirs, other, 4).await, "{one:?}");
}

pub(super) fn random_id(dice: &mut Dice) -> String {
    let (kind, digit) = [("indicator", 4), ("url", 5)][dice.below(2)];
    format!("{kind}--00000000-0000-{digit}000-8000-{:012}", dice.below(4))
}

fn random_object(dice: &mut Dice) -> String {
    let n = dice.below(4);
    let name = ["x", "y"][dice.below(6) / 5];
    let text = match dice.below(3) {
        0 => url(n, name),
        _ => {
            let text = indicator(n, dice.below(5) as u32, ["2.1", "2.0"][dice.below(4) / 3], name);
            match dice.below(2) {
                0 => text,
                _ => valid_until(&text, &format!("2026-01-01T00:00:0{}Z", dice.below(5))),
            }
        }
    };
    sight::marked(&text, sight::random_markings(dice))
}

pub(super) fn random_filter(dice: &mut Dice) -> Filter {
    let second = dice.below(5);
    let at = |second: usize| Selector::At(format!("2026-01-01T00:00:0{second}Z").parse().unwrap());
    let versions = match dice.below(7) {
        0 | 1 => VersionFilter::default(),
        2 => VersionFilter::All,
        3 => VersionFilter::Any(vec![Selector::First]),
        4 => VersionFilter::Any(vec![Selector::First, Selector::Last]),
        5 => VersionFilter::Any(vec![at(second)]),
        _ => VersionFilter::Any(vec![Selector::Last, at(second)]),
    };
    let spec_versions = [None, None, Some("2.0"), Some("2.1"), Some("2.0,2.1"), Some("9.9")][dice.below(6)];
    let words = |list: &str| list.split(',').map(str::to_owned).collect::<Vec<_>>();
    let types = [None, None, Some("url"), Some("indicator"), Some("url,indicator"), Some("malware")][dice.below(6)];
    let ids = match dice.below(4) {
        0 => Some(vec![random_id(dice), random_id(dice)].into_iter().collect::<BTreeSet<_>>().into_iter().collect()),
        _ => None,
    };
    Filter { ids, types: types.map(words), spec_versions: spec_versions.map(words), versions }
}

/// What entries say, apart from when they were added.
pub(super) fn contents(records: &[Record]) -> Vec<(String, String, &'static str)> {
    records.iter().map(|r| (r.id.clone(), dateless(&r.id, &r.version), r.spec_version.as_str())).collect()
}

fn outcomes(status: &Status) -> Vec<(String, String, bool)> {
    let details = status.successes.iter().map(|d| (d, true)).chain(status.failures.iter().map(|d| (d, false)));
    details.map(|(d, good)| (d.id.clone(), dateless(&d.id, &d.version), good)).collect()
}

fn dateless(id: &str, version: &str) -> String {
    if id.starts_with("url--") { "dated".to_owned() } else { version.to_owned() }
}

use std::sync::Arc;

use stix_model::marking::tlp;
use taxii_model::{Filter, Timestamp};

use super::oracle::{Dice, contents, random_filter, random_id};
use super::{add, collections, filter, indicator, url};
use crate::store::{CollectionKey, Label, MemoryStore, Selection, Sight, Store, Window};

/// The markings that random objects have.
const MARKINGS: usize = 4;

/// The same object with markings; of the last kind, such as nobody can read.
pub(super) fn marked(text: &str, markings: usize) -> String {
    let refs = match markings {
        0 => return text.to_owned(),
        1 => format!("[\"{}\"]", tlp::GREEN.id()),
        2 => format!("[\"{}\",\"{}\"]", tlp::GREEN.id(), tlp::RED.id()),
        _ => "null".to_owned(),
    };
    let text = text.strip_suffix('}').unwrap();
    format!("{text},\"object_marking_refs\":{refs}}}")
}

pub(super) fn random_markings(dice: &mut Dice) -> usize {
    // Most objects keep what they had.
    [0, 0, 0, 1, 1, 1, 2, 3][dice.below(8)]
}

/// Whose entries have one of these markings, as the bits of a number.
async fn sight(store: &impl Store, collection: CollectionKey, bits: usize, until: Option<Timestamp>) -> Arc<Sight> {
    let seen: Vec<Label> =
        (0..MARKINGS).filter(|n| bits >> n & 1 == 1).map(|n| Label::of(&marked("{\"n\":1}", n))).collect();
    let labels = store.labels(collection).await.unwrap();
    assert!(!labels.unread, "what is added by this program is looked at");
    let unmarked = (0, Label::default());
    let numbers = labels.labels.iter().chain([&unmarked]).filter(|(_, label)| seen.contains(label));
    Arc::new(Sight::new(numbers.map(|(number, _)| *number).collect(), until.unwrap_or(labels.mark.clock)))
}

/// Promise 4: whatever may be seen, the store answers as [`MemoryStore`] does, which leaves out what is not before it does anything
/// else.
pub(super) async fn agrees_with_memory(
    (store, ours): (&impl Store, CollectionKey),
    (oracle, theirs): (&MemoryStore, CollectionKey),
    dice: &mut Dice,
) {
    let bits = dice.below(1 << MARKINGS);
    let every = filter("match[version]=all&match[spec_version]=2.0,2.1");
    let (a, b) = (super::records(store, ours, &every).await, super::records(oracle, theirs, &every).await);
    let at = dice.below(2 * a.len() + 1);
    let until = |all: &[crate::store::Record]| all.get(at).map(|record| record.added);
    let sights = (sight(store, ours, bits, until(&a)).await, sight(oracle, theirs, bits, until(&b)).await);
    for _ in 0..4 {
        let filter = random_filter(dice);
        let (skip, limit) = (dice.below(a.len() + 1), 1 + dice.below(4));
        let bytes = [usize::MAX, 1, 300][dice.below(3)];
        let window = |collection, all: &[crate::store::Record], sight: &Arc<Sight>| {
            let after = skip.checked_sub(1).map_or(Timestamp::from_micros(i64::MIN), |i| all[i].added);
            Window { after, limit, bytes, sight: Some(Arc::clone(sight)), ..Window::of(collection, &filter) }
        };
        let windows = (window(ours, &a, &sights.0), window(theirs, &b, &sights.1));
        let told = (store.records(&windows.0).await.unwrap(), oracle.records(&windows.1).await.unwrap());
        let words = format!("{bits:04b} until {at}, {filter:?} after {skip}, {limit}");
        assert_eq!((contents(&told.0.entries), told.0.more), (contents(&told.1.entries), told.1.more), "{words}");
        let texts = (store.objects(&windows.0).await.unwrap(), oracle.objects(&windows.1).await.unwrap());
        let shown = [&texts.0, &texts.1].map(|texts| {
            (texts.iter().map(|(_, text)| String::from_utf8_lossy(text).into_owned()).collect::<Vec<_>>(), texts.more)
        });
        assert_eq!(shown[0], shown[1], "{words}");
        assert_eq!(texts.0.labels().len(), texts.0.len(), "each comes with its label");
        assert!(texts.0.labels().iter().all(|label| sights.0.sees(*label)));
        let id = random_id(dice);
        let version = format!("2026-01-01T00:00:0{}Z", dice.below(5)).parse().unwrap();
        for versions in [vec![], vec![version]] {
            let holds = (
                store.holds(ours, &id, &versions, Some(&sights.0)).await.unwrap(),
                oracle.holds(theirs, &id, &versions, Some(&sights.1)).await.unwrap(),
            );
            assert_eq!(holds.0, holds.1, "{words}: {id} {versions:?}");
        }
    }
    if dice.below(3) == 0 {
        let (id, selection) = (random_id(dice), Selection::of(&random_filter(dice)));
        let gone = (
            store.delete(ours, &id, &selection, Some(&sights.0)).await.unwrap(),
            oracle.delete(theirs, &id, &selection, Some(&sights.1)).await.unwrap(),
        );
        assert_eq!(gone.0, gone.1, "{bits:04b} until {at}: {id}, {selection:?}");
    }
}

/// Promise 4: to who does not see the newest version, the one before is the newest; the others notice nothing.
pub(super) async fn the_newest_is_the_newest_that_is_seen(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let versions: Vec<String> = (1..=4).map(|n| marked(&indicator(1, n, "2.1", "x"), n as usize % 3)).collect();
    for version in &versions {
        add(store, collection, std::slice::from_ref(version)).await;
    }
    add(store, collection, &[url(1, "x"), marked(&url(2, "x"), 2)]).await;
    let seen = async |bits, query: &str| {
        let sight = Some(sight(store, collection, bits, None).await);
        let window = Window { sight, ..Window::of(collection, &filter(query)) };
        let page = store.objects(&window).await.unwrap();
        page.iter().map(|(_, text)| String::from_utf8_lossy(text).into_owned()).collect::<Vec<_>>()
    };
    let of = |some: &[&String]| some.iter().map(|text| (*text).clone()).collect::<Vec<_>>();
    let urls = [url(1, "x"), marked(&url(2, "x"), 2)];
    assert_eq!(seen(0b0111, "").await, of(&[&versions[3], &urls[0], &urls[1]]));
    assert_eq!(seen(0b0101, "").await, of(&[&versions[2], &urls[0], &urls[1]]));
    assert_eq!(seen(0b0100, "").await, of(&[&versions[1], &urls[1]]));
    assert_eq!(seen(0b0001, "").await, of(&[&versions[2], &urls[0]]));
    assert_eq!(seen(0b0100, "match[version]=first&match[type]=indicator").await, of(&[&versions[1]]));
    assert_eq!(seen(0b0101, "match[version]=all&match[type]=indicator").await, of(&[&versions[1], &versions[2]]));
    assert_eq!(seen(0b1000, "match[version]=all").await, of(&[]));
    assert_eq!(seen(0, "match[version]=all").await, of(&[]));
    let id = "indicator--00000000-0000-4000-8000-000000000001";
    let green = sight(store, collection, 0b0010, None).await;
    let delete = async |sight| store.delete(collection, id, &Selection::default(), sight).await.unwrap();
    assert_eq!(delete(Some(&green)).await, 1, "the newest that is seen, which is the fourth");
    assert_eq!(seen(0b0111, "match[type]=indicator").await, of(&[&versions[2]]));
    assert_eq!(seen(0b0010, "match[version]=all").await, of(&[&versions[0]]));
    assert_eq!(store.objects(&Window::of(collection, &Filter::default())).await.unwrap().len(), 3);
}

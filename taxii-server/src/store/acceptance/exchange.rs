//! Exchanging collections: provenance, deletions, retractions, conflicts, and what was arranged with others.

use std::sync::Arc;

use taxii_model::Timestamp;

use super::{add, collections, indicator, submission, url};
use crate::store::{
    Bookmark, Changed, CollectionKey, Conflict, Counterpart, Due, KeptAgreement, KeptFlow, Outcome, Page, Partner,
    Provenance, Removed, Retraction, Selection, Sight, Store, Stretch, Told, content_version,
};

pub(super) const ID: &str = "indicator--00000000-0000-4000-8000-000000000001";

fn came(path: &[&str]) -> Provenance {
    let path: Vec<String> = path.iter().map(|server| (*server).to_owned()).collect();
    Provenance {
        origin: path[0].clone(),
        hops: path.len() as u32,
        path,
        by: "flow".to_owned(),
        agreement: Some("treaty".to_owned()),
    }
}

async fn bring(store: &impl Store, collection: CollectionKey, path: &[&str], texts: &[String]) -> Told {
    let mut submission = submission(collection, texts);
    submission.items.iter_mut().for_each(|item| item.provenance = Some(came(path)));
    store.add_telling(submission).await.unwrap()
}

async fn changes(store: &impl Store, stretch: &Stretch) -> Page<Changed> {
    store.exchange().unwrap().changes(stretch).await.unwrap()
}

async fn all(store: &impl Store, collection: CollectionKey) -> Vec<Changed> {
    let page = changes(store, &Stretch::of(collection)).await;
    assert!(!page.more && page.entries.is_sorted_by(|a, b| a.stamp < b.stamp), "{page:?}");
    page.entries
}

/// What happened, in short: the second of the version or the beginning of a digest, and a minus for what was deleted.
async fn story(store: &impl Store, collection: CollectionKey) -> Vec<String> {
    let short = |changed: &Changed| {
        let sign = if changed.text.is_some() { "+" } else { "-" };
        format!("{sign}{} {}", &changed.id[changed.id.len() - 1..], &changed.version[17..19])
    };
    all(store, collection).await.iter().map(short).collect()
}

/// How an entry came is there with it, also of the one that is moved to the end of its batch; what is submitted here has none.
pub(super) async fn provenance_goes_with_the_entry(store: &impl Store) {
    let [collection, _] = collections(store).await;
    if store.exchange().is_none() {
        return;
    }
    let texts = [indicator(1, 1, "2.1", "x"), url(2, "x"), indicator(1, 1, "2.1", "x")];
    let told = bring(store, collection, &["a", "b"], &texts).await;
    assert_eq!(told.outcomes.iter().filter(|o| matches!(o, Outcome::Added(_))).count(), 2);
    add(store, collection, &[indicator(3, 1, "2.1", "x"), texts[0].clone()]).await;
    let happened = all(store, collection).await;
    let [first, dated, own] = happened.as_slice() else { panic!("{happened:?}") };
    assert_eq!((first.text.as_ref(), first.provenance.clone()), (Some(&texts[0]), Some(came(&["a", "b"]))));
    assert_eq!((&dated.version, dated.provenance.clone()), (&content_version(&texts[1]), Some(came(&["a", "b"]))));
    assert_eq!(told.stamps, [first.stamp, dated.stamp]);
    assert_eq!(own.provenance, None);
    let ids: Vec<String> = happened.iter().map(|changed| changed.id.clone()).chain(["x".to_owned()]).collect();
    let origins = store.exchange().unwrap().origins(collection, &ids).await.unwrap();
    assert_eq!(origins.len(), 3);
    assert_eq!((&origins[&ids[0]], &origins[&ids[2]]), (&vec![Some(came(&["a", "b"]))], &vec![None]));
}

/// Promise 1 between servers: entries and deletions are one sequence, and pages of any size walk it once.
pub(super) async fn deletions_have_their_place(store: &impl Store) {
    let [collection, _] = collections(store).await;
    if store.exchange().is_none() {
        return;
    }
    add(store, collection, &[indicator(1, 1, "2.1", "x"), indicator(1, 2, "2.1", "x"), url(2, "x")]).await;
    let before = store.mark(collection).await.unwrap();
    store.delete(collection, ID, &every(), None).await.unwrap();
    let after = store.mark(collection).await.unwrap();
    assert!(after.clock > before.clock && after.changes > before.changes, "whoever follows the clock learns of it");
    add(store, collection, &[indicator(3, 5, "2.1", "x")]).await;
    let happened = all(store, collection).await;
    assert_eq!(story(store, collection).await[1..], ["-1 01", "-1 02", "+3 05"]);
    for limit in 1..=5 {
        let mut stretch = Stretch { limit, ..Stretch::of(collection) };
        let mut walked = Vec::new();
        loop {
            let page = changes(store, &stretch).await;
            assert!(page.entries.len() == limit || !page.more);
            stretch.after = page.entries.last().map_or(stretch.after, |last| last.stamp);
            walked.extend(page.entries);
            if !page.more {
                break;
            }
        }
        assert_eq!(walked, happened, "by {limit}");
    }
    let until = Stretch { until: before.clock, ..Stretch::of(collection) };
    assert_eq!(changes(store, &until).await.entries.len(), 1);
    let short = changes(store, &Stretch { bytes: 1, ..Stretch::of(collection) }).await;
    assert!(short.more && short.entries.iter().filter(|changed| changed.text.is_some()).count() == 1, "{short:?}");
}

/// What is no longer kept because of its age is told to nobody as deleted, and does not come back by an exchange, so that what was agreed
/// about its time holds; later versions come, and whoever submits it here may.
pub(super) async fn what_has_outlived_its_time_stays_away(store: &impl Store) {
    let [collection, _] = collections(store).await;
    if store.exchange().is_none() {
        return;
    }
    let texts = [indicator(1, 1, "2.1", "x"), indicator(1, 2, "2.1", "x"), url(2, "x")];
    bring(store, collection, &["a"], &texts).await;
    add(store, collection, &[indicator(3, 1, "2.1", "x")]).await;
    let due = Due::AddedBefore(Timestamp::from_micros(i64::MAX));
    while store.remove_due(collection, due, 4).await.unwrap() != Removed::default() {}
    assert_eq!(story(store, collection).await, Vec::<String>::new());
    let again = bring(store, collection, &["b"], &texts).await;
    assert!(again.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Deleted(_))), "{again:?}");
    let later = bring(store, collection, &["a"], &[indicator(1, 3, "2.1", "x"), indicator(3, 1, "2.1", "x")]).await;
    assert!(later.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Added(_))), "{later:?}");
    add(store, collection, &texts[..1]).await;
    assert_eq!(story(store, collection).await, ["+1 03", "+3 01", "+1 01"]);
}

/// Whom an agreement binds who submits here is still somebody who submits here: what is deleted is told of, and may be submitted again.
pub(super) async fn what_is_submitted_here_is_ours(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let Some(exchange) = store.exchange() else { return };
    let server = exchange.server().await.unwrap().to_string();
    let bound = Provenance::here(&server, "clerk", "treaty");
    let submit = async |texts: &[String]| {
        let mut submission = submission(collection, texts);
        submission.items.iter_mut().for_each(|item| item.provenance = Some(bound.clone()));
        store.add_telling(submission).await.unwrap().outcomes
    };
    let texts = [indicator(1, 1, "2.1", "x"), url(2, "x")];
    for _ in 0..2 {
        assert!(submit(&texts).await.iter().all(|outcome| matches!(outcome, Outcome::Added(_))));
        store.delete(collection, ID, &every(), None).await.unwrap();
        store
            .delete(collection, texts[1].split('"').find(|part| part.starts_with("url--")).unwrap(), &every(), None)
            .await
            .unwrap();
    }
    assert_eq!(story(store, collection).await.len(), 4);
    submit(&texts).await;
    let origins = exchange.origins(collection, &[ID.to_owned()]).await.unwrap();
    assert_eq!(origins[ID], [Some(bound)]);
}

/// What was deleted is not brought back by an exchange, but by whoever submits it here; later versions come.
pub(super) async fn what_was_deleted_stays_so(store: &impl Store) {
    let [collection, _] = collections(store).await;
    if store.exchange().is_none() {
        return;
    }
    let texts = [indicator(1, 1, "2.1", "x"), url(2, "x")];
    bring(store, collection, &["a"], &texts).await;
    for text in &texts {
        let id = text.split('"').find(|part| part.contains("--0000")).unwrap();
        assert_eq!(store.delete(collection, id, &every(), None).await.unwrap(), 1);
    }
    assert_eq!(story(store, collection).await, Vec::<String>::new(), "it is for others to tell of what they gave");
    let again = bring(store, collection, &["b"], &texts).await;
    assert!(again.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Deleted(_))), "{again:?}");
    assert_eq!((again.status.failure_count, again.stamps.len()), (2, 0));
    let later = bring(store, collection, &["a"], &[indicator(1, 2, "2.1", "x"), url(2, "y")]).await;
    assert_eq!(later.status.success_count, 2);
    assert_eq!(add(store, collection, &texts).await.success_count, 2);
}

/// Nobody takes back what somebody else has given, whatever the word says; who may is obeyed, and told on.
pub(super) async fn only_who_gave_takes_back(store: &impl Store) {
    let [collection, other] = collections(store).await;
    let Some(exchange) = store.exchange() else { return };
    bring(store, collection, &["a", "b"], &[indicator(1, 1, "2.1", "x"), indicator(1, 2, "2.1", "x")]).await;
    bring(store, collection, &["c"], &[indicator(1, 3, "2.1", "x")]).await;
    add(store, collection, &[indicator(1, 4, "2.1", "x"), indicator(2, 1, "2.1", "x")]).await;
    bring(store, other, &["a", "b"], &[indicator(1, 1, "2.1", "x")]).await;
    let word = |path: &[&str], version: Option<&str>| Retraction {
        id: ID.to_owned(),
        version: version.map(str::to_owned),
        provenance: came(path),
    };
    let before = all(store, collection).await;
    let forged = [word(&["a", "x"], None), word(&["x"], None), word(&["b"], None), word(&["c", "x"], None)];
    let refused = exchange.retract(collection, &forged).await.unwrap();
    assert!(refused.iter().all(|told| told.gone.is_empty() && told.others), "{refused:?}");
    assert_eq!(all(store, collection).await, before, "nothing has happened");

    let mark = store.mark(collection).await.unwrap();
    let told = exchange.retract(collection, &[word(&["a", "b"], Some("2026-01-01T00:00:02Z"))]).await.unwrap();
    assert_eq!(told[0].gone.len(), 1);
    assert_eq!(story(store, collection).await, ["+1 01", "+1 03", "+1 04", "+2 01", "-1 02"]);
    assert!(store.mark(collection).await.unwrap().changes > mark.changes);
    assert_eq!(all(store, collection).await[4].provenance, Some(came(&["a", "b"])));
    exchange.retract(collection, &[word(&["a"], None), word(&["c"], None)]).await.unwrap();
    assert_eq!(story(store, collection).await, ["+1 04", "+2 01", "-1 02", "-1 01", "-1 03"]);
    let newest = super::records(store, collection, &super::filter("match[version]=first,last")).await;
    assert_eq!(newest.len(), 2, "how versions stand to each other is as if the others had never been: {newest:?}");
    assert_eq!(all(store, other).await.len(), 1);
}

/// Who has deleted for himself what others gave tells those who have it from him once its origin has taken it back.
pub(super) async fn the_word_is_passed_on(store: &impl Store) {
    let [collection, _] = collections(store).await;
    let Some(exchange) = store.exchange() else { return };
    bring(store, collection, &["a", "b"], &[indicator(1, 1, "2.1", "x")]).await;
    store.delete(collection, ID, &every(), None).await.unwrap();
    let word = |path: &[&str]| Retraction { id: ID.to_owned(), version: None, provenance: came(path) };
    exchange.retract(collection, &[word(&["a", "c"]), word(&["b"])]).await.unwrap();
    assert!(story(store, collection).await.is_empty());
    exchange.retract(collection, &[word(&["a", "b"])]).await.unwrap();
    assert_eq!(story(store, collection).await, ["-1 01"]);
    let again = store.mark(collection).await.unwrap();
    exchange.retract(collection, &[word(&["a", "b"])]).await.unwrap();
    assert_eq!((story(store, collection).await.len(), store.mark(collection).await.unwrap()), (1, again));
}

/// What has no dates is told apart by its content: what comes by several ways, in whatever order, is there once.
pub(super) async fn contents_come_once(store: &impl Store) {
    let [collection, _] = collections(store).await;
    if store.exchange().is_none() {
        return;
    }
    let texts = [url(1, "a"), url(1, "b"), url(1, "c")];
    for (way, order) in [("a", [0, 1, 2]), ("b", [2, 0, 1]), ("c", [1, 2, 0])] {
        for n in order {
            bring(store, collection, &[way], &[texts[n].clone()]).await;
        }
        bring(store, collection, &[way], &texts).await;
    }
    assert_eq!(all(store, collection).await.len(), 3);
}

/// Nothing is overwritten: what was there stays, and what was refused is kept, once, and not without end.
pub(super) async fn conflicts_are_kept(store: &impl Store) {
    let [collection, other] = collections(store).await;
    let Some(exchange) = store.exchange() else { return };
    add(store, collection, &[indicator(1, 1, "2.1", "ours")]).await;
    let theirs = indicator(1, 1, "2.1", "theirs");
    for _ in 0..2 {
        let told = bring(store, collection, &["a", "b"], std::slice::from_ref(&theirs)).await;
        assert!(matches!(&told.outcomes[..], [Outcome::Conflict(_)]));
    }
    assert_eq!(add(store, collection, &[indicator(1, 1, "2.1", "somebody's")]).await.failure_count, 1);
    let mut kept = exchange.conflicts(collection, 10).await.unwrap();
    kept.sort_by(|a, b| a.source.cmp(&b.source));
    let [first, second] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!((first.source.as_str(), first.refused.as_ref(), first.id.as_str()), ("b", Some(&theirs), ID));
    assert_eq!((second.source.as_str(), &second.kept), ("somebody", &first.kept));
    assert!(exchange.forget_conflict(collection, &first.digest).await.unwrap());
    assert!(!exchange.forget_conflict(other, &second.digest).await.unwrap());
    assert_eq!(exchange.conflicts(collection, 10).await.unwrap().len(), 1);
    let flood: Vec<String> = (0..Conflict::MOST + 5).map(|n| indicator(1, 1, "2.1", &format!("{n}"))).collect();
    bring(store, collection, &["b"], &flood).await;
    assert_eq!(exchange.conflicts(collection, usize::MAX).await.unwrap().len(), Conflict::MOST);
    assert_eq!(all(store, collection).await.len(), 1);
}

/// Promise 4: who does not see an entry does not see that it was deleted either.
pub(super) async fn deletions_are_seen_by_who_saw(store: &impl Store) {
    let [collection, _] = collections(store).await;
    if store.exchange().is_none() {
        return;
    }
    let red = stix_model::marking::tlp::RED.id();
    let secret = indicator(1, 1, "2.1", "x").replace('}', &format!(",\"object_marking_refs\":[\"{red}\"]}}"));
    add(store, collection, &[secret, indicator(2, 1, "2.1", "x"), indicator(3, 1, "2.1", "x")]).await;
    for id in [ID.to_owned(), ID.replace("0001", "0002")] {
        store.delete(collection, &id, &every(), None).await.unwrap();
    }
    assert_eq!(story(store, collection).await, ["+3 01", "-1 01", "-2 01"]);
    let labels = store.labels(collection).await.unwrap();
    let sight = |labels| Some(Arc::new(Sight::new(labels, Timestamp::from_micros(i64::MAX))));
    let seen = async |sight| changes(store, &Stretch { sight, ..Stretch::of(collection) }).await.entries;
    assert!(seen(sight(vec![0])).await.iter().all(|changed| changed.id != ID));
    assert_eq!(seen(sight(vec![0])).await.len(), 2);
    assert_eq!(seen(sight(vec![labels.labels[0].0])).await.len(), 1);
    let short = Some(Arc::new(Sight::new(vec![0], Timestamp::from_micros(0))));
    assert!(seen(short).await.is_empty());
}

/// The server keeps its id; nobody else speaks for a partner's server.
pub(super) async fn everybody_is_somebody(store: &impl Store) {
    let Some(exchange) = store.exchange() else { return };
    assert_eq!(exchange.server().await.unwrap(), exchange.server().await.unwrap());
    let partner = |holder: &str, server: &str| Partner {
        holder: Partner::account(holder),
        server: server.to_owned(),
        since: Timestamp::from_micros(7),
    };
    exchange.set_partner(&partner("b", "two")).await.unwrap();
    exchange.set_partner(&partner("a", "one")).await.unwrap();
    let taken = exchange.set_partner(&partner("a", "two")).await;
    assert!(matches!(taken, Err(crate::store::StoreError::Taken(_))), "{taken:?}");
    let changed = partner("a", "three");
    exchange.set_partner(&changed).await.unwrap();
    assert_eq!(exchange.partners().await.unwrap(), [changed, partner("b", "two")]);
    assert!(exchange.remove_partner("account:b").await.unwrap());
    assert!(!exchange.remove_partner("account:b").await.unwrap());
}

/// What was arranged is kept; a flow moves only from where it is.
pub(super) async fn arrangements_are_kept(store: &impl Store) {
    let Some(arrangements) = store.arrangements() else { return };
    let agreement = |id: &str, text: &str| KeptAgreement {
        id: id.to_owned(),
        text: text.to_owned(),
        digest: "d".to_owned(),
        added: Timestamp::from_micros(7),
    };
    for (id, text) in [("b", "1"), ("a", "2"), ("b", "3")] {
        arrangements.set_agreement(&agreement(id, text)).await.unwrap();
    }
    assert_eq!(arrangements.agreements().await.unwrap(), [agreement("a", "2"), agreement("b", "3")]);
    assert!(arrangements.remove_agreement("a").await.unwrap() && !arrangements.remove_agreement("a").await.unwrap());

    arrangements.set_flow("f", "{}").await.unwrap();
    let advance = async |from, to| arrangements.advance_flow("f", from, to, "{\"n\":1}").await.unwrap();
    assert!(advance(None, Some("1")).await && !advance(None, Some("2")).await && advance(Some("1"), Some("2")).await);
    assert!(!arrangements.advance_flow("g", None, Some("1"), "").await.unwrap());
    assert!(arrangements.pause_flow("f", true).await.unwrap() && !arrangements.pause_flow("g", true).await.unwrap());
    arrangements.set_flow("f", "{\"x\":1}").await.unwrap();
    let (settings, status) = ("{\"x\":1}".to_owned(), "{\"n\":1}".to_owned());
    let bookmark = Bookmark { position: Some("2".to_owned()), status: status.clone() };
    assert_eq!(arrangements.bookmark("f").await.unwrap(), Some(bookmark));
    let flow = KeptFlow { name: "f".to_owned(), settings, paused: true, status };
    assert_eq!(arrangements.flows().await.unwrap(), [flow]);

    let link = |original: &str, version: &str, derived: &str| Counterpart {
        flow: "f".to_owned(),
        original: original.to_owned(),
        version: version.to_owned(),
        derived: derived.to_owned(),
        derived_version: "v".to_owned(),
    };
    arrangements.link(&[link("o", "2", "x"), link("o", "1", "y"), link("p", "1", "z")]).await.unwrap();
    arrangements.link(&[link("o", "2", "w")]).await.unwrap();
    let known = arrangements.counterparts("f", &["o".to_owned()]).await.unwrap();
    assert_eq!(known, [link("o", "1", "y"), link("o", "2", "w")]);
    assert!(arrangements.remove_flow("f").await.unwrap() && arrangements.bookmark("f").await.unwrap().is_none());
    assert!(arrangements.counterparts("f", &["o".to_owned()]).await.unwrap().is_empty());
}

fn every() -> Selection {
    Selection::of(&super::filter("match[version]=all&match[spec_version]=2.0,2.1"))
}

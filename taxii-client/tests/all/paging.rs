//! Walking through pages (TAXII 2.1 §3.5).

use futures_util::{StreamExt, TryStreamExt};
use taxii_client::{Bookmark, Error, Filter, Query};

use crate::stub::{Stub, ok, reply};
use crate::{Warnings, collection, envelope, object, stamp};

fn typed() -> Query {
    let filter = Filter { types: Some(vec!["url".into()]), ..Filter::default() };
    Query { added_after: stamp(0).parse().ok(), limit: Some(2), next: None, filter }
}

/// TX-PAG-02, TX-FLT-12, TX-CLI-06, TX-CLI-07: by `next`, opaque, every other parameter kept.
/// Server fault: a `next` with a dozen special characters.
#[tokio::test]
async fn next_keeps_the_filters() {
    let stub = Stub::start(|seen, _| match seen.parameter("next").as_deref() {
        None => ok(envelope([1, 2], r#""more":true,"next":"a+/=&?#é 1","#)).last(&stamp(2)),
        Some("a+/=&?#é 1") => ok(envelope([3, 4], r#""more":true,"next":"b","#)).last(&stamp(4)),
        _ => ok(envelope([5], r#""more":false,"#)).last(&stamp(5)),
    });
    let objects = collection(&stub).objects(typed()).all().await.unwrap();
    let texts: Vec<&str> = objects.iter().map(|object| object.text.get()).collect();
    assert_eq!(texts, (1..=5).map(object).collect::<Vec<_>>(), "byte for byte, in order");
    let seen = stub.seen();
    assert_eq!(seen.len(), 3);
    for (request, next) in seen.iter().zip([None, Some("a+/=&?#é 1"), Some("b")]) {
        assert_eq!(request.parameter("next").as_deref(), next);
        assert_eq!(request.parameter("added_after"), Some(stamp(0)));
        assert_eq!(request.parameter("limit").as_deref(), Some("2"));
        assert_eq!(request.parameter("match[type]").as_deref(), Some("url"));
    }
}

/// TX-PAG-03, TX-CLI-06, TX-CLI-07: no `next`, so by the last date, filters kept.
#[tokio::test]
async fn falls_back_to_the_last_date() {
    let stub = Stub::start(|seen, _| match seen.parameter("added_after") {
        Some(after) if after == stamp(0) => ok(envelope([1, 2], r#""more":true,"#)).first(&stamp(1)).last(&stamp(2)),
        Some(after) if after == stamp(2) => ok(envelope([3], "")).first(&stamp(3)).last(&stamp(3)),
        other => panic!("{other:?}"),
    });
    let warnings = Warnings::default();
    let objects = warnings.collection(&stub).objects(typed()).all().await.unwrap();
    assert_eq!(objects.len(), 3);
    assert!(
        stub.seen()
            .iter()
            .all(|seen| seen.parameter("match[type]").as_deref() == Some("url") && seen.parameter("next").is_none())
    );
    assert!(warnings.all().contains("no \"next\""), "{}", warnings.all());
}

/// TX-PAG-04, TX-CLI-05: an empty page after `more:true` ends the walk, or does not.
#[tokio::test]
async fn empty_pages() {
    let stub = Stub::start(|_, n| ok(if n == 0 { envelope([1], r#""more":true,"next":"a","#) } else { "{}".into() }));
    assert_eq!(collection(&stub).objects(Query::default()).all().await.unwrap().len(), 1);
    let stub = Stub::start(|_, n| match n {
        0 => ok(r#"{"more":true,"next":"a"}"#),
        1 => ok(r#"{"more":true,"next":"b","objects":[]}"#),
        _ => ok(envelope([1], "")),
    });
    assert_eq!(collection(&stub).objects(Query::default()).all().await.unwrap().len(), 1);
}

/// TX-CLI-06: whatever a server does, the walk ends, and what was good has been handed out.
#[tokio::test]
async fn loop_guard() {
    type Script = fn(usize) -> crate::stub::Reply;
    let scripts: [(&str, Script, usize); 6] = [
        ("no next, no date", |_| ok(envelope([1], r#""more":true,"#)), 1),
        ("the same next for ever", |n| ok(envelope([n as u32], r#""more":true,"next":"a","#)), 2),
        ("the same date for ever", |n| ok(envelope([n as u32], r#""more":true,"#)).last(&stamp(7)), 2),
        ("new tokens, the same page", |n| ok(envelope([1, 2], &format!(r#""more":true,"next":"{n}","#))), 1),
        ("new tokens, nothing in the pages", |n| ok(format!(r#"{{"more":true,"next":"{n}"}}"#)), 100),
        ("two tokens in turn", |n| ok(envelope([n as u32], &format!(r#""more":true,"next":"{}","#, n % 2))), 3),
    ];
    for (fault, script, pages) in scripts {
        let stub = Stub::start(move |seen, n| if seen.path.contains("manifest") { reply(404, "") } else { script(n) });
        let mut walk = collection(&stub).objects(Query::default());
        let mut good = 0;
        let error = loop {
            match walk.next().await {
                Ok(Some(_)) => good += 1,
                Ok(None) => panic!("{fault}: ended as if complete"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Circle { .. }), "{fault}: {error}");
        assert_eq!(good, pages, "{fault}");
        assert!(stub.seen().len() <= pages + 2, "{fault}: {}", stub.seen().len());
        assert!(walk.next().await.is_ok_and(|page| page.is_none()), "{fault}");
    }
}

/// TX-CLI-08: the last date is kept for the next run, and an empty run keeps the old one.
#[tokio::test]
async fn bookmarks_between_runs() {
    let stub = Stub::start(|seen, _| match seen.parameter("added_after") {
        None => ok(envelope([1, 2], "")).first(&stamp(1)).last(&stamp(2)),
        Some(after) if after == stamp(2) => ok("{}"),
        other => panic!("{other:?}"),
    });
    let mut bookmark = Bookmark::default();
    for objects in [2, 0, 0] {
        let mut pages = collection(&stub).objects(Query::default()).resume(&bookmark);
        let page = pages.next().await.unwrap().unwrap();
        assert_eq!((page.entries.len(), page.more), (objects, false));
        assert!(pages.next().await.unwrap().is_none());
        let text = serde_json::to_string(&page.bookmark).unwrap();
        bookmark = serde_json::from_str(&text).unwrap();
        assert_eq!(bookmark.reached, stamp(2).parse().ok());
        assert!(!bookmark.is_midway());
    }
}

/// TX-CLI-08, and "tokens want identical filters": a walk goes on in its middle with the query it began with.
#[tokio::test]
async fn bookmarks_in_the_middle() {
    let stub = Stub::start(|seen, _| match seen.parameter("next").as_deref() {
        None => ok(envelope([1, 2], r#""more":true,"next":"a","#)).last(&stamp(2)),
        Some("a") => ok(envelope([3], "")).last(&stamp(3)),
        other => panic!("{other:?}"),
    });
    let page = collection(&stub).objects(typed()).next().await.unwrap().unwrap();
    assert!(page.bookmark.is_midway());
    let rest = collection(&stub).objects(typed()).resume(&page.bookmark).all().await.unwrap();
    assert_eq!(rest.len(), 1);
    let seen = stub.seen().pop().unwrap();
    assert_eq!((seen.parameter("next").as_deref(), seen.parameter("added_after")), (Some("a"), Some(stamp(0))));
}

/// TX-PAG-02 on all four endpoints (`next` is missing from two tables of the standard).
#[tokio::test]
async fn every_listing_pages() {
    let stub = Stub::start(|seen, _| {
        let (first, second) = match seen.path.rsplit('/').nth(1).unwrap() {
            "manifest" => (
                r#"{"more":true,"next":"n","objects":[{"id":"x--1","date_added":"2026-01-01T00:00:00Z","version":"v"}]}"#.to_owned(),
                r#"{"objects":[{"id":"x--2","date_added":"2026-01-01T00:00:00.5Z","version":"v","media_type":"m","x_new":1}]}"#.to_owned(),
            ),
            "versions" => (r#"{"more":true,"next":"n","versions":["a"]}"#.to_owned(), r#"{"versions":["b"]}"#.to_owned()),
            _ => (envelope([1], r#""more":true,"next":"n","#), envelope([2], "")),
        };
        ok(if seen.parameter("next").is_some() { second } else { first })
    });
    let collection = collection(&stub);
    assert_eq!(collection.objects(Query::default()).all().await.unwrap().len(), 2);
    assert_eq!(collection.object("x--1", Query::default()).all().await.unwrap().len(), 2);
    assert_eq!(collection.manifest(Query::default()).all().await.unwrap().len(), 2);
    assert_eq!(collection.versions("x--1", Query::default()).all().await.unwrap(), ["a", "b"]);
}

/// The same walk as a stream of objects.
#[tokio::test]
async fn streams() {
    let stub = Stub::start(|_, n| {
        ok(envelope(
            [n as u32],
            if n < 2 { ["\"more\":true,\"next\":\"a\",", "\"more\":true,\"next\":\"b\","][n] } else { "" },
        ))
    });
    let ids: Vec<_> = collection(&stub)
        .objects(Query::default())
        .entries()
        .boxed()
        .map_ok(|object| object.text.get().len())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(ids.len(), 3);
}

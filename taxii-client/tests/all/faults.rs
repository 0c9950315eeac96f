//! What other people's servers do wrong and the client puts up with.

use taxii_client::{Bookmark, Collection, Query};

use crate::stub::{Reply, Stub, TAXII, ok, reply};
use crate::{Warnings, builder, client, collection, envelope, object, stamp};

/// TX-CLI-03, and the fault "other content types, or none": read all the same, with a warning if wrong.
#[tokio::test]
async fn content_types() {
    for (content_type, warned) in [
        (Some(TAXII), false),
        (Some("application/taxii+json; version=2.1"), false),
        (Some("Application/TAXII+JSON;Version=\"2.1\""), false),
        (Some("application/taxii+json;charset=utf-8;version=2.1"), false),
        (Some("application/taxii+json"), false),
        (Some("application/stix+json;version=2.1"), true),
        (Some("application/json; charset=utf-8"), true),
        (Some("text/html"), true),
        (Some(""), true),
        (None, true),
    ] {
        let stub = Stub::start(move |_, _| match content_type {
            Some(value) => ok(envelope([1], "")).with("content-type", value),
            None => ok(envelope([1], "")).without("content-type"),
        });
        let warnings = Warnings::default();
        let objects = warnings.collection(&stub).objects(Query::default()).all().await.unwrap();
        assert_eq!((objects.len(), warnings.all().contains("content type")), (1, warned), "{content_type:?}");
    }
}

/// Fault: `{}`, an empty body, 204, `objects: null` when nothing matches (TX-CLI-05).
#[tokio::test]
async fn nothing_in_many_forms() {
    for answer in [
        ok("{}"),
        ok(""),
        ok(" \n"),
        reply(204, ""),
        ok(r#"{"objects":null}"#),
        ok(r#"{"objects":[],"more":false,"next":null}"#),
        ok("\u{feff}{}"),
    ] {
        let stub = Stub::start(move |_, _| answer.clone());
        let collection = collection(&stub);
        let mut pages = collection.objects(Query::default());
        let page = pages.next().await.unwrap().unwrap();
        assert!(page.entries.is_empty() && !page.more);
        assert!(pages.next().await.unwrap().is_none());
        assert!(collection.manifest(Query::default()).all().await.unwrap().is_empty());
        assert!(collection.versions("x--1", Query::default()).all().await.unwrap().is_empty());
    }
    let stub = Stub::start(|_, _| ok(r#"{"collections":null}"#));
    assert!(client(&stub.url("/")).api_root(&stub.url("/api1/")).unwrap().collections().await.unwrap().is_empty());
}

/// Fault: `more:true` with neither `next` nor a date: the date comes from the manifest.
#[tokio::test]
async fn the_manifest_knows_the_date() {
    let stub = Stub::start(|seen, _| match (seen.path.contains("manifest"), seen.parameter("added_after")) {
        (true, _) => {
            assert!(seen.parameter("match[id]").unwrap().ends_with('2'));
            ok(format!(
                r#"{{"objects":[{{"id":"url--00000000-0000-4000-8000-000000000002","date_added":"{}","version":"v"}}]}}"#,
                stamp(2)
            ))
        }
        (_, None) => ok(envelope([1, 2], r#""more":true,"#)),
        (_, Some(after)) if after == stamp(2) => ok(envelope([3], "")),
        (_, other) => panic!("{other:?}"),
    });
    let warnings = Warnings::default();
    assert_eq!(warnings.collection(&stub).objects(Query::default()).all().await.unwrap().len(), 3);
    assert!(warnings.all().contains("from the manifest"), "{}", warnings.all());
}

/// Fault: a `next` without `more`. Trusted only when told.
#[tokio::test]
async fn next_without_more() {
    for trusting in [false, true] {
        let stub = Stub::start(|seen, _| {
            ok(if seen.query.is_empty() { envelope([1], r#""next":"a","#) } else { envelope([2], "") })
        });
        let client = builder(&stub.url("/")).next_means_more(trusting).build().unwrap();
        let collection = client.api_root(&stub.url("/api1/")).unwrap().collection("c1").unwrap();
        assert_eq!(collection.objects(Query::default()).all().await.unwrap().len(), 1 + usize::from(trusting));
    }
}

/// Fault: `added_after` is inclusive: what was seen is dropped, in a walk and between runs.
#[tokio::test]
async fn inclusive_added_after() {
    let stub = Stub::start(|seen, _| match seen.parameter("added_after") {
        None => ok(envelope([1, 2], r#""more":true,"#)).last(&stamp(2)),
        Some(after) if after == stamp(2) => ok(envelope([2, 3], "")).last(&stamp(3)),
        Some(after) if after == stamp(3) => ok(envelope([3], "")).last(&stamp(3)),
        other => panic!("{other:?}"),
    });
    let warnings = Warnings::default();
    let mut bookmark = Bookmark::default();
    let mut got = Vec::new();
    for _ in 0..2 {
        let mut pages = warnings.collection(&stub).objects(Query::default()).resume(&bookmark);
        while let Some(page) = pages.next().await.unwrap() {
            got.extend(page.entries.into_iter().map(|entry| entry.text.get().to_owned()));
            bookmark = serde_json::from_str(&serde_json::to_string(&page.bookmark).unwrap()).unwrap();
        }
    }
    assert_eq!(got, (1..=3).map(object).collect::<Vec<_>>());
    assert!(warnings.all().contains("not exclusive"), "{}", warnings.all());
}

/// Fault: paging is ignored altogether: the first page again and again.
#[tokio::test]
async fn paging_is_ignored() {
    let stub = Stub::start(|_, _| ok(envelope([1, 2], r#""more":true,"#)).last(&stamp(2)));
    let mut pages = collection(&stub).objects(Query::default());
    assert_eq!(pages.next().await.unwrap().unwrap().entries.len(), 2);
    let error = pages.next().await.unwrap_err();
    assert!(error.to_string().contains("took no notice"), "{error}");
}

/// Fault: the two dates swapped, going backwards, or no dates at all.
#[tokio::test]
async fn odd_dates() {
    for (first, last, reached) in [
        (stamp(9), stamp(1), Some(stamp(9))),
        ("undefined".into(), "undefined".into(), None),
        ("".into(), "None".into(), None),
        ("2026-11-22T10:00:00+00:00".into(), "2026-11-22T10:00:00.000005+00:00".into(), Some(stamp(5))),
    ] {
        let answer = ok(envelope([1], "")).first(&first).last(&last);
        let stub = Stub::start(move |_, _| answer.clone());
        let page = collection(&stub).objects(Query::default()).next().await.unwrap().unwrap();
        assert_eq!(page.bookmark.reached.map(|stamp| stamp.to_string()), reached, "{first} {last}");
    }
    let stub = Stub::start(|seen, _| match seen.parameter("next") {
        None => ok(envelope([1], r#""more":true,"next":"a","#)).last(&stamp(9)),
        _ => ok(envelope([2], "")).last(&stamp(3)),
    });
    let warnings = Warnings::default();
    let mut pages = warnings.collection(&stub).objects(Query::default());
    pages.next().await.unwrap();
    assert_eq!(pages.next().await.unwrap().unwrap().bookmark.reached, stamp(9).parse().ok());
    assert!(warnings.all().contains("do not go forward"), "{}", warnings.all());
}

/// Fault: tokens that expire: the walk goes on by date, nothing twice.
#[tokio::test]
async fn expired_tokens() {
    let stub = Stub::start(|seen, _| match (seen.parameter("next"), seen.parameter("added_after")) {
        (None, None) => ok(envelope([1, 2], r#""more":true,"next":"a","#)).last(&stamp(2)),
        (Some(_), _) => reply(400, r#"{"title":"Invalid next"}"#),
        (None, Some(after)) if after == stamp(2) => ok(envelope([2, 3], "")).last(&stamp(3)),
        other => panic!("{other:?}"),
    });
    let warnings = Warnings::default();
    assert_eq!(warnings.collection(&stub).objects(Query::default()).all().await.unwrap().len(), 3);
    assert!(warnings.all().contains("refused its own \"next\""), "{}", warnings.all());
    let stub =
        Stub::start(|_, n| if n == 0 { ok(envelope([1], r#""more":true,"next":"a","#)) } else { reply(400, "") });
    assert!(collection(&stub).objects(Query::default()).all().await.is_err(), "without a date there is no way on");
}

/// Fault: roots under internal names, plain http behind a proxy, a default that is not listed,
/// `display_name` for `title`; numeric and other ids that are no UUIDs.
#[tokio::test]
async fn odd_resources() {
    let stub = Stub::start(|seen, _| match seen.path.as_str() {
        "/taxii2/" => ok(r#"{"display_name":"no title","default":"/root","api_roots":["/other/"],"x_more":{}}"#),
        "/root/" => ok(r#"{"display_name":"r"}"#),
        "/root/collections/" => ok(
            r#"{"collections":[{"id":107,"title":"Feed","can_read":true,"can_write":false,"x_more":1},{"id":"a b/c","title":null},{"title":"no id"},7]}"#,
        ),
        "/root/collections/107/objects/" | "/root/collections/a%20b%2Fc/objects/" => ok(envelope([1], "")),
        other => panic!("{other}"),
    });
    let warnings = Warnings::default();
    let discovery = warnings.catch(builder(&stub.url("/taxii2/"))).build().unwrap().discovery().await.unwrap();
    assert_eq!(discovery.info().title, "no title");
    let root = discovery.default_root().unwrap();
    assert!(warnings.all().contains("not among the api_roots"), "{}", warnings.all());
    assert_eq!(root.info().await.unwrap().title, "r");
    let collections = root.collections().await.unwrap();
    assert_eq!(collections.iter().map(Collection::id).collect::<Vec<_>>(), ["107", "a b/c"]);
    for collection in collections {
        assert_eq!(collection.objects(Query::default()).all().await.unwrap().len(), 1);
    }
}

/// Fault: bundles among the objects are unpacked, their objects byte for byte.
#[tokio::test]
async fn nested_bundles() {
    let inside = "{ \"type\":\"x-y\", \"id\":\"x-y--1\", \"n\":1.0 }";
    let body = format!(r#"{{"objects":[{},{{"type":"bundle","id":"bundle--1","objects":[{inside}]}}]}}"#, object(1));
    let stub = Stub::start(move |_, _| ok(body.clone()));
    let warnings = Warnings::default();
    let objects = warnings.collection(&stub).objects(Query::default()).all().await.unwrap();
    assert_eq!(objects.iter().map(|object| object.text.get()).collect::<Vec<_>>(), [object(1).as_str(), inside]);
    assert!(warnings.all().contains("unpacked 1 bundles"), "{}", warnings.all());
}

/// TX-CUS-05: unknown properties in every resource are passed over. TX-CLI-04: every property is there.
#[tokio::test]
async fn full_resources() {
    let stub = Stub::start(|seen, _| -> Reply {
        ok(match seen.path.as_str() {
            "/taxii2/" => {
                r#"{"title":"t","description":"d","contact":"c","default":"/api1/","api_roots":["/api1/"],"x_v":1}"#
            }
            "/api1/" => {
                r#"{"title":"t","description":"d","versions":["application/taxii+json;version=2.1"],"max_content_length":5,"x_v":null}"#
            }
            "/api1/collections/" => {
                r#"{"x_v":[],"collections":[{"id":"c1","title":"t","description":"d","alias":"a","can_read":true,"can_write":true,"media_types":["application/stix+json;version=2.1"],"x_v":1}]}"#
            }
            "/api1/status/s/" => {
                r#"{"id":"2d086da7-4bdc-4f91-900e-d77486753710","status":"pending","request_timestamp":"2026-01-01T00:00:00.000000Z","total_count":3,"success_count":1,"successes":[{"id":"a","version":"v","message":"m","x_v":1}],"failure_count":1,"failures":[{"id":"b","version":"v","message":"m"}],"pending_count":1,"pendings":[{"id":"c","version":"v","message":"m"}],"x_v":{}}"#
            }
            other => panic!("{other}"),
        })
    });
    let discovery = client(&stub.url("/taxii2/")).discovery().await.unwrap();
    let info = discovery.info();
    assert_eq!((info.description.as_deref(), info.contact.as_deref()), (Some("d"), Some("c")));
    let root = discovery.root("api1").unwrap();
    let info = root.info().await.unwrap();
    assert_eq!((info.description.as_deref(), info.versions.len(), info.max_content_length), (Some("d"), 1, 5));
    let collection = root.collections().await.unwrap().remove(0);
    let info = collection.resource().unwrap();
    assert_eq!(
        (info.alias.as_deref(), info.description.as_deref(), info.can_read, info.can_write, info.media_types.len()),
        (Some("a"), Some("d"), true, true, 1)
    );
    let status = root.status("s").await.unwrap();
    assert_eq!(
        (status.total_count, status.successes.len(), status.failures.len(), status.pendings.len()),
        (3, 1, 1, 1)
    );
    assert!(status.request_timestamp.is_some() && status.pendings[0].message.as_deref() == Some("m"));
}

/// TX-SEC-06: whatever bytes come, there is a result or an error, and no panic.
#[tokio::test]
async fn hostile_bytes() {
    let deep = format!(r#"{{"objects":[{}]}}"#, "[".repeat(100_000));
    let wrong = [
        r#"{"objects":{}}"#,
        r#"{"objects":"x"}"#,
        r#"{"objects":[1,null,"x",[]]}"#,
        r#"{"more":{},"next":[],"objects":[{"id":7,"type":[]}]}"#,
        "\u{0}",
        "null",
        "{\"a\":1}{",
        r#"{"objects":[{"a":1,"a":2}]}"#,
        r#"{"objects":[{}],"objects":[{}]}"#,
        &deep,
    ];
    for body in wrong.map(ToOwned::to_owned) {
        let sent = body.clone();
        let stub = Stub::start(move |_, _| ok(sent.clone()).last("\u{7f}x"));
        let collection = collection(&stub);
        let _ = collection.objects(Query::default()).all().await;
        let _ = collection.manifest(Query::default()).all().await;
        let _ = collection.versions("x--1", Query::default()).all().await;
        let _ = collection.described().await;
        let _ = collection.root().collections().await;
        let _ = collection.root().status("s").await;
    }
}

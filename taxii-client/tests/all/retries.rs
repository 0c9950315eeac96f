//! When requests are made again, and when not.

use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use taxii_client::{Deletion, Query};

use crate::stub::{Reply, Stub, ok, reply};
use crate::{Warnings, builder, collection, envelope, object};

/// 429, 502, 503, 504 and broken connections, with and without `Retry-After` (TX-SEC-07): a GET is made
/// again, other statuses are not.
#[tokio::test]
async fn gets_are_repeated() {
    for (fault, asked) in [
        (reply(429, ""), 3),
        (reply(502, "<html>"), 3),
        (reply(503, ""), 3),
        (Reply::hang_up(), 3),
        (reply(500, ""), 1),
        (reply(404, ""), 1),
        (reply(401, ""), 1),
        (reply(503, "").with("retry-after", "3600"), 1),
    ] {
        let answer = fault.clone();
        let stub = Stub::start(move |_, n| if n < 2 { answer.clone() } else { ok("{}") });
        let outcome = collection(&stub).objects(Query::default()).all().await;
        assert_eq!((stub.seen().len(), outcome.is_ok()), (asked, asked == 3), "{fault:?}");
    }
}

/// `Retry-After` is honoured.
#[tokio::test]
async fn retry_after_is_honoured() {
    let stub = Stub::start(|_, n| if n == 0 { reply(429, "").with("retry-after", "1") } else { ok("{}") });
    let begin = Instant::now();
    let warnings = Warnings::default();
    warnings.collection(&stub).objects(Query::default()).all().await.unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(1), "{:?}", begin.elapsed());
    assert!(warnings.all().contains("trying again in 1 s"), "{}", warnings.all());
}

/// What changes something is not made again, unless it cannot have arrived or was turned away at the door.
#[tokio::test]
async fn posts_and_deletes_are_not_repeated() {
    for (fault, asked) in [(reply(503, ""), 1), (reply(502, ""), 1), (Reply::hang_up(), 1), (reply(429, ""), 3)] {
        let answer = fault.clone();
        let stub = Stub::start(move |seen, _| match seen.method.as_str() {
            "GET" => ok(r#"{"title":"r","max_content_length":9000}"#),
            _ => answer.clone(),
        });
        let collection = collection(&stub);
        let stopped = collection.push([RawValue::from_string(object(1)).unwrap()]).await.unwrap_err();
        assert_eq!((stopped.summary.accepted, stopped.summary.undecided), (0, 1), "{fault:?}");
        collection.delete("x--1", &Deletion::default()).await.unwrap_err();
        let count = |method: &str| stub.seen().iter().filter(|seen| seen.method == method).count();
        assert_eq!((count("POST"), count("DELETE")), (asked, asked), "{fault:?}");
    }
}

/// Server faults "413 on own large pages" and timeouts: half the limit.
#[tokio::test]
async fn pages_that_are_too_much_are_halved() {
    let slow = || ok("{}").after(Duration::from_secs(120));
    for fault in [reply(413, ""), reply(504, ""), slow(), ok(vec![b' '; 5000])] {
        let stub =
            Stub::start(move |seen, _| match seen.parameter("limit").and_then(|limit| limit.parse::<u32>().ok()) {
                Some(..=125) => ok(envelope([1], "")),
                _ => fault.clone(),
            });
        let warnings = Warnings::default();
        let client = warnings
            .catch(builder(&stub.url("/")))
            .timeout(Duration::from_secs(3))
            .largest_answer(4000)
            .build()
            .unwrap();
        let collection = client.api_root(&stub.url("/api1/")).unwrap().collection("c1").unwrap();
        let objects = collection.objects(Query::default()).all().await.unwrap();
        assert_eq!(objects.len(), 1);
        let mut limits: Vec<_> = stub.seen().iter().map(|seen| seen.parameter("limit")).collect();
        limits.dedup();
        assert_eq!(limits, [None, Some("500".into()), Some("250".into()), Some("125".into())]);
        assert!(warnings.all().contains("asking for 125 at a time"), "{}", warnings.all());
    }
    let stub = Stub::start(|_, _| reply(413, ""));
    let error = collection(&stub).objects(Query { limit: Some(4), ..Query::default() }).next().await.unwrap_err();
    assert!(error.is_too_large(), "{error}");
    assert_eq!(stub.queries(), ["limit=4", "limit=2", "limit=1"]);
}

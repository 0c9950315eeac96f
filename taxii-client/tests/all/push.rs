//! Adding objects (TAXII 2.1 §5.5, §4.3).

use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;
use taxii_client::{Collection, PushOptions, PushSummary};

use crate::stub::{Reply, Seen, Stub, ok, reply};
use crate::{Warnings, object};

const ID: &str = "2d086da7-4bdc-4f91-900e-d77486753710";

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

fn root(max_content_length: impl std::fmt::Display) -> Reply {
    ok(format!(
        r#"{{"title":"r","versions":["application/taxii+json;version=2.1"],"max_content_length":{max_content_length}}}"#
    ))
}

/// The ids in the body of a POST.
fn ids(seen: &Seen) -> Vec<String> {
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    body["objects"].as_array().unwrap().iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect()
}

fn accepted(seen: &Seen) -> Reply {
    let n = ids(seen).len();
    reply(
        202,
        format!(
            r#"{{"id":"{ID}","status":"complete","total_count":{n},"success_count":{n},"failure_count":0,"pending_count":0,"x_more":1}}"#
        ),
    )
}

fn posts(stub: &Stub) -> Vec<Seen> {
    stub.seen().into_iter().filter(|seen| seen.method == "POST").collect()
}

async fn push(collection: &Collection, texts: impl IntoIterator<Item = String>) -> PushSummary {
    collection.push(texts.into_iter().map(|text| raw(&text))).await.unwrap()
}

/// TX-API-06, TX-CLI-09: no body beyond `max_content_length`, every object once, in order, byte for byte.
#[tokio::test]
async fn splits_by_max_content_length() {
    let one = object(100).len() as u64;
    for (limit, requests) in
        [(5000, 3), (one * 41 + 40 + 14, 3), (one * 50 + 49 + 14, 2), (one * 50 + 49 + 13, 3), (1 << 20, 1)]
    {
        let stub = Stub::start(move |seen, _| if seen.method == "GET" { root(limit) } else { accepted(seen) });
        let summary = push(&crate::collection(&stub), (100..200).map(object)).await;
        assert_eq!((summary.accepted, summary.is_complete(), summary.total()), (100, true, 100));
        let posts = posts(&stub);
        assert!(posts.iter().all(|seen| seen.body.len() as u64 <= limit), "{limit}");
        let all: String = posts.iter().map(|seen| String::from_utf8(seen.body.clone()).unwrap()).collect();
        let expected = (100..200).map(object).collect::<Vec<_>>();
        assert!(expected.iter().all(|text| all.matches(text.as_str()).count() == 1));
        if limit != 5000 {
            assert_eq!(posts.len(), requests, "{limit}");
        }
        assert_eq!(summary.requests as usize, posts.len());
    }
}

/// TX-ADD-02, TX-ENV-01: the body is an envelope and nothing else, and objects keep every byte.
#[tokio::test]
async fn objects_go_verbatim() {
    let odd = "{ \"type\":\"x-y\",\n\t\"id\" : \"x-y--1\", \"n\": 1.50e+2, \"t\":\"2020-01-01T00:00:00.1000000Z\", \"u\":\"\\u00e9é\" }";
    let stub = Stub::start(|seen, _| if seen.method == "GET" { root(9000) } else { accepted(seen) });
    push(&crate::collection(&stub), [odd.to_owned(), object(2)]).await;
    assert_eq!(
        String::from_utf8(posts(&stub)[0].body.clone()).unwrap(),
        format!("{{\"objects\":[{odd},{}]}}", object(2))
    );
}

/// TX-CLI-09: an object alone over the limit is reported, the others go.
#[tokio::test]
async fn an_object_over_the_limit_is_reported() {
    let stub = Stub::start(|seen, _| if seen.method == "GET" { root(5000) } else { accepted(seen) });
    let large = format!(r#"{{"type":"url","id":"url--large","value":"{}"}}"#, "x".repeat(5000));
    let summary = push(&crate::collection(&stub), [object(1), large, object(2)]).await;
    assert_eq!((summary.accepted, summary.refused.len(), summary.total()), (2, 1, 3));
    assert_eq!(summary.refused[0].id, "url--large");
    assert!(summary.refused[0].reason.contains("at most 4986"), "{}", summary.refused[0].reason);
}

/// Server fault: `max_content_length` absurdly small (100) or missing.
#[tokio::test]
async fn absurd_limits_are_not_believed() {
    for stated in ["100", "0", "null", "\"100\""] {
        let stub = Stub::start(move |seen, _| if seen.method == "GET" { root(stated) } else { accepted(seen) });
        let warnings = Warnings::default();
        let summary = push(&warnings.collection(&stub), (0..50).map(object)).await;
        assert_eq!((summary.accepted, posts(&stub).len()), (50, 1), "{stated}");
        assert!(warnings.all().contains("too little for any object; using 1048576"), "{}", warnings.all());
    }
}

/// A server (or the proxy before it) that takes less than it says: smaller and smaller until it fits.
#[tokio::test]
async fn too_large_is_cut_in_two() {
    let stub = Stub::start(|seen, _| match seen.method.as_str() {
        "GET" => root(1 << 20),
        _ if seen.body.len() > 3000 => reply(413, "<html>nginx</html>"),
        _ => accepted(seen),
    });
    let summary = push(&crate::collection(&stub), (0..100).map(object)).await;
    assert_eq!((summary.accepted, summary.is_complete()), (100, true));
    let taken: Vec<String> = posts(&stub).iter().filter(|seen| seen.body.len() <= 3000).flat_map(ids).collect();
    assert_eq!(taken.len(), 100, "each once");
    assert!(taken.is_sorted(), "in order");
}

/// Server fault: the whole request is refused for one bad object (medallion, arango). The others get in.
#[tokio::test]
async fn the_object_at_fault_is_found() {
    for status in [422, 400] {
        let stub = Stub::start(move |seen, _| match seen.method.as_str() {
            "GET" => root(1 << 20),
            _ if String::from_utf8_lossy(&seen.body).contains("example.com/13\"") => {
                reply(status, r#"{"title":"Unprocessable","description":"number 13"}"#)
            }
            _ => accepted(seen),
        });
        let summary = push(&crate::collection(&stub), (0..50).map(object)).await;
        assert_eq!((summary.accepted, summary.refused.len()), (49, 1));
        assert!(
            summary.refused[0].id.ends_with("13") && summary.refused[0].reason.contains("number 13"),
            "{:?}",
            summary.refused
        );
    }
    let stub = Stub::start(|seen, _| if seen.method == "GET" { root(1 << 20) } else { reply(422, "") });
    let summary = push(&crate::collection(&stub), (0..1000).map(object)).await;
    assert_eq!((summary.accepted, summary.refused.len()), (0, 1000));
    assert!(posts(&stub).len() <= 2 * 64 + 1, "{} requests", posts(&stub).len());
}

fn counted(state: &str, success: u32, failures: &str, pending: u32) -> String {
    let failed = failures.matches("\"id\"").count();
    let total = success + failed as u32 + pending;
    format!(
        r#"{{"id":"{ID}","status":"{state}","request_timestamp":"2026-01-01T00:00:00.000000Z","total_count":{total},"success_count":{success},"failure_count":{failed},"failures":[{failures}],"pending_count":{pending}}}"#
    )
}

/// TX-ADD-07, TX-CLI-10, TX-STS-04: polls while pending, stops at complete; counts and messages arrive.
#[tokio::test]
async fn polls_until_complete() {
    let failure = r#"{"id":"url--00000000-0000-4000-8000-000000000002","version":"v","message":"no good"}"#;
    let stub = Stub::start(move |seen, n| match seen.path.as_str() {
        "/api1/" => root(9000),
        path if path.starts_with("/api1/status/") => {
            ok(if n < 4 { counted("pending", 1, "", 2) } else { counted("complete", 2, failure, 0) })
        }
        _ => reply(202, counted("pending", 0, "", 3)),
    });
    let collection = crate::collection(&stub);
    let mut push = collection.start_push(until_decided(Duration::from_secs(60))).await.unwrap();
    for n in 1..=3 {
        push.add(raw(&object(n))).await.unwrap();
    }
    let summary = push.finish().await.unwrap();
    assert_eq!((summary.accepted, summary.undecided, summary.refused.len()), (2, 0, 1));
    assert_eq!((summary.refused[0].reason.as_str(), summary.refused[0].version.as_str()), ("no good", "v"));
    assert_eq!(summary.statuses, [ID]);
    assert_eq!(stub.lines().last().unwrap(), &format!("GET /api1/status/{ID}/"));
    assert_eq!(stub.seen().len(), 5);
}

/// Asks soon, and for so long.
fn until_decided(deadline: Duration) -> PushOptions {
    let mut options = PushOptions::default();
    (options.first_look, options.deadline) = (Duration::from_millis(5), deadline);
    options
}

/// TX-CLI-10: stops at 404 and at the deadline; what is not decided is counted as that.
#[tokio::test]
async fn polling_has_an_end() {
    for (status, polls) in [(404, 1..2), (200, 2..9)] {
        let stub = Stub::start(move |seen, _| match seen.path.as_str() {
            "/api1/" => root(9000),
            path if path.starts_with("/api1/status/") => {
                reply(status, if status == 200 { counted("pending", 1, "", 2) } else { String::new() })
            }
            _ => reply(202, counted("pending", 1, "", 2)),
        });
        let mut push = crate::collection(&stub).start_push(until_decided(Duration::from_secs(1))).await.unwrap();
        for n in 1..=3 {
            push.add(raw(&object(n))).await.unwrap();
        }
        let summary = push.finish().await.unwrap();
        assert_eq!((summary.accepted, summary.undecided), (1, 2));
        let polled = stub.seen().iter().filter(|seen| seen.path.contains("status")).count();
        assert!(polls.contains(&polled), "{status}: {polled}");
    }
}

/// TX-STS-05 and server faults: counts that are null (OpenCTI), failures without lists, answers that are
/// no status at all. Nothing is claimed that the server did not say, and the sums hold.
#[tokio::test]
async fn odd_statuses() {
    for (body, accepted, refused, undecided) in [
        (
            format!(
                r#"{{"id":"{ID}","status":"complete","total_count":null,"success_count":null,"failure_count":null}}"#
            ),
            3,
            0,
            0,
        ),
        (
            format!(r#"{{"id":"{ID}","status":"complete","total_count":3,"success_count":1,"failure_count":2}}"#),
            1,
            2,
            0,
        ),
        (format!(r#"{{"id":"{ID}","status":"complete","failure_count":99}}"#), 0, 3, 0),
        (
            format!(
                r#"{{"id":"{ID}","status":"complete","failures":[{{"id":"a"}},{{"id":"b"}},{{"id":"c"}},{{"id":"d"}}]}}"#
            ),
            0,
            3,
            0,
        ),
        ("<html>thanks</html>".to_owned(), 0, 0, 3),
        (String::new(), 0, 0, 3),
        (r#"{"id":7,"status":"done"}"#.to_owned(), 0, 0, 3),
    ] {
        let answer = body.clone();
        let stub =
            Stub::start(move |seen, _| if seen.method == "GET" { root(9000) } else { reply(202, answer.clone()) });
        let summary = push(&crate::collection(&stub), (0..3).map(object)).await;
        assert_eq!(
            (summary.accepted, summary.refused.len(), summary.undecided),
            (accepted, refused, undecided),
            "{body}"
        );
    }
}

/// A push that breaks off says what was done, and that repeating it does no harm.
#[tokio::test]
async fn a_broken_push_is_accounted_for() {
    let stub = Stub::start(|seen, n| match (seen.method.as_str(), n) {
        ("GET", _) => root(5000),
        (_, 1) => accepted(seen),
        _ => Reply::hang_up(),
    });
    let texts: Vec<_> = (0..100).map(|n| raw(&object(n))).collect();
    let stopped = crate::collection(&stub).push(texts).await.unwrap_err();
    assert!(stopped.error.is_unreachable());
    assert!(stopped.summary.accepted > 0 && stopped.summary.undecided > 0);
    assert!(stopped.to_string().contains("does no harm"), "{stopped}");
}

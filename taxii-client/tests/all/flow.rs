//! Collections as ends of a flow, against scripted servers, some of them malicious.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use sharing::flow::{Counters, Fault, Flow, Folder, InMemory, Options, Provenance, Sink, State, Waits};
use taxii_client::flow::Remote;

use crate::stub::{Reply, Seen, Stub, ok, reply};
use crate::{client, envelope, object, stamp};

fn remote(stub: &Stub) -> Remote {
    let client =
        taxii_client::Client::builder(&stub.url("/api1/")).retry(taxii_client::Retry::never()).build().unwrap();
    Remote::new(client.api_root(&stub.url("/api1/")).unwrap().collection("c1").unwrap())
}

fn json(body: String) -> Reply {
    ok(body).with("content-type", "application/json")
}

fn quick() -> Options {
    let mut options = Options::default();
    options.waits = Waits { attempts: 3, first: Duration::from_millis(5), ..Waits::default() };
    options
}

/// Runs a flow from there into a folder; what it did, how it ended, and its state.
async fn into_folder(
    source: &Stub,
    folder: &tempfile::TempDir,
    notes: &Arc<InMemory>,
) -> (Counters, Option<Fault>, State) {
    let sink = Arc::new(Folder::new(folder.path()));
    let mut flow = Flow::new("f", Arc::new(remote(source)), sink, notes.clone()).options(quick());
    let fault = flow.run().await.err();
    let state = flow.status().borrow().state.clone();
    (state.counters.clone(), fault, state)
}

fn begin() -> (tempfile::TempDir, Arc<InMemory>) {
    (tempfile::tempdir().unwrap(), Arc::default())
}

/// One of ours: `changes/` is asked, page by page, as JSON; deletions and what is malformed come along and take nothing with them;
/// the next run goes on where this one was.
#[tokio::test]
async fn changes_are_taken_from_our_own_servers() {
    let source = Stub::start(|seen, _| {
        assert_eq!(
            (seen.path.as_str(), seen.header("accept")),
            ("/api1/collections/c1/changes/", Some("application/json"))
        );
        let row = |n: u32| format!(r#"{{"object":{},"origin":"o","hops":2,"path":["o","a"]}}"#, object(n));
        let answer = |more: bool, next: u32, rows: &str| {
            json(format!(r#"{{"more":{more},"next":"{next}","server":"a","remaining":9,"changes":[{rows}]}}"#))
        };
        match seen.parameter("after").as_deref() {
            None => answer(true, 1, &format!("{},7,{}", row(1), row(2))),
            Some("1") => answer(
                false,
                2,
                r#"{"deleted":"url--00000000-0000-4000-8000-000000000001","origin":"o","hops":2,"path":["o","a"]}"#,
            ),
            Some("2") => answer(false, 2, ""),
            Some(other) => panic!("{other}"),
        }
    });
    let (folder, notes) = begin();
    let (done, fault, state) = into_folder(&source, &folder, &notes).await;
    assert_eq!((done.received, done.added, fault), (4, 2, None));
    let rules: Vec<_> = done.refused.keys().map(String::as_str).collect();
    assert_eq!((rules, state.refused.len()), (vec!["change-form", "no-deletions"], 2));
    let (again, _, _) = into_folder(&source, &folder, &notes).await;
    assert_eq!((again.received, source.seen().len()), (4, 3));
}

/// Of others: after one 404 the standard's pages, all versions of them, with their loop guard and bookmarks; `Retry-After` is honoured on the way.
#[tokio::test]
async fn others_are_asked_as_the_standard_has_it() {
    let source = Stub::start(|seen, before| match seen.path.ends_with("/changes/") {
        true => reply(404, "{}"),
        false if before == 1 => reply(429, "{}").with("retry-after", "1"),
        false => {
            assert_eq!(seen.parameter("match[version]").as_deref(), Some("all"));
            match (seen.parameter("next").as_deref(), seen.parameter("added_after")) {
                (None, None) => ok(envelope(1..3, r#""more":true,"next":"n","#)).first(&stamp(1)).last(&stamp(2)),
                (Some("n"), None) => ok(envelope(3..5, "")).first(&stamp(3)).last(&stamp(4)),
                (None, Some(after)) if after == stamp(4) => ok("{}"),
                other => panic!("{other:?}"),
            }
        }
    });
    let (folder, notes) = begin();
    let begun = Instant::now();
    let (done, fault, _) = into_folder(&source, &folder, &notes).await;
    assert_eq!((done.added, fault), (4, None));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    // A program that was started anew knows how to ask, from its notes.
    let (again, fault, _) = into_folder(&source, &folder, &notes).await;
    assert_eq!((again.received, fault), (4, None));
    let asked = source.lines().iter().filter(|line| line.ends_with("/changes/")).count();
    assert_eq!(asked, 1, "{:?}", source.lines());
}

/// Malicious or broken partners: each is stopped or left with a reason; what was good arrives; nothing is asked without end.
#[tokio::test]
async fn malicious_partners_are_bounded() {
    type Script = fn(&Seen, usize) -> Reply;
    fn answer(rest: &str, n: u32) -> Reply {
        json(format!(
            r#"{{"server":"a",{rest},"changes":[{{"object":{},"origin":"a","hops":1,"path":["a"]}}]}}"#,
            object(n)
        ))
    }
    let scripts: [(&str, Script, &str, &str); 7] = [
        ("the same position", |_, _| answer(r#""more":true,"next":"1""#, 1), "malformed", "does not move"),
        ("in circles", |_, n| answer(&format!(r#""more":true,"next":"{}""#, n % 5), 1), "malformed", "comes back"),
        ("no position", |_, _| answer(r#""more":true"#, 1), "malformed", "next"),
        (
            "empty for ever",
            |_, n| json(format!(r#"{{"server":"a","more":true,"next":"{n}","changes":[]}}"#)),
            "malformed",
            "without a change",
        ),
        (
            "a huge position",
            |_, n| answer(&format!(r#""more":true,"next":"{}""#, "x".repeat(300_000 + n)), 1),
            "malformed",
            "octets",
        ),
        (
            "another type later",
            |_, n| if n == 0 { answer(r#""more":true,"next":"1""#, 1) } else { json("[1]".to_owned()) },
            "malformed",
            "cannot be read",
        ),
        ("always busy", |_, _| reply(503, "{}"), "busy", "503"),
    ];
    for (what, script, kind, words) in scripts {
        let source = Stub::start(script);
        let (folder, notes) = begin();
        let (done, fault, state) = into_folder(&source, &folder, &notes).await;
        let fault = fault.unwrap_or_else(|| panic!("{what}: {done:?}"));
        assert!(fault.kind() == kind && fault.to_string().contains(words), "{what}: {fault}");
        assert!(source.seen().len() < 120 && done.added <= 1, "{what}: {} {done:?}", source.seen().len());
        assert_eq!(state.last_error.map(|error| error.kind), Some(kind.to_owned()), "{what}");
    }
}

/// A server that is another than before is read from its beginning, since positions of the one mean nothing to the other.
#[tokio::test]
async fn another_server_begins_anew() {
    let source = Stub::start(|seen, _| {
        let (server, numbers) = match seen.parameter("after") {
            None if seen.query.contains("limit") => ("b", vec![1, 2, 3]),
            _ => ("b", vec![]),
        };
        let rows: Vec<String> = numbers
            .iter()
            .map(|n| format!(r#"{{"object":{},"origin":"b","hops":1,"path":["b"]}}"#, object(*n)))
            .collect();
        json(format!(r#"{{"server":"{server}","more":false,"next":"50","changes":[{}]}}"#, rows.join(",")))
    });
    let (folder, notes) = begin();
    let kept = State {
        cursor: Some(sharing::flow::Cursor::new(r#"{"changes":{"server":"a","after":"70"}}"#)),
        ..State::default()
    };
    sharing::flow::Bookmarks::store(&*notes, "f", &kept).await.unwrap();
    let (done, fault, _) = into_folder(&source, &folder, &notes).await;
    assert_eq!((done.added, fault), (3, None));
}

fn changes(numbers: std::ops::Range<u32>) -> Vec<sharing::flow::Change> {
    let item = |n| sharing::flow::Item::parse(&object(n), Provenance::local("a").leaving("a")).unwrap();
    numbers.map(|n| sharing::flow::Change::Object(item(n))).collect()
}

/// Giving to one of ours: each object byte for byte with its provenance, in requests that the server takes, and each outcome
/// where it belongs; a change that is refused as a whole takes none with it.
#[tokio::test]
async fn changes_are_given_to_our_own_servers() {
    let sink = Stub::start(|seen, _| match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/api1/") => {
            ok(r#"{"title":"r","versions":["application/taxii+json;version=2.1"],"max_content_length":900}"#)
        }
        ("GET", _) => json(r#"{"server":"b","more":false,"next":"0","changes":[]}"#.to_owned()),
        _ => {
            assert!(seen.body.len() <= 900 && seen.header("content-type") == Some("application/json"));
            let body: Value = serde_json::from_slice(&seen.body).unwrap();
            assert_eq!(body["server"], "a");
            let rows = body["changes"].as_array().unwrap();
            if rows.iter().any(|row| row["object"]["value"] == "https://example.com/7") {
                return reply(422, r#"{"title":"no sevens"}"#);
            }
            let outcome = |row: &Value| {
                assert!(
                    String::from_utf8_lossy(&seen.body).contains(&object(1)[..20])
                        && row["path"][0] == "a"
                        && row["hops"] == 1
                );
                match row["object"]["value"].as_str().unwrap().ends_with('3') {
                    true => r#"{"outcome":"conflict","reason":"other words"}"#,
                    false => r#"{"outcome":"added"}"#,
                }
            };
            json(format!("[{}]", rows.iter().map(outcome).collect::<Vec<_>>().join(",")))
        }
    });
    let remote = remote(&sink);
    assert_eq!(remote.server().await.unwrap().as_deref(), Some("b"));
    let outcomes = remote.deliver(&changes(1..11)).await.unwrap();
    let words: Vec<String> =
        outcomes.iter().map(|one| serde_json::to_value(one).unwrap()["outcome"].as_str().unwrap().to_owned()).collect();
    let expected: Vec<&str> = (1..11)
        .map(|n| match n {
            3 => "conflict",
            7 => "refused",
            _ => "added",
        })
        .collect();
    assert_eq!(words, expected);
}

/// Giving to others: a POST of the standard; what its status names as failures is refused with the server's words, the rest is there;
/// while the server has not decided, nothing counts as delivered.
#[tokio::test]
async fn statuses_become_outcomes() {
    let sink = Stub::start(|seen, _| match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/api1/") => {
            ok(r#"{"title":"r","versions":["application/taxii+json;version=2.1"],"max_content_length":100000}"#)
        }
        ("GET", _) => reply(404, "{}"),
        _ => {
            let failed = r#"{"id":"url--00000000-0000-4000-8000-000000000002","version":"2026-11-22T10:00:00.000001Z","message":"no twos"}"#;
            reply(
                202,
                format!(
                    r#"{{"id":"2d086da7-4bdc-4f91-900e-d77486753710","status":"complete","total_count":3,"success_count":2,"failure_count":1,"pending_count":0,"failures":[{failed}]}}"#
                ),
            )
        }
    });
    let remote = remote(&sink);
    assert_eq!(remote.server().await.unwrap(), None);
    let outcomes = remote.deliver(&changes(1..4)).await.unwrap();
    let text = serde_json::to_string(&outcomes).unwrap();
    assert_eq!(
        text,
        r#"[{"outcome":"added"},{"outcome":"refused","rule":"refused","reason":"no twos"},{"outcome":"added"}]"#
    );
    // Nobody answers: it is not known what became of them.
    let gone = Stub::start(|_, _| Reply::hang_up());
    let fault =
        Remote::new(client(&gone.url("/api1/")).api_root(&gone.url("/api1/")).unwrap().collection("c1").unwrap());
    assert!(fault.deliver(&changes(1..4)).await.unwrap_err().may_pass());
}

/// Two ends are compared over the wire: what one has and the other not is found with few questions.
#[tokio::test]
async fn ends_are_compared() {
    use sharing::flow::reconcile::{Below, Leaf, Tree, compare};
    let leaf = |n: u32| Leaf::new(&format!("tool--{n}"), "2026-01-01T00:00:00.000Z", "x");
    let theirs: Tree = (0..3000).filter(|n| *n != 1234).map(leaf).collect();
    let server = Stub::start(move |seen, _| {
        assert_eq!(seen.path, "/api1/collections/c1/changes/digest/");
        let prefix = seen.parameter("prefix").unwrap();
        json(match theirs.at(&prefix, 100) {
            Below::Ranges(ranges) => {
                let range = |one: &sharing::flow::reconcile::Range| {
                    serde_json::json!({"prefix": one.prefix, "count": one.count, "digest": one.digest})
                };
                serde_json::json!({"prefix": prefix, "children": ranges.iter().map(range).collect::<Vec<_>>()})
            }
            Below::Versions(leaves) => {
                let leaf = |one: &Leaf| serde_json::json!({"id": one.id, "version": one.version, "digest": one.digest});
                serde_json::json!({"prefix": prefix, "leaves": leaves.iter().map(leaf).collect::<Vec<_>>()})
            }
        }
        .to_string())
    });
    let ours: Tree = (0..3000).map(leaf).collect();
    let difference = compare(&ours, &remote(&server)).await.unwrap();
    assert_eq!((difference.only_ours, difference.only_theirs.len()), (vec![leaf(1234)], 0));
    assert!(server.seen().len() <= 4, "{}", server.seen().len());
}

//! Feeds.

use std::collections::HashSet;

use misp::feed::{self, Added, Collection};
use misp::{Document, stix};
use stix_model::json::{Json, Members};

use crate::corpus;

fn members(text: &str) -> Members<'static> {
    match Json::parse(text).unwrap().into_owned() {
        Json::Object(members) => members,
        other => panic!("{other}"),
    }
}

/// A feed tells nobody to whom something is distributed, nor what is for others: of every event of the corpus, no file
/// has a word about it.
#[test]
fn files_have_no_word_about_distribution() {
    for (name, text) in corpus::all() {
        let Some(file) = feed::event(&Document::parse(&text).unwrap(), feed::OPEN) else {
            assert_eq!(name, "sharing group");
            continue;
        };
        let text = file.to_string();
        for word in ["distribution", "haring", "event_id", "org_id", "\"Org\"", "Sighting", "secret", "Shadow", "zzz"] {
            assert!(!text.contains(word), "{name}: {word} in {text}");
        }
        assert!(Document::parse(&text).is_ok(), "{name}");
    }
}

/// What is for one organisation or a sharing group stays; what has no level goes with its event.
#[test]
fn levels_are_kept() {
    let part = |value: &str, level: &str| format!(r#"{{"type":"text","value":"{value}"{level}}}"#);
    let level = |level: i64| format!(r#","distribution":"{level}""#);
    let attributes = [
        part("own", &level(0)),
        part("community", &level(1)),
        part("group", &level(4)),
        part("inherited", &level(5)),
        part("unsaid", ""),
        part("nobody", r#","distribution":null"#),
    ];
    let object = format!(r#"{{"name":"file","distribution":0,"Attribute":[{}]}}"#, part("inner", ""));
    let outer = format!(r#"{{"name":"file","distribution":3,"Attribute":[{}]}}"#, part("deep", &level(0)));
    let text = format!(
        r#"{{"Event":{{"info":"x","distribution":"3","Attribute":[{}],"Object":[{object},{outer}]}}}}"#,
        attributes.join(",")
    );
    let file = feed::event(&Document::parse(&text).unwrap(), feed::OPEN).unwrap().to_string();
    for (word, there) in [
        ("own", false),
        ("community", true),
        ("group", false),
        ("inherited", true),
        ("unsaid", true),
        ("nobody", true),
        ("inner", false),
        ("deep", false),
    ] {
        assert_eq!(file.contains(word), there, "{word}");
    }
    let own = text.replace(r#""info":"x","distribution":"3""#, r#""info":"x","distribution":"0""#);
    assert!(feed::event(&Document::parse(&own).unwrap(), feed::OPEN).is_none());
}

/// The hashes are those of the values, of composite ones of both parts; the manifest is read as it was written.
#[test]
fn manifest_and_hashes_fit_the_events() {
    let text = r#"{"Event":{"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01","info":"x","timestamp":"7","Orgc":{"name":"O","uuid":"u"},"Tag":[{"name":"a"},{"name":"b","local":true}],"Attribute":[{"type":"filename|md5","value":"a|b"},{"type":"text","value":"a|b"}],"Object":[{"name":"x","Attribute":[{"type":"text","value":""}]}]}}"#;
    let document = Document::parse(&text.replace(r#""uuid":"u""#, r#""uuid":"""#)).unwrap();
    let id = "5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01";
    let expected = [
        "0cc175b9c0f1b6a831c399e269772661",
        "92eb5ffee6ae2fec3ad71c777531578f",
        "1ff2cd2be5b49bbd59ea5efb48b2cff8",
        "d41d8cd98f00b204e9800998ecf8427e",
    ];
    let lines: Vec<_> = expected.iter().map(|hash| format!("{hash},{id}")).collect();
    let hashes = feed::hashes(&document);
    let mut found: Vec<_> = hashes.lines().collect();
    found.swap(2, 2);
    assert_eq!(found[0], lines[0]);
    assert_eq!((found[1], found[3], found.len()), (lines[1].as_str(), lines[3].as_str(), 4));
    let manifest = feed::manifest([&document]).to_string();
    let entries = feed::read(&manifest).unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (entries[0].uuid.as_str(), entries[0].timestamp, entries[0].tags.as_slice()),
        (id, 7, &["a".to_owned()][..])
    );
    assert!(feed::read("[]").unwrap().is_empty() && feed::read(r#"{"../../etc/passwd":{}}"#).unwrap().is_empty());
    assert!(feed::read("7").is_err() && feed::read("{").is_err());
}

/// A collection is the same feed whoever asks: reports are events, the rest is an event for each day, under a UUID that
/// stays; when something is added, the timestamp of just that event moves.
#[test]
fn collections_become_events() {
    let indicator = |n: usize| {
        members(&format!(
            r#"{{"type":"indicator","spec_version":"2.1","id":"indicator--{}","created":"2026-10-01T00:00:00.000Z","modified":"2026-10-01T00:00:00.000Z","pattern":"[url:value = 'http://x/{n}']","pattern_type":"stix","valid_from":"2026-10-01T00:00:00.000Z"}}"#,
            corpus::uuid(n)
        ))
    };
    let added = |n: usize, date: &str| Added { object: indicator(n), date_added: date.to_owned() };
    let report = members(&format!(
        r#"{{"type":"report","spec_version":"2.1","id":"report--{}","created":"2026-10-01T00:00:00.000Z","modified":"2026-10-01T00:00:00.000Z","name":"R","published":"2026-10-01T00:00:00.000Z","object_refs":["indicator--{}"]}}"#,
        corpus::uuid(9),
        corpus::uuid(1)
    ));
    let mut all = vec![
        added(1, "2026-11-01T00:00:00.000000Z"),
        added(2, "2026-11-02T00:00:00.000000Z"),
        added(3, "2026-11-03T10:00:00.000000Z"),
        Added { object: report, date_added: "2026-11-01T00:00:01.000000Z".to_owned() },
    ];
    let collection =
        Collection { id: "c", title: "Feed", organisation: Some(("Us", "55f6ea5e-2c60-40e5-964f-47a8950d210f")) };
    let events = feed::of_collection(collection, &all);
    let seen: Vec<_> = events
        .iter()
        .map(|d| {
            (d.event().info().unwrap().to_owned(), d.event().timestamp().unwrap(), d.event().uuid().unwrap().to_owned())
        })
        .collect();
    assert_eq!(
        seen.iter().map(|(info, ..)| info.as_str()).collect::<Vec<_>>(),
        ["R", "Feed, 2026-11-02", "Feed, 2026-11-03"]
    );
    assert_eq!(seen[0].1, 1_793_491_201);
    all.push(added(4, "2026-11-03T10:00:07.000000Z"));
    let later = feed::of_collection(collection, &all);
    for (before, after) in seen.iter().zip(&later) {
        let moved = if before.0.ends_with("03") { 7 } else { 0 };
        assert_eq!(
            (after.event().uuid().unwrap(), after.event().timestamp().unwrap()),
            (before.2.as_str(), before.1 + moved)
        );
        assert_eq!(after.event().orgc().and_then(|org| org.name()), Some("Us"));
    }
    assert_eq!(later[2].event().attributes().count(), 2);
}

/// An event that came from MISP leaves a collection as it came: its own timestamp, its own organisation.
#[test]
fn events_pass_through_a_collection() {
    for (name, text) in corpus::all() {
        let document = Document::parse(&text).unwrap();
        let objects = stix::convert(&document).objects;
        let stored = objects
            .into_iter()
            .rev()
            .map(|object| Added { object, date_added: "2027-01-01T00:00:00.000000Z".to_owned() });
        let stored: Vec<_> = stored.collect();
        let collection = Collection { id: "c", title: "t", organisation: None };
        let events = feed::of_collection(collection, &stored);
        let uuids: HashSet<_> = events.iter().map(|event| event.event().uuid().map(str::to_owned)).collect();
        assert_eq!(uuids.len(), events.len(), "{name}");
        let same = events.iter().any(|event| event.to_string() == document.to_string());
        assert!(same || name == "bare" || name == "without info", "{name}: {}", events[0]);
    }
}

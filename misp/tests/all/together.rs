//! Several events in one bundle, and in one collection.

use std::collections::{HashMap, HashSet};

use misp::{Document, stix};
use proptest::prelude::*;
use stix_model::json::{Json, Members};

use crate::corpus;

fn id(object: &Members<'_>) -> String {
    object.get("id").and_then(Json::as_str).unwrap().to_owned()
}

fn is_observable(object: &Members<'_>) -> bool {
    let kind = object.get("type").and_then(Json::as_str).unwrap();
    stix_model::TypeClass::of(kind) == stix_model::TypeClass::Observable
}

/// What comes back of the events, whichever content of one name a collection has kept, and in whatever order they came.
fn come_back(events: &[Document]) -> Result<(), String> {
    let objects: Vec<Members<'static>> = events.iter().flat_map(|event| stix::convert(event).objects).collect();
    let mut known: HashMap<String, &Members<'static>> = HashMap::new();
    for object in objects.iter().filter(|object| is_observable(object)) {
        if let Some(other) = known.insert(id(object), object).filter(|other| *other != object) {
            let (a, b) = (Json::Object(object.clone()), Json::Object(other.clone()));
            return Err(format!("one name, two contents:\n{a}\n{b}"));
        }
    }
    let mut seen = HashSet::new();
    let first: Vec<_> = objects.iter().filter(|object| seen.insert(id(object))).cloned().collect();
    let mut seen = HashSet::new();
    let last: Vec<_> = objects.iter().rev().filter(|object| seen.insert(id(object))).cloned().collect();
    for kept in [&objects, &first, &last] {
        let back: HashSet<String> = stix::events_of(kept).iter().map(Document::to_string).collect();
        if let Some(lost) = events.iter().map(Document::to_string).find(|event| !back.contains(event)) {
            return Err(format!("wanted {lost}\ngot    {}", back.into_iter().collect::<Vec<_>>().join("\n       ")));
        }
        if back.len() != events.len() {
            return Err(format!("{} events of {}", back.len(), events.len()));
        }
    }
    Ok(())
}

/// An event with a level, of parts to which it gives UUIDs.
fn event(place: usize, level: &str, attributes: &[String], objects: &[String]) -> Document {
    let part =
        |i: usize, text: &String| text.replacen('{', &format!(r#"{{"uuid":"{}","#, corpus::uuid(1000 * place + i)), 1);
    let list = |from: usize, texts: &[String]| {
        texts.iter().enumerate().map(|(i, text)| part(from + i, text)).collect::<Vec<_>>().join(",")
    };
    let tag = if level.is_empty() { String::new() } else { format!(r#","Tag":[{{"name":"{level}"}}]"#) };
    Document::parse(&format!(
        r#"{{"Event":{{"info":"{place}","uuid":"{}","timestamp":"1793577600"{tag},"Attribute":[{}],"Object":[{}]}}}}"#,
        corpus::uuid(1000 * place + 999),
        list(0, attributes),
        list(500, objects),
    ))
    .unwrap()
}

/// The parts of composite values: two that may be on the left, two on the right.
fn halves(kind: &str) -> Option<[String; 4]> {
    let value = corpus::value(kind);
    let (left, right) = value.split_once('|')?;
    let (other_left, other_right) = match kind {
        "domain|ip" => ("c3.example.com", "198.51.100.77".to_owned()),
        "hostname|port" => ("c3.example.com", "81".to_owned()),
        "ip-src|port" | "ip-dst|port" => ("198.51.100.77", "81".to_owned()),
        "regkey|value" => (r"HKEY_USERS\Heron", "other".to_owned()),
        _ => ("other.exe", right.chars().rev().collect()),
    };
    Some([left.to_owned(), other_left.to_owned(), right.to_owned(), other_right])
}

/// Events that share a part of a value, or a whole one, and differ in the rest, keep what is theirs: of every composite
/// type, with and without detection, with the same and with other markings, and beside attributes of the parts alone.
#[test]
fn values_stay_in_their_events() {
    let mut seen = 0;
    for kind in corpus::types().map(|(kind, _)| kind) {
        let Some([left, other_left, right, other_right]) = halves(kind) else { continue };
        seen += 1;
        for (to_ids, levels) in
            [(true, ["", "", ""]), (false, ["", "", ""]), (false, ["tlp:green", "tlp:red", ""]), (true, ["tlp:red"; 3])]
        {
            let attribute = |kind: &str, value: &str, more: &str| {
                let (kind, value) = (Json::from(kind.to_owned()), Json::from(value.to_owned()));
                format!(r#"{{"type":{kind},"value":{value},"to_ids":{to_ids}{more}}}"#)
            };
            let (left_kind, right_kind) = kind.split_once('|').unwrap_or(("filename", "md5"));
            let alone = [attribute(left_kind, &left, ""), attribute(right_kind, &right, "")];
            let value = |left: &str, right: &str, data: &str| {
                let data = if kind == "malware-sample" { format!(r#","data":"{data}""#) } else { String::new() };
                attribute(kind, &format!("{left}|{right}"), &data)
            };
            let [mut one, mut two, mut three] = [alone.to_vec(), alone.to_vec(), Vec::new()];
            one.extend([value(&left, &right, "b25l"), value(&other_left, &right, "b25l")]);
            two.extend([
                value(&left, &other_right, "dHdv"),
                value(&left, &right, "dHdv"),
                value(&left, &other_right, "b25l"),
            ]);
            three.extend([
                value(&left, &right, "dGhyZWU="),
                attribute("malware-sample", &format!("{left}|{right}"), ""),
            ]);
            let events = [(1, one), (2, two), (3, three)];
            let events = events.map(|(i, attributes)| event(i, levels[i - 1], &attributes, &[]));
            come_back(&events).unwrap_or_else(|problem| panic!("{kind} {to_ids} {levels:?}: {problem}"));
        }
    }
    assert!(seen > 20, "{seen}");
}

/// The same holds for files, which are no part of the value.
#[test]
fn files_stay_in_their_events() {
    for to_ids in [true, false] {
        let attribute = |data: &str| format!(r#"{{"type":"attachment","value":"a.exe","to_ids":{to_ids}{data}}}"#);
        let [one, two, three] = ["", r#","data":"b25l""#, r#","data":"dHdv""#].map(|data| vec![attribute(data)]);
        come_back(&[event(1, "", &one, &[]), event(2, "", &two, &[]), event(3, "", &three, &[])]).unwrap();
    }
}

/// The same holds for objects: of every template, one with all its parts, and each part in an object of its own or as an
/// attribute.
#[test]
fn parts_of_objects_stay_in_their_objects() {
    for (name, relations) in corpus::TEMPLATES {
        for to_ids in [true, false] {
            let attributes: Vec<String> = relations
                .iter()
                .map(|(relation, kind, value)| {
                    let value = Json::from((*value).to_owned());
                    format!(r#"{{"type":"{kind}","object_relation":"{relation}","value":{value},"to_ids":{to_ids}}}"#)
                })
                .collect();
            let object = |parts: &[String]| format!(r#"{{"name":"{name}","Attribute":[{}]}}"#, parts.join(","));
            let single: Vec<_> = attributes.iter().map(|part| object(std::slice::from_ref(part))).collect();
            let pairs: Vec<_> = attributes.windows(2).map(object).collect();
            let domain = [r#"{"type":"domain|ip","value":"c2.example.com|198.51.100.200","to_ids":true}"#.to_owned()];
            let events = [
                event(1, "", &[], &[object(&attributes)]),
                event(2, "tlp:red", &attributes, &single),
                event(3, "", &domain, &pairs),
            ];
            come_back(&events).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        }
    }
}

/// What an earlier version made, which gave observables of several attributes one name, reads as it did.
#[test]
fn earlier_bundles_are_read() {
    let known = Json::parse(include_str!("earlier.json")).unwrap().into_owned();
    let objects = known.get("objects").and_then(Json::as_list).unwrap();
    let objects: Vec<_> = objects.iter().map(|object| object.as_object().unwrap().clone()).collect();
    let events = stix::events_of(&objects);
    assert_eq!(events.iter().map(Document::to_string).collect::<Vec<_>>(), [known.get("event").unwrap().to_string()]);
}

/// Values of which parts are the same, and the files that may go with them.
const SHARED: [(&str, &str, &[&str]); 14] = [
    ("domain", "c2.example.com", &[]),
    ("domain|ip", "c2.example.com|198.51.100.3", &[]),
    ("domain|ip", "c2.example.com|198.51.100.4", &[]),
    ("domain|ip", "c3.example.com|198.51.100.3", &[]),
    ("hostname|port", "c2.example.com|80", &[]),
    ("ip-dst", "198.51.100.3", &[]),
    ("ip-dst|port", "198.51.100.3|80", &[]),
    ("filename", "a.exe", &[]),
    ("filename|md5", "a.exe|0123456789abcdef0123456789abcdef", &[]),
    ("malware-sample", "a.exe|0123456789abcdef0123456789abcdef", &["b25l", "dHdv", ""]),
    ("attachment", "a.exe", &["b25l", "dHdv", ""]),
    ("regkey|value", "HKEY_USERS\\x|1", &[]),
    ("email-src", "mallory@example.com", &[]),
    ("email-dst", "mallory@example.com", &[]),
];

fn shared() -> impl Strategy<Value = (Vec<String>, &'static str)> {
    let levels = || prop::sample::select(vec!["", "", "tlp:amber", "tlp:red"]);
    let attribute = (prop::sample::select(SHARED.to_vec()), any::<usize>(), any::<bool>(), levels());
    let attribute = attribute.prop_map(|((kind, value, files), file, to_ids, level)| {
        let data = files.get(file % 3).map_or(String::new(), |data| format!(r#","data":"{data}""#));
        let tag = if level.is_empty() { String::new() } else { format!(r#","Tag":[{{"name":"{level}"}}]"#) };
        let value = Json::from(value);
        format!(r#"{{"type":"{kind}","value":{value},"to_ids":{to_ids}{data}{tag}}}"#)
    });
    (prop::collection::vec(attribute, 0..8), levels())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Whatever events have in common, none takes anything from another.
    #[test]
    fn random_events_stay_apart(all in prop::collection::vec(shared(), 1..4)) {
        let parsed: Vec<_> =
            all.iter().enumerate().map(|(i, (attributes, level))| event(i + 1, level, attributes, &[])).collect();
        prop_assert_eq!(come_back(&parsed), Ok(()));
    }
}

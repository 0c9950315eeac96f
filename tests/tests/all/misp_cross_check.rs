//! Events, feeds and STIX of the crate `misp` against pymisp and misp-stix.
//!
//! The events are those of the crate's own tests. Where our STIX differs from that of misp-stix, one line of
//! `misp_disagreements.tsv` says why; a difference without a line fails, and a line without one.

use std::collections::{BTreeMap, BTreeSet};

use misp::{Document, feed, stix};
use serde_json::{Value, json};
use taxii_tests::python::call;

#[path = "../../../misp/tests/all/corpus.rs"]
mod corpus;

const SCRIPT: &str = "misp.py";

/// Events that pymisp does not read, with words of what it says.
const NOT_READ: [(&str, &str); 4] = [
    ("unknown type", "x-new is invalid"),
    ("wrong values", "is not a valid datetime"),
    ("time before 1970", ""),
    ("objects", "has been updated since you last"),
];

fn documents() -> Vec<(&'static str, Document)> {
    corpus::all().into_iter().map(|(name, text)| (name, Document::parse(&text).unwrap())).collect()
}

/// pymisp reads our events, those that came back from STIX (which are the same) and those of our feed, and finds in
/// them as many attributes, objects, tags and reports as we do.
#[test]
fn pymisp_reads_our_events() {
    let documents: Vec<_> = documents()
        .into_iter()
        .flat_map(|(name, document)| {
            let file = feed::event(&document, feed::OPEN);
            let back = stix::events(&stix::bundle(&document)).remove(0);
            [Some((name, back)), file.map(|file| (name, file))].into_iter().flatten()
        })
        .collect();
    let asked: Vec<_> = documents.iter().map(|(_, document)| document.to_string()).collect();
    let Some(Value::Array(answers)) = call(SCRIPT, "read", &json!(asked)) else { return };
    for ((name, document), answer) in documents.iter().zip(answers) {
        let event = document.event();
        let count = |name: &str| event.members().get(name).and_then(|json| json.as_list()).map_or(0, <[_]>::len);
        let counts = ["Attribute", "Object", "Tag", "EventReport"].map(count);
        match answer.as_str() {
            None => assert_eq!(answer, json!(counts), "{name}"),
            Some(said) => {
                let known = NOT_READ.iter().any(|(known, words)| known == name && said.contains(words));
                assert!(known, "{name}: {said}");
            }
        }
    }
}

/// pymisp makes the manifest and the hashes of our feed as we do.
#[test]
fn pymisp_makes_the_same_feed() {
    let wanted = ["every type", "tags", "reports", "seen", "deleted", "network", "comment"];
    let files = documents().into_iter().filter(|(name, _)| wanted.contains(name));
    let folder = tempfile::tempdir().unwrap();
    let mut ours = Vec::new();
    for (i, (name, document)) in files.enumerate() {
        let mut event = feed::event(&document, feed::OPEN).unwrap().into_event();
        event.insert("uuid", corpus::uuid(0xabc_000 + i).into());
        let file = Document::from_event(event).unwrap_or_else(|invalid| panic!("{name}: {invalid}"));
        let path = folder.path().join(format!("{}.json", file.event().uuid().unwrap()));
        std::fs::write(path, file.to_string()).unwrap();
        ours.push(file);
    }
    let Some(answer) = call(SCRIPT, "feed", &json!(folder.path())) else { return };
    let manifest: Value = serde_json::from_str(&feed::manifest(&ours).to_string()).unwrap();
    let plain = |manifest: &Value| -> BTreeMap<String, Vec<String>> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let entry = |entry: &Value| {
            let names = ["info", "date", "analysis", "threat_level_id", "timestamp"];
            let mut said: Vec<_> = names.iter().map(|name| text(&entry[name])).collect();
            said.push(text(&entry["Orgc"]["name"]));
            said.extend(entry["Tag"].as_array().unwrap().iter().map(|tag| text(&tag["name"])));
            said
        };
        manifest.as_object().unwrap().iter().map(|(uuid, value)| (uuid.clone(), entry(value))).collect()
    };
    assert_eq!(plain(&manifest), plain(&answer[0]));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let hashes: String = ours.iter().map(feed::hashes).collect();
    let (ours, theirs) = (lines(&hashes), lines(answer[1].as_str().unwrap()));
    // Of each side one: pymisp hashes a moment as Python writes it.
    assert_eq!((ours.difference(&theirs).count(), theirs.difference(&ours).count()), (1, 1));
    assert!(ours.len() > 50, "{}", ours.len());
}

/// What a bundle says about an attribute or object: its pattern, what was observed, and what else it became.
type Said = BTreeMap<&'static str, String>;

fn said(bundle: &Value) -> BTreeMap<String, Said> {
    let mut all: BTreeMap<String, Said> = BTreeMap::new();
    for object in bundle["objects"].as_array().unwrap() {
        let (kind, uuid) = object["id"].as_str().unwrap().split_once("--").unwrap();
        let (what, words) = match kind {
            "indicator" => ("pattern", object["pattern"].as_str().unwrap().to_owned()),
            "observed-data" => {
                let refs = object["object_refs"].as_array().unwrap().iter();
                let mut kinds: Vec<_> = refs.map(|id| id.as_str().unwrap().split_once("--").unwrap().0).collect();
                kinds.sort_unstable();
                ("observed", kinds.join(" "))
            }
            "x-misp-attribute" | "x-misp-object" | "vulnerability" | "campaign" | "attack-pattern"
            | "course-of-action" => ("as", kind.to_owned()),
            _ => continue,
        };
        all.entry(uuid.to_owned()).or_default().insert(what, words);
    }
    all
}

/// The type or template of each UUID of an event.
fn subjects(document: &Document) -> Vec<(String, String)> {
    let event = document.event();
    let attributes = event.attributes().map(|part| (part.uuid(), part.attribute_type(), "attribute"));
    let objects = event.objects().map(|part| (part.uuid(), part.name(), "object"));
    let named = attributes.chain(objects).filter_map(|(uuid, name, kind)| Some((uuid?, format!("{kind} {}", name?))));
    named.map(|(uuid, name)| (uuid.to_owned(), name)).collect()
}

/// Parts of a pattern, in any order.
fn parts(pattern: &str) -> BTreeSet<&str> {
    pattern.trim_matches(['[', ']']).split(" AND ").map(|part| part.trim_matches(['(', ')'])).collect()
}

/// Every type of attribute and every template becomes what misp-stix makes of it; where not, a line says why.
#[test]
fn our_stix_is_that_of_misp_stix() {
    let documents: Vec<_> =
        documents().into_iter().filter(|(name, _)| ["every type", "objects"].contains(name)).collect();
    let asked: Vec<_> = documents.iter().map(|(_, document)| document.to_string()).collect();
    let Some(Value::Array(theirs)) = call(SCRIPT, "stix", &json!(asked)) else { return };
    let table = include_str!("../../misp_disagreements.tsv").lines().filter(|line| !line.starts_with('#'));
    let lines: Vec<(&str, &str)> = table
        .map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
            [subject, what, why] if !why.is_empty() => (subject, what),
            _ => panic!("misp_disagreements.tsv: three columns: {line}"),
        })
        .collect();
    let (mut used, mut unexplained, mut same) = (BTreeSet::new(), Vec::new(), 0);
    for ((_, document), theirs) in documents.iter().zip(&theirs) {
        let ours: Value = serde_json::to_value(stix::bundle(document)).unwrap();
        let (ours, theirs) = (said(&ours), said(theirs));
        for (uuid, subject) in subjects(document) {
            let empty = Said::new();
            let (we, they) = (ours.get(&uuid).unwrap_or(&empty), theirs.get(&uuid).unwrap_or(&empty));
            let mut alike = true;
            for what in ["pattern", "observed", "as"] {
                let (we, they) = (we.get(what), they.get(what));
                if we == they || we.zip(they).is_some_and(|(we, they)| parts(we) == parts(they)) {
                    continue;
                }
                alike = false;
                match lines.iter().find(|line| **line == (subject.as_str(), what)) {
                    Some(line) => _ = used.insert(*line),
                    None => unexplained.push(format!("{subject}\t{what}\twe {we:?}, they {they:?}")),
                }
            }
            same += usize::from(alike);
        }
    }
    assert!(unexplained.is_empty(), "without a line:\n{}", unexplained.join("\n"));
    let unused: Vec<_> = lines.iter().filter(|line| !used.contains(*line)).collect();
    assert!(unused.is_empty(), "lines without a difference: {unused:?}");
    assert!(same > 300, "{same}");
}

/// misp-stix reads our STIX, without knowing of our extension, and finds the values that it has patterns for.
#[test]
fn misp_stix_reads_our_stix() {
    let (_, document) = documents().into_iter().find(|(name, _)| *name == "every type").unwrap();
    let bundle = serde_json::to_string(&stix::bundle(&document)).unwrap();
    let Some(Value::Array(answers)) = call(SCRIPT, "misp", &json!([bundle])) else { return };
    let found: BTreeSet<_> = answers[0].as_array().unwrap().iter().map(|pair| pair[1].as_str().unwrap()).collect();
    for kind in ["ip-src", "domain", "url", "md5", "sha256", "email-src", "mutex", "yara", "mac-address", "filename"] {
        let value = corpus::value(kind);
        assert!(found.contains(value.as_str()), "{kind} {value} in {found:?}");
    }
}

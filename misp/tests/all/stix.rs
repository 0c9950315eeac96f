//! Events and STIX, both ways.

use std::collections::{BTreeMap, BTreeSet};

use misp::{Document, stix};
use stix_model::Severity;
use stix_model::json::Json;
use stix_model::validate::{self, Options, Profile};

use crate::corpus;

/// There and back, an event is the same to the byte: nothing that MISP says is lost in STIX.
#[test]
fn events_come_back_as_they_went() {
    for (name, text) in corpus::all() {
        let document = Document::parse(&text).unwrap_or_else(|invalid| panic!("{name}: {invalid}"));
        let bundle = stix::bundle(&document);
        let sent = Json::parse(&serde_json::to_string(&bundle).unwrap()).unwrap().to_string();
        let bundle = serde_json::from_str(&sent).unwrap();
        let events = stix::events(&bundle);
        assert_eq!(events.len(), 1, "{name}");
        if events[0].to_string() != document.to_string() {
            let (got, wanted) = (events[0].to_string(), document.to_string());
            let at = got.bytes().zip(wanted.bytes()).position(|(a, b)| a != b).unwrap_or(got.len().min(wanted.len()));
            let around = |text: &str| text.chars().skip(at.saturating_sub(150)).take(300).collect::<String>();
            panic!("{name}:\n got    {}\n wanted {}", around(&got), around(&wanted));
        }
    }
}

/// Clusters of galaxies that STIX has no type for have all that misp-stix asks of such, also if MISP does not say it.
#[test]
fn clusters_have_what_misp_stix_requires() {
    let text = r#"{"Event":{"info":"x","Galaxy":[{"type":"sector","name":"Sector","GalaxyCluster":[{"value":"Bank","description":"d"},{"value":"Energy","description":""}]},{"type":"own","GalaxyCluster":[{"value":"v"}]}]}}"#;
    let document = Document::parse(text).unwrap();
    let objects = stix::convert(&document).objects;
    let clusters = objects.iter().filter(|object| object.get("type").unwrap() == &Json::from("x-misp-galaxy-cluster"));
    let said = ["x_misp_type", "x_misp_name", "x_misp_value", "x_misp_description"];
    let said = |object| said.map(|name| Json::as_str(stix_model::json::Members::get(object, name).unwrap()).unwrap());
    let expected = [["sector", "Sector", "Bank", "d"], ["sector", "Sector", "Energy", ""], ["own", "own", "v", ""]];
    assert_eq!(clusters.map(said).collect::<Vec<_>>(), expected);
    assert_eq!(stix::events_of(&objects)[0].to_string(), text);
}

/// misp-stix reads a host and its port by their order, and refuses traffic that has ended and may still go on.
#[test]
fn misp_stix_finds_what_it_looks_for() {
    let text = r#"{"Event":{"info":"x","Attribute":[{"type":"hostname|port","value":"c2.example.com|80"}],"Object":[{"name":"netflow","Attribute":[{"type":"ip-src","object_relation":"ip-src","value":"198.51.100.3"},{"type":"datetime","object_relation":"last-packet-seen","value":"2026-10-01T00:00:00.000000+00:00"}]}]}}"#;
    let document = Document::parse(text).unwrap();
    let objects = stix::convert(&document).objects;
    let refs = objects.iter().find_map(|object| object.get("object_refs")?.as_list()).unwrap();
    assert!(refs[0].as_str().unwrap().starts_with("domain-name--"), "{refs:?}");
    let ended = objects.iter().find(|object| object.contains("end")).unwrap();
    assert_eq!(ended.get("is_active"), Some(&Json::from(false)));
    assert_eq!(stix::events_of(&objects)[0].to_string(), text);
}

/// What goes out is STIX: no object and no bundle has an error, and what the strict profile finds besides is listed
/// here, each because MISP says so or because names of MISP are kept.
#[test]
fn what_goes_out_is_valid() {
    const STRICT: [(&str, &str); 12] = [
        ("ID-03", "UUIDs of MISP are kept, of whatever version; what has none in MISP gets one from its content"),
        ("PG-18", "a value of the wrong form stays what it was"),
        ("REL-01", "the words of object references are anybody's"),
        ("SCO-DN-1", "a value of the wrong form stays what it was"),
        ("SCO-NT-4", "MISP tells one end of a connection"),
        ("SCO-URL-1", "a value of the wrong form stays what it was"),
        ("SDO-IND-5", "attributes have no name"),
        ("SRO-REL-3", "an object may refer to a part of itself"),
        ("T-07", "MISP knows more kinds of hashes than the vocabulary"),
        ("T-07b", "an attribute is one hash"),
        ("VOC-01", "MISP knows more kinds of accounts than the vocabulary"),
        ("XR-3", "references of galaxies have no hashes"),
    ];
    let mut advice = BTreeMap::new();
    for (name, text) in corpus::all() {
        let bundle = stix::bundle(&Document::parse(&text).unwrap());
        let text = serde_json::to_string(&bundle).unwrap();
        let json = Json::parse(&text).unwrap();
        for (profile, enforce) in [(Profile::Default, true), (Profile::Strict, false)] {
            let options = Options { profile, ..Options::default() };
            for object in json.get("objects").and_then(Json::as_list).unwrap() {
                for finding in validate::object(object, &options).iter().filter(|f| f.severity == Severity::Error) {
                    assert!(!enforce, "{name}: {finding} in {object}");
                    advice.entry(finding.rule).or_insert_with(|| format!("{name}: {finding} in {object}"));
                }
            }
        }
        let report = validate::bundle(&text, &Options::default()).unwrap();
        let errors: Vec<_> = report.findings.iter().filter(|found| found.finding.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
    let known: BTreeSet<_> = STRICT.iter().map(|(rule, _)| *rule).collect();
    let found: BTreeSet<_> = advice.keys().copied().collect();
    assert_eq!(found, known, "{advice:#?}");
}

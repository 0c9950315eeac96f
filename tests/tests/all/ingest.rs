//! How closely a collection looks at what is added: its ingest policy.

use serde_json::{Value, json};
use taxii_tests::collection::Collection;
use taxii_tests::objects::{self, address, id_of, indicator_20, lacking, with};
use taxii_tests::site::{Options, Site, WRITER};

fn collection<'s>(site: &'s Site, policy: &'static str) -> Collection<'s> {
    let options = Options { ingest: Some(policy), spec_versions: Some("2.0,2.1"), ..Options::default() };
    site.collection_with(options)
}

fn posted(collection: &Collection<'_>, objects: &[Value]) -> Value {
    collection.post(objects).send().expect(202).json()
}

/// An indicator with everything that the standard advises.
fn indicator() -> Value {
    with(objects::indicator(), "description", "Seen in the traffic of a sample")
}

/// An object, and the rule for which each policy refuses it, if it does: off, head, schema-valid, strict.
type Case = (Value, [Option<&'static str>; 4]);

fn cases() -> Vec<Case> {
    let schema = |rule| [None, None, Some(rule), Some(rule)];
    let head = |rule| [None, Some(rule), Some(rule), Some(rule)];
    let all = |rule| [Some(rule); 4];
    vec![
        (indicator(), [None; 4]),
        (with(indicator(), "pattern_type", 7), schema("T-14 at /pattern_type: 7; expected a string")),
        (lacking(indicator(), "pattern"), schema("CP-01 at the object: pattern is missing")),
        (with(indicator(), "labels", json!(["a", null])), schema("T-17 at /labels/1: null")),
        (with(address("198.51.100.21"), "value", 7), schema("T-15 at /value: 7; expected a string")),
        (with(indicator(), "x_acme_rank", 1), [None, None, None, Some("CU-06 at /x_acme_rank")]),
        (with(indicator(), "modified", "yesterday"), head("head-date at /modified")),
        (lacking(indicator(), "created"), head("head-date at /created")),
        (with(indicator(), "modified", "2001-01-01T00:00:00.000Z"), head("head-date-order")),
        (with(indicator(), "type", "malware"), head("head-id-type")),
        (with(indicator(), "id", "rubbish"), all("head-id at /id")),
        (with(indicator(), "spec_version", "7.1"), all("head-spec-version")),
        // The rules for content are those of STIX 2.1.
        (with(indicator_20(), "pattern", 7), [None; 4]),
        (lacking(indicator_20(), "created"), head("head-date at /created")),
    ]
}

/// TX-ADD-10, AMB-38: each policy refuses what it should, each object by itself, and says by which rule and where;
/// what is taken comes back as it was.
fn each_policy_refuses_what_it_should(site: &Site) {
    for (column, policy) in ["off", "head", "schema-valid", "strict"].into_iter().enumerate() {
        let collection = collection(site, policy);
        let cases = cases();
        let objects: Vec<_> = cases.iter().map(|(object, _)| object.clone()).collect();
        let status = posted(&collection, &objects);
        let empty = Vec::new();
        let failures = status["failures"].as_array().unwrap_or(&empty);
        let refused: Vec<_> = cases.iter().filter_map(|(object, rules)| Some((object, rules[column]?))).collect();
        assert_eq!(failures.len(), refused.len(), "{policy}: {status}");
        for (failure, (object, rule)) in failures.iter().zip(refused) {
            let message = failure["message"].as_str().unwrap_or_default();
            assert!(failure["id"] == object["id"] && message.contains(rule), "{policy}: {rule}: {failure}");
        }
        let query = "objects/?match[version]=all&match[spec_version]=2.0,2.1";
        let taken: Vec<_> = cases.iter().filter(|(_, rules)| rules[column].is_none()).map(|(o, _)| o.clone()).collect();
        assert_eq!(collection.page(query).entries, taken, "{policy}");
    }
}

/// Without a word about it, a collection has the policy `head`.
fn the_default_is_head(site: &Site) {
    let collection = site.collection();
    collection.add(&[with(indicator(), "pattern_type", 7)]);
    assert_eq!(posted(&collection, &[lacking(indicator(), "created")])["failure_count"], 1);
}

/// AMB-08c: an object whose dates are none has the date it was added as its version.
fn dates_that_are_none_are_absent(site: &Site) {
    let collection = collection(site, "off");
    let object = with(lacking(indicator(), "created"), "modified", 7);
    let status = collection.add(std::slice::from_ref(&object));
    let record = &collection.records()[0];
    assert_eq!(record["version"], record["date_added"]);
    assert_eq!(status["successes"][0]["version"], record["version"]);
    collection.add(&[object]);
    assert_eq!(collection.records().len(), 1);
}

/// Warnings about what is taken are told once: a success that changes nothing has no message.
fn warnings_come_with_success(site: &Site) {
    let collection = collection(site, "schema-valid");
    let objects = [with(indicator(), "x_acme_rank", 1), indicator()];
    let status = collection.add(&objects);
    let message = status["successes"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("warning: CU-06 at /x_acme_rank: "), "{status}");
    assert_eq!(status["successes"][1].get("message"), None, "{status}");
    let path = format!("/api1/status/{}/", status["id"].as_str().expect("an id"));
    assert_eq!(site.get(&path).send().expect(200).json(), status);
    let again = collection.add(&objects);
    assert_eq!(again["successes"][0].get("message"), None, "{again}");
}

/// AMB-08a: who may only write does not learn from a status what was there before.
fn who_may_only_write_learns_nothing(site: &Site) {
    let collection = collection(site, "schema-valid");
    let object = with(indicator(), "x_acme_rank", 1);
    let post = || {
        let request = collection.post(std::slice::from_ref(&object)).account(WRITER);
        let mut status = request.send().expect(202).json();
        for name in ["id", "request_timestamp"] {
            status.as_object_mut().expect("a status").remove(name);
        }
        status
    };
    let (first, second) = (post(), post());
    assert_eq!(first, second);
    assert_eq!(first["success_count"], 1, "{first}");
}

/// AMB-38: a message is bounded, however much is wrong.
fn messages_are_bounded(site: &Site) {
    let collection = collection(site, "strict");
    let mut object = indicator();
    for n in 0..500 {
        object[format!("Bad name {n} {}", "x".repeat(2000))] = Value::Null;
    }
    let status = posted(&collection, std::slice::from_ref(&object));
    let failure = &status["failures"][0];
    let message = failure["message"].as_str().unwrap_or_default();
    assert_eq!(failure["id"], id_of(&object));
    assert!(message.len() < 10_000 && message.contains("; and ") && message.ends_with(" more"), "{message}");
}

taxii_tests::on_every_site!(
    each_policy_refuses_what_it_should,
    the_default_is_head,
    dates_that_are_none_are_absent,
    warnings_come_with_success,
    who_may_only_write_learns_nothing,
    messages_are_bounded,
);

//! STIX 2.0 beside STIX 2.1.

use serde_json::{Value, json};
use taxii_tests::collection::{Collection, expected};
use taxii_tests::objects::{address, as_21, id_of, indicator, indicator_20, lacking, malware, marking, modified, with};
use taxii_tests::site::{Options, Site};

fn mixed(site: &Site) -> Collection<'_> {
    site.collection_with(Options { spec_versions: Some("2.0,2.1"), ..Options::default() })
}

fn media_types(collection: &Collection<'_>, query: &str) -> Vec<String> {
    let records = collection.page(&format!("manifest/?{query}")).entries;
    let version = |record: &Value| record["media_type"].as_str().unwrap_or_default().to_owned();
    records.iter().map(|r| version(r).replace("application/stix+json;version=", "")).collect()
}

/// TX-FLT-20, TX-FLT-21, TX-MAN-05, AMB-33: two encodings of one version are two rows and one version; the
/// newer standard is shown unless the older is asked for, and what exists only in the older is shown.
fn two_encodings_are_one_version(site: &Site) {
    let collection = mixed(site);
    let both = indicator_20();
    let only_20 = indicator_20();
    let only_21 = malware();
    collection.add_each(&[both.clone(), as_21(&both), only_20.clone(), only_21.clone()]);
    for (query, objects, specs) in [
        ("", vec![&as_21(&both), &only_20, &only_21], vec!["2.1", "2.0", "2.1"]),
        ("match[spec_version]=2.0", vec![&both, &only_20], vec!["2.0", "2.0"]),
        ("match[spec_version]=2.1", vec![&as_21(&both), &only_21], vec!["2.1", "2.1"]),
        (
            "match[spec_version]=2.0,2.1",
            vec![&both, &as_21(&both), &only_20, &only_21],
            vec!["2.0", "2.1", "2.0", "2.1"],
        ),
        ("match[spec_version]=2.2", vec![], vec![]),
    ] {
        let wanted: Vec<Value> = objects.into_iter().cloned().collect();
        assert_eq!(collection.page(&format!("objects/?{query}")).entries, wanted, "{query}");
        assert_eq!(media_types(&collection, query), specs, "{query}");
    }
    let versions = format!("objects/{}/versions/", id_of(&both));
    assert_eq!(collection.page(&versions).entries, [both["modified"].clone()], "AMB-20: once");
}

/// TX-FLT-21, TX-ONE-02: one object by its id obeys the same rule.
fn one_object_in_two_encodings(site: &Site) {
    let collection = mixed(site);
    let object = indicator_20();
    collection.add_each(&[as_21(&object), object.clone()]);
    let one = format!("objects/{}/", id_of(&object));
    assert_eq!(collection.page(&one).entries, [as_21(&object)]);
    assert_eq!(collection.page(&format!("{one}?match[spec_version]=2.0")).entries, [object]);
}

/// TX-DEL-02, AMB-25: a DELETE of one encoding leaves the other.
fn one_encoding_can_be_deleted(site: &Site) {
    let collection = mixed(site);
    let object = indicator_20();
    collection.add_each(&[as_21(&object), object.clone()]);
    let one = collection.object(id_of(&object));
    site.request("DELETE", &format!("{one}?match[spec_version]=2.0")).send().expect(200);
    assert_eq!(media_types(&collection, "match[spec_version]=2.0,2.1"), ["2.1"]);
    site.request("DELETE", &format!("{one}?match[spec_version]=2.0")).send().expect(404);
    site.request("DELETE", &one).send().expect(200);
    site.get(&one).send().expect(404);
}

/// AMB-22: who says no `spec_version` is 2.1 if an observable, else 2.0; and fails where that is not kept.
fn an_object_without_spec_version(site: &Site) {
    let (old, new) = (mixed(site), site.collection());
    let bare = |object: Value| lacking(object, "spec_version");
    let objects = [bare(address("198.51.100.9")), indicator_20(), bare(marking()), bare(indicator())];
    old.add_each(&objects);
    assert_eq!(media_types(&old, ""), ["2.1", "2.0", "2.0", "2.0"]);
    assert_eq!(old.page("objects/").entries, objects, "nothing is added to them");
    let status = new.post(&objects).send().expect(202).json();
    assert_eq!((&status["success_count"], &status["failure_count"]), (&json!(1), &json!(3)));
    let message = status["failures"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("spec_version"), "{status}");
    assert_eq!(new.keys("objects/").len(), 1);
}

/// AMB-22: a version of STIX the collection does not keep fails that object alone.
fn an_unsupported_spec_version_fails_alone(site: &Site) {
    let collection = mixed(site);
    for spec in [json!("2.2"), json!("1.2"), json!("two"), json!(2.1), json!(null)] {
        let bad = with(indicator(), "spec_version", spec.clone());
        let status = collection.post(&[bad.clone(), indicator()]).send().expect(202).json();
        assert_eq!(status["failure_count"], 1, "{spec}: {status}");
        assert_eq!(status["failures"][0]["id"], bad["id"], "{spec}: {status}");
        let message = status["failures"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains("spec_version"), "{spec}: {status}");
    }
}

/// AMB-05, AMB-22: the `spec_version` of a 2.0 bundle is no other rule than that of its objects.
fn a_bundle_of_the_older_standard(site: &Site) {
    let collection = mixed(site);
    let (old, new) = (indicator_20(), indicator());
    let bundle = json!({
        "type": "bundle",
        "id": taxii_tests::objects::id("bundle"),
        "spec_version": "2.0",
        "objects": [old, new]
    });
    collection.post(&[]).json(&bundle).send().expect(202);
    assert_eq!(collection.keys("objects/"), expected(&[old, new]));
    assert_eq!(media_types(&collection, ""), ["2.0", "2.1"]);
}

/// TX-FLT-20, AMB-11: the choice of versions is made among the encodings asked for.
fn the_newest_of_one_standard(site: &Site) {
    let collection = mixed(site);
    let object = indicator_20();
    let day = |day: u8| modified(&object, &format!("2021-01-{day:02}T00:00:00.000Z"));
    collection.add_each(&[day(1), as_21(&day(2)), day(3)]);
    let newest = |query: &str| collection.page(&format!("objects/?{query}")).entries;
    assert_eq!(newest("match[spec_version]=2.1"), [as_21(&day(2))]);
    assert_eq!(newest("match[spec_version]=2.0"), [day(3)]);
    assert_eq!(newest("match[spec_version]=2.0&match[version]=first"), [day(1)]);
    assert_eq!(newest(""), [day(3)], "AMB-11: the newest version, in what it is there");
}

/// AMB-13: what is not `n.m` is malformed.
fn a_spec_version_has_two_numbers(site: &Site) {
    let collection = mixed(site);
    collection.add(&[indicator()]);
    for query in ["2", "two", "2.1.0", "2.", ".1", "2.1,", "2.1,x", "", "-2.1", "2.1%20"] {
        for endpoint in ["objects/", "manifest/"] {
            let answer = collection.get(&format!("{endpoint}?match[spec_version]={query}")).send();
            assert_eq!(answer.status, 400, "{endpoint}: {query:?}: {answer}");
        }
    }
}

taxii_tests::on_every_site!(
    two_encodings_are_one_version,
    one_object_in_two_encodings,
    one_encoding_can_be_deleted,
    an_object_without_spec_version,
    an_unsupported_spec_version_fails_alone,
    a_bundle_of_the_older_standard,
    the_newest_of_one_standard,
    a_spec_version_has_two_numbers,
);

//! What happens when an object comes again.

use serde_json::{Value, json};
use taxii_tests::answers::is_taxii_timestamp;
use taxii_tests::collection::Collection;
use taxii_tests::http::TAXII;
use taxii_tests::objects::{address, custom, id_of, indicator, indicators, marking, versions, with};
use taxii_tests::site::Site;

/// The status of a POST in which some objects may fail.
fn posted(collection: &Collection<'_>, objects: &[Value]) -> Value {
    collection.post(objects).send().expect(202).json()
}

fn counts(status: &Value) -> (u64, u64) {
    let count = |name: &str| status[name].as_u64().expect("TX-STS-05: a count");
    (count("success_count"), count("failure_count"))
}

/// TX-ADD-04, AMB-08a: posted again, all succeed and nothing changes, the dates least of all.
fn the_same_again_changes_nothing(site: &Site) {
    let collection = site.collection();
    let mut objects = indicators(3);
    objects.extend([marking(), custom(), address("198.51.100.4")]);
    collection.add(&objects);
    let before = collection.records();
    for _ in 0..2 {
        let again = posted(&collection, &objects);
        assert_eq!(counts(&again), (6, 0), "{again}");
    }
    assert_eq!(collection.records(), before);
}

/// AMB-08a: equal is equal by JSON value, whatever the order of the members and the blanks between them.
fn equal_content_in_other_words_is_the_same(site: &Site) {
    let collection = site.collection();
    let object = with(indicator(), "x_list", json!([1, {"a": 1, "b": "\u{e9}"}]));
    collection.add(std::slice::from_ref(&object));
    let before = (collection.records(), collection.get("objects/").send().body);
    let members = object.as_object().expect("an object");
    let backwards: Vec<_> = members.iter().rev().map(|(k, v)| format!("\"{k}\" : {v}")).collect();
    let text = format!("{{ \"objects\" : [ {{ {} }} ] }}", backwards.join(" ,\n "));
    let text = text.replace('\u{e9}', "\\u00e9");
    assert_ne!(text, json!({"objects": [object]}).to_string());
    let status = collection.post(&[]).body(TAXII, text).send().expect(202).json();
    assert_eq!(counts(&status), (1, 0), "{status}");
    assert_eq!((collection.records(), collection.get("objects/").send().body), before);
}

/// AMB-08b, AMB-38, TX-ADD-10: other content under the same id and version fails alone, is explained, and
/// leaves what is there.
fn other_content_under_the_same_version_is_a_conflict(site: &Site) {
    let collection = site.collection();
    for object in [indicator(), marking()] {
        collection.add(std::slice::from_ref(&object));
        let before = collection.get("objects/?match[version]=all").send().expect(200).body;
        let clash = with(object.clone(), "x_note", "something else");
        let good = indicator();
        let status = posted(&collection, &[clash, good.clone()]);
        assert_eq!(counts(&status), (1, 1), "{status}");
        assert_eq!(status["failures"][0]["id"], object["id"], "{status}");
        let message = status["failures"][0]["message"].as_str().unwrap_or_default();
        assert!(message.to_lowercase().contains("conflict"), "{message}");
        collection.delete(id_of(&good)).send().expect(200);
        let after = collection.get("objects/?match[version]=all").send().expect(200).body;
        assert_eq!(after, before);
    }
}

/// AMB-08, AMB-12: the same instant written otherwise is the same version, never a second one.
fn a_version_written_otherwise_is_no_other_version(site: &Site) {
    let collection = site.collection();
    let object = with(indicator(), "modified", "2021-01-01T00:00:00Z");
    collection.add(std::slice::from_ref(&object));
    let before = collection.records();
    posted(&collection, &[with(object, "modified", "2021-01-01T00:00:00.000Z")]);
    assert_eq!(collection.records(), before);
}

/// AMB-08: within one POST the order of the array is the order of things.
fn within_one_post_the_first_comes_first(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let clash = with(object.clone(), "name", "Another name");
    let status = posted(&collection, &[object.clone(), object.clone(), clash.clone()]);
    assert_eq!(counts(&status), (2, 1), "{status}");
    assert_eq!(collection.records().len(), 1);
    assert_eq!(collection.page("objects/").entries, [object], "the first one stays");
    let mut newest_first = versions(&indicator(), 3);
    newest_first.reverse();
    collection.add(&newest_first);
    let path = format!("objects/{}/versions/", id_of(&newest_first[0]));
    let listed = collection.page(&path).entries;
    let sent: Vec<_> = newest_first.iter().map(|v| v["modified"].clone()).collect();
    assert_eq!(listed, sent, "TX-VER-05");
}

/// TX-FLT-29, TX-STS-08, TX-MAN-04, AMB-08c: an observable's version is the date it was first taken; asked
/// for by that, it is found.
fn an_observable_has_the_version_of_its_first_date(site: &Site) {
    let collection = site.collection();
    let object = address("198.51.100.5");
    let status = collection.add(std::slice::from_ref(&object));
    let record = &collection.records()[0];
    let version = record["version"].as_str().expect("text");
    assert!(is_taxii_timestamp(version), "{record}");
    assert_eq!(record["version"], record["date_added"]);
    assert_eq!(status["successes"][0]["version"], record["version"]);
    assert_eq!(collection.ids(&format!("match[version]={version}")), [id_of(&object)]);
    let path = format!("objects/{}/versions/", id_of(&object));
    assert_eq!(collection.page(&path).entries, [version]);
}

/// AMB-08d: an observable that has not changed is the same; one that has is a new version with a new date.
fn an_observable_changes_by_its_content(site: &Site) {
    let collection = site.collection();
    let first = address("198.51.100.6");
    let second = with(first.clone(), "x_seen", 2);
    collection.add(std::slice::from_ref(&first));
    let mark = collection.page("objects/").last.expect("a date");
    collection.add(std::slice::from_ref(&first));
    assert!(collection.page(&format!("objects/?added_after={mark}")).entries.is_empty());
    collection.add(std::slice::from_ref(&second));
    collection.add(std::slice::from_ref(&second));
    let path = format!("objects/{}/", id_of(&first));
    assert_eq!(collection.page(&path).entries, std::slice::from_ref(&second), "the newest");
    let all = collection.page(&format!("{path}?match[version]=all"));
    assert_eq!(all.entries, [first.clone(), second.clone()]);
    assert_eq!(collection.page(&format!("{path}?match[version]=first")).entries, std::slice::from_ref(&first));
    assert_eq!(collection.page(&format!("{path}versions/")).entries.len(), 2);
    assert_eq!(collection.page(&format!("objects/?added_after={mark}")).entries, [second]);
    collection.add(std::slice::from_ref(&first));
    let all = collection.page(&format!("{path}?match[version]=all"));
    assert_eq!(all.entries.len(), 3, "back to what it was is a change, too");
}

/// TX-FLT-29, TX-STS-08, AMB-08c: a marking's version is its `created`, and posting it again is no news.
fn a_marking_has_the_version_of_its_creation(site: &Site) {
    let collection = site.collection();
    let object = marking();
    let status = collection.add(std::slice::from_ref(&object));
    assert_eq!(status["successes"][0]["version"], object["created"]);
    let before = collection.records();
    assert_eq!(before[0]["version"], object["created"]);
    collection.add(std::slice::from_ref(&object));
    assert_eq!(collection.records(), before);
    let version = object["created"].as_str().expect("text");
    assert_eq!(collection.ids(&format!("match[version]={version}")), [id_of(&object)]);
}

/// AMB-35, promise 2: the same object from many senders at once is one object, and nobody gets an error.
fn many_senders_of_the_same_object(site: &Site) {
    let collection = site.collection();
    let objects = indicators(5);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| collection.add(&objects));
        }
    });
    assert_eq!(collection.records().len(), objects.len());
}

taxii_tests::on_every_site!(
    the_same_again_changes_nothing,
    equal_content_in_other_words_is_the_same,
    other_content_under_the_same_version_is_a_conflict,
    a_version_written_otherwise_is_no_other_version,
    within_one_post_the_first_comes_first,
    an_observable_has_the_version_of_its_first_date,
    an_observable_changes_by_its_content,
    a_marking_has_the_version_of_its_creation,
    many_senders_of_the_same_object,
);

//! The server's side of the OASIS interoperability draft for TAXII 2.1, as publicly transcribed, by case number.
//!
//! Case 3.1.3 (certificate) needs TLS and is tested with the server. Cases 3.13.2.1 to 3.13.2.5 are optional.

use serde_json::{Value, json};
use taxii_tests::answers::{FIRST, LAST, is_taxii_timestamp};
use taxii_tests::collection::{Collection, expected};
use taxii_tests::http::Response;
use taxii_tests::objects::{id, id_of, indicator, malware, marking, modified, versions, with};
use taxii_tests::site::{FIXED, NEITHER, READ_AND_WRITE, READ_ONLY, Site, TEST, TITLE, WRITE_ONLY};
use uuid::Uuid;

fn is_error(answer: &Response, status: u16) {
    assert_eq!(answer.status, status, "{answer}");
    assert_eq!(answer.json()["http_status"], status.to_string(), "{answer}");
}

fn has_dates(answer: &Response) {
    for name in [FIRST, LAST] {
        assert!(answer.header(name).is_some_and(is_taxii_timestamp), "{name}: {answer}");
    }
}

/// 3.1.1 Missing authorization.
fn case_3_1_1_missing_authorization(site: &Site) {
    let answer = site.get("/taxii2/").anonymous().send();
    is_error(&answer, 401);
    assert_eq!(answer.json()["title"], "Unauthorized");
    assert!(!answer.all("WWW-Authenticate").is_empty(), "{answer}");
}

/// 3.1.2 Wrong authorization.
fn case_3_1_2_wrong_authorization(site: &Site) {
    is_error(&site.get("/taxii2/").basic(TEST.name, "wrong").send(), 401);
}

/// 3.1.4 Basic authorization.
fn case_3_1_4_basic_authorization(site: &Site) {
    site.get("/taxii2/").basic("test", "Passw0rd!").send().expect(200);
}

/// 3.2.1 Discovery.
fn case_3_2_1_discovery(site: &Site) {
    let discovery = site.get("/taxii2/").send().expect(200).json();
    assert_eq!(discovery["title"], TITLE);
    let roots = discovery["api_roots"].as_array().expect("roots");
    for name in ["/api1/", "/api2/"] {
        let found = roots.iter().filter_map(Value::as_str).filter(|root| root.ends_with(name));
        assert_eq!(found.count(), 1, "{name}: {discovery}");
    }
}

/// 3.3.1 API root.
fn case_3_3_1_api_root(site: &Site) {
    let root = site.get("/api2/").send().expect(200).json();
    assert_eq!(root["title"], "Sharing Group 2");
    assert_eq!(root["versions"], json!(["application/taxii+json;version=2.1"]));
    assert_eq!(root["max_content_length"], 104_857_600);
}

/// 3.3.2 Wrong API root.
fn case_3_3_2_wrong_api_root(site: &Site) {
    is_error(&site.get("/api3/").send(), 404);
}

/// 3.4.1 Collections: four, ascending by id, also the one with neither right.
fn case_3_4_1_collections(site: &Site) {
    let list = site.get("/api2/collections/").send().expect(200).json();
    let ids: Vec<_> = list["collections"].as_array().expect("a list").iter().map(id_of).collect();
    let mut wanted: Vec<_> = FIXED.iter().map(|fixed| fixed.id).collect();
    wanted.sort_unstable();
    assert_eq!(ids, wanted);
}

/// 3.5.1.1 to 3.5.1.4 Collection: write only, read and write, read only, neither.
fn case_3_5_1_collection(site: &Site) {
    for fixed in FIXED {
        let collection = site.get(&site.fixed(fixed).path()).send().expect(200).json();
        assert_eq!(collection["id"], fixed.id);
        assert_eq!(collection["can_read"], fixed.rights.read, "{}", fixed.alias);
        assert_eq!(collection["can_write"], fixed.rights.write, "{}", fixed.alias);
    }
}

/// 3.5.2.1 Read on a collection that can only be written.
fn case_3_5_2_1_read_on_write_only(site: &Site) {
    is_error(&site.fixed(WRITE_ONLY).get("objects/").send(), 403);
    is_error(&site.fixed(WRITE_ONLY).get("manifest/").send(), 403);
}

/// 3.5.2.2 Write on a collection that can only be read.
fn case_3_5_2_2_write_on_read_only(site: &Site) {
    is_error(&site.fixed(READ_ONLY).post(&[indicator()]).send(), 403);
}

/// 3.5.2.3 Delete on one that can only be read, and on one that can only be written.
fn case_3_5_2_3_delete_with_one_right(site: &Site) {
    for fixed in [READ_ONLY, WRITE_ONLY] {
        is_error(&site.fixed(fixed).delete(&id("indicator")).send(), 403);
    }
}

/// 3.5.2.4 Delete on one with neither right.
fn case_3_5_2_4_delete_with_neither_right(site: &Site) {
    is_error(&site.fixed(NEITHER).delete(&id("indicator")).send(), 404);
}

/// 3.5.3 Wrong collection.
fn case_3_5_3_wrong_collection(site: &Site) {
    is_error(&site.get(&format!("/api2/collections/{}/", Uuid::new_v4())).send(), 404);
}

/// The contents the cases want: two indicators, a malware.
fn filled(site: &Site) -> (Collection<'_>, Vec<Value>) {
    let collection = site.collection();
    let objects = vec![indicator(), indicator(), malware()];
    collection.add_each(&objects);
    (collection, objects)
}

/// 3.6.1 Manifest.
fn case_3_6_1_manifest(site: &Site) {
    let (collection, objects) = filled(site);
    let answer = collection.get("manifest/").send().expect(200);
    has_dates(&answer);
    let records = answer.json()["objects"].as_array().cloned().expect("records");
    assert_eq!(records.len(), objects.len());
    for (record, object) in records.iter().zip(&objects) {
        assert_eq!(record["id"], object["id"]);
        assert_eq!(record["version"], object["modified"]);
        assert_eq!(record["media_type"], "application/stix+json;version=2.1");
        assert!(record["date_added"].as_str().is_some_and(is_taxii_timestamp), "{record}");
    }
}

/// 3.7.1 Get objects.
fn case_3_7_1_get_objects(site: &Site) {
    let (collection, objects) = filled(site);
    let answer = collection.get("objects/?match[type]=indicator").send().expect(200);
    has_dates(&answer);
    assert_eq!(answer.json()["objects"], json!(objects[..2]));
}

/// 3.7.2 No objects: an envelope without any.
fn case_3_7_2_no_objects(site: &Site) {
    let empty = site.collection().get("objects/").send().expect(200).json();
    assert_eq!(empty.get("objects"), None);
    assert_ne!(empty.get("more"), Some(&json!(true)));
    let (collection, _) = filled(site);
    let filtered = collection.get("objects/?match[type]=report").send().expect(200).json();
    assert_eq!(filtered.get("objects"), None);
}

/// 3.8.1 Get one object.
fn case_3_8_1_get_one_object(site: &Site) {
    let (collection, objects) = filled(site);
    let answer = site.get(&collection.object(id_of(&objects[1]))).send().expect(200);
    has_dates(&answer);
    assert_eq!(answer.json()["objects"], json!(objects[1..2]));
}

/// 3.8.2 Object not found.
fn case_3_8_2_object_not_found(site: &Site) {
    let (collection, _) = filled(site);
    is_error(&site.get(&collection.object(&id("indicator"))).send(), 404);
}

/// 3.9.1 Versions.
fn case_3_9_1_versions(site: &Site) {
    let (collection, objects) = filled(site);
    let answer = site.get(&collection.versions(id_of(&objects[0]))).send().expect(200);
    has_dates(&answer);
    assert_eq!(answer.json()["versions"], json!([objects[0]["modified"]]));
}

/// 3.10.1 Add objects; 3.11.1 Status.
fn case_3_10_1_add_and_3_11_1_status(site: &Site) {
    let collection = site.fixed(READ_AND_WRITE);
    let objects = [indicator(), malware()];
    let posted = collection.post(&objects).send().expect(202).json();
    assert_eq!(posted["status"], "complete");
    let counts = ["total_count", "success_count", "failure_count", "pending_count"];
    assert_eq!(counts.map(|name| posted[name].clone()), [2, 2, 0, 0].map(Value::from));
    let path = format!("/api2/status/{}/", posted["id"].as_str().expect("an id"));
    assert_eq!(site.get(&path).send().expect(200).json(), posted);
    for object in &objects {
        let answer = site.get(&collection.object(id_of(object))).send().expect(200);
        assert_eq!(answer.json()["objects"], json!([object]));
    }
}

/// 3.11.2 All status properties, as far as a server that never leaves anything pending has them.
fn case_3_11_2_status_properties(site: &Site) {
    let bad = with(indicator(), "created", "yesterday");
    let status = site.collection().post(&[indicator(), bad]).send().expect(202).json();
    for list in ["successes", "failures"] {
        let detail = &status[list][0];
        assert!(detail["id"].is_string() && detail["version"].is_string(), "{status}");
    }
    assert!(status["failures"][0]["message"].is_string(), "{status}");
    assert_eq!((&status["pending_count"], status.get("pendings")), (&json!(0), None));
}

/// 3.12.1 Delete.
fn case_3_12_1_delete(site: &Site) {
    let collection = site.fixed(READ_AND_WRITE);
    let object = indicator();
    collection.add(std::slice::from_ref(&object));
    collection.delete(id_of(&object)).send().expect(200);
    is_error(&site.get(&collection.object(id_of(&object))).send(), 404);
    let manifest = format!("manifest/?match[id]={}", id_of(&object));
    assert!(collection.page(&manifest).entries.is_empty());
}

/// 3.13.1.1 to 3.13.1.9: each filter, alone and together. The numbers are places in the order of adding.
fn case_3_13_1_filters(site: &Site) {
    let collection = site.collection();
    let first = indicator();
    let renewed = modified(&first, "2021-01-01T00:00:00.000Z");
    let objects = [first.clone(), malware(), renewed, indicator()];
    collection.add_each(&objects);
    let date = collection.records()[1]["date_added"].as_str().expect("a date").to_owned();
    let ids: Vec<_> = objects.iter().map(id_of).collect();
    let cases: [(&str, String, &[usize]); 9] = [
        ("3.13.1.1 added_after", format!("added_after={date}"), &[2, 3]),
        ("3.13.1.2 limit", "limit=1".to_owned(), &[1]),
        ("3.13.1.3 id", format!("match[id]={}", ids[1]), &[1]),
        ("3.13.1.4 type", "match[type]=indicator".to_owned(), &[2, 3]),
        ("3.13.1.5 version", "match[version]=first".to_owned(), &[0, 1, 3]),
        ("3.13.1.6 spec_version", "match[spec_version]=2.1".to_owned(), &[1, 2, 3]),
        ("3.13.1.7 or", format!("match[id]={},{}", ids[1], ids[3]), &[1, 3]),
        ("3.13.1.8 and", format!("match[type]=indicator&match[id]={}", ids[1]), &[]),
        ("3.13.1.9 or, and", format!("match[id]={},{}&match[type]=malware", ids[1], ids[3]), &[1]),
    ];
    for (case, query, places) in cases {
        let wanted: Vec<_> = places.iter().map(|place| objects[*place].clone()).collect();
        let page = collection.page(&format!("objects/?{query}"));
        assert_eq!(page.keys(), expected(&wanted), "{case}");
        assert_eq!(page.more, query == "limit=1", "{case}");
    }
}

/// 3.13.1.10 Duplicate filter.
fn case_3_13_1_10_duplicate_filter(site: &Site) {
    let (collection, _) = filled(site);
    let query = "objects/?match[type]=indicator&match[type]=malware";
    is_error(&collection.get(query).send(), 400);
}

/// 3.13.2 Optional property filters: filtered by a server that offers them, ignored by one that does not.
fn case_3_13_2_optional_filters(site: &Site) {
    let collection = site.collection();
    let objects = [with(indicator(), "confidence", 80), with(malware(), "malware_types", json!(["worm"]))];
    collection.add_each(&objects);
    let ids: Vec<String> = objects.iter().map(|object| id_of(object).to_owned()).collect();
    for (query, place) in [
        ("match[confidence]=80", 0),
        ("match[malware_types]=worm", 1),
        ("match[pattern_type]=stix", 0),
        ("match[confidence-gte]=50", 0),
    ] {
        let found = collection.ids(query);
        assert!(found == ids || found == ids[place..=place], "{query}: {found:?}");
    }
}

/// 3.14.1 Pagination: five versions by three, continued with the last date.
fn case_3_14_1_pagination(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add_each(&versions(&object, 5));
    let below = format!("objects/{}/versions/?limit=3", id_of(&object));
    let first = collection.page(&below);
    assert_eq!((first.entries.len(), first.more), (3, true));
    let second = collection.page(&format!("{below}&added_after={}", first.last.expect("a date")));
    assert_eq!((second.entries.len(), second.more), (2, false));
    let all: Vec<_> = first.entries.iter().chain(&second.entries).cloned().collect();
    assert_eq!(all, versions(&object, 5).iter().map(|v| v["modified"].clone()).collect::<Vec<_>>());
}

/// 3.15.1 Custom properties: the client's own in the envelope disturb nobody.
fn case_3_15_1_custom_properties(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let body = json!({
        "x_18467e42_04f4_4505_93c8_9f1cf29e1045_test_client": "a value",
        "objects": [object]
    });
    let status = collection.post(&[]).json(&body).send().expect(202).json();
    assert_eq!(status["success_count"], 1, "{status}");
    assert_eq!(collection.page("objects/").entries, [object], "it is not the object's");
}

/// SX-03: create, modify, revoke: the newest is last, the first is first, revoked ones stay readable.
fn content_3_20_versioning(site: &Site) {
    let collection = site.collection();
    let created = indicator();
    let changed = modified(&created, "2021-01-01T00:00:00.000Z");
    let revoked = with(modified(&created, "2022-01-01T00:00:00.000Z"), "revoked", true);
    let all = [created, changed, revoked];
    collection.add_each(&all);
    assert_eq!(collection.page("objects/").entries, all[2..]);
    assert_eq!(collection.page("objects/?match[version]=first").entries, all[..1]);
    assert_eq!(collection.page("objects/?match[version]=all").entries, all);
}

/// SX-04: the markings of the standard, which have only a `created`.
fn content_3_5_data_markings(site: &Site) {
    let collection = site.collection();
    let white = json!({
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "name": "TLP:WHITE",
        "definition": {"tlp": "white"}
    });
    let marked = with(indicator(), "object_marking_refs", json!([white["id"]]));
    let objects = [white, marked, marking()];
    collection.add(&objects);
    let before = collection.records();
    collection.add(&objects);
    assert_eq!(collection.records(), before, "posted again, nothing changes");
    assert_eq!(before[0]["version"], objects[0]["created"]);
    assert_eq!(collection.page("objects/").entries, objects);
}

taxii_tests::on_every_site!(
    case_3_1_1_missing_authorization,
    case_3_1_2_wrong_authorization,
    case_3_1_4_basic_authorization,
    case_3_2_1_discovery,
    case_3_3_1_api_root,
    case_3_3_2_wrong_api_root,
    case_3_4_1_collections,
    case_3_5_1_collection,
    case_3_5_2_1_read_on_write_only,
    case_3_5_2_2_write_on_read_only,
    case_3_5_2_3_delete_with_one_right,
    case_3_5_2_4_delete_with_neither_right,
    case_3_5_3_wrong_collection,
    case_3_6_1_manifest,
    case_3_7_1_get_objects,
    case_3_7_2_no_objects,
    case_3_8_1_get_one_object,
    case_3_8_2_object_not_found,
    case_3_9_1_versions,
    case_3_10_1_add_and_3_11_1_status,
    case_3_11_2_status_properties,
    case_3_12_1_delete,
    case_3_13_1_filters,
    case_3_13_1_10_duplicate_filter,
    case_3_13_2_optional_filters,
    case_3_14_1_pagination,
    case_3_15_1_custom_properties,
    content_3_20_versioning,
    content_3_5_data_markings,
);

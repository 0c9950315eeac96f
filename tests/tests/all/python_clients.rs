//! The clients that products embed, themselves: taxii2-client and stix2.

use serde_json::json;
use taxii_tests::objects::{id_of, indicators, malware, version_of, versions, with};
use taxii_tests::python::{call, reach};
use taxii_tests::site::{ROOTS, Site, TITLE};

const TAXII2: &str = "taxii2_client.py";

/// TX-DSC-01, TX-API-01, TX-COL-01: taxii2-client gets from the discovery URL to the collection.
fn taxii2_client_finds_the_collection(site: &Site) {
    let collection = site.collection();
    let Some(found) = call(TAXII2, "discover", &reach(&collection)) else { return };
    let expected = json!({
        "server": TITLE,
        "default": ROOTS[0].title,
        "root": ROOTS[0].title,
        "collection": collection.site.get(&collection.path()).send().json()["title"],
        "can_read": true,
        "can_write": true,
        "media_types": ["application/stix+json;version=2.1"],
    });
    assert_eq!(found, expected);
}

/// TX-ADD-01, TX-STS-01: taxii2-client pushes, and asks for the status until it is final.
fn taxii2_client_pushes_and_asks_for_the_status(site: &Site) {
    let collection = site.collection();
    let objects = indicators(20);
    let argument = with(reach(&collection), "objects", objects.clone());
    let Some(pushed) = call(TAXII2, "push", &argument) else { return };
    let ids: Vec<_> = objects.iter().map(id_of).collect();
    assert_eq!(pushed, json!(ids));
    assert_eq!(collection.records().len(), objects.len(), "the same again changes nothing");
}

/// TX-ADD-10, TX-STS-09, promise 2: taxii2-client checks that the counts of a status fit its lists.
fn taxii2_client_is_told_what_was_refused(site: &Site) {
    let collection = site.collection();
    let bad = with(malware(), "modified", "yesterday");
    let objects = [malware(), bad.clone(), malware()];
    let argument = with(reach(&collection), "objects", objects.to_vec());
    let Some(told) = call(TAXII2, "refused", &argument) else { return };
    assert_eq!(told, json!({"success": 2, "failures": [id_of(&bad)]}));
}

/// TX-PAG-01, TX-PAG-02, promise 1: `as_pages` gives each entry once whatever the limit, in full pages.
fn taxii2_client_walks_through_pages(site: &Site) {
    let collection = site.collection();
    let objects = indicators(50);
    collection.add_each(&objects[..3]);
    collection.add(&objects[3..]);
    let argument = with(reach(&collection), "limits", vec![1, 7, 100]);
    let Some(walks) = call(TAXII2, "pages", &argument) else { return };
    let ids: Vec<_> = objects.iter().map(id_of).collect();
    let sizes = [(1, vec![1; 50]), (7, vec![7, 7, 7, 7, 7, 7, 7, 1]), (100, vec![50])];
    for (limit, sizes) in &sizes {
        for what in ["get_objects", "get_manifest"] {
            let walk = &walks[format!("{what} {limit}")];
            assert_eq!(walk, &json!({"sizes": sizes, "ids": ids}), "{what} {limit}");
        }
    }
}

/// TX-OBJ-04, TX-VER-02, TX-MAN-03, TX-DEL-03: an object, its versions and its deletion with taxii2-client.
fn taxii2_client_handles_one_object(site: &Site) {
    let collection = site.collection();
    let object = malware();
    let history = versions(&object, 3);
    collection.add(&history);
    collection.add(&indicators(2));
    let argument = with(reach(&collection), "object", id_of(&object));
    let Some(found) = call(TAXII2, "one_object", &argument) else { return };
    let keys: Vec<_> = history.iter().map(|version| json!([id_of(version), version_of(version)])).collect();
    let expected = json!({
        "last": [keys[2]],
        "all": keys,
        "first": [keys[0]],
        "versions": history.iter().map(version_of).collect::<Vec<_>>(),
        "manifest": [keys[2]],
        "types": ["malware"],
        "deleted": 404,
    });
    assert_eq!(found, expected);
    assert_eq!(collection.records().len(), 2);
}

/// TX-ADD-01, TX-OBJ-01: the sink and the source of stix2, which posts bundles and asks for pages of 5000.
fn stix2_stores_and_finds(site: &Site) {
    let collection = site.collection();
    let Some(count) = call("stix2_datastore.py", "round_trip", &reach(&collection)) else { return };
    assert_eq!(count, 6);
    assert_eq!(collection.records().len(), 7, "one has two versions");
}

taxii_tests::on_every_site!(
    taxii2_client_finds_the_collection,
    taxii2_client_pushes_and_asks_for_the_status,
    taxii2_client_is_told_what_was_refused,
    taxii2_client_walks_through_pages,
    taxii2_client_handles_one_object,
    stix2_stores_and_finds,
);

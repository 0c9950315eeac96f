//! The list of collections, a collection, and its alias.

use serde_json::{Value, json};
use taxii_model::Timestamp;
use taxii_tests::endpoints;
use taxii_tests::objects::indicator;
use taxii_tests::site::{ADMIN, Account, FIXED, NOBODY, Options, READ, READ_AND_WRITE, READER, Site, TEST, WRITER};
use uuid::Uuid;

fn list(site: &Site, root: &str, account: Account) -> Vec<Value> {
    let answer = site.get(&format!("/{root}/collections/")).account(account).send().expect(200);
    answer.json()["collections"].as_array().cloned().unwrap_or_default()
}

fn item(site: &Site, id: &str, account: Account) -> Option<Value> {
    list(site, "api1", account).into_iter().find(|collection| collection["id"] == id)
}

/// TX-COL-01, TX-SRT-02, AMB-31: ascending by id, and the same each time.
fn the_list_is_ordered_by_id(site: &Site) {
    let collections = list(site, "api2", TEST);
    let ids: Vec<_> = collections.iter().filter_map(|c| c["id"].as_str()).collect();
    let mut expected: Vec<_> = FIXED.iter().map(|fixed| fixed.id).collect();
    expected.sort_unstable();
    assert_eq!(ids, expected);
    assert_eq!(list(site, "api2", TEST), collections);
    let _more = [site.collection(), site.collection(), site.collection()];
    let ids: Vec<_> = list(site, "api1", TEST).iter().map(|c| c["id"].to_string()).collect();
    assert!(ids.is_sorted(), "{ids:?}");
}

/// TX-COL-04: alone it is the very item of the list.
fn a_collection_equals_its_item(site: &Site) {
    for collection in list(site, "api2", TEST) {
        let path = format!("/api2/collections/{}/", collection["id"].as_str().expect("an id"));
        assert_eq!(site.get(&path).send().expect(200).json(), collection);
    }
}

/// TX-COL-08, TX-AUT-05, AMB-23: rights are said for who asks; who has none does not see it at all.
fn rights_are_those_of_who_asks(site: &Site) {
    let collection = site.collection();
    for (account, rights) in [
        (TEST, Some((true, true))),
        (READER, Some((true, false))),
        (WRITER, Some((false, true))),
        (ADMIN, Some((true, true))),
        (NOBODY, None),
    ] {
        let alone = site.get(&collection.path()).account(account).send();
        let Some((read, write)) = rights else {
            assert_eq!(alone.status, 404, "{}: {alone}", account.name);
            let listed = site.get("/api1/collections/").account(account).send();
            assert!(!listed.text().contains(&collection.id), "{}: {listed}", account.name);
            continue;
        };
        let alone = alone.expect(200).json();
        assert_eq!(alone["can_read"], json!(read), "{}: {alone}", account.name);
        assert_eq!(alone["can_write"], json!(write), "{}: {alone}", account.name);
        assert_eq!(item(site, &collection.id, account), Some(alone), "{}", account.name);
    }
}

/// Administration takes effect at once: a grant shows on the next request.
fn a_grant_takes_effect_at_once(site: &Site) {
    let collection = site.collection();
    let ask = collection.get("objects/").account(NOBODY);
    ask.send().expect(404);
    site.host().grant(NOBODY.name, &collection.root, &collection.alias, READ);
    ask.send().expect(200);
    assert!(item(site, &collection.id, NOBODY).is_some());
}

/// TX-COL-05, TX-COL-06, TX-TYP-05: a version-4 UUID that nobody else has, and a title.
fn every_collection_has_an_id_and_a_title(site: &Site) {
    let made = [site.collection(), site.collection()];
    assert_ne!(made[0].id, made[1].id);
    for collection in list(site, "api1", TEST).iter().chain(&list(site, "api2", TEST)) {
        let id = Uuid::parse_str(collection["id"].as_str().expect("a string")).expect("a UUID");
        assert_eq!(id.get_version_num(), 4, "{collection}");
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122, "{collection}");
        assert!(!collection["title"].as_str().unwrap_or_default().is_empty(), "{collection}");
    }
}

/// TX-TYP-06, TX-GEN-08: a title is Unicode and comes back as it went in.
fn a_title_is_unicode(site: &Site) {
    let title = "Früherkennung 早期警戒 🛡 \"quoted\" \\ & <b>";
    let collection = site.collection_with(Options { title: Some(title), ..Options::default() });
    assert_eq!(site.get(&collection.path()).send().expect(200).json()["title"], title);
}

/// TX-COL-09, TX-COL-10, AMB-21: what can be stored is said explicitly, with the version.
fn media_types_are_explicit(site: &Site) {
    let plain = site.collection();
    let media_types = |path: String| site.get(&path).send().expect(200).json()["media_types"].clone();
    assert_eq!(media_types(plain.path()), json!(["application/stix+json;version=2.1"]));
    let mixed = site.collection_with(Options { spec_versions: Some("2.0,2.1"), ..Options::default() });
    let both = media_types(mixed.path());
    let mut both: Vec<_> = both.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    both.sort_unstable();
    assert_eq!(both, ["application/stix+json;version=2.0", "application/stix+json;version=2.1"]);
}

/// TX-COL-07, AMB-26: the alias works wherever the id works, with the same answers; the `id` stays the UUID.
fn the_alias_works_wherever_the_id_does(site: &Site) {
    let collection = site.collection();
    for endpoint in endpoints::of_collection(&collection) {
        let mut by_alias = endpoint.clone();
        by_alias.target = endpoint.target.replace(&collection.id, &collection.alias);
        let answer = by_alias.request(site).send();
        assert_eq!(answer.status, endpoint.success, "{}: {answer}", endpoint.name);
        if endpoint.method == "GET" {
            assert_eq!(answer.body, endpoint.request(site).send().body, "{}", endpoint.name);
        }
    }
    let path = format!("/api1/collections/{}/", collection.alias);
    let resource = site.get(&path).send().expect(200).json();
    assert_eq!(resource["id"], collection.id);
    assert_eq!(resource["alias"], collection.alias);
}

/// TX-COL-11: an unknown collection is not found, on all of its endpoints.
fn an_unknown_collection_is_not_found(site: &Site) {
    let collection = site.collection();
    let unknown =
        [Uuid::new_v4().to_string(), "no-such-alias".to_owned(), format!("{}0", collection.id), "%20".to_owned()];
    for endpoint in endpoints::of_collection(&collection) {
        for name in &unknown {
            let mut lost = endpoint.clone();
            lost.target = endpoint.target.replace(&collection.id, name);
            let answer = lost.request(site).send();
            assert_eq!(answer.status, 404, "{}: {name}: {answer}", endpoint.name);
        }
    }
}

/// TX-COL-11, AMB-27: a collection belongs to one root.
fn a_collection_is_found_under_its_own_root_only(site: &Site) {
    let collection = site.collection();
    collection.add(&[indicator()]);
    for name in [&collection.id, &collection.alias] {
        site.get(&format!("/api2/collections/{name}/")).send().expect(404);
        site.get(&format!("/api2/collections/{name}/objects/")).send().expect(404);
    }
    let fixed = READ_AND_WRITE.id;
    site.get(&format!("/api1/collections/{fixed}/")).send().expect(404);
}

/// AMB-34: there is nothing to filter or page here, so those parameters are unknown and ignored.
fn filters_mean_nothing_here(site: &Site) {
    let plain = site.get("/api2/collections/").send().expect(200);
    let odd = "/api2/collections/?limit=0&limit=1&added_after=never&match[id]=x&next=rubbish";
    assert_eq!(site.get(odd).send().expect(200).body, plain.body);
    let path = format!("/api2/collections/{}/", READ_AND_WRITE.id);
    let plain = site.get(&path).send().expect(200);
    assert_eq!(site.get(&format!("{path}?limit=abc")).send().expect(200).body, plain.body);
}

/// AMB-36: the same object in two collections is two entries with dates of their own.
fn an_object_may_be_in_two_collections(site: &Site) {
    let (one, two) = (site.collection(), site.collection());
    let object = [indicator()];
    one.add(&object);
    let first: Timestamp = one.records()[0]["date_added"].as_str().expect("a date").parse().expect("a date");
    // Dates are rounded up to what clients keep of them.
    while Timestamp::now() <= first {
        std::thread::yield_now();
    }
    two.add(&object);
    let (one, two) = (one.records(), two.records());
    assert_eq!(one[0]["id"], two[0]["id"]);
    assert_ne!(one[0]["date_added"], two[0]["date_added"]);
}

taxii_tests::on_every_site!(
    the_list_is_ordered_by_id,
    a_collection_equals_its_item,
    rights_are_those_of_who_asks,
    a_grant_takes_effect_at_once,
    every_collection_has_an_id_and_a_title,
    a_title_is_unicode,
    media_types_are_explicit,
    the_alias_works_wherever_the_id_does,
    an_unknown_collection_is_not_found,
    a_collection_is_found_under_its_own_root_only,
    filters_mean_nothing_here,
    an_object_may_be_in_two_collections,
);

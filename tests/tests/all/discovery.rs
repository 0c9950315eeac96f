//! Discovery and API roots, and the property names of all resources.

use std::collections::BTreeSet;

use serde_json::Value;
use taxii_tests::collection::Collection;
use taxii_tests::objects::{id_of, indicator};
use taxii_tests::site::{ADMIN, Account, Kind, NOBODY, READER, ROOTS, SMALL_LIMIT, Site, TEST, TITLE};

fn roots_seen_by(site: &Site, account: Account) -> BTreeSet<String> {
    let discovery = site.get("/taxii2/").account(account).send().expect(200).json();
    let roots = discovery["api_roots"].as_array().cloned().unwrap_or_default();
    roots.iter().filter_map(Value::as_str).map(root_name).collect()
}

/// The last segment of a root's URL, which clients take for its name (AMB-27).
fn root_name(url: &str) -> String {
    url.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}

/// TX-DSC-01, TX-DSC-02, TX-DSC-03: at its place, with its title, and a default that is one of the roots by
/// string equality.
fn discovery_is_at_its_place(site: &Site) {
    let discovery = site.get("/taxii2/").send().expect(200).json();
    assert_eq!(discovery["title"], TITLE);
    let roots = discovery["api_roots"].as_array().expect("roots");
    assert!(roots.contains(&discovery["default"]), "{discovery}");
    assert_eq!(root_name(discovery["default"].as_str().expect("a string")), "api1");
}

/// TX-DSC-04, TX-DSC-07, AMB-27: every root is an absolute HTTPS URL or starts with one slash, has no query,
/// ends in a slash, differs in its last segment, and leads to the root.
fn roots_can_be_followed(site: &Site) {
    let discovery = site.get("/taxii2/").send().expect(200).json();
    let roots = discovery["api_roots"].as_array().expect("roots");
    let names: BTreeSet<_> = roots.iter().filter_map(Value::as_str).map(root_name).collect();
    assert_eq!(names.len(), roots.len(), "{roots:?}");
    for root in roots {
        let root = root.as_str().expect("a string");
        let relative = root.starts_with('/') && !root.starts_with("//") && !root.contains("..");
        assert!(relative || root.starts_with("https://"), "{root}");
        assert!(root.ends_with('/') && !root.contains('?'), "{root}");
        let title = site.get(&format!("/{}/", root_name(root))).send().expect(200).json();
        assert!(ROOTS.iter().any(|known| title["title"] == known.title), "{title}");
    }
}

/// TX-DSC-05, TX-API-07, promise 4: each sees the roots in which they may see something.
fn roots_are_listed_for_their_members(site: &Site) {
    // The fixture's collections are there; `reader` is granted one in api1 here.
    let _granted = site.collection();
    let small = site.collection_with(taxii_tests::site::Options { root: Some("small"), ..Default::default() });
    assert_eq!(small.root, "small");
    let seen = |account| roots_seen_by(site, account);
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(seen(TEST), set(&["api1", "api2", "small"]));
    assert_eq!(seen(READER), set(&["api1", "closed", "small"]));
    assert_eq!(seen(ADMIN), set(&["api1", "api2", "small", "closed"]));
    assert!(seen(NOBODY).is_subset(&set(&["api1"])), "api1 has a collection for everybody");
}

/// TX-DSC-05, TX-COL-02, TX-TYP-03, AMB-23: without any right there is a title and nothing else; the root is
/// not found, and an administrator sees it empty.
fn who_may_see_nothing_sees_nothing(kind: Kind) {
    let site = Site::bare(kind);
    for account in [TEST, NOBODY] {
        let discovery = site.get("/taxii2/").account(account).send().expect(200).json();
        assert_eq!(discovery["title"], TITLE);
        assert_eq!(discovery.get("api_roots"), None, "{discovery}");
        assert_eq!(discovery.get("default"), None, "{discovery}");
        site.get("/api1/").account(account).send().expect(404);
        site.get("/api1/collections/").account(account).send().expect(404);
    }
    site.get("/api1/").account(ADMIN).send().expect(200);
    let collections = site.get("/api1/collections/").account(ADMIN).send().expect(200);
    assert_eq!(collections.json(), serde_json::json!({}), "TX-COL-02");
    for path in ["/taxii2/", "/api1/", "/api1/collections/"] {
        site.get(path).anonymous().send().expect(401);
    }
}

/// TX-API-01…04: each root has its own URL, title and limit, and says its version exactly.
fn each_root_describes_itself(site: &Site) {
    let _granted = site.collection_with(taxii_tests::site::Options { root: Some("small"), ..Default::default() });
    for known in ROOTS.iter().filter(|root| root.name != "closed") {
        let root = site.get(&format!("/{}/", known.name)).send().expect(200).json();
        assert_eq!(root["title"], known.title);
        assert_eq!(root["versions"], serde_json::json!(["application/taxii+json;version=2.1"]));
        let length = root["max_content_length"].as_u64().expect("TX-TYP-02: an integer");
        assert!(length > 0, "TX-API-04");
        assert_eq!(known.max_content_length.unwrap_or(length), length, "{root}");
    }
    assert_eq!(ROOTS[2].max_content_length, Some(SMALL_LIMIT as u64));
}

/// TX-API-08, TX-DSC-08: interoperability case 3.3.2's path, and everything below it.
fn an_unknown_root_is_not_found(site: &Site) {
    for below in ["", "collections/", "collections/x/", "collections/x/objects/", "status/x/"] {
        site.get(&format!("/api3/{below}")).send().expect(404);
    }
}

/// AMB-27: nothing the sender says about hosts comes back as one of our URLs.
fn the_host_header_is_not_believed(site: &Site) {
    for (name, value) in
        [("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil.example;proto=https")]
    {
        for target in ["/taxii2/", "/api1/", "/api3/"] {
            let answer = site.get(target).header(name, value).send();
            assert!(!answer.text().contains("evil"), "{name}: {target}: {answer}");
        }
    }
}

/// The names the standard gives the properties of each resource.
const PROPERTIES: [(&str, &[&str]); 9] = [
    ("discovery", &["title", "description", "contact", "default", "api_roots"]),
    ("api root", &["title", "description", "versions", "max_content_length"]),
    ("collections", &["collections"]),
    ("collection", &["id", "title", "description", "alias", "can_read", "can_write", "media_types"]),
    ("envelope", &["more", "next", "objects"]),
    ("manifest", &["more", "next", "objects"]),
    ("manifest record", &["id", "date_added", "version", "media_type"]),
    ("versions", &["more", "next", "versions"]),
    (
        "status",
        &[
            "id",
            "status",
            "request_timestamp",
            "total_count",
            "success_count",
            "successes",
            "failure_count",
            "failures",
            "pending_count",
            "pendings",
        ],
    ),
];

fn resources(collection: &Collection<'_>) -> Vec<(&'static str, Value)> {
    let site = collection.site;
    let object = indicator();
    let status = collection.add(std::slice::from_ref(&object));
    collection.add(&[indicator()]);
    let get = |target: &str| site.get(target).send().expect(200).json();
    let manifest = get(&format!("{}?limit=1", collection.manifest()));
    vec![
        ("discovery", get("/taxii2/")),
        ("api root", get("/api1/")),
        ("collections", get("/api2/collections/")),
        ("collection", get(&collection.path())),
        ("envelope", get(&format!("{}?limit=1", collection.objects()))),
        ("manifest record", manifest["objects"][0].clone()),
        ("manifest", manifest),
        ("versions", get(&collection.versions(id_of(&object)))),
        ("status", status),
    ]
}

/// TX-GEN-09, TX-GEN-11, TX-ENV-01, TX-CUS-01, TX-CUS-02: the standard's own names, exactly; a name of ours
/// begins with `x_`, and is lower case, digits and underscores.
fn properties_have_the_names_of_the_standard(site: &Site) {
    for (resource, value) in resources(&site.collection()) {
        let (_, known) = PROPERTIES.iter().find(|(name, _)| *name == resource).expect("listed");
        for name in value.as_object().expect("an object").keys() {
            let ours = name.starts_with("x_")
                && (3..=250).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            assert!(ours || known.contains(&name.as_str()), "{resource}: {name}: {value}");
        }
    }
}

/// TX-TYP-01, TX-TYP-02: booleans and integers are what they are, never text.
fn booleans_and_integers_are_not_text(site: &Site) {
    for (resource, value) in resources(&site.collection()) {
        for name in ["more", "can_read", "can_write"] {
            assert!(value.get(name).is_none_or(Value::is_boolean), "{resource}: {name}: {value}");
        }
        let counts = ["total_count", "success_count", "failure_count", "pending_count"];
        for name in counts.iter().chain(&["max_content_length"]) {
            assert!(value.get(*name).is_none_or(Value::is_u64), "{resource}: {name}: {value}");
        }
    }
}

taxii_tests::on_every_site!(
    discovery_is_at_its_place,
    roots_can_be_followed,
    roots_are_listed_for_their_members,
    each_root_describes_itself,
    an_unknown_root_is_not_found,
    the_host_header_is_not_believed,
    properties_have_the_names_of_the_standard,
    booleans_and_integers_are_not_text,
);

taxii_tests::on_every_kind!(who_may_see_nothing_sees_nothing);

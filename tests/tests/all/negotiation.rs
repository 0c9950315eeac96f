//! Media types, in and out; the slash at the end of a path; what a browser gets.

use taxii_tests::collection::Collection;
use taxii_tests::endpoints;
use taxii_tests::http::TAXII;
use taxii_tests::objects::{envelope, id_of, indicator};
use taxii_tests::site::{NOBODY, Options, Site};

/// What Chrome and Firefox send, in essence.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

const SERVED: [(&str, &str); 18] = [
    ("application/taxii+json;version=2.1", "TX-CN-04: the form of the standard"),
    ("application/taxii+json", "TX-CN-03, TX-CN-04: no version means the newest"),
    ("application/taxii+json; version=2.1", "AMB-02: a blank"),
    ("application/taxii+json ;  version=2.1", "TX-CN-08: optional white space"),
    ("application/taxii+json;version=\"2.1\"", "TX-CN-08: a quoted value"),
    ("Application/TAXII+JSON;Version=2.1", "TX-CN-08: names in any case"),
    ("*/*", "AMB-02: anything"),
    ("application/*", "AMB-02: any application type"),
    ("application/taxii+json;version=2.1;q=0.1", "TX-CN-08: a small weight is not none"),
    ("text/html, application/taxii+json; version=\"2.1\";q=0.5", "TX-CN-08: a list"),
    (
        "application/taxii+json;version=2.0, application/taxii+json;version=2.1;q=0.2",
        "TX-CN-08: the version we have, though wanted less",
    ),
    ("text/plain, */*;q=0.01", "TX-CN-08: the rest of a list"),
    ("application/*;q=0, application/taxii+json", "AMB-02: the more specific range wins"),
    (
        "application/taxii+json;q=0, application/taxii+json;version=2.1",
        "AMB-02: a range with a parameter is more specific",
    ),
    ("application/json, text/plain, */*", "AMB-02: what old OpenCTI sends"),
    ("application/vnd.oasis.taxii+json, application/taxii+json", "TX-CN-09: beside the new name"),
    ("application/stix+json;version=2.1, application/taxii+json;version=2.1", "AMB-02: beside the type of TAXII"),
    (",application/taxii+json,,", "TX-CN-08: empty list elements are legal"),
];

const REFUSED: [(&str, &str); 14] = [
    ("application/taxii+json;version=2.0", "AMB-02: another version"),
    ("application/taxii+json;version=2.2", "AMB-02: another version"),
    ("application/taxii+json;version=9.9", "AMB-02: another version"),
    ("application/taxii+json; version=\"2.0\"", "AMB-02: another version, quoted"),
    ("application/vnd.oasis.taxii+json", "TX-CN-09: the deprecated name"),
    ("application/vnd.oasis.taxii+json; version=2.0", "TX-CN-09: what TAXII 2.0 clients send"),
    ("application/json", "AMB-02"),
    ("text/html", "TX-CN-06, AMB-02"),
    ("application/stix+json", "AMB-02"),
    ("application/stix+json;version=2.1", "AMB-02: not alone"),
    ("application/taxii+json;version=2.1;q=0", "TX-CN-08: expressly not"),
    ("*/*;q=0", "TX-CN-08: expressly nothing"),
    ("*/*, application/taxii+json;q=0", "AMB-02: the most specific range excludes it"),
    ("*/*, application/taxii+json;version=2.1;q=0.0", "AMB-02: the most specific range"),
];

/// TX-CN-03, TX-CN-04, TX-CN-08, AMB-02.
fn every_legal_accept_is_served(site: &Site) {
    let collection = site.collection();
    collection.add(&[indicator()]);
    for (accept, why) in SERVED {
        for target in ["/taxii2/".to_owned(), collection.objects(), collection.manifest()] {
            let answer = site.get(&target).accept(accept).send();
            assert_eq!(answer.status, 200, "{why}: {accept}: {target}: {answer}");
        }
    }
}

/// TX-CN-06, TX-CN-09, AMB-02; the words say what to send instead.
fn a_foreign_accept_is_refused(site: &Site) {
    let collection = site.collection();
    for (accept, why) in REFUSED {
        for target in ["/taxii2/".to_owned(), collection.objects(), collection.manifest()] {
            let answer = site.get(&target).accept(accept).send();
            assert_eq!(answer.status, 406, "{why}: {accept}: {target}: {answer}");
            assert!(answer.text().contains("application/taxii+json"), "{why}: no hint: {answer}");
        }
    }
}

/// AMB-02: no header at all means anything; several lines are one list.
fn absent_and_repeated_accept_headers(site: &Site) {
    site.get("/taxii2/").without("Accept").send().expect(200);
    let lines = site.get("/taxii2/").accept("text/html");
    lines.clone().send().expect(406);
    lines.add_header("Accept", "application/taxii+json").send().expect(200);
}

/// TX-CN-04: no endpoint of the table refuses a range of the table.
fn every_endpoint_takes_both_forms(site: &Site) {
    for accept in [TAXII, "application/taxii+json"] {
        for endpoint in endpoints::all(&site.collection()) {
            let answer = endpoint.request(site).accept(accept).send();
            assert_eq!(answer.status, endpoint.success, "{}: {accept}: {answer}", endpoint.name);
        }
    }
}

/// TX-CN-06, AMB-24: a refused POST has stored nothing, a refused DELETE has removed nothing.
fn every_endpoint_refuses_a_foreign_accept(site: &Site) {
    let collection = site.collection();
    let endpoints = endpoints::all(&collection);
    let before = collection.records();
    for endpoint in endpoints {
        let answer = endpoint.request(site).accept("application/json").send();
        assert_eq!(answer.status, 406, "{}: {answer}", endpoint.name);
    }
    assert_eq!(collection.records(), before);
}

/// TX-CN-01, TX-CN-02, TX-CN-10, AMB-29: one spelling, on all answers, whatever was asked for.
fn answers_name_the_type_and_the_version(site: &Site) {
    let collection = site.collection();
    for endpoint in endpoints::all(&collection) {
        for accept in ["application/stix+json;version=2.1, */*", "text/html"] {
            let answer = endpoint.request(site).accept(accept).send();
            assert_eq!(answer.header("Content-Type"), Some(TAXII), "{}: {answer}", endpoint.name);
        }
    }
}

const CONTENT_TYPES: [(Option<&str>, u16, &str); 15] = [
    (Some("application/taxii+json;version=2.1"), 202, "TX-CN-05: the form of the standard"),
    (Some("application/taxii+json"), 202, "TX-CN-05: no version"),
    (Some("application/taxii+json; version=2.1"), 202, "TX-CN-08: a blank"),
    (Some("application/taxii+json;version=\"2.1\""), 202, "TX-CN-08: quoted"),
    (Some("APPLICATION/TAXII+JSON;VERSION=2.1"), 202, "TX-CN-08: names in any case"),
    (Some("application/stix+json"), 202, "AMB-04: push connectors"),
    (Some("application/stix+json;version=2.1"), 202, "AMB-04: push connectors"),
    (Some("application/stix+json; version=2.1"), 202, "AMB-04: OpenCTI's spelling"),
    (Some("application/taxii+json;version=2.0"), 415, "AMB-04: another version"),
    (Some("application/stix+json;version=2.0"), 415, "AMB-04: another version"),
    (Some("application/vnd.oasis.stix+json; version=2.0"), 415, "AMB-04: TAXII 2.0"),
    (Some("application/json"), 415, "AMB-04"),
    (Some("text/plain"), 415, "TX-CN-07, AMB-04"),
    (Some("no media type at all"), 415, "AMB-04"),
    (None, 415, "AMB-04: none"),
];

/// TX-CN-05, TX-CN-07, TX-ADD-06, AMB-04; the words of a refusal say what to send.
fn content_types_of_a_post(site: &Site) {
    let collection = site.collection();
    for (content_type, status, why) in CONTENT_TYPES {
        let post = collection.post(&[indicator()]);
        let post = match content_type {
            Some(content_type) => post.header("Content-Type", content_type),
            None => post.without("Content-Type"),
        };
        let answer = post.send();
        assert_eq!(answer.status, status, "{why}: {content_type:?}: {answer}");
        if status == 415 {
            assert!(answer.text().contains("application/taxii+json"), "{why}: no hint: {answer}");
        }
    }
    let taken = CONTENT_TYPES.iter().filter(|(_, status, _)| *status == 202).count();
    assert_eq!(collection.records().len(), taken, "a refused body is not stored");
}

/// AMB-03: Elastic and MISP send one.
fn the_content_type_of_a_request_without_body_is_ignored(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    collection.add(std::slice::from_ref(&object));
    for content_type in [TAXII, "application/json", "text/plain", "rubbish"] {
        collection.get("objects/").header("Content-Type", content_type).send().expect(200);
    }
    let delete = collection.delete(id_of(&object));
    delete.header("Content-Type", "application/json").send().expect(200);
}

/// TX-HDR-07: our test client never sends a `User-Agent` of its own accord; nor need anybody.
fn a_user_agent_is_not_needed(site: &Site) {
    for endpoint in endpoints::all(&site.collection()) {
        let request = endpoint.request(site);
        assert_eq!(request.said("User-Agent"), None);
        assert_eq!(request.send().status, endpoint.success, "{}", endpoint.name);
    }
}

/// AMB-01: every method works without the slash at the end, with no redirect and the same answer.
fn the_slash_at_the_end_may_be_missing(site: &Site) {
    let collection = site.collection();
    for endpoint in endpoints::all(&collection) {
        let mut bare = endpoint.clone();
        bare.target = endpoint.target.trim_end_matches('/').to_owned();
        let answer = bare.request(site).send();
        assert_eq!(answer.status, endpoint.success, "{}: {answer}", endpoint.name);
        // Other tests add collections meanwhile; that list is compared below.
        if endpoint.method == "GET" && endpoint.name != "collections" {
            assert_eq!(answer.body, endpoint.request(site).send().body, "{}", endpoint.name);
        }
    }
    let lists = ["/api2/collections", "/api2/collections/"].map(|path| site.get(path).send().body);
    assert_eq!(lists[0], lists[1]);
    let query = format!("{}?limit=1", collection.objects().trim_end_matches('/'));
    site.get(&query).send().expect(200);
}

/// TX-GEN-12, AMB-02: a person's browser gets a page for people, a bare `text/html` is refused.
fn a_browser_gets_a_page(site: &Site) {
    let collection = site.collection();
    let targets = ["/taxii2/".to_owned(), "/api1/".to_owned(), "/api1/collections/".to_owned(), collection.path()];
    for target in targets {
        let page = site.get(&target).accept(BROWSER).send().expect(200);
        assert_eq!(page.header("Content-Type"), Some("text/html; charset=utf-8"), "{target}");
        assert!(page.text().to_lowercase().contains("<html"), "{target}: {page}");
        site.get(&target).accept("text/html").send().expect(406);
    }
    let objects = site.get(&collection.objects()).accept(BROWSER).send().expect(200);
    assert_eq!(objects.header("Content-Type"), Some(TAXII), "objects are for programs");
}

/// Promise 4, TX-COL-08: the page for people shows no more than the resource does, and escapes it.
fn a_page_shows_only_what_its_reader_may_see(site: &Site) {
    let hidden = site.collection();
    let listed = site.get("/api1/collections/").accept(BROWSER);
    let mine = listed.clone().send().expect(200);
    assert!(mine.text().contains(&hidden.id), "{mine}");
    let theirs = listed.account(NOBODY).send();
    assert!(!theirs.text().contains(&hidden.id), "{theirs}");
    let collection = escaped_collection(site);
    let page = site.get(&collection.path()).accept(BROWSER).send().expect(200);
    assert!(!page.text().contains("<script>alert"), "{page}");
}

fn escaped_collection(site: &Site) -> Collection<'_> {
    site.collection_with(Options { title: Some("<script>alert(1)</script>"), ..Options::default() })
}

/// TX-CN-02: also the answer to a POST whose objects all failed.
fn a_status_of_failures_is_a_taxii_answer(site: &Site) {
    let collection = site.collection();
    let body = envelope(&[serde_json::json!({"type": "indicator", "id": "indicator--1"})]);
    let answer = site.request("POST", &collection.objects()).json(&body).send().expect(202);
    assert_eq!(answer.json()["failure_count"], 1, "{answer}");
}

taxii_tests::on_every_site!(
    every_legal_accept_is_served,
    a_foreign_accept_is_refused,
    absent_and_repeated_accept_headers,
    every_endpoint_takes_both_forms,
    every_endpoint_refuses_a_foreign_accept,
    answers_name_the_type_and_the_version,
    content_types_of_a_post,
    the_content_type_of_a_request_without_body_is_ignored,
    a_user_agent_is_not_needed,
    the_slash_at_the_end_may_be_missing,
    a_browser_gets_a_page,
    a_page_shows_only_what_its_reader_may_see,
    a_status_of_failures_is_a_taxii_answer,
);

//! Refusals: their form, their words, and what they must not tell.

use std::collections::BTreeSet;

use serde_json::Value;
use taxii_tests::answers::{FIRST, LAST};
use taxii_tests::collection::Collection;
use taxii_tests::endpoints;
use taxii_tests::http::{Request, Response, TAXII};
use taxii_tests::objects::{envelope, id, indicator};
use taxii_tests::site::{NOBODY, Options, READER, SMALL_LIMIT, Site};
use uuid::Uuid;

/// One request for every status the tables of the standard list.
fn one_of_each(collection: &Collection<'_>) -> Vec<(u16, Request)> {
    let site = collection.site;
    let post = collection.post(&[indicator()]);
    vec![
        (400, collection.get("objects/?limit=abc")),
        (401, collection.get("objects/").anonymous()),
        (403, post.clone().account(READER)),
        (404, collection.get(&format!("objects/{}/", id("indicator")))),
        (404, site.get("/api3/")),
        (405, site.request("PUT", &collection.objects())),
        (406, collection.get("objects/").accept("text/html")),
        (413, post.clone().body(TAXII, vec![b' '; SMALL_LIMIT + 1])),
        (415, post.clone().header("Content-Type", "text/plain")),
        (422, post.json(&serde_json::json!({"objects": "x"}))),
    ]
}

fn small(site: &Site) -> Collection<'_> {
    site.collection_with(Options { root: Some("small"), ..Options::default() })
}

/// TX-GEN-03, TX-ERR-01…05, AMB-29: the form itself is checked on every answer; the status is given here,
/// and is a string.
fn every_refusal_is_an_error_resource(site: &Site) {
    for (status, request) in one_of_each(&small(site)) {
        let answer = request.send().expect(status);
        assert_eq!(answer.json()["http_status"], status.to_string(), "TX-ERR-03: {answer}");
    }
}

/// The request id that an operator can look up; promised for every refusal.
fn request_id(answer: &Response) -> String {
    let body = answer.json();
    let id = body.get("error_id").or_else(|| body["details"].get("request_id"));
    id.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Design, errors: every refusal carries a request id of its own, and words.
fn every_refusal_can_be_asked_about(site: &Site) {
    let requests = one_of_each(&small(site));
    let mut ids = BTreeSet::new();
    for (status, request) in &requests {
        let answer = request.send().expect(*status);
        let words = answer.json()["description"].as_str().unwrap_or_default().to_owned();
        assert!(words.len() > 10, "no words that help: {answer}");
        let details = answer.json().get("details").cloned();
        assert!(details.is_none_or(|details| details.is_object()), "TX-TYP-07: {answer}");
        ids.insert(request_id(&answer));
    }
    assert!(!ids.contains(""), "an answer without an id");
    assert_eq!(ids.len(), requests.len(), "every answer has its own id: {ids:?}");
}

/// TX-ERR-04, AMB-29: paths that lead nowhere get a TAXII answer, too.
fn unknown_paths_are_not_found(site: &Site) {
    let collection = site.collection();
    let path = collection.path();
    let paths = [
        "/api3/".to_owned(),
        "/taxii2/nothing/".to_owned(),
        "/api1/nothing/".to_owned(),
        "/api1/status/".to_owned(),
        "/api1/collections/nothing/nothing/".to_owned(),
        format!("{path}nothing/"),
        format!("{path}object/"),
        format!("{path}objects/{}/nothing/", id("indicator")),
        format!("{path}objects/{}/versions/nothing/", id("indicator")),
        format!("{path}manifest/nothing/"),
        "/api1/collections/collections/".to_owned(),
        "/a/very/long/way/to/nowhere/".to_owned(),
    ];
    for path in paths {
        let answer = site.get(&path).send();
        assert_eq!(answer.status, 404, "{path}: {answer}");
    }
}

/// The methods of each path, as the standard's tables have them.
fn methods(collection: &Collection<'_>) -> Vec<(String, Vec<&'static str>)> {
    let mut paths: Vec<(String, Vec<&'static str>)> = Vec::new();
    for endpoint in endpoints::all(collection) {
        match paths.iter_mut().find(|(target, _)| *target == endpoint.target) {
            Some((_, methods)) => methods.push(endpoint.method),
            None => paths.push((endpoint.target, vec![endpoint.method])),
        }
    }
    paths
}

fn allowed(answer: &Response) -> BTreeSet<String> {
    let allow = answer.header("Allow").expect("AMB-24: Allow");
    allow.split(',').map(|method| method.trim().to_owned()).collect()
}

/// TX-ERR-04, AMB-24: a method the path doesn't have is 405, and `Allow` names those it has.
fn a_method_that_is_not_there_is_refused(site: &Site) {
    for (target, methods) in methods(&site.collection()) {
        for method in ["PUT", "PATCH", "POST", "DELETE", "BREW"] {
            if methods.contains(&method) {
                continue;
            }
            let answer = site.request(method, &target).send();
            assert_eq!(answer.status, 405, "{method} {target}: {answer}");
            let allowed = allowed(&answer);
            for method in &methods {
                assert!(allowed.contains(*method), "{target}: {method} not in {allowed:?}");
            }
            assert!(!allowed.contains(method), "{target}: {method} in {allowed:?}");
        }
    }
}

/// AMB-24: OPTIONS is answered 204 with `Allow`; nothing is said to other origins by default.
fn options_name_the_methods(site: &Site) {
    for (target, methods) in methods(&site.collection()) {
        let answer = site.request("OPTIONS", &target).send().expect(204);
        let allowed = allowed(&answer);
        for method in &methods {
            assert!(allowed.contains(*method), "{target}: {method} not in {allowed:?}");
        }
        assert_eq!(answer.header("Access-Control-Allow-Origin"), None, "{target}: CORS is off");
    }
}

/// AMB-24: HEAD is GET without the body, with the same status and headers, also when it is refused.
fn head_is_get_without_the_body(site: &Site) {
    let collection = site.collection();
    let mut targets: Vec<String> = endpoints::all(&collection)
        .into_iter()
        .filter(|endpoint| endpoint.method == "GET")
        .map(|endpoint| endpoint.target)
        .collect();
    targets.push("/api3/".to_owned());
    targets.push(format!("{}?limit=0", collection.objects()));
    for target in targets {
        let get = site.get(&target).send();
        let head = site.request("HEAD", &target).send();
        assert_eq!(head.status, get.status, "{target}: {head}");
        for name in [FIRST, LAST, "Content-Type"] {
            assert_eq!(head.header(name), get.header(name), "{target}: {name}");
        }
    }
}

/// The body with all that may differ between two refusals taken out.
fn comparable(answer: &Response, names: &[&str]) -> Value {
    let mut body = answer.json();
    for name in ["error_id", "details", "external_details"] {
        body.as_object_mut().expect("an object").remove(name);
    }
    let mut text = body.to_string();
    for name in names {
        text = text.replace(name, "NAME");
    }
    serde_json::from_str(&text).expect("still JSON")
}

/// TX-ERR-06, TX-AUT-06, TX-SEC-04, AMB-23: what is hidden answers like what does not exist, on every
/// endpoint and to everybody who may not see it.
fn hidden_looks_like_absent(site: &Site) {
    let hidden = site.collection();
    let absent = Uuid::new_v4().to_string();
    for endpoint in endpoints::of_collection(&hidden) {
        let ask = endpoint.request(site).account(NOBODY);
        let mut other = ask.clone();
        other.target = ask.target.replace(&hidden.id, &absent);
        let (hidden_answer, absent_answer) = (ask.send().expect(404), other.send().expect(404));
        assert_eq!(
            comparable(&hidden_answer, &[&hidden.id]),
            comparable(&absent_answer, &[&absent]),
            "{}",
            endpoint.name
        );
        assert_eq!(header_names(&hidden_answer), header_names(&absent_answer), "{}", endpoint.name);
    }
    for below in ["", "collections/", "collections/secret/", "status/x/", "nothing/"] {
        let closed = site.get(&format!("/closed/{below}")).send().expect(404);
        let absent = site.get(&format!("/absent/{below}")).send().expect(404);
        assert_eq!(comparable(&closed, &["closed"]), comparable(&absent, &["absent"]), "{below}");
    }
}

fn header_names(answer: &Response) -> BTreeSet<String> {
    answer.headers.iter().map(|(name, _)| name.to_lowercase()).collect()
}

/// TX-ERR-06, AMB-23: without credentials a real and an invented path give the same answer.
fn strangers_learn_nothing_about_paths(site: &Site) {
    let collection = site.collection();
    let real = site.get(&collection.objects()).anonymous().send().expect(401);
    let invented = format!("/api1/collections/{}/objects/", Uuid::new_v4());
    let invented = site.get(&invented).anonymous().send().expect(401);
    assert_eq!(comparable(&real, &[]), comparable(&invented, &[]));
    assert_eq!(header_names(&real), header_names(&invented));
    for path in ["/api3/", "/closed/", "/api2/nothing/", "/api2/collections/x/y/"] {
        site.get(path).anonymous().send().expect(401);
    }
}

/// TX-ERR-05, TX-ADD-05: a refused POST names what was wrong with the body.
fn a_refused_body_is_explained(site: &Site) {
    let collection = site.collection();
    let bodies = [
        ("{\"objects\": [", "json"),
        ("{\"objects\": 7}", "objects"),
        ("{}", "objects"),
        ("[]", "object"),
        ("{\"objects\": [{\"type\": \"indicator\"}]}", "id"),
    ];
    for (body, word) in bodies {
        let answer = collection.post(&[]).body(TAXII, body).send().expect(422);
        let words = answer.json()["description"].as_str().unwrap_or_default().to_lowercase();
        assert!(words.contains(word), "{body}: {word:?} is not mentioned: {answer}");
    }
    let bad_query = collection.get("objects/?added_after=yesterday").send().expect(400);
    assert!(bad_query.text().contains("added_after"), "{bad_query}");
    collection.post(&[]).json(&envelope(&[indicator()])).send().expect(202);
}

taxii_tests::on_every_site!(
    every_refusal_is_an_error_resource,
    every_refusal_can_be_asked_about,
    unknown_paths_are_not_found,
    a_method_that_is_not_there_is_refused,
    options_name_the_methods,
    head_is_get_without_the_body,
    hidden_looks_like_absent,
    strangers_learn_nothing_about_paths,
    a_refused_body_is_explained,
);

//! The JSON Schemas of the TAXII resources: that they are there, that they bite, and that every answer fits.

use serde_json::{Value, json};
use taxii_tests::answers::{self, RESOURCES, is_taxii_timestamp, schemas};
use taxii_tests::endpoints;
use taxii_tests::objects::indicator;
use taxii_tests::site::{Options, Site};

const ID: &str = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";
const DATE: &str = "2026-01-02T03:04:05.678901Z";

/// A full resource of each kind.
fn full(resource: &str) -> Value {
    let detail = json!({"id": format!("indicator--{ID}"), "version": DATE, "message": "why"});
    match resource {
        "discovery" => json!({
            "title": "t", "description": "d", "contact": "c",
            "default": "https://a.example/api1/", "api_roots": ["https://a.example/api1/", "/api2/"]
        }),
        "api-root" => json!({
            "title": "t", "description": "d", "max_content_length": 1,
            "versions": ["application/taxii+json;version=2.1"]
        }),
        "collections" => json!({"collections": [full("collection")]}),
        "collection" => json!({
            "id": ID, "title": "t", "description": "d", "alias": "a", "can_read": true,
            "can_write": false, "media_types": ["application/stix+json;version=2.1"]
        }),
        "envelope" => json!({"more": true, "next": "n", "objects": [indicator()]}),
        "manifest" => json!({"more": true, "next": "n", "objects": [{
            "id": format!("indicator--{ID}"), "date_added": DATE, "version": "2020-01-01T00:00:00Z",
            "media_type": "application/stix+json;version=2.1"
        }]}),
        "versions" => json!({"more": false, "versions": ["2020-01-01T00:00:00Z", DATE]}),
        "status" => json!({
            "id": ID, "status": "pending", "request_timestamp": DATE, "total_count": 3,
            "success_count": 1, "successes": [detail], "failure_count": 1, "failures": [detail],
            "pending_count": 1, "pendings": [detail]
        }),
        "error-message" => json!({
            "title": "t", "description": "d", "error_id": "i", "error_code": "c", "http_status": "404",
            "external_details": "https://a.example/", "details": {"a": 1}
        }),
        other => panic!("no such resource {other}"),
    }
}

/// What each schema has to refuse: a property of the full resource set to that value, or taken away if null.
const WRONG: [(&str, &str, &str); 32] = [
    ("discovery", "title", "null"),
    ("discovery", "title", "7"),
    ("discovery", "api_roots", "\"/api1/\""),
    ("discovery", "contact", "[]"),
    ("api-root", "title", "null"),
    ("api-root", "versions", "null"),
    ("api-root", "versions", "[]"),
    ("api-root", "max_content_length", "null"),
    ("api-root", "max_content_length", "0"),
    ("api-root", "max_content_length", "\"1\""),
    ("collections", "collections", "{}"),
    ("collections", "collections", "[{}]"),
    ("collection", "id", "null"),
    ("collection", "title", "null"),
    ("collection", "can_read", "null"),
    ("collection", "can_write", "\"true\""),
    ("collection", "media_types", "\"application/stix+json\""),
    ("envelope", "more", "\"true\""),
    ("envelope", "next", "7"),
    ("envelope", "objects", "{}"),
    ("manifest", "objects", "[{}]"),
    ("manifest", "objects", "[{\"id\":\"indicator--1\",\"version\":\"2020-01-01T00:00:00Z\"}]"),
    ("versions", "versions", "[7]"),
    ("status", "id", "null"),
    ("status", "status", "\"done\""),
    ("status", "total_count", "null"),
    ("status", "success_count", "-1"),
    ("status", "failure_count", "\"1\""),
    ("status", "failures", "[{\"id\":\"indicator--1\"}]"),
    ("error-message", "title", "null"),
    ("error-message", "http_status", "404"),
    ("error-message", "details", "[]"),
];

/// TX-GEN-02, TX-GEN-10: there is a schema for each resource, and it takes what the standard allows, custom
/// properties and all.
#[test]
fn every_resource_has_a_schema() {
    for resource in RESOURCES {
        let mut full = full(resource);
        for _ in 0..2 {
            let faults: Vec<_> = schemas()[resource].iter_errors(&full).map(|fault| fault.to_string()).collect();
            assert!(faults.is_empty(), "{resource}: {full}: {faults:?}");
            full["x_acme_property"] = json!({"a": [1]});
        }
    }
}

/// TX-GEN-10, TX-TYP-01…04, TX-ERR-03: a schema that takes everything would prove nothing.
#[test]
fn a_schema_refuses_what_is_wrong() {
    for (resource, property, value) in WRONG {
        let mut wrong = full(resource);
        match serde_json::from_str(value).expect("JSON") {
            Value::Null => drop(wrong.as_object_mut().expect("an object").remove(property)),
            value => wrong[property] = value,
        }
        assert!(!schemas()[resource].is_valid(&wrong), "{resource}: {property}: {value}");
    }
}

/// TX-TYP-09, TX-HDR-03: what these tests take for a TAXII timestamp.
#[test]
fn a_timestamp_has_six_digits() {
    assert!(is_taxii_timestamp(DATE));
    for other in [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.678Z",
        "2026-01-02T03:04:05.6789012Z",
        "2026-01-02t03:04:05.678901Z",
        "2026-01-02T03:04:05.678901z",
        "2026-01-02T03:04:05.678901+00:00",
        "2026-01-02 03:04:05.678901Z",
        "undefined",
        "",
    ] {
        assert!(!is_taxii_timestamp(other), "{other}");
    }
}

/// TX-GEN-02, TX-GEN-10, TX-GEN-13, TX-HDR-05, TX-HDR-09, TX-TYP-08: every endpoint's success, and its
/// refusals, against the schemas and the other rules of `answers`.
fn every_answer_is_what_its_schema_says(site: &Site) {
    // A root in which nothing is public.
    let collection = site.collection_with(Options { root: Some("small"), ..Options::default() });
    for endpoint in endpoints::all(&collection) {
        let success = endpoint.request(site).send().expect(endpoint.success);
        let resource = answers::resource(endpoint.method, &endpoint.target);
        assert_eq!(resource.is_none(), endpoint.method == "DELETE", "{}", endpoint.name);
        if let Some(resource) = resource {
            answers::check_schema(endpoint.name, resource, &success);
        }
        for (status, refused) in
            [(401, endpoint.request(site).anonymous()), (406, endpoint.request(site).accept("text/html"))]
        {
            let refused = refused.send().expect(status);
            let error = answers::check_schema(endpoint.name, "error-message", &refused);
            assert_eq!(error["http_status"], status.to_string());
        }
    }
}

taxii_tests::on_every_site!(every_answer_is_what_its_schema_says);

//! What every answer of the server has to satisfy, whatever was asked.
//!
//! [`Request::send`] checks each answer against this file, so that a rule broken only now and then is found
//! by whichever test happens to see it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jsonschema::{Registry, Validator};
use serde_json::Value;

use crate::http::{Request, Response, TAXII};

/// The resources of the standard; each has a JSON Schema in `schemas/taxii-2.1/`.
pub const RESOURCES: [&str; 9] = [
    "discovery",
    "api-root",
    "collections",
    "collection",
    "envelope",
    "manifest",
    "versions",
    "status",
    "error-message",
];

pub const FIRST: &str = "X-TAXII-Date-Added-First";
pub const LAST: &str = "X-TAXII-Date-Added-Last";

/// Words that only the inside of a server says (TX-SEC-04).
const INSIDES: [&str; 8] = ["sqlite", "diesel", "insert into", "panicked", "src/", ".rs:", "/tmp/", "backtrace"];

/// Panics with the rule's id if the answer breaks one.
pub fn check(request: &Request, response: &Response) {
    let asked = format!("{} {}", request.method, shortened(&request.target));
    assert!(response.status < 500, "{asked}: the server failed: {response}");
    assert!(response.header("Date").is_some(), "TX-HDR-09: {asked}: no Date: {response}");
    assert!(
        response.status < 300 || response.status == 304 || response.status >= 400,
        "AMB-01: {asked}: no redirects: {response}"
    );
    if response.status == 204 || response.status == 304 || is_page_for_people(request, response) {
        return;
    }
    assert_eq!(response.header("Content-Type"), Some(TAXII), "TX-CN-02, TX-ERR-04, AMB-29: {asked}: {response}");
    if request.method == "HEAD" {
        assert!(response.body.is_empty(), "AMB-24: {asked}: HEAD has no body");
        return;
    }
    if response.status >= 400 {
        check_error(&asked, response);
    } else {
        check_success(request, &asked, response);
    }
}

/// Long targets belong in a file, not in a message.
fn shortened(target: &str) -> String {
    target.chars().take(300).collect()
}

fn is_page_for_people(request: &Request, response: &Response) -> bool {
    let browser = request.said("Accept").is_some_and(|a| a.contains("application/xhtml+xml"));
    browser && response.header("Content-Type") == Some("text/html; charset=utf-8")
}

fn check_error(asked: &str, response: &Response) {
    let body = check_schema(asked, "error-message", response);
    let title = body["title"].as_str().unwrap_or_default();
    assert!(!title.is_empty(), "TX-ERR-01: {asked}: no title: {response}");
    if let Some(status) = body.get("http_status") {
        let expected = Value::String(response.status.to_string());
        assert_eq!(status, &expected, "TX-ERR-03: {asked}: {response}");
    }
    let text = response.text().to_lowercase();
    for word in INSIDES {
        assert!(!text.contains(word), "TX-SEC-04: {asked}: says {word:?}: {response}");
    }
    if response.status == 401 {
        let challenges = response.all("WWW-Authenticate");
        assert!(!challenges.is_empty(), "TX-HDR-08, TX-AUT-02: {asked}: {response}");
    }
    if response.status == 405 {
        assert!(response.header("Allow").is_some(), "AMB-24: {asked}: no Allow: {response}");
    }
    check_no_dates(asked, response);
}

fn check_success(request: &Request, asked: &str, response: &Response) {
    let path = request.target.split('?').next().unwrap_or_default();
    if request.method == "DELETE" {
        assert!(response.body.is_empty(), "TX-DEL-01: {asked}: {response}");
        check_no_dates(asked, response);
        return;
    }
    let Some(resource) = resource(&request.method, path) else {
        panic!("{asked}: a success on a path the standard does not have: {response}");
    };
    let body = check_schema(asked, resource, response);
    if is_listing(&request.method, resource) {
        check_page(request.profile, asked, resource, &body, response);
    } else {
        check_no_dates(asked, response);
    }
    if resource != "envelope" {
        assert!(!has_null(&body), "TX-TYP-08: {asked}: null: {response}");
    }
}

/// The resource an endpoint answers a success with, `None` where there is no such endpoint.
pub fn resource(method: &str, path: &str) -> Option<&'static str> {
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    match (method, segments.as_slice()) {
        ("GET", ["taxii2"]) => Some("discovery"),
        ("GET", [_]) => Some("api-root"),
        ("GET", [_, "collections"]) => Some("collections"),
        ("GET", [_, "collections", _]) => Some("collection"),
        ("GET", [_, "collections", _, "manifest"]) => Some("manifest"),
        ("GET", [_, "collections", _, "objects"] | [_, "collections", _, "objects", _]) => Some("envelope"),
        ("GET", [_, "collections", _, "objects", _, "versions"]) => Some("versions"),
        ("POST", [_, "collections", _, "objects"]) | ("GET", [_, "status", _]) => Some("status"),
        _ => None,
    }
}

fn is_listing(method: &str, resource: &str) -> bool {
    method == "GET" && matches!(resource, "envelope" | "manifest" | "versions")
}

/// The rules of a page: AMB-15 and AMB-16, unless the account has a profile that relaxes them.
fn check_page(profile: bool, asked: &str, resource: &str, body: &Value, response: &Response) {
    let list = if resource == "versions" { "versions" } else { "objects" };
    let entries = body.get(list).and_then(Value::as_array).map_or(0, Vec::len);
    if entries > 0 {
        assert!(body.get("more").is_some(), "AMB-16: {asked}: more is explicit: {response}");
        check_dates(asked, response);
    } else if !profile {
        assert_eq!(body, &serde_json::json!({}), "AMB-16, TX-TYP-03: {asked}: {response}");
        check_no_dates(asked, response);
    }
    let next = body.get("next").and_then(Value::as_str);
    if body.get("more") == Some(&Value::Bool(true)) {
        assert!(entries > 0, "AMB-16: {asked}: an empty page with more: {response}");
        assert!(next.is_some_and(|n| !n.is_empty()), "AMB-16: {asked}: no next: {response}");
    } else {
        assert_eq!(body.get("next"), None, "TX-ENV-02: {asked}: next without more");
    }
}

fn check_dates(asked: &str, response: &Response) {
    for name in [FIRST, LAST] {
        let date = response.header(name).unwrap_or_default();
        assert!(is_taxii_timestamp(date), "TX-HDR-03, TX-HDR-04: {asked}: {name}: {date:?}");
    }
    assert!(response.header(FIRST) <= response.header(LAST), "TX-SRT-01: {asked}");
}

fn check_no_dates(asked: &str, response: &Response) {
    for name in [FIRST, LAST] {
        assert_eq!(response.header(name), None, "TX-HDR-05, AMB-15: {asked}: {name}: {response}");
    }
}

/// `2026-01-02T03:04:05.678901Z`, six digits, nothing else (TX-TYP-09).
pub fn is_taxii_timestamp(text: &str) -> bool {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd:dd:dd.ddddddZ";
    text.len() == SHAPE.len()
        && text.bytes().zip(SHAPE).all(|(byte, &shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

/// The body, if it is what the resource's schema describes (TX-GEN-02, TX-GEN-10, TX-GEN-13).
pub fn check_schema(asked: &str, resource: &str, response: &Response) -> Value {
    let body = response.json();
    let tolerated = serde_json::json!({"more": false, "objects": []});
    if matches!(resource, "envelope" | "manifest") && body == tolerated {
        // What some client profiles get in place of the standard's `{}`: see `profiles`.
        return body;
    }
    let faults: Vec<String> =
        schemas()[resource].iter_errors(&body).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "TX-GEN-02: {asked}: not a {resource}: {faults:#?}\n{response}");
    body
}

/// The compiled schemas of the repository, by resource.
pub fn schemas() -> &'static BTreeMap<&'static str, Validator> {
    static SCHEMAS: OnceLock<BTreeMap<&'static str, Validator>> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas/taxii-2.1");
        let files =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("no schemas in {}: {error}", folder.display()));
        let sources: BTreeMap<String, Value> = files.map(|file| schema(&file.expect("a file").path())).collect();
        let mut registry = Registry::new();
        for source in sources.values() {
            let id = source["$id"].as_str().expect("every schema has an $id");
            registry = registry.add(id, source.clone()).expect("the $id is a URI");
        }
        let registry = registry.prepare().expect("references lead to schemas of the same folder");
        let compile = |source: &Value| {
            jsonschema::options()
                .with_registry(&registry)
                .should_validate_formats(true)
                .build(source)
                .expect("the schema compiles")
        };
        RESOURCES.iter().map(|name| (*name, compile(&sources[*name]))).collect()
    })
}

/// A schema's name and text.
fn schema(file: &Path) -> (String, Value) {
    let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
    let text = std::fs::read_to_string(file).expect("a schema can be read");
    (name, serde_json::from_str(&text).expect("a schema is JSON"))
}

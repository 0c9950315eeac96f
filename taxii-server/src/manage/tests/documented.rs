use std::collections::BTreeSet;

use super::*;
use crate::manage::route::{Gives, ROUTES, find};
use crate::manage::schema::SCHEMAS;

static DOCUMENT: LazyLock<Value> = LazyLock::new(openapi);

/// A schema of the document, able to follow its references.
fn schema(schema: &Value) -> jsonschema::Validator {
    let mut whole = schema.clone();
    whole["components"] = json!({"schemas": *SCHEMAS});
    jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&whole).unwrap()
}

#[track_caller]
fn must_fit(wanted: &Value, value: &Value, what: &str) {
    let errors: Vec<String> =
        schema(wanted).iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:?} in {value}");
}

/// Holds an answer against what the document says of its operation: the status, the media type, the schema, and what every answer has.
#[track_caller]
pub(super) fn check(method: &str, path: &str, answer: &Answer) {
    let what = format!("{method} {path}: {answer:?}");
    assert_eq!(answer.headers.get("cache-control").map(String::as_str), Some("no-store"), "{what}");
    assert!(!answer.headers.keys().any(|name| name.starts_with("access-control-")), "{what}");
    let media_type = answer.headers.get("content-type").map(String::as_str);
    if answer.status >= 400 {
        assert_eq!(media_type, Some("application/problem+json"), "{what}");
        must_fit(&SCHEMAS["Problem"], &answer.json(), &what);
        assert_eq!(answer.json()["status"], answer.status, "{what}");
        return;
    }
    let path = path.split('?').next().unwrap();
    let (route, _) = find(&Method::from_bytes(method.as_bytes()).unwrap(), path).unwrap();
    if answer.status == 304 {
        return;
    }
    let said = &DOCUMENT["paths"][route.path][route.method.to_ascii_lowercase().as_str()]["responses"];
    let said = said.get(answer.status.to_string()).unwrap_or_else(|| panic!("undocumented: {what}"));
    match said["content"].as_object().and_then(|content| content.iter().next()) {
        None => assert!(answer.text.is_empty(), "{what}"),
        Some((named, content)) => {
            assert_eq!(media_type, Some(named.as_str()), "{what}");
            let lines =
                if named.ends_with("ndjson") { answer.text.lines().collect() } else { vec![answer.text.as_str()] };
            for line in lines.into_iter().filter(|_| method != "HEAD") {
                must_fit(&content["schema"], &serde_json::from_str(line).unwrap(), &what);
            }
        }
    }
    if matches!(route.gives, Gives::One(_)) {
        assert!(answer.tag().starts_with('"'), "{what}");
    }
}

/// The document is OpenAPI 3.1 in its form: every operation has a name of its own, answers and what its path has; every reference leads
/// somewhere, every schema is one and is used.
#[test]
fn the_document_is_whole() {
    let document = &*DOCUMENT;
    assert_eq!(document["openapi"], "3.1.1");
    for member in ["info", "servers", "security", "paths", "components"] {
        assert!(!document[member].is_null(), "{member}");
    }
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with("/v1/") && !path.ends_with('/'), "{path}");
        let parts: Vec<&str> =
            item["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
        let braces: Vec<&str> = path.split(['{', '}']).skip(1).step_by(2).collect();
        assert_eq!(parts, braces, "{path}");
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
            assert!(["get", "post", "put", "patch", "delete"].contains(&method.as_str()), "{method} {path}");
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{operation}");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {path}");
            assert!(operation["responses"].as_object().unwrap().len() >= 4, "{method} {path}");
            let body = operation.get("requestBody");
            assert_eq!(
                body.is_some(),
                ["post", "put", "patch"].contains(&method.as_str())
                    && !path.contains("/members/")
                    && !["/sweep", "/pause", "/resume", "/rewind"].iter().any(|word| path.ends_with(word)),
                "{method} {path}"
            );
        }
    }
    let mut used = BTreeSet::new();
    references(document, &mut used);
    for reference in &used {
        assert!(!document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null).is_null(), "{reference}");
    }
    for (name, one) in SCHEMAS.iter() {
        let reference = format!("#/components/schemas/{name}");
        assert!(
            used.contains(&reference) || name == "KeptCredential" || name == "Rotation" || name == "CredentialChange",
            "{name} is not used"
        );
        assert!(jsonschema::meta::is_valid(one), "{name}");
        schema(one);
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// Routes and document cannot differ in what there is: each row of the table is found by its own method and path, and is answered; nothing
/// else is.
#[actix_web::test]
async fn every_route_is_answered() {
    let desk = Desk::new().await;
    for row in ROUTES {
        let path = row
            .path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let (found, _) = find(&Method::from_bytes(row.method.as_bytes()).unwrap(), &path).unwrap();
        assert_eq!(found.name, row.name);
        let query =
            row.query.iter().filter(|q| q.required).map(|q| format!("{}=00000000-0000-4000-8000-000000000000", q.name));
        let query = query.collect::<Vec<_>>().join("&");
        let answer = desk
            .call(row.method, &format!("{path}?{query}"), if row.takes.is_some() { json!({}) } else { Value::Null })
            .await;
        assert!(answer.status < 500 && answer.status != 405, "{}: {answer:?}", row.name);
        if answer.status == 404 {
            assert!(!answer.json()["detail"].as_str().unwrap().contains("no such path"), "{}: {answer:?}", row.name);
        }
    }
    for (method, path, status) in [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/roots/", 404),
        ("TRACE", "/v1/roots", 405),
        ("OPTIONS", "/v1/roots", 405),
        ("DELETE", "/v1/roots", 405),
    ] {
        desk.call(method, path, Value::Null).await.is(status);
    }
}

/// What the guide for operators names is there: each path that stands in it is one of the table's, with a method that it has.
#[test]
fn the_guide_names_what_there_is() {
    let guide = include_str!("../../../../docs/management.md");
    let mut seen = 0;
    for line in guide.lines().filter(|line| line.contains("/v1/")) {
        let method = ["POST", "PUT", "PATCH", "DELETE"].into_iter().find(|method| line.contains(*method));
        for rest in line.split("/v1/").skip(1) {
            let path = rest.split(|c: char| !(c.is_ascii_alphanumeric() || "/_.-%{}@".contains(c))).next().unwrap();
            let path = format!("/v1/{}", path.trim_end_matches('.'));
            if path == "/v1/" {
                continue;
            }
            let method = Method::from_bytes(method.unwrap_or("GET").as_bytes()).unwrap();
            assert!(find(&method, &path).is_ok(), "{method} {path}: {line}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

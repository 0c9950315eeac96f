//! STIX content to send: small, valid, and different every time.

use serde_json::{Value, json};
use uuid::Uuid;

/// When the first version of a sample was made.
pub const CREATED: &str = "2020-01-01T00:00:00.000Z";

/// A fresh id of that type.
pub fn id(object_type: &str) -> String {
    format!("{object_type}--{}", Uuid::new_v4())
}

/// The `id` of an object.
pub fn id_of(object: &Value) -> &str {
    object["id"].as_str().expect("samples have an id")
}

pub fn indicator() -> Value {
    json!({
        "type": "indicator",
        "spec_version": "2.1",
        "id": id("indicator"),
        "created": CREATED,
        "modified": CREATED,
        "name": "Beacon of a sample",
        "pattern": "[ipv4-addr:value = '198.51.100.7']",
        "pattern_type": "stix",
        "valid_from": CREATED
    })
}

pub fn indicators(count: usize) -> Vec<Value> {
    (0..count).map(|_| indicator()).collect()
}

pub fn malware() -> Value {
    json!({
        "type": "malware",
        "spec_version": "2.1",
        "id": id("malware"),
        "created": CREATED,
        "modified": CREATED,
        "name": "Sample",
        "is_family": false
    })
}

pub fn relationship(source: &str, target: &str) -> Value {
    json!({
        "type": "relationship",
        "spec_version": "2.1",
        "id": id("relationship"),
        "created": CREATED,
        "modified": CREATED,
        "relationship_type": "indicates",
        "source_ref": source,
        "target_ref": target
    })
}

/// An observable: neither `created` nor `modified`.
pub fn address(value: &str) -> Value {
    json!({"type": "ipv4-addr", "spec_version": "2.1", "id": id("ipv4-addr"), "value": value})
}

/// A marking: `created`, but no `modified`.
pub fn marking() -> Value {
    json!({
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": id("marking-definition"),
        "created": "2019-05-06T07:08:09.100Z",
        "definition_type": "statement",
        "definition": {"statement": "Copyright of the sample's maker"}
    })
}

/// A type that no standard knows.
pub fn custom() -> Value {
    json!({
        "type": "x-acme-finding",
        "spec_version": "2.1",
        "id": id("x-acme-finding"),
        "created": CREATED,
        "modified": CREATED,
        "severity_of_ours": 7
    })
}

/// An indicator as STIX 2.0 has it: without a `spec_version`.
pub fn indicator_20() -> Value {
    json!({
        "type": "indicator",
        "id": id("indicator"),
        "created": CREATED,
        "modified": CREATED,
        "labels": ["malicious-activity"],
        "name": "Beacon of an old sample",
        "pattern": "[ipv4-addr:value = '198.51.100.8']",
        "valid_from": CREATED
    })
}

/// The same object as STIX 2.1 has it.
pub fn as_21(object: &Value) -> Value {
    let object = with(lacking(object.clone(), "labels"), "spec_version", "2.1");
    match object.get("pattern") {
        Some(_) => with(object, "pattern_type", "stix"),
        None => object,
    }
}

/// The same object, changed at that time.
pub fn modified(object: &Value, time: &str) -> Value {
    let mut object = object.clone();
    object["modified"] = time.into();
    object
}

/// The object's versions of January 1st, 2nd, … of 2021, oldest first.
pub fn versions(object: &Value, count: usize) -> Vec<Value> {
    (1..=count).map(|day| modified(object, &format!("2021-01-{day:02}T00:00:00.000Z"))).collect()
}

/// The object with one property set to something else.
pub fn with(object: Value, name: &str, value: impl Into<Value>) -> Value {
    let mut object = object;
    object[name] = value.into();
    object
}

/// The object with one property taken away.
pub fn lacking(object: Value, name: &str) -> Value {
    let mut object = object;
    object.as_object_mut().expect("samples are objects").remove(name);
    object
}

/// `modified`, else `created`: the version where the object itself says it.
pub fn version_of(object: &Value) -> &str {
    object.get("modified").or_else(|| object.get("created")).and_then(Value::as_str).unwrap_or("")
}

/// What a client posts.
pub fn envelope(objects: &[Value]) -> Value {
    json!({ "objects": objects })
}

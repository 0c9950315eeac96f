//! Rules of single types that no table says and a schema can.

use super::{join, members, required};
use crate::TypeClass;
use crate::json::Json;
use crate::property::{Role, Shape};

/// The rules of a type.
pub(super) fn of(shape: &Shape) -> Vec<Json<'static>> {
    let rule = |rule: &str, schema: Json<'static>| join(json! { "$comment": rule.to_owned() }, schema);
    let form = |name, pattern: &str| has(name, json! { "pattern": pattern.to_owned() });
    let mut rules = match shape.name {
        "external-reference" => vec![
            rule("XR-4: an entry such as CVE-2016-1234", entry("cve", "^CVE-[0-9]{4}-[0-9]{4,}$")),
            rule("XR-5: an entry such as CAPEC-163", entry("capec", "^CAPEC-[0-9]+$")),
        ],
        "observed-data" => {
            let some = json! { "contains": json! { "$ref": "values/observable-reference.json" } };
            vec![rule("SDO-OD-3: a reference to an observable", has("object_refs", some))]
        }
        "relationship" => {
            vec![rule("SRO-REL-5: characters a-z, 0-9 and '-'", form("relationship_type", "^[a-z0-9-]+$"))]
        }
        "mac-addr" => {
            vec![rule("SCO-MAC-1: lowercase pairs joined by colons", form("value", "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$"))]
        }
        _ => Vec::new(),
    };
    if shape.role == Role::Object(TypeClass::Observable) {
        rules.push(rule("ID-04: a name made from content has content to be made from", made_name(shape)));
    }
    rules
}

/// A property has more to it, if it is there.
fn has(name: &str, schema: Json<'static>) -> Json<'static> {
    json! { "properties": members([(name, schema)]) }
}

/// The form of the entries of a source.
fn entry(source: &'static str, pattern: &'static str) -> Json<'static> {
    json! {
        "if": join(has("source_name", json! { "const": source }), required(["source_name"])),
        "then": has("external_id", json! { "pattern": pattern }),
    }
}

/// ID-04, ID-05: without a contributing property, the UUID is not of version 5.
fn made_name(shape: &Shape) -> Json<'static> {
    let other = has("id", json! { "not": json! { "pattern": "--[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-5" } });
    if shape.contributing.is_empty() {
        return other;
    }
    let any: Vec<_> = shape.contributing.iter().map(|name| required([*name])).collect();
    json! { "if": json! { "anyOf": any }, "else": other }
}

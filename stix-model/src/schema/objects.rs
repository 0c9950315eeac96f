//! The schemas of any object, of objects of other types than the standard's, and of bundles.

use super::kinds::Place;
use super::{document, join, members, required, texts, words};
use crate::TypeClass;
use crate::common;
use crate::json::Json;
use crate::object::OBJECT_TYPES;
use crate::property::{Property, Role};

pub(super) fn documents() -> Vec<(String, Json<'static>)> {
    let file = |name: &str, description: &str, body| {
        let file = format!("{name}.json");
        let schema = document(&file, name, description, body);
        (file, schema)
    };
    vec![
        file("object", "An object of any type, by what its `type` says. A bundle is none.", object()),
        file(
            "custom-object",
            "An object of a type that the standard does not name. (STIX 2.1 §7.3, §11.2)",
            custom_object(),
        ),
        file("bundle", "Objects that travel together. (STIX 2.1 §8)", bundle()),
    ]
}

/// The object types of the standard; a bundle is none.
fn types() -> Vec<&'static str> {
    let objects = OBJECT_TYPES.iter().filter(|shape| shape.role != Role::Object(TypeClass::Bundle));
    objects.map(|shape| shape.name).collect()
}

fn object() -> Json<'static> {
    let is = |test: Json<'static>| join(json! { "properties": json! { "type": test } }, required(["type"]));
    let when = |test, file: String| json! { "if": is(test), "then": json! { "$ref": file } };
    let mut dispatch: Vec<_> =
        types().into_iter().map(|name| when(json! { "const": name }, format!("{name}.json"))).collect();
    dispatch.push(when(json! { "not": json! { "enum": texts(types()) } }, "custom-object.json".to_owned()));
    json! {
        "type": "object",
        "required": texts(["type"]),
        "properties": json! { "type": json! { "$ref": "values/type-name.json", "not": json! { "const": "bundle" } } },
        "allOf": dispatch,
    }
}

/// CU-02, EX-06: an extension may say which class the type is of; without one it has what a domain object has.
fn custom_object() -> Json<'static> {
    let entry = join(
        json! { "type": "object", "properties": json! { "extension_type": json! { "const": "new-sco" } } },
        required(["extension_type"]),
    );
    let some_entry = json! { "not": json! { "additionalProperties": json! { "not": entry } } };
    json! {
        "$comment": "An object of a new type says by an extension whether it is an observable.",
        "if": join(json! { "properties": json! { "extensions": some_entry } }, required(["extensions"])),
        "then": json! { "$ref": "#/$defs/observable" },
        "else": json! { "$ref": "#/$defs/domain" },
        "$defs": json! {
            "observable": custom(common::of(TypeClass::Observable, "")),
            "domain": custom(common::of(TypeClass::Domain, "")),
        },
    }
}

/// The common properties of a class, and at least one more.
fn custom(rows: &[Property]) -> Json<'static> {
    let place = Place { up: "", host: "" };
    let property = |row: &Property| {
        let kind = match row.name {
            "type" => join(place.refer("values/type-name.json"), json! { "not": json! { "const": "action" } }),
            "id" => place.refer("values/identifier.json"),
            _ => place.kind(&row.kind),
        };
        (row.name, join(json! { "description": words(row.doc) }, kind))
    };
    json! {
        "type": "object",
        "required": texts(rows.iter().filter(|row| row.required).map(|row| row.name)),
        "properties": members(rows.iter().map(property)),
        "propertyNames": json! { "$ref": "values/property-name.json" },
        "additionalProperties": json! { "$ref": "values/any.json" },
        "allOf": vec![json! {
            "$comment": "CU-02: at least one property of its own",
            "not": json! { "propertyNames": json! { "enum": texts(rows.iter().map(|row| row.name)) } },
        }],
    }
}

fn bundle() -> Json<'static> {
    let place = Place { up: "", host: "bundle" };
    json! {
        "type": "object",
        "required": texts(["type", "id"]),
        "properties": json! {
            "type": json! { "description": "The type of the container.", "const": "bundle" },
            "id": join(
                json! { "description": "The name of the bundle. Nothing refers to it." },
                place.identifier(&["bundle"]),
            ),
            "objects": json! {
                "description": "The objects, in any order.",
                "type": "array",
                "minItems": 1_i64,
                "items": json! { "$ref": "object.json" },
            },
        },
        "propertyNames": json! { "$ref": "values/property-name.json" },
        "additionalProperties": json! { "$ref": "values/any.json" },
    }
}

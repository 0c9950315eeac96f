//! Rules of single types that no table says and a schema can.

use super::{join, members, required};
use crate::TypeClass;
use crate::common;
use crate::json::Json;
use crate::property::{Role, Shape};

/// The rules of a type.
pub(super) fn of(shape: &Shape) -> Vec<Json<'static>> {
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
        "marking-definition" => markings::rules(),
        "extension-definition" => extension_definition(),
        "artifact" => {
            let part = "[A-Za-z0-9!#$&^_.+-]{1,127}";
            vec![rule("SCO-MIME-1: a media type", form("mime_type", &format!("^{part}/{part}$")))]
        }
        "mac-addr" => {
            vec![rule("SCO-MAC-1: lowercase pairs joined by colons", form("value", "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$"))]
        }
        "software" => {
            let tag = json! { "items": json! { "$ref": "values/language.json" } };
            vec![rule("SCO-SW-2: language tags", has("languages", tag))]
        }
        _ => Vec::new(),
    };
    let encodings = shape.rows().filter_map(|row| Some((row.name, row.name.strip_suffix("_enc")?)));
    rules.extend(encodings.map(|(name, base)| {
        let base = members([(name, super::texts([base]))]);
        rule("N-03: the property whose character set it names", json! { "dependentRequired": base })
    }));
    if shape.role == Role::Object(TypeClass::Observable) {
        rules.push(rule("ID-04: a name made from content has content to be made from", made_name(shape)));
    }
    rules
}

fn rule(rule: &str, schema: Json<'static>) -> Json<'static> {
    join(json! { "$comment": rule.to_owned() }, schema)
}

/// A property has a form, if it is there.
fn form(name: &str, pattern: &str) -> Json<'static> {
    has(name, json! { "pattern": pattern.to_owned() })
}

/// EX-07, EX-08.
fn extension_definition() -> Vec<Json<'static>> {
    let taken = common::of(TypeClass::Observable, "").iter().map(|row| row.name);
    let name = json! { "pattern": "^[a-z0-9_]{3,250}$", "not": json! { "enum": super::texts(taken) } };
    vec![rule(
        "EX-07, EX-08: names of properties that the standard does not give to all objects",
        has("extension_properties", json! { "items": name }),
    )]
}

/// ID-02: the pattern of a name whose UUID may have capitals.
fn in_any_case(id: &str) -> String {
    let (object_type, uuid) = id.split_once("--").unwrap_or(("", id));
    let digit = |c: char| match c {
        'a'..='f' => format!("[{c}{}]", c.to_ascii_uppercase()),
        other => other.to_string(),
    };
    format!("{object_type}--{}", uuid.chars().map(digit).collect::<String>())
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

/// Marking definitions (STIX 2.1 §7.2.1).
mod markings {
    use super::{form, has, in_any_case, join, members, required, rule};
    use crate::json::Json;

    /// The key of the extension that carries the TLP markings of version 2.
    const TLP_2: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

    const TLP_1_IDS: [(&str, &str); 4] = [
        ("white", "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"),
        ("green", "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"),
        ("amber", "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"),
        ("red", "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"),
    ];
    const TLP_2_IDS: [(&str, &str); 5] = [
        ("clear", "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"),
        ("green", "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"),
        ("amber", "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"),
        ("amber+strict", "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"),
        ("red", "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"),
    ];

    /// MD-3, MD-4, MD-8.
    pub(super) fn rules() -> Vec<Json<'static>> {
        let of_kind = |kind: &'static str| {
            let same = has("definition_type", json! { "const": kind });
            join(json! { "required": super::super::texts(["definition_type", "definition"]) }, same)
        };
        let statement = join(
            required(["statement"]),
            join(has("statement", json! { "type": "string" }), json! { "additionalProperties": false }),
        );
        let extended = join(required(["extensions"]), has("extensions", required([TLP_2])));
        vec![
            rule(
                "MD-3: a statement and nothing else",
                json! { "if": of_kind("statement"), "then": has("definition", statement) },
            ),
            rule(
                "MD-4: one of the TLP markings of the standard",
                json! {
                    "if": of_kind("tlp"),
                    "then": instances(&TLP_1_IDS, "2017-01-20", |level| has("definition", level), "tlp"),
                },
            ),
            rule(
                "MD-4: one of the markings of TLP 2.0",
                json! {
                    "if": extended,
                    "then": instances(&TLP_2_IDS, "2022-10-01", |level| has("extensions", has(TLP_2, level)), "tlp_2_0"),
                },
            ),
        ]
    }

    /// Objects with fixed names, and the day on which they were made.
    fn instances(
        ids: &'static [(&str, &str)],
        day: &str,
        place: fn(Json<'static>) -> Json<'static>,
        property: &'static str,
    ) -> Json<'static> {
        let instance = |(level, id): &(&'static str, &'static str)| {
            let level_is = join(required([property]), has(property, json! { "const": *level }));
            let name = format!("TLP:{}", level.to_ascii_uppercase());
            let id = format!("^{}$", in_any_case(id));
            let fixed = members([("id", json! { "pattern": id }), ("name", json! { "const": name })]);
            json! { "properties": join(fixed, place(level_is).get("properties").cloned().unwrap_or(Json::Null)) }
        };
        let any: Vec<_> = ids.iter().map(instance).collect();
        join(form("created", &format!(r"^{day}T00:00:00(\.0+)?Z$")), json! { "anyOf": any })
    }
}

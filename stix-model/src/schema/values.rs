//! The documents that others share: what values are, vocabularies, the rules of single types.

use super::kinds::{any_of, refused};
use super::{document, join, members, texts};
use crate::json::Json;
use crate::object::EXTENSIONS;
use crate::property::{Target, Vocabulary};
use crate::vocabulary::{ExtensionType, HashAlgorithm};

/// Names that no property may have (N-04).
pub(super) const RESERVED: [&str; 4] = ["severity", "username", "phone_number", "phone_numbers"];

/// Types whose tables say that their extensions must have certain keys (CP-09).
pub(super) const STRICT_HOSTS: [&str; 4] = ["file", "network-traffic", "process", "user-account"];

/// A UUID as text (RFC 4122 §3); which version and variant is not looked at.
const UUID: &str = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";

/// The file of a shared value.
pub(super) fn file(name: &str) -> String {
    format!("values/{name}.json")
}

/// The file of a vocabulary.
pub(super) fn vocabulary_file(list: &Vocabulary) -> String {
    format!("vocabularies/{}.json", list.name)
}

/// The schema of a vocabulary. That of an open one only shows its values.
pub(super) fn vocabulary(list: &Vocabulary) -> Json<'static> {
    let values = texts(list.values.iter().copied());
    let (description, body) = match list.open {
        true => ("An open vocabulary: other values may be used too.", json! { "type": "string", "examples": values }),
        false => ("An enumeration: no other values may be used.", json! { "enum": values }),
    };
    document(&vocabulary_file(list), list.name, format!("{description} (STIX 2.1 §10)"), body)
}

/// Every shared document.
pub(super) fn documents() -> Vec<(String, Json<'static>)> {
    let mut all = texts_of_forms();
    all.extend(names());
    all.extend(times());
    all.extend(references());
    all.extend(containers());
    all.extend(extensions());
    let file_of = |(name, description, body): Value| (file(name), document(&file(name), name, description, body));
    all.into_iter().map(file_of).collect()
}

/// A name, a description, and what the schema says.
type Value = (&'static str, &'static str, Json<'static>);

fn pattern(pattern: impl Into<String>) -> Json<'static> {
    json! { "type": "string", "pattern": pattern.into() }
}

fn texts_of_forms() -> Vec<Value> {
    let step = "[A-Za-z0-9_-]{1,250}";
    vec![
        (
            "binary",
            "Base64 with padding and without line breaks. (STIX 2.1 §2.1)",
            pattern("^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"),
        ),
        (
            "hex",
            "An even number of hexadecimal digits, by good practice in lowercase. (STIX 2.1 §2.8)",
            pattern("^([0-9a-fA-F]{2})*$"),
        ),
        (
            "language",
            "A language tag, such as `en` or `pt-BR`. (RFC 5646)",
            pattern("^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*|[xXiI](-[A-Za-z0-9]{1,8})+)$"),
        ),
        (
            "selector",
            "A part of an object: names and list indexes joined by dots. (STIX 2.1 §7.2.3.1)",
            pattern(format!(r"^{step}(\.({step}|\[(0|[1-9][0-9]*)\]))*$")),
        ),
        ("url", "A URL. (RFC 3986)", pattern(URL)),
    ]
}

/// A scheme, a colon, and no white space. Characters that should be percent-encoded are good practice only.
const URL: &str = r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f\x7f-\x9f]+$";

fn names() -> Vec<Value> {
    vec![
        ("dictionary-key", "A key of a dictionary. (STIX 2.1 §2.3)", pattern("^[A-Za-z0-9_-]{1,250}$")),
        (
            "property-name",
            "The name of a property; some are reserved. (STIX 2.1 §3.1, §11.1)",
            json! {
                "pattern": "^([a-z0-9_]{3,250}|id)$",
                "not": json! { "enum": texts(RESERVED) },
            },
        ),
        (
            "type-name",
            "The name of an object type. (STIX 2.1 §3.1)",
            join(pattern("^[a-z0-9-]{3,250}$"), json! { "not": json! { "pattern": "--" } }),
        ),
    ]
}

fn times() -> Vec<Value> {
    let date = |what: &str, date: &str| json! { "$comment": what.to_owned(), "pattern": format!("^{date}T") };
    let leap_year = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)";
    vec![
        (
            "timestamp",
            "An instant in UTC, with any number of fraction digits. (STIX 2.1 §2.16)",
            json! {
                "type": "string",
                "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?Z$",
                "anyOf": vec![
                    date("up to the 28th", "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"),
                    date("the 29th and 30th, not of February", "[0-9]{4}-(0[13-9]|1[0-2])-(29|30)"),
                    date("the 31st", "[0-9]{4}-(0[13578]|1[02])-31"),
                    date("the 29th of February of leap years", &format!("{leap_year}-02-29")),
                ],
            },
        ),
        (
            "timestamp-milliseconds",
            "An instant with at least three fraction digits. (STIX 2.1 §3.2)",
            json! { "$ref": "timestamp.json", "pattern": r"\.[0-9]{3,}Z$" },
        ),
        (
            "timestamp-seconds",
            "An instant to the second: its fraction, if there is one, is zero. (STIX 2.1 §6.7.6)",
            json! { "$ref": "timestamp.json", "pattern": r":[0-9]{2}(\.0+)?Z$" },
        ),
    ]
}

fn references() -> Vec<Value> {
    let besides = |target| {
        let others = format!("^{}--", any_of(&refused(target)));
        json! { "$ref": "identifier.json", "not": json! { "pattern": others } }
    };
    vec![
        (
            "identifier",
            "The name of an object: its type, two hyphens and a UUID. (STIX 2.1 §2.9)",
            json! {
                "type": "string",
                "minLength": 41_i64,
                "maxLength": 288_i64,
                "pattern": format!("^-?[a-z0-9]+(-[a-z0-9]+)*--{UUID}$"),
            },
        ),
        ("reference", "The name of any object; a bundle is none. (STIX 2.1 §2.9)", besides(Target::Any)),
        (
            "domain-reference",
            "The name of a domain object, or of one of a type beyond the standard.",
            besides(Target::Domain),
        ),
        (
            "observable-reference",
            "The name of a cyber-observable object, or of one of a type beyond the standard.",
            besides(Target::Observable),
        ),
        (
            "observed-reference",
            "The name of a cyber-observable or relationship object, or of one of a type beyond the standard.",
            besides(Target::Observed),
        ),
        (
            "end-reference",
            "What a relationship may connect: any domain or cyber-observable object. (STIX 2.1 §5.1)",
            besides(Target::End),
        ),
    ]
}

fn containers() -> Vec<Value> {
    let no_observables = refused(Target::Observable).into_iter().chain(["action"]);
    vec![
        (
            "any",
            "A value that no table describes: no `null` and no empty list in it. (STIX 2.1 §2)",
            json! {
                "type": texts(["boolean", "number", "string", "array", "object"]),
                "minItems": 1_i64,
                "items": json! { "$ref": "any.json" },
                "additionalProperties": json! { "$ref": "any.json" },
            },
        ),
        ("hashes", "Hashes by algorithm. (STIX 2.1 §2.7)", hashes()),
        (
            "observable-container",
            "Cyber-observable objects by key, as in STIX 2.0. Deprecated. (STIX 2.1 §2.13)",
            json! {
                "type": "object",
                "minProperties": 1_i64,
                "additionalProperties": json! {
                    "type": "object",
                    "required": texts(["type"]),
                    "properties": json! {
                        "type": json! { "$ref": "type-name.json", "not": json! { "enum": texts(no_observables) } },
                    },
                    "additionalProperties": json! { "$ref": "any.json" },
                },
            },
        ),
        (
            "translations",
            "By language: an object with the shape of what is translated. (STIX 2.1 §7.1)",
            json! {
                "type": "object",
                "minProperties": 1_i64,
                "propertyNames": json! { "$ref": "language.json" },
                "additionalProperties": json! {
                    "type": "object",
                    "minProperties": 1_i64,
                    "additionalProperties": json! { "$ref": "translation.json" },
                },
            },
        ),
        (
            "translation",
            "Translated text, alone, in lists or in objects; empty where nothing is translated. (STIX 2.1 §7.1)",
            json! {
                "type": texts(["string", "array", "object"]),
                "minItems": 1_i64,
                "items": json! { "$ref": "translation.json" },
                "minProperties": 1_i64,
                "additionalProperties": json! { "$ref": "translation.json" },
            },
        ),
    ]
}

/// T-07, T-07a.
fn hashes() -> Json<'static> {
    let form = |name: &str| match name {
        "MD5" => pattern("^[0-9a-fA-F]{32}$"),
        "SHA-1" => pattern("^[0-9a-fA-F]{40}$"),
        "SHA-256" | "SHA3-256" => pattern("^[0-9a-fA-F]{64}$"),
        "SHA-512" | "SHA3-512" => pattern("^[0-9a-fA-F]{128}$"),
        "SSDEEP" => join(pattern("^[0-9]+:[A-Za-z0-9+/]*:[A-Za-z0-9+/]*$"), json! { "maxLength": 148_i64 }),
        "TLSH" => pattern("^(T1)*[0-9a-fA-F]{70}$"),
        _ => json! { "type": "string" },
    };
    let known = HashAlgorithm::VOCABULARY.values.iter().map(|name| (*name, form(name)));
    json! {
        "type": "object",
        "minProperties": 1_i64,
        "properties": members(known),
        "propertyNames": json! { "pattern": "^[A-Za-z0-9_-]{3,250}$" },
        "additionalProperties": json! { "type": "string" },
    }
}

/// CP-09, EX-01, EX-02, EX-08, CU-03.
fn extensions() -> Vec<Value> {
    let any_object = json! { "type": "object", "$ref": "any.json" };
    let entry = json! { "$ref": "extension.json" };
    let unless = |start: &str, then: String| {
        json! { "anyOf": vec![json! { "pattern": then }, json! { "not": json! { "pattern": start.to_owned() } }] }
    };
    let predefined = json! { "not": json! { "enum": texts(EXTENSIONS.iter().map(|shape| shape.name)) } };
    let no_new_type = json! { "properties": json! {
        "extension_type": json! { "not": json! { "enum": texts(["new-sdo", "new-sco", "new-sro"]) } },
    } };
    let extension_type = json! { "$ref": format!("../{}", vocabulary_file(ExtensionType::VOCABULARY)) };
    vec![
        (
            "extension",
            "What an extension definition brings to an object. (STIX 2.1 §7.3)",
            json! {
                "type": "object",
                "required": texts(["extension_type"]),
                "properties": json! { "extension_type": extension_type },
                "additionalProperties": json! { "$ref": "any.json" },
            },
        ),
        (
            "extension-entries",
            "Extensions by key: the identifiers of extension definitions, or other names. (STIX 2.1 §7.3)",
            json! {
                "type": "object",
                "minProperties": 1_i64,
                "propertyNames": unless("^extension-definition--", format!("^extension-definition--{UUID}$")),
                "patternProperties": json! { "^extension-definition--": entry },
                "additionalProperties": any_object,
            },
        ),
        (
            "extensions-of-new-types",
            "Extensions of an object whose type the standard does not name. (STIX 2.1 §7.3)",
            json! { "$ref": "extension-entries.json", "propertyNames": predefined.clone() },
        ),
        (
            "extensions",
            "Extensions of an object that is no observable: they define no new type. (STIX 2.1 §7.3)",
            json! {
                "$ref": "extensions-of-new-types.json",
                "patternProperties": json! { "^extension-definition--": no_new_type.clone() },
            },
        ),
        (
            "observable-extension-entries",
            "Extensions of observables, predefined and custom ones among them. (STIX 2.1 §7.3, §11.3)",
            json! {
                "$ref": "extension-entries.json",
                "propertyNames": unless("-ext$", "^[a-z0-9-]{3,250}$".to_owned()),
                "patternProperties": json! {
                    "^extension-definition--": no_new_type,
                    "-ext$": json! { "minProperties": 1_i64 },
                },
            },
        ),
        (
            "observable-extensions",
            "Extensions of observables that have no predefined ones. (STIX 2.1 §7.3)",
            json! { "$ref": "observable-extension-entries.json", "propertyNames": predefined },
        ),
        ("extended", "An object with an extension that brings properties beside the standard's. (STIX 2.1 §7.3)", {
            let some = json! { "extension_type": json! { "const": "toplevel-property-extension" } };
            let extension = json! { "type": "object", "required": texts(["extension_type"]), "properties": some };
            let none = json! { "additionalProperties": json! { "not": extension } };
            json! { "required": texts(["extensions"]), "properties": json! { "extensions": json! { "not": none } } }
        }),
    ]
}

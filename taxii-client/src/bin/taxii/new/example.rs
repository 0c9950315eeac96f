//! Values to start from.

use chrono::{SecondsFormat, Utc};
use stix_model::deterministic;
use stix_model::json::{Json, Members};
use stix_model::property::{Kind, Precision, Property, Shape, Target};

/// A value for a property of a type.
pub(super) fn of(shape: &'static Shape, property: &'static Property) -> Json<'static> {
    if property.name == "type" {
        return text(shape.name);
    }
    match listed(shape, property.name).and_then(|json| Json::parse(json).ok()) {
        Some(json) => filled(json.into_owned(), shape),
        None => by_kind(&property.kind, shape),
    }
}

/// The one of several properties to start with.
pub(super) fn best(shape: &Shape, names: &[&'static str]) -> Option<&'static str> {
    let listed = names.iter().find(|name| listed(shape, name).is_some());
    listed.or(names.first()).copied()
}

/// What a type needs although its table does not require it; or should have, by the standard's advice.
pub(super) fn always(shape: &Shape) -> &'static [&'static str] {
    match shape.name {
        "extension-definition" => &["description"],
        "indicator" => &["name", "description"],
        "network-traffic" => &["src_port", "dst_port"],
        "marking-definition" => &["name", "definition_type", "definition"],
        _ => &[],
    }
}

fn listed(shape: &Shape, name: &str) -> Option<&'static str> {
    EXAMPLES.iter().find(|(of, property, _)| *of == shape.name && *property == name).map(|(_, _, json)| *json)
}

/// By type and property, as JSON; `@type` stands for the name of an object of that type.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("attack-pattern", "name", r#""Spear phishing""#),
    ("campaign", "name", r#""Invoices in autumn""#),
    ("course-of-action", "name", r#""Block the address at the firewall""#),
    ("grouping", "context", r#""suspicious-activity""#),
    ("grouping", "object_refs", r#"["@indicator"]"#),
    ("identity", "name", r#""Example Corp""#),
    ("incident", "name", r#""Stolen credentials""#),
    ("indicator", "name", r#""Address of a control server""#),
    ("indicator", "description", r#""Where it was seen, and why it matters""#),
    ("indicator", "pattern", r#""[ipv4-addr:value = '198.51.100.3']""#),
    ("indicator", "pattern_type", r#""stix""#),
    ("infrastructure", "name", r#""Control servers of the example botnet""#),
    ("intrusion-set", "name", r#""Example group""#),
    ("malware", "is_family", "false"),
    ("malware", "name", r#""example-loader""#),
    ("malware-analysis", "product", r#""example-scanner""#),
    ("malware-analysis", "result", r#""suspicious""#),
    ("note", "content", r#""What should be known about the object""#),
    ("note", "object_refs", r#"["@indicator"]"#),
    ("observed-data", "number_observed", "1"),
    ("observed-data", "object_refs", r#"["@ipv4-addr"]"#),
    ("opinion", "opinion", r#""agree""#),
    ("opinion", "object_refs", r#"["@indicator"]"#),
    ("report", "name", r#""A wave of invoices""#),
    ("report", "object_refs", r#"["@indicator"]"#),
    ("threat-actor", "name", r#""Example actor""#),
    ("tool", "name", r#""nmap""#),
    ("vulnerability", "name", r#""CVE-2021-44228""#),
    ("relationship", "relationship_type", r#""indicates""#),
    ("relationship", "source_ref", r#""@indicator""#),
    ("relationship", "target_ref", r#""@malware""#),
    ("sighting", "sighting_of_ref", r#""@indicator""#),
    ("extension-definition", "name", r#""Rank""#),
    ("extension-definition", "description", r#""How important an identity is, from 1 to 5""#),
    ("extension-definition", "schema", r#""https://example.com/rank.json""#),
    ("extension-definition", "version", r#""1.0.0""#),
    ("extension-definition", "extension_types", r#"["property-extension"]"#),
    ("language-content", "object_ref", r#""@indicator""#),
    ("language-content", "contents", r#"{"de": {"name": "Adresse eines Steuerservers"}}"#),
    ("marking-definition", "name", r#""Copyright""#),
    ("marking-definition", "definition_type", r#""statement""#),
    ("marking-definition", "definition", r#"{"statement": "Copyright, Example Corp"}"#),
    ("artifact", "payload_bin", r#""aGVsbG8=""#),
    ("autonomous-system", "number", "64496"),
    ("directory", "path", r#""/usr/lib""#),
    ("domain-name", "value", r#""example.com""#),
    ("email-addr", "value", r#""jane@example.com""#),
    ("email-message", "is_multipart", "false"),
    ("file", "name", r#""invoice.pdf""#),
    ("ipv4-addr", "value", r#""198.51.100.3""#),
    ("ipv6-addr", "value", r#""2001:db8::3""#),
    ("mac-addr", "value", r#""d2:fb:49:24:37:18""#),
    ("mutex", "name", r#""example-mutex""#),
    ("network-traffic", "protocols", r#"["ipv4", "tcp"]"#),
    ("network-traffic", "src_port", "49152"),
    ("network-traffic", "dst_port", "443"),
    ("network-traffic", "dst_ref", r#""@ipv4-addr""#),
    ("process", "command_line", r#""/usr/bin/example --quiet""#),
    ("software", "name", r#""Example Reader""#),
    ("url", "value", r#""https://example.com/invoice""#),
    ("user-account", "user_id", r#""1001""#),
    ("windows-registry-key", "key", r#""HKEY_LOCAL_MACHINE\\Software\\Example""#),
    ("x509-certificate", "serial_number", r#""36:f7:d4:32:f4:ab:70:ea""#),
];

/// Puts names of objects in place of `@type`.
fn filled(json: Json<'static>, shape: &'static Shape) -> Json<'static> {
    match json {
        Json::String(text) => match text.strip_prefix('@') {
            Some(object_type) => name(object_type, shape),
            None => Json::String(text),
        },
        Json::List(items) => Json::List(items.into_iter().map(|item| filled(item, shape)).collect()),
        other => other,
    }
}

fn by_kind(kind: &'static Kind, shape: &'static Shape) -> Json<'static> {
    match kind {
        Kind::Boolean => Json::Bool(false),
        Kind::Integer { min, .. } => Json::Number((*min).max(0).into()),
        Kind::Float { min, .. } => serde_json::Number::from_f64(min.max(0.0)).map_or(Json::Null, Json::Number),
        Kind::Timestamp(Precision::Seconds) => text(&Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)),
        Kind::Timestamp(_) => text(&Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)),
        Kind::Hex => text("00"),
        Kind::Binary => text("aGVsbG8="),
        Kind::Url => text("https://example.com/"),
        Kind::Language => text("en"),
        Kind::Selector => text("id"),
        Kind::Reference(target) => name(example_type(*target), shape),
        Kind::Identifier => name(shape.name, shape),
        Kind::Literal(literal) => text(literal),
        Kind::Vocabulary(vocabulary) => text(vocabulary.values.first().copied().unwrap_or("other")),
        Kind::List(of) => Json::List(vec![by_kind(of, shape)]),
        Kind::Hashes => entry("SHA-256", text("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
        Kind::Dictionary(of, _) => entry("example", by_kind(of, shape)),
        Kind::Object(of) => {
            let required = of.rows().filter(|row| row.required);
            Json::Object(required.map(|row| (row.name, by_kind(&row.kind, shape))).collect())
        }
        Kind::Either(kinds) => kinds.first().map_or(Json::Null, |kind| by_kind(kind, shape)),
        Kind::Any | Kind::String | Kind::Extensions | Kind::Observables | Kind::Translations => text("example"),
    }
}

fn example_type(target: Target) -> &'static str {
    match target {
        Target::Types(types) => types.first().copied().unwrap_or("identity"),
        Target::Observable | Target::Observed => "ipv4-addr",
        Target::Domain | Target::End | Target::Any => "indicator",
    }
}

/// The name of some object of a type.
fn name(object_type: &str, shape: &'static Shape) -> Json<'static> {
    let made = deterministic::name_of(shape, &Members::new());
    let uuid = made.as_str().rsplit_once("--").map_or("", |(_, uuid)| uuid);
    text(&format!("{object_type}--{uuid}"))
}

fn entry(name: &'static str, value: Json<'static>) -> Json<'static> {
    Json::Object([(name, value)].into_iter().collect())
}

fn text(text: &str) -> Json<'static> {
    Json::String(text.to_owned().into())
}

//! Valid objects with every property that their tables have.

use stix_model::Table;
use stix_model::json::{Json, Members};
use stix_model::nested::{ExternalReference, GranularMarking};
use stix_model::object::{EXTENSIONS, OBJECT_TYPES};
use stix_model::property::{Demand, Kind, Precision, Role, Shape, Target};

pub(crate) const UUID: &str = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
pub(crate) const EXTENSION: &str = "extension-definition--d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e";

/// Values of properties that need more than their kind says.
const SPECIAL: [(&str, &str, &str); 23] = [
    ("marking-definition", "object_marking_refs", "[\"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9\"]"),
    ("artifact", "mime_type", "\"application/zip\""),
    ("directory", "path_enc", "\"UTF-8\""),
    ("file", "name_enc", "\"UTF-8\""),
    ("indicator", "pattern", "\"[ipv4-addr:value = '198.51.100.3']\""),
    ("indicator", "pattern_type", "\"stix\""),
    ("relationship", "relationship_type", "\"related-to\""),
    ("extension-definition", "extension_types", "[\"toplevel-property-extension\"]"),
    ("extension-definition", "extension_properties", "[\"acme_rank\"]"),
    ("marking-definition", "definition_type", "\"statement\""),
    ("marking-definition", "definition", "{\"statement\": \"text\"}"),
    ("ipv4-addr", "value", "\"198.51.100.3\""),
    ("ipv6-addr", "value", "\"2001:db8::1\""),
    ("mac-addr", "value", "\"d2:fb:49:24:37:18\""),
    ("domain-name", "value", "\"www.example.org\""),
    ("email-addr", "value", "\"a@example.org\""),
    ("url", "value", "\"https://www.example.org/\""),
    ("software", "cpe", "\"cpe:2.3:a:acme:thing:1:*:*:*:*:*:*:*\""),
    ("software", "languages", "[\"en\"]"),
    ("windows-registry-key", "key", "\"HKEY_LOCAL_MACHINE\\\\system\""),
    ("network-traffic", "protocols", "[\"ipv4\", \"tcp\"]"),
    ("observed-data", "object_refs", "[\"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4\"]"),
    ("email-message", "is_multipart", "false"),
];

pub(crate) fn parse(text: &str) -> Json<'static> {
    Json::parse(text).unwrap().into_owned()
}

/// Makes values; later instants come later.
#[derive(Default)]
pub(crate) struct Maker {
    instants: u32,
    depth: u32,
}

/// A valid object of each type, and one of a type that is not the standard's.
pub(crate) fn objects() -> Vec<(&'static str, Json<'static>)> {
    let mut all: Vec<_> = OBJECT_TYPES.iter().map(|shape| (shape.name, Maker::default().object(shape))).collect();
    all.extend(VARIANTS.map(|(object_type, variant)| (object_type, variant_of(object_type, &parse(variant)))));
    all.push(("x-acme-thing", custom("")));
    all.push(("x-acme-sensor", custom("new-sco")));
    all.push(("x-acme-link", custom("new-sro")));
    all
}

/// Other forms of objects: what is different in them; `null` stands for what is not there.
const VARIANTS: [(&str, &str); 9] = [
    ("observed-data", r#"{"object_refs": null, "objects": {"0": {"type": "ipv4-addr", "value": "198.51.100.3"}}}"#),
    ("email-message", r#"{"is_multipart": true, "body": null, "body_multipart": [{"body": "text"}]}"#),
    ("artifact", r#"{"payload_bin": null, "url": "https://www.example.org/"}"#),
    ("malware", r#"{"is_family": false, "name": null}"#),
    ("location", r#"{"region": null, "latitude": null, "longitude": null, "precision": null}"#),
    ("marking-definition", r#"{"definition_type": null, "definition": null}"#),
    ("process", r#"{"extensions": {"windows-process-ext": {"aslr_enabled": true}}}"#),
    ("network-traffic", r#"{"is_active": false, "end": "2026-02-01T00:00:00Z", "src_ref": null}"#),
    ("user-account", r#"{"extensions": {"x-acme-ext": {"rank": 5}}}"#),
];

fn variant_of(object_type: &str, different: &Json<'static>) -> Json<'static> {
    let shape = stix_model::object::object_type(object_type).unwrap();
    let Json::Object(mut members) = Maker::default().object(shape) else { unreachable!() };
    for (name, value) in different.as_object().unwrap().iter() {
        members.remove(name);
        if *value != Json::Null {
            members.insert(name.to_owned(), value.clone());
        }
    }
    Json::Object(members)
}

/// An object of a type that an extension defines, or none.
fn custom(extension_type: &str) -> Json<'static> {
    let dates = match extension_type {
        "new-sco" => "",
        _ => r#""created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "confidence": 5, "#,
    };
    let extensions = match extension_type {
        "" => String::new(),
        new => format!(r#""extensions": {{"{EXTENSION}": {{"extension_type": "{new}"}}}}, "#),
    };
    parse(&format!(
        r#"{{"type": "x-acme-thing", "spec_version": "2.1", "id": "x-acme-thing--{UUID}", {dates}{extensions}"rank": [{{"a": 1}}]}}"#
    ))
}

impl Maker {
    pub(crate) fn object(&mut self, shape: &'static Shape) -> Json<'static> {
        let mut members = Members::new();
        for row in shape.rows() {
            let special = SPECIAL.iter().find(|(host, name, _)| (*host, *name) == (shape.name, row.name));
            let value = match special {
                Some((_, _, text)) => parse(text),
                None if row.name == "type" => Json::from(shape.name),
                None => self.value(&row.kind, shape.name),
            };
            // Nested types may contain themselves.
            if self.depth < 4 || row.required {
                members.insert(row.name, value);
            }
        }
        for constraint in shape.constraints {
            settle(&constraint.demand, &mut members);
        }
        Json::Object(members)
    }

    fn value(&mut self, kind: &'static Kind, host: &'static str) -> Json<'static> {
        match kind {
            Kind::Any | Kind::String => Json::from("text"),
            Kind::Boolean => Json::from(true),
            Kind::Integer { min, max } => Json::from(1.clamp(*min, *max)),
            Kind::Float { min, max } => Json::Number(serde_json::Number::from_f64(1.5_f64.clamp(*min, *max)).unwrap()),
            Kind::Timestamp(precision) => self.instant(*precision),
            Kind::Hex => Json::from("0a1b"),
            Kind::Binary => Json::from("aGFsbG8="),
            Kind::Url => Json::from("https://www.example.org/a?b=c#d"),
            Kind::Language => Json::from("pt-BR"),
            Kind::Selector => Json::from("type"),
            Kind::Reference(target) => Json::from(reference(*target)),
            Kind::Identifier => Json::from(format!("{host}--{UUID}")),
            Kind::Literal(text) => Json::from(*text),
            Kind::Vocabulary(list) => Json::from(list.values[0]),
            Kind::List(of) => Json::List(vec![self.value(of, host)]),
            Kind::Dictionary(of, _) => entries([("key", self.value(of, host))]),
            Kind::Hashes => entries([("SHA-256", Json::from("a".repeat(64)))]),
            Kind::Either(kinds) => self.value(&kinds[0], host),
            Kind::Object(shape) => {
                self.depth += 1;
                let part = self.part(shape);
                self.depth -= 1;
                part
            }
            Kind::Extensions => self.extensions(host),
            Kind::Observables => parse(r#"{"0": {"type": "ipv4-addr", "value": "198.51.100.3"}}"#),
            Kind::Translations => parse(r#"{"de": {"name": "Text"}}"#),
        }
    }

    fn part(&mut self, shape: &'static Shape) -> Json<'static> {
        match shape.name {
            name if name == ExternalReference::SHAPE.name => parse(
                r#"{"source_name": "acme", "description": "text", "url": "https://www.example.org/", "external_id": "1",
                    "hashes": {"MD5": "0123456789abcdef0123456789abcdef"}}"#,
            ),
            name if name == GranularMarking::SHAPE.name => parse(r#"{"lang": "en", "selectors": ["type", "id"]}"#),
            _ => self.object(shape),
        }
    }

    fn extensions(&mut self, host: &str) -> Json<'static> {
        let mut all = Members::new();
        all.insert(EXTENSION, parse(r#"{"extension_type": "property-extension", "rank": 5}"#));
        for shape in EXTENSIONS {
            if matches!(shape.role, Role::Extension(hosts) if hosts.contains(&host)) {
                all.insert(shape.name, self.object(shape));
            }
        }
        Json::Object(all)
    }

    fn instant(&mut self, precision: Precision) -> Json<'static> {
        self.instants += 1;
        let fraction = if precision == Precision::Milliseconds { ".000" } else { "" };
        Json::from(format!("2026-01-01T00:{:02}:00{fraction}Z", self.instants))
    }
}

fn entries<const N: usize>(entries: [(&'static str, Json<'static>); N]) -> Json<'static> {
    Json::Object(entries.into_iter().collect())
}

fn reference(target: Target) -> String {
    let object_type = match target {
        Target::Types(types) => types[0],
        Target::Domain | Target::End | Target::Any => "identity",
        Target::Observable | Target::Observed => "ipv4-addr",
    };
    format!("{object_type}--{UUID}")
}

/// Takes out what must not be there beside the rest.
fn settle(demand: &Demand, members: &mut Members<'static>) {
    match demand {
        Demand::OneOf(names) => names.iter().rev().skip(1).for_each(|name| drop(members.remove(name))),
        Demand::ExcludedIf(name, value, other) if members.get(name).and_then(Json::as_bool) == Some(*value) => {
            members.remove(other);
        }
        _ => {}
    }
}

//! What a value is, in a schema.

use super::{shapes, texts, values};
use crate::TypeClass;
use crate::json::Json;
use crate::object::{EXTENSIONS, OBJECT_TYPES};
use crate::property::{Keys, Kind, Precision, Role, Shape, Target};

/// The document that a schema is part of.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    /// The way from its folder to the folder of all: nothing, or `../`.
    pub(super) up: &'static str,
    /// The object type, the nested type or the extension.
    pub(super) host: &'p str,
}

impl Place<'_> {
    /// A reference to another document.
    pub(super) fn refer(self, file: &str) -> Json<'static> {
        json! { "$ref": format!("{}{file}", self.up) }
    }

    fn value(self, name: &str) -> Json<'static> {
        self.refer(&values::file(name))
    }

    /// The schema of a value.
    pub(super) fn kind(self, kind: &Kind) -> Json<'static> {
        match kind {
            Kind::Any => self.value("any"),
            Kind::String => json! { "type": "string" },
            Kind::Boolean => json! { "type": "boolean" },
            Kind::Integer { min, max } => json! { "type": "integer", "minimum": *min, "maximum": *max },
            Kind::Float { min, max } if *min == f64::MIN && *max == f64::MAX => json! { "type": "number" },
            Kind::Float { min, max } => json! { "type": "number", "minimum": float(*min), "maximum": float(*max) },
            Kind::Timestamp(Precision::Any) => self.value("timestamp"),
            Kind::Timestamp(Precision::Milliseconds) => self.value("timestamp-milliseconds"),
            Kind::Timestamp(Precision::Seconds) => self.value("timestamp-seconds"),
            Kind::Hex => self.value("hex"),
            Kind::Binary => self.value("binary"),
            Kind::Url => self.value("url"),
            Kind::Language => self.value("language"),
            Kind::Selector => self.value("selector"),
            Kind::Reference(target) => self.reference(*target),
            Kind::Identifier => self.identifier(&[self.host]),
            Kind::Literal(text) => json! { "const": *text },
            Kind::Vocabulary(list) => self.refer(&values::vocabulary_file(list)),
            Kind::List(of) => json! { "type": "array", "minItems": 1_i64, "items": self.kind(of) },
            Kind::Dictionary(of, keys) => self.dictionary(of, *keys),
            Kind::Hashes => self.value("hashes"),
            Kind::Either(kinds) => json! { "anyOf": Json::List(kinds.iter().map(|kind| self.kind(kind)).collect()) },
            Kind::Object(shape) => self.refer(&shapes::file(shape)),
            Kind::Extensions => self.extensions(),
            Kind::Observables => self.value("observable-container"),
            Kind::Translations => self.value("translations"),
        }
    }

    fn reference(self, target: Target) -> Json<'static> {
        match target {
            Target::Types(types) => self.identifier(types),
            Target::Domain => self.value("domain-reference"),
            Target::Observable => self.value("observable-reference"),
            Target::Observed => self.value("observed-reference"),
            Target::End => self.value("end-reference"),
            Target::Any => self.value("reference"),
        }
    }

    /// The name of an object of one of these types.
    pub(super) fn identifier(self, types: &[&str]) -> Json<'static> {
        super::join(self.value("identifier"), json! { "pattern": format!("^{}--", any_of(types)) })
    }

    /// Lowercase keys are good practice, no rule: schemas take both.
    fn dictionary(self, of: &Kind, _: Keys) -> Json<'static> {
        json! {
            "type": "object",
            "minProperties": 1_i64,
            "propertyNames": self.value("dictionary-key"),
            "additionalProperties": self.kind(of),
        }
    }

    /// CP-09: of the predefined extensions, only those that are for the type.
    fn extensions(self) -> Json<'static> {
        let class = TypeClass::of(self.host);
        match class {
            TypeClass::Observable => {}
            TypeClass::Custom => return self.value("extensions-of-new-types"),
            _ => return self.value("extensions"),
        }
        let hosts = |role: Role| matches!(role, Role::Extension(hosts) if hosts.contains(&self.host));
        let (own, foreign): (Vec<&Shape>, Vec<&Shape>) = EXTENSIONS.iter().partition(|shape| hosts(shape.role));
        if own.is_empty() {
            return self.value("observable-extensions");
        }
        let mut names = json! { "not": json! { "enum": texts(foreign.iter().map(|shape| shape.name)) } };
        if values::STRICT_HOSTS.contains(&self.host) {
            names = super::join(json! { "pattern": "^extension-definition--|-ext$" }, names);
        }
        let own = own.iter().map(|shape| (shape.name, self.refer(&shapes::file(shape))));
        let more = json! { "properties": super::members(own), "propertyNames": names };
        super::join(self.value("observable-extension-entries"), more)
    }
}

/// A choice in a pattern.
pub(super) fn any_of(words: &[&str]) -> String {
    match words {
        [word] => (*word).to_owned(),
        words => format!("({})", words.join("|")),
    }
}

/// The types of the standard that a reference must not lead to, `bundle` among them.
pub(super) fn refused(target: Target) -> Vec<&'static str> {
    let mut types: Vec<_> = OBJECT_TYPES.iter().map(|shape| shape.name).chain(["bundle"]).collect();
    types.retain(|name| !target.allows(name));
    types.dedup();
    types
}

fn float(value: f64) -> Json<'static> {
    serde_json::Number::from_f64(value).map_or(Json::Null, Json::Number)
}

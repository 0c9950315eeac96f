//! JSON Schemas (draft 2020-12) of all that STIX 2.1 has, made from the property tables.
//!
//! The files in `schemas/stix-2.1/` are what [`all`] gives; `cargo run -p stix-model --example write_schemas` writes
//! them. They refer to each other by relative paths, so that a folder of them works without a network.
//!
//! ```
//! use stix_model::{Table, schema, sdo::Indicator};
//!
//! let indicator = schema::of(Indicator::SHAPE);
//! assert_eq!(indicator.get("title").and_then(|title| title.as_str()), Some("indicator"));
//! ```
//!
//! * `shapes`: an object type, a nested type or an extension, from its table
//! * `kinds`: what a value is
//! * `rules`: what holds for single types and no table says
//! * `values`: the documents that the others share, vocabularies among them
//! * `objects`: any object, objects of other types than the standard's, bundles
//! * `Validator`, with the feature `schema`: checks by these schemas

/// JSON as it is written, its values already [`Json`] or turned into it.
macro_rules! json {
    ($($name:literal: $value:expr),* $(,)?) => {
        $crate::json::Json::Object(
            [$(($name, $crate::json::Json::from($value))),*].into_iter().collect::<$crate::json::Members<'static>>(),
        )
    };
}

mod kinds;
mod objects;
mod rules;
mod shapes;
#[cfg(feature = "schema")]
mod validator;
mod values;

use std::collections::BTreeMap;

#[cfg(feature = "schema")]
pub use validator::Validator;

use crate::json::{Json, Members};
use crate::object::{EXTENSIONS, OBJECT_TYPES};
use crate::property::{Kind, Role, Shape, Vocabulary};
use crate::{TypeClass, vocabulary};

/// Where all the schemas lie: a host that cannot exist, so that nobody fetches them.
pub const BASE: &str = "https://taxii-rs.invalid/schemas/stix-2.1/";

/// The schema of an object type, a nested type or an extension.
#[must_use]
pub fn of(shape: &Shape) -> Json<'static> {
    shapes::document(shape)
}

/// Every schema, by the name of its file, in the order of the names.
///
/// ```
/// let names: Vec<_> = stix_model::schema::all().into_iter().map(|(name, _)| name).collect();
/// assert!(names.iter().any(|name| name == "nested/external-reference.json"));
/// ```
#[must_use]
pub fn all() -> Vec<(String, Json<'static>)> {
    let mut parts = Parts::default();
    for shape in OBJECT_TYPES.iter().chain(EXTENSIONS) {
        parts.visit(shape);
    }
    parts.vocabulary(vocabulary::HashAlgorithm::VOCABULARY);
    parts.vocabulary(vocabulary::ExtensionType::VOCABULARY);
    let shapes = OBJECT_TYPES.iter().chain(EXTENSIONS).chain(parts.nested.values());
    let mut files: BTreeMap<String, Json<'static>> = shapes
        .filter(|shape| shape.role != Role::Object(TypeClass::Bundle))
        .map(|shape| (shapes::file(shape), of(shape)))
        .collect();
    files.extend(parts.vocabularies.values().map(|list| (values::vocabulary_file(list), values::vocabulary(list))));
    files.extend(values::documents());
    files.extend(objects::documents());
    files.into_iter().collect()
}

/// The nested types and vocabularies that tables mention, by name.
#[derive(Default)]
struct Parts {
    nested: BTreeMap<&'static str, &'static Shape>,
    vocabularies: BTreeMap<&'static str, &'static Vocabulary>,
}

impl Parts {
    fn visit(&mut self, shape: &'static Shape) {
        shape.rows().for_each(|row| self.kind(&row.kind));
    }

    fn kind(&mut self, kind: &'static Kind) {
        match kind {
            Kind::Object(shape) if self.nested.insert(shape.name, shape).is_none() => self.visit(shape),
            Kind::Vocabulary(list) => self.vocabulary(list),
            Kind::List(of) | Kind::Dictionary(of, _) => self.kind(of),
            Kind::Either(kinds) => kinds.iter().for_each(|kind| self.kind(kind)),
            _ => {}
        }
    }

    fn vocabulary(&mut self, list: &'static Vocabulary) {
        self.vocabularies.insert(list.name, list);
    }
}

/// A document: what stands at its head, then what it says.
fn document(file: &str, title: &str, description: impl Into<String>, body: Json<'static>) -> Json<'static> {
    let head = json! {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("{BASE}{file}"),
        "title": title.to_owned(),
        "description": description.into(),
    };
    join(head, body)
}

/// The members of both, the first's first.
fn join(first: Json<'static>, second: Json<'static>) -> Json<'static> {
    match (first, second) {
        (Json::Object(mut members), Json::Object(more)) => {
            for (name, value) in more {
                members.insert(name, value);
            }
            Json::Object(members)
        }
        (_, second) => second,
    }
}

/// A list of texts.
fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Json<'static> {
    Json::List(texts.into_iter().map(|text| Json::from(text.into())).collect())
}

/// `{"required": […]}`.
fn required<'n>(names: impl IntoIterator<Item = &'n str>) -> Json<'static> {
    json! { "required": texts(names) }
}

/// An object with members whose names are not known beforehand.
fn members<N: Into<String>>(members: impl IntoIterator<Item = (N, Json<'static>)>) -> Json<'static> {
    Json::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect::<Members<'static>>())
}

/// The words of a doc comment, without its example.
fn words(doc: &str) -> String {
    let text = doc.split("```").next().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every `$ref` of a document, as written.
    fn references(json: &Json<'_>, found: &mut Vec<String>) {
        match json {
            Json::List(items) => items.iter().for_each(|item| references(item, found)),
            Json::Object(members) => {
                found.extend(members.get("$ref").and_then(Json::as_str).map(str::to_owned));
                members.iter().for_each(|(_, value)| references(value, found));
            }
            _ => {}
        }
    }

    /// There is a document for each table, and each reference leads to a document.
    #[test]
    fn documents_are_complete() {
        let all = all();
        let files: BTreeSet<&str> = all.iter().map(|(file, _)| file.as_str()).collect();
        assert_eq!(files.len(), all.len());
        for shape in OBJECT_TYPES.iter().chain(EXTENSIONS) {
            assert!(files.contains(shapes::file(shape).as_str()), "{}", shape.name);
        }
        for (file, document) in &all {
            let mut found = Vec::new();
            references(document, &mut found);
            let folder = file.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
            for reference in found.iter().filter(|reference| !reference.starts_with('#')) {
                let target = match reference.strip_prefix("../") {
                    Some(above) => above.to_owned(),
                    None => format!("{folder}{reference}"),
                };
                assert!(files.contains(target.as_str()), "{file}: {reference}");
            }
        }
    }

    /// N-01, N-04: the rule for names that schemas give to all properties does not refuse those of the tables.
    #[test]
    fn properties_of_tables_have_good_names() {
        let mut parts = Parts::default();
        OBJECT_TYPES.iter().chain(EXTENSIONS).for_each(|shape| parts.visit(shape));
        for shape in OBJECT_TYPES.iter().chain(EXTENSIONS).chain(parts.nested.values()) {
            for row in shape.rows() {
                let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
                assert!(row.name == "id" || row.name.len() > 2 && row.name.bytes().all(plain), "{}", row.name);
                assert!(!values::RESERVED.contains(&row.name), "{}", row.name);
            }
        }
    }
}

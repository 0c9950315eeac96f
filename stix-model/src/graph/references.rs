//! The references that go out from an object, wherever in it they stand.

use std::collections::HashSet;

use crate::TypeClass;
use crate::json::{Json, Members};
use crate::object::{EXTENSIONS, object_type};
use crate::pointer::Path;
use crate::property::{Kind, Property, Shape};

/// A reference from an object to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'m> {
    /// Where it stands: a JSON pointer (RFC 6901) into the object, `/object_refs/2`.
    pub pointer: String,
    /// The property that holds it: `object_refs`.
    pub property: &'m str,
    /// The identifier of the other object.
    pub id: &'m str,
}

/// All references that go out from an object, in the order in which they stand in it.
///
/// Property tables tell what is a reference; where there is none, as in custom content and unknown extensions, names
/// that end in `_ref` or `_refs` do (STIX 2.1 §3.1). What is no identifier is no reference. External references are
/// not followed, and neither are the keys by which objects in the deprecated container of `observed-data` refer to
/// each other.
///
/// ```
/// use stix_model::graph;
/// use stix_model::json::Json;
///
/// let note = Json::parse(r#"{
///     "type": "note", "id": "note--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061", "content": "x",
///     "object_refs": ["campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"]
/// }"#)?;
/// let references = graph::references(note.as_object().unwrap());
/// assert_eq!(references[0].pointer, "/object_refs/0");
/// assert_eq!(references[0].id, "campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn references<'m>(members: &'m Members<'_>) -> Vec<Reference<'m>> {
    let mut references = Vec::new();
    walk(members, &mut |path, property, id| references.push(Reference { pointer: path.pointer(), property, id }));
    references
}

/// Shows every reference with its place, without writing the place down.
pub(crate) fn walk<'m>(members: &'m Members<'_>, found: &mut dyn FnMut(&Path<'m>, &'m str, &'m str)) {
    let mut walk = Walk { path: Path::default(), found, container: HashSet::new() };
    walk.object(members);
}

struct Walk<'w, 'm> {
    path: Path<'m>,
    found: &'w mut dyn FnMut(&Path<'m>, &'m str, &'m str),
    /// Keys of the container that is being walked, which are no identifiers even if they look like one.
    container: HashSet<&'m str>,
}

impl<'m> Walk<'_, 'm> {
    fn object(&mut self, members: &'m Members<'_>) {
        let name = members.get("type").and_then(Json::as_str).unwrap_or_default();
        match object_type(name) {
            Some(shape) => self.shape(shape, members),
            None => {
                let rows = crate::common::of(TypeClass::of(name), name);
                self.members(members, |property| rows.iter().find(|row| row.name == property));
            }
        }
    }

    fn shape(&mut self, shape: &'static Shape, members: &'m Members<'_>) {
        // Content of others is never followed, whatever it looks like (RF-04).
        if shape.name != "external-reference" {
            self.members(members, |property| shape.property(property));
        }
    }

    fn members(&mut self, members: &'m Members<'_>, row: impl Fn(&str) -> Option<&'static Property>) {
        for (name, value) in members.iter() {
            self.at(name, |walk| match row(name) {
                Some(row) => walk.value(name, &row.kind, value),
                None => walk.free(name, value),
            });
        }
    }

    fn at(&mut self, name: &'m str, look: impl FnOnce(&mut Self)) {
        self.path.push(name);
        look(self);
        self.path.pop();
    }

    fn each(&mut self, items: &'m [Json<'_>], mut look: impl FnMut(&mut Self, &'m Json<'_>)) {
        for (i, item) in items.iter().enumerate() {
            self.path.push_index(i);
            look(self, item);
            self.path.pop();
        }
    }

    /// A value of which a table says what it is.
    fn value(&mut self, property: &'m str, kind: &'static Kind, json: &'m Json<'_>) {
        match (kind, json) {
            (Kind::Reference(_), Json::String(id)) => self.reference(property, id),
            (Kind::List(of), Json::List(items)) if may_refer(of) => {
                self.each(items, |walk, item| walk.value(property, of, item));
            }
            (Kind::Dictionary(of, _), Json::Object(entries)) if may_refer(of) => {
                for (key, value) in entries.iter() {
                    self.at(key, |walk| walk.value(key, of, value));
                }
            }
            (Kind::Object(shape), Json::Object(members)) => self.shape(shape, members),
            (Kind::Extensions, Json::Object(entries)) => self.extensions(entries),
            (Kind::Observables, Json::Object(entries)) => self.observables(entries),
            (Kind::Any | Kind::Either(_), _) => self.free(property, json),
            _ => {}
        }
    }

    fn extensions(&mut self, entries: &'m Members<'_>) {
        for (key, value) in entries.iter() {
            let shape = EXTENSIONS.iter().copied().find(|shape| shape.name == key);
            self.at(key, |walk| match (shape, value) {
                (Some(shape), Json::Object(members)) => walk.shape(shape, members),
                _ => walk.free(key, value),
            });
        }
    }

    /// The container may hold objects as STIX 2.0 has them, so the names decide.
    fn observables(&mut self, entries: &'m Members<'_>) {
        self.container = entries.iter().map(|(key, _)| key).collect();
        for (key, value) in entries.iter() {
            self.at(key, |walk| walk.free("", value));
        }
        self.container.clear();
    }

    /// A value of which no table says what it is.
    fn free(&mut self, property: &'m str, json: &'m Json<'_>) {
        match json {
            Json::String(id) if property.ends_with("_ref") => self.reference(property, id),
            Json::List(items) if property != "external_references" => self.each(items, |walk, item| match item {
                Json::String(id) if property.ends_with("_refs") => walk.reference(property, id),
                Json::String(_) => {}
                _ => walk.free(property, item),
            }),
            Json::Object(members) => self.members(members, |_| None),
            _ => {}
        }
    }

    fn reference(&mut self, property: &'m str, id: &'m str) {
        if crate::identifier::is_identifier(id) && !self.container.contains(id) {
            (self.found)(&self.path, property, id);
        }
    }
}

/// Can there be references in it? Spares a look at each item of lists of text.
fn may_refer(kind: &Kind) -> bool {
    match kind {
        Kind::Reference(_) | Kind::Object(_) | Kind::Extensions | Kind::Observables | Kind::Any | Kind::Either(_) => {
            true
        }
        Kind::List(of) | Kind::Dictionary(of, _) => may_refer(of),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
    const F: &str = "file--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";

    fn pointers(text: &str) -> Vec<String> {
        let json = Json::parse(text).unwrap();
        references(json.as_object().unwrap()).into_iter().map(|reference| reference.pointer).collect()
    }

    /// RF-05: wherever they stand; by the tables where there is one, by the suffix elsewhere.
    #[test]
    fn all_references_are_found() {
        for (text, found) in [
            (
                r#"{"type":"indicator","created_by_ref":"A","object_marking_refs":["A","x","A"]}"#,
                &["/created_by_ref", "/object_marking_refs/0", "/object_marking_refs/2"][..],
            ),
            (
                r#"{"type":"indicator","granular_markings":[{"marking_ref":"A","selectors":["name"]}]}"#,
                &["/granular_markings/0/marking_ref"],
            ),
            (
                r#"{"type":"x-thing","x_refs":["A"],"x":[{"y_ref":"A"}],"refs":["A"],"x_ref":["A"],"y_refs":"A","name":"A"}"#,
                &["/x_refs/0", "/x/0/y_ref"],
            ),
            (
                r#"{"type":"user-account","extensions":{"unix-account-ext":{"x_ref":"A"},"extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f":{"a":{"b_ref":"A"},"rows":[[{"c_refs":["A"]}]]}}}"#,
                &[
                    "/extensions/unix-account-ext/x_ref",
                    "/extensions/extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f/a/b_ref",
                    "/extensions/extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f/rows/0/0/c_refs/0",
                ],
            ),
            (
                r#"{"type":"relationship","source_ref":"A","target_ref":"F","labels":["A"]}"#,
                &["/source_ref", "/target_ref"],
            ),
            (
                r#"{"type":"email-message","body_multipart":[{"body_raw_ref":"F"}]}"#,
                &["/body_multipart/0/body_raw_ref"],
            ),
            (r#"{"x/y_ref":"A"}"#, &["/x~1y_ref"]),
            (r#"{"created_by_ref":["A"],"object_marking_refs":"A"}"#, &[]),
        ] {
            assert_eq!(pointers(&text.replace("\"A\"", &format!("{A:?}")).replace("\"F\"", &format!("{F:?}"))), found);
        }
    }

    /// RF-04: external references are never followed, in the tables or outside of them.
    #[test]
    fn external_references_are_not_followed() {
        let external = r#"[{"source_name":"x","x_ref":"A","object_refs":["A"]}]"#.replace('A', A);
        for text in [
            format!(r#"{{"type":"indicator","external_references":{external}}}"#),
            format!(r#"{{"type":"x-thing","x":{{"external_references":{external}}}}}"#),
        ] {
            assert!(pointers(&text).is_empty(), "{text}");
        }
    }

    /// RF-05, OC-2: references inside the deprecated container are keys of it; other references in it count.
    #[test]
    fn container_keys_are_no_references() {
        let text = r#"{"type":"observed-data","objects":{
            "0":{"type":"file","parent_directory_ref":"1","contains_refs":["F","0"]},
            "F":{"type":"file","object_marking_refs":["A"]}}}"#;
        let text = text.replace("\"A\"", &format!("{A:?}")).replace("\"F\"", &format!("{F:?}"));
        assert_eq!(pointers(&text), [format!("/objects/{F}/object_marking_refs/0")]);
    }
}

//! Identifiers, and the references to them inside objects.

use std::collections::HashMap;

use super::{Ids, Options, domain};
use crate::Identifier;
use crate::json::{Json, Members};
use crate::object::{EXTENSIONS, object_type};
use crate::property::{Kind, Shape};

/// Visits every reference in an object: those that its table names, and in what no table knows those whose names end in
/// `_ref` or `_refs`.
pub(super) fn references(members: &mut Members<'static>, visit: &mut impl FnMut(&mut Json<'static>, bool)) {
    let shape = members.get("type").and_then(Json::as_str).and_then(object_type);
    in_members(shape, members, visit);
}

/// Visits the references in one member of an object.
pub(super) fn references_of(
    shape: Option<&'static Shape>,
    name: &str,
    value: &mut Json<'static>,
    visit: &mut impl FnMut(&mut Json<'static>, bool),
) {
    match shape.and_then(|shape| shape.property(name)) {
        Some(property) => by_kind(&property.kind, value, visit),
        None => by_name(name, value, visit),
    }
}

fn in_members(
    shape: Option<&'static Shape>,
    members: &mut Members<'static>,
    visit: &mut impl FnMut(&mut Json<'static>, bool),
) {
    for (name, value) in members.iter_mut() {
        references_of(shape, name, value, visit);
    }
}

fn by_kind(kind: &'static Kind, value: &mut Json<'static>, visit: &mut impl FnMut(&mut Json<'static>, bool)) {
    match (kind, value) {
        (Kind::Reference(_), value @ Json::String(_)) => visit(value, true),
        (Kind::List(of), Json::List(items)) => items.iter_mut().for_each(|item| by_kind(of, item, visit)),
        (Kind::Object(shape), Json::Object(members)) => in_members(Some(shape), members, visit),
        (Kind::Extensions, Json::Object(entries)) => {
            for (key, extension) in entries.iter_mut() {
                let shape = EXTENSIONS.iter().copied().find(|shape| shape.name == key);
                if let Json::Object(members) = extension {
                    in_members(shape, members, visit);
                }
            }
        }
        _ => {}
    }
}

fn by_name(name: &str, value: &mut Json<'static>, visit: &mut impl FnMut(&mut Json<'static>, bool)) {
    match value {
        Json::String(_) if name.ends_with("_ref") => visit(value, false),
        Json::List(items) => {
            for item in items {
                match item {
                    Json::String(_) if name.ends_with("_refs") => visit(item, false),
                    Json::Object(members) => in_members(None, members, visit),
                    _ => {}
                }
            }
        }
        Json::Object(members) => in_members(None, members, visit),
        _ => {}
    }
}

/// V20-03: gives the objects of others new names, if that is wanted, and lets all of them refer to these.
pub(super) fn renew<'m>(objects: impl Iterator<Item = &'m mut Members<'static>>, options: &Options) {
    if options.ids == Ids::Keep {
        return;
    }
    let mut objects: Vec<_> = objects.collect();
    let mut names: HashMap<String, String> = HashMap::new();
    // Marking definitions have no versions and keep their names.
    for object in objects.iter_mut().filter(|object| object.contains("modified") && !domain::is_own(object, options)) {
        let Some(old) = object.get("id").and_then(Json::as_str).map(str::to_owned) else { continue };
        let Some(new) = old.split_once("--").and_then(|(of, _)| Identifier::random(of).ok()) else { continue };
        let new = names.entry(old).or_insert_with(|| new.as_str().to_owned()).clone();
        object.insert("id", Json::from(new));
    }
    for object in objects {
        references(object, &mut |reference, _| {
            if let Some(new) = reference.as_str().and_then(|old| names.get(old)) {
                *reference = Json::from(new.clone());
            }
        });
    }
}

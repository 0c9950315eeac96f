//! What others made: patterns and observables without a word about MISP.

use std::collections::HashSet;

use stix_model::json::{Json, Members};

use super::attribute::{common, joined, of_observable, seen};
use super::{Frame, Part, object, put_list, put_text, said};
use crate::format::{Attribute, Object};
use crate::residue;
use crate::stix::index::{Index, Scope, text, texts, uuid_of};
use crate::stix::names::made;
use crate::stix::objects::TEMPLATES;
use crate::stix::path::steps;
use crate::stix::pattern;
use crate::stix::table::{LANGUAGES, ROWS, Row};
use crate::stix::tags::{every_tag, owned};
use crate::stix::take::Constant;

/// Paths that others use, and what they are in MISP.
const ALIASES: [(&str, &str); 3] =
    [("ipv4-addr:value", "ip-dst"), ("ipv6-addr:value", "ip-dst"), ("email-addr:value", "email")];

/// The parts that an object makes.
pub(super) fn parts(index: &Index<'_>, frame: &Frame<'_>, object: &Members<'static>) -> Vec<(Part, Members<'static>)> {
    match text(object, "type").unwrap_or_default() {
        "indicator" => vec![indicator(index, frame, object)],
        "observed-data" => observed(index, frame, object),
        "relationship"
        | "sighting"
        | "opinion"
        | "identity"
        | "marking-definition"
        | "extension-definition"
        | "language-content"
        | "report"
        | "grouping" => Vec::new(),
        _ => vec![single(index, frame, object, object, uuid_of(text(object, "id").unwrap_or_default()))],
    }
}

/// The parts that an object makes which is labelled as something of MISP, and which cannot be read as that. Its labels
/// become tags.
pub(super) fn unread(index: &Index<'_>, frame: &Frame<'_>, head: &Members<'static>) -> Vec<(Part, Members<'static>)> {
    let mut all = parts(index, frame, head);
    let uuid = uuid_of(text(head, "id").unwrap_or_default());
    if all.is_empty() {
        all.push(other(begun(index, frame, head, uuid, false), head));
    } else if text(head, "type") == Some("indicator") && head.iter().any(|(name, _)| name.starts_with(object::BESIDES))
    {
        // The pattern is not all that it says.
        all.push(other(begun(index, frame, head, &made(&["besides", uuid]).to_string(), false), head));
    }
    let seen = text(head, "id").filter(|_| text(head, "type") == Some("indicator")).and_then(|id| index.observed(id));
    for (part, mut members) in seen.into_iter().flat_map(|seen| parts(index, frame, seen)) {
        // Both have the same UUID.
        let uuid = made(&["observed", text(&members, "uuid").unwrap_or_default()]).to_string();
        members.insert("uuid", Json::from(uuid));
        all.push((part, members));
    }
    all
}

/// What is common to all that is made of an object.
fn begun(index: &Index<'_>, frame: &Frame<'_>, head: &Members<'static>, uuid: &str, to_ids: bool) -> Members<'static> {
    let mut members = Members::new();
    common(head, &mut members);
    put_text(&mut members, "uuid", Some(uuid));
    if let (Some(name), false) = (text(head, "name"), members.contains("comment")) {
        put_text(&mut members, "comment", Some(name));
    }
    members.insert("to_ids", Json::from(to_ids));
    seen(index, head, &mut members);
    put_list(&mut members, "Tag", every_tag(head, &frame.said));
    said::about(index, head, &mut members);
    members
}

fn attribute(mut members: Members<'static>, kind: &str, category: &str, value: &str) -> (Part, Members<'static>) {
    put_text(&mut members, "type", Some(kind));
    put_text(&mut members, "category", Some(category));
    put_text(&mut members, "value", Some(value));
    (Part::Attribute, residue::ordered(members, Attribute::RECORD))
}

/// An object has no tags and no sightings of its own: they go to its first attribute.
fn whole(
    mut members: Members<'static>,
    name: &str,
    category: &str,
    mut parts: Vec<Json<'static>>,
) -> (Part, Members<'static>) {
    members.remove("to_ids");
    for name in ["Tag", "Galaxy", "Sighting"] {
        if let (Some(moved), Some(Json::Object(first))) = (members.remove(name), parts.first_mut()) {
            first.insert(name, moved);
        }
    }
    put_text(&mut members, "name", Some(name));
    put_text(&mut members, "meta-category", Some(category));
    put_list(&mut members, "Attribute", parts);
    (Part::Object, residue::ordered(members, Object::RECORD))
}

fn indicator(index: &Index<'_>, frame: &Frame<'_>, head: &Members<'static>) -> (Part, Members<'static>) {
    let uuid = uuid_of(text(head, "id").unwrap_or_default());
    let members = begun(index, frame, head, uuid, true);
    let language = text(head, "pattern_type").unwrap_or_default();
    let pattern = text(head, "pattern").unwrap_or_default();
    if LANGUAGES.contains(&language) {
        return attribute(members, language, "Payload delivery", pattern);
    }
    if let Some(found) = pattern::read(pattern).filter(|_| language == "stix") {
        if let Some((row, value)) = as_row(&found) {
            return attribute(members, row.name, row.category, &value);
        }
        if let Some((name, category, parts)) = as_template(&found) {
            return whole(members, name, category, parts);
        }
    }
    let version = format!("stix {}", text(head, "pattern_version").unwrap_or("2.1"));
    let version = if language == "stix" { version.as_str() } else { language };
    as_pattern(members, pattern, version)
}

/// What MISP has no words for stays a pattern: neither AND nor LIKE means something else afterwards.
fn as_pattern(members: Members<'static>, pattern: &str, version: &str) -> (Part, Members<'static>) {
    let part = |kind: &str, relation: &str, value: &str, to_ids: bool| {
        let mut part = Members::new();
        put_text(&mut part, "type", Some(kind));
        part.insert("to_ids", Json::from(to_ids));
        put_text(&mut part, "object_relation", Some(relation));
        put_text(&mut part, "value", Some(value));
        Json::Object(part)
    };
    let pattern = part("stix2-pattern", "stix2-pattern", pattern, true);
    whole(members, "stix2-pattern", "stix2-pattern", vec![pattern, part("text", "version", version, false)])
}

/// The type of attribute with just these paths, and its value.
fn as_row(found: &[(String, Vec<Constant>)]) -> Option<(&'static Row, String)> {
    let look = |path: &str| match found.iter().find(|(known, _)| known == path)?.1.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    if let [(path, _)] = found
        && let Some((_, name)) = ALIASES.iter().find(|(known, _)| known == path)
    {
        let row = ROWS.iter().find(|row| row.name == *name)?;
        return Some((row, look(path)?.text()));
    }
    let fits = |row: &&Row| {
        let known = |path: &str| row.parts.iter().any(|(other, _)| *other == path);
        row.parts.len() == found.len() && found.iter().all(|(path, _)| known(path))
    };
    ROWS.iter().filter(fits).find_map(|row| {
        let value = joined(row.parts, look)?;
        // A value that would not come back as this pattern means something else.
        let same = |(path, take): &(&str, crate::stix::take::Take)| take.constant(&value, None) == look(path);
        row.parts.iter().all(same).then_some((row, value.clone()))
    })
}

/// The template that has all of these paths, and its attributes.
fn as_template(found: &[(String, Vec<Constant>)]) -> Option<(&'static str, &'static str, Vec<Json<'static>>)> {
    if found.iter().any(|(_, constants)| constants.len() != 1) {
        return None;
    }
    let mentioned = found.iter().cloned().collect();
    TEMPLATES.iter().find_map(|template| {
        let known = |path: &str| template.relations.iter().any(|(_, _, other, _)| *other == path);
        let parts = found.iter().all(|(path, _)| known(path)).then(|| object::of_pattern(&mentioned, template))?;
        let typed = found.iter().filter(|(path, _)| path.ends_with("_ref.type")).count();
        (parts.len() + typed == found.len()).then_some((template.name, template.meta_category, parts))
    })
}

fn observed(index: &Index<'_>, frame: &Frame<'_>, head: &Members<'static>) -> Vec<(Part, Members<'static>)> {
    let uuid = uuid_of(text(head, "id").unwrap_or_default());
    let objects: Vec<_> = texts(head, "object_refs").filter_map(|id| index.get(id)).collect();
    let roots: Vec<_> = roots(&objects).collect();
    match roots.as_slice() {
        [] => vec![other(begun(index, frame, head, uuid, false), head)],
        [only] => vec![single(index, frame, head, only, uuid)],
        several => {
            let name =
                |object: &Members<'_>| made(&["observed", uuid, text(object, "id").unwrap_or_default()]).to_string();
            several.iter().map(|object| single(index, frame, head, object, &name(object))).collect()
        }
    }
}

/// What one observable, or something else, is in MISP.
fn single(
    index: &Index<'_>,
    frame: &Frame<'_>,
    head: &Members<'static>,
    object: &Members<'static>,
    uuid: &str,
) -> (Part, Members<'static>) {
    let members = begun(index, frame, head, uuid, false);
    let labelled = owned(head, "type").or_else(|| owned(head, "name"));
    let within = Scope::within(index, head, &frame.contents);
    let scope = if labelled.is_some() { within } else { Scope::all(index) };
    if let Some((kind, value)) = attribute_of(scope, object) {
        let category = ROWS.iter().find(|row| row.name == kind).map_or("Other", |row| row.category);
        return attribute(members, kind, category, &value);
    }
    for template in TEMPLATES.iter().filter(|template| Some(template.object_type()) == text(object, "type")) {
        let parts = object::of_observable(scope, object, template);
        if !parts.is_empty() {
            return whole(members, template.name, template.meta_category, parts);
        }
    }
    other(members, object)
}

/// What MISP has no words for, as JSON.
fn other(mut members: Members<'static>, object: &Members<'static>) -> (Part, Members<'static>) {
    members.insert("disable_correlation", Json::from(true));
    attribute(members, "other", "Other", &Json::Object(object.clone()).to_string())
}

/// Properties that say nothing about what was seen, or that must be there.
const BESIDE: [&str; 10] = [
    "type",
    "id",
    "spec_version",
    "object_marking_refs",
    "granular_markings",
    "defanged",
    "protocols",
    "is_multipart",
    "created",
    "modified",
];

/// The type and value of an attribute that says all that an observable says.
pub(super) fn attribute_of(scope: Scope<'_, '_>, object: &Members<'static>) -> Option<(&'static str, String)> {
    let kind = text(object, "type")?;
    let names: HashSet<&str> = object.iter().map(|(name, _)| name).filter(|name| !BESIDE.contains(name)).collect();
    if let Some((_, name)) = ALIASES.iter().find(|(path, _)| path.split(':').next() == Some(kind)) {
        let value = text(object, "value").filter(|_| names == HashSet::from(["value"]))?;
        return Some((name, value.to_owned()));
    }
    let hashes = object.get("hashes").and_then(Json::as_object).map_or(0, Members::len);
    let lists = names.iter().filter_map(|name| object.get(name)?.as_list()).all(|items| items.len() <= 1);
    let fits = |row: &&Row| {
        let known: HashSet<&str> = row.parts.iter().filter_map(|(path, _)| steps(path).1.first().copied()).collect();
        row.object_type() == kind && known == names && hashes <= 1 && lists
    };
    ROWS.iter().filter(fits).find_map(|row| {
        let (value, data) = of_observable(scope, object, row)?;
        data.is_none().then_some((row.name, value))
    })
}

/// The identifiers that an observable refers to.
pub(super) fn referred(object: &Members<'_>) -> Vec<String> {
    let mut found = Vec::new();
    collect(object, &mut found);
    found
}

fn collect(members: &Members<'_>, found: &mut Vec<String>) {
    for (name, value) in members.iter() {
        match value {
            Json::String(id) if name.ends_with("_ref") => found.push(id.clone().into_owned()),
            Json::List(items) if name.ends_with("_refs") && name != "object_marking_refs" => {
                found.extend(items.iter().filter_map(Json::as_str).map(str::to_owned));
            }
            Json::List(items) => items.iter().filter_map(Json::as_object).for_each(|part| collect(part, found)),
            Json::Object(inner) => collect(inner, found),
            _ => {}
        }
    }
}

/// Of some observables, those to which none of the others refers.
pub(super) fn roots<'l, 'o>(
    objects: &'l [&'o Members<'static>],
) -> impl Iterator<Item = &'o Members<'static>> + use<'l, 'o> {
    let referred: HashSet<String> = objects.iter().flat_map(|object| referred(object)).collect();
    objects.iter().copied().filter(move |object| !text(object, "id").is_some_and(|id| referred.contains(id)))
}

//! Objects of indicators, observed data, domain objects, and objects of our own.

use std::collections::HashMap;

use stix_model::json::{Json, Members};

use super::{Frame, attribute, foreign, put_list, put_seconds, put_text};
use crate::stix::index::{Index, Scope, text, texts, uuid_of};
use crate::stix::objects::{DOMAIN, PATTERNS, Template, template};
use crate::stix::tags::owned;
use crate::stix::take::{Constant, Take};
use crate::stix::{observable, pattern};

/// What an object of STIX says as an object of MISP.
pub(super) fn object(index: &Index<'_>, frame: &Frame<'_>, head: &Members<'static>) -> Members<'static> {
    let mut members = Members::new();
    attribute::common(head, &mut members);
    let name = owned(head, "name").or_else(|| text(head, "x_misp_name")).unwrap_or_default();
    put_text(&mut members, "name", Some(name));
    let category = owned(head, "meta-category").or_else(|| text(head, "x_misp_meta_category"));
    put_text(&mut members, "meta-category", category);
    attribute::seen(index, head, &mut members);
    put_list(&mut members, "ObjectReference", references(index, head));
    put_list(&mut members, "Attribute", attributes(index, frame, head, name));
    if text(head, "type") == DOMAIN.iter().find(|(known, ..)| *known == name).map(|(_, kind, ..)| *kind) {
        members.remove("comment");
    }
    members
}

fn attributes(index: &Index<'_>, frame: &Frame<'_>, head: &Members<'static>, name: &str) -> Vec<Json<'static>> {
    match (text(head, "type").unwrap_or_default(), template(name)) {
        ("x-misp-object", _) => listed(head),
        ("indicator", Some(template)) => {
            let pattern = text(head, "pattern").unwrap_or_default();
            let mentioned = pattern::mentioned(pattern);
            match text(head, "id").and_then(|id| index.observed(id)) {
                Some(observed) => of_observed(index, frame, observed, template, &mentioned),
                None => of_pattern(&mentioned, template),
            }
        }
        ("indicator", None) => {
            let relation = PATTERNS.iter().find(|(known, ..)| *known == name).map(|(_, relation, _)| *relation);
            let part = relation.and_then(|relation| Some(part(relation, relation, text(head, "pattern")?, Some(true))));
            with_besides(part.into_iter().collect(), head)
        }
        ("observed-data", Some(template)) => of_observed(index, frame, head, template, &HashMap::new()),
        _ => with_besides(of_domain(head, name), head),
    }
}

/// With what the object itself says besides, if it could be read at all.
fn with_besides(parts: Vec<Json<'static>>, head: &Members<'static>) -> Vec<Json<'static>> {
    if parts.is_empty() { parts } else { [parts, besides(head, |_, _| None)].concat() }
}

/// Prefix of the properties in which misp-stix keeps relations that STIX has no property for.
pub(super) const BESIDES: &str = "x_misp_";

/// The relations that such properties say. There is no telling which of their hyphens were underscores, and what their
/// types were.
fn besides(object: &Members<'static>, to_ids: impl Fn(&str, &Constant) -> Option<bool>) -> Vec<Json<'static>> {
    let mut parts = Vec::new();
    for (name, value) in object.iter() {
        let Some(relation) = name.strip_prefix(BESIDES).map(|name| name.replace('_', "-")) else { continue };
        for item in value.as_list().unwrap_or(std::slice::from_ref(value)) {
            // A file goes with its name.
            let named = item.get("value").filter(|_| item.get("data").is_some());
            let words = match named.unwrap_or(item) {
                Json::String(text) => text.clone().into_owned(),
                other => other.to_string(),
            };
            let to_ids = to_ids(name, &Constant::Text(words.clone()));
            let mut one = part(&relation, if named.is_some() { "attachment" } else { "text" }, &words, to_ids);
            if let (Json::Object(members), Some(data)) = (&mut one, named.and(item.get("data"))) {
                members.insert("data", data.clone());
            }
            parts.push(one);
        }
    }
    parts
}

fn listed(head: &Members<'static>) -> Vec<Json<'static>> {
    head.get("x_misp_attributes").and_then(Json::as_list).unwrap_or_default().to_vec()
}

fn part(relation: &str, kind: &str, value: &str, to_ids: Option<bool>) -> Json<'static> {
    let mut part = Members::new();
    put_text(&mut part, "type", Some(kind));
    if let Some(to_ids) = to_ids {
        part.insert("to_ids", Json::from(to_ids));
    }
    put_text(&mut part, "object_relation", Some(relation));
    put_text(&mut part, "value", Some(value));
    Json::Object(part)
}

/// Does a constant have the form of a type? Where relations share a path, this tells them apart.
fn fits(kind: &str, take: Take, constant: &Constant) -> bool {
    let host = |text: &str| crate::stix::take::family(text) == crate::stix::take::HOST;
    match (take, constant) {
        (Take::Address(_), Constant::Text(text)) => !host(text),
        (_, Constant::Text(text)) if matches!(kind, "domain" | "hostname") => host(text),
        _ => true,
    }
}

/// Each relation with what its path leads to; of relations with the same path, the first that fits.
fn relations(
    template: &Template,
    mut look: impl FnMut(&str) -> Vec<Constant>,
    to_ids: impl Fn(&str, &Constant) -> bool,
    data: Option<&str>,
) -> Vec<Json<'static>> {
    let mut used: Vec<(&str, Constant)> = Vec::new();
    let mut parts = Vec::new();
    for (relation, kind, path, take) in template.relations {
        if relation.is_empty() || matches!(take, Take::Family(_) | Take::Fixed(_)) {
            continue;
        }
        for constant in look(path) {
            let key = (*path, constant.clone());
            if used.contains(&key) || !fits(kind, *take, &constant) {
                continue;
            }
            used.push(key);
            let to_ids = to_ids(path, &constant);
            if *take == Take::Data {
                let mut file = Members::new();
                put_text(&mut file, "type", Some(kind));
                file.insert("to_ids", Json::from(to_ids));
                put_text(&mut file, "object_relation", Some(relation));
                put_text(&mut file, "value", Some(data.unwrap_or_default()));
                put_text(&mut file, "data", Some(&constant.text()));
                parts.push(Json::Object(file));
            } else {
                parts.push(part(relation, kind, &take.to_value(&constant), Some(to_ids)));
            }
        }
    }
    parts
}

pub(super) fn of_pattern(mentioned: &HashMap<String, Vec<Constant>>, template: &Template) -> Vec<Json<'static>> {
    relations(template, |path| mentioned.get(path).cloned().unwrap_or_default(), |_, _| true, None)
}

fn of_observed(
    index: &Index<'_>,
    frame: &Frame<'_>,
    observed: &Members<'static>,
    template: &Template,
    mentioned: &HashMap<String, Vec<Constant>>,
) -> Vec<Json<'static>> {
    let objects: Vec<_> = texts(observed, "object_refs").filter_map(|id| index.get(id)).collect();
    let Some(main) = objects.iter().find(|object| text(object, "type") == Some(template.object_type())) else {
        return Vec::new();
    };
    let searched = |path: &str, constant: &Constant| mentioned.get(path).is_some_and(|known| known.contains(constant));
    let scope = Scope::within(index, observed, &frame.contents);
    let mut parts = relations(template, |path| observable::read(scope, main, path), searched, text(main, "name"));
    for object in &objects {
        let kind = text(object, "type").unwrap_or_default();
        parts.extend(besides(object, |name, constant| Some(searched(&format!("{kind}:{name}"), constant))));
    }
    let main_id = text(main, "id").unwrap_or_default();
    for other in foreign::roots(&objects).filter(|object| text(object, "id") != Some(main_id)) {
        let Some((kind, value)) = foreign::attribute_of(scope, other) else { continue };
        let relation = template.relations.iter().find(|(_, known, ..)| *known == kind).map(|(relation, ..)| *relation);
        parts.push(part(relation.unwrap_or(kind), kind, &value, None));
    }
    parts
}

/// The attributes that a single observable makes.
pub(super) fn of_observable(
    scope: Scope<'_, '_>,
    object: &Members<'static>,
    template: &Template,
) -> Vec<Json<'static>> {
    relations(template, |path| observable::read(scope, object, path), |_, _| false, text(object, "name"))
}

fn of_domain(head: &Members<'static>, name: &str) -> Vec<Json<'static>> {
    let Some((_, _, named, described)) = DOMAIN.iter().find(|(known, ..)| *known == name) else { return Vec::new() };
    let kind = if name == "vulnerability" { "vulnerability" } else { "text" };
    let main = text(head, "name").map(|value| part(named, kind, value, None));
    let words = text(head, "description").map(|value| part(described, "text", value, None));
    main.into_iter().chain(words).collect()
}

/// Where an object leads.
fn references(index: &Index<'_>, head: &Members<'static>) -> Vec<Json<'static>> {
    let Some(id) = text(head, "id") else { return Vec::new() };
    let leads = |link: &&Members<'static>| {
        let target = text(link, "target_ref").unwrap_or_default();
        let based = text(link, "relationship_type") == Some("based-on");
        !based && index.get(target).is_none_or(|target| !super::galaxy::is_cluster(target))
    };
    let reference = |link: &Members<'static>| {
        let mut reference = Members::new();
        put_text(&mut reference, "uuid", text(link, "id").map(uuid_of));
        put_seconds(&mut reference, "timestamp", link, "modified");
        put_text(&mut reference, "object_uuid", Some(uuid_of(id)));
        put_text(&mut reference, "referenced_uuid", text(link, "target_ref").map(uuid_of));
        put_text(&mut reference, "relationship_type", text(link, "relationship_type"));
        put_text(&mut reference, "comment", text(link, "description"));
        if link.get("revoked").and_then(Json::as_bool) == Some(true) {
            reference.insert("deleted", Json::from(true));
        }
        Json::Object(reference)
    };
    index.about(id, "relationship").filter(leads).map(reference).collect()
}

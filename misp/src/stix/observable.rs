//! Observables, made of paths and read by paths.

use std::borrow::Cow;

use stix_model::json::{Json, Members};
use stix_model::object::object_type;
use stix_model::{deterministic, validate};
use uuid::Uuid;

use super::index::Index;
use super::path::steps;
use super::take::{Constant, family};

/// An observable with what it refers to.
#[derive(Debug)]
pub(crate) struct Made {
    /// All of them; the first one refers to the others.
    pub(crate) objects: Vec<Members<'static>>,
}

/// Makes an observable to which all of the paths lead; `None` if there is no such valid one.
///
/// Those whose name is not made from their content get one from `seed`.
pub(crate) fn make(parts: &[(&str, Constant)], seed: &Uuid) -> Option<Made> {
    let (kind, _) = steps(parts.first()?.0);
    let mut tree = Members::new();
    for (path, constant) in parts {
        let (other, steps) = steps(path);
        if other != kind {
            return None;
        }
        let value = match constant {
            Constant::Text(text) => Json::from(text.clone()),
            Constant::Number(number) => Json::from(*number),
            Constant::Truth(truth) => Json::from(*truth),
        };
        if steps == ["type"] {
            continue;
        }
        set(&mut tree, &steps, value)?;
    }
    let mut objects = Vec::new();
    settle(kind, tree, seed, &mut objects)?;
    objects.reverse();
    Some(Made { objects })
}

/// Sets a value where the steps lead, making what is on the way. Of something that cannot be twice, the first stays.
fn set(tree: &mut Members<'static>, steps: &[&str], value: Json<'static>) -> Option<()> {
    let (name, rest) = steps.split_first()?;
    let owned = || Cow::Owned((*name).to_owned());
    match rest {
        [] => {
            if !tree.contains(name) {
                tree.insert(owned(), value);
            }
        }
        ["*", rest @ ..] => {
            if !tree.contains(name) {
                tree.insert(owned(), Json::List(Vec::new()));
            }
            let Some(Json::List(items)) = tree.get_mut(name) else { return None };
            item(items, rest, value)?;
        }
        rest => {
            if !tree.contains(name) {
                tree.insert(owned(), Json::Object(Members::new()));
            }
            let Some(Json::Object(inner)) = tree.get_mut(name) else { return None };
            set(inner, rest, value)?;
        }
    }
    Some(())
}

/// Sets a value in the last item that has none there yet, or in a new one.
fn item(items: &mut Vec<Json<'static>>, steps: &[&str], value: Json<'static>) -> Option<()> {
    let Some(first) = steps.first() else {
        items.push(value);
        return Some(());
    };
    if let Some(Json::Object(last)) = items.last_mut()
        && !last.contains(first)
    {
        return set(last, steps, value);
    }
    let mut new = Members::new();
    set(&mut new, steps, value)?;
    items.push(Json::Object(new));
    Some(())
}

/// Makes an observable of a tree: what is inside of references becomes observables of their own.
fn settle(kind: &str, tree: Members<'static>, seed: &Uuid, made: &mut Vec<Members<'static>>) -> Option<String> {
    let mut object: Members<'static> =
        [("type", Json::from(kind.to_owned())), ("spec_version", Json::from("2.1")), ("id", Json::Null)]
            .into_iter()
            .collect();
    for (name, value) in tree {
        let value = match value {
            Json::Object(inner) if name.ends_with("_ref") => Json::from(settle_inner(&name, inner, seed, made)?),
            Json::List(items) if name.ends_with("_refs") => Json::List(
                items
                    .into_iter()
                    .map(|item| match item {
                        Json::Object(inner) => settle_inner(&name, inner, seed, made).map(Json::from),
                        other => Some(other),
                    })
                    .collect::<Option<_>>()?,
            ),
            Json::List(items) => Json::List(
                items
                    .into_iter()
                    .map(|item| match item {
                        Json::Object(inner) => settle_part(inner, seed, made).map(Json::Object),
                        other => Some(other),
                    })
                    .collect::<Option<_>>()?,
            ),
            other => other,
        };
        object.insert(name, value);
    }
    complete(kind, &mut object);
    let shape = object_type(kind)?;
    let uuid = deterministic::uuid_of(shape.contributing, &object).unwrap_or_else(|| {
        // The standard wants a random name (version 4) here. It is made all the same, so that it stays.
        let text = Json::Object(object.clone()).to_string();
        uuid::Builder::from_random_bytes(*Uuid::new_v5(seed, text.as_bytes()).as_bytes()).into_uuid()
    });
    let id = format!("{kind}--{uuid}");
    object.insert("id", Json::from(id.clone()));
    if !is_valid(&object) {
        return None;
    }
    made.push(object);
    Some(id)
}

/// References inside of an item of a list.
fn settle_part(part: Members<'static>, seed: &Uuid, made: &mut Vec<Members<'static>>) -> Option<Members<'static>> {
    let settled = part.into_iter().map(|(name, value)| match value {
        Json::Object(inner) if name.ends_with("_ref") => {
            Some((name.clone(), Json::from(settle_inner(&name, inner, seed, made)?)))
        }
        other => Some((name, other)),
    });
    settled.collect()
}

fn settle_inner(
    name: &str,
    mut tree: Members<'static>,
    seed: &Uuid,
    made: &mut Vec<Members<'static>>,
) -> Option<String> {
    let named = tree.remove("type").and_then(|json| json.as_str().map(str::to_owned));
    let value = tree.get("value").and_then(Json::as_str);
    let kind = named.unwrap_or_else(|| referred(name, value).to_owned());
    settle(&kind, tree, seed, made)
}

/// The type that a reference leads to.
fn referred(name: &str, value: Option<&str>) -> &'static str {
    match name {
        "from_ref" | "sender_ref" | "to_refs" | "cc_refs" | "bcc_refs" => "email-addr",
        "content_ref" | "raw_email_ref" => "artifact",
        "parent_directory_ref" => "directory",
        "body_raw_ref" | "image_ref" => "file",
        "creator_user_ref" => "user-account",
        "parent_ref" | "child_refs" => "process",
        _ => family(value.unwrap_or_default()),
    }
}

/// What a type requires and MISP does not say.
fn complete(kind: &str, object: &mut Members<'static>) {
    match kind {
        "network-traffic" if !object.contains("protocols") => {
            let refers = |kind: &str| {
                let end = |name: &str| object.get(name).and_then(Json::as_str).is_some_and(|id| id.starts_with(kind));
                end("src_ref") || end("dst_ref")
            };
            let network = [("ipv4-addr", "ipv4"), ("ipv6-addr", "ipv6")].into_iter().find(|(kind, _)| refers(kind));
            let ported = object.contains("src_port") || object.contains("dst_port");
            let transport = (ported || network.is_none()).then_some("tcp");
            let extensions = object.get("extensions");
            let web = extensions.is_some_and(|extensions| extensions.get("http-request-ext").is_some());
            let protocols = network.map(|(_, word)| word).into_iter().chain(transport).chain(web.then_some("http"));
            object.insert("protocols", Json::List(protocols.map(Json::from).collect()));
        }
        "email-message" if !object.contains("is_multipart") => {
            object.insert("is_multipart", Json::from(object.contains("body_multipart")));
        }
        _ => {}
    }
}

/// Is it without errors?
pub(crate) fn is_valid(object: &Members<'_>) -> bool {
    let findings = validate::members(object, &validate::Options::default());
    findings.iter().all(|finding| finding.severity < stix_model::Severity::Error)
}

/// Everything to which a path leads from an observable.
pub(crate) fn read(index: &Index<'_>, object: &Members<'static>, path: &str) -> Vec<Constant> {
    let (kind, steps) = steps(path);
    let mut found = Vec::new();
    if object.get("type").and_then(Json::as_str) == Some(kind) {
        follow(index, object, &steps, &mut found);
    }
    found
}

fn follow(index: &Index<'_>, members: &Members<'static>, steps: &[&str], found: &mut Vec<Constant>) {
    let Some((name, rest)) = steps.split_first() else { return };
    if let Some(value) = members.get(name) {
        follow_value(index, value, rest, found);
    }
}

fn follow_value(index: &Index<'_>, value: &Json<'static>, steps: &[&str], found: &mut Vec<Constant>) {
    match (value, steps) {
        (Json::List(items), ["*", rest @ ..]) => {
            items.iter().for_each(|item| follow_value(index, item, rest, found));
        }
        (Json::Object(inner), [_, ..]) => follow(index, inner, steps, found),
        (Json::String(text), []) => found.push(Constant::Text(text.clone().into_owned())),
        (Json::Bool(truth), []) => found.push(Constant::Truth(*truth)),
        (Json::Number(_), []) => found.extend(value.as_integer().map(Constant::Number)),
        (Json::String(id), [_, ..]) => {
            if let Some(object) = index.get(id) {
                follow(index, object, steps, found);
            }
        }
        _ => {}
    }
}

//! Observables, made of paths and read by paths.

use std::borrow::Cow;

use stix_model::json::{Json, Members};
use stix_model::object::object_type;
use stix_model::{deterministic, validate};
use uuid::Uuid;

use super::index::Scope;
use super::names::made;
use super::path::{plain, steps};
use super::take::{Constant, family};

/// An observable with what it refers to.
#[derive(Debug)]
pub(crate) struct Made {
    /// All of them; the first one refers to the others.
    pub(crate) objects: Vec<Members<'static>>,
}

/// How observables are named, so that two of the same name are the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming<'n> {
    /// For names that the standard wants to be random.
    pub(crate) seed: &'n Uuid,
    /// Their markings.
    pub(crate) marks: &'n [String],
    /// Have those the standard's name that have nothing else than what it is made from? Others may have more under it, so
    /// only what is read without that may be found under it.
    pub(crate) standard: bool,
}

/// Makes an observable to which all of the paths lead; `None` if there is no such valid one.
pub(crate) fn make(parts: &[(&str, Constant)], naming: Naming<'_>) -> Option<Made> {
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
    settle(kind, tree, naming, &mut objects)?;
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
fn settle(
    kind: &str,
    tree: Members<'static>,
    naming: Naming<'_>,
    settled: &mut Vec<Members<'static>>,
) -> Option<String> {
    let mut object: Members<'static> =
        [("type", Json::from(kind.to_owned())), ("spec_version", Json::from("2.1")), ("id", Json::Null)]
            .into_iter()
            .collect();
    for (name, value) in tree {
        let value = match value {
            Json::Object(inner) if name.ends_with("_ref") => Json::from(settle_inner(&name, inner, naming, settled)?),
            Json::List(items) if name.ends_with("_refs") => Json::List(
                items
                    .into_iter()
                    .map(|item| match item {
                        Json::Object(inner) => settle_inner(&name, inner, naming, settled).map(Json::from),
                        other => Some(other),
                    })
                    .collect::<Option<_>>()?,
            ),
            Json::List(items) => Json::List(
                items
                    .into_iter()
                    .map(|item| match item {
                        Json::Object(inner) => settle_part(inner, naming, settled).map(Json::Object),
                        other => Some(other),
                    })
                    .collect::<Option<_>>()?,
            ),
            other => other,
        };
        object.insert(name, value);
    }
    complete(kind, &mut object);
    let plain = Json::Object(object.clone()).to_string();
    if !naming.marks.is_empty() {
        object.insert("object_marking_refs", Json::List(naming.marks.iter().cloned().map(Json::from).collect()));
    }
    let contributing = object_type(kind)?.contributing;
    let uuid = match deterministic::uuid_of(contributing, &object) {
        Some(uuid) if naming.standard && is_told_by_name(contributing, &object) => uuid,
        Some(_) => made(&["observable", &Json::Object(object.clone()).to_string()]),
        // The standard wants a random name (version 4) here. It is made all the same, so that it stays.
        None => {
            let uuid = Uuid::new_v5(naming.seed, plain.as_bytes());
            uuid::Builder::from_random_bytes(*uuid.as_bytes()).into_uuid()
        }
    };
    let id = format!("{kind}--{uuid}");
    object.insert("id", Json::from(id.clone()));
    if !is_valid(&object) {
        return None;
    }
    settled.push(object);
    Some(id)
}

/// Is there nothing that the standard's name does not depend on? Of several hashes, it is made from one.
fn is_told_by_name(contributing: &[&str], object: &Members<'_>) -> bool {
    object.iter().all(|(name, value)| match (name, value) {
        ("type" | "spec_version" | "id", _) => true,
        // It is there whenever `body_multipart` is, which is not told.
        ("is_multipart", _) => true,
        ("hashes", Json::Object(hashes)) => hashes.len() == 1,
        _ => contributing.contains(&name),
    })
}

/// References inside of an item of a list.
fn settle_part(
    part: Members<'static>,
    naming: Naming<'_>,
    settled: &mut Vec<Members<'static>>,
) -> Option<Members<'static>> {
    let settled = part.into_iter().map(|(name, value)| match value {
        Json::Object(inner) if name.ends_with("_ref") => {
            Some((name.clone(), Json::from(settle_inner(&name, inner, naming, settled)?)))
        }
        other => Some((name, other)),
    });
    settled.collect()
}

fn settle_inner(
    name: &str,
    mut tree: Members<'static>,
    naming: Naming<'_>,
    settled: &mut Vec<Members<'static>>,
) -> Option<String> {
    let named = tree.remove("type").and_then(|json| json.as_str().map(str::to_owned));
    let value = tree.get("value").and_then(Json::as_str);
    let kind = named.unwrap_or_else(|| referred(name, value).to_owned());
    settle(&kind, tree, naming, settled)
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
        "network-traffic" => {
            // If it has ended, it goes on no longer; misp-stix asks for it to be told.
            if object.contains("end") {
                object.insert("is_active", Json::from(false));
            }
            if object.contains("protocols") {
                return;
            }
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
pub(crate) fn read(scope: Scope<'_, '_>, object: &Members<'static>, path: &str) -> Vec<Constant> {
    let (kind, steps) = steps(path);
    let mut found = Vec::new();
    if object.get("type").and_then(Json::as_str) == Some(kind) {
        follow(scope, object, &steps, &mut found);
    }
    found
}

fn follow(scope: Scope<'_, '_>, members: &Members<'static>, steps: &[&str], found: &mut Vec<Constant>) {
    let Some((name, rest)) = steps.split_first() else { return };
    // Others write `SHA224`.
    let similar = || members.iter().find(|(other, _)| plain(other) == plain(name)).map(|(_, value)| value);
    if let Some(value) = members.get(name).or_else(similar) {
        follow_value(scope, value, rest, found);
    }
}

fn follow_value(scope: Scope<'_, '_>, value: &Json<'static>, steps: &[&str], found: &mut Vec<Constant>) {
    match (value, steps) {
        (Json::List(items), ["*", rest @ ..]) => {
            items.iter().for_each(|item| follow_value(scope, item, rest, found));
        }
        // Others write one item without its list.
        (one, ["*", rest @ ..]) => follow_value(scope, one, rest, found),
        (Json::Object(inner), [_, ..]) => follow(scope, inner, steps, found),
        (Json::String(text), []) => found.push(Constant::Text(text.clone().into_owned())),
        (Json::Bool(truth), []) => found.push(Constant::Truth(*truth)),
        (Json::Number(_), []) => found.extend(value.as_integer().map(Constant::Number)),
        (Json::String(id), [_, ..]) => {
            if let Some(object) = scope.get(id) {
                follow(scope, object, steps, found);
            }
        }
        _ => {}
    }
}

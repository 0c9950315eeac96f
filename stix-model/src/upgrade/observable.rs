//! The properties of observables that have other names in 2.1, or other values, or none.

use super::domain::{kept_name, make_room, set_aside};
use super::journal::Journal;
use super::{Options, language, type_of};
use crate::json::{Json, Members};

/// Object type, name in 2.0, name in 2.1.
const RENAMED: [(&str, &str, &str); 11] = [
    ("file", "created", "ctime"),
    ("file", "modified", "mtime"),
    ("file", "accessed", "atime"),
    ("directory", "created", "ctime"),
    ("directory", "modified", "mtime"),
    ("directory", "accessed", "atime"),
    ("process", "created", "created_time"),
    ("process", "binary_ref", "image_ref"),
    ("user-account", "password_last_changed", "credential_last_changed"),
    ("windows-registry-key", "modified", "modified_time"),
    // The schema of 2.0 has it so; its text as 2.1 does.
    ("network-traffic", "encapsulates_by_ref", "encapsulated_by_ref"),
];

/// Object type or extension, name in 2.0.
const REMOVED: [(&str, &str); 8] = [
    ("file", "is_encrypted"),
    ("file", "encryption_algorithm"),
    ("file", "decryption_key"),
    ("process", "name"),
    ("process", "arguments"),
    ("archive-ext", "version"),
    ("raster-image-ext", "image_compression_algorithm"),
    ("socket-ext", "protocol_family"),
];

/// Common properties of other classes and those that are new in 2.1: in 2.0 they can only be custom.
const NEW_NAMES: [&str; 18] = [
    "created",
    "modified",
    "created_by_ref",
    "revoked",
    "labels",
    "external_references",
    "object_marking_refs",
    "granular_markings",
    "message_id",
    "swid",
    "credential",
    "confidence",
    "lang",
    "defanged",
    "severity",
    "username",
    "phone_number",
    "phone_numbers",
];

/// Values that are spelled otherwise.
const RESPELLED: [(&str, &str); 3] =
    [("defence", "defense"), ("windows local", "windows-local"), ("windows domain", "windows-domain")];

/// The name in 2.1 of a property of an object type, if it is another.
pub(super) fn new_name(object_type: &str, name: &str) -> Option<&'static str> {
    RENAMED.iter().find(|(of, old, _)| *of == object_type && *old == name).map(|(.., new)| *new)
}

/// Does 2.1 not have this property of an object type or an extension?
pub(super) fn is_removed(owner: &str, name: &str) -> bool {
    REMOVED.contains(&(owner, name))
}

/// The spelling in 2.1 of a value, if it is another.
pub(super) fn new_spelling(value: &str) -> Option<&'static str> {
    RESPELLED.iter().find(|(old, _)| *old == value).map(|(_, new)| *new)
}

/// Gives an observable of 2.0 the properties of 2.1.
pub(super) fn upgrade(members: &mut Members<'static>, options: &Options, journal: &mut Journal) {
    let object_type = type_of(members).to_owned();
    for (_, old, new) in RENAMED.iter().filter(|(of, ..)| *of == object_type) {
        rename(members, old, new, journal);
    }
    let command = (object_type == "process").then(|| command_line(members));
    for (_, name) in REMOVED.iter().filter(|(of, _)| *of == object_type) {
        if let Some(value) = members.remove(name) {
            retire(members, name, name, value, options, journal);
        }
    }
    extensions(members, options, journal);
    if crate::TypeClass::of(&object_type) == crate::TypeClass::Observable {
        NEW_NAMES.into_iter().for_each(|name| make_room(members, name, journal));
    }
    match object_type.as_str() {
        "user-account" => respell(members, "account_type", journal),
        "software" => respell_as(members, "languages", "V20-02", language::tag, journal),
        "email-message" => listed(members, "additional_header_fields", "additional_header_fields", journal),
        _ => {}
    }
    if let Some(command) = command.flatten() {
        not_empty(members, command, journal);
    }
    rename_hashes(members, "", journal);
}

fn rename(members: &mut Members<'static>, old: &'static str, new: &'static str, journal: &mut Journal) {
    if !members.contains(old) {
        return;
    }
    if members.contains(new) {
        return set_aside(members, old, journal);
    }
    members.rename(old, new);
    journal.done("V20-02", old, format!("{old} is now {new}"));
    journal.moved(old, [new.to_owned()]);
}

/// Drops a property that 2.1 does not have, or keeps it on the object.
fn retire(
    members: &mut Members<'static>,
    name: &str,
    place: &str,
    value: Json<'static>,
    options: &Options,
    journal: &mut Journal,
) {
    let kept = kept_name(name);
    if options.keep_removed && !members.contains(&kept) {
        journal.done("V20-02", place, format!("kept as {kept}: 2.1 does not have it"));
        journal.moved(place, [kept.clone()]);
        members.insert(kept, value);
    } else {
        journal.warn("V20-02", place, format!("{} dropped: 2.1 does not have it", value.excerpt()));
        journal.moved(place, []);
    }
}

/// What a process of 2.0 was called with, as far as it says.
fn command_line(members: &Members<'static>) -> Option<String> {
    let name = members.get("name").and_then(Json::as_str);
    let arguments = members.get("arguments").and_then(Json::as_list).unwrap_or_default();
    let words: Vec<&str> = name.into_iter().chain(arguments.iter().filter_map(Json::as_str)).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// A process must have a property of its own (SCO-PR-1).
fn not_empty(members: &mut Members<'static>, command: String, journal: &mut Journal) {
    let own = |name: &str| !matches!(name, "type" | "id" | "spec_version") && !name.starts_with("x_");
    if !members.iter().any(|(name, _)| own(name)) {
        journal.warn("V20-02", "", "command_line made of name and arguments: nothing else was known of the process");
        members.insert("command_line", Json::from(command));
    }
}

fn extensions(members: &mut Members<'static>, options: &Options, journal: &mut Journal) {
    let Some(Json::Object(entries)) = members.get_mut("extensions") else { return };
    let mut retired = Vec::new();
    for (owner, name) in REMOVED {
        if let Some(Json::Object(extension)) = entries.get_mut(owner)
            && let Some(value) = extension.remove(name)
        {
            retired.push((owner, name, value));
        }
    }
    if let Some(Json::Object(extension)) = entries.get_mut("http-request-ext") {
        listed(extension, "request_header", "extensions.http-request-ext.request_header", journal);
    }
    entries.retain(|_, extension| extension.as_object().is_none_or(|extension| !extension.is_empty()));
    let keys: Vec<String> = entries.iter().map(|(key, _)| key.to_owned()).filter(|key| !has_form(key)).collect();
    for key in keys {
        let new = format!("{key}-ext");
        journal.done("V20-02", &format!("extensions.{key}"), format!("{key} is now {new}"));
        journal.moved(format!("extensions.{key}"), [format!("extensions.{new}")]);
        entries.rename(&key, new);
    }
    if entries.is_empty() {
        members.remove("extensions");
    }
    for (owner, name, value) in retired {
        retire(members, name, &format!("extensions.{owner}.{name}"), value, options, journal);
    }
}

/// Has a key of `extensions` the form that 2.1 demands (CU-03)?
pub(super) fn has_form(key: &str) -> bool {
    key.ends_with("-ext") || key.starts_with("extension-definition--")
}

/// Makes each text of a dictionary a list of one.
fn listed(members: &mut Members<'static>, name: &str, place: &str, journal: &mut Journal) {
    let Some(Json::Object(entries)) = members.get_mut(name) else { return };
    for (key, value) in entries.iter_mut() {
        if let Json::String(_) = value {
            journal.done("V20-02", &format!("{place}.{key}"), "a text is now a list of one");
            *value = Json::List(vec![std::mem::replace(value, Json::Null)]);
        }
    }
}

/// V20-04: gives values of a vocabulary the spelling of 2.1.
pub(super) fn respell(members: &mut Members<'static>, name: &str, journal: &mut Journal) {
    respell_as(members, name, "V20-04", new_spelling, journal);
}

fn respell_as(
    members: &mut Members<'static>,
    name: &str,
    rule: &'static str,
    spelling: fn(&str) -> Option<&'static str>,
    journal: &mut Journal,
) {
    let mut write = |value: &mut Json<'static>, place: &str| {
        if let Some(new) = value.as_str().and_then(spelling) {
            journal.done(rule, place, format!("{} is now {new}", value.as_str().unwrap_or_default()));
            *value = Json::from(new);
        }
    };
    match members.get_mut(name) {
        Some(Json::List(items)) => {
            for (i, item) in items.iter_mut().enumerate() {
                write(item, &format!("{name}.[{i}]"));
            }
        }
        Some(value) => write(value, name),
        None => {}
    }
}

/// V20-04: gives hashes the names of 2.1, wherever they are. `place` is the selector of the members.
pub(super) fn rename_hashes(members: &mut Members<'static>, place: &str, journal: &mut Journal) {
    let step = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    for (name, value) in members.iter_mut() {
        match value {
            // Observables are looked at when they are objects of their own.
            Json::Object(_) if name == "objects" && place.is_empty() => {}
            Json::Object(hashes) if name == "hashes" || name == "file_header_hashes" => {
                rename_hash(hashes, &step(name), journal);
            }
            Json::Object(inner) => rename_hashes(inner, &step(name), journal),
            Json::List(items) => {
                for (i, item) in items.iter_mut().enumerate() {
                    if let Json::Object(inner) = item {
                        rename_hashes(inner, &format!("{}.[{i}]", step(name)), journal);
                    }
                }
            }
            _ => {}
        }
    }
}

fn rename_hash(hashes: &mut Members<'static>, place: &str, journal: &mut Journal) {
    if hashes.contains("ssdeep") && !hashes.contains("SSDEEP") {
        hashes.rename("ssdeep", "SSDEEP");
        journal.done("V20-04", &format!("{place}.ssdeep"), "ssdeep is now SSDEEP");
        journal.moved(format!("{place}.ssdeep"), [format!("{place}.SSDEEP")]);
    }
    let known = crate::vocabulary::HashAlgorithm::VOCABULARY.values;
    for (name, _) in hashes.iter().filter(|(name, _)| !known.contains(name)) {
        journal.warn("V20-04", &format!("{place}.{name}"), format!("{name} is no algorithm that 2.1 names: kept"));
    }
}

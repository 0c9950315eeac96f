//! Rules of marking definitions, translations and extension definitions (STIX 2.1 §7).

use super::common::repeated;
use super::values::quoted;
use super::{Check, formats};
use crate::TypeClass;
use crate::json::{Json, Members};
use crate::marking::tlp::{self, Tlp, TlpEdition, TlpLevel};
use crate::table::Table;
use crate::timestamp::Instant;

/// The rules of one type.
pub(super) fn check<'c>(check: &mut Check<'c>, object_type: &str, members: &'c Members<'_>) {
    match object_type {
        "marking-definition" => marking_definition(check, members),
        "language-content" => language_content(check, members),
        "extension-definition" => extension_definition(check, members),
        _ => {}
    }
}

/// MD-3 to MD-9.
fn marking_definition<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    let definition = members.get("definition").and_then(Json::as_object);
    check.text(members, "definition_type", |check, kind| {
        if !matches!(kind, "statement" | "tlp") {
            check.warning("MD-9", quoted(kind), "\"statement\" or \"tlp\"; new kinds of markings are extensions");
        }
    });
    if members.contains("definition_type") && members.contains("extensions") {
        check.note("MD-7", "a definition together with extensions", "one of them");
    }
    let kind = members.get("definition_type").and_then(Json::as_str);
    match (kind, definition) {
        (Some("statement"), Some(definition)) => check.at("definition", |check| statement(check, definition)),
        (Some("tlp"), Some(definition)) => tlp_marking(check, members, TlpEdition::V1, definition.get("tlp")),
        _ => {}
    }
    let extension = members.get("extensions").and_then(|extensions| extensions.get(tlp::EXTENSION));
    if let Some(extension) = extension {
        tlp_marking(check, members, TlpEdition::V2, extension.get("tlp_2_0"));
    }
    let Some(id) = members.get("id").and_then(Json::as_str) else { return };
    let is_tlp = |edition| match edition {
        TlpEdition::V1 => kind == Some("tlp"),
        TlpEdition::V2 => extension.is_some(),
    };
    if Tlp::by_id(id).is_some_and(|tlp| !is_tlp(tlp.edition())) {
        let expected = "another name: this one is that of a TLP marking";
        check.at("id", |check| check.warning("TR-07", quoted(id), expected));
    }
    marks_itself(check, members, id);
}

/// MD-3.
fn statement<'c>(check: &mut Check<'c>, definition: &'c Members<'_>) {
    let statement = definition.get("statement");
    if statement.and_then(Json::as_str).is_none() {
        let found = statement.map_or_else(|| "no statement".to_owned(), Json::excerpt);
        check.error("MD-3", found, "a statement as text");
    }
    for (name, _) in definition.iter().filter(|(name, _)| *name != "statement") {
        check.at(name, |check| check.error("MD-3", quoted(name), "a statement and nothing else"));
    }
}

/// MD-4, MD-8: only the standard's instances may be.
fn tlp_marking<'c>(check: &mut Check<'c>, members: &'c Members<'_>, edition: TlpEdition, level: Option<&Json<'_>>) {
    let (place, property) = match edition {
        TlpEdition::V1 => ("definition", "tlp"),
        TlpEdition::V2 => ("extensions", "tlp_2_0"),
    };
    let word = |tlp: Tlp| match (edition, tlp.level()) {
        (TlpEdition::V1, TlpLevel::Clear) => "white",
        (_, level) => level.as_str(),
    };
    let known = || Tlp::ALL.into_iter().filter(|tlp| tlp.edition() == edition);
    let text = level.and_then(Json::as_str);
    let Some(tlp) = known().find(|tlp| Some(word(*tlp)) == text) else {
        let found = level.map_or_else(|| format!("{property} is missing"), Json::excerpt);
        let words: Vec<_> = known().map(word).collect();
        return check.at(place, |check| check.error("MD-4", found, format!("{property}: one of {}", words.join(", "))));
    };
    let object = tlp.object();
    let fixed = |name| object.members().get(name).and_then(Json::as_str).unwrap_or_default();
    for name in ["id", "name"] {
        check.text(members, name, |check, found| {
            // In identifiers case does not matter (ID-02).
            let same = if name == "id" { found.eq_ignore_ascii_case(fixed(name)) } else { found == fixed(name) };
            if !same {
                check.error("MD-4", quoted(found), format!("{:?}, as on the standard's {}", fixed(name), tlp.name()));
            }
        });
    }
    check.text(members, "created", |check, found| {
        if Instant::of(found) != Instant::of(fixed("created")) {
            check.error("MD-8", quoted(found), fixed("created").to_owned());
        }
    });
}

/// MD-5.
fn marks_itself<'c>(check: &mut Check<'c>, members: &'c Members<'_>, id: &str) {
    let look = |check: &mut Check<'c>, marking: &str| {
        if marking.eq_ignore_ascii_case(id) {
            check.error("MD-5", quoted(marking), "another marking: none marks itself");
        }
    };
    check.texts(members, "object_marking_refs", look);
    let Some(markings) = members.get("granular_markings").and_then(Json::as_list) else { return };
    check.at("granular_markings", |check| {
        for (i, marking) in markings.iter().enumerate().filter_map(|(i, marking)| Some((i, marking.as_object()?))) {
            check.at_index(i, |check| check.text(marking, "marking_ref", look));
        }
    });
}

/// LC-1.
fn language_content<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    let reference = members.get("object_ref").and_then(Json::as_str).and_then(|id| id.split_once("--"));
    let Some((object_type, _)) = reference else { return };
    let versionless = TypeClass::of(object_type) == TypeClass::Observable || object_type == "marking-definition";
    if versionless {
        check.text(members, "object_modified", |check, modified| {
            check.warning("LC-1", quoted(modified), format!("no object_modified: {object_type} has no versions"));
        });
    }
}

/// XD-2, XD-4 to XD-6, EX-07, EX-08.
fn extension_definition<'c>(check: &mut Check<'c>, members: &'c Members<'_>) {
    if !members.contains("description") {
        check.warning("XD-4", "description is missing", "a description");
    }
    check.text(members, "version", |check, version| {
        if !formats::is_semantic_version(version) {
            check.warning("XD-5", quoted(version), "a semantic version, such as \"1.0.0\"");
        }
    });
    let types = members.get("extension_types").and_then(Json::as_list).unwrap_or_default();
    let texts = || types.iter().map(|item| item.as_str().unwrap_or_default());
    for i in repeated(texts()) {
        let found = types.get(i).map(Json::excerpt).unwrap_or_default();
        check.at("extension_types", |check| {
            check.at_index(i, |check| check.warning("XD-6", found, "each type once"));
        });
    }
    if texts().any(|text| text == "toplevel-property-extension") && !members.contains("extension_properties") {
        check.warning("XD-2", "extension_properties is missing", "the names of the properties at the top level");
    }
    check.texts(members, "extension_properties", |check, name| {
        if check.name_form("EX-07", name)
            && crate::common::of(TypeClass::Observable, "").iter().any(|row| row.name == name)
        {
            check.error("EX-08", quoted(name), "a name that the standard does not give to all objects");
        }
    });
}

impl<'c> Check<'c> {
    /// LC-2, LC-5, CP-05: translations by language.
    pub(super) fn translations(&mut self, entries: &'c Members<'_>) {
        if entries.is_empty() {
            self.error("T-03", "an empty dictionary", "at least one entry; leave the property out if there is none");
        }
        let again = repeated(entries.iter().map(|(tag, _)| tag));
        for (i, (tag, value)) in entries.iter().enumerate() {
            self.at(tag, |check| {
                check.language(tag);
                if again.binary_search(&i).is_ok() {
                    check.warning("LC-5", quoted(tag), "each language once: case does not matter in tags");
                }
                match value {
                    Json::Object(_) => check.translation(value),
                    other => check.error("LC-2", other.excerpt(), "an object with the properties that are translated"),
                }
            });
        }
    }

    fn translation(&mut self, json: &'c Json<'_>) {
        match json {
            Json::String(_) => {}
            Json::List(items) if !items.is_empty() => {
                for (i, item) in items.iter().enumerate() {
                    self.at_index(i, |check| check.translation(item));
                }
            }
            Json::Object(members) if !members.is_empty() => {
                for (name, value) in members.iter() {
                    self.at(name, |check| check.translation(value));
                }
            }
            Json::List(_) | Json::Null => self.anything(json),
            other => self.error(
                "LC-2",
                other.excerpt(),
                "text, a list or an object of texts; \"\" where nothing is translated",
            ),
        }
    }
}

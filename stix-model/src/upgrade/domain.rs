//! Domain and relationship objects and marking definitions.

use super::journal::Journal;
use super::{Ids, Modified, Options, container, observable, pattern, type_of};
use crate::json::{Json, Members};
use crate::property::Vocabulary;
use crate::vocabulary::{IndicatorType, MalwareType, ReportType, ThreatActorType, ToolType};
use crate::{Severity, Timestamp, timestamp, validate};

/// Makes an object of 2.0 one of 2.1 and gives the observables that were in it.
pub(super) fn upgrade(
    members: &mut Members<'static>,
    options: &Options,
    journal: &mut Journal,
) -> Vec<Members<'static>> {
    let object_type = type_of(members).to_owned();
    for name in new_names(&object_type).iter().chain(&NEW_NAMES) {
        make_room(members, name, journal);
    }
    members.insert_after("type", "spec_version", Json::from("2.1"));
    journal.done("V20-02", "spec_version", "set to 2.1");
    for name in ["created", "modified"] {
        pad(members, name, journal);
    }
    match object_type.as_str() {
        "indicator" => detection(members, options, journal),
        "malware" => family(members, journal),
        "identity" => observable::respell(members, "sectors", journal),
        _ => {}
    }
    if let Some((name, vocabulary)) = types_property(&object_type) {
        types_from_labels(members, name, vocabulary, journal);
    }
    observable::rename_hashes(members, "", journal);
    let lifted = match object_type.as_str() {
        "observed-data" => container::lift(members, options, journal),
        _ => Vec::new(),
    };
    version(members, options, journal);
    journal.follow(members);
    lifted
}

/// Names that any object of 2.0 could give to custom properties, and that 2.1 uses or reserves.
const NEW_NAMES: [&str; 8] =
    ["confidence", "lang", "extensions", "defanged", "severity", "username", "phone_number", "phone_numbers"];

/// The properties of a type that are new in 2.1.
fn new_names(object_type: &str) -> &'static [&'static str] {
    match object_type {
        "attack-pattern" => &["aliases"],
        "identity" => &["roles"],
        "indicator" => &["indicator_types", "pattern_type", "pattern_version"],
        "malware" => &[
            "malware_types",
            "is_family",
            "aliases",
            "first_seen",
            "last_seen",
            "operating_system_refs",
            "architecture_execution_envs",
            "implementation_languages",
            "capabilities",
            "sample_refs",
        ],
        "marking-definition" => &["name", "modified", "revoked", "labels"],
        "observed-data" => &["object_refs"],
        "relationship" => &["start_time", "stop_time"],
        "report" => &["report_types"],
        "sighting" => &["description"],
        "threat-actor" => &["threat_actor_types", "first_seen", "last_seen"],
        "tool" => &["tool_types", "aliases"],
        _ => &[],
    }
}

/// Renames a custom property if 2.1 means something else by its name.
pub(super) fn make_room(members: &mut Members<'static>, name: &'static str, journal: &mut Journal) {
    let Some(value) = members.get(name) else { return };
    let object_type = Json::from(type_of(members));
    let alone: Members<'_> = [("type", object_type), (name, value.clone())].into_iter().collect();
    let place = format!("/{name}");
    let findings = validate::members(&alone, &validate::Options::default());
    if findings.iter().any(|f| f.severity == Severity::Error && f.pointer.starts_with(&place)) {
        set_aside(members, name, journal);
    }
}

/// Gives a property the custom name under which it is kept.
pub(super) fn set_aside(members: &mut Members<'static>, name: &str, journal: &mut Journal) {
    let kept = kept_name(name);
    journal.warn("V20-02", name, format!("kept as {kept}: in 2.1 the name means something else"));
    journal.moved(name, [kept.clone()]);
    members.rename(name, kept);
}

/// The custom name of a property that 2.1 does not have.
pub(super) fn kept_name(name: &str) -> String {
    format!("x_stix20_{name}")
}

/// At least three fraction digits (TS-05); more stay.
fn pad(members: &mut Members<'static>, name: &'static str, journal: &mut Journal) {
    let Some(text) = members.get(name).and_then(Json::as_str) else { return };
    if !timestamp::has_form(text) || timestamp::fraction_digits(text) >= 3 {
        return;
    }
    let (seconds, digits) = text.trim_end_matches('Z').split_once('.').unwrap_or((text.trim_end_matches('Z'), ""));
    let padded = format!("{seconds}.{digits:0<3}Z");
    journal.done("V20-02", name, format!("{text} is written {padded}"));
    members.insert(name, Json::from(padded));
}

/// The property that took over the vocabulary of `labels`.
fn types_property(object_type: &str) -> Option<(&'static str, &'static Vocabulary)> {
    Some(match object_type {
        "indicator" => ("indicator_types", IndicatorType::VOCABULARY),
        "malware" => ("malware_types", MalwareType::VOCABULARY),
        "report" => ("report_types", ReportType::VOCABULARY),
        "threat-actor" => ("threat_actor_types", ThreatActorType::VOCABULARY),
        "tool" => ("tool_types", ToolType::VOCABULARY),
        _ => return None,
    })
}

/// Moves the labels that the vocabulary names; the others stay.
fn types_from_labels(
    members: &mut Members<'static>,
    name: &'static str,
    vocabulary: &Vocabulary,
    journal: &mut Journal,
) {
    let Some(labels) = members.get("labels").and_then(Json::as_list) else { return };
    let known = |label: &Json<'_>| label.as_str().is_some_and(|text| vocabulary.values.contains(&text));
    if !labels.iter().any(known) {
        return;
    }
    let mut types = members.get(name).and_then(Json::as_list).unwrap_or_default().to_vec();
    let mut rest = Vec::new();
    for (i, label) in labels.iter().enumerate() {
        let (list, to) = if known(label) { (&mut types, name) } else { (&mut rest, "labels") };
        let same = if to == name { list.iter().position(|other| other == label) } else { None };
        let at = same.unwrap_or(list.len());
        if same.is_none() {
            list.push(label.clone());
        }
        journal.moved(format!("labels.[{i}]"), [format!("{to}.[{at}]")]);
    }
    journal.done("V20-02", "labels", format!("{} moved to {name}", Json::List(types.clone())));
    let all = [Some(name), (!rest.is_empty()).then_some("labels")];
    journal.moved("labels", all.into_iter().flatten().map(str::to_owned));
    members.insert_after("labels", name, Json::List(types));
    match rest.is_empty() {
        true => drop(members.remove("labels")),
        false => drop(members.insert("labels", Json::List(rest))),
    }
}

/// Only families must have names since 2.1, so malware must say what it is; 2.0 does not.
fn family(members: &mut Members<'static>, journal: &mut Journal) {
    if !members.contains("is_family") {
        members.insert("is_family", Json::from(false));
        journal.warn("V20-02", "is_family", "set to false: 2.0 does not say whether it is a family");
    }
}

/// The pattern of an indicator, and its language, which 2.0 leaves open to no choice.
fn detection(members: &mut Members<'static>, options: &Options, journal: &mut Journal) {
    if members.contains("pattern_type") {
        return;
    }
    let Some(text) = members.get("pattern").and_then(Json::as_str) else { return };
    let version = match pattern::rewrite(text, options.keep_removed) {
        Some(rewritten) => {
            for (severity, what) in rewritten.notes {
                journal.note(severity, "V20-06", "pattern", what);
            }
            members.insert("pattern", Json::from(rewritten.text));
            "2.1"
        }
        None => {
            journal.warn("V20-06", "pattern", "left as it is, in the pattern language of 2.0: it cannot be rewritten");
            "2.0"
        }
    };
    members.insert_after("pattern", "pattern_type", Json::from("stix"));
    members.insert_after("pattern_type", "pattern_version", Json::from(version));
    journal.done("V20-02", "pattern_type", format!("set to stix, pattern_version to {version}"));
}

/// V20-03: whose version it is, and of when.
fn version(members: &mut Members<'static>, options: &Options, journal: &mut Journal) {
    let Some(old) = members.get("modified").and_then(Json::as_str).map(str::to_owned) else { return };
    let wanted = match &options.modified {
        Modified::Keep => None,
        Modified::Now => Some(Timestamp::from(chrono::Utc::now())),
        Modified::At(instant) => Some(instant.clone()),
    };
    if let Some(new) = wanted {
        match old.parse::<Timestamp>() {
            Ok(old) if new <= old => {
                journal.warn("V20-03", "modified", format!("kept, since it is not earlier than {new}"));
            }
            _ => {
                journal.done("V20-03", "modified", format!("set to {new}"));
                members.insert("modified", Json::from(new.as_str().to_owned()));
                pad(members, "modified", journal);
            }
        }
    }
    if !is_own(members, options) {
        let what = match options.ids {
            Ids::Keep => "keeps its id: only its creator may publish it as a new version",
            Ids::New => "gets a new id: say where it comes from when you publish it",
        };
        journal.warn("V20-03", "id", what);
    }
}

/// Does the caller upgrade an object of their own?
pub(super) fn is_own(members: &Members<'_>, options: &Options) -> bool {
    let creator = members.get("created_by_ref").and_then(Json::as_str);
    options.author.as_ref().is_some_and(|author| creator == Some(author.as_str()))
}

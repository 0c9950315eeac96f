//! What events there are, and which values occur in them.

use std::fmt::Write as _;

use md5::{Digest, Md5};
use stix_model::json::{Json, Members};

use crate::format::{Document, Invalid, Problem, number};

/// The entry of an event in the manifest, under its UUID.
#[must_use]
pub fn entry(document: &Document) -> Members<'static> {
    let event = document.event();
    let mut entry = Members::new();
    let orgc = event.members().get("Orgc").cloned().unwrap_or_else(|| Json::Object(Members::new()));
    entry.insert("Orgc", orgc);
    let tags = event.tags().filter(|tag| tag.local() != Some(true) && tag.exportable() != Some(false));
    let tag = |tag: crate::format::Tag<'_>| {
        let kept = ["name", "colour"].into_iter().filter_map(|name| Some((name, tag.members().get(name)?.clone())));
        Json::Object(kept.collect())
    };
    entry.insert("Tag", Json::List(tags.map(tag).collect()));
    entry.insert("info", Json::from(event.info().unwrap_or_default().to_owned()));
    entry.insert("date", Json::from(event.day()));
    entry.insert("analysis", Json::from(event.analysis().unwrap_or(0).to_string()));
    entry.insert("threat_level_id", Json::from(event.threat_level_id().unwrap_or(4).to_string()));
    entry.insert("timestamp", Json::from(event.timestamp().unwrap_or(0).to_string()));
    entry
}

/// The manifest of events. Those without a UUID cannot be fetched and are left out.
#[must_use]
pub fn manifest<'d>(documents: impl IntoIterator<Item = &'d Document>) -> Json<'static> {
    let entries = documents.into_iter().filter_map(|document| {
        let uuid = document.event().uuid().filter(|uuid| !uuid.is_empty())?;
        Some((uuid.to_owned(), Json::Object(entry(document))))
    });
    Json::Object(entries.collect())
}

/// The lines of an event in `hashes.csv`: the MD5 of each value, of composite ones of each part, and the event's UUID.
#[must_use]
pub fn hashes(document: &Document) -> String {
    let event = document.event();
    let uuid = event.uuid().unwrap_or_default();
    let within = event.objects().flat_map(crate::format::Object::attributes);
    let mut lines = String::new();
    for attribute in event.attributes().chain(within) {
        let (kind, value) = (attribute.attribute_type().unwrap_or_default(), attribute.value().unwrap_or_default());
        let composite = kind.contains('|') || kind == "malware-sample";
        for part in value.split(|c| composite && c == '|') {
            for byte in Md5::digest(part.as_bytes()) {
                // Writing to a text does not fail.
                let _ = write!(lines, "{byte:02x}");
            }
            let _ = writeln!(lines, ",{uuid}");
        }
    }
    lines
}

/// An event that a feed has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, which its file has too.
    pub uuid: String,
    /// When it was last changed, in seconds since 1970.
    pub timestamp: i64,
    /// What it is about.
    pub info: String,
    /// Who made it.
    pub organisation: Option<String>,
    /// The names of its tags.
    pub tags: Vec<String>,
}

/// Reads somebody's manifest. Entries whose name is no UUID are not told: they are nothing that could be fetched.
///
/// # Errors
/// It is no manifest.
pub fn read(text: &str) -> Result<Vec<Entry>, Invalid> {
    let problem = |found: String| {
        let expected = "an object with an entry for each event, under its UUID".to_owned();
        Invalid { problems: vec![Problem { path: String::new(), found, expected }] }
    };
    let json = Json::parse(text).map_err(|error| problem(error.to_string()))?;
    let entries = match &json {
        Json::Object(entries) => entries,
        // What is empty in PHP is a list.
        Json::List(items) if items.is_empty() => return Ok(Vec::new()),
        other => return Err(problem(other.excerpt())),
    };
    let named = entries.iter().filter(|(uuid, _)| uuid.len() == 36 && uuid::Uuid::try_parse(uuid).is_ok());
    Ok(named.map(|(uuid, entry)| read_entry(uuid, entry)).collect())
}

fn read_entry(uuid: &str, entry: &Json<'_>) -> Entry {
    let text = |json: Option<&Json<'_>>| json.and_then(Json::as_str).map(str::to_owned);
    let tags = entry.get("Tag").and_then(Json::as_list).unwrap_or_default();
    Entry {
        uuid: uuid.to_owned(),
        timestamp: entry.get("timestamp").and_then(number).unwrap_or(0),
        info: text(entry.get("info")).unwrap_or_default(),
        organisation: text(entry.get("Orgc").and_then(|org| org.get("name"))),
        tags: tags.iter().filter_map(|tag| text(tag.get("name"))).collect(),
    }
}

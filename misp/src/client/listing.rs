//! What events there are, and each of them: by the files of a feed, or by the calls of an instance.

use std::collections::HashMap;

use serde_json::value::RawValue;
use stix_model::json::Json;

use super::Reader;
use super::fault::Fault;
use super::version::Version;
use crate::format::{Document, flag, number};

/// How events are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Feed,
    Instance,
}

/// All events, and the tag of the list.
pub(super) struct Listed {
    pub(super) versions: Vec<Version>,
    pub(super) tag: Option<String>,
}

/// All events that there are; `None` if the list still has the tag.
pub(super) async fn list(reader: &Reader, tag: Option<&str>) -> Result<Option<Listed>, Fault> {
    let (http, limit) = (&reader.http, reader.limits.list);
    let (path, answer) = match reader.kind {
        Kind::Feed => ("manifest.json", http.get("manifest.json", tag, limit).await?),
        Kind::Instance => {
            let wanted = r#"{"minimal":1,"published":1}"#;
            ("events/index", http.post("events/index", wanted, tag, limit).await?)
        }
    };
    let Some(answer) = answer else { return Ok(None) };
    let versions = match reader.kind {
        Kind::Feed => manifest(&answer.text),
        Kind::Instance => index(&answer.text),
    };
    let versions = versions.map_err(|reason| Fault::Malformed { url: format!("{}{path}", http.place()), reason })?;
    Ok(Some(Listed { versions, tag: answer.tag }))
}

/// The manifest of a feed, an entry at a time: all of them at once would take many times the memory.
fn manifest(text: &str) -> Result<Vec<Version>, String> {
    let read: HashMap<String, &RawValue> = match text.trim() {
        // What is empty in PHP is a list.
        "[]" => HashMap::new(),
        text => serde_json::from_str(text)
            .map_err(|error| format!("{error}; expected an object with an entry for each event, under its UUID"))?,
    };
    let version = |(uuid, entry): (String, &RawValue)| Version::new(&uuid, timestamp(&Json::parse(entry.get()).ok()?));
    Ok(read.into_iter().filter_map(version).collect())
}

/// The short list of an instance: `[{"uuid": …, "timestamp": …, "published": …}]`.
fn index(text: &str) -> Result<Vec<Version>, String> {
    let items: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| format!("{error}; expected a list of events"))?;
    let version = |item: &RawValue| {
        let item = Json::parse(item.get()).ok()?;
        let published = item.get("published").and_then(flag);
        Version::new(item.get("uuid")?.as_str()?, timestamp(&item)).filter(|_| published != Some(false))
    };
    Ok(items.into_iter().filter_map(version).collect())
}

fn timestamp(entry: &Json<'_>) -> i64 {
    entry.get("timestamp").and_then(number).unwrap_or(0)
}

/// One event. It has to be the one that was asked for.
pub(super) async fn event(reader: &Reader, uuid: &str) -> Result<Document, Fault> {
    let http = &reader.http;
    let path = match reader.kind {
        Kind::Feed => format!("{uuid}.json"),
        Kind::Instance => format!("events/view/{uuid}"),
    };
    let malformed = |reason: String| Fault::Malformed { url: format!("{}{path}", http.place()), reason };
    let answer = http.get(&path, None, reader.limits.event).await?;
    let answer = answer.ok_or_else(|| malformed("HTTP 304 without being asked".to_owned()))?;
    let document = Document::parse(&answer.text).map_err(|invalid| malformed(invalid.to_string()))?;
    match document.event().uuid() {
        Some(found) if found.eq_ignore_ascii_case(uuid) => Ok(document),
        other => Err(malformed(format!("the event is {}", other.unwrap_or("without a uuid")))),
    }
}

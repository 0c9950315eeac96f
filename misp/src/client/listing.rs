//! What events there are, and each of them: by the files of a feed, or by the calls of an instance.

use stix_model::json::Json;

use super::cursor::Cursor;
use super::fault::Fault;
use super::http::Http;
use crate::feed::{self, Entry};
use crate::format::{Document, number};

/// How events are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Feed,
    Instance,
}

/// All events, and the tag of the list.
pub(super) struct Listed {
    pub(super) entries: Vec<Entry>,
    pub(super) tag: Option<String>,
}

/// All events that there are; `None` if nothing has changed since the cursor.
pub(super) async fn list(http: &Http, kind: Kind, cursor: &Cursor, limit: usize) -> Result<Option<Listed>, Fault> {
    let tag = cursor.tag.as_deref();
    let (path, answer) = match kind {
        Kind::Feed => ("manifest.json", http.get("manifest.json", tag, limit).await?),
        Kind::Instance => {
            let wanted = r#"{"minimal":1,"published":1}"#;
            ("events/index", http.post("events/index", wanted, tag, limit).await?)
        }
    };
    let Some(answer) = answer else { return Ok(None) };
    let malformed = |reason: String| Fault::Malformed { url: format!("{}{path}", http.place()), reason };
    let entries = match kind {
        Kind::Feed => feed::read(&answer.text).map_err(|invalid| malformed(invalid.to_string()))?,
        Kind::Instance => index(&answer.text).map_err(malformed)?,
    };
    Ok(Some(Listed { entries, tag: answer.tag }))
}

/// The short list of an instance: `[{"uuid": …, "timestamp": …, "published": …}]`.
fn index(text: &str) -> Result<Vec<Entry>, String> {
    let json = Json::parse(text).map_err(|error| error.to_string())?;
    let Json::List(items) = &json else { return Err(format!("{}; expected a list of events", json.excerpt())) };
    let entry = |item: &Json<'_>| {
        let uuid = item.get("uuid")?.as_str().filter(|uuid| uuid.len() == 36 && uuid::Uuid::try_parse(uuid).is_ok())?;
        let published = item.get("published").and_then(crate::format::flag);
        (published != Some(false)).then(|| Entry {
            uuid: uuid.to_owned(),
            timestamp: item.get("timestamp").and_then(number).unwrap_or(0),
            info: String::new(),
            organisation: None,
            tags: Vec::new(),
        })
    };
    Ok(items.iter().filter_map(entry).collect())
}

/// One event. It has to be the one that was asked for.
pub(super) async fn event(http: &Http, kind: Kind, entry: &Entry, limit: usize) -> Result<Document, Fault> {
    let path = match kind {
        Kind::Feed => format!("{}.json", entry.uuid),
        Kind::Instance => format!("events/view/{}", entry.uuid),
    };
    let malformed = |reason: String| Fault::Malformed { url: format!("{}{path}", http.place()), reason };
    let answer = http.get(&path, None, limit).await?;
    let answer = answer.ok_or_else(|| malformed("HTTP 304 without being asked".to_owned()))?;
    let document = Document::parse(&answer.text).map_err(|invalid| malformed(invalid.to_string()))?;
    match document.event().uuid() {
        Some(uuid) if uuid.eq_ignore_ascii_case(&entry.uuid) => Ok(document),
        other => Err(malformed(format!("the event is {}", other.unwrap_or("without a uuid")))),
    }
}

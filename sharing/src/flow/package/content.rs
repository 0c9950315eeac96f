use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::{Change, Fault, Item, Provenance, Refused};

/// A change as it stands in a package.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(flatten)]
    provenance: &'a Provenance,
}

#[derive(Deserialize)]
struct Read {
    object: Option<Box<RawValue>>,
    deleted: Option<String>,
    version: Option<String>,
    origin: String,
    hops: u32,
    #[serde(default)]
    path: Vec<String>,
}

/// One JSON text after the other, each followed by a line feed.
pub(super) fn write(changes: &[Change]) -> serde_json::Result<Vec<u8>> {
    let mut content = Vec::new();
    for change in changes {
        let (object, deleted, version) = match change {
            Change::Object(item) => (Some(&**item.object()), None, None),
            Change::Deleted { id, version, .. } => (None, Some(id.as_str()), version.as_deref()),
        };
        serde_json::to_writer(&mut content, &Written { object, deleted, version, provenance: change.provenance() })?;
        content.push(b'\n');
    }
    Ok(content)
}

/// The changes, and what is none.
pub(super) fn read(place: &str, content: &[u8]) -> Result<Vec<Result<Change, Refused>>, Fault> {
    let texts = serde_json::Deserializer::from_slice(content).into_iter::<Box<RawValue>>();
    let rows = texts.map(|text| {
        text.map(|text| one(&text)).map_err(|error| Fault::Malformed {
            place: place.to_owned(),
            reason: format!("the content cannot be read: {error}"),
        })
    });
    rows.collect()
}

fn one(text: &RawValue) -> Result<Change, Refused> {
    let wrong = |reason: String| Refused::new(None, None, "package-change", reason);
    let Read { object, deleted, version, origin, hops, path } =
        serde_json::from_str(text.get()).map_err(|error| wrong(error.to_string()))?;
    let provenance = Provenance { origin, hops, path };
    match (object, deleted) {
        (Some(object), None) => Ok(Change::Object(Item::new(object, None, provenance)?)),
        (None, Some(id)) => Ok(Change::Deleted { id, version, provenance }),
        _ => Err(wrong("it has neither an object nor the id of a deleted one, or both".to_owned())),
    }
}

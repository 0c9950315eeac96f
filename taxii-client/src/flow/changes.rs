//! The endpoint `changes/` of our own servers.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use sharing::flow::{Change, Fault, Item, Provenance, Refused};
use taxii_model::changes::{self as wire, MEDIA_TYPE};
use url::Url;

use super::fault::fault;
use super::{Remote, Talk};
use crate::answer::Answer;
use crate::transport::Request;
use crate::{Error, address};

/// No version has passed more servers than this, whatever is said.
const LONGEST_PATH: usize = 64;
/// No server has a longer id.
const LONGEST_NAME: usize = 2000;

impl Remote {
    /// Finds out how to talk with the server, once.
    pub(super) async fn how(&self) -> Result<Talk, Fault> {
        if let Some(talk) = self.known() {
            return Ok(talk);
        }
        let talk = match self.ask::<Box<RawValue>>(None, 1).await {
            Ok(Some(changes)) => Talk::Changes(Some(changes.server.into())),
            // One may be allowed to write and not to read.
            Err(Fault::Refused { .. }) => self.may_post().await?,
            Ok(None) => Talk::Standard,
            Err(other) => return Err(other),
        };
        self.talk(talk.clone());
        Ok(talk)
    }

    /// An empty list of changes changes nothing.
    async fn may_post(&self) -> Result<Talk, Fault> {
        Ok(match self.post(b"{\"server\":\"\",\"changes\":[]}".to_vec()).await {
            Ok(_) => Talk::Changes(None),
            Err(error) if error.is_unreachable() || error.is_server_error() => return Err(fault(&self.url(), &error)),
            Err(_) => Talk::Standard,
        })
    }

    fn changes_url(&self) -> Result<Url, Fault> {
        address::below(self.collection.url(), &["changes"]).map_err(|error| fault(&self.url(), &error))
    }

    /// `GET changes/`; `None` if the server has no such thing.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Option<wire::Changes<T>>, Fault> {
        let mut url = self.changes_url()?;
        url.query_pairs_mut()
            .extend_pairs(after.map(|after| ("after", after)))
            .append_pair("limit", &limit.to_string());
        let answer = match self.collection.root().client().send(Request::page(url).of(MEDIA_TYPE)).await {
            Ok(answer) => answer,
            // Servers that do not know the path say so in one of these ways.
            Err(error) if matches!(error.status().map(|status| status.as_u16()), Some(404..=406 | 501)) => {
                return Ok(None);
            }
            Err(error) => return Err(fault(&self.url(), &error)),
        };
        match read::<wire::Changes<T>>(&answer) {
            Ok(changes) => Ok(Some(changes)),
            // Somebody answers everything with something: it is not one of ours.
            Err(_) if after.is_none() => Ok(None),
            Err(error) => Err(self.malformed(format!("the changes cannot be read: {error}"))),
        }
    }

    pub(super) async fn post(&self, body: Vec<u8>) -> Result<Answer, Error> {
        let url = address::below(self.collection.url(), &["changes"])?;
        self.collection.root().client().send(Request::post(url, body.into()).of(MEDIA_TYPE)).await
    }
}

pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> serde_json::Result<T> {
    serde_json::from_slice(&answer.body)
}

/// A change as a server tells it; what cannot be one is refused and takes nothing with it.
pub(super) fn change(text: &RawValue) -> Result<Change, Refused> {
    let wrong = |reason: String| Refused::new(None, None, "change-form", reason);
    let row: wire::Change = serde_json::from_str(text.get()).map_err(|error| wrong(error.to_string()))?;
    let names = row.path.iter().chain([&row.origin]);
    if row.path.len() > LONGEST_PATH || names.into_iter().any(|name| name.is_empty() || name.len() > LONGEST_NAME) {
        return Err(wrong(format!("its path has more than {LONGEST_PATH} servers, or one without a sensible name")));
    }
    // A version that says it has passed three servers has come three times, whatever else it says.
    let hops = row.hops.max(u32::try_from(row.path.len()).unwrap_or(u32::MAX));
    let provenance = Provenance { origin: row.origin, hops, path: row.path };
    match (row.object, row.deleted) {
        (Some(object), None) => Ok(Change::Object(Item::new(object, None, provenance)?)),
        (None, Some(id)) if id.parse::<stix_model::Identifier>().is_ok() => {
            Ok(Change::Deleted { id, version: row.version, provenance })
        }
        (None, Some(_)) => Err(wrong("the id of what was deleted is no STIX identifier".to_owned())),
        _ => Err(wrong("it has neither an object nor the id of a deleted one, or both".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Malicious partners: whatever stands in the place of a change, it is refused with a reason, and no hop is saved by lying.
    #[test]
    fn strange_changes_are_refused() {
        let object = r#"{"type":"url","id":"url--c1477287-23ac-5971-a010-5c287877fa60","value":"https://example.com"}"#;
        let read = |text: &str| change(&RawValue::from_string(text.replace("OBJECT", object)).unwrap());
        let long = format!(r#"{{"object":OBJECT,"origin":"a","hops":1,"path":["{}"]}}"#, "x".repeat(3000));
        let many = format!(r#"{{"object":OBJECT,"origin":"a","hops":1,"path":["a"{}]}}"#, ",\"b\"".repeat(70));
        for (text, rule) in [
            ("7", "change-form"),
            ("{}", "change-form"),
            (r#"{"origin":"a","hops":1}"#, "change-form"),
            (
                r#"{"object":OBJECT,"deleted":"url--c1477287-23ac-5971-a010-5c287877fa60","origin":"a","hops":1}"#,
                "change-form",
            ),
            (r#"{"object":OBJECT,"origin":"a","hops":-1}"#, "change-form"),
            (r#"{"object":OBJECT,"origin":"","hops":1}"#, "change-form"),
            (r#"{"deleted":"../../x","origin":"a","hops":1}"#, "change-form"),
            (r#"{"object":[],"origin":"a","hops":1}"#, "item-json"),
            (r#"{"object":{"type":"url","id":7},"origin":"a","hops":1}"#, "head-id"),
            (
                r#"{"object":{"type":"tool","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"yesterday","modified":"x"},"origin":"a","hops":1}"#,
                "head-date",
            ),
            (&long, "change-form"),
            (&many, "change-form"),
        ] {
            assert_eq!(read(text).unwrap_err().rule, rule, "{text}");
        }
        let liar = read(r#"{"object":OBJECT,"origin":"a","hops":0,"path":["a","b","c"]}"#).unwrap();
        assert_eq!(liar.provenance().hops, 3);
    }
}

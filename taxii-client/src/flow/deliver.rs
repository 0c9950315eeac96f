//! Giving to one of our own servers.

use serde::Serialize;
use serde_json::value::RawValue;
use sharing::flow::{Change, Fault, Outcome};
use taxii_model::changes::{self as wire, Became};

use super::Remote;
use super::changes::read;
use super::fault::fault;

/// What a request has besides its changes, about.
const FRAME: usize = 1 << 10;
/// Larger requests gain nothing.
const ENOUGH: u64 = 8 << 20;

/// A change as it is sent; the object is not copied.
#[derive(Serialize)]
struct Sent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    origin: &'a str,
    hops: u32,
    path: &'a [String],
}

impl<'a> From<&'a Change> for Sent<'a> {
    fn from(change: &'a Change) -> Self {
        let (object, deleted, version) = match change {
            Change::Object(item) => (Some(&**item.object()), None, None),
            Change::Deleted { id, version, .. } => (None, Some(id.as_str()), version.as_deref()),
        };
        let provenance = change.provenance();
        Self { object, deleted, version, origin: &provenance.origin, hops: provenance.hops, path: &provenance.path }
    }
}

#[derive(Serialize)]
struct Request<'a> {
    server: &'a str,
    changes: Vec<Sent<'a>>,
}

impl Remote {
    /// `POST changes/`, in as many requests as the server's `max_content_length` needs.
    pub(super) async fn deliver_changes(&self, changes: &[Change]) -> Result<Vec<Outcome>, Fault> {
        let stated =
            self.collection.root().info().await.map_err(|error| fault(&self.url(), &error))?.max_content_length;
        let most = usize::try_from(if stated == 0 { ENOUGH } else { stated.min(ENOUGH) }).unwrap_or(usize::MAX);
        let mut outcomes = Vec::with_capacity(changes.len());
        let mut waiting = vec![changes];
        while let Some(part) = waiting.pop().filter(|part| !part.is_empty()) {
            let body = self.body(part)?;
            let too_large = body.len() > most;
            let (first, second) = part.split_at(part.len() / 2);
            if too_large && part.len() > 1 {
                waiting.extend([second, first]);
                continue;
            }
            if too_large {
                outcomes.push(refused("too-large", format!("{} octets, the server takes {most}", body.len())));
                continue;
            }
            match self.post(body).await {
                Ok(answer) => {
                    let told: Vec<wire::Outcome> = read(&answer).map_err(|error| {
                        self.malformed(format!("what became of the changes cannot be read: {error}"))
                    })?;
                    if told.len() != part.len() {
                        return Err(self.malformed(format!(
                            "it says what became of {} changes, and {} were sent",
                            told.len(),
                            part.len()
                        )));
                    }
                    outcomes.extend(told.into_iter().map(outcome));
                }
                Err(error) if is_about_content(&error) && part.len() > 1 => waiting.extend([second, first]),
                Err(error) if is_about_content(&error) => outcomes.push(refused("request-refused", error.to_string())),
                Err(error) => return Err(fault(&self.url(), &error)),
            }
        }
        Ok(outcomes)
    }

    fn body(&self, changes: &[Change]) -> Result<Vec<u8>, Fault> {
        // Who mirrors for others has no id of its own: the last server on the way speaks.
        let last = changes.first().and_then(|change| change.provenance().path.last());
        let server = self.speaker.as_deref().or(last.map(String::as_str)).unwrap_or_default();
        let request = Request { server, changes: changes.iter().map(Sent::from).collect() };
        let mut body = Vec::with_capacity(changes.iter().map(Change::octets).sum::<usize>() + FRAME);
        serde_json::to_writer(&mut body, &request).map_err(|error| self.malformed(error.to_string()))?;
        Ok(body)
    }
}

/// Does the server mind the changes, and not the request as such?
fn is_about_content(error: &crate::Error) -> bool {
    matches!(error.status().map(|status| status.as_u16()), Some(400 | 413 | 422))
}

fn refused(rule: &str, reason: String) -> Outcome {
    Outcome::Refused { rule: rule.to_owned(), reason }
}

fn outcome(told: wire::Outcome) -> Outcome {
    let reason = told.reason.unwrap_or_else(|| "the server gives no reason".to_owned());
    match told.outcome {
        Became::Added => Outcome::Added,
        Became::Known => Outcome::Known,
        Became::Deleted => Outcome::Deleted,
        Became::Conflict => Outcome::Conflict { reason },
        Became::Refused => Outcome::Refused { rule: told.rule.unwrap_or_else(|| "refused".to_owned()), reason },
    }
}

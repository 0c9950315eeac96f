use std::time::Duration;

use bytes::Bytes;
use serde_json::value::RawValue;
use stix_model::reader::RawObject;
use taxii_model::{Status, StatusDetails, StatusState};
use tokio::time::{Instant, sleep};

use crate::page::raw_object;
use crate::transport::{Request, first_line};
use crate::warning::Warning;
use crate::{Collection, Error, address};

/// Less than this and no ordinary object fits: the server cannot mean it.
const ABSURD: u64 = 1 << 10;
/// What to believe instead.
const FLOOR: u64 = 1 << 20;
/// Requests larger than this gain nothing, even if the server takes them.
const ENOUGH: u64 = 8 << 20;
/// How many times a push may cut a refused request in two to find the object at fault.
const MOST_CUTS: u32 = 64;

const HEAD: &[u8] = b"{\"objects\":[";
const TAIL: &[u8] = b"]}";

/// An object to push, with its text as it will be sent.
#[derive(Clone, Debug)]
pub struct Outgoing(RawObject);

impl From<RawObject> for Outgoing {
    fn from(object: RawObject) -> Self {
        Self(object)
    }
}

impl From<Box<RawValue>> for Outgoing {
    fn from(text: Box<RawValue>) -> Self {
        Self(raw_object(text))
    }
}

impl Outgoing {
    fn size(&self) -> u64 {
        self.0.text.get().len() as u64
    }

    fn refused(&self, reason: String) -> Refused {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Refused { id: text(self.0.head.id()), version: text(self.0.head.version()), reason }
    }
}

/// How to push.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PushOptions {
    /// The largest request body, whatever the server states; `None` to believe the server.
    pub most_octets: Option<u64>,
    /// How long to wait for the server to decide about objects that it has taken in; 2 minutes unless
    /// told otherwise.
    pub deadline: Duration,
    /// The first wait between two looks at a status; it doubles up to 10 seconds.
    pub first_look: Duration,
}

impl Default for PushOptions {
    fn default() -> Self {
        Self { most_octets: None, deadline: Duration::from_secs(120), first_look: Duration::from_millis(500) }
    }
}

/// What became of a push. `accepted`, `refused` and `undecided` add up to the objects that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PushSummary {
    /// Objects that are in the collection.
    pub accepted: u64,
    /// Objects that are not, and why.
    pub refused: Vec<Refused>,
    /// Objects about which the server had not decided in time, or did not say.
    pub undecided: u64,
    /// Requests that the server took.
    pub requests: u64,
    /// Octets in them.
    pub octets: u64,
    /// The ids of their status resources.
    pub statuses: Vec<String>,
}

impl PushSummary {
    /// Is every object in the collection?
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.refused.is_empty() && self.undecided == 0
    }

    /// How many objects were given.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.accepted + self.refused.len() as u64 + self.undecided
    }
}

/// An object that is not in the collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which object; empty if it has no id.
    pub id: String,
    /// Which version; empty if it has none.
    pub version: String,
    /// Why, in the server's words, or in ours if it was not sent.
    pub reason: String,
}

/// A push that did not come to its end.
#[derive(Debug, thiserror::Error)]
#[error("{error}\n  {} objects were accepted before; whether the last request arrived is unknown. Pushing all of them again does no harm", .summary.accepted)]
pub struct PushError {
    /// Why.
    pub error: Error,
    /// What was done before.
    pub summary: Box<PushSummary>,
}

impl From<Error> for PushError {
    fn from(error: Error) -> Self {
        Self { error, summary: Box::default() }
    }
}

impl From<PushError> for Error {
    fn from(stopped: PushError) -> Self {
        stopped.error
    }
}

/// A push under way: see [`Collection::start_push`]. Objects wait until a request is full.
#[derive(Debug)]
pub struct Push {
    collection: Collection,
    options: PushOptions,
    /// What the server takes at a time.
    limit: u64,
    /// What we send at a time.
    target: u64,
    waiting: Vec<Outgoing>,
    waiting_octets: u64,
    /// Requests about which the server had not decided everything.
    pending: Vec<Taken>,
    cuts: u32,
    summary: PushSummary,
}

/// A request that the server took.
#[derive(Debug)]
struct Taken {
    objects: u64,
    status: Status,
}

impl Push {
    pub(crate) async fn start(collection: Collection, options: PushOptions) -> Result<Self, Error> {
        let stated = match options.most_octets {
            Some(octets) => octets,
            None => collection.root().info().await?.max_content_length,
        };
        let limit = if stated < ABSURD && options.most_octets.is_none() { FLOOR } else { stated };
        if limit != stated {
            let warner = collection.root().client().warner();
            warner.warn(&Warning::SmallMaxContentLength { stated, used: limit });
        }
        Ok(Self {
            collection,
            options,
            limit,
            target: limit.min(ENOUGH),
            waiting: Vec::new(),
            waiting_octets: frame(),
            pending: Vec::new(),
            cuts: 0,
            summary: PushSummary::default(),
        })
    }

    /// What is known by now.
    #[must_use]
    pub fn summary(&self) -> &PushSummary {
        &self.summary
    }

    /// Adds an object. Sends what is waiting if the object does not fit in the same request any more.
    /// An object that is too large for any request counts as refused.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses altogether.
    pub async fn add(&mut self, object: impl Into<Outgoing>) -> Result<(), PushError> {
        let object = object.into();
        let size = object.size();
        if size + frame() > self.limit {
            let most = self.limit.saturating_sub(frame());
            self.summary.refused.push(
                object.refused(format!(
                    "not sent: the object has {size} octets, the server takes at most {most} at a time"
                )),
            );
            return Ok(());
        }
        if !self.waiting.is_empty() && self.waiting_octets + size > self.target {
            self.flush().await?;
        }
        self.waiting_octets += size + 1;
        self.waiting.push(object);
        Ok(())
    }

    /// Counts an object that never could be sent, so that the summary has it.
    pub fn refuse(&mut self, id: &str, reason: String) {
        self.summary.refused.push(Refused { id: id.to_owned(), version: String::new(), reason });
    }

    /// Sends what is waiting.
    ///
    /// # Errors
    /// The server cannot be reached, or refuses altogether.
    pub async fn flush(&mut self) -> Result<(), PushError> {
        self.waiting_octets = frame();
        let mut batches = vec![std::mem::take(&mut self.waiting)];
        while let Some(mut batch) = batches.pop().filter(|batch| !batch.is_empty()) {
            let body = body(&batch);
            let octets = body.len();
            let error = match self.send(body).await {
                Ok(status) => {
                    self.take(batch.len() as u64, octets as u64, status);
                    continue;
                }
                Err(error) => error,
            };
            if self.worth_cutting(&error, batch.len(), octets) {
                let second = batch.split_off(batch.len() / 2);
                batches.extend([second, batch]);
            } else if is_about_content(&error) {
                let reason = first_line(&error);
                self.summary.refused.extend(batch.iter().map(|object| object.refused(reason.clone())));
            } else {
                let unsent = batches.iter().map(Vec::len).sum::<usize>() + batch.len();
                self.summary.undecided += unsent as u64;
                return Err(PushError { error, summary: Box::new(self.summary.clone()) });
            }
        }
        Ok(())
    }

    /// Sends what is waiting, and waits until the server has decided, or the deadline is over (§4.3).
    ///
    /// # Errors
    /// The server cannot be reached, or refuses altogether.
    pub async fn finish(mut self) -> Result<PushSummary, PushError> {
        self.flush().await?;
        let deadline = Instant::now() + self.options.deadline;
        for Taken { objects, mut status } in std::mem::take(&mut self.pending) {
            let mut wait = self.options.first_look;
            while status.status == StatusState::Pending && Instant::now() + wait <= deadline {
                sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(10));
                match self.collection.root().status(&status.id.to_string()).await {
                    Ok(later) => status = later,
                    Err(error) => {
                        self.collection.root().client().warner().warn(&Warning::NoStatus(first_line(&error)));
                        break;
                    }
                }
            }
            self.settle(objects, &status);
        }
        Ok(self.summary)
    }

    async fn send(&self, body: Bytes) -> Result<Option<Status>, Error> {
        let client = self.collection.root().client();
        let url = address::below(self.collection.url(), &["objects"])?;
        let answer = client.send(Request::post(url, body)).await?;
        match answer.read::<Status>("a status resource", client.warner()) {
            Ok(status) => Ok(Some(status)),
            Err(error) => {
                client.warner().warn(&Warning::NoStatus(first_line(&error)));
                Ok(None)
            }
        }
    }

    fn take(&mut self, objects: u64, octets: u64, status: Option<Status>) {
        self.summary.requests += 1;
        self.summary.octets += octets;
        let Some(status) = status else {
            self.summary.undecided += objects;
            return;
        };
        self.summary.statuses.push(status.id.to_string());
        match status.status {
            StatusState::Complete => self.settle(objects, &status),
            StatusState::Pending => self.pending.push(Taken { objects, status }),
        }
    }

    /// Counts a request by what its status says in the end. Some servers send no counts, others no
    /// lists: whatever is neither refused nor pending was accepted.
    fn settle(&mut self, objects: u64, status: &Status) {
        let reported = status.failures.iter().map(refused);
        self.summary.refused.extend(reported.take(usize::try_from(objects).unwrap_or(usize::MAX)));
        let named = (status.failures.len() as u64).min(objects);
        let unnamed = status.failure_count.min(objects).saturating_sub(named);
        let reason = format!("the server counts it as failed without naming it; see status {}", status.id);
        let nobody = Refused { id: String::new(), version: String::new(), reason };
        self.summary.refused.extend((0..unnamed).map(|_| nobody.clone()));
        let rest = objects - named - unnamed;
        let undecided = match status.status {
            StatusState::Complete => 0,
            StatusState::Pending => rest.saturating_sub(status.success_count.max(status.successes.len() as u64)),
        };
        self.summary.undecided += undecided;
        self.summary.accepted += rest - undecided;
    }

    /// Would two halves do better?
    fn worth_cutting(&mut self, error: &Error, objects: usize, octets: usize) -> bool {
        let warner = self.collection.root().client().warner();
        if error.is_too_large() && objects > 1 {
            warner.warn(&Warning::BodyTooLarge(octets));
            self.target = self.target.min(octets as u64 / 2).max(frame());
            return true;
        }
        let cut = is_about_content(error) && objects > 1 && self.cuts < MOST_CUTS;
        if cut {
            self.cuts += 1;
            warner.warn(&Warning::Halved(objects));
        }
        cut
    }
}

/// The octets of a request besides the objects and the commas after them.
fn frame() -> u64 {
    (HEAD.len() + TAIL.len()) as u64
}

/// An envelope (§3.7) of these texts, byte for byte.
fn body(batch: &[Outgoing]) -> Bytes {
    let size: u64 = batch.iter().map(|object| object.size() + 1).sum();
    let mut body = Vec::with_capacity(usize::try_from(size + frame()).unwrap_or_default());
    body.extend_from_slice(HEAD);
    for (i, object) in batch.iter().enumerate() {
        if i > 0 {
            body.push(b',');
        }
        body.extend_from_slice(object.0.text.get().as_bytes());
    }
    body.extend_from_slice(TAIL);
    body.into()
}

/// Does the server mind the objects, and not the request as such?
fn is_about_content(error: &Error) -> bool {
    matches!(error.status().map(|status| status.as_u16()), Some(400 | 413 | 422))
}

fn refused(details: &StatusDetails) -> Refused {
    let reason = details.message.clone().unwrap_or_else(|| "the server gives no reason".to_owned());
    Refused { id: details.id.clone(), version: details.version.clone(), reason }
}

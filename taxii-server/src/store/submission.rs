use stix_model::ObjectHead;
use taxii_model::{Status, StatusDetails, StatusState, Timestamp};
use uuid::Uuid;

use super::retention::valid_until;
use super::{CollectionKey, Label, Provenance};

/// The objects of one request, on their way into a collection.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The `id` of the status.
    pub status: Uuid,
    /// The name of the API root.
    pub root: String,
    /// Where to.
    pub collection: CollectionKey,
    /// Who submits.
    pub caller: String,
    /// When the request came in.
    pub received: Timestamp,
    /// What is to be added, in the order of the request.
    pub items: Vec<Item>,
    /// What was refused at the door.
    pub refused: Vec<StatusDetails>,
}

/// One object to add.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Item {
    /// What identifies and versions it.
    pub head: ObjectHead,
    /// Its text.
    pub text: String,
    /// What the submitter is told if it becomes a new entry: warnings about it.
    pub note: Option<String>,
    /// What its markings are.
    pub label: Label,
    /// How it came, if that is not just that somebody submitted it. It is kept with the entry, in the same transaction.
    pub provenance: Option<Provenance>,
}

impl Item {
    /// An object about which there is nothing to tell.
    #[must_use]
    pub fn new(head: ObjectHead, text: String) -> Self {
        let label = Label::of(&text);
        Self { head, text, note: None, label, provenance: None }
    }

    /// Did another server give it to this one?
    #[must_use]
    pub fn is_from_elsewhere(&self) -> bool {
        self.provenance.as_ref().is_some_and(Provenance::is_from_elsewhere)
    }

    /// Until when the object is valid, if it is an indicator that says so.
    #[must_use]
    pub fn valid_until(&self) -> Option<Timestamp> {
        valid_until(self.head.id.object_type(), &self.text)
    }
}

/// What became of one item (AMB-08).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is a new entry of this version.
    Added(String),
    /// The collection already had it, as this version; nothing changed.
    Unchanged(String),
    /// The collection has this version with other content.
    Conflict(String),
    /// This version was deleted, and an exchange does not bring it back.
    Deleted(String),
}

/// What became of a submission.
#[derive(Clone, Debug)]
pub struct Told {
    /// What its sender is told.
    pub status: Status,
    /// The stamps of the new entries, for the log of who did what; none if they are not known.
    pub stamps: Vec<Timestamp>,
    /// What became of each item, in their order; none if that is not known.
    pub outcomes: Vec<Outcome>,
}

/// The stamps of the new entries of a submission: those that follow on the beginning of its batch, of which the last is moved to the
/// end.
pub(crate) fn stamps(outcomes: &[Outcome], end: Timestamp) -> Vec<Timestamp> {
    let micros = |n: usize| i64::try_from(n).unwrap_or_default();
    let begin = end.as_micros() - micros(outcomes.len());
    let new = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Added(_))).count();
    let mut stamps: Vec<Timestamp> = (1..=new).map(|n| Timestamp::from_micros(begin + micros(n))).collect();
    if let Some(last) = stamps.last_mut() {
        *last = end;
    }
    stamps
}

/// The entry added last was moved to the end of its batch, and its version is its date added.
pub(crate) struct Redated {
    pub(crate) from: String,
    pub(crate) to: String,
}

impl Redated {
    /// Corrects what was noted before the move. No two entries of a collection have one date, so a
    /// version of that text can only be this one.
    pub(crate) fn correct(&self, outcomes: &mut [Outcome]) {
        for outcome in outcomes {
            if let Outcome::Added(version) | Outcome::Unchanged(version) = outcome
                && *version == self.from
            {
                version.clone_from(&self.to);
            }
        }
    }
}

impl Submission {
    /// The status to keep and to answer with; `outcomes` are those of the items, in their order.
    #[must_use]
    pub fn status(&self, outcomes: Vec<Outcome>) -> Status {
        let mut successes = Vec::with_capacity(outcomes.len());
        let mut failures = self.refused.clone();
        for (item, outcome) in self.items.iter().zip(outcomes) {
            let details = |version, message: Option<&str>| StatusDetails {
                id: item.head.id.to_string(),
                version,
                message: message.map(str::to_owned),
            };
            match outcome {
                // Whether it was there before is nothing that somebody who may only write is told: without the right
                // to read there are no notes.
                Outcome::Added(version) => successes.push(details(version, item.note.as_deref())),
                Outcome::Unchanged(version) => successes.push(details(version, None)),
                Outcome::Conflict(version) => failures.push(details(version, Some(CONFLICT))),
                Outcome::Deleted(version) => failures.push(details(version, Some(DELETED))),
            }
        }
        Status {
            id: self.status,
            status: StatusState::Complete,
            request_timestamp: Some(self.received),
            total_count: count(&successes) + count(&failures),
            success_count: count(&successes),
            successes,
            failure_count: count(&failures),
            failures,
            pending_count: 0,
            pendings: Vec::new(),
        }
    }
}

const CONFLICT: &str = "version-conflict at /modified: the collection has this version of the object with other content; \
                        a changed object needs a later modified";

/// As [`CONFLICT`], for what was deleted.
const DELETED: &str = "deleted: this version was deleted here, and stays so; a later version is welcome";

fn count(details: &[StatusDetails]) -> u64 {
    details.len() as u64
}

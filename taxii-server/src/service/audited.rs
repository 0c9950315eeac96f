//! What of a session is recorded, if anything is (see [`crate::audit`]).

use std::sync::Arc;

use serde_json::json;
use taxii_model::{Endpoint, Status, Timestamp};

use super::ingest::Brought;
use super::sights::Limited;
use super::{Answer, ErrorKind, Presented, Proof, Reach, Result, Service, ServiceError, Session};
use crate::audit::{Journal, Record, Runs, action};
use crate::sharing::{Governing, Shared};
use crate::store::{Gone, Outcome, Partner, Texts};

impl Service {
    /// Wrong credentials.
    pub(super) fn locked_out(&self, presented: &Presented) -> ServiceError {
        let credentials = match &presented.proof {
            Proof::Some(credentials) => Some(credentials),
            _ => None,
        };
        if let Some(journal) = self.journal() {
            journal.locked_out(credentials, presented.origin.address);
        }
        let wait = credentials.and_then(|credentials| self.authenticator.wait(credentials, presented.origin));
        wait.map_or_else(ServiceError::unauthorized, ServiceError::too_many_failures)
    }
}

pub(super) fn unrecorded() -> ServiceError {
    ServiceError::new(
        ErrorKind::Unavailable,
        "nothing is served that cannot be recorded, and the record cannot be written at the moment; please try again later",
    )
}

impl Session<'_> {
    fn journal(&self) -> Option<&Arc<Journal>> {
        self.service.journal()
    }

    /// Fails if what is about to be done has to be recorded and cannot.
    pub(super) fn must_be_recorded(&self) -> Result<()> {
        match self.journal() {
            Some(journal) if journal.is_stuck() => Err(unrecorded()),
            _ => Ok(()),
        }
    }

    /// Which entries an envelope has: those that are whole, and those without what the caller may not see.
    pub(super) fn runs(&self, reach: &Reach<'_>, texts: &Texts, limited: Option<&Arc<Limited>>) -> Vec<Arc<Runs>> {
        if self.journal().is_none() {
            return Vec::new();
        }
        let is_redacted =
            |label: Option<i64>| label.zip(limited).is_some_and(|(label, limited)| limited.redacts(label));
        let runs = [false, true].map(|redacted| {
            let these = texts.labelled().filter(|(_, _, label)| is_redacted(*label) == redacted);
            Runs::of(reach.collection.key, &reach.root.name, these.map(|(added, ..)| added)).redacted(redacted)
        });
        runs.into_iter().filter(|runs| !runs.is_empty()).map(Arc::new).collect()
    }

    /// This page is about to be sent, or, if it is not `whole`, the news that the caller has it already.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if it has to be recorded and cannot be: then it must not be sent.
    pub fn sent(&self, reach: &Reach<'_>, endpoint: Endpoint, answer: &Answer, whole: bool) -> Result<()> {
        let Some(journal) = self.journal() else { return Ok(()) };
        for runs in answer.runs.iter().filter(|_| whole) {
            if journal.delivered(self.shared_caller(), self.origin().address, runs) {
                return Err(unrecorded());
            }
        }
        if endpoint == Endpoint::Objects {
            journal.polled(self.shared_caller(), reach.collection.key, answer.position(), !answer.more);
        }
        Ok(())
    }

    pub(super) fn forbidden(&self, reach: &Reach<'_>, why: &'static str) {
        if let Some(journal) = self.journal() {
            let address = self.origin().address;
            journal.forbidden(self.caller(), address, &reach.root.name, reach.collection.key, why);
        }
    }

    pub(super) fn added(&self, reach: &Reach<'_>, status: &Status, stamps: Vec<Timestamp>) {
        let Some(journal) = self.journal() else { return };
        let runs = Runs::of(reach.collection.key, &reach.root.name, stamps);
        let details = json!({"runs": runs.written(), "status": status.id, "refused": status.failure_count});
        let (first, last) = runs.ends().unzip();
        self.done(journal, reach, action::ADDED, (first, last), &details);
    }

    pub(super) fn deleted(&self, reach: &Reach<'_>, object: &str, removed: u64, gone: &[Gone]) {
        let Some(journal) = self.journal() else { return };
        let (first, last) = (gone.iter().map(|gone| gone.added).min(), gone.iter().map(|gone| gone.added).max());
        let versions: Vec<_> = gone.iter().map(|gone| json!([gone.added.as_micros(), gone.version])).collect();
        let details = json!({"object": object, "removed": removed, "versions": versions});
        self.done(journal, reach, action::DELETED, (first, last), &details);
    }

    /// What was taken from another server.
    pub(super) fn taken(&self, records: Vec<Record>) {
        let Some(journal) = self.journal() else { return };
        let who = journal.record(self.caller(), self.origin().address, action::ADDED, &json!({}));
        for record in records {
            let (account, credential, address) = (who.account.clone(), who.credential.clone(), who.address.clone());
            journal.done(Record { at: who.at, account, credential, address, ..record });
        }
    }

    /// What a partner brought itself, for the report of the agreement that binds it.
    pub(super) fn brought(&self, governing: &Governing, reach: &Reach<'_>, brought: Brought, outcomes: &[Outcome]) {
        let mut shared = Shared::default();
        brought.refused.into_iter().for_each(|rule| *shared.refused.entry(rule.to_owned()).or_default() += 1);
        for ((id, version, level), outcome) in brought.items.iter().zip(outcomes) {
            match outcome {
                Outcome::Added(_) => shared.added(id, version, *level),
                Outcome::Unchanged(_) => shared.known += 1,
                Outcome::Conflict(_) | Outcome::Deleted(_) => shared.conflicts += 1,
            }
        }
        let from = self.caller().name.as_deref().unwrap_or_default();
        self.taken(governing.record(shared, reach.collection, &format!("account {from}")).into_iter().collect());
    }

    /// A server was found to be spoken for by the caller.
    pub(super) fn bound(&self, partner: &Partner) {
        let Some(journal) = self.journal() else { return };
        let details = json!({"change": "set-partner", "holder": partner.holder, "server": partner.server});
        journal.done(journal.record(self.caller(), self.origin().address, action::CHANGED, &details));
    }

    fn done(
        &self,
        journal: &Journal,
        reach: &Reach<'_>,
        action: &'static str,
        (first, last): (Option<Timestamp>, Option<Timestamp>),
        details: &serde_json::Value,
    ) {
        journal.done(Record {
            root: Some(reach.root.name.clone()),
            collection: Some(reach.collection.key),
            first,
            last,
            ..journal.record(self.caller(), self.origin().address, action, details)
        });
    }
}

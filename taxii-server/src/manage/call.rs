use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::problem::Problem;
use super::route::Replied;
use super::{Managed, Within};
use crate::store::{Actor, Change, Directory, StoreError, Terms};

/// One request of an administrator, as far as it is understood: the path, the query and the form of the body are right.
pub(super) struct Call {
    pub(super) within: Arc<Within>,
    pub(super) by: Actor,
    pub(super) parameters: BTreeMap<&'static str, String>,
    pub(super) query: BTreeMap<&'static str, String>,
    pub(super) if_match: Option<String>,
    pub(super) body: Value,
}

/// What becomes of a call.
pub(super) type Outcome = Result<Replied, Problem>;

impl Call {
    pub(super) fn store(&self) -> &dyn Managed {
        &*self.within.store
    }

    /// A part of the path, decoded.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// A part of the path that is an id; nothing has another one.
    pub(super) fn id(&self, name: &str) -> Result<Uuid, Problem> {
        let text = self.parameter(name);
        Uuid::try_parse(text).map_err(|_| Problem::not_found(format!("{text:?} is no id: expected a UUID")))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.text(name)?.parse().ok()
    }

    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name)?.parse().ok()
    }

    /// The body as what it says.
    pub(super) fn body<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        read(std::mem::take(&mut self.body))
    }

    pub(super) async fn directory(&self) -> Result<Directory, Problem> {
        Ok(self.store().directory().await?)
    }

    /// Makes these changes, all or none.
    pub(super) async fn change(&self, changes: &[Change]) -> Result<(), Problem> {
        self.change_if(changes, Terms::default()).await
    }

    pub(super) async fn change_if(&self, changes: &[Change], terms: Terms) -> Result<(), Problem> {
        changes.iter().enumerate().try_for_each(|(at, change)| {
            let place = if changes.len() > 1 { format!("/changes/{at}") } else { String::new() };
            super::check::check(change, &place)
        })?;
        Ok(self.store().change_if(&self.by, changes, terms).await?)
    }

    /// Reads something, decides by it what to change, and changes it, unless anybody has changed anything in between; then all of that again.
    /// So nobody's change is lost, whoever else changes, in whichever process.
    pub(super) async fn update<T>(
        &self,
        decide: impl AsyncFn(&Self) -> Result<(Vec<Change>, T), Problem>,
    ) -> Result<T, Problem> {
        const ATTEMPTS: usize = 20;
        for _ in 0..ATTEMPTS {
            let revision = self.store().revision().await?;
            let (changes, told) = decide(self).await?;
            if changes.is_empty() {
                return Ok(told);
            }
            changes.iter().try_for_each(|change| super::check::check(change, ""))?;
            let terms = Terms { revision: Some(revision), ..Terms::default() };
            match self.store().change_if(&self.by, &changes, terms).await {
                Err(StoreError::Changed) => {}
                done => return Ok(done.map(|()| told)?),
            }
        }
        Err(Problem::busy("others change so much at this moment that this had no turn; try again"))
    }
}

/// A JSON value as what it says; its form was checked before.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| Problem::wrong("", error.to_string()))
}

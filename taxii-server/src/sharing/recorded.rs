use std::collections::BTreeMap;

use serde_json::json;
use sharing::flow::Outcome;
use taxii_model::Timestamp;

use super::take::Taken;
use crate::audit::{Record, Runs, action};
use crate::store::Collection;

/// Under what something was taken.
pub(crate) struct Terms<'t> {
    /// The flow, if it was not sent by somebody who called.
    pub(crate) flow: Option<&'t str>,
    /// The server that gave it.
    pub(crate) server: Option<&'t str>,
    pub(crate) agreement: Option<&'t str>,
}

/// What the log says of what was taken: what is new with all that was refused, and what is gone.
pub(crate) fn records(taken: &Taken, collection: &Collection, terms: &Terms<'_>, now: Timestamp) -> Vec<Record> {
    let mut refused: BTreeMap<&str, u64> = BTreeMap::new();
    for outcome in &taken.outcomes {
        match outcome {
            Outcome::Refused { rule, .. } => *refused.entry(rule).or_default() += 1,
            Outcome::Conflict { .. } => *refused.entry("version-conflict").or_default() += 1,
            Outcome::Added | Outcome::Known | Outcome::Deleted => {}
        }
    }
    let by = |details: serde_json::Value| {
        let mut details = details;
        if let Some(details) = details.as_object_mut() {
            for (name, value) in [("flow", terms.flow), ("server", terms.server), ("agreement", terms.agreement)] {
                details.extend(value.map(|value| (name.to_owned(), value.into())));
            }
        }
        details
    };
    let of = |action, details, first, last| Record {
        root: Some(collection.root.clone()),
        collection: Some(collection.key),
        first,
        last,
        ..Record::new(now, action, &by(details))
    };
    let mut records = Vec::new();
    if !taken.stamps.is_empty() || !refused.is_empty() {
        let runs = Runs::of(collection.key, &collection.root, taken.stamps.iter().copied());
        let total: u64 = refused.values().sum();
        let (first, last) = runs.ends().unzip();
        let details = json!({"runs": runs.written(), "refused": total, "rules": refused});
        records.push(of(action::ADDED, details, first, last));
    }
    for (id, gone) in &taken.gone {
        let versions: Vec<_> = gone.iter().map(|(added, version)| json!([added.as_micros(), version])).collect();
        let (first, last) = (gone.iter().map(|gone| gone.0).min(), gone.iter().map(|gone| gone.0).max());
        let details = json!({"object": id, "removed": gone.len(), "versions": versions});
        records.push(of(action::DELETED, details, first, last));
    }
    records
}

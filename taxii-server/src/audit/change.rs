use serde_json::{Value, json};
use taxii_model::Timestamp;

use super::{Record, action};
use crate::store::{Actor, Change};

/// The record of something that an administrator did and that is no [`Change`]: about a flow, an agreement, a partner. `what` says it in
/// one line, without secrets.
#[must_use]
pub fn noted(at: Timestamp, by: &Actor, what: &str) -> Record {
    record(at, by, &json!({"by": by.kind, "what": what}))
}

/// The records of what an administrator has changed: one for each change, without secrets.
pub(crate) fn changes(at: Timestamp, by: &Actor, changes: &[Change]) -> Vec<Record> {
    let one = |change: &Change| record(at, by, &json!({"by": by.kind, "what": change.to_string(), "change": change}));
    changes.iter().map(one).collect()
}

fn record(at: Timestamp, by: &Actor, details: &Value) -> Record {
    Record {
        account: Some(by.name.clone()),
        credential: by.credential.clone(),
        address: by.address.map(|address| address.to_string()),
        ..Record::new(at, action::CHANGED, details)
    }
}

use serde_json::json;
use taxii_model::Timestamp;

use super::{Record, action};
use crate::store::{Actor, Change};

/// The records of what an administrator has changed: one for each change, without secrets.
pub(crate) fn changes(at: Timestamp, by: &Actor, changes: &[Change]) -> Vec<Record> {
    let record = |change: &Change| Record {
        account: Some(by.name.clone()),
        credential: by.credential.clone(),
        address: by.address.map(|address| address.to_string()),
        ..Record::new(at, action::CHANGED, &json!({"by": by.kind, "what": change.to_string(), "change": change}))
    };
    changes.iter().map(record).collect()
}

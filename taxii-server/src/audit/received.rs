use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use taxii_model::Timestamp;

use super::{Log, Record, Written, action};
use crate::store::{CollectionKey, Result};

/// Somebody received a version of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Received {
    /// From which collection.
    #[serde(serialize_with = "number")]
    pub collection: CollectionKey,
    /// Which version.
    pub version: String,
    /// When that was added; not known of a version that is no longer there when a flow brought it.
    pub added: Option<Timestamp>,
    /// When it was removed, if it was.
    pub removed: Option<Timestamp>,
    /// Whose account; none for whoever did not log in.
    pub account: Option<String>,
    /// With which credential.
    pub credential: Option<String>,
    /// At which address.
    pub address: Option<String>,
    /// Without what the recipient may not see?
    pub redacted: bool,
    /// When for the first time.
    pub first: Timestamp,
    /// When for the last time.
    pub last: Timestamp,
    /// In how many intervals of the log, or by how many deliveries of a flow.
    pub times: u64,
    /// If a flow brought it somewhere: what and where to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brought: Option<Brought>,
}

/// What a flow brought to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Brought {
    /// The flow.
    pub flow: String,
    /// The place that it went to.
    pub to: String,
    /// The party that is there.
    pub partner: Option<String>,
    /// The agreement that it went under.
    pub agreement: Option<String>,
    /// What it was made into, if it was.
    pub r#as: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn number<S: serde::Serializer>(key: &CollectionKey, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_i64(key.0)
}

/// What a record says about objects.
#[derive(Default, Deserialize)]
pub(super) struct Delivered {
    #[serde(default)]
    pub(super) runs: Written,
    #[serde(default)]
    pub(super) to: BTreeSet<i64>,
    #[serde(default)]
    pub(super) redacted: bool,
}

impl Delivered {
    pub(super) fn of(record: &Record) -> Option<Self> {
        if record.action != action::DELIVERED {
            return None;
        }
        serde_json::from_str(&record.details).ok()
    }
}

/// When something happened for the first and the last time, and how often.
#[derive(Clone, Copy)]
struct When {
    first: Timestamp,
    last: Timestamp,
    times: u64,
}

/// Who received the object, in whichever version, from whichever collection: exactly those to whom a page was sent that had it, in order of
/// collection, version and time.
///
/// # Errors
/// The log cannot be read.
pub async fn who_received<L: Log + ?Sized>(log: &L, object: &str) -> Result<Vec<Received>> {
    let mut all: BTreeMap<Key, Received> = BTreeMap::new();
    for seen in log.sightings(object).await? {
        let mut to: BTreeMap<(i64, bool), When> = BTreeMap::new();
        for entry in log.entries_around(seen.collection, seen.added).await? {
            let (Some(delivered), Some(first)) = (Delivered::of(&entry.record), entry.record.first) else { continue };
            if delivered.runs.has(first, seen.added) {
                let at = entry.record.at;
                for number in delivered.to {
                    let new = When { first: at, last: at, times: 0 };
                    let when = to.entry((number, delivered.redacted)).or_insert(new);
                    *when = When { first: when.first.min(at), last: when.last.max(at), times: when.times + 1 };
                }
            }
        }
        let numbers: BTreeSet<i64> = to.keys().map(|(number, _)| *number).collect();
        let numbers: Vec<i64> = numbers.into_iter().collect();
        let known: BTreeMap<i64, Record> = log.recipients(&numbers).await?.into_iter().collect();
        for ((number, redacted), when) in to {
            let unknown =
                || Record { account: Some(format!("recipient {number}, who is not in the log")), ..Record::default() };
            let who = known.get(&number).cloned().unwrap_or_else(unknown);
            let received = Received {
                collection: seen.collection,
                version: seen.version.clone(),
                added: Some(seen.added),
                removed: seen.removed,
                account: who.account,
                credential: who.credential,
                address: who.address,
                redacted,
                first: when.first,
                last: when.last,
                times: when.times,
                brought: None,
            };
            merge(&mut all, received);
        }
    }
    Ok(all.into_values().collect())
}

type Key = (i64, Option<Timestamp>, Option<String>, Option<String>, Option<String>, bool);

/// One recipient may have had several numbers.
fn merge(all: &mut BTreeMap<Key, Received>, more: Received) {
    let key = (
        more.collection.0,
        more.added,
        more.account.clone(),
        more.credential.clone(),
        more.address.clone(),
        more.redacted,
    );
    match all.get_mut(&key) {
        None => drop(all.insert(key, more)),
        Some(known) => {
            known.first = known.first.min(more.first);
            known.last = known.last.max(more.last);
            known.times += more.times;
        }
    }
}

//! The rows of the log, and what they mean. The same on every engine.

use diesel::prelude::*;
use taxii_model::Timestamp;

use crate::audit::{Entry, Poller, Record};
use crate::store::CollectionKey;
use crate::store::schema::{audit, pollers};

#[derive(Queryable, Insertable)]
#[diesel(table_name = audit)]
pub(in crate::store) struct AuditRow {
    number: i64,
    at: i64,
    action: String,
    account: Option<String>,
    credential: Option<String>,
    address: Option<String>,
    root: Option<String>,
    collection: Option<i64>,
    first: Option<i64>,
    last: Option<i64>,
    span: Option<i32>,
    details: String,
    hash: String,
}

impl From<AuditRow> for Entry {
    fn from(row: AuditRow) -> Self {
        let record = Record {
            at: Timestamp::from_micros(row.at),
            action: row.action.into(),
            account: row.account,
            credential: row.credential,
            address: row.address,
            root: row.root,
            collection: row.collection.map(CollectionKey),
            first: row.first.map(Timestamp::from_micros),
            last: row.last.map(Timestamp::from_micros),
            details: row.details,
        };
        Self { number: row.number, record, span: row.span, hash: row.hash }
    }
}

impl From<&Entry> for AuditRow {
    fn from(entry: &Entry) -> Self {
        let record = &entry.record;
        Self {
            number: entry.number,
            at: record.at.as_micros(),
            action: record.action.to_string(),
            account: record.account.clone(),
            credential: record.credential.clone(),
            address: record.address.clone(),
            root: record.root.clone(),
            collection: record.collection.map(|key| key.0),
            first: record.first.map(Timestamp::as_micros),
            last: record.last.map(Timestamp::as_micros),
            span: entry.span,
            details: record.details.clone(),
            hash: entry.hash.clone(),
        }
    }
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = pollers, treat_none_as_null = true)]
pub(in crate::store) struct PollerRow {
    collection: i64,
    account: String,
    polled: i64,
    position: i64,
    polls: i64,
    caught_up: Option<i64>,
    every: Option<i64>,
}

impl From<PollerRow> for Poller {
    fn from(row: PollerRow) -> Self {
        Self {
            collection: CollectionKey(row.collection),
            account: row.account,
            polled: Timestamp::from_micros(row.polled),
            position: Timestamp::from_micros(row.position),
            polls: u64::try_from(row.polls).unwrap_or_default(),
            caught_up: row.caught_up.map(Timestamp::from_micros),
            every: row.every,
        }
    }
}

impl From<&Poller> for PollerRow {
    fn from(poller: &Poller) -> Self {
        Self {
            collection: poller.collection.0,
            account: poller.account.clone(),
            polled: poller.polled.as_micros(),
            position: poller.position.as_micros(),
            polls: i64::try_from(poller.polls).unwrap_or(i64::MAX),
            caught_up: poller.caught_up.map(Timestamp::as_micros),
            every: poller.every,
        }
    }
}

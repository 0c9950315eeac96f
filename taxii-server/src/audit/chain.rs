use std::fmt;

use ring::{digest, hmac};

use super::record::{Entry, Head, Record, action};
use crate::auth::{hex, unhex};
use crate::store::{Result, StoreError};

/// How records are chained: each hash is made over the one before it and everything that the record says. Without a key
/// (SHA-256), whoever can write to the database can write the whole chain anew; with one (HMAC-SHA-256), only who knows the key can.
#[derive(Clone, Default)]
pub struct Chain {
    key: Option<hmac::Key>,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.key.is_some() { "Chain(with a key)" } else { "Chain(without a key)" })
    }
}

/// What an encoding begins with: another encoding would begin with something else.
const FORM: &[u8] = b"taxii-audit-1";

impl Chain {
    /// Without a key.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// With a key.
    #[must_use]
    pub fn keyed(key: &[u8]) -> Self {
        Self { key: Some(hmac::Key::new(hmac::HMAC_SHA256, key)) }
    }

    /// Has it a key?
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The hash of a record behind one with the hash `before`, both in hex.
    #[must_use]
    pub fn link(&self, before: &str, number: i64, record: &Record, span: Option<i32>) -> String {
        let encoded = encode(before, number, record, span);
        match &self.key {
            None => hex(digest::digest(&digest::SHA256, &encoded).as_ref()),
            Some(key) => hex(hmac::sign(key, &encoded).as_ref()),
        }
    }

    /// Is this the entry that stands behind one with the hash `before`?
    #[must_use]
    pub fn follows(&self, before: &str, entry: &Entry) -> bool {
        self.link(before, entry.number, &entry.record, entry.span) == entry.hash
    }

    /// Numbers and hashes records behind the head. `last` is the record at the head, to tell whether it was made in the same way: a
    /// chain without a key goes on with one behind a record that says so, and never the other way round.
    ///
    /// # Errors
    /// The chain was made with another key.
    pub(crate) fn extend(&self, head: &Head, last: Option<&Last>, records: Vec<Record>) -> Result<Vec<Entry>> {
        let mut all = Vec::with_capacity(records.len() + 1);
        let with_key = match last {
            None => false,
            Some(last) if self.follows(&last.before, &last.entry) => self.has_key(),
            Some(last) if Self::plain().follows(&last.before, &last.entry) => false,
            Some(_) => return Err(StoreError::failed(WRONG_KEY)),
        };
        let at = records.first().map(|record| record.at).unwrap_or_default();
        if self.has_key() && !with_key {
            all.push(Record::new(at, action::KEYED, &serde_json::json!({})));
        }
        all.extend(records);
        let (mut number, mut before) = (head.number, head.hash.clone());
        let entries = all.into_iter().map(|record| {
            number += 1;
            let span = record.span();
            before = self.link(&before, number, &record, span);
            Entry { number, record, span, hash: before.clone() }
        });
        Ok(entries.collect())
    }
}

/// The record at the head, with the hash before it.
pub(crate) struct Last {
    pub(crate) before: String,
    pub(crate) entry: Entry,
}

pub(crate) const WRONG_KEY: &str = "the log was made with another key than `audit.key`, or its last record was changed; `taxii-server audit verify` tells more";

/// Unambiguous: each column says what it is and how long it is.
fn encode(before: &str, number: i64, record: &Record, span: Option<i32>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256 + record.details.len());
    bytes.extend_from_slice(FORM);
    let mut put_text = |text: Option<&[u8]>| match text {
        None => bytes.push(0),
        Some(text) => {
            bytes.push(1);
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text);
        }
    };
    put_text(Some(&unhex(before).unwrap_or_default()));
    let number_text = |number: i64| number.to_be_bytes();
    put_text(Some(&number_text(number)));
    put_text(Some(&number_text(record.at.as_micros())));
    put_text(Some(record.action.as_bytes()));
    for text in [&record.account, &record.credential, &record.address, &record.root] {
        put_text(text.as_deref().map(str::as_bytes));
    }
    let (first, last) =
        (record.first.map(taxii_model::Timestamp::as_micros), record.last.map(taxii_model::Timestamp::as_micros));
    for number in [record.collection.map(|key| key.0), first, last, span.map(i64::from)] {
        put_text(number.map(number_text).as_ref().map(<[u8; 8]>::as_slice));
    }
    put_text(Some(record.details.as_bytes()));
    bytes
}

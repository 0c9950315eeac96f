//! The rows of deletions and conflicts, and what they mean. The same on every engine.

use diesel::prelude::*;
use taxii_model::Timestamp;

use crate::store::memory::stix_timestamp;
use crate::store::schema::{conflicts, deletions};
use crate::store::{CollectionKey, Conflict, Provenance, batch_end};

/// A version that was deleted on purpose.
pub(in crate::store) struct Deletion {
    pub(in crate::store) id: String,
    /// As servers tell each other.
    pub(in crate::store) version: String,
    pub(in crate::store) label: i64,
    /// How the deletion came.
    pub(in crate::store) provenance: Option<String>,
    /// How the entry had come.
    pub(in crate::store) entry: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = deletions)]
pub(in crate::store) struct DeletionRow {
    collection: i64,
    stamp: i64,
    id: String,
    version: String,
    label: i64,
    provenance: Option<String>,
    entry: Option<String>,
}

impl Deletion {
    pub(in crate::store) fn row(self, collection: CollectionKey, stamp: i64) -> DeletionRow {
        let Self { id, version, label, provenance, entry } = self;
        DeletionRow { collection: collection.0, stamp, id, version, label, provenance, entry }
    }
}

/// Each with its stamp: they are given out as those of entries are.
pub(in crate::store) fn stamped(
    all: Vec<Deletion>,
    clock: Timestamp,
    now: Timestamp,
) -> impl Iterator<Item = (i64, Deletion)> {
    let begin = batch_end(clock, now, all.len()).as_micros() - i64::try_from(all.len()).unwrap_or_default();
    (begin + 1..).zip(all)
}

/// An entry that is about to be deleted.
pub(in crate::store) struct Doomed {
    pub(in crate::store) added: i64,
    pub(in crate::store) version: String,
    pub(in crate::store) key: String,
    pub(in crate::store) label: i64,
    pub(in crate::store) provenance: Option<String>,
}

/// The columns of [`Doomed`].
pub(in crate::store) type DoomedRow = (i64, String, String, i64, Option<String>);

impl From<DoomedRow> for Doomed {
    fn from((added, version, key, label, provenance): DoomedRow) -> Self {
        Self { added, version, key, label, provenance }
    }
}

impl Doomed {
    /// How it came, if another server gave it: then telling of its deletion is that server's.
    pub(in crate::store) fn entry(&self) -> Option<String> {
        self.provenance.clone().filter(|text| Provenance::read(text).is_from_elsewhere())
    }

    /// Is its version its date added?
    pub(in crate::store) fn is_dated(&self) -> bool {
        stix_timestamp(Timestamp::from_micros(self.added)).to_string() == self.version
    }
}

#[derive(Insertable)]
#[diesel(table_name = conflicts)]
pub(in crate::store) struct ConflictRow<'c> {
    collection: i64,
    digest: &'c str,
    id: &'c str,
    version: &'c str,
    kept: &'c str,
    body: Option<&'c str>,
    source: &'c str,
    at: i64,
}

impl<'c> ConflictRow<'c> {
    pub(in crate::store) fn of(conflict: &'c Conflict, collection: CollectionKey) -> Self {
        Self {
            collection: collection.0,
            digest: &conflict.digest,
            id: &conflict.id,
            version: &conflict.version,
            kept: &conflict.kept,
            body: conflict.refused.as_deref(),
            source: &conflict.source,
            at: conflict.at.as_micros(),
        }
    }
}

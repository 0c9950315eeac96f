use std::collections::HashSet;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use stix_model::same_content;
use taxii_model::{Status, Timestamp};

use super::audit::bury;
use super::exchange::{doomed as prepare, keep};
use super::labelling;
use super::pages::stamps_of;
use super::standing::settle;
use crate::store::exchange::{full, is_version};
use crate::store::memory::stix_timestamp;
use crate::store::schema::{conflicts, deletions, marks, objects, statuses};
use crate::store::sql::deletions::{ConflictRow, Doomed, DoomedRow};
use crate::store::sql::edition_number;
use crate::store::sql::labels::Numbering;
use crate::store::{
    CollectionKey, Conflict, Gone, Item, Outcome, Provenance, Redated, Result, Selection, Sight, StoreError,
    Submission, Told, UNREAD, batch_end, content_version, stamps,
};

/// Adds the items of a submission and keeps its status, in the transaction that is open.
pub(super) fn add(connection: &mut SqliteConnection, submission: &Submission, now: Timestamp) -> Result<Told> {
    let mut batch = Batch::begin(connection, submission, now)?;
    let mut outcomes = Vec::with_capacity(submission.items.len());
    for item in &submission.items {
        outcomes.push(batch.add(connection, item)?);
    }
    let end = batch.end;
    keep_conflicts(connection, submission.collection, &batch.conflicts)?;
    if let Some(redated) = batch.end(connection)? {
        redated.correct(&mut outcomes);
    }
    let stamps = stamps(&outcomes, end);
    let status = submission.status(outcomes.clone());
    keep_status(connection, submission, &status, now)?;
    Ok(Told { status, stamps, outcomes })
}

/// Keeps what was refused because there is other content, as far as there is room.
fn keep_conflicts(connection: &mut SqliteConnection, collection: CollectionKey, all: &[Conflict]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let kept = conflicts::table.filter(conflicts::collection.eq(collection.0)).count();
    let kept = usize::try_from(kept.get_result::<i64>(connection)?).unwrap_or(usize::MAX);
    let mut room = Conflict::MOST.saturating_sub(kept);
    for conflict in all {
        if room == 0 {
            full(conflict);
            continue;
        }
        let row = diesel::insert_into(conflicts::table).values(ConflictRow::of(conflict, collection));
        room -= row.on_conflict_do_nothing().execute(connection)?.min(room);
    }
    Ok(())
}

fn keep_status(
    connection: &mut SqliteConnection,
    submission: &Submission,
    status: &Status,
    now: Timestamp,
) -> Result<()> {
    diesel::insert_into(statuses::table)
        .values((
            statuses::id.eq(status.id.to_string()),
            statuses::root.eq(&submission.root),
            statuses::caller.eq(&submission.caller),
            statuses::completed.eq(now.as_micros()),
            statuses::body.eq(serde_json::to_string(status).map_err(StoreError::failed)?),
        ))
        .execute(connection)?;
    Ok(())
}

/// The items of one submission on their way in. They take consecutive stamps up to `end`.
struct Batch {
    collection: CollectionKey,
    end: Timestamp,
    /// The stamp of the item added last.
    stamp: i64,
    /// Objects that have an entry, from before or from this batch. All others are new for certain.
    known: HashSet<String>,
    /// Is the version of the item added last its date added?
    last_is_dated: Option<bool>,
    superseded: bool,
    numbering: Numbering,
    caller: String,
    received: Timestamp,
    conflicts: Vec<Conflict>,
}

impl Batch {
    fn begin(connection: &mut SqliteConnection, submission: &Submission, now: Timestamp) -> Result<Self> {
        let collection = submission.collection;
        let clock = marks::table.find(collection.0).select(marks::clock).get_result::<i64>(connection).optional()?;
        let clock = clock.ok_or_else(|| StoreError::Missing("collection: it has been removed".to_owned()))?;
        let n = submission.items.len();
        let end = batch_end(Timestamp::from_micros(clock), now, n);
        let stamp = end.as_micros() - i64::try_from(n).unwrap_or_default();
        let known = known(connection, collection, &submission.items)?;
        let numbering = Numbering::default();
        let (caller, received, conflicts) = (submission.caller.clone(), submission.received, Vec::new());
        let (last_is_dated, superseded) = (None, false);
        Ok(Self { collection, end, stamp, known, last_is_dated, superseded, numbering, caller, received, conflicts })
    }

    fn add(&mut self, connection: &mut SqliteConnection, item: &Item) -> Result<Outcome> {
        let id = item.head.id.as_str();
        let known = self.known.contains(id);
        if known && let Some(outcome) = self.compare(connection, item)? {
            return Ok(outcome);
        }
        if let Some(version) = self.deleted(connection, item)? {
            return Ok(Outcome::Deleted(version));
        }
        self.stamp += 1;
        let dated = item.head.version().is_none();
        let version = match item.head.version() {
            Some(version) => version.clone(),
            None => stix_timestamp(Timestamp::from_micros(self.stamp)),
        };
        let key = version.sort_key();
        let label = labelling::number(connection, self.collection.0, &mut self.numbering, &item.label)?;
        let is_mixed = known && mix(connection, self.collection, id, label)?;
        diesel::insert_into(objects::table)
            .values((
                objects::collection.eq(self.collection.0),
                objects::added.eq(self.stamp),
                objects::spec_version.eq(edition_number(item.head.spec_version)),
                objects::is_best.eq(!known),
                objects::is_newest.eq(!known),
                objects::is_oldest.eq(!known),
                objects::newest_in_spec.eq(!known),
                objects::oldest_in_spec.eq(!known),
                objects::object_type.eq(item.head.id.object_type()),
                objects::id.eq(id),
                objects::version.eq(version.as_str()),
                objects::version_key.eq(&key),
                objects::body.eq(&item.text),
                objects::valid_until.eq(item.valid_until().map(Timestamp::as_micros)),
                objects::label.eq(label),
                objects::is_mixed.eq(is_mixed),
                objects::provenance.eq(item.provenance.as_ref().map(Provenance::text)),
            ))
            .execute(connection)?;
        self.last_is_dated = Some(dated);
        if known {
            settle(connection, self.collection, id, &[key])?;
            self.superseded = true;
        } else {
            self.known.insert(id.to_owned());
        }
        Ok(Outcome::Added(version.to_string()))
    }

    /// Does the collection already have this version, or, of an object without versions, this content?
    fn compare(&mut self, connection: &mut SqliteConnection, item: &Item) -> Result<Option<Outcome>> {
        let own = objects::table
            .filter(objects::collection.eq(self.collection.0))
            .filter(objects::id.eq(item.head.id.as_str()))
            .filter(objects::spec_version.eq(edition_number(item.head.spec_version)))
            .select((objects::version, objects::body));
        let twin: Option<(String, String)> = match item.head.version() {
            Some(version) => {
                own.filter(objects::version_key.eq(version.sort_key())).get_result(connection).optional()?
            }
            // What comes by several ways comes late by some of them: it may have been superseded meanwhile.
            None if item.is_from_elsewhere() => {
                let mut all = own.load_iter::<(String, String), _>(connection)?;
                all.find(|row| row.as_ref().map_or(true, |(_, body)| same_content(body, &item.text))).transpose()?
            }
            None => own.order(objects::version_key.desc()).load_iter(connection)?.next().transpose()?,
        };
        Ok(match (twin, item.head.version()) {
            (Some((version, body)), _) if same_content(&body, &item.text) => Some(Outcome::Unchanged(version)),
            (Some((_, body)), Some(version)) => {
                let version = version.to_string();
                self.conflicts.push(Conflict::of(item, &version, &body, &self.caller, self.received));
                Some(Outcome::Conflict(version))
            }
            _ => None,
        })
    }

    /// The version of something that comes from elsewhere, if it was deleted here.
    fn deleted(&self, connection: &mut SqliteConnection, item: &Item) -> Result<Option<String>> {
        if !item.is_from_elsewhere() {
            return Ok(None);
        }
        let own = deletions::table.filter(deletions::collection.eq(self.collection.0));
        let own = own.filter(deletions::id.eq(item.head.id.as_str())).select(deletions::version);
        let all: Vec<String> = own.load(connection)?;
        if all.is_empty() {
            return Ok(None);
        }
        let version = match item.head.version() {
            Some(version) => version.to_string(),
            None => content_version(&item.text),
        };
        Ok(all.iter().any(|deleted| is_version(deleted, &version)).then_some(version))
    }

    /// Moves the collection's clock, and the last entry with it, since items that were not new took
    /// no stamp.
    fn end(self, connection: &mut SqliteConnection) -> Result<Option<Redated>> {
        let Some(dated) = self.last_is_dated else { return Ok(None) };
        let end = self.end.as_micros();
        diesel::update(marks::table.find(self.collection.0))
            .set((marks::clock.eq(end), marks::changes.eq(marks::changes + i64::from(self.superseded))))
            .execute(connection)?;
        if self.stamp == end {
            return Ok(None);
        }
        let entry = |stamp| objects::table.find((self.collection.0, stamp));
        diesel::update(entry(self.stamp)).set(objects::added.eq(end)).execute(connection)?;
        if !dated {
            return Ok(None);
        }
        let (from, to) = (stix_timestamp(Timestamp::from_micros(self.stamp)), stix_timestamp(self.end));
        diesel::update(entry(end))
            .set((objects::version.eq(to.as_str()), objects::version_key.eq(to.sort_key())))
            .execute(connection)?;
        Ok(Some(Redated { from: from.to_string(), to: to.to_string() }))
    }
}

/// Do the entries of an object, with a new one of this label, have different labels? Then this is noted of all of them.
///
/// Of entries that are not mixed all have the same label, so a few tell of all. Those that nobody has looked at yet are compared when
/// somebody does.
fn mix(connection: &mut SqliteConnection, collection: CollectionKey, id: &str, label: i64) -> Result<bool> {
    const FEW: usize = 16;
    let own = || objects::table.filter(objects::collection.eq(collection.0)).filter(objects::id.eq(id));
    let some = own().select((objects::label, objects::is_mixed)).load_iter::<(i64, bool), _>(connection)?;
    let some: Vec<(i64, bool)> = some.take(FEW).collect::<QueryResult<_>>()?;
    let differs = some.iter().any(|(other, is_mixed)| *is_mixed || (*other != UNREAD && *other != label));
    if differs && some.iter().any(|(_, is_mixed)| !is_mixed) {
        diesel::update(own().filter(not(objects::is_mixed))).set(objects::is_mixed.eq(true)).execute(connection)?;
    }
    Ok(differs)
}

/// Which of these objects the collection has an entry of.
fn known(connection: &mut SqliteConnection, collection: CollectionKey, items: &[Item]) -> Result<HashSet<String>> {
    /// Up to here asking for each, with a statement that is kept, is faster than asking for all at once.
    const FEW: usize = 16;
    let entries = || objects::table.filter(objects::collection.eq(collection.0));
    let mut known = HashSet::with_capacity(items.len());
    if items.len() <= FEW {
        for item in items {
            let id = item.head.id.as_str();
            if diesel::select(exists(entries().filter(objects::id.eq(id)))).get_result(connection)? {
                known.insert(id.to_owned());
            }
        }
        return Ok(known);
    }
    for chunk in items.chunks(1000) {
        let ids = chunk.iter().map(|item| item.head.id.as_str());
        known.extend(
            entries().filter(objects::id.eq_any(ids)).select(objects::id).distinct().load::<String>(connection)?,
        );
    }
    Ok(known)
}

/// Removes the selected entries of one object, in the transaction that is open.
pub(super) fn delete(
    connection: &mut SqliteConnection,
    collection: CollectionKey,
    id: &str,
    selection: Selection,
    sight: Option<&Sight>,
    now: Timestamp,
) -> Result<(u64, Vec<Gone>)> {
    let stamps = stamps_of(connection, collection, &selection.with_id(id), sight)?;
    if stamps.is_empty() {
        return Ok((0, Vec::new()));
    }
    let (mut all, mut keys, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for chunk in stamps.chunks(500) {
        let doomed =
            || objects::table.filter(objects::collection.eq(collection.0)).filter(objects::added.eq_any(chunk));
        let columns = (objects::added, objects::version, objects::version_key, objects::label, objects::provenance);
        let rows = doomed().order(objects::added).select(columns).load::<DoomedRow>(connection)?;
        let rows = rows.into_iter().map(Doomed::from).collect();
        let (deletions, of, went) = prepare(connection, collection, id, rows)?;
        all.extend(deletions);
        keys.extend(of);
        gone.extend(went);
        bury(connection, doomed().into_boxed(), now)?;
        diesel::delete(doomed()).execute(connection)?;
    }
    settle(connection, collection, id, &keys)?;
    keep(connection, collection, all, now, true)?;
    Ok((stamps.len() as u64, gone))
}

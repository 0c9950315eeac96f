//! The log of who did what. The text is the same for every engine, whose module includes this file and says what its
//! `Connection`, its `Backend` and its `Engine` are.

use async_trait::async_trait;
use diesel::prelude::*;
use taxii_model::Timestamp;

use super::{Backend, Connection, Engine};
use crate::audit::{Chain, Entry, Head, Last, Log, NO_COLLECTION, Poll, Poller, Record, Sighting, action};
use crate::store::schema::{accounts, audit, audit_head, collections, objects, pollers, tombstones};
use crate::store::sql::audit_rows::{AuditRow, PollerRow};
use crate::store::{CollectionKey, Result};

/// So many rows go into one statement.
const TOGETHER: usize = 100;
/// So many entries are removed at a time.
const STEP: i64 = 2000;

/// Appends records in the transaction that is open. Whoever appends waits here for whoever else does, so it comes last in a
/// transaction: behind the head, nothing is locked any more.
pub(super) fn append(connection: &mut Connection, chain: &Chain, records: Vec<Record>) -> Result<Vec<Entry>> {
    let lock = diesel::update(audit_head::table.find(1)).set(audit_head::number.eq(audit_head::number));
    lock.execute(connection)?;
    let head = head(connection)?;
    let last = last(connection, &head)?;
    let entries = chain.extend(&head, last.as_ref(), records)?;
    for chunk in entries.chunks(TOGETHER) {
        let rows: Vec<AuditRow> = chunk.iter().map(AuditRow::from).collect();
        diesel::insert_into(audit::table).values(rows).execute(connection)?;
    }
    if let Some(entry) = entries.last() {
        let moved = (audit_head::number.eq(entry.number), audit_head::hash.eq(&entry.hash));
        diesel::update(audit_head::table.find(1)).set(moved).execute(connection)?;
    }
    Ok(entries)
}

fn head(connection: &mut Connection) -> Result<Head> {
    let columns = (audit_head::number, audit_head::hash);
    let row: Option<(i64, String)> = audit_head::table.find(1).select(columns).get_result(connection).optional()?;
    Ok(row.map_or_else(Head::beginning, |(number, hash)| Head { number, hash }))
}

/// The record at the head, as far as it and the hash before it are there.
fn last(connection: &mut Connection, head: &Head) -> Result<Option<Last>> {
    let rows = audit::table.filter(audit::number.ge(head.number - 1)).filter(audit::number.le(head.number));
    let rows: Vec<AuditRow> = rows.order(audit::number.desc()).load(connection)?;
    let mut entries = rows.into_iter().map(Entry::from);
    let (Some(entry), before) = (entries.next(), entries.next()) else { return Ok(None) };
    let before = match before {
        Some(before) => before.hash,
        None if entry.number == 1 => Head::beginning().hash,
        None => return Ok(None),
    };
    Ok(Some(Last { before, entry }))
}

/// Remembers entries that are about to be removed, in the transaction that removes them.
pub(super) fn bury(
    connection: &mut Connection,
    doomed: objects::BoxedQuery<'_, Backend>,
    removed: Timestamp,
) -> QueryResult<usize> {
    use diesel::IntoSql as _;
    use diesel::sql_types::BigInt;

    let removed = removed.as_micros().into_sql::<BigInt>();
    let rows = doomed.select((objects::collection, objects::added, objects::id, objects::version, removed));
    let columns = (tombstones::collection, tombstones::added, tombstones::id, tombstones::version, tombstones::removed);
    diesel::insert_into(tombstones::table).values(rows).into_columns(columns).execute(connection)
}

/// Every collection that there is, and those that records speak of although it is gone.
fn collections_ever(connection: &mut Connection) -> Result<Vec<i64>> {
    let now: Option<i64> = collections::table.select(diesel::dsl::max(collections::number)).get_result(connection)?;
    let told = audit::table.filter(audit::span.is_not_null());
    let told: Option<i64> = told.select(diesel::dsl::max(audit::collection)).get_result(connection)?;
    Ok((1..=now.max(told).unwrap_or_default()).collect())
}

fn sightings(connection: &mut Connection, id: &str) -> Result<Vec<Sighting>> {
    let mut all = Vec::new();
    for collection in collections_ever(connection)? {
        let there = objects::table.filter(objects::collection.eq(collection)).filter(objects::id.eq(id));
        let there: Vec<(i64, String)> = there.select((objects::added, objects::version)).load(connection)?;
        let gone = tombstones::table.filter(tombstones::collection.eq(collection)).filter(tombstones::id.eq(id));
        let gone = gone.select((tombstones::added, tombstones::version, tombstones::removed));
        let gone: Vec<(i64, String, i64)> = gone.load(connection)?;
        let there = there.into_iter().map(|(added, version)| (added, version, None));
        let gone = gone.into_iter().map(|(added, version, removed)| (added, version, Some(removed)));
        all.extend(there.chain(gone).map(|(added, version, removed)| Sighting {
            collection: CollectionKey(collection),
            added: Timestamp::from_micros(added),
            version,
            removed: removed.map(Timestamp::from_micros),
        }));
    }
    all.sort_by_key(|sighting| (sighting.collection.0, sighting.added));
    Ok(all)
}

/// Each class of spans is one stretch of the index, of which at least half lies around the stamp.
fn around(connection: &mut Connection, collection: CollectionKey, stamp: i64) -> Result<Vec<Entry>> {
    /// No two stamps in the life of a collection lie further apart: some 70 years.
    const SPANS: i32 = 51;
    let mut all: Vec<Entry> = Vec::new();
    for span in 0..=SPANS {
        let from = stamp.saturating_sub(1_i64 << span);
        let stretch = audit::table.filter(audit::collection.eq(collection.0)).filter(audit::span.eq(span));
        let stretch = stretch.filter(audit::first.gt(from)).filter(audit::first.le(stamp));
        let rows: Vec<AuditRow> = stretch.filter(audit::last.ge(stamp)).load(connection)?;
        all.extend(rows.into_iter().map(Entry::from));
    }
    all.sort_by_key(|entry| entry.number);
    Ok(all)
}

fn recipients(connection: &mut Connection, numbers: &[i64]) -> Result<Vec<(i64, Record)>> {
    use crate::audit::action::RECIPIENT;

    let mut all = Vec::new();
    for chunk in numbers.chunks(500) {
        let own = audit::table.filter(audit::number.eq_any(chunk)).filter(audit::action.eq(RECIPIENT));
        let own: Vec<AuditRow> = own.load(connection)?;
        all.extend(own.into_iter().map(Entry::from).map(|entry| (entry.number, entry.record)));
        // Those whose own records were cut off stand again behind the cut.
        let carried = audit::table.filter(audit::collection.is_null()).filter(audit::span.eq(NO_COLLECTION));
        let carried = carried.filter(audit::first.eq_any(chunk)).filter(audit::action.eq(RECIPIENT));
        let carried: Vec<AuditRow> = carried.load(connection)?;
        let entries = carried.into_iter().map(Entry::from);
        all.extend(entries.filter_map(|entry| Some((entry.record.first?.as_micros(), entry.record))));
    }
    Ok(all)
}

fn note(connection: &mut Connection, polls: &[Poll]) -> Result<()> {
    for poll in polls {
        let known = pollers::table.find((poll.collection.0, &poll.account));
        let known: Option<PollerRow> = known.get_result(connection).optional()?;
        let row = || PollerRow::from(&Poller::after(None, poll));
        let row = known.map(Poller::from).map_or_else(row, |known| PollerRow::from(&Poller::after(Some(known), poll)));
        diesel::insert_into(pollers::table)
            .values(&row)
            .on_conflict((pollers::collection, pollers::account))
            .do_update()
            .set(&row)
            .execute(connection)?;
    }
    Ok(())
}

#[async_trait]
impl Log for Engine {
    async fn append(&self, records: Vec<Record>) -> Result<Vec<Entry>> {
        let chain = self.chain().cloned().unwrap_or_default();
        self.write(move |connection| append(connection, &chain, records.clone())).await
    }

    async fn head(&self) -> Result<Head> {
        self.read(head).await
    }

    async fn entries(&self, after: i64, limit: usize) -> Result<Vec<Entry>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(move |connection| {
            let rows = audit::table.filter(audit::number.gt(after)).order(audit::number).limit(limit);
            Ok(rows.load::<AuditRow>(connection)?.into_iter().map(Entry::from).collect())
        })
        .await
    }

    async fn last_before(&self, time: Timestamp) -> Result<i64> {
        self.read(move |connection| {
            let before = audit::table.filter(audit::at.lt(time.as_micros())).order(audit::at.desc());
            let number: Option<i64> = before.select(audit::number).first(connection).optional()?;
            Ok(number.unwrap_or_default())
        })
        .await
    }

    async fn entries_of(&self, account: &str, after: i64, limit: usize) -> Result<Vec<Entry>> {
        let (account, limit) = (account.to_owned(), i64::try_from(limit).unwrap_or(i64::MAX));
        self.read(move |connection| {
            let rows = audit::table.filter(audit::account.eq(&account)).filter(audit::number.gt(after));
            let rows: Vec<AuditRow> = rows.order(audit::number).limit(limit).load(connection)?;
            Ok(rows.into_iter().map(Entry::from).collect())
        })
        .await
    }

    async fn entries_of_flows(&self, object: &str) -> Result<Vec<Entry>> {
        // No id has a character that means something else in a pattern; an underscore would only find more.
        let named = format!("%{object}%");
        self.read(move |connection| {
            // `;` is what follows `:`.
            let flows = audit::table.filter(audit::account.ge("flow:")).filter(audit::account.lt("flow;"));
            let rows = flows.filter(audit::action.eq(action::SHARED)).filter(audit::details.like(&named));
            let rows: Vec<AuditRow> = rows.order(audit::number).load(connection)?;
            Ok(rows.into_iter().map(Entry::from).collect())
        })
        .await
    }

    async fn entries_around(&self, collection: CollectionKey, stamp: Timestamp) -> Result<Vec<Entry>> {
        self.read(move |connection| around(connection, collection, stamp.as_micros())).await
    }

    async fn recipients(&self, numbers: &[i64]) -> Result<Vec<(i64, Record)>> {
        let numbers = numbers.to_vec();
        self.read(move |connection| recipients(connection, &numbers)).await
    }

    async fn cut(&self, through: i64, before: Timestamp) -> Result<u64> {
        let mut removed = 0;
        loop {
            let rows = self
                .write(move |connection| {
                    let next = audit::table.filter(audit::number.le(through)).order(audit::number);
                    let next: Vec<i64> = next.select(audit::number).limit(STEP).load(connection)?;
                    let Some(last) = next.last() else { return Ok(0) };
                    Ok(diesel::delete(audit::table.filter(audit::number.le(last))).execute(connection)?)
                })
                .await?;
            if rows == 0 {
                break;
            }
            removed += rows as u64;
        }
        let collections = self.read(collections_ever).await?;
        for collection in collections {
            self.write(move |connection| {
                let old = tombstones::table.filter(tombstones::collection.eq(collection));
                let old = old.filter(tombstones::removed.lt(before.as_micros()));
                Ok(diesel::delete(old).execute(connection)?)
            })
            .await?;
        }
        Ok(removed)
    }

    async fn sightings(&self, id: &str) -> Result<Vec<Sighting>> {
        // PostgreSQL refuses to be asked for such a name.
        if id.contains('\0') {
            return Ok(Vec::new());
        }
        let id = id.to_owned();
        self.read(move |connection| sightings(connection, &id)).await
    }

    async fn note(&self, mut polls: Vec<Poll>) -> Result<()> {
        // In one order, so that no two processes wait for each other.
        polls.sort_by(|a, b| (a.collection.0, &a.account).cmp(&(b.collection.0, &b.account)));
        self.write(move |connection| note(connection, &polls)).await
    }

    async fn pollers(&self) -> Result<Vec<Poller>> {
        self.read(|connection| {
            let rows = pollers::table.order((pollers::collection, pollers::account));
            Ok(rows.load::<PollerRow>(connection)?.into_iter().map(Poller::from).collect())
        })
        .await
    }

    async fn behind(&self, collection: CollectionKey, position: Timestamp) -> Result<u64> {
        self.read(move |connection| {
            let rest = objects::table.filter(objects::collection.eq(collection.0));
            let rest = rest.filter(objects::added.gt(position.as_micros())).count();
            Ok(u64::try_from(rest.get_result::<i64>(connection)?).unwrap_or_default())
        })
        .await
    }

    async fn knows(&self, account: &str) -> Result<bool> {
        if account.contains('\0') {
            return Ok(false);
        }
        let account = account.to_owned();
        self.read(move |connection| {
            let found: i64 = accounts::table.find(&account).count().get_result(connection)?;
            Ok(found > 0)
        })
        .await
    }
}

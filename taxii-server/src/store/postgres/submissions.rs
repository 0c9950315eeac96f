use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::{join, try_join_all, try_join4};
use taxii_model::{Status, Timestamp};

use super::batch::Batch;
use super::failure::Failure;
use super::pages::stamps_of;
use super::pool::conclude;
use super::statements::{InsertLabels, InsertStatuses, Known, SetStandings, SiblingRow, Siblings, Standings};
use crate::store::exchange::full;
use crate::store::schema::{conflicts, deletions, labels, marks, objects, statuses, tombstones};
use crate::store::sql::deletions::{ConflictRow, Deletion, Doomed, DoomedRow, stamped};
use crate::store::sql::labels::Numbering;
use crate::store::sql::standing::{Sibling, stand};
use crate::store::{
    Clock, CollectionKey, Conflict, Gone, Label, Selection, Sight, StoreError, Submission, Told, UNREAD,
    content_version,
};

/// Adds submissions to their collection, all in one transaction.
pub(super) struct Add<'s> {
    pub(super) collection: CollectionKey,
    pub(super) submissions: &'s [Submission],
    pub(super) clock: &'s Clock,
    /// An earlier attempt may have been committed although nobody was told.
    pub(super) repeated: bool,
}

impl Add<'_> {
    pub(super) async fn run(&self, connection: &mut AsyncPgConnection) -> Result<Vec<Told>, Failure> {
        let done = self.transact(connection).await;
        // Whether a commit held that nobody told of is looked up by the next attempt.
        conclude(connection, done, Failure::from).await
    }

    async fn transact(&self, connection: &AsyncPgConnection) -> Result<Vec<Told>, Failure> {
        let clock = begin(connection, self.collection).await?;
        let clock = clock.ok_or_else(|| StoreError::Missing("collection: it has been removed".to_owned()))?;
        // An attempt whose fate is unknown held the lock until it ended: with the lock, its fate is known.
        let kept = if self.repeated { self.kept(connection).await? } else { Vec::new() };
        let new = |submission: &&Submission| !kept.iter().any(|status| status.id == submission.status);
        let submissions: Vec<&Submission> = self.submissions.iter().filter(new).collect();

        let mut batch = Batch::new(self.collection.0, clock);
        batch.learn(&submissions, self.siblings(connection, &submissions).await?);
        batch.learn_deleted(self.deleted(connection, &submissions).await?);
        let now = (self.clock)();
        let (mut added, mut told) = (Vec::with_capacity(submissions.len()), Vec::new());
        for submission in &submissions {
            let (outcomes, stamps) = batch.take(submission, now);
            let status = submission.status(outcomes.clone());
            added.push(status.clone());
            told.push(Told { status, stamps, outcomes });
        }
        self.keep_conflicts(connection, &batch.conflicts).await?;
        let numbers = self.number(connection, &batch).await?;
        self.write(connection, &batch, &numbers, (clock, now), &submissions, &added).await?;

        // Which stamps an earlier attempt gave out is not known any more.
        let lost = |status| Told { status, stamps: Vec::new(), outcomes: Vec::new() };
        told.extend(kept.into_iter().map(lost));
        told.sort_by_key(|told| self.submissions.iter().position(|s| s.status == told.status.id));
        Ok(told)
    }

    /// Which versions were deleted of objects that come from elsewhere.
    async fn deleted(
        &self,
        mut connection: &AsyncPgConnection,
        submissions: &[&Submission],
    ) -> Result<Vec<(String, String)>, Failure> {
        let items = submissions.iter().flat_map(|submission| &submission.items);
        let came = items.filter(|item| item.is_from_elsewhere());
        let ids: HashSet<&str> = came.map(|item| item.head.id.as_str()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let own = deletions::table.filter(deletions::collection.eq(self.collection.0));
        let own = own.filter(deletions::id.eq_any(ids)).select((deletions::id, deletions::version));
        Ok(own.load(&mut connection).await?)
    }

    /// Keeps what is refused because there is other content, as far as there is room.
    async fn keep_conflicts(&self, mut connection: &AsyncPgConnection, all: &[Conflict]) -> Result<(), Failure> {
        if all.is_empty() {
            return Ok(());
        }
        let kept = conflicts::table.filter(conflicts::collection.eq(self.collection.0)).count();
        let kept = usize::try_from(kept.get_result::<i64>(&mut connection).await?).unwrap_or(usize::MAX);
        let mut room = Conflict::MOST.saturating_sub(kept);
        for conflict in all {
            if room == 0 {
                full(conflict);
                continue;
            }
            let row = diesel::insert_into(conflicts::table).values(ConflictRow::of(conflict, self.collection));
            room -= row.on_conflict_do_nothing().execute(&mut connection).await?.min(room);
        }
        Ok(())
    }

    /// The statuses of those that were added by an earlier attempt.
    async fn kept(&self, mut connection: &AsyncPgConnection) -> Result<Vec<Status>, Failure> {
        let ids: Vec<String> = self.submissions.iter().map(|submission| submission.status.to_string()).collect();
        let rows = statuses::table.filter(statuses::id.eq_any(ids)).select(statuses::body);
        let rows: Vec<String> = rows.load(&mut connection).await?;
        let read = |body: String| serde_json::from_str(&body).map_err(|error| StoreError::failed(error).into());
        rows.into_iter().map(read).collect()
    }

    /// What the collection has of the objects, as far as it makes a difference. Most often it has none of them.
    async fn siblings(
        &self,
        mut connection: &AsyncPgConnection,
        submissions: &[&Submission],
    ) -> Result<Vec<SiblingRow>, Failure> {
        let items = || submissions.iter().flat_map(|submission| &submission.items);
        let ids: HashSet<&str> = items().map(|item| item.head.id.as_str()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids = ids.into_iter().map(str::to_owned).collect();
        let known: Vec<String> = Known { collection: self.collection.0, ids }.load(&mut connection).await?;
        if known.is_empty() {
            return Ok(Vec::new());
        }
        let set: HashSet<&str> = known.iter().map(String::as_str).collect();
        let versions = items().filter(|item| set.contains(item.head.id.as_str())).filter_map(|item| {
            let version = item.head.version()?;
            Some((item.head.id.to_string(), version.sort_key()))
        });
        let (mut version_ids, mut version_keys): (Vec<String>, Vec<String>) = versions.unzip();
        // Of what has no versions and comes from elsewhere, any entry may be the same.
        let came = items().filter(|item| item.is_from_elsewhere() && item.head.version().is_none());
        let came: HashSet<&str> = came.map(|item| item.head.id.as_str()).filter(|id| set.contains(id)).collect();
        if !came.is_empty() {
            let own = objects::table.filter(objects::collection.eq(self.collection.0));
            let own = own.filter(objects::id.eq_any(came)).select((objects::id, objects::version_key));
            for (id, key) in own.load::<(String, String)>(&mut connection).await? {
                version_ids.push(id);
                version_keys.push(key);
            }
        }
        let siblings =
            Siblings { collection: self.collection.0, ids: known, version_ids, version_keys, with_texts: true };
        Ok(siblings.load(&mut connection).await?)
    }

    /// The numbers of the labels of what is new; those that are new themselves are written.
    async fn number(
        &self,
        mut connection: &AsyncPgConnection,
        batch: &Batch<'_>,
    ) -> Result<HashMap<Label, i64>, Failure> {
        let wanted = batch.labels();
        let mut numbering = Numbering::default();
        if wanted.iter().any(|label| numbering.must_load(label)) {
            let rows = labels::table.filter(labels::collection.eq(self.collection.0));
            let rows: Vec<(i64, String)> = rows.select((labels::number, labels::text)).load(&mut connection).await?;
            numbering.take_rows(rows);
        }
        let known = wanted.into_iter().map(|label| (label.clone(), numbering.number(label))).collect();
        let (numbers, texts): (Vec<i64>, Vec<String>) = numbering.take_new().into_iter().unzip();
        if !numbers.is_empty() {
            InsertLabels { collection: self.collection.0, numbers, texts }.execute(&mut connection).await?;
        }
        Ok(known)
    }

    /// Writes it all, without waiting in between.
    async fn write(
        &self,
        connection: &AsyncPgConnection,
        batch: &Batch<'_>,
        numbers: &HashMap<Label, i64>,
        (clock, now): (Timestamp, Timestamp),
        submissions: &[&Submission],
        statuses: &[Status],
    ) -> Result<(), Failure> {
        // Whatever had no number would be looked at later.
        let (new, moved, mix) = batch.rows(|label| numbers.get(label).copied().unwrap_or(UNREAD));
        if !mix.ids.is_empty() {
            mix.execute(&mut &*connection).await?;
        }
        let insert = try_join_all(new.into_iter().map(|rows| rows.execute(&mut &*connection)));
        let mark = async {
            if batch.clock > clock {
                let mark = diesel::update(marks::table.find(self.collection.0));
                let set = (marks::clock.eq(batch.clock.as_micros()), marks::changes.eq(marks::changes + batch.changes));
                mark.set(set).execute(&mut &*connection).await?;
            }
            Ok(())
        };
        let statuses = keep(submissions, statuses, now)?;
        let keep = async {
            if !statuses.id.is_empty() {
                statuses.execute(&mut &*connection).await?;
            }
            Ok(())
        };
        try_join4(insert, set_standings(connection, moved), mark, keep).await?;
        Ok(())
    }
}

fn keep(submissions: &[&Submission], statuses: &[Status], now: Timestamp) -> Result<InsertStatuses, Failure> {
    let mut rows = InsertStatuses { completed: now.as_micros(), ..InsertStatuses::default() };
    for (submission, status) in submissions.iter().zip(statuses) {
        rows.id.push(status.id.to_string());
        rows.root.push(submission.root.clone());
        rows.caller.push(submission.caller.clone());
        rows.body.push(serde_json::to_string(status).map_err(StoreError::failed)?);
    }
    Ok(rows)
}

/// Begins a transaction that writes to a collection, and tells how far the collection has come. All who write to it wait
/// here for each other, on whichever node: so stamps rise in the order in which they become visible.
async fn begin(connection: &AsyncPgConnection, collection: CollectionKey) -> QueryResult<Option<Timestamp>> {
    let mark = marks::table.find(collection.0).select(marks::clock).for_update();
    let (mut first, mut second) = (connection, connection);
    let (begun, clock) = join(first.batch_execute("BEGIN"), mark.get_result::<i64>(&mut second)).await;
    begun?;
    Ok(clock.optional()?.map(Timestamp::from_micros))
}

async fn set_standings(connection: &AsyncPgConnection, moved: SetStandings) -> QueryResult<()> {
    if !moved.added.is_empty() {
        moved.execute(&mut &*connection).await?;
    }
    Ok(())
}

/// Removes the selected entries of one object and tells how many there were.
pub(super) async fn delete(
    connection: &mut AsyncPgConnection,
    collection: CollectionKey,
    id: &str,
    selection: &Selection,
    sight: Option<&Sight>,
    now: Timestamp,
) -> Result<(u64, Vec<Gone>), Failure> {
    let done = remove(connection, collection, id, selection, sight, now).await;
    conclude(connection, done, Failure::of_commit).await
}

async fn remove(
    connection: &AsyncPgConnection,
    collection: CollectionKey,
    id: &str,
    selection: &Selection,
    sight: Option<&Sight>,
    now: Timestamp,
) -> Result<(u64, Vec<Gone>), Failure> {
    let Some(clock) = begin(connection, collection).await? else { return Ok((0, Vec::new())) };
    let stamps = stamps_of(connection, collection, &selection.clone().with_id(id), sight).await?;
    if stamps.is_empty() {
        return Ok((0, Vec::new()));
    }
    let doomed = || objects::table.filter(objects::collection.eq(collection.0)).filter(objects::added.eq_any(&stamps));
    let deletions = deletions_of(connection, collection, id, &stamps).await?;
    bury(connection, doomed().into_boxed(), now).await?;
    let rows = diesel::delete(doomed()).returning((objects::added, objects::version, objects::version_key));
    let rows: Vec<(i64, String, String)> = rows.get_results(&mut &*connection).await?;
    let (mut keys, mut gone) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for (added, version, key) in rows {
        keys.push(key);
        gone.push(Gone { added: Timestamp::from_micros(added), version });
    }
    settle(connection, collection, id, keys).await?;
    let mut end = clock.as_micros();
    for (stamp, deletion) in stamped(deletions, clock, now) {
        let row = diesel::insert_into(deletions::table).values(deletion.row(collection, stamp));
        row.execute(&mut &*connection).await?;
        end = stamp;
    }
    let moved = (marks::clock.eq(end), marks::changes.eq(marks::changes + 1));
    diesel::update(marks::table.find(collection.0)).set(moved).execute(&mut &*connection).await?;
    Ok((stamps.len() as u64, gone))
}

/// What is kept of entries that are about to be deleted.
async fn deletions_of(
    mut connection: &AsyncPgConnection,
    collection: CollectionKey,
    id: &str,
    stamps: &[i64],
) -> QueryResult<Vec<Deletion>> {
    let own = objects::table.filter(objects::collection.eq(collection.0)).filter(objects::added.eq_any(stamps));
    let columns = (objects::added, objects::version, objects::version_key, objects::label, objects::provenance);
    let rows: Vec<DoomedRow> = own.order(objects::added).select(columns).load(&mut connection).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows.into_iter().map(Doomed::from) {
        let (id, label, entry) = (id.to_owned(), row.label, row.entry());
        let version = match row.is_dated() {
            true => {
                let text = objects::table.filter(objects::collection.eq(collection.0));
                let text = text.filter(objects::added.eq(row.added)).select(objects::body);
                content_version(&text.get_result::<String>(&mut connection).await?)
            }
            false => row.version,
        };
        all.push(Deletion { id, version, label, provenance: None, entry });
    }
    Ok(all)
}

/// As `audit::bury`, on a connection of this kind.
async fn bury(
    mut connection: &AsyncPgConnection,
    doomed: objects::BoxedQuery<'_, diesel::pg::Pg>,
    removed: Timestamp,
) -> QueryResult<usize> {
    let removed = removed.as_micros().into_sql::<BigInt>();
    let rows = doomed.select((objects::collection, objects::added, objects::id, objects::version, removed));
    let columns = (tombstones::collection, tombstones::added, tombstones::id, tombstones::version, tombstones::removed);
    diesel::insert_into(tombstones::table).values(rows).into_columns(columns).execute(&mut connection).await
}

/// Sets the standing of the entries of one object right after some of these versions have gone.
async fn settle(
    mut connection: &AsyncPgConnection,
    collection: CollectionKey,
    id: &str,
    keys: Vec<String>,
) -> Result<(), Failure> {
    let ids = vec![id.to_owned()];
    let version_ids = vec![id.to_owned(); keys.len()];
    let siblings =
        Siblings { collection: collection.0, ids, version_ids, version_keys: keys.clone(), with_texts: false };
    let rows: Vec<SiblingRow> = siblings.load(&mut connection).await?;
    let siblings: Vec<Sibling> = rows.into_iter().map(|(_, row, ..)| row.into()).collect();
    let mut moved = SetStandings { collection: collection.0, added: Vec::new(), standings: Standings::default() };
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    for (sibling, standing) in siblings.iter().zip(stand(&siblings, &keys)) {
        if standing != sibling.standing {
            moved.added.push(sibling.added);
            moved.standings.push(standing);
        }
    }
    Ok(set_standings(connection, moved).await?)
}

//! What keeps collections as long as they are to be kept, and counts what they hold. The text is the same for every engine,
//! whose module includes this file and says what its `Connection`, its `Backend` and its `Engine` are.

use std::collections::HashMap;

use diesel::dsl::{count_star, max, min};
use diesel::prelude::*;
use stix_model::SpecVersion;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::audit::bury;
use super::exchange::outlived;
use super::{Backend, Connection, Engine, labelling};
use crate::store::holdings::{Day, days};
use crate::store::retention::valid_until;
use crate::store::schema::{collections, leases, marks, objects, statuses, validity_backfill};
use crate::store::sql::edition_number;
use crate::store::{Admin, CollectionKey, Due, Holdings, Removed, Result};

type Query<'a> = objects::BoxedQuery<'a, Backend>;

/// The newest version of each object, in its best encoding: what a poll without filters shows.
fn newest(collection: CollectionKey) -> Query<'static> {
    let entries = objects::table.filter(objects::collection.eq(collection.0));
    entries.filter(objects::is_newest.eq(true)).filter(objects::is_best.eq(true)).into_boxed()
}

/// The newest versions of the objects that are due: a stretch of an index.
fn overdue(collection: CollectionKey, due: Due) -> Query<'static> {
    match due {
        Due::AddedBefore(horizon) => newest(collection).filter(objects::added.lt(horizon.as_micros())),
        Due::ExpiredBefore(horizon) => newest(collection).filter(objects::valid_until.lt(horizon.as_micros())),
    }
}

/// The same, those first that are due the longest.
pub(super) fn longest_overdue(collection: CollectionKey, due: Due) -> Query<'static> {
    match due {
        Due::AddedBefore(_) => overdue(collection, due).order(objects::added),
        Due::ExpiredBefore(_) => overdue(collection, due).order(objects::valid_until),
    }
}

pub(super) fn due(connection: &mut Connection, collection: CollectionKey, due: Due) -> Result<u64> {
    let count: i64 = overdue(collection, due).count().get_result(connection)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Removes objects that are due, in the transaction that is open: as many whole ones as have so many entries together.
pub(super) fn remove_due(
    connection: &mut Connection,
    collection: CollectionKey,
    due: Due,
    limit: usize,
    now: Timestamp,
) -> Result<Removed> {
    let limit = i64::try_from(limit.max(4)).unwrap_or(i64::MAX);
    let first = longest_overdue(collection, due).select(objects::added).limit(1);
    if first.get_result::<i64>(connection).optional()?.is_none() {
        return Ok(Removed::default());
    }
    // From here on all who write to the collection wait, so that what is due now is so until the end.
    let mark = diesel::update(marks::table.find(collection.0)).set(marks::changes.eq(marks::changes + 1));
    mark.execute(connection)?;
    let ids: Vec<String> = longest_overdue(collection, due).select(objects::id).limit(limit).load(connection)?;
    let own = || objects::table.filter(objects::collection.eq(collection.0));
    let sizes = own().filter(objects::id.eq_any(&ids)).group_by(objects::id).select((objects::id, count_star()));
    let sizes: HashMap<String, i64> = sizes.load(connection)?.into_iter().collect();
    let mut room = limit;
    let fits = |id: &&String| {
        room -= sizes.get(*id).copied().unwrap_or_default();
        room >= 0
    };
    let whole: Vec<&String> = ids.iter().take_while(fits).collect();
    match (whole.as_slice(), ids.first()) {
        ([], Some(id)) => Ok(Removed { objects: 0, entries: shorten(connection, collection, id, limit, now)? }),
        (whole, _) => {
            let going = || own().filter(objects::id.eq_any(whole)).into_boxed();
            outlived(connection, collection, going(), now)?;
            bury(connection, going(), now)?;
            let rows = diesel::delete(own().filter(objects::id.eq_any(whole))).execute(connection)?;
            Ok(Removed { objects: whole.len() as u64, entries: rows as u64 })
        }
    }
}

/// Removes the oldest versions of an object that has more entries than may be removed at once. The newest stay for the next
/// time; nobody but who asks for old versions sees a difference.
fn shorten(
    connection: &mut Connection,
    collection: CollectionKey,
    id: &str,
    limit: i64,
    now: Timestamp,
) -> Result<u64> {
    let own = || objects::table.filter(objects::collection.eq(collection.0)).filter(objects::id.eq(id));
    let keys = own().order(objects::version_key).select(objects::version_key).limit(limit);
    let keys: Vec<String> = keys.load(connection)?;
    // Encodings of one version go together.
    let Some(last) = keys.last() else { return Ok(0) };
    let going = || own().filter(objects::version_key.lt(last)).into_boxed();
    outlived(connection, collection, going(), now)?;
    bury(connection, going(), now)?;
    let rows = diesel::delete(own().filter(objects::version_key.lt(last))).execute(connection)?;
    let oldest: Option<String> = own().select(min(objects::version_key)).get_result(connection)?;
    diesel::update(own().filter(objects::version_key.nullable().eq(oldest)))
        .set(objects::is_oldest.eq(true))
        .execute(connection)?;
    for edition in SpecVersion::ALL.map(edition_number) {
        let own = || own().filter(objects::spec_version.eq(edition));
        let oldest: Option<String> = own().select(min(objects::version_key)).get_result(connection)?;
        diesel::update(own().filter(objects::version_key.nullable().eq(oldest)))
            .set(objects::oldest_in_spec.eq(true))
            .execute(connection)?;
    }
    Ok(rows as u64)
}

/// Reads the labels of entries that nobody has looked at, forgets statuses from before the horizon, or learns until when older
/// objects are valid. Is there more to do?
pub(super) fn tidy(connection: &mut Connection, horizon: Timestamp, limit: usize) -> Result<bool> {
    let limit = i64::try_from(limit.max(1)).unwrap_or(i64::MAX);
    // Those who do not see everything wait for it.
    if labelling::read_some(connection, limit)? {
        return Ok(true);
    }
    let old = statuses::table.filter(statuses::completed.lt(horizon.as_micros())).order(statuses::completed);
    let old: Vec<String> = old.select(statuses::id).limit(limit).load(connection)?;
    if old.is_empty() {
        return learn_validity(connection, limit);
    }
    diesel::delete(statuses::table.filter(statuses::id.eq_any(&old))).execute(connection)?;
    Ok(true)
}

/// Reads the texts of some of the entries from before there was the column `valid_until`.
fn learn_validity(connection: &mut Connection, limit: i64) -> Result<bool> {
    let unread = validity_backfill::table.order(validity_backfill::collection);
    let Some((collection, position, last)) = unread.first::<(i64, i64, i64)>(connection).optional()? else {
        return Ok(false);
    };
    let own = || objects::table.filter(objects::collection.eq(collection)).filter(objects::added.gt(position));
    let stamps = own().filter(objects::added.le(last)).order(objects::added).select(objects::added);
    let stamps: Vec<i64> = stamps.limit(limit).load(connection)?;
    let Some(end) = stamps.last().copied() else {
        diesel::delete(validity_backfill::table.find(collection)).execute(connection)?;
        return Ok(true);
    };
    let indicators = own().filter(objects::added.le(end)).filter(objects::object_type.eq("indicator"));
    let texts = indicators.filter(objects::valid_until.is_null()).select((objects::added, objects::body));
    let texts: Vec<(i64, String)> = texts.load(connection)?;
    let learnt: Vec<(i64, i64)> =
        texts.iter().filter_map(|(added, text)| Some((*added, valid_until("indicator", text)?.as_micros()))).collect();
    // Who changes entries has the collection's lock, as every writer, and says so: a copy of the database that is being made
    // compares only collections whose `changes` have moved.
    let changes = marks::changes.eq(marks::changes + i64::from(!learnt.is_empty()));
    diesel::update(marks::table.find(collection)).set(changes).execute(connection)?;
    for (added, until) in learnt {
        let entry = objects::table.find((collection, added));
        diesel::update(entry).set(objects::valid_until.eq(until)).execute(connection)?;
    }
    let position = validity_backfill::position.eq(end);
    diesel::update(validity_backfill::table.find(collection)).set(position).execute(connection)?;
    Ok(true)
}

/// Gives the work to the holder, if nobody has it or who has it has not been heard of since the deadline.
pub(super) fn lease(
    connection: &mut Connection,
    work: &str,
    holder: Uuid,
    now: Timestamp,
    deadline: Timestamp,
) -> Result<bool> {
    let holder = holder.to_string();
    let values = (leases::holder.eq(&holder), leases::deadline.eq(deadline.as_micros()));
    let free = leases::holder.eq(&holder).or(leases::deadline.le(now.as_micros()));
    if diesel::update(leases::table.find(work).filter(free)).set(values).execute(connection)? > 0 {
        return Ok(true);
    }
    let new = diesel::insert_into(leases::table).values((leases::work.eq(work), values));
    Ok(new.on_conflict_do_nothing().execute(connection)? > 0)
}

/// So many entries are read at a time: that takes milliseconds.
const STRIDE: i64 = 50_000;

impl Engine {
    /// Steps down from the newest object, as long as there is one a stride further.
    pub(super) async fn nth_newest_of(&self, collection: CollectionKey, nth: u64) -> Result<Option<Timestamp>> {
        let mut left = i64::try_from(nth.max(1)).unwrap_or(i64::MAX);
        let mut before = i64::MAX;
        loop {
            let step = left.min(STRIDE);
            let found = self
                .read(move |c| {
                    let rest = newest(collection).filter(objects::added.lt(before)).order(objects::added.desc());
                    Ok(rest.select(objects::added).offset(step - 1).limit(1).get_result::<i64>(c).optional()?)
                })
                .await?;
            left -= step;
            match found {
                Some(added) if left > 0 => before = added,
                found => return Ok(found.map(Timestamp::from_micros)),
            }
        }
    }

    pub(super) async fn holdings_of(&self, collection: CollectionKey, now: Timestamp) -> Result<Holdings> {
        let (mut holdings, key) = self.read(move |c| ends(c, collection)).await?;
        let mut last = None;
        while let Some(object_type) = self.type_after(collection, last).await? {
            for standing in [(true, true), (true, false), (false, true), (false, false)] {
                let entries = self.count_of_type(collection, &object_type, standing).await?;
                holdings.count(&object_type, standing, entries);
            }
            last = Some(object_type);
        }
        for (day, begin, end) in days(now) {
            let of_day = move |c: &mut Connection| {
                let own = objects::table.filter(objects::collection.eq(collection.0));
                let own = own.filter(objects::added.ge(begin.as_micros())).filter(objects::added.lt(end.as_micros()));
                Ok(own.count().get_result::<i64>(c)?)
            };
            let added = u64::try_from(self.read(of_day).await?).unwrap_or_default();
            holdings.growth.push(Day { day, added });
        }
        if let Some((root, id)) = key {
            let (grants, accounts, members) = (self.grants(None).await?, self.accounts().await?, self.members().await?);
            let about = grants.iter().filter(|grant| grant.is_about(&root, id));
            holdings.count_holders(about, accounts.iter(), members.iter(), now);
        }
        Ok(holdings)
    }

    /// The next type that the collection has, without reading all entries of the one before.
    async fn type_after(&self, collection: CollectionKey, last: Option<String>) -> Result<Option<String>> {
        self.read(move |c| {
            let own = objects::table.filter(objects::collection.eq(collection.0)).into_boxed();
            let own = match &last {
                Some(last) => own.filter(objects::object_type.gt(last)),
                None => own,
            };
            Ok(own.select(min(objects::object_type)).get_result::<Option<String>>(c)?)
        })
        .await
    }

    /// Counts a stretch of an index, a stride at a time.
    async fn count_of_type(
        &self,
        collection: CollectionKey,
        object_type: &str,
        (is_newest, is_best): (bool, bool),
    ) -> Result<u64> {
        let (mut count, mut after) = (0, i64::MIN);
        loop {
            let object_type = object_type.to_owned();
            let (strides, edge) = self
                .read(move |c| {
                    let rest = || {
                        let own = objects::table.filter(objects::collection.eq(collection.0));
                        let own = own.filter(objects::object_type.eq(&object_type)).filter(objects::added.gt(after));
                        own.filter(objects::is_newest.eq(is_newest)).filter(objects::is_best.eq(is_best))
                    };
                    let edge = rest().order(objects::added).select(objects::added).offset(STRIDE - 1).limit(1);
                    match edge.get_result::<i64>(c).optional()? {
                        Some(edge) => Ok((STRIDE, Some(edge))),
                        None => Ok((rest().count().get_result::<i64>(c)?, None)),
                    }
                })
                .await?;
            count += u64::try_from(strides).unwrap_or_default();
            match edge {
                Some(edge) => after = edge,
                None => return Ok(count),
            }
        }
    }
}

/// When the oldest and the newest entry were added; and the collection's API root and `id`.
fn ends(connection: &mut Connection, collection: CollectionKey) -> Result<(Holdings, Option<(String, Uuid)>)> {
    let own = || objects::table.filter(objects::collection.eq(collection.0));
    let oldest: Option<i64> = own().select(min(objects::added)).get_result(connection)?;
    let newest: Option<i64> = own().select(max(objects::added)).get_result(connection)?;
    let name = collections::table.find(collection.0).select((collections::root, collections::id));
    let name: Option<(String, String)> = name.get_result(connection).optional()?;
    let name = name.and_then(|(root, id)| Some((root, Uuid::try_parse(&id).ok()?)));
    let [oldest, newest] = [oldest, newest].map(|added| added.map(Timestamp::from_micros));
    Ok((Holdings { oldest, newest, ..Holdings::default() }, name))
}

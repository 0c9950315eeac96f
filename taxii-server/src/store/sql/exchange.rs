//! Exchanging collections with other servers. The text is the same for every engine, whose module includes this file and says what
//! its `Connection`, its `Backend` and its `Engine` are.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use taxii_model::Timestamp;
use uuid::Uuid;

use super::audit::bury;
use super::{Connection, Engine};
use crate::store::exchange::{Origins, concerns, exchanged_version, merge};
use crate::store::schema::{conflicts, deletions, marks, objects, partners, settings};
use crate::store::sql::deletions::{Deletion, Doomed, DoomedRow, stamped};
use crate::store::sql::standing::{COLUMNS, Row, Sibling, stand};
use crate::store::{
    Changed, CollectionKey, Conflict, Exchange, Gone, Page, Partner, Provenance, Result, Retracted, Retraction,
    StoreError, Stretch, content_version,
};

/// The setting that has the id of the server.
const SERVER: &str = "server";
/// So many texts are read before it is looked how large they are.
const SOME: usize = 64;
/// So many ids go into one question.
const TOGETHER: usize = 500;
/// So many deletions are read at a time.
const DELETIONS: usize = 5000;

fn server(connection: &mut Connection) -> Result<Uuid> {
    let fresh = (settings::name.eq(SERVER), settings::value.eq(Uuid::new_v4().to_string()));
    diesel::insert_into(settings::table).values(fresh).on_conflict_do_nothing().execute(connection)?;
    let kept: String = settings::table.find(SERVER).select(settings::value).get_result(connection)?;
    Uuid::try_parse(&kept).map_err(|_| StoreError::failed("the id of the server in the database is damaged"))
}

fn changes(connection: &mut Connection, stretch: &Stretch) -> Result<Page<Changed>> {
    // Entries first: what is deleted meanwhile is told behind the end of the stretch.
    let entries = entries(connection, stretch)?;
    let deletions = deleted(connection, stretch)?;
    Ok(merge(entries, deletions, stretch.limit))
}

type EntryRow = (i64, String, String, String, i64, Option<String>);

fn entries(connection: &mut Connection, stretch: &Stretch) -> Result<Page<Changed>> {
    let mut page = Page { entries: Vec::new(), more: false };
    let (mut after, mut bytes) = (stretch.after, 0);
    loop {
        let some = SOME.min(stretch.limit.saturating_sub(page.entries.len()).saturating_add(1));
        let own = objects::table.filter(objects::collection.eq(stretch.collection.0)).into_boxed();
        let own = own.filter(objects::added.gt(after.as_micros())).filter(objects::added.le(stretch.until.as_micros()));
        let own = match &stretch.sight {
            Some(sight) => super::selected::seen(own, sight),
            None => own,
        };
        let columns =
            (objects::added, objects::id, objects::version, objects::body, objects::label, objects::provenance);
        let rows = own.order(objects::added).select(columns).limit(i64::try_from(some).unwrap_or(i64::MAX));
        let rows: Vec<EntryRow> = rows.load(connection)?;
        let all = rows.len() < some;
        for row in rows {
            let fits = page.entries.is_empty() || bytes + row.3.len() <= stretch.bytes;
            if !fits || page.entries.len() == stretch.limit {
                page.more = true;
                return Ok(page);
            }
            bytes += row.3.len();
            after = Timestamp::from_micros(row.0);
            page.entries.push(entry(row));
        }
        if all {
            return Ok(page);
        }
    }
}

fn entry((added, id, version, text, label, provenance): EntryRow) -> Changed {
    let version = exchanged_version(version, added, || content_version(&text));
    let provenance = provenance.as_deref().map(Provenance::read);
    Changed { stamp: Timestamp::from_micros(added), id, version, label, provenance, text: Some(text) }
}

/// The deletions that others are told of: those that happened here to what came into the exchange here, and those that came from
/// elsewhere. What was deleted here that others had given is theirs to tell of.
fn deleted(connection: &mut Connection, stretch: &Stretch) -> Result<Page<Changed>> {
    let limit = stretch.limit.min(DELETIONS);
    let own = deletions::table.filter(deletions::collection.eq(stretch.collection.0)).into_boxed();
    let own = own.filter(deletions::stamp.gt(stretch.after.as_micros()));
    let own = own.filter(deletions::stamp.le(stretch.until.as_micros()));
    let own = own.filter(deletions::provenance.is_not_null().or(deletions::entry.is_null()));
    let own = match &stretch.sight {
        Some(sight) => {
            let until = sight.until().as_micros();
            own.filter(deletions::label.eq_any(sight.labels())).filter(deletions::stamp.le(until))
        }
        None => own,
    };
    let columns = (deletions::stamp, deletions::id, deletions::version, deletions::label, deletions::provenance);
    let rows = own.order(deletions::stamp).select(columns).limit(i64::try_from(limit + 1).unwrap_or(i64::MAX));
    let rows: Vec<(i64, String, String, i64, Option<String>)> = rows.load(connection)?;
    let more = rows.len() > limit;
    let entries = rows.into_iter().take(limit).map(|(stamp, id, version, label, provenance)| {
        let provenance = provenance.as_deref().map(Provenance::read);
        Changed { stamp: Timestamp::from_micros(stamp), id, version, label, provenance, text: None }
    });
    Ok(Page { entries: entries.collect(), more })
}

fn origins(connection: &mut Connection, collection: CollectionKey, ids: &[String]) -> Result<Origins> {
    let mut origins = Origins::new();
    for ids in ids.chunks(TOGETHER) {
        let own = objects::table.filter(objects::collection.eq(collection.0)).filter(objects::id.eq_any(ids));
        let rows: Vec<(String, Option<String>)> =
            own.select((objects::id, objects::provenance)).distinct().load(connection)?;
        for (id, provenance) in rows {
            origins.entry(id).or_default().push(provenance.as_deref().map(Provenance::read));
        }
    }
    Ok(origins)
}

/// Takes back what others have taken back, in the transaction that is open.
fn retract(
    connection: &mut Connection,
    collection: CollectionKey,
    retractions: &[Retraction],
    now: Timestamp,
) -> Result<Vec<Retracted>> {
    // From here on all who write to the collection wait.
    let mark = diesel::update(marks::table.find(collection.0)).set(marks::changes.eq(marks::changes));
    if mark.execute(connection)? == 0 {
        return Err(StoreError::Missing("collection: it has been removed".to_owned()));
    }
    let mut all = Vec::with_capacity(retractions.len());
    let mut deletions = Vec::new();
    let known = known(connection, collection, retractions)?;
    for retraction in retractions {
        if !known.contains(&retraction.id) {
            all.push(Retracted::default());
            continue;
        }
        let mut retracted = take_back(connection, collection, retraction, now, &mut deletions)?;
        pass_on(connection, collection, retraction, &mut deletions)?;
        retracted.gone.sort();
        all.push(retracted);
    }
    let removed = all.iter().any(|retracted| !retracted.gone.is_empty());
    keep(connection, collection, deletions, now, removed)?;
    Ok(all)
}

/// Which of the objects there are, or were. Nobody is kept waiting by words about what was never here.
fn known(
    connection: &mut Connection,
    collection: CollectionKey,
    retractions: &[Retraction],
) -> Result<HashSet<String>> {
    let mut known = HashSet::new();
    for chunk in retractions.chunks(TOGETHER) {
        let ids: Vec<&str> = chunk.iter().map(|retraction| retraction.id.as_str()).collect();
        let there = objects::table.filter(objects::collection.eq(collection.0)).filter(objects::id.eq_any(&ids));
        known.extend(there.select(objects::id).distinct().load::<String>(connection)?);
        let gone = deletions::table.filter(deletions::collection.eq(collection.0));
        let gone = gone.filter(deletions::id.eq_any(&ids));
        known.extend(gone.select(deletions::id).distinct().load::<String>(connection)?);
    }
    Ok(known)
}

type OwnRow = (i64, String, String, String, i64, Option<String>);

/// Removes the entries that a retraction concerns.
fn take_back(
    connection: &mut Connection,
    collection: CollectionKey,
    retraction: &Retraction,
    now: Timestamp,
    deletions: &mut Vec<Deletion>,
) -> Result<Retracted> {
    let mut retracted = Retracted::default();
    let own = || objects::table.filter(objects::collection.eq(collection.0)).filter(objects::id.eq(&retraction.id));
    let columns =
        (objects::added, objects::version, objects::version_key, objects::body, objects::label, objects::provenance);
    let rows: Vec<OwnRow> = own().select(columns).load(connection)?;
    let (mut stamps, mut keys) = (Vec::new(), Vec::new());
    for (added, version, key, text, label, provenance) in rows {
        let exchanged = exchanged_version(version.clone(), added, || content_version(&text));
        if !concerns(retraction, &exchanged) {
            continue;
        }
        match provenance {
            Some(entry) if retraction.provenance.takes_back(&Provenance::read(&entry)) => {
                stamps.push(added);
                keys.push(key);
                retracted.gone.push((Timestamp::from_micros(added), version));
                let provenance = Some(retraction.provenance.text());
                let id = retraction.id.clone();
                deletions.push(Deletion { id, version: exchanged, label, provenance, entry: Some(entry) });
            }
            _ => retracted.others = true,
        }
    }
    for stamps in stamps.chunks(TOGETHER) {
        let doomed = || own().filter(objects::added.eq_any(stamps));
        bury(connection, doomed().into_boxed(), now)?;
        diesel::delete(doomed()).execute(connection)?;
    }
    if !stamps.is_empty() {
        settle(connection, collection, &retraction.id, &keys)?;
    }
    Ok(retracted)
}

/// What was deleted here before, as nobody else was told: now they are, since who has it from here has to learn of it from here.
fn pass_on(
    connection: &mut Connection,
    collection: CollectionKey,
    retraction: &Retraction,
    all: &mut Vec<Deletion>,
) -> Result<()> {
    let own = deletions::table.filter(deletions::collection.eq(collection.0));
    let own = own.filter(deletions::id.eq(&retraction.id)).filter(deletions::provenance.is_null());
    let own = own.filter(deletions::entry.is_not_null());
    let columns = (deletions::stamp, deletions::version, deletions::label, deletions::entry);
    let rows: Vec<(i64, String, i64, Option<String>)> = own.select(columns).load(connection)?;
    for (stamp, version, label, entry) in rows {
        let from = entry.as_deref().map(Provenance::read).unwrap_or_default();
        if concerns(retraction, &version) && retraction.provenance.takes_back(&from) {
            diesel::delete(deletions::table.find((collection.0, stamp))).execute(connection)?;
            let provenance = Some(retraction.provenance.text());
            all.push(Deletion { id: retraction.id.clone(), version, label, provenance, entry });
        }
    }
    Ok(())
}

/// Sets the standing of the entries of one object right after some of these versions have gone.
fn settle(connection: &mut Connection, collection: CollectionKey, id: &str, keys: &[String]) -> Result<()> {
    let own = objects::table.filter(objects::collection.eq(collection.0)).filter(objects::id.eq(id));
    let rows: Vec<Row> = own.select(COLUMNS).load(connection)?;
    let siblings: Vec<Sibling> = rows.into_iter().map(Sibling::from).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    for (sibling, standing) in siblings.iter().zip(stand(&siblings, &keys)) {
        if standing != sibling.standing {
            let entry = objects::table.find((collection.0, sibling.added));
            let moved = (
                objects::is_best.eq(standing.is_best),
                objects::is_newest.eq(standing.is_newest),
                objects::is_oldest.eq(standing.is_oldest),
                objects::newest_in_spec.eq(standing.newest_in_spec),
                objects::oldest_in_spec.eq(standing.oldest_in_spec),
            );
            diesel::update(entry).set(moved).execute(connection)?;
        }
    }
    Ok(())
}

/// Keeps deletions, each with a stamp of its own, and moves the collection's mark. The collection's lock is held.
pub(super) fn keep(
    connection: &mut Connection,
    collection: CollectionKey,
    all: Vec<Deletion>,
    now: Timestamp,
    removed: bool,
) -> Result<()> {
    if all.is_empty() && !removed {
        return Ok(());
    }
    let mark = marks::table.find(collection.0);
    let clock: i64 = mark.select(marks::clock).get_result(connection)?;
    let mut end = clock;
    for (stamp, deletion) in stamped(all, Timestamp::from_micros(clock), now) {
        diesel::insert_into(deletions::table).values(deletion.row(collection, stamp)).execute(connection)?;
        end = stamp;
    }
    let moved = (marks::clock.eq(end), marks::changes.eq(marks::changes + i64::from(removed)));
    diesel::update(mark).set(moved).execute(connection)?;
    Ok(())
}

/// What is about to be removed because of its age, and another server gave, is not to be given once more. Nobody is told of it.
pub(super) fn outlived(
    connection: &mut Connection,
    collection: CollectionKey,
    query: objects::BoxedQuery<'_, super::Backend>,
    now: Timestamp,
) -> Result<()> {
    let columns =
        (objects::id, (objects::added, objects::version, objects::version_key, objects::label, objects::provenance));
    let rows: Vec<(String, DoomedRow)> =
        query.filter(objects::provenance.is_not_null()).order(objects::added).select(columns).load(connection)?;
    let mut all = Vec::new();
    for (id, row) in rows {
        let (quiet, _, _) = doomed(connection, collection, &id, vec![Doomed::from(row)])?;
        all.extend(quiet.into_iter().filter(|deletion| deletion.entry.is_some()));
    }
    keep(connection, collection, all, now, false)
}

/// Those of these entries that are about to go which are dated have their content in place of a version.
pub(super) fn doomed(
    connection: &mut Connection,
    collection: CollectionKey,
    id: &str,
    rows: Vec<Doomed>,
) -> Result<(Vec<Deletion>, Vec<String>, Vec<Gone>)> {
    let (mut all, mut keys, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let text = |added: i64| objects::table.find((collection.0, added)).select(objects::body);
        let exchanged = match row.is_dated() {
            true => content_version(&text(row.added).get_result::<String>(connection)?),
            false => row.version.clone(),
        };
        let (id, label, entry) = (id.to_owned(), row.label, row.entry());
        gone.push(Gone { added: Timestamp::from_micros(row.added), version: row.version });
        keys.push(row.key);
        all.push(Deletion { id, version: exchanged, label, provenance: None, entry });
    }
    Ok((all, keys, gone))
}

type ConflictRow = (String, String, String, String, Option<String>, String, i64);

fn conflicts_of(connection: &mut Connection, collection: CollectionKey, limit: usize) -> Result<Vec<Conflict>> {
    let own = conflicts::table.filter(conflicts::collection.eq(collection.0));
    let columns = (
        conflicts::digest,
        conflicts::id,
        conflicts::version,
        conflicts::kept,
        conflicts::body,
        conflicts::source,
        conflicts::at,
    );
    let rows = own.order((conflicts::at.desc(), conflicts::digest)).select(columns);
    let rows: Vec<ConflictRow> = rows.limit(i64::try_from(limit).unwrap_or(i64::MAX)).load(connection)?;
    let conflict = |(digest, id, version, kept, refused, source, at)| Conflict {
        digest,
        id,
        version,
        kept,
        refused,
        source,
        at: Timestamp::from_micros(at),
    };
    Ok(rows.into_iter().map(conflict).collect())
}

#[async_trait]
impl Exchange for Engine {
    async fn server(&self) -> Result<Uuid> {
        self.write(server).await
    }

    async fn changes(&self, stretch: &Stretch) -> Result<Page<Changed>> {
        let stretch = stretch.clone();
        self.read(move |connection| changes(connection, &stretch)).await
    }

    async fn origins(&self, collection: CollectionKey, ids: &[String]) -> Result<Origins> {
        let ids = ids.to_vec();
        self.read(move |connection| origins(connection, collection, &ids)).await
    }

    async fn retract(&self, collection: CollectionKey, retractions: &[Retraction]) -> Result<Vec<Retracted>> {
        let (retractions, now) = (retractions.to_vec(), self.now());
        self.write(move |connection| retract(connection, collection, &retractions, now)).await
    }

    async fn conflicts(&self, collection: CollectionKey, limit: usize) -> Result<Vec<Conflict>> {
        self.read(move |connection| conflicts_of(connection, collection, limit)).await
    }

    async fn forget_conflict(&self, collection: CollectionKey, digest: &str) -> Result<bool> {
        let digest = digest.to_owned();
        self.write(move |connection| {
            let one = conflicts::table.filter(conflicts::collection.eq(collection.0));
            Ok(diesel::delete(one.filter(conflicts::digest.eq(&digest))).execute(connection)? > 0)
        })
        .await
    }

    async fn partners(&self) -> Result<Vec<Partner>> {
        self.read(|connection| {
            let columns = (partners::holder, partners::server, partners::since);
            let rows: Vec<(String, String, i64)> =
                partners::table.order(partners::holder).select(columns).load(connection)?;
            let partner = |(holder, server, since)| Partner { holder, server, since: Timestamp::from_micros(since) };
            Ok(rows.into_iter().map(partner).collect())
        })
        .await
    }

    async fn set_partner(&self, partner: &Partner) -> Result<()> {
        let partner = partner.clone();
        self.write(move |connection| {
            let values = (partners::server.eq(&partner.server), partners::since.eq(partner.since.as_micros()));
            let set = diesel::insert_into(partners::table)
                .values((partners::holder.eq(&partner.holder), values))
                .on_conflict(partners::holder)
                .do_update()
                .set(values)
                .execute(connection);
            match set {
                Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                    Err(StoreError::Taken(format!("somebody who speaks for the server {}", partner.server)))
                }
                other => Ok(other.map(|_| ())?),
            }
        })
        .await
    }

    async fn remove_partner(&self, holder: &str) -> Result<bool> {
        let holder = holder.to_owned();
        self.write(move |connection| Ok(diesel::delete(partners::table.find(&holder)).execute(connection)? > 0)).await
    }
}

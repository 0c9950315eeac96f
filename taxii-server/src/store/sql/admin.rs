//! What is asked about the database and its directory. The text is the same for every engine, whose module includes this file
//! and says what its `Connection` and its `Engine` are.

use diesel::Connection as _;
use diesel::dsl::{count_star, max};
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use taxii_model::Timestamp;

use super::{Backend, Connection};
use crate::store::schema::{accounts, api_roots, collections, objects, settings};
use crate::store::sql::rows::{CollectionRow, RootRow};
use crate::store::sql::{UNFINISHED, fresh_secret, newer, read_secret};
use crate::store::{ApiRoot, Collection, CollectionKey, Directory, Result, Statistics, StoreError};

/// Brings the tables up to date, in the transaction that is open, or makes the tables be just those of these migrations: as long
/// as nothing is in them, others are undone.
pub(super) fn migrate_to(
    connection: &mut Connection,
    migrations: EmbeddedMigrations,
    only: Option<&[String]>,
) -> Result<()> {
    let applied = connection.applied_migrations().map_err(StoreError::Failed)?;
    newer(&applied, &migrations)?;
    if let Some(only) = only
        && is_empty(connection, &applied)?
    {
        // The last one comes first.
        let further = applied.iter().filter(|version| !only.contains(&version.to_string()));
        for version in further {
            let known: Vec<Box<dyn Migration<Backend>>> = migrations.migrations().map_err(StoreError::Failed)?;
            if let Some(migration) = known.iter().find(|known| known.name().version() == *version) {
                connection.revert_migration(&**migration).map_err(StoreError::Failed)?;
            }
        }
    }
    for migration in connection.pending_migrations(migrations).map_err(StoreError::Failed)? {
        let version = migration.name().version().to_string();
        if only.is_none_or(|only| only.contains(&version)) {
            connection.run_migration(&*migration).map_err(StoreError::Failed)?;
        }
    }
    Ok(())
}

/// Are there tables, with nothing in them that somebody could miss?
fn is_empty(connection: &mut Connection, applied: &[MigrationVersion<'_>]) -> Result<bool> {
    if applied.is_empty() {
        return Ok(false);
    }
    let roots: i64 = api_roots::table.count().get_result(connection)?;
    let accounts: i64 = accounts::table.count().get_result(connection)?;
    Ok(roots == 0 && accounts == 0)
}

/// Fails if this is a copy that was not finished: whoever was served from it would miss what is not there yet.
pub(super) fn finished(connection: &mut Connection) -> Result<()> {
    let of: Option<String> =
        settings::table.find(UNFINISHED).select(settings::value).get_result(connection).optional()?;
    match of {
        None => Ok(()),
        Some(of) => Err(StoreError::failed(format!(
            "the database is an unfinished copy of {of}; run the same `taxii-server db copy` or `db restore` again: it goes on where it stopped"
        ))),
    }
}

/// The secret of this database, made at the first time of asking.
pub(super) fn secret(connection: &mut Connection) -> Result<[u8; 32]> {
    const NAME: &str = "secret";
    let fresh = (settings::name.eq(NAME), settings::value.eq(fresh_secret()?));
    diesel::insert_into(settings::table).values(fresh).on_conflict_do_nothing().execute(connection)?;
    let kept: String = settings::table.find(NAME).select(settings::value).get_result(connection)?;
    read_secret(&kept)
}

pub(super) fn directory(connection: &mut Connection) -> Result<Directory> {
    connection.transaction(|connection| {
        let roots: Vec<RootRow> = api_roots::table.order(api_roots::name).load(connection)?;
        let rows: Vec<CollectionRow> = collections::table.order(collections::id).load(connection)?;
        let roots = roots.into_iter().map(ApiRoot::from).collect();
        let collections = rows.into_iter().map(Collection::try_from).collect::<Result<_>>()?;
        Ok(Directory { roots, collections })
    })
}

pub(super) fn statistics(connection: &mut Connection) -> Result<Vec<Statistics>> {
    let groups = objects::table.group_by((objects::collection, objects::is_newest, objects::is_best));
    let columns = (objects::collection, objects::is_newest, objects::is_best, count_star(), max(objects::added));
    let rows: Vec<(i64, bool, bool, i64, Option<i64>)> = groups.select(columns).load(connection)?;
    let mut all: Vec<Statistics> = Vec::new();
    for (collection, is_newest, is_best, count, newest) in rows {
        let count = u64::try_from(count).unwrap_or_default();
        let newest = newest.map(Timestamp::from_micros);
        let objects = if is_newest && is_best { count } else { 0 };
        let of = Statistics { collection: CollectionKey(collection), objects, versions: count, newest };
        match all.iter_mut().find(|known| known.collection == of.collection) {
            None => all.push(of),
            Some(known) => {
                known.objects += of.objects;
                known.versions += of.versions;
                known.newest = known.newest.max(of.newest);
            }
        }
    }
    Ok(all)
}

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::{MigrationConnection, MigrationVersion};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{Array, Nullable, Text};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::pool::Pool;
use super::{Connection, admin, ahead};
use crate::store::sql::{newer, pending};
use crate::store::{Result, StoreError};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// Makes sure that the database is one that can be worked with, and brings its tables up to date.
pub(super) async fn prepare(pool: &Pool) -> Result<()> {
    migrate_to(pool, None).await?;
    pool.write(Duration::ZERO, admin::finished).await
}

/// Runs those of these migrations that were not applied yet, or all; makes sure of the rights to all tables once they are there.
pub(super) async fn migrate_to(pool: &Pool, only: Option<Vec<String>>) -> Result<()> {
    let ready = pool.write(Duration::ZERO, inspect).await?;
    let all = only.is_none();
    // Tables that are up to date may be too new for a backup.
    if !ready || !all {
        if all {
            ahead::index(pool).await.map_err(|error| explain(&error, pool.address().user()))?;
        }
        // Another process may do the same at this moment, and only one of them can make the list of migrations.
        let migrate = move |connection: &mut Connection| migrate(connection, only.as_deref());
        pool.write(Duration::from_secs(30), migrate).await.map_err(|error| explain(&error, pool.address().user()))?;
    }
    if !all && !pool.write(Duration::ZERO, inspect).await? {
        return Ok(());
    }
    pool.write(Duration::ZERO, rights).await
}

/// Is everything up to date? Asked without touching anything, since a server may well run without the right to make tables.
fn inspect(connection: &mut Connection) -> Result<bool> {
    let encoding: String = setting(connection, "server_encoding")?;
    if encoding != "UTF8" {
        return Err(StoreError::failed(format!(
            "the database has the encoding {encoding}; it has to be UTF8: createdb --encoding=UTF8 --template=template0"
        )));
    }
    let list: Option<String> = diesel::select(sql::<Nullable<Text>>("to_regclass('__diesel_schema_migrations')::text"))
        .get_result(connection)?;
    if list.is_none() {
        return Ok(false);
    }
    allowed(connection, &["__diesel_schema_migrations"], &["SELECT"])?;
    let versions = __diesel_schema_migrations::table.select(__diesel_schema_migrations::version);
    let applied: Vec<String> = versions.load(connection)?;
    let applied: Vec<MigrationVersion<'_>> = applied.into_iter().map(MigrationVersion::from).collect();
    newer(&applied, &MIGRATIONS)?;
    Ok(!pending(&applied, &MIGRATIONS)?)
}

fn setting(connection: &mut Connection, name: &str) -> Result<String> {
    Ok(diesel::select(sql::<Text>("current_setting(").bind::<Text, _>(name).sql(")")).get_result(connection)?)
}

/// Runs the migrations, one process at a time.
fn migrate(connection: &mut Connection, only: Option<&[String]>) -> Result<()> {
    // Others who do the same are waited for, as long as a statement may take.
    connection.batch_execute("SET LOCAL lock_timeout = 0")?;
    let made = connection.setup();
    if let Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info)) = &made {
        return Err(StoreError::Unavailable(info.message().to_owned()));
    }
    made?;
    connection.batch_execute("LOCK TABLE __diesel_schema_migrations IN EXCLUSIVE MODE")?;
    admin::migrate_to(connection, MIGRATIONS, only)
}

fn explain(error: &StoreError, user: &str) -> StoreError {
    let why = crate::service::chain(error);
    StoreError::failed(format!(
        "the tables cannot be brought up to date: {why}; {user} needs the right to make tables in the database, at least at the first start"
    ))
}

/// May the tables be read and written?
fn rights(connection: &mut Connection) -> Result<()> {
    const TABLES: [&str; 26] = [
        "settings",
        "revision",
        "api_roots",
        "collections",
        "marks",
        "objects",
        "statuses",
        "accounts",
        "organisations",
        "groups",
        "group_members",
        "credentials",
        "grants",
        "validity_backfill",
        "leases",
        "labels",
        "audit",
        "audit_head",
        "tombstones",
        "pollers",
        "deletions",
        "conflicts",
        "partners",
        "agreements",
        "flows",
        "counterparts",
    ];
    allowed(connection, &TABLES, &["SELECT", "INSERT", "UPDATE", "DELETE"])
}

/// Fails unless all of this may be done with each of these tables.
fn allowed(connection: &mut Connection, tables: &[&str], what: &[&str]) -> Result<()> {
    #[derive(QueryableByName)]
    struct Missing {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let missing: Vec<Missing> = diesel::sql_query(
        "SELECT DISTINCT name FROM unnest($1) AS t (name), unnest($2) AS w (what) \
         WHERE NOT coalesce(has_table_privilege(to_regclass(name), what), false) ORDER BY name",
    )
    .bind::<Array<Text>, _>(tables)
    .bind::<Array<Text>, _>(what)
    .load(connection)?;
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = missing.into_iter().map(|table| table.name).collect();
    Err(StoreError::failed(format!(
        "this role has not the rights to the tables {}, or they are not there: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN \
         SCHEMA public TO it",
        names.join(", ")
    )))
}

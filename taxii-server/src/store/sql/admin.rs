//! What administrators ask for and change. The text is the same for every engine, whose module includes this file
//! and says what its `Connection` and its `Engine` are.

use async_trait::async_trait;
use diesel::Connection as _;
use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{Connection, Engine};
use crate::store::schema::{accounts, api_roots, collections, grants, keys, marks, objects, revision, settings};
use crate::store::sql::rows::{AccountRow, CollectionRow, GrantRow, KeyRow, MarkingsRow, RetentionRow, RootRow};
use crate::store::sql::{UNFINISHED, fresh_secret, newer, read_secret};
use crate::store::{
    Account, Admin, ApiRoot, Collection, CollectionKey, Directory, Grant, Key, Result, Statistics, StoreError,
};

/// Brings the tables up to date, in the transaction that is open, or runs just those of these migrations that were not
/// applied yet.
pub(super) fn migrate_to(
    connection: &mut Connection,
    migrations: EmbeddedMigrations,
    only: Option<&[String]>,
) -> Result<()> {
    let applied = connection.applied_migrations().map_err(StoreError::Failed)?;
    newer(&applied, &migrations)?;
    for migration in connection.pending_migrations(migrations).map_err(StoreError::Failed)? {
        let version = migration.name().version().to_string();
        if only.is_none_or(|only| only.contains(&version)) {
            connection.run_migration(&*migration).map_err(StoreError::Failed)?;
        }
    }
    Ok(())
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

/// Fails unless a row was changed.
fn changed(rows: usize, what: impl FnOnce() -> String) -> Result<()> {
    if rows == 0 { Err(StoreError::Missing(what())) } else { Ok(()) }
}

/// Turns the refusal of a name that is in use into an error that says so.
fn unless_taken(result: QueryResult<usize>, what: impl FnOnce() -> String) -> Result<()> {
    match result {
        Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Err(StoreError::Taken(what())),
        other => Ok(other.map(drop)?),
    }
}

fn root_must_exist(connection: &mut Connection, name: &str) -> Result<()> {
    let found: i64 = api_roots::table.find(name).count().get_result(connection)?;
    changed(usize::from(found > 0), || format!("API root /{name}/"))
}

fn account_must_exist(connection: &mut Connection, name: &str) -> Result<()> {
    let found: i64 = accounts::table.find(name).count().get_result(connection)?;
    changed(usize::from(found > 0), || format!("account {name}"))
}

fn only_default(connection: &mut Connection, root: &ApiRoot) -> Result<()> {
    if root.default {
        let others = api_roots::table.filter(api_roots::name.ne(&root.name));
        diesel::update(others).set(api_roots::is_default.eq(false)).execute(connection)?;
    }
    Ok(())
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

/// Stops those who add to these collections, before anything else is taken from them: writers lock a collection's mark
/// first and what it belongs to later, and so does whoever removes it.
fn close(connection: &mut Connection, collections: &[i64]) -> Result<()> {
    diesel::delete(marks::table.filter(marks::collection.eq_any(collections))).execute(connection)?;
    Ok(())
}

impl Engine {
    /// Changes the directory or the accounts. It may be tried more than once. The revision comes first: who changes
    /// something has its row until the end, so that no two changes can lock what they need in another order.
    async fn change(&self, change: impl Fn(&mut Connection) -> Result<()> + Send + Sync + 'static) -> Result<()> {
        self.write(move |connection| {
            diesel::update(revision::table).set(revision::number.eq(revision::number + 1)).execute(connection)?;
            change(connection)
        })
        .await
    }
}

#[async_trait]
impl Admin for Engine {
    async fn add_root(&self, root: &ApiRoot) -> Result<()> {
        let root = root.clone();
        self.change(move |c| {
            let row = RootRow::from(&root);
            unless_taken(diesel::insert_into(api_roots::table).values(row).execute(c), || {
                format!("an API root {}", root.path())
            })?;
            only_default(c, &root)
        })
        .await
    }

    async fn set_root(&self, root: &ApiRoot) -> Result<()> {
        let root = root.clone();
        self.change(move |c| {
            let rows = diesel::update(api_roots::table.find(&root.name)).set(RootRow::from(&root)).execute(c)?;
            changed(rows, || format!("API root {}", root.path()))?;
            only_default(c, &root)
        })
        .await
    }

    async fn remove_root(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.change(move |c| {
            let of_root = collections::table.filter(collections::root.eq(&name)).select(collections::number);
            let of_root: Vec<i64> = of_root.load(c)?;
            close(c, &of_root)?;
            let rows = diesel::delete(api_roots::table.find(&name)).execute(c)?;
            changed(rows, || format!("API root /{name}/"))
        })
        .await
    }

    async fn add_collection(&self, collection: &Collection) -> Result<()> {
        let collection = collection.clone();
        self.change(move |c| {
            root_must_exist(c, &collection.root)?;
            let row = diesel::insert_into(collections::table).values((
                collections::root.eq(&collection.root),
                collections::id.eq(collection.id.to_string()),
                collections::alias.eq(&collection.alias),
                collections::title.eq(&collection.title),
                collections::description.eq(&collection.description),
                collections::anonymous_read.eq(collection.anonymous_read),
                collections::spec_versions.eq(spec_versions(&collection)),
                collections::ingest.eq(collection.ingest.as_str()),
                RetentionRow::from(collection.retention),
                MarkingsRow::from(&collection.markings),
            ));
            unless_taken(row.execute(c), || taken(&collection))?;
            let number: i64 = collections::table
                .filter(collections::id.eq(collection.id.to_string()))
                .select(collections::number)
                .get_result(c)?;
            let mark = (marks::collection.eq(number), marks::clock.eq(0), marks::changes.eq(0));
            diesel::insert_into(marks::table).values(mark).execute(c)?;
            Ok(())
        })
        .await
    }

    async fn set_collection(&self, collection: &Collection) -> Result<()> {
        let collection = collection.clone();
        self.change(move |c| {
            let row = diesel::update(collections::table.filter(collections::id.eq(collection.id.to_string()))).set((
                collections::alias.eq(&collection.alias),
                collections::title.eq(&collection.title),
                collections::description.eq(&collection.description),
                collections::anonymous_read.eq(collection.anonymous_read),
                collections::spec_versions.eq(spec_versions(&collection)),
                collections::ingest.eq(collection.ingest.as_str()),
                RetentionRow::from(collection.retention),
                MarkingsRow::from(&collection.markings),
            ));
            let mut rows = 0;
            unless_taken(row.execute(c).inspect(|n| rows = *n), || taken(&collection))?;
            changed(rows, || format!("collection {}", collection.id))
        })
        .await
    }

    async fn remove_collection(&self, id: Uuid) -> Result<()> {
        self.change(move |c| {
            let this = || collections::table.filter(collections::id.eq(id.to_string()));
            let number: Vec<i64> = this().select(collections::number).load(c)?;
            close(c, &number)?;
            let rows = diesel::delete(this()).execute(c)?;
            changed(rows, || format!("collection {id}"))
        })
        .await
    }

    async fn accounts(&self) -> Result<Vec<Account>> {
        self.read(|c| {
            let rows: Vec<AccountRow> = accounts::table.order(accounts::name).load(c)?;
            rows.into_iter().map(Account::try_from).collect()
        })
        .await
    }

    async fn account(&self, name: &str) -> Result<Option<Account>> {
        // PostgreSQL refuses to be asked for such a name.
        if name.contains('\0') {
            return Ok(None);
        }
        let name = name.to_owned();
        self.read(move |c| {
            accounts::table.find(&name).get_result::<AccountRow>(c).optional()?.map(Account::try_from).transpose()
        })
        .await
    }

    async fn add_account(&self, account: &Account) -> Result<()> {
        let account = account.clone();
        self.change(move |c| {
            let row = diesel::insert_into(accounts::table).values(AccountRow::from(&account));
            unless_taken(row.execute(c), || format!("an account {}", account.name))
        })
        .await
    }

    async fn set_account(&self, account: &Account) -> Result<()> {
        let account = account.clone();
        self.change(move |c| {
            let rows =
                diesel::update(accounts::table.find(&account.name)).set(AccountRow::from(&account)).execute(c)?;
            changed(rows, || format!("account {}", account.name))
        })
        .await
    }

    async fn remove_account(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.change(move |c| {
            let rows = diesel::delete(accounts::table.find(&name)).execute(c)?;
            changed(rows, || format!("account {name}"))
        })
        .await
    }

    async fn keys(&self) -> Result<Vec<Key>> {
        self.read(|c| {
            let rows: Vec<KeyRow> = keys::table.order((keys::account, keys::created, keys::id)).load(c)?;
            rows.into_iter().map(Key::try_from).collect()
        })
        .await
    }

    async fn key(&self, digest: &str) -> Result<Option<Key>> {
        let digest = digest.to_owned();
        self.read(move |c| {
            let row = keys::table.filter(keys::digest.eq(&digest)).get_result::<KeyRow>(c).optional()?;
            row.map(Key::try_from).transpose()
        })
        .await
    }

    async fn add_key(&self, key: &Key) -> Result<()> {
        let key = key.clone();
        self.change(move |c| {
            account_must_exist(c, &key.account)?;
            let row = diesel::insert_into(keys::table).values(KeyRow::from(&key));
            unless_taken(row.execute(c), || format!("a key {}, or the same secret", key.id))
        })
        .await
    }

    async fn set_key(&self, id: Uuid, label: &str) -> Result<()> {
        let label = label.to_owned();
        self.change(move |c| {
            let rows = diesel::update(keys::table.find(id.to_string())).set(keys::label.eq(&label)).execute(c)?;
            changed(rows, || format!("key {id}"))
        })
        .await
    }

    async fn remove_key(&self, id: Uuid) -> Result<()> {
        self.change(move |c| {
            changed(diesel::delete(keys::table.find(id.to_string())).execute(c)?, || format!("key {id}"))
        })
        .await
    }

    async fn grants(&self, account: Option<&str>) -> Result<Vec<Grant>> {
        let account = account.map(str::to_owned);
        self.read(move |c| {
            let query = grants::table.order((grants::account, grants::collection)).into_boxed();
            let query = match &account {
                Some(name) => query.filter(grants::account.eq(name)),
                None => query,
            };
            query.load::<GrantRow>(c)?.into_iter().map(Grant::try_from).collect()
        })
        .await
    }

    async fn set_grant(&self, grant: &Grant) -> Result<()> {
        let grant = grant.clone();
        self.change(move |c| {
            account_must_exist(c, &grant.account)?;
            let known = collections::table.filter(collections::id.eq(grant.collection.to_string()));
            let found: i64 = known.count().get_result(c)?;
            changed(usize::from(found > 0), || format!("collection {}", grant.collection))?;
            let row = || GrantRow::from(&grant);
            diesel::insert_into(grants::table)
                .values(row())
                .on_conflict((grants::account, grants::collection))
                .do_update()
                .set(row())
                .execute(c)?;
            Ok(())
        })
        .await
    }

    async fn remove_grant(&self, account: &str, collection: Uuid) -> Result<()> {
        let account = account.to_owned();
        self.change(move |c| {
            let rows = diesel::delete(grants::table.find((&account, collection.to_string()))).execute(c)?;
            changed(rows, || format!("grant of {account} to collection {collection}"))
        })
        .await
    }
}

fn spec_versions(collection: &Collection) -> String {
    collection.spec_versions.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(",")
}

fn taken(collection: &Collection) -> String {
    match &collection.alias {
        Some(alias) => format!("a collection {} or one with the alias {alias}", collection.id),
        None => format!("a collection {}", collection.id),
    }
}

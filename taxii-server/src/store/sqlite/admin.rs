use async_trait::async_trait;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sqlite::SqliteConnection;
use stix_model::SpecVersion;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::SqliteStore;
use crate::auth::ClientProfile;
use crate::store::schema::{accounts, api_roots, collections, grants, keys, marks, revision};
use crate::store::{
    Account, Admin, ApiRoot, Collection, CollectionKey, Directory, Grant, Key, Result, Rights, StoreError,
};

pub(super) fn directory(connection: &mut SqliteConnection) -> Result<Directory> {
    connection.transaction(|connection| {
        let roots: Vec<RootRow> = api_roots::table.order(api_roots::name).load(connection)?;
        let rows: Vec<CollectionRow> = collections::table.order(collections::id).load(connection)?;
        let roots = roots.into_iter().map(ApiRoot::from).collect();
        let collections = rows.into_iter().map(Collection::try_from).collect::<Result<_>>()?;
        Ok(Directory { roots, collections })
    })
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = api_roots, treat_none_as_null = true)]
struct RootRow {
    name: String,
    title: String,
    description: Option<String>,
    max_content_length: i64,
    is_default: bool,
}

impl From<RootRow> for ApiRoot {
    fn from(row: RootRow) -> Self {
        Self {
            name: row.name,
            title: row.title,
            description: row.description,
            max_content_length: u64::try_from(row.max_content_length).unwrap_or_default(),
            default: row.is_default,
        }
    }
}

impl From<&ApiRoot> for RootRow {
    fn from(root: &ApiRoot) -> Self {
        Self {
            name: root.name.clone(),
            title: root.title.clone(),
            description: root.description.clone(),
            max_content_length: i64::try_from(root.max_content_length).unwrap_or(i64::MAX),
            is_default: root.default,
        }
    }
}

#[derive(Queryable)]
struct CollectionRow {
    number: i64,
    root: String,
    id: String,
    alias: Option<String>,
    title: String,
    description: Option<String>,
    anonymous_read: bool,
    spec_versions: String,
    ingest: String,
}

impl TryFrom<CollectionRow> for Collection {
    type Error = StoreError;

    fn try_from(row: CollectionRow) -> Result<Self> {
        let spec_versions = row.spec_versions.split(',').map(str::parse::<SpecVersion>).collect::<Result<_, _>>();
        Ok(Self {
            key: CollectionKey(row.number),
            root: row.root,
            id: uuid(&row.id)?,
            alias: row.alias,
            title: row.title,
            description: row.description,
            anonymous_read: row.anonymous_read,
            spec_versions: spec_versions.map_err(StoreError::failed)?,
            ingest: row.ingest.parse().map_err(StoreError::failed)?,
        })
    }
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = accounts, treat_none_as_null = true)]
struct AccountRow {
    name: String,
    password: Option<String>,
    is_admin: bool,
    client: String,
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self> {
        let client: ClientProfile = row.client.parse().map_err(StoreError::failed)?;
        Ok(Self { name: row.name, password: row.password, admin: row.is_admin, client })
    }
}

impl From<&Account> for AccountRow {
    fn from(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            password: account.password.clone(),
            is_admin: account.admin,
            client: account.client.to_string(),
        }
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = keys)]
struct KeyRow {
    id: String,
    account: String,
    label: String,
    digest: String,
    created: i64,
}

impl TryFrom<KeyRow> for Key {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self> {
        let created = Timestamp::from_micros(row.created);
        Ok(Self { id: uuid(&row.id)?, account: row.account, label: row.label, digest: row.digest, created })
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = grants)]
struct GrantRow {
    account: String,
    collection: String,
    can_read: bool,
    can_write: bool,
}

impl TryFrom<GrantRow> for Grant {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self> {
        let rights = Rights { list: true, read: row.can_read, write: row.can_write };
        Ok(Self { account: row.account, collection: uuid(&row.collection)?, rights })
    }
}

fn uuid(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(StoreError::failed)
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

fn root_must_exist(connection: &mut SqliteConnection, name: &str) -> Result<()> {
    let found: i64 = api_roots::table.find(name).count().get_result(connection)?;
    changed(usize::from(found > 0), || format!("API root /{name}/"))
}

fn account_must_exist(connection: &mut SqliteConnection, name: &str) -> Result<()> {
    let found: i64 = accounts::table.find(name).count().get_result(connection)?;
    changed(usize::from(found > 0), || format!("account {name}"))
}

fn only_default(connection: &mut SqliteConnection, root: &ApiRoot) -> Result<()> {
    if root.default {
        let others = api_roots::table.filter(api_roots::name.ne(&root.name));
        diesel::update(others).set(api_roots::is_default.eq(false)).execute(connection)?;
    }
    Ok(())
}

impl SqliteStore {
    /// Changes the directory or the accounts.
    async fn change(&self, change: impl FnOnce(&mut SqliteConnection) -> Result<()> + Send + 'static) -> Result<()> {
        self.writer
            .write(|connection| {
                change(connection)?;
                diesel::update(revision::table).set(revision::number.eq(revision::number + 1)).execute(connection)?;
                Ok(())
            })
            .await
    }
}

#[async_trait]
impl Admin for SqliteStore {
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
            ));
            let mut rows = 0;
            unless_taken(row.execute(c).inspect(|n| rows = *n), || taken(&collection))?;
            changed(rows, || format!("collection {}", collection.id))
        })
        .await
    }

    async fn remove_collection(&self, id: Uuid) -> Result<()> {
        self.change(move |c| {
            let rows = diesel::delete(collections::table.filter(collections::id.eq(id.to_string()))).execute(c)?;
            changed(rows, || format!("collection {id}"))
        })
        .await
    }

    async fn accounts(&self) -> Result<Vec<Account>> {
        self.readers
            .read(|c| {
                let rows: Vec<AccountRow> = accounts::table.order(accounts::name).load(c)?;
                rows.into_iter().map(Account::try_from).collect()
            })
            .await
    }

    async fn account(&self, name: &str) -> Result<Option<Account>> {
        let name = name.to_owned();
        self.readers
            .read(move |c| {
                accounts::table.find(name).get_result::<AccountRow>(c).optional()?.map(Account::try_from).transpose()
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
        self.readers
            .read(|c| {
                let rows: Vec<KeyRow> = keys::table.order((keys::account, keys::created, keys::id)).load(c)?;
                rows.into_iter().map(Key::try_from).collect()
            })
            .await
    }

    async fn key(&self, digest: &str) -> Result<Option<Key>> {
        let digest = digest.to_owned();
        self.readers
            .read(move |c| {
                let row = keys::table.filter(keys::digest.eq(digest)).get_result::<KeyRow>(c).optional()?;
                row.map(Key::try_from).transpose()
            })
            .await
    }

    async fn add_key(&self, key: &Key) -> Result<()> {
        let key = key.clone();
        self.change(move |c| {
            account_must_exist(c, &key.account)?;
            let created = key.created.as_micros();
            let row =
                KeyRow { id: key.id.to_string(), account: key.account, label: key.label, digest: key.digest, created };
            diesel::insert_into(keys::table).values(row).execute(c)?;
            Ok(())
        })
        .await
    }

    async fn set_key(&self, id: Uuid, label: &str) -> Result<()> {
        let label = label.to_owned();
        self.change(move |c| {
            let rows = diesel::update(keys::table.find(id.to_string())).set(keys::label.eq(label)).execute(c)?;
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
        self.readers
            .read(move |c| {
                let query = grants::table.order((grants::account, grants::collection)).into_boxed();
                let query = match account {
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
            let row = GrantRow {
                account: grant.account,
                collection: grant.collection.to_string(),
                can_read: grant.rights.read,
                can_write: grant.rights.write,
            };
            diesel::replace_into(grants::table).values(row).execute(c)?;
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

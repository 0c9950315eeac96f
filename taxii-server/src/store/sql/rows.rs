//! The rows of the tables that administrators change, and what they mean. The same on every engine.

use diesel::prelude::*;
use stix_model::SpecVersion;
use taxii_model::Timestamp;
use uuid::Uuid;

use crate::auth::ClientProfile;
use crate::store::schema::{accounts, api_roots, collections, grants, keys};
use crate::store::{
    Account, ApiRoot, Collection, CollectionKey, Grant, Key, Markings, Result, Retention, Rights, StoreError,
};

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = api_roots, treat_none_as_null = true)]
pub(in crate::store) struct RootRow {
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
pub(in crate::store) struct CollectionRow {
    number: i64,
    root: String,
    id: String,
    alias: Option<String>,
    title: String,
    description: Option<String>,
    anonymous_read: bool,
    spec_versions: String,
    ingest: String,
    keep_days: Option<i32>,
    keep_expired_days: Option<i32>,
    keep_objects: Option<i64>,
    default_marking: Option<String>,
    unmarked: String,
    open_markings: String,
    supply: bool,
}

/// The columns that a collection's retention is kept in.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = collections, treat_none_as_null = true)]
pub(in crate::store) struct RetentionRow {
    keep_days: Option<i32>,
    keep_expired_days: Option<i32>,
    keep_objects: Option<i64>,
}

impl From<Retention> for RetentionRow {
    fn from(retention: Retention) -> Self {
        let days = |days: Option<u32>| days.map(|days| i32::try_from(days).unwrap_or(i32::MAX));
        Self {
            keep_days: days(retention.keep_days),
            keep_expired_days: days(retention.keep_expired_days),
            keep_objects: retention.keep_objects.map(|objects| i64::try_from(objects).unwrap_or(i64::MAX)),
        }
    }
}

/// The columns that say what markings mean in a collection.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = collections, treat_none_as_null = true)]
pub(in crate::store) struct MarkingsRow {
    default_marking: Option<&'static str>,
    unmarked: &'static str,
    open_markings: String,
    supply: bool,
}

impl From<&Markings> for MarkingsRow {
    fn from(markings: &Markings) -> Self {
        let open: Vec<&str> = markings.open.iter().map(|id| id.as_str()).collect();
        Self {
            default_marking: markings.default_marking.map(|level| level.as_str()),
            unmarked: markings.unmarked.as_str(),
            open_markings: open.join(" "),
            supply: markings.supply,
        }
    }
}

impl TryFrom<CollectionRow> for Collection {
    type Error = StoreError;

    fn try_from(row: CollectionRow) -> Result<Self> {
        let spec_versions = row.spec_versions.split(',').map(str::parse::<SpecVersion>).collect::<Result<_, _>>();
        let open = row.open_markings.split_whitespace().map(str::parse).collect::<Result<_, _>>();
        let markings = Markings {
            default_marking: row.default_marking.map(|level| level.parse()).transpose().map_err(StoreError::failed)?,
            unmarked: row.unmarked.parse().map_err(StoreError::failed)?,
            open: open.map_err(StoreError::failed)?,
            supply: row.supply,
        };
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
            retention: Retention {
                keep_days: row.keep_days.and_then(|days| u32::try_from(days).ok()),
                keep_expired_days: row.keep_expired_days.and_then(|days| u32::try_from(days).ok()),
                keep_objects: row.keep_objects.and_then(|objects| u64::try_from(objects).ok()),
            },
            markings,
        })
    }
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = accounts, treat_none_as_null = true)]
pub(in crate::store) struct AccountRow {
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
pub(in crate::store) struct KeyRow {
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

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = grants)]
pub(in crate::store) struct GrantRow {
    account: String,
    collection: String,
    can_read: bool,
    can_write: bool,
}

impl TryFrom<GrantRow> for Grant {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self> {
        // The columns know no other rights yet.
        let delete = row.can_read && row.can_write;
        let rights = Rights { list: true, read: row.can_read, write: row.can_write, delete, manage: false };
        Ok(Self { account: row.account, collection: uuid(&row.collection)?, rights })
    }
}

fn uuid(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(StoreError::failed)
}

impl From<&Key> for KeyRow {
    fn from(key: &Key) -> Self {
        Self {
            id: key.id.to_string(),
            account: key.account.clone(),
            label: key.label.clone(),
            digest: key.digest.clone(),
            created: key.created.as_micros(),
        }
    }
}

impl From<&Grant> for GrantRow {
    fn from(grant: &Grant) -> Self {
        Self {
            account: grant.account.clone(),
            collection: grant.collection.to_string(),
            can_read: grant.rights.read,
            can_write: grant.rights.write,
        }
    }
}

//! The rows of API roots and collections, and what they mean. The same on every engine.

use diesel::prelude::*;
use stix_model::SpecVersion;
use stix_model::marking::tlp::TlpLevel;
use uuid::Uuid;

use crate::store::schema::{api_roots, collections};
use crate::store::{ApiRoot, Collection, CollectionKey, Markings, Result, Retention, StoreError};

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
    listed: bool,
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
        let open: Vec<&str> = markings.open.iter().map(stix_model::Identifier::as_str).collect();
        Self {
            default_marking: markings.default_marking.map(TlpLevel::as_str),
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
            listed: row.listed,
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

pub(super) fn uuid(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(StoreError::failed)
}

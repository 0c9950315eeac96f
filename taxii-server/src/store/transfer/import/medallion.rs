//! The data file of medallion's memory backend: one JSON object with a member for each API root.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use stix_model::json::Json;
use stix_model::{RawHead, Timestamp as StixTimestamp};
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{Found, FoundObject, Left, Peer};
use crate::store::{ApiRoot, Collection, Result, StoreError};

pub(super) struct Medallion {
    roots: BTreeMap<String, Root>,
    left: Vec<Left>,
}

#[derive(Deserialize)]
struct Root {
    #[serde(default)]
    information: Information,
    #[serde(default)]
    collections: Vec<Kept>,
    #[serde(default)]
    status: Vec<serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct Information {
    title: Option<String>,
    description: Option<String>,
    max_content_length: Option<u64>,
}

/// A collection with what is in it.
#[derive(Deserialize)]
struct Kept {
    id: String,
    title: Option<String>,
    description: Option<String>,
    alias: Option<String>,
    #[serde(default)]
    manifest: Vec<Record>,
    #[serde(default)]
    objects: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Record {
    id: String,
    date_added: Option<String>,
    version: Option<String>,
}

/// Where medallion keeps the version of an object that has none.
const HIDDEN: &str = "_date_added";

impl Medallion {
    pub(super) fn open(file: &Path) -> Result<Self> {
        let wrong = |error: &dyn std::fmt::Display| StoreError::failed(format!("{}: {error}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
        let all: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&text)
            .map_err(|error| wrong(&format!("{error}; expected the data file of medallion's memory backend")))?;
        let mut medallion = Self { roots: BTreeMap::new(), left: Vec::new() };
        for (name, text) in all {
            // Besides API roots it has the discovery resource, which is configured here.
            if matches!(name.trim_matches('/'), "discovery" | "taxii2") {
                continue;
            }
            let root = serde_json::from_str(text.get()).map_err(|error| wrong(&format!("{name}: {error}")))?;
            medallion.roots.insert(name.trim_matches('/').to_owned(), root);
        }
        if !medallion.roots.values().any(|root| root.information.title.is_some() || !root.collections.is_empty()) {
            return Err(wrong(&"there are no API roots in it: it is no data file of medallion's memory backend"));
        }
        Ok(medallion)
    }

    fn kept(&self, collection: &Collection) -> Option<&Kept> {
        let of_root = &self.roots.get(&collection.root)?.collections;
        of_root.iter().find(|kept| Uuid::try_parse(&kept.id).ok() == Some(collection.id))
    }

    fn collection(&mut self, root: &str, kept: &Kept) -> Option<Collection> {
        let Ok(id) = Uuid::try_parse(&kept.id) else {
            self.left.push(Left::new(format!("collection {}/{}", root, kept.id), "its id is no UUID"));
            return None;
        };
        let title = kept.title.as_deref().unwrap_or(&kept.id);
        let alias = kept.alias.as_deref();
        let mut collection = match Collection::new(root, alias, title) {
            Ok(collection) => collection,
            Err(error) => {
                let what = format!("the alias {:?} of collection {id}", alias.unwrap_or_default());
                self.left.push(Left::new(what, error.to_string()));
                Collection::new(root, None, title).ok()?
            }
        };
        collection.id = id;
        collection.description.clone_from(&kept.description);
        Some(collection)
    }
}

impl Peer for Medallion {
    fn directory(&mut self) -> Result<Found> {
        let mut found = Found::default();
        let roots = std::mem::take(&mut self.roots);
        for (name, kept) in &roots {
            let title = kept.information.title.as_deref().unwrap_or(name);
            let mut root = match ApiRoot::new(name, title) {
                Ok(root) => root,
                Err(error) => {
                    self.left.push(Left::new(format!("API root {name} with its collections"), error.to_string()));
                    continue;
                }
            };
            root.description.clone_from(&kept.information.description);
            root.max_content_length = kept.information.max_content_length.unwrap_or(root.max_content_length);
            found.roots.push(root);
            let collections = kept.collections.iter().filter_map(|kept| self.collection(name, kept));
            found.collections.extend(collections);
            if !kept.status.is_empty() {
                let what = format!("{} statuses of former submissions to {name}", kept.status.len());
                self.left.push(Left::new(what, "they are kept for a day only"));
            }
        }
        self.roots = roots;
        self.left.push(Left::new(
            "accounts",
            "medallion keeps them in its configuration, and everyone may use every collection: add accounts with `taxii-server account add`",
        ));
        found.left = std::mem::take(&mut self.left);
        Ok(found)
    }

    fn objects(&mut self, collection: &Collection, each: &mut dyn FnMut(FoundObject) -> Result<()>) -> Result<()> {
        let Some(kept) = self.kept(collection) else { return Ok(()) };
        let dates = dates(&kept.manifest);
        let mut order: Vec<(Option<Timestamp>, usize)> = Vec::with_capacity(kept.objects.len());
        for (n, object) in kept.objects.iter().enumerate() {
            order.push((added(object.get(), &dates), n));
        }
        // Those without a date come first: they were in the file that medallion was started with.
        order.sort();
        for (added, n) in order {
            if let Some(object) = kept.objects.get(n) {
                each(FoundObject { text: visible(object.get()), added })?;
            }
        }
        Ok(())
    }
}

/// When each version was added, by id and the version's sort key.
type Dates<'m> = HashMap<(&'m str, String), Timestamp>;

fn dates(manifest: &[Record]) -> Dates<'_> {
    let date = |record: &Record| record.date_added.as_deref()?.parse().ok();
    manifest
        .iter()
        .filter_map(|record| Some(((record.id.as_str(), key(record.version.as_deref()?)), date(record)?)))
        .collect()
}

/// The instant, however many digits it is written with.
fn key(version: &str) -> String {
    version.parse::<StixTimestamp>().map_or_else(|_| version.to_owned(), |version| version.sort_key())
}

fn added(text: &str, dates: &Dates<'_>) -> Option<Timestamp> {
    let head = RawHead::read(text, 100).ok()?;
    let id = head.id()?;
    match head.version() {
        Some(version) => dates.get(&(id, key(version))).copied(),
        None => {
            let hidden = Json::parse(text).ok()?;
            let version = hidden.get(HIDDEN)?.as_str()?.to_owned();
            dates.get(&(id, key(&version))).copied().or_else(|| version.parse().ok())
        }
    }
}

/// The text without what medallion added for itself; else as it is.
fn visible(text: &str) -> String {
    if !text.contains(HIDDEN) {
        return text.to_owned();
    }
    match Json::parse(text) {
        Ok(Json::Object(mut members)) => match members.remove(HIDDEN) {
            Some(_) => Json::Object(members).to_string(),
            None => text.to_owned(),
        },
        _ => text.to_owned(),
    }
}

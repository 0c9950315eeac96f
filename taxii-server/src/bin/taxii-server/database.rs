//! Where everything is kept: an SQLite file, or a database on a PostgreSQL server.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize, Serializer};
use taxii_server::manage::Managed;
use taxii_server::store::transfer::Place;
use taxii_server::store::{PostgresStore, Result, SqliteStore, Statistics};

/// What the program needs of a store.
#[async_trait]
pub(crate) trait Database: Managed {
    /// How much each collection holds.
    async fn statistics(&self) -> Result<Vec<Statistics>>;
    /// How much room it takes.
    async fn bytes(&self, location: &Location) -> Result<u64>;
}

#[async_trait]
impl Database for SqliteStore {
    async fn statistics(&self) -> Result<Vec<Statistics>> {
        self.statistics().await
    }

    async fn bytes(&self, location: &Location) -> Result<u64> {
        Ok(std::fs::metadata(&location.0).map_or(0, |file| file.len()))
    }
}

#[async_trait]
impl Database for PostgresStore {
    async fn statistics(&self) -> Result<Vec<Statistics>> {
        self.statistics().await
    }

    async fn bytes(&self, _: &Location) -> Result<u64> {
        self.bytes().await
    }
}

/// The open database.
pub(crate) type Opened = Arc<dyn Database>;

/// The name of a file, or the URL of a database. It is shown without a password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Location(String);

impl Location {
    /// The URL, with its password.
    pub(crate) fn url(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|url| PostgresStore::is_url(url))
    }

    /// For transfers.
    pub(crate) fn place(&self) -> crate::Outcome<Place> {
        Ok(Place::read(&self.0)?)
    }

    /// The file.
    pub(crate) fn file(&self) -> crate::Outcome<PathBuf> {
        match self.0.split_once("://") {
            Some((scheme, _)) => Err(format!(
                "database = \"{scheme}://…\": there are no {scheme} databases here; expected the name of a file, or postgres://USER:PASSWORD@HOST/DATABASE"
            )
            .into()),
            None => Ok(Path::new(&self.0).to_owned()),
        }
    }
}

impl From<&str> for Location {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&PostgresStore::without_password(&self.0))
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

use std::fmt;
use std::path::{Path, PathBuf};

use super::side::Side;
use crate::store::sqlite::transfer::File;
use crate::store::{Result, StoreError};

/// Where a database is: an SQLite file, or a database on a PostgreSQL server. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The file.
    File(PathBuf),
    /// The URL.
    #[cfg(feature = "postgres")]
    Url(String),
}

impl Place {
    /// What the text names.
    ///
    /// # Errors
    /// It is a URL of something else than a PostgreSQL database.
    ///
    /// ```
    /// use taxii_server::store::transfer::Place;
    ///
    /// assert_eq!(Place::read("postgres://u:secret@h/db").unwrap().to_string(), "postgres://u@h/db");
    /// assert_eq!(Place::read("taxii.db").unwrap().to_string(), "taxii.db");
    /// assert!(Place::read("mysql://h/db").is_err());
    /// ```
    pub fn read(text: &str) -> Result<Self> {
        #[cfg(feature = "postgres")]
        if crate::store::PostgresStore::is_url(text) {
            return Ok(Self::Url(text.to_owned()));
        }
        match text.split_once("://") {
            Some((scheme, _)) => Err(StoreError::failed(format!(
                "there are no {scheme} databases here; expected the name of a file, or postgres://USER:PASSWORD@HOST/DATABASE"
            ))),
            None => Ok(Self::File(text.into())),
        }
    }

    /// Opens a database that is there, only to read it.
    pub(super) fn to_read(&self) -> Result<Box<dyn Side>> {
        match self {
            Self::File(file) => {
                exists(file)?;
                Ok(Box::new(File::to_read(file)?))
            }
            #[cfg(feature = "postgres")]
            Self::Url(url) => Ok(Box::new(crate::store::postgres::transfer::Server::to_read(url)?)),
        }
    }

    /// Opens a database that is there where it is written to, to read it there and to keep others from writing.
    pub(super) fn to_hold(&self) -> Result<Box<dyn Side>> {
        match self {
            Self::File(file) => {
                exists(file)?;
                Ok(Box::new(File::to_hold(file)?))
            }
            #[cfg(feature = "postgres")]
            Self::Url(url) => Ok(Box::new(crate::store::postgres::transfer::Server::to_hold(url)?)),
        }
    }

    /// Opens a database, making the file if there is none, and brings its tables up to date, or to just these migrations: an empty
    /// one may well have tables that are newer than a backup.
    pub(super) fn to_write(&self, migrations: Option<&[String]>) -> Result<Box<dyn Side>> {
        match self {
            Self::File(file) => Ok(Box::new(File::to_write(file, migrations)?)),
            #[cfg(feature = "postgres")]
            Self::Url(url) => Ok(Box::new(crate::store::postgres::transfer::Server::to_write(url, migrations)?)),
        }
    }
}

fn exists(file: &Path) -> Result<()> {
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.len() > 0 => Ok(()),
        Ok(_) => Err(StoreError::failed(format!("{} is empty: it is no database", file.display()))),
        Err(error) => Err(StoreError::failed(format!("{}: {error}", file.display()))),
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.display().fmt(f),
            #[cfg(feature = "postgres")]
            Self::Url(url) => f.write_str(&crate::store::PostgresStore::without_password(url)),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

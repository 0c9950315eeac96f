use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use crate::store::{Result, StoreError};

/// Opens the file, with the settings that every connection needs.
///
/// `synchronous = FULL` flushes the log at each commit: a power cut loses nothing that was
/// acknowledged. Pages of 8 KiB hold most objects whole, and a log of 32 MiB before each
/// checkpoint keeps the checkpoints from dominating bulk loads.
pub(super) fn open(path: &Path, cache: usize) -> Result<SqliteConnection> {
    let url =
        path.to_str().ok_or_else(|| StoreError::Missing(format!("way to name the file {path:?}: it is not UTF-8")))?;
    let file = path.display();
    let mut connection = SqliteConnection::establish(url).map_err(|error| {
        StoreError::failed(format!("{file}: {error}; does the folder exist, and may it be written to?"))
    })?;
    let kibibytes = cache / 1024;
    connection
        .batch_execute(&format!(
            "PRAGMA busy_timeout = 10000;
         PRAGMA page_size = 8192;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -{kibibytes};
         PRAGMA wal_autocheckpoint = 4096;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA temp_store = MEMORY;"
        ))
        .map_err(|error| match StoreError::from(error) {
            StoreError::Failed(why) => StoreError::failed(format!("{file}: {why}; is it a database of this program?")),
            busy => busy,
        })?;
    Ok(connection)
}

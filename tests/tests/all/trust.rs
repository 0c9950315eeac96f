//! Who may see and do what: every kind of caller, at every endpoint, by every kind of grant, before every kind of marking,
//! on every store, against a small model; and no byte of what a caller may not see in anything that it receives.

mod model;
mod site;
mod table;

use std::sync::Arc;

use taxii_server::store::{MemoryStore, PostgresStore, SqliteStore};
use taxii_tests::postgres::Database;
use tempfile::TempDir;

use self::site::Site;

/// So many answers are compared at the least.
const ROWS: usize = 10_000;

fn compare(site: &Site) {
    let rows = table::reads(site) + table::writes(site);
    println!("{rows} answers");
    assert!(rows > ROWS, "{rows} answers are few");
}

/// Promise 4, AMB-23: the whole table, over the memory store.
#[test]
fn in_memory() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    compare(&runtime.block_on(Site::new(Arc::new(MemoryStore::new()))));
}

/// Promises 4 and 7: the whole table, over SQLite.
#[test]
fn on_sqlite() {
    let folder = TempDir::with_prefix("taxii-tests-").expect("a temporary folder");
    let store = SqliteStore::open(folder.path().join("trust.db")).expect("a database");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    compare(&runtime.block_on(Site::new(Arc::new(store))));
}

/// Promises 4 and 7: the whole table, over PostgreSQL.
#[test]
fn on_postgres() {
    let Some(database) = Database::new("who may see and do what, on PostgreSQL") else { return };
    let store = database.wait(PostgresStore::open(&database.url())).expect("a database");
    let site = database.wait(Site::new(Arc::new(store)));
    compare(&site);
}

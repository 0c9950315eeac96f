//! The limit of writing: prepared inserts into the same tables, with the same durability, by SQLite alone.

use std::time::Instant;

use stix_model::RawHead;
use tempfile::TempDir;

use crate::content;

/// Inserts `count` objects, 1,000 in a transaction, and returns how many that is in a second.
pub(crate) fn inserts(count: usize) -> f64 {
    let folder = TempDir::new_in(".").expect("a folder");
    let mut connection = rusqlite::Connection::open(folder.path().join("plain.db")).expect("a database");
    connection
        .execute_batch(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4096; PRAGMA foreign_keys = ON;",
        )
        .expect("settings");
    connection.execute_batch(include_str!("../../taxii-server/migrations/sqlite/0001_initial/up.sql")).expect("tables");
    connection
        .execute_batch(
            "INSERT INTO api_roots VALUES ('bench', 'Benchmark', NULL, 1000000, 0);
             INSERT INTO collections VALUES (1, 'bench', 'x', 'objects', 'Objects', NULL, 0, '2.1');",
        )
        .expect("a collection");
    let objects: Vec<(String, String, String)> = (0..count)
        .map(|i| {
            let (n, version) = content::nth(i);
            let text = content::object(n, version);
            let head = RawHead::read(&text, 100).expect("JSON").check(None).expect("a head");
            (head.id.to_string(), head.version().expect("a version").to_string(), text)
        })
        .collect();
    let begin = Instant::now();
    for (batch, objects) in objects.chunks(1000).enumerate() {
        let transaction = connection.transaction().expect("a transaction");
        {
            let sql = "INSERT INTO objects VALUES (1, ?1, 21, 1, 1, 1, 1, 1, 'indicator', ?2, ?3, ?4, ?5)";
            let mut insert = transaction.prepare(sql).expect("a statement");
            for (i, (id, version, text)) in objects.iter().enumerate() {
                let added = 1_790_000_000_000_000 + (batch * 1000 + i) as i64;
                insert.execute((added, id, version, version.trim_end_matches(".000Z"), text)).expect("to insert");
            }
        }
        transaction.commit().expect("to commit");
    }
    count as f64 / begin.elapsed().as_secs_f64()
}

//! Who waits for whom in PostgreSQL, and for how long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use taxii_server::store::{PostgresStore, Store, StoreError};
use taxii_tests::postgres::Database;

use super::{collection, everything, furnish, submission};

/// Promise 2: while somebody keeps all writers out, as `db copy --hold` does, who adds is told soon to come again, also those
/// who share a transaction, and who reads notices nothing.
#[test]
fn who_waits_for_a_lock_is_sent_away() {
    let Some(database) = Database::new("a lock on PostgreSQL that is held for long") else { return };
    database.wait(async {
        let store = Arc::new(PostgresStore::open(&database.url()).await.unwrap());
        furnish(&store).await;
        let collection = collection(&store).await;
        store.add(submission(collection, [0])).await.unwrap();
        let (holder, connection) = tokio_postgres::connect(&database.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        holder.batch_execute("BEGIN; LOCK TABLE marks IN EXCLUSIVE MODE").await.unwrap();
        let begun = Instant::now();
        let adding: Vec<_> = (1..20)
            .map(|n| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { store.add(submission(collection, [n])).await })
            })
            .collect();
        let mut times = Vec::new();
        while !adding.iter().all(tokio::task::JoinHandle::is_finished) {
            let asked = Instant::now();
            assert_eq!(everything(&store, collection).await.len(), 1);
            store.mark(collection).await.unwrap();
            times.push(asked.elapsed());
            assert!(begun.elapsed() < Duration::from_secs(120), "nobody was sent away");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        seldom_longer(&times, Duration::from_secs(4));
        for added in adding {
            let error = added.await.unwrap().unwrap_err();
            assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("lock timeout")), "{error:?}");
        }
        holder.batch_execute("ROLLBACK").await.unwrap();
        store.add(submission(collection, [20])).await.unwrap();
        assert_eq!(everything(&store, collection).await.len(), 2);
    });
}

/// Who waited for the lock would do so nearly every time; a busy machine is slow now and then.
#[track_caller]
fn seldom_longer(times: &[Duration], limit: Duration) {
    let longer = times.iter().filter(|time| **time > limit).count();
    assert!(longer * 4 <= times.len(), "others wait: {longer} of {} times", times.len());
}

/// An upgrade makes its index beforehand: one that was not finished is made anew, and nodes that start while another makes it
/// keep nobody waiting behind them, who writes or reads.
#[test]
fn an_unfinished_index_is_made_anew() {
    let Some(database) = Database::new("an upgrade of PostgreSQL that was broken off") else { return };
    database.wait(async {
        let url = database.url();
        let store = PostgresStore::open(&url).await.unwrap();
        furnish(&store).await;
        let collection = collection(&store).await;
        store.add(submission(collection, 0..5)).await.unwrap();
        let down = concat!(env!("CARGO_MANIFEST_DIR"), "/../taxii-server/migrations/postgres/0003_retention/down.sql");
        let down = std::fs::read_to_string(down).unwrap();
        let connect = async || {
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client
        };
        let (admin, old) = (connect().await, connect().await);
        admin.batch_execute(&down).await.unwrap();
        let unfinished = "DELETE FROM __diesel_schema_migrations WHERE version = '0003';
            ALTER TABLE objects ADD COLUMN valid_until BIGINT;
            CREATE INDEX objects_by_validity ON objects (collection) WHERE valid_until IS NOT NULL;
            UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'objects_by_validity'::regclass";
        admin.batch_execute(unfinished).await.unwrap();
        // Whoever makes the index waits for this transaction, which has written.
        old.batch_execute("BEGIN; UPDATE objects SET body = body WHERE added < 0").await.unwrap();
        let opening: Vec<_> = (0..3)
            .map(|_| {
                let url = url.clone();
                tokio::spawn(async move { PostgresStore::open(&url).await.map(drop) })
            })
            .collect();
        let building = "SELECT count(*) FROM pg_locks WHERE relation = 'objects'::regclass AND mode = 'ShareUpdateExclusiveLock' \
                        OR relation = 'objects'::regclass AND mode = 'AccessExclusiveLock'";
        while admin.query_one(building, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (begun, mut times) = (Instant::now(), Vec::new());
        while begun.elapsed() < Duration::from_secs(4) || times.len() < 20 {
            let asked = Instant::now();
            admin.batch_execute("SELECT count(*) FROM objects; UPDATE objects SET body = body").await.unwrap();
            times.push(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        seldom_longer(&times, Duration::from_secs(1));
        old.batch_execute("COMMIT").await.unwrap();
        for opened in opening {
            opened.await.unwrap().unwrap();
        }
    });
    let index = "SELECT pg_get_indexdef(indexrelid) || indisvalid FROM pg_index WHERE indexrelid = 'objects_by_validity'::regclass";
    let index = database.text(index);
    assert!(index.contains("is_best, valid_until)") && index.ends_with("true"), "{index}");
    let deadlocks = "SELECT deadlocks::text FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(database.text(deadlocks), "0");
}

//! From one database to another: copies, backups and restoring, on both engines, with writers in between and `kill -9`.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use taxii_model::Filter;
use taxii_server::store::transfer::testing::{catalogue, everything, listed, run};
use taxii_server::store::transfer::{self, Event, Place, Report, copy};
use taxii_server::store::{Account, Admin, ApiRoot, Collection, PostgresStore, SqliteStore, Store, Window};
use taxii_tests::busy::{Busy, until};
use taxii_tests::cluster::Cluster;
use taxii_tests::content::{Random, furnish, happen, item, submission};
use taxii_tests::postgres::Database;
use taxii_tests::programs::{self, Folder};

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

fn file(folder: &Folder, name: &str) -> Place {
    Place::File(folder.file(name))
}

fn silent(_: &Event) {}

fn copied(from: &Place, to: &Place) -> Report {
    let report = copy(from, to).run(&mut silent).unwrap_or_else(|error| panic!("{from} to {to}: {}", chain(&error)));
    assert!(report.verified.iter().all(transfer::Verified::is_same));
    report
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[track_caller]
fn refused<T>(result: Result<T, impl std::error::Error>, word: &str) {
    let error = result.err().expect("it is refused");
    assert!(chain(&error).contains(word), "expected {word:?}: {}", chain(&error));
}

/// Every value of every column, told apart by table, so that a failure says where.
#[track_caller]
fn assert_same(one: &Place, other: &Place, what: &str) {
    let (one, other) = (everything(one).unwrap(), everything(other).unwrap());
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (table, rows) in &one {
        let missing: Vec<_> = rows.difference(&other[table]).take(2).collect();
        let more: Vec<_> = other[table].difference(rows).take(2).collect();
        assert!(missing.is_empty() && more.is_empty(), "{what}: {table}: missing {missing:#?}, too much {more:#?}");
    }
}

/// A column that is added to the tables and forgotten in the list of what is carried over fails here: the list is compared with what
/// each engine says of itself.
#[test]
fn every_column_is_listed() {
    let folder = Folder::new();
    let made = file(&folder, "made.db");
    transfer::migrate(&made).unwrap();
    assert_eq!(catalogue(&made).unwrap(), listed(), "SQLite");
    let Some(database) = Database::new("the list of columns, on PostgreSQL") else { return };
    let made = Place::read(&database.url()).unwrap();
    transfer::migrate(&made).unwrap();
    assert_eq!(catalogue(&made).unwrap(), listed(), "PostgreSQL");
}

/// Promise 3, and everything else: there and back, whatever the content, every value of every column is the same. Copied again after
/// more has happened to the source (versions, deletions, collections that come and go), it is the same again.
#[test]
fn there_and_back_is_the_same() {
    for seed in 0..4 {
        let folder = Folder::new();
        let (first, there_and_back) = (file(&folder, "first.db"), file(&folder, "back.db"));
        let Some(database) = Database::new("copies to PostgreSQL and back") else { return };
        let server = Place::read(&database.url()).unwrap();
        let mut random = Random(seed);
        let what = format!("seed {seed}");
        wait(async {
            let store = SqliteStore::open(folder.file("first.db")).unwrap();
            furnish(&store, &mut random).await;
            happen(&store, &mut random, 4).await;
        });
        copied(&first, &server);
        assert_same(&first, &server, &what);
        copied(&server, &there_and_back);
        assert_same(&first, &there_and_back, &what);
        wait(async {
            let store = SqliteStore::open(folder.file("first.db")).unwrap();
            happen(&store, &mut random, 1).await;
            exchange_aliases(&store).await;
            let collections = store.directory().await.unwrap().collections;
            if let Some(gone) = collections.first().filter(|_| random.one_in(3)) {
                store.remove_collection(gone.id).await.unwrap();
            }
            if let Some(account) = store.accounts().await.unwrap().first() {
                store.remove_account(&account.name).await.unwrap();
                store.add_account(&Account { admin: true, ..account.clone() }).await.unwrap();
            }
        });
        for way in [[&first, &server], [&server, &there_and_back]] {
            copied(way[0], way[1]);
            assert_same(way[0], way[1], &format!("{what}, again"));
        }
        // The same once more on one engine, and what is given out next is the same.
        let second = file(&folder, "second.db");
        copied(&there_and_back, &second);
        assert_same(&first, &second, &what);
        wait(async {
            let numbers = [
                next_number(&SqliteStore::open(folder.file("first.db")).unwrap()).await,
                next_number(&SqliteStore::open(folder.file("second.db")).unwrap()).await,
                next_number(&PostgresStore::open(&database.url()).await.unwrap()).await,
            ];
            assert!(numbers[0] == numbers[1] && numbers[0] == numbers[2], "{what}: {numbers:?}");
        });
    }
}

/// Two collections of a root change their names for each other's.
async fn exchange_aliases(store: &SqliteStore) {
    let collections = store.directory().await.unwrap().collections;
    let aliased: Vec<&Collection> = collections.iter().filter(|c| c.alias.is_some()).collect();
    for one in &aliased {
        for other in &aliased {
            if one.root == other.root && one.id < other.id {
                for (collection, alias) in [(*one, &None), (*other, &one.alias), (*one, &other.alias)] {
                    let mut renamed = collection.clone();
                    renamed.alias.clone_from(alias);
                    store.set_collection(&renamed).await.unwrap();
                }
                return;
            }
        }
    }
}

async fn next_number<S: Store + Admin>(store: &S) -> i64 {
    let root = store.directory().await.unwrap().roots[0].name.clone();
    let new = Collection::new(&root, None, "new").unwrap();
    store.add_collection(&new).await.unwrap();
    store.directory().await.unwrap().collections.iter().find(|c| c.id == new.id).unwrap().key.0
}

/// A database with one collection of so many objects.
async fn stock(store: &SqliteStore, objects: usize) -> Collection {
    store.secret().await.unwrap();
    store.add_root(&ApiRoot::new("r", "t").unwrap()).await.unwrap();
    let mut collection = Collection::new("r", Some("c"), "t").unwrap();
    collection.anonymous_read = true;
    store.add_collection(&collection).await.unwrap();
    let collection = store.directory().await.unwrap().collections.remove(0);
    add(store, &collection, 0, objects, 1).await;
    collection
}

/// Adds objects in versions of this day.
async fn add<S: Store>(store: &S, collection: &Collection, first: usize, n: usize, day: usize) {
    let numbers: Vec<usize> = (first..first + n).collect();
    for chunk in numbers.chunks(2000) {
        let text = |n: &usize| {
            format!(
                r#"{{"type":"indicator","spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-{n:012}","created":"2026-01-01T00:00:00Z","modified":"2026-01-{day:02}T00:00:00.000Z"}}"#
            )
        };
        store.add(submission(collection, chunk.iter().map(|n| item(text(n))).collect())).await.unwrap();
    }
}

fn objects_in(place: &Place) -> u64 {
    let Ok(state) = transfer::state(place) else { return 0 };
    state.rows.iter().find(|(table, _)| *table == "objects").map_or(0, |(_, rows)| *rows)
}

/// Killed with `kill -9` again and again while the source is written to (new versions of what was copied, new objects, deletions), the
/// same command goes on; what is not complete is not served; in the end both are the same.
fn killed_and_resumed(folder: &Folder, target: &Place, url: &str) {
    let source = file(folder, "source.db");
    let store = SqliteStore::open(folder.file("source.db")).unwrap();
    let collection = wait(stock(&store, 20_000));
    let mut random = Random(1);
    let mut killed = 0;
    let mut most = 0;
    for round in 1..12 {
        let mut busy = Busy::start(folder, &["db", "copy", "source.db", url]);
        until(&mut busy, || objects_in(target) > most + 2000);
        drop(busy);
        let there = objects_in(target);
        assert!(there + 1000 >= most, "what was copied stays: {most}, {there}");
        most = most.max(there);
        if transfer::state(target).unwrap().unfinished.is_some() {
            killed += 1;
            folder.run(&programs::server(), &["--database", url, "status"]).bad(&["unfinished copy of source.db"]);
            let serve = ["--database", url, "serve", "--bind", "127.0.0.1:0"];
            folder.run(&programs::server(), &serve).bad(&["unfinished copy of source.db"]);
            folder.run(&programs::server(), &["db", "backup", "b.db", "--database", url]).bad(&["unfinished copy"]);
        } else {
            // It was done before it was killed: the next one has more to do.
            wait(add(&store, &collection, 100_000 * round, 20_000, 1));
        }
        if killed > 3 {
            break;
        }
        wait(async {
            add(&store, &collection, 500 * round, 30, round + 1).await;
            add(&store, &collection, 30_000 + 100 * round, 50, 1).await;
            for n in 0..10 {
                let id = format!("indicator--00000000-0000-4000-8000-{:012}", random.below(20_000) + n);
                let all = Filter { versions: taxii_model::VersionFilter::All, ..Filter::default() };
                store.delete(collection.key, &id, &taxii_server::store::Selection::of(&all), None).await.unwrap();
            }
        });
    }
    assert!(killed > 1, "it was killed in the middle");
    folder.run(&programs::server(), &["db", "copy", "source.db", url]).good();
    assert_same(&source, target, "after kill -9");
    assert!(transfer::state(target).unwrap().unfinished.is_none());
}

/// Promise 2: a copy that is killed at any moment loses nothing; the same command goes on, into a file.
#[test]
fn a_killed_copy_goes_on_in_a_file() {
    let folder = Folder::new();
    let target = file(&folder, "target.db");
    killed_and_resumed(&folder, &target, "target.db");
}

/// The same into PostgreSQL.
#[test]
fn a_killed_copy_goes_on_on_postgres() {
    let Some(database) = Database::new("a copy to PostgreSQL that is killed") else { return };
    killed_and_resumed(&Folder::new(), &Place::read(&database.url()).unwrap(), &database.url());
}

/// Whatever somebody could miss is never written over: a database with something in it, one that was served since it was copied, one that
/// is a copy of something else.
#[test]
fn targets_with_something_in_them_are_refused() {
    let folder = Folder::new();
    let [source, other, target] = ["source.db", "other.db", "target.db"].map(|name| file(&folder, name));
    for name in ["source.db", "other.db"] {
        wait(stock(&SqliteStore::open(folder.file(name)).unwrap(), 10));
    }
    refused(copy(&source, &other).run(&mut silent), "not empty");
    refused(copy(&source, &source).run(&mut silent), "not empty");
    refused(transfer::restore(&folder.file("source.db"), &other, &mut silent), "not empty");
    copied(&source, &target);
    refused(copy(&other, &target).run(&mut silent), "copy of another database");
    copied(&source, &target);
    let store = SqliteStore::open(folder.file("target.db")).unwrap();
    let collection = wait(store.directory()).unwrap().collections.remove(0);
    wait(add(&store, &collection, 0, 1, 9));
    refused(copy(&source, &target).run(&mut silent), "written to since");
    refused(copy(&file(&folder, "none.db"), &target).run(&mut silent), "none.db");
    assert!(!folder.file("none.db").exists());
    run(&source, "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')").unwrap();
    refused(copy(&source, &file(&folder, "new.db")).run(&mut silent), "newer version");
    refused(transfer::migrate(&source), "newer version");
    assert_eq!(transfer::state(&source).unwrap().unknown, ["9999"]);
}

/// What is in a target that the comparison would not find is found by none: whatever differs, in whatever column, stops the copy
/// from coming to its end, is named, and is put right by the next one.
#[test]
fn a_difference_is_found_and_put_right() {
    let folder = Folder::new();
    let (source, target) = (file(&folder, "source.db"), file(&folder, "target.db"));
    wait(stock(&SqliteStore::open(folder.file("source.db")).unwrap(), 50));
    for damage in [
        "UPDATE objects SET body = body || ' ' WHERE added = (SELECT min(added) FROM objects)",
        "UPDATE objects SET is_oldest = 0 WHERE added = (SELECT max(added) FROM objects)",
        "DELETE FROM objects WHERE added = (SELECT min(added) FROM objects)",
        "UPDATE objects SET version_key = version_key || 'x'",
    ] {
        copied(&source, &target);
        run(&target, damage).unwrap();
        refused(copy(&source, &target).run(&mut silent), "objects of r/c");
        refused(SqliteStore::open(folder.file("target.db")).map(drop), "unfinished copy");
        copied(&source, &target);
        assert_same(&source, &target, damage);
    }
}

/// Promise 1: while writers go on, a copy is what the source was at some moment; with `hold`, nobody writes any more, everybody reads, and the
/// target has all that was ever acknowledged.
fn held(folder: &Folder, source: &Place, target: &Place, store: &impl Store, collection: &Collection) {
    let url = |place: &Place| match place {
        Place::File(file) => file.display().to_string(),
        Place::Url(url) => url.clone(),
        _ => unreachable!(),
    };
    let (from, to) = (url(source), url(target));
    let mut busy = Busy::start(folder, &["db", "copy", &from, &to, "--hold"]);
    let mut day = 1;
    let mut acknowledged = 0;
    let complete =
        |target: &Place| transfer::state(target).is_ok_and(|s| s.unfinished.is_none() && objects_in(target) > 0);
    // Everything that is acknowledged before the source is held must arrive; a write that has to wait is given up after its time.
    let begun = Instant::now();
    loop {
        let one = async {
            let text = format!(r#"{{"type":"url","id":"url--00000000-0000-4000-8000-{day:012}","value":"x"}}"#);
            tokio::time::timeout(Duration::from_secs(2), store.add(submission(collection, vec![item(text)]))).await
        };
        match wait(one) {
            Ok(Ok(_)) => acknowledged += 1,
            Ok(Err(_)) | Err(_) => break,
        }
        day += 1;
        assert!(begun.elapsed() < Duration::from_secs(120) && !busy.is_over(), "it is never held");
    }
    assert!(until(&mut busy, || complete(target)), "the copy ended without being asked to");
    let everything = Window::of(collection.key, &Filter::default());
    let there = wait(store.records(&everything)).unwrap().entries;
    assert!(there.iter().filter(|record| record.id.starts_with("url--")).count() >= acknowledged, "reading goes on");
    assert_same(source, target, "held");
    drop(busy.0.stdin.take());
    assert!(busy.0.wait().unwrap().success());
}

/// Promise 2: while a file is held for the switch, nothing is acknowledged that the copy lacks, and reading goes on.
#[test]
fn a_held_file_is_read_only_for_a_while() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file("source.db")).unwrap();
    let collection = wait(stock(&store, 3000));
    held(&folder, &file(&folder, "source.db"), &file(&folder, "target.db"), &store, &collection);
}

/// The same of PostgreSQL.
#[test]
fn a_held_postgres_is_read_only_for_a_while() {
    let Some(database) = Database::new("holding a PostgreSQL database") else { return };
    let folder = Folder::new();
    let seed = SqliteStore::open(folder.file("seed.db")).unwrap();
    wait(stock(&seed, 3000));
    let server = Place::read(&database.url()).unwrap();
    copied(&file(&folder, "seed.db"), &server);
    let store = wait(PostgresStore::open(&database.url())).unwrap();
    let collection = wait(store.directory()).unwrap().collections.remove(0);
    held(&folder, &server, &file(&folder, "target.db"), &store, &collection);
}

/// Promise 1: of several hosts, the one that is held is the one that is read, though a standby is named first and answers: what it
/// has not got yet was acknowledged all the same.
#[test]
fn a_standby_that_is_behind_is_not_what_is_held() {
    let Some(primary) = Cluster::new("holding a PostgreSQL database with a standby") else { return };
    primary.execute("postgres", "CREATE DATABASE taxii");
    let folder = Folder::new();
    wait(stock(&SqliteStore::open(folder.file("seed.db")).unwrap(), 10));
    let written = Place::read(&primary.url(&[], "taxii")).unwrap();
    copied(&file(&folder, "seed.db"), &written);
    let standby = primary.replica("standby");
    standby.text("postgres", "SELECT pg_wal_replay_pause()::text");
    standby.until("postgres", "SELECT (pg_get_wal_replay_pause_state() = 'paused')::text");
    let store = wait(PostgresStore::open(&primary.url(&[], "taxii"))).unwrap();
    let collection = wait(store.directory()).unwrap().collections.remove(0);
    wait(add(&store, &collection, 10, 5, 1));

    let both = Place::read(&standby.url(&[&primary], "taxii")).unwrap();
    let target = file(&folder, "target.db");
    let report = copy(&both, &target).hold().run(&mut silent).unwrap();
    assert_eq!(objects_in(&target), 15);
    assert_same(&written, &target, "held");
    assert!(report.held.unwrap().check().is_ok());
}

/// Promise 1: whoever is to switch is told when writers were let go before that, whether Enter is awaited still or has just been pressed.
#[test]
fn a_hold_that_is_lost_is_told() {
    let Some(database) = Database::new("losing the hold on a PostgreSQL database") else { return };
    let folder = Folder::new();
    wait(stock(&SqliteStore::open(folder.file("seed.db")).unwrap(), 10));
    copied(&file(&folder, "seed.db"), &Place::read(&database.url()).unwrap());
    let holders = "FROM pg_locks WHERE relation = 'marks'::regclass AND mode = 'ExclusiveLock' AND granted";
    for (name, enter) in [("waiting.db", false), ("entered.db", true)] {
        let mut busy = Busy::start(&folder, &["db", "copy", &database.url(), name, "--hold"]);
        let target = file(&folder, name);
        let is_held = || {
            transfer::state(&target).is_ok_and(|state| state.unfinished.is_none() && objects_in(&target) == 10)
                && database.text(&format!("SELECT count(*)::text {holders}")) == "1"
        };
        assert!(until(&mut busy, is_held), "it is held");
        assert_eq!(database.text(&format!("SELECT pg_terminate_backend(pid, 60000)::text {holders}")), "true");
        if enter {
            // It may have noticed by itself, and have ended.
            drop(busy.0.stdin.as_mut().unwrap().write_all(b"\n"));
        }
        until(&mut busy, || false);
        let mut said = String::new();
        busy.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(!busy.0.wait().unwrap().success() && said.contains("writers were let go before the switch"), "{said}");
    }
}

/// A URL with a password need not be an argument, which everybody on the machine can see.
#[test]
fn places_can_be_named_by_variables() {
    let folder = Folder::new();
    wait(stock(&SqliteStore::open(folder.file("source.db")).unwrap(), 10));
    let command = ["db", "copy", "env:TEST_SOURCE", "env:TEST_TARGET"];
    folder.run(&programs::server(), &command).bad(&["env:TEST_SOURCE"]);
    let mut named = folder.command(&programs::server(), &command);
    let ran = named.env("TEST_SOURCE", "source.db").env("TEST_TARGET", "target.db").output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert_same(&file(&folder, "source.db"), &file(&folder, "target.db"), "named by variables");
}

/// A backup is one moment of the database, although writers go on: of each submission, which is two objects and a status, it has all or
/// nothing, and of their order no gap. It can be served as it is, and restored on either engine.
fn backed_up(folder: &Folder, source: &Place, store: &impl Store, collection: &Collection) {
    let over = std::sync::atomic::AtomicBool::new(false);
    let before = objects_in(source);
    let backup = |n: usize| folder.file(&format!("backup{n}.db"));
    let reports: Vec<_> = std::thread::scope(|scope| {
        scope.spawn(|| {
            wait(async {
                let mut n = 50_000;
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    add(store, collection, n, 2, 1).await;
                    n += 2;
                }
            });
        });
        // Whatever comes of it, the writer has to be told that it is over.
        let reports = (0..4).map(|n| transfer::backup(source, &backup(n), &mut silent)).collect();
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        reports
    });
    for (n, report) in reports.into_iter().enumerate() {
        assert!(report.unwrap().verified.iter().all(transfer::Verified::is_same));
        let counts: BTreeMap<_, _> = transfer::state(&Place::File(backup(n))).unwrap().rows.into_iter().collect();
        let (objects, statuses) = (counts["objects"], counts["statuses"]);
        assert_eq!(objects - before, (statuses - before / 2000) * 2, "one moment");
    }
    let last = folder.file("backup3.db");
    let state = transfer::state(&Place::File(last.clone())).unwrap();
    assert!(state.unfinished.is_none() && state.pending.is_empty());
    assert!(!folder.file("backup3.db-wal").exists() && !folder.file("backup3.db-journal").exists());
    refused(transfer::backup(source, &last, &mut silent), "never overwrites");
    let restored = file(folder, "restored.db");
    transfer::restore(&last, &restored, &mut silent).unwrap();
    assert_same(&Place::File(last.clone()), &restored, "restored");
    refused(transfer::restore(&last, &restored, &mut silent), "not empty");
    if let Some(database) = Database::new("restoring on PostgreSQL") {
        let server = Place::read(&database.url()).unwrap();
        transfer::restore(&last, &server, &mut silent).unwrap();
        assert_same(&Place::File(last.clone()), &server, "restored on PostgreSQL");
    }
    let store = SqliteStore::open(last).unwrap();
    assert_eq!(wait(store.directory()).unwrap().collections.len(), 1, "it can be served as it is");
}

/// A backup that is made while others write to the file is what the file was at one moment.
#[test]
fn a_backup_of_a_file_is_one_moment() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file("source.db")).unwrap();
    let collection = wait(stock(&store, 4000));
    backed_up(&folder, &file(&folder, "source.db"), &store, &collection);
}

/// The same of PostgreSQL.
#[test]
fn a_backup_of_postgres_is_one_moment() {
    let Some(database) = Database::new("backups of PostgreSQL") else { return };
    let folder = Folder::new();
    wait(stock(&SqliteStore::open(folder.file("seed.db")).unwrap(), 4000));
    let server = Place::read(&database.url()).unwrap();
    copied(&file(&folder, "seed.db"), &server);
    let store = wait(PostgresStore::open(&database.url())).unwrap();
    let collection = wait(store.directory()).unwrap().collections.remove(0);
    backed_up(&folder, &server, &store, &collection);
}

/// What was killed, or could not be finished, leaves nothing that has the name of a backup; restoring goes on after `kill -9`.
#[test]
fn half_a_backup_is_none() {
    let folder = Folder::new();
    wait(stock(&SqliteStore::open(folder.file("source.db")).unwrap(), 20_000));
    let options = ["--database", "source.db", "db", "backup", "backup.db"];
    let parts = |folder: &Path| -> Vec<String> {
        let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("backup.db")).collect()
    };
    let place = folder.file("x").parent().unwrap().to_owned();
    // It is well under way, and not under its name.
    let is_filling = |name: &String| {
        name.contains(".unfinished-") && std::fs::metadata(place.join(name)).is_ok_and(|file| file.len() > 500_000)
    };
    let is_killed = |_| {
        let mut busy = Busy::start(&folder, &options);
        until(&mut busy, || parts(&place).iter().any(is_filling));
        drop(busy);
        let is_done = folder.file("backup.db").exists();
        if is_done {
            std::fs::remove_file(folder.file("backup.db")).unwrap();
        }
        !is_done
    };
    assert!((0..5).any(is_killed), "one that is killed is not there");
    folder.run(&programs::server(), &["--database", "none.db", "db", "backup", "nothing.db"]).bad(&["none.db"]);
    assert!(!folder.file("nothing.db").exists());
    folder.run(&programs::server(), &options).good();

    let target = file(&folder, "restored.db");
    let restore = ["--database", "restored.db", "db", "restore", "backup.db"];
    let is_killed = |_| {
        let mut busy = Busy::start(&folder, &restore);
        until(&mut busy, || objects_in(&target) > 2000);
        drop(busy);
        let is_done = transfer::state(&target).unwrap().unfinished.is_none();
        if is_done {
            for name in ["restored.db", "restored.db-wal", "restored.db-shm"] {
                drop(std::fs::remove_file(folder.file(name)));
            }
        }
        !is_done
    };
    assert!((0..5).any(is_killed), "it was killed in the middle");
    folder.run(&programs::server(), &["--database", "restored.db", "status"]).bad(&["unfinished copy of backup.db"]);
    folder.run(&programs::server(), &restore).good();
    assert_same(&file(&folder, "backup.db"), &target, "restored");
}

/// A cursor that a client holds goes on, to the object, at a server over a copy: on the other engine, and back on the first.
#[test]
fn cursors_go_on_after_a_move() {
    use taxii_tests::http::{Request, TAXII};

    let folder = Folder::new();
    wait(stock(&SqliteStore::open(folder.file("a.db")).unwrap(), 25));
    let Some(database) = Database::new("cursors after a move to PostgreSQL") else { return };
    let url = database.url();
    let mut cursor = String::new();
    let mut seen = Vec::new();
    for (place, from) in [("a.db", None), (url.as_str(), Some("a.db")), ("b.db", Some(url.as_str()))] {
        if let Some(from) = from {
            folder.run(&programs::server(), &["db", "copy", from, place]).good();
        }
        let server = folder.serve(&["--database", place]);
        let target = format!("/r/collections/c/objects/?limit=9{cursor}");
        let page = Request::new(server.origin, "GET", &target).accept(TAXII).send().expect(200).json();
        seen.extend(page["objects"].as_array().unwrap().iter().map(|object| object["id"].as_str().unwrap().to_owned()));
        cursor = page["next"].as_str().map(|next| format!("&next={next}")).unwrap_or_default();
    }
    let expected: Vec<_> = (0..25).map(|n| format!("indicator--00000000-0000-4000-8000-{n:012}")).collect();
    assert_eq!(seen, expected);
}

/// `status` tells and changes nothing; `migrate` prints what it applies; neither ever shows a password.
#[test]
fn state_and_migrations_are_told() {
    let Some(database) = Database::new("the state of a PostgreSQL database") else { return };
    let folder = Folder::new();
    let ran = |place: &str, what: &str| folder.run(&programs::server(), &["--database", place, "db", what]);
    ran("none.db", "status").bad(&["none.db"]);
    assert!(!folder.file("none.db").exists());
    for (place, engine) in [("new.db", "SQLite 3."), (database.url().as_str(), "PostgreSQL ")] {
        if engine.starts_with('P') {
            let before = ran(place, "status").good().out;
            assert!(before.contains("pending: 0001_initial, 0002"), "{before}");
            assert!(before.contains("postgres://taxii@") && !before.contains("taxii:"), "{before}");
            assert_eq!(database.text("SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"), "0");
        }
        assert!(ran(place, "migrate").good().out.starts_with("applied 0001_initial\napplied 0002_ingest\n"));
        assert!(ran(place, "migrate").good().out.contains("nothing to do"));
        let after = ran(place, "status").good().out;
        for word in [engine, "up to date", "objects: 0", "size: "] {
            assert!(after.contains(word), "{word}: {after}");
        }
    }
}

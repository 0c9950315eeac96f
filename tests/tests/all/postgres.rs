//! The store on PostgreSQL: the promises of every store, and what only a server that is shared can break.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use stix_model::RawHead;
use taxii_model::{Filter, Selector, Timestamp, VersionFilter};
use taxii_server::store::transfer::{self, Place};
use taxii_server::store::{
    Account, Admin, ApiRoot, Clock, Collection, CollectionKey, Item, PostgresStore, Selection, Store, StoreError,
    Submission, Window, acceptance,
};
use taxii_tests::node::until;
use taxii_tests::postgres::Database;
use taxii_tests::unreliable::{Break, Way};
use uuid::Uuid;

mod locks;

/// Makes what the acceptance suite wants of a fresh store.
async fn furnish(store: &PostgresStore) {
    store.add_root(&ApiRoot::new(acceptance::ROOT, "Acceptance").unwrap()).await.unwrap();
    for alias in ["one", "two"] {
        let mut collection = Collection::new(acceptance::ROOT, Some(alias), alias).unwrap();
        collection.spec_versions = stix_model::SpecVersion::ALL.to_vec();
        store.add_collection(&collection).await.unwrap();
    }
}

async fn collection(store: &PostgresStore) -> CollectionKey {
    store.directory().await.unwrap().collections[0].key
}

fn submission(collection: CollectionKey, numbers: impl IntoIterator<Item = usize>) -> Submission {
    let item = |n| {
        let text = format!(
            "{{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--00000000-0000-4000-8000-{n:012}\",\
             \"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\"}}"
        );
        Item::new(RawHead::read(&text, 100).unwrap().check(None).unwrap(), text)
    };
    Submission {
        status: Uuid::new_v4(),
        root: acceptance::ROOT.to_owned(),
        collection,
        caller: "somebody".to_owned(),
        received: Timestamp::now(),
        items: numbers.into_iter().map(item).collect(),
        refused: Vec::new(),
    }
}

async fn everything(store: &PostgresStore, collection: CollectionKey) -> Vec<String> {
    let page = store.records(&Window::of(collection, &Filter::default())).await.unwrap();
    page.entries.into_iter().map(|record| record.id).collect()
}

/// Promise 7: the acceptance suite passes; random operations are answered as by memory.
#[test]
fn acceptance_suite() {
    let Some(database) = Database::new("the acceptance suite on PostgreSQL") else { return };
    let database = Arc::new(database);
    database.wait(acceptance::suite(async || {
        let cleared = Arc::clone(&database);
        std::thread::spawn(move || cleared.clear()).join().unwrap();
        let store = PostgresStore::open(&database.url()).await.unwrap();
        furnish(&store).await;
        Arc::new(store)
    }));
}

/// Promise 4 and AMB-17: another node sees by itself what was changed, with its next question.
#[test]
fn nodes_see_each_other_at_once() {
    let Some(database) = Database::new("two nodes over one PostgreSQL database") else { return };
    database.wait(async {
        let url = database.url();
        let (ours, theirs) = (PostgresStore::open(&url).await.unwrap(), PostgresStore::open(&url).await.unwrap());
        assert_eq!(ours.secret().await.unwrap(), theirs.secret().await.unwrap());
        furnish(&ours).await;
        let collection = collection(&ours).await;
        for n in 0..50 {
            let (revision, mark) = (ours.revision().await.unwrap(), ours.mark(collection).await.unwrap());
            theirs.add_root(&ApiRoot::new(&format!("r{n}"), "t").unwrap()).await.unwrap();
            assert_eq!(ours.revision().await.unwrap(), revision + 1);
            let status = theirs.add(submission(collection, [n])).await.unwrap();
            assert!(ours.mark(collection).await.unwrap().clock > mark.clock);
            assert_eq!(ours.status(acceptance::ROOT, status.id).await.unwrap().unwrap().0, status);
        }
        assert_eq!(ours.directory().await.unwrap().roots.len(), 51);
    });
}

/// Several processes start at once over an empty database; each finds the tables made, once.
#[test]
fn nodes_start_together() {
    let Some(database) = Database::new("nodes that start together on PostgreSQL") else { return };
    database.wait(async {
        let url = database.url();
        let opening: Vec<_> = (0..6)
            .map(|_| {
                let url = url.clone();
                tokio::spawn(async move { PostgresStore::open(&url).await.map(drop) })
            })
            .collect();
        for opened in opening {
            opened.await.unwrap().unwrap();
        }
    });
    let known = transfer::state(&Place::read(&database.url()).unwrap()).unwrap().applied.len();
    assert_eq!(database.text("SELECT count(*)::text FROM __diesel_schema_migrations"), known.to_string());
}

/// Promise 1, AMB-09: writers on three nodes whose clocks disagree by hours, pollers that go from node to node, and an
/// administrator of the database who ends connections all the time. Nothing is missed, nothing comes twice, nothing that was
/// acknowledged is lost.
#[test]
fn nothing_is_missed_while_connections_break() {
    const WRITERS: usize = 6;
    const EACH: usize = 40;
    let Some(database) = Database::new("writers and pollers on three nodes over PostgreSQL") else { return };
    let database = Arc::new(database);
    // Whoever starts a server is told at once that there is no database: these are open before connections break.
    let nodes: Vec<Arc<PostgresStore>> = database.wait(async {
        let mut nodes = Vec::new();
        for hours in [-3, 0, 3] {
            let clock: Clock =
                Arc::new(move || Timestamp::from_micros(Timestamp::now().as_micros() + hours * 3_600_000_000));
            let node = PostgresStore::builder(&database.url()).clock(clock).patience(Duration::from_secs(60)).open();
            nodes.push(Arc::new(node.await.unwrap()));
        }
        nodes
    });
    let over = Arc::new(AtomicBool::new(false));
    let breaker = std::thread::spawn({
        let (database, over) = (Arc::clone(&database), Arc::clone(&over));
        move || {
            let (mut broken, mut done) = (0, String::new());
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(150));
                // However slow the machine is, something gets done in between.
                let begun = Instant::now();
                let counted = || database.text("SELECT count(*)::text FROM statuses");
                while counted() == done && begun.elapsed() < Duration::from_secs(3) && !over.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(50));
                }
                done = counted();
                let ended = database.text(
                    "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity \
                     WHERE datname = current_database() AND application_name = 'taxii-server' AND random() < 0.3",
                );
                broken += ended.parse::<usize>().unwrap();
            }
            broken
        }
    });
    database.wait(async {
        furnish_patiently(&nodes[0]).await;
        let collection = collection(&nodes[0]).await;
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let node = Arc::clone(&nodes[writer % nodes.len()]);
                tokio::spawn(async move {
                    for n in 0..EACH {
                        let first = writer * 1_000_000 + n * 10;
                        let status = node.add(submission(collection, first..first + 3)).await.unwrap();
                        assert_eq!(status.success_count, 3, "{status:?}");
                        assert!(status.failures.is_empty());
                    }
                })
            })
            .collect();
        let mut window = Window { limit: 7, ..Window::of(collection, &Filter::default()) };
        let (mut seen, mut turn) = (Vec::new(), 0);
        loop {
            let done = writers.iter().all(tokio::task::JoinHandle::is_finished);
            turn += 1;
            let page = nodes[turn % nodes.len()].records(&window).await.unwrap();
            window.after = page.entries.last().map_or(window.after, |last| last.added);
            let empty = page.entries.is_empty();
            seen.extend(page.entries.into_iter().map(|record| record.id));
            if done && empty {
                break;
            }
        }
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len(), "nothing twice");
        assert_eq!(seen.len(), WRITERS * EACH * 3);
        assert_eq!(seen, everything(&nodes[0], collection).await);
        over.store(true, Ordering::Relaxed);
    });
    let broken = breaker.join().unwrap();
    assert!(broken > 0, "connections were broken");
    assert_eq!(
        database.text("SELECT count(*)::text FROM statuses"),
        (WRITERS * EACH).to_string(),
        "each was added once"
    );
}

/// Changes by administrators are not repeated once nobody knows whether they were made; so this tries until they are.
async fn furnish_patiently(store: &PostgresStore) {
    while store.directory().await.unwrap().roots.is_empty() {
        let _ = store.add_root(&ApiRoot::new(acceptance::ROOT, "Acceptance").unwrap()).await;
    }
    while store.directory().await.unwrap().collections.is_empty() {
        let _ = store.add_collection(&Collection::new(acceptance::ROOT, Some("one"), "one").unwrap()).await;
    }
}

/// Promise 2: whether a commit held of which nobody told is looked up. Nothing is added twice, nothing is lost, and the
/// status says what was told the first time.
#[test]
fn the_fate_of_a_commit_is_found_out() {
    let Some(database) = Database::new("commits that nobody hears of, on PostgreSQL") else { return };
    let way = Way::to(database.address());
    database.wait(async {
        furnish(&PostgresStore::open(&database.url()).await.unwrap()).await;
        let store = PostgresStore::open(&database.url_by(way.address)).await.unwrap();
        let collection = collection(&store).await;
        for (n, when) in [Break::Before, Break::After, Break::Never, Break::After].into_iter().enumerate() {
            let mut submission = submission(collection, [n]);
            submission.items[0].note = Some("new".to_owned());
            way.break_next(when);
            let status = store.add(submission).await.unwrap();
            assert!(way.has_broken());
            assert_eq!(status.successes[0].message.as_deref(), Some("new"), "{when:?}: it was told as new");
            assert_eq!(everything(&store, collection).await.len(), n + 1, "{when:?}");
            assert_eq!(store.status(acceptance::ROOT, status.id).await.unwrap().unwrap().0, status, "{when:?}");
        }
        // What cannot be looked up is said to be unknown, not done again.
        let id = "indicator--00000000-0000-4000-8000-000000000001";
        let delete = async || store.delete(collection, id, &Selection::default(), None).await;
        for (when, left) in [(Break::Before, 4), (Break::After, 3)] {
            way.break_next(when);
            assert!(matches!(delete().await, Err(StoreError::Unavailable(_))), "{when:?}");
            assert_eq!(everything(&store, collection).await.len(), left, "{when:?}");
        }
        assert_eq!(delete().await.unwrap(), 0);
    });
    assert_eq!(database.text("SELECT count(*)::text FROM statuses"), "4");
}

/// Promise 2: of submissions that share a transaction, one that cannot be kept takes none of the others with it.
#[test]
fn what_is_at_fault_harms_nobody_else() {
    let Some(database) = Database::new("submissions that share a transaction on PostgreSQL") else { return };
    database.wait(async {
        let store = Arc::new(PostgresStore::open(&database.url()).await.unwrap());
        furnish(&store).await;
        let collection = collection(&store).await;
        let adding: Vec<_> = (0..20)
            .map(|n| {
                let store = Arc::clone(&store);
                let mut submission = submission(collection, [n]);
                if n % 4 == 3 {
                    // Texts of the database have no NUL: this one cannot be kept.
                    submission.caller.push('\0');
                }
                tokio::spawn(async move { store.add(submission).await })
            })
            .collect();
        for (n, added) in adding.into_iter().enumerate() {
            assert_eq!(added.await.unwrap().is_ok(), n % 4 != 3, "{n}");
        }
        assert_eq!(everything(&store, collection).await.len(), 15);
    });
}

/// What the database cannot hold cannot be found in it, and asking for it is no failure.
#[test]
fn no_text_has_a_nul() {
    let Some(database) = Database::new("odd questions to PostgreSQL") else { return };
    database.wait(async {
        let store = PostgresStore::open(&database.url()).await.unwrap();
        furnish(&store).await;
        let collection = collection(&store).await;
        let odd = "indicator--\0";
        assert!(!store.holds(collection, odd, &[], None).await.unwrap());
        assert_eq!(store.delete(collection, odd, &Selection::default(), None).await.unwrap(), 0);
        assert_eq!(store.account(odd).await.unwrap(), None::<Account>);
        for filter in [
            Filter { ids: Some(vec![odd.to_owned()]), ..Filter::default() },
            Filter { types: Some(vec![odd.to_owned()]), ..Filter::default() },
        ] {
            assert!(store.objects(&Window::of(collection, &filter)).await.unwrap().is_empty());
        }
    });
}

/// AMB-09: dates rise also when the wall clock steps back. TX-STS-02: a status lasts a day at the least, and goes some time after.
#[test]
fn clocks_are_not_followed_back() {
    const HOUR: i64 = 3_600_000_000;
    let Some(database) = Database::new("clocks that step back, on PostgreSQL") else { return };
    database.wait(async {
        let hand = Arc::new(AtomicI64::new(1_800_000_000_000_000));
        let clock: Clock = {
            let hand = Arc::clone(&hand);
            Arc::new(move || Timestamp::from_micros(hand.load(Ordering::Relaxed)))
        };
        let builder = PostgresStore::builder(&database.url()).clock(clock).status_retention(Duration::ZERO);
        let store = builder.open().await.unwrap();
        furnish(&store).await;
        let collection = collection(&store).await;
        let first = store.add(submission(collection, [0])).await.unwrap().id;
        for n in 1..5 {
            hand.fetch_sub(HOUR, Ordering::Relaxed);
            store.add(submission(collection, [n])).await.unwrap();
        }
        let records = store.records(&Window::of(collection, &Filter::default())).await.unwrap().entries;
        assert!(records.len() == 5 && records.is_sorted_by(|a, b| a.added < b.added));
        for (hours, is_there) in [(24 + 3, true), (2, false)] {
            hand.fetch_add(hours * HOUR, Ordering::Relaxed);
            while store.tidy(2).await.unwrap() {}
            assert_eq!(store.status(acceptance::ROOT, first).await.unwrap().is_some(), is_there);
        }
    });
}

/// Removing a collection and adding to it lock the same rows, in the same order. Whoever comes too late is told that there is
/// nothing to add to; nobody is told of a deadlock, and there was none.
#[test]
fn a_collection_goes_while_others_write() {
    let Some(database) = Database::new("removing collections on PostgreSQL while others write") else { return };
    database.wait(async {
        let url = database.url();
        // A busy machine may keep a lock for longer than a client should have to wait.
        let open =
            || PostgresStore::builder(&url).statement_timeout(Duration::ZERO).patience(Duration::from_secs(60)).open();
        let (ours, theirs) = (Arc::new(open().await.unwrap()), open().await.unwrap());
        furnish(&ours).await;
        for round in 0..8 {
            let made = Collection::new(acceptance::ROOT, None, "short-lived").unwrap();
            ours.add_collection(&made).await.unwrap();
            let directory = ours.directory().await.unwrap();
            let collection = directory.collections.iter().find(|c| c.id == made.id).unwrap().key;
            let (added, mut additions) = tokio::sync::mpsc::channel(4);
            let writers: Vec<_> = (0..4)
                .map(|writer| {
                    let (ours, added) = (Arc::clone(&ours), added.clone());
                    tokio::spawn(async move {
                        let mut n = writer * 1000;
                        loop {
                            match ours.add(submission(collection, n..n + 5)).await {
                                Ok(status) => assert_eq!(status.success_count, 5),
                                Err(StoreError::Missing(_)) => return,
                                Err(error) => panic!("round {round}: {error:?}"),
                            }
                            n += 5;
                            let _ = added.try_send(());
                        }
                    })
                })
                .collect();
            for _ in 0..8 {
                additions.recv().await.unwrap();
            }
            theirs.remove_collection(made.id).await.unwrap();
            for writer in writers {
                writer.await.unwrap();
            }
        }
    });
    assert_eq!(database.text("SELECT count(*)::text FROM objects"), "0");
    let deadlocks = "SELECT deadlocks::text FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(database.text(deadlocks), "0");
}

/// What cannot work is said at the start, in words that help, and nothing half-done is left behind.
#[test]
fn bad_databases_are_explained() {
    let Some(database) = Database::new("wrong PostgreSQL databases") else { return };
    let error = |url: String| -> String {
        let error = database.wait(PostgresStore::open(&url)).err().expect("it is wrong");
        match &error {
            StoreError::Failed(source) => source.to_string(),
            error => error.to_string(),
        }
    };
    let role = format!("role_{}", Uuid::new_v4().simple());
    database.on_server(&format!("CREATE ROLE {role} LOGIN PASSWORD 'right'"));
    let right = format!("{role}:right");
    let missing = database.url().replace(&database.name, "taxii_there_is_none");
    assert!(error(missing).contains("createdb taxii_there_is_none"));
    assert!(
        error("postgres://taxii@127.0.0.1:1/taxii".to_owned())
            .contains("no PostgreSQL server could be reached at 127.0.0.1:1")
    );
    let wrong = error(database.url_as(&format!("{role}:wrong")));
    assert!(wrong.contains("refuses the password") && !wrong.contains("wrong"), "{wrong}");
    assert!(error(database.url_as(&right)).contains("right to make tables"));
    assert_eq!(database.text("SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"), "0");

    drop(database.wait(PostgresStore::open(&database.url())).expect("it is right"));
    // Of several hosts, one that does not answer is passed over.
    let several = database.url().replace('@', "@127.0.0.1:1,");
    drop(database.wait(PostgresStore::open(&several)).expect("the second answers"));
    assert!(error(database.url_as(&right)).contains("GRANT"));
    database.run(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"));
    assert!(error(database.url_as(&right)).contains("GRANT"));
    database.run(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"));
    drop(database.wait(PostgresStore::open(&database.url_as(&right))).expect("the rights are enough"));
    database.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));

    database.on_server(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name));
    assert!(error(database.url()).contains("is read-only"));
    database.on_server(&format!("ALTER DATABASE {} RESET default_transaction_read_only", database.name));
    database.run("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
    assert!(error(database.url()).contains("newer version of this program"));

    let latin = Database::with("a PostgreSQL database in LATIN1", "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    assert!(error(latin.expect("the server is still there").url()).contains("UTF8"));
}

/// Promise 6: the cost of a page depends on the page. PostgreSQL's own counters say how many rows and index entries were read.
#[test]
fn a_page_reads_what_it_shows() {
    const OBJECTS: usize = 20_000;
    const PAGE: usize = 50;
    let Some(database) = Database::new("the cost of pages on PostgreSQL") else { return };
    let read = || -> usize {
        // Connections tell what they have read before they are gone.
        let gone = "SELECT (count(*) = 0)::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                    AND backend_type = 'client backend'";
        until("all connections are gone", || database.text(gone) == "true");
        let counted = database.text(
            "SELECT (sum(t.seq_tup_read) + (SELECT sum(i.idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relname = 'objects'))::text \
             FROM pg_stat_user_tables t WHERE t.relname = 'objects'",
        );
        counted.parse().expect("a number")
    };
    let key = database.wait(async {
        let store = PostgresStore::open(&database.url()).await.unwrap();
        furnish(&store).await;
        let collection = collection(&store).await;
        for first in (0..OBJECTS).step_by(5000) {
            store.add(submission(collection, first..first + 5000)).await.unwrap();
        }
        collection
    });
    database.run("ANALYZE");
    let middle = database.text("SELECT added::text FROM objects ORDER BY added OFFSET 10000 LIMIT 1").parse().unwrap();
    let versions = |versions| Filter { versions, ..Filter::default() };
    let types =
        |types: &[&str]| Filter { types: Some(types.iter().map(|&t| t.to_owned()).collect()), ..Filter::default() };
    let ids = (0..30).map(|n| format!("indicator--00000000-0000-4000-8000-{:012}", n * 500)).collect();
    for (filter, repeats) in [
        (Filter::default(), 1),
        (Filter::default(), 12),
        (versions(VersionFilter::All), 12),
        (versions(VersionFilter::Any(vec![Selector::First])), 12),
        (types(&["indicator"]), 12),
        (types(&["indicator", "url"]), 12),
        (types(&["url"]), 12),
        (Filter { ids: Some(ids), ..Filter::default() }, 12),
    ] {
        let before = read();
        database.wait(async {
            let store = PostgresStore::open(&database.url()).await.unwrap();
            for n in 0..repeats {
                let after = if n % 2 == 0 { middle } else { i64::MIN };
                let window = Window { limit: PAGE, after: Timestamp::from_micros(after), ..Window::of(key, &filter) };
                store.objects(&window).await.unwrap();
            }
        });
        let pages = read() - before;
        assert!(pages <= repeats * (2 * PAGE + 20), "{filter:?}: {pages} rows for {repeats} pages of {PAGE}");
    }
}

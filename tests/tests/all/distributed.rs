//! What engines that spread tables over machines ask for (`docs/scaling.md`): keys that start with the collection, statements that
//! concern one collection, and nothing that lives in one machine. Nothing here runs on such an engine: the tests read the catalogue of
//! the migrated database, and every statement that the store really sends.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use taxii_server::store::acceptance;
use taxii_server::store::{Admin, ApiRoot, Collection, PostgresStore, Store};
use taxii_tests::node::{Node, until};
use taxii_tests::overheard::Overheard;
use taxii_tests::postgres::Database;

/// Tables whose rows lie with their collection.
const DISTRIBUTED: [&str; 8] =
    ["conflicts", "deletions", "labels", "marks", "objects", "pollers", "tombstones", "validity_backfill"];
/// Tables of which every machine has a copy: small, and changed by administrators.
const REFERENCE: [&str; 12] = [
    "accounts",
    "agreements",
    "api_roots",
    "collections",
    "credentials",
    "grants",
    "group_members",
    "groups",
    "organisations",
    "partners",
    "revision",
    "settings",
];
/// Tables that stay on the machine that the nodes talk to.
const LOCAL: [&str; 7] =
    ["__diesel_schema_migrations", "audit", "audit_head", "counterparts", "flows", "leases", "statuses"];
/// Of these, one says which collection its rows are about, and is one chain all the same.
const CHAIN: &str = "audit";

/// Statements about rows of many collections, each with why that is bearable. They begin like this, in the spelling of `words`.
const OF_MANY_COLLECTIONS: [(&str, &str); 9] = [
    ("lock table revision , marks in exclusive mode", "an upgrade, once"),
    ("select count ( * ) from", "`db status` counts the rows of each table"),
    (
        "insert into validity_backfill ( collection , position , last ) select collection , 0 , clock from marks",
        "an upgrade, once",
    ),
    (
        "select marks . collection , marks . clock , marks . changes from marks where ( marks . collection = any ( $1 ) )",
        "what every poll asks: one round trip for all who wait, to as many shards as they poll collections",
    ),
    (
        "select objects . collection from objects where label < 0 order by objects . collection",
        "each sweep: is there anything that nobody has looked at? The index that each shard asks has nothing else",
    ),
    (
        "delete from marks where ( marks . collection = any ( $1 ) )",
        "an administrator removes an API root or a collection",
    ),
    (
        "select validity_backfill . collection , validity_backfill . position",
        "each sweep, until older entries are read: a row for each collection at most",
    ),
    ("select pollers .", "`audit lag` tells of all who poll"),
    (
        "select objects . collection , objects . is_newest , objects . is_best , count ( * ) , max ( objects . added ) from objects group by",
        "an administrator asks for statistics; each shard counts its own",
    ),
];

/// State of a session, and things that belong to one machine or run beside the transaction.
const FORBIDDEN: [(&str, &str); 13] = [
    ("listen", "notifications stay on one machine, and are lost in a pool of connections"),
    ("notify", "notifications stay on one machine, and are lost in a pool of connections"),
    ("unlisten", "notifications stay on one machine"),
    ("pg_notify", "notifications stay on one machine"),
    ("temp", "temporary tables belong to a session"),
    ("temporary", "temporary tables belong to a session"),
    ("trigger", "triggers are not run, or not allowed, on distributed tables"),
    ("function", "functions have to be distributed, too"),
    ("procedure", "functions have to be distributed, too"),
    ("nextval", "a sequence is one row that all machines would wait for"),
    ("serial", "a sequence is one row that all machines would wait for"),
    ("bigserial", "a sequence is one row that all machines would wait for"),
    ("declare", "cursors belong to a session"),
];

/// What may be set in a session, and how that begins: the same for every one, so that it does not matter whose connection it is.
const SETTINGS: [&str; 9] = [
    "set timezone = 'utc'",
    "set time zone 'utc'",
    "set client_encoding to 'utf8'",
    "set statement_timeout =",
    "set idle_in_transaction_session_timeout =",
    "set lock_timeout =",
    "set local lock_timeout =",
    "reset statement_timeout",
    "reset lock_timeout",
];

/// The words of a statement, in one spelling: lower case, without quotation marks around names, comments or double spaces.
fn words(statement: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for line in statement.lines() {
        let line = line.split("--").next().unwrap_or_default();
        for c in line.chars().chain([' ']) {
            match c {
                '"' => {}
                c if c.is_alphanumeric() || matches!(c, '_' | '$' | '\'') => word.extend(c.to_lowercase()),
                c => {
                    words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                    words.extend((!c.is_whitespace()).then(|| c.to_string()));
                }
            }
        }
    }
    words
}

/// How often a statement names a table as what it reads or writes, and how often it says which collection it means.
fn mentions(words: &[String], table: &str) -> (usize, usize) {
    let at = |n: usize| words.get(n).map_or("", String::as_str);
    let is_named = |n: usize| {
        at(n) == table
            && at(n + 1) != "."
            && n > 0
            && matches!(at(n - 1), "from" | "join" | "update" | "into" | "only" | "(" | ",")
    };
    let named = (0..words.len()).filter(|n| is_named(*n)).count();
    let compares = |n: usize| at(n) == "collection" && at(n + 1) == "=";
    // With a parameter, or with the collection of another row.
    let one = |n: usize| at(n + 2).starts_with('$') || (at(n + 3) == "." && at(n + 4) == "collection");
    let compared = (0..words.len()).filter(|n| compares(*n) && one(*n)).count();
    // New rows say it among their columns.
    let columns = words.iter().skip_while(|word| *word != "(").take_while(|word| *word != ")");
    let inserted = at(0) == "insert" && at(2) == table && columns.into_iter().any(|word| word == "collection");
    (named, compared + usize::from(inserted))
}

/// What is wrong with a statement, if something is.
fn fault(statement: &str) -> Option<String> {
    let words = words(statement);
    let text = words.join(" ");
    let first = words.first().map_or("", String::as_str);
    if first == "do" {
        return Some("a block of code runs on one machine".to_owned());
    }
    if matches!(first, "set" | "reset") && !SETTINGS.iter().any(|begins| text.starts_with(begins)) {
        return Some(format!("it changes its session; only these may: {SETTINGS:?}"));
    }
    for word in &words {
        if let Some((_, why)) = FORBIDDEN.iter().find(|(forbidden, _)| word == forbidden) {
            return Some(format!("{word}: {why}"));
        }
        if word.contains("advisory") {
            return Some(format!("{word}: advisory locks are locks of one machine"));
        }
    }
    if OF_MANY_COLLECTIONS.iter().any(|(begins, _)| text.starts_with(begins)) {
        return None;
    }
    DISTRIBUTED.iter().find_map(|table| {
        let (named, compared) = mentions(&words, table);
        (named > compared).then(|| {
            format!(
                "it names the table {table} {named} times, but says only {compared} times which collection it means: a distributed \
                 database has to ask every machine, or refuses. Compare `collection` with a parameter (collection = $1) wherever the table \
                 is named. If it is about many collections on purpose, and not for a request of a client, add it to OF_MANY_COLLECTIONS \
                 with the reason"
            )
        })
    })
}

/// The test's own eye: what is bad is seen, what is good is not.
#[test]
fn bad_statements_are_seen() {
    for good in [
        "SELECT \"objects\".\"added\" FROM \"objects\" WHERE (\"objects\".\"collection\" = $1) AND \"objects\".\"added\" > $2",
        "INSERT INTO objects (collection, added) SELECT $1, entry.* FROM unnest($2) AS entry",
        "SELECT 1 FROM objects AS o JOIN marks ON marks.collection = o.collection WHERE o.collection = $1",
        "SET TIME ZONE 'UTC'",
        "SELECT \"revision\".\"number\" FROM \"revision\"",
    ] {
        assert_eq!(fault(good), None, "{good}");
    }
    for bad in [
        "SELECT \"objects\".\"added\" FROM \"objects\" WHERE \"objects\".\"added\" > $2",
        "SELECT max(added) FROM objects",
        "SELECT (SELECT added FROM objects WHERE id = $1) FROM objects WHERE collection = $2",
        "DELETE FROM marks WHERE collection = ANY($1) AND clock < $2",
        "INSERT INTO objects (added) VALUES ($1)",
        "UPDATE objects SET is_best = $1 WHERE added = $2",
        "SELECT 1 FROM collections, objects WHERE collections.number = $1",
        "SET search_path TO x",
        "NOTIFY changes",
        "SELECT pg_advisory_xact_lock(1)",
        "CREATE TEMP TABLE x (y INTEGER)",
        "SELECT nextval('x')",
        "DO $$ BEGIN END $$",
    ] {
        assert!(fault(bad).is_some(), "{bad}");
    }
}

/// Promise 7 on one cluster or many: while the acceptance suite runs, and all that administrators do, every statement is one that a
/// distributed database sends to one machine, but for those that are known to concern more.
#[test]
fn every_statement_concerns_one_collection() {
    let Some(database) = Database::new("what the store says to PostgreSQL") else { return };
    let database = Arc::new(database);
    let way = Overheard::to(database.address());
    let url = database.url_by(way.address);
    database.wait(acceptance::suite(async || {
        let cleared = Arc::clone(&database);
        std::thread::spawn(move || cleared.clear()).join().unwrap();
        let store = PostgresStore::open(&url).await.unwrap();
        store.add_root(&ApiRoot::new(acceptance::ROOT, "Acceptance").unwrap()).await.unwrap();
        for name in ["one", "two"] {
            store.add_collection(&Collection::new(acceptance::ROOT, Some(name), name).unwrap()).await.unwrap();
        }
        Arc::new(store)
    }));
    administer(&Node::new(&url, 0));
    // As each sweep does.
    database.wait(async { PostgresStore::open(&url).await.unwrap().tidy(10).await }).unwrap();

    let said = way.statements();
    assert!(said.len() > 50, "the way was listened on: {}", said.len());
    let faults: Vec<String> = said
        .keys()
        .flat_map(|said| said.split(';'))
        .filter_map(|statement| fault(statement).map(|fault| format!("{fault}\n    {statement}\n")))
        .collect();
    assert!(faults.is_empty(), "{} of {} statements:\n{}", faults.len(), said.len(), faults.join("\n"));
    for (begins, why) in OF_MANY_COLLECTIONS {
        let mut all = said.keys().flat_map(|said| said.split(';'));
        let used = all.any(|statement| words(statement).join(" ").starts_with(begins));
        assert!(used, "nobody says {begins:?} any longer ({why}): take it off the list");
    }
}

/// Everything that the program's commands do to a database.
fn administer(node: &Node) {
    for command in [
        "init",
        "root add r1 --title One --default",
        "root add r2 --title Two",
        "root set r2 --title Second --default",
        "root list",
        "root show r1",
        "collection add r1 c1 --title C",
        "collection add r2 c2 --title C",
        "collection set r1/c1 --title D --anonymous-read",
        "collection list",
        "collection show r1/c1",
        "account add a --read r1/c1 --write r2/c2",
        "account set a --client sentinel",
        "account list",
        "account show a",
        "key list",
        "grant set a r1/c1 --list",
        "grant list a",
        "grant show a r1/c1",
        "status",
        "statistics",
        "collection sweep r1/c1",
        "db status",
        "audit who-received indicator--00000000-0000-4000-8000-000000000000",
        "audit what-did a",
        "audit lag",
        "audit verify",
        "audit head",
        "audit list",
        "audit prune --before 2020-01-01 --yes",
        "grant remove a r1/c1",
        "collection remove r1/c1 --yes",
        "root remove r2 --yes",
        "account remove a",
    ] {
        node.admin(&command.split(' ').collect::<Vec<_>>());
    }
    let key = node.admin(&["key", "add", "admin"]);
    let id = key["id"].as_str().expect("an id");
    node.admin(&["key", "show", id]);
    node.admin(&["key", "set", id, "--label", "x"]);
    node.admin(&["key", "remove", id]);
}

/// The first column of all rows.
fn rows(database: &Database, query: &str) -> Vec<String> {
    let all =
        database.text(&format!("SELECT coalesce(string_agg(t.x, E'\\n' ORDER BY t.x), '') FROM ({query}) AS t (x)"));
    all.lines().map(str::to_owned).collect()
}

/// Every table has its place, and whatever is unique or indexed in the distributed ones starts with the collection: a machine
/// can see to it alone.
#[test]
fn keys_start_with_the_collection() {
    let Some(database) = Database::new("the keys of the tables on PostgreSQL") else { return };
    drop(database.wait(PostgresStore::open(&database.url())).expect("it opens"));
    let tables = rows(&database, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'");
    let known: BTreeSet<&str> = DISTRIBUTED.into_iter().chain(REFERENCE).chain(LOCAL).collect();
    for table in &tables {
        assert!(
            known.contains(table.as_str()),
            "the table {table} is new: decide where it lies in a distributed database (`docs/scaling.md`), and name it here. What \
             belongs to a collection has a column `collection`, with which its keys start, and is DISTRIBUTED"
        );
    }
    assert_eq!(tables.len(), known.len(), "{tables:?}");

    let with_collection = rows(
        &database,
        "SELECT table_name::text FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'collection' \
         AND data_type = 'bigint'",
    );
    let with_collection: Vec<String> = with_collection.into_iter().filter(|table| table != CHAIN).collect();
    assert_eq!(with_collection, DISTRIBUTED, "the tables with the number of a collection");
    for table in DISTRIBUTED {
        let first_columns = rows(
            &database,
            &format!(
                "SELECT c.relname || ' starts with ' || coalesce(a.attname, 'an expression') FROM pg_index i \
                 JOIN pg_class c ON c.oid = i.indexrelid \
                 LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] \
                 WHERE i.indrelid = '{table}'::regclass"
            ),
        );
        assert!(!first_columns.is_empty(), "{table}");
        for first in first_columns {
            assert!(first.ends_with(" starts with collection"), "the index {first}, not with the collection");
        }
        let to = rows(
            &database,
            &format!(
                "SELECT confrelid::regclass::text FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'f'"
            ),
        );
        for to in to {
            assert!(REFERENCE.contains(&to.as_str()), "{table} refers to {to}, which is not on every machine");
        }
    }
}

/// Nothing in the database but tables and indexes: no sequences but that of the collections' numbers, no triggers but
/// those of foreign keys, no functions, views or rules; and the migrations ask for nothing of the kind.
#[test]
fn the_database_has_only_tables() {
    let Some(database) = Database::new("the catalogue of PostgreSQL") else { return };
    drop(database.wait(PostgresStore::open(&database.url())).expect("it opens"));
    let sequences = rows(&database, "SELECT sequencename::text FROM pg_sequences WHERE schemaname = 'public'");
    assert_eq!(sequences, ["collections_number_seq"], "the sequences");
    for (what, query) in [
        ("triggers", "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal"),
        ("event triggers", "SELECT evtname::text FROM pg_event_trigger"),
        ("rules and views", "SELECT ev_class::regclass::text FROM pg_rewrite WHERE ev_class::regclass::oid >= 16384"),
        (
            "functions, but for what the migrations' tool brings",
            "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname NOT LIKE 'diesel\\_%'",
        ),
        ("extensions", "SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql'"),
        (
            "unlogged or temporary tables",
            "SELECT relname::text FROM pg_class WHERE relpersistence <> 'p' AND oid >= 16384",
        ),
    ] {
        assert_eq!(rows(&database, query), Vec::<String>::new(), "{what}");
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../taxii-server/migrations/postgres");
    let mut read = 0;
    for migration in std::fs::read_dir(folder).expect("migrations") {
        let file = migration.expect("a migration").path().join("up.sql");
        let text = std::fs::read_to_string(&file).expect("a migration");
        let code: String =
            text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
        for statement in code.split(';').filter(|statement| statement.contains(|c: char| c.is_alphabetic())) {
            let first = words(statement).first().cloned().unwrap_or_default();
            // What changes rows of collections does so once, at an upgrade.
            if matches!(first.as_str(), "update" | "delete" | "insert") {
                continue;
            }
            assert_eq!(fault(statement), None, "{}: {statement}", file.display());
        }
        read += 1;
    }
    assert!(read >= 2, "the migrations were read");
}

/// The recipe for Citus in `docs/scaling.md` names every table and leaves every foreign key as it was; Citus' own functions are
/// played here.
#[test]
fn the_recipe_fits_the_tables() {
    let Some(database) = Database::new("the recipe for Citus, on PostgreSQL") else { return };
    drop(database.wait(PostgresStore::open(&database.url())).expect("it opens"));
    let guide = include_str!("../../../docs/scaling.md");
    let recipe = guide.split("```sql").nth(1).and_then(|rest| rest.split("```").next()).expect("a recipe");
    let keys = || {
        rows(
            &database,
            "SELECT conname || ': ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
             WHERE contype = 'f' AND connamespace = 'public'::regnamespace",
        )
    };
    let before = keys();
    assert!(!before.is_empty());
    database.run(
        "CREATE SCHEMA played; CREATE TABLE played.placed (place TEXT, name TEXT, free BOOLEAN); \
         CREATE FUNCTION create_reference_table(name TEXT) RETURNS void LANGUAGE sql AS $$ INSERT INTO played.placed \
         SELECT 'reference', name, count(*) = 0 FROM pg_constraint WHERE conrelid = name::regclass AND contype = 'f' $$; \
         CREATE FUNCTION create_distributed_table(name TEXT, by TEXT, shard_count INTEGER DEFAULT 32, colocate_with TEXT DEFAULT '') \
         RETURNS void LANGUAGE sql AS $$ INSERT INTO played.placed SELECT by, name, count(*) = 0 FROM pg_constraint \
         WHERE conrelid = name::regclass AND contype = 'f' $$;",
    );
    database.run(recipe);
    let placed =
        |place: &str| rows(&database, &format!("SELECT name FROM played.placed WHERE place = '{place}' AND free"));
    assert_eq!(placed("reference"), REFERENCE, "placed while no foreign key holds them");
    assert_eq!(placed("collection"), DISTRIBUTED, "placed while no foreign key holds them");
    assert_eq!(keys(), before);
}

/// Health checks do not load the database: however many come, it is asked about once a second.
#[test]
fn health_checks_ask_seldom() {
    const CHECKS: usize = 200;
    let Some(database) = Database::new("what health checks ask PostgreSQL") else { return };
    let way = Overheard::to(database.address());
    let mut node = Node::new(&database.url_by(way.address), 0);
    node.start();
    let asked = || -> usize {
        let said = way.statements();
        said.iter().filter(|(text, _)| text.starts_with("SELECT \"revision\"")).map(|(_, times)| times).sum()
    };
    until("it is ready", || node.is_ready() == Some(true));
    let (before, begun) = (asked(), Instant::now());
    assert!(before > 0, "it asks for the revision");
    for _ in 0..CHECKS {
        assert!(node.is_ready().is_some(), "it answers");
    }
    let times = asked() - before;
    let seconds = begun.elapsed().as_secs_f64();
    assert!(times as f64 <= seconds + 2.0, "{times} questions for {CHECKS} checks in {seconds} seconds");
}

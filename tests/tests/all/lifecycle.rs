//! How long things are kept: the sweeper on every store, its commands, and what administrators are told about collections.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stix_model::RawHead;
use taxii_model::{Filter, Timestamp, VersionFilter};
use taxii_server::store::{
    Admin, ApiRoot, Clock, Collection, Due, Item, MemoryStore, PostgresStore, Record, Retention, Selection,
    SqliteStore, Store, Submission, Sweeper, Swept, Window,
};
use taxii_tests::http::{Request, TAXII};
use taxii_tests::objects::{envelope, indicators, with};
use taxii_tests::on_every_site;
use taxii_tests::postgres::Database;
use taxii_tests::programs::{self, Folder};
use taxii_tests::site::{ADMIN, NOBODY, READER, Site, TEST, WRITER};
use uuid::Uuid;

const DAY: i64 = 24 * 3_600_000_000;
const BEGIN: i64 = 1_800_000_000_000_000;
const COLLECTION: &str = "6f3a1f0e-2b4d-4c8a-9e57-0d1c2b3a4f5e";

/// A clock that is set by hand.
fn clock() -> (Arc<AtomicI64>, Clock) {
    let hand = Arc::new(AtomicI64::new(BEGIN));
    let shown = Arc::clone(&hand);
    (hand, Arc::new(move || Timestamp::from_micros(shown.load(Ordering::Relaxed))))
}

/// A stream of numbers that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What happens on one day, the same for every store.
struct Events {
    texts: Vec<String>,
    deleted: Option<String>,
    retention: Option<Retention>,
}

fn id(n: u64) -> String {
    format!("indicator--00000000-0000-4000-8000-{n:012}")
}

fn date(micros: i64) -> String {
    Timestamp::from_micros(micros).to_string()
}

fn object(numbers: &mut Numbers, now: i64) -> String {
    let (n, day) = (numbers.below(25), numbers.below(12) as i64);
    if numbers.below(5) == 0 {
        return format!("{{\"type\":\"url\",\"id\":\"url--00000000-0000-5000-8000-{n:012}\",\"value\":\"{day}\"}}");
    }
    // Some come with an older version than the one that is there.
    let modified = date(now - numbers.below(3) as i64 * DAY);
    let until = match numbers.below(2) {
        0 => String::new(),
        _ => format!(",\"valid_until\":\"{}\"", date(now + (day - 4) * DAY)),
    };
    let edition = ["2.1", "2.1", "2.0"][numbers.below(3) as usize];
    format!(
        "{{\"type\":\"indicator\",\"spec_version\":\"{edition}\",\"id\":\"{}\",\"created\":\"2020-01-01T00:00:00Z\",\
         \"modified\":\"{modified}\"{until}}}",
        id(n)
    )
}

fn events(numbers: &mut Numbers, now: i64) -> Events {
    let texts = (0..numbers.below(8)).map(|_| object(numbers, now)).collect();
    let deleted = (numbers.below(4) == 0).then(|| id(numbers.below(25)));
    let mut some = |n: u64| (numbers.below(2) == 0).then(|| 1 + numbers.below(n));
    let [days, expired, objects] = [some(10), some(4), some(20)];
    let narrow = |days: Option<u64>| days.map(|days| days as u32);
    let retention = Retention { keep_days: narrow(days), keep_expired_days: narrow(expired), keep_objects: objects };
    Events { texts, deleted, retention: (numbers.below(3) == 0).then_some(retention) }
}

async fn furnish(store: &(impl Store + Admin)) {
    store.add_root(&ApiRoot::new("r", "Root").unwrap()).await.unwrap();
    let mut collection = Collection::new("r", Some("c"), "Collection").unwrap();
    collection.id = COLLECTION.parse().unwrap();
    collection.spec_versions = stix_model::SpecVersion::ALL.to_vec();
    store.add_collection(&collection).await.unwrap();
}

async fn collection(store: &impl Store) -> Collection {
    store.directory().await.unwrap().collections.remove(0)
}

async fn live<S: Store + Admin>(store: &S, events: &Events) {
    let mut collection = collection(store).await;
    if let Some(retention) = events.retention {
        collection.retention = retention;
        store.set_collection(&collection).await.unwrap();
    }
    let item = |text: &String| Item::new(RawHead::read(text, 100).unwrap().check(None).unwrap(), text.clone());
    let submission = Submission {
        status: Uuid::new_v4(),
        root: "r".to_owned(),
        collection: collection.key,
        caller: "somebody".to_owned(),
        received: Timestamp::default(),
        items: events.texts.iter().map(item).collect(),
        refused: Vec::new(),
    };
    store.add(submission).await.unwrap();
    if let Some(id) = &events.deleted {
        store.delete(collection.key, id, &Selection::default(), None).await.unwrap();
    }
}

/// What polls show, with and without filters.
async fn shown(store: &impl Store) -> Vec<Vec<Record>> {
    let key = collection(store).await.key;
    let both = Some(vec!["2.0".to_owned(), "2.1".to_owned()]);
    let mut pages = Vec::new();
    for (spec_versions, versions) in [
        (None, VersionFilter::default()),
        (None, VersionFilter::All),
        (both, VersionFilter::All),
        (Some(vec!["2.0".to_owned()]), VersionFilter::default()),
    ] {
        let filter = Filter { spec_versions, versions, ..Filter::default() };
        pages.push(store.records(&Window::of(key, &filter)).await.unwrap().entries);
    }
    pages
}

async fn sweep<S: Store>(store: &Arc<S>, clock: &Clock, step: usize) -> Vec<Swept> {
    let store: Arc<dyn Store> = Arc::<S>::clone(store);
    let sweeper = Sweeper::new(store).clock(clock.clone()).step(step).rest(Duration::ZERO);
    sweeper.sweep(|_| true).await.unwrap().expect("nobody else sweeps")
}

/// Who takes a rule back while a sweep is under way keeps what has not gone yet.
#[test]
fn a_rule_taken_back_counts_at_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (hand, clock) = clock();
        let store = Arc::new(MemoryStore::with_clock(clock.clone()));
        furnish(&*store).await;
        let text = |n| {
            format!(
                r#"{{"type":"indicator","spec_version":"2.1","id":"{}","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z"}}"#,
                id(n)
            )
        };
        let retention = Some(Retention { keep_days: Some(1), ..Retention::default() });
        live(&*store, &Events { texts: (0..100).map(text).collect(), deleted: None, retention }).await;
        hand.fetch_add(3 * DAY, Ordering::Relaxed);
        let administrator = Arc::clone(&store);
        let take_back = move |_| {
            let store = Arc::clone(&administrator);
            let set = async move {
                let mut forever = collection(&*store).await;
                forever.retention = Retention::default();
                store.set_collection(&forever).await.unwrap();
            };
            std::thread::spawn(|| tokio::runtime::Runtime::new().unwrap().block_on(set)).join().unwrap();
        };
        let every: Arc<dyn Store> = Arc::<MemoryStore>::clone(&store);
        let sweeper = Sweeper::new(every).clock(clock.clone()).step(10).rest(Duration::ZERO).progress(take_back);
        assert_eq!(sweeper.sweep(|_| true).await.unwrap().unwrap()[0].total().objects, 10);
        assert_eq!(shown(&*store).await[0].len(), 90);
    });
}

/// Promise 7: what is swept in portions, each of as many steps as there was time for, is what is swept at once; only the last portion says that
/// there is no more.
#[test]
fn portions_come_to_the_same() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let (hand, clock) = clock();
        let store = SqliteStore::builder(folder.path().join("t.db")).clock(clock.clone()).open().unwrap();
        furnish(&store).await;
        let text = |n: u64| {
            format!(
                r#"{{"type":"indicator","spec_version":"2.1","id":"{}","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z"}}"#,
                id(n)
            )
        };
        let retention = Some(Retention { keep_days: Some(3), keep_objects: Some(5), ..Retention::default() });
        live(&store, &Events { texts: (0..20).map(text).collect(), deleted: None, retention }).await;
        hand.fetch_add(2 * DAY, Ordering::Relaxed);
        live(&store, &Events { texts: (100..120).map(text).collect(), deleted: None, retention }).await;
        hand.fetch_add(2 * DAY, Ordering::Relaxed);
        let store: Arc<dyn Store> = Arc::new(store);
        let sweeper = Sweeper::new(store).clock(clock.clone()).step(6).rest(Duration::ZERO);
        let mut removed = [0; 2];
        loop {
            let portion = sweeper.sweep_for(Duration::ZERO, |_| true).await.unwrap().expect("nobody else sweeps");
            let [swept] = <[Swept; 1]>::try_from(portion.swept).unwrap();
            assert!(swept.total().objects <= 6, "one step at a time: {swept:?}");
            removed = [removed[0] + swept.aged.objects, removed[1] + swept.surplus.objects];
            assert_eq!(portion.more, swept.total().objects > 0);
            if !portion.more {
                break;
            }
        }
        assert_eq!(removed, [20, 15]);
    });
}

/// Promises 1 and 7: two months of submissions, deletions, changes of the retention and sweeps, day by day by one clock: each
/// store shows the same entries with the same stamps as memory, and removed the same for the same reasons.
async fn agrees_with_memory<S: Store + Admin>(store: Arc<S>, hand: &AtomicI64, clock: &Clock, seed: u64) {
    let oracle = Arc::new(MemoryStore::with_clock(clock.clone()));
    furnish(&*oracle).await;
    furnish(&*store).await;
    let mut numbers = Numbers(seed);
    let mut removed = [0; 3];
    for day in 0..60 {
        let now = hand.fetch_add(DAY, Ordering::Relaxed) + DAY;
        let events = events(&mut numbers, now);
        live(&*oracle, &events).await;
        live(&*store, &events).await;
        let collection = collection(&*store).await;
        let shared: Arc<dyn Store> = Arc::<S>::clone(&store);
        let dry = Sweeper::new(shared).clock(clock.clone()).due(&collection).await.unwrap();
        let (ours, theirs) = (sweep(&store, clock, 4).await, sweep(&oracle, clock, 500).await);
        assert_eq!(ours, theirs, "seed {seed}, day {day}");
        for swept in &ours {
            assert_eq!(dry[0], swept.aged.objects, "seed {seed}, day {day}: what comes first was told before");
            assert!(dry[1] >= swept.expired.objects && dry[2] >= swept.surplus.objects, "seed {seed}, day {day}");
            let objects = [swept.aged.objects, swept.expired.objects, swept.surplus.objects];
            removed.iter_mut().zip(objects).for_each(|(sum, n)| *sum += n);
        }
        assert_eq!(shown(&*store).await, shown(&*oracle).await, "seed {seed}, day {day}");
    }
    assert!(removed.iter().all(|n| *n > 0), "each rule had something to do: {removed:?}");
}

/// Promise 7: SQLite's store, with other events in each round.
#[test]
fn sqlite_agrees_with_memory() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        for seed in 1..=4 {
            let folder = tempfile::tempdir().unwrap();
            let (hand, clock) = clock();
            let store = SqliteStore::builder(folder.path().join("t.db")).clock(clock.clone()).open().unwrap();
            agrees_with_memory(Arc::new(store), &hand, &clock, seed).await;
        }
    });
}

/// Promise 7: PostgreSQL's store.
#[test]
fn postgres_agrees_with_memory() {
    let Some(database) = Database::new("the sweeper on PostgreSQL") else { return };
    database.wait(async {
        let (hand, clock) = clock();
        let store = PostgresStore::builder(&database.url()).clock(clock.clone()).open().await.unwrap();
        agrees_with_memory(Arc::new(store), &hand, &clock, 5).await;
    });
}

/// Of several nodes one sweeps. One that died in the middle, without a word, holds the others up for a minute and no longer.
#[test]
fn one_node_sweeps_at_a_time() {
    let Some(database) = Database::new("sweepers on several nodes over PostgreSQL") else { return };
    database.wait(async {
        let (hand, clock) = clock();
        let open = || PostgresStore::builder(&database.url()).clock(clock.clone()).open();
        let (one, two): (Arc<dyn Store>, Arc<dyn Store>) =
            (Arc::new(open().await.unwrap()), Arc::new(open().await.unwrap()));
        let dead = Uuid::new_v4();
        assert!(one.lease("sweep", dead, Duration::from_secs(60)).await.unwrap());
        let sweeper = Sweeper::new(two).clock(clock.clone());
        assert_eq!(sweeper.sweep(|_| true).await.unwrap(), None);
        hand.fetch_add(59_000_000, Ordering::Relaxed);
        assert_eq!(sweeper.sweep(|_| true).await.unwrap(), None);
        hand.fetch_add(1_000_000, Ordering::Relaxed);
        assert_eq!(sweeper.sweep(|_| true).await.unwrap(), Some(Vec::new()));
        assert!(one.lease("sweep", dead, Duration::from_secs(60)).await.unwrap(), "who is done gives it back");
        // Many at once, each on a connection of its own: one of them gets it.
        hand.fetch_add(60_000_000, Ordering::Relaxed);
        let wanting = (0..6).map(|_| {
            let one = Arc::clone(&one);
            tokio::spawn(async move { one.lease("sweep", Uuid::new_v4(), Duration::from_secs(60)).await.unwrap() })
        });
        let mut got = 0;
        for wanting in wanting.collect::<Vec<_>>() {
            got += u32::from(wanting.await.unwrap());
        }
        assert_eq!(got, 1);
    });
}

/// A database of the version before is brought up to date while another node goes on working with it, and what was added
/// before expires like everything else.
#[test]
fn older_databases_learn_to_expire() {
    let Some(database) = Database::new("an older database on PostgreSQL") else { return };
    let until = |n: i64| if n % 2 == 0 { ",\"valid_until\":\"2026-02-01T00:00:00Z\"" } else { "" };
    let text = |n: i64| {
        format!(
            "{{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"{}\",\"created\":\"2020-01-01T00:00:00Z\",\
             \"modified\":\"2020-01-01T00:00:00Z\"{}}}",
            id(n as u64),
            until(n)
        )
    };
    let lived =
        |numbers: std::ops::Range<i64>| Events { texts: numbers.map(text).collect(), deleted: None, retention: None };
    let expired = Due::ExpiredBefore("2026-03-01T00:00:00Z".parse().unwrap());
    database.wait(async {
        let store = PostgresStore::open(&database.url()).await.unwrap();
        furnish(&store).await;
        live(&store, &lived(0..20)).await;
    });
    let down = concat!(env!("CARGO_MANIFEST_DIR"), "/../taxii-server/migrations/postgres/0003_retention/down.sql");
    database.run(&std::fs::read_to_string(down).unwrap());
    database.run("DELETE FROM __diesel_schema_migrations WHERE version = '0003'");
    database.wait(async {
        let opening = (0..4).map(|_| {
            let url = database.url();
            tokio::spawn(async move { PostgresStore::open(&url).await.map(drop) })
        });
        for opened in opening.collect::<Vec<_>>() {
            opened.await.unwrap().unwrap();
        }
        let store = PostgresStore::open(&database.url()).await.unwrap();
        let key = collection(&store).await.key;
        live(&store, &lived(20..30)).await;
        assert_eq!(store.due(key, expired).await.unwrap(), 5, "the new ones are known");
        let mut known = Vec::new();
        while store.tidy(5).await.unwrap() {
            known.push(store.due(key, expired).await.unwrap());
        }
        assert_eq!(known, [8, 10, 13, 15, 15], "5 entries at a time, the last of them too");
    });
}

/// An administrator keeps less with a command; the running server removes by itself what is due, and a poller goes on from
/// where it was.
#[test]
fn the_server_sweeps_by_itself() {
    let folder = Folder::new();
    folder.admin(&["root", "add", "api1", "--title", "Group"]);
    folder.admin(&["collection", "add", "api1", "feed", "--title", "Feed", "--keep-expired-days", "0"]);
    folder.admin(&["account", "add", "soc", "--read", "feed", "--write", "feed"]);
    let key = folder.admin(&["key", "add", "soc"])["key"].as_str().expect("a key").to_owned();
    let path = "/api1/collections/feed/objects/";
    folder.write("taxii-server.toml", "sweep_minutes = 0\n");
    let server = folder.serve(&[]);
    let request = |origin, method: &str, target: &str| {
        Request::new(origin, method, target).accept(TAXII).header("Authorization", &format!("Bearer {key}"))
    };
    let mut objects = indicators(6);
    for expired in objects.iter_mut().take(3) {
        *expired = with(
            with(expired.clone(), "valid_from", json!("2020-01-01T00:00:00Z")),
            "valid_until",
            json!("2020-02-01T00:00:00Z"),
        );
    }
    request(server.origin, "POST", path).json(&envelope(&objects)).send().expect(202);
    let first = request(server.origin, "GET", &format!("{path}?limit=2")).send().expect(200).json();
    assert_eq!(first["objects"].as_array().map(Vec::len), Some(2));
    let next = format!("{path}?limit=10&next={}", first["next"].as_str().expect("a cursor"));
    server.stop();
    // It sweeps when it starts, and then every few minutes.
    folder.write("taxii-server.toml", "");
    let server = folder.serve(&[]);
    let begun = Instant::now();
    let left = loop {
        let all = request(server.origin, "GET", path).send().expect(200).json();
        let left = all["objects"].as_array().map_or(0, Vec::len);
        if left <= 3 || begun.elapsed() > Duration::from_secs(120) {
            break left;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(left, 3);
    let rest = request(server.origin, "GET", &next).send().expect(200).json();
    assert_eq!(rest["objects"], json!(objects[3..]), "a cursor outlives the entry that it was made of");
    server.stop();
}

/// The commands: what is to be kept is said, told, and done; what is not a number is explained.
#[test]
fn commands_keep_and_sweep() {
    let folder = Folder::new();
    let run = |arguments: &str| folder.run(&programs::server(), &arguments.split(' ').collect::<Vec<_>>());
    folder.admin(&["root", "add", "api1", "--title", "Group"]);
    folder.admin(&["collection", "add", "api1", "feed", "--title", "Feed", "--keep-days", "30"]);
    folder.admin(&["collection", "add", "api1", "other", "--title", "Other"]);
    let retention = |set: &[&str]| -> Value {
        let arguments: Vec<&str> = ["collection", "set", "feed"].iter().chain(set).copied().collect();
        let changed = folder.admin(&arguments)["retention"].clone();
        assert_eq!(folder.admin(&["collection", "show", "feed"])["collection"]["retention"], changed);
        changed
    };
    let expected = |days: Value, expired: Value, objects: Value| json!({"keep_days": days, "keep_expired_days": expired, "keep_objects": objects});
    assert_eq!(retention(&["--title", "F"]), expected(json!(30), Value::Null, Value::Null));
    assert_eq!(retention(&["--keep-objects", "5"]), expected(json!(30), Value::Null, json!(5)));
    assert_eq!(
        retention(&["--keep-days", "none", "--keep-expired-days", "0"]),
        expected(Value::Null, json!(0), json!(5))
    );
    let shown = run("collection show feed").good().out;
    assert!(shown.contains("keeps: 0 days after valid_until, the newest 5 objects"), "{shown}");
    let listed = run("collection list").good().out;
    assert!(listed.contains("for ever") && listed.contains("newest 5"), "{listed}");
    for wrong in ["--keep-days 0", "--keep-days many", "--keep-objects 0", "--keep-expired-days 9999999999"] {
        run(&format!("collection set feed {wrong}")).bad(&["none"]);
    }

    // Only the commands sweep.
    folder.write("taxii-server.toml", "sweep_minutes = 0\n");
    let server = folder.serve(&[]);
    folder.admin(&["account", "add", "soc", "--write", "feed", "--write", "other"]);
    let key = folder.admin(&["key", "add", "soc"])["key"].as_str().expect("a key").to_owned();
    for alias in ["feed", "other"] {
        let post = Request::new(server.origin, "POST", &format!("/api1/collections/{alias}/objects/")).accept(TAXII);
        let post = post.header("Authorization", &format!("Bearer {key}"));
        post.json(&envelope(&indicators(12))).send().expect(202);
    }
    let dry = folder.admin(&["collection", "sweep", "--dry-run"]);
    assert_eq!((&dry[0]["surplus"], &dry[0]["aged"], dry.as_array().map(Vec::len)), (&json!(7), &json!(0), Some(1)));
    assert!(run("collection sweep feed --dry-run").good().out.contains("Nothing was removed"));
    run("collection sweep other").good();
    let swept = folder.admin(&["collection", "sweep", "feed"]);
    assert_eq!(swept[0]["surplus"], json!({"objects": 7, "entries": 7}));
    assert_eq!(folder.admin(&["collection", "sweep"])[0]["surplus"]["objects"], json!(0));
    let statistics = folder.admin(&["statistics"]);
    let counted = statistics["collections"].as_array().expect("a list").iter();
    let mut counted: Vec<_> = counted.map(|collection| collection["holdings"]["objects"].as_u64()).collect();
    counted.sort_unstable();
    assert_eq!(counted, [Some(5), Some(12)]);
    let shown = run("statistics feed").good().out;
    for text in ["objects: 5", "indicator: 5", "added in the last 30 days: 5", "█", "to write: 1 accounts"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(run("statistics").good().out.contains("api1/other"));
    server.stop();
}

const STATISTICS: &str = "/taxii2/collections/statistics/";

/// Promise 4: what collections hold is for administrators; to everybody else, whatever the method, there is nothing, as at
/// any path where there is nothing.
fn statistics_are_for_administrators(site: &Site) {
    let collection = site.collection();
    collection.post(&indicators(3)).send().expect(202);
    for method in ["GET", "OPTIONS", "POST", "DELETE"] {
        for account in [None, Some(TEST), Some(READER), Some(WRITER), Some(NOBODY)] {
            let ask = |target: &str| {
                let request = Request::new(site.origin(), method, target).accept("*/*");
                let answer = account.map_or(request.clone(), |account| request.account(account)).send();
                let mut body = answer.json();
                body["error_id"] = Value::Null;
                (answer.status, answer.all("WWW-Authenticate").len(), body)
            };
            assert_eq!(ask(STATISTICS), ask("/taxii2/collections/nothing/"), "{method} {account:?}");
        }
    }
    let asked =
        Request::new(site.origin(), "GET", STATISTICS).account(ADMIN).accept("application/json").send_unchecked();
    assert_eq!((asked.status, asked.all("Content-Type")), (200, vec!["application/json"]), "{asked}");
    let statistics = asked.json();
    assert!(statistics["as_of"].is_string() && statistics["collections"].as_array().is_some_and(|all| !all.is_empty()));
    // The same for everybody who asks within the next minutes.
    let again = Request::new(site.origin(), "GET", STATISTICS).account(ADMIN).send_unchecked().json();
    assert_eq!(again["as_of"], statistics["as_of"]);
    let post = Request::new(site.origin(), "POST", STATISTICS).account(ADMIN).send();
    assert_eq!((post.status, post.all("Allow")), (405, vec!["GET, HEAD, OPTIONS"]));
}

on_every_site!(statistics_are_for_administrators);

//! Who may not see everything finds the collection as if the rest did not exist, and misses nothing of what it may see.

mod along;
mod viewers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use taxii_server::service::Settings;
use taxii_server::store::{Collection, MemoryStore, PostgresStore, SqliteStore};
use taxii_tests::collection::{By, Page, encoded, following, key};
use taxii_tests::postgres::Database;
use tempfile::TempDir;

use self::viewers::{ALL, Full, KINDS, OWN, ROOT, Server, object, shown};

/// Clearances from nothing to everything.
const WHO: [&str; 9] = [
    ALL,
    "",
    "tlp:clear, any",
    "tlp:green",
    "tlp:amber, pap:green",
    "tlp:red, any",
    "tlp:amber, pap:red, any",
    "tlp:red@any",
    OWN,
];

const ALIAS: &str = "c";

fn collection(alias: &str) -> Collection {
    Collection::new(ROOT, Some(alias), "t").expect("an alias")
}

fn sqlite(folder: &TempDir) -> Arc<dyn Full> {
    Arc::new(SqliteStore::open(folder.path().join("taxii.db")).expect("a database"))
}

/// Small numbers that look random; the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % n as u64) as usize
    }
}

/// What a writer has left of each of its objects, oldest version first.
type Left = BTreeMap<usize, Vec<Value>>;

const WRITERS: usize = 3;
const TURNS: usize = 30;

/// Adds versions with changing markings to objects of its own, and removes some of them with all their versions.
fn write(server: &Server, writer: usize) -> Left {
    let mut dice = Dice(writer as u64 + 7);
    let mut left: Left = BTreeMap::new();
    let mut second = 0;
    for _ in 0..TURNS {
        if dice.below(6) == 0
            && let Some((n, _)) = left.pop_first()
        {
            let id = object(n, 0, "none")["id"].as_str().expect("an id").to_owned();
            server.request(ALL, "DELETE", ALIAS, &format!("objects/{id}/?match[version]=all")).send().expect(200);
            continue;
        }
        let batch: Vec<(usize, Value)> = (0..1 + dice.below(4))
            .map(|_| {
                second += 1;
                let n = dice.below(12) * WRITERS + writer;
                (n, object(n, second, KINDS[dice.below(KINDS.len())]))
            })
            .collect();
        let objects: Vec<Value> = batch.iter().map(|(_, object)| object.clone()).collect();
        server.post(ALIAS, &objects);
        for (n, object) in batch {
            left.entry(n).or_default().push(object);
        }
    }
    left
}

/// All that a poller was told: each version of each object once.
#[derive(Default)]
struct Told {
    versions: BTreeSet<(String, String)>,
    last: BTreeMap<String, Value>,
}

/// Polls until it has found nothing after all writers had stopped.
fn poll(server: &Server, who: &str, by: By, limit: usize, writing: &AtomicUsize) -> Told {
    let mut told = Told::default();
    let first = format!("objects/?limit={limit}");
    let mut below = first.clone();
    loop {
        let all_stopped = writing.load(Ordering::Acquire) == 0;
        let page = Page::of(&server.request(who, "GET", ALIAS, &below).send().expect(200));
        for entry in &page.entries {
            assert!(told.versions.insert(key(entry)), "{who}: {:?} twice", key(entry));
            told.last.insert(entry["id"].as_str().expect("an id").to_owned(), entry.clone());
        }
        match &page.last {
            Some(_) if page.more => below = following(&below, &page, by),
            Some(_) => below = following(&first, &page, By::Date),
            None if all_stopped => return told,
            None => std::thread::yield_now(),
        }
    }
}

/// Promises 1 and 4: whoever polls while others add, change what is marked, and remove, ends with just what it may see: nothing missed,
/// nothing twice, nothing else; and so does who begins afterwards.
fn pollers_end_with_what_they_may_see(store: Arc<dyn Full>) {
    let here = collection(ALIAS);
    let server = Server::start(store, &[&here], Settings::default());
    let writing = AtomicUsize::new(WRITERS);
    let (left, told) = std::thread::scope(|scope| {
        let pollers: Vec<_> = WHO
            .iter()
            .enumerate()
            .map(|(n, who)| {
                let (server, writing) = (&server, &writing);
                let by = if n % 2 == 0 { By::Next } else { By::Date };
                scope.spawn(move || poll(server, who, by, 2 + n, writing))
            })
            .collect();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (server, writing) = (&server, &writing);
                scope.spawn(move || {
                    let left = write(server, writer);
                    writing.fetch_sub(1, Ordering::Release);
                    left
                })
            })
            .collect();
        let mut left = Left::new();
        writers.into_iter().for_each(|writer| left.extend(writer.join().expect("it writes")));
        (left, pollers.into_iter().map(|poller| poller.join().expect("it polls")).collect::<Vec<_>>())
    });
    for (who, told) in WHO.iter().zip(&told) {
        let newest: BTreeMap<String, Value> = left
            .values()
            .filter_map(|versions| versions.iter().rev().find_map(|version| shown(who, &here, version)))
            .map(|object| (object["id"].as_str().expect("an id").to_owned(), object))
            .collect();
        assert!(!newest.is_empty() || *who == "tlp:red@any", "{who:?} may see something");
        for (id, object) in &newest {
            assert_eq!(told.last.get(id), Some(object), "{who:?}: missed");
        }
        let idle = AtomicUsize::new(0);
        assert_eq!(poll(&server, who, By::Next, 5, &idle).last, newest, "{who:?}, from the beginning");
        if *who != ALL {
            for object in told.last.values() {
                let secret = object["description"].as_str().is_some();
                assert!(!secret || who.contains("tlp:red"), "{who:?}: {object}");
            }
        }
    }
}

/// Promises 1 and 4, in memory.
#[test]
fn pollers_end_with_what_they_may_see_in_memory() {
    pollers_end_with_what_they_may_see(Arc::new(MemoryStore::new()));
}

/// Promises 1 and 4, over SQLite.
#[test]
fn pollers_end_with_what_they_may_see_over_sqlite() {
    let folder = TempDir::with_prefix("taxii-tests-").expect("a temporary folder");
    pollers_end_with_what_they_may_see(sqlite(&folder));
}

/// Promises 1 and 4, over PostgreSQL.
#[test]
fn pollers_end_with_what_they_may_see_over_postgres() {
    let Some(database) = Database::new("pollers with clearances over PostgreSQL") else { return };
    let store = database.wait(PostgresStore::open(&database.url())).expect("a database");
    pollers_end_with_what_they_may_see(Arc::new(store));
}

/// What an answer says, but for what depends on when and where: stamps, cursors, numbers of errors, tags.
fn said(response: &taxii_tests::http::Response) -> (u16, bool, Value) {
    let mut body = match response.text() {
        "" => Value::Null,
        _ => response.json(),
    };
    for name in ["next", "error_id"] {
        if let Some(members) = body.as_object_mut() {
            members.remove(name);
        }
    }
    for record in body.get_mut("objects").and_then(Value::as_array_mut).into_iter().flatten() {
        record.as_object_mut().expect("an object").remove("date_added");
    }
    (response.status, response.header("x-taxii-date-added-first").is_some(), body)
}

/// Promise 4: on every endpoint, by every filter, a collection of which somebody sees a part is to him what a collection that has nothing
/// else is to who sees everything.
#[test]
fn the_rest_does_not_exist() {
    for who in &WHO[1..] {
        let (here, there) = (collection(ALIAS), collection("twin"));
        let server = Server::start(Arc::new(MemoryStore::new()), &[&here, &there], Settings::default());
        let mut dice = Dice(11);
        for second in 0..60 {
            let object = object(dice.below(9), second, KINDS[dice.below(KINDS.len())]);
            server.post(ALIAS, std::slice::from_ref(&object));
            if let Some(shown) = shown(who, &here, &object) {
                server.post("twin", &[shown]);
            }
        }
        let ids: Vec<String> = (0..9).map(|n| object(n, 0, "none")["id"].as_str().expect("an id").to_owned()).collect();
        let mut asked = vec!["manifest/".to_owned(), "objects/".to_owned()];
        for below in ["objects/", "manifest/"] {
            for query in [
                "limit=2",
                "match[version]=all",
                "match[version]=all&limit=4",
                "match[version]=first",
                "match[version]=first,last",
                "match[type]=campaign",
                "match[type]=campaign&match[version]=first&limit=3",
                "match[spec_version]=2.0",
                "match[spec_version]=2.1&match[version]=last",
            ] {
                asked.push(format!("{below}?{query}"));
            }
            asked.push(format!("{below}?match[id]={},{}", ids[0], ids[4]));
        }
        for id in &ids {
            let last = object(0, 59, "none")["modified"].as_str().expect("a date").to_owned();
            asked.push(format!("objects/{id}/"));
            asked.push(format!("objects/{id}/?match[version]=all"));
            asked.push(format!("objects/{id}/?match[version]={}", encoded(&last)));
            asked.push(format!("objects/{id}/versions/"));
            asked.push(format!("objects/{id}/versions/?limit=1"));
        }
        for below in &asked {
            let ours = said(&server.request(who, "GET", ALIAS, below).send());
            let theirs = said(&server.request(ALL, "GET", "twin", below).send());
            assert_eq!(ours, theirs, "{who:?}: {below}");
        }
        for (n, id) in ids.iter().enumerate() {
            let below = match n % 3 {
                0 => format!("objects/{id}/"),
                1 => format!("objects/{id}/?match[version]=last"),
                _ => format!("objects/{id}/?match[version]=first"),
            };
            let ours = said(&server.request(who, "DELETE", ALIAS, &below).send());
            let theirs = said(&server.request(ALL, "DELETE", "twin", &below).send());
            assert_eq!(ours, theirs, "{who:?}: {below} is deleted");
            let versions = "manifest/?match[version]=all";
            let ours = said(&server.request(who, "GET", ALIAS, versions).send());
            let theirs = said(&server.request(ALL, "GET", "twin", versions).send());
            assert_eq!(ours, theirs, "{who:?}: after {below} was deleted");
        }
    }
}

/// Promise 4: tags of pages do not move with what is hidden, and do with what is seen.
#[test]
fn tags_tell_nothing_of_what_is_hidden() {
    let here = collection(ALIAS);
    let server = Server::start(Arc::new(MemoryStore::new()), &[&here], Settings::default());
    let who = "tlp:green, any";
    server.post(ALIAS, &[object(1, 1, "green"), object(2, 1, "red")]);
    let tag = |below: &str| {
        let page = server.request(who, "GET", ALIAS, below).send().expect(200);
        page.header("etag").expect("a tag").to_owned()
    };
    let all = ["objects/", "manifest/", "objects/?match[version]=all&limit=1"];
    let before = all.map(tag);
    for n in 2..5 {
        server.post(ALIAS, &[object(2, n, "red"), object(1, n, "amber"), object(2 + n, n, "red")]);
        assert_eq!(all.map(tag), before);
    }
    let id = object(4, 0, "none")["id"].as_str().expect("an id").to_owned();
    server.request(ALL, "DELETE", ALIAS, &format!("objects/{id}/")).send().expect(200);
    assert_eq!(all.map(tag), before);
    server.post(ALIAS, &[object(1, 9, "green")]);
    assert!(tag(all[0]) != before[0] && tag(all[1]) != before[1]);
}

/// Promise 4: an object that nobody has looked at, such as an older program adds, is shown to nobody who does not see everything; and it
/// does not get lost: until it is looked at, pollers are told to come again.
#[test]
fn what_nobody_has_looked_at_waits() {
    let Some(database) = Database::new("objects whose markings were not read, over PostgreSQL") else { return };
    let store = database.wait(PostgresStore::open(&database.url())).expect("a database");
    let here = collection(ALIAS);
    let server = Server::start(Arc::new(store), &[&here], Settings::default());
    for n in 0..700 {
        if n % 100 == 0 {
            let batch: Vec<Value> = (n..n + 100).map(|n| object(n / 2, 1 + n % 2, KINDS[n % KINDS.len()])).collect();
            server.post(ALIAS, &batch);
        }
    }
    let ids = |who: &str| {
        let page = server.request(who, "GET", ALIAS, "objects/?limit=1000").send().expect(200);
        Page::of(&page).keys()
    };
    let before = WHO.map(ids);
    database.run(
        "UPDATE objects SET label = -1, is_mixed = FALSE; DELETE FROM labels; UPDATE marks SET changes = changes + 1",
    );
    let told = server.request("tlp:amber, any", "GET", ALIAS, "objects/").send_unchecked().expect(503);
    assert!(told.header("retry-after").is_some() && told.text().contains("markings"), "{}", told.text());
    assert_eq!(ids(ALL), before[0], "who sees everything waits for nothing");
    let mut turns = 0;
    while server.request("tlp:amber, any", "GET", ALIAS, "objects/").send_unchecked().status == 503 {
        std::thread::sleep(Duration::from_millis(20));
        turns += 1;
        assert!(turns < 2000, "it is looked at some time");
    }
    assert_eq!(WHO.map(ids), before);
}

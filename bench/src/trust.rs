//! What it costs to know who is calling, to show each only what its clearance allows, and to record it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use stix_model::RawHead;
use taxii_model::Timestamp;
use taxii_server::audit::{Journal, Log};
use taxii_server::auth::{self, AccountAuthenticator, Authenticator, Credentials, Origin};
use taxii_server::store::{
    Account, Actor, Admin, Change, CollectionKey, Credential, CredentialKind, Grant, Item, Rights, SqliteStore, Store,
    Submission,
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::load::Connection;
use crate::server::{PASSWORD, Site, path, prepare, request, runtime};
use crate::{PAGE, audited, content, row};

const GREEN: &str = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
const RED: &str = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";

/// Is the object hidden from whoever is cleared up to TLP:AMBER? One in ten is.
fn is_hidden(n: usize) -> bool {
    n % 10 == 3
}

/// Clearance and log on, with hidden objects among the others, against both off.
pub(crate) fn enforcing(objects: usize) {
    let (limited, free) = (limited(objects), Site::start(objects));
    let hot = |site: &Site, stamps: &[Timestamp]| {
        let objects = format!("{}objects/", site.collection);
        let first = request("GET", &format!("{objects}?limit={PAGE}"), "");
        let after = stamps.chunks_exact(PAGE).take(400).map(|page| page[PAGE - 1]);
        let next = after.map(|at| request("GET", &format!("{objects}?limit={PAGE}&added_after={at}"), ""));
        std::iter::once(first).chain(next).take(400).collect::<Vec<_>>()
    };
    let cold = |site: &Site, stamps: &[Timestamp]| {
        let positions = stamps.len() - PAGE;
        let at = (0..positions).map(|i| stamps[(i * 7919) % positions]);
        let objects = format!("{}objects/", site.collection);
        at.map(|at| request("GET", &format!("{objects}?limit={PAGE}&added_after={at}"), "")).collect::<Vec<_>>()
    };
    let empty =
        |site: &Site| vec![request("GET", &format!("{}objects/?added_after={}", site.collection, site.newest()), "")];
    let (few, all) = (visible(&limited), free.stamps());
    let compare = |what, limited_pages, free_pages, to_reach| {
        audited::in_turn(what, [(&limited, limited_pages), (&free, free_pages)], to_reach);
    };
    compare("pages asked before, clearance and log on against off", hot(&limited, &few), hot(&free, &all), ">= 0.90");
    compare("pages asked for the first time, on against off", cold(&limited, &few), cold(&free, &all), "");
    compare("a poll that finds nothing new, on against off", empty(&limited), empty(&free), "");
}

/// A server whose account may see all but TLP:RED, of which one object in ten is, and that records who receives what.
fn limited(objects: usize) -> Site {
    let folder = TempDir::new_in(".").expect("a folder");
    let store = Arc::new(SqliteStore::open(folder.path().join("limited.db")).expect("a database"));
    let (key, id) = runtime().block_on(async {
        let (key, id) = prepare(&*store).await;
        let account = store.account("bench").await.expect("accounts").expect("the account");
        let clearance = Some("tlp:amber, any".parse().expect("a clearance"));
        store.set_account(&Account { clearance, ..account }).await.expect("a clearance");
        for from in (0..objects).step_by(1000) {
            add(&*store, key, from..objects.min(from + 1000)).await;
        }
        (key, id)
    });
    let journal = Journal::new(Arc::clone(&store) as Arc<dyn Log>);
    Site::in_folder(folder, store, key, id, Some(journal))
}

async fn add(store: &dyn Store, key: CollectionKey, numbers: std::ops::Range<usize>) {
    let items = numbers.map(|i| {
        let (n, version) = content::nth(i);
        let text = content::object(n, version);
        let text = if is_hidden(n) { text.replace(GREEN, RED) } else { text };
        let head = RawHead::read(&text, 100).expect("JSON").check(None).expect("a head");
        Item::new(head, text)
    });
    let submission = Submission {
        status: Uuid::new_v4(),
        root: "bench".into(),
        collection: key,
        caller: "bench".into(),
        received: Timestamp::now(),
        items: items.collect(),
        refused: Vec::new(),
    };
    store.add(submission).await.expect("to add");
}

/// When what the account may see was added.
fn visible(site: &Site) -> Vec<Timestamp> {
    let number =
        |id: &str| id.rsplit('-').next().and_then(|tail| usize::from_str_radix(tail, 16).ok()).expect("a number");
    site.records().into_iter().filter(|record| !is_hidden(number(&record.id))).map(|record| record.added).collect()
}

/// How long it takes to know who is calling.
pub(crate) fn callers() {
    const TIMES: u32 = 100_000;
    let folder = TempDir::new_in(".").expect("a folder");
    let store = Arc::new(SqliteStore::open(folder.path().join("callers.db")).expect("a database"));
    let runtime = runtime();
    let (keys, authenticator) = runtime.block_on(async {
        prepare(&*store).await;
        let keys = enrol(&*store, 20_000, Uuid::nil(), false).await;
        (keys, AccountAuthenticator::new(Arc::clone(&store)).expect("an authenticator"))
    });
    let measure = |what: &str, times: u32, next: &dyn Fn(usize) -> Credentials| {
        let asked: Vec<Credentials> = (0..times as usize).map(next).collect();
        let micros = runtime.block_on(async {
            let known = authenticator.authenticate(&asked[0], Origin::default()).await.expect("an answer");
            assert!(known.is_some(), "{what}: known");
            let begin = Instant::now();
            for credentials in &asked {
                authenticator.authenticate(credentials, Origin::default()).await.expect("an answer");
            }
            begin.elapsed().as_secs_f64() * 1e6 / f64::from(times)
        });
        row(what, &format!("{micros:.1} us"), "20 us", micros / 20.0, "<= 1.00");
    };
    let basic = Credentials::Basic { user: "bench".to_owned(), password: PASSWORD.to_owned() };
    measure("who comes with a password, asked before", TIMES, &|_| basic.clone());
    measure("who comes with a key, asked before", TIMES, &|_| Credentials::Key(keys[0].clone()));
    // Each once: two look-ups by an index, and the grants.
    measure("who comes with a key, for the first time", 19_000, &|i| Credentials::Key(keys[i + 1].clone()));
}

/// Accounts with a key each, and a grant to read unless there is no collection.
async fn enrol(store: &impl Admin, count: usize, collection: Uuid, grants: bool) -> Vec<String> {
    let mut keys = Vec::new();
    for from in (0..count).step_by(500) {
        let mut changes = Vec::new();
        for n in from..count.min(from + 500) {
            let (name, key) = (format!("participant-{n}"), auth::new_key().expect("a key"));
            changes.push(Change::AddAccount(Account {
                clearance: Some("tlp:amber, any".parse().expect("a clearance")),
                ..Account::new(&name)
            }));
            changes.push(Change::AddCredential(Credential::new(&name, CredentialKind::Key, key.digest)));
            if grants {
                let rights = Rights { list: true, read: true, ..Rights::NONE };
                changes.push(Change::SetGrant(Grant::of(&name, collection, rights)));
            }
            keys.push(key.secret);
        }
        store.change(&Actor::system(), &changes).await.expect("accounts");
    }
    keys
}

/// So many accounts poll every second, while an object comes every second: each with its own key, clearance and connection,
/// and everything recorded.
pub(crate) fn polling(accounts: usize) {
    const SECONDS: u32 = 30;
    let folder = TempDir::new_in(".").expect("a folder");
    let store = Arc::new(SqliteStore::open(folder.path().join("polling.db")).expect("a database"));
    let (key, id, keys) = runtime().block_on(async {
        let (key, id) = prepare(&*store).await;
        let keys = enrol(&*store, accounts, id, true).await;
        for from in (0..10_000).step_by(1000) {
            add(&*store, key, from..from + 1000).await;
        }
        (key, id, keys)
    });
    let journal = Journal::new(Arc::clone(&store) as Arc<dyn Log>);
    let site = Site::in_folder(folder, Arc::clone(&store), key, id, Some(journal));
    let begin_at = site.newest();
    let address = site.address;
    let objects = format!("{}objects/", path(id));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut times: Vec<f64> = runtime.block_on(async {
        let writer = tokio::spawn(async move {
            for n in 0..SECONDS as usize {
                tokio::time::sleep(Duration::from_secs(1)).await;
                add(&*store, key, 100_000 + n..100_001 + n).await;
            }
        });
        let pollers: Vec<_> = keys
            .into_iter()
            .enumerate()
            .map(|(n, key)| {
                let objects = objects.clone();
                let delay = Duration::from_micros(n as u64 * 1_000_000 / accounts as u64);
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    let mut connection = Connection::open(address).await;
                    let mut clock = tokio::time::interval(Duration::from_secs(1));
                    let (mut position, mut times) = (begin_at.to_string(), Vec::new());
                    for _ in 0..SECONDS {
                        clock.tick().await;
                        let ask = poll(&format!("{objects}?limit=100&added_after={position}"), &key);
                        let begin = Instant::now();
                        let head = connection.ask(&ask, "HTTP/1.1 200").await;
                        times.push(begin.elapsed().as_secs_f64() * 1e3);
                        let last = head.lines().find_map(|line| line.strip_prefix("x-taxii-date-added-last: "));
                        position = last.map_or(position, str::to_owned);
                    }
                    // The first is when it logs in.
                    times.split_off(1)
                })
            })
            .collect();
        let mut times = Vec::new();
        for poller in pollers {
            times.extend(poller.await.expect("a poller"));
        }
        writer.await.expect("a writer");
        times
    });
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "  {} polls: {:.2} ms in the middle, {:.1} ms for 99 of 100, {:.1} ms at most",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
    let what = format!("{accounts} accounts polling every second, 99th of 100");
    row(&what, &format!("{:.1} ms", at(0.99)), "50 ms", at(0.99) / 50.0, "< 1.00");
}

fn poll(path: &str, key: &str) -> Vec<u8> {
    let key = base64::engine::general_purpose::STANDARD.encode(format!("anybody:{key}"));
    format!(
        "GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Basic {key}\r\naccept: application/taxii+json;version=2.1\r\n\r\n"
    )
    .into_bytes()
}

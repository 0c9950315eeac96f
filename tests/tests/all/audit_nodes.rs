//! The log of servers that are stopped, killed, and more than one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Mutex;

use serde_json::{Value, json};
use taxii_tests::http::{Request, TAXII};
use taxii_tests::node::{Node, until};
use taxii_tests::objects::{envelope, id_of, indicators};
use taxii_tests::postgres::Database;
use taxii_tests::programs::{self, Folder, Ran};

const OBJECTS: &str = "/api1/collections/feed/objects/";
const POLLERS: [&str; 3] = ["alice", "bob", "carol"];

/// Makes a collection and those who read and write it; returns their keys.
fn furnish(node: &Node) -> [String; 3] {
    node.admin(&["root", "add", "api1", "--title", "Root"]);
    node.admin(&["collection", "add", "api1", "feed", "--title", "Feed"]);
    POLLERS.map(|account| {
        node.admin(&["account", "add", account, "--read", "feed", "--write", "feed"]);
        node.admin(&["key", "add", account])["key"].as_str().expect("a key").to_owned()
    })
}

fn request(address: SocketAddr, key: &str, method: &str, target: &str) -> Request {
    Request::new(address, method, target).accept(TAXII).add_header("Authorization", &format!("Bearer {key}"))
}

/// Adds objects and reads them all again, in turn, as often as said; notes what it has got. Whether a server was killed meanwhile is not its
/// concern.
fn work(address: SocketAddr, key: &str, rounds: usize, got: &Mutex<BTreeSet<String>>) {
    for _ in 0..rounds {
        let post = request(address, key, "POST", OBJECTS).json(&envelope(&indicators(3)));
        if post.try_send().is_err() {
            return;
        }
        let mut next = String::new();
        loop {
            let Ok(page) = request(address, key, "GET", &format!("{OBJECTS}?limit=5{next}")).try_send() else { return };
            if page.status != 200 {
                return;
            }
            let page = page.json();
            let ids = page["objects"].as_array().into_iter().flatten().map(|object| id_of(object).to_owned());
            got.lock().expect("no panic").extend(ids);
            match page["next"].as_str() {
                Some(cursor) => next = format!("&next={cursor}"),
                None => break,
            }
        }
    }
}

/// Each account, and what it has got.
fn busy(nodes: &[SocketAddr], keys: &[String; 3], rounds: usize) -> Vec<BTreeSet<String>> {
    std::thread::scope(|scope| {
        let got: Vec<_> = keys
            .iter()
            .enumerate()
            .map(|(n, key)| {
                let address = nodes[n % nodes.len()];
                scope.spawn(move || {
                    let got = Mutex::default();
                    work(address, key, rounds, &got);
                    got.into_inner().expect("no panic")
                })
            })
            .collect();
        got.into_iter().map(|worker| worker.join().expect("a client")).collect()
    })
}

/// Asks the log about a database that nobody need serve.
fn audit(folder: &Folder, database: &str, arguments: &[&str]) -> Ran {
    folder.run(&programs::server(), &[&["--database", database, "--output", "json", "audit"], arguments].concat())
}

fn recipients(told: &Value) -> BTreeSet<&str> {
    told.as_array().expect("a list").iter().filter_map(|row| row["account"].as_str()).collect()
}

/// Promises 4 and 7: two servers append to one chain, under load, and stop in order: the chain verifies, and every object's recipients are
/// those who have got it. What is then changed in the database shows.
#[test]
fn two_nodes_write_one_chain() {
    let Some(database) = Database::new("the log of two servers over PostgreSQL") else { return };
    let url = database.url();
    let mut nodes = [(); 2].map(|()| Node::new(&url, 0).settings(&programs::PATIENT));
    let keys = furnish(&nodes[0]);
    nodes.iter_mut().for_each(Node::start);
    let addresses = [nodes[0].address, nodes[1].address];
    let got = busy(&addresses, &keys, 8);
    for node in &mut nodes {
        node.signal("TERM");
        assert!(node.ended().success(), "it ends in order: {}", node.log());
    }
    let folder = Folder::new();
    let verified = audit(&folder, &url, &["verify"]).good().json();
    assert!(verified["fault"].is_null() && verified["records"].as_u64() > Some(20), "{verified}");
    let all: BTreeSet<&String> = got.iter().flatten().collect();
    assert!(all.len() >= 72, "{}", all.len());
    for id in all.iter().step_by(7) {
        let told = audit(&folder, &url, &["who-received", id]).good().json();
        let expected = POLLERS.iter().zip(&got).filter(|(_, got)| got.contains(id.as_str())).map(|(name, _)| *name);
        assert_eq!(recipients(&told), expected.collect(), "{id}");
    }
    let lag = audit(&folder, &url, &["lag"]).good().json();
    assert_eq!(lag.as_array().map(Vec::len), Some(3), "{lag}");

    let head = audit(&folder, &url, &["head"]).good().json();
    let expect = format!("{}:{}", head["number"], head["hash"].as_str().expect("a hash"));
    audit(&folder, &url, &["verify", "--expect", &expect]).good();
    database.run("DELETE FROM audit WHERE number = (SELECT number FROM audit_head)");
    audit(&folder, &url, &["verify"]).bad(&["cut off"]);
    database
        .run("UPDATE audit_head SET (number, hash) = (SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1)");
    audit(&folder, &url, &["verify"]).good();
    audit(&folder, &url, &["verify", "--expect", &expect]).bad(&["that was expected is not in the log"]);
    database.run("UPDATE audit SET account = 'mallory' WHERE number = 7");
    audit(&folder, &url, &["verify"]).bad(&["record 7 "]);
    database.run("DELETE FROM audit WHERE number = 5");
    audit(&folder, &url, &["verify"]).bad(&["record 5 is missing"]);
}

/// Killed while it writes, again and again, a server leaves a chain that verifies, to which the next one appends; and what had been
/// appended is there.
#[test]
fn a_killed_server_leaves_a_good_chain() {
    let folder = Folder::new();
    let file = folder.file("taxii.db").display().to_string();
    let mut node =
        Node::new(&file, 0).setting("TAXII_AUDIT__KEY", "env:OWN_KEY").setting("OWN_KEY", "0123456789abcdef");
    let keys = furnish(&node);
    let mut last = 0;
    for round in 0..4 {
        node.start();
        let address = node.address;
        std::thread::scope(|scope| {
            let clients = scope.spawn(|| busy(&[address], &keys, 1000));
            let records = || node.admin(&["audit", "head"])["number"].as_i64().expect("a number");
            until("something is appended", || records() > last + 3);
            last = records();
            node.signal("KILL");
            clients.join().expect("the clients end with the server")
        });
        node.ended();
        let verified = node.admin(&["audit", "verify"]);
        let reached = verified["head"]["number"].as_i64().expect("a number");
        assert!(verified["fault"].is_null() && reached >= last, "round {round}: {verified}");
        last = reached;
    }
}

/// Somebody who tries passwords is told of together, and what was typed for a user name is kept only if it is one; what is not allowed is
/// told of as well. No password is in the log.
#[test]
fn refusals_are_told_and_keep_no_secret() {
    let folder = Folder::new();
    let file = folder.file("taxii.db").display().to_string();
    let mut node = Node::new(&file, 0);
    let [key, ..] = furnish(&node);
    node.admin(&["grant", "set", "alice", "feed", "--list"]);
    node.start();
    for (user, password) in [("alice", "wrong-1"), ("alice", "wrong-2"), ("hunter2-typed-here", "wrong-3")] {
        let wrong = Request::new(node.address, "GET", OBJECTS).accept(TAXII).basic(user, password);
        assert_eq!(wrong.send().status, 401);
    }
    assert_eq!(request(node.address, &key, "GET", OBJECTS).send().status, 403);
    node.signal("TERM");
    assert!(node.ended().success());
    let told = node.admin(&["audit", "list"]);
    // Those of a minute are one record; the minute may end between two of them.
    let mut refused: BTreeMap<(Option<&str>, String), u64> = BTreeMap::new();
    for entry in told.as_array().expect("a list").iter().filter(|entry| entry["action"] == "refused") {
        let details = entry["details"].as_str().expect("details");
        let mut details: Value = serde_json::from_str(details).expect("JSON");
        let times = details["times"].take().as_u64().expect("a number");
        *refused.entry((entry["account"].as_str(), details.to_string())).or_default() += times;
    }
    let log_in = json!({"what": "log-in", "times": null}).to_string();
    let why = "these credentials may not read this collection";
    let forbidden = json!({"what": "forbidden", "why": why, "times": null}).to_string();
    assert_eq!(
        refused,
        [((Some("alice"), log_in.clone()), 2), ((None, log_in), 1), ((Some("alice"), forbidden), 1)].into()
    );
    let text = told.to_string();
    for secret in ["hunter2", "wrong-", key.as_str()] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

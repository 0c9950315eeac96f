//! Several server processes over one database, and clients that go from one to the other and try again, as behind a balancer.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::collection::{By, Page, encoded, following};
use crate::free::free_address;
use crate::http::{PATIENCE, Request, Response, TAXII};
use crate::leash::Leash;
use crate::objects::{envelope, id_of, indicators};
use crate::programs::{self, Folder};

/// The servers, with one collection and one account that may read and write it.
pub struct Fleet {
    folder: Folder,
    database: String,
    settings: Vec<(String, String)>,
    nodes: Vec<Node>,
    path: String,
    root: String,
    key: String,
    turn: AtomicUsize,
    tally: Tally,
    _leash: Leash,
}

/// A server process and the address that it has also after it was started again.
struct Node {
    address: SocketAddr,
    child: Mutex<Option<Child>>,
}

/// What the clients saw.
#[derive(Default)]
pub struct Tally {
    /// Connections that were refused or broke.
    pub broken: AtomicUsize,
    /// Answers that said to try again.
    pub unavailable: AtomicUsize,
    /// Requests that were answered.
    pub answered: AtomicUsize,
    /// The longest time that a request took with all its attempts, in milliseconds.
    pub longest: AtomicUsize,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [answered, broken, unavailable, longest] =
            [&self.answered, &self.broken, &self.unavailable, &self.longest].map(|n| n.load(Ordering::Relaxed));
        write!(
            f,
            "{answered} requests answered, after {broken} broken connections and {unavailable} answers 503; the longest took {longest} ms"
        )
    }
}

/// How a product polls.
#[derive(Clone, Copy, Debug)]
pub struct Poller {
    pub endpoint: &'static str,
    pub limit: usize,
    pub by: By,
}

/// Half of them follow `next`, half of them the dates.
pub fn pollers() -> Vec<Poller> {
    let poller = |n: usize| Poller {
        endpoint: if n % 4 == 3 { "manifest/" } else { "objects/" },
        limit: 20 + 15 * n,
        by: if n.is_multiple_of(2) { By::Next } else { By::Date },
    };
    (0..8).map(poller).collect()
}

/// What came of the writing.
#[derive(Default)]
pub struct Written {
    /// The statuses of all submissions that were acknowledged.
    pub statuses: Vec<Value>,
}

impl Fleet {
    /// Furnishes the database and starts so many servers over it; `settings` are put into their environment.
    pub fn start(database: &str, nodes: usize, settings: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let admin = |arguments: &[&str]| folder.admin(&[&["--database", database], arguments].concat());
        admin(&["root", "add", "api1", "--title", "Group"]);
        let made = admin(&["collection", "add", "api1", "feed", "--title", "Feed", "--spec-versions", "2.0,2.1"]);
        admin(&["account", "add", "soc", "--read", "feed", "--write", "feed"]);
        let key = admin(&["key", "add", "soc", "--label", "test"])["key"].as_str().expect("a key").to_owned();
        let id = made["id"].as_str().expect("an id");
        let script = "for pid in \"$1\"/pid-*; do kill -9 \"$(cat \"$pid\")\"; done";
        let leash = Leash::new(script, [folder.file("")]);
        let node = |_| Node { address: free_address(), child: Mutex::new(None) };
        let fleet = Self {
            database: database.to_owned(),
            settings: settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            nodes: (0..nodes).map(node).collect(),
            path: format!("/api1/collections/{id}/"),
            root: "/api1/".to_owned(),
            key,
            folder,
            turn: AtomicUsize::new(0),
            tally: Tally::default(),
            _leash: leash,
        };
        (0..nodes).for_each(|node| fleet.begin(node));
        fleet
    }

    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// What the servers have logged.
    pub fn log(&self) -> String {
        (0..self.nodes.len())
            .map(|n| std::fs::read_to_string(self.folder.file(&format!("log-{n}"))).unwrap_or_default())
            .collect()
    }

    /// Starts a server, and returns when it listens.
    pub fn begin(&self, n: usize) {
        let node = &self.nodes[n];
        let bind = node.address.to_string();
        let mut command =
            self.folder.command(&programs::server(), &["--database", &self.database, "serve", "--bind", &bind]);
        command.envs(programs::UNHURRIED).envs(self.settings.iter().map(|(name, value)| (name, value)));
        let log =
            File::options().create(true).append(true).open(self.folder.file(&format!("log-{n}"))).expect("a file");
        let begun = Instant::now();
        loop {
            let mut child = command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(log.try_clone().expect("a file"))
                .spawn()
                .expect("a server");
            let mut first = String::new();
            let mut output = BufReader::new(child.stdout.take().expect("piped"));
            drop(output.read_line(&mut first));
            if first.contains("Listening") {
                std::fs::write(self.folder.file(&format!("pid-{n}")), child.id().to_string()).expect("a file");
                *node.child.lock().expect("no panic") = Some(child);
                return;
            }
            drop(child.kill());
            drop(child.wait());
            // What supervises a server starts it again.
            assert!(begun.elapsed() < PATIENCE, "server {n} does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Kills a server as a power cut would.
    pub fn kill(&self, n: usize) {
        if let Some(mut child) = self.nodes[n].child.lock().expect("no panic").take() {
            drop(child.kill());
            drop(child.wait());
            drop(std::fs::remove_file(self.folder.file(&format!("pid-{n}"))));
        }
    }

    /// Sends to one server after the other until one answers; nothing but lost connections and 503 is a reason to.
    pub fn send(&self, method: &str, target: &str, body: Option<&Value>) -> Response {
        let begun = Instant::now();
        loop {
            let node = &self.nodes[self.turn.fetch_add(1, Ordering::Relaxed) % self.nodes.len()];
            match self.request(node.address, method, target, body).try_send() {
                Ok(response) if response.status == 503 => {
                    self.tally.unavailable.fetch_add(1, Ordering::Relaxed);
                    assert!(response.header("Retry-After").is_some(), "{response}");
                }
                Ok(response) => {
                    self.tally.answered.fetch_add(1, Ordering::Relaxed);
                    let took = usize::try_from(begun.elapsed().as_millis()).expect("not so long");
                    self.tally.longest.fetch_max(took, Ordering::Relaxed);
                    return response;
                }
                Err(_) => drop(self.tally.broken.fetch_add(1, Ordering::Relaxed)),
            }
            assert!(begun.elapsed() < PATIENCE, "{method} {target}: no answer for a minute: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn request(&self, origin: SocketAddr, method: &str, target: &str, body: Option<&Value>) -> Request {
        let request = Request::new(origin, method, target).accept(TAXII);
        let request = request.header("Authorization", &format!("Bearer {}", self.key));
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    /// One request to one server, whatever comes of it.
    pub fn ask(&self, n: usize, method: &str, below: &str, body: Option<&Value>) -> std::io::Result<Response> {
        self.request(self.nodes[n].address, method, &self.below(below), body).try_send()
    }

    pub fn below(&self, below: &str) -> String {
        format!("{}{below}", self.path)
    }

    /// What a status says now.
    pub fn status(&self, status: &Value) -> Value {
        let id = status["id"].as_str().expect("an id");
        self.send("GET", &format!("{}status/{id}/", self.root), None).expect(200).json()
    }

    /// Adds new objects; all are taken.
    pub fn add(&self, count: usize) -> Value {
        let body = envelope(&indicators(count));
        let status = self.send("POST", &self.below("objects/"), Some(&body)).expect(202).json();
        assert_eq!(status["success_count"], count, "{status}");
        status
    }

    /// Everything there is, as the manifest lists it.
    pub fn everything(&self) -> Vec<String> {
        self.walk_ids("manifest/", 1000, By::Next)
    }

    /// What a walk gives, in order.
    pub fn walk_ids(&self, endpoint: &'static str, limit: usize, by: By) -> Vec<String> {
        self.walk(Poller { endpoint, limit, by }, None).iter().flat_map(ids).collect()
    }

    fn walk(&self, poller: Poller, position: Option<&str>) -> Vec<Page> {
        let mut below = format!("{}?limit={}", poller.endpoint, poller.limit);
        if let Some(position) = position {
            below.push_str(&format!("&added_after={}", encoded(position)));
        }
        let mut pages = Vec::new();
        loop {
            let page = Page::of(&self.send("GET", &self.below(&below), None).expect(200));
            let more = page.more;
            if more {
                below = following(&below, &page, poller.by);
            }
            pages.push(page);
            if !more {
                return pages;
            }
        }
    }

    /// Polls until there is nothing more after the last write; the ids in the order in which they came.
    fn poll(&self, poller: Poller, written: &AtomicBool) -> Vec<String> {
        let (mut position, mut seen): (Option<String>, Vec<String>) = (None, Vec::new());
        loop {
            let last = written.load(Ordering::SeqCst);
            let pages = self.walk(poller, position.as_deref());
            seen.extend(pages.iter().flat_map(ids));
            match pages.into_iter().filter_map(|page| page.last).next_back() {
                Some(date) => position = Some(date),
                None if last => return seen,
                // A product waits for minutes.
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Writes and polls while `disturb` goes on, and until everybody has seen everything. Whoever polled saw each object
    /// once, in one order; everything that was acknowledged is there, and its status says what it said.
    pub fn busy(&self, writers: usize, disturb: impl FnOnce()) -> Written {
        let (over, written) = (AtomicBool::new(false), AtomicBool::new(false));
        let (statuses, seen) = std::thread::scope(|scope| {
            let (over, written) = (&over, &written);
            let polling: Vec<_> =
                pollers().into_iter().map(|poller| (poller, scope.spawn(move || self.poll(poller, written)))).collect();
            let writing: Vec<_> = (0..writers).map(|n| scope.spawn(move || self.write(n, over))).collect();
            let disturbed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(disturb));
            over.store(true, Ordering::SeqCst);
            let outcomes: Vec<_> = writing.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
            // Whatever became of the writers, the pollers have to end.
            written.store(true, Ordering::SeqCst);
            let statuses: Vec<Value> = outcomes.into_iter().flat_map(|outcome| outcome.expect("a writer")).collect();
            let seen: Vec<_> =
                polling.into_iter().map(|(poller, ids)| (poller, ids.join().expect("a poller"))).collect();
            if let Err(panic) = disturbed {
                std::panic::resume_unwind(panic);
            }
            (statuses, seen)
        });
        let there = self.everything();
        let mut sorted: Vec<&str> = there.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        let mut acknowledged: Vec<&str> = statuses.iter().flat_map(successes).collect();
        acknowledged.sort_unstable();
        assert!(sorted.windows(2).all(|pair| pair[0] != pair[1]), "nothing is there twice");
        // Each writer goes on until it is told that what it sent was taken.
        let lost: Vec<_> = acknowledged.iter().filter(|id| sorted.binary_search(id).is_err()).collect();
        assert!(lost.is_empty(), "{} of {} acknowledged objects are lost: {lost:?}", lost.len(), acknowledged.len());
        for (poller, ids) in &seen {
            assert!(*ids == there, "{poller:?}: saw {} of {}, or in another order, or twice", ids.len(), there.len());
        }
        Written { statuses }
    }

    /// Adds again and again, each time until it is acknowledged; the statuses.
    fn write(&self, writer: usize, over: &AtomicBool) -> Vec<Value> {
        let mut statuses = Vec::new();
        while !over.load(Ordering::SeqCst) {
            statuses.push(self.add(1 + (writer + statuses.len()) % 4));
            std::thread::sleep(Duration::from_millis(10));
        }
        statuses
    }
}

fn ids(page: &Page) -> Vec<String> {
    page.entries.iter().map(|entry| id_of(entry).to_owned()).collect()
}

/// The objects that a status says were taken.
pub fn successes(status: &Value) -> impl Iterator<Item = &str> {
    status["successes"].as_array().into_iter().flatten().map(|details| details["id"].as_str().expect("an id"))
}

impl Drop for Fleet {
    fn drop(&mut self) {
        (0..self.nodes.len()).for_each(|n| self.kill(n));
    }
}

//! Two nodes against one. The database, the nodes and the load share one machine here, so each node runs for a part of
//! the time only, as on a smaller machine of its own: the nodes are what is short, not the database.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::load::{Rate, run};
use crate::postgres::database::Database;
use crate::program::{self, Program};
use crate::server::{Site, add_collection, fill, path, request};
use crate::{PAGE, content, per_second, row};

const OBJECTS: usize = 20_000;
/// What is posted goes into several: a node that stands still with the lock of one keeps the other from it.
const COLLECTIONS: usize = 16;
/// More than are sent.
const POSTS: usize = 20_000;
const ROUNDS: usize = 6;
const ROUND: Duration = Duration::from_secs(2);
/// A node runs for one of so many slices.
const SLICES: u32 = 5;
const SLICE: Duration = Duration::from_millis(2);

pub(crate) fn measure(server: &str) {
    let Some(binary) = program::find("two nodes") else { return };
    let database = Database::new(server);
    database.runtime.block_on(fill(&*database.store, database.key, OBJECTS));
    let site = Site::over(Arc::clone(&database.store), database.key, database.id);
    let target = format!("{}objects/", path(database.id));
    let pages = Arc::new(site.pages(&target, PAGE));
    let store = Arc::clone(&database.store);
    let targets: Vec<String> = database.runtime.block_on(async move {
        let mut targets = Vec::new();
        for n in 0..COLLECTIONS {
            targets.push(format!("{}objects/", path(add_collection(&*store, &format!("objects-{n}")).await.1)));
        }
        targets
    });
    let post = |i: usize| {
        let objects: Vec<String> = (0..20).map(|n| content::object(1_000_000 + i * 20 + n, 0)).collect();
        request("POST", &targets[i % COLLECTIONS], &format!("{{\"objects\":[{}]}}", objects.join(",")))
    };
    let posts: Arc<Vec<Vec<u8>>> = Arc::new((0..POSTS).map(post).collect());
    let asked = AtomicUsize::new(0);
    compare(&binary, &database.url(), "pages of 100 from two nodes and from one", "HTTP/1.1 200", &asked, &pages);
    let asked = AtomicUsize::new(0);
    compare(&binary, &database.url(), "POST of 20 objects to two nodes and to one", "HTTP/1.1 202", &asked, &posts);
}

/// Loads one node and two in turn.
fn compare(
    binary: &Path,
    url: &str,
    what: &str,
    status: &'static str,
    asked: &AtomicUsize,
    requests: &Arc<Vec<Vec<u8>>>,
) {
    let nodes: Vec<Node> = (0..2).map(|_| Node::start(binary, url)).collect();
    let (mut one, mut two) = (Rate::default(), Rate::default());
    for _ in 0..ROUNDS {
        one += load(&nodes[..1], status, asked, requests);
        two += load(&nodes, status, asked, requests);
    }
    let (one, two) = (one.per_second(), two.per_second());
    row(what, &per_second(two), &per_second(one), two / one, "> 1.00");
}

/// 32 connections to each node.
fn load(nodes: &[Node], status: &'static str, asked: &AtomicUsize, requests: &Arc<Vec<Vec<u8>>>) -> Rate {
    let next = Arc::new(AtomicUsize::new(asked.load(Ordering::Relaxed)));
    let threads: Vec<JoinHandle<Rate>> = nodes
        .iter()
        .map(|node| {
            let (address, next, requests) = (node.program.address, Arc::clone(&next), Arc::clone(requests));
            std::thread::spawn(move || {
                run(address, 32, ROUND, status, move |_| {
                    Some(requests[next.fetch_add(1, Ordering::Relaxed) % requests.len()].clone())
                })
            })
        })
        .collect();
    let mut all = Rate::default();
    for thread in threads {
        let rate = thread.join().expect("a load");
        all.requests += rate.requests;
        all.seconds = all.seconds.max(rate.seconds);
    }
    asked.store(next.load(Ordering::Relaxed), Ordering::Relaxed);
    all
}

/// A node that runs for a part of the time.
struct Node {
    over: Arc<AtomicBool>,
    rhythm: Option<JoinHandle<()>>,
    program: Program,
}

impl Node {
    fn start(binary: &Path, url: &str) -> Self {
        let program = Program::start(binary, url, &[("TAXII_WORKERS", "1")]);
        let over = Arc::new(AtomicBool::new(false));
        let process = i32::try_from(program.process()).ok().and_then(Pid::from_raw).expect("a process");
        let rhythm = std::thread::spawn({
            let over = Arc::clone(&over);
            move || {
                while !over.load(Ordering::Relaxed) {
                    kill_process(process, Signal::STOP).expect("to stop");
                    std::thread::sleep(SLICE * (SLICES - 1));
                    kill_process(process, Signal::CONT).expect("to continue");
                    std::thread::sleep(SLICE);
                }
            }
        });
        Self { over, rhythm: Some(rhythm), program }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(rhythm) = self.rhythm.take() {
            let _ = rhythm.join();
        }
    }
}

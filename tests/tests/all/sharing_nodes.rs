//! Several server processes over one database, and the flows that only one of them runs at a time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use taxii_tests::exchange::everything;
use taxii_tests::house::House;
use taxii_tests::http::{Request, TAXII};
use taxii_tests::node::{Node, until};
use taxii_tests::objects::indicators;
use taxii_tests::postgres::Database;

/// What a node logs when it begins to run a flow.
const RUNS: &str = "the flow runs";
/// Another node takes over within half a minute.
const TAKES_OVER: Duration = Duration::from_secs(30);

/// Says that it is over, also if the test has failed.
struct Over<'o>(&'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn count(node: &Node, words: &str) -> usize {
    node.log().matches(words).count()
}

/// What flows promise of several nodes: one of them runs a flow, and no other does at the same time; killed in the midst of it, it is
/// followed within half a minute, and stopped in order at once. Nothing is lost and nothing comes twice.
#[test]
fn another_node_takes_over() {
    let Some(database) = Database::new("flows of several nodes") else { return };
    let mut nodes = [(); 2].map(|()| Node::new(&database.url(), 0));
    let mut source = House::new("source", &["feed"]);
    source.node.start();
    let key = source.account("nodes", &["--read", "feed"]);
    let secret = nodes[0].folder().write("key", &key);
    nodes[0].admin(&["root", "add", "api1", "--title", "Root"]);
    nodes[0].admin(&["collection", "add", "api1", "feed", "--title", "Feed"]);
    nodes[0].admin(&["account", "add", "desk", "--no-password", "--read", "feed"]);
    let own = nodes[0].admin(&["credential", "add", "desk", "--key"])["secret"].as_str().expect("a key").to_owned();
    let (from, secret) = (source.url("feed"), format!("file:{}", secret.display()));
    let add =
        ["flow", "add", "in", "--from", &from, "--to", "collection:api1/feed", "--secret", &secret, "--every", "1s"];
    nodes[0].admin(&add);
    nodes[0].start();
    until("the first node runs the flow", || count(&nodes[0], RUNS) == 1);
    nodes[1].start();

    let holder = || database.text("SELECT holder FROM leases WHERE work = 'flow in'");
    let first = holder();
    let arrived = |node: &Node| {
        everything(|below| {
            let target = format!("/api1/collections/feed/{below}");
            let request = Request::new(node.address, "GET", &target).accept(TAXII);
            request.add_header("Authorization", &format!("Bearer {own}")).try_send().expect("an answer")
        })
    };
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (over, source) = (&over, &source);
        let ending = Over(over);
        let posting = scope.spawn(move || {
            while !over.load(Ordering::Relaxed) {
                source.post("feed", &indicators(10));
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        until("much has come", || arrived(&nodes[1]).len() > 100);
        assert_eq!((count(&nodes[0], RUNS), count(&nodes[1], RUNS), holder() == first), (1, 0, true));
        nodes[0].signal("KILL");
        let killed = Instant::now();
        nodes[0].ended();
        let left = "SELECT (deadline - extract(epoch FROM now()) * 1000000 <= 30000000)::text FROM leases WHERE work = 'flow in'";
        assert_eq!(database.text(left), "true", "it is not its own for longer than that");
        let there = arrived(&nodes[1]).len();
        // It does not get the flow back by coming first.
        nodes[0].start();
        let after = |nodes: &[Node; 2]| count(&nodes[0], RUNS) + count(&nodes[1], RUNS);
        until("a node takes over", || after(&nodes) == 2);
        println!("taken over after {:?}", killed.elapsed());
        until("more comes", || arrived(&nodes[1]).len() > there);
        drop(ending);
        posting.join().expect("everything was posted");
    });
    let second = holder();
    assert_ne!(second, first);
    let all = source.everything("feed");
    until("everything has come", || arrived(&nodes[1]) == all);
    let status = |node: &Node| node.admin(&["flow", "status", "in"]);
    until("it is done", || status(&nodes[1])["lag"] == 0);
    let told = status(&nodes[1]);
    let number = |name: &str| usize::try_from(told["counters"][name].as_u64().expect("a number")).expect("small");
    // What was brought when it was killed may have been told of by nobody; what was brought again was known.
    assert!(number("added") <= all.len() && number("added") + number("known") >= all.len(), "{told:#}");
    assert_eq!((number("received"), number("conflicts")), (number("added") + number("known"), 0), "{told:#}");
    assert!(told["refused"].as_array().is_some_and(Vec::is_empty) && told["last_error"].is_null(), "{told:#}");

    // Stopped in order, it lets the other have the flow at once.
    let runs = usize::from(count(&nodes[1], RUNS) == 1);
    let rests = 1 - runs;
    assert_eq!(holder(), second, "it stays with who has it");
    nodes[runs].signal("TERM");
    let stopped = Instant::now();
    assert!(nodes[runs].ended().success());
    until("the other one runs it", || holder() != second);
    assert!(stopped.elapsed() < TAKES_OVER, "{:?}", stopped.elapsed());
    source.post("feed", &indicators(3));
    let all = source.everything("feed");
    until("the last has come", || arrived(&nodes[rests]) == all);
}

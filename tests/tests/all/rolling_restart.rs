//! Nodes are stopped and started again, one after the other, while clients go on: nobody notices.

use std::collections::BTreeSet;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use taxii_tests::collection::encoded;
use taxii_tests::haproxy::Haproxy;
use taxii_tests::http::{Connection, Request, Response, TAXII};
use taxii_tests::node::{Node, is_ready, until};
use taxii_tests::objects::{envelope, id_of, indicators};
use taxii_tests::postgres::Database;
use taxii_tests::programs::{self, Folder};

const OBJECTS: &str = "/api1/collections/feed/objects/";
const POLLERS: usize = 3;
const WRITERS: usize = 3;

/// Makes a collection, and an account that may do everything with it; returns its key.
fn furnish(node: &Node) -> String {
    node.admin(&["root", "add", "api1", "--title", "Root"]);
    node.admin(&["collection", "add", "api1", "feed", "--title", "Feed"]);
    node.admin(&["account", "add", "soc", "--read", "feed", "--write", "feed"]);
    let made = node.admin(&["key", "add", "soc"]);
    made["key"].as_str().expect("a key").to_owned()
}

fn request(address: SocketAddr, key: &str, method: &str, target: &str) -> Request {
    Request::new(address, method, target).accept(TAXII).add_header("Authorization", &format!("Bearer {key}"))
}

/// Pollers and writers that go on until they are told that it is over.
struct Clients<'c> {
    key: &'c str,
    /// Writers stop.
    over: AtomicBool,
    /// Writers have stopped: pollers stop when there is nothing new.
    written: AtomicBool,
    acknowledged: Mutex<BTreeSet<String>>,
    answers: AtomicUsize,
}

impl<'c> Clients<'c> {
    fn new(key: &'c str) -> Self {
        let (over, written, answers) = (AtomicBool::new(false), AtomicBool::new(false), AtomicUsize::new(0));
        Self { key, over, written, acknowledged: Mutex::default(), answers }
    }

    /// Restarts while all clients work. `choose` says where the next connection goes; after that, nothing is
    /// tried twice. Everything acknowledged comes to every poller, once.
    fn during(&self, choose: impl Fn() -> SocketAddr + Sync, restarts: impl FnOnce()) {
        std::thread::scope(|scope| {
            let pollers: Vec<_> = (0..POLLERS).map(|_| scope.spawn(|| self.poll(&choose))).collect();
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(|| self.write(&choose))).collect();
            // Tells the others if the restarts fail, so that the test ends.
            let restarted = std::panic::catch_unwind(std::panic::AssertUnwindSafe(restarts));
            self.over.store(true, Ordering::Release);
            let writers: Vec<_> = writers.into_iter().map(|writer| writer.join().is_ok()).collect();
            self.written.store(true, Ordering::Release);
            assert!(writers.iter().all(|succeeded| *succeeded), "every submission is acknowledged");
            let acknowledged = self.acknowledged.lock().expect("no panic");
            for poller in pollers {
                let seen = poller.join().expect("a poller whose requests all succeed");
                let set: BTreeSet<String> = seen.iter().cloned().collect();
                assert_eq!(set.len(), seen.len(), "nothing comes twice");
                assert_eq!(acknowledged.difference(&set).next(), None, "nothing is missed");
                assert_eq!(set.len(), acknowledged.len(), "what comes was acknowledged");
            }
            restarted.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
    }

    fn answered(&self) -> usize {
        self.answers.load(Ordering::Relaxed)
    }

    /// Adds objects, with a connection for each request.
    fn write(&self, choose: &impl Fn() -> SocketAddr) {
        while !self.over.load(Ordering::Acquire) {
            let objects = indicators(3);
            let post = request(choose(), self.key, "POST", OBJECTS).json(&envelope(&objects));
            let answer = post.try_send().unwrap_or_else(|error| panic!("a submission failed: {error}")).expect(202);
            assert_eq!(answer.json()["success_count"], 3);
            self.acknowledged.lock().expect("no panic").extend(objects.iter().map(|o| id_of(o).to_owned()));
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Polls with a connection that is kept as long as the server keeps it, until there is nothing new and will be nothing.
    fn poll(&self, choose: &impl Fn() -> SocketAddr) -> Vec<String> {
        let mut kept = Kept::default();
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let written = self.written.load(Ordering::Acquire);
            let target = match after.as_str() {
                "" => format!("{OBJECTS}?limit=20"),
                after => format!("{OBJECTS}?limit=20&added_after={}", encoded(after)),
            };
            let ask = |address| request(address, self.key, "GET", &target);
            let answer = kept.send(choose, ask).unwrap_or_else(|error| panic!("a poll failed: {error}")).expect(200);
            self.answers.fetch_add(1, Ordering::Relaxed);
            let page = answer.json();
            let objects = page["objects"].as_array().map(Vec::as_slice).unwrap_or_default();
            seen.extend(objects.iter().map(|object: &Value| id_of(object).to_owned()));
            if let Some(last) = answer.header("X-TAXII-Date-Added-Last") {
                last.clone_into(&mut after);
            }
            // Whatever is ever acknowledged was there when this page was asked for.
            if written && objects.is_empty() {
                return seen;
            }
        }
    }
}

/// A connection that is used for as long as the server says nothing else.
#[derive(Default)]
struct Kept(Option<Connection>);

impl Kept {
    /// A server may close a connection that is idle just when the next request is on its way; everybody then repeats what is safe
    /// to repeat (RFC 9112 §9.3.1). On a new connection nothing is excused.
    fn send(&mut self, choose: &impl Fn() -> SocketAddr, ask: impl Fn(SocketAddr) -> Request) -> io::Result<Response> {
        if let Some(mut connection) = self.0.take()
            && let Ok(answer) = self.exchange(&mut connection, &ask(SocketAddr::from(([127, 0, 0, 1], 0))))
        {
            self.keep(connection, &answer);
            return Ok(answer);
        }
        let request = ask(choose());
        let mut connection = request.connect();
        let answer = self.exchange(&mut connection, &request)?;
        self.keep(connection, &answer);
        Ok(answer)
    }

    fn exchange(&self, connection: &mut Connection, request: &Request) -> io::Result<Response> {
        connection.write(&request.clone().header("Connection", "keep-alive").head())?;
        connection.read("GET")
    }

    fn keep(&mut self, connection: Connection, answer: &Response) {
        let closes = answer.header("Connection").is_some_and(|said| said.eq_ignore_ascii_case("close"));
        self.0 = (!closes).then_some(connection);
    }
}

/// Lets the clients get some answers, whatever time that takes.
fn some_answers(clients: &Clients<'_>) {
    let enough = clients.answered() + 30;
    until("the clients get answers", || clients.answered() >= enough || clients.over.load(Ordering::Acquire));
}

/// Promises 1 and 2 during upgrades: behind HAProxy, set up as in `deploy/`, every node is stopped and started in turn, and not
/// one request fails; nothing is missed, lost or there twice.
#[test]
fn behind_a_load_balancer_no_request_fails() {
    const WHAT: &str = "restarting nodes behind HAProxy";
    let Some(database) = Database::new(WHAT) else { return };
    // HAProxy sees within inter * fall that a node is not ready: a second, and what the check takes.
    let mut nodes = [(); 2].map(|()| Node::new(&database.url(), 3).settings(&programs::PATIENT));
    nodes.iter_mut().for_each(Node::start);
    let Some(haproxy) = Haproxy::start(WHAT, [nodes[0].address, nodes[1].address]) else { return };
    let key = furnish(&nodes[0]);
    let clients = Clients::new(&key);
    clients.during(
        || haproxy.address,
        || {
            for turn in 0..4 {
                some_answers(&clients);
                nodes[turn % 2].restart();
                until("the node is up again for HAProxy", || haproxy.up() == 2);
            }
            some_answers(&clients);
        },
    );
    assert!(clients.answered() > 150, "{}", haproxy.log());
    let hidden = Request::new(haproxy.address, "GET", "/health/ready").try_send().unwrap();
    assert_eq!(hidden.status, 404, "health is nobody's business outside");
}

/// The same without a load balancer: whoever asks a node whether it is ready before connecting to it, and otherwise takes the other
/// one, never sees a connection refused, reset or cut off, though it tries nothing twice.
#[test]
fn clients_that_ask_for_readiness_see_no_failure() {
    let Some(database) = Database::new("restarting nodes that clients choose from") else { return };
    // Whoever heard that a node is ready connects to it within this time.
    let mut nodes = [(); 2].map(|()| Node::new(&database.url(), 10).settings(&programs::PATIENT));
    nodes.iter_mut().for_each(Node::start);
    let key = furnish(&nodes[0]);
    let addresses = nodes.each_ref().map(|node| node.address);
    let (clients, turn, warned) = (Clients::new(&key), AtomicUsize::new(0), AtomicUsize::new(0));
    let choose = || loop {
        let address = addresses[turn.fetch_add(1, Ordering::Relaxed) % 2];
        match is_ready(address) {
            Some(true) => return address,
            Some(false) => drop(warned.fetch_add(1, Ordering::Relaxed)),
            None => {}
        }
    };
    clients.during(choose, || {
        for turn in 0..4 {
            some_answers(&clients);
            nodes[turn % 2].restart();
        }
        some_answers(&clients);
    });
    assert!(warned.into_inner() > 4, "each node said that it would stop, while it still served");
}

/// One node whose socket systemd holds: it is stopped and started, and those who connect meanwhile wait. They try nothing
/// twice, and see nothing refused, reset or cut off.
#[test]
fn an_inherited_socket_keeps_those_who_connect() {
    let folder = Folder::new();
    let database = folder.file("taxii.db").display().to_string();
    let mut node = Node::inheriting(&database);
    node.start();
    let key = furnish(&node);
    let clients = Clients::new(&key);
    let address = node.address;
    clients.during(
        || address,
        || {
            for _ in 0..4 {
                some_answers(&clients);
                node.restart();
            }
            some_answers(&clients);
        },
    );
    folder.run(&programs::server(), &["serve", "--bind", "stdin"]).bad(&["standard input is no socket"]);
}

/// What SIGTERM does, step by step: not ready at once; alive, and serving, with every answer asking for another connection; then
/// nobody new; a submission that is still coming in is taken and answered; the process ends with 0.
#[test]
fn what_was_begun_is_finished() {
    const DRAIN: Duration = Duration::from_secs(20);
    let folder = Folder::new();
    let mut node = Node::new(&folder.file("taxii.db").display().to_string(), DRAIN.as_secs());
    node.start();
    let key = furnish(&node);
    let get = request(node.address, &key, "GET", OBJECTS).header("Connection", "keep-alive");
    let mut kept = get.connect();
    kept.write(&get.head()).unwrap();
    assert_eq!(kept.read("GET").unwrap().expect(200).header("Connection"), None);
    let body = envelope(&indicators(5)).to_string();
    let post = request(node.address, &key, "POST", OBJECTS).header("Content-Type", TAXII);
    let post = post.header("Content-Length", &body.len().to_string());
    let (mut slow, half) = (post.connect(), body.len() / 2);
    slow.write(&post.head()).unwrap();
    slow.write(&body.as_bytes()[..half]).unwrap();

    assert_eq!(node.is_ready(), Some(true));
    let begun = Instant::now();
    node.signal("TERM");
    until("the node is not ready", || node.is_ready() == Some(false));
    assert!(begun.elapsed() < DRAIN, "that is known at once, not when it stops");
    let live = Request::new(node.address, "GET", "/health/live").try_send().unwrap();
    assert_eq!((live.status, live.header("Connection")), (200, Some("close")));
    kept.write(&get.head()).unwrap();
    assert_eq!(kept.read("GET").unwrap().expect(200).header("Connection"), Some("close"));
    assert!(kept.write(&get.head()).and_then(|()| kept.read("GET")).is_err(), "the connection is closed");

    until("nobody new is let in", || TcpStream::connect(node.address).is_err());
    assert!(begun.elapsed() >= DRAIN, "load balancers have the time that was set");
    assert!(!node.has_ended(), "it waits for the submission");
    slow.write(&body.as_bytes()[half..]).unwrap();
    let status = slow.read("POST").unwrap().expect(202).json();
    assert_eq!(status["success_count"], 5);
    assert!(node.ended().success());

    node.start();
    let page = request(node.address, &key, "GET", OBJECTS).send().expect(200).json();
    assert_eq!(page["objects"].as_array().map(Vec::len), Some(5), "what was acknowledged is there");
    // Who is at the terminal does not want to wait for load balancers.
    let begun = Instant::now();
    node.signal("INT");
    assert!(node.ended().success() && begun.elapsed() < DRAIN);
}

/// A second signal is for those who cannot wait: neither the time for load balancers nor a client that dawdles holds it up.
#[test]
fn a_second_signal_hurries() {
    let folder = Folder::new();
    let mut node = Node::new(&folder.file("taxii.db").display().to_string(), 600);
    node.start();
    let key = furnish(&node);
    let post = request(node.address, &key, "POST", OBJECTS).header("Content-Type", TAXII);
    let post = post.header("Content-Length", "1000");
    let mut slow = post.connect();
    slow.write(&post.head()).unwrap();
    node.signal("TERM");
    until("the node is not ready", || node.is_ready() == Some(false));
    node.signal("TERM");
    until("nobody new is let in", || TcpStream::connect(node.address).is_err());
    let begun = Instant::now();
    node.signal("TERM");
    assert!(node.ended().success());
    assert!(begun.elapsed() < Duration::from_secs(25), "it waited for nobody");
}

/// A node is ready when its database answers: whoever asks is told no while it does not, within the time that a check has, and yes when
/// it does again. It goes on living. `taxii-server health` says the same by how it ends.
#[test]
fn without_a_database_a_node_is_not_ready() {
    let Some(database) = Database::new("a node whose PostgreSQL database is away") else { return };
    let mut node = Node::new(&database.url(), 0);
    node.start();
    let url = format!("http://{}", node.address);
    let health = |node: &Node| node.folder().run(&programs::server(), &["health", &url]);
    assert_eq!(health(&node).good().out, format!("{url} is ready\n"));

    database.on_server(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", database.name));
    database.on_server(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
        database.name
    ));
    until("the node is not ready", || node.is_ready() == Some(false));
    // Every check is answered in time, also while the database is being tried.
    let times = [(); 3].map(|()| {
        let begun = Instant::now();
        let answer = Request::new(node.address, "GET", "/health/ready").try_send().unwrap();
        assert_eq!((answer.status, answer.text()), (503, "no\n"));
        begun.elapsed()
    });
    assert!(times.iter().any(|time| *time < Duration::from_secs(4)), "{times:?}");
    health(&node).bad(&["is not ready"]);
    let live = Request::new(node.address, "HEAD", "/health/live").try_send().unwrap();
    assert_eq!((live.status, live.header("Cache-Control")), (200, Some("no-store")));
    database.on_server(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", database.name));
    until("the node is ready again", || node.is_ready() == Some(true));

    node.signal("TERM");
    assert!(node.ended().success());
    health(&node).bad(&[&url]);
    // The paths are the program's: nothing of TAXII can be put there.
    node.folder().run(&programs::server(), &["root", "add", "health/x", "--title", "t"]).bad(&["/health/"]);
}

/// systemd (`Type=notify`) is told when the server is ready and when it begins to stop, and not before.
#[test]
fn systemd_is_told() {
    let folder = Folder::new();
    let path = folder.file("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let database = folder.file("taxii.db").display().to_string();
    let mut node = Node::new(&database, 0).setting("NOTIFY_SOCKET", &path.display().to_string());
    let told = || {
        let mut buffer = [0; 100];
        let n = socket.recv(&mut buffer).expect("the server says something");
        String::from_utf8_lossy(&buffer[..n]).into_owned()
    };
    node.start();
    assert_eq!(told(), "READY=1");
    assert_eq!(node.is_ready(), Some(true));
    node.signal("TERM");
    assert_eq!(told(), "STOPPING=1");
    assert!(node.ended().success());
}

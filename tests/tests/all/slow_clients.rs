//! Clients that take their time, to keep a server busy: each costs little, for a bounded time, and others are served meanwhile.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use taxii_tests::http::{Request, TAXII};
use taxii_tests::node::{Node, until};
use taxii_tests::objects::{envelope, indicator, with};

const FEED: &str = "/api1/collections/feed/objects/";

struct Site {
    node: Node,
    key: String,
}

impl Site {
    fn new(settings: &[(&str, &str)]) -> Self {
        let mut node = Node::new("taxii.db", 0).settings(settings);
        node.admin(&["root", "add", "api1", "--title", "Group", "--default"]);
        node.admin(&["collection", "add", "api1", "feed", "--title", "Feed"]);
        node.admin(&["account", "add", "soc", "--read", "feed", "--write", "feed"]);
        let key = node.admin(&["key", "add", "soc"])["key"].as_str().expect("a key").to_owned();
        node.start();
        Self { node, key }
    }

    fn request(&self, method: &str) -> Request {
        let request = Request::new(self.node.address, method, FEED).accept(TAXII);
        request.header("Authorization", &format!("Bearer {}", self.key))
    }

    fn serves_others(&self) {
        self.request("GET").send().expect(200);
    }

    fn connect(&self, text: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.node.address).expect("a connection");
        stream.write_all(text).expect("taken");
        stream
    }
}

/// A node of a test waits longer than this unless it is told otherwise.
const LONG: Duration = Duration::from_secs(100);

/// Writes an octet now and then until the server has had enough; what it said. Fails if that takes too long.
#[track_caller]
fn drip(mut stream: TcpStream, site: &Site) -> String {
    let begun = Instant::now();
    stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
    let mut said = Vec::new();
    let mut piece = [0; 1000];
    loop {
        assert!(begun.elapsed() < LONG, "it goes on for ever");
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => said.extend_from_slice(&piece[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                drop(stream.write_all(b"x"));
                site.serves_others();
            }
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// A head that never ends is given up on, on a new connection and on one that has been good for something.
#[test]
fn heads_have_to_end() {
    let site = Site::new(&[("TAXII_LIMITS__HEAD_SECONDS", "5"), ("TAXII_LIMITS__IDLE_SECONDS", "5")]);
    let many: Vec<TcpStream> = (0..200).map(|_| site.connect(b"GET /taxii2/ HTTP/1.1\r\nX-Slow: ")).collect();
    let said = drip(site.connect(b"GET /taxii2/ HTTP/1.1\r\nX-Slow: "), &site);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    for stream in many {
        drip(stream, &site);
    }
    let again = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /taxii2/ HTTP/1.1\r\nX-Slow: ";
    let said = drip(site.connect(again), &site);
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    let said = drip(site.connect(b""), &site);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
}

/// AMB-28: a body that comes in drops is refused with an error of TAXII, though it never pauses; one that comes steadily is taken,
/// however long it takes.
#[test]
fn bodies_have_to_come() {
    let site = Site::new(&[("TAXII_LIMITS__BODY_SECONDS", "5"), ("TAXII_LIMITS__BODY_OCTETS_PER_SECOND", "1000")]);
    let body = envelope(&[indicator()]).to_string();
    let long = format!("{body}{}", " ".repeat(10_000));
    let head =
        site.request("POST").header("Content-Type", TAXII).header("Content-Length", &long.len().to_string()).head();
    let said = drip(site.connect(&head), &site);
    assert!(said.starts_with("HTTP/1.1 408") && said.contains("\"error_code\":\"timeout\""), "{said}");
    let mut steady = site.connect(&head);
    let begun = Instant::now();
    for piece in long.as_bytes().chunks(500) {
        steady.write_all(piece).expect("taken");
        std::thread::sleep(Duration::from_millis(300));
    }
    assert!(begun.elapsed() > Duration::from_secs(6), "longer than the patience with a pause");
    let mut said = [0; 12];
    steady.read_exact(&mut said).expect("an answer");
    assert_eq!(&said, b"HTTP/1.1 202");
}

/// The memory that the process has.
fn memory(node: &Node) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/statm", node.process())).expect("Linux");
    status.split(' ').nth(1).expect("pages").parse::<u64>().expect("a number") * 4096
}

/// Whoever asks for long pages and reads nothing of them costs a piece of each page, and loses the connection after a while; others are
/// served.
#[test]
fn answers_have_to_be_read() {
    let site = Site::new(&[("TAXII_LIMITS__STALL_SECONDS", "8"), ("TAXII_LIMITS__ACCOUNT__CONCURRENT", "0")]);
    for _ in 0..4 {
        let objects: Vec<_> = (0..2).map(|_| with(indicator(), "x_fill", "x".repeat(1 << 20))).collect();
        site.request("POST").json(&envelope(&objects)).send().expect(202);
    }
    let page = site.request("GET").send().expect(200).body.len();
    assert!(page > 6 << 20, "{page}");
    let before = memory(&site.node);
    let asked = site.request("GET").without("Connection").head();
    let stalled: Vec<TcpStream> = (0..60).map(|_| site.connect(&asked)).collect();
    for _ in 0..20 {
        site.serves_others();
    }
    let after = memory(&site.node);
    println!("{} kB for each who does not read", after.saturating_sub(before) / 60 / 1024);
    assert!(after.saturating_sub(before) < 60 * page as u64 / 4, "{before} {after}");
    let mut first = &stalled[0];
    until("the connection is given up", || {
        site.serves_others();
        first.set_read_timeout(Some(Duration::from_millis(1))).expect("a timeout");
        // One that is open takes more of a request.
        first.write_all(b"\r\n").is_err()
    });
    let mut rest = Vec::new();
    drop(first.read_to_end(&mut rest));
    assert!(rest.len() < page, "it was not answered to the end: {} of {page}", rest.len());
}

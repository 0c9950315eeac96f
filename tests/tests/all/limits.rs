//! How much callers may ask for: requests in a second and at once, objects and octets in a day; and whom a proxy speaks for.

use taxii_tests::answers;
use taxii_tests::http::{Request, Response, TAXII};
use taxii_tests::node::{Node, until};
use taxii_tests::objects::{envelope, indicator};

const FEED: &str = "/api1/collections/feed/objects/";

/// A server with these limits, and the keys of an account and of an administrator.
struct Limited {
    node: Node,
    key: String,
    admin: String,
}

impl Limited {
    fn new(settings: &[(&str, &str)]) -> Self {
        let mut node = Node::new("taxii.db", 0).settings(settings);
        node.admin(&["root", "add", "api1", "--title", "Group", "--default"]);
        node.admin(&["collection", "add", "api1", "feed", "--title", "Feed"]);
        let key = |name: &str| node.admin(&["key", "add", name])["key"].as_str().expect("a key").to_owned();
        for name in ["soc", "other"] {
            node.admin(&["account", "add", name, "--read", "feed", "--write", "feed"]);
        }
        node.admin(&["account", "add", "root", "--admin"]);
        let (key, admin) = (key("soc"), key("root"));
        node.start();
        Self { node, key, admin }
    }

    fn get(&self, target: &str) -> Request {
        self.request("GET", target, &self.key)
    }

    fn request(&self, method: &str, target: &str, key: &str) -> Request {
        let request = Request::new(self.node.address, method, target).accept(TAXII);
        request.header("Authorization", &format!("Bearer {key}"))
    }

    fn key(&self, account: &str) -> String {
        self.node.admin(&["key", "add", account])["key"].as_str().expect("a key").to_owned()
    }

    fn post(&self) -> Request {
        self.request("POST", FEED, &self.key).json(&envelope(&[indicator()]))
    }
}

/// The first answer that says that it was too much, among those that come at once.
#[track_caller]
fn refusal(request: &Request) -> Response {
    for _ in 0..2000 {
        let answer = request.send_unchecked();
        if answer.status == 429 {
            answers::check(request, &answer);
            let wait: u64 = answer.header("Retry-After").expect("when to come again").parse().expect("whole seconds");
            assert!(wait >= 1, "{answer}");
            assert_eq!(answer.json()["error_code"], "too-many-requests", "{answer}");
            return answer;
        }
    }
    panic!("{} {}: never too much", request.method, request.target);
}

/// A structured field with one string and whole numbers: its name and its numbers.
#[track_caller]
fn field(answer: &Response, name: &str) -> (String, Vec<(String, u64)>) {
    let text = answer.header(name).unwrap_or_else(|| panic!("no {name}: {answer}"));
    let mut parts = text.split(';');
    let policy = parts.next().expect("a string").trim_matches('"').to_owned();
    let numbers = parts.map(|part| part.split_once('=').expect("a parameter"));
    (policy, numbers.map(|(name, number)| (name.to_owned(), number.parse().expect("a number"))).collect())
}

/// TX-SEC-07: an account that asks too often gets an error of TAXII that says when to come again, and every answer says how much is left.
/// Reads and writes are counted apart, and so are other accounts. It is decided right after the credentials: 429 hides what 404 and
/// 405 would tell.
#[test]
fn accounts_are_limited() {
    let site = Limited::new(&[("TAXII_LIMITS__ACCOUNT__READS", "1"), ("TAXII_LIMITS__ACCOUNT__WRITES", "1")]);
    let first = site.get(FEED).send().expect(200);
    assert_eq!(
        field(&first, "RateLimit-Policy"),
        ("account-reads".to_owned(), vec![("q".to_owned(), 10), ("w".to_owned(), 10)])
    );
    let (policy, left) = field(&first, "RateLimit");
    assert_eq!((policy.as_str(), left[0].clone(), left[1].0.as_str()), ("account-reads", ("r".to_owned(), 9), "t"));
    let refused = refusal(&site.get(FEED));
    assert_eq!(field(&refused, "RateLimit").1[0], ("r".to_owned(), 0));
    for (method, target) in [("GET", "/nothing/here/"), ("GET", "/taxii2/"), ("OPTIONS", FEED), ("PATCH", FEED)] {
        refusal(&site.request(method, target, &site.key));
    }
    site.post().send_unchecked();
    refusal(&site.post());
    let other = site.key("other");
    site.request("GET", FEED, &other).send().expect(200);
    // What was promised is kept: who waits is served.
    let wait = refusal(&site.get(FEED)).header("Retry-After").expect("seconds").parse().expect("whole seconds");
    std::thread::sleep(std::time::Duration::from_secs(wait));
    site.get(FEED).send().expect(200);
}

/// TX-SEC-07: an address that asks too often is refused before its credentials are looked at, right or wrong, and administrators can still
/// see what the server holds, and load balancers whether it is ready. Where a request comes from is what a trusted proxy says, and what
/// stands before that makes no difference.
#[test]
fn addresses_are_limited_behind_trusted_proxies() {
    let trusting = [("TAXII_LIMITS__ADDRESS__READS", "1"), ("TAXII_TRUSTED_PROXIES", "127.0.0.0/8")];
    let site = Limited::new(&trusting);
    let from = |request: Request, address: &str| request.header("X-Forwarded-For", address);
    refusal(&from(site.get(FEED), "192.0.2.1"));
    refusal(&from(site.get(FEED), "203.0.113.77, 192.0.2.1"));
    refusal(&from(site.request("GET", FEED, "wrong"), "192.0.2.1"));
    refusal(&from(Request::new(site.node.address, "GET", FEED).accept(TAXII), "::ffff:192.0.2.1"));
    let other = from(site.get(FEED), "192.0.2.2").send().expect(200);
    assert_eq!(field(&other, "RateLimit").0, "account-reads", "the account's limit, once it is known");
    let nobody = from(Request::new(site.node.address, "GET", FEED).accept(TAXII), "192.0.2.2").send().expect(401);
    assert_eq!(field(&nobody, "RateLimit").0, "address-reads");
    from(site.get(FEED), "192.0.2.1, 192.0.2.3").send().expect(200);
    let by_standard = site.get(FEED).header("Forwarded", "for=192.0.2.1;proto=https");
    refusal(&by_standard);
    by_standard.header("Forwarded", "for=192.0.2.1, for=\"[2001:db8::7]:4711\"").send().expect(200);

    let statistics = "/taxii2/collections/statistics";
    for _ in 0..30 {
        let watching = from(site.request("GET", statistics, &site.admin), "192.0.2.1").send_unchecked();
        assert!(matches!(watching.status, 200 | 503), "{watching}");
        assert_eq!(site.node.is_ready(), Some(true));
    }
    refusal(&from(site.request("GET", statistics, &site.key), "192.0.2.1"));
    refusal(&from(site.request("GET", FEED, &site.admin), "192.0.2.1"));

    // Of somebody who is no trusted proxy, nothing is believed.
    let site = Limited::new(&[("TAXII_LIMITS__ADDRESS__READS", "1"), ("TAXII_TRUSTED_PROXIES", "10.0.0.0/8")]);
    refusal(&from(site.get(FEED), "192.0.2.1"));
    refusal(&from(site.get(FEED), "192.0.2.2"));
    refusal(&site.get(FEED));
}

/// TX-SEC-07: requests at the same time are bounded for each account, and a place is free again when its request has ended, or its
/// sender has gone.
#[test]
fn requests_at_the_same_time_are_limited() {
    let site = Limited::new(&[("TAXII_LIMITS__ACCOUNT__CONCURRENT", "2"), ("TAXII_LIMITS__ACCOUNT__READS", "0")]);
    let half = || {
        let post = site.request("POST", FEED, &site.key).header("Content-Type", TAXII).header("Content-Length", "100");
        let mut connection = post.connect();
        connection.write(&post.head()).expect("the head is read");
        connection
    };
    let mut waiting = Vec::new();
    until("both places are taken", || {
        let taken = site.get(FEED).send_unchecked().status == 429;
        // One that came while a question here had its place was refused.
        if !taken {
            waiting.push(half());
        }
        taken
    });
    let refused = refusal(&site.get(FEED));
    assert_eq!(refused.header("Retry-After"), Some("1"));
    let other = site.key("other");
    site.request("GET", FEED, &other).send().expect(200);
    drop(waiting);
    until("the places are free again", || site.get(FEED).send_unchecked().status == 200);
    for _ in 0..20 {
        site.get(FEED).send().expect(200);
    }
}

/// TX-SEC-07: who has submitted or read what they may on one day is told to come again after midnight, and others are not.
#[test]
fn days_have_quotas() {
    let quotas = [("TAXII_LIMITS__ACCOUNT__OBJECTS_PER_DAY", "3"), ("TAXII_LIMITS__ACCOUNT__OCTETS_PER_DAY", "4000")];
    let site = Limited::new(&quotas);
    for _ in 0..3 {
        site.post().send().expect(202);
    }
    let refused = refusal(&site.post());
    let wait: u64 = refused.header("Retry-After").expect("seconds").parse().expect("a number");
    assert!(wait <= 24 * 60 * 60, "{wait}");
    refusal(&site.get(FEED));
    let other = site.key("other");
    site.request("GET", FEED, &other).send().expect(200);
}

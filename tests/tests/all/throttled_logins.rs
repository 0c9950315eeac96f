//! Log-ins that fail: slowed and refused, without a word about who exists, and without harm for those whose credentials are right.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use taxii_tests::answers;
use taxii_tests::http::{Request, Response, TAXII};
use taxii_tests::node::Node;
use taxii_tests::programs::{self, Ran};

const FEED: &str = "/api1/collections/feed/objects/";
const PASSWORD: &str = "Right.Passw0rd";
/// Of a user, the first turn comes back after 15 s; of an address, after 6.7 s.
const FAILURES: [(&str, &str); 2] =
    [("TAXII_LIMITS__FAILED_LOGINS__PER_USER", "4"), ("TAXII_LIMITS__FAILED_LOGINS__PER_ADDRESS", "9")];

struct Site {
    node: Node,
    key: String,
}

impl Site {
    fn new(settings: &[(&str, &str)]) -> Self {
        let mut node = Node::new("taxii.db", 0).setting("TAXII_TRUSTED_PROXIES", "127.0.0.0/8").settings(settings);
        node.admin(&["root", "add", "api1", "--title", "Group", "--default"]);
        node.admin(&["collection", "add", "api1", "feed", "--title", "Feed"]);
        for name in ["soc", "other"] {
            let added = ["account", "add", name, "--read", "feed", "--password-file", "-"];
            let mut command = node.folder().command(&programs::server(), &added);
            command.env("TAXII_DATABASE", "taxii.db");
            Ran::of(command, &format!("{PASSWORD}\n")).good();
        }
        let key = node.admin(&["key", "add", "soc"])["key"].as_str().expect("a key").to_owned();
        node.start();
        Self { node, key }
    }

    fn get(&self, from: &str) -> Request {
        Request::new(self.node.address, "GET", FEED).accept(TAXII).header("X-Forwarded-For", from)
    }

    /// Fails until nothing else is taken; how often it did.
    fn exhaust(&self, from: &str, user: &str) -> usize {
        let wrong = self.get(from).basic(user, "Wrong.Passw0rd");
        for failed in 0..1000 {
            let answer = wrong.send();
            if answer.status == 429 {
                let wait: u64 = answer.header("Retry-After").expect("when").parse().expect("whole seconds");
                assert!((1..=60).contains(&wait), "{answer}");
                return failed;
            }
            answer.expect(401);
        }
        panic!("never refused");
    }
}

/// The answer without what differs by nature.
fn bare(answer: &Response) -> (u16, Vec<(String, String)>, serde_json::Value) {
    let mut body = answer.json();
    body.as_object_mut().expect("an object").remove("error_id");
    let changing = ["date", "ratelimit", "retry-after", "content-length"];
    let headers = answer.headers.iter().filter(|(name, _)| !changing.contains(&name.to_ascii_lowercase().as_str()));
    let mut headers: Vec<_> = headers.cloned().collect();
    headers.sort();
    (answer.status, headers, body)
}

/// Refusals end after a while: a trial that fails and took longer than that proves nothing, and is made again with another site.
fn within(refused_for: Duration, trial: impl Fn(&mut Site)) {
    for tries_left in (0..5).rev() {
        let (mut site, begun) = (Site::new(&FAILURES), Instant::now());
        match catch_unwind(AssertUnwindSafe(|| trial(&mut site))) {
            Err(panic) if tries_left == 0 || begun.elapsed() < refused_for => resume_unwind(panic),
            Err(_) => {}
            Ok(()) => return,
        }
    }
}

/// Who fails too often is refused for a while, for each user name and for each address, and hears the same whether there is such a user or
/// not, and whether the password is right or wrong.
#[test]
fn failures_are_refused_without_a_word() {
    within(Duration::from_secs(14), failures_of_a_user);
    within(Duration::from_secs(6), failures_from_an_address);
}

fn refused(site: &Site, from: &str, user: &str, password: &str) -> (u16, Vec<(String, String)>, serde_json::Value) {
    let request = site.get(from).basic(user, password);
    let answer = request.send().expect(429);
    answers::check(&request, &answer);
    bare(&answer)
}

fn failures_of_a_user(site: &mut Site) {
    let (real, unreal) = (site.exhaust("192.0.2.1", "soc"), site.exhaust("192.0.2.2", "nobody"));
    assert!((3..=5).contains(&real) && (3..=5).contains(&unreal), "{real} {unreal}");
    let expected = refused(site, "192.0.2.3", "soc", "wrong");
    for (from, user, password) in [
        ("192.0.2.1", "soc", PASSWORD),
        ("192.0.2.3", "soc", PASSWORD),
        ("192.0.2.3", "nobody", "wrong"),
        ("192.0.2.2", "nobody", PASSWORD),
    ] {
        assert_eq!(refused(site, from, user, password), expected, "{from} {user}");
    }
}

fn failures_from_an_address(site: &mut Site) {
    // Names that do not matter exhaust the address, for every name that has not been here before.
    let mut failed = 0;
    while site.get("192.0.2.9").basic(&format!("user{failed}"), "wrong").send().status == 401 {
        failed += 1;
        assert!(failed < 100);
    }
    assert!((8..=10).contains(&failed), "{failed}");
    refused(site, "192.0.2.9", "other", PASSWORD);
    site.get("192.0.2.8").basic("other", PASSWORD).send().expect(200);
}

/// Nobody is locked out by what somebody else tries: keys go through, also as a password and from the attacker's own address, and so does
/// whoever has logged in before from where they are.
#[test]
fn right_credentials_go_through() {
    within(Duration::from_secs(6), those_who_are_right_go_through);
}

fn those_who_are_right_go_through(site: &mut Site) {
    let (home, evil) = ("198.51.100.1", "192.0.2.1");
    let log_in = |site: &Site, from: &str| site.get(from).basic("soc", PASSWORD).send();
    log_in(site, home).expect(200);
    site.exhaust(evil, "soc");
    site.exhaust(evil, "other");
    log_in(site, home).expect(200);
    // Any change makes what is kept void, so that the password is verified again.
    site.node.admin(&["account", "add", "third"]);
    log_in(site, home).expect(200);
    for from in [home, evil, "203.0.113.5"] {
        site.get(from).header("Authorization", &format!("Bearer {}", site.key)).send().expect(200);
        site.get(from).basic("soc", &site.key).send().expect(200);
        site.get(from).header("X-Api-Key", &site.key).send().expect(200);
        site.get(from).basic("whoever", &site.key).send().expect(200);
    }
    // Wrong keys are told to wait after a while; the right one is not.
    let wrong = site.get("203.0.113.9").header("Authorization", "Bearer taxii_wrong");
    while wrong.send().status == 401 {}
    wrong.send().expect(429);
    site.get("203.0.113.9").header("Authorization", &format!("Bearer {}", site.key)).send().expect(200);
    site.node.restart();
    log_in(site, evil).expect(200);
}

/// TX-SEC-04: whether a user exists is told neither by an answer, which is the same in every byte, nor by the time that it takes.
#[test]
fn wrong_users_and_wrong_passwords_are_the_same() {
    let site =
        Site::new(&[("TAXII_LIMITS__FAILED_LOGINS__PER_USER", "0"), ("TAXII_LIMITS__FAILED_LOGINS__PER_ADDRESS", "0")]);
    let timed = |user: &str| {
        let request = site.get("192.0.2.1").basic(user, "Wrong.Passw0rd");
        let begun = Instant::now();
        let answer = request.send().expect(401);
        (begun.elapsed(), bare(&answer))
    };
    let expected = timed("soc").1;
    let quartiles = || {
        let (mut known, mut unknown): (Vec<Duration>, Vec<Duration>) = (Vec::new(), Vec::new());
        for round in 0..40 {
            for (user, times) in [("soc", &mut known), (&*format!("nobody-{round}"), &mut unknown)] {
                let (time, answer) = timed(user);
                assert_eq!(answer, expected);
                times.push(time);
            }
        }
        known.sort();
        unknown.sort();
        // Others may be busy on this machine, so the quicker half counts.
        (known[10], unknown[10])
    };
    // What is never the same is different; what is the same once may have been disturbed before.
    let is_same = |(known, unknown): (Duration, Duration)| {
        println!("a wrong password {known:?}, a wrong user {unknown:?}");
        known < unknown * 3 / 2 && unknown < known * 3 / 2
    };
    assert!((0..3).any(|_| is_same(quartiles())));
}

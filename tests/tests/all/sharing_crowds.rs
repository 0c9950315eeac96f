//! Many victims at once, and many participants at once.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stix_model::marking::tlp;
use taxii_tests::house::{House, agreement};
use taxii_tests::http::{Request, TAXII};
use taxii_tests::objects::{CREATED, id, id_of, indicator, relationship, with};

const EVER: &str = "2099-01-01T00:00:00Z";

/// As many as there were sites; fewer where the programs are built for tests: `TEST_TAXII_SITES` says otherwise.
fn sites() -> usize {
    let asked = std::env::var("TEST_TAXII_SITES").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(if cfg!(debug_assertions) { 1_000 } else { 25_000 })
}

fn green(object: Value) -> Value {
    with(object, "object_marking_refs", json!([tlp::GREEN.id().as_str()]))
}

/// A wave of defaced sites: the victims are in a collection that nobody else may read, each with its host; the indicators of the
/// campaign go to the partner, and not one victim. The release is measured: 25,000 within a minute.
#[test]
fn defaced_sites_are_not_published() {
    let mut cert = House::new("cert", &["victims"]);
    let mut partner = House::new("partner", &["feed"]);
    let key = partner.lets_in(&cert, &["--read", "feed", "--write", "feed"]);
    let document = agreement("wave", &cert, &partner, "victims", EVER, "tlp = \"green\"\nprofile = \"technical\"");
    cert.agrees(&document, &[&cert, &partner]);
    cert.node.start();
    partner.node.start();
    let facts: Vec<Value> = (0..5).map(|_| green(indicator())).collect();
    let mut objects = facts.clone();
    for n in 0..sites() {
        let victim = green(json!({
            "type": "identity", "spec_version": "2.1", "id": id("identity"), "created": CREATED, "modified": CREATED,
            "name": format!("Owner {n} of www{n}.defaced.example"), "identity_class": "organization",
        }));
        let seen = green(with(
            relationship(id_of(&facts[n % facts.len()]), id_of(&victim)),
            "relationship_type",
            "related-to",
        ));
        objects.extend([victim, seen]);
    }
    let begun = Instant::now();
    for some in objects.chunks(2_000) {
        cert.post("victims", some);
    }
    let (from, to) = (cert.place("victims"), partner.url("feed"));
    cert.node.admin(&["flow", "add", "out", "--from", &from, "--to", &to, "--agreement", "wave", "--secret", &key]);
    let looked = || cert.flow("out")["counters"]["received"].as_u64().unwrap_or_default();
    while looked() < objects.len() as u64 {
        assert!(begun.elapsed() < Duration::from_secs(900), "{}", cert.told());
        std::thread::sleep(Duration::from_millis(100));
    }
    let took = begun.elapsed();
    partner.has("feed", facts.len());
    assert!(!partner.read("feed").text().contains("defaced"), "no victim");
    println!("{} objects of {} sites were decided about in {took:?}", objects.len(), sites());
    if !cfg!(debug_assertions) {
        assert!(took < Duration::from_secs(60), "{took:?}");
    }
}

/// An exercise: a thousand accounts from a file, and what one of them posts is seen by all. In a release, within two seconds.
#[test]
fn everybody_in_an_exercise_sees_what_one_posts() {
    const PARTICIPANTS: usize = 1_000;
    let mut house = House::new("exercise", &["play"]);
    house.node.admin(&["group", "add", "players", "--title", "Players"]);
    house.node.admin(&["grant", "add", "--group", "players", "play", "--read", "--write"]);
    let lines: String = (0..PARTICIPANTS).map(|n| format!("player-{n},players\n")).collect();
    let file = house.node.folder().write("players.csv", &format!("name,groups\n{lines}"));
    let keys = house.node.folder().file("keys.csv");
    let (file, out) = (file.display().to_string(), keys.display().to_string());
    house.node.admin(&["account", "import", &file, "--secrets", &out]);
    house.node.start();
    let keys = std::fs::read_to_string(&keys).expect("keys");
    let keys: Vec<String> = keys.lines().skip(1).filter_map(|line| Some(line.split_once(',')?.1.to_owned())).collect();
    assert_eq!(keys.len(), PARTICIPANTS);

    let address = house.node.address;
    let request = move |key: &str, method: &str| {
        let request = Request::new(address, method, "/api1/collections/play/objects/").accept(TAXII);
        request.add_header("Authorization", &format!("Bearer {key}"))
    };
    let inject = indicator();
    let (name, begun) = (id_of(&inject).to_owned(), Instant::now());
    let posted =
        request(&keys[0], "POST").json(&json!({"objects": [inject]})).try_send().expect("an answer").expect(202);
    assert_eq!(posted.json()["success_count"], 1);
    let crowds: Vec<_> = keys
        .chunks(PARTICIPANTS / 10)
        .map(|some| {
            let (some, name) = (some.to_vec(), name.clone());
            std::thread::spawn(move || {
                some.iter()
                    .filter(|key| request(key, "GET").try_send().is_ok_and(|page| page.text().contains(&name)))
                    .count()
            })
        })
        .collect();
    let saw: usize = crowds.into_iter().map(|crowd| crowd.join().expect("a crowd")).sum();
    let took = begun.elapsed();
    assert_eq!(saw, PARTICIPANTS, "everybody sees it at once");
    println!("{PARTICIPANTS} participants saw it in {took:?}");
    if !cfg!(debug_assertions) {
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
}

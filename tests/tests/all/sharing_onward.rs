//! What was given may be passed on as far as its giver allows, and no further, though everybody after it shares freely.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stix_model::marking::tlp::{self, Tlp};
use taxii_tests::house::{House, agreement};
use taxii_tests::node::until;
use taxii_tests::objects::{id_of, indicator, with};

const EVER: &str = "2099-01-01T00:00:00Z";

fn marked(tlp: Tlp) -> Value {
    with(indicator(), "object_marking_refs", json!([tlp.id().as_str()]))
}

fn terms(onward: &str) -> String {
    format!("tlp = \"amber\"\nprofile = \"full\"\n{onward}")
}

fn onward(max_hops: usize) -> String {
    terms(&format!("onward = {{ allowed = true, max_hops = {max_hops}, tlp = \"green\" }}"))
}

#[track_caller]
fn has(house: &House, collection: &str, objects: &[&Value]) {
    let mut expected: Vec<String> = objects.iter().map(ToString::to_string).collect();
    expected.sort();
    let begun = Instant::now();
    while house.everything(collection) != expected {
        let left = begun.elapsed() < Duration::from_secs(120);
        assert!(left, "{} has {:#?}\n{}", house.name, house.everything(collection), house.told());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until a flow has looked at so much; then it tells how many it has withheld by this rule.
fn withheld(house: &House, flow: &str, received: usize) -> Value {
    until("everything was looked at", || house.flow(flow)["counters"]["received"] == received);
    house.flow(flow)["counters"]["withheld"].clone()
}

fn pull(at: &House, from: &House, collection: &str, agreement: &str, key: &str) {
    let (name, from, to) = (format!("from-{}", from.name), from.url(collection), at.place("feed"));
    let add = ["flow", "add", &name, "--from", &from, "--to", &to, "--agreement", agreement];
    at.node.admin(&[&add[..], &["--secret", key, "--every", "1s"]].concat());
}

/// What an agreement says of passing on is kept, whatever the next agreement allows: forbidden, nothing leaves; allowed once and up to
/// TLP:GREEN, that leaves once, and who got it so does not pass it on. What is one's own goes on all the time, and what is taken
/// back is taken back as far as it went.
#[test]
fn nothing_goes_further_than_its_giver_allows() {
    let [mut a, mut b, mut c, mut d] =
        [("a", &["feed"][..]), ("b", &["feed", "for-c"]), ("c", &["feed"]), ("d", &["feed"])]
            .map(|(name, collections)| House::new(name, collections));
    let [b_at_a, c_at_b] = [a.lets_in(&b, &[]), b.lets_in(&c, &[])];
    // Whom the agreements let read sees no more than they let leave.
    for (house, partner, collection) in [(&a, "b", "feed"), (&b, "c", "for-c")] {
        house.node.admin(&["organisation", "set", partner, "--clearance", "tlp:amber, pap:green"]);
        house.node.admin(&["collection", "set", collection, "--unmarked", "hidden"]);
    }
    let c_at_d = d.lets_in(&c, &["--read", "feed", "--write", "feed"]);
    let ab = |terms: &str| agreement("ab", &a, &b, "feed", EVER, terms);
    let bc = |max_hops| agreement("bc", &b, &c, "for-c", EVER, &onward(max_hops));
    let forbidden = a.signed(&ab(&terms("")), &[&a, &b]);
    let allowed = a.signed(&ab(&onward(1)), &[&a, &b]);
    let once = b.signed(&bc(1), &[&b, &c]);
    let often = b.signed(&bc(5), &[&b, &c]);
    let cd = c.signed(&agreement("cd", &c, &d, "feed", EVER, &onward(1)), &[&c, &d]);
    for (house, signed) in [(&a, &forbidden), (&b, &forbidden), (&b, &once), (&c, &once), (&c, &cd), (&d, &cd)] {
        house.keeps(signed);
    }
    for house in [&mut a, &mut b, &mut c, &mut d] {
        house.node.start();
    }
    pull(&b, &a, "feed", "ab", &b_at_a);
    let (feed, for_c) = (b.place("feed"), b.place("for-c"));
    b.node.admin(&["flow", "add", "for-c", "--from", &feed, "--to", &for_c, "--agreement", "bc"]);
    pull(&c, &b, "for-c", "bc", &c_at_b);
    let (feed, to) = (c.place("feed"), d.url("feed"));
    c.node.admin(&["flow", "add", "to-d", "--from", &feed, "--to", &to, "--agreement", "cd", "--secret", &c_at_d]);

    let [given, own] = [(); 2].map(|()| marked(tlp::GREEN));
    a.post("feed", std::slice::from_ref(&given));
    has(&b, "feed", &[&given]);
    b.post("feed", std::slice::from_ref(&own));
    has(&c, "feed", &[&own]);
    has(&d, "feed", &[&own]);
    assert_eq!(withheld(&b, "for-c", 2), json!({"onward": 1}), "what may not go on stays");

    // The givers allow it, once and up to a level.
    for house in [&a, &b] {
        house.keeps(&allowed);
    }
    let (green, amber) = (marked(tlp::GREEN), marked(tlp::AMBER));
    a.post("feed", &[green.clone(), amber.clone()]);
    has(&c, "feed", &[&own, &green]);
    assert_eq!(withheld(&b, "for-c", 4), json!({"onward": 2}));
    assert_eq!(withheld(&c, "to-d", 2), json!({"onward": 1}), "not a second time");
    has(&d, "feed", &[&own]);

    // Under an agreement by which the next one could pass it on more often, it does not leave.
    for house in [&b, &c] {
        house.keeps(&often);
    }
    let [late, last] = [(); 2].map(|()| marked(tlp::GREEN));
    a.post("feed", std::slice::from_ref(&late));
    has(&b, "feed", &[&given, &own, &green, &amber, &late]);
    b.post("feed", std::slice::from_ref(&last));
    has(&d, "feed", &[&own, &last]);
    assert_eq!(withheld(&b, "for-c", 6), json!({"onward": 3}));

    // It is taken back.
    a.delete("feed", id_of(&green));
    has(&c, "feed", &[&own, &last]);
    a.delete("feed", id_of(&given));
    until("the deletion was looked at", || b.flow("for-c")["counters"]["withheld"]["deletion"] == 1);
}

/// What a place of one's own has begins here: it comes in whatever its level, and goes to a partner as an agreement says, as if somebody had
/// posted it. What a place of somebody else has was given, and TLP:AMBER goes no further; TLP:RED does not even come in.
#[test]
fn what_is_ones_own_begins_here() {
    let mut ours = House::new("ours", &["raw", "given", "for-them"]);
    let mut them = House::new("them", &["inbox"]);
    let key = them.lets_in(&ours, &["--read", "inbox", "--write", "inbox"]);
    let treaty = agreement("treaty", &ours, &them, "for-them", EVER, &terms("unmarked = \"amber\""));
    ours.agrees(&treaty, &[&ours, &them]);
    let [own, given] = ["own", "given"].map(|folder| {
        let (amber, red) = (marked(tlp::AMBER), marked(tlp::RED));
        let bundle = json!({"type": "bundle", "id": taxii_tests::objects::id("bundle"), "objects": [amber, red]});
        std::fs::create_dir(ours.node.folder().file(folder)).expect("a folder");
        ours.node.folder().write(&format!("{folder}/bundle.json"), &bundle.to_string());
        (format!("folder:{}", ours.node.folder().file(folder).display()), amber, red)
    });
    let [raw, taken, outgoing] = ["raw", "given", "for-them"].map(|alias| ours.place(alias));
    let inbox = them.url("inbox");
    for (name, from, to, more) in [
        ("own", &own.0, &raw, &["--own"][..]),
        ("given", &given.0, &taken, &[]),
        ("own-out", &raw, &outgoing, &["--agreement", "treaty"]),
        ("given-out", &taken, &outgoing, &["--agreement", "treaty"]),
        ("out", &outgoing, &inbox, &["--agreement", "treaty", "--secret", &key]),
    ] {
        ours.node.admin(&[&["flow", "add", name, "--from", from, "--to", to, "--every", "1s"], more].concat());
    }
    ours.node.start();
    them.node.start();
    has(&ours, "raw", &[&own.1, &own.2]);
    has(&ours, "given", &[&given.1]);
    has(&them, "inbox", &[&own.1]);
    assert_eq!(withheld(&ours, "own-out", 2), json!({"tlp": 1}));
    let status = || ours.node.admin(&["flow", "status"]);
    let stays =
        || status().as_array().expect("flows").iter().any(|flow| flow["counters"]["withheld"]["hop-limit"] == 1);
    until("what was given stays", stays);
    has(&them, "inbox", &[&own.1]);
    // What is one's own is taken back by who has it.
    ours.delete("raw", id_of(&own.1));
    has(&them, "inbox", &[]);
    let mut add = ours.node.folder().command(&taxii_tests::programs::server(), &[]);
    add.args(["flow", "add", "x", "--from", &taken, "--to", &raw, "--own", "--agreement", "treaty"]);
    add.env("TAXII_DATABASE", "taxii.db").env("TAXII_SHARING__IDENTITY", &ours.identity);
    taxii_tests::programs::Ran::of(add, "").bad(&["one's own"]);
}

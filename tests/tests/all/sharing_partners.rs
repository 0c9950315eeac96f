//! What partners bring themselves, and two ends that have come apart.

use serde_json::{Value, json};
use stix_model::marking::tlp;
use taxii_tests::house::{House, agreement, ids};
use taxii_tests::node::until;
use taxii_tests::objects::{address, id, id_of, indicator, malware, with};

const EVER: &str = "2099-01-01T00:00:00Z";
const TERMS: &str = "tlp = \"amber\"\nprofile = \"full\"\ntypes = [\"indicator\", \"malware\"]";

fn marked(object: Value, level: tlp::Tlp) -> Value {
    with(object, "object_marking_refs", json!([level.id().as_str()]))
}

fn kept(house: &House, document: &str, parties: &[&House], options: &[&str]) -> Value {
    let file = house.node.folder().write("kept.toml", &house.signed(document, parties)).display().to_string();
    house.node.admin(&[&["agreement", "add", &file, "--yes"], options].concat())
}

/// Every transfer names its agreement, also if a partner comes by itself, with a TAXII client or with a server: what was not agreed
/// does not come in, what came does not go on unless that was agreed, and the report has all of it.
#[test]
fn what_partners_bring_is_under_their_agreement() {
    let mut isac = House::new("isac", &["intake", "for-nation"]);
    let mut police = House::new("police", &["out"]);
    let nation = House::new("nation", &[]);
    let key = isac.lets_in(&police, &[]);
    police.account("clerk", &["--read", "out", "--write", "out"]);
    let bound = |police: &House, isac: &House, onward: &str| {
        agreement("police-isac", police, isac, "out", EVER, &format!("{TERMS}\n{onward}"))
    };
    let silent = bound(&police, &isac, "");
    let granted = kept(&isac, &silent, &[&police, &isac], &["--into", "intake"]);
    assert!(granted["changes"].to_string().contains("police"), "{granted:#}");
    kept(&police, &silent, &[&police, &isac], &[]);
    let further = agreement("isac-nation", &isac, &nation, "for-nation", EVER, "tlp = \"amber\"\nprofile = \"full\"");
    isac.agrees(&further, &[&isac, &nation]);
    let (intake, shared) = (isac.place("intake"), isac.place("for-nation"));
    isac.node.admin(&["flow", "add", "to-nation", "--from", &intake, "--to", &shared, "--agreement", "isac-nation"]);
    isac.node.start();
    police.node.start();

    // With a TAXII client.
    let (taken, secret) = (marked(indicator(), tlp::AMBER), marked(indicator(), tlp::RED));
    let other = marked(address("198.51.100.7"), tlp::GREEN);
    let post = isac.request("police", "POST", "intake", "objects/").json(&json!({"objects": [taken, secret, other]}));
    let status = post.try_send().expect("an answer").expect(202).json();
    assert_eq!((&status["success_count"], &status["failure_count"]), (&json!(1), &json!(2)), "{status:#}");
    let why = status["failures"].to_string();
    assert!(why.contains("tlp: TLP:red is above TLP:amber") && why.contains("agreement-type: "), "{why}");

    // With a server.
    let brought = marked(malware(), tlp::AMBER);
    police.post("out", std::slice::from_ref(&brought));
    let (from, to) = (police.place("out"), isac.url("intake"));
    let push = ["flow", "add", "to-isac", "--from", &from, "--to", &to, "--agreement", "police-isac", "--secret", &key];
    police.node.admin(&push);
    isac.has("intake", 2);

    // Our own goes on, theirs does not.
    let own = marked(indicator(), tlp::AMBER);
    isac.post("intake", std::slice::from_ref(&own));
    isac.has("for-nation", 1);
    until("all of it was looked at", || isac.flow("to-nation")["lag"] == 0);
    let flow = isac.flow("to-nation");
    assert_eq!(
        (&flow["counters"]["withheld"]["onward"], flow["counters"]["added"].as_u64()),
        (&json!(2), Some(1)),
        "{flow:#}"
    );

    let told = || isac.node.admin(&["agreement", "report", "police-isac"]);
    until("both are in the log", || told()["lines"].as_array().is_some_and(|lines| lines.len() == 2));
    let report = told();
    assert_eq!(report["lines"][0]["refused"], json!({"agreement-type": 1, "tlp": 1}), "{report:#}");
    let mut lines: Vec<(String, String, u64)> = Vec::new();
    for line in report["lines"].as_array().expect("lines") {
        assert_eq!(
            (&line["direction"], &line["partner"], &line["to"]),
            (&json!("in"), &json!("police"), &json!(intake))
        );
        assert!(line["terms"][0].as_str().is_some_and(|terms| terms.starts_with("sha256:")), "{line:#}");
        let kind = line["from"].as_str().and_then(|from| from.split(' ').next()).expect("who").to_owned();
        lines.push((kind, line["types"].to_string(), line["objects"].as_u64().expect("a number")));
    }
    let expected = [("account", r#"{"indicator":1}"#, 1), ("server", r#"{"malware":1}"#, 1)];
    assert_eq!(lines, expected.map(|(kind, types, count)| (kind.to_owned(), types.to_owned(), count)), "{report:#}");

    // Once it may go on, it does, when the flow looks again.
    let open = bound(&police, &isac, "onward = { allowed = true, max_hops = 2, tlp = \"amber\" }");
    kept(&isac, &open, &[&police, &isac], &["--into", "intake"]);
    isac.node.admin(&["flow", "pause", "to-nation"]);
    until("nobody runs it", || isac.node.ran(&["flow", "rewind", "to-nation", "--yes"]).code == Some(0));
    isac.node.admin(&["flow", "resume", "to-nation"]);
    isac.has("for-nation", 3);
    assert_eq!(ids(&isac.objects("for-nation"), "malware"), [id_of(&brought)]);

    // What was submitted here is ours to take back, whoever did it; what another server gave is not ours to tell of.
    isac.delete("intake", id_of(&taken));
    isac.delete("intake", id_of(&brought));
    let changes = isac.request("desk", "GET", "intake", "changes/").try_send().expect("an answer").json();
    let gone: Vec<&str> =
        changes["changes"].as_array().expect("changes").iter().filter_map(|one| one["deleted"].as_str()).collect();
    assert_eq!(gone, [id_of(&taken)], "{changes:#}");
    let done = isac.node.ran(&["audit", "export"]).good().out;
    for what in ["kept the agreement police-isac", "let the flow to-nation rest", "let the flow to-nation begin anew"] {
        assert!(done.contains(what), "{what} is in the log");
    }
}

/// Promise 5 for operators: after a mishap, what one end lacks is found by digests and brought, whichever side runs the flow; other content of
/// a version stays out, and can be looked at.
#[test]
fn two_ends_are_compared_and_mended() {
    let mut giver = House::new("giver", &["feed"]);
    let mut taker = House::new("taker", &["feed", "back"]);
    let at_giver = giver.lets_in(&taker, &["--read", "feed"]);
    let at_taker = taker.lets_in(&giver, &["--read", "back", "--write", "back"]);
    let document = agreement(
        "giver-taker",
        &giver,
        &taker,
        "feed",
        EVER,
        "tlp = \"amber\"\nunmarked = \"amber\"\nprofile = \"full\"",
    );
    giver.agrees(&document, &[&giver, &taker]);
    giver.node.start();
    taker.node.start();
    let objects: Vec<Value> = (0..600).map(|_| marked(indicator(), tlp::GREEN)).collect();
    giver.post("feed", &objects);
    let clash = marked(indicator(), tlp::GREEN);
    giver.post("feed", std::slice::from_ref(&clash));
    taker.post("feed", &[with(clash.clone(), "name", json!("other words"))]);
    giver.post("feed", &[marked(indicator(), tlp::RED)]);

    let (from, to) = (giver.url("feed"), taker.place("feed"));
    taker.node.admin(&["flow", "add", "pull", "--from", &from, "--to", &to, "--secret", &at_giver, "--paused"]);
    let (from, to) = (giver.place("feed"), taker.url("back"));
    let push =
        ["flow", "add", "push", "--from", &from, "--to", &to, "--secret", &at_taker, "--agreement", "giver-taker"];
    giver.node.admin(&[push.as_slice(), &["--paused"]].concat());
    let count = |of: &Value, what: &str| of[what].as_array().map(Vec::len);
    for (house, flow, clashes) in [(&taker, "pull", 1), (&giver, "push", 0)] {
        let compared = house.node.admin(&["flow", "compare", flow]);
        let all = 601 - clashes;
        assert_eq!(
            (count(&compared, "missing"), count(&compared, "other_content")),
            (Some(all), Some(clashes)),
            "{flow}"
        );
        let mended = house.node.admin(&["flow", "compare", flow, "--repair"]);
        assert_eq!(mended["done"]["added"].as_u64(), u64::try_from(all).ok(), "{mended:#}");
        let late = marked(indicator(), tlp::GREEN);
        giver.post("feed", std::slice::from_ref(&late));
        let compared = house.node.admin(&["flow", "compare", flow]);
        assert_eq!(compared["missing"][0]["id"], id_of(&late), "{compared:#}");
        assert!(count(&compared, "missing") == Some(1) && compared["questions"].as_u64() < Some(40), "{compared:#}");
        house.node.admin(&["flow", "compare", flow, "--repair"]);
        let compared = house.node.admin(&["flow", "compare", flow]);
        assert_eq!(count(&compared, "missing"), Some(0), "{compared:#}");
        giver.delete("feed", id_of(&late));
    }
    let stays = giver.node.admin(&["flow", "compare", "push"]);
    assert!(stays["withheld"].as_array().is_some_and(|all| !all.is_empty()), "what may not leave is told: {stays:#}");

    // By the flow itself, the clash becomes a conflict, which an operator looks at and settles.
    taker.node.admin(&["flow", "resume", "pull"]);
    until("the pull has come to the end", || {
        taker.flow("pull")["lag"] == 0 || taker.flow("pull")["counters"]["conflicts"] == 1
    });
    let conflicts = taker.node.admin(&["conflict", "list"]);
    assert_eq!((conflicts.as_array().map(Vec::len), &conflicts[0]["id"]), (Some(1), &clash["id"]), "{conflicts:#}");
    let digest = conflicts[0]["digest"].as_str().expect("a digest");
    let shown = taker.node.admin(&["conflict", "show", &digest[..10]]);
    assert_eq!((&shown["there"]["name"], &shown["refused"]), (&json!("other words"), &clash), "{shown:#}");
    taker.node.admin(&["conflict", "settle", digest]);
    assert_eq!(taker.node.admin(&["conflict", "list"]), json!([]));
    assert!(taker.objects("feed").iter().any(|object| object["name"] == "other words"), "what was there stays");
}

/// Nobody speaks for somebody else's server unless an operator says so; who speaks for whom can be seen, and taken back.
#[test]
fn operators_say_who_speaks_for_whom() {
    let mut house = House::new("house", &["feed"]);
    house.account("a", &["--read", "feed", "--write", "feed"]);
    house.account("b", &["--read", "feed", "--write", "feed"]);
    house.node.start();
    let theirs = id("x").trim_start_matches("x--").to_owned();
    let send = |account: &str| {
        let body = json!({"server": theirs, "changes": []}).to_string();
        let request = house.request(account, "POST", "feed", "changes/").body("application/json", body);
        request.try_send().expect("an answer").status
    };
    assert_eq!((send("a"), send("b")), (200, 403));
    let listed = house.node.admin(&["partner", "list"]);
    assert_eq!((&listed[0]["holder"], &listed[0]["server"]), (&json!("account:a"), &json!(theirs)), "{listed:#}");
    house.node.ran(&["partner", "set", "--account", "b", &theirs]).bad(&["somebody else speaks for"]);
    house.node.admin(&["partner", "remove", "--account", "a", "--yes"]);
    house.node.admin(&["partner", "set", "--account", "b", &theirs]);
    assert_eq!((send("a"), send("b")), (403, 200));
    house.node.ran(&["partner", "set", "--account", "nobody", "x"]).bad(&["there is no account nobody"]);
    let log = || house.node.ran(&["audit", "export"]).good().out;
    until("the log tells of it", || log().contains("set-partner") && log().contains("account:b speaks for the server"));
}

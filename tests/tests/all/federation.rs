//! What servers tell each other about a collection: what is taken, from whom, and who sees what; and partners that mean harm.

use serde_json::{Value, json};
use stix_model::marking::tlp;
use taxii_tests::exchange::{Member, came, gone};
use taxii_tests::objects::{address, id_of, indicator, with};

const LATER: &str = "2026-01-01T00:00:00.000Z";

fn member(accounts: &[&str]) -> Member {
    Member::new(&accounts.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
}

fn changes(member: &Member, account: &str) -> Vec<Value> {
    let page = member.get(account, "changes/").expect(200).json();
    assert_eq!(page["more"], false);
    page["changes"].as_array().expect("changes").clone()
}

/// Promise 2: new versions, revocations and deletions follow; the same again changes nothing; other content of a version is kept beside
/// what is there, which stays.
#[test]
fn what_happens_follows() {
    let here = member(&["x"]);
    let clear = |object: Value| with(object, "object_marking_refs", json!([tlp::CLEAR.id().as_str()]));
    let first = clear(indicator());
    let second = with(first.clone(), "modified", json!(LATER));
    let revoked = with(with(first.clone(), "modified", json!("2026-02-01T00:00:00.000Z")), "revoked", json!(true));
    let other = with(second.clone(), "name", json!("somebody else's"));
    let seen = clear(address("198.51.100.1"));
    let x = |object: &Value| came(object, &["x"]);
    for (change, became) in [
        (x(&first), "added"),
        (x(&first), "known"),
        (x(&second), "added"),
        (x(&other), "conflict"),
        (x(&revoked), "added"),
        (x(&seen), "added"),
        (x(&with(seen.clone(), "value", json!("198.51.100.2"))), "added"),
        (x(&seen), "known"),
        (gone(id_of(&first), Some(LATER), &["x"]), "deleted"),
        (gone(id_of(&first), Some(LATER), &["x"]), "known"),
        (x(&second), "refused deleted"),
        (gone(id_of(&seen), None, &["x"]), "deleted"),
        (x(&seen), "refused deleted"),
        (came(&indicator(), &["y", "z", "x"]), "refused hop-limit"),
        (came(&clear(indicator()), &["y", "z", "x"]), "added"),
        (came(&with(indicator(), "object_marking_refs", json!([tlp::RED.id().as_str()])), &["x"]), "refused hop-limit"),
    ] {
        assert_eq!(here.sent("x", "x", &[change.clone()]), [became], "{change}");
    }
    assert_eq!(here.everything().len(), 3);
    // In one request, in its order.
    let third = clear(indicator());
    let all = [x(&third), gone(id_of(&third), None, &["x"]), x(&third), x(&indicator())];
    assert_eq!(here.sent("x", "x", &all), ["added", "deleted", "refused deleted", "added"]);
    let told: Vec<String> =
        changes(&here, "own").iter().filter_map(|one| one["deleted"].as_str().map(str::to_owned)).collect();
    assert_eq!(told, [id_of(&first), id_of(&seen), id_of(&seen), id_of(&third)], "and is told on");
}

/// Promise 3: what goes through a server comes out as it came in, with who has had it.
#[test]
fn texts_pass_through() {
    let here = member(&["x"]);
    let odd = format!(
        "{{ \"type\":\"x-odd\",\"spec_version\":\"2.1\",\"id\":\"x-odd--{}\",\"created\":\"{LATER}\",\"modified\":\"{LATER}\", \"n\": 1.500, \"u\": \"\\u00e9\", \"object_marking_refs\":[\"{}\"]}}",
        uuid::Uuid::new_v4(),
        tlp::CLEAR.id()
    );
    let body = format!(
        "{{\"server\":\"x\",\"changes\":[{{\"object\":{odd},\"origin\":\"w\",\"hops\":3,\"path\":[\"w\",\"x\"]}}]}}"
    );
    let answer = here.request("x", "POST", "changes/").body("application/json", body).try_send().unwrap();
    assert_eq!(answer.json()[0]["outcome"], "added", "{answer}");
    let page = here.get("own", "changes/").expect(200);
    assert!(page.text().contains(&odd), "{page}");
    let change = &page.json()["changes"][0];
    assert_eq!(
        (&change["origin"], &change["hops"], &change["path"]),
        (&json!("w"), &json!(4), &json!(["w", "x", here.server]))
    );
    assert!(changes(&here, "x").is_empty(), "it is not sent back");
}

/// Promise 4: on changes and digests as on objects: nothing of what somebody may not see, nor that it was deleted; what is seen only in
/// part is not passed off as the original.
#[test]
fn changes_show_what_objects_show() {
    let here = member(&["x"]);
    here.node.admin(&["account", "add", "green", "--no-password", "--read", "feed", "--clearance", "tlp:green, any"]);
    let key = here.node.admin(&["credential", "add", "green", "--key"])["secret"].as_str().unwrap().to_owned();
    let marked = |level: &str| with(indicator(), "object_marking_refs", json!([level]));
    let [open, amber, gone] = [tlp::GREEN, tlp::AMBER, tlp::AMBER].map(|level| marked(level.id().as_str()));
    let granular = json!([{"marking_ref": tlp::AMBER.id().as_str(), "selectors": ["name"]}]);
    let part = with(indicator(), "granular_markings", granular);
    here.post(&[open.clone(), amber.clone(), gone.clone(), part.clone()]);
    here.delete(id_of(&gone), "");
    let as_green = |below: &str| {
        let request = here.request("own", "GET", below).header("Authorization", &format!("Bearer {key}"));
        request.try_send().unwrap().expect(200)
    };
    let heard = [as_green("changes/"), as_green("changes/digest/"), as_green("changes/?prefix=")];
    for answer in &heard {
        for hidden in [&amber, &gone, &part] {
            assert!(!answer.text().contains(id_of(hidden)), "{answer}");
        }
        assert!(answer.text().contains(id_of(&open)), "{answer}");
    }
    assert_eq!(changes(&here, "own").len(), 4, "who sees everything is told of all of it");
}

/// Who may not read hears nothing, who may not write changes nothing, and what is asked wrongly is told.
#[test]
fn questions_are_checked() {
    let here = member(&["x"]);
    here.node.admin(&["account", "add", "reader", "--no-password", "--read", "feed"]);
    here.node.admin(&["account", "add", "writer", "--no-password", "--write", "feed"]);
    here.node.admin(&["account", "add", "nobody", "--no-password"]);
    let key = |account: &str| {
        here.node.admin(&["credential", "add", account, "--key"])["secret"].as_str().unwrap().to_owned()
    };
    for (account, read, write) in [("reader", 200, 403), ("writer", 403, 200), ("nobody", 404, 404)] {
        let header = format!("Bearer {}", key(account));
        for below in ["changes/", "changes/digest/"] {
            let answer = here.request("own", "GET", below).header("Authorization", &header).try_send().unwrap();
            assert_eq!(answer.status, read, "{account} {below}: {answer}");
        }
        let body = json!({"server": account, "changes": []}).to_string();
        let send = here.request("own", "POST", "changes/").header("Authorization", &header);
        assert_eq!(send.body("application/json", body).try_send().unwrap().status, write, "{account}");
    }
    for below in ["changes/", "changes/digest/"] {
        assert_eq!(here.request("own", "GET", below).anonymous().try_send().unwrap().status, 401);
    }
    let foreign = here.get("own", "objects/?limit=1").json();
    for (below, status) in [
        ("changes/?limit=0", 400),
        ("changes/?limit=x", 400),
        ("changes/?limit=1&limit=2", 400),
        ("changes/?added_after=2020-01-01T00:00:00Z", 400),
        ("changes/?after=AAAA", 400),
        ("changes/?prefix=xyz", 400),
        ("changes/digest/?prefix=AB", 400),
        ("changes/digest/?after=x", 400),
        ("changes/digest/?prefix=%ff", 400),
        ("changes/other/", 404),
        ("changes/?limit=99999999999999999999", 400),
        ("changes/?limit=1", 200),
    ] {
        assert_eq!(here.get("own", below).status, status, "{below}");
    }
    assert_eq!(here.get("own", &format!("changes/digest/?prefix={}", "a".repeat(65))).status, 400);
    assert!(foreign["next"].is_null());
    let typed = here.request("own", "POST", "changes/").body("application/taxii+json;version=2.1", "{}");
    assert_eq!(typed.try_send().unwrap().status, 415);
    assert_eq!(here.request("own", "DELETE", "changes/").try_send().unwrap().status, 405);
}

/// A partner that means harm: whatever it sends, what is here stays as it is, and others go on.
#[test]
fn partners_that_mean_harm() {
    let here = member(&["good", "bad", "squatter"]);
    let ours = with(indicator(), "object_marking_refs", json!([tlp::CLEAR.id().as_str()]));
    let seen = address("198.51.100.1");
    here.post(&[ours.clone(), seen.clone()]);
    let theirs: Vec<Value> = (0..3).map(|_| with(indicator(), "name", json!("good"))).collect();
    let from_good: Vec<Value> = theirs.iter().map(|object| came(object, &["good"])).collect();
    assert!(here.sent("good", "good", &from_good).iter().all(|outcome| outcome == "added"));
    assert_eq!(here.sent("bad", "bad", &[]), Vec::<String>::new());
    let before = here.everything();

    // Nobody speaks for somebody else, nor for this server.
    for (account, server) in
        [("bad", "good"), ("squatter", "good"), ("squatter", here.server.as_str()), ("bad", "worse")]
    {
        let answer = here.send(account, &json!({"server": server, "changes": [came(&indicator(), &[server])]}));
        assert_eq!(answer.status, 403, "{account} as {server}: {answer}");
    }
    let next = |of: &Value| with(with(of.clone(), "modified", json!(LATER)), "name", json!("forged"));
    let long: Vec<String> = (0..100).map(|n| format!("s{n}")).chain(["bad".to_owned()]).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let mut few_hops = came(&indicator(), &["a", "bad"]);
    few_hops["hops"] = json!(1);
    for (change, became) in [
        // New versions and other contents of what is not theirs.
        (came(&next(&ours), &["bad"]), "refused authority"),
        (came(&next(&theirs[0]), &["bad"]), "refused authority"),
        (came(&next(&ours), &["good", "bad"]), "refused authority"),
        (came(&next(&theirs[0]), &["good", "bad"]), "refused hop-limit"),
        (came(&with(ours.clone(), "name", json!("forged")), &["bad"]), "conflict"),
        (came(&theirs[0], &["bad"]), "known"),
        // Words that are not theirs to say.
        (gone(id_of(&ours), None, &["bad"]), "refused authority"),
        (gone(id_of(&ours), None, &[&here.server, "bad"]), "refused echo"),
        (gone(id_of(&theirs[0]), None, &["bad"]), "refused authority"),
        (gone(id_of(&theirs[0]), None, &["good", "bad"]), "refused authority"),
        (gone(id_of(&theirs[0]), None, &["good"]), "refused provenance"),
        (gone(&"x".repeat(5000), None, &["bad"]), "refused deletion"),
        (gone("url--\u{0}", None, &["bad"]), "refused deletion"),
        (gone("'; DROP TABLE objects; --", Some("?"), &["bad"]), "known"),
        // Ways that cannot be.
        (came(&indicator(), &[&here.server, "bad"]), "refused echo"),
        (came(&indicator(), &["a", &here.server, "bad"]), "refused echo"),
        (came(&indicator(), &["a", "a", "bad"]), "refused provenance"),
        (came(&indicator(), &[&"x".repeat(301), "bad"]), "refused provenance"),
        (came(&indicator(), &["\n", "bad"]), "refused provenance"),
        (came(&indicator(), &long), "refused provenance"),
        (few_hops, "refused provenance"),
        (json!({"object": indicator(), "origin": "a", "hops": 1, "path": ["bad"]}), "refused provenance"),
        (json!({"object": indicator(), "origin": "bad", "hops": 1}), "refused provenance"),
        // Not what it says it is.
        (json!({"object": "text", "origin": "bad", "hops": 1, "path": ["bad"]}), "refused item-json"),
        (json!({"object": {"type": "url"}, "origin": "bad", "hops": 1, "path": ["bad"]}), "refused head-id"),
        (
            json!({"object": indicator(), "deleted": "x", "origin": "bad", "hops": 1, "path": ["bad"]}),
            "refused change-form",
        ),
        (json!({"origin": "bad", "hops": 1, "path": ["bad"]}), "refused change-form"),
        (json!({"object": indicator(), "origin": "bad", "hops": -1, "path": ["bad"]}), "refused change-form"),
        (json!({"object": indicator(), "origin": 7, "hops": 1, "path": "bad"}), "refused change-form"),
        (json!(7), "refused change-form"),
        (json!(null), "refused change-form"),
    ] {
        assert_eq!(here.sent("bad", "bad", &[change.clone()]), [became], "{change}");
    }
    // As many words as one likes about what is not theirs.
    let words: Vec<Value> =
        (0..10_000).map(|n| gone(id_of(&[&ours, &theirs[0], &theirs[1]][n % 3]), None, &["bad"])).collect();
    assert!(here.sent("bad", "bad", &words).iter().all(|outcome| outcome == "refused authority"));
    let words: Vec<Value> = (0..10_000).map(|n| gone(&format!("url--{n}"), None, &["bad"])).collect();
    assert!(here.sent("bad", "bad", &words).iter().all(|outcome| outcome == "known"));

    for body in [
        "",
        "{}",
        "[]",
        "{\"server\":\"bad\",\"changes\":7}",
        "{\"changes\":[]}",
        "\u{feff}{}",
        "{\"server\":\"bad\",\"changes\":[",
        &"[".repeat(100_000),
    ] {
        let answer = here.request("bad", "POST", "changes/").body("application/json", body).try_send().unwrap();
        assert_eq!(answer.status, 422, "{body:.40}: {answer}");
    }
    let many = format!("{{\"server\":\"bad\",\"changes\":[{}1]}}", "1,".repeat(100_000));
    let answer = here.request("bad", "POST", "changes/").body("application/json", many).try_send().unwrap();
    assert_eq!(answer.status, 422, "{answer}");

    assert_eq!(here.everything(), before, "nothing has changed");
    assert!(here.sent("good", "good", &from_good).iter().all(|outcome| outcome == "known"), "others go on");
    let mut here = here;
    here.node.restart();
    assert_eq!(here.everything(), before);
}

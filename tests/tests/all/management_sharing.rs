//! What is shared with others, managed over HTTP: the same as by command.
//!
//! Things come in pairs: what a command does with `one`, a path does with `two`. What is there afterwards, what was told and what the log
//! says may differ in these words only.

use std::net::SocketAddr;

use serde_json::{Value, json};
use stix_model::marking::tlp;
use taxii_tests::free::free_address;
use taxii_tests::house::{House, agreement};
use taxii_tests::http::{Request, Response};
use taxii_tests::node::until;
use taxii_tests::objects::{id, id_of, indicator, with};

const EVER: &str = "2099-01-01T00:00:00Z";
const TERMS: &str = "tlp = \"amber\"\nprofile = \"full\"";

/// A house with a management API, and the key of its administrator `boss`.
struct Managed {
    house: House,
    desk: SocketAddr,
    key: String,
}

impl Managed {
    fn new(name: &str, collections: &[&str]) -> Self {
        let desk = free_address();
        let house = House::with(name, collections, &[("TAXII_MANAGE__BIND", &desk.to_string())]);
        house.node.admin(&["account", "add", "boss", "--admin", "--no-password"]);
        let made = house.node.admin(&["credential", "add", "boss", "--key", "--scope", "manage"]);
        let key = made["secret"].as_str().expect("a key").to_owned();
        Self { house, desk, key }
    }

    fn command(&self, arguments: &[&str]) -> Value {
        self.house.node.admin(arguments)
    }

    fn id_of_collection(&self, alias: &str) -> String {
        self.command(&["collection", "show", alias])["collection"]["id"].as_str().expect("an id").to_owned()
    }

    fn ask(&self, method: &str, path: &str) -> Request {
        Request::new(self.desk, method, path).header("Authorization", &format!("Bearer {}", self.key))
    }

    fn get(&self, path: &str) -> Value {
        self.ask("GET", path).send_unchecked().expect(200).json()
    }

    /// All of a list, which is on one page.
    fn list(&self, path: &str) -> Value {
        let page = self.get(path);
        assert_eq!(page["next"], Value::Null);
        page["items"].clone()
    }

    fn post(&self, path: &str, body: &Value) -> Response {
        self.ask("POST", path).body("application/json", serde_json::to_vec(body).expect("JSON")).send_unchecked()
    }

    /// What the log says was decided about things of this name, in words and by whom.
    fn noted(&self, word: &str) -> Vec<(String, String)> {
        let log = self.house.node.ran(&["audit", "export"]).good().out;
        let records = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("a record"));
        let decided = records.filter(|record| record["action"] == "changed").filter_map(|record| {
            let details: Value = serde_json::from_str(record["details"].as_str()?).ok()?;
            let what = details["what"].as_str()?.to_owned();
            let by = format!("{} {}", record["account"].as_str()?, details["by"].as_str()?);
            what.contains(word).then_some((what, by))
        });
        decided.collect()
    }

    /// The same was noted about `one` as about `two`, with these further words exchanged: by an operator there, by `boss` here.
    #[track_caller]
    fn noted_alike(&self, one: &str, two: &str, more: &[(&str, &str)], times: usize) {
        let (by_command, by_path) = (self.noted(one), self.noted(two));
        let words = |all: &[(String, String)]| all.iter().map(|(what, _)| what.clone()).collect::<Vec<_>>();
        let expected: Vec<String> =
            words(&by_command).iter().map(|what| exchanged(what, &[&[(one, two)], more].concat())).collect();
        assert_eq!(words(&by_path), expected);
        assert_eq!(by_path.len(), times, "{by_path:?}");
        assert!(by_path.iter().all(|(_, by)| by == "boss account"), "{by_path:?}");
        assert!(by_command.iter().all(|(_, by)| by.ends_with(" operator")), "{by_command:?}");
    }
}

fn exchanged(text: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// The same with words exchanged.
fn as_if(value: &Value, words: &[(&str, &str)]) -> Value {
    serde_json::from_str(&exchanged(&value.to_string(), words)).expect("JSON")
}

/// The same without these members.
fn without(mut value: Value, names: &[&str]) -> Value {
    if let Some(members) = value.as_object_mut() {
        names.iter().for_each(|name| drop(members.remove(*name)));
    }
    value
}

fn green(name: &str) -> Value {
    with(with(indicator(), "name", json!(name)), "object_marking_refs", json!([tlp::GREEN.id().as_str()]))
}

/// The paths of agreements do what the commands do: what follows is told before and made after, taken back with the agreement, and
/// noted; a document that is none, or none of ours, changes nothing.
#[test]
fn agreements_are_kept_by_path() {
    let mut isac = Managed::new("isac", &["feed", "intake"]);
    let police = House::new("police", &[]);
    isac.command(&["organisation", "add", "police", "--title", "Police", "--clearance", "tlp:amber, pap:green"]);
    isac.command(&["collection", "set", "feed", "--unmarked", "hidden"]);
    let document = |id: &str| {
        let text = agreement(id, &isac.house, &police, "feed", EVER, TERMS);
        let back = "\n[[exchange]]\nfrom = \"police\"\nto = \"isac\"\ncollection = \"out\"\n";
        isac.house.signed(&format!("{text}{back}"), &[&isac.house, &police])
    };
    let (one, two) = (document("with-one"), document("with-two"));
    let file = isac.house.node.folder().write("one.toml", &one).display().to_string();
    let intake = isac.id_of_collection("intake");
    isac.house.node.start();

    let add = |options: &[&str]| isac.command(&[&["agreement", "add", &file, "--into", "intake"], options].concat());
    let by_command = add(&["--dry-run"]);
    let body = json!({"text": two, "into": intake});
    let by_path = isac.post("/v1/agreements?dry_run=true", &body).expect(200).json();
    let terms = [by_command["terms"].as_str().expect("a digest"), by_path["terms"].as_str().expect("a digest")];
    let twin: &[(&str, &str)] = &[("with-one", "with-two"), (terms[0], terms[1])];
    assert_eq!(as_if(&by_command, twin), by_path);
    assert_eq!(by_path["changes"].as_array().map(Vec::len), Some(2), "{by_path:#}");
    assert_eq!(isac.list("/v1/agreements"), json!([]), "a dry run");
    isac.ask("GET", "/v1/agreements/with-two").send_unchecked().expect(404);

    // By command, and taken back by command.
    let before = isac.command(&["grant", "list"]);
    let added = add(&["--yes"]);
    let grants = isac.command(&["grant", "list"]);
    let shown = isac.command(&["agreement", "show", "with-one"]);
    assert_eq!(isac.list("/v1/agreements"), isac.command(&["agreement", "list"]));
    let removed = isac.command(&["agreement", "remove", "with-one", "--yes"]);
    assert_eq!(isac.command(&["grant", "list"]), before);

    // The same by path.
    assert_eq!(as_if(&added, twin), isac.post("/v1/agreements", &body).expect(200).json());
    assert_eq!(isac.command(&["grant", "list"]), grants);
    assert_ne!(grants, before);
    let answer = isac.ask("GET", "/v1/agreements/with-two").send_unchecked().expect(200);
    let (tag, told) = (answer.header("etag").expect("a tag").to_owned(), answer.json());
    assert_eq!(told, isac.command(&["agreement", "show", "with-two"]));
    let own = &["added", "digest", "text"];
    assert_eq!(without(as_if(&shown, twin), own), without(told.clone(), own));
    assert_eq!(told["text"], two);
    assert_eq!(isac.list("/v1/agreements"), isac.command(&["agreement", "list"]));
    let to = format!("folder:{}", isac.house.node.folder().file("out").display());
    let flow = ["flow", "add", "out", "--from", "collection:api1/feed", "--to", &to, "--agreement", "with-two"];
    isac.command(&[flow.as_slice(), &["--paused"]].concat());
    let delete = |query: &str, tag: &str| {
        isac.ask("DELETE", &format!("/v1/agreements/with-two{query}")).header("If-Match", tag).send_unchecked()
    };
    delete("", &tag).expect(412);
    let tag = isac.ask("GET", "/v1/agreements/with-two").send_unchecked().header("etag").expect("a tag").to_owned();
    let would = delete("?dry_run=true", &tag).expect(200).json();
    assert_eq!((&would["flows"], &would["dry_run"]), (&json!(["out"]), &json!(true)));
    assert_eq!(isac.command(&["grant", "list"]), grants, "a dry run");
    let gone = delete("", &tag).expect(200).json();
    assert_eq!(gone["changes"], removed["changes"]);
    assert_eq!(isac.command(&["grant", "list"]), before);
    isac.ask("DELETE", "/v1/agreements/with-two").send_unchecked().expect(404);

    // Terms are noted of exactly the document; grants stand beside as what they are.
    isac.noted_alike("the agreement with-one", "the agreement with-two", &[(terms[0], terms[1])], 2);
    assert_eq!(isac.noted("police").iter().filter(|(_, by)| by == "boss account").count(), 4);

    let wrong =
        isac.post("/v1/agreements", &json!({"text": two.replace("tlp = \"amber\"", "tlp = \"pink\"")})).expect(422);
    let findings = wrong.json()["findings"].clone();
    assert!(findings.as_array().is_some_and(|all| all.iter().any(|one| one["pointer"] == "/text")), "{findings}");
    isac.post("/v1/agreements", &json!({"text": two, "into": id("x").trim_start_matches("x--")})).expect(422);
    let others = two.replace(&isac.house.identity, &id("identity"));
    let foreign = isac.post("/v1/agreements", &json!({"text": others})).expect(422).json();
    assert!(foreign["detail"].as_str().is_some_and(|why| why.contains("sharing.identity")), "{foreign}");
    assert_eq!(isac.list("/v1/agreements"), json!([]));
}

/// The paths of flows do what the commands do: a flow goes on, rests, begins anew once nobody runs it, and goes; how it is and what
/// was decided about it is told alike, and noted alike. The report of what went is the same.
#[test]
fn flows_are_led_by_path() {
    let mut isac = Managed::new("isac", &["feed"]);
    let police = House::new("police", &[]);
    isac.house.lets_in(&police, &["--read", "feed"]);
    isac.house.agrees(&agreement("isac-police", &isac.house, &police, "feed", EVER, TERMS), &[&isac.house, &police]);
    for name in ["one", "two"] {
        let folder = isac.house.node.folder().file(name).display().to_string();
        let to = format!("folder:{folder}");
        std::fs::create_dir_all(&folder).expect("a folder");
        let add = ["flow", "add", name, "--from", "collection:api1/feed", "--to", &to, "--agreement", "isac-police"];
        isac.command(&[add.as_slice(), &["--paused"]].concat());
    }
    isac.house.node.start();
    isac.house.post("feed", &[green("a"), green("b"), green("c")]);
    let twin: &[(&str, &str)] = &[("one", "two")];
    let own = &["last_success"];
    let status = |name: &str| isac.get(&format!("/v1/flows/{name}/status"));
    let alike = |phase: &str, added: u64| {
        until("both are alike", || {
            let all = [status("one"), status("two")];
            all.iter()
                .all(|one| one["phase"] == phase && one["counters"]["added"] == added && one["lag"] == 3 - added.min(3))
        });
        assert_eq!(without(status("two"), own), without(isac.house.flow("two"), own));
        assert_eq!(isac.get("/v1/flows/two"), isac.command(&["flow", "show", "two"]));
        assert_eq!(as_if(&isac.get("/v1/flows/one"), twin), isac.get("/v1/flows/two"));
        assert_eq!(isac.list("/v1/flows").as_array().map(Vec::len), Some(2));
    };
    let lead = |word: &str, options: &[&str]| {
        let by_command = isac.command(&[&["flow", word, "one"], options].concat());
        let by_path = isac.ask("POST", &format!("/v1/flows/two/{word}")).send_unchecked().expect(200).json();
        assert_eq!(as_if(&by_command, twin), by_path);
    };
    alike("paused", 0);
    lead("resume", &[]);
    alike("running", 3);
    let busy = isac.ask("POST", "/v1/flows/two/rewind").send_unchecked().expect(409);
    assert_eq!(
        (busy.json()["type"].as_str(), busy.header("retry-after")),
        (Some("urn:taxii-server:problem:under-way"), Some("10"))
    );
    lead("pause", &[]);
    alike("paused", 3);
    until("nobody runs one", || isac.house.node.ran(&["flow", "rewind", "one", "--yes"]).code == Some(0));
    until("nobody runs two", || isac.ask("POST", "/v1/flows/two/rewind").send_unchecked().status == 200);
    until("both are at the beginning", || ["one", "two"].iter().all(|name| status(name)["lag"] == 3));
    for name in ["one", "two"] {
        assert_eq!((&status(name)["cursor"], &status(name)["phase"]), (&Value::Null, &json!("paused")));
    }

    // What went, and what the partner fetched itself.
    let fetched = isac.house.request("police", "GET", "feed", "objects/").try_send().expect("an answer").expect(200);
    assert_eq!(fetched.json()["objects"].as_array().map(Vec::len), Some(3));
    let feed = isac.id_of_collection("feed");
    let told = || isac.command(&["agreement", "report", "isac-police"]);
    until("it is in the log", || told()["readers"].as_array().is_some_and(|all| !all.is_empty()));
    let by_path = isac.get("/v1/agreements/isac-police/report");
    assert_eq!(as_if(&told(), &[("\"api1/feed\"", &format!("\"{feed}\""))]), by_path);
    assert_eq!(by_path["lines"].as_array().map(Vec::len), Some(2), "{by_path:#}");
    assert_eq!(by_path["lines"][0]["objects"], 3);
    let before = isac.get("/v1/agreements/isac-police/report?until=2020-01-01T00:00:00Z");
    assert_eq!((&before["lines"], &before["readers"]), (&json!([]), &json!([])));
    isac.ask("GET", "/v1/agreements/isac-police/report?since=x").send_unchecked().expect(400);

    let shown = isac.ask("GET", "/v1/flows/two").send_unchecked().expect(200);
    let delete = |tag: &str| isac.ask("DELETE", "/v1/flows/two").header("If-Match", tag).send_unchecked();
    delete("\"other\"").expect(412);
    isac.command(&["flow", "remove", "one", "--yes"]);
    delete(shown.header("etag").expect("a tag")).expect(204);
    assert_eq!(isac.command(&["flow", "list"]), json!([]));
    for (method, path) in [
        ("GET", "/v1/flows/two"),
        ("GET", "/v1/flows/two/status"),
        ("POST", "/v1/flows/two/pause"),
        ("POST", "/v1/flows/two/resume"),
        ("POST", "/v1/flows/two/rewind"),
        ("DELETE", "/v1/flows/two"),
    ] {
        isac.ask(method, path).send_unchecked().expect(404);
    }
    let done = |name: &str| -> Vec<(String, String)> {
        isac.noted(&format!("the flow {name}")).into_iter().filter(|(what, _)| !what.starts_with("added")).collect()
    };
    let (by_command, by_path) = (done("one"), done("two"));
    let words = |all: &[(String, String)]| all.iter().map(|(what, _)| exchanged(what, twin)).collect::<Vec<_>>();
    assert_eq!(words(&by_command), words(&by_path));
    assert_eq!(by_path.len(), 4, "{by_path:?}");
    assert!(by_path.iter().all(|(_, by)| by == "boss account"), "{by_path:?}");
}

/// Who speaks for whom and what was refused is told by path as by command, over every kind of store; and settled or taken back by path,
/// it is gone for the commands as well.
#[test]
fn partners_and_conflicts_are_seen_by_path() {
    let mut isac = Managed::new("isac", &["feed"]);
    for name in ["one", "two"] {
        isac.house.account(name, &["--read", "feed", "--write", "feed"]);
    }
    isac.house.node.start();
    let server = |n: u32| format!("00000000-0000-4000-8000-00000000000{n}");
    isac.command(&["partner", "set", "--account", "one", &server(1)]);
    let put = |path: &str, server: &str| {
        let body = serde_json::to_vec(&json!({"server": server})).expect("JSON");
        isac.ask("PUT", path).body("application/json", body).send_unchecked()
    };
    put("/v1/partners/account/two", &server(1)).expect(409);
    put("/v1/partners/account/two", &server(2)).expect(200);
    assert_eq!(isac.list("/v1/partners"), isac.command(&["partner", "list"]));
    isac.command(&["partner", "remove", "--account", "one", "--yes"]);
    isac.ask("DELETE", "/v1/partners/account/two").send_unchecked().expect(204);
    isac.ask("DELETE", "/v1/partners/account/two").send_unchecked().expect(404);
    assert_eq!(isac.command(&["partner", "list"]), json!([]));
    isac.noted_alike("account:one", "account:two", &[(&server(1), &server(2))], 2);

    let there = [green("a"), green("b")];
    isac.house.post("feed", &there);
    let theirs = server(3);
    let changes: Vec<Value> = there
        .iter()
        .map(|object| json!({"object": with(object.clone(), "name", json!("other words")), "origin": theirs, "hops": 1, "path": [theirs]}))
        .collect();
    let body = json!({"server": theirs, "changes": changes}).to_string();
    let sent = isac.house.request("one", "POST", "feed", "changes/").body("application/json", body);
    sent.try_send().expect("an answer").expect(200);
    let feed = isac.id_of_collection("feed");
    let names: &[(&str, &str)] = &[("\"api1/feed\"", &format!("\"{feed}\""))];
    let listed = isac.command(&["conflict", "list"]);
    assert_eq!(isac.list("/v1/conflicts"), as_if(&listed, names));
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed:#}");
    let digest = |object: &Value| {
        let of =
            listed.as_array().and_then(|all| all.iter().find(|one| one["id"] == id_of(object))).expect("a conflict");
        of["digest"].as_str().expect("a digest").to_owned()
    };
    let (one, two) = (digest(&there[0]), digest(&there[1]));
    let at = format!("/v1/conflicts/{}", &two[..12]);
    let shown = isac.get(&at);
    assert_eq!(shown, as_if(&isac.command(&["conflict", "show", &two]), names));
    assert_eq!((&shown["there"]["name"], &shown["refused"]["name"]), (&json!("b"), &json!("other words")));
    isac.command(&["conflict", "settle", &one]);
    isac.ask("DELETE", &at).send_unchecked().expect(204);
    assert_eq!(isac.command(&["conflict", "list"]), json!([]));
    isac.ask("GET", &at).send_unchecked().expect(404);
    let version = |object: &Value| object["modified"].as_str().expect("a version").to_owned();
    let more = (version(&there[0]), version(&there[1]));
    isac.noted_alike(id_of(&there[0]), id_of(&there[1]), &[(&more.0, &more.1)], 1);

    // Nobody else learns that there is anything.
    for path in ["/v1/agreements", "/v1/flows", "/v1/partners", "/v1/conflicts"] {
        let request =
            |key: &str| Request::new(isac.desk, "GET", path).header("Authorization", &format!("Bearer {key}"));
        request("wrong").send_unchecked().expect(401);
        let made = isac.command(&["credential", "add", "two", "--key"]);
        request(made["secret"].as_str().expect("a key")).send_unchecked().expect(404);
        let reads = isac.command(&["credential", "add", "boss", "--key", "--scope", "read"]);
        request(reads["secret"].as_str().expect("a key")).send_unchecked().expect(404);
    }
}

//! The management API of the program, over the wire.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use taxii_tests::http::{Request, Response, TAXII};
use taxii_tests::objects::{envelope, id_of, indicators};
use taxii_tests::programs::{Folder, Running, server};

/// Where the management API listens.
fn managing(running: &Running) -> SocketAddr {
    let line = running.lines.recv_timeout(Duration::from_secs(60)).expect("another line");
    let address = line.strip_prefix("Managing on http://").and_then(|rest| rest.strip_suffix("/v1/"));
    address.expect("an address").parse().expect("an address")
}

/// Where it is switched on, an administrator's key with the right to manage and nothing else gets in, what is changed counts for the
/// TAXII side at once and stands in the log, the main listener knows nothing of it, and it ends in order with the server.
#[test]
fn administrators_manage_over_http() {
    let folder = Folder::new();
    folder.admin(&["account", "add", "boss", "--admin", "--no-password"]);
    let made = folder.admin(&["credential", "add", "boss", "--key", "--scope", "manage"]);
    let key = made["secret"].as_str().expect("a key").to_owned();
    folder.write("taxii-server.toml", "[manage]\nbind = \"127.0.0.1:0\"\n");
    let running = folder.serve(&[]);
    let desk = managing(&running);
    let ask = |origin, method: &str, path: &str, key: &str| {
        Request::new(origin, method, path).header("Authorization", &format!("Bearer {key}"))
    };
    Request::new(desk, "GET", "/v1/accounts").send_unchecked().expect(401);
    ask(desk, "GET", "/v1/accounts", "wrong").send_unchecked().expect(401);
    assert_eq!(
        ask(desk, "GET", "/taxii2/", &key).send_unchecked().expect(404).header("content-type"),
        Some("application/problem+json")
    );
    ask(running.origin, "GET", "/v1/accounts", &key).send_unchecked().expect(404);

    let post = |path: &str, body: &serde_json::Value| {
        ask(desk, "POST", path, &key).body("application/json", serde_json::to_vec(body).expect("JSON")).send_unchecked()
    };
    post("/v1/roots", &json!({"name": "api1", "title": "One", "default": true})).expect(201);
    post("/v1/collections", &json!({"root": "api1", "alias": "c", "title": "C"})).expect(201);
    post("/v1/accounts", &json!({"name": "soc"})).expect(201);
    let reader = post("/v1/accounts/soc/credentials", &json!({"kind": "key"})).expect(201).json();
    let reader = reader["secret"].as_str().expect("a secret").to_owned();
    let page = |status| {
        let request = ask(running.origin, "GET", "/api1/collections/c/objects/", &reader);
        request.accept("application/taxii+json;version=2.1").send_unchecked().expect(status);
    };
    page(404);
    let grant = ask(desk, "PUT", "/v1/grants/account/soc/root/api1", &key);
    grant
        .body("application/json", br#"{"rights": {"list": true, "read": true}}"#.to_vec())
        .send_unchecked()
        .expect(200);
    page(200);
    let shown = ask(desk, "GET", "/v1/accounts/soc", &key).send_unchecked().expect(200);
    let late = ask(desk, "DELETE", "/v1/accounts/soc", &key).header("If-Match", "\"other\"").send_unchecked();
    late.expect(412);
    let tag = shown.header("etag").expect("a tag").to_owned();
    ask(desk, "DELETE", "/v1/accounts/soc", &key).header("If-Match", &tag).send_unchecked().expect(204);
    let log = ask(desk, "GET", "/v1/audit/records", &key).send_unchecked().expect(200);
    assert!(log.text().contains("remove account soc") && !log.text().contains(&reader), "{}", log.text());
    running.stop();
    let printed = folder.run(&server(), &["manage", "openapi"]).good().json();
    assert_eq!(printed["openapi"], "3.1.1");
    let open = folder.run(&server(), &["serve", "--bind", "127.0.0.1:0", "--config", "open.toml"]);
    open.bad(&["open.toml"]);
    folder.write("open.toml", "[manage]\nbind = \"0.0.0.0:0\"\n");
    folder.run(&server(), &["config", "check", "--config", "open.toml"]).bad(&["without TLS"]);
}

/// A server that is managed, with the key of the administrator `boss`.
struct Managed {
    folder: Folder,
    running: Running,
    desk: SocketAddr,
    key: String,
}

impl Managed {
    fn new() -> Self {
        let folder = Folder::new();
        folder.admin(&["account", "add", "boss", "--admin", "--no-password"]);
        let made = folder.admin(&["credential", "add", "boss", "--key"]);
        folder.write("taxii-server.toml", "sweep_minutes = 0\n[manage]\nbind = \"127.0.0.1:0\"\n");
        let running = folder.serve(&[]);
        let desk = managing(&running);
        Self { folder, running, desk, key: made["secret"].as_str().expect("a key").to_owned() }
    }

    fn ask(&self, origin: SocketAddr, method: &str, path: &str) -> Request {
        Request::new(origin, method, path).header("Authorization", &format!("Bearer {}", self.key))
    }

    fn get(&self, path: &str) -> Value {
        self.ask(self.desk, "GET", path).send_unchecked().expect(200).json()
    }

    fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        let body = serde_json::to_vec(body).expect("JSON");
        self.ask(self.desk, "POST", path).body("application/json", body).send_unchecked().expect(status).json()
    }

    fn export(&self) -> String {
        self.folder.run(&server(), &["export"]).good().out
    }
}

/// Whoever was granted to manage a collection sees and changes what is decided about it, and who polls it, and learns of nothing else, not
/// even that there is something to ask for; neither does a key whose scope leaves that right out. What it does stands in the log.
#[test]
fn who_manages_a_collection_manages_that_one() {
    let one = Managed::new();
    one.folder.admin(&["root", "add", "api1", "--title", "One", "--default"]);
    let add = |alias: &str| one.folder.admin(&["collection", "add", "api1", alias, "--title", alias])["id"].clone();
    let (own, other) = (add("own"), add("other"));
    let (own, other) = (own.as_str().expect("an id"), other.as_str().expect("an id"));
    one.folder.admin(&["account", "add", "keeper", "--no-password"]);
    one.folder.admin(&["grant", "set", "keeper", "own", "--read", "--manage"]);
    one.folder.admin(&["grant", "set", "keeper", "other", "--read", "--write"]);
    let key = |scope: &[&str]| {
        let made = one.folder.admin(&[&["credential", "add", "keeper", "--key"], scope].concat());
        made["secret"].as_str().expect("a key").to_owned()
    };
    let (key, reader) = (key(&[]), key(&["--scope", "read"]));
    let ask = |key: &str, method: &str, path: &str| {
        Request::new(one.desk, method, path).header("Authorization", &format!("Bearer {key}"))
    };
    let paths = [
        format!("/v1/collections/{own}"),
        format!("/v1/audit/lag?collection={own}"),
        format!("/v1/collections/{own}/sweep?dry_run=true"),
    ];
    for (path, method) in paths.iter().zip(["GET", "GET", "POST"]) {
        ask(&key, method, path).send_unchecked().expect(200);
        ask(&reader, method, path).send_unchecked().expect(404);
        ask(&key, method, &path.replace(own, other)).send_unchecked().expect(404);
        ask("wrong", method, path).send_unchecked().expect(401);
    }
    let said = |answer: &Response| answer.json()["detail"].clone();
    let hidden = said(&ask(&key, "GET", "/v1/no/such/path").send_unchecked().expect(404));
    for (method, path) in [
        ("GET", "/v1/collections".to_owned()),
        ("GET", "/v1/audit/lag".to_owned()),
        ("GET", format!("/v1/audit/lag?collection={own}&collection={other}")),
        ("GET", "/v1/audit/records".to_owned()),
        ("GET", "/v1/grants".to_owned()),
        ("DELETE", format!("/v1/collections/{own}")),
        ("PUT", format!("/v1/grants/account/keeper/collection/{own}")),
        ("GET", format!("/v1/explain?account=keeper&collection={own}")),
    ] {
        let answer = ask(&key, method, &path).send_unchecked();
        assert_eq!((answer.status, said(&answer)), (404, hidden.clone()), "{method} {path}");
    }
    let change = ask(&key, "PATCH", &paths[0]).body("application/merge-patch+json", br#"{"title": "Mine"}"#.to_vec());
    assert_eq!(change.send_unchecked().expect(200).json()["title"], "Mine");
    let log = one.ask(one.desk, "GET", "/v1/audit/activity?account=keeper").send_unchecked().expect(200);
    assert!(log.text().contains("changed"), "{}", log.text());
    let statistics = |key: &str| {
        let request = Request::new(one.running.origin, "GET", "/taxii2/collections/statistics/");
        request.header("Authorization", &format!("Bearer {key}")).send_unchecked()
    };
    let counted = statistics(&key).expect(200).json();
    let counted: Vec<_> = counted["collections"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
    assert_eq!(counted, [own]);
    statistics(&reader).expect(404);
}

/// What a command answers as JSON is what its path answers, since both go the same way: why somebody may and sees something, what a file
/// would change and what is lost with it, what would be swept; what one server tells of itself makes another one the same.
#[test]
fn paths_and_commands_answer_the_same() {
    let one = Managed::new();
    one.folder.admin(&["root", "add", "api1", "--title", "One", "--default"]);
    let kept = one.folder.admin(&["collection", "add", "api1", "kept", "--title", "Kept"]);
    let kept = kept["id"].as_str().expect("an id");
    one.folder.admin(&["organisation", "add", "acme", "--title", "ACME", "--clearance", "tlp:green"]);
    one.folder.admin(&["account", "add", "soc", "--organisation", "acme", "--no-password"]);
    one.folder.admin(&["grant", "add", "soc", "kept", "--read"]);
    one.folder.admin(&["credential", "add", "soc", "--key", "--scope", "write"]);
    let objects = indicators(9);
    let post = one.ask(one.running.origin, "POST", "/api1/collections/kept/objects/").accept(TAXII);
    post.json(&envelope(&objects)).send().expect(202);

    let explained = one.get(&format!("/v1/explain?account=soc&collection={kept}"));
    assert_eq!(explained, one.folder.admin(&["explain", "soc", "kept"]));
    assert_eq!((&explained["rights"]["read"], &explained["clearance"]), (&json!(true), &json!("tlp:green")));
    let seen = one.get(&format!("/v1/explain?account=soc&collection={kept}&object={}", id_of(&objects[0])));
    assert_eq!(seen, one.folder.admin(&["explain", "soc", "kept", id_of(&objects[0])]));
    assert_eq!(seen["versions"].as_array().map(Vec::len), Some(1));

    one.folder.write(
        "state.toml",
        "[[groups]]\nname = \"cert\"\ntitle = \"CERT\"\n[[accounts]]\nname = \"boss\"\nadmin = true\n",
    );
    let wanted = json!({"groups": [{"name": "cert", "title": "CERT"}], "accounts": [{"name": "boss", "admin": true}]});
    for (options, query) in [(&["--dry-run"][..], ""), (&["--dry-run", "--prune"], "&prune=true")] {
        let told = one.folder.admin(&[&["apply", "-f", "state.toml"], options].concat());
        assert_eq!(one.post(&format!("/v1/state?dry_run=true{query}"), &wanted, 200), told);
        assert_eq!(told["objects_removed"], if query.is_empty() { 0 } else { 9 });
    }
    one.post("/v1/state?prune=true", &wanted, 409);

    one.folder.admin(&["collection", "set", "kept", "--keep-objects", "4"]);
    let sweep = |query: &str| one.ask(one.desk, "POST", &format!("/v1/collections/{kept}/sweep{query}"));
    let due = one.folder.admin(&["collection", "sweep", "kept", "--dry-run"]);
    let told = sweep("?dry_run=true").send_unchecked().expect(200).json();
    assert_eq!((&due[0]["surplus"], &told["surplus"]["objects"]), (&json!(5), &json!(5)));
    let swept = sweep("").send_unchecked().expect(200).json();
    assert_eq!((&swept["surplus"]["objects"], &swept["more"]), (&json!(5), &json!(false)));
    let rest = one.folder.admin(&["collection", "sweep", "kept"]);
    assert_eq!(rest[0]["surplus"]["objects"], 0, "{rest}");
    let did = one.folder.admin(&["audit", "what-did", "boss"]);
    assert!(did.as_array().expect("a list").iter().any(|one| one["action"] == "swept"), "{did}");

    let other = Managed::new();
    other.post("/v1/state?prune=true&confirm=true", &one.get("/v1/state"), 200);
    assert_eq!(other.export(), one.export());
}

//! The management API of the program, over the wire.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;
use taxii_tests::http::Request;
use taxii_tests::programs::{Folder, server};

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
    let line = running.lines.recv_timeout(Duration::from_secs(60)).expect("another line");
    let address =
        line.strip_prefix("Managing on http://").and_then(|rest| rest.strip_suffix("/v1/")).expect("an address");
    let desk: SocketAddr = address.parse().expect("an address");
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

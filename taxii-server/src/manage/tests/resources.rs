use super::*;

/// Promise 4: whoever is no administrator learns nothing: without credentials or with wrong ones it is 401, with those of somebody else
/// 404, whatever the path, the method and the body are. An administrator's credential has to be one for everything, or one with the right
/// to manage that is not for some collections only.
#[actix_web::test]
async fn only_administrators_get_in() {
    let desk = Desk::new().await;
    let rights = |manage| Rights { manage, ..Rights::default() };
    let scoped = |secret: &str, scope: Scope| Credential { scope, ..key("root", secret) };
    let some = Some(std::iter::once(uuid::Uuid::new_v4()).collect());
    for (secret, scope) in [
        ("manages", Scope { rights: rights(true), collections: None }),
        ("reads", Scope { rights: Rights { read: true, ..Rights::default() }, collections: None }),
        ("manages-one", Scope { rights: rights(true), collections: some }),
    ] {
        desk.store.add_credential(&scoped(secret, scope)).await.unwrap();
    }
    let disabled = Account { admin: true, enabled: false, ..Account::new("gone") };
    desk.store.add_account(&disabled).await.unwrap();
    desk.store.add_credential(&key("gone", "gone")).await.unwrap();
    let other =
        Credential { scope: Scope { rights: rights(true), collections: None }, ..key("other", "other-manages") };
    desk.store.add_credential(&other).await.unwrap();
    for (method, path) in [
        ("GET", "/v1/accounts"),
        ("GET", "/v1/nothing"),
        ("PURGE", "/v1/roots"),
        ("POST", "/v1/changes"),
        ("GET", "/v1/openapi.json"),
    ] {
        desk.send(asking(method, path), method, path).await.is(401);
        desk.send(asking(method, path).insert_header(("authorization", "Negotiate x")), method, path).await.is(401);
        for (key, status) in
            [("nobody", 401), ("gone", 401), (OTHER, 404), ("other-manages", 404), ("reads", 404), ("manages-one", 404)]
        {
            let answer = desk.call_as(key, method, path, json!({"nonsense": 1}), None).await.is(status);
            assert!(!answer.text.contains("operationId"), "{answer:?}");
            assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401);
        }
    }
    for key in [KEY, "manages"] {
        desk.call_as(key, "GET", "/v1/accounts", Value::Null, None).await.is(200);
        desk.call_as(key, "GET", "/v1/partners", Value::Null, None).await.is(200);
    }
    // Whatever there is, and whatever comes to be: nobody can tell it from what is not there.
    let nothing = desk.call_as(OTHER, "GET", "/v1/nothing", Value::Null, None).await.is(404).json();
    for row in crate::manage::route::ROUTES {
        let path: Vec<&str> = row.path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
        let path = path.join("/");
        desk.send(asking(row.method, &path), row.method, &path).await.is(401);
        for key in [OTHER, "other-manages", "reads", "manages-one"] {
            let told = desk.call_as(key, row.method, &path, json!({"nonsense": 1}), None).await.is(404).json();
            assert_eq!((&told["detail"], &told["title"]), (&nothing["detail"], &nothing["title"]), "{told}");
        }
    }
}

/// One kind of things: where they are, one to add, what names it, and a change.
struct Kind {
    path: &'static str,
    new: Value,
    at: &'static str,
    patch: Value,
}

fn kinds() -> [Kind; 5] {
    [
        Kind {
            path: "/v1/roots",
            new: json!({"name": "trust/group1", "title": "A"}),
            at: "/v1/roots/trust%2Fgroup1",
            patch: json!({"title": "B", "description": "more"}),
        },
        Kind {
            path: "/v1/collections",
            new: json!({"root": "api1", "alias": "c", "title": "C", "id": "7b0ac5a2-7f4c-4d0c-9a29-0c1d6c5f0001"}),
            at: "/v1/collections/7b0ac5a2-7f4c-4d0c-9a29-0c1d6c5f0001",
            patch: json!({"retention": {"keep_days": 30}, "anonymous_read": true}),
        },
        Kind {
            path: "/v1/organisations",
            new: json!({"name": "cert é", "title": "A"}),
            at: "/v1/organisations/cert%20%C3%A9",
            patch: json!({"clearance": "tlp:amber, any", "enabled": false}),
        },
        Kind {
            path: "/v1/groups",
            new: json!({"name": "g", "title": "A"}),
            at: "/v1/groups/g",
            patch: json!({"title": "B"}),
        },
        Kind {
            path: "/v1/accounts",
            new: json!({"name": "soc"}),
            at: "/v1/accounts/soc",
            patch: json!({"client": "misp", "admin": true}),
        },
    ]
}

/// Everything with a name of its own is added, shown, listed, changed and removed in the same way; of two administrators who have read the
/// same, one changes it and the other is told.
#[actix_web::test]
async fn things_live_from_being_added_to_being_removed() {
    let desk = Desk::new().await;
    desk.call("POST", "/v1/roots", json!({"name": "api1", "title": "One", "default": true})).await.is(201);
    for Kind { path, new, at, patch } in kinds() {
        desk.get(at).await.is(404);
        let made = desk.call("POST", path, new.clone()).await.is(201);
        assert_eq!(made.headers["location"], at);
        let again = desk.call("POST", path, new.clone()).await.is(409);
        assert_eq!(again.json()["type"], "urn:taxii-server:problem:taken");
        let shown = desk.get(at).await.is(200);
        assert_eq!((shown.json(), shown.tag()), (made.json(), made.tag()));
        assert!(desk.get(path).await.is(200).json()["items"].as_array().unwrap().contains(&shown.json()));

        let first = desk.call_as(KEY, "PATCH", at, patch.clone(), Some(shown.tag())).await.is(200);
        assert_ne!(first.tag(), shown.tag());
        for (method, body) in [("PATCH", patch.clone()), ("PUT", shown.json()), ("DELETE", Value::Null)] {
            let late = desk.call_as(KEY, method, at, body, Some(shown.tag())).await.is(412);
            assert!(late.json()["detail"].as_str().unwrap().contains("Read it again"));
        }
        let mut expected = shown.json();
        crate::manage::body::merge(&mut expected, patch);
        for (name, value) in expected.as_object().unwrap() {
            match value {
                Value::Object(members) => {
                    members.iter().for_each(|(inner, value)| assert_eq!(&first.json()[name][inner], value));
                }
                value => assert_eq!(&first.json()[name], value, "{path} {name}"),
            }
        }
        assert_eq!(desk.call_as(KEY, "PUT", at, shown.json(), Some("\"x\", *")).await.is(200).json(), shown.json());
        let request = asking("GET", at).insert_header(("authorization", format!("Bearer {KEY}")));
        desk.send(request.insert_header(("if-none-match", format!("W/{}", shown.tag()))), "GET", at).await.is(304);
        desk.call_as(KEY, "DELETE", at, Value::Null, Some(shown.tag())).await.is(204);
        desk.call("DELETE", at, Value::Null).await.is(404);
        desk.call("PATCH", at, json!({})).await.is(404);
    }
}

/// Names stay what they are, and every member that nobody knows is told, with where it is.
#[actix_web::test]
async fn what_is_wrong_is_told_with_its_place() {
    let desk = Desk::new().await;
    desk.call("POST", "/v1/roots", json!({"name": "api1", "title": "One"})).await.is(201);
    for (method, path, body, pointers) in [
        ("PATCH", "/v1/roots/api1", json!({"name": "api2"}), vec!["/name"]),
        ("PUT", "/v1/roots/api1", json!({"name": "api1"}), vec!["/title", "/max_content_length", "/default"]),
        ("POST", "/v1/roots", json!({"name": "collections", "title": "x"}), vec!["/name"]),
        ("POST", "/v1/roots", json!({"name": "health", "title": "x"}), vec!["/name"]),
        ("POST", "/v1/roots", json!({"titel": "x", "name": 1}), vec!["/name", "/titel"]),
        ("POST", "/v1/collections", json!({"root": "api1", "title": "x", "alias": "a/b"}), vec!["/alias"]),
        ("POST", "/v1/collections", json!({"root": "api1", "title": "x", "id": uuid::Uuid::nil()}), vec!["/id"]),
        (
            "POST",
            "/v1/collections",
            json!({"root": "api1", "title": "x", "spec_versions": ["2.1", "2.0"]}),
            vec!["/spec_versions"],
        ),
        (
            "POST",
            "/v1/collections",
            json!({"root": "api1", "title": "x", "retention": {"keep_days": 0, "x": 1}}),
            vec!["/retention/keep_days", "/retention/x"],
        ),
        ("POST", "/v1/accounts", json!({"name": "a:b"}), vec!["/name"]),
        ("POST", "/v1/accounts", json!({"name": "none"}), vec!["/name"]),
        (
            "POST",
            "/v1/accounts/other/credentials",
            json!({"kind": "key", "scope": {"rights": {"raed": true}}}),
            vec!["/scope/rights/raed"],
        ),
        (
            "POST",
            "/v1/accounts/other/credentials",
            json!({"kind": "key", "password": "long enough password"}),
            vec!["/password"],
        ),
        ("POST", "/v1/accounts/other/credentials", json!({"kind": "certificate"}), vec!["/matches"]),
        ("POST", "/v1/accounts/other/credentials", json!({"kind": "certificate", "matches": "dns"}), vec!["/secret"]),
        (
            "POST",
            "/v1/changes",
            json!({"changes": [{"change": "add-grup"}, {"change": "add-group", "name": "g"}]}),
            vec!["/changes/0/change", "/changes/1/title"],
        ),
        ("PUT", "/v1/grants/account/other/root/api1", json!({"rights": {}, "expires": "tomorrow"}), vec![""]),
    ] {
        let answer = desk.call(method, path, body.clone()).await.is(422);
        let findings = answer.json()["findings"].as_array().unwrap().clone();
        let mut found: Vec<&str> = findings.iter().map(|finding| finding["pointer"].as_str().unwrap()).collect();
        let mut pointers = pointers;
        found.sort_unstable();
        pointers.sort_unstable();
        assert_eq!(found, pointers, "{method} {path} {body}: {answer:?}");
    }
    let missing = desk.call("POST", "/v1/accounts", json!({"name": "x", "organisation": "nowhere"})).await.is(409);
    assert_eq!(missing.json()["type"], "urn:taxii-server:problem:missing");
}

/// A secret is told once, when it is made, and never again, nowhere; it lets its account in, also while the one before is still good.
#[actix_web::test]
async fn secrets_are_told_once() {
    let desk = Desk::new().await;
    desk.call("PATCH", "/v1/accounts/other", json!({"admin": true})).await.is(200);
    let mut secrets = vec![KEY.to_owned(), OTHER.to_owned()];
    for kind in ["key", "password"] {
        let made =
            desk.call("POST", "/v1/accounts/other/credentials", json!({"kind": kind, "name": "feed"})).await.is(201);
        let at = made.headers["location"].clone();
        let secret = made.json()["secret"].as_str().unwrap().to_owned();
        let rotated = desk.call("POST", &format!("{at}/rotate"), json!({"overlap_seconds": 3600})).await.is(201);
        let next = rotated.json()["secret"].as_str().unwrap().to_owned();
        assert_eq!(rotated.json()["credential"]["name"], "feed");
        assert_eq!(rotated.json()["credential"]["expires"], Value::Null, "as the one before");
        for secret in [&secret, &next] {
            let pair = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("other:{secret}"));
            let request = asking("GET", "/v1/roots").insert_header(("authorization", format!("Basic {pair}")));
            desk.send(request, "GET", "/v1/roots").await.is(200);
        }
        assert!(desk.get(&at).await.is(200).json()["expires"].is_string());
        desk.call("DELETE", &at, Value::Null).await.is(204);
        desk.call("POST", &format!("{at}/rotate"), json!({})).await.is(404);
        secrets.extend([secret, next]);
    }
    let given = json!({"kind": "password", "password": "a password of one's own"});
    let made = desk.call("POST", "/v1/accounts/root/credentials", given).await.is(201);
    assert!(made.json()["secret"].is_null());
    secrets.push("a password of one's own".to_owned());
    secrets.extend(desk.store.credentials(None).await.unwrap().into_iter().map(|credential| credential.secret));
    for path in ["/v1/credentials", "/v1/accounts/other/credentials", "/v1/accounts/root/credentials", "/v1/accounts"] {
        let answer = desk.get(path).await.is(200);
        for secret in &secrets {
            assert!(!answer.text.contains(secret.as_str()), "{path}");
        }
    }
    // What is no hash is refused, and not repeated.
    let created = "2026-01-01T00:00:00Z";
    for (kind, secret) in [("password", "hunter2hunter2"), ("key", "taxii_plain-key")] {
        let credential = json!({"change": "add-credential", "id": uuid::Uuid::new_v4(), "account": "other", "kind": kind, "secret": secret, "created": created});
        let answer = desk.call("POST", "/v1/changes", json!({"changes": [credential]})).await.is(422);
        assert!(!answer.text.contains(secret), "{answer:?}");
    }
    let hash = hash_password("a password").unwrap();
    let kept = json!({"change": "add-credential", "id": uuid::Uuid::new_v4(), "account": "other", "kind": "password", "secret": hash, "created": created});
    let answer = desk.call("POST", "/v1/changes", json!({"changes": [kept]})).await.is(200);
    assert!(!answer.text.contains(&hash));
}

/// Changes are made all or none; a trial changes nothing, and finds what would fail.
#[actix_web::test]
async fn changes_are_all_or_none() {
    let desk = Desk::new().await;
    let group = |name: &str| json!({"change": "add-group", "name": name, "title": "G"});
    let before = desk.store.groups().await.unwrap();
    desk.call("POST", "/v1/changes", json!({"changes": [group("a"), group("b"), group("a")]})).await.is(409);
    let tried = desk.call("POST", "/v1/changes?dry_run=true", json!({"changes": [group("a")]})).await.is(200);
    assert_eq!(tried.json(), json!({"dry_run": true, "changes": ["add group a"]}));
    desk.call("POST", "/v1/changes?dry_run=true", json!({"changes": [group("a"), group("a")]})).await.is(409);
    assert_eq!(desk.store.groups().await.unwrap(), before);
    desk.call("POST", "/v1/changes?dry_run=false", json!({"changes": [group("a"), group("b")]})).await.is(200);
    assert_eq!(desk.store.groups().await.unwrap().len(), before.len() + 2);
    desk.call("POST", "/v1/changes?dry_run=maybe", json!({"changes": [group("c")]})).await.is(400);
}

/// What is done over the API stands in the log in the caller's own name, with its credential, and the log can be read, verified and taken
/// away over the API, in its order and whole.
#[actix_web::test]
async fn the_log_is_told() {
    let desk = Desk::new().await;
    desk.call("POST", "/v1/groups", json!({"name": "g", "title": "G"})).await.is(201);
    desk.call("POST", "/v1/accounts/other/credentials", json!({"kind": "key"})).await.is(201);
    let records = desk.get("/v1/audit/records").await.is(200);
    let records: Vec<Value> = records.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let own: Vec<&Value> = records.iter().filter(|record| record["account"] == "root").collect();
    assert_eq!(own.len(), 2);
    for record in &own {
        assert_eq!(record["action"], "changed");
        assert!(record["credential"].as_str().unwrap().starts_with("key "));
        assert!(record["details"].as_str().unwrap().contains("\"by\":\"account\""), "{record}");
    }
    let last = records.last().unwrap();
    let head = desk.get("/v1/audit/head").await.is(200).json();
    assert_eq!((&head["number"], &head["hash"]), (&last["number"], &last["hash"]));
    let after = records[records.len() - 2]["number"].clone();
    assert_eq!(desk.get(&format!("/v1/audit/records?after={after}")).await.is(200).text.lines().count(), 1);
    let expect = format!("{}:{}", head["number"], head["hash"].as_str().unwrap());
    assert!(desk.get(&format!("/v1/audit/verify?expect={expect}")).await.is(200).json()["fault"].is_null());
    let wrong = format!("{}:{}", head["number"], "0".repeat(64));
    assert!(desk.get(&format!("/v1/audit/verify?expect={wrong}")).await.is(200).json()["fault"].is_object());
    desk.get("/v1/audit/verify?expect=x").await.is(400);
    let did = desk.get("/v1/audit/activity?account=root").await.is(200);
    assert_eq!(did.text.lines().count(), own.len());
    assert_eq!(desk.get("/v1/audit/activity?account=root&until=2020-01-01T00:00:00Z").await.is(200).text, "");
    assert_eq!(desk.get("/v1/audit/received?object=indicator--1").await.is(200).text, "");
    assert_eq!(desk.get("/v1/audit/lag").await.is(200).text, "");
    desk.get(&format!("/v1/audit/lag?collection={}", uuid::Uuid::nil())).await.is(404);
    desk.get("/v1/audit/received").await.is(400);
}

/// Members come and go, however often somebody says so; grants are set, seen and taken away.
#[actix_web::test]
async fn members_and_grants() {
    let desk = Desk::new().await;
    desk.call("POST", "/v1/roots", json!({"name": "", "title": "Top"})).await.is(201);
    desk.call("POST", "/v1/groups", json!({"name": "g", "title": "G"})).await.is(201);
    for _ in 0..2 {
        desk.call("PUT", "/v1/groups/g/members/other", Value::Null).await.is(204);
    }
    let members = desk.get("/v1/groups/g/members").await.is(200);
    assert_eq!(members.json()["items"], json!([{"group": "g", "account": "other"}]));
    desk.call("PUT", "/v1/groups/g/members/nobody", Value::Null).await.is(404);
    desk.call("PUT", "/v1/groups/none/members/other", Value::Null).await.is(404);
    desk.call("DELETE", "/v1/groups/g/members/other", Value::Null).await.is(204);
    desk.call("DELETE", "/v1/groups/g/members/other", Value::Null).await.is(404);

    let at = "/v1/grants/group/g/root/%2F";
    desk.call_as(KEY, "PUT", at, json!({"rights": {"list": true}}), Some("*")).await.is(412);
    let set = desk
        .call("PUT", at, json!({"rights": {"list": true, "read": true}, "expires": "2040-01-01T00:00:00Z"}))
        .await
        .is(200);
    let shown = desk.get(at).await.is(200);
    assert_eq!((set.json(), set.tag()), (shown.json(), shown.tag()));
    assert_eq!(desk.get("/v1/grants?group=g").await.is(200).json()["items"], json!([shown.json()]));
    assert_eq!(desk.get("/v1/grants?account=other").await.is(200).json()["items"], json!([]));
    desk.get("/v1/grants?account=other&group=g").await.is(400);
    for wrong in [
        "/v1/grants/groups/g/root/%2F",
        "/v1/grants/group/g/roots/x",
        "/v1/grants/group/g/collection/x",
        "/v1/grants/group/g/root/other",
    ] {
        desk.get(wrong).await.is(404);
    }
    desk.call("PUT", "/v1/grants/group/g/root/other", json!({"rights": {}})).await.is(409);
    desk.call_as(KEY, "DELETE", at, Value::Null, Some("\"other\"")).await.is(412);
    desk.call_as(KEY, "DELETE", at, Value::Null, Some(shown.tag())).await.is(204);
    desk.get(at).await.is(404);
}

/// Every list is there once, in order, however long its pages are.
#[actix_web::test]
async fn lists_come_in_pages() {
    let desk = Desk::new().await;
    for n in 0..7 {
        let name = format!("a {n}&é");
        desk.call("POST", "/v1/accounts", json!({"name": name})).await.is(201);
        desk.store.add_credential(&key(&name, &name)).await.unwrap();
    }
    for path in ["/v1/accounts", "/v1/credentials"] {
        let whole = desk.get(path).await.is(200).json();
        assert!(whole["next"].is_null() && whole["items"].as_array().unwrap().len() == 9);
        for limit in 1..=9 {
            let (mut all, mut after) = (Vec::new(), String::new());
            loop {
                let page = desk.get(&format!("{path}?limit={limit}{after}")).await.is(200).json();
                all.extend(page["items"].as_array().unwrap().iter().cloned());
                assert!(page["items"].as_array().unwrap().len() <= limit);
                let Some(next) = page["next"].as_str() else { break };
                let next = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
                after = format!("&after={next}");
            }
            assert_eq!(json!(all), whole["items"], "{path} by {limit}");
        }
    }
    for wrong in ["limit=0", "limit=10001", "limit=x", "limit=1&limit=1", "offset=1", "after=%FF", "after="] {
        desk.get(&format!("/v1/accounts?{wrong}")).await.is(400);
    }
}

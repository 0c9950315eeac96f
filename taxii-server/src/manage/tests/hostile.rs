use super::*;
use crate::manage::route::{ROUTES, SMALL};

/// Whatever is sent, the answer is an orderly refusal, and nothing is changed.
#[actix_web::test]
async fn hostile_bodies_are_refused() {
    let desk = Desk::new().await;
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let bodies: Vec<String> = vec![
        String::new(),
        " ".to_owned(),
        "null".to_owned(),
        "1e999".to_owned(),
        "\"name\"".to_owned(),
        "[]".to_owned(),
        "{".to_owned(),
        "{}{}".to_owned(),
        "{\"name\": \"x\", \"name\": \"y\", \"title\": \"z\"}".to_owned(),
        "{\"name\": \"x\", \"title\": {\"a\": 1, \"a\": 2}}".to_owned(),
        "{\"name\": [1], \"title\": true, \"changes\": 1, \"kind\": {}, \"rights\": []}".to_owned(),
        "{\"name\": \"\\ud800\", \"title\": \"x\"}".to_owned(),
        "{\"name\": \"\\u0000\", \"title\": \"x\", \"max_content_length\": 1, \"default\": false}".to_owned(),
        "{\"max_content_length\": 99999999999999999999999, \"name\": \"n\", \"title\": \"x\"}".to_owned(),
        "{\"__proto__\": {}, \"constructor\": 1}".to_owned(),
        "{\"changes\": [{\"change\": \"add-account\", \"name\": \"x\", \"admin\": \"yes\"}]}".to_owned(),
        "{\"changes\": [{\"change\": [\"add-account\"]}], \"x\": 1}".to_owned(),
        "{\"overlap_seconds\": -1}".to_owned(),
        "{\"roots\": {\"name\": \"x\"}}".to_owned(),
        "{\"roots\": [{\"name\": \"a\\nb\", \"title\": \"]\\n[[accounts]]\\nname = 'x'\\n\"}]}".to_owned(),
        "{\"accounts\": [{\"name\": \"\\\"\\\"\\\"\", \"clearance\": \"'''\"}]}".to_owned(),
        "{\"groups\": [{\"name\": \"g\", \"title\": \"g\", \"members\": [null, \"x\"]}]}".to_owned(),
        "{\"collections\": [{\"root\": \"x\", \"title\": \"t\", \"keep_objects\": 9e300}]}".to_owned(),
        "{\"grants\": [{\"account\": \"other\", \"root\": \"x\", \"rights\": [], \"__proto__\": []}]}".to_owned(),
        deep(200),
        deep(100_000),
        format!("{{\"title\": {}}}", deep(100)),
        format!("{{\"name\": \"{}\"}}", "x".repeat(SMALL)),
    ];
    let revision = crate::store::Store::revision(&*desk.store).await.unwrap();
    for row in ROUTES.iter().filter(|row| row.takes.is_some()) {
        let path = row
            .path
            .replace("{root}", "x")
            .replace("{account}", "other")
            .replace("{credential}", &uuid::Uuid::nil().to_string());
        let path =
            path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/");
        for body in &bodies {
            // An object that says nothing is a patch, or all defaults, and then there is nothing that it is about.
            let request = asking(row.method, &path)
                .insert_header(("authorization", format!("Bearer {KEY}")))
                .insert_header(("content-type", "application/json"))
                .set_payload(body.clone());
            let answer = desk.send(request, row.method, &path).await;
            let sent: String = body.chars().take(100).collect();
            assert!((400..500).contains(&answer.status), "{} {sent}: {answer:?}", row.name);
        }
        let bytes = asking(row.method, &path).insert_header(("authorization", format!("Bearer {KEY}")));
        let bytes = bytes.insert_header(("content-type", "application/json")).set_payload(&b"{\"name\": \"\xff\"}"[..]);
        assert_eq!(desk.send(bytes, row.method, &path).await.status, 400);
        for (name, value) in [
            ("content-type", "text/plain"),
            ("content-type", "application/json; charset=latin1"),
            ("content-encoding", "gzip"),
        ] {
            let request = asking(row.method, &path).insert_header(("authorization", format!("Bearer {KEY}")));
            let request = if name == "content-type" {
                request
            } else {
                request.insert_header(("content-type", "application/json"))
            };
            desk.send(request.insert_header((name, value)).set_payload("{}"), row.method, &path).await.is(415);
        }
    }
    assert_eq!(crate::store::Store::revision(&*desk.store).await.unwrap(), revision, "something was changed");
}

/// What stands in a path is a name and nothing else, however it is written.
#[actix_web::test]
async fn hostile_paths_are_refused() {
    let desk = Desk::new().await;
    for path in [
        "/v1/accounts/%FF",
        "/v1/accounts/..%2F..%2Fetc",
        "/v1/accounts//",
        "/v1/accounts/%00",
        "/v1/accounts/other/../root",
        "/v1/accounts/other%2Fcredentials",
        "/v1/collections/%27%20or%201=1",
        "/v1/accounts/other/credentials/1",
        "/v1/groups/x/members/y/z",
        "/v1//accounts",
        "/v1/",
    ] {
        for method in ["GET", "DELETE", "PUT", "PATCH"] {
            let answer = desk.call(method, path, Value::Null).await;
            assert!(matches!(answer.status, 404 | 405 | 415), "{method} {path}: {answer:?}");
        }
    }
}

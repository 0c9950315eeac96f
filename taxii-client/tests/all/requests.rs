//! What goes over the wire (TAXII 2.1 §3.1, §3.2, §3.4).

use taxii_client::{Client, Credentials, Deletion, Filter, Query, Selector, VersionFilter};

use crate::stub::{Seen, Stub, TAXII, ok, reply};
use crate::{builder, client, collection, object};

const STATUS: &str = r#"{"id":"2d086da7-4bdc-4f91-900e-d77486753710","status":"complete","total_count":1,"success_count":1,"failure_count":0,"pending_count":0}"#;

fn every_resource(seen: &Seen) -> crate::stub::Reply {
    match seen.line().as_str() {
        "GET /taxii2/" => ok(r#"{"title":"t","api_roots":["/api1/"],"default":"/api1/"}"#),
        "GET /api1/" => {
            ok(r#"{"title":"r","versions":["application/taxii+json;version=2.1"],"max_content_length":9000}"#)
        }
        "GET /api1/collections/" => ok(r#"{"collections":[{"id":"c1","title":"C","can_read":true,"can_write":true}]}"#),
        "GET /api1/collections/c1/" => ok(r#"{"id":"c1","title":"C","can_read":true,"can_write":true}"#),
        line if line.starts_with("POST ") => reply(202, STATUS),
        line if line.contains("/status/") => ok(STATUS),
        _ => ok("{}"),
    }
}

/// Every kind of request that the library makes.
async fn ask_for_everything(client: &Client) {
    let root = client.discovery().await.unwrap().default_root().unwrap();
    root.info().await.unwrap();
    let collection = root.collections().await.unwrap().remove(0);
    collection.described().await.unwrap();
    let id = "url--00000000-0000-4000-8000-000000000001";
    collection.objects(Query::default()).all().await.unwrap();
    collection.manifest(Query { limit: Some(3), ..Query::default() }).all().await.unwrap();
    collection.object(id, Query::default()).all().await.unwrap();
    collection.versions(id, Query::default()).all().await.unwrap();
    collection.push([serde_json::value::RawValue::from_string(object(1)).unwrap()]).await.unwrap();
    root.status("2d086da7-4bdc-4f91-900e-d77486753710").await.unwrap();
    collection.delete(id, &Deletion::default()).await.unwrap();
}

/// TX-CLI-01, TX-GEN-01: the path of every request ends in a slash.
/// TX-CLI-02, TX-GEN-04, TX-GEN-05, TX-GEN-06, TX-ADD-02: `Accept` everywhere, `Content-Type` on POST.
/// TX-HDR-06: `User-Agent` with name and version. TX-AUT-01, TX-CLI-11: Basic on every request.
#[tokio::test]
async fn every_request_is_well_formed() {
    let stub = Stub::start(|seen, _| every_resource(seen));
    let client =
        builder(&stub.url("/taxii2")).credentials(Credentials::basic("test", "Passw0rd!").unwrap()).build().unwrap();
    ask_for_everything(&client).await;
    let seen = stub.seen();
    assert_eq!(seen.len(), 12, "{:?}", stub.lines());
    for request in &seen {
        let line = request.line();
        assert!(request.path.ends_with('/'), "{line}");
        assert_eq!(request.header("accept"), Some(TAXII), "{line}");
        assert_eq!(request.header("user-agent"), Some(concat!("taxii-client/", env!("CARGO_PKG_VERSION"))), "{line}");
        assert_eq!(request.header("authorization"), Some("Basic dGVzdDpQYXNzdzByZCE="), "{line}");
        assert_eq!(request.header("content-type"), (request.method == "POST").then_some(TAXII), "{line}");
    }
}

/// TX-AUT-01, TX-CLI-11: each kind of credentials, and what a program adds to `User-Agent`.
#[tokio::test]
async fn credentials_and_product() {
    for (credentials, header, value) in [
        (Credentials::bearer("t0k").unwrap(), "authorization", "Bearer t0k"),
        (Credentials::header("X-API-Key", "k3y").unwrap(), "x-api-key", "k3y"),
    ] {
        let stub = Stub::start(|seen, _| every_resource(seen));
        let client = builder(&stub.url("/taxii2/")).credentials(credentials).product("soar/7").build().unwrap();
        client.discovery().await.unwrap();
        let seen = stub.seen().remove(0);
        assert_eq!(seen.header(header), Some(value));
        assert!(seen.header("user-agent").unwrap().starts_with("soar/7 taxii-client/"));
    }
    let stub = Stub::start(|seen, _| every_resource(seen));
    let with_user = stub.url("/taxii2/").replace("://", "://test:Passw0rd!@");
    client(&with_user).discovery().await.unwrap();
    assert_eq!(stub.seen()[0].header("authorization"), Some("Basic dGVzdDpQYXNzdzByZCE="));
}

/// TX-CLI-14, TX-TYP-10, TX-FLT-03, TX-FLT-14: filters are encoded, each once, lists joined by commas.
#[tokio::test]
async fn filters_on_the_wire() {
    let stub = Stub::start(|_, _| ok("{}"));
    let filter = Filter {
        ids: Some(vec!["indicator--00000000-0000-4000-8000-000000000001".into(), "x--a+b&c".into()]),
        types: Some(vec!["indicator".into(), "malware".into()]),
        spec_versions: Some(vec!["2.0".into(), "2.1".into()]),
        versions: VersionFilter::Any(vec![Selector::First, Selector::At("2020-01-01T00:00:00.5Z".parse().unwrap())]),
    };
    let query = Query { added_after: "2026-01-01T00:00:00Z".parse().ok(), limit: Some(7), next: None, filter };
    let collection = collection(&stub);
    collection.objects(query.clone()).all().await.unwrap();
    collection.object("x--1", query.clone()).all().await.unwrap();
    collection.versions("x--1", query).all().await.unwrap();
    let seen = stub.seen();
    for (name, in_list, in_object, in_versions) in [
        ("added_after", Some("2026-01-01T00:00:00.000000Z"), true, true),
        ("limit", Some("7"), true, true),
        ("match[id]", Some("indicator--00000000-0000-4000-8000-000000000001,x--a+b&c"), false, false),
        ("match[type]", Some("indicator,malware"), false, false),
        ("match[version]", Some("first,2020-01-01T00:00:00.5Z"), true, false),
        ("match[spec_version]", Some("2.0,2.1"), true, true),
        ("next", None, false, false),
    ] {
        assert_eq!(seen[0].parameter(name).as_deref(), in_list, "objects: {name}");
        assert_eq!(seen[1].parameter(name).as_deref(), in_list.filter(|_| in_object), "object: {name}");
        assert_eq!(seen[2].parameter(name).as_deref(), in_list.filter(|_| in_versions), "versions: {name}");
    }
    assert!(!seen[0].query.contains(['[', ':', '+']), "{}", seen[0].query);
}

/// TX-CLI-14: what cannot be expressed is not sent.
#[tokio::test]
async fn a_comma_within_a_value_is_refused() {
    let stub = Stub::start(|_, _| ok("{}"));
    let filter = Filter { ids: Some(vec!["a,b".into()]), ..Filter::default() };
    let mut pages = collection(&stub).objects(Query { filter, ..Query::default() });
    assert!(pages.next().await.unwrap_err().to_string().contains("comma"));
    assert!(pages.next().await.unwrap().is_none());
    assert!(stub.seen().is_empty());
}

/// TX-DEL-02 from the client's side: the default of a deletion is not the default of a query.
#[tokio::test]
async fn deletions_name_their_versions() {
    let stub = Stub::start(|_, _| ok(""));
    let collection = collection(&stub);
    for (versions, expected) in
        [(None, None), (Some(VersionFilter::default()), Some("last")), (Some(VersionFilter::All), Some("all"))]
    {
        collection.delete("x--1", &Deletion { versions, spec_versions: None }).await.unwrap();
        let seen = stub.seen().pop().unwrap();
        assert_eq!(
            (seen.line().as_str(), seen.parameter("match[version]").as_deref()),
            ("DELETE /api1/collections/c1/objects/x--1/", expected)
        );
    }
}

/// TX-CLI-15: no request that is known to be refused, and words that say so.
#[tokio::test]
async fn permissions_are_looked_at_first() {
    for (can_read, can_write) in [(true, false), (false, true), (false, false)] {
        let stub = Stub::start(move |seen, _| match seen.path.as_str() {
            "/api1/collections/" => ok(format!(
                r#"{{"collections":[{{"id":"c1","title":"C","can_read":{can_read},"can_write":{can_write}}}]}}"#
            )),
            "/api1/" => ok(r#"{"title":"r","max_content_length":9000}"#),
            _ => reply(403, r#"{"title":"Forbidden"}"#),
        });
        let root = client(&stub.url("/")).api_root(&stub.url("/api1/")).unwrap();
        let collection = root.find("C").await.unwrap();
        let read = collection.objects(Query::default()).all().await.map(|_| ());
        let text = serde_json::value::RawValue::from_string(object(1)).unwrap();
        let write = collection.push([text]).await.map_err(|e| e.error).map(|_| ());
        let asked = stub.seen().iter().filter(|seen| seen.path.contains("objects")).count();
        for (outcome, other, word) in
            [(read, can_write && !can_read, "can_read"), (write, can_read && !can_write, "can_write")]
        {
            if let Err(error) = &outcome {
                assert!(error.is_forbidden(), "{error}");
                assert_eq!(error.to_string().contains(word), other, "{error}");
            }
        }
        assert_eq!(asked, if can_read || can_write { 1 } else { 2 }, "{can_read} {can_write}");
    }
}

//! Finding things: by URL, by domain, by name.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use taxii_client::{Client, Location, LookUp, Service};

use crate::stub::{Reply, Seen, Stub, ok, reply};
use crate::{Warnings, builder, client};

const COLLECTION: &str =
    r#"{"id":"91a7b528-80eb-42ed-a74d-c6fbd5a26116","title":"High","alias":"high","can_read":true,"can_write":true}"#;

fn server(seen: &Seen) -> Reply {
    match seen.path.as_str() {
        "/" => ok("<html>welcome</html>"),
        "/taxii2/" => ok(r#"{"title":"t","api_roots":["/api1/","/deep/api2/"],"default":"/deep/api2/"}"#),
        "/api1/" | "/deep/api2/" => {
            ok(r#"{"title":"r","versions":["application/taxii+json;version=2.1"],"max_content_length":9000}"#)
        }
        "/api1/collections/" => ok(format!(
            r#"{{"collections":[{COLLECTION},{{"id":"2","title":"Twice"}},{{"id":"3","title":"Twice"}},{{"id":"4","title":"twice"}},{{"id":"High","title":"An id like a title"}}]}}"#
        )),
        "/api1/collections/high/" | "/api1/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/" => ok(COLLECTION),
        _ => reply(404, r#"{"title":"Not Found"}"#),
    }
}

fn describe(location: Location) -> String {
    match location {
        Location::Discovery(discovery) => format!("discovery {}", discovery.url().path()),
        Location::ApiRoot(root) => format!("root {}", root.url().path()),
        Location::Collection(collection) => {
            format!("collection {} of {}", collection.title(), collection.root().url().path())
        }
    }
}

/// Whatever people paste is found.
#[tokio::test]
async fn pasted_urls() {
    let stub = Stub::start(|seen, _| server(seen));
    for (pasted, found) in [
        ("", "discovery /taxii2/"),
        ("/", "discovery /taxii2/"),
        ("/taxii2", "discovery /taxii2/"),
        ("/taxii2/?limit=1", "discovery /taxii2/"),
        ("/api1", "root /api1/"),
        ("/deep/api2/", "root /deep/api2/"),
        ("/api1/collections", "root /api1/"),
        ("/api1/collections/high", "collection High of /api1/"),
        ("/api1/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/objects/?limit=3", "collection High of /api1/"),
        ("/api1/collections/high/manifest/", "collection High of /api1/"),
        ("/api1/collections/high/objects/x--1/versions/", "collection High of /api1/"),
    ] {
        assert_eq!(describe(client(&stub.url(pasted)).locate().await.unwrap()), found, "{pasted}");
    }
    let error = client(&stub.url("/nothing/")).locate().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

/// Discovery from any URL of the server; the default root; roots by name.
#[tokio::test]
async fn roots_by_name() {
    let stub = Stub::start(|seen, _| server(seen));
    let discovery = client(&stub.url("/api1/")).discovery().await.unwrap();
    assert_eq!(discovery.default_root().unwrap().url().path(), "/deep/api2/");
    let whole = stub.url("/api1");
    for (name, path) in [
        ("api1", "/api1/"),
        ("/api1/", "/api1/"),
        ("api2", "/deep/api2/"),
        ("deep/api2", "/deep/api2/"),
        (&whole, "/api1/"),
    ] {
        assert_eq!(discovery.root(name).unwrap().url().path(), path, "{name}");
    }
    let error = discovery.root("api3").unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("/deep/api2/"), "{error}");
    let empty = Stub::start(|_, _| ok(r#"{"title":"t"}"#));
    let error = client(&empty.url("/taxii2/")).discovery().await.unwrap().default_root().unwrap_err();
    assert!(error.to_string().contains("no API root"), "{error}");
}

/// Collections by id, alias and title; TX-COL-12: what is not listed is said to be so, with what is.
#[tokio::test]
async fn collections_by_name() {
    let stub = Stub::start(|seen, _| server(seen));
    let root = client(&stub.url("/api1/")).api_root(&stub.url("/api1/")).unwrap();
    for (name, id) in [
        ("91A7B528-80EB-42ED-A74D-C6FBD5A26116", "91a7b528-80eb-42ed-a74d-c6fbd5a26116"),
        ("high", "High"),
        ("An id like a title", "High"),
        ("an ID like a title", "High"),
        ("twice", "4"),
        ("2", "2"),
    ] {
        assert_eq!(root.find(name).await.unwrap().id(), id, "{name}");
    }
    let error = root.find("Twice").await.unwrap_err().to_string();
    assert!(error.contains("could be any of these") && error.contains("\n  2  Twice\n  3  Twice"), "{error}");
    let error = root.find("Low").await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("(high)  High"), "{error}");
    let closed =
        Stub::start(|seen, _| if seen.path.ends_with("/collections/") { reply(403, "") } else { server(seen) });
    let root = client(&closed.url("/api1/")).api_root(&closed.url("/api1/")).unwrap();
    assert_eq!(root.find("high").await.unwrap().title(), "High");
    assert!(root.find("low").await.unwrap_err().is_forbidden());
}

/// A resolver that knows these records and remembers what it was asked.
#[derive(Clone, Default)]
struct Dns(Vec<Service>, Arc<Mutex<Vec<String>>>);

impl LookUp for Dns {
    fn srv<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<Service>, String>> {
        self.1.lock().unwrap().push(name.to_owned());
        let found = self.0.clone();
        Box::pin(async move { if found.is_empty() { Err("NXDOMAIN".to_owned()) } else { Ok(found) } })
    }
}

fn at(priority: u16, port: u16, target: &str) -> Service {
    Service { priority, weight: 0, port, target: target.to_owned() }
}

async fn outcome(dns: &Dns, warnings: &Warnings) -> String {
    let client: Client = warnings.catch(builder("cert.invalid")).look_up(dns.clone()).build().unwrap();
    client.discovery().await.unwrap_err().to_string()
}

/// TX-DNS-01, TX-CLI-13: a bare domain is looked up; servers are tried in order of priority; without a
/// record the domain itself.
#[tokio::test]
async fn bare_domains() {
    let dns = Dns(vec![at(20, 2, "b.cert.invalid."), at(10, 1, "a.cert.invalid.")], Arc::default());
    let error = outcome(&dns, &Warnings::default()).await;
    assert_eq!(*dns.1.lock().unwrap(), ["_taxii2._tcp.cert.invalid."]);
    assert!(error.starts_with("https://b.cert.invalid:2/taxii2/"), "the last one tried: {error}");
    let warnings = Warnings::default();
    let error = outcome(&Dns::default(), &warnings).await;
    assert!(error.starts_with("https://cert.invalid/taxii2/"), "{error}");
    assert!(warnings.all().contains("NXDOMAIN"), "{}", warnings.all());
    let decidedly = Dns(vec![at(0, 0, ".")], Arc::default());
    assert!(outcome(&decidedly, &Warnings::default()).await.contains("https://cert.invalid/taxii2/"));
}

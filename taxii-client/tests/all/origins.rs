//! TX-CLI-12: credentials go where they belong and nowhere else.

use serde_json::value::RawValue;
use taxii_client::{Credentials, Error, Query, Sent};

use crate::stub::{Stub, ok, reply};
use crate::{Warnings, builder, envelope, object};

fn secret() -> Credentials {
    Credentials::basic("test", "Passw0rd!").unwrap()
}

/// TX-CLI-12, TX-DSC-06, TX-DSC-07: absolute roots on other origins are followed without credentials,
/// unless the origin is trusted; relative roots with.
#[tokio::test]
async fn absolute_roots() {
    for trust in [false, true] {
        let other = Stub::start(|_, _| reply(401, "").with("www-authenticate", "Basic"));
        let elsewhere = other.url("/api9/");
        let stub = Stub::start(move |seen, _| match seen.path.as_str() {
            "/taxii2/" => ok(format!(r#"{{"title":"t","api_roots":["{elsewhere}","/api2/","api3"]}}"#)),
            _ => ok(r#"{"title":"r","versions":[]}"#),
        });
        let mut builder = builder(&stub.url("/taxii2/")).credentials(secret());
        if trust {
            builder = builder.trust_origin(&other.url("/"));
        }
        let discovery = builder.build().unwrap().discovery().await.unwrap();
        let roots = discovery.roots();
        let urls: Vec<&str> = roots.iter().map(|root| root.url().as_str()).collect();
        assert_eq!(urls, [other.url("/api9/"), stub.url("/api2/"), stub.url("/taxii2/api3/")]);
        roots[1].info().await.unwrap();
        let error = roots[0].info().await.unwrap_err();
        assert!(stub.seen().iter().all(|seen| seen.header("authorization").is_some()));
        assert_eq!(other.seen()[0].header("authorization").is_some(), trust);
        assert_eq!(error.to_string().contains("--trust-origin"), !trust, "{error}");
        let Error::Refused(refusal) = error else { panic!() };
        assert_eq!(refusal.credentials, if trust { Sent::Yes } else { Sent::Withheld });
    }
}

/// TX-CLI-12: a redirect to another origin is followed without credentials, on the same origin with.
#[tokio::test]
async fn redirects() {
    for (status, own) in [(301, true), (302, false), (303, false), (307, true), (308, false)] {
        let target = Stub::start(|_, _| ok(envelope([1], "")));
        let there = target.url("/elsewhere/");
        let stub = Stub::start(move |seen, _| match seen.path.as_str() {
            "/own/" => ok(envelope([1], "")),
            _ => reply(status, "").with("location", if own { "/own/?a=b" } else { &there }),
        });
        let warnings = Warnings::default();
        let client = warnings.catch(builder(&stub.url("/api1/"))).credentials(secret()).build().unwrap();
        let collection = client.api_root(&stub.url("/api1/")).unwrap().collection("c1").unwrap();
        assert_eq!(collection.objects(Query::default()).all().await.unwrap().len(), 1);
        assert!(stub.seen().iter().all(|seen| seen.header("authorization").is_some()), "{status}");
        assert_eq!(target.seen().len(), usize::from(!own));
        assert!(target.seen().iter().all(|seen| seen.header("authorization").is_none()), "{status}");
        assert!(warnings.all().contains("redirects to"), "{}", warnings.all());
        assert_eq!(warnings.all().contains("not sent"), !own, "{}", warnings.all());
    }
}

/// A POST is not turned into a GET, does not leave the origin, and keeps its body.
#[tokio::test]
async fn redirects_of_posts() {
    for (status, own, arrives) in
        [(307, true, true), (308, true, true), (301, true, false), (302, true, false), (307, false, false)]
    {
        let target = Stub::start(|_, _| reply(202, "{}"));
        let there = target.url("/elsewhere/");
        let stub = Stub::start(move |seen, _| match (seen.method.as_str(), seen.path.as_str()) {
            ("GET", _) => ok(r#"{"title":"r","max_content_length":9000}"#),
            (_, "/own/") => reply(202, "{}"),
            _ => reply(status, "").with("location", if own { "/own/" } else { &there }),
        });
        let client = builder(&stub.url("/api1/")).credentials(secret()).build().unwrap();
        let collection = client.api_root(&stub.url("/api1/")).unwrap().collection("c1").unwrap();
        let outcome = collection.push([RawValue::from_string(object(1)).unwrap()]).await;
        assert_eq!(outcome.is_ok(), arrives, "{status} {own}: {outcome:?}");
        assert!(target.seen().is_empty());
        let arrived = stub.seen().into_iter().find(|seen| seen.path == "/own/");
        assert_eq!(
            arrived.map(|seen| (seen.method, seen.body)),
            arrives.then(|| ("POST".into(), envelope([1], "").into_bytes()))
        );
    }
}

/// Redirects without end come to an end.
#[tokio::test]
async fn redirects_in_a_circle() {
    let stub = Stub::start(|_, n| reply(302, "").with("location", &format!("/{n}/")));
    let error = crate::collection(&stub).objects(Query::default()).next().await.unwrap_err();
    assert!(error.to_string().contains("redirected more than 5 times"), "{error}");
    assert_eq!(stub.seen().len(), 6);
}

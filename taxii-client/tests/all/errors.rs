//! Refusals, in whatever form (TAXII 2.1 §3.6).

use taxii_client::{Credentials, Error, Query};

use crate::stub::{Reply, Stub, ok, reply};
use crate::{builder, client, collection};

async fn outcome(answer: Reply, credentials: Credentials) -> Error {
    let stub = Stub::start(move |_, _| answer.clone());
    let client = builder(&stub.url("/taxii2/")).credentials(credentials).build().unwrap();
    client.discovery().await.unwrap_err()
}

/// TX-ERR-07: every status of the standard's tables and HTTP's own, with a TAXII error, a web page,
/// another JSON, or nothing as its body.
#[tokio::test]
async fn every_status_with_every_body() {
    type Predicate = fn(&Error) -> bool;
    let table: [(u16, Predicate, &str); 12] = [
        (400, |e| e.status().is_some(), "400"),
        (401, Error::is_unauthorized, "wants credentials"),
        (403, Error::is_forbidden, "ask its operator"),
        (404, Error::is_not_found, "may not see it"),
        (405, |e| e.status().is_some(), "405"),
        (406, Error::is_not_acceptable, "does not speak TAXII 2.1"),
        (413, Error::is_too_large, "less at a time"),
        (415, |e| e.status().is_some(), "content type"),
        (422, Error::is_unprocessable, "422"),
        (429, Error::is_rate_limited, "patience"),
        (500, Error::is_server_error, "server's side"),
        (503, Error::is_server_error, "server's side"),
    ];
    for (status, is, says) in table {
        let taxii = r#"{"title":"Oh no","description":"It hurts.","error_id":"e-17","error_code":"c","http_status":"400","external_details":"https://h.example/","details":{"a":1},"x_more":[]}"#;
        for (body, words) in [
            (taxii, "Oh no: It hurts. [error_id e-17]"),
            ("<html>Bad Gateway</html>", ""),
            (r#"{"detail":"x"}"#, ""),
            ("", ""),
            ("\u{0}", ""),
        ] {
            let error = outcome(reply(status, body).with("retry-after", "9"), Credentials::none()).await;
            let text = error.to_string();
            assert!(is(&error) && text.contains(says) && text.contains(words), "{status} {body}: {text}");
            assert_eq!(error.message().map(|m| m.details.len()), (!words.is_empty()).then_some(1), "{status} {body}");
        }
    }
}

/// Interoperability 3.1.1, 3.1.2: a challenge with two schemes in one field is understood, the failure
/// reported once, and the words say whether credentials were sent.
#[tokio::test]
async fn challenges() {
    let answer = || {
        reply(401, r#"{"title":"Unauthorized"}"#)
            .with("www-authenticate", r#"Basic realm="taxii", type=1, title="Login to \"apps\"", Basic realm="simple""#)
            .with("www-authenticate", "Bearer")
    };
    for (credentials, says) in [
        (Credentials::none(), "wants credentials (it offers: Basic realm=\"taxii\", Basic realm=\"simple\", Bearer)"),
        (Credentials::basic("test", "wrong").unwrap(), "does not accept these credentials"),
    ] {
        let error = outcome(answer(), credentials).await;
        assert!(error.is_unauthorized() && error.to_string().contains(says), "{error}");
        assert!(!error.to_string().contains("wrong"), "no secrets in errors");
        let Error::Refused(refusal) = error else { panic!() };
        assert_eq!((refusal.challenges.len(), refusal.attempts), (3, 1));
    }
}

/// Answers with status 200 that are no answers: a login page (OpenCTI's once), other JSON, cut-off JSON.
#[tokio::test]
async fn successes_that_are_none() {
    for (body, says) in [
        ("<!DOCTYPE html><title>Login</title>", "web page"),
        ("[]", "expected a JSON object"),
        (r#"{"title":"#, "cannot be read"),
        ("OK", "cannot be read"),
    ] {
        let error = outcome(ok(body), Credentials::none()).await;
        assert!(matches!(error, Error::Answer { .. }) && error.to_string().contains(says), "{error}");
    }
}

/// TX-SEC-06: an answer without end is not read to the end.
#[tokio::test]
async fn answers_have_a_limit() {
    let stub = Stub::start(|_, _| ok(vec![b' '; 100_000]));
    let client = builder(&stub.url("/taxii2/")).largest_answer(10_000).build().unwrap();
    assert!(matches!(client.discovery().await.unwrap_err(), Error::TooMuch { most: 10_000, .. }));
}

/// Nobody there, a server that hangs up, no such name: words, and a kind that programs can tell.
#[tokio::test]
async fn unreachable() {
    let error = client("http://127.0.0.1:1/taxii2/").discovery().await.unwrap_err();
    assert!(error.is_unreachable() && error.to_string().contains("refused"), "{error}");
    let stub = Stub::start(|_, _| Reply::hang_up());
    let error = collection(&stub).objects(Query::default()).next().await.unwrap_err();
    assert!(error.is_unreachable() && error.to_string().contains("broke"), "{error}");
    assert_eq!(stub.seen().len(), 3, "a GET is tried again");
    let error = client("https://no-such-host.invalid:444/").discovery().await.unwrap_err();
    assert!(error.to_string().contains("cannot be resolved"), "{error}");
}

/// TX-TLS-01: no plain http to other machines unless told.
#[tokio::test]
async fn plain_http_is_refused() {
    let error = client("http://192.0.2.1/taxii2/").discovery().await.unwrap_err();
    assert!(matches!(&error, Error::Invalid(words) if words.contains("not https")), "{error}");
}

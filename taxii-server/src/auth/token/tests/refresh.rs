use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::*;

/// A web server that answers with one text for each path, and counts.
struct Web {
    address: SocketAddr,
    pages: Arc<Mutex<Vec<(String, String)>>>,
    asked: Arc<AtomicUsize>,
}

impl Web {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (pages, asked) = (Arc::new(Mutex::new(Vec::<(String, String)>::new())), Arc::new(AtomicUsize::new(0)));
        let web = Self { address, pages: Arc::clone(&pages), asked: Arc::clone(&asked) };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut line = String::new();
                let mut reader = BufReader::new(&stream);
                reader.read_line(&mut line).unwrap();
                while reader.read_line(&mut String::new()).is_ok_and(|length| length > 2) {}
                asked.fetch_add(1, Ordering::SeqCst);
                let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                let pages = pages.lock().unwrap();
                let page = pages.iter().find(|(name, _)| *name == path);
                let (status, body) = page.map_or(("500 No", ""), |(_, body)| ("200 OK", body));
                let _ = write!(
                    &stream,
                    "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        web
    }

    fn show(&self, pages: &[(&str, Value)]) {
        *self.pages.lock().unwrap() = pages.iter().map(|(path, body)| ((*path).to_owned(), body.to_string())).collect();
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// A key that is new is found at once, one that nobody has makes us ask once a minute at the most, and what is known stays good
/// while the issuer is down.
#[tokio::test]
async fn keys_are_fetched_when_they_are_missed() {
    let web = Web::new();
    let url = format!("http://{}/keys", web.address);
    let issuer = Issuer { keys: KeySource::Url(url), ..Issuer::new(ISSUER, "taxii") };
    let tokens = Tokens::new(vec![issuer]).unwrap();
    let (old, new) = (Signer::new(Algorithm::Es256), Signer::new(Algorithm::EdDsa));
    let by_old = old.sign(&header("ES256"), &with(claims(), "exp", json!(NOW + 100_000)));
    let by_new = new.sign(&with(header("EdDSA"), "kid", json!("two")), &with(claims(), "exp", json!(NOW + 100_000)));

    assert!(matches!(tokens.verify(&by_old, at(NOW)).await, Err(TokenError::NoKeys(_))));
    web.show(&[("/keys", json!({"keys": [old.jwk("one")]}))]);
    // Within the minute nobody asks again; then one does.
    assert!(tokens.verify(&by_old, at(NOW + 59)).await.is_err());
    tokens.verify(&by_old, at(NOW + 60)).await.unwrap();
    assert_eq!(web.asked(), 2);
    for _ in 0..10 {
        assert_eq!(tokens.verify(&by_new, at(NOW + 61)).await, Err(TokenError::UnknownKey));
    }
    assert_eq!(web.asked(), 2);
    web.show(&[("/keys", json!({"keys": [old.jwk("one"), new.jwk("two")]}))]);
    tokens.verify(&by_new, at(NOW + 120)).await.unwrap();
    tokens.verify(&by_old, at(NOW + 120)).await.unwrap();
    assert_eq!(web.asked(), 3);

    // The issuer is down for hours.
    web.show(&[]);
    let unknown = new.sign(&with(header("EdDSA"), "kid", json!("three")), &claims());
    assert_eq!(tokens.verify(&unknown, at(NOW + 200)).await, Err(TokenError::UnknownKey));
    for hour in 1..5 {
        tokens.verify(&by_old, at(NOW + hour * 3600)).await.unwrap();
    }
    // Afterwards a key that was taken back is good for nothing after an hour, without anybody missing one.
    web.show(&[("/keys", json!({"keys": [new.jwk("two")]}))]);
    let gone = async {
        let mut later = NOW + 20_000;
        loop {
            match tokens.verify(&by_old, at(later)).await {
                Ok(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                Err(why) => return why,
            }
            // The token itself lasts longer than that.
            later = (later + 60).min(NOW + 80_000);
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(120), gone).await.unwrap();
    assert_eq!(found, TokenError::UnknownKey);
    tokens.verify(&by_new, at(NOW + 30_000)).await.unwrap();
}

/// The discovery document leads to the keys, if it is about the issuer and leads nowhere that others could change.
#[tokio::test]
async fn discovery_leads_to_the_keys() {
    let web = Web::new();
    let name = format!("http://{}", web.address);
    let signer = Signer::new(Algorithm::Es256);
    let token = signer.sign(&header("ES256"), &with(claims(), "iss", json!(name)));
    let keys = json!({"keys": [signer.jwk("one")]});
    let document = |issuer: &str, uri: &str| json!({"issuer": issuer, "jwks_uri": uri});
    let at_home = format!("{name}/keys");
    for (document, good) in [
        (document(&name, &at_home), true),
        (document("https://evil.example", &at_home), false),
        (document(&name, "http://evil.example/keys"), false),
        (document(&name, "file:///etc/keys"), false),
        (document(&name, &format!("{name}/nothing")), false),
        (json!({"issuer": name}), false),
        (json!({"issuer": name, "jwks_uri": at_home, "fill": "x".repeat(300_000)}), false),
    ] {
        web.show(&[("/.well-known/openid-configuration", document.clone()), ("/keys", keys.clone())]);
        let tokens = Tokens::new(vec![Issuer::new(&name, "taxii")]).unwrap();
        let found = tokens.verify(&token, at(NOW)).await;
        assert_eq!(found.is_ok(), good, "{document} {found:?}");
    }
}

/// Keys of kinds that do not count are left out; a set without any that does, or a private key made public, is no key set.
#[test]
fn key_sets_are_read_strictly() {
    let signer = Signer::new(Algorithm::Es256);
    let key = || signer.jwk("one");
    let short = json!({"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"});
    let others = [
        json!({"kty": "oct", "k": "c2VjcmV0"}),
        json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}),
        json!(7),
        short,
        with(key(), "use", json!("enc")),
        with(key(), "key_ops", json!(["sign"])),
        with(key(), "d", json!("AAAA")),
        with(key(), "alg", json!("HS256")),
        with(key(), "x", json!("not base64!")),
        with(key(), "kty", json!("RSA")),
    ];
    for other in &others {
        KeySet::read(json!({"keys": [other]}).to_string().as_bytes()).unwrap_err();
        KeySet::read(json!({"keys": [other, key()]}).to_string().as_bytes()).unwrap();
    }
    for wrong in ["", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}"] {
        KeySet::read(wrong.as_bytes()).unwrap_err();
    }
}

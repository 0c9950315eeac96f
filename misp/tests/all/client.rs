//! Reading feeds and instances, from a server that says what a table says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use misp::client::{Fault, Limits, Reader};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::corpus::uuid;

/// Answers by method and path: status, headers, body.
type Table = Arc<Mutex<HashMap<String, (u16, String, String)>>>;

struct Server {
    base: String,
    table: Table,
    /// The heads of the requests so far.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/misp", listener.local_addr().unwrap());
        let (table, asked) = (Table::default(), Arc::new(Mutex::new(Vec::new())));
        let (answers, log) = (table.clone(), asked.clone());
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    let mut more = [0; 1024];
                    match socket.read(&mut more).await {
                        Ok(count) if count > 0 => head.extend_from_slice(&more[..count]),
                        _ => break,
                    }
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let line = head.lines().next().unwrap_or_default().replace(" HTTP/1.1", "");
                log.lock().unwrap().push(head.clone());
                let found = answers.lock().unwrap().get(&line).cloned();
                let (status, headers, body) = found.unwrap_or((404, String::new(), String::new()));
                let tag = headers.split_once("ETag: ").map(|(_, tag)| tag.trim().to_owned());
                let same = tag.is_some_and(|tag| head.to_ascii_lowercase().contains(&format!("if-none-match: {tag}")));
                let (status, body) = if same { (304, String::new()) } else { (status, body) };
                let answer = format!(
                    "HTTP/1.1 {status} x\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        Self { base, table, asked }
    }

    fn set(&self, line: &str, status: u16, headers: &str, body: &str) {
        self.table.lock().unwrap().insert(line.to_owned(), (status, headers.to_owned(), body.to_owned()));
    }

    /// The lines of the requests since the last time.
    fn lines(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.iter().map(|head| head.lines().next().unwrap().replace(" HTTP/1.1", "")).collect()
    }

    fn manifest(&self, entries: &[(usize, i64)]) {
        let entries: Vec<_> = entries
            .iter()
            .map(|(n, stamp)| format!(r#""{}":{{"timestamp":"{stamp}","info":"x"}}"#, uuid(*n)))
            .collect();
        let tag = format!("ETag: \"{}\"\r\n", entries.len() * 1000 + entries.concat().len());
        self.set("GET /misp/manifest.json", 200, &tag, &format!("{{{}}}", entries.join(",")));
    }

    fn event(&self, n: usize) {
        let text = format!(r#"{{"Event":{{"info":"{n}","uuid":"{}"}}}}"#, uuid(n));
        self.set(&format!("GET /misp/{}.json", uuid(n)), 200, "", &text);
        self.set(&format!("GET /misp/events/view/{}", uuid(n)), 200, "", &text);
    }
}

fn http() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
}

fn infos(batch: &misp::client::Batch) -> Vec<String> {
    batch.events.iter().map(|event| event.event().info().unwrap().to_owned()).collect()
}

/// Each version of each event comes once, whatever its date; a list that has not changed is not sent again, and what is
/// gone is told.
#[tokio::test]
async fn a_feed_is_followed() {
    let server = Server::start().await;
    let feed = Reader::feed(http(), &server.base).unwrap();
    (1..=5).for_each(|n| server.event(n));
    server.manifest(&[(1, 30), (2, 10), (3, 20)]);
    let first = feed.next(None, 2).await.unwrap();
    assert_eq!((infos(&first), first.more), (vec!["2".to_owned(), "3".to_owned()], true));
    let second = feed.next(Some(&first.cursor), 2).await.unwrap();
    assert_eq!((infos(&second), second.more), (vec!["1".to_owned()], false));
    server.lines();
    let third = feed.next(Some(&second.cursor), 2).await.unwrap();
    assert_eq!((infos(&third).len(), third.cursor == second.cursor), (0, true));
    assert_eq!(server.lines(), ["GET /misp/manifest.json"]);
    // An old event is published late, one changes, one goes.
    server.manifest(&[(1, 30), (3, 21), (4, 5)]);
    let fourth = feed.next(Some(&third.cursor), 9).await.unwrap();
    assert_eq!((infos(&fourth), &fourth.gone), (vec!["4".to_owned(), "3".to_owned()], &vec![uuid(2)]));
    assert!(feed.next(Some(&fourth.cursor), 9).await.unwrap().events.is_empty());
    assert_eq!(feed.next(Some("no cursor"), 9).await.unwrap().events.len(), 3);
}

/// An instance is asked as MISP is, with the key, which is never shown.
#[tokio::test]
async fn an_instance_is_followed() {
    let server = Server::start().await;
    server.event(1);
    let list = format!(
        r#"[{{"uuid":"{}","timestamp":"7","published":"1"}},{{"uuid":"{}","timestamp":"8","published":false}},{{"uuid":"../users"}}]"#,
        uuid(1),
        uuid(2)
    );
    server.set("POST /misp/events/index", 200, "", &list);
    let instance = Reader::instance(http(), &server.base, "SECRET-KEY").unwrap();
    let batch = instance.next(None, 9).await.unwrap();
    assert_eq!((infos(&batch), batch.refused.len()), (vec!["1".to_owned()], 0));
    assert!(server.asked.lock().unwrap().iter().all(|head| head.contains("SECRET-KEY")));
    assert_eq!(server.lines(), ["POST /misp/events/index", &format!("GET /misp/events/view/{}", uuid(1))]);
    server.set("POST /misp/events/index", 403, "", "");
    let fault = instance.next(None, 9).await.unwrap_err();
    assert!(matches!(fault, Fault::Refused { status: 403, .. }) && !fault.is_temporary());
    assert!(!format!("{fault} {instance:?} {fault:?}").contains("SECRET-KEY"));
}

/// A malicious or broken partner gets a word and no more: what is too large, no event, another event or not there is
/// refused once and does not stop the others; what may pass is tried again.
#[tokio::test]
async fn partners_may_be_broken() {
    let server = Server::start().await;
    let feed = Reader::feed(http(), &server.base).unwrap().limits(Limits { list: 2000, event: 500 });
    server.manifest(&[(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]);
    (1..=2).for_each(|n| server.event(n));
    let event = |n: usize| format!("GET /misp/{}.json", uuid(n));
    server.set(&event(1), 200, "", &format!(r#"{{"Event":{{"info":"{}","uuid":"{}"}}}}"#, "x".repeat(1000), uuid(1)));
    server.set(&event(3), 200, "", r#"{"Event":{"info":7}}"#);
    server.set(&event(4), 200, "", &format!(r#"{{"Event":{{"info":"x","uuid":"{}"}}}}"#, uuid(9)));
    let batch = feed.next(None, 9).await.unwrap();
    assert_eq!(infos(&batch), ["2"]);
    let reasons: Vec<_> = batch.refused.iter().map(|(_, reason)| reason.as_str()).collect();
    for (reason, says) in
        reasons.iter().zip(["larger than 500 bytes", "expected text in quotes", "the event is", "HTTP 404"])
    {
        assert!(reason.contains(says), "{says}: {reason}");
    }
    assert_eq!(reasons.len(), 4);
    assert!(feed.next(Some(&batch.cursor), 9).await.unwrap().refused.is_empty());

    // What comes before a fault is given; then the fault, as long as it lasts.
    server.manifest(&[(2, 3), (5, 6)]);
    server.set(&event(5), 503, "Retry-After: 7\r\n", "");
    let batch = feed.next(Some(&batch.cursor), 9).await.unwrap();
    assert_eq!((infos(&batch), batch.more), (vec!["2".to_owned()], true));
    let fault = feed.next(Some(&batch.cursor), 9).await.unwrap_err();
    assert!(matches!(fault, Fault::Busy { status: 503, retry_after: Some(after), .. } if after.as_secs() == 7));
    server.event(5);
    assert_eq!(infos(&feed.next(Some(&batch.cursor), 9).await.unwrap()), ["5"]);

    server.set("GET /misp/manifest.json", 200, "", &" ".repeat(3000));
    assert!(matches!(feed.next(None, 9).await.unwrap_err(), Fault::TooLarge { limit: 2000, .. }));
    server.set("GET /misp/manifest.json", 200, "", "<html>");
    assert!(matches!(feed.next(None, 9).await.unwrap_err(), Fault::Malformed { .. }));
    let nobody = Reader::feed(http(), "http://alice:secret@127.0.0.1:1/").unwrap();
    let fault = nobody.next(None, 9).await.unwrap_err();
    assert!(fault.is_temporary() && !fault.to_string().contains("secret"), "{fault}");
    assert!(matches!(Reader::feed(http(), "file:///etc").unwrap_err(), Fault::Address { .. }));
}

//! A feed or an instance to read from, which says what a table says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::corpus::uuid;

/// Answers by method and path: status, headers, body.
type Table = Arc<Mutex<HashMap<String, (u16, String, String)>>>;

#[derive(Clone)]
pub(crate) struct Partner {
    pub(crate) base: String,
    table: Table,
    /// The heads of the requests so far.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Partner {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/misp", listener.local_addr().unwrap());
        let partner = Self { base, table: Table::default(), asked: Arc::default() };
        let answering = partner.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answering.clone().answer(socket));
            }
        });
        partner
    }

    /// Answers what comes over a connection, for as long as it stays open.
    async fn answer(self, mut socket: TcpStream) {
        let mut unread = Vec::new();
        loop {
            let head = loop {
                if let Some(end) = unread.windows(4).position(|end| end == b"\r\n\r\n") {
                    break String::from_utf8(unread.drain(..end + 4).collect()).unwrap();
                }
                if socket.read_buf(&mut unread).await.unwrap_or(0) == 0 {
                    return;
                }
            };
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            while unread.len() < length.unwrap_or(0) {
                if socket.read_buf(&mut unread).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            unread.drain(..length.unwrap_or(0));
            let answer = self.answer_to(&head);
            self.asked.lock().unwrap().push(head);
            if socket.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn answer_to(&self, head: &str) -> String {
        let found = self.table.lock().unwrap().get(&line(head)).cloned();
        let (status, headers, body) = found.unwrap_or((404, String::new(), String::new()));
        let tag = headers.split_once("ETag: ").map(|(_, tag)| tag.trim().to_owned());
        if tag.is_some_and(|tag| head.to_ascii_lowercase().contains(&format!("if-none-match: {tag}"))) {
            return format!("HTTP/1.1 304 x\r\n{headers}\r\n");
        }
        format!("HTTP/1.1 {status} x\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
    }

    pub(crate) fn set(&self, line: &str, status: u16, headers: &str, body: &str) {
        self.table.lock().unwrap().insert(line.to_owned(), (status, headers.to_owned(), body.to_owned()));
    }

    /// The lines of the requests since the last time.
    pub(crate) fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap()).iter().map(|head| line(head)).collect()
    }

    /// How often the list was asked for since the last time, and how often an event.
    pub(crate) fn requests(&self) -> (usize, usize) {
        let (lists, events): (Vec<_>, Vec<_>) = self.lines().into_iter().partition(|line| line == MANIFEST);
        (lists.len(), events.len())
    }

    /// Lists these events with these times.
    pub(crate) fn manifest(&self, entries: &[(usize, i64)]) {
        let entries: Vec<_> = entries
            .iter()
            .map(|(n, stamp)| format!(r#""{}":{{"timestamp":"{stamp}","info":"x"}}"#, uuid(*n)))
            .collect();
        let text = format!("{{{}}}", entries.join(","));
        let tag = format!(
            "ETag: \"{:x}\"\r\n",
            text.bytes().fold(7, |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
        );
        self.set(MANIFEST, 200, &tag, &text);
    }

    /// Has an event of this title.
    pub(crate) fn event(&self, n: usize, info: &str) {
        self.text(n, &format!(r#"{{"Event":{{"info":"{info}","uuid":"{}"}}}}"#, uuid(n)));
    }

    pub(crate) fn text(&self, n: usize, text: &str) {
        self.set(&at(n), 200, "", text);
        self.set(&format!("GET /misp/events/view/{}", uuid(n)), 200, "", text);
    }

    /// Breaks down whenever somebody asks for this event.
    pub(crate) fn broken(&self, n: usize) {
        self.set(&at(n), 500, "", "");
    }

    /// Is busy whenever somebody asks for this event.
    pub(crate) fn busy(&self, n: usize) {
        self.set(&at(n), 503, "Retry-After: 7\r\n", "");
    }
}

pub(crate) const MANIFEST: &str = "GET /misp/manifest.json";

/// How a feed is asked for an event.
pub(crate) fn at(n: usize) -> String {
    format!("GET /misp/{}.json", uuid(n))
}

fn line(head: &str) -> String {
    head.lines().next().unwrap_or_default().replace(" HTTP/1.1", "")
}

pub(crate) fn http() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy();
    client.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

//! A load generator: many connections on one thread, each with one request under way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a run of requests came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rate {
    pub(crate) requests: usize,
    pub(crate) seconds: f64,
}

impl Rate {
    pub(crate) fn per_second(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

impl std::ops::AddAssign for Rate {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.seconds += other.seconds;
    }
}

/// Sends `make(0)`, `make(1)`, … over so many connections, until there is no next or the time is over.
/// Every answer must have this status.
pub(crate) fn run(
    address: SocketAddr,
    connections: usize,
    time: Duration,
    status: &'static str,
    make: impl Fn(usize) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> Rate {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let make = Arc::new(make);
        let next = Arc::new(AtomicUsize::new(0));
        let start = Instant::now();
        let tasks: Vec<_> = (0..connections)
            .map(|_| {
                let (make, next) = (Arc::clone(&make), Arc::clone(&next));
                tokio::spawn(async move {
                    let mut connection = Connection::open(address).await;
                    let mut requests = 0;
                    while start.elapsed() < time {
                        let Some(request) = make(next.fetch_add(1, Ordering::Relaxed)) else { break };
                        connection.ask(&request, status).await;
                        requests += 1;
                    }
                    requests
                })
            })
            .collect();
        let mut requests = 0;
        for task in tasks {
            requests += task.await.expect("a connection");
        }
        Rate { requests, seconds: start.elapsed().as_secs_f64() }
    })
}

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a server");
        stream.set_nodelay(true).expect("nodelay");
        Self { stream, buffer: vec![0; 1 << 18] }
    }

    /// Sends a request and reads the answer; its head is given.
    pub(crate) async fn ask(&mut self, request: &[u8], status: &str) -> String {
        self.stream.write_all(request).await.expect("to send");
        let mut filled = 0;
        let (length, head) = loop {
            let n = self.stream.read(&mut self.buffer[filled..]).await.expect("to receive");
            assert!(n > 0, "the server closed the connection: {}", String::from_utf8_lossy(&self.buffer[..filled]));
            filled += n;
            if let Some(end) = find(&self.buffer[..filled], b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.buffer[..end]).expect("text");
                assert!(head.starts_with(status), "{head}\n{}", String::from_utf8_lossy(&self.buffer[end..filled]));
                break (end + 4 + content_length(head), head.to_owned());
            }
        };
        let mut left = length.saturating_sub(filled);
        while left > 0 {
            let n = self.stream.read(&mut self.buffer).await.expect("to receive");
            assert!(n > 0, "the server broke off");
            left -= n;
        }
        head
    }
}

fn content_length(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    line.and_then(|value| value.parse().ok()).expect("a content-length")
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

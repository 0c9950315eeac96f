//! Memory and start-up of the program itself, on a large database.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use taxii_server::store::SqliteStore;
use tempfile::TempDir;

use crate::load::run;
use crate::row;
use crate::server::{fill, path, prepare, request};

/// The program `taxii-server`, for as long as this lives.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: std::net::SocketAddr,
    /// From the start of the process to the first answer.
    started: Duration,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const UNLIMITED: [&str; 6] = [
    "TAXII_LIMITS__ACCOUNT__READS",
    "TAXII_LIMITS__ACCOUNT__WRITES",
    "TAXII_LIMITS__ACCOUNT__CONCURRENT",
    "TAXII_LIMITS__ADDRESS__READS",
    "TAXII_LIMITS__ADDRESS__WRITES",
    "TAXII_LIMITS__ADDRESS__CONCURRENT",
];

impl Program {
    pub(crate) fn start(binary: &Path, database: impl AsRef<OsStr>, settings: &[(&str, &str)]) -> Self {
        let begin = Instant::now();
        let mut child = Command::new(binary)
            .args(["--output", "table", "--database"])
            .arg(database)
            .args(["serve", "--bind", "127.0.0.1:0"])
            // One account asks for more than any client would.
            .envs(UNLIMITED.map(|name| (name, "0")))
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("output")).read_line(&mut line).expect("a line");
        let address = line.trim().rsplit('/').next().and_then(|a| a.parse().ok()).expect("an address");
        run(address, 1, Duration::from_millis(1), "HTTP/1.1 401", |i| {
            (i == 0).then(|| b"GET /taxii2/ HTTP/1.1\r\nhost: b\r\n\r\n".to_vec())
        });
        Self { child, address, started: begin.elapsed() }
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory, in MiB.
    fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kibibytes.expect("a size") / 1024.0
    }
}

/// Where the program is, beside this one; says so if it is not.
pub(crate) fn find(what: &str) -> Option<PathBuf> {
    let beside = std::env::current_exe().ok()?.parent()?.join("taxii-server");
    if !beside.exists() {
        println!(
            "{what} not measured: there is no {}; cargo build --release -p taxii-server makes it",
            beside.display()
        );
        return None;
    }
    Some(beside)
}

pub(crate) fn measure(objects: usize) {
    let Some(binary) = find("memory and start-up") else { return };
    let folder = TempDir::new_in(".").expect("a folder");
    let database = folder.path().join("many.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let collection = runtime.block_on(async {
        let store = SqliteStore::open(&database).expect("a database");
        let (key, id) = prepare(&store).await;
        fill(&store, key, objects).await;
        id
    });
    drop(Program::start(&binary, &database, &[]));
    let mut times: Vec<Duration> = (0..9).map(|_| Program::start(&binary, &database, &[]).started).collect();
    times.sort();
    let milliseconds = times[times.len() / 2].as_secs_f64() * 1e3;
    let million = objects as f64 / 1e6;
    row(
        &format!("start-up to the first answer, {million:.1} million objects"),
        &format!("{milliseconds:.0} ms"),
        "100 ms",
        milliseconds / 100.0,
        "< 1.00",
    );

    let program = Program::start(&binary, &database, &[]);
    let idle = program.resident();
    let seen = crawl(&program, &format!("{}objects/", path(collection)));
    let after = program.resident();
    row(
        &format!("resident memory after serving {seen} objects (idle {idle:.0} MiB)"),
        &format!("{after:.0} MiB"),
        "150 MiB",
        after / 150.0,
        "< 1.00",
    );
}

/// Walks the whole collection over 4 connections' worth of positions and counts the objects by their ids.
fn crawl(program: &Program, path: &str) -> usize {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(program.address).expect("a connection");
    let (mut next, mut seen) = (String::new(), 0);
    loop {
        let query = if next.is_empty() { String::new() } else { format!("?next={next}") };
        stream.write_all(&request("GET", &format!("{path}{query}"), "")).expect("to send");
        let mut answer = Vec::new();
        let mut buffer = vec![0; 1 << 20];
        let body = loop {
            let n = stream.read(&mut buffer).expect("to receive");
            answer.extend_from_slice(&buffer[..n]);
            let text = String::from_utf8_lossy(&answer[..answer.len().min(2000)]).into_owned();
            if let Some((head, _)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|l| l.strip_prefix("content-length: ")?.parse::<usize>().ok())
                    .expect("a length");
                if answer.len() >= head.len() + 4 + length {
                    break String::from_utf8(answer.split_off(head.len() + 4)).expect("text");
                }
            }
        };
        seen += body.matches("\"type\":\"indicator\"").count();
        match body.split_once("\"next\":\"").and_then(|(_, rest)| rest.split_once('"')) {
            Some((token, _)) => next = token.to_owned(),
            None => return seen,
        }
    }
}

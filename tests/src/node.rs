//! A server process that is stopped and started again at the same address, as during an upgrade.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::free::free_address;
use crate::http::Request;
use crate::programs::{self, Folder};

/// One node, and what it is started with each time.
pub struct Node {
    folder: Folder,
    settings: Vec<(String, String)>,
    arguments: Vec<String>,
    /// Where it listens, whether it runs or not.
    pub address: SocketAddr,
    socket: Socket,
    child: Option<Child>,
}

enum Socket {
    /// It listens by itself.
    Own,
    /// It inherits the socket, as from systemd.
    Inherited(TcpListener),
}

impl Node {
    /// A node that listens by itself; not started.
    pub fn new(database: &str, drain_seconds: u64) -> Self {
        Self::with(database, drain_seconds, free_address(), Socket::Own)
    }

    /// A node that gets its socket from whoever starts it; not started.
    pub fn inheriting(database: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
        let address = listener.local_addr().expect("an address");
        Self::with(database, 0, address, Socket::Inherited(listener))
    }

    fn with(database: &str, drain_seconds: u64, address: SocketAddr, socket: Socket) -> Self {
        let bind = match socket {
            Socket::Own => address.to_string(),
            Socket::Inherited(_) => "stdin".to_owned(),
        };
        let settings = [("TAXII_DATABASE", database), ("TAXII_DRAIN_SECONDS", &drain_seconds.to_string())];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let arguments = ["serve", "--bind", &bind].map(str::to_owned).to_vec();
        Self { folder: Folder::new(), settings, arguments, address, socket, child: None }
    }

    /// One more environment variable.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// More environment variables.
    #[must_use]
    pub fn settings(self, settings: &[(&str, &str)]) -> Self {
        settings.iter().fold(self, |node, (name, value)| node.setting(name, value))
    }

    /// Its folder, for files and administrative commands.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.folder.command(&programs::server(), arguments);
        command.envs(programs::UNHURRIED).envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs an administrative command that has to succeed.
    #[track_caller]
    pub fn admin(&self, arguments: &[&str]) -> serde_json::Value {
        self.ran(arguments).good().json()
    }

    /// Runs an administrative command, whatever comes of it.
    pub fn ran(&self, arguments: &[&str]) -> programs::Ran {
        programs::Ran::of(self.command(&[&["--output", "json"], arguments].concat()), "")
    }

    /// Starts it, and returns once it listens and the database answers.
    #[track_caller]
    pub fn start(&mut self) {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let mut command = self.command(&arguments);
        let stdin = match &self.socket {
            Socket::Own => Stdio::null(),
            Socket::Inherited(listener) => OwnedFd::from(listener.try_clone().expect("a socket")).into(),
        };
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.folder.file("log")).expect("a log");
        let mut child = command.stdin(stdin).stdout(Stdio::piped()).stderr(log).spawn().expect("a server");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        self.child = Some(child);
        assert!(line.starts_with("Listening on "), "{line:?}: {}", self.log());
        std::thread::spawn(move || drop(std::io::copy(&mut output, &mut std::io::sink())));
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.file("log")).unwrap_or_default()
    }

    /// Sends it a signal: TERM, INT.
    pub fn signal(&self, signal: &str) {
        let id = self.child.as_ref().expect("it runs").id().to_string();
        let status = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(status.is_ok_and(|status| status.success()), "SIG{signal} was sent");
    }

    /// The id of its process.
    pub fn process(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Has it ended?
    pub fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| child.try_wait().expect("a process").is_some())
    }

    /// Waits until it has ended.
    pub fn ended(&mut self) -> ExitStatus {
        self.child.take().expect("it ran").wait().expect("a process")
    }

    /// Stops it as a supervisor does, and starts it again.
    #[track_caller]
    pub fn restart(&mut self) {
        self.signal("TERM");
        let status = self.ended();
        assert!(status.success(), "it ends in order: {status}: {}", self.log());
        self.start();
    }

    /// Is it ready, so far as it answers at all?
    pub fn is_ready(&self) -> Option<bool> {
        is_ready(self.address)
    }
}

/// Is the node at this address ready, so far as it answers at all?
pub fn is_ready(address: SocketAddr) -> Option<bool> {
    let answer = Request::new(address, "GET", "/health/ready").try_send().ok()?;
    assert!(matches!(answer.status, 200 | 503), "{answer}");
    Some(answer.status == 200)
}

/// Waits for something that has to come.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}: not within two minutes");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

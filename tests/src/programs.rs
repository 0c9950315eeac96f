//! The programs of this project as people run them: in a folder of their own, with nothing of ours in the
//! environment.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;

use serde_json::Value;
use tempfile::TempDir;

use crate::http::PATIENCE;

/// `taxii-server`: `TEST_TAXII_SERVER`, else the one built beside these tests.
pub fn server() -> PathBuf {
    program("TEST_TAXII_SERVER", "taxii-server")
}

/// `taxii`: `TEST_TAXII_CLIENT`, else the one built beside these tests.
pub fn client() -> PathBuf {
    program("TEST_TAXII_CLIENT", "taxii")
}

fn program(variable: &str, name: &str) -> PathBuf {
    if let Some(named) = std::env::var_os(variable) {
        return named.into();
    }
    let tests = std::env::current_exe().expect("the tests have a file");
    let target = tests.parent().and_then(|deps| deps.parent()).expect("target/<profile>/deps");
    let program = target.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "no program at {}: build it (`cargo build -p taxii-server -p taxii-client`) or name one in {variable}",
        program.display()
    );
    program
}

/// A folder to run programs in; it goes when the test ends.
pub struct Folder(TempDir);

impl Folder {
    #[expect(clippy::new_without_default, reason = "it makes something")]
    pub fn new() -> Self {
        Self(TempDir::with_prefix("taxii-tests-").expect("a temporary folder"))
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.file(name), text).expect("a file");
        self.file(name)
    }

    /// The program, to be run here with these arguments.
    pub fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.0.path()).env("HOME", self.0.path());
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command
    }

    pub fn run(&self, program: &Path, arguments: &[&str]) -> Ran {
        Ran::of(self.command(program, arguments), "")
    }

    /// Runs an administrative command that has to succeed, and returns what it prints for programs.
    #[track_caller]
    pub fn admin(&self, arguments: &[&str]) -> Value {
        self.run(&server(), &[&["--output", "json"], arguments].concat()).good().json()
    }

    /// Starts `taxii-server serve` with these options, on a free port.
    #[track_caller]
    pub fn serve(&self, options: &[&str]) -> Running {
        let mut command = self.command(&server(), &[&["serve", "--bind", "127.0.0.1:0"], options].concat());
        // No load balancer has to hear of its end.
        Running::start(command.envs(UNHURRIED).env("TAXII_DRAIN_SECONDS", "0"))
    }
}

/// Settings of a server that is patient with slow clients: on a busy machine a test may be one.
pub const UNHURRIED: [(&str, &str); 3] = [
    ("TAXII_LIMITS__HEAD_SECONDS", "120"),
    ("TAXII_LIMITS__IDLE_SECONDS", "120"),
    ("TAXII_TLS__HANDSHAKE_SECONDS", "120"),
];

/// Settings of a server or a command that waits for PostgreSQL as long as that takes: on a busy machine others may keep a lock for
/// longer than a client should have to wait.
pub const PATIENT: [(&str, &str); 2] =
    [("TAXII_LIMITS__DATABASE_STATEMENT_SECONDS", "0"), ("TAXII_LIMITS__DATABASE_PATIENCE_SECONDS", "60")];

fn is_ours(name: &str) -> bool {
    name.starts_with("TAXII_") || name.starts_with("XDG_")
}

/// What a program did.
#[derive(Debug)]
pub struct Ran {
    asked: String,
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Runs the command to its end, with that input.
    pub fn of(mut command: Command, input: &str) -> Self {
        let asked = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{asked}: {error}"));
        // A command that reads no input may have ended before this.
        drop(child.stdin.take().expect("piped").write_all(input.as_bytes()));
        let Output { status, stdout, stderr } = child.wait_with_output().expect("the command ends");
        let text = |bytes| String::from_utf8(bytes).unwrap_or_else(|error| panic!("{asked}: {error}"));
        Self { code: status.code(), out: text(stdout), err: text(stderr), asked }
    }

    /// Goes on only if it succeeded.
    #[track_caller]
    pub fn good(self) -> Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }

    /// Goes on only if it failed in an orderly way, and said all of these.
    #[track_caller]
    pub fn bad(self, words: &[&str]) -> Self {
        assert!(self.code.is_some_and(|code| code != 0), "{self}");
        for word in words {
            assert!(self.err.contains(word), "expected {word:?}: {self}");
        }
        assert!(!self.err.contains("panicked"), "{self}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("no JSON ({error}): {self}"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { asked, code, out, err } = self;
        let out: String = out.chars().take(2000).collect();
        write!(f, "{asked}: {code:?}\n{out}\n{err}")
    }
}

/// A server process that ends with the test.
pub struct Running {
    child: Child,
    pub origin: SocketAddr,
    /// What it printed up to the address, and goes on printing.
    pub lines: mpsc::Receiver<String>,
    log: Option<JoinHandle<String>>,
}

impl Running {
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a server");
        let (say, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().expect("piped"));
        std::thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| drop(say.send(line))));
        let mut errors = child.stderr.take().expect("piped");
        let log = std::thread::spawn(move || {
            let mut text = Vec::new();
            drop(std::io::copy(&mut errors, &mut text));
            String::from_utf8_lossy(&text).into_owned()
        });
        loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    if let Some((_, address)) = line.split_once("Listening on ").and_then(|(_, a)| a.split_once("://"))
                    {
                        let origin = address.trim().parse().expect("an address");
                        return Self { child, origin, lines, log: Some(log) };
                    }
                }
                Err(_) => {
                    drop(child.kill());
                    drop(child.wait());
                    panic!("the server did not start: {}", log.join().expect("its log"));
                }
            }
        }
    }

    /// Ends it at once, and gives its log.
    pub fn log(mut self) -> String {
        drop(self.child.kill());
        drop(self.child.wait());
        self.log.take().expect("asked once").join().expect("its log")
    }

    /// Asks it to read its certificates anew.
    pub fn hang_up(&self) {
        let status = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "SIGHUP was sent");
    }

    /// Ends it as an operator would, and waits until it has ended in order.
    pub fn stop(mut self) {
        let status = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(status.is_ok_and(|status| status.success()), "SIGTERM was sent");
        let status = self.child.wait().expect("the server ends");
        assert!(status.success(), "it ends in order: {status}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

//! The reference server as a process of its own, administered by its command line.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use serde_json::Value;
use tempfile::TempDir;

use crate::free::free_address;
use crate::http::PATIENCE;
use crate::leash::Leash;
use crate::postgres::Database;
use crate::programs;
use crate::site::{Account, Host, NewCollection, Rights, Root, Serving, Stop, TITLE};

/// A server process over a database of its own; both go when the tests go.
pub(crate) struct Process {
    program: PathBuf,
    folder: PathBuf,
    /// Where it keeps everything: a file in the folder, or a PostgreSQL database.
    database: String,
    server: Option<Child>,
    _leash: Leash,
}

/// What the other end of the leash does once this process is gone, however it went.
const CLEAN_UP: &str = r#"test -e "$1/pid" && kill "$(cat "$1/pid")"; rm -rf -- "$1""#;

impl Process {
    pub(crate) fn new() -> Self {
        // Kept, since what all tests share is never dropped; the leash takes it away.
        let folder = TempDir::with_prefix("taxii-tests-").expect("a temporary folder").keep();
        let leash = Leash::new(CLEAN_UP, [&folder]);
        let database = match std::env::var("TEST_TAXII_BINARY_ON") {
            Ok(engine) if engine == "postgres" => Database::new("the program on PostgreSQL").expect("a server").keep(),
            _ => folder.join("taxii.db").display().to_string(),
        };
        Self { program: programs::server(), folder, database, server: None, _leash: leash }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--database").arg(&self.database).envs(programs::PATIENT);
        command
    }

    /// Runs an administrative command and returns what it prints.
    fn admin(&self, arguments: &[&str], input: &str) -> Value {
        let mut child = self
            .command()
            .args(["--output", "json"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        // A command that reads no input may have ended before this.
        drop(child.stdin.take().expect("piped").write_all(input.as_bytes()));
        let output = child.wait_with_output().expect("the command ends");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {}: {errors}", output.status);
        let printed = String::from_utf8(output.stdout).expect("output is UTF-8");
        if printed.trim().is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{arguments:?}: not JSON ({error}): {printed}"))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default()
    }

    fn spawn(&self, serving: &Serving) -> Child {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("server.log"))
            .expect("a log file");
        let mut command = self.command();
        command.args(["serve", "--bind", &free_address().to_string(), "--title", TITLE]).envs(programs::UNHURRIED);
        // No load balancer has to hear of its end.
        command.env("TAXII_DRAIN_SECONDS", "0");
        // Tests fail to log in more often than anybody else.
        command.env("TAXII_LIMITS__FAILED_LOGINS__PER_USER", "0").env("TAXII_LIMITS__FAILED_LOGINS__PER_ADDRESS", "0");
        if let Some(limit) = serving.page_limit {
            command.args(["--page-limit", &limit.to_string()]);
        }
        let server = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        std::fs::write(self.folder.join("pid"), server.id().to_string()).expect("a pid file");
        server
    }

    /// Ends the process, if it still runs.
    fn end(&mut self, how: Stop) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        match how {
            // It may have ended by itself; then there is nothing left to do.
            Stop::Killed => drop(server.kill()),
            Stop::Asked => {
                let status = Command::new("kill").arg(server.id().to_string()).status();
                assert!(status.is_ok_and(|status| status.success()), "SIGTERM was sent");
            }
        }
        server.wait().expect("the server ends");
        drop(std::fs::remove_file(self.folder.join("pid")));
    }
}

impl Host for Process {
    fn add_root(&self, root: &Root) {
        let length = root.max_content_length.map(|length| length.to_string());
        let mut arguments = vec!["root", "add", root.name, "--title", root.title];
        if let Some(length) = &length {
            arguments.extend(["--max-content-length", length]);
        }
        if root.default {
            arguments.push("--default");
        }
        self.admin(&arguments, "");
    }

    fn add_collection(&self, new: &NewCollection<'_>) -> String {
        let mut arguments = vec!["collection", "add", new.root, new.alias, "--title", new.title];
        if let Some(id) = new.id {
            arguments.extend(["--id", id]);
        }
        if new.anonymous_read {
            arguments.push("--anonymous-read");
        }
        if let Some(versions) = new.spec_versions {
            arguments.extend(["--spec-versions", versions]);
        }
        if let Some(policy) = new.ingest {
            arguments.extend(["--ingest", policy]);
        }
        let made = self.admin(&arguments, "");
        made["id"].as_str().unwrap_or_else(|| panic!("no id: {made}")).to_owned()
    }

    fn add_account(&self, account: Account) {
        let mut arguments = vec!["account", "add", account.name, "--password-file", "-"];
        if account.admin {
            arguments.push("--admin");
        }
        if let Some(profile) = account.profile {
            arguments.extend(["--client", profile]);
        }
        self.admin(&arguments, account.password);
    }

    fn add_key(&self, account: &str) -> String {
        let made = self.admin(&["key", "add", account, "--label", "tests"], "");
        made["key"].as_str().unwrap_or_else(|| panic!("no key: {made}")).to_owned()
    }

    fn grant(&self, account: &str, root: &str, alias: &str, rights: Rights) {
        let collection = format!("{root}/{alias}");
        let mut arguments = vec!["grant", "add", account, &collection];
        let flags = [(rights.read, "--read"), (rights.write, "--write"), (rights.list, "--list")];
        arguments.extend(flags.iter().filter(|(wanted, _)| *wanted).map(|(_, flag)| *flag));
        self.admin(&arguments, "");
    }

    fn serve(&mut self, serving: &Serving) -> SocketAddr {
        let mut server = self.spawn(serving);
        let output = BufReader::new(server.stdout.take().expect("piped"));
        self.server = Some(server);
        let (say, heard) = mpsc::channel();
        // Goes on reading after the one line, so that the server never waits for a reader.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(address) = line.split("Listening on http://").nth(1) {
                    drop(say.send(address.trim().trim_end_matches('/').to_owned()));
                }
            }
        });
        let address =
            heard.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("the server did not start: {}", self.log()));
        address.parse().unwrap_or_else(|error| panic!("{address:?}: {error}"))
    }

    fn stop(&mut self, how: Stop) {
        self.end(how);
    }

    fn database(&self) -> Option<String> {
        Some(self.database.clone())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end(Stop::Killed);
    }
}

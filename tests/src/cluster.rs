//! PostgreSQL servers of a test's own: to be killed, promoted and filled up without anybody else noticing.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::NoTls;
use uuid::Uuid;

use crate::absent;
use crate::free::free_address;
use crate::leash::Leash;

/// A PostgreSQL server that goes with this, with its folder, however the test ends.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    pub port: u16,
    pub password: String,
    runtime: Runtime,
    _leash: Leash,
}

/// Small and quick: nobody cuts the power of a test.
const SETTINGS: &str = "listen_addresses = '127.0.0.1'\nfsync = off\nshared_buffers = 16MB\nmax_connections = 100\n\
    wal_level = replica\nmax_wal_senders = 8\nhot_standby = on\nwal_retrieve_retry_interval = 200ms\n";

impl Cluster {
    /// A running server, if there are the programs for it.
    pub fn new(what: &str) -> Option<Self> {
        let cluster = Self::unmade(what, Uuid::new_v4().simple().to_string())?;
        let password = cluster.write("password", &cluster.password);
        cluster.run(
            "initdb",
            &["--username=taxii", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
            &[("--pgdata", &cluster.data()), ("--pwfile", &password)],
        );
        cluster.set(&format!(
            "{SETTINGS}port = {}\nunix_socket_directories = '{}'\n",
            cluster.port,
            cluster.folder.display()
        ));
        cluster.start();
        Some(cluster)
    }

    /// A server that follows this one and calls itself so.
    pub fn replica(&self, name: &str) -> Self {
        let replica = Self::unmade("a replica", self.password.clone()).expect("there was one before");
        let from =
            format!("host=127.0.0.1 port={} user=taxii password={} application_name={name}", self.port, self.password);
        replica.run(
            "pg_basebackup",
            &["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync", "--dbname", &from],
            &[("--pgdata", &replica.data())],
        );
        replica.set(&format!("port = {}\nunix_socket_directories = '{}'\n", replica.port, replica.folder.display()));
        replica.start();
        replica
    }

    fn unmade(what: &str, password: String) -> Option<Self> {
        let Some(programs) = programs() else {
            absent::not_run(what, "there are no programs of a PostgreSQL server (initdb, pg_ctl)");
            return None;
        };
        let folder = TempDir::with_prefix("taxii-tests-").expect("a temporary folder").keep();
        let port = free_address().port();
        let stop = "folder=$1; shift; cd \"$folder\"; \"$@\"; rm -rf -- \"$folder\"";
        let mut arguments = vec![folder.clone().into_os_string()];
        arguments.extend(as_postgres().iter().map(Into::into));
        arguments.push(programs.join("pg_ctl").into());
        arguments.extend(["--pgdata".into(), folder.join("data").into(), "--mode=immediate".into(), "stop".into()]);
        let leash = Leash::new(stop, arguments);
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let cluster = Self { programs, folder, port, password, runtime, _leash: leash };
        cluster.own(&cluster.folder);
        Some(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The server's programs may not be run by root, nor read what is root's.
    pub fn own(&self, path: &Path) {
        if !as_postgres().is_empty() {
            let owned = Command::new("chown").arg("postgres").arg(path).status();
            assert!(owned.is_ok_and(|status| status.success()), "{} is given to postgres", path.display());
        }
    }

    /// A file beside the server's, which its user may read.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.join(name);
        std::fs::write(&file, text).expect("a file");
        self.own(&file);
        file
    }

    /// Appends to the settings; they count from the next start, most of them.
    pub fn set(&self, settings: &str) {
        use std::io::Write;
        let file = std::fs::OpenOptions::new().append(true).open(self.data().join("postgresql.conf"));
        file.expect("the settings").write_all(settings.as_bytes()).expect("they are written");
    }

    /// A program as the server's user, in its folder.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = match as_postgres() {
            [] => Command::new(program),
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
        };
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: &[&str], paths: &[(&str, &PathBuf)]) -> Output {
        let mut command = self.command(&self.programs.join(program));
        command.args(arguments);
        for (name, path) in paths {
            command.arg(name).arg(path);
        }
        // What the server inherits it keeps open: not pipes that somebody reads to their end.
        let log = std::fs::File::create(self.folder.join(format!("{program}.out"))).expect("a file");
        let output = command.stdout(log.try_clone().expect("a file")).stderr(log).output().expect("it runs");
        let said = std::fs::read_to_string(self.folder.join(format!("{program}.out"))).unwrap_or_default();
        assert!(output.status.success(), "{program}: {said}\n{}", self.log());
        output
    }

    fn control(&self, arguments: &[&str]) {
        self.run(
            "pg_ctl",
            &[arguments, &["--silent", "--wait", "--timeout=180"]].concat(),
            &[("--pgdata", &self.data()), ("--log", &self.folder.join("log"))],
        );
    }

    pub fn start(&self) {
        self.control(&["start"]);
    }

    /// Ends it at once, as if all its processes were killed.
    pub fn kill(&self) {
        self.control(&["--mode=immediate", "stop"]);
    }

    /// Makes it the one that can be written to.
    pub fn promote(&self) {
        self.control(&["promote"]);
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The URL of a database on this server, or on the first of these that will do.
    pub fn url(&self, others: &[&Self], database: &str) -> String {
        let hosts: Vec<String> = std::iter::once(self).chain(others.iter().copied()).map(Self::host).collect();
        format!("postgres://taxii:{}@{}/{database}?sslmode=disable&connect_timeout=30", self.password, hosts.join(","))
    }

    /// Runs statements.
    pub fn execute(&self, database: &str, statements: &str) {
        self.runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&self.url(&[], database), NoTls).await.expect("it answers");
            tokio::spawn(connection);
            client.batch_execute(statements).await.unwrap_or_else(|error| panic!("{statements}: {error:?}"));
        });
    }

    /// The first column of the first row.
    pub fn text(&self, database: &str, query: &str) -> String {
        self.try_text(database, query).unwrap_or_else(|error| panic!("{query}: {error:?}"))
    }

    pub fn try_text(&self, database: &str, query: &str) -> Result<String, tokio_postgres::Error> {
        self.runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&self.url(&[], database), NoTls).await?;
            tokio::spawn(connection);
            Ok(client.query_one(query, &[]).await?.get(0))
        })
    }

    /// Waits until a query says `true`.
    pub fn until(&self, database: &str, query: &str) {
        let begun = std::time::Instant::now();
        while self.text(database, query) != "true" {
            assert!(begun.elapsed().as_secs() < 120, "{query} has not come true: {}", self.log());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// Waits for something.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

/// What to put in front of a program of the server's.
fn as_postgres() -> &'static [&'static str] {
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if root { &["runuser", "-u", "postgres", "--"] } else { &[] }
}

/// Where the server's programs are.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.reverse();
    folders.extend(std::env::split_paths(&path));
    folders.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

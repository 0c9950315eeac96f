//! A pooler between the servers and PostgreSQL.

use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use taxii_tests::absent;
use taxii_tests::cluster::Cluster;
use taxii_tests::fleet::Fleet;
use taxii_tests::free::free_address;
use taxii_tests::node::until;

/// A pgbouncer that ends with this.
struct Pooler {
    child: Child,
    port: u16,
}

impl Pooler {
    /// In front of that server, with as little configuration as can be.
    fn start(cluster: &Cluster, mode: &str) -> Self {
        let port = free_address().port();
        let users = cluster.write(&format!("{mode}.users"), &format!("\"taxii\" \"{}\"\n", cluster.password));
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = scram-sha-256\nauth_file = {}\npool_mode = {mode}\n{}",
            cluster.port,
            users.display(),
            if mode == "transaction" { "max_prepared_statements = 200\n" } else { "" },
        );
        let settings = cluster.write(&format!("{mode}.ini"), &settings);
        let mut command = cluster.command(std::path::Path::new("pgbouncer"));
        let child = command.arg("--quiet").arg(settings).stderr(Stdio::null()).spawn().expect("pgbouncer starts");
        until("pgbouncer listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { child, port }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // What stands in front of it to make it run as somebody else passes this on.
        let asked = std::process::Command::new("kill").arg(self.child.id().to_string()).status();
        if asked.is_ok_and(|status| status.success()) {
            drop(self.child.wait());
        }
    }
}

/// Its version, if it is there: 1.18 is 118.
fn version() -> Option<u32> {
    let said = std::process::Command::new("pgbouncer").arg("--version").output().ok()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let mut numbers = said.split_whitespace().nth(1)?.split('.').map(|number| number.parse::<u32>().ok());
    Some(numbers.next()?? * 100 + numbers.next()??)
}

/// Promises 1 and 2 hold behind a pooler that gives a connection to whoever comes, for as long as they stay, or for each
/// transaction anew where it knows of prepared statements.
#[test]
fn servers_work_behind_a_pooler() {
    const WHAT: &str = "servers behind pgbouncer";
    let Some(version) = version() else { return absent::not_run(WHAT, "there is no pgbouncer") };
    let Some(cluster) = Cluster::new(WHAT) else { return };
    for mode in ["session", "transaction"] {
        if mode == "transaction" && version < 121 {
            absent::not_run(&format!("{WHAT} in transaction mode"), "pgbouncer is older than 1.21");
            continue;
        }
        cluster.execute("postgres", &format!("CREATE DATABASE {mode}"));
        let pooler = Pooler::start(&cluster, mode);
        let url = cluster.url(&[], mode).replace(&cluster.host(), &format!("127.0.0.1:{}", pooler.port));
        let fleet = Fleet::start(&url, 2, &[("TAXII_LIMITS__DATABASE_CONNECTIONS", "4")]);
        let written = fleet.busy(4, || {
            std::thread::sleep(Duration::from_secs(3));
            cluster.until(mode, "SELECT (count(*) > 10)::text FROM statuses");
        });
        assert!(written.statuses.len() > 10, "{}", fleet.tally());
        println!("pgbouncer {version} in {mode} mode: {}", fleet.tally());
        drop(fleet);
        drop(pooler);
    }
}

//! Databases on the PostgreSQL server that `tests/run` starts, one for each test.

use std::future::Future;
use std::net::{SocketAddr, ToSocketAddrs};

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::absent;

/// A database of its own, which goes with this.
pub struct Database {
    server: String,
    pub name: String,
    runtime: Runtime,
    kept: bool,
}

impl Database {
    /// A new database, if there is a server: `TEST_TAXII_POSTGRES` names it.
    pub fn new(what: &str) -> Option<Self> {
        Self::with(what, "")
    }

    /// A new database with options, such as `ENCODING 'LATIN1'`.
    pub fn with(what: &str, options: &str) -> Option<Self> {
        let Ok(server) = std::env::var("TEST_TAXII_POSTGRES") else {
            absent::not_run(what, "TEST_TAXII_POSTGRES names no PostgreSQL server; tests/run starts one");
            return None;
        };
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let database = Self { server, name: format!("taxii_{}", Uuid::new_v4().simple()), runtime, kept: false };
        database.on_server(&format!("CREATE DATABASE {} {options}", database.name));
        Some(database)
    }

    /// Where it is, for as long as the server runs.
    pub fn keep(mut self) -> String {
        self.kept = true;
        self.url()
    }

    /// Empties it.
    pub fn clear(&self) {
        let statements = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
        let dropped = || self.runtime.block_on(async { connect(&self.url()).await.batch_execute(statements).await });
        // Servers that write meanwhile take their locks in another order.
        while let Err(error) = dropped() {
            assert_eq!(error.code(), Some(&SqlState::T_R_DEADLOCK_DETECTED), "{error:?}");
        }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.url_as("")
    }

    /// The server's address.
    pub fn address(&self) -> SocketAddr {
        let authority = self.server.split(['/', '?']).nth(2).expect("a URL");
        let host = authority.rsplit('@').next().expect("a host");
        host.to_socket_addrs().expect("HOST:PORT").next().expect("an address")
    }

    /// Where it is, by way of another address, in the clear.
    pub fn url_by(&self, address: SocketAddr) -> String {
        let url = self.url().replace(&self.address().to_string(), &address.to_string());
        with_parameter(&url, "sslmode=disable")
    }

    /// Where it is, for another role: `name:password`.
    pub fn url_as(&self, role: &str) -> String {
        let (scheme, rest) = self.server.split_once("://").expect("a URL");
        let (authority, rest) = rest.split_once('/').expect("a URL with a database");
        let query = rest.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
        let (user, host) = authority.split_once('@').expect("a URL with a user");
        let user = if role.is_empty() { user } else { role };
        format!("{scheme}://{user}@{host}/{}{query}", self.name)
    }

    /// Runs statements in the database.
    pub fn run(&self, statements: &str) {
        self.runtime.block_on(run(&self.url(), statements));
    }

    /// The first column of the first row.
    pub fn text(&self, query: &str) -> String {
        self.runtime.block_on(async {
            let client = connect(&self.url()).await;
            client.query_one(query, &[]).await.expect("an answer").get(0)
        })
    }

    /// Runs statements beside the database.
    pub fn on_server(&self, statements: &str) {
        self.runtime.block_on(run(&self.server, statements));
    }

    /// Waits for something.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

/// The URL with one parameter more.
pub fn with_parameter(url: &str, parameter: &str) -> String {
    format!("{url}{}{parameter}", if url.contains('?') { '&' } else { '?' })
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("TEST_TAXII_POSTGRES answers");
    tokio::spawn(connection);
    client
}

async fn run(url: &str, statements: &str) {
    connect(url).await.batch_execute(statements).await.unwrap_or_else(|error| panic!("{statements}: {error:?}"));
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let server = self.server.clone();
        // A failed test has more to say than that its database is still there.
        self.runtime.block_on(async move {
            if let Ok((client, connection)) = tokio_postgres::connect(&server, NoTls).await {
                tokio::spawn(connection);
                let _ = client.batch_execute(&drop).await;
            }
        });
    }
}

//! A database of its own on the server, which goes with the value.

use std::sync::Arc;

use taxii_server::store::{CollectionKey, PostgresStore};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::server::{prepare, runtime};

pub(crate) struct Database {
    server: String,
    name: String,
    pub(crate) runtime: Runtime,
    /// Who asks in plain SQL.
    pub(crate) plain: Client,
    pub(crate) store: Arc<PostgresStore>,
    /// Its only collection, unless more are made.
    pub(crate) key: CollectionKey,
    pub(crate) id: Uuid,
}

impl Database {
    pub(crate) fn new(server: &str) -> Self {
        let runtime = runtime();
        let name = format!("taxii_bench_{}", Uuid::new_v4().simple());
        runtime.block_on(async {
            let admin = connect(server).await;
            admin.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database");
        });
        let url = on(server, &name);
        let (plain, store, key, id) = runtime.block_on(async {
            let store = Arc::new(PostgresStore::open(&url).await.expect("a store"));
            let (key, id) = prepare(&*store).await;
            (connect(&url).await, store, key, id)
        });
        Self { server: server.to_owned(), name, runtime, plain, store, key, id }
    }

    pub(crate) fn url(&self) -> String {
        on(&self.server, &self.name)
    }

    /// Another connection for plain SQL.
    pub(crate) async fn connect(&self) -> Client {
        connect(&self.url()).await
    }

    pub(crate) fn run(&self, sql: &str) {
        self.runtime.block_on(self.plain.batch_execute(sql)).expect("a statement");
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        self.runtime.block_on(async move {
            let dropped = connect(&server).await.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
            if let Err(error) = dropped {
                eprintln!("the database {name} is left: {error}");
            }
        });
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a PostgreSQL server");
    tokio::spawn(connection);
    client
}

/// The URL of another database on the same server.
fn on(server: &str, name: &str) -> String {
    let (server, options) = server.split_once('?').map_or((server, String::new()), |(s, o)| (s, format!("?{o}")));
    let authority = server.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    format!("{authority}/{name}{options}")
}

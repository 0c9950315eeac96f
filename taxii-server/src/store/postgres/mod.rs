//! A PostgreSQL server as the database, for any number of server processes: diesel-async over tokio-postgres, with TLS by
//! rustls.
//!
//! No process remembers anything that another could change: what every poll asks first is asked for anew each time (`pulse`).
//! Whoever writes to a collection locks its row in `marks` first (`submissions`), so stamps rise in the order in which they become
//! visible, whatever the clocks of the nodes say. Submissions that wait in one process share a transaction (`writer`).
//! Connections have a runtime of their own; what fails for want of one is tried again for a while (`pool`).

mod address;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/admin.rs"]
mod admin;
mod ahead;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/arrangements.rs"]
mod arrangements;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/audit.rs"]
mod audit;
mod batch;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/changes.rs"]
mod changes;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/exchange.rs"]
mod exchange;
mod failure;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/identified.rs"]
mod identified;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/identities.rs"]
mod identities;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/labelling.rs"]
mod labelling;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/lifecycle.rs"]
mod lifecycle;
mod open;
mod pages;
mod pool;
mod primary;
mod pulse;
mod replicas;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/selected.rs"]
mod selected;
mod statements;
mod submissions;
mod tls;
#[cfg(feature = "sqlite")]
pub(in crate::store) mod transfer;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use stix_model::Timestamp as StixTimestamp;
use taxii_model::{Status, Timestamp};
use tokio_postgres::config::TargetSessionAttrs;
use uuid::Uuid;

use self::address::Address;
use self::pool::Pool;
use self::pulse::Pulse;
use self::replicas::{Read, Replicas};
use self::writer::Writer;
use super::schema::statuses;
use super::sql::StatusRetention;
use super::{
    Arrangements, Clock, CollectionKey, Directory, Due, Exchange, Gone, Holdings, Labels, Mark, Page, Record, Removed,
    Result, Selection, Sight, Statistics, Store, StoreError, Submission, Texts, Told, Window, wall_clock,
};
use crate::audit::Chain;

/// Everything in a database on a PostgreSQL server. See the [module](self) for how it works.
///
/// ```no_run
/// use taxii_server::store::{Admin, ApiRoot, PostgresStore, Store};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let url = "postgres://taxii:secret@db1.example,db2.example/taxii?sslmode=verify-full&sslrootcert=ca.pem";
/// let store = PostgresStore::open(url).await?;
/// store.add_root(&ApiRoot::new("api1", "Sharing group 1")?).await?;
/// assert_eq!(store.directory().await?.roots[0].path(), "/api1/");
/// # Ok(()) }
/// ```
pub struct PostgresStore {
    inner: Arc<Inner>,
}

/// What tasks of the store hold on to.
struct Inner {
    pool: Pool,
    replicas: Replicas,
    pulse: Pulse,
    writer: Writer,
    clock: Clock,
    statuses: StatusRetention,
    chain: Option<Chain>,
}

/// How Diesel's ordinary interface sees a connection.
type Connection = AsyncConnectionWrapper<AsyncPgConnection>;
/// What the files that all engines share call this one.
type Engine = PostgresStore;
type Backend = diesel::pg::Pg;

/// How to open a [`PostgresStore`].
pub struct PostgresBuilder {
    url: String,
    replicas: Vec<String>,
    connections: usize,
    patience: Duration,
    statement_timeout: Duration,
    clock: Clock,
    status_retention: Duration,
    chain: Option<Chain>,
}

impl PostgresBuilder {
    /// Connections at most; 8 unless told otherwise.
    #[must_use]
    pub fn connections(self, connections: usize) -> Self {
        Self { connections: connections.max(2), ..self }
    }

    /// Copies of the database, by streaming replication, that pages of objects and manifests may be read from. A copy
    /// that is behind is not noticed by anybody: what it does not have yet is read from the database itself, as is everything
    /// that decides who may do what. One that does not answer is left alone for a while.
    #[must_use]
    pub fn replicas<U: Into<String>>(self, urls: impl IntoIterator<Item = U>) -> Self {
        Self { replicas: urls.into_iter().map(Into::into).collect(), ..self }
    }

    /// For how long an operation is tried again while the database cannot be reached, as during a fail-over; 5 seconds
    /// unless told otherwise.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// How long a statement may take, and how long a transaction may stand still, before the database ends it; 30 seconds
    /// unless told otherwise, zero for no end. The URL's `options` count more.
    #[must_use]
    pub fn statement_timeout(self, timeout: Duration) -> Self {
        Self { statement_timeout: timeout, ..self }
    }

    /// Where the time comes from.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// How long a status is kept once it is complete; 7 days unless told otherwise, and never less
    /// than the 24 hours of TAXII 2.1 §4.3.
    #[must_use]
    pub fn status_retention(self, retention: Duration) -> Self {
        Self { status_retention: retention, ..self }
    }

    /// Records what administrators change, and chains the log like this; otherwise changes are not recorded, and the log has no key.
    #[must_use]
    pub fn chain(self, chain: Chain) -> Self {
        Self { chain: Some(chain), ..self }
    }

    /// Connects, and brings the tables up to date.
    ///
    /// # Errors
    /// The URL is wrong, nobody answers there, it lets us not in or not write, or the database is of a newer version of this
    /// program. The error's text says which.
    pub async fn open(self) -> Result<PostgresStore> {
        // Every node writes: of several hosts, the one that can be written to is looked for.
        let address = Address::parse(&self.url, TargetSessionAttrs::ReadWrite, self.statement_timeout)?;
        let pool = Pool::new(address, self.connections, self.patience)?;
        let copies =
            self.replicas.iter().map(|url| Address::parse(url, TargetSessionAttrs::Any, self.statement_timeout));
        let replicas = Replicas::new(&pool, copies.collect::<Result<_>>()?);
        open::prepare(&pool).await?;
        let (pulse, writer) = (Pulse::default(), Writer::new(self.connections));
        let statuses = StatusRetention::new(self.status_retention);
        let (clock, chain) = (self.clock, self.chain);
        Ok(PostgresStore { inner: Arc::new(Inner { pool, replicas, pulse, writer, clock, statuses, chain }) })
    }
}

impl PostgresStore {
    /// Connects with the usual settings.
    ///
    /// # Errors
    /// As [`PostgresBuilder::open`].
    pub async fn open(url: &str) -> Result<Self> {
        Self::builder(url).open().await
    }

    /// Settings for connecting. The URL is one as libpq takes it:
    /// `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?sslmode=verify-full&sslrootcert=FILE`. Of several hosts, the one
    /// that can be written to is used.
    #[must_use]
    pub fn builder(url: &str) -> PostgresBuilder {
        PostgresBuilder {
            url: url.to_owned(),
            replicas: Vec::new(),
            connections: 8,
            patience: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            clock: wall_clock(),
            status_retention: Duration::from_secs(7 * 24 * 60 * 60),
            chain: None,
        }
    }

    /// Does this name a database on a PostgreSQL server, and not a file?
    ///
    /// ```
    /// use taxii_server::store::PostgresStore;
    ///
    /// assert!(PostgresStore::is_url("postgres://localhost/taxii"));
    /// assert!(!PostgresStore::is_url("taxii.db"));
    /// ```
    #[must_use]
    pub fn is_url(database: &str) -> bool {
        address::is_url(database)
    }

    /// The URL without its password, for people and logs.
    ///
    /// ```
    /// use taxii_server::store::PostgresStore;
    ///
    /// assert_eq!(PostgresStore::without_password("postgres://u:secret@h/db"), "postgres://u@h/db");
    /// ```
    #[must_use]
    pub fn without_password(url: &str) -> String {
        address::without_password(url)
    }

    /// How much each collection holds. This counts: it takes a while for millions of objects.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn statistics(&self) -> Result<Vec<Statistics>> {
        self.read(admin::statistics).await
    }

    /// How much room the database takes.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn bytes(&self) -> Result<u64> {
        let size = diesel::dsl::sql::<diesel::sql_types::BigInt>("pg_database_size(current_database())");
        let ask = move |connection: &mut Connection| {
            Ok(diesel::RunQueryDsl::get_result::<i64>(diesel::select(size.clone()), connection)?)
        };
        Ok(u64::try_from(self.read(ask).await?).unwrap_or_default())
    }

    /// How the log is chained, if changes are recorded.
    fn chain(&self) -> Option<&Chain> {
        self.inner.chain.as_ref()
    }

    fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl Fn(&mut Connection) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        self.inner.pool.read(read).await
    }

    /// Reads a page, from a copy of the database if there is one that will do.
    async fn page<T: Send + 'static>(&self, window: &Window, read: Read<T>) -> Result<T> {
        if let Some(page) = self.inner.replicas.read(window, &read).await {
            return Ok(page);
        }
        self.inner.pool.run(move |connection| read(connection)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        write: impl Fn(&mut Connection) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        self.inner.pool.write(self.inner.pool.patience(), write).await
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn directory(&self) -> Result<Directory> {
        self.read(admin::directory).await
    }

    async fn revision(&self) -> Result<i64> {
        Ok(pulse::ask(&self.inner, None).await?.0)
    }

    async fn mark(&self, collection: CollectionKey) -> Result<Mark> {
        let (_, mark) = pulse::ask(&self.inner, Some(collection)).await?;
        mark.ok_or_else(|| StoreError::Missing(format!("collection {}", collection.0)))
    }

    async fn objects(&self, window: &Window) -> Result<Texts> {
        let asked = Arc::new(window.clone());
        let read: Read<Texts> = Arc::new(move |connection| {
            let asked = Arc::clone(&asked);
            Box::pin(async move { Ok(pages::objects(connection, &asked).await?) })
        });
        self.page(window, read).await
    }

    async fn records(&self, window: &Window) -> Result<Page<Record>> {
        let asked = Arc::new(window.clone());
        let read: Read<Page<Record>> = Arc::new(move |connection| {
            let asked = Arc::clone(&asked);
            Box::pin(async move { Ok(pages::records(connection, &asked).await?) })
        });
        self.page(window, read).await
    }

    async fn holds(
        &self,
        collection: CollectionKey,
        id: &str,
        versions: &[StixTimestamp],
        sight: Option<&Arc<Sight>>,
    ) -> Result<bool> {
        let versions: Vec<String> = versions.iter().map(StixTimestamp::sort_key).collect();
        let asked = Arc::new((id.to_owned(), versions, sight.cloned()));
        let read = self.inner.pool.run(move |connection| {
            let asked = Arc::clone(&asked);
            Box::pin(
                async move { Ok(pages::holds(connection, collection, &asked.0, &asked.1, asked.2.as_deref()).await?) },
            )
        });
        read.await
    }

    async fn add(&self, submission: Submission) -> Result<Status> {
        Ok(self.add_telling(submission).await?.status)
    }

    async fn add_telling(&self, submission: Submission) -> Result<Told> {
        writer::write(&self.inner, submission).await
    }

    async fn delete(
        &self,
        collection: CollectionKey,
        id: &str,
        selection: &Selection,
        sight: Option<&Arc<Sight>>,
    ) -> Result<u64> {
        Ok(self.delete_telling(collection, id, selection, sight).await?.0)
    }

    async fn delete_telling(
        &self,
        collection: CollectionKey,
        id: &str,
        selection: &Selection,
        sight: Option<&Arc<Sight>>,
    ) -> Result<(u64, Vec<Gone>)> {
        let now = (self.inner.clock)();
        let asked = Arc::new((id.to_owned(), selection.clone(), sight.cloned()));
        let delete = self.inner.pool.run(move |connection| {
            let asked = Arc::clone(&asked);
            Box::pin(async move {
                submissions::delete(connection, collection, &asked.0, &asked.1, asked.2.as_deref(), now).await
            })
        });
        delete.await
    }

    async fn labels(&self, collection: CollectionKey) -> Result<Labels> {
        self.read(move |connection| labelling::labels(connection, collection)).await
    }

    async fn status(&self, root: &str, id: Uuid) -> Result<Option<(Status, String)>> {
        let asked = Arc::new((id.to_string(), root.to_owned()));
        let read = self.inner.pool.run(move |connection| {
            let asked = Arc::clone(&asked);
            Box::pin(async move { Ok(status(connection, &asked.0, &asked.1).await?) })
        });
        let row = read.await?;
        row.map(|(body, caller)| Ok((serde_json::from_str(&body).map_err(StoreError::failed)?, caller))).transpose()
    }

    async fn secret(&self) -> Result<[u8; 32]> {
        self.write(admin::secret).await
    }

    fn exchange(&self) -> Option<&dyn Exchange> {
        Some(self)
    }

    fn arrangements(&self) -> Option<&dyn Arrangements> {
        Some(self)
    }

    async fn due(&self, collection: CollectionKey, due: Due) -> Result<u64> {
        self.read(move |connection| lifecycle::due(connection, collection, due)).await
    }

    async fn remove_due(&self, collection: CollectionKey, due: Due, limit: usize) -> Result<Removed> {
        let now = (self.inner.clock)();
        self.write(move |connection| lifecycle::remove_due(connection, collection, due, limit, now)).await
    }

    async fn nth_newest(&self, collection: CollectionKey, nth: u64) -> Result<Option<Timestamp>> {
        self.nth_newest_of(collection, nth).await
    }

    async fn tidy(&self, limit: usize) -> Result<bool> {
        let horizon = self.inner.statuses.horizon((self.inner.clock)());
        self.write(move |connection| lifecycle::tidy(connection, horizon, limit)).await
    }

    async fn lease(&self, work: &str, holder: Uuid, duration: Duration) -> Result<bool> {
        let (work, now) = (work.to_owned(), (self.inner.clock)());
        let deadline = now.saturating_add(duration);
        self.write(move |connection| lifecycle::lease(connection, &work, holder, now, deadline)).await
    }

    async fn holdings(&self, collection: CollectionKey, now: Timestamp) -> Result<Holdings> {
        self.holdings_of(collection, now).await
    }
}

/// The text of a status, and whose it is.
async fn status(connection: &mut AsyncPgConnection, id: &str, root: &str) -> QueryResult<Option<(String, String)>> {
    let row = statuses::table.find(id).filter(statuses::root.eq(root));
    row.select((statuses::body, statuses::caller)).get_result(connection).await.optional()
}

//! The embedded database: SQLite through Diesel, in one file, with nothing to install.
//!
//! One thread writes: it takes all writes that wait into one transaction, so that a burst of small requests
//! costs one flush of the disk (`writer`). A few threads read (`reader`); what every poll asks first is remembered until somebody writes (`freshness`).
//! Several processes may use the file at once.

#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/admin.rs"]
mod admin;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/arrangements.rs"]
mod arrangements;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/audit.rs"]
mod audit;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/changes.rs"]
mod changes;
mod connection;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/exchange.rs"]
mod exchange;
mod freshness;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/identified.rs"]
mod identified;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/identities.rs"]
mod identities;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/labelling.rs"]
mod labelling;
#[cfg(test)]
mod labelling_tests;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/lifecycle.rs"]
mod lifecycle;
mod pages;
mod reader;
#[allow(clippy::duplicate_mod, reason = "compiled for each engine: see `store::sql`")]
#[path = "../sql/selected.rs"]
mod selected;
mod standing;
mod submissions;
pub(in crate::store) mod transfer;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::{Sqlite as Backend, SqliteConnection as Connection};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use stix_model::Timestamp as StixTimestamp;
use taxii_model::{Status, Timestamp};
use uuid::Uuid;

use self::freshness::Freshness;
use self::reader::Readers;
use self::writer::Writer;
use super::schema::{marks, revision, statuses};
use super::sql::StatusRetention;
use super::{
    Arrangements, Clock, CollectionKey, Directory, Due, Exchange, Gone, Holdings, Labels, Mark, Page, Record, Removed,
    Result, Selection, Sight, Statistics, Store, StoreError, Submission, Texts, Told, Window, wall_clock,
};
use crate::audit::Chain;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Everything in one SQLite file. See the [module](self) for how it works.
///
/// ```
/// use taxii_server::store::{Admin, ApiRoot, SqliteStore, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("taxii.db");
/// let store = SqliteStore::open(&file)?;
/// store.add_root(&ApiRoot::new("api1", "Sharing group 1")?).await?;
/// assert_eq!(store.directory().await?.roots[0].path(), "/api1/");
/// # Ok(()) })
/// # }
/// ```
pub struct SqliteStore {
    freshness: Freshness,
    readers: Readers,
    writer: Writer,
    clock: Clock,
    statuses: StatusRetention,
    chain: Option<Chain>,
}

/// How to open a [`SqliteStore`].
pub struct SqliteBuilder {
    path: PathBuf,
    readers: usize,
    cache: usize,
    clock: Clock,
    status_retention: Duration,
    chain: Option<Chain>,
}

impl SqliteBuilder {
    /// Threads that read, each with a connection; 2 unless told otherwise.
    #[must_use]
    pub fn readers(self, readers: usize) -> Self {
        Self { readers: readers.max(1), ..self }
    }

    /// How many bytes of the file each connection that reads keeps in memory; 4 MiB unless told
    /// otherwise. The one that writes keeps four times as much.
    #[must_use]
    pub fn cache(self, bytes: usize) -> Self {
        Self { cache: bytes, ..self }
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

    /// Opens the file, making it if there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// The file cannot be opened, or it is not a database of this program.
    pub fn open(self) -> Result<SqliteStore> {
        make_private(&self.path);
        // Writing touches indexes in random places: it profits most from a cache.
        let mut connection = connection::open(&self.path, self.cache.saturating_mul(4))?;
        connection.exclusive_transaction(|c| admin::migrate_to(c, MIGRATIONS, None))?;
        admin::finished(&mut connection)?;
        let readers = Readers::new(&self.path, self.readers, self.cache)?;
        let freshness = Freshness::new(&self.path);
        let writer = Writer::start(connection)?;
        let statuses = StatusRetention::new(self.status_retention);
        Ok(SqliteStore { freshness, readers, writer, clock: self.clock, statuses, chain: self.chain })
    }
}

/// Makes the file, if there is none, for nobody else on the machine to read: the files beside it are as private. If it cannot be made,
/// opening it says why.
fn make_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

impl SqliteStore {
    /// Opens a file with the usual settings.
    ///
    /// # Errors
    /// As [`SqliteBuilder::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::builder(path).open()
    }

    /// Settings for opening a file.
    #[must_use]
    pub fn builder(path: impl AsRef<Path>) -> SqliteBuilder {
        SqliteBuilder {
            path: path.as_ref().to_owned(),
            readers: 2,
            cache: 4 << 20,
            clock: wall_clock(),
            status_retention: Duration::from_secs(7 * 24 * 60 * 60),
            chain: None,
        }
    }
}

impl SqliteStore {
    /// How much each collection holds. This counts: it takes a while for millions of objects.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn statistics(&self) -> Result<Vec<Statistics>> {
        self.read(admin::statistics).await
    }
}

/// The migrations that this program knows, on every engine: their versions, in order, each with the name of its folder.
pub(in crate::store) fn migrations() -> Result<Vec<(String, String)>> {
    super::sql::titles(&MIGRATIONS)
}

/// What the files that all engines share call this one.
type Engine = SqliteStore;

impl SqliteStore {
    /// How the log is chained, if changes are recorded.
    fn chain(&self) -> Option<&Chain> {
        self.chain.as_ref()
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.readers.read(read).await
    }

    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.write(write).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn directory(&self) -> Result<Directory> {
        self.read(admin::directory).await
    }

    async fn revision(&self) -> Result<i64> {
        let ask = |connection: &mut Connection| Ok(revision::table.select(revision::number).get_result(connection)?);
        self.freshness.revision(|| self.readers.probe(ask))
    }

    async fn mark(&self, collection: CollectionKey) -> Result<Mark> {
        let ask = |connection: &mut Connection| {
            let row = marks::table
                .find(collection.0)
                .select((marks::clock, marks::changes))
                .get_result(connection)
                .optional()?;
            let (clock, changes) = row.ok_or_else(|| StoreError::Missing(format!("collection {}", collection.0)))?;
            Ok(Mark { clock: Timestamp::from_micros(clock), changes })
        };
        self.freshness.mark(collection.0, || self.readers.probe(ask))
    }

    async fn objects(&self, window: &Window) -> Result<Texts> {
        let window = window.clone();
        self.read(move |connection| pages::objects(connection, &window)).await
    }

    async fn records(&self, window: &Window) -> Result<Page<Record>> {
        let window = window.clone();
        self.read(move |connection| pages::records(connection, &window)).await
    }

    async fn holds(
        &self,
        collection: CollectionKey,
        id: &str,
        versions: &[StixTimestamp],
        sight: Option<&Arc<Sight>>,
    ) -> Result<bool> {
        let (id, versions) = (id.to_owned(), versions.iter().map(StixTimestamp::sort_key).collect());
        let sight = sight.cloned();
        self.read(move |connection| pages::holds(connection, collection, &id, versions, sight.as_deref())).await
    }

    async fn add(&self, submission: Submission) -> Result<Status> {
        Ok(self.add_telling(submission).await?.status)
    }

    async fn add_telling(&self, submission: Submission) -> Result<Told> {
        let clock = self.clock.clone();
        self.writer.write(move |connection| submissions::add(connection, &submission, clock())).await
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
        let (id, selection, sight) = (id.to_owned(), selection.clone(), sight.cloned());
        let clock = self.clock.clone();
        let delete = move |connection: &mut Connection| {
            submissions::delete(connection, collection, &id, selection, sight.as_deref(), clock())
        };
        self.writer.write(delete).await
    }

    async fn labels(&self, collection: CollectionKey) -> Result<Labels> {
        self.read(move |connection| labelling::labels(connection, collection)).await
    }

    async fn status(&self, root: &str, id: Uuid) -> Result<Option<(Status, String)>> {
        let root = root.to_owned();
        let row: Option<(String, String)> = self
            .read(move |connection| {
                let row = statuses::table.find(id.to_string()).filter(statuses::root.eq(root));
                Ok(row.select((statuses::body, statuses::caller)).get_result(connection).optional()?)
            })
            .await?;
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
        let now = (self.clock)();
        self.write(move |connection| lifecycle::remove_due(connection, collection, due, limit, now)).await
    }

    async fn nth_newest(&self, collection: CollectionKey, nth: u64) -> Result<Option<Timestamp>> {
        self.nth_newest_of(collection, nth).await
    }

    async fn tidy(&self, limit: usize) -> Result<bool> {
        let horizon = self.statuses.horizon((self.clock)());
        self.write(move |connection| lifecycle::tidy(connection, horizon, limit)).await
    }

    async fn lease(&self, work: &str, holder: Uuid, duration: Duration) -> Result<bool> {
        let (work, now) = (work.to_owned(), (self.clock)());
        let deadline = now.saturating_add(duration);
        self.write(move |connection| lifecycle::lease(connection, &work, holder, now, deadline)).await
    }

    async fn holdings(&self, collection: CollectionKey, now: Timestamp) -> Result<Holdings> {
        self.holdings_of(collection, now).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use diesel::Connection as _;
    use diesel_migrations::MigrationHarness;
    use stix_model::RawHead;
    use taxii_model::Filter;

    use super::*;
    use crate::store::schema::objects;
    use crate::store::{Admin, ApiRoot, Collection, Ingest, Item};

    const HOUR: i64 = 3_600_000_000;

    pub(super) fn submission(n: i64) -> Submission {
        let text = format!("{{\"type\":\"url\",\"id\":\"url--00000000-0000-4000-8000-{n:012}\"}}");
        let head = RawHead::read(&text, 100).unwrap().check(None).unwrap();
        Submission {
            status: Uuid::new_v4(),
            root: "r".to_owned(),
            collection: CollectionKey(1),
            caller: "c".to_owned(),
            received: Timestamp::default(),
            items: vec![Item::new(head, text)],
            refused: Vec::new(),
        }
    }

    /// A store whose clock is set by hand.
    pub(super) async fn store(folder: &tempfile::TempDir) -> (SqliteStore, Arc<AtomicI64>) {
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000_000));
        let hand = Arc::clone(&clock);
        let now: Clock = Arc::new(move || Timestamp::from_micros(hand.load(Ordering::Relaxed)));
        let file = folder.path().join("t.db");
        let store = SqliteStore::builder(file).clock(now).status_retention(Duration::ZERO).open().unwrap();
        store.add_root(&ApiRoot::new("r", "t").unwrap()).await.unwrap();
        store.add_collection(&Collection::new("r", None, "t").unwrap()).await.unwrap();
        (store, clock)
    }

    /// TX-STS-02, TX-STS-03: 24 hours at the least, whatever is configured; gone some time after.
    #[tokio::test]
    async fn a_status_lasts_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let (store, clock) = store(&folder).await;
        let first = store.add(submission(1)).await.unwrap().id;
        clock.fetch_add(24 * HOUR - 60_000_000, Ordering::Relaxed);
        assert!(!store.tidy(10).await.unwrap());
        assert!(store.status("r", first).await.unwrap().is_some());
        clock.fetch_add(120_000_000, Ordering::Relaxed);
        assert!(store.tidy(10).await.unwrap());
        assert!(store.status("r", first).await.unwrap().is_none());
    }

    /// Makes a database of an older version, whose last migration is this one.
    pub(super) fn revert(file: &Path, last: &str) {
        let mut connection = connection::open(file, 1 << 20).unwrap();
        while connection.applied_migrations().unwrap().first().unwrap().to_string() != last {
            connection.revert_last_migration(MIGRATIONS).unwrap();
        }
    }

    /// Until when older entries are valid is found out in small steps, which go on where another process stopped; what has come
    /// since knows it anyway.
    #[tokio::test]
    async fn older_entries_expire_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.db");
        let indicator = |n: i64, until: &str| {
            let id = format!("indicator--00000000-0000-4000-8000-{n:012}");
            let text = format!(
                "{{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"{id}\",\"created\":\"2026-01-01T00:00:00Z\",\
                 \"modified\":\"2026-01-01T00:00:00Z\"{until}}}"
            );
            let head = RawHead::read(&text, 100).unwrap().check(None).unwrap();
            Submission { items: vec![Item::new(head, text)], ..submission(0) }
        };
        let until = |n: i64| if n % 2 == 0 { ",\"valid_until\":\"2026-02-01T00:00:00Z\"" } else { "" };
        let (store, _) = store(&folder).await;
        for n in 1..=9 {
            store.add(indicator(n, until(n))).await.unwrap();
            store.add(submission(n)).await.unwrap();
        }
        drop(store);
        revert(&file, "0002");
        let due = Due::ExpiredBefore("2026-03-01T00:00:00Z".parse().unwrap());
        let mut known = Vec::new();
        for n in 10.. {
            let store = SqliteStore::open(&file).unwrap();
            if n < 13 {
                store.add(indicator(n, until(n))).await.unwrap();
            }
            known.push(store.due(CollectionKey(1), due).await.unwrap());
            if !store.tidy(3).await.unwrap() {
                break;
            }
        }
        // 18 old entries, of which the labels of 3 are read at a time, and then until when they are valid; then the end is noticed, then
        // there is nothing to do.
        assert_eq!(known, [1, 1, 2, 2, 2, 2, 2, 3, 3, 4, 5, 6, 6, 6], "{known:?}");
    }

    /// Promise 5: finding what is due costs what is removed, however large the collection is.
    #[tokio::test]
    async fn what_is_due_follows_an_index() {
        #[derive(QueryableByName)]
        struct Step {
            #[diesel(sql_type = diesel::sql_types::Text)]
            detail: String,
        }
        let folder = tempfile::tempdir().unwrap();
        drop(store(&folder).await);
        let mut connection = connection::open(&folder.path().join("t.db"), 1 << 20).unwrap();
        for (due, index) in [
            (
                Due::AddedBefore(Timestamp::default()),
                "objects_by_standing (collection=? AND is_newest=? AND is_best=? AND added<?)",
            ),
            (
                Due::ExpiredBefore(Timestamp::default()),
                "objects_by_validity (collection=? AND is_newest=? AND is_best=? AND valid_until<?)",
            ),
        ] {
            let query = lifecycle::longest_overdue(CollectionKey(1), due).select(objects::id).limit(500);
            let sql = diesel::debug_query::<Backend, _>(&query).to_string();
            let (sql, _) = sql.split_once(" -- binds").unwrap();
            let steps: Vec<Step> =
                diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut connection).unwrap();
            let plan: Vec<_> = steps.iter().map(|step| step.detail.as_str()).collect();
            assert!(plan.len() == 1 && plan[0].contains(index), "{plan:?}");
        }
    }

    /// A database of the first version is brought up to date; policies are kept.
    #[tokio::test]
    async fn an_older_database_is_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.db");
        drop(store(&folder).await);
        revert(&file, "0001");
        for policy in [Ingest::Head, Ingest::Strict, Ingest::Off] {
            let store = SqliteStore::open(&file).unwrap();
            let mut collection = store.directory().await.unwrap().collections.remove(0);
            if policy != Ingest::Head {
                collection.ingest = policy;
                store.set_collection(&collection).await.unwrap();
                collection = store.directory().await.unwrap().collections.remove(0);
            }
            assert_eq!(collection.ingest, policy);
        }
    }

    /// A database of a newer version of the program is left alone, and its reader is told why.
    #[tokio::test]
    async fn a_newer_database_is_refused() {
        use diesel::connection::SimpleConnection;

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.db");
        drop(store(&folder).await);
        let mut connection = Connection::establish(file.to_str().unwrap()).unwrap();
        // The threads of the store may still be at closing the file.
        connection.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
        connection.batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')").unwrap();
        let error = crate::service::chain(&SqliteStore::open(&file).err().unwrap());
        assert!(error.contains("newer version of this program") && error.contains("9999"), "{error}");
    }

    /// AMB-09: dates rise also when the wall clock steps back.
    #[tokio::test]
    async fn a_clock_that_steps_back_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (store, clock) = store(&folder).await;
        for n in 0..5 {
            store.add(submission(n)).await.unwrap();
            clock.fetch_sub(HOUR, Ordering::Relaxed);
        }
        let records = store.records(&Window::of(CollectionKey(1), &Filter::default())).await.unwrap().entries;
        assert_eq!(records.len(), 5);
        assert!(records.is_sorted_by(|a, b| a.added < b.added));
    }
}

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use diesel::sqlite::SqliteConnection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::connection;
use crate::store::{Result, StoreError};

/// The connections that read.
pub(super) struct Readers {
    pool: Arc<Pool>,
    turns: Arc<Semaphore>,
    probes: Vec<Mutex<SqliteConnection>>,
}

struct Pool {
    path: PathBuf,
    cache: usize,
    idle: Mutex<Vec<SqliteConnection>>,
}

/// A probe touches a few pages of the file over and over.
const PROBE_CACHE: usize = 256 << 10;

impl Readers {
    pub(super) fn new(path: &Path, count: usize, cache: usize) -> Result<Self> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(16);
        let probes =
            (0..threads).map(|_| connection::open(path, PROBE_CACHE).map(Mutex::new)).collect::<Result<_>>()?;
        let pool = Arc::new(Pool { path: path.to_owned(), cache, idle: Mutex::default() });
        Ok(Self { pool, turns: Arc::new(Semaphore::new(count)), probes })
    }

    /// Reads on a blocking thread, waiting for a connection if all are busy.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(StoreError::failed)?;
        let pool = Arc::clone(&self.pool);
        let work = move || {
            // Held until the connection is back, also when nobody waits for the answer any longer.
            let _turn = turn;
            let mut connection = pool.take()?;
            let result = read(&mut connection);
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        };
        spawn_blocking(work).await.map_err(StoreError::failed)?
    }

    /// Reads a row or two in place: handing over to another thread would cost several times as much.
    /// Readers never wait for writers.
    pub(super) fn probe<T>(&self, read: impl FnOnce(&mut SqliteConnection) -> Result<T>) -> Result<T> {
        let probe = self.probes.get(this_thread() % self.probes.len()).ok_or_else(|| StoreError::failed("no probe"))?;
        read(&mut probe.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Pool {
    fn take(&self) -> Result<SqliteConnection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| connection::open(&self.path, self.cache), Ok)
    }
}

/// A small number that is this thread's own.
fn this_thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static NUMBER: Cell<Option<usize>> = const { Cell::new(None) });
    NUMBER.with(|number| {
        let mine = number.get().unwrap_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed));
        number.set(Some(mine));
        mine
    })
}

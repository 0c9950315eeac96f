use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use diesel::sqlite::SqliteConnection;
use tokio::sync::oneshot;

use super::connection;
use crate::store::{Result, StoreError};

/// The threads that read, each with a connection of its own, and the connections for reading in place.
///
/// Threads that are kept for it go from one request to the next without sleeping while there is work; handing each
/// request to whichever thread is idle costs as much as reading a page.
pub(super) struct Readers {
    queue: Sender<Work>,
    probes: Vec<Mutex<SqliteConnection>>,
}

type Work = Box<dyn FnOnce(&mut SqliteConnection) + Send>;

/// A probe touches a few pages of the file over and over.
const PROBE_CACHE: usize = 256 << 10;

impl Readers {
    pub(super) fn new(path: &Path, count: usize, cache: usize) -> Result<Self> {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(16);
        let probes =
            (0..threads).map(|_| connection::open(path, PROBE_CACHE).map(Mutex::new)).collect::<Result<_>>()?;
        let (queue, work) = channel();
        let work = Arc::new(Mutex::new(work));
        for _ in 0..count {
            let (connection, work) = (connection::open(path, cache)?, Arc::clone(&work));
            let name = "taxii-reader".to_owned();
            thread::Builder::new().name(name).spawn(move || run(connection, &work)).map_err(StoreError::failed)?;
        }
        Ok(Self { queue, probes })
    }

    /// Reads on one of the threads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (tell, told) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            // If the request is gone, nobody wants to know.
            if !tell.is_closed() {
                drop(tell.send(read(connection)));
            }
        });
        let gone = || StoreError::Unavailable("the readers have stopped".to_owned());
        self.queue.send(work).map_err(|_| gone())?;
        told.await.map_err(|_| gone())?
    }

    /// Reads a row or two in place: handing over to another thread would cost several times as much.
    /// Readers never wait for writers.
    pub(super) fn probe<T>(&self, read: impl FnOnce(&mut SqliteConnection) -> Result<T>) -> Result<T> {
        let probe = self.probes.get(this_thread() % self.probes.len()).ok_or_else(|| StoreError::failed("no probe"))?;
        read(&mut probe.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Works until the store is dropped.
fn run(mut connection: SqliteConnection, queue: &Mutex<Receiver<Work>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match next {
            Ok(work) => work(&mut connection),
            Err(_) => return,
        }
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

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::{BoxFuture, join3};
use taxii_model::Timestamp;
use tokio::time::timeout;

use super::address::Address;
use super::failure::Failure;
use super::pool::{Pool, conclude};
use crate::store::schema::{marks, revision};
use crate::store::{CollectionKey, Mark, Result, StoreError, Window};

/// Copies of the database that pages may be read from.
///
/// A copy is behind the database, and nobody may notice. Whoever asks for a page knows from the database how far its
/// collection has come; the copy is asked for the page and for its own mark in one snapshot, and what it says counts only if it
/// has come as far. Everything else is asked of the database itself.
pub(super) struct Replicas {
    all: Vec<Arc<Replica>>,
    turn: AtomicUsize,
}

/// How to read a page.
pub(super) type Read<T> = Arc<dyn for<'c> Fn(&'c AsyncPgConnection) -> BoxFuture<'c, Result<T, Failure>> + Send + Sync>;

struct Replica {
    pool: Pool,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
enum State {
    Good,
    /// It was behind: until then it will hardly have caught up.
    Behind(Instant),
    /// It does not answer: left alone until then.
    Gone(Instant),
    /// Somebody finds out whether it answers again.
    Tried,
}

/// A page that takes longer than this is read from the database.
const LONGEST: Duration = Duration::from_secs(2);
/// For how long a copy that is behind is not asked.
const CATCHING_UP: Duration = Duration::from_millis(100);
/// For how long one that does not answer is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(5);

impl Replicas {
    pub(super) fn new(beside: &Pool, addresses: Vec<Address>) -> Self {
        let replica = |address| {
            let pool = beside.beside(address, Duration::ZERO);
            Arc::new(Replica { pool, state: Mutex::new(State::Gone(Instant::now())) })
        };
        Self { all: addresses.into_iter().map(replica).collect(), turn: AtomicUsize::new(0) }
    }

    /// Reads a page from a copy that has come as far as whoever asks; `None` if there is none.
    pub(super) async fn read<T: Send + 'static>(&self, window: &Window, read: &Read<T>) -> Option<T> {
        let (mark, replica) = (window.mark?, self.next()?);
        match replica.read(window.collection, mark, Arc::clone(read)).await {
            Ok(Some(page)) => return Some(page),
            Ok(None) => replica.turn(State::Behind(Instant::now() + CATCHING_UP)),
            Err(error) => replica.give_up(&error),
        }
        None
    }

    /// The next one in turn that can be asked.
    fn next(&self) -> Option<Arc<Replica>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut in_turn = self.all.iter().cycle().skip(turn % self.all.len().max(1)).take(self.all.len());
        in_turn.find(|replica| replica.is_good()).cloned()
    }
}

impl Replica {
    fn turn(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Can it be asked? One that did not answer is tried out beside the requests, so that none has to wait for it.
    fn is_good(self: &Arc<Self>) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match *state {
            State::Good => return true,
            State::Behind(until) if until <= Instant::now() => {
                *state = State::Good;
                return true;
            }
            State::Gone(until) if until <= Instant::now() => *state = State::Tried,
            _ => return false,
        }
        match self.pool.handle() {
            Ok(handle) => drop(handle.spawn(try_out(Arc::clone(self)))),
            Err(_) => *state = State::Gone(Instant::now() + LEFT_ALONE),
        }
        false
    }

    fn give_up(&self, error: &StoreError) {
        let (hosts, error) = (self.pool.address().hosts(), crate::service::chain(error));
        tracing::warn!(%hosts, %error, "a copy of the database does not answer; pages are read without it");
        self.turn(State::Gone(Instant::now() + LEFT_ALONE));
    }

    /// The page, unless the copy is behind.
    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        collection: CollectionKey,
        mark: Mark,
        read: Read<T>,
    ) -> Result<Option<T>> {
        let replica = Arc::clone(self);
        let task = self.pool.handle()?.spawn(async move {
            let work = replica.pool.run(move |connection| {
                let read = Arc::clone(&read);
                Box::pin(async move { page(connection, collection, mark, &read).await })
            });
            timeout(LONGEST, work)
                .await
                .unwrap_or_else(|_| Err(StoreError::Unavailable("it takes too long".to_owned())))
        });
        task.await.map_err(StoreError::failed)?
    }
}

/// Asks a copy anything.
async fn try_out(replica: Arc<Replica>) {
    let anything = replica.pool.run(|connection| {
        Box::pin(async move { Ok(revision::table.select(revision::number).get_result::<i64>(connection).await?) })
    });
    match timeout(LONGEST, anything).await {
        Ok(Ok(_)) => {
            tracing::info!(hosts = %replica.pool.address().hosts(), "pages are read from a copy of the database");
            replica.turn(State::Good);
        }
        Ok(Err(error)) => replica.give_up(&error),
        Err(_) => replica.give_up(&StoreError::Unavailable("it takes too long".to_owned())),
    }
}

/// The page and how far the copy has come, in one snapshot.
async fn page<T>(
    connection: &mut AsyncPgConnection,
    collection: CollectionKey,
    mark: Mark,
    read: &Read<T>,
) -> Result<Option<T>, Failure> {
    let done = snapshot(connection, collection, mark, read).await;
    conclude(connection, done, Failure::from).await
}

async fn snapshot<T>(
    connection: &AsyncPgConnection,
    collection: CollectionKey,
    mark: Mark,
    read: &Read<T>,
) -> Result<Option<T>, Failure> {
    let (mut first, mut second) = (connection, connection);
    let begin = first.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    let reached = marks::table.find(collection.0).select((marks::clock, marks::changes));
    let (begun, reached, page) = join3(begin, reached.get_result::<(i64, i64)>(&mut second), read(connection)).await;
    begun?;
    let reached = reached.optional()?.map(|(clock, changes)| Mark { clock: Timestamp::from_micros(clock), changes });
    match reached {
        Some(reached) if reached.reaches(mark) => Ok(Some(page?)),
        _ => Ok(None),
    }
}

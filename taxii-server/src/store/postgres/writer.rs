use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::Inner;
use super::submissions::Add;
use crate::store::{CollectionKey, Result, StoreError, Submission, Told};

/// Who waits to write, by collection. Writers of one collection wait for each other anyway; those of this process do so here,
/// and all that wait go into the next transaction: many small requests share one flush of the database's disk.
pub(super) struct Writer {
    /// A collection is in here for as long as somebody works on it.
    queues: Mutex<HashMap<CollectionKey, VecDeque<Waiting>>>,
    /// Not all connections at once: should those who write wait for locks, others can still read.
    turns: Semaphore,
}

struct Waiting {
    submission: Submission,
    answer: oneshot::Sender<Result<Told>>,
}

/// So many submissions share a transaction at most, lest the first of them waits too long.
const SUBMISSIONS: usize = 128;
/// So many items at most, unless one submission has more.
const ITEMS: usize = 2000;

impl Writer {
    /// For a pool of so many connections.
    pub(super) fn new(connections: usize) -> Self {
        let kept = (connections / 4).max(1);
        let turns = Semaphore::new(connections.saturating_sub(kept).max(1));
        Self { queues: Mutex::default(), turns }
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<CollectionKey, VecDeque<Waiting>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a submission wait. Is there nobody yet who works on its collection?
    fn push(&self, waiting: Waiting) -> bool {
        let mut queues = self.queues();
        let collection = waiting.submission.collection;
        let idle = !queues.contains_key(&collection);
        queues.entry(collection).or_default().push_back(waiting);
        idle
    }

    /// Those who come next; if nobody waits, the work on the collection is over.
    fn next(&self, collection: CollectionKey) -> Vec<Waiting> {
        let mut queues = self.queues();
        let mut batch: Vec<Waiting> = Vec::new();
        let mut items = 0;
        if let Some(queue) = queues.get_mut(&collection) {
            while let Some(first) = queue.front() {
                items += first.submission.items.len();
                if batch.len() == SUBMISSIONS || (items > ITEMS && !batch.is_empty()) {
                    break;
                }
                batch.extend(queue.pop_front());
            }
        }
        if batch.is_empty() {
            queues.remove(&collection);
        }
        batch
    }
}

/// Writes a submission, and returns when it is durable.
pub(super) async fn write(inner: &Arc<Inner>, submission: Submission) -> Result<Told> {
    let (answer, told) = oneshot::channel();
    let collection = submission.collection;
    if inner.writer.push(Waiting { submission, answer }) {
        inner.pool.handle()?.spawn(work(Arc::clone(inner), collection));
    }
    told.await.map_err(|_| StoreError::Unavailable("the writer has stopped".to_owned()))?
}

/// Works until nobody waits. What was begun is finished, whoever still listens.
async fn work(inner: Arc<Inner>, collection: CollectionKey) {
    let shift = Shift { inner: &inner, collection };
    loop {
        let (submissions, answers): (Vec<_>, Vec<_>) =
            inner.writer.next(collection).into_iter().map(|waiting| (waiting.submission, waiting.answer)).unzip();
        if submissions.is_empty() {
            break;
        }
        let submissions = Arc::new(submissions);
        let added = match add(&inner, collection, Arc::clone(&submissions)).await {
            Ok(statuses) => statuses.into_iter().map(Ok).collect(),
            Err(error) if answers.len() == 1 => vec![Err(error)],
            // Nobody's fault: each of them alone would wait as long for the same.
            Err(StoreError::Unavailable(why)) => {
                answers.iter().map(|_| Err(StoreError::Unavailable(why.clone()))).collect()
            }
            // One of them is at fault: the others have a right to be added.
            Err(_) => one_by_one(&inner, collection, &submissions).await,
        };
        for (answer, result) in answers.into_iter().zip(added) {
            drop(answer.send(result));
        }
    }
    std::mem::forget(shift);
}

/// Should the work end before its time, others can take it up.
struct Shift<'i> {
    inner: &'i Inner,
    collection: CollectionKey,
}

impl Drop for Shift<'_> {
    fn drop(&mut self) {
        self.inner.writer.queues().remove(&self.collection);
    }
}

async fn one_by_one(inner: &Inner, collection: CollectionKey, submissions: &[Submission]) -> Vec<Result<Told>> {
    let mut results = Vec::with_capacity(submissions.len());
    for submission in submissions {
        let added = add(inner, collection, Arc::new(vec![submission.clone()])).await;
        let gone = || StoreError::failed("a submission without a status");
        results.push(added.and_then(|statuses| statuses.into_iter().next().ok_or_else(gone)));
    }
    results
}

/// Adds submissions in one transaction; those that an attempt has added before are not added again.
async fn add(inner: &Inner, collection: CollectionKey, submissions: Arc<Vec<Submission>>) -> Result<Vec<Told>> {
    let busy = || StoreError::Unavailable("all connections to the database that may write are busy".to_owned());
    let turn = timeout(inner.pool.patience().max(Duration::from_secs(1)), inner.writer.turns.acquire());
    let _turn = turn.await.map_err(|_| busy())?.map_err(|_| busy())?;
    let clock = inner.clock.clone();
    let tried = Arc::new(AtomicBool::new(false));
    let work = inner.pool.run(move |connection| {
        let (clock, submissions) = (clock.clone(), Arc::clone(&submissions));
        let repeated = tried.swap(true, Ordering::Relaxed);
        let add =
            async move { Add { collection, submissions: &submissions, clock: &clock, repeated }.run(connection).await };
        Box::pin(add)
    });
    work.await
}

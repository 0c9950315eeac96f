use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::try_join;
use taxii_model::Timestamp;
use tokio::sync::oneshot;

use super::Inner;
use super::failure::Failure;
use crate::store::schema::{marks, revision};
use crate::store::sql::share;
use crate::store::{CollectionKey, Mark, Result, StoreError};

/// What every poll asks first: the revision and how far its collection has come.
///
/// Nothing is remembered, since any node may change it at any time. But all who ask while a question is on its way share
/// the next one, which begins after they have asked: however many poll, few questions are under way.
#[derive(Default)]
pub(super) struct Pulse {
    waiting: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    busy: bool,
    who: Vec<Asker>,
}

struct Asker {
    collection: Option<CollectionKey>,
    answer: oneshot::Sender<Result<Answer>>,
}

/// The revision, and the mark of the collection that was asked for if there is one.
type Answer = (i64, Option<Mark>);

impl Pulse {
    fn waiting(&self) -> MutexGuard<'_, Asked> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is there nobody yet who asks the database?
    fn push(&self, asker: Asker) -> bool {
        let mut waiting = self.waiting();
        waiting.who.push(asker);
        !std::mem::replace(&mut waiting.busy, true)
    }

    fn next(&self) -> Vec<Asker> {
        let mut waiting = self.waiting();
        let who = std::mem::take(&mut waiting.who);
        waiting.busy = !who.is_empty();
        who
    }
}

/// Asks, and returns what was true after that.
pub(super) async fn ask(inner: &Arc<Inner>, collection: Option<CollectionKey>) -> Result<Answer> {
    let (answer, told) = oneshot::channel();
    if inner.pulse.push(Asker { collection, answer }) {
        inner.pool.handle()?.spawn(work(Arc::clone(inner)));
    }
    told.await.map_err(|_| StoreError::Unavailable("nobody asks the database any longer".to_owned()))?
}

/// Asks until nobody wants to know.
async fn work(inner: Arc<Inner>) {
    loop {
        let who = inner.pulse.next();
        if who.is_empty() {
            return;
        }
        let mut collections: Vec<i64> = who.iter().filter_map(|asker| asker.collection).map(|key| key.0).collect();
        collections.sort_unstable();
        collections.dedup();
        let collections = Arc::new(collections);
        let found = inner.pool.run(move |connection| {
            let collections = Arc::clone(&collections);
            Box::pin(async move { question(connection, &collections).await })
        });
        let found = found.await;
        for asker in who {
            let answer = match &found {
                Ok((revision, marks)) => Ok((*revision, asker.collection.and_then(|key| marks.get(&key.0).copied()))),
                Err(error) => Err(share(error)),
            };
            drop(asker.answer.send(answer));
        }
    }
}

/// The revision and the marks of these collections, in one round trip.
async fn question(connection: &AsyncPgConnection, collections: &[i64]) -> Result<(i64, HashMap<i64, Mark>), Failure> {
    let (mut first, mut second) = (connection, connection);
    let number = revision::table.select(revision::number).get_result(&mut first);
    if collections.is_empty() {
        return Ok((number.await?, HashMap::new()));
    }
    let marks = marks::table.filter(marks::collection.eq_any(collections));
    let (number, rows) = try_join(number, marks.load::<(i64, i64, i64)>(&mut second)).await?;
    let mark = |clock, changes| Mark { clock: Timestamp::from_micros(clock), changes };
    Ok((number, rows.into_iter().map(|(key, clock, changes)| (key, mark(clock, changes))).collect()))
}

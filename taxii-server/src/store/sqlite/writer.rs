use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use diesel::connection::Connection;
use diesel::sqlite::SqliteConnection;
use tokio::sync::oneshot;

use crate::store::sql::share;
use crate::store::{Result, StoreError};

/// The thread that writes.
///
/// All writes that wait are done in one transaction, each within a savepoint of its own, so that one
/// that fails takes none of the others with it. Nobody is answered before the transaction is on the disk.
pub(super) struct Writer {
    queue: Sender<Work>,
}

/// Does its part of the transaction and returns how to answer once it is known whether the transaction held.
type Work = Box<dyn FnOnce(&mut SqliteConnection) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<()>) + Send>;

/// So many writes share a transaction at most, lest the first of them waits too long.
const BATCH: usize = 128;

impl Writer {
    pub(super) fn start(connection: SqliteConnection) -> Result<Self> {
        let (queue, work) = channel();
        let name = "taxii-writer".to_owned();
        thread::Builder::new().name(name).spawn(move || run(connection, &work)).map_err(StoreError::failed)?;
        Ok(Self { queue })
    }

    /// Writes, and returns when it is durable.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut SqliteConnection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (tell, told) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let done = connection.transaction(write);
            // Nobody listens if the request is gone; what was written stays written.
            Box::new(move |committed| drop(tell.send(committed.and(done))))
        });
        let gone = || StoreError::Unavailable("the writer has stopped".to_owned());
        self.queue.send(work).map_err(|_| gone())?;
        told.await.map_err(|_| gone())?
    }
}

/// Works until the store is dropped.
fn run(mut connection: SqliteConnection, queue: &Receiver<Work>) {
    while let Ok(first) = queue.recv() {
        let batch: Vec<Work> = std::iter::once(first).chain(queue.try_iter().take(BATCH - 1)).collect();
        let mut answers = Vec::with_capacity(batch.len());
        let committed = connection.immediate_transaction(|connection| {
            answers.extend(batch.into_iter().map(|work| work(connection)));
            Ok::<(), diesel::result::Error>(())
        });
        let failure = committed.err().map(StoreError::from);
        if let Some(error) = &failure {
            tracing::error!(error = %crate::service::chain(error), "a transaction failed");
        }
        for answer in answers {
            answer(failure.as_ref().map_or(Ok(()), |error| Err(share(error))));
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;

    use super::*;
    use crate::store::sqlite::connection;

    /// Promise 2: a transaction that SQLite has ended by itself, as it does when a disk fails, takes nothing along but those who
    /// shared it; who comes later writes as ever.
    #[tokio::test]
    async fn a_transaction_that_ended_by_itself_ends_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.db");
        let writer = Writer::start(connection::open(&file, 1 << 20).unwrap()).unwrap();
        let run = async |statements: &'static str| {
            writer.write(move |connection| Ok(connection.batch_execute(statements)?)).await
        };
        run("CREATE TABLE t (n INTEGER)").await.unwrap();
        for n in 0..3 {
            assert!(run("INSERT INTO t VALUES (1); ROLLBACK; SELECT nonsense").await.is_err());
            run("INSERT INTO t VALUES (2)").await.unwrap_or_else(|error| panic!("{n}: {error:?}"));
        }
        let count = |connection: &mut SqliteConnection| {
            let count = diesel::dsl::sql::<diesel::sql_types::BigInt>("(SELECT count(*) FROM t)");
            Ok(diesel::RunQueryDsl::get_result::<i64>(diesel::select(count), connection)?)
        };
        assert_eq!(writer.write(count).await.unwrap(), 3);
    }
}

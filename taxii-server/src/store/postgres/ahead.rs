use diesel::prelude::QueryableByName;
use diesel::result::Error as DieselError;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use super::failure::Failure;
use super::pool::Pool;
use crate::store::{Result, StoreError};

/// Makes the index of the migration 0003 beforehand if there are objects already: reading a billion of them takes an hour, in
/// which nobody who writes is to wait, such as the nodes that still run the version before.
pub(super) async fn index(pool: &Pool) -> Result<()> {
    let work = pool.run(|connection| {
        Box::pin(async move {
            if !answer(connection, "SELECT to_regclass('objects') IS NOT NULL AS yes").await? {
                return Ok(());
            }
            let again = |error: DieselError| Failure::from(StoreError::Unavailable(error.to_string()));
            for statement in [
                "ALTER TABLE objects ADD COLUMN IF NOT EXISTS valid_until BIGINT",
                "SET statement_timeout = 0",
                "CREATE INDEX CONCURRENTLY IF NOT EXISTS objects_by_validity ON objects (collection, is_newest, is_best, \
                 valid_until) WHERE valid_until IS NOT NULL",
                "RESET statement_timeout",
            ] {
                connection.batch_execute(statement).await.map_err(again)?;
            }
            let valid = "SELECT indisvalid AS yes FROM pg_index WHERE indexrelid = to_regclass('objects_by_validity')";
            match answer(connection, valid).await? {
                true => Ok(()),
                false => Err(Failure::from(StoreError::Unavailable(UNFINISHED.to_owned()))),
            }
        })
    });
    work.await
}

const UNFINISHED: &str = "the index objects_by_validity is not finished: either another node is making it, then start again when \
                          that has started; or it was stopped, then DROP INDEX objects_by_validity and start again";

async fn answer(connection: &mut AsyncPgConnection, question: &str) -> Result<bool, Failure> {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Bool)]
        yes: bool,
    }
    let answer: Answer = diesel::sql_query(question).get_result(connection).await?;
    Ok(answer.yes)
}

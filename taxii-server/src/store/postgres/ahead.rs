use std::time::Duration;

use diesel::prelude::{QueryResult, QueryableByName};
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio::time::sleep;

use super::pool::{Pool, Shared};
use crate::store::{Result, StoreError};

/// An index that is made before its migration, with the column that it needs.
struct Ahead {
    column: &'static str,
    kind: &'static str,
    index: &'static str,
    on: &'static str,
}

/// Those of the migrations 0003 and 0004.
const ALL: [Ahead; 3] = [
    Ahead {
        column: "valid_until",
        kind: "BIGINT",
        index: "objects_by_validity",
        on: "(collection, is_newest, is_best, valid_until) WHERE valid_until IS NOT NULL",
    },
    Ahead {
        column: "label",
        kind: "BIGINT NOT NULL DEFAULT -1",
        index: "objects_unread",
        on: "(collection, added) WHERE label < 0",
    },
    Ahead {
        column: "is_mixed",
        kind: "BOOLEAN NOT NULL DEFAULT FALSE",
        index: "objects_mixed",
        on: "(collection, added) WHERE is_mixed",
    },
];

/// Makes the indexes of later migrations beforehand if there are objects already: reading a billion of them takes an hour, in
/// which nobody who writes is to wait, such as the nodes that still run the version before.
pub(super) async fn index(pool: &Pool) -> Result<()> {
    let shared = pool.shared();
    let all = async move {
        for ahead in &ALL {
            until_made(&shared, ahead).await?;
        }
        Ok(())
    };
    pool.handle()?.spawn(all).await.map_err(StoreError::failed)?
}

/// One node makes it, and the others look from time to time: who waited inside a transaction would be waited for by whoever
/// makes the index.
async fn until_made(pool: &Shared, ahead: &Ahead) -> Result<()> {
    const PAUSE: Duration = Duration::from_millis(500);
    const ATTEMPTS: u32 = 6;
    let mut connection = pool.connect().await?;
    let mut failures = 0;
    let mut told = false;
    loop {
        let found = ahead.ask(&mut connection).await?;
        if found.is_done() {
            return Ok(());
        }
        if found.others {
            if !std::mem::replace(&mut told, true) {
                tracing::info!("another node makes an index; this one waits until it is there");
            }
        } else if let Err(error) = make(pool, &mut connection, ahead).await {
            failures += 1;
            if failures == ATTEMPTS {
                return Err(error);
            }
        }
        sleep(PAUSE).await;
    }
}

/// What there is. Asking takes no lock that others could wait for.
#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    table: bool,
    #[diesel(sql_type = Bool)]
    column: bool,
    #[diesel(sql_type = Bool)]
    index: bool,
    #[diesel(sql_type = Bool)]
    valid: bool,
    /// Does somebody else hold the claim, or does the database still make an index for somebody who is gone?
    #[diesel(sql_type = Bool)]
    others: bool,
    #[diesel(sql_type = Bool)]
    building: bool,
}

const FOUND: &str = "SELECT to_regclass('objects') IS NOT NULL AND to_regclass('__diesel_schema_migrations') IS NOT NULL AS \"table\", \
    EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('objects') AND attname = 'COLUMN' AND NOT attisdropped) \
        AS \"column\", \
    to_regclass('INDEX') IS NOT NULL AS index, \
    EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('INDEX') AND indisvalid) AS valid, \
    building OR EXISTS (SELECT FROM pg_locks WHERE relation = to_regclass('__diesel_schema_migrations') \
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND granted \
        AND mode IN ('ShareUpdateExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')) AS others, \
    building \
    FROM (SELECT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE datname = current_database() \
        AND coalesce(relid = to_regclass('objects'), true)) AS building) AS progress";

impl Ahead {
    async fn ask(&self, connection: &mut AsyncPgConnection) -> QueryResult<Found> {
        let question = FOUND.replace("COLUMN", self.column).replace("INDEX", self.index);
        diesel::sql_query(question).get_result(connection).await
    }
}

impl Found {
    fn is_done(&self) -> bool {
        !self.table || (self.column && self.valid)
    }
}

/// Makes it while a second connection holds the claim to it: such an index cannot be made within a transaction, and a lock
/// that outlives its transaction belongs to a session.
async fn make(pool: &Shared, connection: &mut AsyncPgConnection, ahead: &Ahead) -> Result<()> {
    let mut claim = pool.connect().await?;
    claim.batch_execute(CLAIM).await?;
    let made = steps(connection, ahead).await;
    let greeting = &pool.address.greeting;
    // A pooler between here and the database may give the connection to somebody else.
    connection.batch_execute(&format!("RESET lock_timeout;RESET statement_timeout;{greeting}")).await?;
    claim.batch_execute("ROLLBACK").await?;
    Ok(made?)
}

/// Holds no snapshot, so that the index need not wait for it, and lets everybody read.
const CLAIM: &str = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; \
                     LOCK TABLE __diesel_schema_migrations IN SHARE UPDATE EXCLUSIVE MODE NOWAIT";

async fn steps(connection: &mut AsyncPgConnection, ahead: &Ahead) -> QueryResult<()> {
    let Ahead { column, kind, index, on } = ahead;
    // Another may have had the claim a moment ago.
    let found = ahead.ask(connection).await?;
    if found.is_done() || found.building {
        return Ok(());
    }
    if !found.column {
        // This keeps everybody out for a moment, and while it waits for its turn: better that it comes again.
        connection.batch_execute("SET lock_timeout = 2000").await?;
        let add = format!("ALTER TABLE objects ADD COLUMN IF NOT EXISTS {column} {kind}");
        connection.batch_execute(&add).await?;
    }
    connection.batch_execute("SET lock_timeout = 0").await?;
    connection.batch_execute("SET statement_timeout = 0").await?;
    if found.index {
        tracing::info!("an index was not finished; it is made anew");
        connection.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}")).await?;
    }
    let create = format!("CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON objects {on}");
    connection.batch_execute(&create).await
}

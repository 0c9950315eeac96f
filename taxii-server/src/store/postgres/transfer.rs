//! A PostgreSQL database as one side of a transfer.

use std::error::Error;
use std::time::Duration;

use bytes::BytesMut;
use futures_util::TryStreamExt;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};
use tokio_postgres::{Client, Statement};

use super::address::Address;
use super::failure::explain;
use super::open;
use super::pool::Pool;
use crate::store::transfer::side::{BYTES, ROWS, Side, Stretch, one_number};
use crate::store::transfer::tables::Column;
use crate::store::transfer::value::{Kind, Row, Value};
use crate::store::{Result, StoreError};

/// A connection that is used by blocking on it.
pub(in crate::store) struct Server {
    client: Client,
    /// The statements that were prepared, with their texts; the oldest first.
    prepared: Vec<(String, Statement)>,
    runtime: Runtime,
}

/// So many statements are kept.
const KEPT: usize = 32;

impl Server {
    /// Connects only to read; a standby will do.
    pub(in crate::store) fn to_read(url: &str) -> Result<Self> {
        Self::connect(url, TargetSessionAttrs::Any)
    }

    /// Connects to the host that takes writes.
    pub(in crate::store) fn to_hold(url: &str) -> Result<Self> {
        Self::connect(url, TargetSessionAttrs::ReadWrite)
    }

    /// Connects to write, and runs these migrations, or all.
    pub(in crate::store) fn to_write(url: &str, migrations: Option<&[String]>) -> Result<Self> {
        let server = Self::connect(url, TargetSessionAttrs::ReadWrite)?;
        let address = Address::parse(url, TargetSessionAttrs::ReadWrite, Duration::ZERO)?;
        let pool = Pool::new(address, 2, Duration::from_secs(5))?;
        server.runtime.block_on(open::migrate_to(&pool, migrations.map(<[String]>::to_vec)))?;
        Ok(server)
    }

    fn connect(url: &str, what: TargetSessionAttrs) -> Result<Self> {
        let address = Address::parse(url, what, Duration::ZERO)?;
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("taxii-transfer").enable_all().build();
        let runtime = runtime.map_err(StoreError::failed)?;
        let client = runtime.block_on(async {
            let client = first(&address).await?;
            // A copy may take longer than a request, and one side waits while the other works.
            let patient =
                "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET TimeZone = 'UTC'";
            client.batch_execute(patient).await.map_err(failed)?;
            Ok::<_, StoreError>(client)
        })?;
        Ok(Self { client, prepared: Vec::new(), runtime })
    }

    #[cfg(any(test, feature = "testing"))]
    pub(in crate::store) fn script(url: &str, sql: &str) -> Result<()> {
        Self::to_hold(url)?.batch(sql)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.runtime.block_on(self.client.batch_execute(sql)).map_err(failed)
    }

    fn prepare(&mut self, sql: &str) -> Result<Statement> {
        if let Some((_, statement)) = self.prepared.iter().find(|(text, _)| text == sql) {
            return Ok(statement.clone());
        }
        let statement = self.runtime.block_on(self.client.prepare(&numbered(sql))).map_err(failed)?;
        if self.prepared.len() == KEPT {
            self.prepared.remove(0);
        }
        self.prepared.push((sql.to_owned(), statement.clone()));
        Ok(statement)
    }
}

/// A connection to the first of the hosts that takes one.
async fn first(address: &Address) -> Result<Client> {
    let mut failure = StoreError::Unavailable("the URL of the database names no host".to_owned());
    for host in &address.hosts {
        match host.connect(address.tls.clone()).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                return Ok(client);
            }
            Err(error) => failure = explain(&error, address),
        }
    }
    Err(failure)
}

fn failed(error: tokio_postgres::Error) -> StoreError {
    match error.as_db_error() {
        Some(said) => {
            let detail = said.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
            StoreError::failed(format!("PostgreSQL says: {}{detail}", said.message()))
        }
        None if error.is_closed() => StoreError::Unavailable("the connection to PostgreSQL was lost".to_owned()),
        None => StoreError::failed(error),
    }
}

/// `$1`, `$2` in place of each `?`.
fn numbered(sql: &str) -> String {
    let mut parts = sql.split('?');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (n, part) in parts.enumerate() {
        text.push_str(&format!("${}{part}", n + 1));
    }
    text
}

impl Side for Server {
    fn snapshot(&mut self) -> Result<()> {
        self.batch("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SELECT 1")
    }

    fn begin(&mut self) -> Result<()> {
        self.batch("BEGIN")
    }

    fn commit(&mut self) -> Result<()> {
        self.batch("COMMIT")
    }

    fn rollback(&mut self) -> Result<()> {
        self.batch("ROLLBACK")
    }

    fn hold(&mut self) -> Result<()> {
        // Whoever changes anything locks a row in one of these first; reading them is nobody's concern.
        self.batch("BEGIN ISOLATION LEVEL READ COMMITTED; LOCK TABLE revision, marks, audit_head IN EXCLUSIVE MODE")
    }

    fn each(&mut self, sql: &str, values: &[Value], take: &mut dyn FnMut(Row) -> Result<()>) -> Result<()> {
        let statement = self.prepare(sql)?;
        self.runtime.block_on(async {
            let mut rows = std::pin::pin!(self.client.query_raw(&statement, values).await.map_err(failed)?);
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                let values: Result<Row, _> = (0..row.len()).map(|n| row.try_get::<_, Value>(n)).collect();
                take(values.map_err(failed)?)?;
            }
            Ok(())
        })
    }

    fn rows(&mut self, stretch: &Stretch<'_>, after: Option<&Value>) -> Result<Vec<Row>> {
        let (condition, values) = stretch.condition(after);
        let (known, order) = (stretch.table, stretch.order());
        let (names, table) = (known.names(), known.table.name);
        let length = known.length();
        // The length of a text is known without reading it: what does not fit never leaves the server.
        let sql = format!(
            "SELECT {names} FROM (SELECT s.*, sum({length}) OVER (ORDER BY {order}) - {length} AS before \
             FROM (SELECT {names} FROM {table}{condition} ORDER BY {order} LIMIT {ROWS}) AS s) AS w \
             WHERE before < {BYTES} ORDER BY {order}"
        );
        self.query(&sql, &values)
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<usize> {
        let statement = self.prepare(sql)?;
        let rows = self.runtime.block_on(self.client.execute_raw(&statement, values)).map_err(failed)?;
        Ok(usize::try_from(rows).unwrap_or(usize::MAX))
    }

    fn insert(&mut self, table: &str, columns: &[&Column], rows: &[Row], otherwise: &str) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let names = columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
        let arrays = columns.iter().map(|column| match column.kind {
            Kind::Number => "?::bigint[]",
            Kind::Flag => "?::boolean[]",
            Kind::Text => "?::text[]",
        });
        let arrays = arrays.collect::<Vec<_>>().join(", ");
        let sql = format!("INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) {otherwise}");
        let statement = self.prepare(&sql)?;
        let values = (0..columns.len()).map(|n| rows.iter().map(|row| row.get(n).unwrap_or(&Value::Null)).collect());
        let values: Vec<Vec<&Value>> = values.collect();
        self.runtime.block_on(self.client.execute_raw(&statement, values)).map_err(failed)?;
        Ok(())
    }

    fn columns(&mut self, table: &str) -> Result<Vec<String>> {
        let rows = self.query(
            "SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ? \
             ORDER BY ordinal_position",
            &[table.into()],
        )?;
        Ok(rows.into_iter().filter_map(|row| row.first().and_then(Value::text).map(str::to_owned)).collect())
    }

    fn migrations(&mut self) -> Result<Vec<String>> {
        if self.columns("__diesel_schema_migrations")?.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.query("SELECT version::text FROM __diesel_schema_migrations ORDER BY version", &[])?;
        Ok(rows.into_iter().filter_map(|row| row.first().and_then(Value::text).map(str::to_owned)).collect())
    }

    fn last_number(&mut self) -> Result<i64> {
        let sequence = self.query("SELECT pg_get_serial_sequence('collections', 'number')", &[])?;
        let Some(name) = sequence.first().and_then(|row| row.first()).and_then(Value::text) else { return Ok(0) };
        let sql = format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {name}");
        one_number(self, &sql, &[])
    }

    fn set_last_number(&mut self, number: i64) -> Result<()> {
        self.query(
            "SELECT setval(pg_get_serial_sequence('collections', 'number'), greatest(?, 1), ?)",
            &[number.into(), (number > 0).into()],
        )?;
        Ok(())
    }

    fn analyze(&mut self) -> Result<()> {
        self.batch("ANALYZE objects; ANALYZE statuses")
    }

    fn engine(&mut self) -> Result<String> {
        let rows = self.query("SELECT current_setting('server_version')", &[])?;
        let version = rows.first().and_then(|row| row.first()).and_then(Value::text).unwrap_or_default().to_owned();
        Ok(format!("PostgreSQL {version}"))
    }

    fn size(&mut self) -> Result<u64> {
        let bytes = one_number(self, "SELECT pg_database_size(current_database())", &[])?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }
}

type Fault = Box<dyn Error + Sync + Send>;

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Number(number) if *ty == Type::INT4 => i32::try_from(*number)?.to_sql(ty, out),
            Self::Number(number) => number.to_sql(ty, out),
            Self::Flag(flag) => flag.to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT4 | Type::INT8 | Type::BOOL | Type::TEXT | Type::VARCHAR | Type::NAME)
    }

    tokio_postgres::types::to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        match *ty {
            Type::INT4 => Ok(Self::Number(i32::from_sql(ty, raw)?.into())),
            Type::INT8 => Ok(Self::Number(i64::from_sql(ty, raw)?)),
            Type::BOOL => Ok(Self::Flag(bool::from_sql(ty, raw)?)),
            _ => Ok(Self::Text(String::from_sql(ty, raw)?)),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Fault> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        <Self as ToSql>::accepts(ty)
    }
}

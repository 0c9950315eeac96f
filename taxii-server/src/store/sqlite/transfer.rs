//! An SQLite file as one side of a transfer.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::{Field, NamedRow, Row as Fields};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Untyped};
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteType};
use diesel_migrations::MigrationHarness;

use super::{MIGRATIONS, admin, connection};
use crate::store::transfer::side::{BYTES, ROWS, Side, Stretch};
use crate::store::transfer::tables::Column;
use crate::store::transfer::value::{Row, Value};
use crate::store::{Result, StoreError};

pub(in crate::store) struct File {
    connection: SqliteConnection,
    path: std::path::PathBuf,
}

/// What copies keep in memory of a file.
const CACHE: usize = 64 << 20;

impl File {
    /// Opens a file that is there, only to read it; nothing about it is changed.
    pub(in crate::store) fn to_read(path: &Path) -> Result<Self> {
        let mut connection = establish(path, "?mode=rw")?;
        connection.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;")?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Opens a file that is there, to read it and to keep others from writing to it.
    pub(in crate::store) fn to_hold(path: &Path) -> Result<Self> {
        let mut connection = establish(path, "?mode=rw")?;
        connection.batch_execute("PRAGMA busy_timeout = 10000;")?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Opens a file to write to it, making it if there is none, and runs these migrations, or all.
    pub(in crate::store) fn to_write(path: &Path, migrations: Option<&[String]>) -> Result<Self> {
        let mut connection = connection::open(path, CACHE)?;
        connection.exclusive_transaction(|c| admin::migrate_to(c, MIGRATIONS, migrations))?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Makes a new file that nobody else looks at before it is complete and flushed.
    pub(in crate::store) fn create(path: &Path, migrations: &[String]) -> Result<Self> {
        let mut connection = establish(path, "?mode=rwc")?;
        let cache = CACHE / 1024;
        connection.batch_execute(&format!(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -{cache}; PRAGMA temp_store = MEMORY; PRAGMA locking_mode = EXCLUSIVE;"
        ))?;
        connection.exclusive_transaction(|c| admin::migrate_to(c, MIGRATIONS, Some(migrations)))?;
        Ok(Self { connection, path: path.to_owned() })
    }

    #[cfg(any(test, feature = "testing"))]
    pub(in crate::store) fn script(path: &Path, sql: &str) -> Result<()> {
        Ok(establish(path, "?mode=rwc")?.batch_execute(sql)?)
    }

    fn run(&mut self, sql: &str, values: &[Value]) -> QueryResult<usize> {
        Statement { sql, values: values.iter().collect() }.execute(&mut self.connection)
    }
}

fn establish(path: &Path, mode: &str) -> Result<SqliteConnection> {
    let text = path.to_str().ok_or_else(|| StoreError::failed(format!("{path:?} is not UTF-8")))?;
    let mut url = "file:".to_owned();
    for part in text.chars() {
        match part {
            '%' | '?' | '#' => url.push_str(&format!("%{:02X}", u32::from(part))),
            _ => url.push(part),
        }
    }
    url.push_str(mode);
    SqliteConnection::establish(&url).map_err(|error| StoreError::failed(format!("{}: {error}", path.display())))
}

impl Side for File {
    fn snapshot(&mut self) -> Result<()> {
        self.connection.batch_execute("BEGIN; SELECT count(*) FROM sqlite_master;")?;
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        Ok(self.connection.batch_execute("BEGIN IMMEDIATE")?)
    }

    fn commit(&mut self) -> Result<()> {
        Ok(self.connection.batch_execute("COMMIT")?)
    }

    fn rollback(&mut self) -> Result<()> {
        Ok(self.connection.batch_execute("ROLLBACK")?)
    }

    fn hold(&mut self) -> Result<()> {
        self.begin()
    }

    fn each(&mut self, sql: &str, values: &[Value], take: &mut dyn FnMut(Row) -> Result<()>) -> Result<()> {
        let statement = Statement { sql, values: values.iter().collect() };
        for row in statement.load_iter::<Read, _>(&mut self.connection)? {
            take(row?.0)?;
        }
        Ok(())
    }

    fn rows(&mut self, stretch: &Stretch<'_>, after: Option<&Value>) -> Result<Vec<Row>> {
        let (condition, values) = stretch.condition(after);
        let (known, order) = (stretch.table, stretch.order());
        let sql =
            format!("SELECT {} FROM {}{condition} ORDER BY {order} LIMIT {ROWS}", known.names(), known.table.name);
        let statement = Statement { sql: &sql, values: values.iter().collect() };
        let (mut rows, mut bytes) = (Vec::new(), 0);
        for row in statement.load_iter::<Read, _>(&mut self.connection)? {
            let row = known.typed(row?.0);
            bytes += row.iter().map(Value::bytes).sum::<usize>();
            rows.push(row);
            if bytes >= BYTES {
                break;
            }
        }
        Ok(rows)
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<usize> {
        Ok(self.run(sql, values)?)
    }

    fn insert(&mut self, table: &str, columns: &[&Column], rows: &[Row], otherwise: &str) -> Result<()> {
        /// Statements of this size are kept; what is left over goes row by row.
        const TOGETHER: usize = 25;
        let names = columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
        let one = format!("({})", vec!["?"; columns.len()].join(", "));
        let insert =
            |n| format!("INSERT INTO {table} ({names}) VALUES {} {otherwise}", vec![one.as_str(); n].join(", "));
        let (many, single) = (insert(TOGETHER), insert(1));
        let mut chunks = rows.chunks_exact(TOGETHER);
        for chunk in &mut chunks {
            Statement { sql: &many, values: chunk.iter().flatten().collect() }.execute(&mut self.connection)?;
        }
        for row in chunks.remainder() {
            self.run(&single, row)?;
        }
        Ok(())
    }

    fn columns(&mut self, table: &str) -> Result<Vec<String>> {
        let rows = self.query("SELECT name FROM pragma_table_info(?) ORDER BY cid", &[table.into()])?;
        Ok(texts(rows))
    }

    fn migrations(&mut self) -> Result<Vec<String>> {
        if self.columns("__diesel_schema_migrations")?.is_empty() {
            return Ok(Vec::new());
        }
        let applied = self.connection.applied_migrations().map_err(StoreError::Failed)?;
        let mut names: Vec<String> = applied.iter().map(ToString::to_string).collect();
        names.sort();
        Ok(names)
    }

    fn last_number(&mut self) -> Result<i64> {
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'collections'";
        crate::store::transfer::side::one_number(self, sql, &[])
    }

    fn set_last_number(&mut self, number: i64) -> Result<()> {
        self.run("DELETE FROM sqlite_sequence WHERE name = 'collections'", &[])?;
        self.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('collections', ?)", &[number.into()])?;
        Ok(())
    }

    fn analyze(&mut self) -> Result<()> {
        // What the planner has to know is in the migrations.
        Ok(())
    }

    fn engine(&mut self) -> Result<String> {
        let version = self.query("SELECT sqlite_version()", &[])?;
        Ok(format!("SQLite {}", texts(version).join("")))
    }

    fn size(&mut self) -> Result<u64> {
        std::fs::metadata(&self.path).map(|file| file.len()).map_err(StoreError::failed)
    }
}

/// The texts of the first column.
fn texts(rows: Vec<Row>) -> Vec<String> {
    rows.into_iter().filter_map(|row| row.first().and_then(Value::text).map(str::to_owned)).collect()
}

/// SQL with a `?` for each value. It is prepared once for each text.
struct Statement<'s> {
    sql: &'s str,
    values: Vec<&'s Value>,
}

impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement<'_> {
    type SqlType = Untyped;
}

impl RunQueryDsl<SqliteConnection> for Statement<'_> {}

impl QueryFragment<Sqlite> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let mut parts = self.sql.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        for (value, part) in self.values.iter().zip(parts) {
            match value {
                Value::Null => out.push_bind_param::<Nullable<Text>, _>(&None::<String>)?,
                Value::Number(number) => out.push_bind_param::<BigInt, _>(number)?,
                Value::Flag(flag) => out.push_bind_param::<Bool, _>(flag)?,
                Value::Text(text) => out.push_bind_param::<Text, _>(text)?,
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

/// A row of whatever columns.
struct Read(Row);

impl QueryableByName<Sqlite> for Read {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let mut values = Vec::with_capacity(row.field_count());
        for n in 0..row.field_count() {
            let field = Fields::get(row, n).ok_or("a row with fewer columns than it has")?;
            values.push(match field.value() {
                None => Value::Null,
                Some(value) => match value.value_type() {
                    Some(SqliteType::Long | SqliteType::Integer | SqliteType::SmallInt) => {
                        Value::Number(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?)
                    }
                    Some(SqliteType::Text) => Value::Text(<String as FromSql<Text, Sqlite>>::from_sql(value)?),
                    other => return Err(format!("column {n} holds {other:?}; expected a number or a text").into()),
                },
            });
        }
        Ok(Self(values))
    }
}

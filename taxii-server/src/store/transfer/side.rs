use super::tables::{Column, Table};
use super::value::{Row, Value};
use crate::store::{Result, StoreError};

/// One of the two databases of a transfer: a connection of its own, apart from those that serve.
///
/// The SQL that the parts of a transfer have in common is written with `?` for each value.
pub(in crate::store) trait Side: Send {
    /// Begins to read everything as it is at this moment, whatever others write meanwhile.
    fn snapshot(&mut self) -> Result<()>;

    /// Begins a transaction that writes.
    fn begin(&mut self) -> Result<()>;

    /// Ends a transaction, or a snapshot.
    fn commit(&mut self) -> Result<()>;

    /// Ends a transaction as if it had not been.
    fn rollback(&mut self) -> Result<()>;

    /// Keeps others from writing, and lets them read, until the transaction ends that this begins.
    fn hold(&mut self) -> Result<()>;

    /// Each row that a query gives, one at a time. Only texts, numbers and flags are understood.
    fn each(&mut self, sql: &str, values: &[Value], row: &mut dyn FnMut(Row) -> Result<()>) -> Result<()>;

    /// The rows that a query gives, all at once.
    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        self.each(sql, values, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first rows of a table of any size, in order of one column of its key: see [`Stretch`].
    fn rows(&mut self, stretch: &Stretch<'_>, after: Option<&Value>) -> Result<Vec<Row>>;

    /// Runs a statement and tells how many rows it changed.
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<usize>;

    /// Adds rows; `otherwise` is what to do with those that are there, if there may be any.
    fn insert(&mut self, table: &str, columns: &[&Column], rows: &[Row], otherwise: &str) -> Result<()>;

    /// The columns of a table, as the engine's own catalogue has them; none if there is no such table.
    fn columns(&mut self, table: &str) -> Result<Vec<String>>;

    /// The names of the applied migrations, in order.
    fn migrations(&mut self) -> Result<Vec<String>>;

    /// The greatest number that a collection ever had.
    fn last_number(&mut self) -> Result<i64>;

    /// No collection to come gets this number or one before it.
    fn set_last_number(&mut self, number: i64) -> Result<()>;

    /// Lets the engine look at what it now has.
    fn analyze(&mut self) -> Result<()>;

    /// The name and version of the engine.
    fn engine(&mut self) -> Result<String>;

    /// How much room the database takes.
    fn size(&mut self) -> Result<u64>;
}

/// Rows of a table that may be of any size, in order of its key.
#[derive(Clone)]
pub(in crate::store) struct Stretch<'t> {
    pub(in crate::store) table: &'t Known,
    /// Only those of this collection.
    pub(in crate::store) collection: Option<i64>,
}

/// At most so many rows are in memory at once.
pub(in crate::store) const ROWS: usize = 1000;
/// The rows that are read at once have texts of at most so many bytes, unless it is one row.
pub(in crate::store) const BYTES: usize = 8 << 20;

impl Stretch<'_> {
    /// The column that orders the rows.
    pub(in crate::store) fn order(&self) -> &'static str {
        self.table.columns.get(self.position()).map_or("", |column| column.name)
    }

    /// Where it stands among the columns.
    pub(in crate::store) fn position(&self) -> usize {
        usize::from(self.collection.is_some())
    }

    /// What selects the rows, for `WHERE`, and the values for it.
    pub(in crate::store) fn condition(&self, after: Option<&Value>) -> (String, Vec<Value>) {
        let (mut parts, mut values) = (Vec::new(), Vec::new());
        if let Some(number) = self.collection {
            parts.push("collection = ?".to_owned());
            values.push(Value::Number(number));
        }
        if let Some(after) = after {
            parts.push(format!("{} > ?", self.order()));
            values.push(after.clone());
        }
        let condition = if parts.is_empty() { String::new() } else { format!(" WHERE {}", parts.join(" AND ")) };
        (condition, values)
    }

    pub(in crate::store) fn key<'r>(&self, row: &'r Row) -> &'r Value {
        row.get(self.position()).unwrap_or(&Value::Null)
    }
}

/// A table with those of its columns that its database has: an older one lacks some.
#[derive(Clone)]
pub(in crate::store) struct Known {
    pub(in crate::store) table: &'static Table,
    pub(in crate::store) columns: Vec<&'static Column>,
}

impl Known {
    /// The tables that the migrations of this database make, with the columns that they make.
    pub(super) fn all(side: &mut dyn Side) -> Result<Vec<Self>> {
        let migrations = side.migrations()?;
        let mut all = Vec::new();
        for table in super::tables::TABLES.iter().filter(|table| table.is_made_by(&migrations)) {
            let there = side.columns(table.name)?;
            let made = table.columns.iter().filter(|column| column.is_made_by(&migrations));
            let columns: Vec<&'static Column> = made.collect();
            if let Some(missing) = columns.iter().find(|column| !there.iter().any(|name| name == column.name)) {
                let what = if there.is_empty() { String::new() } else { format!("column {} in the ", missing.name) };
                return Err(StoreError::failed(format!(
                    "it has no {what}table {}: it is no database of this program, or it is damaged",
                    table.name
                )));
            }
            all.push(Self { table, columns });
        }
        Ok(all)
    }

    /// The names of the columns, for `SELECT`.
    pub(in crate::store) fn names(&self) -> String {
        self.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }

    /// What tells how long the texts of a row are that may be long: the last of its texts that is no hash or version.
    #[cfg(feature = "postgres")]
    pub(in crate::store) fn length(&self) -> String {
        let long = self.columns.iter().rev().find(|column| matches!(column.name, "body" | "details"));
        long.map_or_else(|| "0".to_owned(), |column| format!("octet_length({})", column.name))
    }

    /// The names of the key's columns.
    pub(super) fn key(&self) -> impl Iterator<Item = &'static str> {
        self.table.columns.iter().take(self.table.key).map(|column| column.name)
    }

    /// What an insert does with a row that is there: takes the new values.
    pub(super) fn replace(&self) -> String {
        let key = self.key().collect::<Vec<_>>().join(", ");
        let set = self.columns.iter().skip(self.table.key).map(|c| format!("{0} = excluded.{0}", c.name));
        format!("ON CONFLICT ({key}) DO UPDATE SET {}", set.collect::<Vec<_>>().join(", "))
    }

    /// All rows of a small table, in order of the key.
    pub(super) fn load(&self, side: &mut dyn Side) -> Result<Vec<Row>> {
        let order = self.key().collect::<Vec<_>>().join(", ");
        let rows = side.query(&format!("SELECT {} FROM {} ORDER BY {order}", self.names(), self.table.name), &[])?;
        Ok(rows.into_iter().map(|row| self.typed(row)).collect())
    }

    /// The row as its columns understand it.
    pub(in crate::store) fn typed(&self, row: Row) -> Row {
        row.into_iter().zip(&self.columns).map(|(value, column)| value.of(column.kind)).collect()
    }

    /// Takes rows away by their keys.
    pub(super) fn delete(&self, side: &mut dyn Side, key: &[Value]) -> Result<()> {
        let condition = self.key().map(|column| format!("{column} = ?")).collect::<Vec<_>>().join(" AND ");
        side.execute(&format!("DELETE FROM {} WHERE {condition}", self.table.name), key)?;
        Ok(())
    }
}

/// The only number that a query gives.
pub(in crate::store) fn one_number(side: &mut dyn Side, sql: &str, values: &[Value]) -> Result<i64> {
    let rows = side.query(sql, values)?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::number).unwrap_or_default())
}

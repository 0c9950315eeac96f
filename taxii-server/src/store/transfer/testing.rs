//! What tests ask of databases, by way of the engines' own catalogues and not of our list of columns.

use std::collections::{BTreeMap, BTreeSet};

use super::place::Place;
use super::progress::PREFIX;
use super::side::Side;
use super::tables::{OF_THE_MOMENT, TABLES};
use super::value::Value;
use crate::store::Result;

/// Tables with their columns.
pub type Columns = BTreeMap<String, BTreeSet<String>>;

/// The tables and columns that transfers go by.
#[must_use]
pub fn listed() -> Columns {
    let columns = |table: &super::tables::Table| {
        let current = table.columns.iter().filter(|column| column.is_current());
        current.map(|column| column.name.to_owned()).collect()
    };
    TABLES.iter().filter(|table| table.is_current()).map(|table| (table.name.to_owned(), columns(table))).collect()
}

/// The tables and columns that there are, but for the list of migrations and what is of the moment.
///
/// # Errors
/// The database cannot be read.
pub fn catalogue(place: &Place) -> Result<Columns> {
    let mut side = place.to_read()?;
    let mut all = Columns::new();
    for table in tables(&mut *side, place)? {
        let columns = side.columns(&table)?.into_iter().collect();
        all.insert(table, columns);
    }
    Ok(all)
}

/// Every row of every table, each value with its column; but for what copies keep about themselves.
///
/// # Errors
/// The database cannot be read.
pub fn everything(place: &Place) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut side = place.to_read()?;
    let mut all = BTreeMap::new();
    for (table, columns) in catalogue(place)? {
        let names: Vec<&str> = columns.iter().map(String::as_str).collect();
        let mut rows = BTreeSet::new();
        side.each(&format!("SELECT {} FROM {table}", names.join(", ")), &[], &mut |row| {
            let values = names.iter().zip(&row).map(|(name, value)| format!("{name} = {}", plain(value)));
            rows.insert(values.collect::<Vec<_>>().join("; "));
            Ok(())
        })?;
        if table == "settings" {
            rows.retain(|row: &String| !row.starts_with(&format!("name = \"{PREFIX}")));
        }
        all.insert(table, rows);
    }
    let last = side.last_number()?;
    all.insert("the last number of a collection".to_owned(), BTreeSet::from([last.to_string()]));
    Ok(all)
}

/// Runs statements without values, in an SQLite file that is made if it is not there, or on a server.
///
/// # Errors
/// One of them fails.
pub fn run(place: &Place, sql: &str) -> Result<()> {
    match place {
        Place::File(file) => crate::store::sqlite::transfer::File::script(file, sql),
        #[cfg(feature = "postgres")]
        Place::Url(url) => crate::store::postgres::transfer::Server::script(url, sql),
    }
}

fn tables(side: &mut dyn Side, place: &Place) -> Result<Vec<String>> {
    let sql = match place {
        Place::File(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        #[cfg(feature = "postgres")]
        Place::Url(_) => "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()",
    };
    let names = side.query(sql, &[])?.into_iter().filter_map(|row| row.first()?.text().map(str::to_owned));
    let passing = |name: &String| name == "__diesel_schema_migrations" || OF_THE_MOMENT.contains(&name.as_str());
    Ok(names.filter(|name| !passing(name)).collect())
}

/// Engines without flags keep them as numbers.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => i64::from(*flag).to_string(),
        Value::Text(text) => format!("{text:?}"),
    }
}

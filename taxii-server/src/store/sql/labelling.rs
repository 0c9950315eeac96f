//! Telling and finding out the labels of entries. The text is the same for every engine, whose module includes this file and says
//! what its `Connection` is.

use std::collections::BTreeMap;

use diesel::dsl::{exists, max, min, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use taxii_model::Timestamp;

use super::Connection;
use crate::store::schema::{labels, marks, objects};
use crate::store::sql::labels::Numbering;
use crate::store::{CollectionKey, Label, Labels, Mark, Result, StoreError};

/// The entries that nobody has looked at. The condition is that of an index, to the letter.
fn unread() -> diesel::expression::SqlLiteral<Bool> {
    sql::<Bool>("label < 0")
}

/// All labels of a collection.
pub(super) fn labels(connection: &mut Connection, collection: CollectionKey) -> Result<Labels> {
    // The mark and whether anything is unread belong to one moment; labels come later, so that none is missing.
    let of = || objects::table.filter(objects::collection.eq(collection.0)).filter(unread());
    let row = marks::table.find(collection.0).select((marks::clock, marks::changes, exists(of())));
    let row: Option<(i64, i64, bool)> = row.get_result(connection).optional()?;
    let (clock, changes, unread) = row.ok_or_else(|| StoreError::Missing(format!("collection {}", collection.0)))?;
    let rows = rows(connection, collection.0)?.into_iter();
    let labels = rows.map(|(number, text)| (number, Label::read(&text))).collect();
    Ok(Labels { mark: Mark { clock: Timestamp::from_micros(clock), changes }, unread, labels })
}

/// All labels of a collection, as the table has them.
fn rows(connection: &mut Connection, collection: i64) -> Result<Vec<(i64, String)>> {
    let rows = labels::table.filter(labels::collection.eq(collection)).order(labels::number);
    Ok(rows.select((labels::number, labels::text)).load(connection)?)
}

/// The number of a label, which gets a row if it is new. The collection's lock is held.
pub(super) fn number(
    connection: &mut Connection,
    collection: i64,
    numbering: &mut Numbering,
    label: &Label,
) -> Result<i64> {
    if numbering.must_load(label) {
        numbering.take_rows(rows(connection, collection)?);
    }
    let number = numbering.number(label);
    for (number, text) in numbering.take_new() {
        let row = (labels::collection.eq(collection), labels::number.eq(number), labels::text.eq(text));
        diesel::insert_into(labels::table).values(row).execute(connection)?;
    }
    Ok(number)
}

/// Reads the labels of some of the entries that nobody has looked at: what was there before there were labels, what nodes of an older
/// version add, and what imports bring. Were there any?
pub(super) fn read_some(connection: &mut Connection, limit: i64) -> Result<bool> {
    let first = objects::table.filter(unread()).order(objects::collection).select(objects::collection);
    let Some(collection) = first.first::<i64>(connection).optional()? else { return Ok(false) };
    // From here on nobody else writes to the collection. The number has moved, too: pages in memory, copies that read pages and
    // copies that are being made know that entries have changed.
    diesel::update(marks::table.find(collection)).set(marks::changes.eq(marks::changes + 1)).execute(connection)?;
    let own = || objects::table.filter(objects::collection.eq(collection));
    let texts = own().filter(unread()).order(objects::added).limit(limit);
    let texts: Vec<(i64, String, String)> =
        texts.select((objects::added, objects::id, objects::body)).load(connection)?;
    let mut numbering = Numbering::default();
    let mut by_number: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    let mut ids: Vec<String> = Vec::with_capacity(texts.len());
    for (added, id, text) in texts {
        let number = number(connection, collection, &mut numbering, &Label::of(&text))?;
        by_number.entry(number).or_default().push(added);
        ids.push(id);
    }
    for (number, stamps) in by_number {
        let entries = own().filter(objects::added.eq_any(stamps));
        diesel::update(entries).set(objects::label.eq(number)).execute(connection)?;
    }
    ids.sort_unstable();
    ids.dedup();
    mix(connection, collection, &ids)?;
    Ok(true)
}

/// Notes of which of these objects the entries have different labels. Those that nobody has looked at yet are compared when somebody
/// does.
fn mix(connection: &mut Connection, collection: i64, ids: &[String]) -> Result<()> {
    let own = || objects::table.filter(objects::collection.eq(collection)).filter(objects::id.eq_any(ids));
    let ends = own().filter(objects::label.ge(0)).group_by(objects::id);
    let ends: Vec<(String, Option<i64>, Option<i64>)> =
        ends.select((objects::id, min(objects::label), max(objects::label))).load(connection)?;
    let mut mixed: Vec<String> = own().filter(objects::is_mixed).select(objects::id).distinct().load(connection)?;
    mixed.extend(ends.into_iter().filter(|(_, least, most)| least != most).map(|(id, ..)| id));
    if !mixed.is_empty() {
        let entries = objects::table.filter(objects::collection.eq(collection)).filter(objects::id.eq_any(mixed));
        diesel::update(entries.filter(diesel::dsl::not(objects::is_mixed)))
            .set(objects::is_mixed.eq(true))
            .execute(connection)?;
    }
    Ok(())
}

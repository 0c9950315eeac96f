//! Does the target have what the source has? Told by counts and check sums over every value, computed from what
//! each database gives.

use std::collections::BTreeMap;

use ring::digest::{Context, SHA256};

use super::pass::{Cursor, own_rows, past};
use super::side::{Known, Side, Stretch, one_number};
use super::tables::Size;
use super::value::{Row, Value};
use super::{Event, Mark, Watch};
use crate::auth::hex;
use crate::store::Result;

/// What both databases have of one table, or of one collection's objects.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The table; for objects with the collection.
    pub what: String,
    /// The rows of the source and of the target.
    pub rows: (u64, u64),
    /// SHA-256 over the rows in the order of their keys, in hex: the source's and the target's.
    pub sha256: (String, String),
    /// The number of the collection.
    pub(super) collection: Option<i64>,
}

impl Verified {
    /// Do they have the same?
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.rows.0 == self.rows.1 && self.sha256.0 == self.sha256.1
    }
}

/// A count and a check sum on the way.
struct Sum {
    context: Context,
    rows: u64,
}

impl Sum {
    fn new() -> Self {
        Self { context: Context::new(&SHA256), rows: 0 }
    }

    fn add(&mut self, row: &Row) {
        self.rows += 1;
        row.iter().for_each(|value| value.digest(&mut self.context));
    }

    fn end(self) -> (u64, String) {
        (self.rows, hex(self.context.finish().as_ref()))
    }
}

/// What there is to sum up, in order: a table, and of objects a collection.
type Part = (usize, Option<i64>);

/// Compares everything, but the objects of some collections. Both sides are read at once, a batch at a time.
pub(super) fn compare(
    source: &mut dyn Side,
    target: &mut dyn Side,
    tables: &[Known],
    but: &[Mark],
    watch: &mut Watch<'_>,
) -> Result<Vec<Verified>> {
    let names = collection_names(source)?;
    let (ours, theirs) = std::thread::scope(|scope| {
        let ours = scope.spawn(|| sums(target, tables, but, &mut |_| ()));
        let theirs = sums(source, tables, but, watch);
        (ours.join(), theirs)
    });
    let lost = |_| crate::store::StoreError::failed("the verification ended in the middle");
    let (ours, theirs) = (ours.map_err(lost)??, theirs?);
    let mut parts: Vec<Part> = theirs.keys().chain(ours.keys()).copied().collect();
    parts.sort_unstable();
    parts.dedup();
    let none = || Sum::new().end();
    let verified = parts.into_iter().map(|part| {
        let table = tables.get(part.0).map_or("", |known| known.table.name);
        let what = match part.1 {
            None => table.to_owned(),
            Some(number) => match names.get(&number) {
                Some(name) => format!("{table} of {name}"),
                None => format!("{table} of collection {number}"),
            },
        };
        let (their, our) =
            (theirs.get(&part).cloned().unwrap_or_else(none), ours.get(&part).cloned().unwrap_or_else(none));
        Verified { what, rows: (their.0, our.0), sha256: (their.1, our.1), collection: part.1 }
    });
    Ok(verified.collect())
}

fn sums(
    side: &mut dyn Side,
    tables: &[Known],
    but: &[Mark],
    watch: &mut Watch<'_>,
) -> Result<BTreeMap<Part, (u64, String)>> {
    let mut sums = BTreeMap::new();
    for (n, known) in tables.iter().enumerate() {
        match known.table.size {
            Size::Small => {
                let mut sum = Sum::new();
                own_rows(known, side)?.iter().for_each(|row| sum.add(row));
                sums.insert((n, None), sum.end());
            }
            Size::Great => {
                let stretch = Stretch { table: known, collection: None };
                sums.insert((n, None), great(side, &stretch, watch)?);
            }
            Size::GreatByPast => {
                for number in past(known, &mut [&mut *side])? {
                    let stretch = Stretch { table: known, collection: Some(number) };
                    sums.insert((n, Some(number)), great(side, &stretch, watch)?);
                }
            }
            Size::GreatByCollection => {
                let numbers = side.query("SELECT number FROM collections ORDER BY number", &[])?;
                let all: Vec<i64> = numbers.iter().filter_map(|row| row.first()?.number()).collect();
                let asked = all.into_iter().filter(|number| !but.iter().any(|(unasked, ..)| unasked == number));
                for number in asked {
                    let stretch = Stretch { table: known, collection: Some(number) };
                    sums.insert((n, Some(number)), great(side, &stretch, watch)?);
                }
            }
        }
    }
    Ok(sums)
}

fn great(side: &mut dyn Side, stretch: &Stretch<'_>, watch: &mut Watch<'_>) -> Result<(u64, String)> {
    let mut sum = Sum::new();
    let mut cursor = Cursor::new(stretch);
    while cursor.peek(side)?.is_some() {
        if let Some(row) = cursor.next(&mut 0) {
            sum.add(&row);
            if sum.rows.is_multiple_of(1000) {
                watch(&Event { table: stretch.table.table.name, rows: 1000, writing: false });
            }
        }
    }
    Ok(sum.end())
}

/// `ROOT/ALIAS`, or the id, of each collection.
fn collection_names(side: &mut dyn Side) -> Result<BTreeMap<i64, String>> {
    let rows = side.query("SELECT number, root, coalesce(alias, id) FROM collections", &[])?;
    let name = |row: &Row| {
        let (number, root, name) = (row.first()?.number()?, row.get(1)?.text()?, row.get(2)?.text()?);
        Some((number, if root.is_empty() { name.to_owned() } else { format!("{root}/{name}") }))
    };
    Ok(rows.iter().filter_map(name).collect())
}

/// Changes whenever something is written to the database, but for the progress of a copy.
pub(super) fn fingerprint(side: &mut dyn Side) -> Result<String> {
    let mut sum = Sum::new();
    for known in Known::all(side)?.iter().filter(|known| known.table.size == Size::Small) {
        own_rows(known, side)?.iter().for_each(|row| sum.add(row));
    }
    let statuses = one_number(side, "SELECT count(*) FROM statuses", &[])?;
    sum.add(&vec![Value::Number(statuses)]);
    Ok(sum.end().1)
}

//! One pass of a copy: makes the target what the source is in one snapshot, whatever the target has of it already.

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::sync_channel;

use super::progress::{DOUBTFUL, PREFIX, Position, Run};
use super::side::{BYTES, Known, ROWS, Side, Stretch};
use super::tables::Size;
use super::value::{Row, Value};
use super::{Event, Watch, conclude};
use crate::store::{Result, StoreError};

/// What is done in one pass.
pub(super) struct Pass<'p> {
    pub(super) source: &'p mut dyn Side,
    pub(super) target: &'p mut dyn Side,
    pub(super) run: &'p Run,
    pub(super) tables: &'p [Known],
    pub(super) watch: &'p mut Watch<'p>,
    /// Rows added, changed and taken away.
    pub(super) written: u64,
}

/// What makes one table what another is.
#[derive(Default)]
struct Difference {
    gone: Vec<Row>,
    new: Vec<Row>,
    changed: Vec<Row>,
    /// About how much memory all that takes.
    bytes: usize,
}

impl Pass<'_> {
    pub(super) fn run(&mut self) -> Result<()> {
        let tables = self.tables;
        self.small()?;
        for known in tables {
            match known.table.size {
                Size::Small => {}
                Size::Great => self.compare(&Stretch { table: known, collection: None }, None)?,
                Size::GreatByPast => {
                    for number in past(known, &mut [&mut *self.source, &mut *self.target])? {
                        self.compare(&Stretch { table: known, collection: Some(number) }, None)?;
                    }
                }
                Size::GreatByCollection => {
                    for (number, changes) in marks(self.source)? {
                        self.collection(known, number, changes)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The small tables, in one transaction.
    fn small(&mut self) -> Result<()> {
        let mut differences = Vec::new();
        for known in self.tables.iter().filter(|known| known.table.size == Size::Small) {
            let (theirs, ours) = (own_rows(known, self.source)?, own_rows(known, self.target)?);
            differences.push((known, difference(known.table.key, theirs, ours)));
        }
        let last_number = self.source.last_number()?;
        self.target.begin()?;
        let written = apply(self.target, self.run, &differences, last_number);
        self.written += conclude(self.target, written)?;
        Ok(())
    }

    /// The objects of a collection. What was there when its `changes` were the same is there still.
    fn collection(&mut self, known: &Known, number: i64, changes: i64) -> Result<()> {
        let stretch = Stretch { table: known, collection: Some(number) };
        match self.run.position(self.target, number)? {
            Some(at) if at.changes != changes => {
                self.write(&stretch, &Difference::default(), Some((number, DOUBTFUL)))?;
                self.compare(&stretch, Some((number, changes)))
            }
            at => self.append(&stretch, number, Position { after: at.map_or(i64::MIN, |at| at.after), changes }),
        }
    }

    /// Adds what lies behind a position. One thread reads while the other writes.
    fn append(&mut self, stretch: &Stretch<'_>, number: i64, from: Position) -> Result<()> {
        let (tell, told) = sync_channel::<Result<Vec<Row>>>(2);
        let Self { source, target, run, watch, written, .. } = self;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let tell = tell;
                let mut after = Value::Number(from.after);
                loop {
                    let rows = source.rows(stretch, Some(&after));
                    let last = rows.as_ref().ok().and_then(|rows| rows.last()).map(|row| stretch.key(row).clone());
                    // Nobody listens any more if writing has failed.
                    if tell.send(rows).is_err() {
                        return;
                    }
                    match last {
                        Some(last) => after = last,
                        None => return,
                    }
                }
            });
            let mut at = from;
            for rows in told {
                let new = rows?;
                at.after = new.last().and_then(|row| stretch.key(row).number()).unwrap_or(at.after);
                let difference = Difference { new, ..Difference::default() };
                *written += write(*target, run, stretch, &difference, Some((number, at)))?;
                watch(&Event { table: stretch.table.table.name, rows: difference.new.len() as u64, writing: true });
            }
            Ok(())
        })
    }

    /// Goes through both sides and writes what differs. The position is only known when all is done.
    fn compare(&mut self, stretch: &Stretch<'_>, done: Option<(i64, i64)>) -> Result<()> {
        let (mut theirs, mut ours) = (Cursor::new(stretch), Cursor::new(stretch));
        let mut difference = Difference::default();
        let mut last = i64::MIN;
        loop {
            let order = match (theirs.peek(self.source)?, ours.peek(self.target)?) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(their), Some(our)) => stretch.key(their).cmp(stretch.key(our)),
            };
            match order {
                Ordering::Less => difference.new.extend(theirs.next(&mut difference.bytes)),
                Ordering::Greater => difference.gone.extend(ours.next(&mut difference.bytes)),
                Ordering::Equal => {
                    let mut same = 0;
                    let (their, our) = (theirs.next(&mut same), ours.next(&mut same));
                    last = their.as_ref().and_then(|row| stretch.key(row).number()).unwrap_or(last);
                    (self.watch)(&Event { table: stretch.table.table.name, rows: 1, writing: false });
                    if their != our {
                        difference.changed.extend(their);
                        difference.bytes += same;
                    }
                }
            }
            if difference.rows() >= ROWS as u64 || difference.bytes >= BYTES {
                let full = std::mem::take(&mut difference);
                last = full.last(stretch).unwrap_or(last).max(last);
                self.write(stretch, &full, None)?;
            }
        }
        last = difference.last(stretch).unwrap_or(last).max(last);
        self.write(stretch, &difference, done.map(|(number, changes)| (number, Position { after: last, changes })))
    }

    fn write(&mut self, stretch: &Stretch<'_>, what: &Difference, at: Option<(i64, Position)>) -> Result<()> {
        self.written += write(self.target, self.run, stretch, what, at)?;
        let rows = (what.new.len() + what.changed.len()) as u64;
        (self.watch)(&Event { table: stretch.table.table.name, rows, writing: true });
        Ok(())
    }
}

/// The collections that such a table speaks of on either side.
pub(super) fn past(known: &Known, sides: &mut [&mut dyn Side]) -> Result<Vec<i64>> {
    let mut numbers = Vec::new();
    for side in sides {
        let rows = side.query(&format!("SELECT DISTINCT collection FROM {}", known.table.name), &[])?;
        numbers.extend(rows.iter().filter_map(|row| row.first()?.number()));
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// The collections, and how often something was taken from each.
pub(super) fn marks(side: &mut dyn Side) -> Result<Vec<(i64, i64)>> {
    let rows = side.query("SELECT collection, changes FROM marks ORDER BY collection", &[])?;
    let pair = |row: Row| Some((row.first()?.number()?, row.get(1)?.number()?));
    rows.into_iter().map(|row| pair(row).ok_or_else(|| StoreError::failed("a mark without a number"))).collect()
}

/// All rows of a small table but the settings of copies.
pub(super) fn own_rows(known: &Known, side: &mut dyn Side) -> Result<Vec<Row>> {
    let mut rows = known.load(side)?;
    if known.table.name == "settings" {
        rows.retain(|row| !row.first().and_then(Value::text).is_some_and(|name| name.starts_with(PREFIX)));
    }
    Ok(rows)
}

fn difference(key: usize, theirs: Vec<Row>, ours: Vec<Row>) -> Difference {
    let by_key = |rows: Vec<Row>| -> BTreeMap<Row, Row> {
        rows.into_iter().map(|row| (row.iter().take(key).cloned().collect(), row)).collect()
    };
    let mut ours = by_key(ours);
    let mut difference = Difference::default();
    for (key, row) in by_key(theirs) {
        match ours.remove(&key) {
            None => difference.new.push(row),
            Some(our) if our != row => difference.changed.push(row),
            Some(_) => {}
        }
    }
    difference.gone = ours.into_keys().collect();
    difference
}

/// Takes away what is gone, beginning with what refers to others, then adds and changes the rest the other way round.
fn apply(target: &mut dyn Side, run: &Run, all: &[(&Known, Difference)], last_number: i64) -> Result<u64> {
    run.go_on(target)?;
    let mut written = 0;
    for (known, difference) in all.iter().rev() {
        for key in &difference.gone {
            known.delete(target, key)?;
            if known.table.name == "collections"
                && let Some(number) = key.first().and_then(Value::number)
            {
                run.forget_position(target, number)?;
            }
        }
    }
    for (known, difference) in all {
        if known.table.name == "collections" {
            // Two collections may have exchanged their aliases.
            for number in difference.changed.iter().filter_map(|row| row.first()) {
                target.execute("UPDATE collections SET alias = NULL WHERE number = ?", std::slice::from_ref(number))?;
            }
        }
        target.insert(known.table.name, &known.columns, &difference.changed, &known.replace())?;
        target.insert(known.table.name, &known.columns, &difference.new, "")?;
        written += difference.rows();
    }
    if target.last_number()? != last_number {
        target.set_last_number(last_number)?;
    }
    Ok(written)
}

/// Writes rows of a great table, and how far it has come with them, in one transaction.
fn write(
    target: &mut dyn Side,
    run: &Run,
    stretch: &Stretch<'_>,
    difference: &Difference,
    at: Option<(i64, Position)>,
) -> Result<u64> {
    if difference.rows() == 0 && at.is_none() {
        return Ok(0);
    }
    let known = stretch.table;
    let work = |target: &mut dyn Side| {
        run.go_on(target)?;
        for row in &difference.gone {
            let key: Vec<Value> = row.iter().take(known.table.key).cloned().collect();
            known.delete(target, &key)?;
        }
        target.insert(known.table.name, &known.columns, &difference.changed, &known.replace())?;
        target.insert(known.table.name, &known.columns, &difference.new, "")?;
        if let Some((number, at)) = at {
            run.set_position(target, number, at)?;
        }
        Ok(difference.rows())
    };
    target.begin()?;
    let done = work(target);
    conclude(target, done)
}

impl Difference {
    fn rows(&self) -> u64 {
        (self.gone.len() + self.new.len() + self.changed.len()) as u64
    }

    /// The last place that the source has.
    fn last(&self, stretch: &Stretch<'_>) -> Option<i64> {
        self.new.iter().chain(&self.changed).filter_map(|row| stretch.key(row).number()).max()
    }
}

/// Goes through the rows of one side.
pub(super) struct Cursor<'s> {
    stretch: &'s Stretch<'s>,
    after: Option<Value>,
    rows: VecDeque<Row>,
    over: bool,
}

impl<'s> Cursor<'s> {
    pub(super) fn new(stretch: &'s Stretch<'s>) -> Self {
        Self { stretch, after: None, rows: VecDeque::new(), over: false }
    }

    /// The next row.
    pub(super) fn peek(&mut self, side: &mut dyn Side) -> Result<Option<&Row>> {
        if self.rows.is_empty() && !self.over {
            self.rows = side.rows(self.stretch, self.after.as_ref())?.into();
            match self.rows.back() {
                Some(last) => self.after = Some(self.stretch.key(last).clone()),
                None => self.over = true,
            }
        }
        Ok(self.rows.front())
    }

    /// Takes the row that was looked at, and adds its size to `bytes`.
    pub(super) fn next(&mut self, bytes: &mut usize) -> Option<Row> {
        let row = self.rows.pop_front()?;
        *bytes += row.iter().map(Value::bytes).sum::<usize>();
        Some(row)
    }
}

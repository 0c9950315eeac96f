use super::place::Place;
use super::side::{Side, one_number};
use super::tables::TABLES;
use crate::store::{Result, StoreError};

/// What a database is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct State {
    /// The engine, with its version.
    pub engine: String,
    /// The migrations that were applied, in order.
    pub applied: Vec<String>,
    /// Those that are to come.
    pub pending: Vec<String>,
    /// Those that this program does not know: the database is of a newer one.
    pub unknown: Vec<String>,
    /// How much room it takes.
    pub bytes: u64,
    /// Every table that is there, with the number of its rows.
    pub rows: Vec<(&'static str, u64)>,
    /// Of which database it is an unfinished copy.
    pub unfinished: Option<String>,
}

/// Looks at a database without changing anything about it.
///
/// # Errors
/// It is not there, or it cannot be reached.
pub fn state(place: &Place) -> Result<State> {
    let mut side = place.to_read()?;
    let mut state = look(&mut *side)?;
    let migrations = side.migrations()?;
    for table in TABLES.iter().filter(|table| table.is_made_by(&migrations)) {
        if !side.columns(table.name)?.is_empty() {
            let rows = one_number(&mut *side, &format!("SELECT count(*) FROM {}", table.name), &[])?;
            state.rows.push((table.name, u64::try_from(rows).unwrap_or_default()));
        }
    }
    Ok(state)
}

fn look(side: &mut dyn Side) -> Result<State> {
    let (known, applied) = (crate::store::sqlite::migrations()?, side.migrations()?);
    let title = |version: &String| {
        let known = known.iter().find(|(known, _)| known == version);
        known.map_or_else(|| version.clone(), |(_, title)| title.clone())
    };
    let unfinished = if applied.is_empty() { None } else { super::progress::unfinished(side)? };
    Ok(State {
        engine: side.engine()?,
        unknown: applied.iter().filter(|version| !known.iter().any(|(known, _)| known == *version)).cloned().collect(),
        pending: known.iter().filter(|(known, _)| !applied.contains(known)).map(|(_, title)| title.clone()).collect(),
        applied: applied.iter().map(title).collect(),
        bytes: side.size()?,
        rows: Vec::new(),
        unfinished,
    })
}

/// What a database is that is to be copied: one of ours, and not of a newer program.
pub(super) fn of(side: &mut dyn Side) -> Result<State> {
    let state = look(side)?;
    if state.applied.is_empty() {
        return Err(StoreError::failed("there are no tables of this program in the source"));
    }
    match state.unknown.first() {
        None => Ok(state),
        Some(unknown) => Err(StoreError::failed(format!(
            "the source was made by a newer version of this program: it has the migration {unknown}, which this one does not know"
        ))),
    }
}

/// Brings the tables of a database up to date, and tells which migrations that took. A file that is not there is made.
///
/// # Errors
/// It cannot be reached, or it is of a newer version of this program.
pub fn migrate(place: &Place) -> Result<Vec<String>> {
    let before = match place {
        Place::File(file) if !file.exists() => Vec::new(),
        place => place.to_read()?.migrations()?,
    };
    let after = place.to_write(None)?.migrations()?;
    let known = crate::store::sqlite::migrations()?;
    let new = known.into_iter().filter(|(version, _)| after.contains(version) && !before.contains(version));
    Ok(new.map(|(_, title)| title).collect())
}

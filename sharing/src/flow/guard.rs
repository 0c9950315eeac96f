use super::{Batch, Cursor, Fault};

/// More batches than this without a single change are no accident.
const MOST_EMPTY: u32 = 100;

/// Notices when a source does not come to an end, in constant memory.
///
/// Cycles of any length are found as Brent does it: one cursor is remembered and compared with all that follow, and another
/// taken its place after 1, 2, 4, 8, … batches. So one goes round at most three times.
#[derive(Debug, Default)]
pub(super) struct Guard {
    remembered: Option<Cursor>,
    since: u64,
    patience: u64,
    empty: u32,
}

impl Guard {
    /// Is it sensible to go on after this batch?
    pub(super) fn check(&self, place: &str, after: Option<&Cursor>, batch: &Batch) -> Result<(), Fault> {
        let malformed = |reason: String| Err(Fault::Malformed { place: place.to_owned(), reason });
        if batch.cursor.as_str().len() > Cursor::MOST_OCTETS {
            return malformed(format!("the cursor has more than {} octets", Cursor::MOST_OCTETS));
        }
        if !batch.more {
            return Ok(());
        }
        if Some(&batch.cursor) == after {
            return malformed(
                "it says that there is more, but its cursor does not move; stopped, since it would go on for ever"
                    .to_owned(),
            );
        }
        if self.empty >= MOST_EMPTY && is_empty(batch) {
            return malformed(format!("{MOST_EMPTY} batches without a change, each followed by another"));
        }
        if self.remembered.as_ref() == Some(&batch.cursor) {
            return malformed(
                "its cursor comes back to where it was; stopped, since it would go round for ever".to_owned(),
            );
        }
        Ok(())
    }

    /// This batch is done with. One that has to be given again does not count twice.
    pub(super) fn passed(&mut self, batch: &Mark) {
        if !batch.more {
            *self = Self::default();
            return;
        }
        self.empty = if batch.empty { self.empty + 1 } else { 0 };
        self.since += 1;
        if self.since >= self.patience {
            self.remembered = Some(batch.cursor.clone());
            (self.since, self.patience) = (0, (self.patience * 2).max(1));
        }
    }
}

/// What the guard has to know of a batch.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) cursor: Cursor,
    pub(super) more: bool,
    empty: bool,
}

impl Mark {
    pub(super) fn of(batch: &Batch) -> Self {
        Self { cursor: batch.cursor.clone(), more: batch.more, empty: is_empty(batch) }
    }
}

fn is_empty(batch: &Batch) -> bool {
    batch.changes.is_empty() && batch.refused.is_empty()
}

//! How many steps are left, and how answers that are not known join.

use std::cell::Cell;

use super::MatchError;

/// Steps that a match may still take.
#[derive(Debug)]
pub(super) struct Budget(Cell<u64>);

impl Budget {
    pub(super) fn new(steps: u64) -> Self {
        Self(Cell::new(steps))
    }

    pub(super) fn spend(&self, steps: usize) -> Result<(), MatchError> {
        let left = self.0.get().checked_sub(steps as u64).ok_or(MatchError::Limit)?;
        self.0.set(left);
        Ok(())
    }
}

/// Is one of them true? What is not known does not matter beside one that is.
pub(super) fn any(answers: impl IntoIterator<Item = Result<bool, MatchError>>) -> Result<bool, MatchError> {
    decide(answers, true)
}

/// Are all of them true? What is not known does not matter beside one that is false.
pub(super) fn all(answers: impl IntoIterator<Item = Result<bool, MatchError>>) -> Result<bool, MatchError> {
    decide(answers, false)
}

fn decide(answers: impl IntoIterator<Item = Result<bool, MatchError>>, by: bool) -> Result<bool, MatchError> {
    let mut unknown = None;
    for answer in answers {
        match answer {
            Ok(answer) if answer == by => return Ok(by),
            Ok(_) => {}
            Err(error) => unknown = unknown.or(Some(error)),
        }
    }
    unknown.map_or(Ok(!by), Err)
}

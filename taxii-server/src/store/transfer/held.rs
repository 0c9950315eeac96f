use super::side::Side;
use super::{Mark, marks};
use crate::store::{Result, StoreError};

/// Nobody writes to the source for as long as this is there and [`Held::check`] finds it so; everybody may read.
pub struct Held {
    side: Box<dyn Side>,
    marks: Vec<Mark>,
}

impl Held {
    /// Keeps others from writing.
    pub(super) fn new(mut side: Box<dyn Side>) -> Result<Self> {
        side.hold()?;
        let marks = marks(&mut *side)?;
        Ok(Self { side, marks })
    }

    /// Fails unless this snapshot has everything that was written before others were kept off.
    pub(super) fn is_of(&self, snapshot: &mut dyn Side) -> Result<()> {
        if marks(snapshot)? == self.marks {
            return Ok(());
        }
        Err(StoreError::failed(
            "the host that the source is read from has not what the host has that takes writes: name only the latter, and run the command again",
        ))
    }

    /// Fails if others may have been let go meanwhile: the connection that kept them off was lost.
    ///
    /// # Errors
    /// They were.
    pub fn check(&mut self) -> Result<()> {
        let why = match marks(&mut *self.side) {
            Ok(now) if now == self.marks => return Ok(()),
            Ok(_) => "something was written".to_owned(),
            Err(error) => crate::service::chain(&error),
        };
        Err(StoreError::failed(format!(
            "writers were let go before the switch: run the command again ({why}); what they write now is in the source alone"
        )))
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Closing the connection does the same.
        drop(self.side.rollback());
    }
}

#[cfg(test)]
mod tests {
    use crate::store::transfer::{Held, Place};

    /// What is read while others are kept off is what they wrote, and not what another host has of it.
    #[test]
    fn a_snapshot_that_is_behind_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let [held, behind] = ["held.db", "behind.db"].map(|name| Place::File(folder.path().join(name)));
        held.to_write(None).unwrap().execute("UPDATE revision SET number = number + 1", &[]).unwrap();
        behind.to_write(None).unwrap();
        let hold = Held::new(held.to_hold().unwrap()).unwrap();
        assert!(hold.is_of(&mut *held.to_read().unwrap()).is_ok());
        let refused = hold.is_of(&mut *behind.to_read().unwrap()).unwrap_err();
        assert!(crate::service::chain(&refused).contains("name only the latter"));
    }
}

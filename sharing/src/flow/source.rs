use async_trait::async_trait;

use super::{Batch, Cursor, Fault, Room};

/// Where changes come from.
///
/// The order is the source's own and stays the same. After the cursor of a batch come all changes that were not in that
/// batch or before it, also those that have happened since. A cursor stays good over restarts; asking with the same one
/// again gives what was given before, or what has taken its place.
#[async_trait]
pub trait Source: Send + Sync {
    /// What people call it: a URL without secrets, a path, the name of a collection.
    fn place(&self) -> String;

    /// The changes after this position; from the beginning if there is none.
    ///
    /// # Errors
    /// The source cannot be read now, or at all: see [`Fault`].
    async fn next(&self, after: Option<&Cursor>, room: Room) -> Result<Batch, Fault>;
}

use std::sync::Arc;

use async_trait::async_trait;

use super::reconcile::{Digests, Leaf};
use super::{Batch, Change, Cursor, Fault, Room, Source};

/// A collection that can be compared, and gives single versions.
#[async_trait]
pub trait Versions: Digests {
    /// What lies at a key (see [`key`](super::reconcile::key)): one version, in as many editions of STIX as there are; nothing if it has gone.
    ///
    /// # Errors
    /// It cannot be told.
    async fn at(&self, key: &str) -> Result<Vec<Change>, Fault>;
}

/// What a comparison has found missing, as the source of a flow that comes to an end.
///
/// ```
/// use std::sync::Arc;
/// use sharing::flow::reconcile::Leaf;
/// use sharing::flow::{Missing, Versions};
///
/// fn repair(theirs: Arc<dyn Versions>, only_theirs: &[Leaf]) -> Missing {
///     Missing::new("their collection", theirs, only_theirs)
/// }
/// ```
pub struct Missing {
    place: String,
    of: Arc<dyn Versions>,
    keys: Vec<String>,
}

impl Missing {
    /// These versions of a collection.
    #[must_use]
    pub fn new(place: impl Into<String>, of: Arc<dyn Versions>, leaves: &[Leaf]) -> Self {
        Self { place: place.into(), of, keys: leaves.iter().map(Leaf::key).collect() }
    }
}

#[async_trait]
impl Source for Missing {
    fn place(&self) -> String {
        self.place.clone()
    }

    /// The cursor is how many keys were asked for.
    async fn next(&self, after: Option<&Cursor>, room: Room) -> Result<Batch, Fault> {
        let mut asked: usize = after.and_then(|cursor| cursor.as_str().parse().ok()).unwrap_or_default();
        let (mut changes, mut octets) = (Vec::new(), 0);
        for key in self.keys.iter().skip(asked) {
            if changes.len() >= room.changes || octets >= room.octets {
                break;
            }
            let found = self.of.at(key).await?;
            octets += found.iter().map(size).sum::<usize>();
            changes.extend(found);
            asked += 1;
        }
        let left = self.keys.len().saturating_sub(asked);
        let (cursor, remaining) = (Cursor::new(asked.to_string()), u64::try_from(left).ok());
        Ok(Batch { changes, refused: Vec::new(), cursor, more: left > 0, remaining })
    }
}

fn size(change: &Change) -> usize {
    match change {
        Change::Object(item) => item.text().len(),
        Change::Deleted { .. } => 0,
    }
}

use serde::Serialize;
use taxii_model::Timestamp;

use super::{Present, told};
use crate::store::{Admin, Change, Collection, Result, Store};

/// What it comes to to make a store be as a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What changes, in this order.
    pub changes: Vec<Change>,
    /// What each of them does to what there is, for people: see [`told`].
    pub summary: Vec<String>,
    /// How many versions of objects go with the collections that are removed.
    pub objects_removed: u64,
}

impl Plan {
    /// Counts what these changes of a store take along.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn of<S: Store + Admin + ?Sized>(store: &S, changes: Vec<Change>, present: &Present) -> Result<Self> {
        let goes = |collection: &&Collection| {
            changes.iter().any(|change| match change {
                Change::RemoveRoot { name } => *name == collection.root,
                Change::RemoveCollection { id } => *id == collection.id,
                _ => false,
            })
        };
        let mut objects_removed = 0;
        for collection in present.directory.collections.iter().filter(goes) {
            objects_removed += store.holdings(collection.key, Timestamp::now()).await?.versions;
        }
        let summary = changes.iter().map(|change| told(change, present, &changes)).collect();
        Ok(Self { changes, summary, objects_removed })
    }

    /// How many accounts are removed.
    #[must_use]
    pub fn accounts_removed(&self) -> usize {
        self.changes.iter().filter(|change| matches!(change, Change::RemoveAccount { .. })).count()
    }

    /// Is something lost that cannot be had back: objects, or the credentials of accounts?
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.objects_removed > 0 || self.accounts_removed() > 0
    }
}

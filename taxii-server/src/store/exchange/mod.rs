//! What a store keeps so that collections can be exchanged between servers: see [`Exchange`].

mod changed;
mod conflict;
mod content;
mod partner;
mod provenance;
mod retraction;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use taxii_model::Timestamp;
use uuid::Uuid;

pub use changed::Changed;
pub(super) use changed::merge;
pub use conflict::Conflict;
pub(super) use conflict::full;
pub use content::content_version;
pub(super) use content::is_version;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(super) use content::{exchanged_version, sha256};
pub use partner::Partner;
pub use provenance::Provenance;
pub(super) use retraction::concerns;
pub use retraction::{Retracted, Retraction};

use super::{CollectionKey, Page, Result, Sight};

/// What is asked of a store that takes part in an exchange. [`super::Store::exchange`] gives it.
///
/// * **One order.** Entries and deletions of a collection have stamps from one clock: who has read up to a stamp has
///   everything before it.
/// * **Provenance.** How an entry came is written and removed with it, in one transaction (see
///   [`super::Item::provenance`]).
/// * **Nothing comes back.** A version that was deleted is not added again by an exchange.
/// * **Nothing is overwritten.** A version that comes with other content stays out, and a [`Conflict`] is kept.
#[async_trait]
pub trait Exchange: Send + Sync {
    /// The id of this server: made once for each database, and carried along by copies and backups.
    async fn server(&self) -> Result<Uuid>;

    /// Entries and deletions, in order of their stamps.
    async fn changes(&self, stretch: &Stretch) -> Result<Page<Changed>>;

    /// How the entries of these objects came; `None` stands for entries that were submitted here. Objects that are not
    /// there are left out.
    async fn origins(&self, collection: CollectionKey, ids: &[String]) -> Result<Origins>;

    /// Deletes what others have taken back, as far as they may: see [`Retraction`]. All in one transaction, so that
    /// others learn of what is gone and of nothing else.
    async fn retract(&self, collection: CollectionKey, retractions: &[Retraction]) -> Result<Vec<Retracted>>;

    /// The conflicts of a collection, the newest first.
    async fn conflicts(&self, collection: CollectionKey, limit: usize) -> Result<Vec<Conflict>>;

    /// Forgets a conflict that somebody has decided. Was there one?
    async fn forget_conflict(&self, collection: CollectionKey, digest: &str) -> Result<bool>;

    /// Every partner, in order of holder.
    async fn partners(&self) -> Result<Vec<Partner>>;

    /// Sets the partner of this holder. Fails with [`super::StoreError::Taken`] if somebody else speaks for the server.
    async fn set_partner(&self, partner: &Partner) -> Result<()>;

    /// Removes the partner of this holder. Was there one?
    async fn remove_partner(&self, holder: &str) -> Result<bool>;
}

/// How the entries of objects came, by the objects' ids.
pub type Origins = HashMap<String, Vec<Option<Provenance>>>;

/// A stretch of what happened in a collection.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// In which collection.
    pub collection: CollectionKey,
    /// Only what happened after this.
    pub after: Timestamp,
    /// Nothing that happened after this: usually the collection's [`super::Mark`].
    pub until: Timestamp,
    /// At most so many; at least 1.
    pub limit: usize,
    /// Stop when the texts exceed this many bytes; the first is always taken.
    pub bytes: usize,
    /// What the asker sees of the collection; everything without one.
    pub sight: Option<Arc<Sight>>,
}

impl Stretch {
    /// Everything.
    #[must_use]
    pub fn of(collection: CollectionKey) -> Self {
        let (after, until) = (Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));
        Self { collection, after, until, limit: usize::MAX, bytes: usize::MAX, sight: None }
    }
}

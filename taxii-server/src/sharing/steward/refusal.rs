use sharing::agreement::InvalidAgreement;
use sharing::flow::Fault;

use super::super::NoTerms;
use crate::store::StoreError;

/// Why something about sharing was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is nothing of this name.
    #[error("there is no {kind} {wanted}; there are: {known}")]
    Unknown {
        /// What it would be: `agreement`, `flow`.
        kind: &'static str,
        /// Its name.
        wanted: String,
        /// The names that there are.
        known: String,
    },
    /// No conflict begins like this.
    #[error("there is no conflict {0}; conflict list shows those that there are")]
    NoConflict(String),
    /// Several conflicts begin like this.
    #[error("{count} conflicts begin with {wanted}: give more of the digest")]
    SeveralConflicts {
        /// The beginning.
        wanted: String,
        /// How many.
        count: usize,
    },
    /// The document is no agreement.
    #[error("this is not kept:\n{0}")]
    Unreadable(InvalidAgreement),
    /// A server runs the flow of this name.
    #[error("a server runs the flow {0} at this moment; flow status {0} tells how it is, flow pause {0} lets it rest")]
    Running(String),
    /// Somebody else speaks for this server.
    #[error("somebody else speaks for the server {0}; partner list tells who")]
    SpokenFor(String),
    /// This holder speaks for no server.
    #[error("{0} speaks for no server; partner list tells who does")]
    Silent(String),
    /// The store has nothing to do with it.
    #[error("{0}")]
    Unable(&'static str),
    /// The agreement is none of ours.
    #[error(transparent)]
    NotOurs(#[from] NoTerms),
    /// Something about this server has to change first.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The store fails or refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

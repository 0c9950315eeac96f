use std::error::Error;

/// Why a store could not do what it was asked to.
///
/// The texts are for the log and for administrators; they never reach a TAXII client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Too busy or not reachable at the moment; worth trying again.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// There is no such thing: a collection that has been removed meanwhile, an unknown account.
    #[error("there is no {0}")]
    Missing(String),
    /// The name is taken.
    #[error("there already is {0}")]
    Taken(String),
    /// Something was changed since it was decided what to change: see [`super::Terms`].
    #[error("something was changed meanwhile")]
    Changed,
    /// It could be done; it was only tried, and undone.
    #[error("this was only tried")]
    Undone,
    /// The database failed.
    #[error("the store failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// A failure of the database or of the code around it.
    pub fn failed(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(source.into())
    }
}

use async_trait::async_trait;

use super::{Change, Fault, Outcome};

/// Where changes go.
///
/// Delivering is idempotent: what the sink has is [`Outcome::Known`]. The same id and version with other content is
/// [`Outcome::Conflict`], and what the sink had stays.
#[async_trait]
pub trait Sink: Send + Sync {
    /// What people call it: a URL without secrets, a path, the name of a collection.
    fn place(&self) -> String;

    /// The id of the server behind it, if it has one: nothing is offered to it that has been there ([`super::Provenance::passed`]).
    ///
    /// # Errors
    /// It cannot be asked.
    async fn server(&self) -> Result<Option<String>, Fault> {
        Ok(None)
    }

    /// Takes changes and says what became of each, in their order. When it returns, what is `Added` or `Known` is durable.
    ///
    /// # Errors
    /// What became of the changes is not known; they are delivered again later.
    async fn deliver(&self, changes: &[Change]) -> Result<Vec<Outcome>, Fault>;
}

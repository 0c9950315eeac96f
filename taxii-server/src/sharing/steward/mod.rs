//! What administrators decide about sharing. Commands and the management API are two ways to say it: what is done, and what the log
//! says of it, is decided here.

mod agreements;
mod conflicts;
mod flows;
mod granted;
mod partners;
mod refusal;

use std::sync::Arc;

use taxii_model::Timestamp;

use super::Context;
use crate::audit::noted;
use crate::store::{Actor, Arrangements, Exchange, Managed, Result};

pub use agreements::{Adding, AgreementListed, AgreementShown, Removing};
pub use conflicts::Found;
pub use granted::Following;
pub use partners::Holder;
pub use refusal::Refusal;

/// Looks after agreements, flows, partners and conflicts in somebody's name.
///
/// ```
/// use std::sync::Arc;
/// use taxii_server::sharing::{Context, Steward};
/// use taxii_server::store::{Actor, MemoryStore};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let store = Arc::new(MemoryStore::new());
/// let steward = Steward::new(store.clone(), Context::new(store), Actor::operator("alice"));
/// assert!(steward.partners().await?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Steward {
    store: Arc<dyn Managed>,
    context: Context,
    by: Actor,
}

impl Steward {
    /// Over a store; the context is over the same, and says where to record what is done.
    #[must_use]
    pub fn new(store: Arc<dyn Managed>, context: Context, by: Actor) -> Self {
        Self { store, context, by }
    }

    pub(super) fn kept(&self) -> std::result::Result<&dyn Arrangements, Refusal> {
        self.store.arrangements().ok_or(Refusal::Unable("this database keeps no agreements and no flows"))
    }

    fn exchange(&self) -> std::result::Result<&dyn Exchange, Refusal> {
        self.store.exchange().ok_or(Refusal::Unable("this database takes part in no exchange"))
    }

    /// Records what is no [`crate::store::Change`], once it was done.
    ///
    /// # Errors
    /// The log cannot be written.
    pub async fn noted(&self, what: &str) -> Result<()> {
        match &self.context.log {
            Some(log) => log.append(vec![noted(Timestamp::now(), &self.by, what)]).await.map(drop),
            None => Ok(()),
        }
    }
}

/// One of these names; a refusal tells the others.
fn known<T>(
    kind: &'static str,
    wanted: &str,
    all: Vec<T>,
    name: impl Fn(&T) -> &str,
) -> std::result::Result<T, Refusal> {
    match all.iter().position(|one| name(one) == wanted) {
        Some(at) => all.into_iter().nth(at).ok_or(Refusal::Unable("it is gone")),
        None => {
            let known = all.iter().map(name).collect::<Vec<_>>().join(", ");
            Err(Refusal::Unknown { kind, wanted: wanted.to_owned(), known })
        }
    }
}

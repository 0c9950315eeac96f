//! A log of who did what and who received which versions of which objects: compact, append-only, and made so that it shows when it was
//! tampered with.
//!
//! * [`Record`], [`Chain`], [`Log`]: what is kept, how it is chained, where it is kept; every store that comes with the crate is a log
//! * [`Journal`]: gathers what happens in a server and appends it about every second, so that no request waits for it
//! * [`verify()`], [`who_received`], [`what_did`], [`lag`], [`prune`]: what administrators ask
//!
//! ```
//! use std::sync::Arc;
//!
//! use taxii_server::Taxii;
//! use taxii_server::audit::{Journal, who_received};
//! use taxii_server::store::MemoryStore;
//!
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Arc::new(MemoryStore::new());
//! let taxii = Taxii::builder(store.clone()).audit(Journal::new(store.clone())).build().await?;
//! taxii.flush().await?;
//! assert!(who_received(&*store, "indicator--0f6a3c8e-6b4e-4d52-8a1f-52a1f1a7b0a4").await?.is_empty());
//! # Ok(()) }
//! ```

mod activity;
mod chain;
mod change;
mod journal;
mod lag;
mod log;
mod prune;
mod received;
mod record;
mod runs;
#[cfg(test)]
mod tampering_tests;
mod verify;

pub use activity::{Activity, what_did};
pub use chain::Chain;
pub(crate) use chain::Last;
pub(crate) use change::changes;
pub use change::noted;
pub use journal::Journal;
pub use lag::{Lag, Standing, lag, readers};
pub use log::{Log, Poll, Poller, Sighting};
pub use prune::{Pruned, prune};
pub use received::{Brought, Received, who_received};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) use record::NO_COLLECTION;
pub use record::{Entry, Head, InvalidHead, Record, action};
pub use runs::{Runs, Written};
pub use verify::{Fault, Verified, verify};

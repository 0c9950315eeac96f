//! Sharing a collection with other servers: what is offered to whom, and what is taken from whom.
//!
//! `offer` and `take` are what the endpoints between our servers and the ends of flows have in common. [`Local`] is a collection as
//! the source or the sink of a flow; `digests` tells what a collection holds, range by range.
//!
//! A flow is kept in the store as its [`FlowSettings`]: from which [`Place`] to which, under which agreement. The [`Context`] makes it
//! run: between its ends stands what the agreement says about it, its [`Clause`], which is looked at anew for each batch. The
//! [`Runner`] runs all flows in the background; every delivery is [`Shared`] in the log.

mod bookmarks;
mod clause;
mod context;
mod control;
mod decide;
mod digests;
mod ends;
mod local;
mod lookup;
mod offer;
mod own;
mod passage;
mod place;
mod recorded;
mod report;
mod runner;
mod settings;
mod shared;
mod sound;
mod take;
#[cfg(test)]
mod tests;
mod trial;
mod work;

pub use clause::{Asked, Clause, Direction, NoTerms, Us};
pub use context::Context;
pub use control::{FlowStatus, resume};
pub use ends::{Ends, Nearby, unknown};
pub use local::Local;
pub use place::{InvalidPlace, Place};
pub use report::{Line, Reader, Report, readers, report};
pub use runner::Runner;
pub use settings::{Entrance, FlowSettings, InvalidSettings, SecretAt, Signing};
pub use shared::Shared;
pub use trial::{Leaves, Part, Summary, Trial};

pub(crate) use digests::{Asker, MOST_DIGITS, Tree, Trees};
pub(crate) use offer::{Levels, Offer, Offered};
pub(crate) use recorded::{Terms, records};
pub(crate) use take::Taker;

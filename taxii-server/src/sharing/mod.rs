//! Sharing a collection with other servers: what is offered to whom, and what is taken from whom.
//!
//! `offer` and `take` are what the endpoints between our servers and the ends of flows have in common. [`Local`] is a collection as
//! the source or the sink of a flow; `digests` tells what a collection holds, range by range.
//!
//! A flow is kept in the store as its [`FlowSettings`]: from which [`Place`] to which, under which agreement. The [`Context`] makes it
//! run: between its ends stands what the agreement says about it, its [`Clause`], which is looked at anew for each batch. The
//! [`Runner`] runs all flows in the background; every delivery is [`Shared`] in the log.
//!
//! What administrators decide about all of this, the [`Steward`] does, whichever way they say it.

mod bookmarks;
mod clause;
mod compare;
mod context;
mod control;
mod decide;
mod digests;
mod ends;
mod governing;
mod local;
mod lookup;
mod offer;
mod ours;
mod own;
mod passage;
#[cfg(test)]
mod passage_tests;
mod place;
mod recorded;
mod report;
mod runner;
mod sent;
mod settings;
mod shared;
mod sound;
mod steward;
mod take;
#[cfg(test)]
mod tests;
mod trial;
mod turn;
mod work;

pub use clause::{Asked, Clause, Direction, NoTerms, Us};
pub use compare::{Comparison, Version};
pub use context::Context;
pub use control::{FlowStatus, resume, rewind};
pub use ends::{Ends, Nearby, unknown};
pub use local::Local;
pub use place::{InvalidPlace, Place};
pub use report::{Line, Reader, Report, readers, report};
pub use runner::Runner;
pub use sent::who_was_sent;
pub use settings::{Entrance, FlowSettings, InvalidSettings, SecretAt, Signing};
pub use shared::Shared;
pub use steward::{Adding, AgreementListed, AgreementShown, Following, Found, Holder, Refusal, Removing, Steward};
pub use trial::{Leaves, Part, Summary, Trial};
pub use turn::Turn;

pub(crate) use digests::{Asker, MOST_DIGITS, Tree, Trees};
pub(crate) use governing::{Governance, Governing};
pub(crate) use offer::{Levels, Offer, Offered, level};
pub(crate) use recorded::{Terms, records};
pub(crate) use take::Taker;

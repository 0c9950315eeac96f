//! Sharing a collection with other servers: what is offered to whom, and what is taken from whom.
//!
//! `offer` and `take` are what the endpoints between our servers and the ends of flows have in common. [`Local`] is a collection as
//! the source or the sink of a flow; `digests` tells what a collection holds, range by range.

mod digests;
mod local;
mod offer;
mod recorded;
mod sound;
mod take;

pub use local::Local;

pub(crate) use digests::{Asker, MOST_DIGITS, Tree, Trees};
pub(crate) use offer::{Levels, Offer, Offered};
pub(crate) use recorded::{Terms, records};
pub(crate) use take::Taker;

//! Objects on their way from a source, through a policy, to a sink.
//!
//! A [`Source`] gives [`Batch`]es of [`Change`]s after a [`Cursor`]; a [`Policy`] decides what of them leaves; a [`Sink`] takes
//! it and says what became of each. Only then is the cursor kept. So whatever breaks, nothing is lost: it is delivered again,
//! and a sink that has it says [`Outcome::Known`].
//!
//! - What travels: [`Change`], [`Item`], [`Provenance`], [`Batch`], [`Cursor`], [`Room`]
//! - The ends: [`Source`], [`Sink`], [`Outcome`], [`Fault`]
//! - What leaves: [`Policy`], [`Applied`], [`Withheld`], [`Everything`], [`Then`]

mod batch;
mod change;
mod digest;
mod fault;
mod item;
mod outcome;
mod policy;
mod provenance;
mod sink;
mod source;

pub use batch::{Batch, Cursor, Room};
pub use change::Change;
pub use digest::sha256;
pub use fault::Fault;
pub use item::Item;
pub use outcome::{Outcome, Refused};
pub use policy::{Applied, Everything, Policy, Then, Withheld};
pub use provenance::Provenance;
pub use sink::Sink;
pub use source::Source;

//! Objects on their way from a source, through a policy, to a sink.
//!
//! A [`Source`] gives [`Batch`]es of [`Change`]s after a [`Cursor`]; a [`Policy`] decides what of them leaves; a [`Sink`] takes
//! it and says what became of each. Only then is the cursor kept. So whatever breaks, nothing is lost: it is delivered again,
//! and a sink that has it says [`Outcome::Known`].
//!
//! - What travels: [`Change`], [`Item`], [`Provenance`], [`Batch`], [`Cursor`], [`Room`]
//! - The ends: [`Source`], [`Sink`], [`Outcome`], [`Fault`]
//! - What leaves: [`Policy`], [`Applied`], [`Withheld`], [`Everything`], [`Then`]; between servers [`SplitHorizon`], [`HopLimits`]
//! - The engine: [`Flow`], [`Options`], [`Waits`], [`Step`], [`Wanted`]; what it keeps: [`State`], [`Counters`], [`Bookmarks`]; [`Status`]
//! - Ends without a network: [`Folder`]; signed [`package`]s
//! - Comparing two ends: [`reconcile`]; bringing what is [`Missing`] from the [`Versions`] of one

mod batch;
mod bookmarks;
mod change;
mod digest;
mod engine;
mod fault;
mod file;
mod folder;
mod guard;
mod horizon;
mod item;
#[cfg(test)]
mod model_tests;
mod outcome;
pub mod package;
mod policy;
mod provenance;
pub mod reconcile;
#[cfg(test)]
mod reconcile_tests;
mod repair;
mod sink;
mod source;
mod state;
mod status;
#[cfg(test)]
mod testing;
mod wait;

pub use batch::{Batch, Cursor, Room};
pub use bookmarks::{Bookmarks, InFile, InMemory};
pub use change::Change;
pub use digest::sha256;
pub use engine::{Flow, Options, Step, Wanted};
pub use fault::Fault;
pub use folder::Folder;
pub use horizon::{HopLimits, SplitHorizon};
pub use item::Item;
pub use outcome::{Outcome, Refused};
pub use policy::{Applied, Everything, Policy, Then, Withheld};
pub use provenance::Provenance;
pub use repair::{Missing, Versions};
pub use sink::Sink;
pub use source::Source;
pub use state::{Counters, State, Trouble};
pub use status::{Phase, Status};
pub use wait::Waits;

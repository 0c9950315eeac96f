//! A TAXII 2.1 server, to mount in your own actix-web application or to run as it is.
//!
//! * [`Taxii`]: the server; [`Taxii::configure`] mounts it
//! * [`store`]: where objects live: [`store::Store`], [`store::MemoryStore`], [`store::SqliteStore`]
//! * [`auth`]: who is calling; [`access`]: what they may do and see
//! * [`audit`]: a log of who did what and who received what, which shows when it was tampered with
//! * [`service`]: the protocol without a web framework
//! * [`sharing`]: collections that are exchanged with other servers, under which agreements
//! * `manage` (feature `manage`): what administrators do, over HTTP
//! * `tls` (feature `tls`): the server's own TLS, with client certificates
//!
//! See [`Taxii`] for an example. The program `taxii-server` (feature `cli`) is this library with a
//! configuration file and commands.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

pub mod access;
pub mod audit;
pub mod auth;
mod http;
#[cfg(feature = "manage")]
pub mod manage;
#[cfg(feature = "outgoing")]
#[doc(hidden)]
pub mod outgoing;
mod rate;
pub mod service;
pub mod sharing;
#[cfg(feature = "manage")]
pub mod state;
pub mod store;
mod taxii;
#[cfg(feature = "tls")]
pub mod tls;

pub use taxii::{Taxii, TaxiiBuilder};

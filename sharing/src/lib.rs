//! Sharing threat intelligence between organisations.
//!
//! - [`agreement`]: what two parties have agreed to exchange, as a document.
//! - [`sanitise`]: what leaves under a profile: the facts of the malware without the details of the attack.
//! - [`flow`]: objects on their way from a source, through a policy, to a sink.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

pub mod agreement;
pub mod flow;
pub mod sanitise;

//! STIX Cyber-observable Objects and their predefined extensions (STIX 2.1 §6).

mod ipv4_addr;
mod user_account;

pub use ipv4_addr::Ipv4Addr;
pub use user_account::{UnixAccountExt, UserAccount};

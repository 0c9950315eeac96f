//! What leaves under a profile: the facts of the malware without the details of the attack.

pub mod scan;
mod secret;

pub use secret::{Secret, TooShort};

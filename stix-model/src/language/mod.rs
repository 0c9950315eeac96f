//! Languages: their tags (RFC 5646), and the translations of `language-content` (STIX 2.1 §7.1).

mod tag;
mod translation;

pub use tag::{is_tag, lookup};
pub use translation::localized;

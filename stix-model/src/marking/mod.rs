//! Data markings (STIX 2.1 §7.2): of whole objects and of parts of them.

mod selector;

pub use selector::{InvalidSelector, Selector};

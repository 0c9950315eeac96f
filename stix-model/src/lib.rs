//! STIX 2.1 (and 2.0) content, as far as an exchange has to understand it.
//!
//! * [`Identifier`]: `type--uuid`, the name of an object (STIX 2.1 §2.9)
//! * [`Timestamp`]: an instant that keeps its own text (§2.16)
//! * [`SpecVersion`]: which edition of the standard an object follows (§3.2)
//! * [`ObjectHead`]: the few properties that identify and version an object, checked
//! * [`reader`]: bundles and TAXII envelopes, one object at a time, with the text of each
//! * [`same_content`]: do two JSON texts say the same?
//!
//! The crate does no input or output of its own and never changes the text of an object.
//!
//! ```
//! use stix_model::reader;
//!
//! let bundle = r#"{"type": "bundle", "id": "bundle--1b6f0d4c-6ed8-4f0b-9a1c-0d9d1e7a7c55", "objects": [
//!     {"type": "ipv4-addr", "id": "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd", "value": "198.51.100.3"}
//! ]}"#;
//! let (wrapper, objects) = reader::from_str(bundle, &reader::Limits::default())?;
//! let head = objects[0].head.check(wrapper.spec_version()).unwrap();
//! assert_eq!(head.id.object_type(), "ipv4-addr");
//! assert_eq!(objects[0].text.get(), r#"{"type": "ipv4-addr", "id": "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd", "value": "198.51.100.3"}"#);
//! # Ok::<(), reader::ReadError>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

#[macro_use]
mod table;

mod builder;
pub mod canonical;
#[cfg(test)]
mod census;
mod common;
pub mod confidence;
mod content;
pub mod deterministic;
mod equality;
mod finding;
pub mod graph;
mod head;
mod identifier;
pub mod json;
pub mod language;
pub mod marking;
pub mod meta;
mod names;
pub mod nested;
pub mod object;
mod pointer;
pub mod property;
pub mod reader;
mod registry;
pub mod relationships;
pub mod schema;
pub mod sco;
pub mod sdo;
mod spec_version;
pub mod sro;
mod strict;
mod timestamp;
mod types;
pub mod upgrade;
pub mod validate;
pub mod value;
pub mod versioning;
pub mod vocabulary;

pub use builder::Builder;
pub use content::Content;
pub use equality::{equivalent, same_content};
pub use finding::{Finding, Invalid, Severity};
pub use head::{ObjectHead, RawHead};
pub use identifier::{Identifier, InvalidIdentifier};
pub use marking::{InvalidSelector, Selector};
pub use object::{CustomObject, Extension, MalformedObject, Object, StixObject};
pub use pointer::resolve_pointer;
pub use registry::{Declared, Registry, Taken};
pub use spec_version::{InvalidSpecVersion, SpecVersion};
pub use table::Table;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use types::TypeClass;

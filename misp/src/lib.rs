//! MISP's core format, its feeds, and its mapping to STIX 2.1 and back without loss.
//!
//! # Reading
//!
//! [`Document`] is an event as MISP writes it. It keeps what it does not know, and writes everything as it was.
//!
//! ```
//! use misp::Document;
//!
//! let text = r#"{"Event":{"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01","info":"Night Heron","date":"2026-11-01","timestamp":"1793491200","x-ours":[1],"Attribute":[{"type":"ip-dst","value":"198.51.100.3","to_ids":"1"}]}}"#;
//! let document = Document::parse(text)?;
//! assert_eq!(document.to_string(), text);
//! let attribute = document.event().attributes().next().ok_or("no attribute")?;
//! assert_eq!((attribute.value(), attribute.to_ids()), (Some("198.51.100.3"), Some(true)));
//!
//! let wrong = Document::parse(r#"{"Event":{"info":"x","Attribute":[{"type":"ip-dst"}]}}"#).unwrap_err();
//! assert!(wrong.to_string().contains("/Event/Attribute/0: value is missing"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # STIX
//!
//! [`stix::bundle`] makes STIX 2.1 of an event, [`stix::events`] makes events of STIX 2.1. What STIX cannot say is kept
//! beside it, so that what comes back is what went out.
//!
//! ```
//! use misp::{Document, stix};
//!
//! let text = r#"{"Event":{"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01","info":"Night Heron","date":"2026-11-01","threat_level_id":"2","Attribute":[{"type":"domain","value":"c2.example.com","to_ids":true,"comment":"seen twice"}]}}"#;
//! let document = Document::parse(text)?;
//! let bundle = stix::bundle(&document);
//! let patterns: Vec<_> = bundle.objects().filter_map(|o| o.members().get("pattern")?.as_str().map(String::from)).collect();
//! assert_eq!(patterns, ["[domain-name:value = 'c2.example.com']"]);
//! assert_eq!(stix::events(&bundle)[0].to_string(), text);
//! # Ok::<(), misp::Invalid>(())
//! ```
//!
//! # Feeds
//!
//! [`feed`] makes the documents of a MISP feed.
//!
//! The crate does no input or output of its own, except with the features `client` and `flow`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

#[cfg(feature = "client")]
pub mod client;
pub mod feed;
#[cfg(feature = "flow")]
pub mod flow;
pub mod format;
mod residue;
pub mod stix;

pub use format::{Document, Event, Invalid, Problem};

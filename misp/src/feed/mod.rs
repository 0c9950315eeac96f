//! The documents of a MISP feed: `manifest.json`, `hashes.csv`, and a file for each event.
//!
//! ```
//! use misp::{Document, feed};
//!
//! let document = Document::parse(r#"{"Event":{"uuid":"5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01","info":"Night Heron","date":"2026-11-01","timestamp":"1793491200","distribution":"3","Attribute":[
//!     {"type":"domain|ip","value":"c2.example.com|198.51.100.3"},
//!     {"type":"target-user","value":"alice","distribution":"0"}]}}"#)?;
//! let file = feed::event(&document, feed::OPEN).ok_or("for nobody else")?;
//! assert!(!file.to_string().contains("alice") && !file.to_string().contains("distribution"));
//! assert_eq!(feed::hashes(&file).lines().count(), 2);
//! assert!(feed::manifest([&file]).get("5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01").is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A collection becomes events by [`of_collection`]. Nothing here reads or writes files.

mod collection;
mod document;
mod manifest;

pub use collection::{Added, Collection, of_collection};
pub use document::{OPEN, event};
pub use manifest::{Entry, entry, hashes, manifest, read};

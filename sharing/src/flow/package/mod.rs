//! Signed packages for sides that have no network between them.
//!
//! An [`Export`] is a sink that writes numbered packages into a folder; somebody carries them over; an [`Import`] is a source that
//! reads them on the other side. Each package is one file: a line with the [`Manifest`] and its signature, then the changes, with their provenance
//! and the exact text of each object. The manifest has the digest of the one before, so that none can be left out, put elsewhere or
//! exchanged without being noticed.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use std::sync::Arc;
//! use sharing::flow::package::{Export, Import, SigningKey};
//! use sharing::flow::{Flow, Folder, InMemory};
//!
//! let (from, stick, to) = (tempfile::tempdir()?, tempfile::tempdir()?, tempfile::tempdir()?);
//! std::fs::write(from.path().join("one.json"), r#"{"type": "url", "id": "url--c1477287-23ac-5971-a010-5c287877fa60", "value": "https://example.com"}"#)?;
//! let key = SigningKey::generate(&from.path().join("signing.pem"))?;
//! let trusted = key.public();
//!
//! let export = Export::new(stick.path(), "national-cert", key)?;
//! Flow::new("out", Arc::new(Folder::new(from.path())), Arc::new(export), Arc::new(InMemory::default())).run().await?;
//! let import = Import::new(stick.path(), [trusted]);
//! let done = Flow::new("in", Arc::new(import), Arc::new(Folder::new(to.path())), Arc::new(InMemory::default())).run().await?;
//! assert_eq!(done.added, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod content;
mod export;
mod import;
mod inspect;
mod key;
mod manifest;
#[cfg(test)]
mod tests;

pub use export::Export;
pub use import::Import;
pub use inspect::{Inspected, Report, inspect};
pub use key::{PublicKey, SigningKey};
pub use manifest::Manifest;

//! TAXII 2.1 on the wire: what both ends of an exchange have to agree on, without any input or output.
//!
//! * the resources: [`Discovery`], [`ApiRoot`], [`Collections`] of [`Collection`], [`Envelope`],
//!   [`Manifest`] of [`ManifestRecord`], [`Versions`], [`Status`] of [`StatusDetails`], [`ErrorMessage`]
//! * [`Query`] and [`Filter`]: the query parameters, read and written (TAXII 2.1 §3.4)
//! * [`media_type`]: content negotiation (§3.1)
//! * [`Timestamp`]: six fraction digits, always (§2)
//! * [`headers`]: the names of the headers that TAXII adds (§3.2)
//! * [`changes`]: what our servers tell each other beyond the standard
//!
//! ```
//! use taxii_model::{Endpoint, Query};
//!
//! let query = Query::parse("added_after=2026-01-01T00:00:00Z&match%5Btype%5D=indicator,malware", Endpoint::Objects)?;
//! assert_eq!(query.filter.types.as_deref(), Some(&["indicator".to_owned(), "malware".to_owned()][..]));
//! assert_eq!(query.to_string(), "added_after=2026-01-01T00%3A00%3A00.000000Z&match%5Btype%5D=indicator%2Cmalware");
//! # Ok::<(), taxii_model::QueryError>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

pub mod changes;
pub mod headers;
pub mod media_type;
mod query;
mod resource;
mod timestamp;

pub use query::{Endpoint, Filter, Query, QueryError, Selector, VersionFilter};
pub use resource::{
    ApiRoot, Collection, Collections, Discovery, Envelope, ErrorMessage, Manifest, ManifestRecord, Status,
    StatusDetails, StatusState, Versions,
};
pub use timestamp::{InvalidTimestamp, Timestamp};

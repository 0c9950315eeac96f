//! A TAXII 2.1 client.
//!
//! * [`Client`]: one server, found by URL or by domain; [`ClientBuilder`] sets it up
//! * [`Discovery`], [`ApiRoot`], [`Collection`]: what is there, in the standard's own nouns
//! * [`Pages`] of [`Page`]: objects, manifest records and versions; [`Bookmark`] to go on another day
//! * [`Push`]: adding objects, however many; [`PushSummary`]: what became of each
//! * [`Credentials`]: sent to the origin they were given for, and to no other
//! * [`Error`]: the server's own words, predicates for programs, advice for people
//! * [`Warning`]: what servers do wrong and the client puts up with
//!
//! The resources themselves are those of `taxii-model`: see [`model`].
//!
//! Every request asks for `application/taxii+json;version=2.1` at a path that ends in `/` (TAXII 2.1
//! §3.1), over TLS 1.2 or 1.3 without early data (§8). Objects keep their text, byte for byte, in both
//! directions.
//!
//! ```no_run
//! # async fn example() -> Result<(), taxii_client::Error> {
//! use taxii_client::{Client, Credentials, Filter, Query};
//!
//! let client = Client::builder("cert.example")
//!     .credentials(Credentials::basic("analyst", "open sesame")?)
//!     .build()?;
//! let feed = client.discovery().await?.default_root()?.find("Indicators").await?;
//! let filter = Filter { types: Some(vec!["indicator".to_owned()]), ..Filter::default() };
//! let mut pages = feed.objects(Query { filter, ..Query::default() });
//! while let Some(page) = pages.next().await? {
//!     for object in &page.entries {
//!         println!("{}", object.text.get());
//!     }
//! }
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

mod address;
mod answer;
mod bookmark;
mod builder;
mod challenge;
mod client;
mod collection;
mod credentials;
mod discovery;
mod error;
#[cfg(feature = "flow")]
pub mod flow;
mod lenient;
mod page;
mod pages;
mod push;
mod retry;
mod root;
mod srv;
mod tls;
mod transport;
mod warning;

pub use bookmark::Bookmark;
pub use builder::ClientBuilder;
pub use challenge::Challenge;
pub use client::{Client, Location};
pub use collection::{Collection, Deletion};
pub use credentials::Credentials;
pub use discovery::Discovery;
pub use error::{Error, Refusal, Sent, Trouble, Unreachable};
pub use page::{Entry, Page};
pub use pages::Pages;
pub use push::{Outgoing, Push, PushError, PushOptions, PushSummary, Refused};
pub use retry::Retry;
pub use root::ApiRoot;
pub use srv::{LookUp, Service};
pub use taxii_model as model;
pub use taxii_model::{Filter, Query, Selector, Timestamp, VersionFilter};
pub use warning::Warning;

pub use stix_model::reader::RawObject;

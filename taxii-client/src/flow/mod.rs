//! A collection of another server as the source or the sink of a flow (feature `flow`).
//!
//! Where the server is one of ours, its `changes/` endpoints are used, which tell of deletions and where a version has been; with others,
//! those of the standard.
//!
//! ```no_run
//! # async fn example(theirs: taxii_client::Collection, ours: taxii_client::Collection) -> Result<(), sharing::flow::Fault> {
//! use std::sync::Arc;
//! use sharing::flow::{Flow, InFile};
//! use taxii_client::flow::Remote;
//!
//! let ends = (Arc::new(Remote::new(theirs)), Arc::new(Remote::new(ours)));
//! let done = Flow::new("mirror", ends.0, ends.1, Arc::new(InFile::new("mirror.json"))).run().await?;
//! println!("{} new", done.added);
//! # Ok(())
//! # }
//! ```

mod changes;
mod deliver;
mod digests;
mod fault;
mod push;
mod take;

use std::sync::PoisonError;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sharing::flow::{Batch, Change, Cursor, Fault, Outcome, Room, Sink, Source};
use stix_model::reader::RawObject;

use crate::{Collection, Pages};

/// A collection of another server.
///
/// Clients for flows best have [`Retry::never`](crate::Retry::never): the flow waits by itself, and shows that it does.
pub struct Remote {
    collection: Collection,
    speaker: Option<String>,
    /// What the server can, once it is known.
    talk: Mutex<Option<Talk>>,
    /// The walk through the standard's pages that is under way, and where it is.
    walk: tokio::sync::Mutex<Option<(Cursor, Pages<RawObject>)>>,
}

/// How one talks with a server.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Talk {
    /// It has `changes/`; its id, as far as we may read.
    Changes(Option<Arc<str>>),
    /// It has what the standard has.
    Standard,
}

impl Remote {
    /// This collection.
    #[must_use]
    pub fn new(collection: Collection) -> Self {
        Self { collection, speaker: None, talk: Mutex::default(), walk: tokio::sync::Mutex::default() }
    }

    /// For a server that delivers: its id.
    #[must_use]
    pub fn speaking_as(self, server: impl Into<String>) -> Self {
        Self { speaker: Some(server.into()), ..self }
    }

    /// Only with the standard's endpoints, whatever else there is.
    #[must_use]
    pub fn standard(self) -> Self {
        self.talk(Talk::Standard);
        self
    }

    /// The collection.
    #[must_use]
    pub fn collection(&self) -> &Collection {
        &self.collection
    }

    fn known(&self) -> Option<Talk> {
        self.talk.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn talk(&self, talk: Talk) {
        *self.talk.lock().unwrap_or_else(PoisonError::into_inner) = Some(talk);
    }

    fn url(&self) -> String {
        self.collection.url().to_string()
    }

    fn malformed(&self, reason: impl Into<String>) -> Fault {
        Fault::Malformed { place: self.url(), reason: reason.into() }
    }
}

#[async_trait]
impl Source for Remote {
    fn place(&self) -> String {
        self.url()
    }

    async fn next(&self, after: Option<&Cursor>, room: Room) -> Result<Batch, Fault> {
        self.take(after, room).await
    }
}

#[async_trait]
impl Sink for Remote {
    fn place(&self) -> String {
        self.url()
    }

    async fn server(&self) -> Result<Option<String>, Fault> {
        Ok(match self.how().await? {
            Talk::Changes(server) => server.map(|server| server.to_string()),
            Talk::Standard => None,
        })
    }

    async fn deliver(&self, changes: &[Change]) -> Result<Vec<Outcome>, Fault> {
        match self.how().await? {
            Talk::Changes(_) => self.deliver_changes(changes).await,
            Talk::Standard => self.push_all(changes).await,
        }
    }
}

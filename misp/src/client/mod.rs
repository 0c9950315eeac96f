//! Reading events of others: of a feed, or of an instance over REST.
//!
//! [`Reader::next`] gives the events that are new or have changed since a cursor, a few at a time. The cursor is opaque
//! text; it knows of each event which version was read, so that nothing is missed that is published late with an old
//! date, and nothing comes twice. Sizes are bounded.
//!
//! The HTTP client is yours: how it finds proxies and whom it trusts is not decided here.
//!
//! ```no_run
//! # async fn follow(http: reqwest::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use misp::client::Reader;
//!
//! let feed = Reader::feed(http, "https://feed.example.com/misp/")?;
//! let mut cursor = None;
//! loop {
//!     let batch = feed.next(cursor.as_deref(), 50).await?;
//!     for event in &batch.events {
//!         println!("{:?}", event.event().info());
//!     }
//!     cursor = Some(batch.cursor);
//!     if !batch.more {
//!         break;
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod cursor;
mod fault;
mod http;
mod listing;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use url::Url;

use crate::feed::Entry;
use crate::format::Document;

use cursor::Cursor;
pub use fault::Fault;
use http::Http;
use listing::Kind;

/// How much is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the list of all events, in bytes.
    pub list: usize,
    /// Of an event, in bytes.
    pub event: usize,
}

impl Default for Limits {
    /// 64 MiB each.
    fn default() -> Self {
        Self { list: 64 << 20, event: 64 << 20 }
    }
}

/// Events that are new or have changed.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The events, the oldest change first.
    pub events: Vec<Document>,
    /// Events that are no longer there, by UUID.
    pub gone: Vec<String>,
    /// Events that could not be used, by UUID, with the reason. They are asked for again when they change.
    pub refused: Vec<(String, String)>,
    /// Where to go on.
    pub cursor: String,
    /// Is there more at once?
    pub more: bool,
}

/// Reads the events of a feed or of an instance.
#[derive(Debug)]
pub struct Reader {
    http: Http,
    kind: Kind,
    limits: Limits,
}

impl Reader {
    /// A feed: the folder with `manifest.json`.
    ///
    /// # Errors
    /// The address is no http or https URL.
    pub fn feed(client: reqwest::Client, base: &str) -> Result<Self, Fault> {
        Self::of(client, base, Kind::Feed)
    }

    /// An instance, by its address, with the key of a user.
    ///
    /// # Errors
    /// The address is no http or https URL, or the key cannot stand in a header.
    pub fn instance(client: reqwest::Client, base: &str, key: &str) -> Result<Self, Fault> {
        Self::of(client, base, Kind::Instance)?.header(AUTHORIZATION.as_str(), key)
    }

    fn of(client: reqwest::Client, base: &str, kind: Kind) -> Result<Self, Fault> {
        let wrong = |reason: String| Fault::Address { address: fault::bare(base), reason };
        let mut url = Url::parse(base).map_err(|error| wrong(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("expected http or https".to_owned()));
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self { http: Http::new(client, url), kind, limits: Limits::default() })
    }

    /// With a header on every request, such as the key of a feed. It is never shown.
    ///
    /// # Errors
    /// Name or value cannot stand in a header.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, Fault> {
        let address = self.http.place();
        let wrong = |reason: &str| Fault::Address { address: address.clone(), reason: reason.to_owned() };
        let name = HeaderName::try_from(name).map_err(|_| wrong("the name of a header has other characters"))?;
        let mut value =
            HeaderValue::try_from(value).map_err(|_| wrong("the value of a header has other characters"))?;
        value.set_sensitive(true);
        self.http.add(name, value);
        Ok(self)
    }

    /// With other limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where it reads, without credentials.
    #[must_use]
    pub fn place(&self) -> String {
        self.http.place()
    }

    /// The next events after a cursor, at most `limit`.
    ///
    /// What was read before something failed is given; only if nothing was, the fault is.
    ///
    /// # Errors
    /// The list or the first of the events cannot be had now.
    pub async fn next(&self, after: Option<&str>, limit: usize) -> Result<Batch, Fault> {
        let mut cursor = Cursor::read(after);
        let Some(listed) = listing::list(&self.http, self.kind, &cursor, self.limits.list).await? else {
            return Ok(batch(Vec::new(), &cursor, false));
        };
        let mut batch = batch(Vec::new(), &Cursor::default(), false);
        batch.gone = cursor.drop_missing(&listed.entries);
        let mut waiting: Vec<Entry> = listed.entries.into_iter().filter(|entry| !cursor.has(entry)).collect();
        waiting.sort_by(|a, b| (a.timestamp, &a.uuid).cmp(&(b.timestamp, &b.uuid)));
        batch.more = waiting.len() > limit.max(1);
        for entry in waiting.into_iter().take(limit.max(1)) {
            match listing::event(&self.http, self.kind, &entry, self.limits.event).await {
                Ok(event) => batch.events.push(event),
                Err(fault) if fault.is_temporary() => {
                    if batch.events.is_empty() && batch.refused.is_empty() && batch.gone.is_empty() {
                        return Err(fault);
                    }
                    batch.more = true;
                    break;
                }
                Err(fault) => batch.refused.push((entry.uuid.clone(), fault.to_string())),
            }
            cursor.add(&entry);
        }
        // The list need not be asked for again only when all of it was read.
        cursor.tag = listed.tag.filter(|_| !batch.more);
        batch.cursor = cursor.write();
        Ok(batch)
    }
}

fn batch(events: Vec<Document>, cursor: &Cursor, more: bool) -> Batch {
    Batch { events, gone: Vec::new(), refused: Vec::new(), cursor: cursor.write(), more }
}

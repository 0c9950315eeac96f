//! Reading events of others: of a feed, or of an instance over REST.
//!
//! A [`Reader`] is a place to read from. A [`Pass`] goes once over its events that are new or have changed since a cursor. The cursor is
//! opaque text; it knows of each event which version was read, so that nothing is missed that is published late with an old date, and
//! nothing comes twice. What there is is asked for once in a pass, also with hundreds of thousands of events. Sizes are bounded.
//!
//! The HTTP client is yours: how it finds proxies and whom it trusts is not decided here.
//!
//! ```no_run
//! # async fn follow(http: reqwest::Client, kept: Option<String>) -> Result<(), Box<dyn std::error::Error>> {
//! use misp::client::{Read, Reader};
//!
//! let feed = Reader::feed(http, "https://feed.example.com/misp/")?;
//! let mut pass = feed.pass(kept.as_deref()).await?;
//! while let Some(read) = pass.read().await? {
//!     match read {
//!         Read::Event(event) => println!("{:?}", event.event().info()),
//!         Read::Refused { uuid, reason } | Read::Late { uuid, reason } => eprintln!("{uuid}: {reason}"),
//!     }
//!     pass.passed();
//! }
//! let kept = pass.cursor();
//! # Ok(())
//! # }
//! ```

mod cursor;
mod fault;
mod http;
mod known;
mod listing;
mod pass;
mod stretches;
mod version;

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use url::Url;

pub use fault::Fault;
use http::Http;
use listing::Kind;
pub use pass::{Pass, Read};

/// How much is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the list of all events, in bytes.
    pub list: usize,
    /// Of an event, in bytes.
    pub event: usize,
}

impl Default for Limits {
    /// 256 MiB for the list, in which some 300,000 events have room with titles and tags; 64 MiB for an event.
    fn default() -> Self {
        Self { list: 256 << 20, event: 64 << 20 }
    }
}

/// Reads the events of a feed or of an instance.
#[derive(Clone, Debug)]
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

    /// Begins to go over what is new since a cursor, or over everything.
    ///
    /// # Errors
    /// The list of events cannot be had now.
    pub async fn pass(&self, after: Option<&str>) -> Result<Pass, Fault> {
        Pass::begin(self.clone(), after).await
    }
}

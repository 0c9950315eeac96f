//! What TAXII 2.1 says a server does, without a web framework.
//!
//! [`Service`] holds what lasts, a [`Session`] is one request: it knows the caller, and every
//! answer goes through it. Nothing here knows of HTTP but the kinds of errors, which are TAXII's.

mod answer;
#[cfg(test)]
mod at_once_tests;
mod audited;
pub mod cursor;
mod error;
mod exchange;
pub(crate) mod findings;
pub(crate) mod ingest;
pub mod limits;
mod markings;
#[cfg(feature = "misp")]
mod misp;
mod objects;
mod pages;
mod redaction;
mod session;
pub(crate) mod sights;
mod statistics;
mod supply;
mod written;

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use futures_util::future::join3;
use ipnet::IpNet;
use tokio::sync::OnceCell;

pub use answer::Answer;
pub use error::{ErrorKind, ServiceError};
pub use exchange::{ChangesQuery, digest_query};
pub use markings::{Known as KnownMarking, MarkingsOf};
#[cfg(feature = "misp")]
pub use misp::{Feed, Kind as FeedDocument, Listed, Misp, Wish};
pub use session::{Reach, Session};
pub use statistics::{OfCollection, Statistics};
pub use written::Written;

use self::cursor::Cursors;
use self::limits::{Counters, Limits};
use self::pages::Pages;
use self::sights::{Otherwise, Sights};
use self::statistics::Counted;
use crate::access::{Access, Clearance};
use crate::audit::Journal;
use crate::auth::{Authenticator, Caller, Credentials, Origin};
use crate::sharing::{Governance, Trees};
use crate::store::{CollectionKey, Directory, Mark, Store};

/// The result of a service's operation.
pub type Result<T, E = ServiceError> = std::result::Result<T, E>;

/// What an operator decides about a server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The title of the discovery resource.
    pub title: String,
    /// Its description.
    pub description: Option<String>,
    /// Its contact.
    pub contact: Option<String>,
    /// The origin under which clients reach the server, without a slash at the end:
    /// `https://taxii.example`. Discovery then gives absolute URLs. It is never guessed from a request.
    pub public_url: Option<String>,
    /// The path in front of everything, without a slash at the end: empty or `/intel`.
    pub prefix: String,
    /// Entries on a page, at most and if the client asks for no fewer.
    pub page_limit: usize,
    /// Bytes of objects on a page, at most; one object always fits.
    pub page_bytes: usize,
    /// Bytes of answered pages to keep in memory.
    pub cache_bytes: u64,
    /// Objects in one request, at most.
    pub max_objects: usize,
    /// May discovery tell anybody of the API roots with a collection that is open to everybody? The
    /// interoperability tests for TAXII 2.1 expect that it asks for credentials.
    pub anonymous_discovery: bool,
    /// The header that may carry an API key, in lower case.
    pub key_header: Option<String>,
    /// How long the sender of a body may pause, and how much longer a body may take than `body_rate` says.
    pub body_patience: Duration,
    /// Octets in a second that a body has to come with; 0 for any.
    pub body_rate: u64,
    /// How much callers may ask for.
    pub limits: Limits,
    /// The networks of the proxies in front: of requests from there, `Forwarded` (RFC 7239) or else `X-Forwarded-For` says where
    /// they come from. What a proxy says about client certificates never counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Which markings those see who have not logged in; all without one.
    pub anonymous_clearance: Option<Clearance>,
    /// Which markings callers see that have no clearance of their own; all without one. Administrators see everything.
    pub default_clearance: Option<Clearance>,
    /// Which collections are served to MISP.
    #[cfg(feature = "misp")]
    pub misp: Misp,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            title: "TAXII 2.1 server".to_owned(),
            description: None,
            contact: None,
            public_url: None,
            prefix: String::new(),
            page_limit: 1000,
            page_bytes: 8 << 20,
            cache_bytes: 64 << 20,
            max_objects: 100_000,
            anonymous_discovery: false,
            key_header: Some("x-api-key".to_owned()),
            body_patience: Duration::from_secs(30),
            body_rate: 100,
            limits: Limits::default(),
            trusted_proxies: Vec::new(),
            anonymous_clearance: Some(Clearance::public()),
            default_clearance: None,
            #[cfg(feature = "misp")]
            misp: Misp::default(),
        }
    }
}

/// A TAXII server without its sockets.
pub struct Service {
    store: Arc<dyn Store>,
    authenticator: Arc<dyn Authenticator>,
    access: Arc<dyn Access>,
    settings: Settings,
    cursors: Cursors,
    pages: Pages,
    known: ArcSwap<Known>,
    counted: Counted,
    counters: Counters,
    otherwise: Otherwise,
    sights: Sights,
    #[cfg(feature = "misp")]
    feeds: Arc<misp::Feeds>,
    journal: Option<Arc<Journal>>,
    /// The id of this server, once somebody asked.
    server: OnceCell<String>,
    trees: Trees,
    governance: Governance,
    written: Written,
}

/// The directory as it was at a revision of the store.
struct Known {
    revision: i64,
    directory: Arc<Directory>,
}

impl Service {
    /// Puts a server together.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn new(
        store: Arc<dyn Store>,
        authenticator: Arc<dyn Authenticator>,
        access: Arc<dyn Access>,
        settings: Settings,
    ) -> Result<Self> {
        let cursors = Cursors::new(&store.secret().await?);
        let revision = store.revision().await?;
        let known = Known { revision, directory: Arc::new(store.directory().await?) };
        let pages = Pages::new(settings.cache_bytes, settings.page_bytes);
        let (known, counted) = (ArcSwap::from_pointee(known), Counted::default());
        let counters = Counters::new(settings.limits.clone());
        let clearance = |of: &Option<Clearance>| of.clone().map(Arc::new);
        let otherwise = Otherwise {
            anonymous: clearance(&settings.anonymous_clearance),
            accounts: clearance(&settings.default_clearance),
        };
        let sights = Sights::default();
        Ok(Self {
            #[cfg(feature = "misp")]
            feeds: Arc::new(misp::Feeds::new(settings.misp.cache_bytes)),
            store,
            authenticator,
            access,
            settings,
            cursors,
            pages,
            known,
            counted,
            counters,
            otherwise,
            sights,
            journal: None,
            server: OnceCell::new(),
            trees: Trees::default(),
            governance: Governance::default(),
            written: Written::default(),
        })
    }

    /// Records who does and receives what.
    #[must_use]
    pub fn recorded_by(self, journal: Arc<Journal>) -> Self {
        Self { journal: Some(journal), ..self }
    }

    /// Where that is recorded.
    #[must_use]
    pub fn journal(&self) -> Option<&Arc<Journal>> {
        self.journal.as_ref()
    }

    /// The id by which other servers know this one.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if the store has none.
    pub async fn server_id(&self) -> Result<String> {
        let ask = async || {
            let exchange = self.store.exchange().ok_or_else(ServiceError::not_found)?;
            Ok::<_, ServiceError>(exchange.server().await?.to_string())
        };
        Ok(self.server.get_or_try_init(ask).await?.clone())
    }

    /// Tells when a caller has written something.
    #[must_use]
    pub fn written(&self) -> &Written {
        &self.written
    }

    /// What the operator decided.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Counts requests, before and after it is known who sends them.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The directory as last seen, without asking the store.
    #[must_use]
    pub fn last_directory(&self) -> Arc<Directory> {
        Arc::clone(&self.known.load().directory)
    }

    /// The directory as it is now.
    async fn directory(&self) -> Result<Arc<Directory>> {
        let revision = self.store.revision().await?;
        let known = self.known.load();
        if known.revision == revision {
            return Ok(Arc::clone(&known.directory));
        }
        let directory = Arc::new(self.store.directory().await?);
        self.known.store(Arc::new(Known { revision, directory: Arc::clone(&directory) }));
        Ok(directory)
    }

    /// What every collection of the directory holds, for whoever was found to be an administrator.
    #[cfg(feature = "manage")]
    pub(crate) async fn statistics(&self) -> Result<Arc<Statistics>> {
        self.counted.get(&self.store, &self.directory().await?).await
    }

    /// Begins a request.
    ///
    /// # Errors
    /// [`ErrorKind::Unauthorized`] if there are credentials and they are wrong.
    pub async fn session(&self, presented: &Presented) -> Result<Session<'_>> {
        self.session_about(presented, None).await
    }

    /// Begins a request that is probably about this collection. Who is calling, what there is and how far the collection has
    /// come are asked for at once: a store that is far away then answers in one go.
    ///
    /// # Errors
    /// As [`Service::session`].
    pub async fn session_about(&self, presented: &Presented, collection: Option<CollectionKey>) -> Result<Session<'_>> {
        let began = Instant::now();
        let questions = join3(self.caller(presented), self.directory(), self.glance(collection));
        let (caller, directory, mark) = questions.await;
        Ok(Session::new(self, directory?, caller?, presented.origin, (began, mark)))
    }

    async fn caller(&self, presented: &Presented) -> Result<Arc<Caller>> {
        let caller = match &presented.proof {
            Proof::None => return Ok(Caller::anonymous()),
            Proof::Unreadable => None,
            Proof::Some(credentials) => self.authenticator.authenticate(credentials, presented.origin).await?,
        };
        caller.ok_or_else(|| self.locked_out(presented))
    }

    /// If it cannot be told now, whoever needs it asks again.
    async fn glance(&self, collection: Option<CollectionKey>) -> Option<(CollectionKey, Mark)> {
        let collection = collection?;
        Some((collection, self.store.mark(collection).await.ok()?))
    }
}

/// What a request says about who sends it.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Its credentials.
    pub proof: Proof,
    /// Where it comes from.
    pub origin: Origin,
}

/// Which credentials a request brought.
#[derive(Clone, Debug)]
pub enum Proof {
    /// None.
    None,
    /// Some that cannot be read, or of a scheme that the server does not know.
    Unreadable,
    /// These.
    Some(Credentials),
}

/// An error with everything that caused it, for the log.
#[cfg_attr(not(any(feature = "sqlite", feature = "postgres")), allow(dead_code))]
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

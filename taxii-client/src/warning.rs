use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use taxii_model::Timestamp;

/// Something a server does wrong, or the client had to decide, and went on.
///
/// Without [`ClientBuilder::on_warning`](crate::ClientBuilder::on_warning) warnings go to `tracing`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// The answer is JSON under another name than `application/taxii+json;version=2.1`.
    #[error(
        "{url} answers with content type {found:?}, not application/taxii+json;version=2.1; reading it all the same"
    )]
    ContentType {
        /// Where.
        url: String,
        /// The header, empty if there is none.
        found: String,
    },
    /// A date header is no timestamp; `undefined` has been seen.
    #[error("{header} is {found:?}, no timestamp; going on without it")]
    Stamp {
        /// Which header.
        header: &'static str,
        /// What it says.
        found: String,
    },
    /// The first date is later than the last, or the dates go backwards from page to page.
    #[error("the dates of the pages do not go forward ({found} after {reached}); keeping the later one")]
    StampsBackwards {
        /// The stamp of this page.
        found: Timestamp,
        /// The greatest so far.
        reached: Timestamp,
    },
    /// `more` is true and there is no `next`: the next page is asked for by date.
    #[error("the server says there is more but not where (no \"next\"); going on by date added")]
    NoNext,
    /// There was no date either: it was taken from the manifest.
    #[error("the server gives neither \"next\" nor X-TAXII-Date-Added-Last; took the date from the manifest")]
    NoStamp,
    /// Entries came a second time and were dropped: `added_after` is not exclusive on this server.
    #[error("dropped {0} entries that had come before; the server's added_after is not exclusive")]
    SeenBefore(usize),
    /// Bundles stood in the list of objects: their objects were taken out.
    #[error("unpacked {0} bundles that stood among the objects")]
    NestedBundles(usize),
    /// The server no longer takes its `next`: the walk goes on by date.
    #[error("the server refused its own \"next\" ({0}); going on by date added")]
    TokenRefused(String),
    /// The page was too much for the server, the network or this client: asking for less.
    #[error("{cause}; asking for {limit} at a time")]
    SmallerPages {
        /// The limit from now on.
        limit: u64,
        /// What happened.
        cause: String,
    },
    /// The server says it takes less than an ordinary object is long.
    #[error("the server states max_content_length {stated}, too little for any object; using {used}")]
    SmallMaxContentLength {
        /// In octets; 0 if not told.
        stated: u64,
        /// In octets.
        used: u64,
    },
    /// The server took less than it says: later requests are smaller.
    #[error("the server refused {0} octets as too large, less than its max_content_length; sending less at a time")]
    BodyTooLarge(usize),
    /// The server refused a request as a whole: it is sent again in two halves, to find the object at fault.
    #[error("the server refused {0} objects as a whole; sending them in two halves")]
    Halved(usize),
    /// The answer to a push cannot be read: nobody knows what became of the objects.
    #[error("the answer to the push is no status resource ({0}); the objects count as undecided")]
    NoStatus(String),
    /// Credentials were not sent to this origin.
    #[error("the credentials are not sent to {0}: they were given for another origin")]
    CredentialsWithheld(String),
    /// A redirect was followed.
    #[error("{from} redirects to {to}")]
    Redirected {
        /// The URL asked for.
        from: String,
        /// The URL that answers.
        to: String,
    },
    /// An API root is advertised under a name that cannot be meant for us.
    #[error("the API root {advertised} is advertised under an internal name; using {used}")]
    InternalRoot {
        /// As advertised.
        advertised: String,
        /// On the origin of the discovery.
        used: String,
    },
    /// `default` is none of the `api_roots`.
    #[error("the default API root {0} is not among the api_roots; using it all the same")]
    DefaultUnlisted(String),
    /// DNS knows no TAXII server for the domain.
    #[error("no SRV record for {domain} ({reason}); trying https://{domain}/taxii2/")]
    NoService {
        /// The domain.
        domain: String,
        /// What DNS said.
        reason: String,
    },
    /// A request is made again.
    #[error("{cause}; trying again in {} s", .wait.as_secs_f32().round())]
    Retrying {
        /// What happened.
        cause: String,
        /// How long from now.
        wait: Duration,
    },
    /// This machine's certificate authorities cannot be read.
    #[error(
        "this machine's list of certificate authorities cannot be read ({0}); https will not work without a CA file"
    )]
    NoAuthorities(String),
}

/// Where warnings go.
#[derive(Clone)]
pub(crate) struct Warner(pub(crate) Arc<dyn Fn(&Warning) + Send + Sync>);

impl Warner {
    pub(crate) fn warn(&self, warning: &Warning) {
        (self.0)(warning);
    }
}

impl Default for Warner {
    fn default() -> Self {
        Self(Arc::new(|warning| tracing::warn!("{warning}")))
    }
}

impl fmt::Debug for Warner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Warner")
    }
}

use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::sync::OnceCell;
use url::Url;

use crate::address::{self, Address};
use crate::client::{Client, Inner};
use crate::srv::SystemDns;
use crate::tls::{self, Authorities, Identity};
use crate::transport::Transport;
use crate::warning::Warner;
use crate::{Credentials, Error, LookUp, Retry, Warning, credentials};

const USER_AGENT: &str = concat!("taxii-client/", env!("CARGO_PKG_VERSION"));

/// Sets up a [`Client`]. The first thing that is wrong is remembered and reported by [`build`](Self::build).
///
/// ```no_run
/// use std::time::Duration;
/// use taxii_client::{Client, Credentials};
///
/// let client = Client::builder("https://cti.example.com/taxii2/")
///     .credentials(Credentials::basic("analyst", "open sesame")?)
///     .ca_file("/etc/ssl/our-ca.pem")
///     .timeout(Duration::from_secs(60))
///     .on_warning(|warning| eprintln!("{warning}"))
///     .build()?;
/// # Ok::<(), taxii_client::Error>(())
/// ```
#[must_use]
pub struct ClientBuilder {
    address: Result<Address, Error>,
    credentials: Credentials,
    authorities: Result<Authorities, Error>,
    identity: Result<Option<Identity>, Error>,
    trusted: Result<Vec<Url>, Error>,
    user_agent: Option<String>,
    plain_http: bool,
    next_means_more: bool,
    connect_timeout: Duration,
    timeout: Duration,
    retry: Retry,
    most_octets: u64,
    warner: Warner,
    dns: Arc<dyn LookUp>,
}

impl ClientBuilder {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            address: address::read(url),
            credentials: Credentials::none(),
            authorities: Ok(Authorities::System),
            identity: Ok(None),
            trusted: Ok(Vec::new()),
            user_agent: None,
            plain_http: false,
            next_means_more: false,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(120),
            retry: Retry::default(),
            most_octets: 256 << 20,
            warner: Warner::default(),
            dns: Arc::new(SystemDns),
        }
    }

    /// Who is asking. Credentials in the URL itself, `https://user:password@host/`, work as well.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// Trust the authorities in this PEM file, and no others. Without it, those of this machine.
    pub fn ca_file(mut self, path: impl AsRef<Path>) -> Self {
        self.authorities = self.authorities.and_then(|_| tls::read_authorities(path.as_ref()));
        self
    }

    /// Show this client certificate (PEM, with its chain) and prove it with this key (PEM). Both may be
    /// in one file.
    pub fn client_certificate(mut self, certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Self {
        self.identity = self.identity.and_then(|_| tls::read_identity(certificate.as_ref(), key.as_ref()).map(Some));
        self
    }

    /// Send the credentials to the origin of this URL, too: for API roots on other hosts.
    pub fn trust_origin(mut self, url: &str) -> Self {
        self.trusted = self.trusted.and_then(|mut trusted| {
            match address::read(url)? {
                Address::Url(url) => trusted.push(url),
                Address::Domain(domain) => trusted.extend(Url::parse(&format!("https://{domain}/")).ok()),
            }
            Ok(trusted)
        });
        self
    }

    /// What stands before `taxii-client/VERSION` in `User-Agent`: the name and version of the program.
    pub fn product(mut self, product: &str) -> Self {
        self.user_agent = Some(format!("{product} {USER_AGENT}"));
        self
    }

    /// Allow `http://` to other machines than this one. Everybody on the way can read and change what
    /// is exchanged (TAXII 2.1 §8 wants TLS).
    pub fn allow_plain_http(mut self, allow: bool) -> Self {
        self.plain_http = allow;
        self
    }

    /// Take a `next` in a page as a sign that there is more, whatever `more` says: for servers that
    /// leave `more` out.
    pub fn next_means_more(mut self, yes: bool) -> Self {
        self.next_means_more = yes;
        self
    }

    /// How long a connection may take to come about; 10 seconds unless told otherwise.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How long a request may take altogether; 2 minutes unless told otherwise.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// When requests that failed are made again.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// The largest answer to read, decompressed; 256 MiB unless told otherwise. Received data is not
    /// to be trusted (TAXII 2.1 Appendix B).
    pub fn largest_answer(mut self, octets: u64) -> Self {
        self.most_octets = octets;
        self
    }

    /// What to do with warnings. Without it they go to `tracing`.
    pub fn on_warning(mut self, act: impl Fn(&Warning) + Send + Sync + 'static) -> Self {
        self.warner = Warner(Arc::new(act));
        self
    }

    /// How to find the server of a bare domain; the name servers of this machine unless told otherwise.
    pub fn look_up(mut self, dns: impl LookUp + 'static) -> Self {
        self.dns = Arc::new(dns);
        self
    }

    /// The client. Nothing has been sent yet.
    ///
    /// # Errors
    /// The URL is none, or a file cannot be read or does not hold what it should.
    pub fn build(self) -> Result<Client, Error> {
        let mut address = self.address?;
        let mut trusted: Vec<_> = self.trusted?.iter().map(Url::origin).collect();
        let mut given = self.credentials;
        if let Address::Url(url) = &mut address {
            let in_url = credentials::take_from_url(url)?;
            given = if given.is_none() { in_url } else { given };
            trusted.push(url.origin());
        }
        let (authorities, identity) = (self.authorities?, self.identity?);
        let client = |identity: Option<&Identity>| {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls::config(&authorities, identity, &self.warner)?)
                .user_agent(self.user_agent.as_deref().unwrap_or(USER_AGENT))
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .connect_timeout(self.connect_timeout)
                .timeout(self.timeout)
                .build()
                .map_err(|error| Error::invalid(format!("the HTTP client cannot be set up: {error}")))
        };
        let stranger = client(None)?;
        let transport = Transport {
            known: identity.as_ref().map_or_else(|| Ok(stranger.clone()), |identity| client(Some(identity)))?,
            stranger,
            credentials: given,
            has_identity: identity.is_some(),
            trusted: RwLock::new(trusted),
            plain_http: self.plain_http,
            retry: self.retry,
            most_octets: self.most_octets,
            warner: self.warner,
        };
        Ok(Client::new(Inner {
            transport,
            address,
            dns: self.dns,
            home: OnceCell::new(),
            next_means_more: self.next_means_more,
        }))
    }
}

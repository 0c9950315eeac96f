//! TLS by the server itself (TAXII 2.1 §8): rustls on ring, 1.2 and 1.3, no early data.
//!
//! [`Tls`] reads a certificate, its key and, if clients may show certificates, authorities and revocation lists from files. It reads them
//! anew when they change, while connections come in: whatever cannot be used is logged, and what was there before stays. Of the
//! certificates that clients show, [`Tls::on_connect`] makes [`ClientCertificate`](crate::auth::ClientCertificate)s, which an
//! [`Authenticator`](crate::auth::Authenticator) gets as credentials.
//!
//! Whoever has shown a certificate does not stay in longer than it is good for. Such connections are never resumed, and a
//! request over one that was kept open is answered with 401 if the certificate has meanwhile expired or been revoked, or its authority was withdrawn.
//!
//! ```no_run
//! use std::net::TcpListener;
//! use std::time::Duration;
//!
//! use actix_web::{App, HttpServer};
//! use taxii_server::tls::{Clients, Files, Tls};
//!
//! # async fn run(taxii: taxii_server::Taxii) -> Result<(), Box<dyn std::error::Error>> {
//! let files = Files { client_authorities: Some("clients-ca.pem".into()), ..Files::new("server.pem", "server.key") };
//! let tls = Tls::open(files)?;
//! actix_web::rt::spawn(tls.clone().watch(Duration::from_secs(30)));
//! HttpServer::new(move || App::new().configure(|app| taxii.configure(app)))
//!     .on_connect(tls.on_connect())
//!     .listen_rustls_0_23(TcpListener::bind("0.0.0.0:443")?, tls.server_config(Clients::Required)?)?
//!     .run()
//!     .await?;
//! # Ok(())
//! # }
//! ```

mod connection;
mod description;
mod error;
mod files;
mod pair;
mod trust;

use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Extensions;
use rustls::ServerConfig;
use rustls::server::NoServerSessionStorage;

pub use self::description::{Certificate, RevocationList};
pub use self::error::TlsError;
use self::files::Source;
use self::pair::Pair;
use self::trust::{Trust, Verifier};

pub(crate) use self::connection::is_trusted;

/// Where the certificates are, in PEM.
#[derive(Clone, Debug)]
pub struct Files {
    /// The server's certificate, with the intermediate ones behind it.
    pub certificate: PathBuf,
    /// Its key, not encrypted.
    pub key: PathBuf,
    /// The authorities whose certificates clients may show.
    pub client_authorities: Option<PathBuf>,
    /// Their revocation lists, in PEM or DER. If there are any, every certificate of a chain needs one by its issuer.
    pub revocation_lists: Vec<PathBuf>,
    /// Is a revocation list worth nothing when its time is over?
    pub current_lists: bool,
}

impl Files {
    /// A certificate and its key; clients show none.
    pub fn new(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        let (certificate, key) = (certificate.into(), key.into());
        Self { certificate, key, client_authorities: None, revocation_lists: Vec::new(), current_lists: false }
    }
}

/// May clients show a certificate?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clients {
    /// They are not asked for one.
    #[default]
    Off,
    /// They may show one; a wrong one is refused.
    Optional,
    /// Without one there is no connection.
    Required,
}

/// What can be read anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The server's certificate and key.
    Server,
    /// The authorities of the clients, and their revocation lists.
    Clients,
}

/// The server's side of TLS. Cheap to clone: all clones read their files anew together.
#[derive(Clone, Debug)]
pub struct Tls {
    pair: Arc<Pair>,
    trust: Option<Arc<Trust>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// One of them cannot be read or used.
    pub fn open(files: Files) -> Result<Self, TlsError> {
        let pair = Pair::open(Source::new([files.certificate, files.key]))?;
        let lists = files.revocation_lists;
        let trust = match files.client_authorities {
            Some(authorities) => {
                let source = Source::new([authorities].into_iter().chain(lists));
                Some(Arc::new(Trust::open(source, files.current_lists)?))
            }
            None if lists.is_empty() => None,
            None => return Err(TlsError::NoAuthorities),
        };
        Ok(Self { pair: Arc::new(pair), trust })
    }

    /// What a listener needs that treats clients like this: TLS 1.2 and 1.3, with the certificates as they are when somebody connects.
    ///
    /// # Errors
    /// Clients are to show certificates, and there are no authorities.
    pub fn server_config(&self, clients: Clients) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(TlsError::Rustls)?;
        let resolver = Arc::clone(&self.pair);
        if clients == Clients::Off {
            return Ok(builder.with_no_client_auth().with_cert_resolver(resolver));
        }
        let trust = Arc::clone(self.trust.as_ref().ok_or(TlsError::NoAuthorities)?);
        let verifier = Verifier { trust, mandatory: clients == Clients::Required };
        let mut config = builder.with_client_cert_verifier(Arc::new(verifier)).with_cert_resolver(resolver);
        // A session that is resumed brings its certificate along and nobody looks at it again.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(config)
    }

    /// For `HttpServer::on_connect`, before the server is told where to listen: keeps the certificate that the client has shown with the
    /// connection.
    pub fn on_connect(&self) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync + 'static {
        let trust = self.trust.clone();
        move |stream, data| {
            if let Some(trust) = &trust {
                connection::remember(stream, data, trust);
            }
        }
    }

    /// Reads the files whose content has changed, and says in the log what came of it. What cannot be used changes nothing.
    pub fn refresh(&self) -> Vec<(Part, Result<(), TlsError>)> {
        self.read(false)
    }

    /// Like [`Tls::refresh`], whether the files have changed or not: for when somebody asks for it.
    pub fn reload(&self) -> Vec<(Part, Result<(), TlsError>)> {
        self.read(true)
    }

    fn read(&self, anyway: bool) -> Vec<(Part, Result<(), TlsError>)> {
        let server = self.pair.refresh(anyway).map(|outcome| (Part::Server, outcome));
        let clients = self.trust.as_ref().and_then(|trust| trust.refresh(anyway));
        let outcomes: Vec<_> = server.into_iter().chain(clients.map(|outcome| (Part::Clients, outcome))).collect();
        for (part, outcome) in &outcomes {
            match outcome {
                Ok(()) => tracing::info!(?part, "TLS: read the certificates anew"),
                Err(error) => tracing::error!(?part, %error, "TLS: keeping the certificates that were there before"),
            }
        }
        outcomes
    }

    /// Goes on for ever, and refreshes each time this has passed.
    pub async fn watch(self, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            let this = self.clone();
            // The files may be on a disk that takes its time.
            drop(tokio::task::spawn_blocking(move || this.refresh()).await);
        }
    }

    /// The server's certificates as they count now: its own first.
    #[must_use]
    pub fn server_certificates(&self) -> Vec<Certificate> {
        self.pair.certificates()
    }

    /// The authorities of the clients as they count now.
    #[must_use]
    pub fn client_authorities(&self) -> Vec<Certificate> {
        self.trust.as_ref().map(|trust| trust.authorities()).unwrap_or_default()
    }

    /// The revocation lists as they count now.
    #[must_use]
    pub fn revocation_lists(&self) -> Vec<RevocationList> {
        self.trust.as_ref().map(|trust| trust.lists()).unwrap_or_default()
    }
}

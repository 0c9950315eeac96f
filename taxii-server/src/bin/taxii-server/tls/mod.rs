//! TLS: what is configured, certificates read anew while the server runs, and certificates to begin with.

mod show;
mod starter;
mod watch;

use std::path::PathBuf;

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use taxii_server::tls::{Clients, Files, Tls, TlsError};

use crate::Outcome;
use crate::config::Config;
use crate::output::Output;

pub(crate) use self::watch::watch;

/// Files in PEM; empty for none.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Section {
    /// The certificate chain.
    pub(crate) cert: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
    /// May clients show a certificate: off, optional or required?
    pub(crate) client_certificates: ClientCertificates,
    /// The authorities that these have to be by.
    pub(crate) client_ca: PathBuf,
    /// The revocation lists of these authorities; DER will do.
    #[serde(deserialize_with = "crate::config::one_or_many")]
    pub(crate) client_crls: Vec<PathBuf>,
    /// Refuse clients when a revocation list should have been renewed and was not.
    pub(crate) client_crls_must_be_current: bool,
    /// How long a client may take for the handshake, in seconds.
    pub(crate) handshake_seconds: u64,
    /// How often to look whether the files have changed, in seconds; 0 for only on SIGHUP.
    pub(crate) refresh_seconds: u64,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            cert: PathBuf::new(),
            key: PathBuf::new(),
            client_certificates: ClientCertificates::Off,
            client_ca: PathBuf::new(),
            client_crls: Vec::new(),
            client_crls_must_be_current: false,
            handshake_seconds: 10,
            refresh_seconds: 30,
        }
    }
}

/// May clients show a certificate?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClientCertificates {
    Off,
    Optional,
    Required,
}

impl From<ClientCertificates> for Clients {
    fn from(asked: ClientCertificates) -> Self {
        match asked {
            ClientCertificates::Off => Self::Off,
            ClientCertificates::Optional => Self::Optional,
            ClientCertificates::Required => Self::Required,
        }
    }
}

impl Section {
    /// Is there a certificate?
    pub(crate) fn is_on(&self) -> bool {
        !self.cert.as_os_str().is_empty()
    }

    /// Reads the files.
    pub(crate) fn open(&self) -> Result<Tls, TlsError> {
        let authorities = Some(self.client_ca.clone()).filter(|file| !file.as_os_str().is_empty());
        Tls::open(Files {
            client_authorities: authorities,
            revocation_lists: self.client_crls.clone(),
            current_lists: self.client_crls_must_be_current,
            ..Files::new(&self.cert, &self.key)
        })
    }
}

/// The configured TLS, if any listener does TLS, and every listener can.
pub(crate) fn open(config: &Config) -> Outcome<Option<Tls>> {
    let places = config.places()?;
    if !places.iter().any(|place| place.tls) {
        return Ok(None);
    }
    let tls = config.tls.open()?;
    for place in places.iter().filter(|place| place.tls) {
        tls.server_config(place.client_certificates.into())?;
    }
    Ok(Some(tls))
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an authority of your own and a certificate of the server by it, for a first try or a closed group
    SelfSigned {
        /// A host name or address that clients call the server by; may be repeated [default: localhost, 127.0.0.1, ::1]
        #[arg(long, value_name = "HOST")]
        name: Vec<String>,
        /// The folder to write to; nothing in it is overwritten
        #[arg(long, value_name = "FOLDER", default_value = "tls")]
        out: PathBuf,
        /// How long the server's certificate is good
        #[arg(long, value_name = "DAYS", default_value_t = 397, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
    },
    /// Make a certificate of a client by the authority that self-signed has made
    Client {
        /// What to call it: a host name, an e-mail address, or any other name
        name: String,
        /// The folder that self-signed has written to
        #[arg(long, value_name = "FOLDER", default_value = "tls")]
        folder: PathBuf,
        /// How long it is good
        #[arg(long, value_name = "DAYS", default_value_t = 397, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
    },
    /// Show the certificates that are configured, or those in a file: names, validity, fingerprints
    Show {
        /// A PEM file with certificates
        file: Option<PathBuf>,
    },
}

pub(crate) fn run(config: &Config, command: Command, out: &Output) -> Outcome {
    match command {
        Command::SelfSigned { name, out: folder, days } => starter::self_signed(&name, &folder, days, out),
        Command::Client { name, folder, days } => starter::client(&name, &folder, days, out),
        Command::Show { file } => show::run(config, file.as_deref(), out),
    }
}

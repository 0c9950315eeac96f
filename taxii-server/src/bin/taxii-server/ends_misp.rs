//! A MISP feed or a MISP instance as the source of a flow: its events become STIX.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use misp::client::{Fault as MispFault, Reader};
use misp::{Document, stix};
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use rustls_platform_verifier::BuilderVerifierExt;
use serde::{Deserialize, Serialize};
use sharing::flow::{Batch, Change, Cursor, Fault, Item, Provenance, Refused, Room, Source, sha256};
use taxii_server::sharing::Entrance;

/// Nobody is waited for any longer for one answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Events of MISP, one after the other.
pub(crate) struct Events {
    reader: Reader,
    place: String,
}

/// How far a flow has come: behind which events, and how far in the next one, which may have more objects than a batch.
#[derive(Default, Serialize, Deserialize)]
struct Position {
    behind: Option<String>,
    within: Option<Within>,
}

#[derive(Serialize, Deserialize)]
struct Within {
    /// Of the event's text: one that has changed meanwhile is read from its beginning.
    digest: String,
    taken: usize,
}

impl Events {
    /// A feed. A secret is a header with a key, or with a user name a password.
    pub(crate) fn feed(url: &str, entrance: &Entrance) -> Result<Self, Fault> {
        let mut reader = Reader::feed(client(url, entrance)?, url).map_err(|fault| told(url, &fault))?;
        if let Some(secret) = secret(url, entrance)? {
            let value = match &entrance.user {
                Some(user) => {
                    use base64::Engine as _;
                    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{secret}")))
                }
                None => secret,
            };
            reader = reader.header("authorization", &value).map_err(|fault| told(url, &fault))?;
        }
        Ok(Self { reader, place: format!("misp-feed:{url}") })
    }

    /// An instance, with the key of a user.
    pub(crate) fn instance(url: &str, entrance: &Entrance) -> Result<Self, Fault> {
        let key = secret(url, entrance)?
            .ok_or_else(|| refused(url, "MISP wants the key of a user: --secret file:PATH or env:NAME"))?;
        let reader = Reader::instance(client(url, entrance)?, url, &key).map_err(|fault| told(url, &fault))?;
        Ok(Self { reader, place: format!("misp:{url}") })
    }

    /// What an event has, from an object on.
    fn objects(&self, event: &Document, from: usize, room: Room) -> (Vec<Change>, Vec<Refused>, Option<usize>) {
        let objects = stix::convert(event).objects;
        let (mut changes, mut refused, mut octets) = (Vec::new(), Vec::new(), 0);
        for (n, object) in objects.iter().enumerate().skip(from) {
            let text = serde_json::to_string(object).unwrap_or_default();
            if !changes.is_empty() && (changes.len() >= room.changes || octets + text.len() > room.octets) {
                return (changes, refused, Some(n));
            }
            octets += text.len();
            match Item::parse(&text, Provenance::read_at(&self.place)) {
                Ok(item) => changes.push(Change::Object(item)),
                Err(why) => refused.push(why),
            }
        }
        (changes, refused, None)
    }
}

#[async_trait]
impl Source for Events {
    fn place(&self) -> String {
        self.place.clone()
    }

    async fn next(&self, after: Option<&Cursor>, room: Room) -> Result<Batch, Fault> {
        let lost =
            |_| Fault::Lost { place: self.place.clone(), reason: "the position is none of this source".to_owned() };
        let position: Position = match after {
            Some(cursor) => serde_json::from_str(cursor.as_str()).map_err(lost)?,
            None => Position::default(),
        };
        let read = self.reader.next(position.behind.as_deref(), 1).await.map_err(|fault| told(&self.place, &fault))?;
        let mut refused: Vec<Refused> =
            read.refused.iter().map(|(event, why)| Refused::new(Some(event), None, "misp", why)).collect();
        let (mut changes, mut rest) = (Vec::new(), None);
        if let Some(event) = read.events.first() {
            let digest = sha256(event.to_string().as_bytes());
            let from = position.within.filter(|within| within.digest == digest).map_or(0, |within| within.taken);
            let (some, wrong, next) = self.objects(event, from, room);
            (changes, rest) = (some, next.map(|taken| Within { digest, taken }));
            refused.extend(wrong);
        }
        let more = read.more || rest.is_some();
        let behind = if rest.is_some() { position.behind } else { Some(read.cursor) };
        let cursor = serde_json::to_string(&Position { behind, within: rest })
            .map_err(|error| Fault::Local { place: self.place.clone(), reason: error.to_string() })?;
        Ok(Batch { changes, refused, cursor: Cursor::new(cursor), more, remaining: None })
    }
}

fn refused(url: &str, reason: impl Into<String>) -> Fault {
    Fault::Refused { place: url.to_owned(), reason: reason.into() }
}

/// A fault of a reader in the words of flows.
fn told(place: &str, fault: &MispFault) -> Fault {
    let (place, reason) = (place.to_owned(), fault.to_string());
    match fault {
        MispFault::Unreachable { .. } => Fault::Unreachable { place, reason },
        MispFault::Busy { retry_after, .. } => Fault::Busy { place, reason, retry_after: *retry_after },
        MispFault::Address { .. } | MispFault::Refused { .. } => Fault::Refused { place, reason },
        MispFault::Malformed { .. } | MispFault::TooLarge { .. } => Fault::Malformed { place, reason },
    }
}

fn secret(url: &str, entrance: &Entrance) -> Result<Option<String>, Fault> {
    let secret = entrance.secret.as_ref().map(taxii_server::sharing::SecretAt::read).transpose();
    secret.map_err(|error| refused(url, error.to_string()))
}

/// A client that follows nobody elsewhere: keys in headers of their own would go along.
fn client(url: &str, entrance: &Entrance) -> Result<reqwest::Client, Fault> {
    if entrance.client_cert.is_some() {
        return Err(refused(url, "client certificates are not shown to MISP: leave out --client-cert"));
    }
    let wrong = |error: String| refused(url, error);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| wrong(error.to_string()))?;
    let tls = match &entrance.ca {
        None => builder.with_platform_verifier().map_err(|error| wrong(error.to_string()))?.with_no_client_auth(),
        Some(file) => builder.with_root_certificates(roots(file).map_err(wrong)?).with_no_client_auth(),
    };
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).timeout(PATIENCE).redirect(Policy::none());
    client.build().map_err(|error| wrong(error.to_string()))
}

fn roots(file: &Path) -> Result<RootCertStore, String> {
    let wrong = |error: &dyn std::error::Error| format!("{}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))? {
        roots.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
    }
    Ok(roots)
}

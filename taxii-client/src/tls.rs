//! How the client speaks TLS (TAXII 2.1 §8): rustls on ring, 1.2 and 1.3, no early data.

use std::error::Error as StdError;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::{AlertDescription, CertificateError, ClientConfig, ConfigBuilder, RootCertStore};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use rustls_platform_verifier::Verifier;

use crate::Error;
use crate::warning::{Warner, Warning};

/// Whom to trust.
#[derive(Clone, Debug, Default)]
pub(crate) enum Authorities {
    /// What this machine trusts.
    #[default]
    System,
    /// Only these.
    Only(Vec<CertificateDer<'static>>),
}

/// A client certificate with its chain, and its key.
#[derive(Debug)]
pub(crate) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

pub(crate) fn read_authorities(path: &Path) -> Result<Authorities, Error> {
    Ok(Authorities::Only(read_certificates(path)?))
}

pub(crate) fn read_identity(certificate: &Path, key: &Path) -> Result<Identity, Error> {
    let key =
        PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, "an unencrypted private key", &error))?;
    Ok(Identity { chain: read_certificates(certificate)?, key })
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let wrong = |error: &pem::Error| unreadable(path, "a certificate", error);
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(path).map_err(|e| wrong(&e))?.collect::<Result<_, _>>().map_err(|e| wrong(&e))?;
    if certificates.is_empty() {
        return Err(wrong(&pem::Error::NoItemsFound));
    }
    Ok(certificates)
}

fn unreadable(path: &Path, what: &str, error: &pem::Error) -> Error {
    let path = path.display();
    match error {
        pem::Error::Io(error) => Error::invalid(format!("{path}: {error}")),
        pem::Error::NoItemsFound => Error::invalid(format!(
            "{path}: there is no {} in PEM form in this file",
            what.trim_start_matches("a ").trim_start_matches("an ")
        )),
        error => Error::invalid(format!("{path}: this is not {what} in PEM form: {error}")),
    }
}

/// Builds the TLS side of the client. Without a list of authorities on this machine, https cannot
/// work; plain http can, so that it is only worth a warning.
pub(crate) fn config(
    authorities: &Authorities,
    identity: Option<&Identity>,
    warner: &Warner,
) -> Result<ClientConfig, Error> {
    let trusting = trusting(authorities, warner)?;
    let mut config = match identity {
        None => trusting.with_no_client_auth(),
        Some(Identity { chain, key }) => {
            trusting.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(|error| {
                Error::invalid(format!("the client certificate and its key do not fit together: {error}"))
            })?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn trusting(authorities: &Authorities, warner: &Warner) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::invalid(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    match authorities {
        Authorities::System => match Verifier::new(provider) {
            Ok(verifier) => return Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))),
            Err(error) => warner.warn(&Warning::NoAuthorities(error.to_string())),
        },
        Authorities::Only(certificates) => {
            for certificate in certificates {
                roots.add(certificate.clone()).map_err(|error| {
                    Error::invalid(format!("the CA file holds a certificate that cannot be used: {error}"))
                })?;
            }
        }
    }
    Ok(builder.with_root_certificates(roots))
}

/// Was it TLS that failed? Then why, and what to do.
pub(crate) fn reason(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(explain(tls));
        }
        // HTTP/2 keeps nothing of what broke a connection but its words.
        if let Some(alert) = alert_in(&error.to_string()) {
            return Some(explain(&rustls::Error::AlertReceived(alert)));
        }
        // An io::Error does not name what it carries as its source, but what that has as its source.
        let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = match carried {
            Some(carried) => Some(carried as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    None
}

/// What the other end may say when it ends a handshake, and what that means for whom it says it to.
fn alerts() -> [(AlertDescription, &'static str); 15] {
    use AlertDescription as Alert;
    const REFUSED: &str = "the server does not accept our client certificate; is it the right one, and still valid?";
    const OLD: &str = "the server's TLS is too old or too limited; this client speaks TLS 1.2 and 1.3";
    [
        (Alert::CertificateRequired, "the server wants a client certificate (--cert, --cert-key)"),
        (
            Alert::CertificateExpired,
            "the server does not accept our client certificate, since it has expired or is not valid yet; get a new one, or look at the clocks of both machines",
        ),
        (
            Alert::CertificateRevoked,
            "the server does not accept our client certificate, since it was revoked; get a new one from whoever has issued it",
        ),
        (
            Alert::UnknownCA,
            "the server does not accept our client certificate, since it does not know who has issued it; take one by an authority that the server's operator names, with the intermediate certificates in the same file (--cert)",
        ),
        (
            Alert::UnsupportedCertificate,
            "the server does not accept our client certificate, since it was not made for clients (extended key usage clientAuth); get one that was",
        ),
        (
            Alert::AccessDenied,
            "the server does not let us in; it may want a client certificate (--cert, --cert-key), or another one",
        ),
        (Alert::BadCertificate, REFUSED),
        (Alert::CertificateUnknown, REFUSED),
        (Alert::DecryptError, REFUSED),
        (Alert::ProtocolVersion, OLD),
        (Alert::InsufficientSecurity, OLD),
        (
            Alert::HandshakeFailure,
            "the two ends have no TLS cipher in common, or the server wants a client certificate (--cert, --cert-key)",
        ),
        (Alert::UnrecognisedName, "the server does not know the host name in the URL; is it the right one?"),
        (
            Alert::NoApplicationProtocol,
            "the server speaks TLS there, but neither HTTP/1.1 nor HTTP/2; is it another port?",
        ),
        (Alert::InternalError, "the trouble is on the server's side; its operator finds the cause in its log"),
    ]
}

fn meaning(alert: AlertDescription) -> Option<&'static str> {
    alerts().into_iter().find(|(known, _)| *known == alert).map(|(_, meaning)| meaning)
}

/// The alert that these words are about.
fn alert_in(words: &str) -> Option<AlertDescription> {
    let (_, rest) = words.split_once("received fatal alert: ")?;
    let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    alerts().into_iter().map(|(alert, _)| alert).find(|alert| format!("{alert:?}") == name)
}

fn explain(error: &rustls::Error) -> String {
    use rustls::Error as Tls;
    let advice = match error {
        Tls::InvalidCertificate(certificate) => return explain_certificate(certificate),
        Tls::AlertReceived(alert) => meaning(*alert),
        Tls::PeerIncompatible(_) => meaning(AlertDescription::ProtocolVersion),
        Tls::InvalidMessage(_) => Some("what answers there does not speak TLS; is it plain http, or another port?"),
        _ => None,
    };
    advice.map_or_else(|| format!("TLS failed: {error}"), |advice| format!("TLS failed: {error}\n  {advice}"))
}

fn explain_certificate(error: &CertificateError) -> String {
    let advice = match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => "the server's certificate was issued by an authority this machine does not know; if that is your own authority, give its certificate (--cacert)".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the server's certificate has expired; its operator has to renew it (or this machine's clock is wrong)".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "the server's certificate is not valid yet; is this machine's clock right?".to_owned(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "the server's certificate is for another name; check the host name in the URL".to_owned(),
        CertificateError::Revoked => "the server's certificate has been revoked; do not connect".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => "the server's certificate was not made for servers (extended key usage serverAuth); its operator has to get one that was".to_owned(),
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => "the server shows the certificate of an authority as its own; its operator has to make one for the server with it, such as by `taxii-server tls self-signed`".to_owned(),
        other => format!("the server's certificate cannot be used: {other:?}"),
    };
    format!("TLS failed: {error}\n  {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TX-TLS-04: early data can be replayed, so there is none. TX-TLS-05: only suites with forward
    /// secrecy and authenticated encryption. TX-TLS-07: nothing before TLS 1.2.
    #[test]
    fn what_the_client_offers() {
        let config = config(&Authorities::Only(Vec::new()), None, &Warner::default()).unwrap();
        assert!(!config.enable_early_data);
        for suite in &config.crypto_provider().cipher_suites {
            let name = format!("{:?}", suite.suite());
            let modern = name.starts_with("TLS13_") || name.starts_with("TLS_ECDHE_");
            assert!(modern && (name.contains("GCM") || name.contains("POLY1305")), "{name}");
        }
    }
}

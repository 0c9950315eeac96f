use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};

use super::files::{Content, Source};
use super::{Certificate, RevocationList, TlsError};
use crate::auth::ClientCertificate;

/// Whose certificates clients may show, and which of these were revoked. Exchanged while the server runs.
#[derive(Debug)]
pub(super) struct Trust {
    source: Source,
    current_lists: bool,
    current: ArcSwap<Authorities>,
    generation: AtomicU64,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
struct Authorities {
    verifier: Arc<dyn ClientCertVerifier>,
    certificates: Vec<Certificate>,
    lists: Vec<RevocationList>,
}

impl Trust {
    pub(super) fn open(source: Source, current_lists: bool) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let read = source.read(true).unwrap_or_else(|| Ok(Vec::new()));
        let authorities = read.and_then(|contents| usable(&contents, current_lists, &provider))?;
        let current = ArcSwap::from_pointee(authorities);
        Ok(Self { source, current_lists, current, generation: AtomicU64::new(1), provider })
    }

    /// `None` if there is nothing new.
    pub(super) fn refresh(&self, anyway: bool) -> Option<Result<(), TlsError>> {
        let read = self.source.read(anyway)?;
        Some(read.and_then(|contents| usable(&contents, self.current_lists, &self.provider)).map(|authorities| {
            self.current.store(Arc::new(authorities));
            self.generation.fetch_add(1, Ordering::Release);
        }))
    }

    /// Rises after what is trusted has changed.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Is this chain good, by what is trusted now?
    pub(super) fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        self.current.load().verifier.verify_client_cert(certificate, intermediates, now).map(drop)
    }

    pub(super) fn authorities(&self) -> Vec<Certificate> {
        self.current.load().certificates.clone()
    }

    pub(super) fn lists(&self) -> Vec<RevocationList> {
        self.current.load().lists.clone()
    }
}

fn usable(
    contents: &[Content<'_>],
    current_lists: bool,
    provider: &Arc<CryptoProvider>,
) -> Result<Authorities, TlsError> {
    let Some((authorities, rest)) = contents.split_first() else { return Err(TlsError::NoAuthorities) };
    let (mut roots, mut certificates) = (RootCertStore::empty(), Vec::new());
    for der in authorities.certificates()? {
        certificates.extend(Certificate::read(&der));
        roots.add(der).map_err(|error| authorities.error(error))?;
    }
    let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let mut lists = Vec::new();
    for content in rest {
        let found = content.revocation_lists()?;
        for der in &found {
            let list = RevocationList::read(der);
            lists.push(list.ok_or_else(|| content.error("this is no certificate revocation list"))?);
        }
        builder = builder.with_crls(found);
    }
    if current_lists {
        builder = builder.enforce_revocation_expiration();
    }
    let verifier = builder.build().map_err(|error| {
        let file = rest.first().unwrap_or(authorities);
        file.error(format!("it cannot be used: {error}"))
    })?;
    tell_of_missing_lists(&certificates, &lists);
    Ok(Authorities { verifier, certificates, lists })
}

/// With lists of some authorities, the clients of the others are refused: nobody can say whether they were revoked.
fn tell_of_missing_lists(authorities: &[Certificate], lists: &[RevocationList]) {
    let listed = |authority: &Certificate| lists.iter().any(|list| list.issuer == authority.subject);
    for authority in authorities.iter().filter(|authority| !lists.is_empty() && !listed(authority)) {
        let subject = &authority.subject;
        tracing::warn!("TLS: there is no revocation list by {subject}: no client with a certificate by it can connect");
    }
}

/// Asks [`Trust`] as it is at the time of each handshake.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) trust: Arc<Trust>,
    pub(super) mandatory: bool,
}

impl ClientCertVerifier for Verifier {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    /// None, so that clients show what they have: the list of authorities may change at any time.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        match self.trust.verify(certificate, intermediates, now) {
            Ok(()) => Ok(ClientCertVerified::assertion()),
            Err(error) => {
                let shown = ClientCertificate::from_der(certificate).map(|shown| shown.to_string());
                let shown = shown.unwrap_or_else(|| "something unreadable".to_owned());
                tracing::info!(certificate = shown, %error, "refused a client certificate");
                Err(error)
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.trust.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.trust.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.provider.signature_verification_algorithms.supported_schemes()
    }
}

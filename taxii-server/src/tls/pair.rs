use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::files::{Content, Source};
use super::{Certificate, TlsError};

/// The server's certificate and key, which are exchanged while the server runs.
#[derive(Debug)]
pub(super) struct Pair {
    source: Source,
    current: ArcSwap<CertifiedKey>,
}

impl Pair {
    pub(super) fn open(source: Source) -> Result<Self, TlsError> {
        let read = source.read(true).unwrap_or_else(|| Ok(Vec::new())).and_then(|contents| usable(&contents))?;
        Ok(Self { source, current: ArcSwap::from_pointee(read) })
    }

    /// `None` if there is nothing new.
    pub(super) fn refresh(&self, anyway: bool) -> Option<Result<(), TlsError>> {
        let read = self.source.read(anyway)?.and_then(|contents| usable(&contents));
        Some(read.map(|pair| self.current.store(Arc::new(pair))))
    }

    pub(super) fn certificates(&self) -> Vec<Certificate> {
        self.current.load().cert.iter().filter_map(|der| Certificate::read(der)).collect()
    }
}

fn usable(contents: &[Content<'_>]) -> Result<CertifiedKey, TlsError> {
    let [certificate, key] = contents else { return Err(TlsError::Rustls(rustls::Error::NoCertificatesPresented)) };
    let chain = certificate.certificates()?;
    for der in &chain {
        if Certificate::read(der).is_none() {
            return Err(certificate.error("what it has between BEGIN and END CERTIFICATE is no certificate"));
        }
    }
    let provider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(chain, key.key()?, &provider).map_err(|error| {
        key.error(format!("it does not fit the certificate in {}: {error}", certificate.file.display()))
    })
}

impl ResolvesServerCert for Pair {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

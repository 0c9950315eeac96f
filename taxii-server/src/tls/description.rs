use std::time::{Duration, SystemTime};

use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use x509_parser::prelude::{ASN1Time, CertificateRevocationList, FromDer as _, X509Certificate, X509Name};

use crate::auth::{ClientCertificate, distinguished};

/// What a certificate says, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whose it is, as RFC 4514 writes it.
    pub subject: String,
    /// By whom.
    pub issuer: String,
    /// The names that it is good for, with their kinds, as [`ClientCertificate`] has them.
    pub names: Vec<String>,
    /// SHA-256, in lower-case hex.
    pub fingerprint: String,
    /// From when on it is good.
    pub not_before: SystemTime,
    /// Until when.
    pub not_after: SystemTime,
}

impl Certificate {
    /// Reads a certificate (DER). `None` if it is none.
    #[must_use]
    pub fn read(der: &CertificateDer<'_>) -> Option<Self> {
        let ClientCertificate { fingerprint, names } = ClientCertificate::from_der(der)?;
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let validity = certificate.validity();
        Some(Self {
            subject: text(certificate.subject()),
            issuer: text(certificate.issuer()),
            names,
            fingerprint,
            not_before: time(validity.not_before),
            not_after: time(validity.not_after),
        })
    }

    /// How long it is still good; `None` if it is not.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        self.not_after.duration_since(SystemTime::now()).ok()
    }
}

/// What a certificate revocation list says, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationList {
    /// Whose certificates it is about, as RFC 4514 writes it.
    pub issuer: String,
    /// How many it revokes.
    pub revoked: usize,
    /// When it was made.
    pub this_update: SystemTime,
    /// When there should be a new one.
    pub next_update: Option<SystemTime>,
}

impl RevocationList {
    /// Reads a revocation list (DER). `None` if it is none.
    #[must_use]
    pub fn read(der: &CertificateRevocationListDer<'_>) -> Option<Self> {
        let (_, list) = CertificateRevocationList::from_der(der).ok()?;
        Some(Self {
            issuer: text(list.issuer()),
            revoked: list.iter_revoked_certificates().count(),
            this_update: time(list.last_update()),
            next_update: list.next_update().map(time),
        })
    }
}

fn text(name: &X509Name<'_>) -> String {
    distinguished::text(name).unwrap_or_default()
}

fn time(time: ASN1Time) -> SystemTime {
    let seconds = Duration::from_secs(time.timestamp().unsigned_abs());
    let epoch = SystemTime::UNIX_EPOCH;
    if time.timestamp() < 0 { epoch.checked_sub(seconds) } else { epoch.checked_add(seconds) }.unwrap_or(epoch)
}

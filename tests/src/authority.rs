//! Certificates of every kind, made for a test.

use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// An authority, at the top or below another.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
    serial: u64,
}

/// What a certificate is to be like. Days count from now.
#[derive(Clone)]
pub struct Wanted {
    pub names: Vec<String>,
    pub purposes: Vec<ExtendedKeyUsagePurpose>,
    pub from: i64,
    pub until: i64,
    pub serial: u64,
}

/// A certificate and its key.
pub struct Issued {
    pub certificate: CertificateDer<'static>,
    pub pem: String,
    pub key: String,
    pub serial: u64,
}

impl Wanted {
    /// Good for a year.
    pub fn client(name: &str) -> Self {
        let serial = u64::from(uuid::Uuid::new_v4().as_fields().0) + 1;
        let purposes = vec![ExtendedKeyUsagePurpose::ClientAuth];
        Self { names: vec![name.to_owned()], purposes, from: -1, until: 365, serial }
    }

    pub fn server(name: &str) -> Self {
        Self { purposes: vec![ExtendedKeyUsagePurpose::ServerAuth], ..Self::client(name) }
    }
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().expect("a key"));
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { issuer: Issuer::new(params, key), certificate, serial: 0 }
    }

    /// An authority by this one.
    pub fn below(&self, name: &str) -> Self {
        let (mut params, key) = (authority(name), KeyPair::generate().expect("a key"));
        let serial = Wanted::client(name).serial;
        params.serial_number = Some(SerialNumber::from(serial));
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Self { issuer: Issuer::new(params, key), certificate, serial }
    }

    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    pub fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    /// The number of its own certificate, if that is by another authority.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    pub fn issue(&self, wanted: &Wanted) -> Issued {
        let mut params = CertificateParams::new(wanted.names.clone()).expect("names");
        params.distinguished_name.push(DnType::CommonName, wanted.names.first().map_or("", String::as_str));
        params.extended_key_usages.clone_from(&wanted.purposes);
        params.not_before = date_time_ymd(1970, 1, 1) + at(wanted.from);
        params.not_after = date_time_ymd(1970, 1, 1) + at(wanted.until);
        params.serial_number = Some(SerialNumber::from(wanted.serial));
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Issued {
            certificate: certificate.der().clone(),
            pem: certificate.pem(),
            key: key.serialize_pem(),
            serial: wanted.serial,
        }
    }

    /// A revocation list with these on it.
    pub fn revoke(&self, serials: &[u64]) -> String {
        self.revoke_until(serials, 30)
    }

    /// The same, to be renewed in so many days.
    pub fn revoke_until(&self, serials: &[u64], next: i64) -> String {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(1970, 1, 1) + at(-1),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(1970, 1, 1) + at(-2),
            next_update: date_time_ymd(1970, 1, 1) + at(next),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).expect("a list").pem().expect("PEM")
    }
}

impl Issued {
    pub fn key(&self) -> PrivateKeyDer<'static> {
        use rustls_pki_types::pem::PemObject;
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key")
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// So many days from now, as time since 1970.
fn at(days: i64) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
    let apart = DAY * u32::try_from(days.unsigned_abs()).expect("not that long");
    if days < 0 { now - apart } else { now + apart }
}

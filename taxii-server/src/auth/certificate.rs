use std::fmt;

/// The certificate that a client has shown, after its chain was verified and its key proved (TAXII 2.1 §8.2).
///
/// All names are kept as text with their kind in front, so that they can be compared with what an account says: `dns:`,
/// `email:`, `uri:` and `ip:` for the alternative names, `subject:` for the subject as RFC 4514 writes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientCertificate {
    /// SHA-256 of the certificate, in lower-case hex.
    pub fingerprint: String,
    /// The names that it is good for.
    pub names: Vec<String>,
}

#[cfg(feature = "tls")]
impl ClientCertificate {
    /// Reads a certificate (DER). `None` if it is none.
    ///
    /// Names are plain ASCII without spaces at the ends or anything unprintable: an alternative name that is not of the form that its kind
    /// has is left out, and so is what goes beyond 128 names. DNS names and the domains of e-mail addresses are in lower case.
    ///
    /// Nothing is verified: that has to be done before anybody is let in by it.
    ///
    /// ```
    /// use taxii_server::auth::ClientCertificate;
    ///
    /// # let params = rcgen::CertificateParams::new(["soc.example".to_owned()])?;
    /// # let der = params.self_signed(&rcgen::KeyPair::generate()?)?;
    /// let certificate = ClientCertificate::from_der(der.der()).ok_or("no certificate")?;
    /// assert_eq!(certificate.names[0], "dns:soc.example");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn from_der(der: &[u8]) -> Option<Self> {
        use x509_parser::prelude::FromDer;

        let (rest, certificate) = x509_parser::certificate::X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let fingerprint = super::secret::hex(ring::digest::digest(&ring::digest::SHA256, der).as_ref());
        Some(Self { fingerprint, names: super::names::of(&certificate) })
    }
}

impl fmt::Display for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names.first().map_or(self.fingerprint.as_str(), String::as_str))
    }
}

#[cfg(all(test, feature = "tls"))]
#[path = "certificate_tests.rs"]
mod tests;

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

impl fmt::Display for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.names.first().map_or(self.fingerprint.as_str(), String::as_str))
    }
}

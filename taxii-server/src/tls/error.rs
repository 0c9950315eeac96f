use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Why there can be no TLS with these files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read, or is not what it should be.
    #[error("TLS: {}: {reason}", file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// Clients are to show certificates, and nobody says by whom.
    #[error("TLS: client certificates need a file with the certificates of their authorities (client_ca)")]
    NoAuthorities,
    /// rustls does not want to.
    #[error("TLS: {0}")]
    Rustls(rustls::Error),
}

impl TlsError {
    pub(super) fn file(file: &Path, reason: impl Display) -> Self {
        Self::File { file: file.to_owned(), reason: reason.to_string() }
    }
}

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ring::digest::{Context, Digest, SHA256};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use super::TlsError;

/// Files that belong together. What counts is what they say: the times of files tell too little where links are moved.
#[derive(Debug)]
pub(super) struct Source {
    files: Vec<PathBuf>,
    /// Of what was read last, whether it could be used or not.
    last: Mutex<Option<Digest>>,
}

/// A file, and what it says.
pub(super) struct Content<'a> {
    pub(super) file: &'a Path,
    octets: Vec<u8>,
}

impl Source {
    pub(super) fn new(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { files: files.into_iter().collect(), last: Mutex::default() }
    }

    /// What the files say; `None` if that is the same as last time, unless it is wanted `anyway`.
    pub(super) fn read(&self, anyway: bool) -> Option<Result<Vec<Content<'_>>, TlsError>> {
        let mut digest = Context::new(&SHA256);
        let contents = self.files.iter().map(|file| {
            let content = std::fs::read(file).map_err(|error| TlsError::file(file, error));
            let octets = content.as_deref().map_or_else(|error| error.to_string().into_bytes(), <[u8]>::to_vec);
            digest.update(&octets.len().to_be_bytes());
            digest.update(&octets);
            content.map(|octets| Content { file, octets })
        });
        // All are looked at, even behind one that cannot be read: any of them may be what changes next.
        let contents: Vec<_> = contents.collect();
        let digest = digest.finish();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = last.is_none_or(|last| last.as_ref() != digest.as_ref());
        *last = Some(digest);
        (changed || anyway).then(|| contents.into_iter().collect())
    }
}

impl Content<'_> {
    pub(super) fn error(&self, reason: impl std::fmt::Display) -> TlsError {
        TlsError::file(self.file, reason)
    }

    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        self.all(CertificateDer::pem_slice_iter(&self.octets), "there is no certificate in PEM form in it")
    }

    pub(super) fn key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        PrivateKeyDer::from_pem_slice(&self.octets).map_err(|error| match error {
            pem::Error::NoItemsFound => self.error("there is no unencrypted private key in PEM form in it"),
            error => self.error(error),
        })
    }

    /// In PEM, or one in DER, as authorities publish them.
    pub(super) fn revocation_lists(&self) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
        const SEQUENCE: u8 = 0x30;
        if self.octets.first() == Some(&SEQUENCE) {
            return Ok(vec![self.octets.clone().into()]);
        }
        let lists = CertificateRevocationListDer::pem_slice_iter(&self.octets);
        self.all(lists, "there is no certificate revocation list in it, neither in PEM nor in DER form")
    }

    fn all<T>(
        &self,
        found: impl Iterator<Item = Result<T, pem::Error>>,
        none: &'static str,
    ) -> Result<Vec<T>, TlsError> {
        match found.collect::<Result<Vec<_>, _>>() {
            Ok(found) if found.is_empty() => Err(self.error(none)),
            found => found.map_err(|error| self.error(error)),
        }
    }
}

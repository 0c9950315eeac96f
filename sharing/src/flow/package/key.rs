use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::super::file::local;
use super::super::{Fault, sha256};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// The key that signs packages: Ed25519 (RFC 8032), in a file that only its owner can read.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// Makes a key and keeps it in a new file with mode 0600, as PKCS #8 in PEM form.
    ///
    /// # Errors
    /// The file is there already, or cannot be written.
    pub fn generate(path: &Path) -> Result<Self, Fault> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|error| local(path, error))?;
        let text = format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(document.as_ref()));
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written =
            options.open(path).and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
        written.map_err(|error| local(path, error))?;
        Self::read(path)
    }

    /// Reads a key from its file.
    ///
    /// # Errors
    /// The file cannot be read, others can read it, or it has no such key. What stands in it is not told.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        check_mode(path)?;
        let text = fs::read_to_string(path).map_err(|error| local(path, error))?;
        let inner = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END));
        let base64: String = inner.map(|(inner, _)| inner.split_whitespace().collect()).unwrap_or_default();
        let pair = STANDARD.decode(base64).ok().and_then(|der| Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok());
        pair.map(Self).ok_or_else(|| local(path, "there is no Ed25519 key in PEM form (PKCS #8) in it"))
    }

    /// The public key, for those who are to trust it.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.public_key().as_ref().to_vec())
    }

    pub(super) fn sign(&self, text: &[u8]) -> String {
        STANDARD.encode(self.0.sign(text))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public())
    }
}

#[cfg(unix)]
fn check_mode(path: &Path) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(|error| local(path, error))?.permissions().mode();
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(local(
            path,
            format!(
                "others can read the key (mode {:o}): chmod 600, and make a new one if they may have",
                mode & 0o777
            ),
        )),
    }
}

#[cfg(not(unix))]
fn check_mode(_: &Path) -> Result<(), Fault> {
    Ok(())
}

/// The key that a package's signature is verified with; as text `ed25519:` and base64.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// What manifests call it: the first half of its SHA-256, in hexadecimal.
    #[must_use]
    pub fn id(&self) -> String {
        let mut id = sha256(&self.0);
        id.truncate(32);
        id
    }

    pub(super) fn verifies(&self, text: &[u8], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        UnparsedPublicKey::new(&ED25519, &self.0).verify(text, &signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ed25519:{}", STANDARD.encode(&self.0))
    }
}

impl FromStr for PublicKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let key = text.trim().strip_prefix("ed25519:").and_then(|base64| STANDARD.decode(base64).ok());
        match key.filter(|key| key.len() == 32) {
            Some(key) => Ok(Self(key)),
            None => Err("not a public key: expected ed25519: and 32 octets in base64".to_owned()),
        }
    }
}

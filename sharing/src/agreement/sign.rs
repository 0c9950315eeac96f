//! Who agreed to what: the digest of the terms, and signatures of it.
//!
//! The digest is SHA-256 of the canonical JSON (RFC 8785) of everything in the document but `[[signed]]`. So comments, order and
//! layout do not count, and every term does: after a change, sign-offs name another digest than the document has.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use stix_model::canonical;
use stix_model::json::{Json, Members};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Party, SignOff};

/// What is signed besides the digest, so that the signature means nothing elsewhere.
const CONTEXT: &str = "taxii-rs sharing agreement 1\n";

/// Why a sign-off does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// The document is another than the one that was signed.
    #[error("the terms were changed after {0} signed off")]
    Changed(String),
    /// The party has a key, and there is no signature.
    #[error("{0} has a key, and its sign-off no signature")]
    Unsigned(String),
    /// There is a signature, and no key.
    #[error("the sign-off of {0} has a signature, and the party no key")]
    NoKey(String),
    /// The signature is not that of the key.
    #[error("the signature of {0} is not that of its key")]
    Forged(String),
    /// There is no sign-off.
    #[error("{0} has not signed off")]
    Missing(String),
}

impl NotSigned {
    /// Whose sign-off it is.
    #[must_use]
    pub fn party(&self) -> &str {
        match self {
            Self::Changed(party)
            | Self::Unsigned(party)
            | Self::NoKey(party)
            | Self::Forged(party)
            | Self::Missing(party) => party,
        }
    }
}

/// The digest of a document's terms.
pub(super) fn digest_of(document: &DeTable<'_>) -> String {
    let mut terms = members(document);
    terms.remove("signed");
    format!("sha256:{}", crate::flow::sha256(canonical::text(&Json::Object(terms)).as_bytes()))
}

fn members(table: &DeTable<'_>) -> Members<'static> {
    table.iter().map(|(key, value)| (key.get_ref().clone().into_owned(), json(value))).collect()
}

/// Times and numbers are written as texts, which have one form.
fn json(value: &Spanned<DeValue<'_>>) -> Json<'static> {
    match value.get_ref() {
        DeValue::String(text) => Json::from(text.clone().into_owned()),
        DeValue::Boolean(value) => Json::from(*value),
        DeValue::Array(items) => Json::List(items.iter().map(json).collect()),
        DeValue::Table(table) => Json::Object(members(table)),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Json::from(number),
            Err(_) => Json::from(number.to_string()),
        },
        DeValue::Float(number) => Json::from(number.as_str().to_owned()),
        DeValue::Datetime(at) => Json::from(at.to_string()),
    }
}

/// Does the sign-off count?
pub(super) fn verify(party: &Party, signed: &SignOff, digest: &str) -> Result<(), NotSigned> {
    let name = || party.name.clone();
    if signed.terms != digest {
        return Err(NotSigned::Changed(name()));
    }
    match (&party.key, &signed.signature) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(NotSigned::Unsigned(name())),
        (None, Some(_)) => Err(NotSigned::NoKey(name())),
        (Some(key), Some(signature)) => {
            let key = UnparsedPublicKey::new(&ED25519, key);
            key.verify(message(&party.name, digest).as_bytes(), signature).map_err(|_| NotSigned::Forged(name()))
        }
    }
}

fn message(party: &str, digest: &str) -> String {
    format!("{CONTEXT}{digest}\n{party}\n")
}

/// A private key that signs off agreements.
#[derive(Debug)]
pub struct SigningKey(Ed25519KeyPair);

/// The text is no private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no Ed25519 private key in PKCS#8; make one with `openssl genpkey -algorithm ed25519 -outform DER`")]
pub struct NoKey;

impl SigningKey {
    /// A key in PKCS#8, as DER.
    ///
    /// # Errors
    /// It is none.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, NoKey> {
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Self).map_err(|_| NoKey)
    }

    /// The public key, as `[[party]]` has it.
    #[must_use]
    pub fn public(&self) -> String {
        STANDARD.encode(self.0.public_key().as_ref())
    }

    /// The signature of a party under a digest, as `[[signed]]` has it.
    #[must_use]
    pub fn sign(&self, party: &str, digest: &str) -> String {
        STANDARD.encode(self.0.sign(message(party, digest).as_bytes()).as_ref())
    }
}

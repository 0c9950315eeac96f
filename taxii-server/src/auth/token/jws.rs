use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::TokenError;

/// The longest token that is looked at; headers of a request have no more room anyway.
pub(super) const MAX_TOKEN: usize = 16 << 10;

/// How a token is signed (RFC 7518, RFC 8037). There is neither `none` nor any kind with a shared secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Algorithm {
    /// RSA, PKCS #1 v1.5, SHA-256.
    Rs256,
    /// RSA, PSS, SHA-256.
    Ps256,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// ECDSA over P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All that there are.
    pub const ALL: [Self; 5] = [Self::Rs256, Self::Ps256, Self::Es256, Self::Es384, Self::EdDsa];

    fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text).ok_or(TokenError::Algorithm)
    }
}

impl TryFrom<String> for Algorithm {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "expected RS256, PS256, ES256, ES384 or EdDSA")
    }
}

impl From<Algorithm> for String {
    fn from(algorithm: Algorithm) -> Self {
        algorithm.as_str().to_owned()
    }
}

/// A signed token in the compact form (RFC 7515 §7.1), taken apart and not yet believed.
#[derive(Debug)]
pub(super) struct Jws<'t> {
    header: Header,
    signed: &'t str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// What counts of a header. `jwk`, `jku`, `x5c` and `x5u` say where a key would be if one believed the sender: they do not count.
#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
    enc: Option<Value>,
    zip: Option<Value>,
    b64: Option<Value>,
}

impl<'t> Jws<'t> {
    pub(super) fn read(token: &'t str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::TooLong);
        }
        let form = TokenError::Malformed("expected three parts in base64url");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(|| form.clone())?;
        let (header, payload) = signed.split_once('.').ok_or_else(|| form.clone())?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| form.clone());
        let header: Header = serde_json::from_slice(&decode(header)?)
            .map_err(|_| TokenError::Malformed("the header is no object with an alg"))?;
        header.check()?;
        Ok(Self { header, signed, payload: decode(payload)?, signature: decode(signature)? })
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        // It was read when the header was checked.
        self.header.alg.parse().unwrap_or(Algorithm::Es256)
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// What the signature is over.
    pub(super) fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }
}

impl Header {
    fn check(&self) -> Result<(), TokenError> {
        self.alg.parse::<Algorithm>()?;
        if self.crit.is_some() || self.b64.is_some() {
            return Err(TokenError::Malformed("it has extensions that have to be understood"));
        }
        if self.enc.is_some() || self.zip.is_some() {
            return Err(TokenError::Malformed("it is encrypted or compressed"));
        }
        // A token for logging out or for binding a key is no token to come in with (RFC 8725 §3.11).
        let typ = self.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
        match typ.strip_prefix("application/").unwrap_or(&typ) {
            "jwt" | "at+jwt" => Ok(()),
            _ => Err(TokenError::Malformed("its typ is neither JWT nor at+jwt")),
        }
    }
}

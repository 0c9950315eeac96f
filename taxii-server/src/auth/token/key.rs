use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use serde_json::Value;

use super::jws::Jws;
use super::{Algorithm, TokenError};

/// So many keys of one issuer count.
const MAX_KEYS: usize = 100;

/// The public keys of an issuer (RFC 7517 §5), as far as they are of a kind that counts.
#[derive(Debug, Default)]
pub struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: Option<String>,
    /// The only one that the key is for, if it says so.
    algorithm: Option<Algorithm>,
    public: Public,
}

#[derive(Debug)]
enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// What counts of a key (RFC 7517 §4, RFC 7518 §6).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// There is none in a public key.
    d: Option<Value>,
}

impl KeySet {
    /// Reads a key set. Keys of kinds that do not count are left out, as RFC 7517 §5 has it.
    ///
    /// # Errors
    /// It is no key set, or has no key that counts.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Jwks {
            keys: Vec<Value>,
        }
        let set: Jwks =
            serde_json::from_slice(json).map_err(|error| format!("this is no JSON Web Key Set: {error}"))?;
        let read = |value: Value| serde_json::from_value::<Jwk>(value).ok().and_then(Key::of);
        let keys: Vec<Key> = set.keys.into_iter().take(MAX_KEYS).filter_map(read).collect();
        if keys.is_empty() {
            return Err("there is no public key in it for RS256, PS256, ES256, ES384 or EdDSA".to_owned());
        }
        Ok(Self(keys))
    }

    /// Is there a key that the token could be signed with?
    pub(super) fn knows(&self, jws: &Jws<'_>) -> bool {
        self.fitting(jws).next().is_some()
    }

    pub(super) fn verify(&self, jws: &Jws<'_>) -> Result<(), TokenError> {
        // Who does not say which key it is leaves no choice, or is not understood.
        if jws.key_id().is_none() && self.fitting(jws).count() > 1 {
            return Err(TokenError::UnknownKey);
        }
        match self.knows(jws) {
            false => Err(TokenError::UnknownKey),
            true if self.fitting(jws).any(|key| key.verify(jws)) => Ok(()),
            true => Err(TokenError::Signature),
        }
    }

    fn fitting<'k>(&'k self, jws: &Jws<'_>) -> impl Iterator<Item = &'k Key> {
        let (id, algorithm) = (jws.key_id().map(str::to_owned), jws.algorithm());
        self.0.iter().filter(move |key| key.fits(algorithm) && (id.is_none() || key.id == id))
    }
}

impl Key {
    fn of(jwk: Jwk) -> Option<Self> {
        let signs = jwk.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        // Whoever publishes private keys has other things to do than to log people in.
        if !signs || jwk.d.is_some() {
            return None;
        }
        let algorithm = match &jwk.alg {
            None => None,
            Some(name) => Some(name.parse().ok()?),
        };
        Some(Self { public: Public::of(&jwk)?, id: jwk.kid, algorithm })
    }

    /// The kind of the key decides which algorithms there are, never the token.
    fn fits(&self, algorithm: Algorithm) -> bool {
        let of_kind = match self.public {
            Public::Rsa { .. } => matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256),
            Public::P256(_) => algorithm == Algorithm::Es256,
            Public::P384(_) => algorithm == Algorithm::Es384,
            Public::Ed25519(_) => algorithm == Algorithm::EdDsa,
        };
        of_kind && self.algorithm.is_none_or(|only| only == algorithm)
    }

    fn verify(&self, jws: &Jws<'_>) -> bool {
        let (message, signature) = (jws.signed(), jws.signature());
        let by = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
        };
        match &self.public {
            Public::Rsa { n, e } => {
                let key = RsaPublicKeyComponents { n, e };
                let parameters = match jws.algorithm() {
                    Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
                    _ => &RSA_PKCS1_2048_8192_SHA256,
                };
                key.verify(parameters, message, signature).is_ok()
            }
            Public::P256(point) => by(&ECDSA_P256_SHA256_FIXED, point),
            Public::P384(point) => by(&ECDSA_P384_SHA384_FIXED, point),
            Public::Ed25519(key) => by(&ED25519, key),
        }
    }
}

impl Public {
    fn of(jwk: &Jwk) -> Option<Self> {
        let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
        let point = |length: usize| {
            let (x, y) = (bytes(&jwk.x)?, bytes(&jwk.y)?);
            (x.len() == length && y.len() == length).then(|| [&[4][..], &x, &y].concat())
        };
        match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => {
                // ring takes numbers without leading zeros.
                let number = |text| Some(bytes(text)?.into_iter().skip_while(|byte| *byte == 0).collect());
                Some(Self::Rsa { n: number(&jwk.n)?, e: number(&jwk.e)? })
            }
            ("EC", Some("P-256")) => point(32).map(Self::P256),
            ("EC", Some("P-384")) => point(48).map(Self::P384),
            ("OKP", Some("Ed25519")) => bytes(&jwk.x).filter(|key| key.len() == 32).map(Self::Ed25519),
            _ => None,
        }
    }
}

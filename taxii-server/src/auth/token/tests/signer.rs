//! Keys made anew in each test, and what they sign. ring makes no RSA keys, so that one is in a file, and good for nothing else.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

use super::super::Algorithm;

pub(in crate::auth) enum Signer {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

pub(in crate::auth) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    pub(in crate::auth) fn new(algorithm: Algorithm) -> Self {
        let random = SystemRandom::new();
        let elliptic = |kind| {
            let made = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
            EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).unwrap()
        };
        match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => {
                let text: String = include_str!("rsa.txt").split_whitespace().collect();
                Self::Rsa(RsaKeyPair::from_der(&STANDARD.decode(text).unwrap()).unwrap())
            }
            Algorithm::Es256 => Self::P256(elliptic(&ECDSA_P256_SHA256_FIXED_SIGNING)),
            Algorithm::Es384 => Self::P384(elliptic(&ECDSA_P384_SHA384_FIXED_SIGNING)),
            Algorithm::EdDsa => {
                let made = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
                Self::Ed25519(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap())
            }
        }
    }

    /// The public key as a key set has it.
    pub(in crate::auth) fn jwk(&self, id: &str) -> Value {
        let point = |curve: &str, key: &[u8], length: usize| {
            json!({"kty": "EC", "crv": curve, "kid": id, "use": "sig",
                   "x": encode(&key[1..=length]), "y": encode(&key[1 + length..])})
        };
        match self {
            Self::Rsa(key) => {
                let public = ring::signature::RsaPublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({"kty": "RSA", "kid": id, "use": "sig", "n": encode(public.n), "e": encode(public.e)})
            }
            Self::P256(key) => point("P-256", key.public_key().as_ref(), 32),
            Self::P384(key) => point("P-384", key.public_key().as_ref(), 48),
            Self::Ed25519(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": encode(key.public_key().as_ref())})
            }
        }
    }

    /// Signs these two, whatever they say.
    pub(in crate::auth) fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
        let (random, message) = (SystemRandom::new(), signed.as_bytes());
        let signature = match self {
            Self::Rsa(key) => {
                let padding: &dyn ring::signature::RsaEncoding =
                    if header["alg"] == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
            Self::P256(key) | Self::P384(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        };
        format!("{signed}.{}", encode(signature))
    }
}

/// Signs with a shared secret, which is no signature that counts.
pub(in crate::auth) fn sign_with_secret(secret: &[u8], header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", encode(tag))
}

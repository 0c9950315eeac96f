//! Bearer tokens of OpenID Connect issuers: JSON Web Tokens (RFC 7519), checked against the issuer's own keys.
//!
//! [`Tokens`] knows the issuers that an operator trusts and says whose a token is. Only signatures by asymmetric keys
//! count: RS256, PS256, ES256, ES384 and EdDSA with Ed25519. The key comes from the issuer's key set and never from the token.

mod claims;
mod fetch;
mod issuer;
mod jws;
mod key;
mod keys;
#[cfg(test)]
pub(super) mod tests;

use std::sync::Arc;
use std::time::SystemTime;

pub use issuer::{ClaimNames, Create, Issuer, KeySource, WrongIssuer};
pub use jws::Algorithm;
#[doc(hidden)]
pub use key::KeySet;

use self::claims::Payload;
use self::jws::Jws;
use self::keys::Keys;

/// What a token that is good says about who sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenClaims {
    /// The issuer that signed it.
    pub issuer: Arc<Issuer>,
    /// What the issuer calls whoever it is, for ever: `sub`.
    pub subject: Option<String>,
    /// The account, if [`ClaimNames::account`] names a claim and the token has it; never without one of the two.
    pub account: Option<String>,
    /// The groups that the issuer counts it among, as the issuer calls them; none without [`ClaimNames::groups`].
    pub groups: Vec<String>,
    /// The organisation, if [`ClaimNames::organisation`] names a claim and the token has it.
    pub organisation: Option<String>,
    /// From then on it is good for nothing: do not remember the caller any longer.
    pub expires: SystemTime,
}

/// Why a token is not good. For the log alone: clients are told that their credentials are wrong, whatever the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is longer than any token has to be.
    #[error("the token is longer than {} octets", jws::MAX_TOKEN)]
    TooLong,
    /// It is no signed token in the compact form of RFC 7515, or one that asks for what nobody here understands.
    #[error("no signed token: {0}")]
    Malformed(&'static str),
    /// It is signed in a way that is not accepted: `none`, by a shared secret, or by something unknown.
    #[error("the algorithm of the signature is not accepted")]
    Algorithm,
    /// No issuer of this name is trusted.
    #[error("no issuer of this name is trusted")]
    UnknownIssuer,
    /// The issuer has no key of this `kid` that fits the algorithm.
    #[error("the issuer has no key that this could be signed with")]
    UnknownKey,
    /// The keys of the issuer could not be fetched, and none are known from before.
    #[error("the keys of the issuer are not there: {0}")]
    NoKeys(String),
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// It is meant for somebody else.
    #[error("the token is meant for another audience")]
    Audience,
    /// It has expired.
    #[error("the token has expired")]
    Expired,
    /// It is not valid yet.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// A claim is missing or not what it should be.
    #[error("the claim {0:?} is missing, or not what it should be")]
    Claim(String),
}

/// The issuers that are trusted, with their keys.
///
/// ```no_run
/// use std::time::SystemTime;
///
/// use taxii_server::auth::token::{Issuer, Tokens};
///
/// # async fn example(bearer: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let tokens = Tokens::new(vec![Issuer::new("https://login.example/realms/isac", "taxii")])?;
/// if Tokens::looks_like_one(bearer) {
///     let claims = tokens.verify(bearer, SystemTime::now()).await?;
///     println!("{:?} until {:?}", claims.subject, claims.expires);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Tokens {
    issuers: Vec<(Arc<Issuer>, Arc<Keys>)>,
}

impl Tokens {
    /// Trusts these issuers. Their keys are fetched when they are first needed.
    ///
    /// # Errors
    /// An issuer cannot be what is meant: two of one name, no audience, a URL that is not `https`.
    pub fn new(issuers: Vec<Issuer>) -> Result<Self, WrongIssuer> {
        issuer::check(&issuers)?;
        let with_keys = |issuer: Issuer| Ok((Arc::new(issuer.clone()), Arc::new(Keys::of(&issuer)?)));
        Ok(Self { issuers: issuers.into_iter().map(with_keys).collect::<Result<_, WrongIssuer>>()? })
    }

    /// Has it the form of a signed token? An API key never has.
    #[must_use]
    pub fn looks_like_one(bearer: &str) -> bool {
        let mut parts = bearer.split('.');
        // Every header is a JSON object, and `eyJ` is how `{"` begins.
        parts.next().is_some_and(|header| header.starts_with("eyJ")) && parts.count() == 2
    }

    /// Whose the token is, if it is good at this time.
    ///
    /// # Errors
    /// It is not, or that cannot be told.
    pub async fn verify(&self, token: &str, now: SystemTime) -> Result<TokenClaims, TokenError> {
        let jws = Jws::read(token)?;
        // Until the signature has been checked, this is believed for one thing: whose keys to check it with.
        let payload = Payload::read(jws.payload())?;
        let name = payload.issuer()?;
        let (issuer, keys) =
            self.issuers.iter().find(|(issuer, _)| issuer.issuer == name).ok_or(TokenError::UnknownIssuer)?;
        if !issuer.algorithms.contains(&jws.algorithm()) {
            return Err(TokenError::Algorithm);
        }
        keys.verify(&jws, now).await?;
        payload.claims(issuer, now)
    }
}

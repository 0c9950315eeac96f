use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::Algorithm;

/// Somebody whose tokens are accepted, and what their claims mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// Its name, letter by letter as tokens say it in `iss`.
    pub issuer: String,
    /// Whom its tokens have to be meant for: one of these has to be in `aud`.
    pub audience: Vec<String>,
    /// Where its keys are.
    pub keys: KeySource,
    /// The signatures that are accepted; all that there are unless told otherwise.
    pub algorithms: Vec<Algorithm>,
    /// Which claim says what.
    pub claims: ClaimNames,
    /// What becomes of a token whose account nobody has made.
    pub create: Create,
    /// Do the groups of a token count for an account of the store, too, beside those that it is in?
    pub add_groups: bool,
    /// A file of certificates (PEM) that alone vouch for the issuer's web server; without one, whatever this machine trusts.
    pub authorities: Option<PathBuf>,
}

/// Where an issuer's keys are: a JSON Web Key Set (RFC 7517).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeySource {
    /// Where its discovery document says, at `/.well-known/openid-configuration` below its name.
    #[default]
    Discovery,
    /// At this URL.
    Url(String),
    /// In this file.
    File(PathBuf),
}

/// The names of claims. One that begins with a slash is a JSON pointer, for what lies deeper: `/realm_access/roles`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimNames {
    /// Names the account, also one that was not said to be this subject's. Only for an issuer that lets nobody choose this name for
    /// themselves: whoever has the name of an account is that account.
    pub account: Option<String>,
    /// Lists groups.
    pub groups: Option<String>,
    /// Names the organisation.
    pub organisation: Option<String>,
}

/// What becomes of a token whose account nobody has made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Create {
    /// It is refused: accounts are made by administrators.
    #[default]
    Never,
    /// The claims make the caller, with what its groups were granted and nothing else; no account is stored.
    Caller,
}

impl Issuer {
    /// An issuer that says by discovery where its keys are, with tokens for this audience.
    #[must_use]
    pub fn new(issuer: &str, audience: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audience: vec![audience.to_owned()],
            keys: KeySource::default(),
            algorithms: Algorithm::ALL.to_vec(),
            claims: ClaimNames::default(),
            create: Create::default(),
            add_groups: false,
            authorities: None,
        }
    }
}

/// An issuer cannot be what is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token issuer {issuer:?}: {why}")]
pub struct WrongIssuer {
    /// Which.
    pub issuer: String,
    /// Why.
    pub why: String,
}

pub(super) fn wrong(issuer: &str, why: impl Into<String>) -> WrongIssuer {
    WrongIssuer { issuer: issuer.to_owned(), why: why.into() }
}

pub(super) fn check(issuers: &[Issuer]) -> Result<(), WrongIssuer> {
    for (at, one) in issuers.iter().enumerate() {
        let says = |why: &str| Err(wrong(&one.issuer, why));
        if one.issuer.is_empty() {
            return says("it has no name; expected what tokens say in iss, such as https://login.example");
        }
        if issuers.iter().take(at).any(|other| other.issuer == one.issuer) {
            return says("it is there twice");
        }
        // Without it, a token for any other service of the issuer would open this one.
        if one.audience.iter().all(String::is_empty) {
            return says("it has no audience; expected what its tokens say in aud for this server");
        }
        if one.algorithms.is_empty() {
            return says("it has no algorithms; leave them out for all that are safe");
        }
        let claims = &one.claims;
        if [&claims.account, &claims.groups, &claims.organisation].into_iter().flatten().any(String::is_empty) {
            return says("a claim has no name; leave it out, or say preferred_username, groups or the like");
        }
        if one.add_groups && claims.groups.is_none() {
            return says("its groups are to be added, but no claim lists them");
        }
        // Of a credential ISSUER SUBJECT, it has to be clear where the issuer ends.
        if one.issuer.contains(char::is_whitespace) {
            return says("it has a space in its name");
        }
    }
    Ok(())
}

/// Reads a URL that keys are fetched from: `https`, or `http` inside this machine.
pub(super) fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{text:?} is no URL: {error}"))?;
    let inside = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if inside => Ok(url),
        _ => Err(format!("{text:?}: expected https://, since whoever changes the keys on their way can be anybody")),
    }
}

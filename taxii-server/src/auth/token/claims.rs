use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::{Issuer, TokenClaims, TokenError};

/// By how much the clocks of issuers and of this machine may differ.
const LEEWAY: Duration = Duration::from_secs(60);
/// The longest name of an account, group or organisation.
const MAX_NAME: usize = 256;
/// So many groups count.
const MAX_GROUPS: usize = 1000;

/// What a token says, believed or not.
#[derive(Debug)]
pub(super) struct Payload(Map<String, Value>);

impl Payload {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, TokenError> {
        let claims = serde_json::from_slice(bytes);
        claims.map(Self).map_err(|_| TokenError::Malformed("the claims are no JSON object"))
    }

    pub(super) fn issuer(&self) -> Result<&str, TokenError> {
        self.0.get("iss").and_then(Value::as_str).ok_or_else(|| claim("iss"))
    }

    /// What it says once its signature was found right.
    pub(super) fn claims(&self, issuer: &Arc<Issuer>, now: SystemTime) -> Result<TokenClaims, TokenError> {
        let expires = self.time("exp")?.ok_or_else(|| claim("exp"))?;
        if now >= later(expires)? {
            return Err(TokenError::Expired);
        }
        let from = self.time("nbf")?.unwrap_or(UNIX_EPOCH);
        if later(now)? < from {
            return Err(TokenError::NotYetValid);
        }
        if !self.audience()?.iter().any(|one| issuer.audience.iter().any(|ours| ours == one && !ours.is_empty())) {
            return Err(TokenError::Audience);
        }
        let names = &issuer.claims;
        let subject = self.optional("sub")?;
        let account = names.account.as_deref().map_or(Ok(None), |name| self.optional(name))?;
        if subject.is_none() && account.is_none() {
            return Err(claim("sub"));
        }
        Ok(TokenClaims {
            issuer: Arc::clone(issuer),
            subject,
            account,
            groups: names.groups.as_deref().map_or(Ok(Vec::new()), |names| self.groups(names))?,
            organisation: names.organisation.as_deref().map_or(Ok(None), |name| self.optional(name))?,
            expires: later(expires)?,
        })
    }

    /// Seconds since 1970, not always whole ones (RFC 7519 §2).
    fn time(&self, name: &str) -> Result<Option<SystemTime>, TokenError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let seconds = value.as_f64().filter(|seconds| *seconds >= 0.0).ok_or_else(|| claim(name))?;
        let since = Duration::try_from_secs_f64(seconds).map_err(|_| claim(name))?;
        UNIX_EPOCH.checked_add(since).map(Some).ok_or_else(|| claim(name))
    }

    fn audience(&self) -> Result<Vec<&str>, TokenError> {
        match self.0.get("aud") {
            Some(Value::String(one)) => Ok(vec![one]),
            Some(Value::Array(several)) => Ok(several.iter().filter_map(Value::as_str).collect()),
            _ => Err(claim("aud")),
        }
    }

    fn find(&self, name: &str) -> Option<&Value> {
        match name.strip_prefix('/') {
            None => self.0.get(name),
            Some(path) => {
                let (first, rest) = path.split_once('/').map_or((path, ""), |(first, rest)| (first, rest));
                let value = self.0.get(&first.replace("~1", "/").replace("~0", "~"))?;
                if rest.is_empty() { Some(value) } else { value.pointer(&format!("/{rest}")) }
            }
        }
    }

    /// Somebody without groups may have no such claim at all.
    fn groups(&self, from: &str) -> Result<Vec<String>, TokenError> {
        let listed: Vec<&Value> = match self.find(from) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(several)) => several.iter().collect(),
            Some(one) => vec![one],
        };
        if listed.len() > MAX_GROUPS {
            return Err(claim(from));
        }
        listed.into_iter().map(|group| name(group).map(str::to_owned).ok_or_else(|| claim(from))).collect()
    }

    /// A name, if there is any.
    fn optional(&self, from: &str) -> Result<Option<String>, TokenError> {
        match self.find(from) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => name(value).map(|name| Some(name.to_owned())).ok_or_else(|| claim(from)),
        }
    }
}

fn claim(name: &str) -> TokenError {
    TokenError::Claim(name.to_owned())
}

fn later(time: SystemTime) -> Result<SystemTime, TokenError> {
    time.checked_add(LEEWAY).ok_or_else(|| claim("exp"))
}

/// A name that may go into a log or a header: some text, of a bearable length, in one line.
fn name(value: &Value) -> Option<&str> {
    value
        .as_str()
        .filter(|text| !text.trim().is_empty() && text.len() <= MAX_NAME && !text.chars().any(char::is_control))
}

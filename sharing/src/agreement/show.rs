//! An agreement for people, and as JSON.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;
use stix_model::marking::tlp::TlpLevel;

use super::{Agreement, Exchange, Terms};

/// Writes a value as the word that it prints as.
pub(super) fn word<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Writes bytes in Base64.
#[allow(clippy::ref_option, reason = "serde calls it so")]
pub(super) fn base64<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
        None => serializer.serialize_none(),
    }
}

/// Writes what unmarked objects count as, as documents have it.
#[allow(clippy::ref_option, reason = "serde calls it so")]
pub(super) fn unmarked<S: Serializer>(level: &Option<TlpLevel>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(level.map_or("stay", TlpLevel::as_str))
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}  {}", self.id, self.title.as_deref().unwrap_or_default())?;
        writeln!(f, "for       {}", self.purposes.join(", "))?;
        writeln!(f, "valid     from {} until {}", at(self.valid_from), at(self.valid_until))?;
        for party in &self.parties {
            writeln!(f, "party     {}  {}", party.name, party.identity.as_str())?;
        }
        for Exchange { from, to, collection, terms } in &self.exchanges {
            writeln!(f, "exchange  {collection} from {from} to {to}: {terms}")?;
        }
        writeln!(f, "terms     {}", self.digest)?;
        for signed in &self.signed {
            let is_void = self.signed_off().is_err_and(|all| all.iter().any(|one| one.party() == signed.party));
            let word = if is_void { "void, " } else { "" };
            writeln!(f, "signed    {word}for {} by {} at {}", signed.party, signed.by, at(signed.at))?;
        }
        Ok(())
    }
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "profile {}, up to TLP:{} and PAP:{}", self.profile, self.tlp, self.pap)?;
        match self.unmarked {
            Some(level) => write!(f, ", unmarked as TLP:{level}")?,
            None => f.write_str(", unmarked stays")?,
        }
        if !self.types.is_empty() {
            write!(f, ", only {}", self.types.join(", "))?;
        }
        if let Some(days) = self.retention_days {
            write!(f, ", kept for {days} days")?;
        }
        match &self.onward {
            onward if onward.allowed => write!(f, ", passed on up to TLP:{} over {} hops", onward.tlp, onward.max_hops),
            _ => f.write_str(", not passed on"),
        }
    }
}

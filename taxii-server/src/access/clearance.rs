use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use stix_model::Identifier;
use stix_model::marking::pap::PapLevel;
use stix_model::marking::tlp::TlpLevel;
use uuid::Uuid;

/// Which markings somebody may see (STIX 2.1 §7.2).
///
/// As people write it in configurations, a list of words, of which none means nothing marked: `tlp:amber` is the highest level
/// of TLP in either edition, `tlp:red@UUID` names the collection in whose list of recipients of TLP:RED the bearer
/// stands (`tlp:red@any`: in every list; `tlp:red` alone: in every list, and all levels below), `pap:amber` the highest level of PAP, and the `id` of any other marking definition
/// allows that one; `any` in its place allows all others. Without a level of PAP, none is shown.
///
/// ```
/// use stix_model::marking::tlp::TlpLevel;
/// use taxii_server::access::{Clearance, Definitions};
///
/// let clearance: Clearance = "tlp:amber, pap:green, any".parse()?;
/// assert_eq!(clearance.tlp, Some(TlpLevel::Amber));
/// assert_eq!(clearance.others, Definitions::All);
/// assert_eq!(clearance.to_string(), "tlp:amber, pap:green, any");
///
/// // Of an organisation and somebody in it, what both may see.
/// let both = clearance.meet(&"tlp:green, any".parse()?);
/// assert_eq!(both.to_string(), "tlp:green, any");
/// # Ok::<(), taxii_server::access::InvalidClearance>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Clearance {
    /// The highest level of the Traffic Light Protocol, `Red` aside; `None` shows nothing that has a level.
    pub tlp: Option<TlpLevel>,
    /// TLP:RED is for those who are named.
    pub red: RedLists,
    /// The highest level of the Permissible Actions Protocol.
    pub pap: Option<PapLevel>,
    /// All other marking definitions: statements and an organisation's own.
    pub others: Definitions,
}

/// Of which collections somebody is a named recipient of TLP:RED.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RedLists {
    /// Of all.
    All,
    /// Of these, by `id`.
    Of(BTreeSet<Uuid>),
}

/// Marking definitions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Definitions {
    /// All there are.
    All,
    /// These.
    Of(BTreeSet<Identifier>),
}

impl Default for RedLists {
    fn default() -> Self {
        Self::Of(BTreeSet::new())
    }
}

impl Default for Definitions {
    fn default() -> Self {
        Self::Of(BTreeSet::new())
    }
}

impl Clearance {
    /// What both may see.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        Self {
            tlp: self.tlp.min(other.tlp),
            red: match (&self.red, &other.red) {
                (RedLists::All, red) | (red, RedLists::All) => red.clone(),
                (RedLists::Of(one), RedLists::Of(other)) => RedLists::Of(one & other),
            },
            pap: self.pap.min(other.pap),
            others: match (&self.others, &other.others) {
                (Definitions::All, others) | (others, Definitions::All) => others.clone(),
                (Definitions::Of(one), Definitions::Of(other)) => Definitions::Of(one & other),
            },
        }
    }

    /// What is nobody's secret: TLP:CLEAR, and whatever has no level.
    #[must_use]
    pub fn public() -> Self {
        Self { tlp: Some(TlpLevel::Clear), others: Definitions::All, ..Self::default() }
    }

    fn read(&mut self, word: &str) -> Result<(), InvalidClearance> {
        let wrong = || InvalidClearance(word.to_owned());
        let lower = word.to_ascii_lowercase();
        if let Some(level) = lower.strip_prefix("pap:") {
            self.pap = self.pap.max(Some(level.parse().map_err(|_| wrong())?));
        } else if lower == "tlp:red@any" {
            self.red = RedLists::All;
        } else if let Some(collection) = lower.strip_prefix("tlp:red@") {
            let id = Uuid::try_parse(collection).map_err(|_| wrong())?;
            if let RedLists::Of(lists) = &mut self.red {
                lists.insert(id);
            }
        } else if let Some(level) = lower.strip_prefix("tlp:") {
            let level: TlpLevel = level.parse().map_err(|_| wrong())?;
            if level == TlpLevel::Red {
                self.red = RedLists::All;
            }
            self.tlp = self.tlp.max(Some(level.min(TlpLevel::AmberStrict)));
        } else if lower == "any" {
            self.others = Definitions::All;
        } else {
            let id: Identifier = word.parse().map_err(|_| wrong())?;
            if id.object_type() != "marking-definition" {
                return Err(wrong());
            }
            if let Definitions::Of(others) = &mut self.others {
                others.insert(id);
            }
        }
        Ok(())
    }
}

impl fmt::Display for Clearance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = Vec::new();
        match (&self.red, self.tlp) {
            (RedLists::All, Some(TlpLevel::AmberStrict)) => words.push("tlp:red".to_owned()),
            (_, level) => words.extend(level.map(|level| format!("tlp:{level}"))),
        }
        match &self.red {
            RedLists::All if self.tlp == Some(TlpLevel::AmberStrict) => {}
            RedLists::All => words.push("tlp:red@any".to_owned()),
            RedLists::Of(lists) => words.extend(lists.iter().map(|id| format!("tlp:red@{id}"))),
        }
        words.extend(self.pap.map(|level| format!("pap:{level}")));
        match &self.others {
            Definitions::All => words.push("any".to_owned()),
            Definitions::Of(others) => words.extend(others.iter().map(ToString::to_string)),
        }
        f.write_str(&words.join(", "))
    }
}

impl std::str::FromStr for Clearance {
    type Err = InvalidClearance;

    fn from_str(text: &str) -> Result<Self, InvalidClearance> {
        let mut clearance = Self::default();
        let mut words = text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
        words.try_for_each(|word| clearance.read(word))?;
        Ok(clearance)
    }
}

impl TryFrom<String> for Clearance {
    type Error = InvalidClearance;

    fn try_from(text: String) -> Result<Self, InvalidClearance> {
        text.parse()
    }
}

impl From<Clearance> for String {
    fn from(clearance: Clearance) -> Self {
        clearance.to_string()
    }
}

/// A word of a clearance means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no part of a clearance: expected tlp:LEVEL, tlp:red@COLLECTION-ID, tlp:red@any, pap:LEVEL, the id of a marking-definition, or any"
)]
pub struct InvalidClearance(String);

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written means what was read, and what both may see is never more than either may.
    #[test]
    fn clearances_survive_being_written_down() {
        let id = "6b1f3c1e-0d0d-4c39-9d4b-3f0f7c7a2f11";
        let own = "marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168";
        let texts = [
            "",
            "any",
            "tlp:clear",
            "tlp:amber+strict, pap:red, any",
            "tlp:red, pap:clear",
            "tlp:red@any",
            "tlp:green, tlp:red@any",
            &format!("tlp:amber, tlp:red@{id}"),
            &format!("tlp:red@{id}, pap:amber, {own}"),
        ];
        for text in texts {
            let clearance: Clearance = text.parse().unwrap();
            assert_eq!(clearance.to_string(), text);
            assert_eq!(clearance.meet(&clearance), clearance);
            for other in texts {
                let both = clearance.meet(&other.parse().unwrap());
                assert_eq!(both.to_string().parse::<Clearance>().unwrap(), both);
                assert_eq!(both.meet(&clearance), both, "{text} and {other}");
            }
        }
        for wrong in
            ["amber", "tlp:purple", "pap:strict", "tlp:red@alias", "identity--fa42a846-8d90-4e51-bc29-71d5b4802168"]
        {
            assert!(wrong.parse::<Clearance>().is_err(), "{wrong}");
        }
    }
}

//! The Permissible Actions Protocol: what may be done with something so that an adversary does not notice.
//!
//! The definitions are those of the extension that OASIS publishes; MISP uses the same levels as tags.
//!
//! ```
//! use stix_model::marking::pap::{self, PapLevel};
//! use stix_model::sco::Ipv4Addr;
//!
//! let address = Ipv4Addr::builder().value("198.51.100.3").object_marking_refs([pap::AMBER]).build()?;
//! assert_eq!(pap::level_of(&address).unwrap().0, PapLevel::Amber);
//! # Ok::<(), stix_model::Invalid>(())
//! ```

use std::fmt;
use std::str::FromStr;

use super::{Applied, Marking, Reach, fixed};
use crate::Identifier;
use crate::content::Content;
use crate::json::Json;
use crate::meta::MarkingDefinition;
use crate::table::Table;
use crate::value::IntoValue;

/// The extension by which definitions say their level.
pub const EXTENSION: &str = "extension-definition--f8d78575-edfd-406e-8e84-6162a8450f5b";

/// What may be done, from everything to next to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PapLevel {
    /// Anything. It was called white.
    Clear,
    /// Active measures such as blocking, but nothing against the adversary.
    Green,
    /// Passive look-ups, also at third parties; nothing that reaches the adversary.
    Amber,
    /// Only what cannot be noticed: looking at one's own logs.
    Red,
}

impl PapLevel {
    /// Every level, the least restrictive first.
    pub const ALL: [Self; 4] = [Self::Clear, Self::Green, Self::Amber, Self::Red];

    /// As definitions write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }
}

impl fmt::Display for PapLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is no level of the Permissible Actions Protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no level of PAP: expected clear, white, green, amber or red")]
pub struct InvalidPapLevel;

impl FromStr for PapLevel {
    type Err = InvalidPapLevel;

    /// In any case, with or without `PAP:` in front; `white` is clear.
    fn from_str(text: &str) -> Result<Self, InvalidPapLevel> {
        let text = text.to_ascii_lowercase();
        let word = text.strip_prefix("pap:").unwrap_or(&text);
        let found = Self::ALL.into_iter().find(|level| level.as_str() == word);
        found.or((word == "white").then_some(Self::Clear)).ok_or(InvalidPapLevel)
    }
}

/// One of the published definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pap {
    id: &'static str,
    created: &'static str,
    name: &'static str,
    word: &'static str,
    level: PapLevel,
}

/// PAP:CLEAR.
pub const CLEAR: Pap = Pap {
    id: "marking-definition--ad15a0cd-55b6-4588-a14c-a66105329b92",
    created: "2022-10-01T00:00:00.000Z",
    name: "PAP:CLEAR",
    word: "clear",
    level: PapLevel::Clear,
};
/// PAP:WHITE, the older name of [`CLEAR`].
pub const WHITE: Pap = Pap {
    id: "marking-definition--a3bea94c-b469-41dc-9cfe-d6e7daba7730",
    created: "2022-10-01T00:00:00.000Z",
    name: "PAP:WHITE",
    word: "white",
    level: PapLevel::Clear,
};
/// PAP:GREEN.
pub const GREEN: Pap = Pap {
    id: "marking-definition--c43594d1-4b11-4c59-93ab-1c9b14d53ce9",
    created: "2022-10-09T00:00:00.000Z",
    name: "PAP:GREEN",
    word: "green",
    level: PapLevel::Green,
};
/// PAP:AMBER.
pub const AMBER: Pap = Pap {
    id: "marking-definition--60f8932b-e51e-4458-b265-a2e8be9a80ab",
    created: "2022-10-02T00:00:00.000Z",
    name: "PAP:AMBER",
    word: "amber",
    level: PapLevel::Amber,
};
/// PAP:RED.
pub const RED: Pap = Pap {
    id: "marking-definition--740d36e5-7714-4c30-961a-3ae632ceee0e",
    created: "2022-10-06T00:00:00.000Z",
    name: "PAP:RED",
    word: "red",
    level: PapLevel::Red,
};

impl Pap {
    /// All of them.
    pub const ALL: [Self; 5] = [CLEAR, WHITE, GREEN, AMBER, RED];

    /// The definition with this `id`.
    #[must_use]
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pap| pap.id == id)
    }

    /// Its `id`.
    #[must_use]
    pub fn id(self) -> Identifier {
        self.id.parse().unwrap_or_else(|_| Identifier::nil())
    }

    /// Its name: `PAP:AMBER`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }

    /// What it lets be done.
    #[must_use]
    pub fn level(self) -> PapLevel {
        self.level
    }

    /// The definition as an object.
    #[must_use]
    pub fn object(self) -> MarkingDefinition {
        let mut object = fixed(self.id, self.created, self.name);
        object.insert("extensions", super::by_extension(EXTENSION, "pap", self.word));
        MarkingDefinition::from_checked(object)
    }
}

impl From<Pap> for Marking {
    fn from(pap: Pap) -> Self {
        Self::Definition(pap.id())
    }
}

impl IntoValue<Identifier> for Pap {
    fn into_json(self) -> Json<'static> {
        Json::from(self.id)
    }
}

/// The most restrictive level that an object or a part of it is marked with, and the marking that says so.
#[must_use]
pub fn level_of(object: &impl Content) -> Option<(PapLevel, Applied)> {
    let markings = super::markings(object.content(), None, Reach::ALL).into_iter();
    let levels = markings.filter_map(|applied| match &applied.marking {
        Marking::Definition(id) => Some((Pap::by_id(id.as_str())?.level, applied)),
        Marking::Language(_) => None,
    });
    levels.reduce(|most, next| if next.0 > most.0 { next } else { most })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definitions that OASIS publishes, under their names, each saying its level; white and clear are one.
    #[test]
    fn published_definitions() {
        for pap in Pap::ALL {
            assert_eq!(Pap::by_id(pap.id), Some(pap));
            assert_eq!(pap.name.parse(), Ok(pap.level));
            let object = pap.object();
            let said = object.members().get("extensions").and_then(|e| e.get(EXTENSION)?.get("pap")?.as_str());
            assert_eq!(said.unwrap().parse(), Ok(pap.level));
        }
        assert!(PapLevel::ALL.is_sorted());
        assert_eq!(WHITE.level(), CLEAR.level());
    }
}

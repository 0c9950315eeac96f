//! The Traffic Light Protocol: how far something may be passed on (STIX 2.1 §7.2.1.4, and TLP 2.0 by extension).
//!
//! The nine definitions are fixed and known to everybody: a bundle need not carry them, and what a bundle carries under
//! their names is of no account. Those of the two editions are different objects even where the colour is the same.
//!
//! ```
//! use stix_model::marking::tlp::{self, TlpEdition, TlpLevel};
//! use stix_model::marking::Marked;
//! use stix_model::sco::Ipv4Addr;
//!
//! let address = Ipv4Addr::builder().value("198.51.100.3").object_marking_refs([tlp::AMBER]).build()?;
//! assert_eq!(tlp::level_of(&address).unwrap().0, TlpLevel::Amber);
//! let older = tlp::convert(&address, TlpEdition::V1)?;
//! assert!(older.is_marked(tlp::v1::AMBER, None, Default::default()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::str::FromStr;

use super::{Applied, Marked, Marking, MarkingError, Reach, fixed};
use crate::Identifier;
use crate::content::Content;
use crate::json::{Json, Members};
use crate::meta::MarkingDefinition;
use crate::table::Table;
use crate::value::IntoValue;

/// The extension by which definitions say their level in TLP 2.0.
pub const EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/// How far something may be passed on, from everywhere to nowhere.
///
/// ```
/// use stix_model::marking::tlp::TlpLevel;
///
/// assert!(TlpLevel::AmberStrict < TlpLevel::Red);
/// assert_eq!("white".parse(), Ok(TlpLevel::Clear));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlpLevel {
    /// To everybody. TLP 1.0 called it white.
    Clear,
    /// Within the community.
    Green,
    /// Within the organization and to its clients, as far as they need it.
    Amber,
    /// Within the organization. New in TLP 2.0.
    AmberStrict,
    /// To nobody else.
    Red,
}

impl TlpLevel {
    /// Every level, the least restrictive first.
    pub const ALL: [Self; 5] = [Self::Clear, Self::Green, Self::Amber, Self::AmberStrict, Self::Red];

    /// As TLP 2.0 writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::AmberStrict => "amber+strict",
            Self::Red => "red",
        }
    }
}

impl fmt::Display for TlpLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is no level of the Traffic Light Protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no level of TLP: expected clear, white, green, amber, amber+strict or red")]
pub struct InvalidTlpLevel;

impl FromStr for TlpLevel {
    type Err = InvalidTlpLevel;

    /// In any case, with or without `TLP:` in front; `white` is clear.
    fn from_str(text: &str) -> Result<Self, InvalidTlpLevel> {
        let text = text.to_ascii_lowercase();
        let word = text.strip_prefix("tlp:").unwrap_or(&text);
        let found = Self::ALL.into_iter().find(|level| level.as_str() == word);
        found.or((word == "white").then_some(Self::Clear)).ok_or(InvalidTlpLevel)
    }
}

/// An edition of the Traffic Light Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TlpEdition {
    /// TLP 1.0, which the standard itself describes.
    V1,
    /// TLP 2.0, by an extension.
    V2,
}

/// One of the nine definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tlp {
    id: &'static str,
    name: &'static str,
    level: TlpLevel,
    edition: TlpEdition,
}

const fn v2(name: &'static str, level: TlpLevel, id: &'static str) -> Tlp {
    Tlp { id, name, level, edition: TlpEdition::V2 }
}

/// TLP:CLEAR of TLP 2.0.
pub const CLEAR: Tlp = v2("TLP:CLEAR", TlpLevel::Clear, "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487");
/// TLP:GREEN of TLP 2.0.
pub const GREEN: Tlp = v2("TLP:GREEN", TlpLevel::Green, "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb");
/// TLP:AMBER of TLP 2.0.
pub const AMBER: Tlp = v2("TLP:AMBER", TlpLevel::Amber, "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421");
/// TLP:AMBER+STRICT of TLP 2.0.
pub const AMBER_STRICT: Tlp =
    v2("TLP:AMBER+STRICT", TlpLevel::AmberStrict, "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003");
/// TLP:RED of TLP 2.0.
pub const RED: Tlp = v2("TLP:RED", TlpLevel::Red, "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1");

/// The definitions of TLP 1.0.
pub mod v1 {
    use super::{Tlp, TlpEdition, TlpLevel};

    const fn v1(name: &'static str, level: TlpLevel, id: &'static str) -> Tlp {
        Tlp { id, name, level, edition: TlpEdition::V1 }
    }

    /// TLP:WHITE.
    pub const WHITE: Tlp = v1("TLP:WHITE", TlpLevel::Clear, "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9");
    /// TLP:GREEN.
    pub const GREEN: Tlp = v1("TLP:GREEN", TlpLevel::Green, "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da");
    /// TLP:AMBER.
    pub const AMBER: Tlp = v1("TLP:AMBER", TlpLevel::Amber, "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82");
    /// TLP:RED.
    pub const RED: Tlp = v1("TLP:RED", TlpLevel::Red, "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed");
}

impl Tlp {
    /// All nine.
    pub const ALL: [Self; 9] = [v1::WHITE, v1::GREEN, v1::AMBER, v1::RED, CLEAR, GREEN, AMBER, AMBER_STRICT, RED];

    /// The definition with this `id`.
    #[must_use]
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tlp| tlp.id.eq_ignore_ascii_case(id))
    }

    /// Its `id`.
    #[must_use]
    pub fn id(self) -> Identifier {
        self.id.parse().unwrap_or_else(|_| Identifier::nil())
    }

    /// Its name: `TLP:AMBER+STRICT`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }

    /// How far it lets things be passed on.
    #[must_use]
    pub fn level(self) -> TlpLevel {
        self.level
    }

    /// The edition that it belongs to.
    #[must_use]
    pub fn edition(self) -> TlpEdition {
        self.edition
    }

    /// The definition of the same level in an edition; TLP 1.0 has none for `amber+strict`.
    #[must_use]
    pub fn in_edition(self, edition: TlpEdition) -> Option<Self> {
        Self::ALL.into_iter().find(|tlp| tlp.edition == edition && tlp.level == self.level)
    }

    /// The definition as an object, exactly as it is published.
    #[must_use]
    pub fn object(self) -> MarkingDefinition {
        match self.edition {
            TlpEdition::V1 => {
                let mut object = fixed(self.id, "2017-01-20T00:00:00.000Z", self.name);
                let word = if self.level == TlpLevel::Clear { "white" } else { self.level.as_str() };
                let definition: Members<'static> = [("tlp", Json::from(word))].into_iter().collect();
                object.insert("definition_type", Json::from("tlp"));
                object.insert("definition", Json::Object(definition));
                MarkingDefinition::from_checked(object)
            }
            TlpEdition::V2 => {
                let mut object = fixed(self.id, "2022-10-01T00:00:00.000Z", self.name);
                object.insert("extensions", super::by_extension(EXTENSION, "tlp_2_0", self.level.as_str()));
                MarkingDefinition::from_checked(object)
            }
        }
    }
}

impl From<Tlp> for Marking {
    fn from(tlp: Tlp) -> Self {
        Self::Definition(tlp.id())
    }
}

impl IntoValue<Identifier> for Tlp {
    fn into_json(self) -> Json<'static> {
        Json::from(self.id)
    }
}

/// The most restrictive level that an object or a part of it is marked with, and the marking that says so.
#[must_use]
pub fn level_of(object: &impl Content) -> Option<(TlpLevel, Applied)> {
    level(super::markings(object.content(), None, Reach::ALL))
}

/// The most restrictive level among markings. Among equals the first counts.
#[must_use]
pub fn level(markings: impl IntoIterator<Item = Applied>) -> Option<(TlpLevel, Applied)> {
    let levels = markings.into_iter().filter_map(|applied| match &applied.marking {
        Marking::Definition(id) => Some((Tlp::by_id(id.as_str())?.level, applied)),
        Marking::Language(_) => None,
    });
    levels.reduce(|most, next| if next.0 > most.0 { next } else { most })
}

/// TLP 1.0 has no `amber+strict`, and nothing else says as much.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotConvert {
    /// There is no such level in the other edition.
    #[error("{0} has no form in TLP 1.0; mark with amber or red instead")]
    NoForm(&'static str),
    /// The markings cannot be changed.
    #[error(transparent)]
    Marking(#[from] MarkingError),
}

/// The object with its TLP markings in another edition. Nothing does this unasked: a marking of one edition is not the
/// other's.
///
/// # Errors
/// [`CannotConvert`]: `amber+strict` has no form in TLP 1.0.
pub fn convert<T: Content>(object: &T, edition: TlpEdition) -> Result<T, CannotConvert> {
    let mut members = object.content().clone();
    for Applied { marking, from } in object.markings(None, Reach::ALL) {
        let Marking::Definition(id) = &marking else { continue };
        let Some(tlp) = Tlp::by_id(id.as_str()).filter(|tlp| tlp.edition != edition) else { continue };
        let other = tlp.in_edition(edition).ok_or(CannotConvert::NoForm(tlp.name))?;
        let at = match &from {
            super::Source::Object => None,
            super::Source::Part(selector) => Some(selector),
        };
        super::remove(&mut members, &marking, at)?;
        super::add(&mut members, &other.into(), at)?;
    }
    Ok(super::remade(members)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StixObject;

    fn marked(refs: &[Tlp]) -> Members<'static> {
        let refs = refs.iter().map(|tlp| Json::from(tlp.id)).collect();
        [("type", Json::from("x-y")), ("name", Json::from("n")), ("object_marking_refs", Json::List(refs))]
            .into_iter()
            .collect()
    }

    /// TLP-3, AC-14, MD-8: all nine are known by their names, as they are published.
    #[test]
    fn nine_definitions() {
        for tlp in Tlp::ALL {
            assert_eq!(Tlp::by_id(tlp.id), Some(tlp));
            let object = tlp.object();
            assert_eq!(object.members().get("id").and_then(Json::as_str), Some(tlp.id().as_str()));
            assert_eq!(object.name(), Some(tlp.name));
            assert_eq!(tlp.name.parse(), Ok(tlp.level));
        }
        assert_eq!(
            v1::WHITE.object().to_json().to_string(),
            r#"{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9","created":"2017-01-20T00:00:00.000Z","name":"TLP:WHITE","definition_type":"tlp","definition":{"tlp":"white"}}"#
        );
        assert_eq!(
            AMBER_STRICT.object().to_json().to_string(),
            r#"{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003","created":"2022-10-01T00:00:00.000Z","name":"TLP:AMBER+STRICT","extensions":{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d":{"extension_type":"property-extension","tlp_2_0":"amber+strict"}}}"#
        );
        assert_eq!(Tlp::by_id("marking-definition--00000000-0000-4000-8000-000000000000"), None);
    }

    /// TLP-1: white = clear < green < amber < amber+strict < red.
    #[test]
    fn levels_are_ordered() {
        assert!(TlpLevel::ALL.is_sorted());
        assert_eq!(v1::WHITE.level(), CLEAR.level());
        for bad in ["", "tlp", "TLP:", "amber strict", "black"] {
            assert_eq!(bad.parse::<TlpLevel>(), Err(InvalidTlpLevel), "{bad}");
        }
    }

    /// TLP-1, AC-14: the most restrictive marking counts, wherever it stands.
    #[test]
    fn the_most_restrictive_counts() {
        let object = marked(&[v1::GREEN, AMBER]);
        assert_eq!(level_of(&object).unwrap().1.to_string(), format!("{} of the object", AMBER.id));
        let name = "name".parse().unwrap();
        let object = object.add_marking(v1::RED, Some(&name)).unwrap();
        let (level, applied) = level_of(&object).unwrap();
        assert_eq!((level, applied.to_string()), (TlpLevel::Red, format!("{} of name", v1::RED.id)));
        assert_eq!(level_of(&marked(&[])), None);
    }

    /// TLP-2: conversion is asked for, and refused where there is no form.
    #[test]
    fn conversion_is_explicit() {
        let name = "name".parse().unwrap();
        let object = marked(&[v1::WHITE]).add_marking(v1::RED, Some(&name)).unwrap();
        let newer = convert(&object, TlpEdition::V2).unwrap();
        assert!(newer.is_marked(CLEAR, None, Reach::EXACT) && newer.is_marked(RED, Some(&name), Reach::EXACT));
        assert_eq!(convert(&newer, TlpEdition::V1).unwrap(), object);
        assert_eq!(convert(&newer, TlpEdition::V2).unwrap(), newer);
        let strict = marked(&[AMBER_STRICT]);
        assert_eq!(convert(&strict, TlpEdition::V1), Err(CannotConvert::NoForm("TLP:AMBER+STRICT")));
    }
}

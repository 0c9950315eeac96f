//! Profiles: what may leave, as a list of what is allowed. What is not on it does not leave.
//!
//! There are three: [`Profile::full`], [`Profile::technical`] and [`Profile::anonymous`]; [`Profile::read`] makes one of your
//! own of one of them.

mod check;
mod own;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::scan::Scan;

pub use own::InvalidProfile;

/// What may leave.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name, for reports.
    pub name: String,
    /// Objects leave as they are; only markings hold them or parts of them back. Then nothing below counts.
    #[serde(default)]
    pub whole: bool,
    /// Whose sanitised objects are.
    pub creator: Creator,
    /// For how long a pseudonym stays the same.
    pub pseudonyms: Period,
    /// How exactly times are told.
    pub times: Exactness,
    /// The same for single object types.
    #[serde(default)]
    pub times_of: BTreeMap<String, Exactness>,
    /// What becomes of reports.
    pub reports: Reports,
    /// What becomes of sightings.
    pub sightings: Sightings,
    /// How many producers a group of sightings has at least.
    pub smallest_group: usize,
    /// Properties that hold free text: leaks are taken out of them. Any other text that has a leak goes as a whole.
    pub text: Vec<String>,
    /// Languages of patterns.
    pub pattern_types: Vec<String>,
    /// Types of relationships.
    pub relationship_types: Vec<String>,
    /// Entries of dictionaries, in any case.
    pub keys: Vec<String>,
    /// Sources of external references, each with a regular expression of its `external_id`s.
    pub sources: BTreeMap<String, String>,
    /// Labels that may leave.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Values of open vocabularies besides those of the standard.
    #[serde(default)]
    pub words: Vec<String>,
    /// Marking definitions, by `id`, that leave as they are; objects with other unknown ones stay.
    #[serde(default)]
    pub markings: Vec<String>,
    /// Objects, by `id`, that leave although their type does not: identities of authors above all. Identities, locations
    /// and definitions leave as they are, all others with the properties that the standard gives them.
    #[serde(default)]
    pub release: Vec<String>,
    /// Object types, each with its properties.
    pub types: BTreeMap<String, Vec<String>>,
    /// Nested types and extensions, each with its properties, and what is `common` to all objects. `*` is every property of
    /// the standard's table.
    pub parts: BTreeMap<String, Vec<String>>,
    /// What to look for in text.
    #[serde(default)]
    pub scan: Scan,
}

/// Whose sanitised objects are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Creator {
    /// The author's if the author's identity is released, else the hub's.
    Author,
    /// A pseudonym's: the same for one author, one partner and one period.
    Pseudonym,
    /// The hub's.
    Hub,
}

/// How long a pseudonym lasts. It goes by when an object was created, so that all its versions have the same creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Period {
    Month,
    Quarter,
    Year,
}

/// How exactly a time is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Exactness {
    Exact,
    Hour,
    Day,
    Week,
}

/// What becomes of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reports {
    /// They stay, unless they are released.
    Drop,
    /// A grouping of what they are about, without their text.
    Grouping,
}

/// What becomes of sightings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sightings {
    /// They stay.
    Drop,
    /// Each leaves, with what `types.sighting` allows.
    Counts,
    /// Those of one object and week leave as one, as soon as enough producers have some.
    Groups,
}

impl Profile {
    /// Everything leaves as it is, as far as markings allow.
    #[must_use]
    pub fn full() -> Self {
        Self { name: "full".to_owned(), whole: true, ..Self::anonymous() }
    }

    /// The facts of the malware, without the details of the attack.
    #[must_use]
    pub fn technical() -> Self {
        Self::built_in(include_str!("technical.toml"))
    }

    /// The facts of the malware alone.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::built_in(include_str!("anonymous.toml"))
    }

    /// The profile of this name, if it is one of the three.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "full" => Some(Self::full()),
            "technical" => Some(Self::technical()),
            "anonymous" => Some(Self::anonymous()),
            _ => None,
        }
    }

    /// A test reads both files; if one could not be read, nothing would leave.
    fn built_in(text: &str) -> Self {
        toml::from_str(text).unwrap_or_else(|_| Self::nothing())
    }

    fn nothing() -> Self {
        Self {
            name: "nothing".to_owned(),
            whole: false,
            creator: Creator::Hub,
            pseudonyms: Period::Year,
            times: Exactness::Week,
            times_of: BTreeMap::new(),
            reports: Reports::Drop,
            sightings: Sightings::Drop,
            smallest_group: usize::MAX,
            text: Vec::new(),
            pattern_types: Vec::new(),
            relationship_types: Vec::new(),
            keys: Vec::new(),
            sources: BTreeMap::new(),
            labels: Vec::new(),
            words: Vec::new(),
            markings: Vec::new(),
            release: Vec::new(),
            types: BTreeMap::new(),
            parts: BTreeMap::new(),
            scan: Scan::default(),
        }
    }

    /// Is the object released by name?
    pub(super) fn releases(&self, id: &str) -> bool {
        self.release.iter().any(|released| released == id)
    }

    /// May objects of this type have this property?
    pub(super) fn allows(&self, table: &str, property: &str, is_of_standard: bool) -> bool {
        let list = self.types.get(table).or_else(|| self.parts.get(table));
        list.is_some_and(|list| list.iter().any(|name| name == property || (name == "*" && is_of_standard)))
    }

    /// Is the property common to all objects, and allowed?
    pub(super) fn allows_common(&self, property: &str) -> bool {
        self.allows("common", property, false)
    }

    /// How exactly the times of an object type are told.
    pub(super) fn exactness(&self, object_type: &str) -> Exactness {
        self.times_of.get(object_type).copied().unwrap_or(self.times)
    }
}

#[cfg(test)]
mod tests;

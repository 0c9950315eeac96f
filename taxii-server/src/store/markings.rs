use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stix_model::Identifier;
use stix_model::marking::tlp::TlpLevel;

/// What the markings of objects mean in a collection, for callers who do not see everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Markings {
    /// Objects without a level of the Traffic Light Protocol of their own count as having this one.
    #[serde(rename = "default", with = "level", skip_serializing_if = "Option::is_none")]
    pub default_marking: Option<TlpLevel>,
    /// Whether objects that have no marking, not even by default, are seen.
    pub unmarked: Unmarked,
    /// Marking definitions that restrict nobody, such as statements of a copyright.
    pub open: BTreeSet<Identifier>,
    /// Do pages of objects bring along the marking definitions and the identities that the objects refer to?
    pub supply: bool,
}

mod level {
    use super::{Deserialize, Deserializer, Serialize, Serializer, TlpLevel};
    use serde::de::Error as _;

    #[allow(clippy::ref_option, reason = "serde asks so")]
    pub(super) fn serialize<S: Serializer>(level: &Option<TlpLevel>, serializer: S) -> Result<S::Ok, S::Error> {
        level.map(TlpLevel::as_str).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TlpLevel>, D::Error> {
        let word = Option::<String>::deserialize(deserializer)?;
        word.map(|word| word.parse().map_err(D::Error::custom)).transpose()
    }
}

/// Who sees objects without markings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unmarked {
    /// Whoever may read the collection.
    #[default]
    Visible,
    /// Only who sees everything.
    Hidden,
}

impl Unmarked {
    /// As it is called in commands.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visible => "visible",
            Self::Hidden => "hidden",
        }
    }
}

impl fmt::Display for Unmarked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Objects without markings are either visible or hidden.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("objects without markings are either visible or hidden")]
pub struct UnknownUnmarked;

impl FromStr for Unmarked {
    type Err = UnknownUnmarked;

    fn from_str(text: &str) -> Result<Self, UnknownUnmarked> {
        [Self::Visible, Self::Hidden].into_iter().find(|known| known.as_str() == text).ok_or(UnknownUnmarked)
    }
}

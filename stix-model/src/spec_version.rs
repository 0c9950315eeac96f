use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The edition of STIX that an object follows: its `spec_version` property (STIX 2.1 §3.2).
///
/// Editions are ordered by age, so the greatest of several encodings is the one to prefer.
///
/// ```
/// use stix_model::SpecVersion;
///
/// assert!(SpecVersion::V2_0 < SpecVersion::V2_1);
/// assert_eq!("2.1".parse(), Ok(SpecVersion::V2_1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SpecVersion {
    /// STIX 2.0.
    V2_0,
    /// STIX 2.1.
    V2_1,
}

/// The text names no edition of STIX 2 that this crate knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unsupported spec_version: expected \"2.0\" or \"2.1\"")]
pub struct InvalidSpecVersion;

impl SpecVersion {
    /// Every edition, oldest first.
    pub const ALL: [Self; 2] = [Self::V2_0, Self::V2_1];

    /// As it stands in the property: `2.0` or `2.1`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2_0 => "2.0",
            Self::V2_1 => "2.1",
        }
    }

    /// The media type of content in this edition, in the spelling that TAXII 2.1 uses.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::V2_0 => "application/stix+json;version=2.0",
            Self::V2_1 => "application/stix+json;version=2.1",
        }
    }

    /// The edition of content that comes with a media type, whose older name was `application/vnd.oasis.stix+json`. Case
    /// and white space do not matter; without a version it is the newest. `None` if it is no STIX, or of no known edition.
    ///
    /// Servers of TAXII 2.1 need not take content under the older name, and this project's refuses it.
    ///
    /// ```
    /// use stix_model::SpecVersion;
    ///
    /// let of = SpecVersion::of_media_type;
    /// assert_eq!(of("application/stix+json;version=2.1"), Some(SpecVersion::V2_1));
    /// assert_eq!(of("application/vnd.oasis.stix+json; version=2.0"), Some(SpecVersion::V2_0));
    /// assert_eq!(of("application/json"), None);
    /// ```
    #[must_use]
    pub fn of_media_type(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        if !matches!(name.as_str(), "application/stix+json" | "application/vnd.oasis.stix+json") {
            return None;
        }
        let parameters = parts.filter_map(|part| part.split_once('='));
        let mut versions = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("version"));
        match versions.next() {
            Some((_, version)) => version.trim().trim_matches('"').parse().ok(),
            None => Some(Self::V2_1),
        }
    }
}

impl FromStr for SpecVersion {
    type Err = InvalidSpecVersion;

    fn from_str(text: &str) -> Result<Self, InvalidSpecVersion> {
        Self::ALL.into_iter().find(|v| v.as_str() == text).ok_or(InvalidSpecVersion)
    }
}

impl fmt::Display for SpecVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SpecVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SpecVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

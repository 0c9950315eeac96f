use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How closely a collection looks at the objects that are added to it. What is refused is refused object by object.
///
/// Of objects of STIX 2.0 only the head is checked, whatever the policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ingest {
    /// Whatever can be kept: a type, a well-formed id and a known edition of STIX. Dates that are no timestamps count as
    /// absent: such an object has the date it was added as its version.
    Off,
    /// What an exchange relies on: besides, the id agrees with the type, and the dates are there and in order.
    #[default]
    Head,
    /// What STIX 2.1 demands of an object. What it advises against is accepted, with a warning.
    SchemaValid,
    /// Also what STIX 2.1 advises, and no custom content outside of extensions.
    Strict,
}

impl Ingest {
    /// Every policy, the most tolerant first.
    pub const ALL: [Self; 4] = [Self::Off, Self::Head, Self::SchemaValid, Self::Strict];

    /// As it is called in commands.
    ///
    /// ```
    /// use taxii_server::store::Ingest;
    ///
    /// assert_eq!("schema-valid".parse(), Ok(Ingest::SchemaValid));
    /// assert_eq!(Ingest::default().as_str(), "head");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Head => "head",
            Self::SchemaValid => "schema-valid",
            Self::Strict => "strict",
        }
    }
}

/// There is no ingest policy of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown ingest policy: expected off, head, schema-valid or strict")]
pub struct UnknownIngest;

impl FromStr for Ingest {
    type Err = UnknownIngest;

    fn from_str(text: &str) -> Result<Self, UnknownIngest> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == text).ok_or(UnknownIngest)
    }
}

impl fmt::Display for Ingest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

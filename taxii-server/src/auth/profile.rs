use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The product behind an account. Some products break on what the standard asks for; the
/// profile switches on just what such a product needs. The default is the standard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientProfile {
    /// Any client that follows the standard.
    #[default]
    Standard,
    /// Elastic's custom threat intelligence integration.
    Elastic,
    /// Microsoft Sentinel's TAXII connector.
    Sentinel,
    /// OpenCTI: its feed ingester and its connectors.
    OpenCti,
    /// Cortex XSOAR and XSIAM.
    Xsoar,
    /// MISP.
    Misp,
    /// Splunk.
    Splunk,
}

/// Where an answer may leave the standard for the sake of a product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tolerances {
    /// A page without objects says `{"more":false,"objects":[]}` instead of `{}` (AMB-16): for
    /// products that look into `objects` without asking whether it is there.
    pub objects_always: bool,
    /// A page without objects carries the two date headers, repeating the `added_after` of the
    /// request (AMB-15): for products that forget where they were if the headers are missing.
    pub dates_always: bool,
    /// `Accept: application/json` is served (AMB-02): for products that ask for nothing else.
    pub accept_json: bool,
}

impl ClientProfile {
    /// Every profile.
    pub const ALL: [Self; 7] =
        [Self::Standard, Self::Elastic, Self::Sentinel, Self::OpenCti, Self::Xsoar, Self::Misp, Self::Splunk];

    /// What it switches on.
    ///
    /// ```
    /// use taxii_server::auth::{ClientProfile, Tolerances};
    ///
    /// assert_eq!(ClientProfile::Standard.tolerances(), Tolerances::default());
    /// assert!(ClientProfile::Elastic.tolerances().objects_always);
    /// ```
    #[must_use]
    pub fn tolerances(self) -> Tolerances {
        let none = Tolerances::default();
        match self {
            Self::Standard | Self::Splunk => none,
            Self::Elastic => Tolerances { objects_always: true, dates_always: true, ..none },
            Self::Sentinel => Tolerances { dates_always: true, ..none },
            Self::OpenCti => Tolerances { objects_always: true, dates_always: true, accept_json: true },
            Self::Xsoar | Self::Misp => Tolerances { objects_always: true, ..none },
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Elastic => "elastic",
            Self::Sentinel => "sentinel",
            Self::OpenCti => "opencti",
            Self::Xsoar => "xsoar",
            Self::Misp => "misp",
            Self::Splunk => "splunk",
        }
    }
}

/// There is no client profile of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown client profile: expected standard, elastic, sentinel, opencti, xsoar, misp or splunk")]
pub struct UnknownProfile;

impl FromStr for ClientProfile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        Self::ALL.into_iter().find(|profile| profile.as_str() == text).ok_or(UnknownProfile)
    }
}

impl fmt::Display for ClientProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

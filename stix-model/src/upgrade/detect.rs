//! Which edition an object follows.

use crate::json::{Json, Members};
use crate::{SpecVersion, TypeClass};

/// What an object is found to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detected {
    /// An object of STIX 2.0.
    V2_0,
    /// An observable of STIX 2.0: it has no name of its own and lives in the container of an `observed-data`.
    Observable2_0,
    /// An object of STIX 2.1.
    V2_1,
    /// An object of a later STIX 2, named here.
    Later(String),
    /// What `spec_version` says is no edition of STIX 2.
    Unknown(String),
}

impl Detected {
    /// The edition, if it is one that this crate knows.
    #[must_use]
    pub fn spec_version(&self) -> Option<SpecVersion> {
        match self {
            Self::V2_0 | Self::Observable2_0 => Some(SpecVersion::V2_0),
            Self::V2_1 => Some(SpecVersion::V2_1),
            Self::Later(_) | Self::Unknown(_) => None,
        }
    }
}

/// Which edition an object, or a bundle, follows.
///
/// `bundle` is what the `spec_version` of the bundle around it says, if it has one. What the object itself says wins.
/// An observable with a name is of 2.1 whatever the bundle says, since those of 2.0 have none; so is an object of a
/// type that the standard does not name, if it has a name but no `created` and the bundle says nothing.
///
/// ```
/// use stix_model::json::Json;
/// use stix_model::upgrade::{Detected, spec_version_of};
///
/// let old = Json::parse(r#"{"type": "file", "name": "a.exe", "created": "2016-01-01T00:00:00Z"}"#)?;
/// assert_eq!(spec_version_of(old.as_object().unwrap(), None), Detected::Observable2_0);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn spec_version_of(object: &Members<'_>, bundle: Option<SpecVersion>) -> Detected {
    if let Some(stated) = object.get("spec_version") {
        return match stated {
            Json::String(text) => named(text),
            other => Detected::Unknown(other.excerpt()),
        };
    }
    let class = TypeClass::of(object.get("type").and_then(Json::as_str).unwrap_or_default());
    let has = |name| object.contains(name);
    match class {
        TypeClass::Bundle => Detected::V2_1,
        TypeClass::Observable if has("id") => Detected::V2_1,
        TypeClass::Observable => Detected::Observable2_0,
        TypeClass::Custom if has("id") && !has("created") && bundle.is_none() => Detected::V2_1,
        _ if bundle == Some(SpecVersion::V2_1) => Detected::V2_1,
        _ => Detected::V2_0,
    }
}

fn named(text: &str) -> Detected {
    let later = |text: &str| text.strip_prefix("2.").and_then(|minor| minor.parse::<u32>().ok()).is_some_and(|n| n > 1);
    match text {
        "2.0" => Detected::V2_0,
        "2.1" => Detected::V2_1,
        _ if later(text) => Detected::Later(text.to_owned()),
        _ => Detected::Unknown(text.to_owned()),
    }
}

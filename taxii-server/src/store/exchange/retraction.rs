use taxii_model::Timestamp;

use super::{Provenance, is_version};

/// A deletion that came from elsewhere. It takes those entries of the object that came from where it comes from:
/// see [`Provenance::takes_back`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retraction {
    /// The object.
    pub id: String,
    /// The version, as servers tell each other; `None` for all.
    pub version: Option<String>,
    /// How the deletion came.
    pub provenance: Provenance,
}

/// What became of a retraction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retracted {
    /// When the entries were added that are gone.
    pub gone: Vec<(Timestamp, String)>,
    /// Are there entries of this version that it may not take?
    pub others: bool,
}

/// Does a retraction mean this version?
pub(in crate::store) fn concerns(retraction: &Retraction, version: &str) -> bool {
    retraction.version.as_deref().is_none_or(|wanted| is_version(wanted, version))
}

use super::{Item, Provenance};

/// What happened at a source.
#[derive(Clone, Debug)]
pub enum Change {
    /// There is this version of an object.
    Object(Item),
    /// An object, or one version of it, is no longer there. Only partners that are told of deletions give this.
    Deleted {
        /// The object's `id`.
        id: String,
        /// The version; `None` for all that there were.
        version: Option<String>,
        /// Where the deletion comes from and how.
        provenance: Provenance,
    },
}

impl Change {
    /// The `id` of the object that it is about.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Object(item) => item.id(),
            Self::Deleted { id, .. } => id,
        }
    }

    /// The version that it is about; `None` if it is about all.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Object(item) => Some(item.version()),
            Self::Deleted { version, .. } => version.as_deref(),
        }
    }

    /// Where it comes from and how.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        match self {
            Self::Object(item) => item.provenance(),
            Self::Deleted { provenance, .. } => provenance,
        }
    }

    /// How many octets it takes, about.
    #[must_use]
    pub fn octets(&self) -> usize {
        match self {
            Self::Object(item) => item.text().len(),
            Self::Deleted { id, version, .. } => id.len() + version.as_ref().map_or(0, String::len),
        }
    }
}

use taxii_model::Timestamp;

use super::content::{content_digest, sha256};
use crate::store::Item;

/// A version that came with other content than what was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// What names the conflict: made of the id, the version and what was refused.
    pub digest: String,
    /// The object.
    pub id: String,
    /// The version, in the object's own spelling.
    pub version: String,
    /// The digest of what is kept.
    pub kept: String,
    /// What was refused, unless it is too large to keep.
    pub refused: Option<String>,
    /// Who sent it: a server, or an account.
    pub source: String,
    /// When.
    pub at: Timestamp,
}

impl Conflict {
    /// So many a collection has at most; further ones are only logged.
    pub const MOST: usize = 1000;
    /// Larger texts are not kept.
    const LARGE: usize = 64 << 10;

    /// Of an item that is refused because of what is there.
    pub(in crate::store) fn of(item: &Item, version: &str, kept: &str, caller: &str, at: Timestamp) -> Self {
        let via = item.provenance.as_ref().and_then(|provenance| provenance.via());
        let id = item.head.id.as_str();
        Self {
            digest: sha256(&format!("{id}\n{version}\n{}", content_digest(&item.text))),
            id: id.to_owned(),
            version: version.to_owned(),
            kept: content_digest(kept),
            refused: (item.text.len() <= Self::LARGE).then(|| item.text.clone()),
            source: via.unwrap_or(caller).to_owned(),
            at,
        }
    }
}

/// There is no room for a further conflict.
pub(in crate::store) fn full(conflict: &Conflict) {
    tracing::warn!(
        id = conflict.id,
        version = conflict.version,
        source = conflict.source,
        "a version came with other content; the collection has as many conflicts as it may, so this one is not kept"
    );
}

use serde::{Deserialize, Serialize};
use taxii_model::Timestamp;

/// Where a walk through a collection is, so that it can go on another day.
///
/// At the end of a walk it says from when on to ask next time: the greatest
/// `X-TAXII-Date-Added-Last` (TAXII 2.1 §3.2, §3.5). In the middle of one it also holds the server's
/// `next`, and how the walk began, since some servers want the whole query again with their `next`.
///
/// ```
/// use taxii_client::Bookmark;
///
/// let kept = r#"{"reached":"2026-11-22T10:00:00.000000Z"}"#;
/// let bookmark: Bookmark = serde_json::from_str(kept)?;
/// assert!(bookmark.next.is_none());
/// assert_eq!(serde_json::to_string(&bookmark)?, kept);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bookmark {
    /// The `added_after` that the walk began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// What the server wants as `next`; `None` between walks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The greatest date added that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<Timestamp>,
    /// Fingerprints of the entries of the last page, for servers whose `added_after` is not exclusive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) recent: Vec<u64>,
}

impl Bookmark {
    /// Is a walk under way?
    #[must_use]
    pub fn is_midway(&self) -> bool {
        self.next.is_some()
    }
}

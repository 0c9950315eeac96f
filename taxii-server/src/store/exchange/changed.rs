use taxii_model::Timestamp;

use super::Provenance;
use crate::store::Page;

/// Something that happened in a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// When, by the collection's clock.
    pub stamp: Timestamp,
    /// The object.
    pub id: String,
    /// The version, in the object's own spelling; of what has none, [`super::content_version`].
    pub version: String,
    /// The number of the entry's label.
    pub label: i64,
    /// How it came; `None` if it happened here first.
    pub provenance: Option<Provenance>,
    /// The object; `None` if this version was deleted.
    pub text: Option<String>,
}

/// Makes one sequence of entries and deletions, each in order and cut off where there are more.
pub(in crate::store) fn merge(entries: Page<Changed>, deletions: Page<Changed>, limit: usize) -> Page<Changed> {
    // What lies behind the end of one that goes on has to wait.
    let ends = [&entries, &deletions].into_iter().filter(|page| page.more);
    let end = ends.map(|page| page.entries.last().map_or(Timestamp::from_micros(i64::MIN), |last| last.stamp)).min();
    let mut more = end.is_some();
    let mut all = entries.entries;
    all.extend(deletions.entries);
    all.sort_by_key(|changed| changed.stamp);
    if let Some(end) = end {
        all.retain(|changed| changed.stamp <= end);
    }
    more |= all.len() > limit;
    all.truncate(limit);
    Page { entries: all, more }
}

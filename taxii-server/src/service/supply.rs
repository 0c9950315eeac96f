//! What the objects on a page refer to, sent along: marking definitions and identities.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde::Deserialize;
use taxii_model::Timestamp;

use super::answer::PageKey;
use super::redaction::redacted;
use super::sights::Limited;
use super::{Result, Session};
use crate::store::{Mark, Selection, Texts, Window};

/// What is read of an object.
#[derive(Default, Deserialize)]
#[serde(default)]
struct References {
    id: String,
    created_by_ref: Option<String>,
    object_marking_refs: Vec<String>,
    granular_markings: Vec<Granular>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Granular {
    marking_ref: Option<String>,
}

impl References {
    /// What cannot be read refers to nothing.
    fn of(text: &[u8]) -> Self {
        serde_json::from_slice(text).unwrap_or_default()
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        let parts = self.granular_markings.iter().filter_map(|granular| granular.marking_ref.as_deref());
        let markings = self.object_marking_refs.iter().map(String::as_str).chain(parts);
        let markings = markings.filter(|id| id.starts_with("marking-definition--"));
        markings.chain(self.created_by_ref.as_deref().filter(|id| id.starts_with("identity--")))
    }
}

/// How many rows of a page are shown, and what comes along with them.
struct Share {
    rows: usize,
    along: BTreeSet<String>,
}

/// Rows and what is known of what they refer to, together no more than `limit`; the first row always.
fn share<T>(rows: &[References], known: &BTreeMap<String, T>, limit: usize) -> Share {
    let mut best = Share { rows: 0, along: BTreeSet::new() };
    let (mut shown, mut along) = (HashSet::new(), BTreeSet::new());
    for (n, row) in (1..).zip(rows) {
        shown.insert(row.id.as_str());
        along.remove(row.id.as_str());
        along.extend(row.all().filter(|id| known.contains_key(*id) && !shown.contains(id)));
        if n + along.len() > limit && n > 1 {
            break;
        }
        best =
            Share { rows: n, along: along.iter().take(limit.saturating_sub(n)).map(|id| (*id).to_owned()).collect() };
    }
    best
}

/// What rows refer to, as the store has it.
struct Found {
    added: Timestamp,
    text: Vec<u8>,
    label: Option<i64>,
}

/// At so many objects one asks at once.
const TOGETHER: usize = 500;

impl Session<'_> {
    /// The page with what its rows refer to in front of them, as far as that is in the collection, may be seen, and is not a row itself.
    /// Rather than more objects than the page's limit there are fewer rows. Also tells when the last of them was added.
    pub(super) async fn supplied(
        &self,
        key: &PageKey,
        mark: Mark,
        limited: Option<&Arc<Limited>>,
        rows: Texts,
    ) -> Result<(Texts, Option<Timestamp>)> {
        let references: Vec<References> = rows.iter().map(|(_, text)| References::of(text)).collect();
        let wanted: BTreeSet<&str> = references.iter().flat_map(References::all).collect();
        let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
        let mut known: BTreeMap<String, Found> = BTreeMap::new();
        for ids in wanted.chunks(TOGETHER) {
            let selection = Selection { ids: Some(ids.to_vec()), ..Selection::default() };
            let window = Window { selection, limit: usize::MAX, ..self.window(key, mark, limited) };
            let window = Window { after: Timestamp::from_micros(i64::MIN), ..window };
            let mut found = self.service.store.objects(&window).await?;
            if let Some(limited) = limited {
                found = redacted(found, limited).await?;
            }
            known.extend(
                found
                    .labelled()
                    .map(|(added, text, label)| (References::of(text).id, Found { added, text: text.to_vec(), label })),
            );
        }
        let share = share(&references, &known, key.limit);
        if share.along.is_empty() && share.rows == rows.len() {
            return Ok((rows, None));
        }
        let mut page = Texts::with_capacity(rows.bytes());
        for found in share.along.iter().filter_map(|id| known.get(id)) {
            page.push_labelled(found.added, &found.text, found.label);
        }
        let mut last = None;
        for (added, text, label) in rows.labelled().take(share.rows) {
            page.push_labelled(added, text, label);
            last = Some(added);
        }
        page.more = rows.more || share.rows < rows.len();
        Ok((page, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: usize, refs: &[usize]) -> References {
        let id = |n| format!("marking-definition--{n}");
        References { id: id(n), object_marking_refs: refs.iter().map(|n| id(*n)).collect(), ..References::default() }
    }

    /// Rows and what comes along stay within the limit, nothing comes twice, and a page goes forward whatever its first row refers to.
    #[test]
    fn shares_stay_within_the_limit() {
        let known: BTreeMap<String, ()> = (1..=9).map(|n| (format!("marking-definition--{n}"), ())).collect();
        for (rows, limit, expected, along) in [
            (vec![row(20, &[]), row(21, &[])], 2, 2, vec![]),
            (vec![row(20, &[1]), row(21, &[1])], 3, 2, vec![1]),
            (vec![row(20, &[1]), row(21, &[1])], 2, 1, vec![1]),
            (vec![row(20, &[1]), row(1, &[])], 2, 2, vec![]),
            (vec![row(1, &[]), row(20, &[1])], 2, 2, vec![]),
            (vec![row(20, &[1, 2, 3]), row(21, &[])], 2, 1, vec![1]),
            (vec![row(20, &[1, 2, 3]), row(21, &[])], 1, 1, vec![]),
            (vec![row(20, &[77]), row(21, &[1, 77])], 3, 2, vec![1]),
        ] {
            let share = share(&rows, &known, limit);
            let ids = along.into_iter().map(|n: usize| format!("marking-definition--{n}")).collect();
            assert_eq!((share.rows, share.along), (expected, ids), "within {limit}");
        }
    }
}

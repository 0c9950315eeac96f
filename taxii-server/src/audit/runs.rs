use serde::{Deserialize, Serialize};
use taxii_model::Timestamp;

use crate::store::CollectionKey;

/// Which entries of a collection a page has: stretches of consecutive `added` stamps, exactly. A batch is one stretch, however many objects
/// it has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Runs {
    /// Of which collection.
    pub collection: CollectionKey,
    /// The API root's name.
    pub root: String,
    /// Are these objects without what the recipient may not see?
    pub redacted: bool,
    /// The first stamp of each stretch, and how many there are; in order.
    stretches: Vec<(i64, i64)>,
}

impl Runs {
    /// Of these stamps, in whichever order.
    #[must_use]
    pub fn of(collection: CollectionKey, root: &str, stamps: impl IntoIterator<Item = Timestamp>) -> Self {
        let mut stamps: Vec<i64> = stamps.into_iter().map(Timestamp::as_micros).collect();
        stamps.sort_unstable();
        stamps.dedup();
        let mut stretches: Vec<(i64, i64)> = Vec::new();
        for stamp in stamps {
            match stretches.last_mut() {
                Some((first, count)) if *first + *count == stamp => *count += 1,
                _ => stretches.push((stamp, 1)),
            }
        }
        stretches.shrink_to_fit();
        Self { collection, root: root.to_owned(), redacted: false, stretches }
    }

    /// Are they without what the recipient may not see?
    #[must_use]
    pub fn redacted(self, redacted: bool) -> Self {
        Self { redacted, ..self }
    }

    /// The first and the last stamp.
    #[must_use]
    pub fn ends(&self) -> Option<(Timestamp, Timestamp)> {
        let ((first, _), (last, count)) = (self.stretches.first()?, self.stretches.last()?);
        Some((Timestamp::from_micros(*first), Timestamp::from_micros(last + count - 1)))
    }

    /// How many entries.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.stretches.iter().map(|(_, count)| u64::try_from(*count).unwrap_or_default()).sum()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    /// About how many bytes of memory it takes.
    pub(crate) fn bytes(&self) -> u64 {
        (self.stretches.len() * 16 + self.root.len()) as u64
    }

    /// As it is written down.
    #[must_use]
    pub fn written(&self) -> Written {
        let mut end = self.stretches.first().map_or(0, |(first, _)| *first);
        let stretches = self.stretches.iter().map(|(first, count)| {
            let gap = first - end;
            end = first + count;
            (gap, *count)
        });
        Written(stretches.collect())
    }
}

/// Stretches as they are written down: of each, the distance from the end of the one before and the number of stamps. The first begins
/// at the record's `first`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Written(Vec<(i64, i64)>);

impl Written {
    /// The stretches, of which the first begins at `first`: their first stamps and how many stamps there are.
    pub fn from(&self, first: Timestamp) -> impl Iterator<Item = (i64, i64)> {
        let mut end = first.as_micros();
        self.0.iter().map(move |(gap, count)| {
            let begin = end.saturating_add(*gap);
            end = begin.saturating_add(*count);
            (begin, *count)
        })
    }

    /// Is this stamp among them?
    #[must_use]
    pub fn has(&self, first: Timestamp, stamp: Timestamp) -> bool {
        let stamp = stamp.as_micros();
        self.from(first).any(|(begin, count)| begin <= stamp && stamp < begin.saturating_add(count))
    }

    /// How many stamps.
    #[must_use]
    pub fn len(&self) -> i64 {
        self.0.iter().map(|(_, count)| *count).sum()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Promise 4: what is written down of a page is the stamps of the page, no more and no fewer.
        #[test]
        fn stretches_are_exact(stamps in prop::collection::hash_set(0_i64..400, 0..120), from in 0_i64..1 << 50) {
            let mut stamps: Vec<Timestamp> = stamps.into_iter().map(|s| Timestamp::from_micros(from + s)).collect();
            let twice = stamps.iter().chain(&stamps).copied();
            let runs = Runs::of(CollectionKey(1), "r", twice);
            stamps.sort_unstable();
            prop_assert_eq!(runs.len(), stamps.len() as u64);
            prop_assert_eq!(runs.ends(), stamps.first().copied().zip(stamps.last().copied()));
            let first = stamps.first().copied().unwrap_or_default();
            let text = serde_json::to_string(&runs.written()).unwrap();
            let read: Written = serde_json::from_str(&text).unwrap();
            for offset in -1..401 {
                let stamp = Timestamp::from_micros(from + offset);
                prop_assert_eq!(read.has(first, stamp), stamps.contains(&stamp));
            }
        }
    }
}

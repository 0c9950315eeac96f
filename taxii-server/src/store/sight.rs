use taxii_model::Timestamp;

use super::{Label, Mark};

/// What somebody sees of a collection who does not see everything: the collection is as if all other entries did not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The numbers of the labels whose entries are seen, in order.
    labels: Vec<i64>,
    /// Nothing that was added after this is seen: it may have a label that was not known.
    until: Timestamp,
}

impl Sight {
    /// Entries with these labels, added up to then.
    #[must_use]
    pub fn new(mut labels: Vec<i64>, until: Timestamp) -> Self {
        labels.sort_unstable();
        labels.dedup();
        Self { labels, until }
    }

    /// The numbers of the labels whose entries are seen, in order.
    #[must_use]
    pub fn labels(&self) -> &[i64] {
        &self.labels
    }

    /// Until when what was added is seen.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Are entries with this label seen?
    #[must_use]
    pub fn sees(&self, label: i64) -> bool {
        self.labels.binary_search(&label).is_ok()
    }
}

/// The labels of a collection's entries but for that of those without markings, which has the number 0. A store numbers
/// the others from 1 and neither changes one nor takes one away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// All entries up to here have one of these labels, or none.
    pub mark: Mark,
    /// Are there entries whose label is not known yet? Nobody who does not see everything can be told anything then.
    pub unread: bool,
    /// In order of their numbers.
    pub labels: Vec<(i64, Label)>,
}

/// The number of the label of an entry without markings.
pub(crate) const UNMARKED: i64 = 0;
/// The number that stands for a label that is not known yet.
#[cfg_attr(not(any(feature = "sqlite", feature = "postgres")), allow(dead_code))]
pub(crate) const UNREAD: i64 = -1;
/// So many labels a collection has at most, so that who may write cannot fill the memory of those who read. What would have
/// another one is unreadable.
pub(crate) const MOST: usize = 10_000;

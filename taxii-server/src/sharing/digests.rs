use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sharing::flow::reconcile::{self, Below, FEW, Leaf};
use taxii_model::Timestamp;
use taxii_model::changes::{DigestLeaf, DigestRange, Digests};

use super::offer::Offer;
use crate::access::Viewer;
use crate::store::{CollectionKey, Mark, Result, StoreError, content_version};

/// A prefix has so many digits at most.
pub(crate) const MOST_DIGITS: usize = 64;
/// So many versions are told of at most: they are in memory.
const MOST: usize = 1_000_000;
/// So many trees are kept.
const KEPT: usize = 4;

/// What is offered of a collection, in order of keys.
#[derive(Debug)]
pub(crate) struct Tree {
    versions: reconcile::Tree,
    /// When each was added, by its key.
    stamps: Vec<(String, Timestamp)>,
}

impl Tree {
    /// Reads all that is offered.
    pub(crate) async fn read(offer: &Offer<'_>) -> Result<Self> {
        const PAGE: usize = 1000;
        const BYTES: usize = 8 << 20;
        let (mut leaves, mut stamps) = (Vec::new(), Vec::new());
        let mut after = Timestamp::from_micros(i64::MIN);
        loop {
            let page = offer.page(after, PAGE, BYTES).await?;
            for changed in page.changes {
                let Some(text) = changed.text else { continue };
                let digest = content_version(&text);
                let leaf = Leaf::new(&changed.id, &changed.version, digest.trim_start_matches("sha256:"));
                stamps.push((leaf.key(), changed.stamp));
                leaves.push(leaf);
            }
            if leaves.len() > MOST {
                return Err(StoreError::Unavailable(format!("more than {MOST} versions cannot be compared")));
            }
            after = page.reached;
            if !page.more {
                break;
            }
        }
        stamps.sort_unstable();
        Ok(Self { versions: leaves.into_iter().collect(), stamps })
    }

    /// What lies below a prefix.
    pub(super) fn below(&self, prefix: &str) -> Below {
        let few = if prefix.len() < MOST_DIGITS { FEW } else { usize::MAX };
        self.versions.at(prefix, few)
    }

    /// The same, as servers tell each other.
    pub(crate) fn tell(&self, prefix: &str) -> Digests {
        let (below, prefix) = (self.below(prefix), prefix.to_owned());
        match below {
            Below::Ranges(ranges) => {
                let range = |range: reconcile::Range| DigestRange {
                    prefix: range.prefix,
                    count: range.count,
                    digest: range.digest,
                };
                Digests::Children { prefix, children: ranges.into_iter().map(range).collect() }
            }
            Below::Versions(leaves) => {
                let leaf = |leaf: Leaf| DigestLeaf { id: leaf.id, version: leaf.version, digest: leaf.digest };
                Digests::Leaves { prefix, leaves: leaves.into_iter().map(leaf).collect() }
            }
        }
    }

    /// When those were added that lie below a prefix, in order, after a stamp.
    pub(crate) fn stamps(&self, prefix: &str, after: Timestamp) -> Vec<Timestamp> {
        let begin = self.stamps.partition_point(|(key, _)| key.as_str() < prefix);
        let rest = self.stamps.get(begin..).unwrap_or_default();
        let own = rest.iter().take_while(|(key, _)| key.starts_with(prefix)).map(|(_, stamp)| *stamp);
        let mut stamps: Vec<Timestamp> = own.filter(|stamp| *stamp > after).collect();
        stamps.sort_unstable();
        stamps
    }
}

/// The trees that were asked for last: whoever compares asks many times.
#[derive(Default)]
pub(crate) struct Trees {
    kept: Mutex<HashMap<Asker, (Mark, Arc<Tree>)>>,
    /// One is read at a time.
    pub(crate) reading: tokio::sync::Mutex<()>,
}

/// Who sees what: a collection, and what is seen of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asker {
    pub(crate) collection: CollectionKey,
    pub(crate) viewer: Option<Viewer>,
}

impl Trees {
    pub(crate) fn get(&self, asker: &Asker, mark: Mark) -> Option<Arc<Tree>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(asker).filter(|(of, _)| *of == mark).map(|(_, tree)| Arc::clone(tree))
    }

    pub(crate) fn keep(&self, asker: Asker, mark: Mark, tree: &Arc<Tree>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT && !kept.contains_key(&asker) {
            kept.clear();
        }
        kept.insert(asker, (mark, Arc::clone(tree)));
    }
}

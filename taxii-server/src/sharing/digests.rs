use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ring::digest::{SHA256, digest};
use taxii_model::Timestamp;
use taxii_model::changes::{DigestLeaf, DigestRange, Digests};

use super::offer::Offer;
use crate::access::Viewer;
use crate::auth::hex;
use crate::store::{CollectionKey, Mark, Result, StoreError, content_version};

/// A prefix has so many digits at most.
pub(crate) const MOST_DIGITS: usize = 64;
/// So few versions are told one by one.
const FEW: usize = 64;
/// So many versions are told of at most: they are in memory.
const MOST: usize = 2_000_000;
/// So many trees are kept.
const KEPT: usize = 4;

/// What is offered of a collection, in order of keys.
#[derive(Debug)]
pub(crate) struct Tree {
    leaves: Vec<Leaf>,
}

#[derive(Debug)]
struct Leaf {
    key: [u8; 32],
    id: Box<str>,
    version: Box<str>,
    digest: Box<str>,
    stamp: Timestamp,
}

fn sha(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.iter_mut().zip(digest(&SHA256, text.as_bytes()).as_ref()).for_each(|(to, from)| *to = *from);
    hash
}

/// Adds modulo 2^256.
fn add(sum: &mut [u8; 32], other: &[u8; 32]) {
    let mut carry = 0_u16;
    for (to, from) in sum.iter_mut().zip(other).rev() {
        let digit = u16::from(*to) + u16::from(*from) + carry;
        *to = digit.to_be_bytes()[1];
        carry = digit >> 8;
    }
}

impl Tree {
    /// Reads all that is offered.
    pub(crate) async fn read(offer: &Offer<'_>) -> Result<Self> {
        const PAGE: usize = 1000;
        const BYTES: usize = 8 << 20;
        let mut leaves = Vec::new();
        let mut after = Timestamp::from_micros(i64::MIN);
        loop {
            let page = offer.page(after, PAGE, BYTES).await?;
            for changed in page.changes {
                let Some(text) = changed.text else { continue };
                let digest = content_version(&text);
                let digest = digest.trim_start_matches("sha256:").into();
                let key = sha(&format!("{}\n{}", changed.id, changed.version));
                let (id, version) = (changed.id.into(), changed.version.into());
                leaves.push(Leaf { key, id, version, digest, stamp: changed.stamp });
            }
            if leaves.len() > MOST {
                return Err(StoreError::Unavailable(format!("more than {MOST} versions cannot be compared")));
            }
            after = page.reached;
            if !page.more {
                break;
            }
        }
        leaves.sort_by(|a, b| (&a.key, &a.digest).cmp(&(&b.key, &b.digest)));
        Ok(Self { leaves })
    }

    fn below(&self, prefix: &str) -> impl Iterator<Item = &Leaf> {
        self.leaves.iter().filter(move |leaf| hex(&leaf.key).starts_with(prefix))
    }

    /// What lies below a prefix.
    pub(crate) fn tell(&self, prefix: &str) -> Digests {
        let own: Vec<&Leaf> = self.below(prefix).collect();
        let prefix_text = prefix.to_owned();
        if own.len() <= FEW || prefix.len() >= MOST_DIGITS {
            let leaf = |leaf: &Leaf| DigestLeaf {
                id: leaf.id.to_string(),
                version: leaf.version.to_string(),
                digest: leaf.digest.to_string(),
            };
            return Digests::Leaves { prefix: prefix_text, leaves: own.into_iter().map(leaf).collect() };
        }
        let mut children: Vec<(String, u64, [u8; 32])> = Vec::new();
        for leaf in own {
            let child: String = hex(&leaf.key).chars().take(prefix.len() + 1).collect();
            let hash = sha(&format!("{}\n{}\n{}", leaf.id, leaf.version, leaf.digest));
            match children.last_mut() {
                Some((last, count, sum)) if *last == child => {
                    *count += 1;
                    add(sum, &hash);
                }
                _ => children.push((child, 1, hash)),
            }
        }
        let range = |(prefix, count, sum): (String, u64, [u8; 32])| DigestRange { prefix, count, digest: hex(&sum) };
        Digests::Children { prefix: prefix_text, children: children.into_iter().map(range).collect() }
    }

    /// When those were added that lie below a prefix, in order, after a stamp.
    pub(crate) fn stamps(&self, prefix: &str, after: Timestamp) -> Vec<Timestamp> {
        let mut stamps: Vec<Timestamp> =
            self.below(prefix).map(|leaf| leaf.stamp).filter(|stamp| *stamp > after).collect();
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

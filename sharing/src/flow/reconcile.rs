//! What two collections have not in common, found by comparing digests of ranges.
//!
//! After an outage, a restored backup or a flow that was without a policy for a while, one wants to know whether both ends have the same, without
//! sending all of it. Every version has a key that lies evenly among all keys ([`key`]); the digest of a range of keys is the sum of the
//! digests of what lies in it. Where two ranges agree, nothing else is asked about them; where they differ, their parts are compared.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! use sharing::flow::reconcile::{Leaf, Tree, compare};
//!
//! let leaf = |id: &str| Leaf::new(id, "2026-01-01T00:00:00Z", "9c56cc51");
//! let ours: Tree = (0..2000).map(|number| leaf(&number.to_string())).collect();
//! let theirs: Tree = (1..2001).map(|number| leaf(&number.to_string())).collect();
//! let difference = compare(&ours, &theirs).await?;
//! assert_eq!((difference.only_ours.len(), difference.only_theirs.len(), difference.other_content.len()), (1, 1, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;

use async_trait::async_trait;
use stix_model::Timestamp;

use super::digest::hex;
use super::{Fault, Item, sha256};

/// Ranges with no more versions than this are told version by version.
pub const FEW: usize = 256;
/// More questions than this are asked by nobody who has sensible collections to compare.
const MOST_QUESTIONS: u64 = 200_000;
/// More versions than this are not few.
const MOST_LEAVES: usize = 64 * FEW;

/// One version and its content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leaf {
    /// The object's `id`.
    pub id: String,
    /// Its version in normal form, however many digits it is written with.
    pub version: String,
    /// SHA-256 of its canonical text.
    pub digest: String,
}

impl Leaf {
    /// A version as it is written, in normal form.
    #[must_use]
    pub fn new(id: &str, version: &str, digest: &str) -> Self {
        let normal = version.parse::<Timestamp>().map_or_else(|_| version.to_owned(), |at| at.sort_key());
        Self { id: id.to_owned(), version: normal, digest: digest.to_owned() }
    }

    /// Where it lies.
    #[must_use]
    pub fn key(&self) -> String {
        key(&self.id, &self.version)
    }

    fn sum(&self) -> Sum {
        let mut sum = Sum::default();
        sum.add(format!("{}\n{}\n{}", self.id, self.version, self.digest).as_bytes());
        sum
    }
}

impl From<&Item> for Leaf {
    fn from(item: &Item) -> Self {
        Self::new(item.id(), item.version(), &item.content_digest())
    }
}

/// Where a version in normal form lies: SHA-256 of its id, a line feed and its version.
#[must_use]
pub fn key(id: &str, version: &str) -> String {
    sha256(format!("{id}\n{version}").as_bytes())
}

/// The digest of several versions: the sum of theirs modulo 2^256, so that it can be kept up to date by adding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum([u8; 32]);

impl Sum {
    /// Takes in the SHA-256 of this text.
    fn add(&mut self, text: &[u8]) {
        let digest = ring::digest::digest(&ring::digest::SHA256, text);
        self.plus(digest.as_ref());
    }

    fn plus(&mut self, digest: &[u8]) {
        let mut carry = 0_u16;
        for (ours, theirs) in self.0.iter_mut().rev().zip(digest.iter().rev()) {
            let sum = u16::from(*ours) + u16::from(*theirs) + carry;
            *ours = u8::try_from(sum & 0xff).unwrap_or_default();
            carry = sum >> 8;
        }
    }

    /// Takes in one version.
    pub fn add_leaf(&mut self, leaf: &Leaf) {
        self.plus(&leaf.sum().0);
    }

    /// In hexadecimal.
    #[must_use]
    pub fn text(&self) -> String {
        hex(&self.0)
    }
}

/// A range of keys: those that begin with `prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// In lower-case hexadecimal.
    pub prefix: String,
    /// How many versions lie in it.
    pub count: u64,
    /// Their [`Sum`].
    pub digest: String,
}

/// What lies below a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Below {
    /// Many: the ranges one digit further; those with nothing in them are left out.
    Ranges(Vec<Range>),
    /// Few, or none.
    Versions(Vec<Leaf>),
}

/// A collection that can be compared.
#[async_trait]
pub trait Digests: Send + Sync {
    /// What lies below this prefix, which may be empty.
    ///
    /// # Errors
    /// It cannot be told.
    async fn below(&self, prefix: &str) -> Result<Below, Fault>;
}

/// What two collections have not in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Versions that only the first has.
    pub only_ours: Vec<Leaf>,
    /// Versions that only the second has.
    pub only_theirs: Vec<Leaf>,
    /// Versions that both have, with different content: of the first, and of the second.
    pub other_content: Vec<(Leaf, Leaf)>,
    /// How many questions each was asked, at most.
    pub questions: u64,
}

/// One side of a range: to be asked, or known already.
enum Side {
    Ask,
    Known(Vec<Leaf>),
}

/// Compares two collections.
///
/// # Errors
/// One of them cannot be asked, or its answers make no sense: [`Fault::Malformed`].
pub async fn compare(ours: &dyn Digests, theirs: &dyn Digests) -> Result<Difference, Fault> {
    let mut difference = Difference::default();
    let mut waiting = vec![(String::new(), Side::Ask, Side::Ask)];
    while let Some((prefix, one, other)) = waiting.pop() {
        difference.questions += 1;
        if difference.questions > MOST_QUESTIONS {
            return Err(malformed("the ranges do not come to an end".to_owned()));
        }
        let one = answer(ours, &prefix, one).await?;
        let other = answer(theirs, &prefix, other).await?;
        match (one, other) {
            (Below::Versions(one), Below::Versions(other)) => difference.add(one, other),
            (one, other) => descend(&one, &other, &prefix, &mut waiting),
        }
    }
    Ok(difference)
}

async fn answer(side: &dyn Digests, prefix: &str, known: Side) -> Result<Below, Fault> {
    match known {
        Side::Known(leaves) => Ok(Below::Versions(leaves)),
        Side::Ask => {
            let below = side.below(prefix).await?;
            check(prefix, &below)?;
            Ok(below)
        }
    }
}

/// Nothing that lies elsewhere, nothing twice, and no more than makes sense.
fn check(prefix: &str, below: &Below) -> Result<(), Fault> {
    let lies_below = |text: &str| text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty());
    match below {
        Below::Versions(leaves) if leaves.len() > MOST_LEAVES => {
            Err(malformed(format!("{} versions are told at once", leaves.len())))
        }
        Below::Versions(leaves) => match leaves.iter().find(|leaf| !leaf.key().starts_with(prefix)) {
            Some(leaf) => Err(malformed(format!("{} does not lie below {prefix:?}", leaf.id))),
            None => Ok(()),
        },
        Below::Ranges(ranges) => {
            let digit = |range: &Range| range.prefix.len() == prefix.len() + 1 && lies_below(&range.prefix);
            let good = |range: &Range| digit(range) && range.prefix.ends_with(|c| matches!(c, '0'..='9' | 'a'..='f'));
            let rising = ranges.windows(2).all(|pair| matches!(pair, [a, b] if a.prefix < b.prefix));
            match ranges.iter().all(good) && rising {
                true => Ok(()),
                false => Err(malformed(format!("the ranges are not those below {prefix:?}"))),
            }
        }
    }
}

fn malformed(reason: String) -> Fault {
    Fault::Malformed { place: "digests".to_owned(), reason }
}

/// Goes on with the parts that differ. Of a side whose versions are known, parts are known, too.
fn descend(one: &Below, other: &Below, prefix: &str, waiting: &mut Vec<(String, Side, Side)>) {
    let (ours, theirs) = (parts(one, prefix), parts(other, prefix));
    let prefixes: std::collections::BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for prefix in prefixes {
        let (one, other) = (ours.get(prefix), theirs.get(prefix));
        let same = match (one, other) {
            (Some(one), Some(other)) => (one.count, &one.digest) == (other.count, &other.digest),
            _ => false,
        };
        if !same {
            waiting.push((prefix.clone(), side(one), side(other)));
        }
    }
}

fn side(part: Option<&Part>) -> Side {
    match part {
        None => Side::Known(Vec::new()),
        Some(Part { known: Some(leaves), .. }) => Side::Known(leaves.clone()),
        Some(_) => Side::Ask,
    }
}

/// A range, and its versions if they are known.
struct Part {
    count: u64,
    digest: String,
    known: Option<Vec<Leaf>>,
}

fn parts(below: &Below, prefix: &str) -> BTreeMap<String, Part> {
    match below {
        Below::Ranges(ranges) => {
            let part = |range: &Range| Part { count: range.count, digest: range.digest.clone(), known: None };
            ranges.iter().map(|range| (range.prefix.clone(), part(range))).collect()
        }
        Below::Versions(leaves) => {
            let mut grouped: BTreeMap<String, Vec<Leaf>> = BTreeMap::new();
            for leaf in leaves {
                let key = leaf.key();
                let longer = key.get(..=prefix.len()).unwrap_or(&key).to_owned();
                grouped.entry(longer).or_default().push(leaf.clone());
            }
            let part =
                |leaves: Vec<Leaf>| Part { count: leaves.len() as u64, digest: sum(&leaves), known: Some(leaves) };
            grouped.into_iter().map(|(prefix, leaves)| (prefix, part(leaves))).collect()
        }
    }
}

fn sum<'a>(leaves: impl IntoIterator<Item = &'a Leaf>) -> String {
    let mut sum = Sum::default();
    leaves.into_iter().for_each(|leaf| sum.add_leaf(leaf));
    sum.text()
}

impl Difference {
    fn add(&mut self, ours: Vec<Leaf>, theirs: Vec<Leaf>) {
        let mut there: BTreeMap<(String, String), Leaf> =
            theirs.into_iter().map(|leaf| ((leaf.id.clone(), leaf.version.clone()), leaf)).collect();
        for leaf in ours {
            match there.remove(&(leaf.id.clone(), leaf.version.clone())) {
                None => self.only_ours.push(leaf),
                Some(other) if other.digest != leaf.digest => self.other_content.push((leaf, other)),
                Some(_) => {}
            }
        }
        self.only_theirs.extend(there.into_values());
    }
}

/// Digests in memory: what a store has to agree with.
#[derive(Clone, Debug, Default)]
pub struct Tree(BTreeMap<String, Leaf>);

impl FromIterator<Leaf> for Tree {
    fn from_iter<T: IntoIterator<Item = Leaf>>(leaves: T) -> Self {
        Self(leaves.into_iter().map(|leaf| (leaf.key(), leaf)).collect())
    }
}

impl Tree {
    fn within(&self, prefix: &str) -> impl Iterator<Item = &Leaf> {
        let after = format!("{prefix}g");
        self.0.range(prefix.to_owned()..after).map(|(_, leaf)| leaf)
    }

    /// What lies below a prefix, told version by version if there are no more than `few`.
    #[must_use]
    pub fn at(&self, prefix: &str, few: usize) -> Below {
        if self.within(prefix).take(few + 1).count() <= few {
            return Below::Versions(self.within(prefix).cloned().collect());
        }
        let ranges = "0123456789abcdef".chars().map(|digit| {
            let prefix = format!("{prefix}{digit}");
            Range { count: self.within(&prefix).count() as u64, digest: sum(self.within(&prefix)), prefix }
        });
        Below::Ranges(ranges.filter(|range| range.count > 0).collect())
    }
}

#[async_trait]
impl Digests for Tree {
    async fn below(&self, prefix: &str) -> Result<Below, Fault> {
        Ok(self.at(prefix, FEW))
    }
}

use std::collections::VecDeque;

use super::version::{Key, Version};

/// With more of them, each two become one.
const MOST: usize = 256;

/// What was read in this pass, in stretches of its order: some hundred sums tell, of a list that is fetched again later, which parts of
/// it were read as they are now.
#[derive(Debug, Default)]
pub(super) struct Stretches {
    /// Behind where the pass is.
    done: Vec<Stretch>,
    /// Read by a pass that this one goes on from, with holes between where the list has changed since.
    ahead: VecDeque<Stretch>,
    /// How many versions the last stretch that is done has, if more may come to it.
    open: usize,
    /// How many it may have.
    size: usize,
}

/// From behind the stretch before it up to a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    end: Key,
    /// Of the marks of what was read in it; 0 for a hole. Whatever the order, and two are added to become one.
    sum: u128,
}

/// In the packed form.
const OCTETS: usize = 40;

impl Stretches {
    pub(super) fn is_empty(&self) -> bool {
        self.done.is_empty() && self.ahead.is_empty()
    }

    /// What of a list has still to be read, in the order of the pass, which begins anew. Where the list is another than the one that
    /// was read, all of the stretch has to be.
    pub(super) fn unread(&mut self, listed: Vec<Version>) -> VecDeque<Version> {
        let mut stretches: Vec<_> = self.iter().copied().collect();
        while stretches.len() > MOST {
            stretches = halved(&stretches);
        }
        let mut rest = listed.into_iter().peekable();
        let mut unread = VecDeque::new();
        for stretch in &mut stretches {
            let within: Vec<_> = std::iter::from_fn(|| rest.next_if(|version| version.key <= stretch.end)).collect();
            if within.iter().fold(0, |sum: u128, version| sum.wrapping_add(version.mark)) != stretch.sum {
                stretch.sum = 0;
                unread.extend(within);
            }
        }
        unread.extend(rest);
        *self = Self { ahead: stretches.into(), ..Self::default() };
        unread
    }

    /// This one was read, and all before it.
    pub(super) fn add(&mut self, version: &Version) {
        while let Some(stretch) = self.ahead.pop_front_if(|stretch| stretch.end < version.key) {
            // What was read of a hole stands before it.
            if stretch.sum != 0 {
                self.done.push(stretch);
                self.open = 0;
            }
        }
        match self.done.last_mut() {
            Some(last) if (1..self.size).contains(&self.open) => {
                *last = Stretch { end: version.key, sum: last.sum.wrapping_add(version.mark) };
                self.open += 1;
            }
            _ => {
                self.done.push(Stretch { end: version.key, sum: version.mark });
                self.open = 1;
            }
        }
        if self.done.len() > MOST {
            self.done = halved(&self.done);
            (self.open, self.size) = (0, self.size.max(1) * 2);
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Stretch> {
        self.done.iter().chain(&self.ahead)
    }

    pub(super) fn octets(&self) -> Vec<u8> {
        self.iter().flat_map(Stretch::octets).collect()
    }

    /// `None` if it is cut off.
    pub(super) fn of_octets(octets: &[u8]) -> Option<Self> {
        let (stretches, rest) = octets.as_chunks::<OCTETS>();
        let ahead = stretches.iter().map(Stretch::of_octets).collect::<Option<_>>()?;
        rest.is_empty().then(|| Self { ahead, ..Self::default() })
    }
}

/// Each two as one.
fn halved(stretches: &[Stretch]) -> Vec<Stretch> {
    let both = |two: &[Stretch]| {
        let sum = two.iter().fold(0, |sum: u128, one| sum.wrapping_add(one.sum));
        two.last().map(|last| Stretch { end: last.end, sum })
    };
    stretches.chunks(2).filter_map(both).collect()
}

impl Stretch {
    fn octets(&self) -> impl Iterator<Item = u8> + use<> {
        let Key { timestamp, uuid } = self.end;
        timestamp.to_be_bytes().into_iter().chain(uuid.to_be_bytes()).chain(self.sum.to_be_bytes())
    }

    fn of_octets(octets: &[u8; OCTETS]) -> Option<Self> {
        let (timestamp, rest) = octets.split_first_chunk()?;
        let (uuid, sum) = rest.split_first_chunk()?;
        let end = Key { timestamp: i64::from_be_bytes(*timestamp), uuid: u128::from_be_bytes(*uuid) };
        Some(Self { end, sum: u128::from_be_bytes(*sum.first_chunk()?) })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn version(n: u128, timestamp: i64) -> Version {
        Version::new(&uuid::Uuid::from_u128(n).to_string(), timestamp).unwrap()
    }

    fn keys<'v>(versions: impl IntoIterator<Item = &'v Version>) -> BTreeSet<Key> {
        versions.into_iter().map(|version| version.key).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        /// Promise: whatever is published late or removed between restarts, nothing that was not read is taken for read, nothing is read
        /// twice where nothing has changed, and the stretches stay few.
        #[test]
        fn what_was_not_read_is_known(
            rounds in prop::collection::vec((0usize..700, 0usize..3, any::<u64>()), 1..6),
        ) {
            let (mut stretches, mut read) = (Stretches::default(), BTreeSet::new());
            let mut listed: Vec<_> = (0..1000).map(|n| version(n, i64::try_from(n * 7 % 300).unwrap())).collect();
            let mut before = keys(&listed);
            for (most, changes, seed) in rounds {
                let seed = u128::from(seed);
                for n in 0..changes as u128 {
                    listed.retain(|version| version.key.uuid != (seed >> (8 * n)) % 1000);
                    listed.push(version((1 << 100) | (seed << n), i64::try_from(seed % 400).unwrap()));
                }
                listed.sort_by_key(|version| version.key);
                let few = stretches.octets().len() <= MOST * OCTETS;
                let left = stretches.unread(listed.clone());
                let missing: BTreeSet<_> = keys(&listed).difference(&read).copied().collect();
                prop_assert!(missing.is_subset(&keys(&left)));
                if changes == 0 && few {
                    prop_assert_eq!(keys(&left), before);
                }
                for version in left.iter().take(most) {
                    stretches.add(version);
                    read.insert(version.key);
                }
                before = keys(left.iter().skip(most));
                prop_assert!(stretches.octets().len() <= (2 * MOST + 1) * OCTETS);
                stretches = Stretches::of_octets(&stretches.octets()).unwrap();
            }
        }
    }

    /// What changes behind where a pass is costs who goes on a stretch and not the pass, and does so once.
    #[test]
    fn a_change_costs_a_stretch() {
        let listed: Vec<_> = (0..10_000).map(|n| version(n, i64::try_from(n).unwrap())).collect();
        let mut stretches = Stretches::default();
        listed.iter().take(9000).for_each(|version| stretches.add(version));
        let mut changed = listed.clone();
        changed[4000] = version(4000, 20_000);
        changed.sort_by_key(|version| version.key);
        let left = stretches.unread(changed.clone());
        assert!(left.len() <= 1000 + 64, "{}", left.len());
        for version in left.iter().take(left.len() - 500) {
            stretches.add(version);
        }
        let mut again = Stretches::of_octets(&stretches.octets()).unwrap();
        assert_eq!(again.unread(changed).len(), 500);
    }
}

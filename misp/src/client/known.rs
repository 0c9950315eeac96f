use super::version::Version;

/// The versions that were read in passes before, in eight octets each: by half of their marks, in order.
///
/// Beside 300,000 of them, one new version in sixty million million would be taken for one that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known(Vec<u64>);

impl Known {
    pub(super) fn of<'v>(versions: impl IntoIterator<Item = &'v Version>) -> Self {
        Self::sorted(versions.into_iter().map(short).collect())
    }

    fn sorted(mut marks: Vec<u64>) -> Self {
        marks.sort_unstable();
        marks.dedup();
        Self(marks)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn has(&self, version: &Version) -> bool {
        self.0.binary_search(&short(version)).is_ok()
    }

    pub(super) fn remove(&mut self, versions: &[Version]) {
        let removed = Self::of(versions);
        self.0.retain(|mark| removed.0.binary_search(mark).is_err());
    }

    pub(super) fn octets(&self) -> Vec<u8> {
        self.0.iter().flat_map(|mark| mark.to_be_bytes()).collect()
    }

    /// `None` if it is cut off.
    pub(super) fn of_octets(octets: &[u8]) -> Option<Self> {
        let (marks, rest) = octets.as_chunks();
        rest.is_empty().then(|| Self::sorted(marks.iter().map(|mark| u64::from_be_bytes(*mark)).collect()))
    }
}

fn short(version: &Version) -> u64 {
    (version.mark >> 64) as u64
}

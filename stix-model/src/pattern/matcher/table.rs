//! Which observations each leaf of a plan lets pass.

use super::MatchError;
use super::budget::Budget;
use super::moment::Moment;
use super::observation::Observation;
use super::plan::{Filter, Plans};

/// The observations that some leaf lets pass, in the order in which they were first seen.
#[derive(Debug)]
pub(super) struct Table {
    candidates: Vec<Candidate>,
    /// For each leaf, the places of its candidates, in order.
    leaves: Vec<Vec<usize>>,
    /// The longest time from the first to the last time that one was seen.
    longest: Moment,
}

/// An observation that may be part of a match.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) first: Moment,
    pub(super) last: Moment,
    /// How often it was seen.
    pub(super) number: u64,
    /// Its place in what was given.
    pub(super) observation: usize,
}

impl Table {
    /// Of observations of which it is known for each condition of which ones it is true, in ascending order.
    pub(super) fn new(
        plans: &Plans,
        matched: &[&[usize]],
        observations: &[Observation<'_>],
        budget: &Budget,
    ) -> Result<Self, MatchError> {
        let candidate = |at: &usize| {
            let seen = observations.get(*at)?;
            Some(Candidate { first: seen.first(), last: seen.last(), number: seen.number(), observation: *at })
        };
        let of = |condition: usize| matched.get(condition).copied().unwrap_or_default();
        budget.spend(matched.iter().map(|matched| matched.len()).sum())?;
        let mut candidates: Vec<Candidate> = matched.iter().copied().flatten().filter_map(candidate).collect();
        candidates.sort_unstable_by_key(|it| (it.first, it.last, it.observation));
        candidates.dedup_by_key(|it| it.observation);
        let place = |it: &Candidate| {
            let key = (it.first, it.last, it.observation);
            candidates.binary_search_by_key(&key, |it| (it.first, it.last, it.observation)).ok()
        };
        let leaves = plans.leaves().iter().map(|leaf| {
            let passing = leaf.alternatives.iter().flat_map(|(condition, filter)| {
                let seen = of(*condition).iter().filter_map(candidate);
                seen.filter(|it| filter.passes(it.first, it.last))
            });
            let mut places: Vec<usize> = passing.filter_map(|it| place(&it)).collect();
            places.sort_unstable();
            places.dedup();
            places
        });
        let leaves = leaves.collect();
        let longest = candidates.iter().map(|it| it.last - it.first).max().unwrap_or_default();
        Ok(Self { leaves, longest, candidates })
    }

    pub(super) fn candidate(&self, place: usize) -> Option<&Candidate> {
        self.candidates.get(place)
    }

    /// The places of a leaf's candidates, in order.
    pub(super) fn places(&self, leaf: usize) -> &[usize] {
        self.leaves.get(leaf).map(Vec::as_slice).unwrap_or_default()
    }

    /// The places of a leaf's candidates that a filter lets pass, in order.
    pub(super) fn passing(
        &self,
        leaf: usize,
        filter: Filter,
        budget: &Budget,
    ) -> Result<impl Iterator<Item = (usize, &Candidate)>, MatchError> {
        let places = self.leaves.get(leaf).map(Vec::as_slice).unwrap_or_default();
        let first = |place: &usize| self.candidate(*place).map_or(0, |it| it.first);
        // What was first seen longer before than any was seen for is out.
        let earliest = filter.from.saturating_sub(self.longest);
        let begin = places.partition_point(|place| first(place) < earliest);
        let end = places.partition_point(|place| first(place) <= filter.until);
        let within = places.get(begin..end).unwrap_or_default();
        budget.spend(1 + within.len())?;
        let candidates = within.iter().filter_map(|place| Some((*place, self.candidate(*place)?)));
        Ok(candidates.filter(move |(_, it)| it.last >= filter.from))
    }
}

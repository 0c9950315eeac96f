//! An instant that is to be chosen, moved from the first to the last at which something changes.
//!
//! `WITHIN` asks for an instant from which a span begins, `FOLLOWEDBY` for one that parts what is before from what is
//! behind. Each candidate fits from one instant to another. Just before one ceases to fit, more fit than at any instant
//! since another ceased to; so only these instants have to be looked at.

use super::MatchError;
use super::budget::Budget;
use super::flow::{Classes, Demand, Mask, flip};
use super::moment::{MAX, MIN, Moment};
use super::plan::Filter;
use super::table::{Candidate, Table};

/// What an instant means for a demand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    /// Nothing.
    Free,
    /// It is first seen not later.
    Until,
    /// It is last seen not earlier.
    From,
    /// It is last seen not earlier, and first seen before a span from then on is over.
    Span(Moment),
}

impl Bound {
    /// From when to when the instant may be, for a candidate to fit.
    fn fits(self, it: &Candidate) -> (Moment, Moment) {
        match self {
            Self::Free => (MIN, MAX),
            Self::Until => (it.first, MAX),
            Self::From => (MIN, it.last),
            Self::Span(span) => (it.first - span + 1, it.last),
        }
    }

    /// What is asked of candidates, once the instant is chosen.
    pub(super) fn at(self, instant: Moment) -> Filter {
        match self {
            Self::Free => Filter::NONE,
            Self::Until => Filter { until: instant, ..Filter::NONE },
            Self::From => Filter { from: instant, ..Filter::NONE },
            Self::Span(span) => Filter { until: (instant + span - 1).min(MAX), from: instant },
        }
    }
}

/// A candidate begins or ceases to fit a demand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    instant: Moment,
    place: usize,
    demand: usize,
}

/// Visits, in their order, the instants after a given one at which the demands could all be met, until a visit gives
/// something.
pub(super) fn sweep<T>(
    table: &Table,
    demands: &[(Demand, Bound)],
    after: Moment,
    budget: &Budget,
    mut visit: impl FnMut(Moment) -> Result<Option<T>, MatchError>,
) -> Result<Option<T>, MatchError> {
    let (mut begins, mut ends) = (Vec::new(), Vec::new());
    for (at, (demand, bound)) in demands.iter().enumerate() {
        for (place, it) in table.passing(demand.leaf, demand.filter, budget)? {
            let (begin, end) = bound.fits(it);
            begins.push(Change { instant: begin, place, demand: at });
            ends.push(Change { instant: end, place, demand: at });
        }
    }
    budget.spend(begins.len() * (2 + demands.len() / 4))?;
    begins.sort_unstable();
    ends.sort_unstable();
    let mut places: Vec<usize> = begins.iter().map(|change| change.place).collect();
    places.sort_unstable();
    places.dedup();
    let masks = vec![Mask::default(); places.len()];
    let mut fitting = Fitting { table, classes: Classes::new(demands.len()), masks, places };
    let times: Vec<u64> = demands.iter().map(|(demand, _)| demand.times).collect();
    let mut begins = begins.into_iter().peekable();
    let mut has_more = false;
    for (i, end) in ends.iter().enumerate() {
        while let Some(change) = begins.next_if(|change| change.instant <= end.instant) {
            fitting.change(&change);
            has_more = true;
        }
        let is_first_of_instant = i == 0 || ends.get(i - 1).is_none_or(|before| before.instant != end.instant);
        if is_first_of_instant && has_more && end.instant > after {
            has_more = false;
            if fitting.classes.suffice(&times, budget)?
                && let Some(found) = visit(end.instant)?
            {
                return Ok(Some(found));
            }
        }
        fitting.change(end);
    }
    Ok(None)
}

/// The candidates that fit now.
struct Fitting<'t> {
    table: &'t Table,
    classes: Classes,
    /// Who asks for a candidate, in the order of the places.
    masks: Vec<Mask>,
    places: Vec<usize>,
}

impl Fitting<'_> {
    fn change(&mut self, change: &Change) {
        let Ok(at) = self.places.binary_search(&change.place) else { return };
        let (Some(mask), Some(it)) = (self.masks.get_mut(at), self.table.candidate(change.place)) else { return };
        let before = *mask;
        flip(mask, change.demand);
        self.classes.change(&before, mask, it.number);
    }
}

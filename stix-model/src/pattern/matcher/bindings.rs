//! Every binding, one by one: here all combinations are tried, up to a limit.

use std::collections::HashSet;

use super::budget::Budget;
use super::moment::{MAX, MIN, Moment};
use super::plan::Plan;
use super::search::Search;
use super::table::Table;
use super::{Binding, MatchError};

/// Single observations in one combination; each takes some of the stack.
const DEPTH: usize = 200;

pub(super) fn all(table: &Table, budget: &Budget, plan: &Plan, limit: usize) -> Result<Vec<Binding>, MatchError> {
    let search = Search::new(table, budget);
    let plan = search.settle(plan)?;
    let mut known = HashSet::new();
    let mut found = Vec::new();
    let mut walk = Walk { table, budget, taken: Vec::new(), depth: 0 };
    walk.each(&plan, Times::NONE, &mut |walk, _| {
        let binding = search.binding(walk.taken.clone());
        if known.insert(binding.clone()) {
            found.push(binding);
        }
        Ok(found.len() < limit)
    })?;
    Ok(found)
}

/// What has been taken so far.
struct Walk<'t> {
    table: &'t Table,
    budget: &'t Budget,
    /// Candidates by their places, and how many instances of each.
    taken: Vec<(usize, u64)>,
    depth: usize,
}

/// From when to when a binding is: the latest first and the earliest last time of its observations.
#[derive(Clone, Copy)]
struct Times {
    latest_first: Moment,
    earliest_last: Moment,
}

impl Times {
    const NONE: Self = Self { latest_first: MIN, earliest_last: MAX };

    fn and(self, other: Self) -> Self {
        Self {
            latest_first: self.latest_first.max(other.latest_first),
            earliest_last: self.earliest_last.min(other.earliest_last),
        }
    }
}

/// What is done with a binding; `false` if no more are wanted.
type Then<'a, 't> = dyn FnMut(&mut Walk<'t>, Times) -> Result<bool, MatchError> + 'a;

impl<'t> Walk<'t> {
    /// Visits every binding of a plan that is disjoint from what is taken.
    fn each(&mut self, plan: &Plan, before: Times, then: &mut Then<'_, 't>) -> Result<bool, MatchError> {
        self.budget.spend(1)?;
        if self.depth > DEPTH {
            return Err(MatchError::Limit);
        }
        self.depth += 1;
        let goes_on = match plan {
            Plan::Never => Ok(true),
            Plan::Leaf(leaf) => {
                self.each_of_leaf(*leaf, 1, 0, Times::NONE, &mut |walk, times| then(walk, before.and(times)))
            }
            Plan::All(plans) => self.each_of_all(plans, before, then),
            Plan::Any(plans) => self.each_side(plans, before, then),
            Plan::Ordered(plans) => {
                self.each_in_order(plans, Times::NONE, &mut |walk, times| then(walk, before.and(times)))
            }
            Plan::Within(span, plan) => self.each(plan, Times::NONE, &mut |walk, times| match times.latest_first
                < times.earliest_last.saturating_add(*span)
            {
                true => then(walk, before.and(times)),
                false => Ok(true),
            }),
            Plan::Repeats { times, plan, .. } => match plan.as_ref() {
                Plan::Leaf(leaf) => {
                    self.each_of_leaf(*leaf, *times, 0, Times::NONE, &mut |walk, times| then(walk, before.and(times)))
                }
                plan => self.each_repeated(plan, *times, before, then),
            },
        };
        self.depth -= 1;
        goes_on
    }

    /// So many instances of what a leaf lets pass, from a place on.
    fn each_of_leaf(
        &mut self,
        leaf: usize,
        wanted: u64,
        from: usize,
        times: Times,
        then: &mut Then<'_, 't>,
    ) -> Result<bool, MatchError> {
        if wanted == 0 {
            return then(self, times);
        }
        if self.depth > DEPTH {
            return Err(MatchError::Limit);
        }
        for at in from.. {
            self.budget.spend(1)?;
            let Some((place, it)) =
                self.table.places(leaf).get(at).and_then(|place| Some((*place, self.table.candidate(*place)?)))
            else {
                break;
            };
            let is_taken = self.taken.iter().filter(|(taken, _)| *taken == place).map(|(_, times)| times).sum::<u64>();
            let seen = times.and(Times { latest_first: it.first, earliest_last: it.last });
            for number in (1..=wanted.min(it.number - is_taken)).rev() {
                self.taken.push((place, number));
                self.depth += 1;
                let goes_on = self.each_of_leaf(leaf, wanted - number, at + 1, seen, then);
                self.depth -= 1;
                self.taken.pop();
                if !goes_on? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn each_of_all(&mut self, plans: &[Plan], before: Times, then: &mut Then<'_, 't>) -> Result<bool, MatchError> {
        match plans.split_first() {
            None => then(self, before),
            Some((first, others)) => self.each(first, before, &mut |walk, times| walk.each_of_all(others, times, then)),
        }
    }

    fn each_side(&mut self, plans: &[Plan], before: Times, then: &mut Then<'_, 't>) -> Result<bool, MatchError> {
        for plan in plans {
            if !self.each(plan, before, then)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn each_in_order(&mut self, plans: &[Plan], before: Times, then: &mut Then<'_, 't>) -> Result<bool, MatchError> {
        match plans.split_first() {
            None => then(self, before),
            Some((first, others)) => {
                self.each(first, Times::NONE, &mut |walk, times| match before.latest_first <= times.earliest_last {
                    true => walk.each_in_order(others, before.and(times), then),
                    false => Ok(true),
                })
            }
        }
    }

    fn each_repeated(
        &mut self,
        plan: &Plan,
        times: u64,
        before: Times,
        then: &mut Then<'_, 't>,
    ) -> Result<bool, MatchError> {
        match times {
            0 => then(self, before),
            _ => self.each(plan, before, &mut |walk, seen| walk.each_repeated(plan, times - 1, seen, then)),
        }
    }
}

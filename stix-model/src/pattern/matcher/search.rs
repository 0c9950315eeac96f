//! Is there a binding? Goals are taken apart until only demands for single observations are left, which a flow decides.
//!
//! What has to be chosen on the way is chosen in depth: a side of `OR`, and the instants of `WITHIN` and `FOLLOWEDBY`. How
//! often something is repeated is never counted out: a choice is made for as many repetitions at once as can be. Before
//! each choice it is checked that all demands could be met if time did not matter any more, so that few choices are made
//! in vain.

use std::borrow::Cow;

use super::budget::Budget;
use super::flow::{self, Demand, Given, MOST};
use super::moment::Moment;
use super::plan::{Filter, Plan};
use super::sweep::{Bound, sweep};
use super::table::Table;
use super::{Binding, MatchError};

/// Choices within choices; each takes some of the stack.
const DEPTH: usize = 160;

pub(super) struct Search<'t> {
    table: &'t Table,
    budget: &'t Budget,
}

/// So many disjoint bindings of something.
#[derive(Clone, Copy)]
struct Goal<'p> {
    what: What<'p>,
    times: u64,
    filter: Filter,
    /// The instant of a choice has to be later than this: bindings of one goal are found in this order.
    after: Moment,
}

#[derive(Clone, Copy)]
enum What<'p> {
    Plan(&'p Plan),
    Any(&'p [Plan]),
    Ordered(&'p [Plan]),
    Within(Moment, &'p Plan),
}

/// Goals that have a choice to make, and demands, which have none.
#[derive(Clone, Default)]
struct State<'p> {
    choices: Vec<Goal<'p>>,
    demands: Vec<Demand>,
}

impl<'t> Search<'t> {
    pub(super) fn new(table: &'t Table, budget: &'t Budget) -> Self {
        Self { table, budget }
    }

    pub(super) fn first(&self, plan: &Plan) -> Result<Option<Binding>, MatchError> {
        let plan = self.settle(plan)?;
        Ok(self.times(&plan, 1)?.map(|given| self.binding(given)))
    }

    /// With every `REPEATS` that counts all there is decided: it is one that is enough, or never.
    pub(super) fn settle<'p>(&self, plan: &'p Plan) -> Result<Cow<'p, Plan>, MatchError> {
        if !plan.counts() {
            return Ok(Cow::Borrowed(plan));
        }
        let each = |plans: &[Plan]| -> Result<Vec<Plan>, MatchError> {
            plans.iter().map(|plan| self.settle(plan).map(Cow::into_owned)).collect()
        };
        Ok(Cow::Owned(match plan {
            Plan::Never | Plan::Leaf(_) => plan.clone(),
            Plan::All(plans) => Plan::All(each(plans)?),
            Plan::Any(plans) => Plan::Any(each(plans)?),
            Plan::Ordered(plans) => Plan::Ordered(each(plans)?),
            Plan::Within(span, plan) => Plan::Within(*span, Box::new(self.settle(plan)?.into_owned())),
            Plan::Repeats { times, exactly, plan } => {
                let plan = Box::new(self.settle(plan)?.into_owned());
                match *exactly && self.times(&plan, times.saturating_add(1))?.is_some() {
                    true => Plan::Never,
                    false => Plan::Repeats { times: *times, exactly: false, plan },
                }
            }
        }))
    }

    pub(super) fn binding(&self, given: Given) -> Binding {
        let observation = |(place, times)| Some((self.table.candidate(place)?.observation, times));
        let mut instances: Vec<_> = given.into_iter().filter_map(observation).collect();
        instances.sort_unstable();
        instances.dedup_by(|next, known| {
            let is_same = next.0 == known.0;
            known.1 += if is_same { next.1 } else { 0 };
            is_same
        });
        Binding(instances)
    }

    /// So many disjoint bindings of a plan.
    fn times(&self, plan: &Plan, times: u64) -> Result<Option<Given>, MatchError> {
        let goal = Goal { what: What::Plan(plan), times, filter: Filter::NONE, after: Moment::MIN };
        self.solve(State::default(), &[goal], 0)
    }

    fn solve(&self, mut state: State<'_>, goals: &[Goal<'_>], depth: usize) -> Result<Option<Given>, MatchError> {
        if depth > DEPTH {
            return Err(MatchError::Limit);
        }
        // Lifetimes of goals and state are shortened to one.
        let mut state = State { choices: std::mem::take(&mut state.choices), demands: state.demands };
        if !self.take_apart(&mut state, goals)? || !self.could_be(&state)? {
            return Ok(None);
        }
        let Some(choice) = state.choices.pop() else { return flow::give(self.table, &state.demands, self.budget) };
        match choice.what {
            What::Any(plans) => self.choose_side(state, choice, plans, depth),
            What::Ordered(plans) if choice.times == 1 && !self.shares(plans.first(), &choice, &state) => {
                self.go_first(state, choice, plans, depth)
            }
            What::Plan(_) | What::Ordered(_) | What::Within(..) => self.choose_instant(&state, choice, depth),
        }
    }

    /// Adds goals to a state, as demands and choices. `false` if one of them cannot be met even alone.
    fn take_apart<'p>(&self, state: &mut State<'p>, goals: &[Goal<'p>]) -> Result<bool, MatchError> {
        let mut rest = goals.to_vec();
        while let Some(goal) = rest.pop() {
            self.budget.spend(1)?;
            let What::Plan(plan) = goal.what else {
                state.choices.push(goal);
                continue;
            };
            match plan {
                Plan::Never => return Ok(false),
                Plan::Leaf(leaf) => {
                    if !self.demand(state, Demand { leaf: *leaf, times: goal.times, filter: goal.filter })? {
                        return Ok(false);
                    }
                }
                Plan::All(plans) => rest.extend(plans.iter().map(|plan| Goal { what: What::Plan(plan), ..goal })),
                Plan::Repeats { times, plan, .. } => {
                    rest.push(Goal { what: What::Plan(plan), times: times.saturating_mul(goal.times), ..goal });
                }
                Plan::Any(plans) => state.choices.push(Goal { what: What::Any(plans), ..goal }),
                Plan::Ordered(plans) => state.choices.push(Goal { what: What::Ordered(plans), ..goal }),
                Plan::Within(span, plan) => state.choices.push(Goal { what: What::Within(*span, plan), ..goal }),
            }
        }
        Ok(true)
    }

    fn demand(&self, state: &mut State<'_>, mut demand: Demand) -> Result<bool, MatchError> {
        let like = |it: &&mut Demand| it.leaf == demand.leaf && it.filter == demand.filter;
        match state.demands.iter_mut().find(like) {
            Some(known) => {
                known.times = known.times.saturating_add(demand.times);
                demand = *known;
            }
            None => state.demands.push(demand),
        }
        let could_be = flow::give(self.table, &[demand], self.budget)?.is_some();
        match could_be && state.demands.len() > MOST {
            true => Err(MatchError::Limit),
            false => Ok(could_be),
        }
    }

    /// Could all be had if the choices were free?
    fn could_be(&self, state: &State<'_>) -> Result<bool, MatchError> {
        let mut demands = state.demands.clone();
        state.choices.iter().for_each(|choice| choice.relax(&mut demands));
        Ok(flow::give(self.table, &demands, self.budget)?.is_some())
    }

    /// Of so many repetitions, some are of the first side and the others of the other sides.
    fn choose_side<'p>(
        &self,
        state: State<'p>,
        choice: Goal<'p>,
        plans: &'p [Plan],
        depth: usize,
    ) -> Result<Option<Given>, MatchError> {
        if choice.times == 1 {
            for plan in plans {
                let goal = Goal { what: What::Plan(plan), ..choice };
                if let Some(given) = self.solve(state.clone(), &[goal], depth + 1)? {
                    return Ok(Some(given));
                }
            }
            return Ok(None);
        }
        let Some((first, others)) = plans.split_first() else { return Ok(None) };
        let goals = |times| {
            let goal = |what, times| (times > 0).then_some(Goal { what, times, ..choice });
            let goals = [goal(What::Plan(first), times), goal(What::Any(others), choice.times - times)];
            goals.into_iter().flatten().collect::<Vec<_>>()
        };
        if others.is_empty() {
            return self.solve(state, &goals(choice.times), depth + 1);
        }
        let most = self.most(choice.times, |times| {
            let goal = Goal { what: What::Plan(first), times, ..choice };
            let mut alone = state.clone();
            Ok(self.take_apart(&mut alone, &[goal])? && self.could_be(&alone)?)
        })?;
        for times in (0..=most).rev() {
            if let Some(given) = self.solve(state.clone(), &goals(times), depth + 1)? {
                return Ok(Some(given));
            }
        }
        Ok(None)
    }

    /// The greatest number up to a limit for which it is true, if it is true of all smaller ones.
    fn most(&self, limit: u64, is_so: impl Fn(u64) -> Result<bool, MatchError>) -> Result<u64, MatchError> {
        let (mut known, mut above) = (0, limit.saturating_add(1));
        while above - known > 1 {
            let middle = known + (above - known) / 2;
            match is_so(middle)? {
                true => known = middle,
                false => above = middle,
            }
        }
        Ok(known)
    }

    /// Could what begins a sequence take away from anything else that is looked for?
    fn shares(&self, first: Option<&Plan>, choice: &Goal<'_>, state: &State<'_>) -> bool {
        let mut taken = Vec::new();
        let mut add = |leaf| taken.extend(self.table.places(leaf).iter().copied());
        let Some(first) = first else { return true };
        first.each_leaf(&mut add);
        taken.sort_unstable();
        let mut others: Vec<usize> = state.demands.iter().map(|demand| demand.leaf).collect();
        let mut add = |leaf| others.push(leaf);
        state.choices.iter().for_each(|choice| choice.each_plan(|plan| plan.each_leaf(&mut add)));
        if let What::Ordered([_, behind @ ..]) = choice.what {
            behind.iter().for_each(|plan| plan.each_leaf(&mut add));
        }
        let is_taken = |place: &usize| taken.binary_search(place).is_ok();
        others.iter().any(|leaf| self.table.places(*leaf).iter().any(is_taken))
    }

    /// What begins a sequence and takes nothing from others is best over as early as can be.
    fn go_first<'p>(
        &self,
        state: State<'p>,
        choice: Goal<'p>,
        plans: &'p [Plan],
        depth: usize,
    ) -> Result<Option<Given>, MatchError> {
        let Some((first, behind)) = plans.split_first() else { return Ok(None) };
        let first = Goal { what: What::Plan(first), ..choice };
        let instants = self.beginnings(&first)?;
        let mut known = None;
        // Whether it is over by an instant changes once, from no to yes.
        let (mut low, mut high) = (0, instants.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(instant) = instants.get(middle).copied() else { break };
            let goal = first.at(Bound::Until, instant, 1);
            match self.solve(State::default(), &[goal], depth + 1)? {
                Some(given) => {
                    high = middle;
                    known = Some((instant, given));
                }
                None => low = middle + 1,
            }
        }
        let Some((instant, mut given)) = known else { return Ok(None) };
        let what = match behind {
            [last] => What::Plan(last),
            _ => What::Ordered(behind),
        };
        let goal = Goal { what, ..choice }.at(Bound::From, instant, 1);
        let rest = self.solve(state, &[goal], depth + 1)?;
        Ok(rest.map(|rest| {
            given.extend(rest);
            given
        }))
    }

    /// The instants at which candidates for a goal are first seen, in order.
    fn beginnings(&self, goal: &Goal<'_>) -> Result<Vec<Moment>, MatchError> {
        let mut leaves = Vec::new();
        goal.each_plan(|plan| plan.each_leaf(&mut |leaf| leaves.push(leaf)));
        let mut instants = Vec::new();
        for leaf in leaves {
            instants.extend(self.table.passing(leaf, goal.filter, self.budget)?.map(|(_, it)| it.first));
        }
        instants.sort_unstable();
        instants.dedup();
        Ok(instants)
    }

    /// Chooses the instant of a sequence or a span: for as many repetitions as can be, the others have later ones.
    fn choose_instant<'p>(
        &self,
        state: &State<'p>,
        choice: Goal<'p>,
        depth: usize,
    ) -> Result<Option<Given>, MatchError> {
        let parts = choice.parts();
        let mut demands = Vec::new();
        for (part, bound) in &parts {
            Goal { times: 1, ..*part }.relax_plan(*bound, &mut demands);
        }
        if demands.len() > MOST {
            return Err(MatchError::Limit);
        }
        let mut others = state.demands.clone();
        state.choices.iter().for_each(|choice| choice.relax(&mut others));
        demands.extend(others.into_iter().map(|it| (it, Bound::Free)));
        demands.truncate(MOST);
        sweep(self.table, &demands, choice.after, self.budget, |instant| {
            let goals = |times: u64| {
                let mut goals: Vec<Goal<'p>> =
                    parts.iter().map(|(part, bound)| part.at(*bound, instant, times)).collect();
                if times < choice.times {
                    goals.push(Goal { times: choice.times - times, after: instant, ..choice });
                }
                goals
            };
            if choice.times == 1 {
                return self.solve(state.clone(), &goals(1), depth + 1);
            }
            let most = self.most(choice.times, |times| {
                let mut with = state.clone();
                Ok(self.take_apart(&mut with, &goals(times))? && self.could_be(&with)?)
            })?;
            for times in (1..=most).rev() {
                if let Some(given) = self.solve(state.clone(), &goals(times), depth + 1)? {
                    return Ok(Some(given));
                }
            }
            Ok(None)
        })
    }
}

impl<'p> Goal<'p> {
    /// What it consists of, and what its instant means for each part.
    fn parts(&self) -> Vec<(Goal<'p>, Bound)> {
        let part = |what| Goal { what, after: Moment::MIN, ..*self };
        match self.what {
            What::Within(span, plan) => vec![(part(What::Plan(plan)), Bound::Span(span))],
            What::Ordered([first, last]) => {
                vec![(part(What::Plan(first)), Bound::Until), (part(What::Plan(last)), Bound::From)]
            }
            What::Ordered([first, behind @ ..]) => {
                vec![(part(What::Plan(first)), Bound::Until), (part(What::Ordered(behind)), Bound::From)]
            }
            What::Plan(_) | What::Any(_) | What::Ordered([]) => vec![(*self, Bound::Free)],
        }
    }

    /// So many of it, with the instant chosen.
    fn at(self, bound: Bound, instant: Moment, times: u64) -> Self {
        Self { times, filter: self.filter.and(bound.at(instant)), ..self }
    }

    fn each_plan(&self, mut visit: impl FnMut(&'p Plan)) {
        match self.what {
            What::Plan(plan) | What::Within(_, plan) => visit(plan),
            What::Any(plans) | What::Ordered(plans) => plans.iter().for_each(visit),
        }
    }

    /// Adds what it demands at least, whatever is chosen.
    fn relax(&self, demands: &mut Vec<Demand>) {
        let mut with_bounds = Vec::new();
        self.relax_plan(Bound::Free, &mut with_bounds);
        demands.extend(with_bounds.into_iter().map(|(demand, _)| demand).filter(|demand| demand.times > 0));
        demands.truncate(MOST);
    }

    fn relax_plan(&self, bound: Bound, demands: &mut Vec<(Demand, Bound)>) {
        let times = if let What::Any(_) = self.what { 0 } else { self.times };
        self.each_plan(|plan| relax(plan, times, self.filter, bound, demands));
    }
}

fn relax(plan: &Plan, times: u64, filter: Filter, bound: Bound, demands: &mut Vec<(Demand, Bound)>) {
    if demands.len() > MOST {
        return;
    }
    match plan {
        Plan::Never => {}
        // Nothing is known of which side it is, so none is asked for. When they fit matters all the same.
        Plan::Any(plans) => plans.iter().for_each(|plan| relax(plan, 0, filter, bound, demands)),
        Plan::Leaf(leaf) => demands.push((Demand { leaf: *leaf, times, filter }, bound)),
        Plan::All(plans) | Plan::Ordered(plans) => {
            plans.iter().for_each(|plan| relax(plan, times, filter, bound, demands));
        }
        Plan::Within(_, plan) => relax(plan, times, filter, bound, demands),
        Plan::Repeats { times: more, plan, .. } => relax(plan, times.saturating_mul(*more), filter, bound, demands),
    }
}

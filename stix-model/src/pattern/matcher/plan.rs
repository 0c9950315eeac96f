//! Observation expressions made ready (STIX 2.1 §9.4): what needs no search is settled here.
//!
//! `START` and `STOP` say something of each single observation, so they go down to the leaves. `WITHIN` says nothing of a
//! single observation. What `OR` joins of single observations is one leaf.

use super::super::{ComparisonExpression, ObservationExpression, Qualifier};
use super::MatchError;
use super::moment::{self, MAX, MIN, Moment};

/// Which observations are to be found.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// None will do.
    Never,
    /// One that a leaf lets pass, by its number.
    Leaf(usize),
    All(Vec<Plan>),
    Any(Vec<Plan>),
    /// Each not earlier than all those before it.
    Ordered(Vec<Plan>),
    /// All within less than a span.
    Within(Moment, Box<Plan>),
    Repeats {
        times: u64,
        /// And not more often.
        exactly: bool,
        plan: Box<Plan>,
    },
}

/// The plan of a pattern, with its leaves.
#[derive(Debug)]
pub(super) struct Plans {
    root: Plan,
    leaves: Vec<Leaf>,
}

/// A single observation of which one of these is true, each by the number of its condition.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) alternatives: Vec<(usize, Filter)>,
}

/// When an observation has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Filter {
    /// It is first seen not later than this.
    pub(super) until: Moment,
    /// It is last seen not earlier than this.
    pub(super) from: Moment,
}

impl Filter {
    pub(super) const NONE: Self = Self { until: MAX, from: MIN };

    pub(super) fn and(self, other: Self) -> Self {
        Self { until: self.until.min(other.until), from: self.from.max(other.from) }
    }

    pub(super) fn passes(self, first: Moment, last: Moment) -> bool {
        first <= self.until && last >= self.from
    }
}

/// Gives a condition its number.
type Add<'a> = dyn FnMut(&ComparisonExpression) -> Result<usize, MatchError> + 'a;

impl Plans {
    pub(super) fn new(
        expression: &ObservationExpression,
        exactly: bool,
        add: &mut Add<'_>,
    ) -> Result<Self, MatchError> {
        let mut maker = Maker { leaves: Vec::new(), exactly, add };
        let root = maker.plan(expression, Filter::NONE)?;
        Ok(Self { root, leaves: maker.leaves })
    }

    /// What nothing matches.
    pub(super) fn never() -> Self {
        Self { root: Plan::Never, leaves: Vec::new() }
    }

    pub(super) fn root(&self) -> &Plan {
        &self.root
    }

    pub(super) fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The condition that decides alone, if there is one.
    pub(super) fn only_condition(&self) -> Option<usize> {
        let Plan::Leaf(leaf) = self.root else { return None };
        match self.leaves.get(leaf)?.alternatives.as_slice() {
            [(condition, Filter::NONE)] => Some(*condition),
            _ => None,
        }
    }
}

struct Maker<'a> {
    leaves: Vec<Leaf>,
    exactly: bool,
    add: &'a mut Add<'a>,
}

impl Maker<'_> {
    fn plan(&mut self, expression: &ObservationExpression, filter: Filter) -> Result<Plan, MatchError> {
        Ok(match expression {
            ObservationExpression::Observation(expression) => {
                let condition = (self.add)(expression)?;
                self.leaf(Leaf { alternatives: vec![(condition, filter)] })
            }
            ObservationExpression::And(items) => all(self.each(items, filter)?, Plan::All),
            ObservationExpression::FollowedBy(items) => all(self.each(items, filter)?, Plan::Ordered),
            ObservationExpression::Or(items) => {
                let plans = self.each(items, filter)?;
                self.any(plans)
            }
            ObservationExpression::Qualified { expression, qualifier, .. } => match &qualifier.value {
                Qualifier::Within(seconds) => within(moment::span(*seconds), self.plan(expression, filter)?),
                Qualifier::Repeats(times) => self.repeats(*times, expression, filter)?,
                Qualifier::StartStop(start, stop) if start.value >= stop.value => Plan::Never,
                Qualifier::StartStop(start, stop) => {
                    let window = Filter { from: moment::of(start), until: moment::of(stop) - 1 };
                    self.plan(expression, filter.and(window))?
                }
            },
        })
    }

    fn each(&mut self, items: &[ObservationExpression], filter: Filter) -> Result<Vec<Plan>, MatchError> {
        items.iter().map(|item| self.plan(item, filter)).collect()
    }

    fn leaf(&mut self, leaf: Leaf) -> Plan {
        self.leaves.push(leaf);
        Plan::Leaf(self.leaves.len() - 1)
    }

    /// The leaves among them become one.
    fn any(&mut self, plans: Vec<Plan>) -> Plan {
        let mut alternatives = Vec::new();
        let mut others = Vec::new();
        for plan in plans {
            match plan {
                Plan::Leaf(leaf) => {
                    let leaf = self.leaves.get_mut(leaf).map(|leaf| std::mem::take(&mut leaf.alternatives));
                    alternatives.extend(leaf.unwrap_or_default());
                }
                Plan::Any(plans) => others.extend(plans),
                Plan::Never => {}
                plan => others.push(plan),
            }
        }
        if !alternatives.is_empty() {
            others.insert(0, self.leaf(Leaf { alternatives }));
        }
        match others.len() {
            0 => Plan::Never,
            1 => others.remove(0),
            _ => Plan::Any(others),
        }
    }

    fn repeats(&mut self, times: u64, expression: &ObservationExpression, filter: Filter) -> Result<Plan, MatchError> {
        let exactly = self.exactly;
        Ok(match self.plan(expression, filter)? {
            Plan::Never => Plan::Never,
            plan if times == 1 && !exactly => plan,
            Plan::Repeats { times: inside, exactly: false, plan } if !exactly => {
                Plan::Repeats { times: times.saturating_mul(inside), exactly, plan }
            }
            plan => Plan::Repeats { times, exactly, plan: Box::new(plan) },
        })
    }
}

fn all(plans: Vec<Plan>, join: fn(Vec<Plan>) -> Plan) -> Plan {
    match plans.iter().any(|plan| matches!(plan, Plan::Never)) {
        true => Plan::Never,
        false => join(plans),
    }
}

fn within(span: Moment, plan: Plan) -> Plan {
    match plan {
        Plan::Never | Plan::Leaf(_) => plan,
        Plan::Within(inside, plan) => Plan::Within(span.min(inside), plan),
        plan => Plan::Within(span, Box::new(plan)),
    }
}

impl Plan {
    /// Does it have a `REPEATS` that counts everything?
    pub(super) fn counts(&self) -> bool {
        match self {
            Self::Never | Self::Leaf(_) => false,
            Self::All(plans) | Self::Any(plans) | Self::Ordered(plans) => plans.iter().any(Self::counts),
            Self::Within(_, plan) => plan.counts(),
            Self::Repeats { exactly, plan, .. } => *exactly || plan.counts(),
        }
    }

    /// The numbers of its leaves.
    pub(super) fn each_leaf(&self, visit: &mut impl FnMut(usize)) {
        match self {
            Self::Never => {}
            Self::Leaf(leaf) => visit(*leaf),
            Self::All(plans) | Self::Any(plans) | Self::Ordered(plans) => {
                plans.iter().for_each(|plan| plan.each_leaf(visit));
            }
            Self::Within(_, plan) | Self::Repeats { plan, .. } => plan.each_leaf(visit),
        }
    }
}

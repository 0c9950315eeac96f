//! What stands in the brackets of an observation, made ready (STIX 2.1 §9.5).

use super::super::{Comparison, ComparisonExpression};
use super::budget::{self, Budget};
use super::observation::{Observation, Seen};
use super::reading::Reading;
use super::route::Route;
use super::test::Check;
use super::{MatchError, MatchOptions};

/// Comparisons joined by `AND` and `OR`.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) expression: Expression,
    options: MatchOptions,
}

#[derive(Debug)]
pub(super) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Test(Box<PathTest>),
}

/// A comparison made ready.
#[derive(Debug)]
pub(super) struct PathTest {
    pub(super) object_type: Box<str>,
    pub(super) route: Route,
    pub(super) reading: Reading,
    pub(super) check: Check,
    pub(super) negated: bool,
    /// Does `NOT` mean that no value is so?
    of_all: bool,
}

impl Condition {
    pub(super) fn new(expression: &ComparisonExpression, options: &MatchOptions) -> Result<Self, MatchError> {
        Ok(Self { expression: Expression::new(expression, options)?, options: options.clone() })
    }

    /// Is there an observable of which it is true?
    pub(super) fn holds(&self, seen: &Observation<'_>, budget: &Budget) -> Result<bool, MatchError> {
        budget::any(seen.objects().iter().map(|object| self.holds_of(object, seen, budget)))
    }

    /// Is it true of one observable?
    pub(super) fn holds_of<'a>(
        &self,
        object: &Seen<'a>,
        seen: &Observation<'a>,
        budget: &Budget,
    ) -> Result<bool, MatchError> {
        self.expression.holds(object, seen, &self.options, budget)
    }
}

impl Expression {
    fn new(expression: &ComparisonExpression, options: &MatchOptions) -> Result<Self, MatchError> {
        let each = |items: &[ComparisonExpression]| -> Result<Vec<_>, MatchError> {
            items.iter().map(|item| Self::new(item, options)).collect()
        };
        Ok(match expression {
            ComparisonExpression::And(items) => Self::All(each(items)?),
            ComparisonExpression::Or(items) => Self::Any(each(items)?),
            ComparisonExpression::Comparison(comparison) => Self::Test(Box::new(PathTest::new(comparison, options)?)),
        })
    }

    fn holds<'a>(
        &self,
        object: &Seen<'a>,
        seen: &Observation<'a>,
        options: &MatchOptions,
        budget: &Budget,
    ) -> Result<bool, MatchError> {
        let mut each = |item: &Self| item.holds(object, seen, options, budget);
        match self {
            Self::All(items) => budget::all(items.iter().map(&mut each)),
            Self::Any(items) => budget::any(items.iter().map(each)),
            Self::Test(test) => test.holds(object, seen, options, budget),
        }
    }
}

impl PathTest {
    fn new(comparison: &Comparison, options: &MatchOptions) -> Result<Self, MatchError> {
        let reading = Reading::of(&comparison.path);
        let route = Route::new(&comparison.path);
        Ok(Self {
            object_type: comparison.path.object_type().as_str().into(),
            of_all: options.not_any && route.is_plural(),
            check: Check::new(&comparison.test, reading, options)?,
            negated: comparison.negated,
            route,
            reading,
        })
    }

    fn holds<'a>(
        &self,
        object: &Seen<'a>,
        seen: &Observation<'a>,
        options: &MatchOptions,
        budget: &Budget,
    ) -> Result<bool, MatchError> {
        budget.spend(1)?;
        if *self.object_type != *object.object_type {
            return Ok(false);
        }
        let found = self.route.from(object.members, seen, budget)?;
        let values = found.values();
        if let Check::Exists = self.check {
            return Ok(values.is_empty() == self.negated);
        }
        let is_so = |value: &&_| {
            let is_so = self.check.of(value, self.reading, options, budget)?;
            Ok(is_so.is_some_and(|is_so| is_so != self.negated))
        };
        match self.negated && self.of_all {
            true if values.is_empty() => Ok(false),
            true => budget::all(values.iter().map(is_so)),
            false => budget::any(values.iter().map(is_so)),
        }
    }
}

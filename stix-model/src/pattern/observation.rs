use std::ops::Deref;

use super::comparison::{Comparison, ComparisonExpression};
use super::span::{Span, Spanned};
use crate::Timestamp;

/// What is to be observed, and in which order and time (STIX 2.1 §9.4).
#[derive(Clone, Debug, PartialEq)]
pub enum ObservationExpression {
    /// `[ … ]`: a single observation of which this is true.
    Observation(Spanned<ComparisonExpression>),
    /// All of them, in different observations.
    And(Operands<ObservationExpression>),
    /// At least one of them.
    Or(Operands<ObservationExpression>),
    /// All of them, each not earlier than those before it.
    FollowedBy(Operands<ObservationExpression>),
    /// One that a qualifier restricts.
    Qualified {
        /// What is restricted.
        expression: Box<ObservationExpression>,
        /// How.
        qualifier: Spanned<Qualifier>,
        /// Of both.
        span: Span,
    },
}

/// A restriction of when or how often something is observed (§9.4.1).
#[derive(Clone, Debug, PartialEq)]
pub enum Qualifier {
    /// All observations lie within this many seconds; more than 0.
    Within(f64),
    /// It is observed at least this many times; 1 or more.
    Repeats(u64),
    /// Every observation lies between two instants, of which the second does not belong to the time.
    StartStop(Spanned<Timestamp>, Spanned<Timestamp>),
}

impl Qualifier {
    /// The keyword it begins with.
    #[must_use]
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::Within(_) => "WITHIN",
            Self::Repeats(_) => "REPEATS",
            Self::StartStop(..) => "START",
        }
    }
}

/// Two or more expressions that are joined by one operator.
///
/// Where parentheses make no difference, as in `(a AND b) AND c`, there are none: operands are not joined by the same
/// operator themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct Operands<T> {
    pub(super) items: Vec<T>,
    span: Span,
}

impl<T> Operands<T> {
    /// Joins them, unless there is only one. `open` takes apart what is joined by the same operator already.
    pub(super) fn join(operands: Spanned<Vec<T>>, mut open: impl FnMut(T) -> Vec<T>, join: fn(Self) -> T) -> T {
        let Spanned { value: items, span } = operands;
        let is_joined = items.len() != 1;
        let mut items = items.into_iter();
        match items.next() {
            Some(only) if !is_joined => only,
            first => {
                // The first is kept as it is, so that joining one after the other takes no longer than all at once.
                let mut joined = first.map(&mut open).unwrap_or_default();
                joined.extend(items.flat_map(open));
                join(Self { items: joined, span })
            }
        }
    }

    /// From the first to the last, with the parentheses around these.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }
}

impl<T> Deref for Operands<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<'a, T> IntoIterator for &'a Operands<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl ObservationExpression {
    /// Both, in different observations.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::all(vec![self, other])
    }

    /// At least one.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::any(vec![self, other])
    }

    /// First this, then the other, which may be at the same time.
    #[must_use]
    pub fn followed_by(self, other: Self) -> Self {
        Self::in_order(vec![self, other])
    }

    /// All its observations lie within this many seconds.
    #[must_use]
    pub fn within(self, seconds: f64) -> Self {
        self.qualified(Qualifier::Within(seconds))
    }

    /// At least this many times.
    #[must_use]
    pub fn repeats(self, times: u64) -> Self {
        self.qualified(Qualifier::Repeats(times))
    }

    /// From an instant until before another.
    #[must_use]
    pub fn start_stop(self, start: Timestamp, stop: Timestamp) -> Self {
        self.qualified(Qualifier::StartStop(start.into(), stop.into()))
    }

    /// Restricted by a qualifier.
    #[must_use]
    pub fn qualified(self, qualifier: Qualifier) -> Self {
        Self::Qualified { expression: Box::new(self), qualifier: qualifier.into(), span: Span::default() }
    }

    /// Joined by `AND`.
    pub(super) fn all(items: impl Into<Spanned<Vec<Self>>>) -> Self {
        Operands::join(
            items.into(),
            |item| if let Self::And(inside) = item { inside.items } else { vec![item] },
            Self::And,
        )
    }

    /// Joined by `OR`.
    pub(super) fn any(items: impl Into<Spanned<Vec<Self>>>) -> Self {
        Operands::join(
            items.into(),
            |item| if let Self::Or(inside) = item { inside.items } else { vec![item] },
            Self::Or,
        )
    }

    /// Joined by `FOLLOWEDBY`. `a FOLLOWEDBY (b FOLLOWEDBY c)` is not `(a FOLLOWEDBY b) FOLLOWEDBY c`, so only the first
    /// is taken apart.
    pub(super) fn in_order(items: impl Into<Spanned<Vec<Self>>>) -> Self {
        let mut first = true;
        let open = |item| match (item, std::mem::take(&mut first)) {
            (Self::FollowedBy(inside), true) => inside.items,
            (item, _) => vec![item],
        };
        Operands::join(items.into(), open, Self::FollowedBy)
    }

    /// Every comparison in it, in the order of the text.
    pub fn comparisons(&self) -> impl Iterator<Item = &Comparison> {
        self.parts()
            .filter_map(|part| match part {
                Self::Observation(expression) => Some(expression.comparisons()),
                _ => None,
            })
            .flatten()
    }

    /// Every qualifier in it; outer ones first.
    pub fn qualifiers(&self) -> impl Iterator<Item = &Spanned<Qualifier>> {
        self.parts().filter_map(|part| match part {
            Self::Qualified { qualifier, .. } => Some(qualifier),
            _ => None,
        })
    }

    /// It and everything in it, in the order of the text; what contains something comes before it.
    pub fn parts(&self) -> impl Iterator<Item = &Self> {
        // Most are one observation: then nothing is allocated.
        let (mut next, mut rest) = (Some(self), Vec::new());
        std::iter::from_fn(move || {
            let part = next.take().or_else(|| rest.pop())?;
            match part {
                Self::And(items) | Self::Or(items) | Self::FollowedBy(items) => rest.extend(items.iter().rev()),
                Self::Qualified { expression, .. } => next = Some(expression),
                Self::Observation(_) => {}
            }
            Some(part)
        })
    }

    /// Its place in the text, without parentheses around it as a whole.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Observation(expression) => expression.span,
            Self::And(items) | Self::Or(items) | Self::FollowedBy(items) => items.span,
            Self::Qualified { span, .. } => *span,
        }
    }
}

//! The values that a pattern looks for, for those who take lists and no patterns.

use std::borrow::Cow;
use std::fmt;

use super::comparison::{Comparison, ComparisonExpression, Literal, Test};
use super::observation::{ObservationExpression, Qualifier};
use super::octets;
use super::value_kind::ValueKind;
use super::{Pattern, Version};

/// A constant of a pattern, with what it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct AtomicValue<'p> {
    /// The comparison that it stands in, with the path.
    pub comparison: &'p Comparison,
    /// The constant; texts of `LIKE` and the like are strings.
    pub value: Cow<'p, Literal>,
    /// What it is.
    pub kind: ValueKind,
    /// How much of the pattern it is.
    pub exactness: Exactness,
}

/// How much of a pattern a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Exactness {
    /// The pattern is this value and nothing else: `[url:value = 'a']`.
    Exact,
    /// The pattern is satisfied by this value, and by others: `[url:value IN ('a', 'b')]`.
    Alternative,
    /// More has to be there, too: `[file:name = 'a' AND file:size = 1]`, or a qualifier holds.
    Part,
    /// What is looked for is not the value, but something like it, within bounds, or other than it: `LIKE`, `<`, `NOT`.
    Related,
}

impl Exactness {
    /// In a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Alternative => "alternative",
            Self::Part => "part",
            Self::Related => "related",
        }
    }

    /// Is it enough for the pattern that the value is seen? Only such values belong in a list of what to block.
    #[must_use]
    pub fn is_sufficient(self) -> bool {
        matches!(self, Self::Exact | Self::Alternative)
    }
}

impl fmt::Display for Exactness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl AtomicValue<'_> {
    /// As it stands in lists: strings without quotes, bytes as hex or Base64.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        plain(&self.value)
    }
}

pub(super) fn plain(literal: &Literal) -> Cow<'_, str> {
    match literal {
        Literal::String(text) => Cow::Borrowed(text),
        Literal::Timestamp(timestamp) => Cow::Borrowed(timestamp.as_str()),
        Literal::Hex(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
        Literal::Binary(bytes) => octets::to_base64(bytes).into(),
        Literal::Boolean(_) | Literal::Integer(_) | Literal::Float(_) => literal.to_string().into(),
    }
}

impl Pattern {
    /// Every constant in it, in the order of the text.
    ///
    /// `ISSUBSET` of a network counts as the network itself. [`Pattern::simplify`] turns what is often written in a
    /// roundabout way into exact values before.
    ///
    /// ```
    /// use stix_model::pattern::{Pattern, ValueKind};
    ///
    /// let pattern = Pattern::parse("[ipv4-addr:value = '198.51.100.3' OR domain-name:value LIKE '%.example.com']")?;
    /// let blocked = pattern.values().into_iter().filter(|value| value.exactness.is_sufficient());
    /// let blocked: Vec<_> = blocked.map(|value| (value.kind.clone(), value.text().into_owned())).collect();
    /// assert_eq!(blocked, [(ValueKind::Ipv4Address, "198.51.100.3".to_owned())]);
    /// # Ok::<(), stix_model::pattern::InvalidPattern>(())
    /// ```
    #[must_use]
    pub fn values(&self) -> Vec<AtomicValue<'_>> {
        let mut values = Vec::new();
        self.observations(self.expression(), Exactness::Exact, &mut values);
        values
    }

    fn observations<'p>(&self, from: &'p ObservationExpression, how: Exactness, to: &mut Vec<AtomicValue<'p>>) {
        match from {
            ObservationExpression::Observation(inside) => comparisons(inside, how, to),
            ObservationExpression::Or(items) => {
                items.iter().for_each(|item| self.observations(item, how.max(Exactness::Alternative), to));
            }
            ObservationExpression::And(items) | ObservationExpression::FollowedBy(items) => {
                items.iter().for_each(|item| self.observations(item, Exactness::Part, to));
            }
            ObservationExpression::Qualified { expression, qualifier, .. } => {
                let nothing = qualifier.value == Qualifier::Repeats(1) && self.version() == Version::V2_1;
                self.observations(expression, if nothing { how } else { Exactness::Part }, to);
            }
        }
    }
}

fn comparisons<'p>(from: &'p ComparisonExpression, how: Exactness, to: &mut Vec<AtomicValue<'p>>) {
    match from {
        ComparisonExpression::Comparison(comparison) => constants(comparison, how, to),
        ComparisonExpression::Or(items) => {
            items.iter().for_each(|item| comparisons(item, how.max(Exactness::Alternative), to));
        }
        ComparisonExpression::And(items) => items.iter().for_each(|item| comparisons(item, Exactness::Part, to)),
    }
}

fn constants<'p>(comparison: &'p Comparison, how: Exactness, to: &mut Vec<AtomicValue<'p>>) {
    let how = match &comparison.test {
        _ if comparison.negated => Exactness::Related,
        Test::In(constants) if constants.len() > 1 => how.max(Exactness::Alternative),
        Test::Equal(_) | Test::In(_) | Test::IsSubset(_) => how,
        _ => Exactness::Related,
    };
    let mut add = |value: Cow<'p, Literal>| {
        let kind = ValueKind::of(&comparison.path, &plain(&value));
        to.push(AtomicValue { comparison, value, kind, exactness: how });
    };
    match &comparison.test {
        Test::Exists => {}
        Test::Equal(constant)
        | Test::NotEqual(constant)
        | Test::Less(constant)
        | Test::LessOrEqual(constant)
        | Test::Greater(constant)
        | Test::GreaterOrEqual(constant) => add(Cow::Borrowed(&constant.value)),
        Test::In(constants) => constants.iter().for_each(|constant| add(Cow::Borrowed(&constant.value))),
        Test::Like(text) | Test::Matches(text) | Test::IsSubset(text) | Test::IsSuperset(text) => {
            add(Cow::Owned(Literal::String(text.value.clone())));
        }
    }
}

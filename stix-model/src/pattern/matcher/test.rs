//! A comparison made ready: an operator with its constants.

use std::cmp::Ordering;

use super::super::network::Network;
use super::super::{Literal, Spanned, Test};
use super::budget::Budget;
use super::constant::{Constant, Outcome};
use super::like::Like;
use super::octets;
use super::reading::Reading;
use super::regex::Regex;
use super::{MatchError, MatchOptions};
use crate::json::Json;

/// What is asked of a value.
#[derive(Clone, Debug)]
pub(super) enum Check {
    /// That it is there.
    Exists,
    /// How it compares with a constant.
    Compare(Relation, Constant),
    /// That it is one of these.
    In(Vec<Constant>),
    /// That it is one of these texts, which are in order.
    InTexts(Vec<Box<str>>),
    Like(Like),
    Matches(Regex),
    IsSubset(Network),
    IsSuperset(Network),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Check {
    pub(super) fn new(test: &Test, reading: Reading, options: &MatchOptions) -> Result<Self, MatchError> {
        let constant = |literal: &Spanned<Literal>| Constant::new(literal, reading, options.strings_as_timestamps);
        let compare = |relation, literal| Self::Compare(relation, constant(literal));
        let network = |text: &str| Network::parse(text).ok_or_else(|| MatchError::Network(text.to_owned()));
        Ok(match test {
            Test::Exists => Self::Exists,
            Test::Equal(literal) => compare(Relation::Equal, literal),
            Test::NotEqual(literal) => compare(Relation::NotEqual, literal),
            Test::Less(literal) => compare(Relation::Less, literal),
            Test::LessOrEqual(literal) => compare(Relation::LessOrEqual, literal),
            Test::Greater(literal) => compare(Relation::Greater, literal),
            Test::GreaterOrEqual(literal) => compare(Relation::GreaterOrEqual, literal),
            Test::In(literals) => match texts(literals) {
                Some(texts) if matches!(reading, Reading::Text | Reading::Unknown) => Self::InTexts(texts),
                _ => Self::In(literals.iter().map(constant).collect()),
            },
            Test::Like(text) => Self::Like(Like::new(text)),
            Test::Matches(text) => Self::Matches(Regex::new(text, reading, options)?),
            Test::IsSubset(text) => Self::IsSubset(network(text)?),
            Test::IsSuperset(text) => Self::IsSuperset(network(text)?),
        })
    }

    /// What it says of a value; `None` if the value is malformed, of which nothing is true.
    pub(super) fn of(
        &self,
        value: &Json<'_>,
        reading: Reading,
        options: &MatchOptions,
        budget: &Budget,
    ) -> Result<Option<bool>, MatchError> {
        match self {
            Self::Exists => Ok(Some(true)),
            Self::Compare(relation, constant) => Ok(match constant.compare(value, reading) {
                Outcome::Ordered(ordering) => Some(relation.holds(ordering)),
                Outcome::Incompatible => Some(*relation == Relation::NotEqual),
                Outcome::Malformed => None,
            }),
            Self::In(constants) => {
                budget.spend(constants.len())?;
                Ok(is_one_of(constants, value, reading))
            }
            Self::InTexts(texts) => {
                Ok(Some(value.as_str().is_some_and(|value| texts.binary_search_by(|text| (**text).cmp(value)).is_ok())))
            }
            Self::Like(_) | Self::Matches(_) | Self::IsSubset(_) | Self::IsSuperset(_) => {
                let Some(value) = value.as_str() else { return Ok(Some(false)) };
                if reading == Reading::Timestamp && !options.strings_as_timestamps {
                    return Ok(Some(false));
                }
                self.of_text(value, reading, budget)
            }
        }
    }

    fn of_text(&self, value: &str, reading: Reading, budget: &Budget) -> Result<Option<bool>, MatchError> {
        budget.spend(1 + value.len() / 64)?;
        let octets = match reading {
            Reading::Octets(encoding) => match encoding.decode(value) {
                None => return Ok(None),
                octets => octets,
            },
            _ => None,
        };
        match (self, octets) {
            (Self::Like(like), None) => like.matches(value, budget).map(Some),
            (Self::Like(like), Some(octets)) => like.matches(&octets::to_text(&octets), budget).map(Some),
            (Self::Matches(regex), None) => regex.matches_text(value).map(Some),
            (Self::Matches(regex), Some(octets)) => regex.matches_octets(&octets).map(Some),
            (Self::IsSubset(network), None) => Ok(Network::parse(value).map(|value| network.contains(&value))),
            (Self::IsSuperset(network), None) => Ok(Network::parse(value).map(|value| value.contains(network))),
            _ => Ok(Some(false)),
        }
    }
}

fn is_one_of(constants: &[Constant], value: &Json<'_>, reading: Reading) -> Option<bool> {
    let mut outcomes = constants.iter().map(|constant| constant.compare(value, reading));
    let mut is_malformed = false;
    let is_one = outcomes.any(|outcome| {
        is_malformed |= outcome == Outcome::Malformed;
        outcome == Outcome::Ordered(Ordering::Equal)
    });
    (!is_malformed).then_some(is_one)
}

/// The constants in order, if they are strings.
fn texts(literals: &[Spanned<Literal>]) -> Option<Vec<Box<str>>> {
    let mut texts = literals.iter().map(|literal| literal.as_str().map(Box::from)).collect::<Option<Vec<_>>>()?;
    texts.sort_unstable();
    Some(texts)
}

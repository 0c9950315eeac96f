//! Matching: was what a pattern describes observed (STIX 2.1 §9)?
//!
//! ```
//! use stix_model::Object;
//! use stix_model::pattern::Pattern;
//! use stix_model::pattern::matcher::{MatchOptions, Matcher, Observation};
//!
//! let objects = [
//!     Object::parse(r#"{"type": "ipv4-addr", "id": "ipv4-addr--efcd5e80-570d-4131-b213-62cb18eaa6a8", "value": "198.51.100.3"}"#)?,
//!     Object::parse(r#"{"type": "observed-data", "id": "observed-data--b67d30ff-02ac-498a-92f9-32f845f448cf",
//!         "first_observed": "2026-01-01T00:00:00Z", "last_observed": "2026-01-02T00:00:00Z", "number_observed": 50,
//!         "object_refs": ["ipv4-addr--efcd5e80-570d-4131-b213-62cb18eaa6a8"]}"#)?,
//! ];
//! let observations = Observation::in_bundle(objects.iter().map(Object::members));
//!
//! let pattern = Pattern::parse("[ipv4-addr:value ISSUBSET '198.51.100.0/24'] REPEATS 20 TIMES")?;
//! let matcher = Matcher::new(&pattern, &MatchOptions::default())?;
//! assert!(matcher.matches(&observations)?);
//! assert_eq!(matcher.first(&observations)?.unwrap().instances(), [(0, 20)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! All three levels of conformance are there: single observations, `AND` and `OR` between them, and everything else.
//!
//! An observed-data that was seen N times counts as N observations, also on both sides of `AND` and `FOLLOWEDBY`. The
//! time of an observation is any instant from `first_observed` to `last_observed`. What depends on where the standard is
//! silent:
//!
//! * `FOLLOWEDBY`: what comes first is first observed not later than what follows is last observed.
//! * `WITHIN`: the time between is shorter than so many seconds, not equal.
//! * `REPEATS` in a pattern of version 2.0: as often and not more often, in all that is given.
//! * `NOT` behind a path with `[*]`: some item differs. [`MatchOptions::not_any`] has it mean that no item is so.
//!
//! A search that could take too long ends with [`MatchError::Limit`], never with a wrong answer.

mod bindings;
mod budget;
mod condition;
mod constant;
mod flow;
mod like;
mod moment;
mod observation;
mod octets;
mod plan;
mod reading;
mod regex;
mod route;
mod search;
mod set;
mod sweep;
mod table;
mod test;
#[cfg(test)]
mod tests;

pub use observation::Observation;
pub(super) use regex::problem as regex_problem;
pub use set::{Hits, PatternSet, Scan};

use super::{Pattern, Version};
use budget::Budget;
use condition::Condition;
use plan::Plans;
use search::Search;
use table::Table;

/// How to match, where the standard leaves a choice, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchOptions {
    /// Does `NOT` behind a path with `[*]` mean that no item is so? Otherwise, that some item is not.
    pub not_any: bool,
    /// Are strings compared with timestamps as timestamps? Several products write such patterns; by the standard the two
    /// never compare.
    pub strings_as_timestamps: bool,
    /// Steps that a match may take: ten million unless set, which is a matter of seconds at most.
    pub steps: u64,
    /// How often a regular expression may go back, for each value: 100,000 times unless set.
    pub backtracks: usize,
    /// Bytes that a compiled regular expression may take: 1 MiB unless set.
    pub regex_size: usize,
}

impl Default for MatchOptions {
    fn default() -> Self {
        Self {
            not_any: false,
            strings_as_timestamps: false,
            steps: 10_000_000,
            backtracks: 100_000,
            regex_size: 1 << 20,
        }
    }
}

/// Why it cannot be told whether a pattern matches.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MatchError {
    /// The constant behind `MATCHES` is no regular expression, or has what ours does not.
    #[error("not a regular expression that can be used: {regex:?}: {reason}")]
    Regex {
        /// As it stands in the pattern.
        regex: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The constant behind `ISSUBSET` or `ISSUPERSET` is no address and no network.
    #[error("not an address or network: {0:?}")]
    Network(String),
    /// It takes more steps than allowed.
    #[error("no answer within the limit of steps")]
    Limit,
}

/// A pattern made ready for matching.
#[derive(Debug)]
pub struct Matcher {
    conditions: Vec<Condition>,
    plans: Plans,
    options: MatchOptions,
}

/// The observations that made a match.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Binding(Vec<(usize, u64)>);

impl Binding {
    /// Which observations, by their places in the slice in ascending order, and how many instances of each.
    #[must_use]
    pub fn instances(&self) -> &[(usize, u64)] {
        &self.0
    }

    /// Which observations, by their places in the slice in ascending order.
    pub fn observations(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|(observation, _)| *observation)
    }
}

impl Matcher {
    /// Compiles a pattern: regular expressions, wildcards, networks.
    ///
    /// # Errors
    /// It has a regular expression or a network that is none.
    pub fn new(pattern: &Pattern, options: &MatchOptions) -> Result<Self, MatchError> {
        let mut conditions = Vec::new();
        let plans = Plans::new(pattern.expression(), pattern.version() == Version::V2_0, &mut |expression| {
            conditions.push(Condition::new(expression, options)?);
            Ok(conditions.len() - 1)
        })?;
        Ok(Self { conditions, plans, options: options.clone() })
    }

    /// Was it observed?
    ///
    /// # Errors
    /// It takes too many steps to tell.
    pub fn matches(&self, observations: &[Observation<'_>]) -> Result<bool, MatchError> {
        if let Some(condition) = self.plans.only_condition() {
            let budget = Budget::new(self.options.steps);
            let results = observations.iter().map(|seen| self.holds(condition, seen, &budget));
            return budget::any(results);
        }
        self.first(observations).map(|binding| binding.is_some())
    }

    /// Observations that make a match, if there are any.
    ///
    /// # Errors
    /// It takes too many steps to tell.
    pub fn first(&self, observations: &[Observation<'_>]) -> Result<Option<Binding>, MatchError> {
        let budget = Budget::new(self.options.steps);
        let table = self.table(observations, &budget)?;
        Search::new(&table, &budget).first(self.plans.root())
    }

    /// The bindings that make a match, up to so many, each once. They come in no order that means anything.
    ///
    /// # Errors
    /// It takes too many steps to tell.
    ///
    /// ```
    /// use stix_model::json::Json;
    /// use stix_model::pattern::Pattern;
    /// use stix_model::pattern::matcher::{MatchOptions, Matcher, Observation};
    ///
    /// let file = Json::parse(r#"{"type": "file", "id": "file--9a1f834d-2506-5367-baec-7aa63996ac43", "name": "foo.dll"}"#)?;
    /// let times = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z", "2026-01-01T00:01:00Z"];
    /// let observations: Vec<_> = times
    ///     .iter()
    ///     .map(|time| Ok(Observation::of_objects(file.as_object()).seen(&time.parse()?, &time.parse()?, 1)))
    ///     .collect::<Result<_, stix_model::InvalidTimestamp>>()?;
    ///
    /// let pattern = Pattern::parse("[file:name = 'foo.dll'] REPEATS 2 TIMES WITHIN 60 SECONDS")?;
    /// let bindings = Matcher::new(&pattern, &MatchOptions::default())?.all(&observations, 100)?;
    /// assert_eq!(bindings.len(), 2);
    /// assert!(bindings.iter().any(|binding| binding.instances() == [(0, 1), (1, 1)]));
    /// assert!(bindings.iter().any(|binding| binding.instances() == [(1, 1), (2, 1)]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn all(&self, observations: &[Observation<'_>], limit: usize) -> Result<Vec<Binding>, MatchError> {
        let budget = Budget::new(self.options.steps);
        let table = self.table(observations, &budget)?;
        // What cannot match is told without trying every combination.
        if limit == 0 || Search::new(&table, &budget).first(self.plans.root())?.is_none() {
            return Ok(Vec::new());
        }
        bindings::all(&table, &budget, self.plans.root(), limit)
    }

    /// Is it true of observables, seen together once at a time that is not known? This is enough for patterns of a
    /// single observation without qualifiers.
    ///
    /// # Errors
    /// It takes too many steps to tell.
    ///
    /// ```
    /// use stix_model::json::Json;
    /// use stix_model::pattern::Pattern;
    /// use stix_model::pattern::matcher::{MatchOptions, Matcher};
    ///
    /// let file = Json::parse(r#"{"type": "file", "name": "résumé.pdf", "size": 25536}"#)?;
    /// let pattern = Pattern::parse("[file:name LIKE '%.pdf' AND file:size > 10000]")?;
    /// assert!(Matcher::new(&pattern, &MatchOptions::default())?.matches_objects(file.as_object())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn matches_objects<'a, 'm: 'a>(
        &self,
        objects: impl IntoIterator<Item = &'a crate::json::Members<'m>>,
    ) -> Result<bool, MatchError> {
        self.matches(&[Observation::of_objects(objects)])
    }

    fn holds(&self, condition: usize, seen: &Observation<'_>, budget: &Budget) -> Result<bool, MatchError> {
        self.conditions.get(condition).map_or(Ok(false), |condition| condition.holds(seen, budget))
    }

    /// Of which observations each condition is true.
    fn table(&self, observations: &[Observation<'_>], budget: &Budget) -> Result<Table, MatchError> {
        let mut matched = vec![Vec::new(); self.conditions.len()];
        for (condition, matched) in matched.iter_mut().enumerate() {
            for (at, seen) in observations.iter().enumerate() {
                if self.holds(condition, seen, budget)? {
                    matched.push(at);
                }
            }
        }
        let matched: Vec<&[usize]> = matched.iter().map(Vec::as_slice).collect();
        Table::new(&self.plans, &matched, observations, budget)
    }
}

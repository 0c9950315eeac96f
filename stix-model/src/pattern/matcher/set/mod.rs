//! Many patterns at once.

mod index;
mod key;

use std::collections::HashMap;

use super::budget::Budget;
use super::condition::Condition;
use super::observation::Observation;
use super::plan::Plans;
use super::search::Search;
use super::table::Table;
use super::{Binding, MatchError, MatchOptions};
use crate::pattern::{Pattern, Version};
use index::Index;

/// Patterns made ready to be matched all at once: what an observation has is looked up among the constants of the
/// patterns, so that the time it takes grows with what matches and not with the number of patterns.
///
/// Equality, `IN`, `ISSUBSET` and `LIKE` with a few plain characters are looked up. Other comparisons are tried on every
/// observable that has the property, unless another one beside them (`AND`) is looked up.
///
/// ```
/// use stix_model::json::Json;
/// use stix_model::pattern::Pattern;
/// use stix_model::pattern::matcher::{MatchOptions, Observation, PatternSet};
///
/// let patterns = [
///     Pattern::parse("[domain-name:value = 'c2.example.com']")?,
///     Pattern::parse("[ipv4-addr:value ISSUBSET '198.51.100.0/24']")?,
///     Pattern::parse("[domain-name:value LIKE '%.example.com'] REPEATS 2 TIMES")?,
/// ];
/// let set = PatternSet::new(&patterns, &MatchOptions::default());
///
/// let name = Json::parse(r#"{"type": "domain-name", "value": "c2.example.com"}"#)?;
/// let seen = Observation::of_objects(name.as_object());
/// assert_eq!(set.matches(&seen).patterns, [0]);
///
/// let found = set.scan(&[seen.clone(), seen]).found;
/// assert_eq!(found.iter().map(|(pattern, _)| *pattern).collect::<Vec<_>>(), [0, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PatternSet {
    entries: Vec<Entry>,
    rejected: Vec<(usize, MatchError)>,
    /// What stands in brackets, each once.
    conditions: Vec<Condition>,
    /// For each condition, the patterns that have it.
    users: Vec<Vec<usize>>,
    index: Index,
    steps: u64,
}

/// A pattern, with the numbers that its conditions have in the set.
#[derive(Debug)]
struct Entry {
    plans: Plans,
    conditions: Vec<usize>,
}

/// The patterns that match an observation, by their places in what the set was made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// In ascending order.
    pub patterns: Vec<usize>,
    /// Those of which it cannot be told, and why.
    pub undecided: Vec<(usize, MatchError)>,
}

/// The patterns that match observations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Each with observations that make a match, in ascending order of the patterns.
    pub found: Vec<(usize, Binding)>,
    /// Those of which it cannot be told, and why.
    pub undecided: Vec<(usize, MatchError)>,
}

/// Of which observations a condition is true, and why it cannot be told of one.
#[derive(Default)]
struct Truth {
    observations: Vec<usize>,
    unknown: Option<MatchError>,
}

impl PatternSet {
    /// Compiles patterns. Those that cannot be compiled never match; [`PatternSet::rejected`] has them.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p Pattern>, options: &MatchOptions) -> Self {
        let mut set = Self {
            entries: Vec::new(),
            rejected: Vec::new(),
            conditions: Vec::new(),
            users: Vec::new(),
            index: Index::default(),
            steps: options.steps,
        };
        let mut known = HashMap::new();
        for (at, pattern) in patterns.into_iter().enumerate() {
            let entry = set.compile(pattern, options, &mut known).unwrap_or_else(|error| {
                set.rejected.push((at, error));
                Entry { plans: Plans::never(), conditions: Vec::new() }
            });
            for condition in &entry.conditions {
                let users = set.users.get_mut(*condition).filter(|users| users.last() != Some(&at));
                users.into_iter().for_each(|users| users.push(at));
            }
            set.entries.push(entry);
        }
        for (number, condition) in set.conditions.iter().enumerate() {
            set.index.add(number, condition);
        }
        set
    }

    /// How many patterns it was made of.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Is there none in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The patterns that cannot be compiled, and why.
    #[must_use]
    pub fn rejected(&self) -> &[(usize, MatchError)] {
        &self.rejected
    }

    /// The patterns that match this observation, without any other.
    #[must_use]
    pub fn matches(&self, seen: &Observation<'_>) -> Hits {
        let mut hits = Hits::default();
        let mut others = Vec::new();
        let truths = self.truths(seen);
        for (condition, truth) in &truths {
            for pattern in self.users(*condition) {
                let is_alone = self.entries.get(*pattern).is_some_and(|entry| entry.plans.only_condition().is_some());
                match truth {
                    Ok(()) if is_alone => hits.patterns.push(*pattern),
                    Err(error) if is_alone => hits.undecided.push((*pattern, error.clone())),
                    _ => others.push(*pattern),
                }
            }
        }
        if !others.is_empty() {
            let mut known = HashMap::new();
            truths.into_iter().for_each(|(condition, truth)| note(&mut known, condition, 0, truth));
            let scan = self.solve(others, &known, std::slice::from_ref(seen));
            hits.patterns.extend(scan.found.into_iter().map(|(pattern, _)| pattern));
            hits.undecided.extend(scan.undecided);
        }
        hits.patterns.sort_unstable();
        hits.undecided.sort_by_key(|(pattern, _)| *pattern);
        hits
    }

    /// The patterns that match these observations together, each with a binding.
    #[must_use]
    pub fn scan(&self, observations: &[Observation<'_>]) -> Scan {
        let mut known = HashMap::new();
        for (at, seen) in observations.iter().enumerate() {
            self.truths(seen).into_iter().for_each(|(condition, truth)| note(&mut known, condition, at, truth));
        }
        let patterns = known.keys().flat_map(|condition| self.users(*condition)).copied().collect();
        self.solve(patterns, &known, observations)
    }

    fn compile(
        &mut self,
        pattern: &Pattern,
        options: &MatchOptions,
        known: &mut HashMap<String, usize>,
    ) -> Result<Entry, MatchError> {
        let mut conditions = Vec::new();
        let plans = Plans::new(pattern.expression(), pattern.version() == Version::V2_0, &mut |expression| {
            let text = expression.to_string();
            let number = match known.get(&text) {
                Some(number) => *number,
                None => {
                    self.conditions.push(Condition::new(expression, options)?);
                    self.users.push(Vec::new());
                    known.insert(text, self.conditions.len() - 1);
                    self.conditions.len() - 1
                }
            };
            conditions.push(number);
            Ok(conditions.len() - 1)
        })?;
        Ok(Entry { plans, conditions })
    }

    fn users(&self, condition: usize) -> &[usize] {
        self.users.get(condition).map(Vec::as_slice).unwrap_or_default()
    }

    /// The conditions that are true of an observation or of which it cannot be told, each once.
    fn truths(&self, seen: &Observation<'_>) -> Vec<(usize, Result<(), MatchError>)> {
        let mut truths: Vec<(usize, Result<(), MatchError>)> = Vec::new();
        let mut candidates = Vec::new();
        for object in seen.objects() {
            candidates.clear();
            if let Err(error) = self.index.find(object, seen, &Budget::new(self.steps), &mut candidates) {
                truths.extend((0..self.conditions.len()).map(|condition| (condition, Err(error.clone()))));
                continue;
            }
            candidates.sort_unstable();
            candidates.dedup();
            for candidate in &candidates {
                let Some(condition) = self.conditions.get(*candidate) else { continue };
                match condition.holds_of(object, seen, &Budget::new(self.steps)) {
                    Ok(true) => truths.push((*candidate, Ok(()))),
                    Ok(false) => {}
                    Err(error) => truths.push((*candidate, Err(error))),
                }
            }
        }
        // What is true of one object is true, whatever cannot be told of another.
        truths.sort_by_key(|(condition, truth)| (*condition, truth.is_err()));
        truths.dedup_by_key(|(condition, _)| *condition);
        truths
    }

    fn solve(&self, mut patterns: Vec<usize>, known: &HashMap<usize, Truth>, observations: &[Observation<'_>]) -> Scan {
        patterns.sort_unstable();
        patterns.dedup();
        let mut scan = Scan::default();
        for pattern in patterns {
            match self.entries.get(pattern).map(|entry| self.first(entry, known, observations)) {
                Some(Ok(Some(binding))) => scan.found.push((pattern, binding)),
                Some(Err(error)) => scan.undecided.push((pattern, error)),
                Some(Ok(None)) | None => {}
            }
        }
        scan
    }

    fn first(
        &self,
        entry: &Entry,
        known: &HashMap<usize, Truth>,
        observations: &[Observation<'_>],
    ) -> Result<Option<Binding>, MatchError> {
        let truths = || entry.conditions.iter().map(|condition| known.get(condition));
        if let Some(error) = truths().flatten().find_map(|truth| truth.unknown.clone()) {
            return Err(error);
        }
        let matched: Vec<&[usize]> =
            truths().map(|truth| truth.map(|truth| truth.observations.as_slice()).unwrap_or_default()).collect();
        let budget = Budget::new(self.steps);
        let table = Table::new(&entry.plans, &matched, observations, &budget)?;
        Search::new(&table, &budget).first(entry.plans.root())
    }
}

fn note(known: &mut HashMap<usize, Truth>, condition: usize, observation: usize, truth: Result<(), MatchError>) {
    let known = known.entry(condition).or_default();
    match truth {
        Ok(()) => known.observations.push(observation),
        Err(error) => known.unknown = Some(error),
    }
}

//! The search against trying everything out, on thousands of small patterns and observations.

use std::collections::BTreeSet;

use super::*;
use crate::Timestamp;
use crate::pattern::{ObservationExpression, Qualifier};

/// A generator of numbers that look like chance but are the same each time.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// An observation: which of four files were seen, from when to when, how often.
#[derive(Clone, Debug)]
struct Fact {
    files: u64,
    first: u64,
    last: u64,
    number: u64,
}

fn time(seconds: u64) -> Timestamp {
    format!("2026-01-01T00:00:{seconds:02}Z").parse().unwrap()
}

fn second(timestamp: &Timestamp) -> u64 {
    timestamp.as_str()[17..19].parse().unwrap()
}

fn facts(chance: &mut Chance) -> Vec<Fact> {
    let mut instances = 0;
    let mut facts = Vec::new();
    for _ in 0..=chance.below(5) {
        let (first, number) = (chance.below(8), 1 + chance.below(3) * chance.below(2));
        instances += number;
        if instances > 7 {
            break;
        }
        facts.push(Fact {
            files: 1 + chance.below(15),
            first,
            last: first + chance.below(3) * chance.below(2),
            number,
        });
    }
    facts
}

pub(super) fn expression(chance: &mut Chance, depth: u64) -> String {
    let leaf = |chance: &mut Chance| match chance.below(5) {
        0 => "[file:size IN (0, 2)]".to_owned(),
        _ => format!("[file:size = {}]", chance.below(4)),
    };
    if depth == 0 {
        return leaf(chance);
    }
    let inside = |chance: &mut Chance| expression(chance, depth - 1);
    match chance.below(9) {
        0 => leaf(chance),
        1 | 2 => format!("({} AND {})", inside(chance), inside(chance)),
        3 => format!("({} OR {})", inside(chance), inside(chance)),
        4 => format!("({} FOLLOWEDBY {})", inside(chance), inside(chance)),
        5 => format!("({} FOLLOWEDBY {} FOLLOWEDBY {})", inside(chance), inside(chance), leaf(chance)),
        6 => format!("({}) WITHIN {} SECONDS", inside(chance), 1 + chance.below(5)),
        7 => format!("({}) REPEATS {} TIMES", inside(chance), 1 + chance.below(3)),
        _ => {
            let start = chance.below(8);
            let (start, stop) = (time(start), time(start + chance.below(6)));
            format!("({}) START t'{start}' STOP t'{stop}'", inside(chance))
        }
    }
}

/// Every binding, as the bits of its instances.
struct Oracle<'f> {
    /// One for each instance.
    instances: Vec<&'f Fact>,
    exactly: bool,
}

type Bindings = BTreeSet<u32>;

impl Oracle<'_> {
    fn of(&self, binding: u32) -> impl Iterator<Item = &&Fact> {
        self.instances.iter().enumerate().filter(move |(at, _)| binding >> at & 1 == 1).map(|(_, fact)| fact)
    }

    fn latest_first(&self, binding: u32) -> u64 {
        self.of(binding).map(|fact| fact.first).max().unwrap()
    }

    fn earliest_last(&self, binding: u32) -> u64 {
        self.of(binding).map(|fact| fact.last).min().unwrap()
    }

    fn join(&self, left: &Bindings, right: &Bindings, in_order: bool) -> Bindings {
        let pairs = left.iter().flat_map(|a| right.iter().map(move |b| (*a, *b)));
        let disjoint = pairs.filter(|(a, b)| a & b == 0);
        let fits = |(a, b): &(u32, u32)| !in_order || self.latest_first(*a) <= self.earliest_last(*b);
        disjoint.filter(fits).map(|(a, b)| a | b).collect()
    }

    fn bindings(&self, expression: &ObservationExpression, windows: &[(u64, u64)]) -> Bindings {
        let each =
            |items: &[ObservationExpression]| items.iter().map(|it| self.bindings(it, windows)).collect::<Vec<_>>();
        let fold = |items, in_order| each(items).into_iter().reduce(|a, b| self.join(&a, &b, in_order)).unwrap();
        match expression {
            ObservationExpression::Observation(inside) => {
                let wanted = inside.to_string();
                let is_so = |fact: &Fact| {
                    let sizes: &[u64] =
                        if wanted.contains("IN") { &[0, 2] } else { &[wanted.as_bytes()[12] as u64 - 48] };
                    let in_time =
                        windows.iter().all(|(start, stop)| start < stop && fact.first < *stop && fact.last >= *start);
                    in_time && sizes.iter().any(|size| fact.files >> size & 1 == 1)
                };
                let places = self.instances.iter().enumerate().filter(|(_, fact)| is_so(fact));
                places.map(|(at, _)| 1 << at).collect()
            }
            ObservationExpression::And(items) => fold(items, false),
            ObservationExpression::FollowedBy(items) => fold(items, true),
            ObservationExpression::Or(items) => each(items).into_iter().flatten().collect(),
            ObservationExpression::Qualified { expression, qualifier, .. } => match &qualifier.value {
                Qualifier::Within(seconds) => {
                    let mut bindings = self.bindings(expression, windows);
                    bindings.retain(|it| (self.latest_first(*it) as f64) < self.earliest_last(*it) as f64 + seconds);
                    bindings
                }
                Qualifier::Repeats(times) => {
                    let once = self.bindings(expression, windows);
                    let repeated = (1..*times).fold(once.clone(), |all, _| self.join(&all, &once, false));
                    let has_more = self.exactly && !self.join(&repeated, &once, false).is_empty();
                    if has_more { Bindings::new() } else { repeated }
                }
                Qualifier::StartStop(start, stop) => {
                    let windows = [windows, &[(second(start), second(stop))]].concat();
                    self.bindings(expression, &windows)
                }
            },
        }
    }
}

fn observations(objects: &Members<'static>, facts: &[Fact]) -> Vec<Observation<'static>> {
    // Tests may keep what they made until they end.
    let objects: &'static Members<'static> = Box::leak(Box::new(objects.clone()));
    let seen = |fact: &Fact| {
        let files = objects.iter().enumerate().filter(|(size, _)| fact.files >> size & 1 == 1);
        let files = files.filter_map(|(_, (_, file))| file.as_object());
        Observation::of_objects(files).seen(&time(fact.first), &time(fact.last), fact.number)
    };
    facts.iter().map(seen).collect()
}

fn compare(seed: u64, depth: u64, version: Version) {
    let mut chance = Chance(seed);
    let objects: Members<'static> =
        (0..4).map(|size| (size.to_string(), members(&format!(r#"{{"type":"file","size":{size}}}"#)).into())).collect();
    let facts = facts(&mut chance);
    let text = expression(&mut chance, depth);
    let options = crate::pattern::Options { version, ..Default::default() };
    let pattern = match version {
        Version::V2_1 => Pattern::parse(&text).unwrap(),
        Version::V2_0 => Pattern::parse_with(&text.replace("t'", "'"), &options).unwrap(),
    };
    let instances: Vec<&Fact> = facts.iter().flat_map(|fact| (0..fact.number).map(move |_| fact)).collect();
    let owner: Vec<usize> = facts.iter().enumerate().flat_map(|(at, fact)| (0..fact.number).map(move |_| at)).collect();
    let oracle = Oracle { instances, exactly: version == Version::V2_0 };
    let expected: BTreeSet<Vec<(usize, u64)>> = oracle
        .bindings(pattern.expression(), &[])
        .into_iter()
        .map(|binding| {
            let mut counts = std::collections::BTreeMap::new();
            owner
                .iter()
                .enumerate()
                .filter(|(at, _)| binding >> at & 1 == 1)
                .for_each(|(_, owner)| *counts.entry(*owner).or_default() += 1);
            counts.into_iter().collect()
        })
        .collect();
    let observations = observations(&objects, &facts);
    let matcher = Matcher::new(&pattern, &MatchOptions::default()).unwrap();
    let context = format!("seed {seed}: {text}\n{facts:#?}");
    let first = matcher.first(&observations).unwrap_or_else(|error| panic!("{error} {context}"));
    assert_eq!(first.is_some(), !expected.is_empty(), "{context}");
    assert_eq!(matcher.matches(&observations), Ok(first.is_some()));
    if let Some(first) = first {
        assert!(expected.contains(first.instances()), "{first:?} {context}");
    }
    let all: BTreeSet<_> =
        matcher.all(&observations, usize::MAX).unwrap().iter().map(|it| it.instances().to_vec()).collect();
    assert_eq!(all, expected, "{context}");
}

/// PM-03, PM-04, PM-05, PM-06, PM-07, PM-08, PM-09, PM-12, PM-13: whatever a pattern has, what is found is what trying all combinations finds.
#[test]
fn the_search_finds_what_there_is() {
    for seed in 0..6000 {
        compare(seed, 1 + seed % 3, Version::V2_1);
    }
}

/// PG-24: the same where `REPEATS` is exact.
#[test]
fn the_search_counts_exactly_in_2_0() {
    for seed in 10_000..12_000 {
        compare(seed, 1 + seed % 3, Version::V2_0);
    }
}

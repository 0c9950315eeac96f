//! One pattern for many that say the same, to compare them and to find those that are there twice.

use std::collections::BTreeMap;

use super::comparison::{Comparison, ComparisonExpression, Literal, Test};
use super::network::Network;
use super::observation::{ObservationExpression, Qualifier};
use super::path::{ObjectPath, Step};
use super::span::{Span, Spanned};
use super::{Limits, Options, Pattern, Version};
use crate::Timestamp;

impl Pattern {
    /// The pattern that stands for all that say the same in other words. Two patterns with one normal form match the
    /// same observations; two that match the same may still have different ones.
    ///
    /// ```
    /// use stix_model::pattern::Pattern;
    ///
    /// let here = Pattern::parse("[url:value = 'b' OR url:value IN ('a', 'b')]")?;
    /// let there = Pattern::parse("[url:value = 'a'] OR [url:value = 'b']")?;
    /// assert_eq!(here.normal_form(), there.normal_form());
    /// assert_eq!(here.normal_form().text(), "[url:value IN ('a', 'b')]");
    /// # Ok::<(), stix_model::pattern::InvalidPattern>(())
    /// ```
    ///
    /// Brought together are:
    /// * the order of what `AND` and `OR` join; what is there twice, except between observations that `AND` joins, since
    ///   those have to differ
    /// * `[a] OR [b]` and `[a OR b]`
    /// * `= a OR = b` and `IN (a, b)` on one path, in any order; `IN (a)` and `= a`; an empty `IN ()` beside others
    /// * `NOT =` and `!=`, `NOT !=` and `=`, except with `[*]`, where readers differ about `NOT`
    /// * `1` and `1.0`; hex and Base64 of the same bytes; timestamps of the same instant
    /// * networks with other host bits; runs of wildcards in `LIKE`
    /// * `REPEATS 1 TIMES` and `WITHIN` of a single observation, which say nothing; `REPEATS 2 TIMES` of `REPEATS 3
    ///   TIMES`; `WITHIN` of `WITHIN`; `START … STOP` before and behind other qualifiers. In STIX 2.0, where `REPEATS`
    ///   counts exactly, qualifiers stay as they are
    ///
    /// Not brought together are `NOT <` and `>=`, which differ for values of other kinds; a string and its bytes;
    /// `LIKE` without a wildcard and `=`, which differ in Unicode; `!= a AND != b` and `NOT IN (a, b)`; what follows from
    /// the laws of distribution and absorption; what `FOLLOWEDBY` joins, in other parentheses; letters in another case.
    #[must_use]
    pub fn normal_form(&self) -> Self {
        Self::written(observation(self.expression.clone(), self.version), self.version)
    }

    /// The pattern that says this, with its canonical text. The expression is one of a valid pattern, or made of such.
    pub(super) fn written(expression: ObservationExpression, version: Version) -> Self {
        let unread = Self { text: String::new(), version, expression };
        let text = unread.to_string();
        let limits = Limits { length: usize::MAX, depth: usize::MAX, repeats: u64::MAX };
        let read = Self::parse_with(&text, &Options { version, limits, mixed_types: true });
        read.unwrap_or(Self { text, ..unread })
    }
}

fn observation(expression: ObservationExpression, version: Version) -> ObservationExpression {
    let all = |items: Vec<_>| items.into_iter().map(|item| observation(item, version)).collect::<Vec<_>>();
    match expression {
        ObservationExpression::Observation(inside) => comparison(inside.value).observed(),
        ObservationExpression::And(items) => match ObservationExpression::all(all(items.items)) {
            ObservationExpression::And(mut items) => {
                items.items.sort_by_cached_key(ToString::to_string);
                ObservationExpression::And(items)
            }
            other => other,
        },
        ObservationExpression::Or(items) => any_observation(all(items.items)),
        ObservationExpression::FollowedBy(items) => ObservationExpression::in_order(all(items.items)),
        ObservationExpression::Qualified { expression, qualifier, .. } => {
            qualified(observation(*expression, version), qualifier.value, version)
        }
    }
}

/// What a single observation is enough for becomes one.
fn any_observation(items: Vec<ObservationExpression>) -> ObservationExpression {
    let items = match ObservationExpression::any(items) {
        ObservationExpression::Or(items) => items.items,
        other => return other,
    };
    let mut single = Vec::new();
    let mut others = Vec::new();
    for item in items {
        match item {
            ObservationExpression::Observation(inside) => single.push(inside.value),
            other => others.push(other),
        }
    }
    if !single.is_empty() {
        others.push(comparison(ComparisonExpression::any(single)).observed());
    }
    ObservationExpression::any(distinct(others))
}

/// Puts a qualifier behind what has its normal form.
fn qualified(inside: ObservationExpression, qualifier: Qualifier, version: Version) -> ObservationExpression {
    let qualifier = match qualifier {
        Qualifier::StartStop(start, stop) => Qualifier::StartStop(instant(&start).into(), instant(&stop).into()),
        other => other,
    };
    if version == Version::V2_0 {
        return qualify(inside, qualifier);
    }
    // Which observations lie in a time does not depend on the other qualifiers, so this is said last.
    let (mut inside, mut times) = without_times(inside);
    match (qualifier, inside) {
        (Qualifier::Repeats(1), all) => inside = all,
        (Qualifier::Within(_), all) if is_single(&all) => inside = all,
        (time @ Qualifier::StartStop(..), all) => {
            times.push(time);
            inside = all;
        }
        (outer, ObservationExpression::Qualified { expression, qualifier: inner, .. }) => {
            inside = match combined(&outer, &inner) {
                Some(both) => qualify(*expression, both),
                None => qualify(expression.qualified(inner.value), outer),
            };
        }
        (outer, all) => inside = qualify(all, outer),
    }
    times.sort_by_cached_key(|time| match time {
        Qualifier::StartStop(start, stop) => Some((start.as_str().to_owned(), stop.as_str().to_owned())),
        _ => None,
    });
    times.dedup();
    times.into_iter().fold(inside, qualify)
}

fn qualify(inside: ObservationExpression, qualifier: Qualifier) -> ObservationExpression {
    inside.qualified(qualifier)
}

/// Takes off every `START … STOP` at the end.
fn without_times(mut expression: ObservationExpression) -> (ObservationExpression, Vec<Qualifier>) {
    let mut times = Vec::new();
    loop {
        match expression {
            ObservationExpression::Qualified { expression: inside, qualifier, .. }
                if matches!(qualifier.value, Qualifier::StartStop(..)) =>
            {
                times.push(qualifier.value);
                expression = *inside;
            }
            other => return (other, times),
        }
    }
}

/// One qualifier that says what two do.
fn combined(outer: &Qualifier, inner: &Qualifier) -> Option<Qualifier> {
    match (outer, inner) {
        (Qualifier::Within(a), Qualifier::Within(b)) => Some(Qualifier::Within(a.min(*b))),
        (Qualifier::Repeats(a), Qualifier::Repeats(b)) => {
            let most = Limits::default().repeats;
            a.checked_mul(*b).filter(|times| *times <= most).map(Qualifier::Repeats)
        }
        _ => None,
    }
}

/// Does one observation always satisfy it, if any do?
fn is_single(expression: &ObservationExpression) -> bool {
    match expression {
        ObservationExpression::Observation(_) => true,
        ObservationExpression::Or(items) => items.iter().all(is_single),
        ObservationExpression::Qualified { expression, qualifier, .. } => {
            matches!(qualifier.value, Qualifier::StartStop(..)) && is_single(expression)
        }
        ObservationExpression::And(_) | ObservationExpression::FollowedBy(_) => false,
    }
}

fn comparison(expression: ComparisonExpression) -> ComparisonExpression {
    let all = |items: Vec<_>| items.into_iter().map(comparison).collect::<Vec<_>>();
    match expression {
        ComparisonExpression::Comparison(single) => one(*single).into(),
        ComparisonExpression::And(items) => match ComparisonExpression::all(all(items.items)) {
            ComparisonExpression::And(items) => ComparisonExpression::all(distinct(items.items)),
            other => other,
        },
        ComparisonExpression::Or(items) => match ComparisonExpression::any(all(items.items)) {
            ComparisonExpression::Or(items) => ComparisonExpression::any(distinct(together(items.items))),
            other => other,
        },
    }
}

/// In order, each once.
fn distinct<T: ToString>(items: Vec<T>) -> Vec<T> {
    let by_text: BTreeMap<_, _> = items.into_iter().map(|item| (item.to_string(), item)).collect();
    by_text.into_values().collect()
}

/// Alternatives for one path become a set of constants, which are of one kind (PC-14, PG-10).
fn together(items: Vec<ComparisonExpression>) -> Vec<ComparisonExpression> {
    let mut sets: BTreeMap<(String, &str), (ObjectPath, Vec<Literal>)> = BTreeMap::new();
    let mut others = Vec::new();
    let mut never = Vec::new();
    for item in items {
        match alternatives(item) {
            Ok((path, constants)) => match constants.first() {
                Some(first) => {
                    let set = sets.entry((path.to_string(), first.kind_in_set()));
                    set.or_insert_with(|| (path, Vec::new())).1.extend(constants);
                }
                None => never.push(path.is_in::<Literal>([]).into()),
            },
            Err(other) => others.push(other),
        }
    }
    others.extend(sets.into_values().map(|(path, constants)| one(path.is_in(constants)).into()));
    // What is never true changes nothing, unless there is nothing else.
    if others.is_empty() { never } else { others }
}

/// The path and the constants of which it must be one, if that is what is said.
fn alternatives(item: ComparisonExpression) -> Result<(ObjectPath, Vec<Literal>), ComparisonExpression> {
    match item {
        ComparisonExpression::Comparison(comparison) if !comparison.negated => match *comparison {
            Comparison { path, test: Test::Equal(constant), .. } => Ok((path, vec![constant.value])),
            Comparison { path, test: Test::In(constants), .. } => {
                Ok((path, constants.into_iter().map(|constant| constant.value).collect()))
            }
            other => Err(other.into()),
        },
        other => Err(other),
    }
}

fn one(comparison: Comparison) -> Comparison {
    let Comparison { path, negated, test, .. } = comparison;
    // Of several values one may be equal and another not (PC-13).
    let many = path.steps().iter().any(|step| step.value == Step::Any);
    let (negated, test) = match (negated, constants(test)) {
        (true, Test::Equal(constant)) if !many => (false, Test::NotEqual(constant)),
        (true, Test::NotEqual(constant)) if !many => (false, Test::Equal(constant)),
        other => other,
    };
    Comparison { path, negated, test, span: Span::default() }
}

fn constants(test: Test) -> Test {
    let literal = |constant: Spanned<Literal>| Spanned::from(literal(constant.value));
    let network = |text: Spanned<String>| Spanned::from(network(text.value));
    match test {
        Test::Exists | Test::Matches(_) => test,
        Test::Equal(constant) => Test::Equal(literal(constant)),
        Test::NotEqual(constant) => Test::NotEqual(literal(constant)),
        Test::Less(constant) => Test::Less(literal(constant)),
        Test::LessOrEqual(constant) => Test::LessOrEqual(literal(constant)),
        Test::Greater(constant) => Test::Greater(literal(constant)),
        Test::GreaterOrEqual(constant) => Test::GreaterOrEqual(literal(constant)),
        Test::In(constants) => set(constants.into_iter().map(literal).collect()),
        Test::Like(text) => Test::Like(wildcards(&text).into()),
        Test::IsSubset(text) => Test::IsSubset(network(text)),
        Test::IsSuperset(text) => Test::IsSuperset(network(text)),
    }
}

/// In order, each once; numbers in the order of numbers.
fn set(mut constants: Vec<Spanned<Literal>>) -> Test {
    constants.sort_by_cached_key(|constant| constant.value.to_string());
    constants.sort_by(|a, b| as_number(a).total_cmp(&as_number(b)));
    constants.dedup();
    match (constants.pop(), constants.is_empty()) {
        (Some(only), true) => Test::Equal(only),
        (last, _) => Test::In(constants.into_iter().chain(last).collect()),
    }
}

fn as_number(literal: &Literal) -> f64 {
    match literal {
        Literal::Integer(value) => *value as f64,
        Literal::Float(value) => *value,
        _ => 0.0,
    }
}

fn literal(literal: Literal) -> Literal {
    /// 2^127, the first float that is no integer of patterns.
    const TOO_LARGE: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;
    match literal {
        Literal::Float(value) if value.fract() == 0.0 && value.abs() < TOO_LARGE => Literal::Integer(value as i128),
        // Of the two, only hex can be empty.
        Literal::Binary(bytes) => Literal::Hex(bytes),
        Literal::Timestamp(timestamp) => Literal::Timestamp(instant(&timestamp)),
        other => other,
    }
}

/// Written with no more digits than it needs.
fn instant(timestamp: &Timestamp) -> Timestamp {
    format!("{}Z", timestamp.sort_key()).parse().unwrap_or_else(|_| timestamp.clone())
}

/// With the host bits masked (PC-10).
fn network(text: String) -> String {
    Network::parse(&text).map_or(text, |network| network.to_string())
}

/// In a run of wildcards only counts how many `_` there are, and whether there is a `%` (PC-08).
fn wildcards(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut any = false;
    for c in text.chars() {
        match c {
            '%' => any = true,
            '_' => written.push('_'),
            c => {
                if std::mem::take(&mut any) {
                    written.push('%');
                }
                written.push(c);
            }
        }
    }
    if any {
        written.push('%');
    }
    written
}

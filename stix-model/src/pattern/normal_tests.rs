//! The normal form, against an evaluator that tries every set of observations.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::Timestamp;

/// Patterns, and their normal form; empty if it is the pattern itself.
const NORMAL: &[(&str, &str)] = &[
    ("[a:b = 2 AND a:a = 1]", "[a:a = 1 AND a:b = 2]"),
    ("[a:b = 1 AND a:b = 1.0]", "[a:b = 1]"),
    ("[(a:a = 1 AND a:b = 2) OR a:b = 2 AND a:a = 1]", "[a:a = 1 AND a:b = 2]"),
    ("[a:c = 3 AND ((a:a = 1 AND a:b = 2) OR (a:b = 2 AND a:a = 1))]", "[a:a = 1 AND a:b = 2 AND a:c = 3]"),
    ("[a:b = 'y' OR a:b = 'x']", "[a:b IN ('x', 'y')]"),
    ("[a:b[*] = 'y' OR a:b[*] IN ('x', 'y')]", "[a:b[*] IN ('x', 'y')]"),
    ("[a:b = 10 OR a:b = 9.5 OR a:b = 9]", "[a:b IN (9, 9.5, 10)]"),
    ("[a:b = 'x' OR a:b = 1]", "[a:b = 'x' OR a:b = 1]"),
    ("[a:b[0] = 1 OR a:b[1] = 1]", ""),
    ("[a:b IN (1.0)]", "[a:b = 1]"),
    ("[a:b NOT IN (1)]", "[a:b != 1]"),
    ("[a:b NOT IN (2, 1, 2)]", "[a:b NOT IN (1, 2)]"),
    ("[a:b NOT = 1 AND a:c NOT != 2]", "[a:b != 1 AND a:c = 2]"),
    ("[a:b[*] NOT = 1]", ""),
    ("[a:b[*] NOT IN (1)]", "[a:b[*] NOT = 1]"),
    ("[a:b != 1 OR a:b != 2]", ""),
    ("[a:b != 1 AND a:b != 2]", ""),
    ("[a:b[*] = 1 AND a:b[*] = 2]", ""),
    ("[a:b NOT < 1]", ""),
    ("[a:b IN ()]", ""),
    ("[a:b IN () OR a:c = 1]", "[a:c = 1]"),
    ("[a:b IN () OR a:b IN ()]", "[a:b IN ()]"),
    ("[a:b = b'/wA=' OR a:b = h'FF00']", "[a:b = h'ff00']"),
    ("[a:b = 'a' OR a:b = h'61']", "[a:b = 'a' OR a:b = h'61']"),
    ("[a:b < t'2026-01-01T00:00:00.500Z']", "[a:b < t'2026-01-01T00:00:00.5Z']"),
    ("[a:b = -0.0]", "[a:b = 0]"),
    ("[a:b = 170141183460469231731687303715884105728.0]", "[a:b = 170141183460469230000000000000000000000.0]"),
    ("[a:b ISSUBSET '10.1.2.3/8']", "[a:b ISSUBSET '10.0.0.0/8']"),
    (
        "[a:b ISSUPERSET '2001:0DB8::1/32' OR a:b ISSUBSET '1.2.3.4/32']",
        "[a:b ISSUBSET '1.2.3.4' OR a:b ISSUPERSET '2001:db8::/32']",
    ),
    (
        "[a:b ISSUBSET '10.1.2.3/33' OR a:b ISSUBSET '010.1.2.3/+8']",
        "[a:b ISSUBSET '010.1.2.3/+8' OR a:b ISSUBSET '10.1.2.3/33']",
    ),
    ("[a:b LIKE '%%a%_%b_']", "[a:b LIKE '%a_%b_']"),
    ("[a:b LIKE 'a']", ""),
    ("[a:b = 1] AND [a:b = 1]", ""),
    ("[b:b = 1] AND ([a:b = 1] AND [a:a = 1])", "[a:a = 1] AND [a:b = 1] AND [b:b = 1]"),
    ("[a:b = 1] OR [c:d = 1] OR [a:b = 1.0]", "[a:b = 1 OR c:d = 1]"),
    ("[a:b = 1] OR [a:b = 2] REPEATS 2 TIMES OR [a:b = 3]", "[a:b = 2] REPEATS 2 TIMES OR [a:b IN (1, 3)]"),
    ("([a:b = 1] AND [a:b = 2]) OR ([a:b = 2] AND [a:b = 1])", "[a:b = 1] AND [a:b = 2]"),
    ("[b:b = 1] FOLLOWEDBY [a:b = 1]", ""),
    ("[b:b = 1] FOLLOWEDBY ([a:b = 1] FOLLOWEDBY [a:a = 1])", ""),
    ("[a:b = 1] REPEATS 1 TIMES WITHIN 5 SECONDS", "[a:b = 1]"),
    ("([a:b = 1] REPEATS 2 TIMES) REPEATS 3 TIMES", "[a:b = 1] REPEATS 6 TIMES"),
    ("([a:b = 1] REPEATS 99999 TIMES) REPEATS 99999 TIMES", ""),
    ("([a:b = 1] REPEATS 2 TIMES WITHIN 5 SECONDS) WITHIN 6 SECONDS", "[a:b = 1] REPEATS 2 TIMES WITHIN 5 SECONDS"),
    ("([a:b = 1] AND [a:b = 1]) WITHIN 5 SECONDS REPEATS 2 TIMES", ""),
    (
        "([a:b = 1] OR [a:c = 1] START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z') WITHIN 5 SECONDS",
        "[a:b = 1] OR [a:c = 1] START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z'",
    ),
    (
        "[a:b = 1] START t'2026-01-01T00:00:00.0Z' STOP t'2027-01-01T00:00:00Z' REPEATS 2 TIMES",
        "[a:b = 1] REPEATS 2 TIMES START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z'",
    ),
    (
        "([a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z') START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z'",
        "[a:b = 1] START t'2026-01-01T00:00:00Z' STOP t'2027-01-01T00:00:00Z'",
    ),
];

/// PG-01, PG-08, PC-01, PC-02, PC-08, PC-10, PC-12, PC-13, PC-14, PM-03, PM-07, PM-08: what is brought together, and
/// what is not.
#[test]
fn what_is_brought_together() {
    for (text, normal) in NORMAL {
        let normal = if normal.is_empty() { text } else { normal };
        let pattern = Pattern::parse(text).unwrap().normal_form();
        assert_eq!(pattern.text(), *normal, "{text}");
        assert_eq!(pattern.normal_form().text(), *normal, "{text}");
        assert_eq!(Pattern::parse(normal), Ok(pattern), "{text}");
    }
}

/// PG-24: in STIX 2.0 `REPEATS` counts exactly, so it stays where it is.
#[test]
fn qualifiers_of_stix_20_stay() {
    let options = Options { version: Version::V2_0, ..Options::default() };
    let text = "[a:b = 1] START '2026-01-01T00:00:00Z' STOP '2027-01-01T00:00:00Z' REPEATS 1 TIMES";
    let pattern = Pattern::parse_with(text, &options).unwrap().normal_form();
    assert_eq!((pattern.text(), pattern.version()), (text, Version::V2_0));
}

/// An observation: when, and of each object its type and values; those under `[*]` are many.
#[derive(Clone, Debug)]
struct Seen {
    first: i64,
    last: i64,
    objects: Vec<(&'static str, Vec<i64>, Vec<i64>)>,
}

fn holds(comparison: &Comparison, object: &(&str, Vec<i64>, Vec<i64>)) -> bool {
    let (object_type, one, many) = object;
    if comparison.path.object_type().value != *object_type {
        return false;
    }
    let values = if comparison.path.steps().is_empty() { one } else { many };
    // PC-01: a string is equal to no integer, and different from each.
    let order = |value: i64, constant: &Literal| match constant {
        Literal::Integer(constant) => Some((value as f64).total_cmp(&(*constant as f64))),
        Literal::Float(constant) => Some((value as f64).total_cmp(&(constant + 0.0))),
        _ => None,
    };
    let is = |value: i64, constant: &Literal| order(value, constant).is_some_and(std::cmp::Ordering::is_eq);
    let is_less = |value: i64, constant: &Literal| order(value, constant).is_some_and(std::cmp::Ordering::is_lt);
    values.iter().any(|value| {
        let result = match &comparison.test {
            Test::Equal(constant) => is(*value, constant),
            Test::NotEqual(constant) => !is(*value, constant),
            Test::Less(constant) => is_less(*value, constant),
            Test::In(constants) => constants.iter().any(|constant| is(*value, constant)),
            _ => true,
        };
        result != comparison.negated
    })
}

fn holds_all(expression: &ComparisonExpression, object: &(&str, Vec<i64>, Vec<i64>)) -> bool {
    match expression {
        ComparisonExpression::Comparison(comparison) => holds(comparison, object),
        ComparisonExpression::And(items) => items.iter().all(|item| holds_all(item, object)),
        ComparisonExpression::Or(items) => items.iter().any(|item| holds_all(item, object)),
    }
}

/// Every set of observations that matches, as bits.
fn bindings(expression: &ObservationExpression, seen: &[Seen]) -> BTreeSet<u32> {
    let of = |bits: u32| seen.iter().enumerate().filter(move |(i, _)| bits >> i & 1 == 1).map(|(_, seen)| seen);
    let first = |bits: u32| of(bits).map(|seen| seen.first).max().unwrap();
    let last = |bits: u32| of(bits).map(|seen| seen.last).min().unwrap();
    let pairs = |left: &BTreeSet<u32>, right: &BTreeSet<u32>, ordered: bool| -> BTreeSet<u32> {
        let pairs = left.iter().flat_map(|a| right.iter().map(move |b| (*a, *b)));
        let fitting = pairs.filter(|(a, b)| a & b == 0 && (!ordered || first(*a) <= last(*b)));
        fitting.map(|(a, b)| a | b).collect()
    };
    match expression {
        ObservationExpression::Observation(inside) => {
            let matching = seen.iter().enumerate().filter(|(_, s)| s.objects.iter().any(|o| holds_all(inside, o)));
            matching.map(|(i, _)| 1 << i).collect()
        }
        ObservationExpression::Or(items) => items.iter().flat_map(|item| bindings(item, seen)).collect(),
        ObservationExpression::And(items) => {
            items.iter().map(|item| bindings(item, seen)).reduce(|a, b| pairs(&a, &b, false)).unwrap()
        }
        ObservationExpression::FollowedBy(items) => {
            items.iter().map(|item| bindings(item, seen)).reduce(|a, b| pairs(&a, &b, true)).unwrap()
        }
        ObservationExpression::Qualified { expression, qualifier, .. } => {
            let inside = bindings(expression, seen);
            match &qualifier.value {
                Qualifier::Within(seconds) => {
                    inside.into_iter().filter(|b| (first(*b) as f64) < last(*b) as f64 + seconds).collect()
                }
                Qualifier::Repeats(times) => (1..*times).fold(inside.clone(), |sum, _| pairs(&sum, &inside, false)),
                Qualifier::StartStop(start, stop) => {
                    let (start, stop) = (start.to_utc().timestamp(), stop.to_utc().timestamp());
                    inside.into_iter().filter(|b| of(*b).all(|s| s.first < stop && s.last >= start)).collect()
                }
            }
        }
    }
}

fn comparisons() -> impl Strategy<Value = ComparisonExpression> {
    let constant = || prop_oneof![3 => (0i32..3).prop_map(|n| n.to_string()), 1 => Just("1.0".to_owned())];
    let test = prop_oneof![
        4 => constant().prop_map(|c| format!("= {c}")),
        1 => constant().prop_map(|c| format!("NOT = {c}")),
        1 => constant().prop_map(|c| format!("!= {c}")),
        1 => constant().prop_map(|c| format!("NOT != {c}")),
        1 => constant().prop_map(|c| format!("NOT < {c}")),
        2 => prop::collection::vec(constant(), 0..3).prop_map(|c| format!("IN ({})", c.join(", "))),
        1 => prop::collection::vec(constant(), 0..3).prop_map(|c| format!("NOT IN ({})", c.join(", "))),
        1 => Just("= 'x'".to_owned()),
        1 => Just("NOT = 'x'".to_owned()),
    ];
    let path = prop_oneof![Just("a:x"), Just("a:y[*]"), Just("b:x")];
    let leaf = (path, test).prop_map(|(path, test)| {
        let pattern = Pattern::parse(&format!("[{path} {test}]")).unwrap();
        pattern.comparisons().next().unwrap().clone().into()
    });
    leaf.prop_recursive(3, 10, 3, |inner| {
        (prop::collection::vec(inner, 1..4), any::<bool>()).prop_map(|(items, all)| match all {
            true => ComparisonExpression::all(items),
            false => ComparisonExpression::any(items),
        })
    })
}

/// Of few different ones, so that they are often the same and often true.
fn observations() -> impl Strategy<Value = ObservationExpression> {
    let time = |second: i64| Timestamp::from(chrono::DateTime::from_timestamp(second, 0).unwrap());
    let leaf = prop_oneof![Just("[a:x = 0]"), Just("[a:x IN (0, 1)]"), Just("[a:x < 2 OR b:x = 1]")];
    let leaf = leaf.prop_map(|text| Pattern::parse(text).unwrap().expression().clone());
    leaf.prop_recursive(4, 8, 3, move |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(ObservationExpression::all),
            2 => prop::collection::vec(inner.clone(), 2..4).prop_map(ObservationExpression::any),
            2 => prop::collection::vec(inner.clone(), 2..3).prop_map(ObservationExpression::in_order),
            2 => (inner.clone(), 1..4u32).prop_map(|(inner, seconds)| inner.within(f64::from(seconds))),
            2 => (inner.clone(), 1..3u64).prop_map(|(inner, times)| inner.repeats(times)),
            1 => (inner, 0..4i64, 2..5i64).prop_map(move |(inner, a, b)| inner.start_stop(time(a), time(a + b))),
        ]
    })
}

fn object() -> impl Strategy<Value = (&'static str, Vec<i64>, Vec<i64>)> {
    let object_type = prop_oneof![3 => Just("a"), 1 => Just("b")];
    (object_type, prop::collection::vec(0i64..3, 0..2), prop::collection::vec(0i64..3, 0..3))
}

fn seen() -> impl Strategy<Value = Vec<Seen>> {
    let objects = prop_oneof![
        Just(vec![("a", vec![0], vec![])]),
        Just(vec![("a", vec![1], vec![])]),
        prop::collection::vec(object(), 1..3)
    ];
    let one = (0i64..6, 0i64..3, objects);
    let one = one.prop_map(|(first, length, objects)| Seen { first, last: first + length, objects });
    prop::collection::vec(one, 1..7)
}

/// The normal form matches the same, and is stable.
fn keeps_its_meaning(expression: ObservationExpression, seen: &[Seen]) -> Result<usize, TestCaseError> {
    let pattern = Pattern::written(expression, Version::V2_1);
    let normal = pattern.normal_form();
    let matching = bindings(pattern.expression(), seen);
    prop_assert_eq!(&matching, &bindings(normal.expression(), seen), "{} {}", pattern, normal);
    let again = normal.normal_form();
    prop_assert_eq!(again.text(), normal.text());
    let reread = Pattern::parse_with(normal.text(), &Options { mixed_types: true, ..Options::default() });
    prop_assert_eq!(reread.as_ref(), Ok(&normal));
    Ok(matching.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// PC-01, PC-02, PC-12 to PC-14, PM-01: exactly the same objects match.
    #[test]
    fn comparisons_keep_their_meaning(expression in comparisons(), objects in prop::collection::vec(object(), 1..7)) {
        // Each object in an observation of its own, so that each counts.
        let seen: Vec<_> = objects.into_iter().map(|object| Seen { first: 0, last: 0, objects: vec![object] }).collect();
        keeps_its_meaning(expression.observed(), &seen)?;
    }

    /// PM-01 to PM-08: exactly the same sets of observations match.
    #[test]
    fn observations_keep_their_meaning(expression in observations(), seen in seen()) {
        keeps_its_meaning(expression, &seen)?;
    }
}

//! Random expressions, made with the public builders.

use proptest::collection::vec;
use proptest::prelude::*;
use stix_model::Timestamp;
use stix_model::pattern::{Comparison, ComparisonExpression, Literal, ObjectPath, ObservationExpression, Test};

/// What a name in a path may not be without quotes, and an object type not at all.
const KEYWORDS: [&str; 19] = [
    "AND",
    "OR",
    "NOT",
    "FOLLOWEDBY",
    "LIKE",
    "MATCHES",
    "ISSUPERSET",
    "ISSUBSET",
    "EXISTS",
    "LAST",
    "IN",
    "START",
    "STOP",
    "SECONDS",
    "true",
    "false",
    "WITHIN",
    "REPEATS",
    "TIMES",
];

pub(crate) fn object_type() -> impl Strategy<Value = String> {
    let real = proptest::sample::select(vec!["file", "ipv4-addr", "x-acme-thing", "h", "t", "b"]);
    let any = "[a-zA-Z_][a-zA-Z0-9_-]{0,6}".prop_filter("a keyword", |name| !KEYWORDS.contains(&name.as_str()));
    prop_oneof![real.prop_map(str::to_owned), any]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,4}",
        "\\PC{0,6}",
        r"['\\%_\n\r\t /*\]\[)(é🦀\x00]{0,6}",
        proptest::sample::select(vec!["AND", "' OR '", "*/", "//", "\\'", "\\", "'", "1"]).prop_map(str::to_owned),
    ]
}

fn key() -> impl Strategy<Value = String> {
    let keyword = proptest::sample::select(KEYWORDS.to_vec()).prop_map(str::to_owned);
    prop_oneof![4 => "[a-z_][a-z0-9_]{0,5}", 1 => keyword, 1 => text()]
}

pub(crate) fn path(object_type: String) -> impl Strategy<Value = ObjectPath> {
    #[derive(Clone, Debug)]
    enum Step {
        Key(String),
        Index(u64),
        Any,
    }
    let step = prop_oneof![key().prop_map(Step::Key), any::<u64>().prop_map(Step::Index), Just(Step::Any)];
    (key(), vec(step, 0..4)).prop_map(move |(property, steps)| {
        steps.into_iter().fold(ObjectPath::new(object_type.clone(), property), |path, step| match step {
            Step::Key(name) => path.key(name),
            Step::Index(index) => path.index(index),
            Step::Any => path.any(),
        })
    })
}

pub(crate) fn timestamp() -> impl Strategy<Value = Timestamp> {
    let fraction = prop_oneof![Just(String::new()), "\\.[0-9]{1,9}"];
    (0..9999, 1..=12, 1..=28, 0..24, 0..60, 0..60, fraction).prop_map(
        |(year, month, day, hour, minute, second, rest)| {
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{rest}Z");
            text.parse().unwrap_or_else(|_| panic!("a timestamp: {text}"))
        },
    )
}

fn number() -> impl Strategy<Value = Literal> {
    let float = proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO;
    prop_oneof![
        any::<i8>().prop_map(|value| Literal::Integer(value.into())),
        any::<i128>().prop_map(Literal::Integer),
        float.prop_map(Literal::Float),
        any::<i8>().prop_map(|value| Literal::Float(f64::from(value) / 4.0)),
    ]
}

fn ordered() -> impl Strategy<Value = Literal> {
    prop_oneof![
        number(),
        text().prop_map(Literal::String),
        vec(any::<u8>(), 0..5).prop_map(Literal::Hex),
        vec(any::<u8>(), 1..5).prop_map(Literal::Binary),
        timestamp().prop_map(Literal::Timestamp),
    ]
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![1 => any::<bool>().prop_map(Literal::Boolean), 6 => ordered()]
}

/// Constants of one kind (PG-10).
fn set() -> impl Strategy<Value = Vec<Literal>> {
    prop_oneof![
        vec(any::<bool>().prop_map(Literal::Boolean), 0..3),
        vec(number(), 1..4),
        vec(text().prop_map(Literal::String), 1..4),
        vec(vec(any::<u8>(), 0..4).prop_map(Literal::Hex), 1..3),
        vec(timestamp().prop_map(Literal::Timestamp), 1..3),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    prop_oneof![
        Just(Test::Exists),
        literal().prop_map(|constant| Test::Equal(constant.into())),
        literal().prop_map(|constant| Test::NotEqual(constant.into())),
        ordered().prop_map(|constant| Test::Less(constant.into())),
        ordered().prop_map(|constant| Test::LessOrEqual(constant.into())),
        ordered().prop_map(|constant| Test::Greater(constant.into())),
        ordered().prop_map(|constant| Test::GreaterOrEqual(constant.into())),
        set().prop_map(|constants| Test::In(constants.into_iter().map(Into::into).collect())),
        text().prop_map(|text| Test::Like(text.into())),
        text().prop_map(|text| Test::Matches(text.into())),
        text().prop_map(|text| Test::IsSubset(text.into())),
        text().prop_map(|text| Test::IsSuperset(text.into())),
    ]
}

fn comparison(object_type: String) -> impl Strategy<Value = Comparison> {
    (path(object_type), any::<bool>(), test()).prop_map(|(path, negated, test)| {
        let mut comparison = path.exists();
        comparison.test = test;
        if negated { comparison.negated() } else { comparison }
    })
}

/// Comparisons of one type, in any shape.
fn comparisons(object_type: String) -> impl Strategy<Value = ComparisonExpression> {
    comparison(object_type).prop_map(ComparisonExpression::from).prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| left.and(right)),
            (inner.clone(), inner).prop_map(|(left, right)| left.or(right)),
        ]
    })
}

fn observation() -> impl Strategy<Value = ObservationExpression> {
    let of_one = || object_type().prop_flat_map(comparisons);
    prop_oneof![
        3 => of_one().prop_map(ComparisonExpression::observed),
        1 => (of_one(), of_one()).prop_map(|(left, right)| left.or(right).observed()),
    ]
}

/// Expressions of all shapes; every one can be written.
pub(crate) fn expression() -> impl Strategy<Value = ObservationExpression> {
    observation().prop_recursive(5, 16, 2, |inner| {
        let seconds = prop_oneof![1.0..9.0, (1..9).prop_map(f64::from), Just(f64::MAX), Just(f64::MIN_POSITIVE)];
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| left.and(right)),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| left.or(right)),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| left.followed_by(right)),
            (inner.clone(), seconds).prop_map(|(inside, seconds)| inside.within(seconds)),
            (inner.clone(), 1..=999_999_999_u64).prop_map(|(inside, times)| inside.repeats(times)),
            (inner, timestamp(), timestamp()).prop_map(|(inside, start, stop)| inside.start_stop(start, stop)),
        ]
    })
}

/// What may stand between two words; it means nothing.
pub(crate) fn gaps() -> impl Strategy<Value = Vec<&'static str>> {
    let gap = vec![
        "",
        "",
        " ",
        "\n",
        "\t\r\n",
        "\u{a0}",
        "\u{2028}",
        "/**/",
        "/* [a:b = 'x */",
        "// '\n",
        " /*/*/ ",
        "\u{85}",
    ];
    vec(proptest::sample::select(gap), 1..12)
}

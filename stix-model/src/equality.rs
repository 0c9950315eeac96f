use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Do two JSON texts say the same?
///
/// The order of members, white space and the way a string is escaped do not matter; the order of
/// lists does. Numbers are compared by value and exactly, however large: `1`, `1.0` and `10e-1` are equal,
/// `9007199254740993` and `9007199254740992` are not. Texts that are not JSON are equal only if
/// they are the same text.
///
/// ```
/// use stix_model::same_content;
///
/// assert!(same_content(r#"{"a": 1, "b": "\u00e9"}"#, r#"{"b":"é","a":1.0}"#));
/// assert!(!same_content("[1, 2]", "[2, 1]"));
/// ```
#[must_use]
pub fn same_content(a: &str, b: &str) -> bool {
    a == b || same_value(a, b).unwrap_or(false)
}

/// A member name, whose text may have to be unescaped first.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

fn same_value(a: &str, b: &str) -> serde_json::Result<bool> {
    let (a, b) = (a.trim_ascii(), b.trim_ascii());
    Ok(match (a.bytes().next(), b.bytes().next()) {
        (Some(b'{'), Some(b'{')) => {
            let a: BTreeMap<Name<'_>, &RawValue> = serde_json::from_str(a)?;
            let b: BTreeMap<Name<'_>, &RawValue> = serde_json::from_str(b)?;
            a.len() == b.len() && a.iter().zip(&b).all(|(x, y)| x.0 == y.0 && same_content(x.1.get(), y.1.get()))
        }
        (Some(b'['), Some(b'[')) => {
            let a: Vec<&RawValue> = serde_json::from_str(a)?;
            let b: Vec<&RawValue> = serde_json::from_str(b)?;
            a.len() == b.len() && a.iter().zip(&b).all(|(x, y)| same_content(x.get(), y.get()))
        }
        (Some(b'"'), Some(b'"')) => serde_json::from_str::<Name<'_>>(a)? == serde_json::from_str::<Name<'_>>(b)?,
        (Some(b'-' | b'0'..=b'9'), Some(b'-' | b'0'..=b'9')) => Number::of(a) == Number::of(b),
        _ => a == b,
    })
}

/// A number as its significant digits and the power of ten of the last of them.
#[derive(PartialEq, Eq)]
struct Number {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Number {
    fn of(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0').trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let trailing = all.len() - all.trim_end_matches('0').len();
        let shift = i64::try_from(trailing).ok()? - i64::try_from(fraction.len()).ok()?;
        let exponent = exponent.parse::<i64>().ok()?.checked_add(shift)?;
        Some(Self { negative, digits: digits.to_owned(), exponent })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// AMB-08 (a): equal content is equality of the JSON values.
    #[test]
    fn numbers_are_compared_exactly() {
        for (a, b) in [("1", "1.0"), ("1", "10e-1"), ("-0", "0"), ("1e2", "100"), ("0.10", "1E-1"), ("0.0", "0e5")] {
            assert!(same_content(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("1", "2"),
            ("1", "-1"),
            ("9007199254740993", "9007199254740992"),
            ("1", "\"1\""),
            ("1e400", "1e401"),
            ("null", "0"),
        ] {
            assert!(!same_content(a, b), "{a} {b}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c\"\\\\é\n]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-cé\"]{0,2}", inner, 0..4)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// The oracle is `serde_json`'s own equality, over values that it represents exactly.
        #[test]
        fn agrees_with_value_equality(a in json(), b in json()) {
            prop_assert_eq!(same_content(&a.to_string(), &b.to_string()), a == b);
            prop_assert!(same_content(&a.to_string(), &serde_json::to_string_pretty(&a).unwrap()));
        }
    }
}

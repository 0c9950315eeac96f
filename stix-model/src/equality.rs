use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::TypeClass;
use crate::json::{Json, Members};

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

/// Do two representations of an object say the same (STIX 2.1 §3.6, §8)?
///
/// The order of members does not matter, and neither does whether a property with its default value is written:
/// `revoked` and `defanged` as false, `lang` as `en`, `summary` of a sighting as false, `spec_version` of an
/// observable as `2.1`. The order of lists and the digits of timestamps do matter. Numbers are compared by value.
///
/// ```
/// use stix_model::equivalent;
/// use stix_model::json::Json;
///
/// let tool = Json::parse(r#"{"type": "tool", "name": "x", "revoked": false}"#)?;
/// let same = Json::parse(r#"{"name": "x", "type": "tool"}"#)?;
/// assert!(equivalent(tool.as_object().unwrap(), same.as_object().unwrap()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn equivalent(a: &Members<'_>, b: &Members<'_>) -> bool {
    same_members(&significant(a), &significant(b))
}

/// Feeds an object into a hasher, so that equivalent objects give the same.
pub(crate) fn hash_object(members: &Members<'_>, hasher: &mut impl Hasher) {
    hash_members(&significant(members), hasher);
}

/// Members by name.
type Sorted<'m, 'a> = Vec<(&'m str, &'m Json<'a>)>;

fn sorted<'m, 'a>(members: &'m Members<'a>) -> Sorted<'m, 'a> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    sorted
}

/// The members of an object but for those that say what their absence says.
fn significant<'m, 'a>(members: &'m Members<'a>) -> Sorted<'m, 'a> {
    let object_type = members.get("type").and_then(Json::as_str).unwrap_or_default();
    let mut sorted = sorted(members);
    sorted.retain(|(name, value)| !is_default(object_type, name, value));
    sorted
}

fn is_default(object_type: &str, name: &str, value: &Json<'_>) -> bool {
    let observable = || TypeClass::of(object_type) == TypeClass::Observable;
    match name {
        "revoked" | "defanged" => value.as_bool() == Some(false),
        "summary" => object_type == "sighting" && value.as_bool() == Some(false),
        "lang" => value.as_str() == Some("en") && !observable(),
        "spec_version" => value.as_str() == Some("2.1") && observable(),
        _ => false,
    }
}

fn same_members(a: &Sorted<'_, '_>, b: &Sorted<'_, '_>) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && same_json(a.1, b.1))
}

fn same_json(a: &Json<'_>, b: &Json<'_>) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => Exact::of(a) == Exact::of(b),
        (Json::List(a), Json::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b)),
        (Json::Object(a), Json::Object(b)) => a.len() == b.len() && same_members(&sorted(a), &sorted(b)),
        _ => a == b,
    }
}

fn hash_members(members: &Sorted<'_, '_>, hasher: &mut impl Hasher) {
    members.len().hash(hasher);
    for (name, value) in members {
        name.hash(hasher);
        hash_json(value, hasher);
    }
}

fn hash_json(json: &Json<'_>, hasher: &mut impl Hasher) {
    std::mem::discriminant(json).hash(hasher);
    match json {
        Json::Null => {}
        Json::Bool(value) => value.hash(hasher),
        Json::Number(number) => Exact::of(number).hash(hasher),
        Json::String(text) => text.hash(hasher),
        Json::List(items) => {
            items.len().hash(hasher);
            items.iter().for_each(|item| hash_json(item, hasher));
        }
        Json::Object(members) => hash_members(&sorted(members), hasher),
    }
}

/// The value of a number, however it was written.
#[derive(PartialEq, Eq, Hash)]
enum Exact {
    Whole(i128),
    /// The bits of a float that is not whole, or larger than any integer that JSON text keeps apart.
    Float(u64),
}

impl Exact {
    fn of(number: &serde_json::Number) -> Self {
        /// Beyond 2^64 there are only floats.
        const INTEGERS: f64 = 18_446_744_073_709_551_616.0;
        let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        let float = number.as_f64().unwrap_or_default();
        match whole {
            Some(whole) => Self::Whole(whole),
            None if float.fract() == 0.0 && float.abs() <= INTEGERS => Self::Whole(float as i128),
            None => Self::Float(float.to_bits()),
        }
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

    fn hash(members: &Members<'_>) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        hash_object(members, &mut hasher);
        hasher.finish()
    }

    /// VER-08, J-04: what does and what does not make another version.
    #[test]
    fn defaults_and_order_do_not_matter() {
        for (a, b, same) in [
            (r#"{"type":"tool","name":"x"}"#, r#"{"name":"x","type":"tool"}"#, true),
            (r#"{"type":"tool","revoked":false,"lang":"en"}"#, r#"{"type":"tool"}"#, true),
            (r#"{"type":"url","defanged":false,"spec_version":"2.1"}"#, r#"{"type":"url"}"#, true),
            (r#"{"type":"sighting","summary":false}"#, r#"{"type":"sighting"}"#, true),
            (r#"{"type":"x","a":{"b":1,"c":[2]}}"#, r#"{"type":"x","a":{"c":[2.0],"b":1}}"#, true),
            (r#"{"type":"tool","summary":false}"#, r#"{"type":"tool"}"#, false),
            (r#"{"type":"tool","revoked":true}"#, r#"{"type":"tool"}"#, false),
            (r#"{"type":"tool","spec_version":"2.1"}"#, r#"{"type":"tool"}"#, false),
            (r#"{"type":"tool","lang":"de"}"#, r#"{"type":"tool"}"#, false),
            (r#"{"type":"x","a":{"revoked":false}}"#, r#"{"type":"x","a":{}}"#, false),
            (r#"{"type":"x","a":[1,2]}"#, r#"{"type":"x","a":[2,1]}"#, false),
            (r#"{"type":"x","m":"2020-01-01T00:00:00.000Z"}"#, r#"{"type":"x","m":"2020-01-01T00:00:00Z"}"#, false),
            (r#"{"type":"x","a":9007199254740993}"#, r#"{"type":"x","a":9007199254740992.0}"#, false),
            (r#"{"type":"x","a":"1"}"#, r#"{"type":"x","a":1}"#, false),
        ] {
            let (a, b) = (Json::parse(a).unwrap(), Json::parse(b).unwrap());
            let (a, b) = (a.as_object().unwrap(), b.as_object().unwrap());
            assert_eq!(equivalent(a, b), same, "{a:?} {b:?}");
            assert_eq!(equivalent(b, a), same);
            assert_eq!(hash(a) == hash(b), same);
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

        /// VER-08: the comparison of trees and that of texts agree, and what is equal has the same hash.
        #[test]
        fn trees_and_texts_agree(a in json(), b in json()) {
            let wrap = |value: &Value| Members::from_iter([("x", Json::from(value.clone()))]);
            let same = equivalent(&wrap(&a), &wrap(&b));
            prop_assert_eq!(same, same_content(&a.to_string(), &b.to_string()));
            prop_assert!(!same || hash(&wrap(&a)) == hash(&wrap(&b)));
        }
    }
}

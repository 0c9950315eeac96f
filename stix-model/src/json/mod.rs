//! JSON as STIX sees it: members in the order in which they were written, integers apart from floats.
//!
//! A [`Json`] that was read from a text borrows what it can from it.

mod direct;
mod members;
mod tree;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer};
use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde_json::Number;
use serde_json::value::RawValue;

pub use members::Members;
pub(crate) use members::same;
use tree::{Borrowed, Hold, Owned, Tree};

use crate::strict::shorten;

/// A JSON value.
///
/// Objects are equal when they have equal members in any order; lists keep theirs. `7` and `7.0` differ.
///
/// ```
/// use stix_model::json::Json;
///
/// let json = Json::parse(r#"{"name": "x", "size": [7, 7.0]}"#)?;
/// assert_eq!(json.get("name").and_then(Json::as_str), Some("x"));
/// assert_eq!(json.to_string(), r#"{"name":"x","size":[7,7.0]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
// With a tag of a whole word, a value is copied word by word, which reading does all the time.
#[repr(u64)]
pub enum Json<'a> {
    /// `null`, which no STIX property may have.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a float. An integer beyond 64 bits is read as a float.
    Number(Number),
    /// Text.
    String(Cow<'a, str>),
    /// Values in order.
    List(Vec<Json<'a>>),
    /// Members in the order in which they were written.
    Object(Members<'a>),
}

/// Levels of nesting that [`Json::parse`] accepts.
pub const DEPTH: usize = 100;

impl<'a> Json<'a> {
    /// Reads a text, which must be one JSON value within I-JSON (RFC 7493), nested at most [`DEPTH`] levels.
    ///
    /// # Errors
    /// It is not; a duplicate member name is an error here. [`Json::parse_leniently`] keeps the last.
    pub fn parse(text: &'a str) -> serde_json::Result<Self> {
        let (json, duplicates) = Self::parse_leniently(text, DEPTH)?;
        match duplicates.into_iter().next() {
            None => Ok(json),
            Some(pointer) => Err(de::Error::custom(format_args!("duplicate member name at {pointer}"))),
        }
    }

    /// Reads a text and gives the JSON pointers of duplicate member names; of each, the last value is kept.
    ///
    /// # Errors
    /// The text is not JSON, or nested deeper than `depth` levels.
    pub fn parse_leniently(text: &'a str, depth: usize) -> serde_json::Result<(Self, Vec<String>)> {
        read(text, depth, Borrowed)
    }

    /// As [`Json::parse`], borrowing nothing.
    pub(crate) fn parse_owned(text: &str) -> serde_json::Result<Json<'static>> {
        let (json, duplicates) = read(text, DEPTH, Owned)?;
        match duplicates.first() {
            None => Ok(json),
            Some(pointer) => Err(de::Error::custom(format_args!("duplicate member name at {pointer}"))),
        }
    }

    /// The same, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Json<'static> {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(value),
            Self::Number(number) => Json::Number(number),
            Self::String(text) => Json::String(members::own(text)),
            Self::List(items) => Json::List(items.into_iter().map(Json::into_owned).collect()),
            Self::Object(members) => Json::Object(members.into_owned()),
        }
    }

    /// The text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value, if it is `true` or `false`.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The value, if it is a whole number, also one that is written `5.0`.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        /// Beyond 2^53 a float does not tell which integer was meant.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let Self::Number(number) = self else { return None };
        let whole = |float: f64| (float.fract() == 0.0 && float.abs() <= EXACT).then_some(float as i64);
        number.as_i64().or_else(|| number.is_f64().then(|| number.as_f64()).flatten().and_then(whole))
    }

    /// The value, if it is a number.
    #[must_use]
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// The items, if it is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Json<'a>]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The members, if it is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Members<'a>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The value of a member, if this is an object that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.as_object()?.get(name)
    }

    /// What kind of value it is, with its article, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(number) if number.is_f64() => "a float",
            Self::Number(_) => "an integer",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The value in a message: short ones as they are, of others the beginning or the kind.
    #[must_use]
    pub fn excerpt(&self) -> String {
        match self {
            Self::String(text) if shorten(text).len() < text.len() => format!("{:?}…", shorten(text)),
            Self::List(items) => format!("a list of {}", items.len()),
            Self::Object(members) => format!("an object with {} members", members.len()),
            other => other.to_string(),
        }
    }
}

/// Reads a text, with the JSON pointers of duplicate names.
fn read<'de, 't, H: Hold<'de, 't>>(
    text: &'de str,
    depth: usize,
    hold: H,
) -> serde_json::Result<(Json<'t>, Vec<String>)> {
    match direct::read(text, depth, hold) {
        Some(json) => Ok((json, Vec::new())),
        None => tree::read(text, depth, hold),
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Object(members) => members.serialize(serializer),
        }
    }
}

impl<'de> de::Deserialize<'de> for Json<'static> {
    /// From any self-describing format. A duplicate member name is an error.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut duplicates = Vec::new();
        let json = Tree { depth: DEPTH, room: 16, hold: Owned, duplicates: &mut duplicates, text: PhantomData }
            .deserialize(deserializer)?;
        match duplicates.first() {
            None => Ok(json),
            Some(pointer) => Err(de::Error::custom(format_args!("duplicate member name at {pointer}"))),
        }
    }
}

/// As JSON text, without white space.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

macro_rules! json_from {
    ($($type:ty => $variant:expr;)*) => {$(
        impl<'a> From<$type> for Json<'a> {
            fn from(value: $type) -> Self {
                let wrap: fn($type) -> Json<'a> = $variant;
                wrap(value)
            }
        }
    )*};
}

json_from! {
    bool => Json::Bool;
    i64 => |v| Json::Number(v.into());
    i32 => |v| Json::Number(v.into());
    u64 => |v| Json::Number(v.into());
    &'a str => |v| Json::String(Cow::Borrowed(v));
    String => |v| Json::String(Cow::Owned(v));
    Members<'a> => Json::Object;
    Vec<Json<'a>> => Json::List;
}

impl From<serde_json::Value> for Json<'static> {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::String(Cow::Owned(text)),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(members) => Self::Object(members.into_iter().map(|(n, v)| (n, Self::from(v))).collect()),
        }
    }
}

impl From<Json<'_>> for serde_json::Value {
    fn from(json: Json<'_>) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => Self::Number(number),
            Json::String(text) => Self::String(text.into_owned()),
            Json::List(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Json::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name.into_owned(), Self::from(value))).collect())
            }
        }
    }
}

impl<'a> TryFrom<&'a RawValue> for Json<'a> {
    type Error = serde_json::Error;

    fn try_from(text: &'a RawValue) -> serde_json::Result<Self> {
        Self::parse(text.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LIB-02, LIB-11, J-02: order and number class stay; the last of duplicates is kept and all are named.
    #[test]
    fn keeps_order_and_names_duplicates() {
        let text = r#"{"z":1,"a":[1.0,2,-0.0,18446744073709551615],"m":{"b":null,"a":true}}"#;
        assert_eq!(Json::parse(text).unwrap().to_string(), text);
        let (json, duplicates) = Json::parse_leniently(r#"{"a":1,"b":[0,{"x/y":1,"x/y":2}],"a":3}"#, DEPTH).unwrap();
        assert_eq!(json.to_string(), r#"{"a":3,"b":[0,{"x/y":2}]}"#);
        assert_eq!(duplicates, ["/b/1/x~1y", "/a"]);
        let wide: String = (0..3000).map(|i| format!("\"k{}\":0,", i % 2999)).collect();
        let (_, duplicates) = Json::parse_leniently(&format!("{{{wide}\"z\":0}}"), DEPTH).unwrap();
        assert_eq!(duplicates, ["/k0"]);
    }

    /// LIB-07, AC-17: what is no JSON, or too deep, is refused.
    #[test]
    fn refuses_what_is_no_json() {
        for bad in ["", "{", "[1,]", "{\"a\":1e400}", "NaN", "\"\\ud800\"", "[1] 2", "{\"a\":1,\"a\":1}"] {
            assert!(Json::parse(bad).is_err(), "{bad}");
        }
        for depth in [101, 200, 100_000] {
            assert!(Json::parse(&format!("{}{}", "[".repeat(depth), "]".repeat(depth))).is_err());
        }
        assert!(Json::parse(&format!("{}{}", "[".repeat(100), "]".repeat(100))).is_ok());
    }

    /// T-10: an integer may be written with a fraction that is none.
    #[test]
    fn whole_numbers_are_integers() {
        let integer = |text: &str| Json::parse(text).unwrap().as_integer();
        assert_eq!(integer("5.0"), Some(5));
        assert_eq!(integer("5e2"), Some(500));
        assert_eq!(integer("5.5"), None);
        assert_eq!(integer("1e300"), None);
        assert_eq!(integer("-9007199254740991"), Some(-9_007_199_254_740_991));
    }
}

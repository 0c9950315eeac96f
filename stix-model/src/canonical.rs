//! The canonical text of a JSON value (RFC 8785): members sorted, numbers and strings in their shortest form.

use std::cmp::Ordering;

use crate::json::Json;

/// The canonical text.
///
/// ```
/// use stix_model::canonical;
/// use stix_model::json::Json;
///
/// let json = Json::parse(r#"{"b": [7.0, "\u00e9"], "a": 1e21}"#)?;
/// assert_eq!(canonical::text(&json), r#"{"a":1e+21,"b":[7,"é"]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn text(json: &Json<'_>) -> String {
    let mut text = String::new();
    write(json, &mut text);
    text
}

pub(crate) fn write(json: &Json<'_>, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(number) => write_number(number, out),
        Json::String(text) => write_string(text, out),
        Json::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by(|(a, _), (b, _)| order(a, b));
            out.push('{');
            for (i, (name, value)) in sorted.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_string(name, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

/// How names follow each other: by UTF-16 code units, which is not the order of UTF-8 (RFC 8785 §3.2.3).
pub(crate) fn order(a: &str, b: &str) -> Ordering {
    match a.is_ascii() && b.is_ascii() {
        true => a.cmp(b),
        false => a.encode_utf16().cmp(b.encode_utf16()),
    }
}

/// Numbers are doubles, in the shortest form that ECMAScript gives (RFC 8785 §3.2.2.3).
fn write_number(number: &serde_json::Number, out: &mut String) {
    let float = number.as_f64().unwrap_or_default();
    out.push_str(ryu_js::Buffer::new().format(float));
}

pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    // Looking at all bytes at once is much faster than finding the first, and most texts have nothing to escape.
    match text.bytes().fold(false, |found, byte| found | is_escaped(char::from(byte))) {
        true => write_escaped(text, out),
        false => out.push_str(text),
    }
    out.push('"');
}

fn write_escaped(text: &str, out: &mut String) {
    for part in text.split_inclusive(is_escaped) {
        let mut chars = part.chars();
        match chars.next_back() {
            Some(c) if is_escaped(c) => {
                out.push_str(chars.as_str());
                escape(c, out);
            }
            _ => out.push_str(part),
        }
    }
}

/// Only what JSON demands (RFC 8785 §3.2.2.2).
fn is_escaped(c: char) -> bool {
    c < ' ' || c == '"' || c == '\\'
}

fn escape(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{8}' => out.push_str("\\b"),
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\u{c}' => out.push_str("\\f"),
        '\r' => out.push_str("\\r"),
        control => {
            let (high, low) = (u32::from(control) >> 4, u32::from(control) & 15);
            out.push_str("\\u00");
            out.extend([high, low].into_iter().filter_map(|digit| char::from_digit(digit, 16)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(json: &str) -> String {
        text(&Json::parse(json).unwrap())
    }

    /// DET-06: numbers in ECMAScript's shortest form; those with a comment are of RFC 8785, appendix B.
    #[test]
    fn numbers() {
        for (number, expected) in [
            ("7.0", "7"),
            ("1e21", "1e+21"),
            ("1E20", "100000000000000000000"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("0.000001", "0.000001"),
            ("1e-7", "1e-7"),
            ("4.50", "4.5"),
            ("2e-3", "0.002"),
            ("333333333.33333329", "333333333.3333333"),
            ("5e-324", "5e-324"),                                  // the least
            ("1.7976931348623157e308", "1.7976931348623157e+308"), // the greatest
            ("9007199254740991", "9007199254740991"),              // the greatest safe integer
            ("-9007199254740992", "-9007199254740992"),            // one less than the least
            ("295147905179352830000", "295147905179352830000"),    // about 2^68
            ("9.999999999999997e22", "9.999999999999997e+22"),
            ("1e23", "1e+23"),
            ("1424953923781206.2", "1424953923781206.2"), // rounds to even
            ("18446744073709551615", "18446744073709552000"),
        ] {
            assert_eq!(canonical(number), expected, "{number}");
        }
    }

    /// DET-07: only what JSON demands is escaped, and nothing is normalised.
    #[test]
    fn strings() {
        for (string, expected) in [
            (r#""\u0008\u0009\u000a\u000c\u000d""#, r#""\b\t\n\f\r""#),
            (r#""\u0000\u001F\u000B""#, r#""\u0000\u001f\u000b""#),
            (r#""\"\\\/""#, r#""\"\\/""#),
            (r#""\u007f\u2028\u2029\u00e9\ud83d\ude00""#, "\"\u{7f}\u{2028}\u{2029}é😀\""),
            ("\"e\u{301} é \u{212b}\"", "\"e\u{301} é \u{212b}\""),
            (r#""<>&'""#, r#""<>&'""#),
            (r#""""#, r#""""#),
        ] {
            assert_eq!(canonical(string), expected);
        }
    }

    /// DET-08: members by UTF-16 code units, at every level; lists keep their order. The first is of RFC 8785 §3.2.3.
    #[test]
    fn members() {
        let json = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
        let expected = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}";
        assert_eq!(canonical(json), expected);
        let nested = r#"{ "b" : [ 3 , { "z" : null , "": true } , [ ] ] , "aa" : false, "a" : { }, "B": 1 }"#;
        assert_eq!(canonical(nested), r#"{"B":1,"a":{},"aa":false,"b":[3,{"":true,"z":null},[]]}"#);
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let text = prop_oneof![any::<String>(), "[\u{0}-\u{30}\\\\\"\u{d7f0}-\u{d7ff}\u{e000}\u{fffd}\u{10000}]{0,6}"];
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            text.clone().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::hash_map(text.clone(), inner, 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// DET-06 to DET-08: another implementation says the same.
        #[test]
        fn agrees_with_another_implementation(json in json()) {
            let other = serde_json_canonicalizer::to_string(&json).unwrap();
            prop_assert_eq!(text(&Json::from(json)), other);
        }

        /// What is canonical already stays as it is.
        #[test]
        fn is_canonical(json in json()) {
            let once = text(&Json::from(json));
            prop_assert_eq!(canonical(&once), once);
        }
    }
}

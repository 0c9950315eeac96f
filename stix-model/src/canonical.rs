//! The canonical text of a JSON value (RFC 8785): members sorted, numbers and strings in their shortest form.

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
            // By UTF-16 code units, which is not the order of UTF-8 (RFC 8785 §3.2.3).
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
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

/// Numbers are doubles, in the shortest form that ECMAScript gives (RFC 8785 §3.2.2.3).
fn write_number(number: &serde_json::Number, out: &mut String) {
    let float = number.as_f64().unwrap_or_default();
    out.push_str(ryu_js::Buffer::new().format(float));
}

pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                let (high, low) = (u32::from(c) >> 4, u32::from(c) & 15);
                out.push_str("\\u00");
                out.extend([high, low].into_iter().filter_map(|digit| char::from_digit(digit, 16)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

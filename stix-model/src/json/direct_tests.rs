//! What is read straight from the text, against what serde_json reads.

use proptest::prelude::*;

use super::super::tree::{self, Borrowed, Owned};
use super::*;

/// Reads a text both ways, which must agree: gives what was read directly.
fn both(text: &str, depth: usize) -> Option<Json<'_>> {
    let direct = read(text, depth, Borrowed);
    assert_eq!(direct, read(text, depth, Owned), "{text}");
    if let Some(json) = &direct {
        let (other, duplicates) = tree::read(text, depth, Borrowed).expect(text);
        // Equal numbers of different classes differ, and `-0.0` from `0.0` as text.
        assert_eq!((json, json.to_string(), duplicates), (&other, other.to_string(), Vec::new()), "{text}");
    }
    direct
}

/// LIB-02, LIB-11: what is well-formed is read directly, as serde_json reads it.
#[test]
fn reads_what_texts_usually_are() {
    for text in [
        "{}",
        " [ ] ",
        "\t{ \"a\" : [ 1 , -2.50e+3 , true , false , null ] ,\r\n\"b\":{\"c\":\"\"} } ",
        "0",
        "-0",
        "-0.0",
        "9007199254740993",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "1e3",
        r#""\"\\\/\b\f\n\r\t\u00e9\u0000\ud83d\uDE00é😀""#,
        "\"seven b\"",
        "\"eight by\\n\"",
        "\"\u{7f}\u{80}\"",
    ] {
        assert!(both(text, 100).is_some(), "{text}");
    }
    let wide: String = (0..100).map(|i| format!("\"k{i}\":{i},")).collect();
    assert!(both(&format!("{{{wide}\"z\":0}}"), 1).is_some());
    assert!(both(&format!("{}{}", "[".repeat(100), "]".repeat(100)), 100).is_some());
}

/// LIB-07, AC-17: what is wrong, twice there or too deep is left to serde_json, which refuses it or tells.
#[test]
fn gives_up_what_is_not() {
    let control = "\"a\u{1f}\"";
    for text in [
        "",
        " ",
        "{",
        "[1,]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "nul",
        "True",
        "+1",
        "01",
        "1.",
        ".5",
        "-",
        "1e400",
        "NaN",
        "[1] 2",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800\u0041""#,
        control,
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"\\u0061\":1}",
        "[[1]]",
        "\u{feff}1",
        "\"tab\there\"",
    ] {
        assert!(both(text, 1).is_none(), "{text}");
    }
    let wide: String = (0..100).map(|i| format!("\"k{}\":{i},", i % 99)).collect();
    assert!(both(&format!("{{{wide}\"z\":0}}"), 1).is_none());
    for depth in [101, 128, 100_000] {
        assert!(both(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)), 100).is_none());
        assert!(both(&format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)), 100).is_none());
    }
}

proptest! {
    /// LIB-02, LIB-07: whatever the text, it is read as serde_json reads it, or given up.
    #[test]
    fn agrees_with_serde_json(pieces in prop::collection::vec(0..PIECES.len(), 0..14), noise in ".{0,3}", at in 0usize..40) {
        let mut text: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
        both(&text, 3);
        if text.is_char_boundary(at) {
            text.insert_str(at, &noise);
            both(&text, 3);
        }
    }

    /// LIB-02: every value is read directly.
    #[test]
    fn reads_every_value(texts in prop::collection::vec("\\PC{0,20}|[\"\\\\/\n\r\t\u{0}-\u{1f}]{0,9}", 1..6), float in any::<f64>(), integer in any::<i64>()) {
        let value = serde_json::json!({"texts": texts, "numbers": [float, integer], texts[0].as_str(): {"in": texts.last()}});
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(serde_json::Value::from(both(&text, 3).unwrap()), value.clone());
        }
    }
}

const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\"a\":",
    "\"b\":",
    "\"a\"",
    "{\"a\":",
    "{\"b\":[",
    "[{",
    "}]",
    "]}",
    ",\"c\":",
    "[1,",
    "1",
    "-",
    "0",
    "12",
    ".5",
    "1e3",
    "-1.0",
    "true",
    "false",
    "null",
    " ",
    "\n",
    "\\",
    "\\n",
    "\\u00e9",
    "\\ud83d",
    "\\ude00",
    "é",
    "\"\"",
    "\"12345678\"",
    "\"long enough for words\"",
    "[]",
    "{}",
];

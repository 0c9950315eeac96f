//! Reads a text straight into the tree, which takes half as long as by way of serde's visitors.
//!
//! It reads what nearly all texts are. Whatever is wrong, or a duplicate name, makes it give up: then [`super::tree`]
//! reads the text from its beginning and tells what is the matter. Numbers and escapes that are not plain are left to
//! serde_json, piece by piece.

use std::borrow::Cow;

use serde_json::Number;

use super::Json;
use super::members::{Members, Seen};
use super::tree::Hold;
use crate::names::hash;

/// serde_json goes no deeper, whatever is asked for.
const DEEPEST: usize = 127;

/// Reads one value; `None` leaves the text to [`super::tree::read`].
pub(super) fn read<'de, 't, H: Hold<'de, 't>>(text: &'de str, depth: usize, hold: H) -> Option<Json<'t>> {
    let mut reader = Reader { text, at: 0, hold, members: Vec::with_capacity(16), items: Vec::new() };
    reader.value(depth.min(DEEPEST), |reader, json| reader.items.push(json))?;
    if reader.peek().is_none() { reader.items.pop() } else { None }
}

struct Reader<'de, 't, H> {
    text: &'de str,
    /// Where the next byte is.
    at: usize,
    hold: H,
    /// The members of the objects that are open, outermost first, so that each object takes the memory that it needs at
    /// once when it is closed.
    members: Vec<(Cow<'t, str>, Json<'t>)>,
    /// The items of the lists that are open.
    items: Vec<Json<'t>>,
}

impl<'de, 't, H: Hold<'de, 't>> Reader<'de, 't, H> {
    fn rest(&self) -> &'de [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at)? {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    /// Goes past a byte.
    fn take(&mut self, byte: u8) -> Option<()> {
        let next = self.peek()?;
        self.at += 1;
        (next == byte).then_some(())
    }

    /// Is the list or object at its end, after an item? If not, there is another.
    fn ends(&mut self, end: u8) -> Option<bool> {
        let next = self.peek()?;
        self.at += 1;
        match next {
            b',' => Some(false),
            next => (next == end).then_some(true),
        }
    }

    /// Reads a value and has it kept. Each kind goes its own way there, since moving it first is what costs most.
    #[inline(always)]
    fn value(&mut self, depth: usize, keep: impl FnOnce(&mut Self, Json<'t>)) -> Option<()> {
        match self.peek()? {
            b'"' => {
                let text = self.string()?;
                keep(self, Json::String(self.hold.text(text)));
            }
            b'{' => {
                let members = self.object(depth.checked_sub(1)?)?;
                keep(self, Json::Object(members));
            }
            b'[' => {
                let items = self.list(depth.checked_sub(1)?)?;
                keep(self, Json::List(items));
            }
            first => {
                let json = self.plain_value(first)?;
                keep(self, json);
            }
        }
        Some(())
    }

    /// A value that is no text and holds no others.
    fn plain_value(&mut self, first: u8) -> Option<Json<'t>> {
        match first {
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.number().map(Json::Number),
        }
    }

    fn word(&mut self, word: &str, json: Json<'t>) -> Option<Json<'t>> {
        self.at += word.len();
        self.text.get(self.at - word.len()..self.at).filter(|found| *found == word).map(|_| json)
    }

    fn object(&mut self, depth: usize) -> Option<Members<'t>> {
        self.at += 1;
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(Members::new());
        }
        let begin = self.members.len();
        let mut seen = Seen::default();
        loop {
            if self.peek()? != b'"' {
                return None;
            }
            let name = self.string()?;
            let hash = hash(&name);
            let name = self.hold.name(hash, name);
            self.take(b':')?;
            self.value(depth, |reader, value| reader.members.push((name, value)))?;
            let (last, before) = self.members.get(begin..)?.split_last()?;
            if seen.place(hash, before, &last.0).is_some() {
                return None;
            }
            if self.ends(b'}')? {
                return Some(Members::of_distinct(self.members.split_off(begin)));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Vec<Json<'t>>> {
        self.at += 1;
        if self.peek()? == b']' {
            self.at += 1;
            return Some(Vec::new());
        }
        let begin = self.items.len();
        loop {
            self.value(depth, |reader, item| reader.items.push(item))?;
            if self.ends(b']')? {
                return Some(self.items.split_off(begin));
            }
        }
    }

    /// The text of a string, whose first quotation mark is next.
    #[inline(always)]
    fn string(&mut self) -> Option<Cow<'de, str>> {
        self.at += 1;
        let begin = self.at;
        match self.special()? {
            b'"' => {
                self.at += 1;
                self.text.get(begin..self.at - 1).map(Cow::Borrowed)
            }
            b'\\' => self.escaped(begin).map(Cow::Owned),
            _ => None,
        }
    }

    /// Goes to the next byte that cannot stand in a string as it is.
    fn special(&mut self) -> Option<u8> {
        self.at += plain(self.rest());
        self.text.as_bytes().get(self.at).copied()
    }

    /// The text of a string with escapes, from the first of them on.
    fn escaped(&mut self, begin: usize) -> Option<String> {
        let mut text = String::with_capacity(2 * (self.at - begin) + 64);
        let mut from = begin;
        loop {
            text.push_str(self.text.get(from..self.at)?);
            match self.text.as_bytes().get(self.at)? {
                b'"' => break,
                b'\\' => text.push(self.escape()?),
                _ => return None,
            }
            from = self.at;
            self.special()?;
        }
        self.at += 1;
        text.shrink_to_fit();
        Some(text)
    }

    /// One escape, two of them for a character of two surrogates.
    fn escape(&mut self) -> Option<char> {
        let escape = self.rest();
        let length = match escape.get(1)? {
            b'u' if matches!(escape.get(2..4)?, [b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F']) => 12,
            b'u' => 6,
            _ => 2,
        };
        let from = self.at;
        self.at += length;
        Some(match escape.get(1)? {
            b'n' => '\n',
            b't' => '\t',
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            _ => serde_json::from_str(&format!("\"{}\"", self.text.get(from..self.at)?)).ok()?,
        })
    }

    fn number(&mut self) -> Option<Number> {
        let rest = self.rest();
        let belongs = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.iter().take_while(belongs).count();
        let text = self.text.get(self.at..self.at + length)?;
        self.at += length;
        // No number beyond 64 bits is that short.
        match text.as_bytes() {
            [b'1'..=b'9', digits @ ..] if length < 19 && digits.iter().all(u8::is_ascii_digit) => {
                text.parse::<u64>().ok().map(Number::from)
            }
            _ => serde_json::from_str(text).ok(),
        }
    }
}

/// How many bytes there are before one that cannot stand in a string as it is.
fn plain(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return i * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let is_special = |&byte: &u8| byte == b'"' || byte == b'\\' || byte < b' ';
    words.len() * 8 + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// The highest bit of each byte that is a quotation mark, a backslash or a control character, and perhaps of bytes
/// above the first such one.
fn special(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let same = |byte: u8| zero(word ^ (ONES * u64::from(byte)));
    (same(b'"') | same(b'\\') | word.wrapping_sub(ONES * u64::from(b' ')) & !word) & HIGH
}

#[cfg(test)]
mod tests {
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
}

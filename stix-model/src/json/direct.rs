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
#[path = "direct_tests.rs"]
mod tests;

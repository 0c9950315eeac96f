//! Cuts a pattern into tokens; what is inside of a literal is looked at by [`super::literal`].

use super::span::Span;

/// A token with its text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    /// As it is written, with its quotes.
    pub(super) text: &'t str,
    pub(super) span: Span,
}

/// What kind of token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a name; names may have hyphens.
    Word,
    /// `'…'`, and with a letter before it `h'…'`, `b'…'`, `t'…'`.
    String,
    Hex,
    Binary,
    Timestamp,
    Integer,
    Float,
    /// An operator or a mark of punctuation.
    Symbol,
    /// What looks like a number but is none.
    Malformed,
    /// A string or a comment that does not end.
    Unclosed,
    /// A text in quotes that are not those of patterns.
    WrongQuotes,
    /// A character that no token begins with.
    Unknown,
    /// Nothing is left.
    End,
}

impl Token<'_> {
    /// Is it this keyword, operator or mark?
    pub(super) fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Symbol) && self.text == text
    }

    /// The same but for its case.
    pub(super) fn is_meant(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Symbol) && self.text.eq_ignore_ascii_case(text)
    }
}

/// Gives one token after the other.
#[derive(Clone)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// Closing quotes that do not come any more, so that each is looked for in vain only once.
    absent: String,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, absent: String::new() }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next token; [`Kind::End`] again and again at the end.
    pub(super) fn next(&mut self) -> Token<'t> {
        if let Some(comment) = self.skip_blank() {
            return comment;
        }
        let bytes = self.text.as_bytes();
        let Some(first) = bytes.get(self.at) else { return self.token(Kind::End, 0) };
        let second = bytes.get(self.at + 1);
        match (first, second) {
            (b'\'', _) => self.quoted(Kind::String, 0),
            (b'h', Some(b'\'')) => self.quoted(Kind::Hex, 1),
            (b'b', Some(b'\'')) => self.quoted(Kind::Binary, 1),
            (b't', Some(b'\'')) => self.quoted(Kind::Timestamp, 1),
            (b'a'..=b'z' | b'A'..=b'Z' | b'_', _) => self.token(Kind::Word, run(self.rest(), is_inside_word)),
            (b'0'..=b'9', _) | (b'-' | b'+', Some(b'0'..=b'9' | b'.')) | (b'.', Some(b'0'..=b'9')) => self.number(),
            (b'=', Some(b'=')) | (b'!' | b'<' | b'>', Some(b'=')) | (b'<', Some(b'>')) => self.token(Kind::Symbol, 2),
            (b'[' | b']' | b'(' | b')' | b':' | b'.' | b',' | b'*' | b'=' | b'<' | b'>', _) => {
                self.token(Kind::Symbol, 1)
            }
            _ => self.foreign(),
        }
    }

    fn token(&mut self, kind: Kind, length: usize) -> Token<'t> {
        let start = self.at;
        let end = start + length;
        self.at = end;
        Token { kind, text: self.text.get(start..end).unwrap_or_default(), span: Span { start, end } }
    }

    /// White space and comments. Gives a comment that does not end.
    fn skip_blank(&mut self) -> Option<Token<'t>> {
        loop {
            let length = match self.text.as_bytes().get(self.at..)? {
                [b' ' | b'\t' | b'\r' | b'\n', ..] => 1,
                [b'/', b'/', ..] => self.rest().find(['\n', '\r']).unwrap_or(self.rest().len()),
                [b'/', b'*', ..] => match self.rest().get(2..).and_then(|inside| inside.find("*/")) {
                    Some(inside) => inside + 4,
                    None => return Some(self.token(Kind::Unclosed, self.rest().len())),
                },
                [0x0b | 0x0c | 0x80.., ..] => self.rest().chars().next().filter(|c| c.is_whitespace())?.len_utf8(),
                _ => return None,
            };
            self.at += length;
        }
    }

    /// A text in single quotes; `prefix` is how many bytes stand before them.
    fn quoted(&mut self, kind: Kind, prefix: usize) -> Token<'t> {
        let rest = self.rest().as_bytes();
        let mut at = prefix + 1;
        loop {
            match rest.get(at) {
                None => return self.token(Kind::Unclosed, rest.len()),
                Some(b'\'') => return self.token(kind, at + 1),
                // What is behind a backslash never ends the text, whatever it is.
                Some(b'\\') if at + 1 < rest.len() => at += 2,
                Some(_) => at += 1,
            }
        }
    }

    fn number(&mut self) -> Token<'t> {
        let rest = self.rest();
        let digits = |from: usize| rest.get(from..).map_or(0, |rest| run(rest, |c| c.is_ascii_digit()));
        let sign = usize::from(rest.starts_with(['-', '+']));
        let whole = digits(sign);
        let integer = sign + whole;
        let has_point = rest.as_bytes().get(integer) == Some(&b'.');
        let fraction = if has_point { digits(integer + 1) } else { 0 };
        let length = if fraction > 0 { integer + 1 + fraction } else { integer };
        let leading_zero = whole > 1 && rest.as_bytes().get(sign) == Some(&b'0');
        // What can only be a slip is taken as a whole, so that it can be told what it is.
        let goes_on = matches!(
            rest.as_bytes().get(length..),
            Some([b'.' | b'-' | b'+' | b':', ..] | [b'e' | b'E', b'0'..=b'9' | b'-' | b'+', ..])
        );
        if goes_on || (leading_zero && fraction == 0) || length == sign {
            let slip = |c: u8| is_inside_word(c) || matches!(c, b'.' | b'+' | b':');
            return self.token(Kind::Malformed, run(rest, slip));
        }
        self.token(if fraction > 0 { Kind::Float } else { Kind::Integer }, length)
    }

    /// What no pattern has.
    fn foreign(&mut self) -> Token<'t> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return self.token(Kind::End, 0) };
        let closing = match first {
            '"' | '`' => first,
            '“' | '”' | '„' => '”',
            '‘' | '’' => '’',
            _ => return self.token(Kind::Unknown, first.len_utf8()),
        };
        let length = first.len_utf8();
        if self.absent.contains(closing) {
            return self.token(Kind::Unknown, length);
        }
        match rest.get(length..).and_then(|inside| inside.find(closing)) {
            Some(inside) => self.token(Kind::WrongQuotes, length + inside + closing.len_utf8()),
            None => {
                self.absent.push(closing);
                self.token(Kind::Unknown, length)
            }
        }
    }
}

fn is_inside_word(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c == b'-'
}

/// How many bytes from the start are such bytes.
fn run(text: &str, is_inside: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|c| !is_inside(c)).unwrap_or(text.len())
}

/// Words that stand for something in patterns, so that they have to be quoted where they are names.
pub(super) const KEYWORDS: &[&str] = &[
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

/// Is it the name of an object type?
pub(super) fn is_object_type(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(is_inside_word)
        && !KEYWORDS.contains(&name)
}

/// Can a name stand in a path without quotes?
pub(super) fn is_plain(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') && !KEYWORDS.contains(&name)
}

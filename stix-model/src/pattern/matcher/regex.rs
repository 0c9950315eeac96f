//! `MATCHES`: a regular expression that is found anywhere in a value (STIX 2.1 §9.6.1).

use fancy_regex::RegexBuilder;
use regex::bytes;

use super::super::ObjectPath;
use super::like::normal;
use super::reading::Reading;
use super::{MatchError, MatchOptions, octets};

/// A compiled regular expression, for text or for octets.
#[derive(Clone, Debug)]
pub(super) struct Regex {
    engine: Engine,
    /// Does `$` also stand before a line feed at the end, as in PCRE?
    before_last_line_feed: bool,
}

#[derive(Clone, Debug)]
enum Engine {
    /// For text, with all that PCRE has beyond regular languages; octets become the characters of their code points.
    Text(fancy_regex::Regex),
    Octets(bytes::Regex),
}

impl Regex {
    pub(super) fn new(text: &str, reading: Reading, options: &MatchOptions) -> Result<Self, MatchError> {
        let engine = match reading {
            Reading::Octets(_) => for_octets(text, options).map_or_else(|| for_text(text, options), Ok)?,
            _ => for_text(&normal(text), options)?,
        };
        // What tells a line feed that is cut off from one that is not must see it.
        let sees_end = [r"\z", "(?=", "(?!"].iter().any(|it| text.contains(it));
        Ok(Self { engine, before_last_line_feed: text.contains('$') && !sees_end })
    }

    pub(super) fn matches_text(&self, value: &str) -> Result<bool, MatchError> {
        let value = normal(value);
        let line = value.strip_suffix('\n').filter(|_| self.before_last_line_feed);
        for text in [Some(value.as_ref()), line].into_iter().flatten() {
            let is_found = match &self.engine {
                Engine::Text(regex) => regex.is_match(text).map_err(|_| MatchError::Limit)?,
                Engine::Octets(regex) => regex.is_match(text.as_bytes()),
            };
            if is_found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn matches_octets(&self, value: &[u8]) -> Result<bool, MatchError> {
        match &self.engine {
            Engine::Text(_) => self.matches_text(&octets::to_text(value)),
            Engine::Octets(regex) => {
                let line = value.strip_suffix(b"\n").filter(|_| self.before_last_line_feed);
                Ok(regex.is_match(value) || line.is_some_and(|line| regex.is_match(line)))
            }
        }
    }
}

/// Why a regular expression cannot be compiled, which is compared with values at the end of this path (PG-22).
pub(in crate::pattern) fn problem(text: &str, path: &ObjectPath) -> Option<String> {
    // Most are regular languages, and to see that takes a tenth of the time to compile them.
    if regex_syntax::parse(text).is_ok() {
        return None;
    }
    match Regex::new(text, Reading::of(path), &MatchOptions::default()) {
        Err(MatchError::Regex { reason, .. }) => Some(reason),
        Ok(_) | Err(_) => None,
    }
}

fn for_text(text: &str, options: &MatchOptions) -> Result<Engine, MatchError> {
    let regex = RegexBuilder::new(text)
        .dot_matches_new_line(true)
        .backtrack_limit(options.backtracks)
        .delegate_size_limit(options.regex_size)
        .delegate_dfa_size_limit(options.regex_size)
        .build();
    regex.map(Engine::Text).map_err(|error| MatchError::Regex { regex: text.to_owned(), reason: error.to_string() })
}

/// `None` if it is not a regular language.
fn for_octets(text: &str, options: &MatchOptions) -> Option<Engine> {
    let regex = bytes::RegexBuilder::new(&escape_octets(text))
        .unicode(false)
        .dot_matches_new_line(true)
        .size_limit(options.regex_size)
        .dfa_size_limit(options.regex_size)
        .build();
    regex.ok().map(Engine::Octets)
}

/// A character up to U+00FF stands for the octet of its code point, as it does in other constants.
fn escape_octets(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c) {
            code @ 0x80..=0xff => escaped.push_str(&format!("\\x{code:02x}")),
            _ => escaped.push(c),
        }
    }
    escaped
}

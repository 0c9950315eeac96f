//! `MATCHES`: a regular expression that is found anywhere in a value (STIX 2.1 §9.6.1).

use fancy_regex::{BytesMode, RegexBuilder};

use super::like::normal;
use super::reading::Reading;
use super::{MatchError, MatchOptions};

/// A compiled regular expression, for text or for octets.
#[derive(Clone, Debug)]
pub(super) struct Regex {
    regex: fancy_regex::Regex,
    /// Does `$` also stand before a line feed at the end, as in PCRE?
    before_last_line_feed: bool,
}

impl Regex {
    pub(super) fn new(text: &str, reading: Reading, options: &MatchOptions) -> Result<Self, MatchError> {
        let is_octets = matches!(reading, Reading::Octets(_));
        let pattern = if is_octets { escape_octets(text) } else { normal(text).into_owned() };
        let regex = RegexBuilder::new(&pattern)
            .dot_matches_new_line(true)
            .bytes_mode(if is_octets { BytesMode::Ascii } else { BytesMode::Unicode })
            .backtrack_limit(options.backtracks)
            .delegate_size_limit(options.regex_size)
            .delegate_dfa_size_limit(options.regex_size)
            .build()
            .map_err(|error| MatchError::Regex { regex: text.to_owned(), reason: error.to_string() })?;
        // What tells a line feed that is cut off from one that is not must see it.
        let sees_end = text.contains(r"\z") || text.contains("(?=") || text.contains("(?!");
        Ok(Self { regex, before_last_line_feed: text.contains('$') && !sees_end })
    }

    pub(super) fn matches_text(&self, value: &str) -> Result<bool, MatchError> {
        let value = normal(value);
        if self.regex.is_match(value.as_ref()).map_err(|_| MatchError::Limit)? {
            return Ok(true);
        }
        match value.strip_suffix('\n').filter(|_| self.before_last_line_feed) {
            Some(line) => self.regex.is_match(line).map_err(|_| MatchError::Limit),
            None => Ok(false),
        }
    }

    pub(super) fn matches_octets(&self, value: &[u8]) -> Result<bool, MatchError> {
        if self.regex.is_match(value).map_err(|_| MatchError::Limit)? {
            return Ok(true);
        }
        match value.strip_suffix(b"\n").filter(|_| self.before_last_line_feed) {
            Some(line) => self.regex.is_match(line).map_err(|_| MatchError::Limit),
            None => Ok(false),
        }
    }
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

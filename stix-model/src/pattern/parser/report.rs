//! What is said of mistakes: each once, with its place, and with advice for those that many make.

use std::borrow::Cow;

use super::super::lexer::{KEYWORDS, Kind};
use super::super::problem::Problem;
use super::super::span::{Position, Span};
use super::super::spelling::nearest;
use super::super::{literal, types};
use super::Parser;
use crate::Severity;
use crate::strict::shorten;

/// Problems that are reported of one pattern.
const MOST: usize = 20;

impl Parser<'_> {
    pub(super) fn report(
        &mut self,
        rule: &'static str,
        span: Span,
        found: impl Into<Cow<'static, str>>,
        expected: impl Into<Cow<'static, str>>,
        hint: Option<Cow<'static, str>>,
    ) {
        // What is wrong at one place is said once.
        if self.gave_up || self.problems.last().is_some_and(|last| last.span.start >= span.start) {
            return;
        }
        self.problems.push(Problem {
            rule,
            severity: Severity::Error,
            span,
            position: Position::of(self.text, span.start),
            found: found.into(),
            expected: expected.into(),
            hint,
        });
        if self.problems.len() == MOST {
            self.give_up();
        }
    }

    /// The token stands where something else is expected; with a hint for the mistakes that many make.
    pub(super) fn unexpected(&mut self, expected: &'static str) {
        let hint = self.hint();
        self.report(self.rule(), self.token.span, self.found(), expected, hint);
    }

    pub(super) fn expected_with_hint(&mut self, expected: &'static str, hint: impl Into<Cow<'static, str>>) {
        let hint = self.hint().unwrap_or_else(|| hint.into());
        self.report(self.rule(), self.token.span, self.found(), expected, Some(hint));
    }

    /// PG-16: no observable has two types.
    pub(super) fn mixed(&mut self, conflict: &types::Conflict) {
        let types::Conflict { left, right, span } = conflict;
        let found = format!("AND between {} and {}", shorten(left), shorten(right));
        let hint = format!("for two observables write [{left}:… ] AND [{right}:… ], for one of them OR");
        // It is found behind its bracket, and told before what is behind.
        self.report("PG-16", *span, found, "comparisons of one observable, which has one type", Some(hint.into()));
    }

    pub(super) fn rule(&self) -> &'static str {
        if self.miswritten_keyword().is_some() { "PG-17" } else { "SDO-IND-1" }
    }

    pub(super) fn found(&self) -> String {
        match self.token.kind {
            Kind::End => "the end of the pattern".to_owned(),
            _ if shorten(self.token.text).len() < self.token.text.len() => format!("{}…", shorten(self.token.text)),
            _ => self.token.text.to_owned(),
        }
    }

    /// The keyword that a word is but for its case.
    fn miswritten_keyword(&self) -> Option<&'static str> {
        let word = self.token.text;
        let is_keyword = |keyword: &&&str| keyword.eq_ignore_ascii_case(word) && **keyword != word;
        KEYWORDS.iter().find(is_keyword).copied().filter(|_| self.token.kind == Kind::Word)
    }

    pub(super) fn hint(&self) -> Option<Cow<'static, str>> {
        let text = shorten(self.token.text);
        if let Some(keyword) = self.miswritten_keyword() {
            return Some(format!("write {keyword}").into());
        }
        Some(match self.token.kind {
            Kind::WrongQuotes => {
                let inside = text.trim_matches(|c| matches!(c, '"' | '`' | '“' | '”' | '„' | '‘' | '’'));
                format!("strings are in single quotes: {}", literal::quoted(inside)).into()
            }
            Kind::Unclosed if text.starts_with('/') => "a comment is closed with */".into(),
            Kind::Unclosed => "a string is closed with '; a ' inside is written \\'".into(),
            Kind::Malformed if text.contains('T') || text.matches('-').count() > 1 => {
                format!("a timestamp is written t'{text}'").into()
            }
            Kind::Malformed if text.matches('.').count() > 1 || text.contains(':') => {
                format!("a string is written '{text}'").into()
            }
            Kind::Malformed if text.ends_with('.') => "digits are missing behind the point".into(),
            Kind::Malformed if text.contains(['e', 'E']) => "numbers have no exponent".into(),
            Kind::Malformed => "a number begins with no 0 unless it is 0".into(),
            Kind::Unknown => match text {
                "&" => "write AND".into(),
                "|" => "write OR".into(),
                "!" => "write NOT".into(),
                "/" => "a regular expression is a string: MATCHES 'a.c'".into(),
                _ => return None,
            },
            Kind::Symbol if text == "(" => "several constants are compared with IN: IN ('a', 'b')".into(),
            Kind::Word if !KEYWORDS.contains(&text) => return self.word_hint(text),
            _ => return None,
        })
    }

    /// What a word is meant to be: a keyword with a slip, or a string.
    fn word_hint(&self, word: &str) -> Option<Cow<'static, str>> {
        if let Some(keyword) = nearest(word, KEYWORDS.iter().copied()) {
            return Some(format!("did you mean {keyword}?").into());
        }
        let before = self.text.get(..self.behind)?;
        let compared = ["=", "<", ">", "(", ",", "LIKE", "MATCHES", "SUBSET", "SUPERSET"];
        compared
            .iter()
            .any(|operator| before.ends_with(operator))
            .then(|| format!("a string is written '{word}'").into())
    }
}

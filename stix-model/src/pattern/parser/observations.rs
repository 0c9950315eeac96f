//! Observations, what joins them, and their qualifiers (STIX 2.1 §9.4).

use super::super::lexer::Kind;
use super::super::observation::{ObservationExpression, Qualifier};
use super::super::span::{Span, Spanned};
use super::super::{Version, types};
use super::Parser;
use crate::Timestamp;

const IN_BRACKETS: &str = "AND, OR or ']'";

/// Where reading goes on behind a mistake between brackets.
const BEHIND_MISTAKE: &[&str] = &["[", "(", ")", "AND", "OR", "FOLLOWEDBY", "WITHIN", "REPEATS", "START"];

impl Parser<'_> {
    pub(super) fn observation_expressions(&mut self) -> Option<ObservationExpression> {
        self.joined("FOLLOWEDBY", Self::observation_or, ObservationExpression::in_order)
    }

    fn observation_or(&mut self) -> Option<ObservationExpression> {
        self.joined("OR", Self::observation_and, ObservationExpression::any)
    }

    fn observation_and(&mut self) -> Option<ObservationExpression> {
        self.joined("AND", Self::qualified, ObservationExpression::all)
    }

    /// An observation with its qualifiers, which apply from left to right (PG-03).
    fn qualified(&mut self) -> Option<ObservationExpression> {
        let start = self.token.span.start;
        let mut expression = self.observation();
        if expression.is_none() {
            self.skip_to(BEHIND_MISTAKE);
        }
        let mut seen: Vec<&str> = Vec::new();
        while let Some(keyword) = self.qualifier_keyword() {
            if seen.contains(&keyword) {
                let hint = "an expression has one qualifier of a kind; parentheses around it make a new expression";
                self.report("PG-04", self.token.span, format!("a second {keyword}"), "one", Some(hint.into()));
                expression = None;
            }
            seen.push(keyword);
            let Some(qualifier) = self.qualifier() else {
                self.skip_to(BEHIND_MISTAKE);
                expression = None;
                continue;
            };
            let span = Span { start, end: self.behind };
            expression = expression.map(|expression| {
                let expression = Box::new(expression);
                ObservationExpression::Qualified { expression, qualifier, span }
            });
        }
        expression
    }

    fn observation(&mut self) -> Option<ObservationExpression> {
        let start = self.token.span;
        if self.accept("[") {
            let expression = self.comparison_expression();
            self.close("]", IN_BRACKETS)?;
            let span = Span { start: start.start, end: self.behind };
            let expression = expression?;
            if !self.options.mixed_types
                && let Err(conflict) = types::agree(&expression)
            {
                self.mixed(&conflict);
                return None;
            }
            return Some(ObservationExpression::Observation(Spanned::new(expression, span)));
        }
        if self.token.is("(") {
            return self.nested(Self::observation_expressions, "AND, OR, FOLLOWEDBY or ')'");
        }
        if self.token.kind == Kind::Word && self.begins_path() {
            let hint = "comparisons stand in square brackets: [ipv4-addr:value = '198.51.100.1']";
            self.report("PG-15", self.token.span, self.found(), "'['", Some(hint.into()));
            self.comparison_expression();
            self.accept("]");
            return None;
        }
        match self.token.kind {
            Kind::End if self.behind == 0 => {
                let hint = "a pattern has at least one comparison: [ipv4-addr:value = '198.51.100.1']";
                self.expected_with_hint("'['", hint);
            }
            _ => self.unexpected("'[' or '('"),
        }
        None
    }

    fn qualifier_keyword(&self) -> Option<&'static str> {
        let is_word = self.token.kind == Kind::Word;
        is_word.then(|| ["WITHIN", "REPEATS", "START"].into_iter().find(|keyword| self.token.is(keyword))).flatten()
    }

    fn qualifier(&mut self) -> Option<Spanned<Qualifier>> {
        let start = self.token.span.start;
        let qualifier = if self.accept("WITHIN") {
            let seconds = self.within()?;
            self.keyword("SECONDS")?;
            Qualifier::Within(seconds)
        } else if self.accept("REPEATS") {
            let times = self.repeats()?;
            self.keyword("TIMES")?;
            Qualifier::Repeats(times)
        } else {
            self.advance();
            let start = self.instant("START")?;
            self.keyword("STOP")?;
            Qualifier::StartStop(start, self.instant("STOP")?)
        };
        Some(Spanned::new(qualifier, Span { start, end: self.behind }))
    }

    /// PG-05: more than no time.
    fn within(&mut self) -> Option<f64> {
        let seconds = matches!(self.token.kind, Kind::Integer | Kind::Float)
            .then(|| self.token.text.parse::<f64>().ok())
            .flatten()
            .filter(|seconds| *seconds > 0.0 && seconds.is_finite());
        if seconds.is_none() {
            self.report("PG-05", self.token.span, self.found(), "a number of seconds above 0", None);
            return None;
        }
        self.advance();
        seconds
    }

    /// PG-05, PG-20: at least once, and not more often than allowed.
    fn repeats(&mut self) -> Option<u64> {
        let most = self.options.limits.repeats;
        let times = (self.token.kind == Kind::Integer).then(|| self.token.text.parse().ok()).flatten();
        match times {
            Some(times) if (1..=most).contains(&times) => {
                self.advance();
                Some(times)
            }
            Some(times) if times > most => {
                self.report("PG-20", self.token.span, self.found(), format!("at most {most}, the limit"), None);
                None
            }
            _ => {
                self.report("PG-05", self.token.span, self.found(), "a whole number, 1 or more", None);
                None
            }
        }
    }

    /// PG-06: timestamps in 2.1, strings in 2.0.
    fn instant(&mut self, keyword: &str) -> Option<Spanned<Timestamp>> {
        let span = self.token.span;
        let (kind, expected) = match self.options.version {
            Version::V2_0 => (Kind::String, "a string: '2026-01-01T00:00:00Z'"),
            Version::V2_1 => (Kind::Timestamp, "a timestamp: t'2026-01-01T00:00:00Z'"),
        };
        if self.token.kind == kind || (self.token.kind == Kind::Timestamp && self.options.version == Version::V2_0) {
            return self.timestamp().map(|timestamp| Spanned::new(timestamp, span));
        }
        let hint = (self.token.kind == Kind::String).then(|| format!("in STIX 2.1 write t{}", self.token.text));
        self.report("PG-06", span, format!("{} behind {keyword}", self.found()), expected, hint.map(Into::into));
        None
    }
}

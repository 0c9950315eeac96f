//! Constants (STIX 2.1 §9.3).

use super::super::comparison::Literal;
use super::super::lexer::Kind;
use super::super::literal::{self, Malformed};
use super::super::span::Spanned;
use super::Parser;
use crate::Timestamp;

const CONSTANT: &str = "a constant: a string in single quotes, a number, true, false, t'…', h'…' or b'…'";

impl Parser<'_> {
    pub(super) fn constant(&mut self) -> Option<Spanned<Literal>> {
        let span = self.token.span;
        let boolean = match self.token.text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        if let Some(value) = boolean.filter(|_| self.token.kind == Kind::Word) {
            self.advance();
            return Some(Spanned::new(Literal::Boolean(value), span));
        }
        self.ordered()
    }

    /// A constant that has an order, which is any but `true` and `false`.
    pub(super) fn ordered(&mut self) -> Option<Spanned<Literal>> {
        let token = self.token;
        let value = match token.kind {
            Kind::String => Literal::String(self.string()?.value),
            Kind::Hex => Literal::Hex(self.quoted(literal::hex)?),
            Kind::Binary => Literal::Binary(self.quoted(literal::binary)?),
            Kind::Timestamp => Literal::Timestamp(self.timestamp()?),
            Kind::Integer => self.number(|text| text.parse().ok().map(Literal::Integer))?,
            Kind::Float => {
                self.number(|text| text.parse().ok().filter(|value: &f64| value.is_finite()).map(Literal::Float))?
            }
            Kind::Word if matches!(token.text, "true" | "false") => {
                self.unexpected("a constant that has an order: a number, a string, t'…', h'…' or b'…'");
                return None;
            }
            _ => {
                self.unexpected(CONSTANT);
                return None;
            }
        };
        Some(Spanned::new(value, token.span))
    }

    fn number(&mut self, read: impl Fn(&str) -> Option<Literal>) -> Option<Literal> {
        let number = read(self.token.text.trim_start_matches('+'));
        if number.is_none() {
            self.report(
                "PG-20",
                self.token.span,
                self.found(),
                "an integer within 128 bits, or a float within 64",
                None,
            );
            return None;
        }
        self.advance();
        number
    }

    pub(super) fn string(&mut self) -> Option<Spanned<String>> {
        let span = self.token.span;
        match self.token.kind {
            Kind::String => {}
            Kind::Integer | Kind::Float | Kind::Hex | Kind::Binary | Kind::Timestamp => {
                self.report("PG-22", span, self.found(), "a string in single quotes", None);
                return None;
            }
            _ => {
                self.unexpected("a string in single quotes");
                return None;
            }
        }
        self.quoted(literal::string).map(|text| Spanned::new(text, span))
    }

    /// PG-11: an instant that there is.
    pub(super) fn timestamp(&mut self) -> Option<Timestamp> {
        match literal::between_quotes(self.token.text).parse() {
            Ok(timestamp) => {
                self.advance();
                Some(timestamp)
            }
            Err(_) => {
                let expected = "a date and time that exist, in UTC: t'2026-01-01T00:00:00Z'";
                self.report("PG-11", self.token.span, self.found(), expected, None);
                None
            }
        }
    }

    fn quoted<T>(&mut self, read: impl FnOnce(&str) -> Result<T, Malformed>) -> Option<T> {
        match read(self.token.text) {
            Ok(value) => {
                self.advance();
                Some(value)
            }
            Err(Malformed { rule, found, expected, hint }) => {
                self.report(rule, self.token.span, found, expected, hint.map(Into::into));
                None
            }
        }
    }
}

//! Object paths (STIX 2.1 §9.7).

use super::super::lexer::Kind;
use super::super::path::{ObjectPath, Step};
use super::super::span::{Span, Spanned};
use super::Parser;
use crate::strict::shorten;

impl Parser<'_> {
    pub(super) fn object_path(&mut self) -> Option<ObjectPath> {
        let token = self.token;
        if token.kind != Kind::Word || self.is_keyword(token.text) {
            self.unexpected("an object type, as in file:name");
            return None;
        }
        self.advance();
        let object_type = Spanned::new(token.text.to_owned(), token.span);
        if !self.accept(":") {
            let hint = format!("a path is written type:property, as in {}:name", shorten(token.text));
            self.expected_with_hint("':' behind the object type", hint);
            return None;
        }
        let property = self.key()?;
        let (mut steps, mut is_whole) = (Vec::new(), true);
        loop {
            let start = self.token.span;
            if self.accept(".") {
                steps.push(self.key().map(|key| Spanned::new(Step::Key(key.value), key.span))?);
            } else if self.accept("[") {
                let Some(step) = self.index() else {
                    // What is behind it is still the path.
                    is_whole = false;
                    continue;
                };
                self.close("]", "']'")?;
                steps.push(Spanned::new(step, Span { start: start.start, end: self.behind }));
            } else {
                return is_whole.then_some(ObjectPath { object_type, property, steps });
            }
        }
    }

    /// PG-08: a name, in quotes if it is not a plain one.
    pub(super) fn key(&mut self) -> Option<Spanned<String>> {
        let token = self.token;
        let name = match token.kind {
            Kind::String => self.string().map(|text| text.value),
            Kind::Word if token.text.contains('-') || self.is_keyword(token.text) => {
                let hint = format!("quote it: '{}'", shorten(token.text));
                self.report("PG-08", token.span, self.found(), "a property name", Some(hint.into()));
                None
            }
            Kind::Word => {
                self.advance();
                Some(token.text.to_owned())
            }
            _ => {
                self.unexpected("a property name, in single quotes if it is not made of letters, digits and '_'");
                None
            }
        };
        name.map(|name| Spanned::new(name, token.span))
    }

    /// PG-09: an item of a list, or any.
    pub(super) fn index(&mut self) -> Option<Step> {
        if self.accept("*") {
            return Some(Step::Any);
        }
        let token = self.token;
        let index = (token.kind == Kind::Integer && !token.text.starts_with(['-', '+'])).then(|| token.text.parse());
        match index {
            Some(Ok(index)) => {
                self.advance();
                Some(Step::Index(index))
            }
            _ => {
                self.report("PG-09", token.span, self.found(), "an index, 0 or more, or '*' for any item", None);
                if !self.token.is("]") {
                    self.advance();
                }
                self.accept("]");
                None
            }
        }
    }
}

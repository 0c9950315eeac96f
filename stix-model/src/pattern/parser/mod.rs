//! Reads the grammar (STIX 2.1 §9) by recursive descent: each function reads what it is named after.
//!
//! A function that meets a mistake reports it and gives `None`. Lists of comparisons and of observations go on behind
//! the mistake, so that one run reports several.
//!
//! * `observations`, `comparisons`, `paths`, `constants`: the rules of the grammar, from the outside in
//! * `report`: what is said of mistakes

mod comparisons;
mod constants;
mod observations;
mod paths;
mod report;

use super::Options;
use super::Version;
use super::lexer::{KEYWORDS, Kind, Lexer, Token};
use super::observation::ObservationExpression;
use super::path::ObjectPath;
use super::problem::Problem;
use super::span::{Span, Spanned};

pub(super) struct Parser<'t> {
    text: &'t str,
    options: &'t Options,
    lexer: Lexer<'t>,
    token: Token<'t>,
    /// Where the token before the present one ends.
    behind: usize,
    /// Parentheses that are open.
    depth: usize,
    /// Nothing more is read or reported.
    gave_up: bool,
    pub(super) problems: Vec<Problem>,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, options: &'t Options) -> Self {
        let mut lexer = Lexer::new(text);
        let token = lexer.next();
        Self { text, options, lexer, token, behind: 0, depth: 0, gave_up: false, problems: Vec::new() }
    }

    /// The whole text, which has to be one pattern.
    pub(super) fn pattern(&mut self) -> Option<ObservationExpression> {
        let expression = self.observation_expressions();
        if self.token.kind == Kind::End {
            return expression;
        }
        match self.token.text {
            "]" | ")" => {
                let hint = format!("'{}' closes nothing", self.token.text);
                self.expected_with_hint("the end of the pattern", hint);
            }
            _ => self.unexpected("AND, OR, FOLLOWEDBY, WITHIN, REPEATS, START or the end of the pattern"),
        }
        None
    }

    /// The whole text, which has to be one path.
    pub(super) fn path_alone(&mut self) -> Option<ObjectPath> {
        let path = self.object_path()?;
        if self.token.kind != Kind::End {
            self.unexpected("'.', '[' or the end of the path");
            return None;
        }
        Some(path)
    }

    fn advance(&mut self) {
        self.behind = self.token.span.end;
        self.token = self.lexer.next();
    }

    /// Steps over a keyword or a mark, if it is there.
    fn accept(&mut self, text: &str) -> bool {
        let is_there = self.token.is(text);
        if is_there {
            self.advance();
        }
        is_there
    }

    fn keyword(&mut self, keyword: &'static str) -> Option<()> {
        if self.accept(keyword) {
            return Some(());
        }
        let hint = (keyword == "SECONDS").then_some("a time is given in seconds".into());
        let hint = hint.filter(|_| self.token.kind == Kind::Word).or_else(|| self.hint());
        self.report(self.rule(), self.token.span, self.found(), keyword, hint);
        None
    }

    fn close(&mut self, bracket: &str, expected: &'static str) -> Option<()> {
        if self.accept(bracket) {
            return Some(());
        }
        self.unexpected(expected);
        None
    }

    /// One or more, with an operator between them. All are read, even behind a mistake.
    fn joined<T>(
        &mut self,
        operator: &'static str,
        read: fn(&mut Self) -> Option<T>,
        join: fn(Spanned<Vec<T>>) -> T,
    ) -> Option<T> {
        let start = self.token.span.start;
        let first = read(self);
        if !self.token.is_meant(operator) {
            return first;
        }
        let mut items = vec![first];
        while self.token.is_meant(operator) {
            if !self.token.is(operator) {
                self.report("PG-17", self.token.span, self.found(), operator, self.hint());
                items.push(None);
            }
            self.advance();
            items.push(read(self));
        }
        let span = Span { start, end: self.behind };
        items.into_iter().collect::<Option<_>>().map(|items| join(Spanned::new(items, span)))
    }

    /// What stands in parentheses (PG-20: not too deep).
    fn nested<T>(&mut self, read: fn(&mut Self) -> Option<T>, expected: &'static str) -> Option<T> {
        if self.depth == self.options.limits.depth {
            let limit = format!("at most {} open parentheses, the limit", self.depth);
            self.report("PG-20", self.token.span, "another parenthesis", limit, None);
            self.give_up();
            return None;
        }
        self.depth += 1;
        self.advance();
        let inside = read(self);
        self.depth -= 1;
        self.close(")", expected)?;
        inside
    }

    /// Leaves out tokens until one of these, which is not left out.
    fn skip_to(&mut self, stops: &[&str]) {
        while self.token.kind != Kind::End && !stops.iter().any(|stop| self.token.is_meant(stop)) {
            self.advance();
        }
    }

    fn give_up(&mut self) {
        self.gave_up = true;
        self.lexer = Lexer::new("");
        self.token = Token { kind: Kind::End, text: "", span: Span { start: self.text.len(), end: self.text.len() } };
    }

    /// STIX 2.0 has no `EXISTS`, so that it is a name there.
    fn is_keyword(&self, word: &str) -> bool {
        KEYWORDS.contains(&word) && (word != "EXISTS" || self.options.version == Version::V2_1)
    }

    /// Does a colon follow the word?
    fn begins_path(&self) -> bool {
        self.lexer.clone().next().is(":")
    }
}

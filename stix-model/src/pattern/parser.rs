//! Reads the grammar (STIX 2.1 §9) by recursive descent: each function reads what it is named after.
//!
//! A function that meets a mistake reports it and gives `None`. Lists of comparisons and of observations go on behind
//! the mistake, so that one run reports several.

use std::borrow::Cow;

use super::comparison::{Comparison, ComparisonExpression, Literal, Operator, Test};
use super::lexer::{KEYWORDS, Kind, Lexer, Token};
use super::literal::{self, Malformed};
use super::observation::{ObservationExpression, Qualifier};
use super::path::{ObjectPath, Step};
use super::problem::Problem;
use super::span::{Position, Span, Spanned};
use super::spelling::nearest;
use super::{Options, Version, types};
use crate::strict::shorten;
use crate::{Severity, Timestamp};

/// Problems that are reported of one pattern.
const MOST: usize = 20;

const OPERATOR: &str = "a comparison operator: =, !=, <, <=, >, >=, IN, LIKE, MATCHES, ISSUBSET or ISSUPERSET";
const CONSTANT: &str = "a constant: a string in single quotes, a number, true, false, t'…', h'…' or b'…'";
const IN_BRACKETS: &str = "AND, OR or ']'";
const IN_PARENTHESES: &str = "AND, OR or ')'";

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

    // Observations

    fn observation_expressions(&mut self) -> Option<ObservationExpression> {
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
        let expression = self.observation();
        if expression.is_none() {
            self.skip_to(&["[", "(", ")", "AND", "OR", "FOLLOWEDBY", "WITHIN", "REPEATS", "START"]);
        }
        let mut seen: Vec<&str> = Vec::new();
        let mut expression = expression;
        while let Some(keyword) = self.qualifier_keyword() {
            if seen.contains(&keyword) {
                let hint = "an expression has one qualifier of a kind; parentheses around it make a new expression";
                self.report("PG-04", self.token.span, format!("a second {keyword}"), "one", Some(hint.into()));
                expression = None;
            }
            seen.push(keyword);
            let Some(qualifier) = self.qualifier() else {
                self.skip_to(&["[", "(", ")", "AND", "OR", "FOLLOWEDBY", "WITHIN", "REPEATS", "START"]);
                expression = None;
                continue;
            };
            expression = expression
                .map(|expression| ObservationExpression::Qualified { expression: Box::new(expression), qualifier });
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

    // Comparisons

    fn comparison_expression(&mut self) -> Option<ComparisonExpression> {
        self.joined("OR", Self::comparison_and, ComparisonExpression::any)
    }

    fn comparison_and(&mut self) -> Option<ComparisonExpression> {
        self.joined("AND", Self::comparison_or_skip, ComparisonExpression::all)
    }

    fn comparison_or_skip(&mut self) -> Option<ComparisonExpression> {
        let comparison = self.proposition();
        if comparison.is_none() {
            self.skip_to(&["]", ")", "AND", "OR", "["]);
        }
        comparison
    }

    fn proposition(&mut self) -> Option<ComparisonExpression> {
        if self.token.is("(") {
            return self.nested(Self::comparison_expression, IN_PARENTHESES);
        }
        let start = self.token.span.start;
        let mut negated = self.accept("NOT");
        let (path, test) = if self.options.version == Version::V2_1 && self.accept("EXISTS") {
            (self.object_path()?, Test::Exists)
        } else if negated {
            self.expected_with_hint("EXISTS", "NOT stands behind the path: [file:name NOT = 'a']");
            return None;
        } else {
            let path = self.object_path()?;
            negated = self.accept("NOT");
            (path, self.test()?)
        };
        Some(Comparison { path, negated, test, span: Span { start, end: self.behind } }.into())
    }

    fn test(&mut self) -> Option<Test> {
        let Some(operator) = operator(self.token) else {
            self.unexpected(OPERATOR);
            return None;
        };
        self.advance();
        Some(match operator {
            Operator::Exists => return None,
            Operator::Equal => Test::Equal(self.constant()?),
            Operator::NotEqual => Test::NotEqual(self.constant()?),
            Operator::Less => Test::Less(self.ordered()?),
            Operator::LessOrEqual => Test::LessOrEqual(self.ordered()?),
            Operator::Greater => Test::Greater(self.ordered()?),
            Operator::GreaterOrEqual => Test::GreaterOrEqual(self.ordered()?),
            Operator::In => Test::In(self.set()?),
            Operator::Like => Test::Like(self.string()?),
            Operator::Matches => Test::Matches(self.string()?),
            Operator::IsSubset => Test::IsSubset(self.string()?),
            Operator::IsSuperset => Test::IsSuperset(self.string()?),
        })
    }

    /// PG-10: constants of one kind.
    fn set(&mut self) -> Option<Vec<Spanned<Literal>>> {
        if !self.accept("(") {
            self.expected_with_hint("'('", "a set of constants: IN ('a', 'b')");
            return None;
        }
        let Some(items) = self.members_of_set() else {
            // What is behind the set is read on, not the rest of the set.
            self.skip_to(&[")", "]", "[", "AND", "OR"]);
            self.accept(")");
            return None;
        };
        self.close(")", "',' or ')'")?;
        Some(items)
    }

    fn members_of_set(&mut self) -> Option<Vec<Spanned<Literal>>> {
        let mut items: Vec<Spanned<Literal>> = Vec::new();
        if self.token.is(")") {
            return Some(items);
        }
        loop {
            let item = self.constant()?;
            if let Some(first) = items.first().filter(|first| kind_in_set(first) != kind_in_set(&item)) {
                let found = format!("{} in a set that begins with {}", item.kind(), first.kind());
                self.report("PG-10", item.span, found, "constants of one kind", None);
                return None;
            }
            items.push(item);
            if !self.accept(",") {
                return Some(items);
            }
        }
    }

    fn object_path(&mut self) -> Option<ObjectPath> {
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
    fn key(&mut self) -> Option<Spanned<String>> {
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
    fn index(&mut self) -> Option<Step> {
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

    // Constants

    fn constant(&mut self) -> Option<Spanned<Literal>> {
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
    fn ordered(&mut self) -> Option<Spanned<Literal>> {
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

    fn string(&mut self) -> Option<Spanned<String>> {
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
    fn timestamp(&mut self) -> Option<Timestamp> {
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

    // Tokens

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
        join: fn(Vec<T>) -> T,
    ) -> Option<T> {
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
        items.into_iter().collect::<Option<_>>().map(join)
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

    // Reports

    fn report(
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
    fn unexpected(&mut self, expected: &'static str) {
        let hint = self.hint();
        self.report(self.rule(), self.token.span, self.found(), expected, hint);
    }

    fn expected_with_hint(&mut self, expected: &'static str, hint: impl Into<Cow<'static, str>>) {
        let hint = self.hint().unwrap_or_else(|| hint.into());
        self.report(self.rule(), self.token.span, self.found(), expected, Some(hint));
    }

    /// PG-16: no observable has two types.
    fn mixed(&mut self, conflict: &types::Conflict) {
        let types::Conflict { left, right, span } = conflict;
        let found = format!("AND between {} and {}", shorten(left), shorten(right));
        let hint = format!("for two observables write [{left}:… ] AND [{right}:… ], for one of them OR");
        // It is found behind its bracket, and told before what is behind.
        self.report("PG-16", *span, found, "comparisons of one observable, which has one type", Some(hint.into()));
    }

    fn rule(&self) -> &'static str {
        if self.miswritten_keyword().is_some() { "PG-17" } else { "SDO-IND-1" }
    }

    fn found(&self) -> String {
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

    fn hint(&self) -> Option<Cow<'static, str>> {
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

/// The operator between a path and a constant, in each of its spellings.
fn operator(token: Token<'_>) -> Option<Operator> {
    Some(match token.text {
        _ if !matches!(token.kind, Kind::Symbol | Kind::Word) => return None,
        "=" | "==" => Operator::Equal,
        "!=" | "<>" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "IN" => Operator::In,
        "LIKE" => Operator::Like,
        "MATCHES" => Operator::Matches,
        "ISSUBSET" => Operator::IsSubset,
        "ISSUPERSET" => Operator::IsSuperset,
        _ => return None,
    })
}

/// Integers and floats go together.
fn kind_in_set(literal: &Literal) -> &'static str {
    match literal {
        Literal::Float(_) => Literal::Integer(0).kind(),
        other => other.kind(),
    }
}

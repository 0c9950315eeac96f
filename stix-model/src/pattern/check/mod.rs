//! What a pattern asks for, against what observables can have (STIX 2.1 §6, §9.7).
//!
//! * `resolve`: where a path leads, by the property tables
//! * `constants`: whether what is there can be what it is compared with

mod constants;
mod resolve;

use std::borrow::Cow;

use super::lexer::is_plain;
use super::literal::quoted;
use super::observation::{ObservationExpression, Qualifier};
use super::problem::Problem;
use super::span::{Position, Span, Spanned};
use super::{Comparison, Literal, Pattern, Test};
use crate::Severity;
use resolve::Reached;
pub(super) use resolve::kind_of;

/// Problems that are given of one pattern.
const MOST: usize = 50;

impl Pattern {
    /// What is questionable about it: paths that lead nowhere, comparisons that are never true. All are warnings; of
    /// a pattern with very many, the first are given.
    ///
    /// ```
    /// use stix_model::pattern::Pattern;
    ///
    /// let pattern = Pattern::parse("[file:hashes.SHA256 = 'ab12']")?;
    /// assert_eq!(pattern.check()[0].to_string(),
    ///     "PP-08 at line 1, column 14: expected the name of a hash algorithm, found SHA256; write 'SHA-256'");
    /// # Ok::<(), stix_model::pattern::InvalidPattern>(())
    /// ```
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        check(&self.text, &self.expression, &|_| false)
    }
}

/// The same of an expression that was read from this text, where object types are known besides the standard's.
pub(crate) fn check(text: &str, expression: &ObservationExpression, is_known: &dyn Fn(&str) -> bool) -> Vec<Problem> {
    let mut check = Check { text, problems: Vec::new(), is_known };
    for comparison in expression.comparisons() {
        check.comparison(comparison);
        if check.problems.len() >= MOST {
            break;
        }
    }
    for qualifier in expression.qualifiers() {
        check.qualifier(qualifier);
    }
    check.problems.sort_by_key(|problem| problem.span.start);
    check.problems.truncate(MOST);
    check.problems
}

/// What has been found so far.
struct Check<'p> {
    text: &'p str,
    problems: Vec<Problem>,
    is_known: &'p dyn Fn(&str) -> bool,
}

/// What there is to say about a place, which is known elsewhere.
struct Doubt {
    rule: &'static str,
    found: Cow<'static, str>,
    expected: Cow<'static, str>,
    hint: Option<Cow<'static, str>>,
}

impl Doubt {
    fn new(rule: &'static str, found: impl Into<Cow<'static, str>>, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { rule, found: found.into(), expected: expected.into(), hint: None }
    }

    fn hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl Check<'_> {
    fn warn(&mut self, span: Span, doubt: Doubt) {
        self.problems.push(Problem {
            rule: doubt.rule,
            severity: Severity::Warning,
            span,
            position: Position::of(self.text, span.start),
            found: doubt.found,
            expected: doubt.expected,
            hint: doubt.hint,
        });
    }

    fn comparison(&mut self, comparison: &Comparison) {
        for constant in constants(&comparison.test) {
            // The tree has no sign that means nothing.
            if self.text.get(constant.span.range()).is_some_and(|text| text.starts_with('+')) {
                self.warn(constant.span, Doubt::new("PG-12", "a number with a plus sign", "no sign"));
            }
        }
        if let Test::In(constants) = &comparison.test
            && constants.is_empty()
        {
            let doubt = Doubt::new("PG-10", "an empty set", "at least one constant").hint("it is never true");
            self.warn(comparison.span, doubt);
        }
        match resolve::path(&comparison.path, self.is_known) {
            Err(doubts) => doubts.into_iter().for_each(|(span, doubt)| self.warn(span, doubt)),
            Ok(Reached { doubts, kind }) => {
                doubts.into_iter().for_each(|(span, doubt)| self.warn(span, doubt));
                for (span, doubt) in constants::compare(&comparison.path, kind, &comparison.test) {
                    self.warn(span, doubt);
                }
            }
        }
    }

    /// PG-06: a time that is not empty.
    fn qualifier(&mut self, qualifier: &Spanned<Qualifier>) {
        if let Qualifier::StartStop(start, stop) = &qualifier.value
            && start.value >= stop.value
        {
            let found = format!("STOP t'{}' after START t'{}'", stop.as_str(), start.as_str());
            let doubt = Doubt::new("PG-06", found, "START before STOP").hint("nothing is observed in that time");
            self.warn(qualifier.span, doubt);
        }
    }
}

/// The constants that may be numbers.
fn constants(test: &Test) -> &[Spanned<Literal>] {
    match test {
        Test::Exists | Test::Like(_) | Test::Matches(_) | Test::IsSubset(_) | Test::IsSuperset(_) => &[],
        Test::Equal(constant)
        | Test::NotEqual(constant)
        | Test::Less(constant)
        | Test::LessOrEqual(constant)
        | Test::Greater(constant)
        | Test::GreaterOrEqual(constant) => std::slice::from_ref(constant),
        Test::In(constants) => constants,
    }
}

/// A name as it is written in a path.
fn written(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { quoted(name) }
}

/// A constant as it is written, shortened.
fn excerpt(literal: &Literal) -> String {
    let text = literal.to_string();
    match crate::strict::shorten(&text) {
        short if short.len() < text.len() => format!("{short}…"),
        _ => text,
    }
}

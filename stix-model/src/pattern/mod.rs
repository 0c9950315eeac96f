//! The pattern language of indicators (STIX 2.1 §9): what was observed, in which order, how often and when.
//!
//! ```
//! use stix_model::pattern::{ObjectPath, Pattern};
//!
//! let pattern = Pattern::parse("[file:hashes.'SHA-256' = 'ab12' AND (file:size>1000)] /* twice */ REPEATS 2 TIMES")?;
//! assert_eq!(pattern.to_string(), "[file:hashes.'SHA-256' = 'ab12' AND file:size > 1000] REPEATS 2 TIMES");
//!
//! let path = ObjectPath::new("file", "hashes").key("SHA-256");
//! let built = path.equals("ab12").and(ObjectPath::new("file", "size").is_greater_than(1000)).observed().repeats(2);
//! assert_eq!(pattern, Pattern::new(&built)?);
//! # Ok::<(), stix_model::pattern::InvalidPattern>(())
//! ```
//!
//! A pattern is a tree: an [`ObservationExpression`] of observations, in each of which there is a
//! [`ComparisonExpression`], of comparisons of an [`ObjectPath`] with constants. Everything in it has its place in the
//! text. What is wrong with a text is said with place, reason and advice:
//!
//! ```
//! use stix_model::pattern::Pattern;
//!
//! let invalid = Pattern::parse("[file:hashes.SHA-256 = 'ab12' and file:size > 1000]").unwrap_err();
//! assert_eq!(invalid.to_string(), "\
//! PG-08 at line 1, column 14: expected a property name, found SHA-256; quote it: 'SHA-256'\n\
//! PG-17 at line 1, column 31: expected AND, found and; write AND");
//! ```

mod check;
mod comparison;
mod explain;
mod extract;
mod goal;
mod lexer;
mod literal;
mod make;
pub mod matcher;
mod network;
mod normal;
#[cfg(test)]
mod normal_tests;
mod observation;
pub(crate) mod octets;
mod parser;
mod path;
mod phrase;
mod print;
mod problem;
mod simplify;
mod span;
mod spelling;
#[cfg(test)]
mod tests;
mod types;
mod value_kind;
#[cfg(test)]
mod value_tests;
#[cfg(test)]
mod word_tests;

use std::str::FromStr;

pub(crate) use check::check;
pub use comparison::{Comparison, ComparisonExpression, Literal, Operator, Test};
pub use extract::{AtomicValue, Exactness};
pub use observation::{ObservationExpression, Operands, Qualifier};
pub use path::{ObjectPath, Step};
pub use problem::{InvalidPattern, Problem};
pub use simplify::{Rewrite, Simplification, Simplified};
pub use span::{Position, Span, Spanned};
pub use value_kind::ValueKind;

use crate::Severity;
use parser::Parser;

/// A valid pattern, with the text that it was read from.
///
/// Patterns are equal if they differ only in what means nothing: white space, comments, needless quotes and parentheses.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    version: Version,
    expression: ObservationExpression,
}

/// How to read a pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Of which version of STIX it is.
    pub version: Version,
    /// How large it may be.
    pub limits: Limits,
    /// Is it a pattern if `AND` joins comparisons of different object types (PG-16)? Several products write such ones,
    /// which no observable satisfies.
    pub mixed_types: bool,
}

/// The version of the pattern language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Version {
    /// `START` and `STOP` take strings, there is no `EXISTS`, and `REPEATS` means exactly so many times.
    V2_0,
    /// `START` and `STOP` take timestamps, and `REPEATS` means at least so many times.
    #[default]
    V2_1,
}

/// How large a pattern may be (PG-20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the text, in bytes: 2 MiB unless set.
    pub length: usize,
    /// Of parentheses inside of each other: 64 unless set; more than a few hundred can exhaust the stack.
    pub depth: usize,
    /// How often a pattern may ask for a repetition: 999,999,999 times unless set.
    pub repeats: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { length: 2 << 20, depth: 64, repeats: 999_999_999 }
    }
}

impl Pattern {
    /// Reads a pattern of STIX 2.1.
    ///
    /// # Errors
    /// The text is none; everything that is wrong with it, up to 20 problems.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        Self::parse_with(text, &Options::default())
    }

    /// Reads a pattern.
    ///
    /// # Errors
    /// The text is none; everything that is wrong with it, up to 20 problems.
    pub fn parse_with(text: &str, options: &Options) -> Result<Self, InvalidPattern> {
        Ok(Self { text: text.to_owned(), version: options.version, expression: expression(text, options)? })
    }

    /// Makes a pattern of an expression.
    ///
    /// # Errors
    /// The expression is none that can be written: an object type that is no name, a number that is not finite, a
    /// `REPEATS` of 0. The places are those in its text.
    pub fn new(expression: &ObservationExpression) -> Result<Self, InvalidPattern> {
        let pattern = Self::parse(&expression.to_string())?;
        // Everything but the object types is written in quotes or checked.
        match expression.comparisons().find(|comparison| !lexer::is_object_type(&comparison.path.object_type)) {
            Some(comparison) => Err(no_object_type(&pattern.text, &comparison.path.object_type)),
            None => Ok(pattern),
        }
    }

    /// The text that it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The version that it was read as.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// What it says.
    #[must_use]
    pub fn expression(&self) -> &ObservationExpression {
        &self.expression
    }

    /// Every comparison in it, in the order of the text.
    pub fn comparisons(&self) -> impl Iterator<Item = &Comparison> {
        self.expression.comparisons()
    }

    /// Every qualifier in it; outer ones first.
    pub fn qualifiers(&self) -> impl Iterator<Item = &Spanned<Qualifier>> {
        self.expression.qualifiers()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && self.expression == other.expression
    }
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        Self::parse(text)
    }
}

impl FromStr for ObjectPath {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        read(text, &Options::default(), Parser::path_alone)
    }
}

/// What a pattern says, for those who need nothing else of it.
pub(crate) fn expression(text: &str, options: &Options) -> Result<ObservationExpression, InvalidPattern> {
    read(text, options, Parser::pattern)
}

fn read<'t, T>(
    text: &'t str,
    options: &'t Options,
    rule: fn(&mut Parser<'t>) -> Option<T>,
) -> Result<T, InvalidPattern> {
    if text.len() > options.limits.length {
        return Err(too_long(text, options.limits.length));
    }
    let mut parser = Parser::new(text, options);
    match rule(&mut parser) {
        Some(read) if parser.problems.is_empty() => Ok(read),
        _ => Err(InvalidPattern { problems: parser.problems }),
    }
}

/// An object type that is no name, but that could be read together with what stands around it.
fn no_object_type(text: &str, found: &str) -> InvalidPattern {
    let start = text.find(found).unwrap_or_default();
    let problem = Problem {
        rule: "SDO-IND-1",
        severity: Severity::Error,
        span: Span { start, end: start + found.len() },
        position: Position::of(text, start),
        found: format!("{found:?}").into(),
        expected: "an object type, of letters, digits, '-' and '_'".into(),
        hint: None,
    };
    InvalidPattern { problems: vec![problem] }
}

fn too_long(text: &str, limit: usize) -> InvalidPattern {
    let problem = Problem {
        rule: "PG-20",
        severity: Severity::Error,
        span: Span { start: 0, end: 0 },
        position: Position { line: 1, column: 1 },
        found: format!("{} bytes", text.len()).into(),
        expected: format!("at most {limit} bytes, the limit").into(),
        hint: None,
    };
    InvalidPattern { problems: vec![problem] }
}

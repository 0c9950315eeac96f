use std::fmt;

use super::observation::{ObservationExpression, Operands};
use super::path::ObjectPath;
use super::span::{Span, Spanned};
use crate::Timestamp;

/// What stands in the brackets of an observation: comparisons joined by `AND` and `OR` (STIX 2.1 §9.5).
#[derive(Clone, Debug, PartialEq)]
pub enum ComparisonExpression {
    /// All of them are true of one and the same observable.
    And(Operands<ComparisonExpression>),
    /// At least one of them is true.
    Or(Operands<ComparisonExpression>),
    /// A single comparison.
    Comparison(Box<Comparison>),
}

/// A single comparison: a path, an operator and what it is compared with (§9.6).
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What is compared.
    pub path: ObjectPath,
    /// Is there a `NOT` before the operator?
    pub negated: bool,
    /// With what, and how.
    pub test: Test,
    /// Its place in the text.
    pub span: Span,
}

/// An operator with its constants (§9.6.1).
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The path leads to a value, whatever it is.
    Exists,
    /// `=`
    Equal(Spanned<Literal>),
    /// `!=`
    NotEqual(Spanned<Literal>),
    /// `<`
    Less(Spanned<Literal>),
    /// `<=`
    LessOrEqual(Spanned<Literal>),
    /// `>`
    Greater(Spanned<Literal>),
    /// `>=`
    GreaterOrEqual(Spanned<Literal>),
    /// One of these.
    In(Vec<Spanned<Literal>>),
    /// The whole value, with `%` for any run of characters and `_` for one.
    Like(Spanned<String>),
    /// A regular expression (PCRE), found anywhere in the value.
    Matches(Spanned<String>),
    /// An address or network within this network.
    IsSubset(Spanned<String>),
    /// A network around this address or network.
    IsSuperset(Spanned<String>),
}

/// The operator of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is named after its keyword")]
pub enum Operator {
    Exists,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Like,
    Matches,
    IsSubset,
    IsSuperset,
}

impl Operator {
    /// As it stands in a pattern.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exists => "EXISTS",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "IN",
            Self::Like => "LIKE",
            Self::Matches => "MATCHES",
            Self::IsSubset => "ISSUBSET",
            Self::IsSuperset => "ISSUPERSET",
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Test {
    /// Its operator.
    #[must_use]
    pub fn operator(&self) -> Operator {
        match self {
            Self::Exists => Operator::Exists,
            Self::Equal(_) => Operator::Equal,
            Self::NotEqual(_) => Operator::NotEqual,
            Self::Less(_) => Operator::Less,
            Self::LessOrEqual(_) => Operator::LessOrEqual,
            Self::Greater(_) => Operator::Greater,
            Self::GreaterOrEqual(_) => Operator::GreaterOrEqual,
            Self::In(_) => Operator::In,
            Self::Like(_) => Operator::Like,
            Self::Matches(_) => Operator::Matches,
            Self::IsSubset(_) => Operator::IsSubset,
            Self::IsSuperset(_) => Operator::IsSuperset,
        }
    }
}

/// A constant (§9.3).
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `true` or `false`.
    Boolean(bool),
    /// `7`
    Integer(i128),
    /// `0.5`; finite.
    Float(f64),
    /// `'text'`
    String(String),
    /// `h'ff00'`
    Hex(Vec<u8>),
    /// `b'/wA='`
    Binary(Vec<u8>),
    /// `t'2026-01-01T00:00:00Z'`
    Timestamp(Timestamp),
}

impl Literal {
    /// The text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes, if it is written as hex or Base64.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Hex(bytes) | Self::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// What kind of constant it is, with its article, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::String(_) => "a string",
            Self::Hex(_) => "a hex constant",
            Self::Binary(_) => "a binary constant",
            Self::Timestamp(_) => "a timestamp",
        }
    }

    /// The same for constants of a set (PG-10), where integers and floats go together.
    pub(super) fn kind_in_set(&self) -> &'static str {
        match self {
            Self::Float(_) => Self::Integer(0).kind(),
            other => other.kind(),
        }
    }
}

macro_rules! literal_from {
    ($($type:ty => $wrap:expr;)*) => {$(
        impl From<$type> for Literal {
            fn from(value: $type) -> Self {
                let wrap: fn($type) -> Self = $wrap;
                wrap(value)
            }
        }
    )*};
}

literal_from! {
    bool => Self::Boolean;
    i32 => |value| Self::Integer(value.into());
    i64 => |value| Self::Integer(value.into());
    u64 => |value| Self::Integer(value.into());
    f64 => Self::Float;
    &str => |text| Self::String(text.to_owned());
    String => Self::String;
    Timestamp => Self::Timestamp;
}

impl Comparison {
    /// With `NOT` before the operator, or without if there was one.
    #[must_use]
    pub fn negated(mut self) -> Self {
        self.negated = !self.negated;
        self
    }

    /// Both are true of one observable.
    #[must_use]
    pub fn and(self, other: impl Into<ComparisonExpression>) -> ComparisonExpression {
        ComparisonExpression::from(self).and(other)
    }

    /// At least one is true.
    #[must_use]
    pub fn or(self, other: impl Into<ComparisonExpression>) -> ComparisonExpression {
        ComparisonExpression::from(self).or(other)
    }

    /// In brackets: something that was observed.
    #[must_use]
    pub fn observed(self) -> ObservationExpression {
        ComparisonExpression::from(self).observed()
    }
}

impl ComparisonExpression {
    /// Both are true of one observable.
    #[must_use]
    pub fn and(self, other: impl Into<Self>) -> Self {
        Self::all(vec![self, other.into()])
    }

    /// At least one is true.
    #[must_use]
    pub fn or(self, other: impl Into<Self>) -> Self {
        Self::any(vec![self, other.into()])
    }

    /// In brackets: something that was observed.
    #[must_use]
    pub fn observed(self) -> ObservationExpression {
        ObservationExpression::Observation(Spanned::from(self))
    }

    /// Joined by `AND`.
    pub(super) fn all(items: impl Into<Spanned<Vec<Self>>>) -> Self {
        Operands::join(
            items.into(),
            |item| if let Self::And(inside) = item { inside.items } else { vec![item] },
            Self::And,
        )
    }

    /// Joined by `OR`.
    pub(super) fn any(items: impl Into<Spanned<Vec<Self>>>) -> Self {
        Operands::join(
            items.into(),
            |item| if let Self::Or(inside) = item { inside.items } else { vec![item] },
            Self::Or,
        )
    }

    /// Its place in the text, without parentheses around it as a whole.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::And(items) | Self::Or(items) => items.span(),
            Self::Comparison(comparison) => comparison.span,
        }
    }

    /// Every comparison in it, in the order of the text.
    ///
    /// ```
    /// use stix_model::pattern::Pattern;
    ///
    /// let pattern = Pattern::parse("[file:name = 'a' AND (file:size > 1 OR file:size = 0)]")?;
    /// let paths: Vec<_> = pattern.comparisons().map(|comparison| comparison.path.to_string()).collect();
    /// assert_eq!(paths, ["file:name", "file:size", "file:size"]);
    /// # Ok::<(), stix_model::pattern::InvalidPattern>(())
    /// ```
    pub fn comparisons(&self) -> impl Iterator<Item = &Comparison> {
        // Most have one comparison: then nothing is allocated.
        let (mut next, mut rest) = (Some(self), Vec::new());
        std::iter::from_fn(move || {
            loop {
                match next.take().or_else(|| rest.pop())? {
                    Self::And(items) | Self::Or(items) => rest.extend(items.iter().rev()),
                    Self::Comparison(comparison) => return Some(comparison.as_ref()),
                }
            }
        })
    }
}

impl From<Comparison> for ComparisonExpression {
    fn from(comparison: Comparison) -> Self {
        Self::Comparison(Box::new(comparison))
    }
}

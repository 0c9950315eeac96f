//! Patterns as text: one way of writing for each, with no parenthesis that changes nothing (PG-19).

use std::fmt::{self, Display, Formatter};

use super::comparison::{Comparison, ComparisonExpression, Literal, Test};
use super::lexer::is_plain;
use super::literal::quoted;
use super::observation::{ObservationExpression, Qualifier};
use super::path::{ObjectPath, Step};
use super::{Pattern, Version, octets};

/// The canonical text, which may differ from the text that was read in everything that means nothing.
impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        observation(f, &self.expression, self.version)
    }
}

/// As in STIX 2.1.
impl Display for ObservationExpression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        observation(f, self, Version::V2_1)
    }
}

fn observation(f: &mut Formatter<'_>, expression: &ObservationExpression, version: Version) -> fmt::Result {
    let rank = rank(expression);
    match expression {
        ObservationExpression::Observation(comparisons) => write!(f, "[{}]", comparisons.value),
        ObservationExpression::And(items) => {
            joined(f, items, " AND ", |f, item| grouped(f, item, self::rank(item) <= rank, version))
        }
        ObservationExpression::Or(items) => {
            joined(f, items, " OR ", |f, item| grouped(f, item, self::rank(item) <= rank, version))
        }
        ObservationExpression::FollowedBy(items) => {
            joined(f, items, " FOLLOWEDBY ", |f, item| grouped(f, item, self::rank(item) <= rank, version))
        }
        ObservationExpression::Qualified { expression: inside, qualifier, .. } => {
            let again = open_qualifiers(inside).contains(&qualifier.keyword());
            grouped(f, inside, again || self::rank(inside) < rank, version)?;
            self::qualifier(f, qualifier, version)
        }
    }
}

/// How tightly it binds (PG-01).
fn rank(expression: &ObservationExpression) -> u8 {
    match expression {
        ObservationExpression::FollowedBy(_) => 0,
        ObservationExpression::Or(_) => 1,
        ObservationExpression::And(_) => 2,
        ObservationExpression::Qualified { .. } => 3,
        ObservationExpression::Observation(_) => 4,
    }
}

/// The qualifiers that stand behind an expression with no parenthesis in between; of these each kind occurs once
/// (PG-04).
fn open_qualifiers(expression: &ObservationExpression) -> Vec<&'static str> {
    let ObservationExpression::Qualified { expression, qualifier, .. } = expression else { return Vec::new() };
    let mut open = open_qualifiers(expression);
    if open.contains(&qualifier.keyword()) {
        open.clear();
    }
    open.push(qualifier.keyword());
    open
}

fn grouped(f: &mut Formatter<'_>, item: &ObservationExpression, group: bool, version: Version) -> fmt::Result {
    if !group {
        return observation(f, item, version);
    }
    f.write_str("(")?;
    observation(f, item, version)?;
    f.write_str(")")
}

fn qualifier(f: &mut Formatter<'_>, qualifier: &Qualifier, version: Version) -> fmt::Result {
    match qualifier {
        Qualifier::Within(seconds) => write!(f, " WITHIN {seconds} SECONDS"),
        Qualifier::Repeats(times) => write!(f, " REPEATS {times} TIMES"),
        Qualifier::StartStop(start, stop) => {
            let prefix = if version == Version::V2_0 { "" } else { "t" };
            write!(f, " START {prefix}'{}' STOP {prefix}'{}'", start.as_str(), stop.as_str())
        }
    }
}

fn joined<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    operator: &str,
    mut write: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(operator)?;
        }
        write(f, item)?;
    }
    Ok(())
}

impl Display for ComparisonExpression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comparison(comparison) => comparison.fmt(f),
            Self::Or(items) => joined(f, items, " OR ", |f, item| item.fmt(f)),
            Self::And(items) => joined(f, items, " AND ", |f, item| match item {
                Self::Or(_) => write!(f, "({item})"),
                _ => item.fmt(f),
            }),
        }
    }
}

impl Display for Comparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let not = if self.negated { "NOT " } else { "" };
        let (path, operator) = (&self.path, self.test.operator());
        match &self.test {
            Test::Exists => write!(f, "{not}EXISTS {path}"),
            Test::Equal(constant)
            | Test::NotEqual(constant)
            | Test::Less(constant)
            | Test::LessOrEqual(constant)
            | Test::Greater(constant)
            | Test::GreaterOrEqual(constant) => write!(f, "{path} {not}{operator} {}", constant.value),
            Test::Like(text) | Test::Matches(text) | Test::IsSubset(text) | Test::IsSuperset(text) => {
                write!(f, "{path} {not}{operator} {}", quoted(text))
            }
            Test::In(constants) => {
                write!(f, "{path} {not}IN (")?;
                joined(f, constants, ", ", |f, constant| constant.value.fmt(f))?;
                f.write_str(")")
            }
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            // Without an exponent, which patterns do not have.
            Self::Float(value) if value.fract() == 0.0 => write!(f, "{value}.0"),
            Self::Float(value) => value.fmt(f),
            Self::String(text) => f.write_str(&quoted(text)),
            Self::Hex(bytes) => {
                f.write_str("h'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("'")
            }
            Self::Binary(bytes) => write!(f, "b'{}'", octets::to_base64(bytes)),
            Self::Timestamp(timestamp) => write!(f, "t'{}'", timestamp.as_str()),
        }
    }
}

impl Display for ObjectPath {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.object_type.value)?;
        key(f, &self.property)?;
        for step in &self.steps {
            match &step.value {
                Step::Key(name) => {
                    f.write_str(".")?;
                    key(f, name)?;
                }
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Any => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

/// A name, in quotes if it needs them (PG-08).
fn key(f: &mut Formatter<'_>, name: &str) -> fmt::Result {
    if is_plain(name) { f.write_str(name) } else { f.write_str(&quoted(name)) }
}

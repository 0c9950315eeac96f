use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Something that a check noticed about an object: which rule, where, what was found and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name, stable across releases: `SDO-IND-3`.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The `id` of the object, if it has one.
    pub object: Option<Arc<str>>,
    /// A JSON pointer (RFC 6901) into the object: `/external_references/0/url`.
    pub pointer: String,
    /// What stands there.
    pub found: Cow<'static, str>,
    /// What should stand there.
    pub expected: Cow<'static, str>,
    /// The number that the OASIS validator gives to such a check.
    pub code: Option<u16>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Information,
    /// Against good practice: a SHOULD of the standard.
    Warning,
    /// Not valid: a MUST of the standard.
    Error,
}

impl Severity {
    /// In lower case, as in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Information => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Finding {
    /// An error at a place of an object.
    #[must_use]
    pub fn error(
        rule: &'static str,
        pointer: impl Into<String>,
        found: impl Into<Cow<'static, str>>,
        expected: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            rule,
            severity: Severity::Error,
            object: None,
            pointer: pointer.into(),
            found: found.into(),
            expected: expected.into(),
            code: None,
        }
    }

    /// What was found and what was expected, in a sentence.
    #[must_use]
    pub fn message(&self) -> String {
        match (self.found.as_ref(), self.expected.as_ref()) {
            (found, "") => found.to_owned(),
            ("", expected) => format!("expected {expected}"),
            (found, expected) => format!("{found}; expected {expected}"),
        }
    }
}

/// `SDO-IND-3 at /valid_until: …`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the object" } else { &self.pointer };
        write!(f, "{} at {place}: {}", self.rule, self.message())
    }
}

/// An object that is not what it says it is, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// What is wrong; at least one error.
    pub findings: Vec<Finding>,
}

impl Invalid {
    /// `Ok` if none of the findings is an error; the others do not make an object invalid.
    pub(crate) fn unless_valid(mut findings: Vec<Finding>) -> Result<(), Self> {
        findings.retain(|finding| finding.severity == Severity::Error);
        if findings.is_empty() { Ok(()) } else { Err(Self { findings }) }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, finding) in self.findings.iter().enumerate() {
            write!(f, "{}{finding}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

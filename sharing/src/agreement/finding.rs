use std::fmt;

use serde::{Deserialize, Serialize};

/// Something about an agreement that is wrong, or worth a second thought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The line of the document, counted from 1.
    pub line: usize,
    /// What it is about: `terms.tlp`, `exchange[1].to`.
    pub path: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub advice: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The agreement can be used, but may not do what somebody expects.
    Warning,
    /// Nothing moves under the agreement.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, line, path, problem, advice } = self;
        write!(f, "{severity} in line {line}, {path}: {problem}; {advice}")
    }
}

/// A document that is no agreement, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", list(.0))]
pub struct InvalidAgreement(
    /// All errors and warnings, in the order of the document.
    pub Vec<Finding>,
);

fn list(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

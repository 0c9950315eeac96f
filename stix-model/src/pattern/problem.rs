use std::borrow::Cow;
use std::fmt;

use super::span::{Position, Span};
use crate::Severity;

/// Something that is wrong with a pattern, or questionable: which rule, where, what was found, what could stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule's name, stable across releases: `PG-07`; `SDO-IND-1` if it is the grammar as such.
    pub rule: &'static str,
    /// An error if the pattern is not one.
    pub severity: Severity,
    /// Where in the text.
    pub span: Span,
    /// The same, as people count it.
    pub position: Position,
    /// What stands there.
    pub found: Cow<'static, str>,
    /// What could stand there.
    pub expected: Cow<'static, str>,
    /// What to do about it, if it is a mistake that many make.
    pub hint: Option<Cow<'static, str>>,
}

impl Problem {
    /// What was found, what was expected, and the hint, in a sentence.
    #[must_use]
    pub fn message(&self) -> String {
        let mut text = match (self.found.as_ref(), self.expected.as_ref()) {
            (found, "") => found.to_owned(),
            ("", expected) => format!("expected {expected}"),
            (found, expected) => format!("expected {expected}, found {found}"),
        };
        if let Some(hint) = &self.hint {
            text.push_str("; ");
            text.push_str(hint);
        }
        text
    }

    /// The line of the text where it is, with a mark under the place.
    ///
    /// ```
    /// use stix_model::pattern::Pattern;
    ///
    /// let text = "[file:name = \"a.exe\"]";
    /// let invalid = Pattern::parse(text).unwrap_err();
    /// assert_eq!(invalid.problems[0].excerpt(text), "[file:name = \"a.exe\"]\n             ^^^^^^^");
    /// ```
    #[must_use]
    pub fn excerpt(&self, text: &str) -> String {
        /// Characters before and after the place, so that a long pattern does not fill the screen.
        const AROUND: usize = 60;
        let line = text.lines().nth(self.position.line - 1).unwrap_or_default();
        let before = self.position.column - 1;
        let cut = before.saturating_sub(AROUND);
        let width = text.get(self.span.range()).and_then(|it| it.lines().next()).map_or(1, |it| it.chars().count());
        let room = (line.chars().count() + 1).saturating_sub(before);
        let shown: String = line.chars().skip(cut).take(2 * AROUND).collect();
        let marks = "^".repeat(width.clamp(1, room.clamp(1, 2 * AROUND - (before - cut))));
        format!("{shown}\n{}{marks}", " ".repeat(before - cut))
    }
}

/// `SDO-IND-1 at line 1, column 14: …`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.rule, self.position, self.message())
    }
}

/// A text that is not a pattern, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPattern {
    /// In the order of the text; at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidPattern {}

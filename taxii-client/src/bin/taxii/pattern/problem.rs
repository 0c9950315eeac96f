//! Problems of patterns, for people and for programs.

use clap::builder::styling::Style;
use serde::Serialize;
use stix_model::Severity;
use stix_model::pattern::Problem;

use super::source::Source;
use crate::console::{ERROR, WARNING};
use crate::output::visible;

const QUIET: Style = Style::new().dimmed();

/// A problem as JSON. Places are those in the pattern; that of the pattern in its file stands apart.
#[derive(Serialize)]
pub(super) struct Record<'r> {
    file: Option<&'r str>,
    file_line: Option<u64>,
    file_column: Option<u64>,
    object: Option<&'r str>,
    pattern: &'r str,
    severity: &'static str,
    rule: &'static str,
    line: usize,
    column: usize,
    start: usize,
    end: usize,
    found: &'r str,
    expected: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'r str>,
}

pub(super) fn record<'r>(source: &'r Source<'_>, problem: &'r Problem) -> Record<'r> {
    Record {
        file: source.file,
        file_line: source.place.map(|place| place.line),
        file_column: source.place.map(|place| place.column),
        object: source.object,
        pattern: source.text,
        severity: problem.severity.as_str(),
        rule: problem.rule,
        line: problem.position.line,
        column: problem.position.column,
        start: problem.span.start,
        end: problem.span.end,
        found: &problem.found,
        expected: &problem.expected,
        hint: problem.hint.as_deref(),
    }
}

/// `patterns.txt:3:14: error[PG-08]: expected a property name, found SHA-256`, and below it the place in the pattern
/// and what to do.
pub(super) fn words(source: &Source<'_>, problem: &Problem) -> String {
    let style = match problem.severity {
        Severity::Error => ERROR,
        Severity::Warning | Severity::Information => WARNING,
    };
    let line = |text: &str| visible(text).replace('\n', " ");
    let without_hint = Problem { hint: None, ..problem.clone() };
    let mut text = format!(
        "{}{style}{}[{}]{style:#}: {}\n",
        line(&place(source, problem)),
        problem.severity,
        problem.rule,
        line(&without_hint.message())
    );
    if let Some(object) = source.object {
        text += &format!("    {QUIET}in {}{QUIET:#}\n", line(object));
    }
    for excerpt in problem.excerpt(source.text).lines() {
        // A tab would move the mark away from its place.
        text += &format!("    {}\n", visible(&excerpt.replace('\t', " ")).trim_end());
    }
    if let Some(hint) = &problem.hint {
        text += &format!("    hint: {}\n", line(hint));
    }
    text
}

/// A pattern in a line of a file begins where the line does; one in JSON is found by its own beginning.
fn place(source: &Source<'_>, problem: &Problem) -> String {
    let at = problem.position;
    match (source.file, source.place) {
        (Some(file), Some(place)) => {
            let file = if file == "-" { "stdin" } else { file };
            let behind = if source.object.is_none() { at.column as u64 - 1 } else { 0 };
            format!("{file}:{}:{}: ", place.line, place.column + behind)
        }
        _ if source.text.contains('\n') => format!("{}:{}: ", at.line, at.column),
        _ => format!("{}: ", at.column),
    }
}

//! Findings on standard output, as they are found.

use std::io::{self, BufWriter, Write};

use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;
use stix_model::{Finding, Severity};

use super::Totals;
use super::place::Place;
use super::sarif;
use crate::args::Format;
use crate::console::{ERROR, WARNING};
use crate::failure::Failure;
use crate::output::{visible, written};

const REMARK: Style = AnsiColor::Cyan.on_default().bold();
const QUIET: Style = Style::new().dimmed();

/// A finding, where it is, and what to do.
pub(super) struct Located<'l> {
    pub(super) file: &'l str,
    /// Unknown where a stream has passed by before anything was found.
    pub(super) place: Option<Place>,
    pub(super) finding: &'l Finding,
    pub(super) hint: Option<&'static str>,
}

/// The same for programs.
#[derive(Serialize)]
struct Record<'l> {
    file: &'l str,
    line: Option<u64>,
    column: Option<u64>,
    object: Option<&'l str>,
    severity: &'static str,
    rule: &'static str,
    code: Option<u16>,
    pointer: &'l str,
    found: &'l str,
    expected: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
}

/// Where findings go. Nothing is kept but the names of rules.
pub(super) struct Report {
    format: Format,
    out: BufWriter<anstream::AutoStream<io::Stdout>>,
    any: bool,
    rules: sarif::Rules,
}

impl Report {
    pub(super) fn begin(format: Format) -> Result<Self, Failure> {
        let out = BufWriter::new(anstream::stdout());
        let mut report = Self { format, out, any: false, rules: sarif::Rules::default() };
        match format {
            Format::Json => report.write("{\"findings\":[")?,
            Format::Sarif => report.write(sarif::HEAD)?,
            Format::Table | Format::Jsonl => {}
        }
        Ok(report)
    }

    pub(super) fn add(&mut self, located: &Located<'_>) -> Result<(), Failure> {
        let between = if self.any { ",\n" } else { "\n" };
        self.any = true;
        let text = match self.format {
            Format::Table => words(located),
            Format::Json => format!("{between}{}", record(located)?),
            Format::Jsonl => format!("{}\n", record(located)?),
            Format::Sarif => format!("{between}{}", self.rules.result(located)),
        };
        self.write(&text)
    }

    pub(super) fn end(mut self, totals: &Totals) -> Result<(), Failure> {
        match self.format {
            Format::Json => {
                let line = format!("\n],\"summary\":{}}}\n", serde_json::to_string(totals)?);
                self.write(&line)?;
            }
            Format::Sarif => {
                let line = self.rules.tail();
                self.write(&line)?;
            }
            Format::Table | Format::Jsonl => {}
        }
        written(self.out.flush())
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        written(self.out.write_all(text.as_bytes()))
    }
}

fn record(located: &Located<'_>) -> Result<String, Failure> {
    let finding = located.finding;
    Ok(serde_json::to_string(&Record {
        file: located.file,
        line: located.place.map(|place| place.line),
        column: located.place.map(|place| place.column),
        object: finding.object.as_deref(),
        severity: finding.severity.as_str(),
        rule: finding.rule,
        code: finding.code,
        pointer: &finding.pointer,
        found: &finding.found,
        expected: &finding.expected,
        hint: located.hint,
    })?)
}

/// `bundle.json:3:14: error[T-15] /value: 7; expected a string`, and below it the object and what to do.
fn words(Located { file, place, finding, hint }: &Located<'_>) -> String {
    let style = match finding.severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
        Severity::Information => REMARK,
    };
    let file = if *file == "-" { "stdin" } else { file };
    let pointer = if finding.pointer.is_empty() { String::new() } else { format!(" {}", finding.pointer) };
    let place = place.map(|place| format!("{}:{}:", place.line, place.column)).unwrap_or_default();
    let head = format!("{file}:{place}");
    let line = |text: &str| visible(text).replace('\n', " ");
    let mut text = format!(
        "{} {style}{}[{}]{style:#}{}: {}\n",
        line(&head),
        finding.severity,
        finding.rule,
        line(&pointer),
        line(&finding.message())
    );
    if let Some(object) = &finding.object {
        text += &format!("    {QUIET}in {}{QUIET:#}\n", line(object));
    }
    if let Some(hint) = hint {
        text += &format!("    hint: {hint}\n");
    }
    text
}

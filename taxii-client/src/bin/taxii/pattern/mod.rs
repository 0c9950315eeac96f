//! `taxii pattern`: the patterns of indicators.
//!
//! * `source`: where they come from
//! * `problem`: what is wrong with them
//! * `report`: what comes out
//! * `extract`: their values
//! * `matching`: what was observed of them

pub(crate) mod args;
mod extract;
mod matching;
mod problem;
mod report;
mod source;

use clap::builder::styling::Style;
use serde::Serialize;
use stix_model::Severity;
use stix_model::pattern::{InvalidPattern, Pattern};

use self::args::{Given, Written};
use self::report::Report;
use self::source::Source;
use crate::args::Format;
use crate::console::{Console, count};
use crate::failure::{Exit, Failure};
use crate::output::{self, shown, visible};

const QUIET: Style = Style::new().dimmed();

pub(crate) fn run(command: &args::Pattern, format: Option<Format>, console: &Console) -> Result<Exit, Failure> {
    match command {
        args::Pattern::Check(given) => check(given, format, console),
        args::Pattern::Explain(given) => explain(given, format, console),
        args::Pattern::Format(written) => write(written, format, console),
        args::Pattern::Extract(extract) => extract::run(extract, format, console),
        args::Pattern::Match(wanted) => matching::run(wanted, format, console),
    }
}

/// Reads patterns, and remembers how that went.
struct Run<'r> {
    console: &'r Console,
    patterns: u64,
    errors: u64,
    warnings: u64,
    broken: Option<Exit>,
}

impl<'r> Run<'r> {
    fn new(console: &'r Console) -> Self {
        Self { console, patterns: 0, errors: 0, warnings: 0, broken: None }
    }

    /// Hands over each text that is given, read or not.
    fn texts(
        &mut self,
        given: &Given,
        mut each: impl FnMut(&mut Self, &Source<'_>, Result<Pattern, InvalidPattern>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let broken = source::read(given, &mut |source| {
            self.patterns += 1;
            if self.patterns.is_multiple_of(1000) {
                self.console.progress(count(self.patterns, "pattern"));
            }
            each(self, source, Pattern::parse_with(source.text, &source.options))
        })?;
        for failure in broken {
            self.console.error(&failure.text);
            self.broken.get_or_insert(failure.exit);
        }
        Ok(())
    }

    /// Hands over each pattern; of what is none, standard error says why.
    fn each(
        &mut self,
        given: &Given,
        mut each: impl FnMut(&Source<'_>, Pattern) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.texts(given, |run, source, read| match read {
            Ok(pattern) => each(source, pattern),
            Err(invalid) => {
                run.errors += 1;
                let words: String = invalid.problems.iter().map(|problem| problem::words(source, problem)).collect();
                run.console.problem(words.trim_end());
                Ok(())
            }
        })
    }

    fn end(self) -> Exit {
        match self.broken {
            Some(exit) => exit,
            None if self.errors > 0 => Exit::SomeRefused,
            None => Exit::Fine,
        }
    }
}

fn check(given: &Given, format: Option<Format>, console: &Console) -> Result<Exit, Failure> {
    let mut report = Report::begin(output::format(format), "problems")?;
    let mut run = Run::new(console);
    run.texts(given, |run, source, read| {
        let problems = match read {
            Ok(pattern) => pattern.check(),
            Err(invalid) => invalid.problems,
        };
        problems.iter().try_for_each(|problem| {
            *if problem.severity == Severity::Error { &mut run.errors } else { &mut run.warnings } += 1;
            report.add(&problem::record(source, problem), || problem::words(source, problem))
        })
    })?;
    console.clear();
    report.end()?;
    let verdict = if run.errors == 0 { "no errors" } else { &count(run.errors, "error") };
    console.summary(&format!("{}: {verdict}, {}", count(run.patterns, "pattern"), count(run.warnings, "warning")));
    Ok(run.end())
}

/// A pattern and what became of it, as JSON.
#[derive(Serialize)]
struct Record<'r> {
    file: Option<&'r str>,
    object: Option<&'r str>,
    pattern: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<Vec<&'r str>>,
}

fn explain(given: &Given, format: Option<Format>, console: &Console) -> Result<Exit, Failure> {
    let mut report = Report::begin(format.unwrap_or(Format::Table), "patterns")?;
    let mut run = Run::new(console);
    let mut any = false;
    run.each(given, |source, pattern| {
        let words = pattern.explain();
        let Source { text, file, object, .. } = *source;
        let record = Record { file, object, pattern: text, words: Some(&words), written: None, lost: None };
        report.add(&record, || {
            let before = if std::mem::replace(&mut any, true) { "\n" } else { "" };
            // One pattern on the command line is known to who asks.
            let head = match (file, given.patterns.len()) {
                (None, 1) => String::new(),
                _ => format!("{QUIET}{}{QUIET:#}\n", visible(text).replace('\n', " ")),
            };
            format!("{before}{head}{}\n", visible(&words))
        })
    })?;
    console.clear();
    report.end()?;
    Ok(run.end())
}

fn write(args: &Written, format: Option<Format>, console: &Console) -> Result<Exit, Failure> {
    let mut report = Report::begin(format.unwrap_or(Format::Table), "patterns")?;
    let mut run = Run::new(console);
    run.each(&args.given, |source, pattern| {
        let Source { text, file, object, .. } = *source;
        let simple = args.simple.then(|| pattern.simplify());
        let written = match &simple {
            Some(simple) => simple.pattern.to_string(),
            None if args.normal => pattern.normal_form().to_string(),
            None => pattern.to_string(),
        };
        let changes = simple.iter().flat_map(|simple| &simple.changes);
        let lost = changes.clone().filter_map(|change| change.lost.as_deref()).collect();
        if format.is_none_or(|format| format == Format::Table) {
            changes.for_each(|change| console.warn(&change.to_string()));
            return output::line(&shown(&written));
        }
        let lost = simple.is_some().then_some(lost);
        let record = Record { file, object, pattern: text, words: None, written: Some(&written), lost };
        report.add(&record, String::new)
    })?;
    console.clear();
    report.end()?;
    Ok(run.end())
}

/// Made simpler; standard error says what it took.
fn simplified(pattern: &Pattern, console: &Console) -> Pattern {
    let simple = pattern.simplify();
    simple.changes.iter().for_each(|change| console.warn(&change.to_string()));
    simple.pattern
}

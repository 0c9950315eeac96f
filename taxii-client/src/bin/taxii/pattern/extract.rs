//! `taxii pattern extract`: the values that patterns look for.

use std::collections::HashSet;

use serde::Serialize;
use stix_model::pattern::{AtomicValue, Pattern};

use super::args::Extract;
use super::report::Report;
use super::source::Source;
use super::{Run, simplified};
use crate::args::Format;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::{self, shown, table};

const HEAD: [&str; 6] = ["kind", "value", "exactness", "operator", "path", "object"];

/// A value as JSON.
#[derive(Serialize)]
struct Record<'r> {
    kind: &'r str,
    value: &'r str,
    exactness: &'static str,
    operator: String,
    object_type: &'r str,
    path: String,
    file: Option<&'r str>,
    object: Option<&'r str>,
}

/// What is printed.
enum Sink {
    Records(Report),
    Rows(Vec<Vec<String>>),
    Csv,
    List(HashSet<String>),
}

pub(super) fn run(args: &Extract, asked: Option<Format>, console: &Console) -> Result<Exit, Failure> {
    let mut sink = match output::format(asked) {
        _ if args.csv => {
            output::line(&HEAD.join(","))?;
            Sink::Csv
        }
        _ if args.list => Sink::List(HashSet::new()),
        Format::Table => Sink::Rows(Vec::new()),
        format => Sink::Records(Report::begin(format, "values")?),
    };
    let mut run = Run::new(console);
    run.each(&args.given, |source, pattern| {
        let pattern = if args.simple { simplified(&pattern, console) } else { pattern };
        add(args, source, &pattern, &mut sink)
    })?;
    console.clear();
    match sink {
        Sink::Records(report) => report.end()?,
        Sink::Rows(rows) if !rows.is_empty() => output::line(&table(&["KIND", "VALUE", "EXACTNESS", "PATH"], rows))?,
        _ => {}
    }
    Ok(run.end())
}

fn add(args: &Extract, source: &Source<'_>, pattern: &Pattern, sink: &mut Sink) -> Result<(), Failure> {
    let wanted = |value: &AtomicValue<'_>| {
        let kind = value.kind.as_str();
        (args.kinds.is_empty() || args.kinds.iter().any(|name| name.eq_ignore_ascii_case(kind)))
            && (!args.sufficient || value.exactness.is_sufficient())
    };
    for value in pattern.values().iter().filter(|value| wanted(value)) {
        one(source, value, sink)?;
    }
    Ok(())
}

fn one(source: &Source<'_>, value: &AtomicValue<'_>, sink: &mut Sink) -> Result<(), Failure> {
    let comparison = value.comparison;
    let not = if comparison.negated { "NOT " } else { "" };
    let record = Record {
        kind: value.kind.as_str(),
        value: &value.text(),
        exactness: value.exactness.as_str(),
        operator: format!("{not}{}", comparison.test.operator()),
        object_type: comparison.path.object_type(),
        path: comparison.path.to_string(),
        file: source.file,
        object: source.object,
    };
    match sink {
        Sink::Records(report) => report.add(&record, String::new),
        Sink::Rows(rows) => {
            rows.push(vec![record.kind.into(), record.value.into(), record.exactness.into(), record.path]);
            Ok(())
        }
        Sink::Csv => {
            let object = record.object.unwrap_or_default();
            let cells = [record.kind, record.value, record.exactness, &record.operator, &record.path, object];
            output::line(&shown(&cells.map(cell).join(",")))
        }
        Sink::List(seen) => match seen.insert(record.value.to_owned()) {
            true => output::line(&shown(record.value)),
            false => Ok(()),
        },
    }
}

/// RFC 4180: in quotes if it has to be.
fn cell(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

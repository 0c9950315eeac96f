//! What was changed: some of it for people, all of it for programs.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use stix_model::Severity;
use stix_model::upgrade::Change;

use super::Totals;
use super::sink::Sink;
use crate::args::Format;
use crate::console::{Console, count};
use crate::failure::Failure;
use crate::output;

/// As many lines people are shown.
const SHOWN: usize = 20;

/// Where the report goes.
enum To {
    /// A table on standard error.
    People,
    /// JSON lines on standard error.
    Programs,
    /// JSON lines in a file.
    File(String, Sink),
}

pub(super) struct Report {
    to: To,
    rows: Vec<Row>,
    counts: [u64; 3],
}

/// A change, and how often the same was done to other objects.
struct Row {
    change: Change,
    more: u64,
}

#[derive(Serialize)]
struct Record<'r> {
    file: &'r str,
    object: Option<&'r str>,
    pointer: &'r str,
    rule: &'r str,
    severity: &'r str,
    what: &'r str,
}

impl Report {
    pub(super) fn begin(format: Option<Format>, file: Option<&str>) -> Result<Self, Failure> {
        let to = match (file, format) {
            (Some(file), _) => To::File(file.to_owned(), Sink::create(file)?),
            (None, Some(Format::Json | Format::Jsonl)) => To::Programs,
            (None, _) => To::People,
        };
        Ok(Self { to, rows: Vec::new(), counts: [0; 3] })
    }

    /// Adds what was done to the objects of a file.
    pub(super) fn add(&mut self, file: &str, changes: &[Change]) -> Result<(), Failure> {
        for change in changes {
            if let Some(count) = self.counts.get_mut(change.severity as usize) {
                *count += 1;
            }
        }
        match &mut self.to {
            To::People => changes.iter().for_each(|change| self.keep(change)),
            To::File(_, sink) => changes.iter().try_for_each(|change| sink.line(&record(file, change)))?,
            To::Programs => {
                let mut out = BufWriter::new(io::stderr().lock());
                for change in changes {
                    // Nobody is left to hear about a closed standard error.
                    _ = writeln!(out, "{}", serde_json::to_string(&record(file, change))?);
                }
            }
        }
        Ok(())
    }

    /// Keeps a change if there is room for it beside others that matter as much.
    fn keep(&mut self, change: &Change) {
        let same = |row: &&mut Row| {
            let other = &row.change;
            (other.severity, other.rule, &other.pointer, &other.what)
                == (change.severity, change.rule, &change.pointer, &change.what)
        };
        if let Some(row) = self.rows.iter_mut().find(same) {
            row.more += 1;
        } else if self.rows.iter().filter(|row| row.change.severity == change.severity).count() < SHOWN {
            self.rows.push(Row { change: change.clone(), more: 0 });
        }
    }

    pub(super) fn count(&self, severity: Severity) -> u64 {
        self.counts.get(severity as usize).copied().unwrap_or_default()
    }

    pub(super) fn end(mut self, totals: &Totals, console: &Console) -> Result<(), Failure> {
        match &mut self.to {
            // A line for people would be no JSON.
            To::Programs => console.clear(),
            To::File(path, sink) => {
                sink.finish()?;
                let changes = count(self.counts.iter().sum(), "change");
                console.summary(&format!("{totals}\n{changes}: {path}"));
            }
            To::People => {
                if let Some(table) = self.table() {
                    console.summary(&table);
                }
                console.summary(&totals.to_string());
            }
        }
        Ok(())
    }

    /// What matters most comes first.
    fn table(&mut self) -> Option<String> {
        self.rows.sort_by_key(|row| std::cmp::Reverse(row.change.severity));
        self.rows.truncate(SHOWN);
        let shown: u64 = self.rows.iter().map(|row| row.more + 1).sum();
        let rest = self.counts.iter().sum::<u64>().saturating_sub(shown);
        let mut text = output::table(&["OBJECT", "PLACE", "RULE", "WHAT"], self.rows.iter().map(cells));
        if rest > 0 {
            let changes = count(rest, "more change");
            text += &format!("\n… and {changes}; --output json or --report FILE for all of them");
        }
        (shown > 0).then_some(text)
    }
}

fn record<'r>(file: &'r str, change: &'r Change) -> Record<'r> {
    Record {
        file,
        object: change.object.as_deref(),
        pointer: &change.pointer,
        rule: change.rule,
        severity: change.severity.as_str(),
        what: &change.what,
    }
}

fn cells(Row { change, more }: &Row) -> Vec<String> {
    let object = change.object.as_deref().unwrap_or("(no id)");
    let object = if *more > 0 { format!("{object} and {more} more") } else { object.to_owned() };
    let what = match change.severity {
        Severity::Information => change.what.clone(),
        severity => format!("{severity}: {}", change.what),
    };
    [&object, &change.pointer, change.rule, &what].map(str::to_owned).to_vec()
}

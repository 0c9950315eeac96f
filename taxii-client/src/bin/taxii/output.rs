use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::Value;

use crate::args::Format;
use crate::failure::Failure;

/// The form of results on standard output, if none was asked for.
pub(crate) fn format(asked: Option<Format>) -> Format {
    asked.unwrap_or(if io::stdout().is_terminal() { Format::Table } else { Format::Jsonl })
}

/// Prints a list: as a table, as one document with the list under `name`, or one item per line.
pub(crate) fn list<T: Serialize>(
    format: Format,
    name: &str,
    items: &[T],
    head: &[&str],
    row: impl Fn(&T) -> Vec<String>,
) -> Result<(), Failure> {
    match format {
        Format::Table if items.is_empty() => Ok(()),
        Format::Table => line(&table(head, items.iter().map(row))),
        Format::Json | Format::Sarif => {
            let list = serde_json::to_value(items)?;
            let members = [(name.to_owned(), list)].into_iter().filter(|_| !items.is_empty());
            line(&serde_json::to_string_pretty(&members.collect::<serde_json::Map<_, _>>())?)
        }
        Format::Jsonl => items.iter().try_for_each(|item| line(&serde_json::to_string(item)?)),
    }
}

/// Prints one thing: as lines of a table, or as JSON.
pub(crate) fn one(format: Format, value: &impl Serialize, rows: impl FnOnce() -> String) -> Result<(), Failure> {
    match format {
        Format::Table => line(&rows()),
        Format::Json | Format::Sarif => line(&serde_json::to_string_pretty(value)?),
        Format::Jsonl => line(&serde_json::to_string(value)?),
    }
}

pub(crate) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if !io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    table.set_header(head);
    for row in rows {
        table.add_row(row.iter().map(|cell| visible(cell).replace('\n', " ")));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

pub(crate) fn line(text: &str) -> Result<(), Failure> {
    written(writeln!(io::stdout(), "{text}"))
}

/// Writing to a pipe that nobody reads any more is a good reason to stop, and nothing to complain of.
pub(crate) fn written(outcome: io::Result<()>) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        outcome => outcome.map_err(|error| Failure::file("standard output", &error)),
    }
}

/// Without what could make a terminal do things: the text comes from other people's servers.
pub(crate) fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// For a result that is text: as it is for programs, without what could make a terminal do things for people.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if io::stdout().is_terminal() { visible(text).into() } else { text.into() }
}

pub(crate) fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

/// What people know an object by: type, id, name or value, and version.
pub(crate) fn object_row(text: &str) -> Vec<String> {
    let object: Value = serde_json::from_str(text).unwrap_or_default();
    let member = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let relation = || match member("relationship_type") {
        kind if kind.is_empty() => String::new(),
        kind => format!("{} {kind} {}", member("source_ref"), member("target_ref")),
    };
    let names = ["name", "value", "path", "subject", "pattern", "abstract", "content"].into_iter().map(member);
    let name = names.chain([relation()]).find(|text| !text.is_empty()).unwrap_or_default();
    let version = [member("modified"), member("created")].into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    vec![member("id"), shorten(&name), version]
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TX-SEC-06: text from servers does not steer the terminal.
    #[test]
    fn control_characters_are_shown_as_such() {
        assert_eq!(visible("a\u{1b}[2Jb\u{7}\u{9b}c\nd"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}c\nd");
    }

    #[test]
    fn rows_of_objects() {
        let row = |text| object_row(text).join(" | ");
        assert_eq!(row(r#"{"id":"a--1","name":"N","modified":"m","created":"c"}"#), "a--1 | N | m");
        assert_eq!(
            row(r#"{"id":"r","relationship_type":"uses","source_ref":"a","target_ref":"b","created":"c"}"#),
            "r | a uses b | c"
        );
        assert_eq!(row("7"), " |  | ");
        assert_eq!(row(&format!(r#"{{"value":"{}"}}"#, "é".repeat(70))), format!(" | {}… | ", "é".repeat(60)));
    }
}

use std::error::Error;

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::Outcome;
use crate::cli::Format;

/// Prints results, for people or for programs.
pub(crate) struct Output {
    format: Format,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// What was done: a sentence, or the thing that it was done to.
    pub(crate) fn done(&self, sentence: &str, thing: &impl Serialize) -> Outcome {
        self.text(|| Ok(sentence.to_owned()), thing)
    }

    /// A text, or the thing that it is about.
    pub(crate) fn text(&self, text: impl FnOnce() -> Outcome<String>, thing: &impl Serialize) -> Outcome {
        match self.format {
            Format::Table => anstream::println!("{}", text()?.trim_end()),
            Format::Json => anstream::println!("{}", serde_json::to_string_pretty(thing)?),
        }
        Ok(())
    }

    /// A list.
    pub(crate) fn list<T: Serialize, const N: usize>(
        &self,
        header: [&str; N],
        items: &[T],
        row: impl Fn(&T) -> [String; N],
    ) -> Outcome {
        self.text(
            || {
                let mut table = Table::new();
                table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
                table.set_header(header);
                table.add_rows(items.iter().map(row));
                Ok(if items.is_empty() { "none".to_owned() } else { table.to_string() })
            },
            &items,
        )
    }
}

/// An error with everything that caused it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// The object with a member more, or with this value in its place.
pub(crate) fn with(
    mut object: serde_json::Value,
    name: &str,
    value: impl Into<serde_json::Value>,
) -> serde_json::Value {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value.into());
    }
    object
}

//! Results on standard output, one after the other.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use crate::args::Format;
use crate::failure::Failure;
use crate::output::written;

/// Where results go: as text, as one JSON document, or as a JSON text per line.
pub(super) struct Report {
    format: Format,
    out: BufWriter<anstream::AutoStream<io::Stdout>>,
    any: bool,
}

impl Report {
    /// `name` is that of the list in the JSON document.
    pub(super) fn begin(format: Format, name: &str) -> Result<Self, Failure> {
        let mut report = Self { format, out: BufWriter::new(anstream::stdout()), any: false };
        if format == Format::Json {
            report.write(&format!("{{\"{name}\":["))?;
        }
        Ok(report)
    }

    pub(super) fn add(&mut self, record: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        let between = if self.any { ",\n" } else { "\n" };
        self.any = true;
        let text = match self.format {
            Format::Json => format!("{between}{}", serde_json::to_string(record)?),
            Format::Jsonl => format!("{}\n", serde_json::to_string(record)?),
            Format::Table | Format::Sarif => text(),
        };
        self.write(&text)
    }

    pub(super) fn end(mut self) -> Result<(), Failure> {
        if self.format == Format::Json {
            self.write("\n]}\n")?;
        }
        written(self.out.flush())
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        written(self.out.write_all(text.as_bytes()))
    }
}

//! Where results and reports go.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};

use serde::Serialize;

use crate::args::Upgrade;
use crate::failure::Failure;
use crate::output::written;

/// A file, or standard output. A file is made with the first line, so that a run that fails before that spoils none.
pub(crate) struct Sink {
    path: Option<String>,
    out: Option<BufWriter<Box<dyn Write>>>,
}

impl Sink {
    pub(crate) fn new(path: &str) -> Self {
        Self { path: Some(path.to_owned()).filter(|path| path != "-"), out: None }
    }

    /// Makes the file now, also if nothing will be in it.
    pub(super) fn create(path: &str) -> Result<Self, Failure> {
        let mut sink = Self::new(path);
        let outcome = sink.open().map(|_| ());
        sink.check(outcome)?;
        Ok(sink)
    }

    pub(crate) fn line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let outcome = self.open().and_then(|out| {
            serde_json::to_writer(&mut *out, value)?;
            out.write_all(b"\n")
        });
        self.check(outcome)
    }

    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        let outcome = self.out.as_mut().map_or(Ok(()), Write::flush);
        self.check(outcome)
    }

    fn open(&mut self) -> io::Result<&mut BufWriter<Box<dyn Write>>> {
        let out = match (self.out.take(), &self.path) {
            (Some(out), _) => out,
            (None, Some(path)) => BufWriter::new(Box::new(File::create(path)?) as Box<dyn Write>),
            (None, None) => BufWriter::new(Box::new(io::stdout()) as Box<dyn Write>),
        };
        Ok(self.out.insert(out))
    }

    fn check(&self, outcome: io::Result<()>) -> Result<(), Failure> {
        match &self.path {
            Some(path) => outcome.map_err(|error| Failure::file(path, &error)),
            None => written(outcome),
        }
    }
}

/// Nothing may be written where something is still to be read.
pub(super) fn differ(args: &Upgrade) -> Result<(), Failure> {
    apart(&args.files, "--out", &args.out)?;
    let Some(report) = args.report.as_deref() else { return Ok(()) };
    apart(&args.files, "--report", report)?;
    match same(report, &args.out) {
        true => Err(Failure::usage(format!("--report {report}: the result goes there; name another file"))),
        false => Ok(()),
    }
}

/// Is what an option names none of the files?
pub(crate) fn apart(files: &[String], option: &str, path: &str) -> Result<(), Failure> {
    match files.iter().any(|file| same(path, file)) {
        true => Err(Failure::usage(format!("{option} {path}: this file is to be read; name another one"))),
        false => Ok(()),
    }
}

fn same(a: &str, b: &str) -> bool {
    let real = |path: &str| fs::canonicalize(path).ok().filter(|path| path.is_file());
    a != "-" && (a == b || real(a).is_some_and(|a| real(b) == Some(a)))
}

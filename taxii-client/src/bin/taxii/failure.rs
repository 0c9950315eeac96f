use std::io;
use std::process::ExitCode;

use taxii_client::Error;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Fine = 0,
    SomeRefused = 1,
    Usage = 2,
    Permission = 3,
    NotFound = 4,
    Server = 5,
    Data = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why the program ends early, for people and for scripts.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, text: text.into() }
    }

    pub(crate) fn data(text: impl Into<String>) -> Self {
        Self { exit: Exit::Data, text: text.into() }
    }

    /// What went wrong with a file.
    pub(crate) fn file(path: impl std::fmt::Display, error: &io::Error) -> Self {
        Self::usage(format!("{path}: {error}"))
    }

    pub(crate) fn and(mut self, more: &str) -> Self {
        self.text = format!("{}\n  {more}", self.text);
        self
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match &error {
            Error::Invalid(_) => Exit::Usage,
            error if error.is_unauthorized() || error.is_forbidden() => Exit::Permission,
            error if error.is_not_found() => Exit::NotFound,
            error => match error.status().map(|status| status.as_u16()) {
                Some(400 | 413 | 422) => Exit::Data,
                _ => Exit::Server,
            },
        };
        Self { exit, text: error.to_string() }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::data(error.to_string())
    }
}

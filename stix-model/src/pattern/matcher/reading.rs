//! What the value at the end of a path is, as far as the standard's tables say.

use super::super::ObjectPath;
use super::super::check::kind_of;
use super::octets::Encoding;
use crate::property::Kind;

/// How a string that is found is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As text.
    Text,
    /// As an instant.
    Timestamp,
    /// As octets.
    Octets(Encoding),
    /// No table says it: as text, or as an instant where it is compared with one.
    Unknown,
}

impl Reading {
    pub(super) fn of(path: &ObjectPath) -> Self {
        match Encoding::of(path.last_key()) {
            Some(encoding) => Self::Octets(encoding),
            None => by_tables(path).unwrap_or(Self::Unknown),
        }
    }
}

/// What the tables say; nothing of what they do not have.
fn by_tables(path: &ObjectPath) -> Option<Reading> {
    match kind_of(path)? {
        Kind::Timestamp(_) => Some(Reading::Timestamp),
        Kind::Any | Kind::Either(_) => None,
        _ => Some(Reading::Text),
    }
}

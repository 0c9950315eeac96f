use std::fmt;
use std::time::Duration;

use super::listing::Kind;

/// Why nothing could be read: where, and what.
#[derive(Debug)]
pub enum Fault {
    /// What was given is no place to read from.
    Address {
        /// What was given, without credentials.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There was no answer.
    Unreachable {
        /// What was asked for.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The other side wants to be left alone for a while.
    Busy {
        /// What was asked for.
        url: String,
        /// Of the answer.
        status: u16,
        /// When to try again.
        retry_after: Option<Duration>,
    },
    /// The answer is no.
    Refused {
        /// What was asked for.
        url: String,
        /// Of the answer.
        status: u16,
        /// What to do.
        advice: &'static str,
    },
    /// The answer is not what it should be.
    Malformed {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The answer is larger than is read.
    TooLarge {
        /// What was asked for.
        url: String,
        /// How much is read.
        limit: usize,
    },
}

impl Fault {
    /// What was asked for, without credentials.
    #[must_use]
    pub fn place(&self) -> &str {
        match self {
            Self::Address { address, .. } => address,
            Self::Unreachable { url, .. }
            | Self::Busy { url, .. }
            | Self::Refused { url, .. }
            | Self::Malformed { url, .. }
            | Self::TooLarge { url, .. } => url,
        }
    }

    /// What happened and what to do, without the place.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Address { reason, .. } | Self::Malformed { reason, .. } => reason.clone(),
            Self::Unreachable { reason, .. } => {
                format!("no answer: {reason}; check the address, the network and who is trusted, or try again later")
            }
            Self::Busy { status, .. } => format!("the other side is busy (HTTP {status}); try again later"),
            Self::Refused { status, advice, .. } => format!("HTTP {status}; {advice}"),
            Self::TooLarge { limit, .. } => {
                format!("larger than {limit} bytes; raise the limit if that is as it should be")
            }
        }
    }

    /// May the same succeed later?
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Busy { .. })
    }

    /// Is it about who asks, so that asking for another event would end in the same way? Stores of files say 403 of one that is not there.
    pub(super) fn is_about_all(&self, kind: Kind) -> bool {
        match self {
            Self::Refused { status, .. } => {
                matches!(status, 300..=399 | 401 | 407) || (*status == 403 && kind == Kind::Instance)
            }
            _ => false,
        }
    }

    /// May it be the event, and not the other side as a whole? One that is too large for the other side ends in 500, 502, 504 or nothing.
    pub(super) fn may_be_about_one(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Busy { status, .. } => matches!(status, 500 | 502 | 504),
            _ => false,
        }
    }

    pub(super) fn of_status(url: &str, status: u16, retry_after: Option<Duration>) -> Self {
        let url = url.to_owned();
        let advice = match status {
            408 | 425 | 429 | 500..=599 => return Self::Busy { url, status, retry_after },
            300..=399 => "it is elsewhere, and nobody is followed there; give the address that it has now",
            401 => "the key is missing or wrong",
            403 => "the key does not permit this",
            404 => "there is nothing; check the address",
            _ => "this was not expected",
        };
        Self::Refused { url, status, advice }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.reason())
    }
}

impl std::error::Error for Fault {}

/// An address without user name and password.
pub(super) fn bare(address: &str) -> String {
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => address.to_owned(),
    }
}

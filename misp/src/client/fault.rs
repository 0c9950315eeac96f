use std::time::Duration;

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// What was given is no place to read from.
    #[error("{address}: {reason}")]
    Address {
        /// What was given, without credentials.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There was no answer.
    #[error("{url}: no answer: {reason}; check the address, the network and who is trusted, or try again later")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The other side wants to be left alone for a while.
    #[error("{url}: the other side is busy (HTTP {status}); try again later")]
    Busy {
        /// What was asked for.
        url: String,
        /// Of the answer.
        status: u16,
        /// When to try again.
        retry_after: Option<Duration>,
    },
    /// The answer is no.
    #[error("{url}: HTTP {status}; {advice}")]
    Refused {
        /// What was asked for.
        url: String,
        /// Of the answer.
        status: u16,
        /// What to do.
        advice: &'static str,
    },
    /// The answer is not what it should be.
    #[error("{url}: {reason}")]
    Malformed {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The answer is larger than is read.
    #[error("{url}: larger than {limit} bytes; raise the limit if that is as it should be")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// How much is read.
        limit: usize,
    },
}

impl Fault {
    /// May the same succeed later?
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Busy { .. })
    }

    pub(super) fn of_status(url: &str, status: u16, retry_after: Option<Duration>) -> Self {
        let url = url.to_owned();
        let advice = match status {
            408 | 425 | 429 | 500..=599 => return Self::Busy { url, status, retry_after },
            401 => "the key is missing or wrong",
            403 => "the key does not permit this",
            404 => "there is nothing; check the address",
            _ => "this was not expected",
        };
        Self::Refused { url, status, advice }
    }
}

/// An address without user name and password.
pub(super) fn bare(address: &str) -> String {
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
        _ => address.to_owned(),
    }
}

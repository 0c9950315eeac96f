use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use taxii_model::ErrorMessage;

use crate::Challenge;
use crate::tls;

/// Why a request did not bring what was asked for.
///
/// The predicates are for programs, the text is for people: it says what happened, why, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server answered, and refused.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// There was no answer.
    #[error("{0}")]
    Unreachable(Box<Unreachable>),
    /// The answer is not what TAXII 2.1 says it is.
    #[error("{url}: {problem}")]
    Answer {
        /// Where.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The pages do not come to an end: asking on would ask for ever.
    #[error("{url}: {problem}; stopped, since the server would send it for ever")]
    Circle {
        /// Where.
        url: String,
        /// What comes back again.
        problem: String,
    },
    /// The answer is larger than the client takes.
    #[error("{url}: the answer has more than {most} octets; not reading on")]
    TooMuch {
        /// Where.
        url: String,
        /// The client's limit.
        most: u64,
    },
    /// Nothing has this name. The text lists what there is.
    #[error("{0}")]
    NoSuch(String),
    /// The server has said beforehand that it will not let us. Nothing was sent.
    #[error("{0}")]
    NotPermitted(String),
    /// The request makes no sense, or the client is not set up for it. Nothing was sent.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    pub(crate) fn invalid(words: impl Into<String>) -> Self {
        Self::Invalid(words.into())
    }

    pub(crate) fn answer(url: &url::Url, problem: impl Into<String>) -> Self {
        Self::Answer { url: url.to_string(), problem: problem.into() }
    }

    /// Where it happened and what, apart, for who says where by itself.
    #[cfg(feature = "flow")]
    pub(crate) fn apart(&self) -> (Option<&str>, String) {
        match self {
            Self::Refused(refusal) => (Some(&refusal.url), format!("{} answered {}", refusal.method, refusal.words())),
            Self::Unreachable(unreachable) => (Some(&unreachable.url), unreachable.reason.clone()),
            Self::Answer { url, .. } | Self::Circle { url, .. } | Self::TooMuch { url, .. } => {
                let words = self.to_string();
                let what = words.strip_prefix(url.as_str()).and_then(|rest| rest.strip_prefix(": "));
                (Some(url), what.map_or(words.clone(), str::to_owned))
            }
            Self::NoSuch(_) | Self::NotPermitted(_) | Self::Invalid(_) => (None, self.to_string()),
        }
    }

    /// The status code of a refusal.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused(refusal) => Some(refusal.status),
            _ => None,
        }
    }

    /// The server's own words (TAXII 2.1 §3.6.1), if it sent any.
    #[must_use]
    pub fn message(&self) -> Option<&ErrorMessage> {
        match self {
            Self::Refused(refusal) => refusal.message.as_ref(),
            _ => None,
        }
    }

    /// No credentials, or wrong ones (401).
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(StatusCode::UNAUTHORIZED)
    }

    /// Good credentials that do not reach this far (403, or known beforehand).
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::NotPermitted(_)) || self.status() == Some(StatusCode::FORBIDDEN)
    }

    /// Absent, or hidden from these credentials (404, or not listed).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NoSuch(_)) || self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// The server does not speak TAXII 2.1 (406).
    #[must_use]
    pub fn is_not_acceptable(&self) -> bool {
        self.status() == Some(StatusCode::NOT_ACCEPTABLE)
    }

    /// More than the server takes, or gives, at a time (413).
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.status() == Some(StatusCode::PAYLOAD_TOO_LARGE)
    }

    /// The content cannot be processed (422).
    #[must_use]
    pub fn is_unprocessable(&self) -> bool {
        self.status() == Some(StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// Too many requests (429).
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// The server's own trouble (5xx).
    #[must_use]
    pub fn is_server_error(&self) -> bool {
        self.status().is_some_and(|status| status.is_server_error())
    }

    /// There was no answer.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }

    /// There was no answer in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Unreachable(u) if u.kind == Trouble::Timeout)
    }

    /// The two ends could not agree on TLS, or one does not trust the other.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self, Self::Unreachable(u) if u.kind == Trouble::Tls)
    }
}

/// An answer that is no success.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refusal {
    /// What was asked.
    pub method: Method,
    /// Where.
    pub url: String,
    /// The status code.
    pub status: StatusCode,
    /// The server's own words (TAXII 2.1 §3.6.1); many servers send a web page or nothing instead.
    pub message: Option<ErrorMessage>,
    /// How one may authenticate, if that was the trouble.
    pub challenges: Vec<Challenge>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// What the client did about credentials.
    pub credentials: Sent,
    /// How many times it was tried.
    pub attempts: u32,
}

/// Were credentials sent along?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// There were none to send.
    None,
    /// Yes.
    Yes,
    /// No: this is another origin than the one they were given for.
    Withheld,
}

impl Refusal {
    /// What the server answered, and what to do.
    fn words(&self) -> String {
        let mut words = self.status.to_string();
        if self.attempts > 1 {
            words += &format!(" ({} times)", self.attempts);
        }
        if let Some(message) = &self.message {
            let same = self.status.canonical_reason() == Some(message.title.as_str());
            let title = Some(&message.title).filter(|title| !title.is_empty() && !same);
            for part in title.into_iter().chain(&message.description) {
                words += &format!(": {part}");
            }
            if let Some(id) = &message.error_id {
                words += &format!(" [error_id {id}]");
            }
        }
        self.advice().map_or(words.clone(), |advice| format!("{words}\n  {advice}"))
    }

    fn advice(&self) -> Option<String> {
        let text = match (self.status.as_u16(), self.credentials) {
            (401, Sent::Withheld) => "the credentials were not sent here, since they were given for another server; if you trust this one too, add it as a trusted origin (--trust-origin)".to_owned(),
            (401, Sent::None) => format!("the server wants credentials{}", self.offers()),
            (401, Sent::Yes) => format!("the server does not accept these credentials{}", self.offers()),
            (403, _) => "the server knows who you are, but does not let you do this; ask its operator for the right".to_owned(),
            (404, _) => "there is nothing under this URL, or these credentials may not see it".to_owned(),
            (406, _) => "the server does not speak TAXII 2.1 here; an older server needs a TAXII 2.0 or 1.x client".to_owned(),
            (413, _) => "the server takes less at a time".to_owned(),
            (415, _) => "the server does not take this content type; is this the URL of a TAXII 2.1 collection?".to_owned(),
            (429, _) => format!("the server asks for patience{}", self.patience()),
            (301..=308, _) => "the server wants this request elsewhere and the client does not follow; give the final URL".to_owned(),
            (500.., _) => format!("the trouble is on the server's side; try again later{}", self.patience()),
            _ => return None,
        };
        Some(text)
    }

    fn offers(&self) -> String {
        let offers: Vec<String> = self.challenges.iter().map(Challenge::to_string).collect();
        if offers.is_empty() { String::new() } else { format!(" (it offers: {})", offers.join(", ")) }
    }

    fn patience(&self) -> String {
        self.retry_after.map_or_else(String::new, |wait| format!(" (in {} s)", wait.as_secs()))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.method, self.url, self.words())
    }
}

/// A request that got no answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unreachable {
    /// Where.
    pub url: String,
    /// In which way.
    pub kind: Trouble,
    /// Why, in words.
    pub reason: String,
    /// May the server have received the request? If not, sending it again cannot do anything twice.
    pub sent: bool,
}

/// In which way a server is unreachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// No connection: no such name, nobody listening, no route.
    Connect,
    /// No TLS: see the reason.
    Tls,
    /// Not in time.
    Timeout,
    /// The connection broke while something was under way.
    Broken,
}

impl Unreachable {
    pub(crate) fn new(url: &url::Url, error: &reqwest::Error) -> Self {
        let sent = !error.is_connect();
        let (kind, reason) = if let Some(reason) = tls::reason(error) {
            (Trouble::Tls, reason)
        } else if error.is_timeout() {
            (
                Trouble::Timeout,
                if sent { "no answer in time" } else { "no connection in time; is there a firewall in between?" }
                    .to_owned(),
            )
        } else if error.is_connect() {
            (Trouble::Connect, root_cause(error))
        } else {
            (Trouble::Broken, format!("the connection broke: {}{}", root_cause(error), if_always(url)))
        };
        Self { url: url.to_string(), kind, reason, sent }
    }
}

/// With TLS 1.3 a server looks at the client's certificate when the client is done, and what it says may be lost when it hangs up.
fn if_always(url: &url::Url) -> &'static str {
    match url.scheme() {
        "https" => {
            "\n  if this happens every time, the server may want a client certificate, or another one (--cert, --cert-key)"
        }
        _ => "",
    }
}

/// The innermost error says what happened; the outer ones say "error sending request".
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let words = cause.to_string();
    if words == "tls handshake eof" {
        return "the server hung up during the TLS handshake; is it plain http, another port, or a firewall in between?".to_owned();
    }
    match error.source().map(ToString::to_string) {
        Some(outer) if words.contains("lookup address") || outer.contains("dns error") => {
            format!("the name of the server cannot be resolved: {words}")
        }
        _ => words,
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.reason)
    }
}

impl std::error::Error for Unreachable {}

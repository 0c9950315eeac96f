use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use taxii_model::QueryError;

use crate::store::StoreError;

/// What went wrong, in the terms of TAXII 2.1 §3.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No credentials where some are needed, or wrong ones.
    Unauthorized,
    /// Absent, or not for this caller to know about.
    NotFound,
    /// The method is not defined for the endpoint.
    MethodNotAllowed,
    /// The client cannot take what the server gives.
    NotAcceptable,
    /// Visible, but not allowed.
    Forbidden,
    /// The server cannot take what the client gives.
    UnsupportedMediaType,
    /// The body is larger than the API root takes.
    TooLarge,
    /// The body did not come within reasonable time.
    Timeout,
    /// More than the caller is allowed to ask for; worth trying again later.
    TooManyRequests,
    /// The query is malformed.
    BadRequest,
    /// The body is malformed.
    Unprocessable,
    /// Too busy; worth trying again.
    Unavailable,
    /// The server's own fault.
    Internal,
}

/// An error with one text for the client and one for the log.
///
/// `Display` gives the text for the client; the other is the error's source.
#[derive(Debug)]
pub struct ServiceError {
    kind: ErrorKind,
    description: Cow<'static, str>,
    source: Option<Box<dyn Error + Send + Sync>>,
    methods: Option<&'static str>,
    retry_after: Option<Duration>,
}

impl ServiceError {
    pub(crate) fn new(kind: ErrorKind, description: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, description: description.into(), source: None, methods: None, retry_after: None }
    }

    /// No credentials where some are needed, or wrong ones: the client learns nothing more.
    pub(crate) fn unauthorized() -> Self {
        Self::new(
            ErrorKind::Unauthorized,
            "this needs valid credentials: a user name and password by HTTP Basic, or an API key",
        )
    }

    /// Absent or hidden: the client cannot tell which.
    pub(crate) fn not_found() -> Self {
        Self::new(ErrorKind::NotFound, "there is nothing here, or nothing that these credentials may see")
    }

    /// The endpoint takes these methods only, separated by commas.
    pub(crate) fn method_not_allowed(methods: &'static str) -> Self {
        let error = Self::new(ErrorKind::MethodNotAllowed, format!("this endpoint takes {methods}"));
        Self { methods: Some(methods), ..error }
    }

    /// The same, and when it is worth trying again.
    pub(crate) fn after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// Credentials are not looked at for a while, right or wrong, since too many were wrong.
    pub(crate) fn too_many_failures(wait: Duration) -> Self {
        let description =
            "too many log-ins have failed; please check the credentials, and come again when Retry-After says";
        Self::new(ErrorKind::TooManyRequests, description).after(wait)
    }

    /// How long to wait before trying again, where that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The methods that would be right, if the method is what is wrong.
    #[must_use]
    pub fn methods(&self) -> Option<&'static str> {
        self.methods
    }

    /// What kind of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}

impl Error for ServiceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        let (kind, description) = match &error {
            StoreError::Unavailable(_) => {
                (ErrorKind::Unavailable, "the server is too busy; please try again in a moment")
            }
            // The thing was there when the request began.
            StoreError::Missing(_) => return Self { source: Some(error.into()), ..Self::not_found() },
            StoreError::Taken(_) | StoreError::Changed | StoreError::Undone | StoreError::Failed(_) => {
                (ErrorKind::Internal, "the server failed; its operator finds the cause in the log under the error_id")
            }
        };
        Self { source: Some(error.into()), ..Self::new(kind, description) }
    }
}

impl From<QueryError> for ServiceError {
    fn from(error: QueryError) -> Self {
        Self::new(ErrorKind::BadRequest, error.to_string())
    }
}

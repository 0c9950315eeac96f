use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use uuid::Uuid;

use crate::http;
use crate::service::{ServiceError, chain};
use crate::store::StoreError;

/// What went wrong, for whoever called (RFC 9457).
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: Box<str>,
    findings: Vec<Finding>,
    allow: Option<Box<str>>,
    retry_after: Option<u32>,
    /// For the log only.
    cause: Option<Box<str>>,
}

/// What is wrong at one place of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// A JSON pointer.
    pub(super) pointer: String,
    /// What is wrong there, and what was expected.
    pub(super) detail: String,
}

/// What every `type` begins with.
pub(super) const TYPES: &str = "urn:taxii-server:problem:";

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into().into();
        Self { status, code, title, detail, findings: Vec::new(), allow: None, retry_after: None, cause: None }
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    pub(super) fn query(parameter: &str, detail: &str) -> Self {
        let detail = format!("the query parameter {parameter}: {detail}");
        Self::new(StatusCode::BAD_REQUEST, "bad-query", "The query is wrong", detail)
    }

    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The body is no JSON that can be read", detail)
    }

    pub(super) fn method(methods: String) -> Self {
        let detail = format!("this path takes {methods}");
        let problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail);
        Self { allow: Some(methods.into()), ..problem }
    }

    pub(super) fn media_type(expected: &str) -> Self {
        let detail =
            format!("send the body with Content-Type: {expected}, neither compressed nor encoded in another way");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type", detail)
    }

    pub(super) fn too_large(limit: usize) -> Self {
        let detail = format!("the body is larger than {limit} octets; send it in several requests");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Content too large", detail)
    }

    pub(super) fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "timeout", "Request timeout", "the body did not come in time")
    }

    /// The body is JSON, but not what it should be.
    pub(super) fn invalid(findings: Vec<Finding>) -> Self {
        let (code, title) = ("invalid", "The body is not what was expected");
        let detail = match findings.first() {
            Some(Finding { pointer, detail }) if !pointer.is_empty() => format!("at {pointer}: {detail}"),
            Some(Finding { detail, .. }) => detail.clone(),
            None => title.to_owned(),
        };
        Self { findings, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, title, detail) }
    }

    pub(super) fn wrong(pointer: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![Finding { pointer: pointer.to_owned(), detail: detail.into() }])
    }

    pub(super) fn changed_meanwhile() -> Self {
        let detail = "this is not what If-Match says any longer: somebody has changed it meanwhile. Read it again, and decide anew";
        Self::new(StatusCode::PRECONDITION_FAILED, "changed-meanwhile", "It has changed meanwhile", detail)
    }

    pub(super) fn unconfirmed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "unconfirmed", "This cannot be undone", detail)
    }

    /// The same is being done already.
    pub(super) fn under_way(detail: &str) -> Self {
        let problem = Self::new(StatusCode::CONFLICT, "under-way", "It is under way already", detail);
        Self { retry_after: Some(10), ..problem }
    }

    pub(super) fn busy(detail: &str) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Service unavailable", detail);
        Self { retry_after: Some(1), ..problem }
    }

    /// The answer; what is the server's own fault is told to the log under the same id.
    pub(super) fn answer(self, request: &HttpRequest) -> HttpResponse {
        let (method, path, status) = (request.method(), request.path(), self.status);
        let id = Uuid::new_v4();
        let cause = self.cause.as_deref().unwrap_or(&self.detail);
        if status.is_server_error() {
            tracing::error!(error_id = %id, %method, path, error = cause, "management request failed");
        } else {
            tracing::debug!(error_id = %id, %method, path, status = status.as_u16(), error = cause, "management request refused");
        }
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, "application/problem+json")).insert_header((CACHE_CONTROL, "no-store"));
        if status == StatusCode::UNAUTHORIZED {
            response.append_header((WWW_AUTHENTICATE, "Basic realm=\"taxii\", charset=\"UTF-8\""));
            response.append_header((WWW_AUTHENTICATE, "Bearer realm=\"taxii\""));
        }
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if let Some(methods) = self.allow {
            response.insert_header((ALLOW, &*methods));
        }
        let said = Said {
            kind: format!("{TYPES}{}", self.code),
            title: self.title,
            status: status.as_u16(),
            detail: &self.detail,
            instance: path,
            error_id: id,
            findings: &self.findings,
        };
        response.body(serde_json::to_vec(&said).unwrap_or_default())
    }
}

#[derive(Serialize)]
struct Said<'p> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'p str,
    instance: &'p str,
    error_id: Uuid,
    #[serde(skip_serializing_if = "<[Finding]>::is_empty")]
    findings: &'p [Finding],
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let says = error.to_string();
        match error {
            StoreError::Missing(_) => Self::new(
                StatusCode::CONFLICT,
                "missing",
                "Something that this needs is not there",
                format!("{says}; add it first"),
            ),
            StoreError::Taken(_) => {
                let detail = format!("{says}; take another name, or change what is there");
                Self::new(StatusCode::CONFLICT, "taken", "It is there already", detail)
            }
            _ => ServiceError::from(error).into(),
        }
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let (status, code, title) = http::table(error.kind());
        let is_later = matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        let retry_after = is_later.then(|| {
            let seconds = http::seconds(error.retry_after().unwrap_or_default()).max(1);
            u32::try_from(seconds).unwrap_or(u32::MAX)
        });
        Self { cause: Some(chain(&error).into()), retry_after, ..Self::new(status, code, title, error.to_string()) }
    }
}

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH,
    RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use taxii_model::{ErrorMessage, Status, headers, media_type};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::limited;
use crate::service::{Answer, ErrorKind, ServiceError, chain};

const TAXII: HeaderValue = HeaderValue::from_static(media_type::TAXII);
const VARIES: HeaderValue = HeaderValue::from_static("accept, accept-encoding, authorization");

fn taxii(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((CONTENT_TYPE, TAXII));
    response
}

/// A resource that changes seldom: its own text decides whether the client has it already.
pub(super) fn json(request: &HttpRequest, resource: &impl Serialize) -> HttpResponse {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let body = match serde_json::to_vec(resource) {
        Ok(body) => body,
        Err(failure) => return error(request, &crate::store::StoreError::failed(failure).into()),
    };
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let tag = format!("W/\"{:016x}\"", hasher.finish());
    if has_already(request, &tag) {
        return taxii(StatusCode::NOT_MODIFIED).insert_header((ETAG, tag)).finish();
    }
    taxii(StatusCode::OK).insert_header((ETAG, tag)).insert_header((VARY, VARIES)).body(body)
}

/// What is no resource of TAXII, for programs of administrators.
pub(super) fn plain_json(request: &HttpRequest, resource: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(resource) {
        // It depends on who asks, and no cache should have it.
        Ok(body) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "application/json"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(body),
        Err(failure) => error(request, &crate::store::StoreError::failed(failure).into()),
    }
}

/// The same, of what is JSON already.
pub(super) fn plain(body: bytes::Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body)
}

/// The status of objects just added.
pub(super) fn accepted(request: &HttpRequest, status: &Status) -> HttpResponse {
    match serde_json::to_vec(status) {
        Ok(body) => taxii(StatusCode::ACCEPTED).body(body),
        Err(failure) => error(request, &crate::store::StoreError::failed(failure).into()),
    }
}

/// Nothing but the word that it is done (TAXII 2.1 §5.7).
pub(super) fn deleted() -> HttpResponse {
    taxii(StatusCode::OK).finish()
}

/// Which methods there are.
pub(super) fn options(methods: &'static str) -> HttpResponse {
    taxii(StatusCode::NO_CONTENT).insert_header((ALLOW, methods)).finish()
}

/// A body shorter than this is not worth compressing.
const SMALL: usize = 1024;

/// A page, compressed if the client likes, or nothing if it has it already.
pub(super) async fn page(request: &HttpRequest, answer: Arc<Answer>) -> HttpResponse {
    let tag = format!("W/\"{}\"", answer.tag);
    let known = has_already(request, &tag);
    let mut response = taxii(if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    response.insert_header((ETAG, tag)).insert_header((VARY, VARIES));
    if let Some((first, last)) = answer.dates {
        response.insert_header((headers::DATE_ADDED_FIRST, first.to_string()));
        response.insert_header((headers::DATE_ADDED_LAST, last.to_string()));
    }
    if known {
        return response.finish();
    }
    if answer.body.len() < SMALL || !takes_gzip(request) {
        return response.body(answer.body.clone());
    }
    response.insert_header((CONTENT_ENCODING, "gzip"));
    match answer.compressed() {
        Some(body) => response.body(body),
        // Takes about a millisecond for each hundred objects: too long for the thread that serves others.
        None => match spawn_blocking(move || answer.compress()).await {
            Ok(body) => response.body(body),
            Err(failure) => error(request, &crate::store::StoreError::failed(failure).into()),
        },
    }
}

/// Does the client have the version with this tag (RFC 9110 §13.1.2)?
fn has_already(request: &HttpRequest, tag: &str) -> bool {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let tags = request
        .headers()
        .get_all(IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','));
    let mut tags = tags.map(strong);
    tags.any(|known| known == "*" || known == strong(tag))
}

/// RFC 9110 §12.5.3, as far as gzip goes.
fn takes_gzip(request: &HttpRequest) -> bool {
    let lines = request.headers().get_all(ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|item| {
        let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        coding.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// The status code and title of each kind of error (TAXII 2.1 §3.6).
pub(crate) fn table(kind: ErrorKind) -> (StatusCode, &'static str, &'static str) {
    match kind {
        ErrorKind::BadRequest => (StatusCode::BAD_REQUEST, "bad-request", "Bad request"),
        ErrorKind::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "Unauthorized"),
        ErrorKind::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Forbidden"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
        ErrorKind::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed"),
        ErrorKind::NotAcceptable => (StatusCode::NOT_ACCEPTABLE, "not-acceptable", "Not acceptable"),
        ErrorKind::Timeout => (StatusCode::REQUEST_TIMEOUT, "timeout", "Request timeout"),
        ErrorKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Content too large"),
        ErrorKind::UnsupportedMediaType => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type")
        }
        ErrorKind::Unprocessable => (StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", "Unprocessable content"),
        ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Service unavailable"),
        ErrorKind::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests"),
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal server error"),
    }
}

/// What a connection gets whose client certificate is good no longer: nothing more, whatever the request brings along.
#[cfg(feature = "tls")]
pub(super) fn distrusted(request: &HttpRequest) -> HttpResponse {
    let what = "the client certificate that this connection began with has expired or was revoked, or its authority is not trusted \
                any longer: connect anew, with a certificate that is good";
    let mut response = error(request, &ServiceError::new(ErrorKind::Unauthorized, what));
    response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
    response
}

/// An error as TAXII says it; the inside of it goes to the log only, under the same `error_id`.
pub(super) fn error(request: &HttpRequest, error: &ServiceError) -> HttpResponse {
    let (status, code, title) = table(error.kind());
    let error_id = Uuid::new_v4().to_string();
    let (method, path) = (request.method(), request.path());
    if status.is_server_error() {
        tracing::error!(%error_id, %method, path, error = %chain(error), "request failed");
    } else {
        tracing::debug!(%error_id, %method, path, status = status.as_u16(), error = %chain(error), "request refused");
    }
    let message = ErrorMessage {
        title: title.to_owned(),
        description: Some(error.to_string()),
        error_id: Some(error_id),
        error_code: Some(code.to_owned()),
        http_status: Some(status.as_str().to_owned()),
        ..ErrorMessage::default()
    };
    let mut response = taxii(status);
    match error.kind() {
        ErrorKind::Unauthorized => {
            response.append_header((WWW_AUTHENTICATE, "Basic realm=\"taxii\", charset=\"UTF-8\""));
            response.append_header((WWW_AUTHENTICATE, "Bearer realm=\"taxii\""));
        }
        ErrorKind::Unavailable | ErrorKind::TooManyRequests => {
            // Nobody gains by coming again within the second.
            let wait = limited::seconds(error.retry_after().unwrap_or_default()).max(1);
            response.insert_header((RETRY_AFTER, wait));
        }
        _ => {}
    }
    if let Some(methods) = error.methods() {
        response.insert_header((ALLOW, methods));
    }
    response.body(serde_json::to_vec(&message).unwrap_or_default())
}

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use crate::service::limits::{Kind, Places, Standing, Visit};

/// The fields of draft-ietf-httpapi-ratelimit-headers-11, structured fields (RFC 9651).
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What a request is counted as.
pub(crate) fn kind(request: &HttpRequest) -> Kind {
    match *request.method() {
        Method::POST | Method::DELETE | Method::PUT | Method::PATCH => Kind::Write,
        _ => Kind::Read,
    }
}

/// Says where the caller stands, and keeps its places until the answer has gone out.
pub(crate) fn finish(request: &HttpRequest, mut response: HttpResponse, visit: Visit<'_>) -> HttpResponse {
    if let Some(standing) = visit.standing() {
        let (policy, limit) = fields(&standing);
        for (name, text) in [(POLICY, policy), (LIMIT, limit)] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                response.headers_mut().insert(name, value);
            }
        }
    }
    // What is answered depends on who asks, in whichever way it was proven: no cache for several may have it, and whoever keeps it asks
    // whether it still holds.
    if !response.headers().contains_key(CACHE_CONTROL) {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    if let BodySize::Sized(octets) = response.body().size()
        && request.method() != Method::HEAD
        && response.status() != StatusCode::TOO_MANY_REQUESTS
    {
        visit.answered(octets);
    }
    let places = visit.into_places();
    response.map_body(|_, body| match body.try_into_bytes() {
        Ok(bytes) if bytes.len() <= PIECE => BoxBody::new(bytes),
        Ok(bytes) => BoxBody::new(Pieces { rest: bytes, _places: places }),
        Err(body) => body,
    })
}

fn fields(standing: &Standing) -> (String, String) {
    let Standing { whose, what, quota, remaining, .. } = standing;
    let (window, reset) = (seconds(standing.window), seconds(standing.reset));
    (format!("\"{whose}-{what}\";q={quota};w={window}"), format!("\"{whose}-{what}\";r={remaining};t={reset}"))
}

/// Whole seconds that are not too few.
pub(crate) fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// A piece of an answer that is copied for a connection at a time.
const PIECE: usize = 64 << 10;

/// A long answer in pieces: whoever reads slowly then costs a piece of memory and not a page, and keeps its place.
struct Pieces {
    rest: Bytes,
    _places: Places,
}

impl MessageBody for Pieces {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.rest.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let next = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(next);
        Poll::Ready((!piece.is_empty()).then_some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TX-SEC-07: the two fields are what the draft says: a list with one string each, whole numbers, and never a promise that is
    /// too early.
    #[test]
    fn fields_are_structured() {
        let standing = Standing {
            whose: "account",
            what: "reads",
            quota: 500,
            window: Duration::from_secs(10),
            remaining: 499,
            reset: Duration::from_millis(20),
        };
        let (policy, limit) = fields(&standing);
        assert_eq!(policy, "\"account-reads\";q=500;w=10");
        assert_eq!(limit, "\"account-reads\";r=499;t=1");
        assert_eq!([0, 1, 999, 1000, 1001].map(|ms| seconds(Duration::from_millis(ms))), [0, 1, 1, 1, 2]);
    }
}

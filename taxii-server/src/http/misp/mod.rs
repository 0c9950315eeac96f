//! What MISP asks for: the files of a feed, and the part of a MISP server that others read from.
//!
//! Both lie under `{API root}/collections/{collection}/misp/`. Whoever may read the collection may read them, and finds there what it
//! may see of the collection, and no more. Nothing can be written.

mod index;
mod named;
mod server;

use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderValue, VARY};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::path::is_misp;
use super::respond;
use crate::auth::Credentials;
use crate::service::{Feed, FeedDocument, Reach, Result, ServiceError, Session, Wish};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const CSV: HeaderValue = HeaderValue::from_static("text/csv");

/// MISP sends its keys without a scheme.
pub(super) fn key(path: &str, authorization: &HeaderValue) -> Option<Credentials> {
    let key = authorization.to_str().ok()?.trim();
    let is_key = !key.is_empty() && !key.contains([' ', '\t', ',']);
    (is_key && is_misp(path)).then(|| Credentials::Key(key.to_owned()))
}

/// An error as MISP says it.
pub(super) fn error(request: &HttpRequest, error: &ServiceError, status: StatusCode, error_id: &str) -> HttpResponse {
    let text = error.to_string();
    let body = json!({"name": text, "message": text, "url": request.path(), "error_id": error_id});
    let mut response = HttpResponse::build(status);
    response.insert_header((CONTENT_TYPE, JSON));
    respond::explain(&mut response, error);
    response.body(body.to_string())
}

/// Answers a request for something behind the collection's `misp/`.
pub(super) async fn answer(
    session: &Session<'_>,
    request: &HttpRequest,
    payload: Payload,
    reach: &Reach<'_>,
    path: &[String],
) -> Result<HttpResponse> {
    session.must_serve_misp(reach)?;
    session.must_read(reach)?;
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match path.as_slice() {
        ["manifest.json"] if reads => file(session, request, reach, FeedDocument::Manifest).await,
        ["hashes.csv"] if reads => file(session, request, reach, FeedDocument::Hashes).await,
        [name] if reads && named(name).is_some() => {
            let uuid = named(name).unwrap_or_default();
            event(session, request, reach, &uuid, Wish::FILE).await
        }
        _ => server::answer(session, request, payload, reach, &path).await,
    }
}

/// The UUID in the name of an event's file.
fn named(name: &str) -> Option<String> {
    name.strip_suffix(".json").and_then(uuid)
}

/// A UUID in its usual form, in either case.
fn uuid(text: &str) -> Option<String> {
    let uuid = uuid::Uuid::try_parse(text).ok().filter(|_| text.len() == 36)?;
    Some(uuid.to_string())
}

/// Where there is no such event, there is nothing.
async fn event(
    session: &Session<'_>,
    request: &HttpRequest,
    reach: &Reach<'_>,
    uuid: &str,
    wish: Wish,
) -> Result<HttpResponse> {
    let feed = session.feed(reach).await?;
    if request.method() == Method::HEAD && feed.has(uuid) {
        return Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, JSON)).finish());
    }
    let Some(answer) = session.misp_event(reach, &feed, uuid, wish).await? else {
        return Err(ServiceError::not_found());
    };
    let response = respond::kept(request, answer.clone(), JSON).await;
    let whole = response.status() == StatusCode::OK && request.method() != Method::HEAD;
    // Like a page of objects: an event is a delivery of what it was made of.
    session.sent(reach, taxii_model::Endpoint::Object, &answer, whole)?;
    Ok(response)
}

async fn file(
    session: &Session<'_>,
    request: &HttpRequest,
    reach: &Reach<'_>,
    kind: FeedDocument,
) -> Result<HttpResponse> {
    // Most who ask have it already; for those who see everything the collection's clock says so.
    if let Some(tag) = session.feed_tag(reach).await?.map(|tag| format!("W/\"{tag}\""))
        && respond::has_already(request, &tag)
    {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).insert_header((VARY, VARIES)).finish());
    }
    let feed: std::sync::Arc<Feed> = session.feed(reach).await?;
    let media_type = match kind {
        FeedDocument::Manifest => JSON,
        FeedDocument::Hashes => CSV,
    };
    Ok(respond::kept(request, feed.document(kind), media_type).await)
}

const VARIES: HeaderValue = HeaderValue::from_static("accept, accept-encoding, authorization");

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse};
use taxii_model::media_type::{self, Accept};

use super::body::Encoding;
use super::origin::origin;
use super::respond;
use crate::auth::{ClientCertificate, Credentials};
use crate::service::{ErrorKind, Presented, Proof, Result, ServiceError, Session, Settings};

/// What the request says about who sends it.
pub(crate) fn presented(request: &HttpRequest, settings: &Settings) -> Presented {
    Presented { proof: proof(request, settings), origin: origin(request, &settings.trusted_proxies) }
}

/// `Authorization` counts before the key header, and that before the certificate of the connection, which
/// [`ClientCertificate`] data on the connection stands for.
fn proof(request: &HttpRequest, settings: &Settings) -> Proof {
    if let Some(value) = request.headers().get(AUTHORIZATION) {
        let credentials = value.to_str().ok().and_then(Credentials::parse);
        return credentials.map_or(Proof::Unreadable, Proof::Some);
    }
    if let Some(value) = settings.key_header.as_ref().and_then(|name| request.headers().get(name)) {
        return match value.to_str() {
            Ok(key) if !key.is_empty() => Proof::Some(Credentials::Key(key.to_owned())),
            _ => Proof::Unreadable,
        };
    }
    match request.conn_data::<Arc<ClientCertificate>>() {
        Some(certificate) => Proof::Some(Credentials::Certificate(Arc::clone(certificate))),
        None => Proof::None,
    }
}

/// Fails unless the method is one of these; answers OPTIONS.
pub(super) fn allowed(request: &HttpRequest, methods: &'static str) -> Result<Option<HttpResponse>> {
    let method = request.method();
    if method == Method::OPTIONS {
        return Ok(Some(respond::options(methods)));
    }
    match methods.split(", ").any(|known| known == method.as_str()) {
        true => Ok(None),
        false => Err(ServiceError::method_not_allowed(methods)),
    }
}

/// Fails unless the client takes what the server gives; tells whether it is a browser with a person in front of it.
pub(super) fn accepts(request: &HttpRequest, session: &Session<'_>) -> Result<bool> {
    // Bytes that are no text match nothing, which is what an Accept that nobody understands should do.
    let lines = request.headers().get_all(ACCEPT).map(|value| value.to_str().unwrap_or("?"));
    let accept = Accept::parse(lines);
    let lenient = session.caller().tolerances.accept_json && accept.names("application/json");
    let browser = accept.browser() && matches!(*request.method(), Method::GET | Method::HEAD);
    if browser || accept.taxii() || lenient {
        return Ok(browser);
    }
    Err(ServiceError::new(
        ErrorKind::NotAcceptable,
        "this is a TAXII 2.1 server: send Accept: application/taxii+json;version=2.1",
    ))
}

/// Fails unless the body is of a kind that the server can read; tells how it is compressed.
pub(super) fn content_type(request: &HttpRequest) -> Result<Encoding> {
    let text = request.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
    if !text.is_some_and(media_type::is_envelope) {
        return Err(unsupported("send Content-Type: application/taxii+json;version=2.1"));
    }
    encoding(request)
}

/// The same where JSON is sent that is no resource of TAXII.
pub(super) fn json_type(request: &HttpRequest) -> Result<Encoding> {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    match essence.eq_ignore_ascii_case(taxii_model::changes::MEDIA_TYPE) {
        true => encoding(request),
        false => Err(unsupported("send Content-Type: application/json")),
    }
}

fn unsupported(what: &'static str) -> ServiceError {
    ServiceError::new(ErrorKind::UnsupportedMediaType, what)
}

fn encoding(request: &HttpRequest) -> Result<Encoding> {
    let text = request.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?"));
    match text.map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "identity") => Ok(Encoding::Plain),
        Some("gzip" | "x-gzip") => Ok(Encoding::Gzip),
        Some(_) => Err(unsupported("send the body uncompressed, or with Content-Encoding: gzip")),
    }
}

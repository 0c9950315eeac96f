use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH, LOCATION};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;
use uuid::Uuid;

use super::call::Call;
use super::problem::Problem;
use super::route::{Replied, Route, actor, find};
use super::{Within, body, schema, tag};
use crate::http::{self, presented};
use crate::service::limits::Visit;
use crate::service::{Presented, ServiceError, Session};
use crate::store::StoreError;

/// Answers a request. First it is found out who is calling: whoever is no administrator learns nothing of what follows. Nothing of a body is
/// read before its path, method and query are right.
pub(super) async fn serve(within: &Arc<Within>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    #[cfg(feature = "tls")]
    if !crate::tls::is_trusted(request) {
        let mut answer = Problem::from(ServiceError::unauthorized()).answer(request);
        answer.head_mut().set_connection_type(ConnectionType::Close);
        return answer;
    }
    let presented = presented(request, within.service.settings());
    let (mut visit, allowed) = within.service.counters().arrive(presented.origin, http::kind(request));
    let answer = match allowed {
        Ok(()) => route(within, request, payload, &presented, &mut visit).await,
        Err(error) => Err(error.into()),
    };
    http::finish(request, answer.unwrap_or_else(|problem| problem.answer(request)), visit)
}

async fn route(
    within: &Arc<Within>,
    request: &HttpRequest,
    payload: Payload,
    presented: &Presented,
    visit: &mut Visit<'_>,
) -> Result<HttpResponse, Problem> {
    let session = within.service.session(presented).await?;
    visit.identify(session.caller())?;
    let raw_query = request.uri().query().unwrap_or_default();
    let (route, parameters) = match session.must_manage() {
        Ok(()) => find(request.method(), request.uri().path())?,
        // Whoever may manage a collection finds what there is about it, and not even a mistake in asking for anything else.
        Err(hidden) => {
            let found = find(request.method(), request.uri().path()).ok();
            found.filter(|(route, parts)| is_managed(&session, route, parts, raw_query)).ok_or(hidden)?
        }
    };
    let by = actor(session.caller(), presented.origin);
    let query = route.read_query(raw_query)?;
    let body = read_body(route, request, payload).await?;
    let if_match = header(request, IF_MATCH);
    let call = Call { within: Arc::clone(within), by, parameters, query, if_match, body };
    respond(request, (route.run)(call).await?)
}

/// Is this about a collection that the caller may manage?
fn is_managed(session: &Session<'_>, route: &Route, parts: &BTreeMap<&'static str, String>, raw_query: &str) -> bool {
    const COLLECTION: &str = "collection";
    if !route.for_managers {
        return false;
    }
    let asked = || route.read_query(raw_query).ok()?.remove(COLLECTION);
    let named = parts.get(COLLECTION).cloned().or_else(asked);
    let id = named.and_then(|id| Uuid::try_parse(&id).ok());
    session.managed().any(|collection| Some(collection.id) == id)
}

async fn read_body(route: &Route, request: &HttpRequest, payload: Payload) -> Result<Value, Problem> {
    let Some(takes) = route.takes else { return Ok(Value::Null) };
    let body = body::read(request, payload, takes.media_type, takes.limit).await?;
    let findings = schema::check(takes.schema, &body, takes.partial);
    if findings.is_empty() { Ok(body) } else { Err(Problem::invalid(findings)) }
}

fn header(request: &HttpRequest, name: HeaderName) -> Option<String> {
    let values = request.headers().get_all(name).map(|value| value.to_str().unwrap_or("?"));
    let values: Vec<&str> = values.collect();
    (!values.is_empty()).then(|| values.join(", "))
}

fn respond(request: &HttpRequest, replied: Replied) -> Result<HttpResponse, Problem> {
    let status = if matches!(replied, Replied::Made(..)) { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = HttpResponse::build(status);
    // It depends on who asks, and no cache should have it.
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header((CONTENT_TYPE, "application/json"));
    match replied {
        Replied::Nothing => Ok(HttpResponse::NoContent().insert_header((CACHE_CONTROL, "no-store")).finish()),
        Replied::Json(value) => Ok(response.body(text(&value)?)),
        Replied::Made(location, value) => {
            let body = text(&value)?;
            // The tag of a new credential is not that of its answer, which has the secret.
            if value.get("credential").is_none() {
                response.insert_header((ETAG, tag::of(&body)));
            }
            Ok(response.insert_header((LOCATION, location)).body(body))
        }
        Replied::One(value) => {
            let body = text(&value)?;
            let tag = tag::of(&body);
            if request.method().is_safe() && tag::is_known(header(request, IF_NONE_MATCH).as_deref(), &tag) {
                let mut response = HttpResponse::NotModified();
                return Ok(response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, "no-store")).finish());
            }
            Ok(response.insert_header((ETAG, tag)).body(body))
        }
        Replied::Lines(lines) => {
            response.insert_header((CONTENT_TYPE, "application/x-ndjson"));
            Ok(response.streaming(lines))
        }
    }
}

pub(super) fn text(value: &Value) -> Result<Vec<u8>, Problem> {
    Ok(serde_json::to_vec(value).map_err(StoreError::failed)?)
}

//! The part of a MISP server that others read from, as far as MISP's synchronisation asks for it.

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::index::{Wanted, written};
use super::named::Named;
use super::{JSON, event, uuid};
use crate::http::body::{self, Encoding};
use crate::http::respond;
use crate::service::{ErrorKind, Reach, Result, ServiceError, Session};

/// The version of MISP whose answers these are: others decide by it what they ask for.
const VERSION: &str = "2.5.20";

/// Bytes of a body: rules and names of events.
const BODY: u64 = 4 << 20;

pub(super) async fn answer(
    session: &Session<'_>,
    request: &HttpRequest,
    payload: Payload,
    reach: &Reach<'_>,
    path: &[&str],
) -> Result<HttpResponse> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let asks = reads || request.method() == Method::POST;
    let named = path.iter().map(|part| part.strip_suffix(".json").unwrap_or(part)).collect::<Vec<_>>();
    match named.as_slice() {
        ["servers", "getVersion"] if reads => Ok(plain(&version(session.server_id().await.ok().as_deref()))),
        ["servers", "getPyMISPVersion"] if reads => Ok(plain(&json!({"version": VERSION}))),
        ["servers", "postTest"] if asks && !reads => tested(session, request, payload).await,
        ["servers", "getAvailableSyncFilteringRules"] if reads => rules(session, reach).await,
        ["users", "view", "me"] if reads => Ok(plain(&user(session, reach))),
        ["events"] if reads => list(session, request, reach, Named::default()).await,
        ["events", "index", rest @ ..] if asks => {
            let named = Named::of_path(rest).and(&object(session, request, payload).await?);
            list(session, request, reach, named).await
        }
        ["events", "view", id, rest @ ..] if asks => {
            let Some(uuid) = uuid(id) else { return Err(ServiceError::not_found()) };
            let named = Named::of_path(rest).and(&object(session, request, payload).await?);
            event(session, request, reach, &uuid, named.wish()).await
        }
        // Sightings and proposals come with their events, clusters too; there are no others.
        ["sightings", "restSearch", ..] | ["galaxy_clusters", "restSearch", ..] if asks => {
            Ok(plain(&json!({"response": []})))
        }
        ["shadow_attributes", "index", ..] | ["analyst_data", "index" | "indexMinimal", ..] if asks => {
            Ok(plain(&json!([])))
        }
        _ if reads => Err(ServiceError::not_found()),
        _ => Err(ServiceError::new(
            ErrorKind::Forbidden,
            "You do not have permission to use this functionality. This is a TAXII server; MISP may read from it, and what is to be added comes by TAXII.",
        )),
    }
}

fn plain(body: &Value) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, JSON))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body.to_string())
}

/// What there is and what is allowed.
fn version(server: Option<&str>) -> Value {
    json!({
        "uuid": server,
        "version": VERSION,
        "pymisp_recommended_version": VERSION,
        "perm_sync": false,
        "perm_sighting": false,
        "perm_galaxy_editor": false,
        "perm_analyst_data": false,
        "request_encoding": ["gzip"],
        "filter_sightings": false,
    })
}

/// What MISP's test of a connection looks at: did the body arrive, and the headers?
async fn tested(session: &Session<'_>, request: &HttpRequest, payload: Payload) -> Result<HttpResponse> {
    let body = object(session, request, payload).await?;
    let header =
        |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let headers = json!({"Content-type": header(CONTENT_TYPE), "Accept": header(ACCEPT)});
    Ok(plain(&json!({"body": body, "headers": headers})))
}

fn user(session: &Session<'_>, reach: &Reach<'_>) -> Value {
    let caller = session.caller();
    let name = caller.name.as_deref().unwrap_or("anonymous");
    let organisation = caller.organisation.as_deref().unwrap_or(name);
    json!({
        "User": {"id": "1", "email": name, "org_id": "1", "role_id": "1", "disabled": false, "autoalert": false},
        "Role": {
            "id": "1", "name": "Read Only", "permission": "0", "perm_add": false, "perm_modify": false, "perm_publish": false,
            "perm_sync": false, "perm_auth": true, "perm_tagger": false, "perm_sighting": false, "perm_galaxy_editor": false,
            "perm_analyst_data": false, "perm_site_admin": false,
        },
        "Organisation": {"id": "1", "name": organisation},
        "UserSetting": [],
        "collection": reach.collection.title,
    })
}

/// Which organisations and tags a pull may be restricted to.
async fn rules(session: &Session<'_>, reach: &Reach<'_>) -> Result<HttpResponse> {
    let feed = session.feed(reach).await?;
    let orgs: std::collections::BTreeSet<&str> = feed.listed().map(|event| event.orgc.0.as_str()).collect();
    let tags: std::collections::BTreeSet<&str> =
        feed.listed().flat_map(|event| &event.tags).map(String::as_str).collect();
    Ok(plain(&json!({"organisations": orgs, "tags": tags})))
}

async fn list(session: &Session<'_>, request: &HttpRequest, reach: &Reach<'_>, named: Named) -> Result<HttpResponse> {
    let feed = session.feed(reach).await?;
    let (wanted, minimal) = (Wanted::new(&named), named.is_set("minimal"));
    let number = |name| named.last(name).and_then(|text| text.parse::<usize>().ok()).filter(|number| *number > 0);
    let limit = number("limit").unwrap_or(usize::MAX);
    let skipped = limit.saturating_mul(number("page").unwrap_or(1).saturating_sub(1));
    let skipped = if limit == usize::MAX { 0 } else { skipped };
    let events = feed.listed().filter(|event| wanted.takes(event)).skip(skipped).take(limit);
    let events: Vec<Value> = events.map(|event| written(event, minimal)).collect();
    Ok(respond::tagged(request, &events, JSON))
}

/// The members of a body; none if there is none.
async fn object(session: &Session<'_>, request: &HttpRequest, payload: Payload) -> Result<Map<String, Value>> {
    let settings = session.settings();
    let limits = body::Limits { octets: BODY, patience: settings.body_patience, rate: settings.body_rate };
    let coding = request.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?"));
    let encoding = match coding.map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "identity") => Encoding::Plain,
        Some("gzip" | "x-gzip") => Encoding::Gzip,
        Some(_) => {
            let what = "send the body uncompressed, or with Content-Encoding: gzip";
            return Err(ServiceError::new(ErrorKind::UnsupportedMediaType, what));
        }
    };
    let body = body::read(request, payload, encoding, limits).await?;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Array(items)) if items.is_empty() => Ok(Map::new()),
        Ok(_) => Err(ServiceError::new(ErrorKind::BadRequest, "the body is no JSON object")),
        Err(problem) => Err(ServiceError::new(ErrorKind::BadRequest, format!("the body is no JSON: {problem}"))),
    }
}

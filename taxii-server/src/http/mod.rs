//! TAXII over actix-web: a thin skin over [`crate::service`].
//!
//! A request is decided in the order of AMB-24: who is calling (401; 429 if their address asks for too much before it
//! is looked at, or their account right after), what the path means (404), the method
//! (405), the media types (406), the rights (403), the body (415, 413), the query (400), the object (404) and the
//! content (422). Nothing of a body is read before its sender is known to be allowed to send it.

mod body;
mod html;
mod limited;
#[cfg(feature = "misp")]
mod misp;
mod origin;
mod path;
mod request;
mod respond;

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use taxii_model::{Endpoint, Query};

use self::path::Place;
use self::request::{accepts, allowed, content_type, json_type};
use crate::service::limits::{Kind, Visit};
use crate::service::{ChangesQuery, Presented, Reach, Result, Service, Session, digest_query};
use crate::store::{ApiRoot, CollectionKey};

pub(crate) use path::owns;
pub(crate) use request::presented;
#[cfg(feature = "manage")]
pub(crate) use {limited::finish, limited::kind, limited::seconds, respond::table};

/// Answers a request, whatever it asks for.
pub(crate) async fn serve(service: &Service, request: &HttpRequest, payload: Payload) -> HttpResponse {
    #[cfg(feature = "tls")]
    if !crate::tls::is_trusted(request) {
        return respond::distrusted(request);
    }
    let presented = presented(request, service.settings());
    let (mut visit, allowed) = service.counters().arrive(presented.origin, counted(request));
    let answer = match enter(service, request, &presented, &mut visit, allowed).await {
        Ok(session) => route(&session, request, payload, &visit).await,
        Err(error) => Err(error),
    };
    limited::finish(request, answer.unwrap_or_else(|error| respond::error(request, &error)), visit)
}

/// What a request is counted as.
fn counted(request: &HttpRequest) -> Kind {
    #[cfg(feature = "misp")]
    if path::is_misp(request.path()) {
        // Whatever the method: nothing can be written there.
        return Kind::Read;
    }
    limited::kind(request)
}

/// Begins a request of somebody who does not ask for too much.
async fn enter<'s>(
    service: &'s Service,
    request: &HttpRequest,
    presented: &Presented,
    visit: &mut Visit<'_>,
    allowed: Result<()>,
) -> Result<Session<'s>> {
    // An administrator who looks what is wrong is let in also when too much is asked for.
    let watching = path::is_statistics(request.path(), &service.settings().prefix);
    let allowed = if watching { allowed } else { Ok(allowed?) };
    let session = service.session_about(presented, probably(service, request)).await?;
    if !(watching && session.caller().admin) {
        allowed?;
        visit.identify(session.caller())?;
    }
    Ok(session)
}

/// What a path means to this caller.
enum Target<'d> {
    Discovery,
    Statistics,
    Root(&'d ApiRoot),
    Status(&'d ApiRoot, String),
    Collections(&'d ApiRoot),
    Collection(Reach<'d>),
    Manifest(Reach<'d>),
    Markings(Reach<'d>),
    Changes(Reach<'d>),
    Digest(Reach<'d>),
    Objects(Reach<'d>),
    Object(Reach<'d>, String),
    Versions(Reach<'d>, String),
    #[cfg(feature = "misp")]
    Misp(Reach<'d>, Vec<String>),
}

async fn route(
    session: &Session<'_>,
    request: &HttpRequest,
    payload: Payload,
    visit: &Visit<'_>,
) -> Result<HttpResponse> {
    let target = find(session, request)?;
    #[cfg(feature = "misp")]
    if let Target::Misp(reach, path) = &target {
        return misp::answer(session, request, payload, reach, path).await;
    }
    let methods = match target {
        Target::Objects(_) | Target::Changes(_) => "GET, HEAD, OPTIONS, POST",
        Target::Object(..) => "DELETE, GET, HEAD, OPTIONS",
        _ => "GET, HEAD, OPTIONS",
    };
    if let Some(options) = allowed(request, methods)? {
        return Ok(options);
    }
    let is_plain = matches!(target, Target::Statistics | Target::Markings(_) | Target::Changes(_) | Target::Digest(_));
    let browser = !is_plain && accepts(request, session)?;
    let raw_query = request.uri().query().unwrap_or_default();
    let query = |endpoint| Query::parse(raw_query, endpoint);
    let page = async |reach: &Reach<'_>, endpoint, id: Option<&str>| {
        session.must_read(reach)?;
        let answer = session.page(reach, endpoint, id, query(endpoint)?).await?;
        let response = respond::page(request, Arc::clone(&answer)).await;
        let whole = response.status() == StatusCode::OK && request.method() == Method::GET;
        session.sent(reach, endpoint, &answer, whole)?;
        Ok(response)
    };
    match (request.method(), &target) {
        (_, Target::Discovery) if browser => Ok(html::discovery(session, &session.discovery()?)),
        (_, Target::Root(root)) if browser => Ok(html::root(session, root)),
        (_, Target::Collections(root)) if browser => Ok(html::root(session, root)),
        (_, Target::Collection(reach)) if browser => html::collection(session, reach).await,

        (_, Target::Discovery) => Ok(respond::json(request, &session.discovery()?)),
        (_, Target::Statistics) => Ok(respond::plain_json(request, &*session.statistics().await?)),
        (_, Target::Root(root)) => Ok(respond::json(request, &session.root_resource(root))),
        (_, Target::Status(root, id)) => Ok(respond::json(request, &session.status(root, id).await?)),
        (_, Target::Collections(root)) => Ok(respond::json(request, &session.collections(root))),
        (_, Target::Collection(reach)) => Ok(respond::json(request, &reach.resource())),

        (&Method::POST, Target::Objects(reach)) => post(session, request, payload, reach, visit).await,
        (&Method::DELETE, Target::Object(reach, id)) => {
            session.must_delete(reach)?;
            session.delete(reach, id, &query(Endpoint::Delete)?).await?;
            Ok(respond::deleted())
        }
        (_, Target::Markings(reach)) => {
            session.must_read(reach)?;
            Ok(respond::plain_json(request, &session.markings(reach).await?))
        }
        (&Method::POST, Target::Changes(reach)) => take(session, request, payload, reach, visit).await,
        (_, Target::Changes(reach)) => {
            session.must_read(reach)?;
            let page = session.changes(reach, &ChangesQuery::parse(raw_query)?).await?;
            Ok(respond::plain(page))
        }
        (_, Target::Digest(reach)) => {
            session.must_read(reach)?;
            let digest = session.digest(reach, &digest_query(raw_query)?).await?;
            Ok(respond::plain_json(request, &digest))
        }
        (_, Target::Objects(reach)) => page(reach, Endpoint::Objects, None).await,
        (_, Target::Manifest(reach)) => page(reach, Endpoint::Manifest, None).await,
        (_, Target::Object(reach, id)) => page(reach, Endpoint::Object, Some(id)).await,
        (_, Target::Versions(reach, id)) => page(reach, Endpoint::Versions, Some(id)).await,
        // Answered above.
        #[cfg(feature = "misp")]
        (_, Target::Misp(..)) => Err(session.hidden()),
    }
}

/// The collection that a request for a page is about, unless that has changed since somebody last asked.
fn probably(service: &Service, request: &HttpRequest) -> Option<CollectionKey> {
    let directory = service.last_directory();
    let (root, place) = path::locate(request.path(), &service.settings().prefix, &directory)?;
    let (Place::Manifest(name) | Place::Objects(name) | Place::Object(name, _) | Place::Versions(name, _)) = place
    else {
        return None;
    };
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    directory.collection(root, &name).filter(|_| reads).map(|collection| collection.key)
}

/// The place that the path names, if this caller may know of it.
fn find<'d>(session: &'d Session<'_>, request: &HttpRequest) -> Result<Target<'d>> {
    let place = path::locate(request.path(), &session.settings().prefix, session.directory());
    Ok(match place.ok_or_else(|| session.hidden())? {
        (_, Place::Discovery) => Target::Discovery,
        (_, Place::Statistics) => session.must_manage_something().map(|()| Target::Statistics)?,
        (root, Place::Root) => Target::Root(session.root(root)?),
        (root, Place::Status(id)) => Target::Status(session.root(root)?, id),
        (root, Place::Collections) => Target::Collections(session.root(root)?),
        (root, Place::Collection(name)) => Target::Collection(session.collection(root, &name)?),
        (root, Place::Manifest(name)) => Target::Manifest(session.collection(root, &name)?),
        (root, Place::Markings(name)) => Target::Markings(session.collection(root, &name)?),
        (root, Place::Changes(name)) => Target::Changes(session.collection(root, &name)?),
        (root, Place::Digest(name)) => Target::Digest(session.collection(root, &name)?),
        (root, Place::Objects(name)) => Target::Objects(session.collection(root, &name)?),
        (root, Place::Object(name, id)) => Target::Object(session.collection(root, &name)?, id),
        (root, Place::Versions(name, id)) => Target::Versions(session.collection(root, &name)?, id),
        #[cfg(feature = "misp")]
        (root, Place::Misp(name, path)) => Target::Misp(session.collection(root, &name)?, path),
    })
}

/// Changes that another server of ours sends.
async fn take(
    session: &Session<'_>,
    request: &HttpRequest,
    payload: Payload,
    reach: &Reach<'_>,
    visit: &Visit<'_>,
) -> Result<HttpResponse> {
    session.must_write(reach)?;
    let body = body::read(request, payload, json_type(request)?, limits(session, reach)).await?;
    let outcomes = session.take_changes(reach, body).await?;
    visit.submitted(outcomes.len() as u64);
    Ok(respond::plain_json(request, &outcomes))
}

fn limits(session: &Session<'_>, reach: &Reach<'_>) -> body::Limits {
    let settings = session.settings();
    body::Limits { octets: reach.root.max_content_length, patience: settings.body_patience, rate: settings.body_rate }
}

async fn post(
    session: &Session<'_>,
    request: &HttpRequest,
    payload: Payload,
    reach: &Reach<'_>,
    visit: &Visit<'_>,
) -> Result<HttpResponse> {
    session.must_write(reach)?;
    let body = body::read(request, payload, content_type(request)?, limits(session, reach)).await?;
    let status = session.add(reach, body).await?;
    visit.submitted(status.total_count);
    Ok(respond::accepted(request, &status))
}

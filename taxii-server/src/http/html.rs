//! What a person sees who opens a TAXII URL in a browser: the same facts as the resource, to read.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, VARY};
use maud::{DOCTYPE, Markup, html};
use taxii_model::{Collection, Discovery, Endpoint, Manifest, Query};

use crate::service::{Reach, Result, Session};
use crate::store::ApiRoot;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2733;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #d5dde5;vertical-align:top}
code,pre{font:14px/1.4 ui-monospace,monospace;background:#f2f5f8;border-radius:4px}code{padding:.1rem .3rem}
pre{padding:.8rem;overflow-x:auto}.no{color:#6b7885}a{color:#0b57a4}
@media(prefers-color-scheme:dark){body{background:#12181f;color:#dfe7ee}code,pre{background:#1e2731}th,td{border-color:#33404d}a{color:#7ab8f5}}";

fn page(title: &str, content: &Markup) -> HttpResponse {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body { (content) }
        }
    };
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"))
        .insert_header((VARY, "accept, authorization"))
        .body(page.into_string())
}

pub(super) fn discovery(session: &Session<'_>, discovery: &Discovery) -> HttpResponse {
    page(
        &discovery.title,
        &html! {
            h1 { (discovery.title) }
            @if let Some(description) = &discovery.description { p { (description) } }
            p { "A TAXII 2.1 server" (greeting(session)) "." }
            h2 { "API roots" }
            @if discovery.api_roots.is_empty() { p.no { "None that these credentials may see." } }
            ul {
                @for root in &discovery.api_roots { li { a href=(root) { code { (root) } } } }
            }
            @if let Some(contact) = &discovery.contact { p { "Contact: " (contact) } }
        },
    )
}

pub(super) fn root(session: &Session<'_>, root: &ApiRoot) -> HttpResponse {
    let collections = session.collections(root).collections;
    page(
        &root.title,
        &html! {
            h1 { (root.title) }
            @if let Some(description) = &root.description { p { (description) } }
            p { "The API root " code { (session.url(root)) } " of a TAXII 2.1 server" (greeting(session)) ". It takes up to "
                (root.max_content_length) " octets in a request." }
            h2 { "Collections" }
            @if collections.is_empty() {
                p.no { "None that these credentials may see." }
            } @else {
                table {
                    tr { th { "Collection" } th { "Alias" } th { "Rights" } th { "id" } }
                    @for collection in &collections {
                        tr {
                            td { a href={ (session.url(root)) "collections/" (collection.id) "/" } { (collection.title) } }
                            td { @if let Some(alias) = &collection.alias { code { (alias) } } }
                            td { (rights(collection)) }
                            td { code { (collection.id) } }
                        }
                    }
                }
            }
        },
    )
}

/// Entries shown of a collection.
const SHOWN: u64 = 25;

pub(super) async fn collection(session: &Session<'_>, reach: &Reach<'_>) -> Result<HttpResponse> {
    let resource = reach.resource();
    let manifest: Option<Manifest> = match reach.rights.read {
        true => {
            let query = Query { limit: Some(SHOWN), ..Query::default() };
            serde_json::from_slice(&session.page(reach, Endpoint::Manifest, None, query).await?.body).ok()
        }
        false => None,
    };
    let url = format!("{}collections/{}/", session.url(reach.root), resource.id);
    Ok(page(
        &resource.title,
        &html! {
            h1 { (resource.title) }
            @if let Some(description) = &resource.description { p { (description) } }
            table {
                tr { th { "id" } td { code { (resource.id) } } }
                @if let Some(alias) = &resource.alias { tr { th { "Alias" } td { code { (alias) } } } }
                tr { th { "API root" } td { a href=(session.url(reach.root)) { code { (session.url(reach.root)) } } } }
                tr { th { "Rights" } td { (rights(&resource)) } }
                tr { th { "Content" } td { (resource.media_types.join(", ")) } }
            }
            @if let Some(manifest) = &manifest {
                h2 { "The first objects" }
                @if manifest.objects.is_empty() { p.no { "There are none yet." } }
                table {
                    @for record in &manifest.objects {
                        tr {
                            td { a href={ (url) "objects/" (record.id) "/" } { code { (record.id) } } }
                            td { (record.version) }
                        }
                    }
                }
                @if manifest.more == Some(true) { p.no { "… and more." } }
            }
            h2 { "From a shell" }
            pre { "curl --user NAME -H 'Accept: application/taxii+json;version=2.1' '" (url) "objects/'" }
        },
    ))
}

fn greeting(session: &Session<'_>) -> String {
    session.caller().name.as_ref().map(|name| format!("; you are logged in as {name}")).unwrap_or_default()
}

fn rights(collection: &Collection) -> &'static str {
    match (collection.can_read, collection.can_write) {
        (true, true) => "read, write",
        (true, false) => "read",
        (false, true) => "write",
        (false, false) => "listed only",
    }
}

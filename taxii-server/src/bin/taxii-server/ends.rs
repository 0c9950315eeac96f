//! The other ends of flows: collections of other servers, and MISP.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sharing::flow::{Fault, Sink, Source, Versions};
use taxii_client::flow::Remote;
use taxii_client::{Client, Credentials, Retry};
use taxii_server::sharing::{Ends, Entrance, FlowSettings, Nearby, Place};

use crate::ends_misp;

/// Places with and without a network.
pub(crate) struct Network;

/// Nobody is waited for any longer for one answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// To begin with, nobody takes this long.
const CONNECT: Duration = Duration::from_secs(10);
/// Larger answers are not read.
const LARGEST: u64 = 256 << 20;

fn refused(url: &str, reason: impl Into<String>) -> Fault {
    Fault::Refused { place: url.to_owned(), reason: reason.into() }
}

fn client(url: &str, entrance: &Entrance) -> Result<Client, Fault> {
    let mut builder = Client::builder(url)
        .allow_plain_http(url.starts_with("http://"))
        .connect_timeout(CONNECT)
        .timeout(PATIENCE)
        .largest_answer(LARGEST)
        .retry(Retry::never());
    if let Some(secret) = &entrance.secret {
        let secret = secret.read().map_err(|error| refused(url, error.to_string()))?;
        let credentials = match &entrance.user {
            Some(user) => Credentials::basic(user, &secret),
            None => Credentials::bearer(&secret),
        };
        builder = builder.credentials(credentials.map_err(|error| refused(url, error.to_string()))?);
    }
    if let Some(ca) = &entrance.ca {
        builder = builder.ca_file(ca);
    }
    if let (Some(certificate), Some(key)) = (&entrance.client_cert, &entrance.client_key) {
        builder = builder.client_certificate(certificate, key);
    }
    builder.build().map_err(|error| refused(url, error.to_string()))
}

/// A collection by its URL; nothing is sent yet.
fn remote(url: &str, entrance: &Entrance) -> Result<Remote, Fault> {
    let expected = || refused(url, "this is no URL of a collection: expected https://HOST/ROOT/collections/ID/");
    let (root, rest) = url.rsplit_once("/collections/").ok_or_else(expected)?;
    let id = rest.split('/').next().filter(|id| !id.is_empty()).ok_or_else(expected)?;
    let root = client(url, entrance)?.api_root(&format!("{root}/")).map_err(|error| refused(url, error.to_string()))?;
    Ok(Remote::new(root.collection(id).map_err(|error| refused(url, error.to_string()))?))
}

#[async_trait]
impl Ends for Network {
    async fn source(&self, flow: &str, settings: &FlowSettings) -> Result<Arc<dyn Source>, Fault> {
        match &settings.from {
            Place::Taxii(url) => Ok(Arc::new(remote(url, &settings.entrance)?)),
            Place::MispFeed(url) => Ok(Arc::new(ends_misp::feed(url, &settings.entrance)?)),
            Place::Misp(url) => Ok(Arc::new(ends_misp::instance(url, &settings.entrance)?)),
            _ => Nearby.source(flow, settings).await,
        }
    }

    async fn sink(&self, flow: &str, settings: &FlowSettings, server: &str) -> Result<Arc<dyn Sink>, Fault> {
        match &settings.to {
            Place::Taxii(url) => Ok(Arc::new(remote(url, &settings.entrance)?.speaking_as(server))),
            _ => Nearby.sink(flow, settings, server).await,
        }
    }

    async fn versions(&self, settings: &FlowSettings, is_source: bool) -> Result<Arc<dyn Versions>, Fault> {
        match if is_source { &settings.from } else { &settings.to } {
            Place::Taxii(url) => Ok(Arc::new(remote(url, &settings.entrance)?)),
            _ => Nearby.versions(settings, is_source).await,
        }
    }
}

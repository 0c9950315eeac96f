use std::path::PathBuf;
use std::time::Duration;

use reqwest::Client;
use serde::Deserialize;
use tokio::task::spawn_blocking;
use url::Url;

use super::issuer::address;
use super::{Issuer, KeySet, KeySource};
use crate::outgoing;
use crate::service::chain;

/// An issuer that takes longer counts as down.
const PATIENCE: Duration = Duration::from_secs(5);
/// More than this is no key set.
const MAX_OCTETS: usize = 256 << 10;

/// Where the keys of an issuer come from.
#[derive(Debug)]
pub(super) enum Source {
    File(PathBuf),
    Url(Client, Url),
    Discovery { client: Client, issuer: String, document: Url },
}

impl Source {
    pub(super) fn of(issuer: &Issuer) -> Result<Self, String> {
        let client = || outgoing::client(issuer.authorities.as_deref(), PATIENCE);
        Ok(match &issuer.keys {
            KeySource::File(file) => Self::File(file.clone()),
            KeySource::Url(url) => Self::Url(client()?, address(url)?),
            KeySource::Discovery => {
                let document = format!("{}/.well-known/openid-configuration", issuer.issuer.trim_end_matches('/'));
                Self::Discovery { client: client()?, issuer: issuer.issuer.clone(), document: address(&document)? }
            }
        })
    }

    /// The keys as they are now.
    pub(super) async fn fetch(&self) -> Result<KeySet, String> {
        match self {
            Self::File(file) => {
                let path = file.clone();
                let read = spawn_blocking(move || std::fs::read(path)).await.map_err(|error| error.to_string())?;
                KeySet::read(&read.map_err(|error| format!("{}: {error}", file.display()))?)
            }
            Self::Url(client, url) => KeySet::read(&get(client, url).await?).map_err(|why| format!("{url}: {why}")),
            Self::Discovery { client, issuer, document } => {
                let url = discover(client, issuer, document).await?;
                KeySet::read(&get(client, &url).await?).map_err(|why| format!("{url}: {why}"))
            }
        }
    }
}

/// OpenID Connect Discovery 1.0 §4.
async fn discover(client: &Client, issuer: &str, document: &Url) -> Result<Url, String> {
    #[derive(Deserialize)]
    struct Document {
        issuer: String,
        jwks_uri: String,
    }
    let read: Document =
        serde_json::from_slice(&get(client, document).await?).map_err(|error| format!("{document}: {error}"))?;
    if read.issuer != issuer {
        return Err(format!("{document} is about another issuer: it has to say {issuer:?}, letter by letter"));
    }
    address(&read.jwks_uri).map_err(|why| format!("{document}: jwks_uri: {why}"))
}

async fn get(client: &Client, url: &Url) -> Result<Vec<u8>, String> {
    let failed = |error: reqwest::Error| format!("{url}: {}", chain(&error.without_url()));
    let mut response = client.get(url.clone()).send().await.map_err(failed)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(format!("{url}: answered {}", response.status()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_OCTETS {
            return Err(format!("{url}: the answer is longer than {MAX_OCTETS} octets"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

//! Requests with bounded answers.

use std::time::Duration;

use reqwest::header::{ACCEPT, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};
use url::Url;

use super::fault::{Fault, bare};

/// A place, and what goes with each request.
#[derive(Clone, Debug)]
pub(super) struct Http {
    client: reqwest::Client,
    base: Url,
    headers: HeaderMap,
}

/// A text and its tag.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) tag: Option<String>,
}

impl Http {
    pub(super) fn new(client: reqwest::Client, base: Url) -> Self {
        Self { client, base, headers: HeaderMap::new() }
    }

    pub(super) fn add(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    pub(super) fn place(&self) -> String {
        bare(self.base.as_str())
    }

    /// Gets what is at a path; `None` if it still has the tag.
    pub(super) async fn get(&self, path: &str, tag: Option<&str>, limit: usize) -> Result<Option<Answer>, Fault> {
        let url = self.url(path)?;
        self.send(self.client.get(url.clone()), &url, tag, limit).await
    }

    /// Asks with a JSON text.
    pub(super) async fn post(
        &self,
        path: &str,
        body: &'static str,
        tag: Option<&str>,
        limit: usize,
    ) -> Result<Option<Answer>, Fault> {
        let url = self.url(path)?;
        let request = self.client.post(url.clone()).header("Content-Type", "application/json").body(body);
        self.send(request, &url, tag, limit).await
    }

    fn url(&self, path: &str) -> Result<Url, Fault> {
        self.base.join(path).map_err(|error| Fault::Address { address: self.place(), reason: error.to_string() })
    }

    async fn send(
        &self,
        request: RequestBuilder,
        url: &Url,
        tag: Option<&str>,
        limit: usize,
    ) -> Result<Option<Answer>, Fault> {
        let place = bare(url.as_str());
        let mut request = request.headers(self.headers.clone()).header(ACCEPT, "application/json");
        if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(tag).ok()) {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let unreachable = |error: reqwest::Error| {
            // Without the address, which could have a password in it.
            Fault::Unreachable { url: place.clone(), reason: error.without_url().to_string() }
        };
        let response = request.send().await.map_err(unreachable)?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        if !response.status().is_success() {
            return Err(Fault::of_status(&place, response.status().as_u16(), retry_after(&response)));
        }
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let bytes = body(response, &place, limit).await?;
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| Fault::Malformed { url: place, reason: "not UTF-8; expected JSON".to_owned() })?;
        Ok(Some(Answer { text, tag }))
    }
}

/// The seconds that the other side wants.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The body, however it is compressed, as long as it does not get too large.
async fn body(mut response: Response, place: &str, limit: usize) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let unreachable =
        |error: reqwest::Error| Fault::Unreachable { url: place.to_owned(), reason: error.without_url().to_string() };
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if bytes.len() + chunk.len() > limit {
            return Err(Fault::TooLarge { url: place.to_owned(), limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

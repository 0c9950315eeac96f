use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::OnceCell;
use url::Url;

use crate::address::{self, Address};
use crate::answer::Answer;
use crate::discovery::Discovery;
use crate::transport::{Request, Transport};
use crate::warning::{Warner, Warning};
use crate::{ApiRoot, ClientBuilder, Collection, Error, LookUp, lenient, srv};

/// A TAXII 2.1 client for one server. Cheap to clone; clones share connections.
///
/// ```no_run
/// # async fn example() -> Result<(), taxii_client::Error> {
/// use taxii_client::{Client, Credentials, Query};
///
/// let client = Client::builder("https://cti.example.com/taxii2/")
///     .credentials(Credentials::basic("analyst", "open sesame")?)
///     .build()?;
/// let root = client.discovery().await?.default_root()?;
/// for collection in root.collections().await? {
///     println!("{} {}", collection.id(), collection.title());
/// }
/// let mut pages = root.collection("indicators")?.objects(Query::default());
/// while let Some(page) = pages.next().await? {
///     println!("{} objects", page.entries.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) transport: Transport,
    pub(crate) address: Address,
    pub(crate) dns: Arc<dyn LookUp>,
    /// The discovery URL of a domain, once it is known.
    pub(crate) home: OnceCell<Url>,
    pub(crate) next_means_more: bool,
}

/// What a URL turned out to be.
#[derive(Clone, Debug)]
pub enum Location {
    /// The list of API roots.
    Discovery(Discovery),
    /// One API root.
    ApiRoot(ApiRoot),
    /// One collection.
    Collection(Collection),
}

impl Client {
    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// Starts a client for a server: the URL of its discovery resource, of an API root or of a
    /// collection, with or without the last `/`; or a bare domain, whose server DNS knows.
    pub fn builder(url: &str) -> ClientBuilder {
        ClientBuilder::new(url)
    }

    /// `GET /taxii2/`: the API roots (TAXII 2.1 §4.1). If the client was given another URL than
    /// that of a discovery resource, asks at `/taxii2/` on the same origin.
    ///
    /// # Errors
    /// The server cannot be reached, refuses, or answers with something else.
    pub async fn discovery(&self) -> Result<Discovery, Error> {
        match &self.inner.address {
            Address::Domain(domain) => self.discovery_of(domain).await,
            Address::Url(url) => {
                let last = address::segments(url).pop().unwrap_or_default();
                let url = if last.starts_with("taxii") { url.clone() } else { at_taxii2(url) };
                self.discovery_at(url).await
            }
        }
    }

    /// The API root at this URL. Nothing is sent yet.
    ///
    /// # Errors
    /// This is no URL.
    pub fn api_root(&self, url: &str) -> Result<ApiRoot, Error> {
        match address::read(url)? {
            Address::Url(url) => Ok(ApiRoot::new(self.clone(), url)),
            Address::Domain(domain) => Err(Error::invalid(format!("{domain} is a domain, not the URL of an API root"))),
        }
    }

    /// Finds out what the client's URL stands for, whatever people pasted: a discovery resource, an API
    /// root (also with `collections/`), or a collection (also with `objects/` or `manifest/`).
    ///
    /// # Errors
    /// There is nothing of TAXII under the URL, or it cannot be reached.
    pub async fn locate(&self) -> Result<Location, Error> {
        let Address::Url(url) = &self.inner.address else { return self.discovery().await.map(Location::Discovery) };
        let segments = address::segments(url);
        let behind = segments.iter().rev().position(|segment| segment == "collections");
        match behind {
            Some(0) => self.probe(address::above(url, 1)).await,
            Some(behind) => self.probe(address::above(url, behind - 1)).await,
            None if segments.is_empty() => match self.probe(url.clone()).await {
                Err(error) if !error.is_unreachable() => self.probe(at_taxii2(url)).await,
                outcome => outcome,
            },
            None => self.probe(url.clone()).await,
        }
    }

    async fn probe(&self, url: Url) -> Result<Location, Error> {
        let answer = self.get(url.clone()).await?;
        let resource: Value = answer.read("a TAXII 2.1 resource", self.warner())?;
        let has = |name: &str| resource.get(name).is_some();
        if has("api_roots") {
            lenient::read(resource, &url).map(|info| Location::Discovery(Discovery::new(self.clone(), url, info)))
        } else if has("versions") || has("max_content_length") {
            let info = lenient::read(resource, &url)?;
            Ok(Location::ApiRoot(ApiRoot::new(self.clone(), url).known(info)))
        } else if has("id") && (has("can_read") || has("can_write")) {
            let root = ApiRoot::new(self.clone(), address::above(&url, 2));
            lenient::read(resource, &url).map(|info| Location::Collection(Collection::known(root, url, info)))
        } else if has("title") {
            lenient::read(resource, &url).map(|info| Location::Discovery(Discovery::new(self.clone(), url, info)))
        } else {
            Err(Error::answer(
                &url,
                "there is JSON here, but no TAXII 2.1 discovery, API root or collection; is the URL complete?",
            ))
        }
    }

    async fn discovery_at(&self, url: Url) -> Result<Discovery, Error> {
        let answer = self.get(url.clone()).await?;
        let resource: Value = answer.read("a discovery resource", self.warner())?;
        Ok(Discovery::new(self.clone(), answer.url, lenient::read(resource, &url)?))
    }

    /// Tries the servers of a domain in DNS's order until one can be reached (TAXII 2.1 §3.9).
    async fn discovery_of(&self, domain: &str) -> Result<Discovery, Error> {
        if let Some(home) = self.inner.home.get() {
            return self.discovery_at(home.clone()).await;
        }
        let mut outcome = Err(Error::invalid(format!("DNS says that {domain} has no TAXII server")));
        for url in self.servers_of(domain).await? {
            outcome = self.discovery_at(url.clone()).await;
            match &outcome {
                Err(error) if error.is_unreachable() => {}
                _ => {
                    let _ = self.inner.home.set(url);
                    break;
                }
            }
        }
        outcome
    }

    /// The discovery URLs to try. Anybody who can forge a DNS answer could name a host, so that only hosts
    /// of the domain itself are trusted with the credentials.
    async fn servers_of(&self, domain: &str) -> Result<Vec<Url>, Error> {
        let found = self.inner.dns.srv(&srv::name(domain)).await;
        let reason = found.as_ref().err().cloned().unwrap_or_else(|| "there is none".to_owned());
        let mut urls: Vec<Url> =
            srv::order(found.unwrap_or_default(), srv::chance).iter().filter_map(srv::Service::url).collect();
        if urls.is_empty() {
            self.warner().warn(&Warning::NoService { domain: domain.to_owned(), reason });
            let url = format!("https://{domain}/taxii2/");
            urls.push(Url::parse(&url).map_err(|error| Error::invalid(format!("{url}: {error}")))?);
        }
        for url in &urls {
            let host = url.host_str().unwrap_or_default();
            if host == domain || host.ends_with(&format!(".{domain}")) {
                self.inner.transport.trust(url.origin());
            }
        }
        Ok(urls)
    }

    pub(crate) async fn get(&self, url: Url) -> Result<Answer, Error> {
        self.send(Request::get(url)).await
    }

    pub(crate) async fn send(&self, request: Request) -> Result<Answer, Error> {
        self.inner.transport.send(request).await
    }

    pub(crate) fn warner(&self) -> &Warner {
        &self.inner.transport.warner
    }

    pub(crate) fn next_means_more(&self) -> bool {
        self.inner.next_means_more
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("address", &self.inner.address).finish_non_exhaustive()
    }
}

fn at_taxii2(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_path("/taxii2/");
    url
}

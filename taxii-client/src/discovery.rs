use taxii_model as model;
use url::Url;

use crate::warning::Warning;
use crate::{ApiRoot, Client, Error, address};

/// The API roots of a server (TAXII 2.1 §4.1).
#[derive(Clone, Debug)]
pub struct Discovery {
    client: Client,
    url: Url,
    info: model::Discovery,
}

impl Discovery {
    pub(crate) fn new(client: Client, url: Url, info: model::Discovery) -> Self {
        Self { client, url, info }
    }

    /// The resource as the server sent it.
    #[must_use]
    pub fn info(&self) -> &model::Discovery {
        &self.info
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Every API root, relative references resolved against this URL (§4.1.1). Some may be on other
    /// hosts: these get no credentials unless their origin is trusted.
    #[must_use]
    pub fn roots(&self) -> Vec<ApiRoot> {
        self.info.api_roots.iter().filter_map(|item| self.resolve(item)).collect()
    }

    /// The API root that the server suggests; without a suggestion the only one, or the first.
    ///
    /// # Errors
    /// There is none: these credentials may see no API root.
    pub fn default_root(&self) -> Result<ApiRoot, Error> {
        if let Some(default) = &self.info.default
            && let Some(root) = self.resolve(default)
        {
            if !self.info.api_roots.contains(default) {
                self.client.warner().warn(&Warning::DefaultUnlisted(default.clone()));
            }
            return Ok(root);
        }
        self.roots().into_iter().next().ok_or_else(|| {
            Error::answer(&self.url, "the server lists no API root; these credentials may see none, or none were given")
        })
    }

    /// The API root of this name: its URL, its path, or the last part of its path.
    ///
    /// # Errors
    /// There is none; the error lists those that exist.
    pub fn root(&self, name: &str) -> Result<ApiRoot, Error> {
        let roots = self.roots();
        let wanted = name.trim_matches('/');
        let found = roots.iter().find(|root| {
            let path = root.url().path().trim_matches('/');
            path == wanted
                || root.url().as_str().trim_end_matches('/') == wanted
                || path.rsplit('/').next() == Some(wanted)
        });
        found.cloned().ok_or_else(|| {
            let names: Vec<&str> = roots.iter().map(|root| root.url().as_str()).collect();
            Error::NoSuch(format!("there is no API root {name:?} on this server; there are: {}", names.join(", ")))
        })
    }

    fn resolve(&self, item: &str) -> Option<ApiRoot> {
        let url = address::directory(self.url.join(item.trim()).ok()?);
        let behind_proxy = url.scheme() == "http" && self.url.scheme() == "https" && url.host() == self.url.host();
        if behind_proxy || (address::is_internal(&url) && !address::is_internal(&self.url)) {
            let used = address::on_origin_of(&self.url, &url);
            let warning = Warning::InternalRoot { advertised: item.to_owned(), used: used.to_string() };
            self.client.warner().warn(&warning);
            return Some(ApiRoot::new(self.client.clone(), used));
        }
        Some(ApiRoot::new(self.client.clone(), url))
    }
}

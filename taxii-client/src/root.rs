use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use taxii_model as model;
use url::Url;

use crate::{Client, Collection, Error, address, lenient};

/// An API root: collections, and what became of pushes (TAXII 2.1 §4.2).
#[derive(Clone, Debug)]
pub struct ApiRoot {
    client: Client,
    url: Url,
    info: Option<Arc<model::ApiRoot>>,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    collections: Option<Vec<Value>>,
}

impl ApiRoot {
    pub(crate) fn new(client: Client, url: Url) -> Self {
        Self { client, url, info: None }
    }

    pub(crate) fn known(mut self, info: model::ApiRoot) -> Self {
        self.info = Some(Arc::new(info));
        self
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// `GET {api-root}/`: its title, versions and `max_content_length` (§4.2.1).
    ///
    /// # Errors
    /// The server cannot be reached, refuses, or answers with something else.
    pub async fn info(&self) -> Result<Arc<model::ApiRoot>, Error> {
        if let Some(info) = &self.info {
            return Ok(info.clone());
        }
        let answer = self.client.get(self.url.clone()).await?;
        let resource = answer.read("an API root", self.client.warner())?;
        lenient::read(resource, &self.url).map(Arc::new)
    }

    /// `GET {api-root}/collections/`: what these credentials may see; others see other lists (§5.1).
    ///
    /// # Errors
    /// The server cannot be reached, refuses, or answers with something else.
    pub async fn collections(&self) -> Result<Vec<Collection>, Error> {
        let url = address::below(&self.url, &["collections"])?;
        let answer = self.client.get(url.clone()).await?;
        let list: List = answer.read("a list of collections", self.client.warner())?;
        let (infos, unreadable) = lenient::read_list::<model::Collection>(list.collections.unwrap_or_default(), &url);
        if unreadable > 0 && infos.is_empty() {
            return Err(Error::answer(&url, format!("none of the {unreadable} collections has an id")));
        }
        infos.into_iter().map(|info| self.collection_of(info)).collect()
    }

    fn collection_of(&self, info: model::Collection) -> Result<Collection, Error> {
        let url = address::below(&self.url, &["collections", &info.id])?;
        Ok(Collection::known(self.clone(), url, info))
    }

    /// The collection with this id or alias. Nothing is sent yet.
    ///
    /// # Errors
    /// The text cannot be an id: it is empty, `.` or `..`.
    pub fn collection(&self, id: &str) -> Result<Collection, Error> {
        let url = address::below(&self.url, &["collections", id])?;
        Ok(Collection::unknown(self.clone(), url, id.to_owned()))
    }

    /// The collection that people mean by this text: its id, its alias, or its title if no other has it.
    ///
    /// # Errors
    /// There is none, or more than one; the error lists what exists. Or the list cannot be got.
    pub async fn find(&self, name: &str) -> Result<Collection, Error> {
        let all = match self.collections().await {
            Ok(all) => all,
            // The list may be closed to those who know where to go.
            Err(error) if error.is_forbidden() || error.is_not_found() => {
                return self.collection(name)?.described().await.map_err(|_| error);
            }
            Err(error) => return Err(error),
        };
        let is = |test: &dyn Fn(&model::Collection) -> bool| -> Vec<Collection> {
            all.iter().filter(|collection| collection.resource().is_some_and(test)).cloned().collect()
        };
        let folded = name.to_lowercase();
        for matches in [
            is(&|info| info.id.eq_ignore_ascii_case(name)),
            is(&|info| info.alias.as_deref() == Some(name)),
            is(&|info| info.title == name),
            is(&|info| info.title.to_lowercase() == folded),
        ] {
            match matches.as_slice() {
                [] => {}
                [one] => return Ok(one.clone()),
                several => {
                    return Err(Error::NoSuch(format!(
                        "{name:?} could be any of these; use the id:{}",
                        listed(several)
                    )));
                }
            }
        }
        Err(Error::NoSuch(match all.as_slice() {
            [] => {
                format!("there is no collection {name:?}: these credentials see no collection at all at {}", self.url)
            }
            all => format!("there is no collection {name:?} at {}; there are:{}", self.url, listed(all)),
        }))
    }

    /// `GET {api-root}/status/{id}/`: what became of a push (§4.3).
    ///
    /// # Errors
    /// The server does not know the id (any more), cannot be reached, or answers with something else.
    pub async fn status(&self, id: &str) -> Result<model::Status, Error> {
        let url = address::below(&self.url, &["status", id])?;
        self.client.get(url).await?.read("a status resource", self.client.warner())
    }
}

fn listed(collections: &[Collection]) -> String {
    collections.iter().fold(String::new(), |text, collection| {
        let alias = collection.resource().and_then(|info| info.alias.as_deref());
        let alias = alias.map_or_else(String::new, |alias| format!(" ({alias})"));
        format!("{text}\n  {}{alias}  {}", collection.id(), collection.title())
    })
}

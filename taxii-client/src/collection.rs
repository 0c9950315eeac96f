use stix_model::reader::RawObject;
use taxii_model::{self as model, ManifestRecord, Query, Selector, VersionFilter};
use url::Url;

use crate::push::{Outgoing, Push, PushError, PushOptions, PushSummary};
use crate::transport::Request;
use crate::{ApiRoot, Error, Pages, address, lenient};

/// A set of objects that is shared as a whole (TAXII 2.1 §5.2).
#[derive(Clone, Debug)]
pub struct Collection {
    root: ApiRoot,
    url: Url,
    id: String,
    info: Option<model::Collection>,
}

/// Which versions of an object to delete (TAXII 2.1 §5.7). By default none is named, and the server
/// decides: most delete all, some only the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deletion {
    /// `match[version]`.
    pub versions: Option<VersionFilter>,
    /// `match[spec_version]`.
    pub spec_versions: Option<Vec<String>>,
}

impl Collection {
    pub(crate) fn known(root: ApiRoot, url: Url, info: model::Collection) -> Self {
        Self { root, url, id: info.id.clone(), info: Some(info) }
    }

    pub(crate) fn unknown(root: ApiRoot, url: Url, id: String) -> Self {
        Self { root, url, id, info: None }
    }

    /// Its id; or the alias that it was asked for by, as long as the server was not asked.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its title, if it is known.
    #[must_use]
    pub fn title(&self) -> &str {
        self.info.as_ref().map_or("", |info| &info.title)
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Its API root.
    #[must_use]
    pub fn root(&self) -> &ApiRoot {
        &self.root
    }

    /// The resource, if the server was asked: collections from
    /// [`ApiRoot::collections`] and [`described`](Self::described) have it.
    #[must_use]
    pub fn resource(&self) -> Option<&model::Collection> {
        self.info.as_ref()
    }

    /// `GET {api-root}/collections/{id}/`: this collection, with its resource (§5.2).
    ///
    /// # Errors
    /// The server does not know it, refuses, cannot be reached, or answers with something else.
    pub async fn described(&self) -> Result<Self, Error> {
        let answer = self.root.client().get(self.url.clone()).await?;
        let resource = answer.read("a collection", self.root.client().warner())?;
        let info = lenient::read(resource, &self.url)?;
        Ok(Self::known(self.root.clone(), self.url.clone(), info))
    }

    /// `GET …/objects/`: the objects, page by page, each with its text as it was received (§5.4).
    ///
    /// What is wrong with the query is reported by the first page.
    ///
    /// ```no_run
    /// # async fn example(collection: taxii_client::Collection) -> Result<(), taxii_client::Error> {
    /// use futures_util::{StreamExt, TryStreamExt};
    /// use taxii_client::Query;
    ///
    /// let mut objects = collection.objects(Query::default()).entries().boxed();
    /// while let Some(object) = objects.try_next().await? {
    ///     println!("{}", object.text.get());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn objects(&self, query: Query) -> Pages<RawObject> {
        self.pages(&["objects"], query)
    }

    /// `GET …/manifest/`: what is known about the objects, without the objects (§5.3).
    pub fn manifest(&self, query: Query) -> Pages<ManifestRecord> {
        self.pages(&["manifest"], query)
    }

    /// `GET …/objects/{id}/`: one object, in the versions that the query asks for (§5.6). Filters by id
    /// and type do not apply and are left out.
    pub fn object(&self, id: &str, mut query: Query) -> Pages<RawObject> {
        (query.filter.ids, query.filter.types) = (None, None);
        self.pages(&["objects", id], query)
    }

    /// `GET …/objects/{id}/versions/`: the versions of one object (§5.8). Only `match[spec_version]`
    /// applies; other filters are left out.
    pub fn versions(&self, id: &str, mut query: Query) -> Pages<String> {
        let spec_versions = query.filter.spec_versions.take();
        query.filter = model::Filter { spec_versions, ..model::Filter::default() };
        self.pages(&["objects", id, "versions"], query)
    }

    fn pages<T: crate::page::Entry>(&self, segments: &[&str], query: Query) -> Pages<T> {
        let url = self.readable().and_then(|()| address::below(&self.url, segments));
        Pages::new(self.clone(), url, query)
    }

    /// Adds objects (§5.5): in as many requests as the server's `max_content_length` needs, each object
    /// byte for byte as it is given; waits until the server has decided on all of them.
    ///
    /// ```no_run
    /// # async fn example(collection: taxii_client::Collection) -> Result<(), Box<dyn std::error::Error>> {
    /// use stix_model::reader::{self, Limits};
    ///
    /// let (_, objects) = reader::from_str(r#"{"objects": [{"type": "url", "id": "url--c1477287-23ac-5971-a010-5c287877fa60", "value": "https://example.com"}]}"#, &Limits::default())?;
    /// let summary = collection.push(objects).await?;
    /// for refused in &summary.refused {
    ///     eprintln!("{}: {}", refused.id, refused.reason);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The server cannot be reached or refuses altogether. The error holds the summary of what was done
    /// before. Objects that the server refuses are no error: they are in the summary.
    pub async fn push<O: Into<Outgoing>>(
        &self,
        objects: impl IntoIterator<Item = O>,
    ) -> Result<PushSummary, PushError> {
        let mut push = self.start_push(PushOptions::default()).await?;
        for object in objects {
            push.add(object).await?;
        }
        push.finish().await
    }

    /// Starts a push whose objects come one after the other, from a file or a queue.
    ///
    /// # Errors
    /// The collection is read-only for these credentials, or the API root cannot be asked how much it
    /// takes.
    pub async fn start_push(&self, options: PushOptions) -> Result<Push, PushError> {
        self.writable()?;
        Ok(Push::start(self.clone(), options).await?)
    }

    /// `DELETE …/objects/{id}/` (§5.7).
    ///
    /// # Errors
    /// There is no such object or version, the server refuses, or cannot be reached.
    pub async fn delete(&self, id: &str, which: &Deletion) -> Result<(), Error> {
        let mut url = address::below(&self.url, &["objects", id])?;
        if *which != Deletion::default() {
            let mut pairs = url.query_pairs_mut();
            if let Some(versions) = &which.versions {
                pairs.append_pair("match[version]", &versions.to_string());
            }
            if let Some(versions) = &which.spec_versions {
                pairs.append_pair("match[spec_version]", &versions.join(","));
            }
        }
        self.root.client().send(Request::delete(url)).await.map(|_| ())
    }

    /// Some servers leave out what one may do, which reads as neither: then the server has to say.
    fn readable(&self) -> Result<(), Error> {
        match &self.info {
            Some(info) if !info.can_read && info.can_write => Err(Error::NotPermitted(format!(
                "these credentials may add to the collection {} ({}), but not read it (can_read is false)",
                info.id, info.title
            ))),
            _ => Ok(()),
        }
    }

    fn writable(&self) -> Result<(), Error> {
        match &self.info {
            Some(info) if info.can_read && !info.can_write => Err(Error::NotPermitted(format!(
                "these credentials may read the collection {} ({}), but not add to it (can_write is false)",
                info.id, info.title
            ))),
            _ => Ok(()),
        }
    }
}

/// What the standard says a client must not send (§3.4): an empty value, a comma within one, a limit of
/// zero, the same version twice.
pub(crate) fn check(query: &mut Query) -> Result<(), Error> {
    let filter = &mut query.filter;
    for (name, values) in [("id", &filter.ids), ("type", &filter.types), ("spec_version", &filter.spec_versions)] {
        for value in values.iter().flatten() {
            if value.is_empty() || value.contains(',') || value.trim() != value {
                return Err(Error::invalid(format!(
                    "match[{name}]: {value:?} cannot be asked for; values are not empty and have no comma or outer blank in them"
                )));
            }
        }
        if values.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::invalid(format!("match[{name}]: no value given")));
        }
    }
    if query.limit == Some(0) {
        return Err(Error::invalid("limit: has to be at least 1"));
    }
    if let VersionFilter::Any(selectors) = &mut filter.versions {
        let mut once: Vec<Selector> = Vec::new();
        for selector in selectors.drain(..) {
            if !once.contains(&selector) {
                once.push(selector);
            }
        }
        *selectors = if once.is_empty() { vec![Selector::Last] } else { once };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use taxii_model::Filter;

    use super::*;

    /// TX-CLI-14, TX-FLT-06, TX-FLT-27: what must not be sent is not sent.
    #[test]
    fn queries_are_checked() {
        let list = |value: &str| Some(vec![value.to_owned()]);
        for filter in [
            Filter { ids: list("a,b"), ..Filter::default() },
            Filter { types: list(""), ..Filter::default() },
            Filter { spec_versions: list(" 2.1"), ..Filter::default() },
            Filter { ids: Some(Vec::new()), ..Filter::default() },
        ] {
            assert!(check(&mut Query { filter: filter.clone(), ..Query::default() }).is_err(), "{filter:?}");
        }
        assert!(check(&mut Query { limit: Some(0), ..Query::default() }).is_err());
        let versions = VersionFilter::Any(vec![Selector::First, Selector::Last, Selector::First]);
        let mut query = Query { filter: Filter { versions, ..Filter::default() }, ..Query::default() };
        check(&mut query).unwrap();
        assert_eq!(query.to_string(), "match%5Bversion%5D=first%2Clast");
    }
}

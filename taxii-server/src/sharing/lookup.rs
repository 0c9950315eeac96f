use std::sync::Arc;

use async_trait::async_trait;
use sharing::flow::Fault;
use sharing::sanitise::Lookup;
use stix_model::json::Json;
use taxii_model::{Timestamp, VersionFilter};
use uuid::Uuid;

use crate::store::{CollectionKey, Editions, Result, Selection, Store, StoreError, Window};

/// A collection of this server, as the place where policies ask who somebody is.
pub(crate) struct Surroundings {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) collection: Uuid,
}

/// So many are asked for at once.
const AT_ONCE: usize = 500;
/// As many bytes at once.
const BYTES: usize = 8 << 20;
/// So many entries are context. More than that around one batch is a whole collection.
const MOST: usize = 200_000;

impl Surroundings {
    async fn key(&self) -> Result<CollectionKey> {
        let directory = self.store.directory().await?;
        let found = directory.collections.iter().find(|of| of.id == self.collection);
        found.map(|of| of.key).ok_or_else(|| StoreError::Missing(format!("collection {}", self.collection)))
    }

    async fn read(&self, selection: Selection, keep: impl Fn(&str) -> bool) -> Result<Vec<String>> {
        let collection = self.key().await?;
        let (mut found, mut seen) = (Vec::new(), 0);
        let mut after = Timestamp::from_micros(i64::MIN);
        loop {
            let window = Window {
                collection,
                selection: selection.clone(),
                after,
                limit: AT_ONCE,
                bytes: BYTES,
                mark: None,
                sight: None,
            };
            let texts = self.store.objects(&window).await?;
            seen += texts.len();
            let text = |(_, text): (_, &[u8])| std::str::from_utf8(text).ok().map(str::to_owned);
            found.extend(texts.iter().filter_map(text).filter(|text| keep(text)));
            match texts.dates() {
                Some((_, last)) if texts.more => after = last,
                _ => return Ok(found),
            }
            if seen > MOST {
                let why = format!("more than {MOST} entries lie around what would leave at once; nothing of it leaves");
                return Err(StoreError::failed(why));
            }
        }
    }

    fn fault(&self, error: &StoreError) -> Fault {
        let place = format!("collection {}", self.collection);
        match error {
            StoreError::Unavailable(why) => Fault::Busy { place, reason: why.clone(), retry_after: None },
            error => Fault::Local { place, reason: crate::service::chain(error) },
        }
    }
}

fn all() -> Selection {
    Selection { ids: None, types: None, editions: Editions::Newest, versions: VersionFilter::All }
}

#[async_trait]
impl Lookup for Surroundings {
    async fn objects(&self, ids: &[String]) -> Result<Vec<String>, Fault> {
        let mut found = Vec::new();
        for some in ids.chunks(AT_ONCE) {
            let selection = Selection { ids: Some(some.to_vec()), ..all() };
            found.extend(self.read(selection, |_| true).await.map_err(|error| self.fault(&error))?);
        }
        Ok(found)
    }

    async fn sightings(&self, of: &[String]) -> Result<Vec<String>, Fault> {
        let selection =
            Selection { types: Some(vec!["sighting".to_owned()]), versions: VersionFilter::default(), ..all() };
        let is_asked = |text: &str| seen(text).is_some_and(|id| of.contains(&id));
        self.read(selection, is_asked).await.map_err(|error| self.fault(&error))
    }
}

/// What a sighting is of.
fn seen(text: &str) -> Option<String> {
    let Ok(Json::Object(members)) = Json::parse(text) else { return None };
    members.get("sighting_of_ref").and_then(Json::as_str).map(str::to_owned)
}

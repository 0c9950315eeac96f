use serde::{Deserialize, Serialize};
use taxii_server::service;

use crate::config::one_or_many;

/// Which collections are served to MISP, as feeds and as a server to read from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Misp {
    /// The collections: "API root/alias" or "API root/id", or "*" for all.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) collections: Vec<String>,
    /// The levels of distribution of what is served: 0 is one's own organisation, 4 a sharing group.
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) distribution: Vec<i64>,
    /// The name of who speaks for what no object says who made it; empty for the collection's title.
    pub(crate) organisation: String,
    /// Objects in a collection that is served.
    pub(crate) max_objects: usize,
    /// Bytes of memory for feeds that have been made.
    pub(crate) cache_bytes: u64,
}

impl Default for Misp {
    fn default() -> Self {
        let service::Misp { collections, distribution, organisation, max_objects, cache_bytes } =
            service::Misp::default();
        Self { collections, distribution, organisation: organisation.unwrap_or_default(), max_objects, cache_bytes }
    }
}

impl Misp {
    /// The settings of the library.
    pub(crate) fn settings(&self) -> service::Misp {
        service::Misp {
            collections: self.collections.clone(),
            distribution: self.distribution.clone(),
            organisation: Some(self.organisation.clone()).filter(|name| !name.is_empty()),
            max_objects: self.max_objects,
            cache_bytes: self.cache_bytes,
        }
    }
}

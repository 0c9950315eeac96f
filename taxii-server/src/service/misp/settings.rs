use uuid::Uuid;

use crate::store::{ApiRoot, Collection};

/// Which collections are served to MISP, and how.
#[derive(Clone, Debug)]
pub struct Misp {
    /// The collections, as `API root/alias` or `API root/id`; `*` for all. None unless told otherwise.
    pub collections: Vec<String>,
    /// The levels of distribution of what is served. What has another one, such as 0, one's own organisation, or 4, a sharing
    /// group, stays here.
    pub distribution: Vec<i64>,
    /// Who speaks for what no object says who made it: a name. The collection's title without one.
    pub organisation: Option<String>,
    /// Objects in a collection that is served, at most.
    pub max_objects: usize,
    /// Bytes of memory for feeds that have been made.
    pub cache_bytes: u64,
}

impl Default for Misp {
    fn default() -> Self {
        Self {
            collections: Vec::new(),
            distribution: misp::feed::OPEN.to_vec(),
            organisation: None,
            max_objects: 500_000,
            cache_bytes: 256 << 20,
        }
    }
}

impl Misp {
    /// Is this collection served?
    ///
    /// ```
    /// use taxii_server::service::Misp;
    /// use taxii_server::store::{ApiRoot, Collection};
    ///
    /// let root = ApiRoot::new("api1", "Sharing group").unwrap();
    /// let collection = Collection::new("api1", Some("malware"), "Malware").unwrap();
    /// let served = |name: &str| Misp { collections: vec![name.to_owned()], ..Misp::default() }.serves(&root, &collection);
    /// assert!(served("api1/malware") && served("/api1/malware/") && served("*"));
    /// assert!(!served("api1") && !served("api2/malware") && !served("malware"));
    /// ```
    #[must_use]
    pub fn serves(&self, root: &ApiRoot, collection: &Collection) -> bool {
        self.collections.iter().any(|name| {
            let (of, name) = match name.trim_matches('/').rsplit_once('/') {
                Some(parts) => parts,
                None if name == "*" => return true,
                None => ("", name.trim_matches('/')),
            };
            let named = Uuid::try_parse(name).is_ok_and(|id| id == collection.id);
            of == root.name && (named || collection.alias.as_deref() == Some(name))
        })
    }

    /// Who speaks for a collection, and the UUID by which others know them.
    pub(super) fn speaker(&self, collection: &Collection) -> (String, String) {
        match &self.organisation {
            Some(name) => (name.clone(), misp::stix::rolling_uuid("organisation", name)),
            None => (collection.title.clone(), misp::stix::rolling_uuid("organisation", &collection.id.to_string())),
        }
    }
}

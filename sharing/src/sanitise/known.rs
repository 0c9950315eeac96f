use std::collections::BTreeMap;
use std::sync::Arc;

use stix_model::json::{Json, Members};

/// What else is known of the objects' surroundings: who is referred to, and what was there before.
///
/// An object's sanitised form depends on the objects that it refers to, since references to what does not leave are taken
/// out. Whoever knows everything that the source has gets the same answer however the objects are cut into batches.
pub trait Known: Send + Sync {
    /// The newest version of an object.
    fn object(&self, id: &str) -> Option<Arc<Members<'static>>>;

    /// The `modified` of every version of an object.
    fn versions(&self, id: &str) -> Vec<String>;

    /// The newest version of every sighting of an object.
    fn sightings(&self, of: &str) -> Vec<Arc<Members<'static>>>;
}

/// Objects in memory.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// By identifier, then by version: the sort key of `modified`.
    all: BTreeMap<String, BTreeMap<String, Arc<Members<'static>>>>,
    sightings: BTreeMap<String, Vec<String>>,
}

impl Objects {
    /// Adds a version of an object. One without an identifier is left out.
    pub fn add(&mut self, object: Arc<Members<'static>>) {
        let Some(id) = text(&object, "id").map(str::to_owned) else { return };
        if let Some(of) = text(&object, "sighting_of_ref").filter(|_| text(&object, "type") == Some("sighting")) {
            let known = self.sightings.entry(of.to_owned()).or_default();
            if !known.contains(&id) {
                known.push(id.clone());
            }
        }
        self.all.entry(id).or_default().insert(age(&object), object);
    }
}

impl Known for Objects {
    fn object(&self, id: &str) -> Option<Arc<Members<'static>>> {
        self.all.get(id)?.values().next_back().cloned()
    }

    fn versions(&self, id: &str) -> Vec<String> {
        let versions = self.all.get(id).into_iter().flat_map(BTreeMap::values);
        versions.filter_map(|object| text(object, "modified").map(str::to_owned)).collect()
    }

    fn sightings(&self, of: &str) -> Vec<Arc<Members<'static>>> {
        self.sightings.get(of).into_iter().flatten().filter_map(|id| self.object(id)).collect()
    }
}

impl FromIterator<Members<'static>> for Objects {
    fn from_iter<I: IntoIterator<Item = Members<'static>>>(objects: I) -> Self {
        let mut all = Self::default();
        objects.into_iter().for_each(|object| all.add(Arc::new(object)));
        all
    }
}

/// What is known, and besides it what came with the batch.
pub(super) struct Both<'k> {
    pub(super) known: &'k dyn Known,
    pub(super) batch: Objects,
}

impl Known for Both<'_> {
    fn object(&self, id: &str) -> Option<Arc<Members<'static>>> {
        let all = [self.known.object(id), self.batch.object(id)].into_iter().flatten();
        // Of equals the first: what is known.
        all.reduce(|newest, other| if age(&other) > age(&newest) { other } else { newest })
    }

    fn versions(&self, id: &str) -> Vec<String> {
        let mut all = self.known.versions(id);
        all.extend(self.batch.versions(id));
        all
    }

    fn sightings(&self, of: &str) -> Vec<Arc<Members<'static>>> {
        let mut all = self.known.sightings(of);
        let is_known = |one: &Members<'_>| all.iter().any(|other| text(other, "id") == text(one, "id"));
        let more: Vec<_> = self.batch.sightings(of).into_iter().filter(|sighting| !is_known(sighting)).collect();
        all.extend(more);
        all
    }
}

/// What sorts versions of an object.
pub(super) fn age(object: &Members<'_>) -> String {
    let version = text(object, "modified").unwrap_or_default();
    version.parse().map_or_else(|_| version.to_owned(), |at: stix_model::Timestamp| at.sort_key())
}

/// The text of a property.
pub(super) fn text<'m>(object: &'m Members<'_>, name: &str) -> Option<&'m str> {
    object.get(name).and_then(Json::as_str)
}

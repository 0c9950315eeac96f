use std::collections::HashMap;

use taxii_model::Timestamp;
use uuid::Uuid;

use crate::store::{Directory, Identity, Object, Rights};

/// What an account may do at some time: the union over itself, its groups and its organisation of the grants that hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effective {
    /// By the `id` of the collection.
    pub collections: HashMap<Uuid, Rights>,
    /// In every collection of an API root, by the root's name.
    pub roots: HashMap<String, Rights>,
    /// When the first of these grants expires.
    pub until: Option<Timestamp>,
}

impl Effective {
    /// What somebody may do now.
    #[must_use]
    pub fn of(identity: &Identity, now: Timestamp) -> Self {
        let mut effective = Self::default();
        for grant in identity.grants_at(now) {
            let rights = match &grant.object {
                Object::Collection(id) => effective.collections.entry(*id).or_default(),
                Object::Root(name) => effective.roots.entry(name.clone()).or_default(),
            };
            *rights = *rights | grant.rights;
            effective.until = effective.until.into_iter().chain(grant.expires).min();
        }
        effective
    }

    /// Allows everything in every API root that there is.
    pub(crate) fn allow_everywhere(&mut self, directory: &Directory) {
        self.roots = directory.roots.iter().map(|root| (root.name.clone(), Rights::ALL)).collect();
    }
}

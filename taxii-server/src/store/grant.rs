use std::fmt;

use serde::{Deserialize, Serialize};
use taxii_model::Timestamp;
use uuid::Uuid;

use super::Rights;

/// What somebody may do with something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who.
    pub subject: Subject,
    /// With what.
    pub object: Object,
    /// What.
    pub rights: Rights,
    /// Until when: from then on it is as if there were no such grant.
    #[serde(default)]
    pub expires: Option<Timestamp>,
}

impl Grant {
    /// What one account may do with one collection, for ever.
    #[must_use]
    pub fn of(account: &str, collection: Uuid, rights: Rights) -> Self {
        let (subject, object) = (Subject::Account(account.to_owned()), Object::Collection(collection));
        Self { subject, object, rights, expires: None }
    }

    /// Is it about this collection, or about the API root that it is in?
    pub(super) fn is_about(&self, root: &str, collection: Uuid) -> bool {
        match &self.object {
            Object::Collection(id) => *id == collection,
            Object::Root(name) => name == root,
        }
    }

    /// Is it over at this time?
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// Who is granted something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// One account.
    Account(String),
    /// All members of a group.
    Group(String),
    /// All accounts of an organisation.
    Organisation(String),
}

impl Subject {
    /// `account`, `group` or `organisation`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::Group(_) => "group",
            Self::Organisation(_) => "organisation",
        }
    }

    /// The name of the account, group or organisation.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Account(name) | Self::Group(name) | Self::Organisation(name) => name,
        }
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(super) fn read(kind: &str, name: String) -> Option<Self> {
        match kind {
            "account" => Some(Self::Account(name)),
            "group" => Some(Self::Group(name)),
            "organisation" => Some(Self::Organisation(name)),
            _ => None,
        }
    }
}

/// `group analysts`; an account by its name alone.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(name) => f.write_str(name),
            _ => write!(f, "{} {}", self.kind(), self.name()),
        }
    }
}

/// What somebody is granted something with.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Object {
    /// One collection, by its `id`.
    Collection(Uuid),
    /// Every collection of an API root, by the root's name.
    Root(String),
}

impl Object {
    /// `root` or `collection`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Root(_) => "root",
            Self::Collection(_) => "collection",
        }
    }

    /// The root's name, or the collection's `id`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Root(name) => name.clone(),
            Self::Collection(id) => id.to_string(),
        }
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(super) fn read(kind: &str, name: String) -> Option<Self> {
        match kind {
            "root" => Some(Self::Root(name)),
            "collection" => Uuid::try_parse(&name).ok().map(Self::Collection),
            _ => None,
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => write!(f, "API root /{name}"),
            Self::Collection(id) => write!(f, "collection {id}"),
        }
    }
}

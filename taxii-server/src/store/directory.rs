use serde::{Deserialize, Serialize};
use stix_model::SpecVersion;
use uuid::Uuid;

use super::{Ingest, Markings, Retention};

/// The API roots of a server and their collections.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// In order of name.
    pub roots: Vec<ApiRoot>,
    /// In order of `id`, whatever the root.
    pub collections: Vec<Collection>,
}

impl Directory {
    /// The root of this name.
    #[must_use]
    pub fn root(&self, name: &str) -> Option<&ApiRoot> {
        self.roots.iter().find(|root| root.name == name)
    }

    /// The collections of a root, in order of `id`.
    pub fn collections_of(&self, root: &str) -> impl Iterator<Item = &Collection> {
        self.collections.iter().filter(move |collection| collection.root == root)
    }

    /// The collection of a root that a URL means: by `id`, in either case, or by alias.
    #[must_use]
    pub fn collection(&self, root: &str, name: &str) -> Option<&Collection> {
        let id = Uuid::try_parse(name).ok().filter(|_| name.len() == 36);
        self.collections_of(root).find(|collection| match id {
            Some(id) => collection.id == id,
            None => collection.alias.as_deref() == Some(name),
        })
    }
}

/// An API root (TAXII 2.1 §4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiRoot {
    /// Its path, without slashes at the ends: `api1`, `trust/group1`, or nothing for `/`.
    pub name: String,
    /// A name for people.
    pub title: String,
    /// More words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The greatest request body, in octets.
    pub max_content_length: u64,
    /// Is it the one that discovery recommends?
    pub default: bool,
}

/// 100 MiB.
pub(crate) const DEFAULT_MAX_CONTENT_LENGTH: u64 = 104_857_600;

impl ApiRoot {
    /// A root that takes 100 MiB at a time.
    ///
    /// # Errors
    /// The name cannot be a path: see [`InvalidName`].
    pub fn new(name: &str, title: &str) -> Result<Self, InvalidName> {
        let name = name.trim_matches('/');
        let segments: Vec<&str> = name.split('/').collect();
        let reserved = |segment: &&str| matches!(*segment, "collections" | "status");
        if name == "taxii2" || segments.iter().any(reserved) {
            return Err(InvalidName("the path of an API root is not taxii2 and has no part collections or status"));
        }
        if !name.is_empty() && !segments.iter().all(|segment| is_url_safe(segment)) {
            return Err(InvalidName(
                "the path of an API root has parts of a-z, A-Z, 0-9, '-', '_', '.' and '~', separated by '/'",
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            title: title.to_owned(),
            description: None,
            max_content_length: DEFAULT_MAX_CONTENT_LENGTH,
            default: false,
        })
    }

    /// Its path on the server, with slashes at both ends.
    #[must_use]
    pub fn path(&self) -> String {
        match self.name.as_str() {
            "" => "/".to_owned(),
            name => format!("/{name}/"),
        }
    }
}

/// A name cannot stand in a URL; the text says what can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidName(&'static str);

fn is_url_safe(segment: &str) -> bool {
    let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    !matches!(segment, "" | "." | "..") && segment.len() <= 100 && segment.bytes().all(safe)
}

/// A store's own number for a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CollectionKey(pub i64);

/// A collection (TAXII 2.1 §5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Collection {
    /// The store's own number; a new collection gets one when it is added.
    #[serde(skip)]
    pub key: CollectionKey,
    /// The name of its API root.
    pub root: String,
    /// A version 4 UUID.
    pub id: Uuid,
    /// A readable name that URLs may use, unique in the API root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// A name for people.
    pub title: String,
    /// More words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// May anybody read it without an account?
    pub anonymous_read: bool,
    /// Does everybody who has logged in see that it exists, also without a grant?
    #[serde(default)]
    pub listed: bool,
    /// The editions of STIX that it takes, oldest first.
    pub spec_versions: Vec<SpecVersion>,
    /// How closely it looks at what is added.
    pub ingest: Ingest,
    /// How long it keeps objects.
    pub retention: Retention,
    /// What the markings of its objects mean.
    #[serde(default)]
    pub markings: Markings,
}

impl Collection {
    /// A collection with a random `id` that takes STIX 2.1 and is nobody's to read yet.
    ///
    /// # Errors
    /// The alias cannot stand in a URL or looks like an `id` (AMB-26).
    pub fn new(root: &str, alias: Option<&str>, title: &str) -> Result<Self, InvalidName> {
        if let Some(alias) = alias {
            check_alias(alias)?;
        }
        Ok(Self {
            key: CollectionKey(0),
            root: root.trim_matches('/').to_owned(),
            id: Uuid::new_v4(),
            alias: alias.map(str::to_owned),
            title: title.to_owned(),
            description: None,
            anonymous_read: false,
            listed: false,
            spec_versions: vec![SpecVersion::V2_1],
            ingest: Ingest::default(),
            retention: Retention::default(),
            markings: Markings::default(),
        })
    }

    /// How people call it: `api1/indicators`, or with its `id` if it has no alias.
    #[must_use]
    pub fn name(&self) -> String {
        let own = self.alias.clone().unwrap_or_else(|| self.id.to_string());
        if self.root.is_empty() { own } else { format!("{}/{own}", self.root) }
    }
}

pub(crate) fn check_alias(alias: &str) -> Result<(), InvalidName> {
    match is_url_safe(alias) && Uuid::try_parse(alias).is_err() {
        true => Ok(()),
        false => Err(InvalidName("an alias has a-z, A-Z, 0-9, '-', '_', '.' and '~', and is no UUID")),
    }
}

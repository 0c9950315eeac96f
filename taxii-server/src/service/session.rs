use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use taxii_model::{
    ApiRoot as ApiRootResource, Collection as CollectionResource, Collections, Discovery, Status, media_type,
};
use uuid::Uuid;

use super::{ErrorKind, Result, Service, ServiceError, Settings, Statistics};
use crate::auth::{Caller, Origin};
use crate::store::{ApiRoot, Collection, CollectionKey, Directory, Mark, Rights};

/// One request of one caller.
pub struct Session<'s> {
    pub(super) service: &'s Service,
    directory: Arc<Directory>,
    caller: Arc<Caller>,
    origin: Origin,
    /// How far the collection that the request is about had come when the request began; good for one answer.
    mark: Mutex<Option<(CollectionKey, Mark)>>,
    /// When the request began: whatever is asked is asked later.
    pub(super) began: Instant,
}

/// A collection that the caller may see, and what it may do with it.
#[derive(Clone, Debug)]
pub struct Reach<'d> {
    /// The API root.
    pub root: &'d ApiRoot,
    /// The collection.
    pub collection: &'d Collection,
    /// The caller's rights; `list` is among them.
    pub rights: Rights,
}

impl<'s> Session<'s> {
    pub(super) fn new(
        service: &'s Service,
        directory: Arc<Directory>,
        caller: Arc<Caller>,
        origin: Origin,
        (began, mark): (Instant, Option<(CollectionKey, Mark)>),
    ) -> Self {
        Self { service, directory, caller, origin, mark: Mutex::new(mark), began }
    }

    /// How far the collection has come.
    pub(super) async fn mark(&self, collection: CollectionKey) -> crate::store::Result<Mark> {
        let known = self.mark.lock().unwrap_or_else(PoisonError::into_inner).take();
        match known {
            Some((of, mark)) if of == collection => Ok(mark),
            _ => self.service.store.mark(collection).await,
        }
    }

    /// What the operator decided.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.service.settings
    }

    /// Who is calling.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The caller, to keep.
    pub(super) fn shared_caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// Where the request comes from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// All API roots and collections, also those that the caller may not see.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Absent or hidden: whoever has not logged in is asked to, whichever it is (AMB-23).
    #[must_use]
    pub fn hidden(&self) -> ServiceError {
        if self.caller.is_anonymous() { ServiceError::unauthorized() } else { ServiceError::not_found() }
    }

    /// The discovery resource, cut to what the caller may see (TAXII 2.1 §4.1).
    ///
    /// # Errors
    /// [`ErrorKind::Unauthorized`] for a caller without credentials, unless something is open to everybody
    /// and the operator lets discovery say so.
    pub fn discovery(&self) -> Result<Discovery> {
        let roots: Vec<&ApiRoot> = self.directory.roots.iter().filter(|root| self.sees(root)).collect();
        let settings = &self.service.settings;
        if self.caller.is_anonymous() && (roots.is_empty() || !settings.anonymous_discovery) {
            return Err(ServiceError::unauthorized());
        }
        Ok(Discovery {
            title: settings.title.clone(),
            description: settings.description.clone(),
            contact: settings.contact.clone(),
            default: roots.iter().find(|root| root.default).map(|root| self.url(root)),
            api_roots: roots.iter().map(|root| self.url(root)).collect(),
        })
    }

    /// The URL of an API root: absolute if the server knows its own name, else a path.
    #[must_use]
    pub fn url(&self, root: &ApiRoot) -> String {
        let settings = &self.service.settings;
        format!("{}{}{}", settings.public_url.as_deref().unwrap_or_default(), settings.prefix, root.path())
    }

    fn sees(&self, root: &ApiRoot) -> bool {
        self.caller.admin || self.directory.collections_of(&root.name).any(|collection| self.rights(collection).list)
    }

    fn rights(&self, collection: &Collection) -> Rights {
        self.service.access.rights(&self.caller, collection)
    }

    /// The id of this server.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if the store keeps none.
    pub async fn server_id(&self) -> Result<String> {
        self.service.server_id().await
    }

    /// The API root of this name, if the caller may see it.
    ///
    /// # Errors
    /// [`Session::hidden`] otherwise.
    pub fn root(&self, name: &str) -> Result<&ApiRoot> {
        self.directory.root(name).filter(|root| self.sees(root)).ok_or_else(|| self.hidden())
    }

    /// The api-root resource (TAXII 2.1 §4.2).
    #[must_use]
    pub fn root_resource(&self, root: &ApiRoot) -> ApiRootResource {
        ApiRootResource {
            title: root.title.clone(),
            description: root.description.clone(),
            versions: vec![media_type::TAXII.to_owned()],
            max_content_length: root.max_content_length,
        }
    }

    /// The collections of a root that the caller may see, in order of `id` (TAXII 2.1 §5.1).
    #[must_use]
    pub fn collections(&self, root: &ApiRoot) -> Collections {
        let collections =
            self.directory.collections_of(&root.name).map(|collection| (collection, self.rights(collection)));
        Collections {
            collections: collections.filter(|(_, rights)| rights.list).map(|(c, rights)| resource(c, rights)).collect(),
        }
    }

    /// The collection that a URL means, by `id` or alias, if the caller may see it.
    ///
    /// # Errors
    /// [`Session::hidden`] otherwise.
    pub fn collection(&self, root: &str, name: &str) -> Result<Reach<'_>> {
        // Who may see the collection may see its root.
        let root = self.directory.root(root).ok_or_else(|| self.hidden())?;
        let collection = self.directory.collection(&root.name, name).ok_or_else(|| self.hidden())?;
        match self.rights(collection) {
            rights if rights.list => Ok(Reach { root, collection, rights }),
            _ => Err(self.hidden()),
        }
    }

    /// The status of an earlier submission by the same caller; administrators see everybody's.
    ///
    /// # Errors
    /// [`Session::hidden`] if there is none, no longer, or it is somebody else's.
    pub async fn status(&self, root: &ApiRoot, id: &str) -> Result<Status> {
        let id = Uuid::try_parse(id).map_err(|_| self.hidden())?;
        match self.service.store.status(&root.name, id).await? {
            Some((status, caller)) if self.caller.admin || self.caller.name.as_ref() == Some(&caller) => Ok(status),
            _ => Err(self.hidden()),
        }
    }
}

impl Session<'_> {
    /// The collections that the caller may manage, be it as an administrator or because it was granted to.
    pub fn managed(&self) -> impl Iterator<Item = &Collection> {
        self.directory.collections.iter().filter(|collection| self.rights(collection).manage)
    }

    /// Fails unless the caller is an administrator or may manage some collection, as if there was nothing.
    ///
    /// # Errors
    /// [`Session::hidden`].
    pub fn must_manage_something(&self) -> Result<()> {
        if self.caller.admin || self.managed().next().is_some() { Ok(()) } else { Err(self.hidden()) }
    }

    /// Fails unless the caller may use the management API, as if there was nothing.
    ///
    /// # Errors
    /// [`Session::hidden`].
    pub fn must_manage(&self) -> Result<()> {
        if self.caller.admin || self.caller.manages { Ok(()) } else { Err(self.hidden()) }
    }

    /// What every collection holds that the caller may manage, as it was some minutes ago at the most. No part of TAXII.
    ///
    /// # Errors
    /// As [`Session::must_manage_something`]; [`ErrorKind::Unavailable`] while counting takes long: what is counted then is
    /// there for who asks again.
    pub async fn statistics(&self) -> Result<Arc<Statistics>> {
        self.must_manage_something()?;
        let counted = self.service.counted.get(&self.service.store, &self.directory).await?;
        if self.caller.admin {
            return Ok(counted);
        }
        let managed: Vec<Uuid> = self.managed().map(|collection| collection.id).collect();
        let own = counted.collections.iter().filter(|one| managed.contains(&one.id)).cloned().collect();
        Ok(Arc::new(Statistics { as_of: counted.as_of, collections: own }))
    }
}

impl Reach<'_> {
    /// The collection resource, with what this caller may do (TAXII 2.1 §5.2).
    #[must_use]
    pub fn resource(&self) -> CollectionResource {
        resource(self.collection, self.rights)
    }
}

impl Session<'_> {
    /// Fails unless the caller may read the collection.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`]; [`ErrorKind::Unauthorized`] if the caller has not logged in.
    pub fn must_read(&self, reach: &Reach<'_>) -> Result<()> {
        self.must(reach, reach.rights.read, "these credentials may not read this collection")
    }

    /// Fails unless the caller may add objects to the collection.
    ///
    /// # Errors
    /// As [`Session::must_read`].
    pub fn must_write(&self, reach: &Reach<'_>) -> Result<()> {
        self.must(reach, reach.rights.write, "these credentials may not write to this collection")
    }

    /// Fails unless the caller may delete from the collection: that takes the rights to read and to write
    /// (TAXII 2.1 §5.7).
    ///
    /// # Errors
    /// As [`Session::must_read`]; [`Session::hidden`] for a caller with neither right.
    pub fn must_delete(&self, reach: &Reach<'_>) -> Result<()> {
        match (reach.rights.read, reach.rights.write) {
            (false, false) => Err(self.hidden()),
            (true, true) => {
                self.must(reach, reach.rights.delete, "these credentials may not delete from this collection")
            }
            _ => self.must(reach, false, "deleting needs the rights to read and to write this collection"),
        }
    }

    fn must(&self, reach: &Reach<'_>, allowed: bool, otherwise: &'static str) -> Result<()> {
        match allowed {
            true => Ok(()),
            false if self.caller.is_anonymous() => Err(ServiceError::unauthorized()),
            false => {
                self.forbidden(reach, otherwise);
                Err(ServiceError::new(ErrorKind::Forbidden, otherwise))
            }
        }
    }
}

fn resource(collection: &Collection, rights: Rights) -> CollectionResource {
    CollectionResource {
        id: collection.id.to_string(),
        title: collection.title.clone(),
        description: collection.description.clone(),
        alias: collection.alias.clone(),
        can_read: rights.read,
        can_write: rights.write,
        media_types: collection.spec_versions.iter().map(|v| v.media_type().to_owned()).collect(),
    }
}

//! Why an account may do with a collection what it may, and why it sees there what it sees.

use std::sync::Arc;

use serde::Serialize;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{Access, Clearance, Effective, Explained, Grants, explain};
use crate::auth::Caller;
use crate::store::{
    Account, Admin, Collection, Credential, Grant, Identity, Object, Organisation, Result, Rights, Store,
};

/// What an account may do with a collection, with everything that decides it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The account.
    pub account: Account,
    /// The organisation that it belongs to.
    pub organisation: Option<Organisation>,
    /// The groups that it is in.
    pub groups: Vec<String>,
    /// The `id` of the collection.
    pub collection: Uuid,
    /// What it may do with a credential that is good for everything.
    pub rights: Rights,
    /// Which markings it sees; all without one.
    pub clearance: Option<Clearance>,
    /// Its own grants, and those of its groups and its organisation, on the collection or the API root, also those that do not hold any longer.
    pub grants: Vec<Grant>,
    /// What it may do with each of its credentials.
    pub credentials: Vec<Scoped>,
}

/// What somebody may do with a collection who comes with this credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scoped {
    /// The credential.
    pub credential: Credential,
    /// What its scope leaves of the account's rights.
    pub rights: Rights,
    /// Does it let nobody in any longer?
    pub expired: bool,
}

impl Standing {
    /// What this account may do with a collection at this time. `usual` is the clearance of accounts that have none.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn of<S: Store + Admin + ?Sized>(
        store: &S,
        identity: Identity,
        collection: &Collection,
        usual: Option<&Clearance>,
        now: Timestamp,
    ) -> Result<Self> {
        let rights = rights(&identity, collection, now);
        let scoped = |credential: Credential| Scoped {
            rights: rights & credential.scope.rights_to(collection.id),
            expired: credential.is_expired(now),
            credential,
        };
        let credentials = store.credentials(Some(&identity.account.name)).await?;
        let clearance = identity.sees(usual);
        let is_about = |grant: &Grant| match &grant.object {
            Object::Collection(id) => *id == collection.id,
            Object::Root(root) => *root == collection.root,
        };
        let Identity { account, organisation, groups, grants, .. } = identity;
        Ok(Self {
            account,
            organisation,
            groups,
            collection: collection.id,
            rights,
            clearance,
            grants: grants.into_iter().filter(is_about).collect(),
            credentials: credentials.into_iter().map(scoped).collect(),
        })
    }
}

/// What an account sees of an object in a collection, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The name of the account.
    pub account: String,
    /// The `id` of the collection.
    pub collection: Uuid,
    /// The `id` of the object.
    pub object: String,
    /// May it read the collection? If not, it sees nothing, whatever is said of the versions.
    pub may_read: bool,
    /// Which markings it sees; all without one.
    pub clearance: Option<Clearance>,
    /// Each version of the object, oldest first.
    pub versions: Vec<Explained>,
}

impl Seen {
    /// What this account sees of an object at this time. `usual` is the clearance of accounts that have none.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn by<S: Store + ?Sized>(
        store: &S,
        identity: &Identity,
        collection: &Collection,
        object: &str,
        usual: Option<&Clearance>,
        now: Timestamp,
    ) -> Result<Self> {
        let clearance = identity.sees(usual);
        let versions = explain(store, collection, clearance.clone().map(Arc::new).as_ref(), object).await?;
        Ok(Self {
            account: identity.account.name.clone(),
            collection: collection.id,
            object: object.to_owned(),
            may_read: rights(identity, collection, now).read,
            clearance,
            versions,
        })
    }
}

/// What an account may do with all its credentials.
fn rights(identity: &Identity, collection: &Collection, now: Timestamp) -> Rights {
    let effective = Effective::of(identity, now);
    let caller = Caller {
        name: Some(identity.account.name.clone()),
        admin: identity.account.admin,
        grants: effective.collections,
        roots: effective.roots,
        ..Caller::default()
    };
    if identity.is_enabled() { Grants.rights(&caller, collection) } else { Rights::NONE }
}

use async_trait::async_trait;
use uuid::Uuid;

use super::{Account, ApiRoot, Collection, Grant, Key, Result};

/// What administrators change: API roots, collections, accounts, keys and grants.
///
/// `add_…` fails with [`super::StoreError::Taken`] if the name is in use, `set_…` and `remove_…` fail with
/// [`super::StoreError::Missing`] if there is no such thing. Removing takes along what depends on it. Every change moves
/// [`super::Store::revision`].
#[async_trait]
pub trait Admin: Send + Sync + 'static {
    /// Adds an API root; if it is the default one, no other is any longer.
    async fn add_root(&self, root: &ApiRoot) -> Result<()>;
    /// Replaces what is known about the root of this name.
    async fn set_root(&self, root: &ApiRoot) -> Result<()>;
    /// Removes a root with its collections and statuses.
    async fn remove_root(&self, name: &str) -> Result<()>;

    /// Adds a collection to its root; the `key` is ignored.
    async fn add_collection(&self, collection: &Collection) -> Result<()>;
    /// Replaces what is known about the collection of this `id`; it stays in its root.
    async fn set_collection(&self, collection: &Collection) -> Result<()>;
    /// Removes a collection with its objects and grants.
    async fn remove_collection(&self, id: Uuid) -> Result<()>;

    /// Every account, in order of name.
    async fn accounts(&self) -> Result<Vec<Account>>;
    /// The account of this name.
    async fn account(&self, name: &str) -> Result<Option<Account>>;
    /// Adds an account.
    async fn add_account(&self, account: &Account) -> Result<()>;
    /// Replaces what is known about the account of this name.
    async fn set_account(&self, account: &Account) -> Result<()>;
    /// Removes an account with its keys and grants.
    async fn remove_account(&self, name: &str) -> Result<()>;

    /// Every key, in order of account and age.
    async fn keys(&self) -> Result<Vec<Key>>;
    /// The key with this digest.
    async fn key(&self, digest: &str) -> Result<Option<Key>>;
    /// Adds a key to its account.
    async fn add_key(&self, key: &Key) -> Result<()>;
    /// Gives a key another label.
    async fn set_key(&self, id: Uuid, label: &str) -> Result<()>;
    /// Removes a key: it lets nobody in any longer.
    async fn remove_key(&self, id: Uuid) -> Result<()>;

    /// The grants of one account, or of all.
    async fn grants(&self, account: Option<&str>) -> Result<Vec<Grant>>;
    /// Gives an account these rights to a collection, in place of any it had.
    async fn set_grant(&self, grant: &Grant) -> Result<()>;
    /// Takes an account's rights to a collection away.
    async fn remove_grant(&self, account: &str, collection: Uuid) -> Result<()>;
}

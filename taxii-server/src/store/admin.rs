use async_trait::async_trait;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{
    Account, Actor, ApiRoot, Change, Collection, Credential, CredentialKind, Grant, Group, Identity, Member, Object,
    Organisation, Result, Subject, Terms,
};

/// What administrators ask for and change: API roots, collections, organisations, groups, accounts, credentials and grants.
///
/// The methods from [`Admin::add_root`] on are short ways to make one [`Change`], in the name of the program itself.
#[async_trait]
pub trait Admin: Send + Sync + 'static {
    /// Makes these changes in their order: all of them, or none if one fails. It moves [`super::Store::revision`].
    async fn change(&self, by: &Actor, changes: &[Change]) -> Result<()> {
        self.change_if(by, changes, Terms::default()).await
    }
    /// As [`Admin::change`], under conditions.
    async fn change_if(&self, by: &Actor, changes: &[Change], terms: Terms) -> Result<()>;

    /// Every organisation, in order of name.
    async fn organisations(&self) -> Result<Vec<Organisation>>;
    /// Every group, in order of name.
    async fn groups(&self) -> Result<Vec<Group>>;
    /// Who is in which group, in order of group and account.
    async fn members(&self) -> Result<Vec<Member>>;
    /// Every account, in order of name.
    async fn accounts(&self) -> Result<Vec<Account>>;
    /// So many accounts behind this name, in order of name.
    async fn accounts_after(&self, name: Option<&str>, limit: usize) -> Result<Vec<Account>> {
        let mut all = self.accounts().await?;
        all.retain(|account| name.is_none_or(|name| account.name.as_str() > name));
        all.truncate(limit);
        Ok(all)
    }
    /// The account of this name.
    async fn account(&self, name: &str) -> Result<Option<Account>>;
    /// The account of this name with all that decides what it may do.
    async fn identity(&self, account: &str) -> Result<Option<Identity>>;
    /// The credentials of one account, or of all, in order of account, age and `id`.
    async fn credentials(&self, account: Option<&str>) -> Result<Vec<Credential>>;
    /// The credential that is recognised by this: see [`Credential::secret`]. Passwords are not.
    async fn credential(&self, kind: CredentialKind, secret: &str) -> Result<Option<Credential>>;
    /// The grants of one subject, or of all, in order of the subject's kind and name and of the object's kind and name.
    async fn grants(&self, subject: Option<&Subject>) -> Result<Vec<Grant>>;

    /// Remembers when a credential was used, if it is there. Nobody waits for this, and it does not move
    /// [`super::Store::revision`].
    async fn used(&self, credential: Uuid, at: Timestamp) -> Result<()>;

    /// [`Change::AddRoot`].
    async fn add_root(&self, root: &ApiRoot) -> Result<()> {
        self.change(&Actor::system(), &[Change::AddRoot(root.clone())]).await
    }
    /// [`Change::SetRoot`].
    async fn set_root(&self, root: &ApiRoot) -> Result<()> {
        self.change(&Actor::system(), &[Change::SetRoot(root.clone())]).await
    }
    /// [`Change::RemoveRoot`].
    async fn remove_root(&self, name: &str) -> Result<()> {
        self.change(&Actor::system(), &[Change::RemoveRoot { name: name.to_owned() }]).await
    }
    /// [`Change::AddCollection`].
    async fn add_collection(&self, collection: &Collection) -> Result<()> {
        self.change(&Actor::system(), &[Change::AddCollection(collection.clone())]).await
    }
    /// [`Change::SetCollection`].
    async fn set_collection(&self, collection: &Collection) -> Result<()> {
        self.change(&Actor::system(), &[Change::SetCollection(collection.clone())]).await
    }
    /// [`Change::RemoveCollection`].
    async fn remove_collection(&self, id: Uuid) -> Result<()> {
        self.change(&Actor::system(), &[Change::RemoveCollection { id }]).await
    }
    /// [`Change::AddAccount`].
    async fn add_account(&self, account: &Account) -> Result<()> {
        self.change(&Actor::system(), &[Change::AddAccount(account.clone())]).await
    }
    /// [`Change::SetAccount`].
    async fn set_account(&self, account: &Account) -> Result<()> {
        self.change(&Actor::system(), &[Change::SetAccount(account.clone())]).await
    }
    /// [`Change::RemoveAccount`].
    async fn remove_account(&self, name: &str) -> Result<()> {
        self.change(&Actor::system(), &[Change::RemoveAccount { name: name.to_owned() }]).await
    }
    /// [`Change::AddCredential`].
    async fn add_credential(&self, credential: &Credential) -> Result<()> {
        self.change(&Actor::system(), &[Change::AddCredential(credential.clone())]).await
    }
    /// [`Change::RevokeCredential`].
    async fn revoke_credential(&self, id: Uuid) -> Result<()> {
        self.change(&Actor::system(), &[Change::RevokeCredential { id }]).await
    }
    /// [`Change::SetGrant`].
    async fn set_grant(&self, grant: &Grant) -> Result<()> {
        self.change(&Actor::system(), &[Change::SetGrant(grant.clone())]).await
    }
    /// [`Change::RemoveGrant`].
    async fn remove_grant(&self, subject: &Subject, object: &Object) -> Result<()> {
        self.change(&Actor::system(), &[Change::RemoveGrant { subject: subject.clone(), object: object.clone() }]).await
    }
}

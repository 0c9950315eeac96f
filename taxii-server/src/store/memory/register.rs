use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::store::{
    Account, ApiRoot, Change, Collection, CollectionKey, Credential, CredentialKind, Directory, Grant, Group, Identity,
    Member, Object, Organisation, PASSWORDS, Result, StoreError, Subject,
};

/// Everything that administrators change.
#[derive(Clone, Default)]
pub(super) struct Register {
    /// A number is never given to a second collection: what is remembered of the first would be taken for the second's.
    collections_made: i64,
    pub(super) directory: Directory,
    pub(super) organisations: BTreeMap<String, Organisation>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) members: BTreeSet<Member>,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) credentials: BTreeMap<Uuid, Credential>,
    pub(super) grants: BTreeMap<(Subject, Object), Grant>,
}

fn must(is: bool, what: impl FnOnce() -> String) -> Result<()> {
    if is { Ok(()) } else { Err(StoreError::Missing(what())) }
}

fn free(taken: bool, what: impl FnOnce() -> String) -> Result<()> {
    if taken { Err(StoreError::Taken(what())) } else { Ok(()) }
}

/// Adds what has no name in the map yet.
fn add<T: Clone>(map: &mut BTreeMap<String, T>, name: &str, kind: &str, item: &T) -> Result<()> {
    free(map.contains_key(name), || format!("{kind} {name}"))?;
    map.insert(name.to_owned(), item.clone());
    Ok(())
}

/// Replaces what has this name in the map.
fn set<T: Clone>(map: &mut BTreeMap<String, T>, name: &str, kind: &str, item: &T) -> Result<()> {
    item.clone_into(map.get_mut(name).ok_or_else(|| StoreError::Missing(format!("{kind} {name}")))?);
    Ok(())
}

impl Register {
    pub(super) fn apply(&mut self, change: &Change) -> Result<()> {
        match change {
            Change::AddRoot(root) => self.add_root(root),
            Change::SetRoot(root) => self.set_root(root),
            Change::RemoveRoot { name } => self.remove_root(name),
            Change::AddCollection(collection) => self.add_collection(collection),
            Change::SetCollection(collection) => self.set_collection(collection),
            Change::RemoveCollection { id } => self.remove_collection(*id),
            Change::AddOrganisation(of) => add(&mut self.organisations, &of.name, "an organisation", of),
            Change::SetOrganisation(of) => set(&mut self.organisations, &of.name, "organisation", of),
            Change::RemoveOrganisation { name } => self.remove_organisation(name),
            Change::AddGroup(group) => add(&mut self.groups, &group.name, "a group", group),
            Change::SetGroup(group) => set(&mut self.groups, &group.name, "group", group),
            Change::RemoveGroup { name } => {
                must(self.groups.remove(name).is_some(), || format!("group {name}"))?;
                self.members.retain(|member| member.group != *name);
                self.forget(&Subject::Group(name.clone()));
                Ok(())
            }
            Change::AddMember(member) => self.add_member(member),
            Change::RemoveMember(member) => {
                must(self.members.remove(member), || format!("account {} in {}", member.account, member.group))
            }
            Change::AddAccount(account) => {
                self.organisation_must_exist(account)?;
                add(&mut self.accounts, &account.name, "an account", account)
            }
            Change::SetAccount(account) => {
                self.organisation_must_exist(account)?;
                set(&mut self.accounts, &account.name, "account", account)
            }
            Change::RemoveAccount { name } => self.remove_account(name),
            Change::AddCredential(credential) => self.add_credential(credential),
            Change::SetCredential { id, name, expires, scope } => {
                let missing = || StoreError::Missing(format!("credential {id}"));
                let known = self.credentials.get_mut(id).ok_or_else(missing)?;
                (known.name, known.expires, known.scope) = (name.clone(), *expires, scope.clone());
                Ok(())
            }
            Change::RevokeCredential { id } => {
                must(self.credentials.remove(id).is_some(), || format!("credential {id}"))
            }
            Change::SetGrant(grant) => {
                self.must_exist(&grant.subject)?;
                self.object_must_exist(&grant.object)?;
                self.grants.insert((grant.subject.clone(), grant.object.clone()), grant.clone());
                Ok(())
            }
            Change::RemoveGrant { subject, object } => {
                let grant = self.grants.remove(&(subject.clone(), object.clone()));
                must(grant.is_some(), || format!("grant of {subject} on {object}"))
            }
        }
    }

    /// The account of this name with all that decides what it may do.
    pub(super) fn identity(&self, name: &str) -> Option<Identity> {
        let account = self.accounts.get(name)?.clone();
        let organisation = account.organisation.as_ref().and_then(|name| self.organisations.get(name)).cloned();
        let groups = self.members.iter().filter(|member| member.account == name).map(|member| member.group.clone());
        let mut identity = Identity { organisation, groups: groups.collect(), account, grants: Vec::new() };
        for subject in identity.subjects().collect::<Vec<_>>() {
            identity.grants.extend(self.grants.values().filter(|grant| grant.subject == subject).cloned());
        }
        Some(identity)
    }

    fn make_default(&mut self, root: &ApiRoot) {
        if root.default {
            self.directory.roots.iter_mut().for_each(|r| r.default = r.name == root.name);
        }
    }

    fn add_root(&mut self, root: &ApiRoot) -> Result<()> {
        free(self.directory.root(&root.name).is_some(), || format!("an API root {}", root.path()))?;
        self.directory.roots.push(root.clone());
        self.directory.roots.sort_by(|a, b| a.name.cmp(&b.name));
        self.make_default(root);
        Ok(())
    }

    fn set_root(&mut self, root: &ApiRoot) -> Result<()> {
        let known = self.directory.roots.iter_mut().find(|known| known.name == root.name);
        root.clone_into(known.ok_or_else(|| StoreError::Missing(format!("API root {}", root.path())))?);
        self.make_default(root);
        Ok(())
    }

    fn remove_root(&mut self, name: &str) -> Result<()> {
        must(self.directory.root(name).is_some(), || format!("API root /{name}/"))?;
        let gone: Vec<Uuid> = self.directory.collections_of(name).map(|collection| collection.id).collect();
        gone.into_iter().try_for_each(|id| self.remove_collection(id))?;
        self.directory.roots.retain(|root| root.name != name);
        self.grants.retain(|(_, object), _| *object != Object::Root(name.to_owned()));
        Ok(())
    }

    fn check_alias(&self, collection: &Collection) -> Result<()> {
        let others = self.directory.collections_of(&collection.root).filter(|other| other.id != collection.id);
        let taken = collection.alias.is_some() && others.into_iter().any(|other| other.alias == collection.alias);
        free(taken, || format!("a collection with the alias {}", collection.alias.as_deref().unwrap_or_default()))
    }

    fn add_collection(&mut self, collection: &Collection) -> Result<()> {
        self.object_must_exist(&Object::Root(collection.root.clone()))?;
        free(self.directory.collections.iter().any(|c| c.id == collection.id), || {
            format!("a collection {}", collection.id)
        })?;
        self.check_alias(collection)?;
        self.collections_made += 1;
        let key = CollectionKey(self.collections_made);
        self.directory.collections.push(Collection { key, ..collection.clone() });
        self.directory.collections.sort_by_key(|c| c.id);
        Ok(())
    }

    fn set_collection(&mut self, collection: &Collection) -> Result<()> {
        let missing = || StoreError::Missing(format!("collection {}", collection.id));
        let at = self.directory.collections.iter().position(|c| c.id == collection.id).ok_or_else(missing)?;
        let known = self.directory.collections.get(at).ok_or_else(missing)?;
        let changed = Collection { key: known.key, root: known.root.clone(), ..collection.clone() };
        self.check_alias(&changed)?;
        *self.directory.collections.get_mut(at).ok_or_else(missing)? = changed;
        Ok(())
    }

    fn remove_collection(&mut self, id: Uuid) -> Result<()> {
        self.object_must_exist(&Object::Collection(id))?;
        self.directory.collections.retain(|collection| collection.id != id);
        self.grants.retain(|(_, object), _| *object != Object::Collection(id));
        Ok(())
    }

    fn remove_organisation(&mut self, name: &str) -> Result<()> {
        let used = self.accounts.values().any(|account| account.organisation.as_deref() == Some(name));
        free(used, || format!("something in the organisation {name}: accounts belong to it"))?;
        must(self.organisations.remove(name).is_some(), || format!("organisation {name}"))?;
        self.forget(&Subject::Organisation(name.to_owned()));
        Ok(())
    }

    fn add_member(&mut self, member: &Member) -> Result<()> {
        self.must_exist(&Subject::Group(member.group.clone()))?;
        self.must_exist(&Subject::Account(member.account.clone()))?;
        free(!self.members.insert(member.clone()), || format!("the account {} in {}", member.account, member.group))
    }

    fn remove_account(&mut self, name: &str) -> Result<()> {
        must(self.accounts.remove(name).is_some(), || format!("account {name}"))?;
        self.members.retain(|member| member.account != name);
        self.credentials.retain(|_, credential| credential.account != name);
        self.forget(&Subject::Account(name.to_owned()));
        Ok(())
    }

    fn add_credential(&mut self, credential: &Credential) -> Result<()> {
        self.must_exist(&Subject::Account(credential.account.clone()))?;
        let same_kind = |other: &&Credential| other.kind == credential.kind;
        let mut others = self.credentials.values().filter(same_kind);
        if credential.kind == CredentialKind::Password {
            let own = others.filter(|other| other.account == credential.account);
            let good = own.filter(|other| !other.is_expired(credential.created)).count();
            free(good >= PASSWORDS, || format!("a password of {} beside another one", credential.account))?;
        } else {
            free(others.any(|other| other.secret == credential.secret), || format!("{credential}, or the same"))?;
        }
        free(self.credentials.contains_key(&credential.id), || format!("a credential {}", credential.id))?;
        self.credentials.insert(credential.id, credential.clone());
        Ok(())
    }

    fn forget(&mut self, subject: &Subject) {
        self.grants.retain(|(of, _), _| of != subject);
    }

    fn organisation_must_exist(&self, account: &Account) -> Result<()> {
        account.organisation.as_ref().map_or(Ok(()), |name| self.must_exist(&Subject::Organisation(name.clone())))
    }

    fn must_exist(&self, subject: &Subject) -> Result<()> {
        let found = match subject {
            Subject::Account(name) => self.accounts.contains_key(name),
            Subject::Group(name) => self.groups.contains_key(name),
            Subject::Organisation(name) => self.organisations.contains_key(name),
        };
        must(found, || format!("{} {}", subject.kind(), subject.name()))
    }

    fn object_must_exist(&self, object: &Object) -> Result<()> {
        let found = match object {
            Object::Root(name) => self.directory.root(name).is_some(),
            Object::Collection(id) => self.directory.collections.iter().any(|collection| collection.id == *id),
        };
        must(found, || object.to_string())
    }
}

use async_trait::async_trait;
use uuid::Uuid;

use super::{Contents, MemoryStore, State};
use crate::store::{Account, Admin, ApiRoot, Collection, CollectionKey, Grant, Key, Result, StoreError};

/// The item that `is` describes, or an error that names what is missing.
fn find<T>(items: &mut [T], is: impl Fn(&T) -> bool, what: impl FnOnce() -> String) -> Result<&mut T> {
    items.iter_mut().find(|item| is(item)).ok_or_else(|| StoreError::Missing(what()))
}

/// Removes the item that `is` describes, or fails with an error that names what is missing.
fn remove<T>(items: &mut Vec<T>, is: impl Fn(&T) -> bool, what: impl FnOnce() -> String) -> Result<()> {
    let before = items.len();
    items.retain(|item| !is(item));
    if items.len() == before { Err(StoreError::Missing(what())) } else { Ok(()) }
}

fn free(taken: bool, what: impl FnOnce() -> String) -> Result<()> {
    if taken { Err(StoreError::Taken(what())) } else { Ok(()) }
}

impl State {
    fn make_default(&mut self, root: &ApiRoot) {
        if root.default {
            self.directory.roots.iter_mut().for_each(|r| r.default = r.name == root.name);
        }
    }

    fn check_alias(&self, collection: &Collection) -> Result<()> {
        let taken = collection.alias.is_some()
            && self
                .directory
                .collections_of(&collection.root)
                .any(|c| c.id != collection.id && c.alias == collection.alias);
        free(taken, || format!("a collection with the alias {}", collection.alias.as_deref().unwrap_or_default()))
    }
}

#[async_trait]
impl Admin for MemoryStore {
    async fn add_root(&self, root: &ApiRoot) -> Result<()> {
        self.change(|state| {
            free(state.directory.root(&root.name).is_some(), || format!("an API root {}", root.path()))?;
            state.directory.roots.push(root.clone());
            state.directory.roots.sort_by(|a, b| a.name.cmp(&b.name));
            state.make_default(root);
            Ok(())
        })
    }

    async fn set_root(&self, root: &ApiRoot) -> Result<()> {
        self.change(|state| {
            *find(&mut state.directory.roots, |r| r.name == root.name, || format!("API root {}", root.path()))? =
                root.clone();
            state.make_default(root);
            Ok(())
        })
    }

    async fn remove_root(&self, name: &str) -> Result<()> {
        self.change(|state| {
            remove(&mut state.directory.roots, |r| r.name == name, || format!("API root /{name}/"))?;
            let (gone, kept) = state.directory.collections.drain(..).partition(|c| c.root == name);
            state.directory.collections = kept;
            let gone: Vec<Collection> = gone;
            state.contents.retain(|key, _| !gone.iter().any(|c| c.key == *key));
            state.grants.retain(|grant| !gone.iter().any(|c| c.id == grant.collection));
            state.statuses.retain(|_, (root, ..)| root != name);
            Ok(())
        })
    }

    async fn add_collection(&self, collection: &Collection) -> Result<()> {
        self.change(|state| {
            if state.directory.root(&collection.root).is_none() {
                return Err(StoreError::Missing(format!("API root /{}/", collection.root)));
            }
            free(state.directory.collections.iter().any(|c| c.id == collection.id), || {
                format!("a collection {}", collection.id)
            })?;
            state.check_alias(collection)?;
            state.collections_made += 1;
            let key = CollectionKey(state.collections_made);
            state.directory.collections.push(Collection { key, ..collection.clone() });
            state.directory.collections.sort_by_key(|c| c.id);
            state.contents.insert(key, Contents::default());
            Ok(())
        })
    }

    async fn set_collection(&self, collection: &Collection) -> Result<()> {
        self.change(|state| {
            let is = |c: &Collection| c.id == collection.id;
            let known = find(&mut state.directory.collections, is, || format!("collection {}", collection.id))?;
            let changed = Collection { key: known.key, root: known.root.clone(), ..collection.clone() };
            state.check_alias(&changed)?;
            *find(&mut state.directory.collections, is, || format!("collection {}", collection.id))? = changed;
            Ok(())
        })
    }

    async fn remove_collection(&self, id: Uuid) -> Result<()> {
        self.change(|state| {
            let key = find(&mut state.directory.collections, |c| c.id == id, || format!("collection {id}"))?.key;
            state.directory.collections.retain(|c| c.id != id);
            state.contents.remove(&key);
            state.grants.retain(|grant| grant.collection != id);
            Ok(())
        })
    }

    async fn accounts(&self) -> Result<Vec<Account>> {
        Ok(self.state().accounts.clone())
    }

    async fn account(&self, name: &str) -> Result<Option<Account>> {
        Ok(self.state().accounts.iter().find(|a| a.name == name).cloned())
    }

    async fn add_account(&self, account: &Account) -> Result<()> {
        self.change(|state| {
            free(state.accounts.iter().any(|a| a.name == account.name), || format!("an account {}", account.name))?;
            state.accounts.push(account.clone());
            state.accounts.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(())
        })
    }

    async fn set_account(&self, account: &Account) -> Result<()> {
        self.change(|state| {
            *find(&mut state.accounts, |a| a.name == account.name, || format!("account {}", account.name))? =
                account.clone();
            Ok(())
        })
    }

    async fn remove_account(&self, name: &str) -> Result<()> {
        self.change(|state| {
            remove(&mut state.accounts, |a| a.name == name, || format!("account {name}"))?;
            state.keys.retain(|key| key.account != name);
            state.grants.retain(|grant| grant.account != name);
            Ok(())
        })
    }

    async fn keys(&self) -> Result<Vec<Key>> {
        let mut keys = self.state().keys.clone();
        keys.sort_by(|a, b| (&a.account, a.created, a.id).cmp(&(&b.account, b.created, b.id)));
        Ok(keys)
    }

    async fn key(&self, digest: &str) -> Result<Option<Key>> {
        Ok(self.state().keys.iter().find(|key| key.digest == digest).cloned())
    }

    async fn add_key(&self, key: &Key) -> Result<()> {
        self.change(|state| {
            find(&mut state.accounts, |a| a.name == key.account, || format!("account {}", key.account))?;
            let taken = state.keys.iter().any(|known| known.id == key.id || known.digest == key.digest);
            free(taken, || format!("a key {}, or the same secret", key.id))?;
            state.keys.push(key.clone());
            Ok(())
        })
    }

    async fn set_key(&self, id: Uuid, label: &str) -> Result<()> {
        self.change(|state| {
            label.clone_into(&mut find(&mut state.keys, |key| key.id == id, || format!("key {id}"))?.label);
            Ok(())
        })
    }

    async fn remove_key(&self, id: Uuid) -> Result<()> {
        self.change(|state| remove(&mut state.keys, |key| key.id == id, || format!("key {id}")))
    }

    async fn grants(&self, account: Option<&str>) -> Result<Vec<Grant>> {
        let mut grants = self.state().grants.clone();
        grants.retain(|grant| account.is_none_or(|name| grant.account == name));
        grants.sort_by(|a, b| (&a.account, a.collection).cmp(&(&b.account, b.collection)));
        Ok(grants)
    }

    async fn set_grant(&self, grant: &Grant) -> Result<()> {
        self.change(|state| {
            find(&mut state.accounts, |a| a.name == grant.account, || format!("account {}", grant.account))?;
            find(
                &mut state.directory.collections,
                |c| c.id == grant.collection,
                || format!("collection {}", grant.collection),
            )?;
            state.grants.retain(|g| (&g.account, g.collection) != (&grant.account, grant.collection));
            state.grants.push(grant.clone());
            Ok(())
        })
    }

    async fn remove_grant(&self, account: &str, collection: Uuid) -> Result<()> {
        self.change(|state| {
            let is = |g: &Grant| g.account == account && g.collection == collection;
            remove(&mut state.grants, is, || format!("grant of {account} to collection {collection}"))
        })
    }
}

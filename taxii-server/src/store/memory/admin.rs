use async_trait::async_trait;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{MemoryStore, State};
use crate::audit::{self, Chain, Record};
use crate::store::{
    Account, Actor, Admin, Change, CollectionKey, Credential, CredentialKind, Grant, Group, Identity, Member,
    Organisation, Partner, Result, Subject, Terms,
};

impl State {
    fn make(
        &mut self,
        changes: &[Change],
        records: Option<(&Chain, Vec<Record>)>,
        now: Timestamp,
        terms: Terms,
    ) -> Result<()> {
        terms.must_hold(self.revision)?;
        let mut register = self.register.clone();
        changes.iter().try_for_each(|change| register.apply(change))?;
        terms.must_stay()?;
        if let Some((chain, records)) = records {
            self.remembered.append(chain, records)?;
        }
        self.register = register;
        for change in changes {
            match change {
                Change::RemoveRoot { name } => self.statuses.retain(|_, (root, ..)| root != name),
                Change::RemoveAccount { name } => {
                    self.statuses.retain(|_, (_, caller, _)| caller != name);
                    self.partners.retain(|partner| partner.holder != Partner::account(name));
                }
                Change::RemoveOrganisation { name } => {
                    self.partners.retain(|partner| partner.holder != Partner::organisation(name));
                }
                _ => {}
            }
        }
        let there = |key: &CollectionKey| self.register.directory.collections.iter().any(|c| c.key == *key);
        let gone: Vec<CollectionKey> = self.contents.keys().copied().filter(|key| !there(key)).collect();
        for key in gone {
            self.bury(key, now, |_| true);
        }
        let collections = &self.register.directory.collections;
        self.contents.retain(|key, _| collections.iter().any(|collection| collection.key == *key));
        for collection in collections {
            self.contents.entry(collection.key).or_default();
        }
        self.revision += 1;
        Ok(())
    }
}

#[async_trait]
impl Admin for MemoryStore {
    async fn change_if(&self, by: &Actor, changes: &[Change], terms: Terms) -> Result<()> {
        let now = (self.clock)();
        let records = self.chain.as_ref().map(|chain| (chain, audit::changes(now, by, changes)));
        terms.told(self.state().make(changes, records, now, terms))
    }

    async fn organisations(&self) -> Result<Vec<Organisation>> {
        Ok(self.state().register.organisations.values().cloned().collect())
    }

    async fn groups(&self) -> Result<Vec<Group>> {
        Ok(self.state().register.groups.values().cloned().collect())
    }

    async fn members(&self) -> Result<Vec<Member>> {
        Ok(self.state().register.members.iter().cloned().collect())
    }

    async fn accounts(&self) -> Result<Vec<Account>> {
        Ok(self.state().register.accounts.values().cloned().collect())
    }

    async fn account(&self, name: &str) -> Result<Option<Account>> {
        Ok(self.state().register.accounts.get(name).cloned())
    }

    async fn identity(&self, account: &str) -> Result<Option<Identity>> {
        Ok(self.state().register.identity(account))
    }

    async fn credentials(&self, account: Option<&str>) -> Result<Vec<Credential>> {
        let state = self.state();
        let all = state.register.credentials.values();
        let mut own: Vec<_> = all.filter(|one| account.is_none_or(|name| one.account == name)).cloned().collect();
        own.sort_by(|a, b| (&a.account, a.created, a.id).cmp(&(&b.account, b.created, b.id)));
        Ok(own)
    }

    async fn credential(&self, kind: CredentialKind, secret: &str) -> Result<Option<Credential>> {
        if kind == CredentialKind::Password {
            return Ok(None);
        }
        let state = self.state();
        let mut all = state.register.credentials.values();
        Ok(all.find(|known| known.kind == kind && known.secret == secret).cloned())
    }

    async fn grants(&self, subject: Option<&Subject>) -> Result<Vec<Grant>> {
        let state = self.state();
        let all = state.register.grants.values();
        Ok(all.filter(|grant| subject.is_none_or(|of| grant.subject == *of)).cloned().collect())
    }

    async fn used(&self, credential: Uuid, at: Timestamp) -> Result<()> {
        if let Some(known) = self.state().register.credentials.get_mut(&credential) {
            known.last_used = Some(at);
        }
        Ok(())
    }
}

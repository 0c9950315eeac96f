//! What administrators and log-ins ask about who may do what. The text is the same for every engine, whose module includes this
//! file and says what its `Connection` and its `Engine` are.

use async_trait::async_trait;
use diesel::Connection as _;
use diesel::prelude::*;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{Connection, Engine};
use crate::store::schema::{accounts, credentials, grants, group_members, groups, organisations};
use crate::store::sql::identity_rows::{AccountRow, CredentialRow, GrantRow, GroupRow, MemberRow, OrganisationRow};
use crate::store::{
    Account, Actor, Admin, Change, Credential, CredentialKind, Grant, Group, Identity, Member, Organisation, Result,
    Subject, Terms,
};

/// PostgreSQL refuses to be asked for such a name.
fn cannot_be(name: &str) -> bool {
    name.contains('\0')
}

#[async_trait]
impl Admin for Engine {
    async fn change_if(&self, by: &Actor, changes: &[Change], terms: Terms) -> Result<()> {
        self.make(by.clone(), changes.to_vec(), terms).await
    }

    async fn organisations(&self) -> Result<Vec<Organisation>> {
        self.read(|c| {
            let rows: Vec<OrganisationRow> = organisations::table.order(organisations::name).load(c)?;
            rows.into_iter().map(Organisation::try_from).collect()
        })
        .await
    }

    async fn groups(&self) -> Result<Vec<Group>> {
        self.read(|c| {
            let rows: Vec<GroupRow> = groups::table.order(groups::name).load(c)?;
            Ok(rows.into_iter().map(Group::from).collect())
        })
        .await
    }

    async fn members(&self) -> Result<Vec<Member>> {
        self.read(members).await
    }

    async fn accounts(&self) -> Result<Vec<Account>> {
        self.read(accounts).await
    }

    async fn accounts_after(&self, name: Option<&str>, limit: usize) -> Result<Vec<Account>> {
        if name.is_some_and(cannot_be) {
            return Ok(Vec::new());
        }
        // Every name is greater than the empty one, which none is.
        let (name, limit) = (name.unwrap_or_default().to_owned(), i64::try_from(limit).unwrap_or(i64::MAX));
        self.read(move |c| {
            let rows = accounts::table.filter(accounts::name.gt(&name)).order(accounts::name).limit(limit);
            rows.load::<AccountRow>(c)?.into_iter().map(Account::try_from).collect()
        })
        .await
    }

    async fn account(&self, name: &str) -> Result<Option<Account>> {
        if cannot_be(name) {
            return Ok(None);
        }
        let name = name.to_owned();
        self.read(move |c| account(c, &name)).await
    }

    async fn identity(&self, account: &str) -> Result<Option<Identity>> {
        if cannot_be(account) {
            return Ok(None);
        }
        let name = account.to_owned();
        self.read(move |c| c.transaction(|c| identity(c, &name))).await
    }

    async fn credentials(&self, account: Option<&str>) -> Result<Vec<Credential>> {
        if account.is_some_and(cannot_be) {
            return Ok(Vec::new());
        }
        let account = account.map(str::to_owned);
        self.read(move |c| {
            let query = credentials::table.order((credentials::account, credentials::created, credentials::id));
            let rows: Vec<CredentialRow> = match &account {
                Some(name) => query.filter(credentials::account.eq(name)).load(c)?,
                None => query.load(c)?,
            };
            rows.into_iter().map(Credential::try_from).collect()
        })
        .await
    }

    async fn credential(&self, kind: CredentialKind, secret: &str) -> Result<Option<Credential>> {
        if kind == CredentialKind::Password || cannot_be(secret) {
            return Ok(None);
        }
        let secret = secret.to_owned();
        self.read(move |c| {
            let this = credentials::table
                .filter(credentials::kind.eq(kind.as_str()))
                // Twice, so that the index is used that leaves passwords out.
                .filter(credentials::kind.ne(CredentialKind::Password.as_str()))
                .filter(credentials::secret.eq(&secret));
            this.get_result::<CredentialRow>(c).optional()?.map(Credential::try_from).transpose()
        })
        .await
    }

    async fn grants(&self, subject: Option<&Subject>) -> Result<Vec<Grant>> {
        let subject = subject.cloned();
        self.read(move |c| match &subject {
            Some(subject) => grants_of(c, subject),
            None => {
                let order = (grants::subject_kind, grants::subject, grants::object_kind, grants::object);
                let rows: Vec<GrantRow> = grants::table.order(order).load(c)?;
                rows.into_iter().map(Grant::try_from).collect()
            }
        })
        .await
    }

    async fn used(&self, credential: Uuid, at: Timestamp) -> Result<()> {
        self.write(move |c| {
            let this = credentials::table.find(credential.to_string());
            diesel::update(this).set(credentials::last_used.eq(at.as_micros())).execute(c)?;
            Ok(())
        })
        .await
    }
}

fn account(c: &mut Connection, name: &str) -> Result<Option<Account>> {
    accounts::table.find(name).get_result::<AccountRow>(c).optional()?.map(Account::try_from).transpose()
}

pub(super) fn accounts(c: &mut Connection) -> Result<Vec<Account>> {
    let rows: Vec<AccountRow> = accounts::table.order(accounts::name).load(c)?;
    rows.into_iter().map(Account::try_from).collect()
}

pub(super) fn members(c: &mut Connection) -> Result<Vec<Member>> {
    let order = (group_members::member_of, group_members::account);
    let rows: Vec<MemberRow> = group_members::table.order(order).load(c)?;
    Ok(rows.into_iter().map(Member::from).collect())
}

fn grants_of(c: &mut Connection, subject: &Subject) -> Result<Vec<Grant>> {
    let own = grants::table.filter(grants::subject_kind.eq(subject.kind())).filter(grants::subject.eq(subject.name()));
    let rows: Vec<GrantRow> = own.order((grants::object_kind, grants::object)).load(c)?;
    rows.into_iter().map(Grant::try_from).collect()
}

fn identity(c: &mut Connection, name: &str) -> Result<Option<Identity>> {
    let Some(account) = account(c, name)? else { return Ok(None) };
    let organisation = match &account.organisation {
        Some(name) => organisations::table.find(name).get_result::<OrganisationRow>(c).optional()?,
        None => None,
    };
    let organisation = organisation.map(Organisation::try_from).transpose()?;
    let of = group_members::table.filter(group_members::account.eq(name)).order(group_members::member_of);
    let groups: Vec<String> = of.select(group_members::member_of).load(c)?;
    let mut identity = Identity { account, organisation, groups, grants: Vec::new() };
    for subject in identity.subjects().collect::<Vec<_>>() {
        identity.grants.extend(grants_of(c, &subject)?);
    }
    Ok(Some(identity))
}

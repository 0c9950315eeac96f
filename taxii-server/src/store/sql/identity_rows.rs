//! The rows that say who may call and what each may do, and what they mean. The same on every engine.

use diesel::prelude::*;
use taxii_model::Timestamp;

use super::rows::uuid;
use crate::access::Clearance;
use crate::auth::ClientProfile;
use crate::store::schema::{accounts, credentials, grants, group_members, groups, organisations};
use crate::store::{
    Account, Credential, Grant, Group, Member, Object, Organisation, Result, Rights, Scope, StoreError, Subject,
};

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = organisations, treat_none_as_null = true)]
pub(in crate::store) struct OrganisationRow {
    name: String,
    title: String,
    clearance: Option<String>,
    enabled: bool,
}

impl TryFrom<OrganisationRow> for Organisation {
    type Error = StoreError;

    fn try_from(row: OrganisationRow) -> Result<Self> {
        let clearance = clearance(row.clearance)?;
        Ok(Self { name: row.name, title: row.title, clearance, enabled: row.enabled })
    }
}

impl From<&Organisation> for OrganisationRow {
    fn from(organisation: &Organisation) -> Self {
        Self {
            name: organisation.name.clone(),
            title: organisation.title.clone(),
            clearance: organisation.clearance.as_ref().map(ToString::to_string),
            enabled: organisation.enabled,
        }
    }
}

fn clearance(text: Option<String>) -> Result<Option<Clearance>> {
    text.map(|text| text.parse()).transpose().map_err(StoreError::failed)
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = accounts, treat_none_as_null = true)]
pub(in crate::store) struct AccountRow {
    name: String,
    is_admin: bool,
    client: String,
    organisation: Option<String>,
    clearance: Option<String>,
    enabled: bool,
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self> {
        let client: ClientProfile = row.client.parse().map_err(StoreError::failed)?;
        let (organisation, clearance) = (row.organisation, clearance(row.clearance)?);
        Ok(Self { name: row.name, organisation, clearance, enabled: row.enabled, admin: row.is_admin, client })
    }
}

impl From<&Account> for AccountRow {
    fn from(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            is_admin: account.admin,
            client: account.client.to_string(),
            organisation: account.organisation.clone(),
            clearance: account.clearance.as_ref().map(ToString::to_string),
            enabled: account.enabled,
        }
    }
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = groups)]
pub(in crate::store) struct GroupRow {
    name: String,
    title: String,
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        Self { name: row.name, title: row.title }
    }
}

impl From<&Group> for GroupRow {
    fn from(group: &Group) -> Self {
        Self { name: group.name.clone(), title: group.title.clone() }
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = group_members)]
pub(in crate::store) struct MemberRow {
    member_of: String,
    account: String,
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Self { group: row.member_of, account: row.account }
    }
}

impl From<&Member> for MemberRow {
    fn from(member: &Member) -> Self {
        Self { member_of: member.group.clone(), account: member.account.clone() }
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = credentials)]
pub(in crate::store) struct CredentialRow {
    id: String,
    account: String,
    name: String,
    kind: String,
    secret: String,
    created: i64,
    expires: Option<i64>,
    last_used: Option<i64>,
    scope: String,
    collections: Option<String>,
}

impl TryFrom<CredentialRow> for Credential {
    type Error = StoreError;

    fn try_from(row: CredentialRow) -> Result<Self> {
        Ok(Self {
            id: uuid(&row.id)?,
            account: row.account,
            name: row.name,
            kind: row.kind.parse().map_err(StoreError::failed)?,
            secret: row.secret,
            created: Timestamp::from_micros(row.created),
            expires: row.expires.map(Timestamp::from_micros),
            last_used: row.last_used.map(Timestamp::from_micros),
            scope: read_scope(&row.scope, row.collections.as_deref())?,
        })
    }
}

impl From<&Credential> for CredentialRow {
    fn from(credential: &Credential) -> Self {
        let (scope, collections) = written_scope(&credential.scope);
        Self {
            id: credential.id.to_string(),
            account: credential.account.clone(),
            name: credential.name.clone(),
            kind: credential.kind.to_string(),
            secret: credential.secret.clone(),
            created: credential.created.as_micros(),
            expires: credential.expires.map(Timestamp::as_micros),
            last_used: credential.last_used.map(Timestamp::as_micros),
            scope,
            collections,
        }
    }
}

/// The names of rights, and the `id`s of collections, with commas between them.
pub(in crate::store) fn written_scope(scope: &Scope) -> (String, Option<String>) {
    let rights = scope.rights.named().into_iter().filter(|(_, is)| *is).map(|(name, _)| name);
    let list = |ids: &std::collections::BTreeSet<uuid::Uuid>| {
        ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    };
    (rights.collect::<Vec<_>>().join(","), scope.collections.as_ref().map(list))
}

fn read_scope(rights: &str, collections: Option<&str>) -> Result<Scope> {
    let rights = rights.parse().map_err(StoreError::failed)?;
    let ids = |list: &str| list.split(',').filter(|id| !id.is_empty()).map(uuid).collect::<Result<_>>();
    Ok(Scope { rights, collections: collections.map(ids).transpose()? })
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = grants, treat_none_as_null = true)]
pub(in crate::store) struct GrantRow {
    subject_kind: String,
    subject: String,
    object_kind: String,
    object: String,
    can_list: bool,
    can_read: bool,
    can_write: bool,
    can_delete: bool,
    can_manage: bool,
    expires: Option<i64>,
}

impl TryFrom<GrantRow> for Grant {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self> {
        let strange = || StoreError::failed(format!("a grant to {} on {}", row.subject_kind, row.object_kind));
        let subject = Subject::read(&row.subject_kind, row.subject.clone()).ok_or_else(strange)?;
        let object = Object::read(&row.object_kind, row.object.clone()).ok_or_else(strange)?;
        let rights = Rights {
            list: row.can_list,
            read: row.can_read,
            write: row.can_write,
            delete: row.can_delete,
            manage: row.can_manage,
        };
        Ok(Self { subject, object, rights, expires: row.expires.map(Timestamp::from_micros) })
    }
}

impl From<&Grant> for GrantRow {
    fn from(grant: &Grant) -> Self {
        let Rights { list, read, write, delete, manage } = grant.rights;
        Self {
            subject_kind: grant.subject.kind().to_owned(),
            subject: grant.subject.name().to_owned(),
            object_kind: grant.object.kind().to_owned(),
            object: grant.object.name(),
            can_list: list,
            can_read: read,
            can_write: write,
            can_delete: delete,
            can_manage: manage,
            expires: grant.expires.map(Timestamp::as_micros),
        }
    }
}

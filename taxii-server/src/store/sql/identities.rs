//! How organisations, groups, accounts, credentials and grants are changed. The text is the same for every engine, whose
//! module includes this file and says what its `Connection` is.

use diesel::prelude::*;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::Connection;
use super::changes::{changed, object_must_exist, unless_taken};
use crate::store::schema::{accounts, credentials, grants, group_members, groups, organisations, partners, statuses};
use crate::store::sql::identity_rows::{
    AccountRow, CredentialRow, GrantRow, GroupRow, MemberRow, OrganisationRow, written_scope,
};
use crate::store::{
    Account, Credential, CredentialKind, Grant, Group, Member, Object, Organisation, PASSWORDS, Partner, Result, Scope,
    StoreError, Subject,
};

pub(super) fn add_organisation(c: &mut Connection, organisation: &Organisation) -> Result<()> {
    let row = diesel::insert_into(organisations::table).values(OrganisationRow::from(organisation));
    unless_taken(row.execute(c), || format!("an organisation {}", organisation.name)).map(drop)
}

pub(super) fn set_organisation(c: &mut Connection, organisation: &Organisation) -> Result<()> {
    let this = organisations::table.find(&organisation.name);
    let rows = diesel::update(this).set(OrganisationRow::from(organisation)).execute(c)?;
    changed(rows, || format!("organisation {}", organisation.name))
}

pub(super) fn remove_organisation(c: &mut Connection, name: &str) -> Result<()> {
    let accounts: i64 = accounts::table.filter(accounts::organisation.eq(name)).count().get_result(c)?;
    if accounts > 0 {
        return Err(StoreError::Taken(in_use(name, accounts.unsigned_abs())));
    }
    forget_grants(c, &Subject::Organisation(name.to_owned()))?;
    diesel::delete(partners::table.find(Partner::organisation(name))).execute(c)?;
    changed(diesel::delete(organisations::table.find(name)).execute(c)?, || format!("organisation {name}"))
}

/// Why an organisation cannot be removed.
fn in_use(name: &str, accounts: u64) -> String {
    format!("something in the organisation {name}: {accounts} accounts belong to it; remove or move them first")
}

pub(super) fn add_group(c: &mut Connection, group: &Group) -> Result<()> {
    let row = diesel::insert_into(groups::table).values(GroupRow::from(group));
    unless_taken(row.execute(c), || format!("a group {}", group.name)).map(drop)
}

pub(super) fn set_group(c: &mut Connection, group: &Group) -> Result<()> {
    let rows = diesel::update(groups::table.find(&group.name)).set(GroupRow::from(group)).execute(c)?;
    changed(rows, || format!("group {}", group.name))
}

pub(super) fn remove_group(c: &mut Connection, name: &str) -> Result<()> {
    forget_grants(c, &Subject::Group(name.to_owned()))?;
    changed(diesel::delete(groups::table.find(name)).execute(c)?, || format!("group {name}"))
}

pub(super) fn add_member(c: &mut Connection, member: &Member) -> Result<()> {
    must_exist(c, &Subject::Group(member.group.clone()))?;
    must_exist(c, &Subject::Account(member.account.clone()))?;
    let row = diesel::insert_into(group_members::table).values(MemberRow::from(member));
    unless_taken(row.execute(c), || format!("the account {} in the group {}", member.account, member.group)).map(drop)
}

pub(super) fn remove_member(c: &mut Connection, member: &Member) -> Result<()> {
    let rows = diesel::delete(group_members::table.find((&member.group, &member.account))).execute(c)?;
    changed(rows, || format!("account {} in the group {}", member.account, member.group))
}

pub(super) fn add_account(c: &mut Connection, account: &Account) -> Result<()> {
    organisation_must_exist(c, account)?;
    let row = diesel::insert_into(accounts::table).values(AccountRow::from(account));
    unless_taken(row.execute(c), || format!("an account {}", account.name)).map(drop)
}

pub(super) fn set_account(c: &mut Connection, account: &Account) -> Result<()> {
    organisation_must_exist(c, account)?;
    let rows = diesel::update(accounts::table.find(&account.name)).set(AccountRow::from(account)).execute(c)?;
    changed(rows, || format!("account {}", account.name))
}

pub(super) fn remove_account(c: &mut Connection, name: &str) -> Result<()> {
    forget_grants(c, &Subject::Account(name.to_owned()))?;
    // Nobody of the same name is to come by them later.
    diesel::delete(statuses::table.filter(statuses::caller.eq(name))).execute(c)?;
    diesel::delete(partners::table.find(Partner::account(name))).execute(c)?;
    changed(diesel::delete(accounts::table.find(name)).execute(c)?, || format!("account {name}"))
}

pub(super) fn add_credential(c: &mut Connection, credential: &Credential) -> Result<()> {
    must_exist(c, &Subject::Account(credential.account.clone()))?;
    if credential.kind == CredentialKind::Password {
        let own = credentials::table.filter(credentials::account.eq(&credential.account));
        let passwords = own.filter(credentials::kind.eq(CredentialKind::Password.as_str()));
        let until: Vec<Option<i64>> = passwords.select(credentials::expires).load(c)?;
        let now = credential.created.as_micros();
        if until.iter().filter(|until| until.is_none_or(|until| until > now)).count() >= PASSWORDS {
            return Err(StoreError::Taken(enough(&credential.account)));
        }
    }
    let row = diesel::insert_into(credentials::table).values(CredentialRow::from(credential));
    unless_taken(row.execute(c), || twice(credential)).map(drop)
}

/// Why an account gets no further password.
fn enough(account: &str) -> String {
    format!("a password of {account} beside another one, and {PASSWORDS} is all there can be: revoke one first")
}

/// Why a credential cannot be added.
fn twice(credential: &Credential) -> String {
    match credential.matches() {
        Some(matches) => format!("a {} {matches} of some account", credential.kind),
        None => format!("a {} {}, or the same secret", credential.kind, credential.id),
    }
}

pub(super) fn set_credential(
    c: &mut Connection,
    id: Uuid,
    name: &str,
    expires: Option<Timestamp>,
    scope: &Scope,
) -> Result<()> {
    let (scope, collections) = written_scope(scope);
    let set = (
        credentials::name.eq(name),
        credentials::expires.eq(expires.map(Timestamp::as_micros)),
        credentials::scope.eq(scope),
        credentials::collections.eq(collections),
    );
    let rows = diesel::update(credentials::table.find(id.to_string())).set(set).execute(c)?;
    changed(rows, || format!("credential {id}"))
}

pub(super) fn revoke_credential(c: &mut Connection, id: Uuid) -> Result<()> {
    changed(diesel::delete(credentials::table.find(id.to_string())).execute(c)?, || format!("credential {id}"))
}

pub(super) fn set_grant(c: &mut Connection, grant: &Grant) -> Result<()> {
    must_exist(c, &grant.subject)?;
    object_must_exist(c, &grant.object)?;
    diesel::insert_into(grants::table)
        .values(GrantRow::from(grant))
        .on_conflict((grants::subject_kind, grants::subject, grants::object_kind, grants::object))
        .do_update()
        .set(GrantRow::from(grant))
        .execute(c)?;
    Ok(())
}

pub(super) fn remove_grant(c: &mut Connection, subject: &Subject, object: &Object) -> Result<()> {
    let this = grants::table.find((subject.kind(), subject.name(), object.kind(), object.name()));
    changed(diesel::delete(this).execute(c)?, || format!("grant of {subject} on {object}"))
}

fn forget_grants(c: &mut Connection, subject: &Subject) -> Result<()> {
    let of = grants::table.filter(grants::subject_kind.eq(subject.kind())).filter(grants::subject.eq(subject.name()));
    diesel::delete(of).execute(c)?;
    Ok(())
}

fn organisation_must_exist(c: &mut Connection, account: &Account) -> Result<()> {
    account.organisation.as_ref().map_or(Ok(()), |name| must_exist(c, &Subject::Organisation(name.clone())))
}

fn must_exist(c: &mut Connection, subject: &Subject) -> Result<()> {
    let found: i64 = match subject {
        Subject::Account(name) => accounts::table.find(name).count().get_result(c)?,
        Subject::Group(name) => groups::table.find(name).count().get_result(c)?,
        Subject::Organisation(name) => organisations::table.find(name).count().get_result(c)?,
    };
    changed(usize::from(found > 0), || format!("{} {}", subject.kind(), subject.name()))
}

//! How administrators change the database: see `store::Change`. Here the transaction, API roots and collections. The text is the
//! same for every engine, whose module includes this file and says what its `Connection` and its `Engine` are.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use taxii_model::Timestamp;
use uuid::Uuid;

use super::audit::{append, bury};
use super::{Connection, Engine, identities};
use crate::store::schema::{api_roots, collections, grants, marks, objects, revision};
use crate::store::sql::rows::{MarkingsRow, RetentionRow, RootRow};
use crate::store::{Actor, ApiRoot, Change, Collection, Object, Result, StoreError, Terms};

impl Engine {
    /// Makes all these changes, or none. It may be tried more than once. The revision comes first: who changes something has
    /// its row until the end, so that no two changes can lock what they need in another order. Then come the marks of collections that
    /// go, before anything that writers lock after them; the log comes last.
    pub(super) async fn make(&self, by: Actor, changes: Vec<Change>, terms: Terms) -> Result<()> {
        let (chain, now) = (self.chain().cloned(), self.now());
        let made = self.write(move |c| {
            diesel::update(revision::table).set(revision::number.eq(revision::number + 1)).execute(c)?;
            let revision: i64 = revision::table.select(revision::number).first(c)?;
            terms.must_hold(revision - 1)?;
            close(c, &changes, now)?;
            changes.iter().try_for_each(|change| apply(c, change))?;
            if let Some(chain) = &chain {
                append(c, chain, crate::audit::changes(now, &by, &changes))?;
            }
            terms.must_stay()
        });
        terms.told(made.await)
    }
}

fn apply(c: &mut Connection, change: &Change) -> Result<()> {
    match change {
        Change::AddRoot(root) => add_root(c, root),
        Change::SetRoot(root) => set_root(c, root),
        Change::RemoveRoot { name } => remove_root(c, name),
        Change::AddCollection(collection) => add_collection(c, collection),
        Change::SetCollection(collection) => set_collection(c, collection),
        Change::RemoveCollection { id } => remove_collection(c, *id),
        Change::AddOrganisation(organisation) => identities::add_organisation(c, organisation),
        Change::SetOrganisation(organisation) => identities::set_organisation(c, organisation),
        Change::RemoveOrganisation { name } => identities::remove_organisation(c, name),
        Change::AddGroup(group) => identities::add_group(c, group),
        Change::SetGroup(group) => identities::set_group(c, group),
        Change::RemoveGroup { name } => identities::remove_group(c, name),
        Change::AddMember(member) => identities::add_member(c, member),
        Change::RemoveMember(member) => identities::remove_member(c, member),
        Change::AddAccount(account) => identities::add_account(c, account),
        Change::SetAccount(account) => identities::set_account(c, account),
        Change::RemoveAccount { name } => identities::remove_account(c, name),
        Change::AddCredential(credential) => identities::add_credential(c, credential),
        Change::SetCredential { id, name, expires, scope } => identities::set_credential(c, *id, name, *expires, scope),
        Change::RevokeCredential { id } => identities::revoke_credential(c, *id),
        Change::SetGrant(grant) => identities::set_grant(c, grant),
        Change::RemoveGrant { subject, object } => identities::remove_grant(c, subject, object),
    }
}

/// Stops those who add to the collections that are going to be removed: writers lock a collection's mark first and what it
/// belongs to later, and so does whoever removes it.
fn close(c: &mut Connection, changes: &[Change], now: Timestamp) -> Result<()> {
    let mut doomed: Vec<i64> = Vec::new();
    for change in changes {
        let all = collections::table.select(collections::number);
        match change {
            Change::RemoveRoot { name } => doomed.extend(all.filter(collections::root.eq(name)).load::<i64>(c)?),
            Change::RemoveCollection { id } => {
                doomed.extend(all.filter(collections::id.eq(id.to_string())).load::<i64>(c)?);
            }
            _ => {}
        }
    }
    if !doomed.is_empty() {
        diesel::delete(marks::table.filter(marks::collection.eq_any(&doomed))).execute(c)?;
    }
    for collection in doomed {
        bury(c, objects::table.filter(objects::collection.eq(collection)).into_boxed(), now)?;
    }
    Ok(())
}

/// Fails unless a row was changed.
pub(super) fn changed(rows: usize, what: impl FnOnce() -> String) -> Result<()> {
    if rows == 0 { Err(StoreError::Missing(what())) } else { Ok(()) }
}

/// Turns the refusal of a name that is in use into an error that says so.
pub(super) fn unless_taken(result: QueryResult<usize>, what: impl FnOnce() -> String) -> Result<usize> {
    match result {
        Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Err(StoreError::Taken(what())),
        other => Ok(other?),
    }
}

/// Fails unless this is there.
pub(super) fn object_must_exist(c: &mut Connection, object: &Object) -> Result<()> {
    let found: i64 = match object {
        Object::Root(name) => api_roots::table.find(name).count().get_result(c)?,
        Object::Collection(id) => {
            collections::table.filter(collections::id.eq(id.to_string())).count().get_result(c)?
        }
    };
    changed(usize::from(found > 0), || object.to_string())
}

fn forget_grants(c: &mut Connection, objects: &[Object]) -> Result<()> {
    for object in objects {
        let of = grants::table.filter(grants::object_kind.eq(object.kind())).filter(grants::object.eq(object.name()));
        diesel::delete(of).execute(c)?;
    }
    Ok(())
}

fn only_default(c: &mut Connection, root: &ApiRoot) -> Result<()> {
    if root.default {
        let others = api_roots::table.filter(api_roots::name.ne(&root.name));
        diesel::update(others).set(api_roots::is_default.eq(false)).execute(c)?;
    }
    Ok(())
}

fn add_root(c: &mut Connection, root: &ApiRoot) -> Result<()> {
    let row = diesel::insert_into(api_roots::table).values(RootRow::from(root));
    unless_taken(row.execute(c), || format!("an API root {}", root.path()))?;
    only_default(c, root)
}

fn set_root(c: &mut Connection, root: &ApiRoot) -> Result<()> {
    let rows = diesel::update(api_roots::table.find(&root.name)).set(RootRow::from(root)).execute(c)?;
    changed(rows, || format!("API root {}", root.path()))?;
    only_default(c, root)
}

fn remove_root(c: &mut Connection, name: &str) -> Result<()> {
    let of_root = collections::table.filter(collections::root.eq(name)).select(collections::id);
    let ids: Vec<String> = of_root.load(c)?;
    let gone = ids.iter().filter_map(|id| Uuid::try_parse(id).ok()).map(Object::Collection);
    forget_grants(c, &gone.chain([Object::Root(name.to_owned())]).collect::<Vec<_>>())?;
    let rows = diesel::delete(api_roots::table.find(name)).execute(c)?;
    changed(rows, || format!("API root /{name}/"))
}

fn add_collection(c: &mut Connection, collection: &Collection) -> Result<()> {
    object_must_exist(c, &Object::Root(collection.root.clone()))?;
    let row = diesel::insert_into(collections::table).values((
        collections::root.eq(&collection.root),
        collections::id.eq(collection.id.to_string()),
        collections::alias.eq(&collection.alias),
        collections::title.eq(&collection.title),
        collections::description.eq(&collection.description),
        collections::anonymous_read.eq(collection.anonymous_read),
        collections::listed.eq(collection.listed),
        collections::spec_versions.eq(spec_versions(collection)),
        collections::ingest.eq(collection.ingest.as_str()),
        RetentionRow::from(collection.retention),
        MarkingsRow::from(&collection.markings),
    ));
    unless_taken(row.execute(c), || taken(collection))?;
    let this = collections::table.filter(collections::id.eq(collection.id.to_string()));
    let number: i64 = this.select(collections::number).get_result(c)?;
    let mark = (marks::collection.eq(number), marks::clock.eq(0), marks::changes.eq(0));
    diesel::insert_into(marks::table).values(mark).execute(c)?;
    Ok(())
}

fn set_collection(c: &mut Connection, collection: &Collection) -> Result<()> {
    let row = diesel::update(collections::table.filter(collections::id.eq(collection.id.to_string()))).set((
        collections::alias.eq(&collection.alias),
        collections::title.eq(&collection.title),
        collections::description.eq(&collection.description),
        collections::anonymous_read.eq(collection.anonymous_read),
        collections::listed.eq(collection.listed),
        collections::spec_versions.eq(spec_versions(collection)),
        collections::ingest.eq(collection.ingest.as_str()),
        RetentionRow::from(collection.retention),
        MarkingsRow::from(&collection.markings),
    ));
    let rows = unless_taken(row.execute(c), || taken(collection))?;
    changed(rows, || format!("collection {}", collection.id))
}

fn remove_collection(c: &mut Connection, id: Uuid) -> Result<()> {
    forget_grants(c, &[Object::Collection(id)])?;
    let rows = diesel::delete(collections::table.filter(collections::id.eq(id.to_string()))).execute(c)?;
    changed(rows, || format!("collection {id}"))
}

fn spec_versions(collection: &Collection) -> String {
    collection.spec_versions.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(",")
}

fn taken(collection: &Collection) -> String {
    match &collection.alias {
        Some(alias) => format!("a collection {} or one with the alias {alias}", collection.id),
        None => format!("a collection {}", collection.id),
    }
}

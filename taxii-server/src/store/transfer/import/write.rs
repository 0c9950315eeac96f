use std::collections::HashSet;

use uuid::Uuid;

use super::plan::{Entry, Plan};
use super::{Found, FoundAccount, Imported, ImportedAccount, ImportedCollection, Left, Peer};
use crate::auth::{ClientProfile, hash_password, new_password};
use crate::store::retention::valid_until;
use crate::store::sql::identity_rows::written_scope;
use crate::store::transfer::side::{BYTES, ROWS, Side, one_number};
use crate::store::transfer::tables::{Column, TABLES};
use crate::store::transfer::value::{Row, Value};
use crate::store::transfer::{Event, Watch};
use crate::store::{ApiRoot, Collection, Credential, CredentialKind, Object, Result, StoreError, Subject};

/// Takes over all that was found, in the transaction that is open.
pub(super) fn all(peer: &mut dyn Peer, found: Found, side: &mut dyn Side, watch: &mut Watch<'_>) -> Result<Imported> {
    let mut imported = Imported { left: found.left, ..Imported::default() };
    // First of all, as everybody does who changes the directory.
    side.execute("UPDATE revision SET number = number + 1", &[])?;
    for root in found.roots {
        imported.roots.push(add_root(side, root, &mut imported.left)?);
    }
    for collection in found.collections {
        let added = add_collection(peer, side, collection, &mut imported.left, watch)?;
        imported.collections.push(added);
    }
    let known: HashSet<Uuid> = imported.collections.iter().map(|c| c.collection.id).collect();
    for account in found.accounts {
        imported.accounts.extend(add_account(side, account, &known, &mut imported.left)?);
    }
    Ok(imported)
}

fn is_there(side: &mut dyn Side, sql: &str, value: &str) -> Result<bool> {
    Ok(one_number(side, sql, &[value.into()])? > 0)
}

fn add_root(side: &mut dyn Side, mut root: ApiRoot, left: &mut Vec<Left>) -> Result<ApiRoot> {
    if is_there(side, "SELECT count(*) FROM api_roots WHERE name = ?", &root.name)? {
        return Err(StoreError::Taken(format!("an API root {} in the target", root.path())));
    }
    if root.default && one_number(side, "SELECT count(*) FROM api_roots WHERE is_default", &[])? > 0 {
        root.default = false;
        let what = format!("that {} is the default API root", root.path());
        left.push(Left::new(what, "the target has one already"));
    }
    let most = i64::try_from(root.max_content_length).unwrap_or(i64::MAX);
    insert(
        side,
        "api_roots",
        &["name", "title", "description", "max_content_length", "is_default"],
        &[vec![
            root.name.as_str().into(),
            root.title.as_str().into(),
            root.description.clone().into(),
            most.into(),
            root.default.into(),
        ]],
    )?;
    Ok(root)
}

fn add_collection(
    peer: &mut dyn Peer,
    side: &mut dyn Side,
    mut collection: Collection,
    left: &mut Vec<Left>,
    watch: &mut Watch<'_>,
) -> Result<ImportedCollection> {
    let id = collection.id.to_string();
    if is_there(side, "SELECT count(*) FROM collections WHERE id = ?", &id)? {
        return Err(StoreError::Taken(format!("a collection {id} in the target")));
    }
    let name = format!("{}/{}", collection.root, collection.alias.as_deref().unwrap_or(&id));
    let plan = Plan::of(peer, &collection, &name)?;
    if !plan.editions.is_empty() {
        collection.spec_versions.extend(plan.editions.iter().copied());
        collection.spec_versions.sort();
        collection.spec_versions.dedup();
    }
    let columns = ["root", "id", "alias", "title", "description", "anonymous_read", "spec_versions", "ingest"];
    let editions: Vec<&str> = collection.spec_versions.iter().map(|v| v.as_str()).collect();
    let row = vec![
        collection.root.as_str().into(),
        id.as_str().into(),
        collection.alias.clone().into(),
        collection.title.as_str().into(),
        collection.description.clone().into(),
        collection.anonymous_read.into(),
        editions.join(",").into(),
        collection.ingest.as_str().into(),
    ];
    insert(side, "collections", &columns, &[row])?;
    let number = one_number(side, "SELECT number FROM collections WHERE id = ?", &[id.as_str().into()])?;
    let mark = vec![number.into(), plan.clock.as_micros().into(), 0.into()];
    insert(side, "marks", &["collection", "clock", "changes"], &[mark])?;
    let versions = objects(peer, side, &collection, number, &plan.entries, watch)?;
    left.extend(plan.left);
    Ok(ImportedCollection { collection, versions, moved: plan.moved })
}

fn objects(
    peer: &mut dyn Peer,
    side: &mut dyn Side,
    collection: &Collection,
    number: i64,
    entries: &[Option<Entry>],
    watch: &mut Watch<'_>,
) -> Result<u64> {
    let mut planned = entries.iter();
    let (mut rows, mut bytes, mut versions) = (Vec::new(), 0, 0);
    let mut flush = |rows: &mut Vec<Row>| -> Result<()> {
        insert(side, "objects", &OBJECT, rows)?;
        watch(&Event { table: "objects", rows: rows.len() as u64, writing: true });
        rows.clear();
        Ok(())
    };
    peer.objects(collection, &mut |object| {
        let Some(entry) = planned.next().and_then(Option::as_ref) else { return Ok(()) };
        bytes += object.text.len();
        versions += 1;
        rows.push(entry.row(number, object.text));
        if rows.len() >= ROWS || bytes >= BYTES {
            bytes = 0;
            flush(&mut rows)?;
        }
        Ok(())
    })?;
    flush(&mut rows)?;
    Ok(versions)
}

const OBJECT: [&str; 14] = [
    "collection",
    "added",
    "spec_version",
    "is_best",
    "is_newest",
    "is_oldest",
    "newest_in_spec",
    "oldest_in_spec",
    "object_type",
    "id",
    "version",
    "version_key",
    "body",
    "valid_until",
];

impl Entry {
    fn row(&self, number: i64, text: String) -> Row {
        let until = valid_until(&self.object_type, &text);
        vec![
            number.into(),
            self.added.into(),
            i64::from(self.spec_version).into(),
            self.standing.is_best.into(),
            self.standing.is_newest.into(),
            self.standing.is_oldest.into(),
            self.standing.newest_in_spec.into(),
            self.standing.oldest_in_spec.into(),
            self.object_type.as_str().into(),
            self.id.as_str().into(),
            self.version.as_str().into(),
            self.version_key.as_str().into(),
            text.into(),
            until.map_or(Value::Null, |until| until.as_micros().into()),
        ]
    }
}

fn add_account(
    side: &mut dyn Side,
    account: FoundAccount,
    known: &HashSet<Uuid>,
    left: &mut Vec<Left>,
) -> Result<Option<ImportedAccount>> {
    let FoundAccount { name, admin, grants } = account;
    if is_there(side, "SELECT count(*) FROM accounts WHERE name = ?", &name)? {
        left.push(Left::new(format!("account {name}"), "the target has one of this name, which stays as it is"));
        return Ok(None);
    }
    let password = new_password()?;
    let credential = Credential::new(&name, CredentialKind::Password, hash_password(&password)?);
    let row = vec![name.as_str().into(), admin.into(), ClientProfile::Standard.to_string().into()];
    insert(side, "accounts", &["name", "is_admin", "client"], &[row])?;
    insert(side, "credentials", &CREDENTIAL, &[credential_row(&credential)])?;
    let grants: Vec<(Uuid, bool, bool)> = grants.into_iter().filter(|(id, ..)| known.contains(id)).collect();
    let rows: Vec<Row> = grants.iter().map(|(id, read, write)| grant_row(&name, *id, *read, *write)).collect();
    insert(side, "grants", &GRANT, &rows)?;
    Ok(Some(ImportedAccount { name, password, admin, grants }))
}

const CREDENTIAL: [&str; 7] = ["id", "account", "name", "kind", "secret", "created", "scope"];

fn credential_row(credential: &Credential) -> Row {
    vec![
        credential.id.to_string().into(),
        credential.account.as_str().into(),
        "password".into(),
        credential.kind.as_str().into(),
        credential.secret.as_str().into(),
        credential.created.as_micros().into(),
        written_scope(&credential.scope).0.into(),
    ]
}

const GRANT: [&str; 9] = [
    "subject_kind",
    "subject",
    "object_kind",
    "object",
    "can_list",
    "can_read",
    "can_write",
    "can_delete",
    "can_manage",
];

fn grant_row(account: &str, collection: Uuid, read: bool, write: bool) -> Row {
    let (subject, object) = (Subject::Account(account.to_owned()), Object::Collection(collection));
    vec![
        subject.kind().into(),
        subject.name().into(),
        object.kind().into(),
        object.name().into(),
        true.into(),
        read.into(),
        write.into(),
        (read && write).into(),
        false.into(),
    ]
}

/// Adds rows with these columns; the others get what the table gives them.
fn insert(side: &mut dyn Side, table: &'static str, names: &[&str], rows: &[Row]) -> Result<()> {
    let columns = TABLES.iter().filter(|known| known.name == table).flat_map(|known| known.columns);
    let columns: Vec<&Column> = columns.collect();
    let named = names.iter().filter_map(|name| columns.iter().find(|column| column.name == *name).copied());
    let named: Vec<&Column> = named.collect();
    if named.len() != names.len() {
        return Err(StoreError::failed(format!("a column of {table} that there is not")));
    }
    side.insert(table, &named, rows, "")
}

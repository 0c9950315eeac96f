use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::Present;
use crate::store::{Change, Collection, Object};

/// What a change does to what there is, in one line for people: every value that becomes another one, before and after, and collections by
/// their names. `planned` are the changes that it is one of.
///
/// ```
/// use taxii_server::state::{Present, told};
/// use taxii_server::store::{Account, Change};
///
/// let account = Account::new("soc");
/// let present = Present { accounts: vec![account.clone()], ..Present::default() };
/// let change = Change::SetAccount(Account { admin: true, ..account });
/// assert_eq!(told(&change, &present, &[]), "change account soc: admin no -> yes");
/// ```
#[must_use]
pub fn told(change: &Change, present: &Present, planned: &[Change]) -> String {
    let directory = &present.directory;
    let named = |object: &Object| collection(object, present, planned).unwrap_or_else(|| object.to_string());
    match change {
        Change::AddRoot(root) => with(change, &new(root)),
        Change::SetRoot(root) => with(change, &between(directory.root(&root.name), root)),
        Change::AddCollection(collection) => with(change, &new(collection)),
        Change::SetCollection(collection) => {
            let known = directory.collections.iter().find(|known| known.id == collection.id);
            with(change, &between(known, collection))
        }
        Change::RemoveCollection { id } => format!("remove {}", named(&Object::Collection(*id))),
        Change::AddOrganisation(of) => with(change, &new(of)),
        Change::SetOrganisation(of) => {
            with(change, &between(present.organisations.iter().find(|known| known.name == of.name), of))
        }
        Change::SetGroup(group) => {
            with(change, &between(present.groups.iter().find(|known| known.name == group.name), group))
        }
        Change::AddAccount(account) => with(change, &new(account)),
        Change::SetAccount(account) => {
            with(change, &between(present.accounts.iter().find(|known| known.name == account.name), account))
        }
        Change::SetGrant(grant) => {
            let same = |known: &&crate::store::Grant| known.subject == grant.subject && known.object == grant.object;
            let until = |grant: &crate::store::Grant| {
                grant.expires.map_or_else(|| grant.rights.to_string(), |end| format!("{} until {end}", grant.rights))
            };
            let before = present.grants.iter().find(same).map(|known| format!("{} -> ", until(known)));
            let (subject, object) = (&grant.subject, named(&grant.object));
            format!("grant {subject} on {object}: {}{}", before.unwrap_or_default(), until(grant))
        }
        Change::RemoveGrant { subject, object } => format!("remove grant of {subject} on {}", named(object)),
        _ => change.to_string(),
    }
}

/// A collection by its name, be it one that is about to be made.
fn collection(object: &Object, present: &Present, planned: &[Change]) -> Option<String> {
    let Object::Collection(id) = object else { return None };
    let added = planned.iter().filter_map(|change| match change {
        Change::AddCollection(collection) => Some(collection),
        _ => None,
    });
    let is_it = |collection: &&Collection| collection.id == *id;
    let found = present.directory.collections.iter().chain(added).find(is_it)?;
    Some(format!(
        "collection {}/{}",
        found.root,
        found.alias.as_deref().map_or_else(|| Uuid::to_string(id), str::to_owned)
    ))
}

fn with(change: &Change, values: &str) -> String {
    if values.is_empty() { change.to_string() } else { format!("{change}: {values}") }
}

/// What names a thing, and is said already.
const NAMES: [&str; 4] = ["name", "root", "id", "alias"];

/// The values of something new that say more than its name and are not as they are unless told otherwise.
fn new(thing: &impl Serialize) -> String {
    let said = |(name, value): &(String, Value)| {
        let is_name = NAMES.contains(&name.as_str()) || name == "title" || name == "description";
        let is_usual = matches!(value, Value::Null | Value::Bool(false)) || name == "enabled" || value == "";
        !is_name && !is_usual
    };
    let values = values(thing).into_iter().filter(said);
    values.map(|(name, value)| format!("{name} {}", word(&name, &value))).collect::<Vec<_>>().join("; ")
}

/// The values that are others afterwards.
fn between<T: Serialize>(before: Option<&T>, after: &T) -> String {
    let before: BTreeMap<String, Value> = before.map(values).unwrap_or_default();
    let after = values(after);
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let of = |all: &BTreeMap<String, Value>, name: &String| all.get(name).cloned().unwrap_or(Value::Null);
    let changed = names.into_iter().filter(|name| of(&before, name) != of(&after, name));
    let told =
        changed.map(|name| format!("{name} {} -> {}", word(name, &of(&before, name)), word(name, &of(&after, name))));
    told.collect::<Vec<_>>().join("; ")
}

/// The values of a thing by their names; those of a part of it have its name in front.
fn values(thing: &impl Serialize) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    gather("", serde_json::to_value(thing).unwrap_or_default(), &mut all);
    all
}

fn gather(name: &str, value: Value, all: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let name = if name.is_empty() { member } else { format!("{name}.{member}") };
                gather(&name, value, all);
            }
        }
        value => {
            all.insert(name.to_owned(), value);
        }
    }
}

fn word(name: &str, value: &Value) -> String {
    match value {
        // Who has none is held back by nothing of its own.
        Value::Null if name == "clearance" => "no limit of its own".to_owned(),
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

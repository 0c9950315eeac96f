use std::collections::HashSet;

use toml::Spanned;
use uuid::Uuid;

use super::problem::nearest;
use super::{Collection, Grant, Present, Problem, State};
use crate::store::{self, Change, Member, Object, Retention, Subject};

/// The changes that make a store what the file `text` says, in an order in which they can be made together. With `prune`, what
/// the file does not name goes.
///
/// # Errors
/// The file names something that is neither in it nor in the store.
pub fn difference(text: &str, state: &State, present: &Present, prune: bool) -> Result<Vec<Change>, Problem> {
    let wanted = Wanted::read(text, state, present, prune)?;
    let mut changes = Vec::new();
    if prune {
        wanted.goes(present, &mut changes);
    }
    wanted.comes(present, &mut changes);
    match changes.iter().find_map(|change| Some((change, change.fault()?.1))) {
        Some((change, why)) => Err(said(text, state, change, &why)),
        None => Ok(changes),
    }
}

/// A problem at the place where the file says what the change makes.
fn said(text: &str, state: &State, change: &Change, what: &str) -> Problem {
    let called = |wanted: &str, mut names: Box<dyn Iterator<Item = &Spanned<String>> + '_>| {
        names.find(|name| name.as_ref() == wanted).map(|name| name.span().start)
    };
    let place = match change {
        Change::AddRoot(root) | Change::SetRoot(root) => {
            called(&root.name, Box::new(state.roots.iter().map(|said| &said.name)))
        }
        Change::AddCollection(one) | Change::SetCollection(one) => {
            let same = |said: &&Collection| *said.root.as_ref() == one.root && said.alias == one.alias;
            state.collections.iter().find(same).map(|said| said.root.span().start)
        }
        Change::AddOrganisation(of) => called(&of.name, Box::new(state.organisations.iter().map(|said| &said.name))),
        Change::AddGroup(group) => called(&group.name, Box::new(state.groups.iter().map(|said| &said.name))),
        Change::AddAccount(account) => called(&account.name, Box::new(state.accounts.iter().map(|said| &said.name))),
        _ => None,
    };
    match place {
        Some(place) => Problem::at(text, place, what),
        None => Problem { place: None, what: what.to_owned() },
    }
}

/// What the file says, in the words of the store.
struct Wanted {
    roots: Vec<store::ApiRoot>,
    collections: Vec<store::Collection>,
    organisations: Vec<store::Organisation>,
    groups: Vec<store::Group>,
    accounts: Vec<store::Account>,
    members: Vec<Member>,
    grants: Vec<store::Grant>,
    prune: bool,
}

/// Fails with a place unless one of these names is meant.
fn must<'n>(
    text: &str,
    what: &str,
    name: &Spanned<String>,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Result<(), Problem> {
    let wanted = name.as_ref().as_str();
    if names.clone().any(|known| known == wanted) {
        return Ok(());
    }
    let near = nearest(wanted, names).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Err(Problem::at(text, name.span().start, &format!("there is no {what} {wanted:?}{near}")))
}

impl Wanted {
    fn read(text: &str, state: &State, present: &Present, prune: bool) -> Result<Self, Problem> {
        let mut wanted = Self {
            roots: state.roots.iter().map(root).collect(),
            organisations: state.organisations.iter().map(organisation).collect(),
            groups: state.groups.iter().map(group).collect(),
            accounts: state.accounts.iter().map(account).collect(),
            collections: Vec::new(),
            members: Vec::new(),
            grants: Vec::new(),
            prune,
        };
        let stays = |is_there: bool| is_there && !prune;
        let roots = present.directory.roots.iter().filter(|_| stays(true)).map(|root| root.name.as_str());
        let roots = wanted.roots.iter().map(|root| root.name.as_str()).chain(roots);
        for collection in &state.collections {
            must(text, "API root", &collection.root, roots.clone())?;
        }
        let mut collections = Vec::new();
        let (mut ids, mut aliases) = (HashSet::new(), HashSet::new());
        for said in &state.collections {
            let made = said.made(present);
            let is_other = made.alias.is_none() || aliases.insert((made.root.clone(), made.alias.clone()));
            if !ids.insert(made.id) || !is_other {
                return Err(Problem::at(
                    text,
                    said.root.span().start,
                    &format!(
                        "the collection {}/{} is there twice",
                        made.root,
                        made.alias.unwrap_or_else(|| made.id.to_string())
                    ),
                ));
            }
            let former = present.directory.collections.iter().find(|known| known.id == made.id);
            if former.is_some_and(|former| former.root != made.root) {
                return Err(Problem::at(text, said.root.span().start, "a collection stays in its API root"));
            }
            collections.push(made);
        }
        let names = |own: &[String], theirs: Vec<&str>| -> Vec<String> {
            own.iter().cloned().chain(theirs.into_iter().filter(|_| !prune).map(str::to_owned)).collect()
        };
        let own: Vec<String> = wanted.accounts.iter().map(|account| account.name.clone()).collect();
        let accounts = names(&own, present.accounts.iter().map(|account| account.name.as_str()).collect());
        let own: Vec<String> = wanted.groups.iter().map(|group| group.name.clone()).collect();
        let groups = names(&own, present.groups.iter().map(|group| group.name.as_str()).collect());
        let own: Vec<String> = wanted.organisations.iter().map(|of| of.name.clone()).collect();
        let organisations = names(&own, present.organisations.iter().map(|of| of.name.as_str()).collect());
        for said in &state.accounts {
            if let Some(name) = &said.organisation {
                must(text, "organisation", name, organisations.iter().map(String::as_str))?;
            }
        }
        for said in &state.groups {
            for member in &said.members {
                must(text, "account", member, accounts.iter().map(String::as_str))?;
                let member = Member { group: said.name.as_ref().clone(), account: member.as_ref().clone() };
                wanted.members.push(member);
            }
        }
        wanted.members.sort();
        wanted.members.dedup();
        let roots: Vec<String> = roots.map(str::to_owned).collect();
        wanted.collections = collections;
        let mut between = HashSet::new();
        for said in &state.grants {
            for (what, name, known) in [
                ("account", &said.account, &accounts),
                ("group", &said.group, &groups),
                ("organisation", &said.organisation, &organisations),
                ("API root", &said.root, &roots),
            ] {
                if let Some(name) = name {
                    must(text, what, name, known.iter().map(String::as_str))?;
                }
            }
            let grant = wanted.grant(text, said, present)?;
            if !between.insert((grant.subject.clone(), grant.object.clone())) {
                let what = format!("there are two grants of {} on {}", grant.subject, grant.object);
                return Err(Problem { place: None, what });
            }
            wanted.grants.push(grant);
        }
        Ok(wanted)
    }

    fn grant(&self, text: &str, said: &Grant, present: &Present) -> Result<store::Grant, Problem> {
        let name = |name: &Option<Spanned<String>>| name.as_ref().map(|name| name.as_ref().clone());
        let subject = name(&said.account).map(Subject::Account).or_else(|| name(&said.group).map(Subject::Group));
        let subject = subject.or_else(|| name(&said.organisation).map(Subject::Organisation));
        let nobody = || Problem { place: None, what: "a grant is to somebody, on something".to_owned() };
        let object = match (&said.collection, &said.root) {
            (Some(of), _) => Object::Collection(self.collection(text, of, present)?),
            (None, Some(root)) => Object::Root(root.as_ref().clone()),
            (None, None) => return Err(nobody()),
        };
        Ok(store::Grant { subject: subject.ok_or_else(nobody)?, object, rights: said.rights(), expires: said.expires })
    }

    /// The `id` of the collection that is meant: one of the file, or one that stays.
    fn collection(&self, text: &str, name: &Spanned<String>, present: &Present) -> Result<Uuid, Problem> {
        let wanted = name.as_ref();
        let kept = present.directory.collections.iter().filter(|_| !self.prune);
        let all: Vec<(Uuid, String)> = self
            .collections
            .iter()
            .chain(kept)
            .map(|one| (one.id, format!("{}/{}", one.root, one.alias.as_deref().unwrap_or_default())))
            .collect();
        let found = all.iter().find(|(id, name)| name == wanted || id.to_string() == *wanted);
        if let Some((id, _)) = found {
            return Ok(*id);
        }
        must(text, "collection", name, all.iter().map(|(_, name)| name.as_str()))?;
        Err(Problem { place: None, what: format!("there is no collection {wanted}") })
    }

    /// What the file does not name: grants and memberships first, and what others belong to last.
    fn goes(&self, present: &Present, changes: &mut Vec<Change>) {
        let named = |grant: &store::Grant| {
            self.grants.iter().any(|own| own.subject == grant.subject && own.object == grant.object)
        };
        for grant in present.grants.iter().filter(|grant| !named(grant)) {
            let (subject, object) = (grant.subject.clone(), grant.object.clone());
            changes.push(Change::RemoveGrant { subject, object });
        }
        for member in present.members.iter().filter(|member| !self.members.contains(member)) {
            changes.push(Change::RemoveMember(member.clone()));
        }
        for account in &present.accounts {
            if !self.accounts.iter().any(|own| own.name == account.name) {
                changes.push(Change::RemoveAccount { name: account.name.clone() });
            }
        }
        for group in &present.groups {
            if !self.groups.iter().any(|own| own.name == group.name) {
                changes.push(Change::RemoveGroup { name: group.name.clone() });
            }
        }
        for collection in &present.directory.collections {
            let stays = self.collections.iter().any(|own| own.id == collection.id);
            let with_root = !self.roots.iter().any(|own| own.name == collection.root);
            if !stays && !with_root {
                changes.push(Change::RemoveCollection { id: collection.id });
            }
        }
        for root in &present.directory.roots {
            if !self.roots.iter().any(|own| own.name == root.name) {
                changes.push(Change::RemoveRoot { name: root.name.clone() });
            }
        }
    }

    /// What is new or other than it was.
    fn comes(&self, present: &Present, changes: &mut Vec<Change>) {
        let directory = &present.directory;
        for root in &self.roots {
            match directory.root(&root.name) {
                None => changes.push(Change::AddRoot(root.clone())),
                Some(known) if known != root => changes.push(Change::SetRoot(root.clone())),
                Some(_) => {}
            }
        }
        for of in &self.organisations {
            match present.organisations.iter().find(|known| known.name == of.name) {
                None => changes.push(Change::AddOrganisation(of.clone())),
                Some(known) if known != of => changes.push(Change::SetOrganisation(of.clone())),
                Some(_) => {}
            }
        }
        for group in &self.groups {
            match present.groups.iter().find(|known| known.name == group.name) {
                None => changes.push(Change::AddGroup(group.clone())),
                Some(known) if known != group => changes.push(Change::SetGroup(group.clone())),
                Some(_) => {}
            }
        }
        for account in &self.accounts {
            match present.accounts.iter().find(|known| known.name == account.name) {
                None => changes.push(Change::AddAccount(account.clone())),
                Some(known) if known != account => changes.push(Change::SetAccount(account.clone())),
                Some(_) => {}
            }
        }
        // Nobody belongs to them any longer.
        for of in present.organisations.iter().filter(|_| self.prune) {
            if !self.organisations.iter().any(|own| own.name == of.name) {
                changes.push(Change::RemoveOrganisation { name: of.name.clone() });
            }
        }
        self.collections(present, changes);
        for member in self.members.iter().filter(|member| !present.members.contains(member)) {
            changes.push(Change::AddMember(member.clone()));
        }
        for grant in self.grants.iter().filter(|grant| !present.grants.contains(grant)) {
            changes.push(Change::SetGrant(grant.clone()));
        }
    }

    fn collections(&self, present: &Present, changes: &mut Vec<Change>) {
        let known = |id: Uuid| present.directory.collections.iter().find(|known| known.id == id);
        // Collections may exchange their aliases: those that get another one give theirs up first.
        for collection in &self.collections {
            let is_renamed = |former: &&store::Collection| former.alias.is_some() && former.alias != collection.alias;
            if let Some(former) = known(collection.id).filter(is_renamed) {
                changes.push(Change::SetCollection(store::Collection { alias: None, ..former.clone() }));
            }
        }
        for collection in &self.collections {
            match known(collection.id) {
                None => changes.push(Change::AddCollection(collection.clone())),
                Some(former) if former != collection => changes.push(Change::SetCollection(collection.clone())),
                Some(_) => {}
            }
        }
    }
}

fn root(said: &super::Root) -> store::ApiRoot {
    store::ApiRoot {
        name: said.name.as_ref().clone(),
        title: said.title.clone(),
        description: said.description.clone(),
        max_content_length: said.max_content_length,
        default: said.default,
    }
}

fn organisation(said: &super::Organisation) -> store::Organisation {
    store::Organisation {
        name: said.name.as_ref().clone(),
        title: said.title.clone(),
        clearance: said.clearance.clone(),
        enabled: said.enabled,
    }
}

fn group(said: &super::Group) -> store::Group {
    store::Group { name: said.name.as_ref().clone(), title: said.title.clone() }
}

fn account(said: &super::Account) -> store::Account {
    store::Account {
        name: said.name.as_ref().clone(),
        organisation: said.organisation.as_ref().map(|name| name.as_ref().clone()),
        clearance: said.clearance.clone(),
        enabled: said.enabled,
        admin: said.admin,
        client: said.client,
    }
}

impl Collection {
    /// The collection as the store would have it: the one of this `id` or, without an `id`, of this alias, or a new one.
    fn made(&self, present: &Present) -> store::Collection {
        let root = self.root.as_ref();
        let known = present.directory.collections.iter().find(|known| match self.id {
            Some(id) => known.id == id,
            None => known.root == *root && known.alias == self.alias,
        });
        let mut spec_versions = self.spec_versions.clone();
        spec_versions.sort_unstable();
        spec_versions.dedup();
        store::Collection {
            key: known.map(|known| known.key).unwrap_or_default(),
            root: root.clone(),
            id: known.map(|known| known.id).or(self.id).unwrap_or_else(Uuid::new_v4),
            alias: self.alias.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            anonymous_read: self.anonymous_read,
            listed: self.listed,
            spec_versions,
            ingest: self.ingest,
            retention: Retention {
                keep_days: self.keep_days,
                keep_expired_days: self.keep_expired_days,
                keep_objects: self.keep_objects,
            },
            markings: self.markings.clone(),
        }
    }
}

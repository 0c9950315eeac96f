//! Everything that administrators decide, as a file: API roots, collections, organisations, groups, accounts and grants, and never a
//! secret.
//!
//! * [`State::parse`] reads such a file, [`State::to_toml`] writes one
//! * [`Present::read`] looks at what a store has, [`Present::state`] tells it as such a file would
//! * [`difference()`] is the list of changes from the one to the other, [`told`] says one of them, and [`Plan`] what they come to
//! * [`Stated`] is the same for JSON
//!
//! What a file says of something is all there is to say of it: what is left out is as if it were new. Things that the file does
//! not name stay as they are, unless they are to be pruned.
//!
//! ```
//! use taxii_server::state::State;
//!
//! let state = State::parse("[[organisations]]\nname = 'acme'\ntitle = 'ACME'\n").unwrap();
//! assert_eq!(state.organisations[0].name.as_ref(), "acme");
//! let error = State::parse("[[organisations]]\nname = 'acme'\ntitel = 'ACME'\n").unwrap_err();
//! assert_eq!(error.to_string(), "line 3, column 1: unknown field `titel`; did you mean title?");
//! ```

mod difference;
mod json;
mod plan;
mod present;
mod problem;
#[cfg(test)]
mod tests;
mod told;

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use stix_model::SpecVersion;
use taxii_model::Timestamp;
use toml::Spanned;
use uuid::Uuid;

pub use self::difference::difference;
pub use self::json::{Misstated, Stated};
pub use self::plan::Plan;
pub use self::present::Present;
pub use self::problem::Problem;
pub use self::told::told;
use crate::access::Clearance;
use crate::auth::ClientProfile;
use crate::store::{ApiRoot, Ingest, Markings, Rights};

/// What a file says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// The API roots.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<Root>,
    /// The collections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<Collection>,
    /// The organisations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<Organisation>,
    /// The groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// The accounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<Account>,
    /// The grants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
}

fn is_false(is: &bool) -> bool {
    !is
}

fn is_true(is: &bool) -> bool {
    *is
}

fn yes() -> bool {
    true
}

/// An API root.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// Its path; nothing for `/`.
    pub name: Spanned<String>,
    /// A name for people.
    pub title: String,
    /// More words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The greatest request body, in octets.
    #[serde(default = "most")]
    pub max_content_length: u64,
    /// Is it the one that discovery recommends?
    #[serde(default, skip_serializing_if = "is_false")]
    pub default: bool,
}

fn most() -> u64 {
    ApiRoot::new("root", "").map_or(0, |root| root.max_content_length)
}

/// A collection. It is recognised by its `id`, and without one by its alias.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// The name of its API root.
    pub root: Spanned<String>,
    /// A readable name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// A version 4 UUID; a random one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// A name for people.
    pub title: String,
    /// More words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// May anybody read it without an account?
    #[serde(default, skip_serializing_if = "is_false")]
    pub anonymous_read: bool,
    /// Does everybody who has logged in see that it exists?
    #[serde(default, skip_serializing_if = "is_false")]
    pub listed: bool,
    /// The editions of STIX that it takes.
    #[serde(default = "current")]
    pub spec_versions: Vec<SpecVersion>,
    /// How closely it looks at what is added.
    #[serde(default)]
    pub ingest: Ingest,
    /// See [`crate::store::Retention`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
    /// See [`crate::store::Retention`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_expired_days: Option<u32>,
    /// See [`crate::store::Retention`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_objects: Option<u64>,
    /// What the markings of its objects mean.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub markings: Markings,
}

fn is_usual(markings: &Markings) -> bool {
    *markings == Markings::default()
}

fn current() -> Vec<SpecVersion> {
    vec![SpecVersion::V2_1]
}

/// An organisation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Names it in commands.
    pub name: Spanned<String>,
    /// A name for people.
    pub title: String,
    /// Which markings its accounts may see at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clearance: Option<Clearance>,
    /// May its accounts log in?
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
}

/// A group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Names it in commands.
    pub name: Spanned<String>,
    /// A name for people.
    pub title: String,
    /// Accounts that are in it.
    #[serde(default)]
    pub members: Vec<Spanned<String>>,
}

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The user name.
    pub name: Spanned<String>,
    /// The organisation that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Spanned<String>>,
    /// Which markings it may see, within those of its organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clearance: Option<Clearance>,
    /// May it log in?
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// May it do everything everywhere?
    #[serde(default, skip_serializing_if = "is_false")]
    pub admin: bool,
    /// Which tolerances its product needs.
    #[serde(default)]
    pub client: ClientProfile,
}

/// A grant: of an account, a group or an organisation, on a collection or an API root.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// To this account,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Spanned<String>>,
    /// or this group,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Spanned<String>>,
    /// or this organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Spanned<String>>,
    /// On this collection, `ROOT/ALIAS` or its `id`,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<Spanned<String>>,
    /// or on every collection of this API root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Spanned<String>>,
    /// Which rights; whoever has any may list, unless `listed` says otherwise.
    pub rights: BTreeSet<Right>,
    /// Without it the collection does not exist for whom only this grant is about, whatever the rights.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub listed: bool,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
}

/// One right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// See that the collection exists.
    List,
    /// Read its objects.
    Read,
    /// Add objects.
    Write,
    /// Together with the two before: delete objects.
    Delete,
    /// Change the collection itself, and see who uses it.
    Manage,
}

impl Right {
    /// The rights of a grant, each by itself.
    fn all_of(rights: Rights) -> BTreeSet<Self> {
        let Rights { list, read, write, delete, manage } = rights;
        let each = [
            (list, Self::List),
            (read, Self::Read),
            (write, Self::Write),
            (delete, Self::Delete),
            (manage, Self::Manage),
        ];
        each.into_iter().filter(|(is, _)| *is).map(|(_, right)| right).collect()
    }
}

impl Grant {
    fn rights(&self) -> Rights {
        let has = |right: Right| self.rights.contains(&right);
        Rights {
            list: self.listed,
            read: has(Right::Read),
            write: has(Right::Write),
            delete: has(Right::Delete),
            manage: has(Right::Manage),
        }
    }
}

impl State {
    /// Reads a file.
    ///
    /// # Errors
    /// It is no TOML, has something in it that is not known, or names something twice. The error tells where.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let state: Self = toml::from_str(text).map_err(|error| Problem::of_toml(text, &error))?;
        let at = |name: &Spanned<String>, what: &str| Problem::at(text, name.span().start, what);
        once(state.roots.iter().map(|root| &root.name), "API root").map_err(|(name, what)| at(name, &what))?;
        once(state.organisations.iter().map(|of| &of.name), "organisation").map_err(|(name, what)| at(name, &what))?;
        once(state.groups.iter().map(|group| &group.name), "group").map_err(|(name, what)| at(name, &what))?;
        once(state.accounts.iter().map(|account| &account.name), "account").map_err(|(name, what)| at(name, &what))?;
        for root in &state.roots {
            ApiRoot::new(root.name.as_ref(), "").map_err(|error| at(&root.name, &error.to_string()))?;
        }
        for collection in &state.collections {
            collection.check().map_err(|what| at(&collection.root, &what))?;
        }
        for grant in &state.grants {
            let subjects = [&grant.account, &grant.group, &grant.organisation];
            let objects = [&grant.collection, &grant.root];
            let first = subjects.iter().chain(&objects).find_map(|name| name.as_ref());
            let place = first.map_or(0, |name| name.span().start);
            if subjects.iter().filter(|name| name.is_some()).count() != 1 {
                return Err(Problem::at(text, place, "a grant is to one of account, group and organisation"));
            }
            if objects.iter().filter(|name| name.is_some()).count() != 1 {
                return Err(Problem::at(text, place, "a grant is on one of collection and root"));
            }
        }
        Ok(state)
    }

    /// Writes a file.
    ///
    /// # Errors
    /// A number is too great for TOML.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }
}

impl Collection {
    fn check(&self) -> Result<(), String> {
        if let Some(alias) = &self.alias {
            crate::store::Collection::new(self.root.as_ref(), Some(alias), "").map_err(|error| error.to_string())?;
        }
        match self.id {
            Some(id) if id.get_version_num() != 4 => Err(format!("{id} is no version 4 UUID, as TAXII 2.1 wants it")),
            None if self.alias.is_none() => Err("a collection has an alias, an id, or both".to_owned()),
            _ if self.spec_versions.is_empty() => Err("a collection takes some edition of STIX".to_owned()),
            _ => Ok(()),
        }
    }
}

/// Fails if a name is there twice.
fn once<'n>(names: impl Iterator<Item = &'n Spanned<String>>, what: &str) -> Result<(), (&'n Spanned<String>, String)> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name.as_ref().as_str()) {
            return Err((name, format!("the {what} {:?} is there twice", name.as_ref())));
        }
    }
    Ok(())
}

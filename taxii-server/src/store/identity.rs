use serde::{Deserialize, Serialize};
use taxii_model::Timestamp;

use super::{Grant, Subject};
use crate::access::Clearance;
use crate::auth::ClientProfile;

/// Whom accounts belong to: a company, an agency, a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Names it in commands.
    pub name: String,
    /// A name for people.
    pub title: String,
    /// Which markings its accounts may see at most; all without one.
    #[serde(default)]
    pub clearance: Option<Clearance>,
    /// May its accounts log in?
    #[serde(default = "yes")]
    pub enabled: bool,
}

impl Organisation {
    /// An organisation whose accounts may log in.
    #[must_use]
    pub fn new(name: &str, title: &str) -> Self {
        Self { name: name.to_owned(), title: title.to_owned(), clearance: None, enabled: true }
    }
}

fn yes() -> bool {
    true
}

/// Somebody who may log in, with one of its credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The user name.
    pub name: String,
    /// The organisation that it belongs to.
    #[serde(default)]
    pub organisation: Option<String>,
    /// Which markings it may see, within those of its organisation; all without one.
    #[serde(default)]
    pub clearance: Option<Clearance>,
    /// May it log in?
    #[serde(default = "yes")]
    pub enabled: bool,
    /// May it do everything everywhere?
    #[serde(default)]
    pub admin: bool,
    /// Which tolerances its product needs.
    #[serde(default)]
    pub client: ClientProfile,
}

impl Account {
    /// An account that may log in as soon as it has a credential.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let client = ClientProfile::Standard;
        Self { name: name.to_owned(), organisation: None, clearance: None, enabled: true, admin: false, client }
    }
}

/// Accounts that are granted something together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Names it in commands.
    pub name: String,
    /// A name for people.
    pub title: String,
}

/// That an account is in a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member {
    /// The group.
    pub group: String,
    /// The account.
    pub account: String,
}

/// An account with all that decides what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The account.
    pub account: Account,
    /// Its organisation.
    pub organisation: Option<Organisation>,
    /// The names of its groups, in order.
    pub groups: Vec<String>,
    /// What it was granted itself, by way of its groups and of its organisation; also what has expired.
    pub grants: Vec<Grant>,
}

impl Identity {
    /// May it log in?
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.account.enabled && self.organisation.as_ref().is_none_or(|organisation| organisation.enabled)
    }

    /// Which markings it may see: what both the account and its organisation may; all without any.
    #[must_use]
    pub fn clearance(&self) -> Option<Clearance> {
        let of_organisation = self.organisation.as_ref().and_then(|organisation| organisation.clearance.as_ref());
        match (&self.account.clearance, of_organisation) {
            (Some(own), Some(theirs)) => Some(own.meet(theirs)),
            (own, theirs) => own.as_ref().or(theirs).cloned(),
        }
    }

    /// Which markings it sees in fact: administrators all, and who has no clearance what is `usual` for accounts without one.
    #[must_use]
    pub fn sees(&self, usual: Option<&Clearance>) -> Option<Clearance> {
        if self.account.admin {
            return None;
        }
        self.clearance().or_else(|| usual.cloned())
    }

    /// Everybody that this account is when it comes to grants.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        let own = std::iter::once(Subject::Account(self.account.name.clone()));
        let organisation =
            self.organisation.iter().map(|organisation| Subject::Organisation(organisation.name.clone()));
        own.chain(organisation).chain(self.groups.iter().cloned().map(Subject::Group))
    }

    /// The grants that hold at this time.
    pub fn grants_at(&self, now: Timestamp) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| !grant.is_expired(now))
    }
}

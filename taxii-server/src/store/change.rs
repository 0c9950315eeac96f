use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{Account, ApiRoot, Collection, Credential, Grant, Group, Member, Object, Organisation, Scope, Subject};

/// One thing that an administrator changes. Everything but objects is changed by these, and only by these: see
/// [`super::Admin::change`].
///
/// `Add…` fails with [`super::StoreError::Taken`] if the name is in use, `Set…` and `Remove…` fail with
/// [`super::StoreError::Missing`] if there is no such thing. Removing takes along what depends on it.
///
/// Written as JSON or for debugging, a change never shows the hash or the digest of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Change {
    /// Adds an API root; if it is the default one, no other is any longer.
    AddRoot(ApiRoot),
    /// Replaces what is known about the root of this name.
    SetRoot(ApiRoot),
    /// Removes a root with its collections, statuses and grants.
    RemoveRoot {
        /// Which.
        name: String,
    },
    /// Adds a collection to its root; the `key` is ignored.
    AddCollection(Collection),
    /// Replaces what is known about the collection of this `id`; it stays in its root.
    SetCollection(Collection),
    /// Removes a collection with its objects and grants.
    RemoveCollection {
        /// Which.
        id: Uuid,
    },
    /// Adds an organisation.
    AddOrganisation(Organisation),
    /// Replaces what is known about the organisation of this name.
    SetOrganisation(Organisation),
    /// Removes an organisation, with its grants, that no account belongs to: fails with [`super::StoreError::Taken`] if
    /// one does, since the account could see more without it.
    RemoveOrganisation {
        /// Which.
        name: String,
    },
    /// Adds a group.
    AddGroup(Group),
    /// Replaces what is known about the group of this name.
    SetGroup(Group),
    /// Removes a group with its grants; its members stay, outside of it.
    RemoveGroup {
        /// Which.
        name: String,
    },
    /// Puts an account into a group.
    AddMember(Member),
    /// Takes an account out of a group.
    RemoveMember(Member),
    /// Adds an account.
    AddAccount(Account),
    /// Replaces what is known about the account of this name.
    SetAccount(Account),
    /// Removes an account with its credentials, its grants, the statuses of what it submitted, and which server it speaks for.
    RemoveAccount {
        /// Which.
        name: String,
    },
    /// Adds a credential to its account. Fails with [`super::StoreError::Taken`] if it would be one password more than
    /// [`super::PASSWORDS`], not counting those that have expired when this one was made.
    AddCredential(Credential),
    /// Replaces what is known about a credential but the secret itself.
    SetCredential {
        /// Which.
        id: Uuid,
        /// What people call it.
        name: String,
        /// From when on it lets nobody in.
        expires: Option<Timestamp>,
        /// What of the account's rights it may use.
        scope: Scope,
    },
    /// Removes a credential: it lets nobody in any longer.
    RevokeCredential {
        /// Which.
        id: Uuid,
    },
    /// Gives somebody these rights to something, in place of any they had.
    SetGrant(Grant),
    /// Takes somebody's rights to something away.
    RemoveGrant {
        /// Whose.
        subject: Subject,
        /// To what.
        object: Object,
    },
}

/// Under which conditions something is changed. By default under none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Only if nothing has been changed since [`super::Store::revision`] was this; fails with [`super::StoreError::Changed`] otherwise.
    pub revision: Option<i64>,
    /// Only find out whether it could be done.
    pub dry_run: bool,
}

impl Terms {
    /// Fails if the revision before this change is another one than it has to be.
    pub(super) fn must_hold(self, revision: i64) -> super::Result<()> {
        match self.revision {
            Some(wanted) if wanted != revision => Err(super::StoreError::Changed),
            _ => Ok(()),
        }
    }

    /// Fails at the end of a trial, so that it is undone.
    pub(super) fn must_stay(self) -> super::Result<()> {
        if self.dry_run { Err(super::StoreError::Undone) } else { Ok(()) }
    }

    /// What becomes of that, for whoever asked.
    pub(super) fn told(self, result: super::Result<()>) -> super::Result<()> {
        match result {
            Err(super::StoreError::Undone) if self.dry_run => Ok(()),
            other => other,
        }
    }
}

/// Who changes something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The account's name, or that of the operator on the machine.
    pub name: String,
    /// What it is.
    pub kind: ActorKind,
    /// With which of its credentials it came.
    #[serde(default)]
    pub credential: Option<String>,
    /// From where.
    #[serde(default)]
    pub address: Option<IpAddr>,
}

/// What can change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// Somebody who runs commands on the machine.
    Operator,
    /// An account that calls over the network.
    Account,
    /// The program itself.
    System,
}

impl Actor {
    /// The program itself, or the application that it is part of.
    #[must_use]
    pub fn system() -> Self {
        Self::new("system", ActorKind::System)
    }

    /// Somebody who runs commands on the machine.
    #[must_use]
    pub fn operator(name: &str) -> Self {
        Self::new(name, ActorKind::Operator)
    }

    fn new(name: &str, kind: ActorKind) -> Self {
        Self { name: name.to_owned(), kind, credential: None, address: None }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let collection = |c: &Collection| match &c.alias {
            Some(alias) => format!("collection {}/{alias} ({})", c.root, c.id),
            None => format!("collection {}/{}", c.root, c.id),
        };
        match self {
            Self::AddRoot(root) => write!(f, "add API root {}", root.path()),
            Self::SetRoot(root) => write!(f, "change API root {}", root.path()),
            Self::RemoveRoot { name } => write!(f, "remove API root /{name}"),
            Self::AddCollection(c) => write!(f, "add {}", collection(c)),
            Self::SetCollection(c) => write!(f, "change {}", collection(c)),
            Self::RemoveCollection { id } => write!(f, "remove collection {id}"),
            Self::AddOrganisation(o) => write!(f, "add organisation {}", o.name),
            Self::SetOrganisation(o) => write!(f, "change organisation {}", o.name),
            Self::RemoveOrganisation { name } => write!(f, "remove organisation {name}"),
            Self::AddGroup(group) => write!(f, "add group {}", group.name),
            Self::SetGroup(group) => write!(f, "change group {}", group.name),
            Self::RemoveGroup { name } => write!(f, "remove group {name}"),
            Self::AddMember(member) => write!(f, "add {} to group {}", member.account, member.group),
            Self::RemoveMember(member) => write!(f, "remove {} from group {}", member.account, member.group),
            Self::AddAccount(account) => write!(f, "add account {}", account.name),
            Self::SetAccount(account) => write!(f, "change account {}", account.name),
            Self::RemoveAccount { name } => write!(f, "remove account {name}"),
            Self::AddCredential(credential) => write!(f, "add {credential} of {}", credential.account),
            Self::SetCredential { id, .. } => write!(f, "change credential {id}"),
            Self::RevokeCredential { id } => write!(f, "revoke credential {id}"),
            Self::SetGrant(grant) => write!(f, "grant {} on {}: {}", grant.subject, grant.object, grant.rights),
            Self::RemoveGrant { subject, object } => write!(f, "remove grant of {subject} on {object}"),
        }
    }
}

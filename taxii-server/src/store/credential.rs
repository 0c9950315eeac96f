use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{Change, Rights};

/// What lets an account in. An account may have several, so that one can take the place of another while both are good.
///
/// Neither its text nor its JSON ever shows the hash or the digest of a secret.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Credential {
    /// Names it in commands and logs.
    pub id: Uuid,
    /// Whose it is.
    pub account: String,
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// What it is.
    pub kind: CredentialKind,
    /// What the server compares with: of a password the argon2id PHC string, of a key the SHA-256 in hex; of a certificate one of
    /// its names with the kind in front, or `sha256:` and its fingerprint; of a token `ISSUER SUBJECT`.
    #[serde(default, alias = "matches")]
    pub secret: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it lets nobody in.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// When it was used, to the minute.
    #[serde(default)]
    pub last_used: Option<Timestamp>,
    /// What of the account's rights whoever brings it may use.
    #[serde(default)]
    pub scope: Scope,
}

/// The kinds of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CredentialKind {
    /// A password, together with the account's name.
    Password,
    /// An API key, by itself.
    Key,
    /// A client certificate of this name.
    Certificate,
    /// A signed token of this issuer for this subject.
    Token,
}

/// An account has so many passwords at most that have not expired: all of them are tried at every log-in.
pub const PASSWORDS: usize = 2;

impl CredentialKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Password, Self::Key, Self::Certificate, Self::Token];

    /// As it is called in commands.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Key => "key",
            Self::Certificate => "certificate",
            Self::Token => "token",
        }
    }

    /// Is what is kept of it nothing that anybody else should know?
    fn is_secret(self) -> bool {
        matches!(self, Self::Password | Self::Key)
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// There are no credentials of this kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of credential: expected password, key, certificate or token")]
pub struct UnknownKind;

impl std::str::FromStr for CredentialKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

impl Credential {
    /// A credential with a random `id` that is good for everything and for ever.
    #[must_use]
    pub fn new(account: &str, kind: CredentialKind, secret: String) -> Self {
        Self {
            id: Uuid::new_v4(),
            account: account.to_owned(),
            name: String::new(),
            kind,
            secret,
            created: Timestamp::now(),
            expires: None,
            last_used: None,
            scope: Scope::default(),
        }
    }

    /// What takes its place, with this secret: of the same name and scope, and as long-lived as this one was when it was made.
    ///
    /// ```
    /// use taxii_server::store::{Credential, CredentialKind};
    ///
    /// let mut old = Credential::new("soc", CredentialKind::Key, "digest".to_owned());
    /// assert_eq!(old.successor("other".to_owned()).expires, None);
    /// old.expires = Some(old.created);
    /// let new = old.successor("other".to_owned());
    /// assert_eq!(new.expires, Some(new.created));
    /// ```
    #[must_use]
    pub fn successor(&self, secret: String) -> Self {
        let new = Self::new(&self.account, self.kind, secret);
        let (made, now) = (self.created.as_micros(), new.created.as_micros());
        let lifetime = |expires: Timestamp| expires.as_micros().saturating_sub(made);
        let expires = self.expires.map(|expires| Timestamp::from_micros(now.saturating_add(lifetime(expires))));
        Self { name: self.name.clone(), scope: self.scope.clone(), expires, ..new }
    }

    /// The same, but good until then at most.
    #[must_use]
    pub fn until(self, end: Timestamp) -> Self {
        Self { expires: Some(self.expires.map_or(end, |known| known.min(end))), ..self }
    }

    /// The change that makes the credential of this `id` have its name, end and scope.
    #[must_use]
    pub fn set(&self) -> Change {
        let Self { id, name, expires, scope, .. } = self.clone();
        Change::SetCredential { id, name, expires, scope }
    }

    /// Does it let nobody in any longer at this time?
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// What whoever comes with it has shown: the name of a certificate or a token, never a secret.
    #[must_use]
    pub fn matches(&self) -> Option<&str> {
        (!self.kind.is_secret()).then_some(self.secret.as_str())
    }
}

/// The kind and the first digits of the `id`.
impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.simple().to_string();
        write!(f, "{} {}", self.kind, id.get(..8).unwrap_or(&id))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Credential");
        shown.field("id", &self.id).field("account", &self.account).field("name", &self.name).field("kind", &self.kind);
        shown.field("matches", &self.matches()).field("created", &self.created).field("expires", &self.expires);
        shown.field("last_used", &self.last_used).field("scope", &self.scope).finish()
    }
}

impl Serialize for Credential {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'c> {
            id: Uuid,
            account: &'c str,
            name: &'c str,
            kind: CredentialKind,
            #[serde(skip_serializing_if = "Option::is_none")]
            matches: Option<&'c str>,
            created: Timestamp,
            expires: Option<Timestamp>,
            last_used: Option<Timestamp>,
            scope: &'c Scope,
        }
        let Self { id, account, name, kind, created, expires, last_used, scope, .. } = self;
        let matches = self.matches();
        Shown {
            id: *id,
            account,
            name,
            kind: *kind,
            matches,
            created: *created,
            expires: *expires,
            last_used: *last_used,
            scope,
        }
        .serialize(serializer)
    }
}

/// What of an account's rights a credential may use. By default all.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// These at most.
    pub rights: Rights,
    /// In these collections only, by their `id`; in all without a list.
    #[serde(default)]
    pub collections: Option<BTreeSet<Uuid>>,
}

impl Default for Scope {
    fn default() -> Self {
        Self { rights: Rights::ALL, collections: None }
    }
}

impl Scope {
    /// The rights to a collection that it leaves.
    #[must_use]
    pub fn rights_to(&self, collection: Uuid) -> Rights {
        let named = self.collections.as_ref().is_none_or(|named| named.contains(&collection));
        if named { Rights { list: true, ..self.rights } } else { Rights::NONE }
    }

    /// Does it leave the right to manage everything?
    pub(crate) fn manages(&self) -> bool {
        self.rights.manage && self.collections.is_none()
    }

    /// Does it take nothing away?
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// The rights, and the collections if there is a list: `read`, `read in 2 collections`.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_everything() {
            true => return f.write_str("everything"),
            false => self.rights.fmt(f)?,
        }
        match &self.collections {
            Some(collections) => write!(f, " in {} collections", collections.len()),
            None => Ok(()),
        }
    }
}

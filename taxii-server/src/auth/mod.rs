//! Who is calling.
//!
//! An [`Authenticator`] turns what a request brought along, its [`Credentials`], into a [`Caller`].
//! [`AccountAuthenticator`] does so by the accounts and credentials of a store; an application that
//! has users of its own implements the trait.
//!
//! What a caller may do is another matter: see [`crate::access`].

mod accounts;
#[cfg(feature = "oidc")]
mod bearer;
#[cfg(all(test, feature = "oidc"))]
mod bearer_tests;
mod certificate;
mod credentials;
#[cfg(feature = "tls")]
pub(crate) mod distinguished;
#[cfg(test)]
mod identity_tests;
#[cfg(feature = "tls")]
mod names;
mod profile;
mod proven;
mod secret;
mod throttle;
#[cfg(feature = "oidc")]
pub mod token;
mod used;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

pub use accounts::AccountAuthenticator;
pub use certificate::ClientCertificate;
pub use credentials::Credentials;
pub use profile::{ClientProfile, Tolerances, UnknownProfile};
pub use secret::{NewKey, hash_password, new_key, new_password};
pub(crate) use secret::{hex, unhex};
pub use throttle::FailedLogins;

use crate::access::Clearance;
use crate::service::limits::Allowance;
use crate::store::{Rights, Scope};

/// Whoever sends a request, once it is known.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The account's name; what it submits is remembered as its own. Nobody in particular has none.
    pub name: Option<String>,
    /// The organisation that the account belongs to.
    pub organisation: Option<String>,
    /// Which of the account's credentials it came with, for the log of who did what: `password`, `key 1b9d6bcd`. Never a secret.
    pub credential: Option<Arc<str>>,
    /// May it do everything everywhere?
    pub admin: bool,
    /// May it use the management API? Administrators may anyway; this is one with a credential of which the scope is less than
    /// everything and has the right to manage, in all collections.
    pub manages: bool,
    /// What its product needs.
    pub tolerances: Tolerances,
    /// What it was granted, by the `id` of the collection.
    pub grants: HashMap<Uuid, Rights>,
    /// What it was granted in every collection of an API root, by the root's name.
    pub roots: HashMap<String, Rights>,
    /// What of all this its credential may use.
    pub scope: Scope,
    /// How much it may ask for; what all accounts may, without one.
    pub limits: Option<Allowance>,
    /// Which markings it may see; all without one.
    pub clearance: Option<Arc<Clearance>>,
}

impl Caller {
    /// Nobody in particular: a request without credentials.
    #[must_use]
    pub fn anonymous() -> Arc<Self> {
        Arc::default()
    }

    /// Has nobody logged in?
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.name.is_none()
    }
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address of the client, past the proxies that are trusted; `None` if there is no network in between.
    pub address: Option<IpAddr>,
}

/// Finds out who is calling.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// The caller that these credentials belong to; `None` if they are wrong, whatever the reason.
    ///
    /// A request without credentials never gets here: it comes from [`Caller::anonymous`]. This is asked at every request
    /// with credentials: keep what is slow to verify.
    ///
    /// # Errors
    /// The question could not be answered; the client is told to come again.
    async fn authenticate(
        &self,
        credentials: &Credentials,
        origin: Origin,
    ) -> crate::store::Result<Option<Arc<Caller>>>;

    /// Asked after credentials were found wrong: is anything worth trying again only later, because too much has failed? Then the client is
    /// told how long to wait, instead of that its credentials are wrong.
    fn wait(&self, _credentials: &Credentials, _origin: Origin) -> Option<Duration> {
        None
    }
}

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use quick_cache::sync::Cache;
use ring::hmac;
use ring::rand::SystemRandom;
use taxii_model::Timestamp;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::proven::Proven;
use super::secret::{key_digest, verify_passwords};
use super::throttle::{FailedLogins, Throttle};
use super::used::{LastUse, LastUses};
use super::{Authenticator, Caller, ClientCertificate, Credentials, Origin};
use crate::access::Effective;
use crate::store::{Admin, Clock, Credential, CredentialKind, PASSWORDS, Result, Store, StoreError, wall_clock};

/// Authenticates by the accounts and credentials of a store.
///
/// Verifying a password takes long on purpose, so a positive result is kept for a minute, under a keyed hash of the
/// credentials, and not longer than the credential and every grant is good for. Any change to an account, an organisation, a
/// group, a credential or a grant makes all kept results void at once, in every process over the same database.
pub struct AccountAuthenticator<S: ?Sized> {
    store: Arc<S>,
    kept: Cache<[u8; 32], Kept>,
    uses: LastUses,
    hmac: hmac::Key,
    clock: Clock,
    throttle: Throttle,
    #[cfg(feature = "oidc")]
    tokens: Option<super::token::Tokens>,
}

#[derive(Clone)]
struct Kept {
    caller: Arc<Caller>,
    /// Of the store, if there is one.
    credential: Option<(Uuid, LastUse)>,
    revision: i64,
    until: Instant,
    /// When a credential, a token or a grant expires.
    expires: Option<Timestamp>,
}

impl Kept {
    /// Only what the store has can be remembered there.
    fn is_used<S: Admin + ?Sized>(&self, store: &Arc<S>, now: Timestamp) {
        if let Some((credential, used)) = &self.credential {
            used.tell(store, *credential, now);
        }
    }
}

const KEEP: Duration = Duration::from_secs(60);
const KEPT: usize = 10_000;

impl<S: Admin + Store + ?Sized> AccountAuthenticator<S> {
    /// Authenticates by the accounts of this store.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn new(store: Arc<S>) -> Result<Self> {
        Self::with_clock(store, wall_clock())
    }

    /// Authenticates with a clock of its own, by which credentials and grants expire.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn with_clock(store: Arc<S>, clock: Clock) -> Result<Self> {
        let hmac = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let hmac = hmac.map_err(|_| StoreError::failed("the system gives no random numbers"))?;
        let (kept, uses) = (Cache::new(KEPT), LastUses::new());
        let throttle = Throttle::new(FailedLogins::default());
        Ok(Self {
            store,
            kept,
            uses,
            hmac,
            clock,
            throttle,
            #[cfg(feature = "oidc")]
            tokens: None,
        })
    }

    /// Takes the tokens of these issuers, too, in place of an API key; none unless told otherwise.
    ///
    /// A token is its subject's account, if there is a credential that says so; else the account that it names, if the issuer may
    /// name accounts ([`ClaimNames::account`](super::token::ClaimNames)); else, if the issuer may make callers
    /// ([`Create::Caller`](super::token::Create)), somebody with what its groups were granted.
    #[cfg(feature = "oidc")]
    #[must_use]
    pub fn tokens(self, tokens: super::token::Tokens) -> Self {
        Self { tokens: Some(tokens), ..self }
    }

    /// How many log-ins may fail; [`FailedLogins::default`] unless told otherwise.
    #[must_use]
    pub fn failed_logins(self, failures: FailedLogins) -> Self {
        Self { throttle: Throttle::new(failures), ..self }
    }

    /// What results are kept under: tells nobody the credentials.
    fn keep_as(&self, credentials: &Credentials) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.hmac);
        let (kind, first, second) = match credentials {
            Credentials::Basic { user, password } => (b"b", user.as_str(), password.as_str()),
            Credentials::Key(key) => (b"k", "", key.as_str()),
            // The names are all in the certificate, hence in its fingerprint.
            Credentials::Certificate(certificate) => (b"c", "", certificate.fingerprint.as_str()),
        };
        context.update(kind);
        context.update(&(first.len() as u64).to_be_bytes());
        context.update(first.as_bytes());
        context.update(second.as_bytes());
        let mut name = [0; 32];
        name.copy_from_slice(context.sign().as_ref());
        name
    }

    /// Who calls, if what was shown is good.
    async fn prove(&self, credentials: &Credentials, origin: Origin, now: Timestamp) -> Result<Option<Proven>> {
        let known = match credentials {
            Credentials::Key(secret) => self.key(secret, now).await?,
            _ => self.verify(credentials, origin, now).await?,
        };
        let proven = match (known, credentials) {
            (Some(known), _) => Proven::of(&*self.store, known).await?,
            #[cfg(feature = "oidc")]
            (None, Credentials::Key(token)) => self.bearer(token, now).await?,
            (None, _) => None,
        };
        if proven.is_none() && matches!(credentials, Credentials::Key(_)) {
            self.throttle.failed_key(origin);
        }
        Ok(proven)
    }

    #[cfg(feature = "oidc")]
    async fn bearer(&self, token: &str, now: Timestamp) -> Result<Option<Proven>> {
        match &self.tokens {
            Some(tokens) => Proven::by_token(&*self.store, tokens, token, now).await,
            None => Ok(None),
        }
    }

    /// The credential that was shown, if it is good.
    async fn verify(&self, credentials: &Credentials, origin: Origin, now: Timestamp) -> Result<Option<Credential>> {
        match credentials {
            Credentials::Key(secret) => self.key(secret, now).await,
            Credentials::Certificate(certificate) => self.certificate(certificate, now).await,
            Credentials::Basic { user, password } => match self.key(password, now).await? {
                Some(key) => Ok(Some(key)),
                None => self.log_in(user, password.clone(), origin, now).await,
            },
        }
    }

    async fn key(&self, secret: &str, now: Timestamp) -> Result<Option<Credential>> {
        let known = self.store.credential(CredentialKind::Key, &key_digest(secret)).await?;
        Ok(known.filter(|known| !known.is_expired(now)))
    }

    /// By its fingerprint first, then by its names in their order.
    async fn certificate(&self, certificate: &ClientCertificate, now: Timestamp) -> Result<Option<Credential>> {
        let fingerprint = format!("sha256:{}", certificate.fingerprint);
        for name in std::iter::once(&fingerprint).chain(&certificate.names) {
            let known = self.store.credential(CredentialKind::Certificate, name).await?;
            if let Some(known) = known.filter(|known| !known.is_expired(now)) {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }

    /// Tries as many passwords as an account can have, whoever it is and however many it has: so it takes as long. Whoever has failed
    /// too often is not even looked up, so nothing tells whether there is such a user.
    async fn log_in(&self, user: &str, password: String, origin: Origin, now: Timestamp) -> Result<Option<Credential>> {
        let Some(attempt) = self.throttle.attempt(user, origin).await? else { return Ok(None) };
        let own = self.store.credentials(Some(user)).await?;
        let mut passwords: Vec<Credential> =
            own.into_iter().filter(|own| own.kind == CredentialKind::Password && !own.is_expired(now)).collect();
        passwords.reverse();
        passwords.truncate(PASSWORDS);
        let hashes: Vec<String> = passwords.iter().map(|known| known.secret.clone()).collect();
        let verify = move || {
            let right = verify_passwords(&password, &hashes);
            (attempt, right)
        };
        let (attempt, right) = spawn_blocking(verify).await.map_err(StoreError::failed)?;
        match right {
            Some(_) => self.throttle.succeeded(&attempt),
            None => self.throttle.failed(attempt).await,
        }
        Ok(right.and_then(|at| passwords.into_iter().nth(at)))
    }

    /// What whoever it is may do, and when that changes by itself; nobody who may not log in.
    async fn caller(&self, proven: Proven, now: Timestamp) -> Result<Option<(Caller, Option<Timestamp>)>> {
        let Proven { identity, scope, called, expires, .. } = proven;
        if !identity.is_enabled() {
            return Ok(None);
        }
        let mut effective = Effective::of(&identity, now);
        let everywhere = scope.is_everything();
        if identity.account.admin && !everywhere {
            effective.allow_everywhere(&self.store.directory().await?);
        }
        let clearance = identity.clearance().map(Arc::new);
        let caller = Caller {
            admin: identity.account.admin && everywhere,
            manages: identity.account.admin && scope.manages(),
            organisation: identity.organisation.map(|organisation| organisation.name),
            credential: Some(called.into()),
            tolerances: identity.account.client.tolerances(),
            name: Some(identity.account.name),
            grants: effective.collections,
            roots: effective.roots,
            scope,
            limits: None,
            clearance,
        };
        let expires = expires.into_iter().chain(effective.until).min();
        Ok(Some((caller, expires)))
    }
}

#[async_trait]
impl<S: Admin + Store + ?Sized> Authenticator for AccountAuthenticator<S> {
    async fn authenticate(&self, credentials: &Credentials, origin: Origin) -> Result<Option<Arc<Caller>>> {
        let name = self.keep_as(credentials);
        let revision = self.store.revision().await?;
        let now = (self.clock)();
        if let Some(kept) = self.kept.get(&name)
            && kept.revision == revision
            && kept.until > Instant::now()
            && kept.expires.is_none_or(|expires| expires > now)
        {
            kept.is_used(&self.store, now);
            return Ok(Some(kept.caller));
        }
        let Some(proven) = self.prove(credentials, origin, now).await? else { return Ok(None) };
        let credential = proven.credential.map(|id| (id, self.uses.of(id)));
        let Some((caller, expires)) = self.caller(proven, now).await? else { return Ok(None) };
        let (caller, until) = (Arc::new(caller), Instant::now() + KEEP);
        let kept = Kept { caller: Arc::clone(&caller), credential, revision, until, expires };
        kept.is_used(&self.store, now);
        self.kept.insert(name, kept);
        Ok(Some(caller))
    }

    fn wait(&self, credentials: &Credentials, origin: Origin) -> Option<Duration> {
        match credentials {
            Credentials::Basic { user, .. } => self.throttle.wait(Some(user), origin),
            _ => self.throttle.wait(None, origin),
        }
    }
}

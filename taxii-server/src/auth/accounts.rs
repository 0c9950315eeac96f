use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use quick_cache::sync::Cache;
use ring::hmac;
use ring::rand::SystemRandom;
use tokio::task::spawn_blocking;

use super::secret::{key_digest, verify_password};
use super::throttle::{FailedLogins, Throttle};
use super::{Authenticator, Caller, Credentials, Origin};
use crate::store::{Account, Admin, Result, Store, StoreError};

/// Authenticates by the accounts and keys of a store.
///
/// Verifying a password takes long on purpose, so a positive result is kept for a minute, under a keyed hash of the
/// credentials. Any change to an account, a key or a grant makes all kept results void at once, in
/// every process over the same database.
pub struct AccountAuthenticator<S: ?Sized> {
    store: Arc<S>,
    kept: Cache<[u8; 32], Kept>,
    hmac: hmac::Key,
    throttle: Throttle,
}

#[derive(Clone)]
struct Kept {
    caller: Arc<Caller>,
    revision: i64,
    until: Instant,
}

const KEEP: Duration = Duration::from_secs(60);
const KEPT: usize = 10_000;

impl<S: Admin + Store + ?Sized> AccountAuthenticator<S> {
    /// Authenticates by the accounts of this store.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn new(store: Arc<S>) -> Result<Self> {
        let hmac = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let hmac = hmac.map_err(|_| StoreError::failed("the system gives no random numbers"))?;
        Ok(Self { store, kept: Cache::new(KEPT), hmac, throttle: Throttle::new(FailedLogins::default()) })
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

    async fn verify(&self, credentials: &Credentials, origin: Origin) -> Result<Option<Account>> {
        match credentials {
            Credentials::Key(secret) => {
                let owner = self.owner_of(secret).await?;
                if owner.is_none() {
                    self.throttle.failed_key(origin);
                }
                Ok(owner)
            }
            Credentials::Certificate(_) => Ok(None),
            Credentials::Basic { user, password } => match self.owner_of(password).await? {
                Some(owner) => Ok(Some(owner)),
                None => self.log_in(user, password.clone(), origin).await,
            },
        }
    }

    async fn owner_of(&self, secret: &str) -> Result<Option<Account>> {
        match self.store.key(&key_digest(secret)).await? {
            Some(key) => self.store.account(&key.account).await,
            None => Ok(None),
        }
    }

    /// Whoever has failed too often is not even looked up, so nothing tells whether there is such a user.
    async fn log_in(&self, user: &str, password: String, origin: Origin) -> Result<Option<Account>> {
        let Some(attempt) = self.throttle.attempt(user, origin).await? else { return Ok(None) };
        let account = self.store.account(user).await?;
        let hash = account.as_ref().and_then(|account| account.password.clone());
        let verify = move || {
            let right = verify_password(&password, hash.as_deref());
            (attempt, right)
        };
        let (attempt, right) = spawn_blocking(verify).await.map_err(StoreError::failed)?;
        match right {
            true => self.throttle.succeeded(&attempt),
            false => self.throttle.failed(attempt).await,
        }
        Ok(account.filter(|_| right))
    }

    async fn caller(&self, account: Account) -> Result<Caller> {
        let grants = self.store.grants(Some(&account.name)).await?;
        Ok(Caller {
            name: Some(account.name),
            admin: account.admin,
            tolerances: account.client.tolerances(),
            grants: grants.into_iter().map(|grant| (grant.collection, grant.rights)).collect::<HashMap<_, _>>(),
            ..Caller::default()
        })
    }
}

#[async_trait]
impl<S: Admin + Store + ?Sized> Authenticator for AccountAuthenticator<S> {
    async fn authenticate(&self, credentials: &Credentials, origin: Origin) -> Result<Option<Arc<Caller>>> {
        let name = self.keep_as(credentials);
        let revision = self.store.revision().await?;
        if let Some(kept) = self.kept.get(&name)
            && kept.revision == revision
            && kept.until > Instant::now()
        {
            return Ok(Some(kept.caller));
        }
        let Some(account) = self.verify(credentials, origin).await? else { return Ok(None) };
        let caller = Arc::new(self.caller(account).await?);
        let kept = Kept { caller: Arc::clone(&caller), revision, until: Instant::now() + KEEP };
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

//! Whose account a token is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use taxii_model::Timestamp;

use super::proven::Proven;
use super::token::{Create, Issuer, TokenClaims, TokenError, Tokens};
use crate::store::{Account, Admin, CredentialKind, Identity, Result, Scope, StoreError, Subject};

/// For so long a token's signature is not verified anew: a key that the issuer has taken back is of no more use then.
const KEEP: Duration = Duration::from_secs(60);

impl Proven {
    /// Whoever a token says, if it is good and means somebody.
    pub(super) async fn by_token<S: Admin + ?Sized>(
        store: &S,
        tokens: &Tokens,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Self>> {
        if !Tokens::looks_like_one(token) {
            return Ok(None);
        }
        let claims = match tokens.verify(token, system_time(now)).await {
            Ok(claims) => claims,
            // Whether the token is good is not known; the issuer may be back soon.
            Err(why @ TokenError::NoKeys(_)) => return Err(StoreError::Unavailable(why.to_string())),
            Err(why) => {
                tracing::info!(%why, "a token was refused");
                return Ok(None);
            }
        };
        let proven = Self::by_claims(store, &claims, now).await?;
        if proven.is_none() {
            let (issuer, subject) = (&claims.issuer.issuer, &claims.subject);
            tracing::info!(issuer, subject, account = claims.account, "a token means nobody who may log in");
        }
        let expires = timestamp(claims.expires).min(now.saturating_add(KEEP));
        Ok(proven.map(|proven| Self { expires: proven.expires.into_iter().chain([expires]).min(), ..proven }))
    }

    /// The first of these that there is decides, be it disabled: the account that has such a credential, the account of this name,
    /// somebody new.
    async fn by_claims<S: Admin + ?Sized>(store: &S, claims: &TokenClaims, now: Timestamp) -> Result<Option<Self>> {
        let known = match subject(claims) {
            Some(subject) => store.credential(CredentialKind::Token, &subject).await?,
            None => None,
        };
        let found = match known {
            // Somebody has said until when this subject may come.
            Some(known) if known.is_expired(now) => return Ok(None),
            Some(known) => Self::of(store, known).await?,
            None => named(store, claims).await?.map(|identity| Self::claimed(identity, &claims.issuer)),
        };
        let Some(mut proven) = found else { return made(store, claims).await };
        if claims.issuer.add_groups {
            join(store, &mut proven.identity, &claims.groups).await?;
        }
        Ok(Some(proven))
    }

    fn claimed(identity: Identity, issuer: &Issuer) -> Self {
        let called = format!("token {}", host(&issuer.issuer));
        Self { identity, credential: None, called, scope: Scope::default(), expires: None }
    }
}

/// The account of the name that the token says.
async fn named<S: Admin + ?Sized>(store: &S, claims: &TokenClaims) -> Result<Option<Identity>> {
    match &claims.account {
        Some(account) => store.identity(account).await,
        None => Ok(None),
    }
}

/// Somebody whom only the issuer knows, if it may make callers. An organisation that is not in the store could have no clearance, so
/// its people stay outside.
async fn made<S: Admin + ?Sized>(store: &S, claims: &TokenClaims) -> Result<Option<Proven>> {
    let name = claims.account.clone().or_else(|| subject(claims));
    let (Create::Caller, Some(name)) = (claims.issuer.create, name) else { return Ok(None) };
    let organisation = match &claims.organisation {
        None => None,
        Some(name) => match store.organisations().await?.into_iter().find(|known| known.name == *name) {
            Some(known) => Some(known),
            None => return Ok(None),
        },
    };
    let mut grants = Vec::new();
    if let Some(organisation) = &organisation {
        grants = store.grants(Some(&Subject::Organisation(organisation.name.clone()))).await?;
    }
    let of_organisation = organisation.as_ref().map(|organisation| organisation.name.clone());
    let account = Account { organisation: of_organisation, ..Account::new(&name) };
    let mut identity = Identity { account, organisation, groups: Vec::new(), grants };
    join(store, &mut identity, &claims.groups).await?;
    Ok(Some(Proven::claimed(identity, &claims.issuer)))
}

/// Adds what these groups were granted, of which the store knows some.
async fn join<S: Admin + ?Sized>(store: &S, identity: &mut Identity, groups: &[String]) -> Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    for group in store.groups().await? {
        if groups.contains(&group.name) && !identity.groups.contains(&group.name) {
            identity.grants.extend(store.grants(Some(&Subject::Group(group.name.clone()))).await?);
            identity.groups.push(group.name);
        }
    }
    identity.groups.sort();
    Ok(())
}

/// What a credential for whoever sends the token has. It also names those who have no account, so that they never have the name of
/// one by chance.
fn subject(claims: &TokenClaims) -> Option<String> {
    claims.subject.as_ref().map(|subject| format!("{} {subject}", claims.issuer.issuer))
}

/// For logs: `login.example` of `https://login.example/realms/isac`.
fn host(issuer: &str) -> &str {
    let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn system_time(time: Timestamp) -> SystemTime {
    let micros = u64::try_from(time.as_micros()).unwrap_or(0);
    UNIX_EPOCH.checked_add(Duration::from_micros(micros)).unwrap_or(UNIX_EPOCH)
}

fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

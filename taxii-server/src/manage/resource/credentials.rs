use std::time::Duration;

use serde::{Deserialize, Serialize};
use taxii_model::Timestamp;
use tokio::task::spawn_blocking;

use super::{Resource, location, must_match, one, value};
use crate::auth::{hash_password, new_key, new_password};
use crate::manage::body::merge;
use crate::manage::call::{Call, Outcome, read};
use crate::manage::problem::Problem;
use crate::manage::route::Replied;
use crate::store::{Account, Change, Credential, CredentialKind, Result, Scope, StoreError};

/// What names a credential in a list: what the list is in order of.
fn name(credential: &Credential) -> String {
    [credential.account.as_str(), &credential.created.to_string(), &credential.id.to_string()].join("\n")
}

fn page(call: &Call, own: &[Credential]) -> Outcome {
    let begin = match call.text("after") {
        Some(after) => own.iter().position(|one| name(one) == after).map(|at| at + 1).ok_or_else(|| {
            Problem::query("after", "there is no such credential any longer; begin anew, without this parameter")
        })?,
        None => 0,
    };
    call.page_of(own.iter().skip(begin), name)
}

pub(in crate::manage) async fn all(call: Call) -> Outcome {
    let kind: Option<CredentialKind> = match call.text("kind").map(str::parse) {
        None => None,
        Some(Ok(kind)) => Some(kind),
        Some(Err(_)) => return Err(Problem::query("kind", "expected password, key, certificate or token")),
    };
    let mut all = call.store().credentials(None).await?;
    all.retain(|one| kind.is_none_or(|kind| one.kind == kind));
    page(&call, &all)
}

pub(in crate::manage) async fn of_account(call: Call) -> Outcome {
    let account = account(&call).await?;
    page(&call, &call.store().credentials(Some(&account)).await?)
}

/// The account that the path names.
async fn account(call: &Call) -> Result<String, Problem> {
    let name = call.parameter("account");
    let known = Account::find(call.store(), name).await?;
    let missing = || Problem::not_found(format!("there is no account {name:?}; GET /v1/accounts lists them"));
    known.map(|account| account.name).ok_or_else(missing)
}

async fn known(call: &Call) -> Result<Credential, Problem> {
    let (account, id) = (account(call).await?, call.id("credential")?);
    let own = call.store().credentials(Some(&account)).await?;
    let missing = || Problem::not_found(format!("{account:?} has no credential {id}"));
    own.into_iter().find(|one| one.id == id).ok_or_else(missing)
}

/// What does not change while it is used.
fn settled(credential: &Credential) -> Credential {
    Credential { last_used: None, ..credential.clone() }
}

pub(in crate::manage) async fn show(call: Call) -> Outcome {
    one(&settled(&known(&call).await?))
}

#[derive(Deserialize)]
struct NewCredential {
    kind: CredentialKind,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    matches: Option<String>,
    #[serde(default)]
    expires: Option<Timestamp>,
    #[serde(default)]
    scope: Scope,
}

/// A new credential, and its secret if that was made at random.
#[derive(Serialize)]
struct Made {
    credential: Credential,
    secret: Option<String>,
}

pub(in crate::manage) async fn add(mut call: Call) -> Outcome {
    let account = account(&call).await?;
    let new: NewCredential = call.body()?;
    let (kept, secret) = secret(&new).await?;
    let credential = Credential {
        name: new.name,
        expires: new.expires,
        scope: new.scope,
        ..Credential::new(&account, new.kind, kept)
    };
    call.change(&[Change::AddCredential(credential.clone())]).await?;
    made(credential, secret)
}

fn made(credential: Credential, secret: Option<String>) -> Outcome {
    let id = credential.id.to_string();
    let location = location(&["/v1/accounts", &credential.account, "credentials", &id]);
    Ok(Replied::Made(location, value(&Made { credential, secret })?))
}

/// What is kept of a new credential, and what is told of it once.
async fn secret(new: &NewCredential) -> Result<(String, Option<String>), Problem> {
    let is_named = matches!(new.kind, CredentialKind::Certificate | CredentialKind::Token);
    match (&new.password, &new.matches) {
        (Some(_), _) if new.kind != CredentialKind::Password => {
            Err(Problem::wrong("/password", "only a credential of the kind password has one"))
        }
        (_, Some(_)) if !is_named => {
            Err(Problem::wrong("/matches", "only certificates and tokens are recognised by a name"))
        }
        (_, Some(matches)) => Ok((matches.clone(), None)),
        (_, None) if is_named => {
            Err(Problem::wrong("/matches", "it is missing: by which name is the certificate or the token recognised?"))
        }
        (Some(password), _) => Ok((hashed(password.clone()).await?, None)),
        (None, _) => random(new.kind).await,
    }
}

/// A key or a password made at random: what is kept, and what is told.
async fn random(kind: CredentialKind) -> Result<(String, Option<String>), Problem> {
    if kind == CredentialKind::Key {
        let key = new_key()?;
        return Ok((key.digest, Some(key.secret)));
    }
    let password = new_password()?;
    Ok((hashed(password.clone()).await?, Some(password)))
}

/// Takes long on purpose.
async fn hashed(password: String) -> Result<String> {
    spawn_blocking(move || hash_password(&password)).await.map_err(StoreError::failed)?
}

pub(in crate::manage) async fn patch(mut call: Call) -> Outcome {
    #[derive(Deserialize)]
    struct Changed {
        #[serde(default)]
        name: String,
        #[serde(default)]
        expires: Option<Timestamp>,
        #[serde(default)]
        scope: Scope,
    }
    let given = std::mem::take(&mut call.body);
    call.update(async |call| {
        let known = settled(&known(call).await?);
        must_match(call, &known)?;
        let mut whole = value(&known)?;
        merge(&mut whole, given.clone());
        let Changed { name, expires, scope } = read(whole)?;
        Ok((vec![Change::SetCredential { id: known.id, name, expires, scope }], ()))
    })
    .await?;
    show(call).await
}

pub(in crate::manage) async fn revoke(call: Call) -> Outcome {
    call.update(async |call| {
        let known = settled(&known(call).await?);
        must_match(call, &known)?;
        Ok((vec![Change::RevokeCredential { id: known.id }], ()))
    })
    .await?;
    Ok(Replied::Nothing)
}

/// For how long both are good unless told otherwise: a week.
const OVERLAP: u32 = 7 * 24 * 60 * 60;

pub(in crate::manage) async fn rotate(mut call: Call) -> Outcome {
    #[derive(Deserialize)]
    struct Rotation {
        #[serde(default)]
        overlap_seconds: Option<u32>,
    }
    let Rotation { overlap_seconds } = call.body()?;
    let overlap = Duration::from_secs(overlap_seconds.unwrap_or(OVERLAP).into());
    let old = known(&call).await?;
    let kind = old.kind;
    if old.is_expired(Timestamp::now()) {
        return Err(Problem::wrong("", format!("the {kind} {} has expired: add another one instead", old.id)));
    }
    if !matches!(kind, CredentialKind::Password | CredentialKind::Key) {
        return Err(Problem::wrong(
            "",
            format!("there is nothing secret about a {kind}: add another one and revoke this one"),
        ));
    }
    let (kept, secret) = random(kind).await?;
    let credential = call
        .update(async |call| {
            let old = known(call).await?;
            let new = old.successor(kept.clone());
            let end = new.created.saturating_add(overlap);
            Ok((vec![old.until(end).set(), Change::AddCredential(new.clone())], new))
        })
        .await?;
    made(credential, secret)
}

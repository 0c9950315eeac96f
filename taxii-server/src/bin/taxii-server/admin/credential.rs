use std::time::Duration;

use serde_json::json;
use taxii_model::Timestamp;
use taxii_server::auth;
use taxii_server::store::{self, Change, CredentialKind, Directory};
use uuid::Uuid;

use super::{Desk, find_collection, read_password, until};
use crate::Outcome;
use crate::cli::{Credential, CredentialOptions, Proof};
use crate::output::Output;

impl Desk {
    pub(crate) async fn credential(&self, command: Credential, out: &Output) -> Outcome {
        match command {
            Credential::Add { account, proof, options } => {
                self.find_account(&account).await?;
                let (mut credential, secret) = proof.make(&account)?;
                options.apply(&mut credential, &self.store.directory().await?)?;
                self.change(&[Change::AddCredential(credential.clone())]).await?;
                let told = secret.as_ref().map(|secret| format!(": {secret} (shown once)")).unwrap_or_default();
                let what = credential.matches().map(|name| format!(" {name}")).unwrap_or_default();
                let (kind, id) = (credential.kind, credential.id);
                let end = until(credential.expires);
                out.done(
                    &format!("added a {kind}{what} for {account}{told}; its id is {id}{end}"),
                    &json!({"credential": credential, "secret": secret}),
                )
            }
            Credential::List { account } => {
                if let Some(name) = &account {
                    self.find_account(name).await?;
                }
                let credentials = self.store.credentials(account.as_deref()).await?;
                let header = ["Account", "Kind", "Name", "Scope", "Made", "Expires", "Last used", "id"];
                out.list(header, &credentials, |c| {
                    let date = |date: Option<Timestamp>| date.map(|date| date.to_string()).unwrap_or_default();
                    let name = if c.name.is_empty() { c.matches().unwrap_or_default() } else { &c.name };
                    let (expires, last_used) = (date(c.expires), date(c.last_used));
                    let (kind, scope, created) = (c.kind.to_string(), c.scope.to_string(), c.created.to_string());
                    [c.account.clone(), kind, name.to_owned(), scope, created, expires, last_used, c.id.to_string()]
                })
            }
            Credential::Show { id } => {
                let credential = self.find_credential(id).await?;
                out.text(|| Ok(described(&credential)), &credential)
            }
            Credential::Set { id, options } => {
                let mut credential = self.find_credential(id).await?;
                options.apply(&mut credential, &self.store.directory().await?)?;
                self.change(&[credential.set()]).await?;
                out.done(&format!("changed the credential {id}"), &credential)
            }
            Credential::Rotate { id, overlap } => self.rotate(id, overlap, out).await,
            Credential::Revoke { id } => {
                let credential = self.find_credential(id).await?;
                self.change(&[Change::RevokeCredential { id }]).await?;
                let (kind, account) = (credential.kind, &credential.account);
                out.done(
                    &format!("revoked the {kind} {id} of {account}; it lets nobody in any longer"),
                    &json!({"id": id, "account": account}),
                )
            }
        }
    }

    /// The new one first: whoever reads this has it before the old one is of no use any longer.
    async fn rotate(&self, id: Uuid, overlap: Duration, out: &Output) -> Outcome {
        let now = Timestamp::now();
        let old = self.find_credential(id).await?;
        if old.is_expired(now) {
            return Err(format!("the {} {id} has expired: add another one instead", old.kind).into());
        }
        let made = match old.kind {
            CredentialKind::Key => auth::new_key().map(|key| (key.digest, key.secret))?,
            CredentialKind::Password => {
                let password = auth::new_password()?;
                (auth::hash_password(&password)?, password)
            }
            kind => return Err(format!("a {kind} is made elsewhere: add the new one, then revoke {id}").into()),
        };
        let (kept, secret) = made;
        let (fresh, ending) = (old.successor(kept), old.clone().until(now.saturating_add(overlap)));
        self.change(&[ending.set(), Change::AddCredential(fresh.clone())]).await?;
        let sentence = format!(
            "{} has a new {}: {secret} (shown once; its id is {}){}; the old one, {id}, is good{}",
            old.account,
            old.kind,
            fresh.id,
            until(fresh.expires),
            until(ending.expires).trim_start_matches(','),
        );
        out.done(&sentence, &json!({"credential": fresh, "secret": secret, "former": ending}))
    }

    pub(super) async fn find_credential(&self, id: Uuid) -> Outcome<store::Credential> {
        let all = self.store.credentials(None).await?;
        let found = all.into_iter().find(|credential| credential.id == id);
        Ok(found.ok_or_else(|| format!("there is no credential {id}; credential list shows all there are"))?)
    }
}

fn described(credential: &store::Credential) -> String {
    let date = |date: Option<Timestamp>, none: &str| date.map_or_else(|| none.to_owned(), |date| date.to_string());
    format!(
        "{}\naccount: {}\nkind: {}{}\nname: {}\nscope: {}\nmade: {}\nexpires: {}\nlast used: {}",
        credential.id,
        credential.account,
        credential.kind,
        credential.matches().map(|name| format!(" {name}")).unwrap_or_default(),
        credential.name,
        credential.scope,
        credential.created,
        date(credential.expires, "never"),
        date(credential.last_used, "never"),
    )
}

impl Proof {
    /// The credential, and the secret if it was made here.
    fn make(&self, account: &str) -> Outcome<(store::Credential, Option<String>)> {
        let (kind, kept, shown) = if self.key {
            let key = auth::new_key()?;
            (CredentialKind::Key, key.digest, Some(key.secret))
        } else if let Some(name) = &self.certificate {
            (CredentialKind::Certificate, check_certificate(name)?, None)
        } else if let Some([issuer, subject]) = self.token.as_deref() {
            if issuer.is_empty() || subject.is_empty() || issuer.contains(' ') {
                return Err("a token's issuer and subject are not empty, and the issuer has no blank".into());
            }
            (CredentialKind::Token, format!("{issuer} {subject}"), None)
        } else {
            let given = self.password_file.as_deref().map(read_password).transpose()?;
            let made = if given.is_none() { Some(auth::new_password()?) } else { None };
            let hash = auth::hash_password(given.as_deref().or(made.as_deref()).unwrap_or_default())?;
            (CredentialKind::Password, hash, made)
        };
        Ok((store::Credential::new(account, kind, kept), shown))
    }
}

/// The name of a certificate as it will be compared.
fn check_certificate(name: &str) -> Outcome<String> {
    let wrong = || {
        format!(
            "{name:?} names no certificate: expected sha256:FINGERPRINT, dns:NAME, email:ADDRESS, uri:URI, ip:ADDRESS or subject:NAME"
        )
    };
    let (kind, value) = name.split_once(':').filter(|(_, value)| !value.is_empty()).ok_or_else(wrong)?;
    match kind {
        "sha256" => {
            let digits: String = value.chars().filter(|c| *c != ':').collect::<String>().to_ascii_lowercase();
            let is_digest = digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit());
            if is_digest { Ok(format!("sha256:{digits}")) } else { Err(wrong().into()) }
        }
        "dns" | "email" | "uri" | "ip" | "subject" => Ok(name.to_owned()),
        _ => Err(wrong().into()),
    }
}

impl CredentialOptions {
    fn apply(self, credential: &mut store::Credential, directory: &Directory) -> Outcome {
        credential.name = self.name.unwrap_or_else(|| std::mem::take(&mut credential.name));
        credential.expires = self.expires.map_or(credential.expires, |when| when.0);
        credential.scope.rights = self.scope.unwrap_or(credential.scope.rights);
        if !self.collection.is_empty() {
            let ids = self.collection.iter().map(|name| Ok(find_collection(directory, name)?.id));
            credential.scope.collections = Some(ids.collect::<Outcome<_>>()?);
        }
        Ok(())
    }
}

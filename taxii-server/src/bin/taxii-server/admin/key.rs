use serde_json::{Value, json};
use taxii_server::auth;
use taxii_server::store::{Change, Credential, CredentialKind};

use super::{Desk, until};
use crate::Outcome;
use crate::cli::Key;
use crate::output::{Output, with};

impl Desk {
    pub(crate) async fn key(&self, command: Key, out: &Output) -> Outcome {
        match command {
            Key::Add { account, label, expires } => {
                self.find_account(&account).await?;
                let fresh = auth::new_key()?;
                let expires = expires.and_then(|when| when.0);
                let key = Credential::new(&account, CredentialKind::Key, fresh.digest);
                let key = Credential { name: label, expires, ..key };
                self.change(&[Change::AddCredential(key.clone())]).await?;
                let sentence = format!(
                    "added a key for {account}: {} (shown once; its id is {}){}",
                    fresh.secret,
                    key.id,
                    until(expires)
                );
                let told = with(described(&key), "key", fresh.secret.as_str());
                out.done(&sentence, &told)
            }
            Key::List { account } => {
                let mut keys = self.store.credentials(account.as_deref()).await?;
                keys.retain(|key| key.kind == CredentialKind::Key);
                let keys: Vec<Value> = keys.iter().map(described).collect();
                out.list(["Account", "Label", "Made", "Expires", "id"], &keys, |key| {
                    ["account", "label", "created", "expires", "id"]
                        .map(|part| key.get(part).and_then(Value::as_str).unwrap_or_default().to_owned())
                })
            }
            Key::Show { id } => {
                let key = self.find_credential(id).await?;
                let end = until(key.expires);
                out.text(
                    || {
                        Ok(format!(
                            "{}\naccount: {}\nlabel: {}\nmade: {}{end}",
                            key.id, key.account, key.name, key.created
                        ))
                    },
                    &described(&key),
                )
            }
            Key::Set { id, label } => {
                let key = Credential { name: label, ..self.find_credential(id).await? };
                self.change(&[key.set()]).await?;
                out.done(&format!("labelled the key {id} {:?}", key.name), &described(&key))
            }
            Key::Remove { id } => {
                self.change(&[Change::RevokeCredential { id }]).await?;
                out.done(&format!("removed the key {id}; it lets nobody in any longer"), &json!({"id": id}))
            }
        }
    }
}

/// A key, whose name is called its label.
fn described(key: &Credential) -> Value {
    json!({
        "id": key.id, "account": key.account, "label": key.name, "created": key.created, "expires": key.expires,
        "last_used": key.last_used, "scope": key.scope,
    })
}

use serde_json::json;
use taxii_model::Timestamp;
use taxii_server::auth;
use taxii_server::store;
use uuid::Uuid;

use super::Desk;
use crate::Outcome;
use crate::cli::Key;
use crate::output::Output;

impl Desk {
    pub(crate) async fn key(&self, command: Key, out: &Output) -> Outcome {
        match command {
            Key::Add { account, label } => {
                self.find_account(&account).await?;
                let fresh = auth::new_key()?;
                let key =
                    store::Key { id: Uuid::new_v4(), account, label, digest: fresh.digest, created: Timestamp::now() };
                self.store.add_key(&key).await?;
                let sentence =
                    format!("added a key for {}: {} (shown once; its id is {})", key.account, fresh.secret, key.id);
                out.done(&sentence, &json!({"id": key.id, "account": key.account, "label": key.label, "created": key.created, "key": fresh.secret}))
            }
            Key::List { account } => {
                let mut keys = self.store.keys().await?;
                keys.retain(|key| account.as_ref().is_none_or(|name| key.account == *name));
                out.list(["Account", "Label", "Made", "id"], &keys, |k| {
                    [k.account.clone(), k.label.clone(), k.created.to_string(), k.id.to_string()]
                })
            }
            Key::Show { id } => {
                let key = self
                    .store
                    .keys()
                    .await?
                    .into_iter()
                    .find(|key| key.id == id)
                    .ok_or_else(|| format!("there is no key {id}"))?;
                out.text(
                    || Ok(format!("{}\naccount: {}\nlabel: {}\nmade: {}", key.id, key.account, key.label, key.created)),
                    &key,
                )
            }
            Key::Set { id, label } => {
                self.store.set_key(id, &label).await?;
                out.done(&format!("labelled the key {id} {label:?}"), &json!({"id": id, "label": label}))
            }
            Key::Remove { id } => {
                self.store.remove_key(id).await?;
                out.done(&format!("removed the key {id}; it lets nobody in any longer"), &json!({"id": id}))
            }
        }
    }
}

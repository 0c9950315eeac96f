use serde_json::json;
use taxii_server::store::{self, Directory, Rights};

use super::{Desk, collection_name, find_collection, name};
use crate::Outcome;
use crate::cli::{Grant, GrantArgs};
use crate::output::Output;

impl Desk {
    pub(crate) async fn grant(&self, command: Grant, out: &Output) -> Outcome {
        let directory = self.store.directory().await?;
        match command {
            Grant::Add(args) | Grant::Set(args) => self.set_grant(args, &directory, out).await,
            Grant::List { account } => {
                let grants = self.store.grants(account.as_deref()).await?;
                out.list(["Account", "Collection", "Rights"], &grants, |g| {
                    [g.account.clone(), collection_name(&directory, g.collection), g.rights.to_string()]
                })
            }
            Grant::Show { account, collection } => {
                let holder = self.find_account(&account).await?;
                let collection = find_collection(&directory, &collection)?;
                let granted =
                    self.store.grants(Some(&account)).await?.into_iter().find(|g| g.collection == collection.id);
                let rights = granted.map_or(Rights::NONE, |g| g.rights);
                let because = match (holder.admin, collection.anonymous_read) {
                    (true, _) => "; as an administrator it may do everything",
                    (_, true) => "; everybody may read this collection",
                    _ => "",
                };
                let sentence = format!("{account} was granted on {}: {rights}{because}", name(collection));
                out.done(&sentence, &json!({"account": account, "collection": collection.id, "rights": rights, "admin": holder.admin, "anonymous_read": collection.anonymous_read}))
            }
            Grant::Remove { account, collection } => {
                let collection = find_collection(&directory, &collection)?;
                self.store.remove_grant(&account, collection.id).await?;
                out.done(
                    &format!("{account} has no grant on {} any longer", name(collection)),
                    &json!({"account": account, "collection": collection.id}),
                )
            }
        }
    }

    async fn set_grant(&self, args: GrantArgs, directory: &Directory, out: &Output) -> Outcome {
        self.find_account(&args.account).await?;
        let collection = find_collection(directory, &args.collection)?;
        let rights =
            Rights { list: true, read: args.read, write: args.write, delete: args.read && args.write, manage: false };
        let grant = store::Grant { account: args.account, collection: collection.id, rights };
        self.store.set_grant(&grant).await?;
        out.done(&format!("{} may now on {}: {rights}", grant.account, name(collection)), &grant)
    }
}

use std::io::Read;

use serde_json::json;
use taxii_server::auth::{self, ClientProfile};
use taxii_server::store::{self, ApiRoot, Rights};
use uuid::Uuid;

use super::{Desk, collection_name, find_collection, yes};
use crate::Outcome;
use crate::cli::{Account, AccountOptions};
use crate::config::Config;
use crate::output::Output;
use crate::recipes;

impl Desk {
    pub(crate) async fn account(&self, command: Account, config: &Config, out: &Output) -> Outcome {
        match command {
            Account::Add { name, options, read, write } => {
                self.add_account(&name, &options, (&read, &write), config, out).await
            }
            Account::List => {
                let accounts = self.store.accounts().await?;
                out.list(["Account", "Administrator", "Client", "Password"], &accounts, |a| {
                    [a.name.clone(), yes(a.admin), a.client.to_string(), yes(a.password.is_some())]
                })
            }
            Account::Show { name } => {
                let account = self.find_account(&name).await?;
                let keys: Vec<_> = self.store.keys().await?.into_iter().filter(|key| key.account == name).collect();
                let grants = self.store.grants(Some(&name)).await?;
                let directory = self.store.directory().await?;
                let settings = self.settings(&account, "(the password or key)", config).await?;
                out.text(
                    || {
                        Ok(format!(
                            "{name}\nadministrator: {}\nclient: {}\npassword: {}\nkeys:{}\ngrants:{}\n\n{}",
                            yes(account.admin),
                            account.client,
                            yes(account.password.is_some()),
                            keys.iter()
                                .map(|key| format!("\n  {} {} {}", key.id, key.created, key.label))
                                .collect::<String>(),
                            grants
                                .iter()
                                .map(|g| format!("\n  {}: {}", collection_name(&directory, g.collection), g.rights))
                                .collect::<String>(),
                            settings.join("\n\n"),
                        ))
                    },
                    &json!({"account": account, "keys": keys, "grants": grants, "settings": settings}),
                )
            }
            Account::Set { name, options, new_password } => {
                let mut account = self.find_account(&name).await?;
                let password = if new_password { Some(auth::new_password()?) } else { options.password()? };
                options.apply(&mut account, password.as_deref())?;
                self.store.set_account(&account).await?;
                let shown = password.filter(|_| new_password);
                let told = shown
                    .as_ref()
                    .map(|password| format!("; its password is now {password} (shown once)"))
                    .unwrap_or_default();
                out.done(
                    &format!("changed the account {name}{told}"),
                    &json!({"name": name, "admin": account.admin, "client": account.client, "password": shown}),
                )
            }
            Account::Remove { name } => {
                self.store.remove_account(&name).await?;
                out.done(&format!("removed the account {name}"), &json!({"name": name}))
            }
        }
    }

    async fn add_account(
        &self,
        name: &str,
        options: &AccountOptions,
        (read, write): (&[String], &[String]),
        config: &Config,
        out: &Output,
    ) -> Outcome {
        if name.is_empty() || name.contains(':') {
            return Err("an account's name has at least one character and no colon".into());
        }
        let directory = self.store.directory().await?;
        let mut rights: Vec<(Uuid, Rights)> = Vec::new();
        for (names, is_read) in [(read, true), (write, false)] {
            for wanted in names {
                let id = find_collection(&directory, wanted)?.id;
                let known = rights.iter_mut().find(|(collection, _)| *collection == id);
                let (reads, writes) = known.as_ref().map_or((false, false), |(_, r)| (r.read, r.write));
                let sum = {
                    let (read, write) = (reads || is_read, writes || !is_read);
                    Rights { list: true, read, write, delete: read && write, manage: false }
                };
                match known {
                    Some(entry) => entry.1 = sum,
                    None => rights.push((id, sum)),
                }
            }
        }
        let given = options.password()?;
        let made = if given.is_none() { Some(auth::new_password()?) } else { None };
        let mut account =
            store::Account { name: name.to_owned(), password: None, admin: false, client: ClientProfile::Standard };
        options.apply(&mut account, given.as_deref().or(made.as_deref()))?;
        self.store.add_account(&account).await?;
        for (collection, rights) in rights {
            self.store.set_grant(&store::Grant { account: name.to_owned(), collection, rights }).await?;
        }
        let settings = self.settings(&account, made.as_deref().unwrap_or("(the password given)"), config).await?;
        let told =
            made.as_ref().map(|password| format!(" with the password {password} (shown once)")).unwrap_or_default();
        let sentence = format!("added the account {name}{told}\n\n{}", settings.join("\n\n"));
        out.done(&sentence, &json!({"name": name, "admin": account.admin, "client": account.client, "password": made, "settings": settings}))
    }

    /// What to type into the account's product, for each collection that it may read.
    async fn settings(&self, account: &store::Account, password: &str, config: &Config) -> Outcome<Vec<String>> {
        let directory = self.store.directory().await?;
        let grants = self.store.grants(Some(&account.name)).await?;
        let mut settings = Vec::new();
        for grant in grants.iter().filter(|grant| grant.rights.read || grant.rights.write) {
            let Some(collection) = directory.collections.iter().find(|c| c.id == grant.collection) else { continue };
            let root = directory.root(&collection.root).map(ApiRoot::path).unwrap_or_default();
            let url = config.url();
            let reach = recipes::Reach {
                url: &url,
                root: &root,
                title: &collection.title,
                id: collection.id,
                user: &account.name,
                password,
            };
            settings.push(recipes::settings(account.client, &reach));
        }
        if settings.is_empty() && !account.admin {
            settings.push(format!("It may not see anything yet: taxii-server grant add {} COLLECTION --read, then account show prints what to type into its product.", account.name));
        }
        Ok(settings)
    }

    pub(super) async fn find_account(&self, name: &str) -> Outcome<store::Account> {
        match self.store.account(name).await? {
            Some(account) => Ok(account),
            None => {
                let known: Vec<_> = self.store.accounts().await?.into_iter().map(|a| a.name).collect();
                Err(format!("there is no account {name}; there are: {}", known.join(", ")).into())
            }
        }
    }
}

impl AccountOptions {
    /// The password from the file, without the line's end.
    fn password(&self) -> Outcome<Option<String>> {
        let Some(file) = &self.password_file else { return Ok(None) };
        let mut text = String::new();
        let read = match file.as_os_str() == "-" {
            true => std::io::stdin().read_to_string(&mut text).map(drop),
            false => std::fs::read_to_string(file).map(|read| text = read),
        };
        read.map_err(|error| format!("{}: {error}", file.display()))?;
        match text.trim_end_matches(['\r', '\n']) {
            "" => Err("the password is empty".into()),
            password => Ok(Some(password.to_owned())),
        }
    }

    fn apply(&self, account: &mut store::Account, password: Option<&str>) -> Outcome {
        account.admin = self.admin.unwrap_or(account.admin);
        account.client = self.client.unwrap_or(account.client);
        if let Some(password) = password {
            account.password = Some(auth::hash_password(password)?);
        }
        Ok(())
    }
}

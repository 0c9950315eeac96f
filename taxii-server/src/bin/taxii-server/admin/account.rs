use serde_json::{Value, json};
use taxii_server::auth;
use taxii_server::store::{self, ApiRoot, Change, Credential, CredentialKind, Grant, Member, Object, Rights};
use uuid::Uuid;

use super::{Desk, check, find_collection, object_name, read_password, until, with_password, yes};
use crate::Outcome;
use crate::cli::{Account, AccountOptions};
use crate::config::Config;
use crate::output::{Output, with};
use crate::recipes;

impl Desk {
    pub(crate) async fn account(&self, command: Account, config: &Config, out: &Output) -> Outcome {
        match command {
            Account::Add { name, options, group, no_password, read, write } => {
                let new =
                    New { name: &name, options, groups: &group, password: !no_password, read: &read, write: &write };
                self.add_account(new, config, out).await
            }
            Account::List => self.list_accounts(out).await,
            Account::Show { name } => self.show_account(&name, config, out).await,
            Account::Set { name, options, new_password } => self.set_account(&name, options, new_password, out).await,
            Account::Remove { name } => {
                self.find_account(&name).await?;
                self.change(&[Change::RemoveAccount { name: name.clone() }]).await?;
                out.done(&format!("removed the account {name}"), &json!({"name": name}))
            }
            Account::Import { file, secrets, dry_run } => {
                self.import_accounts(&file, secrets.as_deref(), dry_run, out).await
            }
        }
    }

    async fn list_accounts(&self, out: &Output) -> Outcome {
        let (accounts, credentials) = (self.store.accounts().await?, self.store.credentials(None).await?);
        let members = self.store.members().await?;
        let accounts: Vec<Value> = accounts
            .iter()
            .map(|account| {
                let own = credentials.iter().filter(|credential| credential.account == account.name);
                let groups = members.iter().filter(|member| member.account == account.name);
                let told = with(json!(account), "credentials", own.map(|own| own.kind.as_str()).collect::<Vec<_>>());
                with(told, "groups", groups.map(|member| member.group.as_str()).collect::<Vec<_>>())
            })
            .collect();
        let header = ["Account", "Organisation", "Groups", "Administrator", "Client", "Credentials", "May log in"];
        out.list(header, &accounts, |account| {
            ["name", "organisation", "groups", "admin", "client", "credentials", "enabled"].map(|part| {
                match account.get(part).unwrap_or(&Value::Null) {
                    Value::Bool(is) => yes(*is),
                    Value::String(text) => text.clone(),
                    Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
                    _ => String::new(),
                }
            })
        })
    }

    async fn show_account(&self, name: &str, config: &Config, out: &Output) -> Outcome {
        let account = self.find_account(name).await?;
        let identity = self.store.identity(name).await?.ok_or("the account is gone")?;
        let credentials = self.store.credentials(Some(name)).await?;
        let directory = self.store.directory().await?;
        let settings = self.settings(&account, &identity.grants, "(the password or key)", config).await?;
        let clearance = config.sees(&identity).map_or_else(|| "all".to_owned(), |clearance| clearance.to_string());
        let lines = [
            name.to_owned(),
            format!("may log in: {}", yes(identity.is_enabled())),
            format!("administrator: {}", yes(account.admin)),
            format!("organisation: {}", account.organisation.as_deref().unwrap_or("none")),
            format!(
                "groups: {}",
                if identity.groups.is_empty() { "none".to_owned() } else { identity.groups.join(", ") }
            ),
            format!("clearance: {clearance}"),
            format!("client: {}", account.client),
            format!("credentials:{}", credentials.iter().map(described).collect::<String>()),
        ];
        let grants = identity.grants.iter().map(|grant| {
            let by = if grant.subject.kind() == "account" { String::new() } else { format!(" by {}", grant.subject) };
            format!("\n  {}: {}{}{by}", object_name(&directory, &grant.object), grant.rights, until(grant.expires))
        });
        let text = format!("{}\ngrants:{}\n\n{}", lines.join("\n"), grants.collect::<String>(), settings.join("\n\n"));
        out.done(
            &text,
            &json!({"account": account, "groups": identity.groups, "credentials": credentials, "grants": identity.grants, "settings": settings}),
        )
    }

    async fn set_account(&self, name: &str, options: AccountOptions, fresh: bool, out: &Output) -> Outcome {
        let mut account = self.find_account(name).await?;
        let password = if fresh { Some(auth::new_password()?) } else { options.password()? };
        self.apply(options, &mut account).await?;
        let mut changes = vec![Change::SetAccount(account.clone())];
        if let Some(password) = &password {
            let known = self.store.credentials(Some(name)).await?;
            let former = known.iter().filter(|credential| credential.kind == CredentialKind::Password);
            changes.extend(former.map(|credential| Change::RevokeCredential { id: credential.id }));
            changes.push(with_password(name, password)?);
        }
        self.change(&changes).await?;
        let shown = password.filter(|_| fresh);
        let told = shown.as_ref().map(|password| format!("; its password is now {password} (shown once)"));
        let thing = with(json!(account), "password", shown.clone());
        out.done(&format!("changed the account {name}{}", told.unwrap_or_default()), &thing)
    }

    async fn add_account(&self, new: New<'_>, config: &Config, out: &Output) -> Outcome {
        let name = new.name;
        let mut changes = Vec::new();
        let given = new.options.password()?;
        let made = if given.is_none() && new.password { Some(auth::new_password()?) } else { None };
        let mut account = store::Account::new(name);
        check(&Change::AddAccount(account.clone()))?;
        self.apply(new.options, &mut account).await?;
        changes.push(Change::AddAccount(account.clone()));
        if let Some(password) = given.as_deref().or(made.as_deref()) {
            changes.push(with_password(name, password)?);
        }
        for group in new.groups {
            self.find_group(group).await?;
            changes.push(Change::AddMember(Member { group: group.clone(), account: name.to_owned() }));
        }
        let grants = self.asked(name, new.read, new.write).await?;
        changes.extend(grants.into_iter().map(Change::SetGrant));
        self.change(&changes).await?;
        let shown = made.as_deref().unwrap_or("(the password given)");
        // Also those of its groups and its organisation.
        let granted = self.store.identity(name).await?.ok_or("the account is gone")?.grants;
        let settings = self.settings(&account, &granted, shown, config).await?;
        let told = made.as_ref().map(|password| format!(" with the password {password} (shown once)"));
        let sentence = format!("added the account {name}{}\n\n{}", told.unwrap_or_default(), settings.join("\n\n"));
        let thing = with(with(json!(account), "password", made.clone()), "settings", settings.clone());
        out.done(&sentence, &thing)
    }

    /// The grants of an account that may read these collections and write to those.
    async fn asked(&self, account: &str, read: &[String], write: &[String]) -> Outcome<Vec<Grant>> {
        let directory = self.store.directory().await?;
        let mut rights: Vec<(Uuid, Rights)> = Vec::new();
        for (names, more) in [
            (read, Rights { list: true, read: true, ..Rights::NONE }),
            (write, Rights { list: true, write: true, ..Rights::NONE }),
        ] {
            for name in names {
                let id = find_collection(&directory, name)?.id;
                match rights.iter_mut().find(|(known, _)| *known == id) {
                    Some((_, known)) => *known = *known | more,
                    None => rights.push((id, more)),
                }
            }
        }
        let whole = |rights: Rights| Rights { delete: rights.read && rights.write, ..rights };
        Ok(rights.into_iter().map(|(id, rights)| Grant::of(account, id, whole(rights))).collect())
    }

    /// What to type into the account's product, for each collection that it was granted to read or write.
    async fn settings(
        &self,
        account: &store::Account,
        grants: &[Grant],
        password: &str,
        config: &Config,
    ) -> Outcome<Vec<String>> {
        let directory = self.store.directory().await?;
        let useful = |grant: &&Grant| grant.rights.read || grant.rights.write;
        let mut settings = Vec::new();
        for collection in &directory.collections {
            let about = |grant: &&Grant| match &grant.object {
                Object::Collection(id) => *id == collection.id,
                Object::Root(root) => *root == collection.root,
            };
            if !grants.iter().filter(useful).any(|grant| about(&grant)) {
                continue;
            }
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

    async fn apply(&self, options: AccountOptions, account: &mut store::Account) -> Outcome {
        account.admin = options.admin.unwrap_or(account.admin);
        account.client = options.client.unwrap_or(account.client);
        account.enabled = options.enabled.unwrap_or(account.enabled);
        if let Some(clearance) = options.clearance {
            account.clearance = clearance.0;
        }
        if let Some(organisation) = options.organisation {
            if let Some(name) = &organisation.0 {
                self.find_organisation(name).await?;
            }
            account.organisation = organisation.0;
        }
        Ok(())
    }

    pub(super) async fn find_account(&self, name: &str) -> Outcome<store::Account> {
        match self.store.account(name).await? {
            Some(account) => Ok(account),
            None => {
                let known: Vec<_> = self.store.accounts().await?.into_iter().map(|a| a.name).take(20).collect();
                Err(format!("there is no account {name}; there are: {}", known.join(", ")).into())
            }
        }
    }
}

/// An account to come.
struct New<'n> {
    name: &'n str,
    options: AccountOptions,
    groups: &'n [String],
    /// Is it to have a password?
    password: bool,
    read: &'n [String],
    write: &'n [String],
}

fn described(credential: &Credential) -> String {
    let name = credential.matches().unwrap_or(&credential.name);
    let end = until(credential.expires);
    format!("\n  {} {} {name}: {}{end}", credential.id, credential.kind, credential.scope)
}

impl AccountOptions {
    /// The password from the file.
    fn password(&self) -> Outcome<Option<String>> {
        self.password_file.as_deref().map(read_password).transpose()
    }
}

//! The commands that administrators use. They work on the database, also while the server runs.

use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::Path;

use serde_json::json;
use taxii_model::Timestamp;
use taxii_server::auth::{self, ClientProfile};
use taxii_server::store::{self, ApiRoot, Directory, Rights};
use uuid::Uuid;

use crate::Outcome;
use crate::cli::{Account, AccountOptions, Collection, CollectionOptions, Grant, GrantArgs, Key, Root, RootOptions};
use crate::config::{self, Config};
use crate::database::Opened;
use crate::output::Output;
use crate::recipes;

/// Opens the database and does one command.
pub(crate) fn run(config: &Config, command: impl AsyncFnOnce(&Desk) -> Outcome) -> Outcome {
    actix_web::rt::System::new().block_on(async {
        let desk = Desk { store: config.store().await? };
        command(&desk).await
    })
}

/// Where administrators are served.
pub(crate) struct Desk {
    store: Opened,
}

impl Desk {
    pub(crate) async fn init(&self, config: &Config, file: Option<&Path>, out: &Output) -> Outcome {
        const ADMIN: &str = "admin";
        let file = config::path(file);
        let written = !file.exists();
        if written {
            std::fs::write(&file, config::template()?).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        let password = match self.store.account(ADMIN).await? {
            Some(_) => None,
            None => {
                let password = auth::new_password()?;
                let hash = Some(auth::hash_password(&password)?);
                let client = ClientProfile::Standard;
                self.store
                    .add_account(&store::Account { name: ADMIN.to_owned(), password: hash, admin: true, client })
                    .await?;
                Some(password)
            }
        };
        let (file, database) = (file.display().to_string(), config.database.to_string());
        let account = match &password {
            Some(password) => format!("made the administrator {ADMIN} with the password {password} (shown once)"),
            None => format!("kept the account {ADMIN}"),
        };
        let wrote = if written { "wrote" } else { "kept" };
        let sentence = format!(
            "{wrote} {file}\nmade sure of the database {database}\n{account}\n\nNext:\n  taxii-server root add api1 --title 'Our sharing group' --default\n  \
             taxii-server collection add api1 indicators --title Indicators\n  taxii-server account add soc --read indicators\n  taxii-server serve"
        );
        out.done(&sentence, &json!({"config": file, "database": database, "account": ADMIN, "password": password}))
    }

    pub(crate) async fn status(&self, config: &Config, out: &Output) -> Outcome {
        let statistics = self.store.statistics().await?;
        let directory = self.store.directory().await?;
        let collections: Vec<_> = directory
            .collections
            .iter()
            .map(|collection| {
                let numbers = statistics.iter().find(|s| s.collection == collection.key);
                json!({
                    "collection": name(collection), "id": collection.id,
                    "objects": numbers.map_or(0, |s| s.objects), "versions": numbers.map_or(0, |s| s.versions),
                    "newest": numbers.and_then(|s| s.newest).map(|newest| newest.to_string()),
                })
            })
            .collect();
        let accounts = self.store.accounts().await?.len();
        let bytes = self.store.bytes(&config.database).await?;
        let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if !out.is_json() {
            anstream::println!(
                "{}: {bytes} bytes, {} API roots, {} collections, {accounts} accounts\n",
                config.database,
                directory.roots.len(),
                directory.collections.len()
            );
            let header = ["Collection", "Objects", "Versions", "Newest"];
            return out.list(header, &collections, |c| {
                ["collection", "objects", "versions", "newest"]
                    .map(|k| c.get(k).filter(|v| !v.is_null()).map(text).unwrap_or_default())
            });
        }
        out.done("", &json!({
            "database": config.database, "bytes": bytes, "api_roots": directory.roots.len(), "accounts": accounts, "collections": collections,
        }))
    }

    pub(crate) async fn root(&self, command: Root, out: &Output) -> Outcome {
        match command {
            Root::Add { name, title, options } => {
                crate::health::leave_free("root add", &name)?;
                let mut root = ApiRoot::new(&name, &title)?;
                options.apply(&mut root);
                self.store.add_root(&root).await?;
                out.done(&format!("added the API root {}", root.path()), &root)
            }
            Root::List => {
                let roots = self.store.directory().await?.roots;
                out.list(["Path", "Title", "Default", "max_content_length"], &roots, |root| {
                    [root.path(), root.title.clone(), yes(root.default), root.max_content_length.to_string()]
                })
            }
            Root::Show { name } => {
                let directory = self.store.directory().await?;
                let root = find_root(&directory, &name)?;
                let collections: Vec<_> = directory.collections_of(&root.name).collect();
                out.text(
                    || {
                        Ok(format!(
                            "{} {}\ndescription: {}\nmax_content_length: {}\ndefault: {}\ncollections: {}",
                            root.path(),
                            root.title,
                            root.description.as_deref().unwrap_or("none"),
                            root.max_content_length,
                            yes(root.default),
                            collections.iter().map(|c| name_of(c)).collect::<Vec<_>>().join(", "),
                        ))
                    },
                    &json!({"root": root, "collections": collections}),
                )
            }
            Root::Set { name, title, options } => {
                let mut root = find_root(&self.store.directory().await?, &name)?.clone();
                if let Some(title) = title {
                    root.title = title;
                }
                options.apply(&mut root);
                self.store.set_root(&root).await?;
                out.done(&format!("changed the API root {}", root.path()), &root)
            }
            Root::Remove { name, yes } => {
                let directory = self.store.directory().await?;
                let root = find_root(&directory, &name)?;
                let collections = directory.collections_of(&root.name).count();
                confirm(yes, &format!("Remove {} with {collections} collections and all their objects?", root.path()))?;
                self.store.remove_root(&root.name).await?;
                out.done(&format!("removed the API root {}", root.path()), root)
            }
        }
    }

    pub(crate) async fn collection(&self, command: Collection, out: &Output) -> Outcome {
        match command {
            Collection::Add { root, alias, title, id, options } => {
                let root = find_root(&self.store.directory().await?, &root)?.name.clone();
                let mut collection = store::Collection::new(&root, Some(&alias), &title)?;
                if let Some(id) = id {
                    if id.get_version_num() != 4 {
                        return Err(format!(
                            "{id} is no version 4 UUID, which TAXII 2.1 wants as the id of a collection"
                        )
                        .into());
                    }
                    collection.id = id;
                }
                options.apply(&mut collection);
                self.store.add_collection(&collection).await?;
                out.done(
                    &format!("added the collection {} with the id {}", name(&collection), collection.id),
                    &collection,
                )
            }
            Collection::List => {
                let collections = self.store.directory().await?.collections;
                out.list(["Collection", "Title", "id", "Open to read", "STIX", "Ingest"], &collections, |c| {
                    [
                        name(c),
                        c.title.clone(),
                        c.id.to_string(),
                        yes(c.anonymous_read),
                        editions(c),
                        c.ingest.to_string(),
                    ]
                })
            }
            Collection::Show { collection } => {
                let collection = find_collection(&self.store.directory().await?, &collection)?.clone();
                let grants: Vec<_> =
                    self.store.grants(None).await?.into_iter().filter(|g| g.collection == collection.id).collect();
                out.text(
                    || {
                        Ok(format!(
                            "{} {}\nid: {}\ndescription: {}\nopen to read: {}\nSTIX: {}\ningest: {}\ngrants:{}",
                            name(&collection),
                            collection.title,
                            collection.id,
                            collection.description.as_deref().unwrap_or("none"),
                            yes(collection.anonymous_read),
                            editions(&collection),
                            collection.ingest,
                            grants.iter().map(|g| format!("\n  {}: {}", g.account, g.rights)).collect::<String>(),
                        ))
                    },
                    &json!({"collection": collection, "grants": grants}),
                )
            }
            Collection::Set { collection, title, alias, options } => {
                let mut collection = find_collection(&self.store.directory().await?, &collection)?.clone();
                if let Some(title) = title {
                    collection.title = title;
                }
                if let Some(alias) = alias {
                    // Checks the alias.
                    collection.alias = store::Collection::new(&collection.root, Some(&alias), "")?.alias;
                }
                options.apply(&mut collection);
                self.store.set_collection(&collection).await?;
                out.done(&format!("changed the collection {}", name(&collection)), &collection)
            }
            Collection::Remove { collection, yes } => {
                let collection = find_collection(&self.store.directory().await?, &collection)?.clone();
                confirm(yes, &format!("Remove {} with all its objects?", name(&collection)))?;
                self.store.remove_collection(collection.id).await?;
                out.done(&format!("removed the collection {}", name(&collection)), &collection)
            }
        }
    }

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
                let sum = Rights { list: true, read: reads || is_read, write: writes || !is_read };
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

    async fn find_account(&self, name: &str) -> Outcome<store::Account> {
        match self.store.account(name).await? {
            Some(account) => Ok(account),
            None => {
                let known: Vec<_> = self.store.accounts().await?.into_iter().map(|a| a.name).collect();
                Err(format!("there is no account {name}; there are: {}", known.join(", ")).into())
            }
        }
    }

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
        let rights = Rights { list: true, read: args.read, write: args.write };
        let grant = store::Grant { account: args.account, collection: collection.id, rights };
        self.store.set_grant(&grant).await?;
        out.done(&format!("{} may now on {}: {rights}", grant.account, name(collection)), &grant)
    }
}

impl RootOptions {
    fn apply(self, root: &mut ApiRoot) {
        root.description = self.description.or(root.description.take());
        root.max_content_length = self.max_content_length.unwrap_or(root.max_content_length).max(1);
        root.default |= self.default;
    }
}

impl CollectionOptions {
    fn apply(self, collection: &mut store::Collection) {
        collection.description = self.description.or(collection.description.take());
        collection.anonymous_read = self.anonymous_read.unwrap_or(collection.anonymous_read);
        if !self.spec_versions.is_empty() {
            collection.spec_versions = self.spec_versions;
            collection.spec_versions.sort_unstable();
            collection.spec_versions.dedup();
        }
        collection.ingest = self.ingest.unwrap_or(collection.ingest);
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

fn yes(is: bool) -> String {
    if is { "yes".to_owned() } else { "no".to_owned() }
}

fn editions(collection: &store::Collection) -> String {
    collection.spec_versions.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", ")
}

/// How people call a collection: `api1/indicators`.
fn name(collection: &store::Collection) -> String {
    let own = name_of(collection);
    if collection.root.is_empty() { own } else { format!("{}/{own}", collection.root) }
}

fn name_of(collection: &store::Collection) -> String {
    collection.alias.clone().unwrap_or_else(|| collection.id.to_string())
}

fn collection_name(directory: &Directory, id: Uuid) -> String {
    directory.collections.iter().find(|c| c.id == id).map_or_else(|| id.to_string(), name)
}

fn find_root<'d>(directory: &'d Directory, wanted: &str) -> Outcome<&'d ApiRoot> {
    let known = || directory.roots.iter().map(ApiRoot::path).collect::<Vec<_>>().join(", ");
    let missing = || format!("there is no API root {wanted}; there are: {}", known());
    Ok(directory.root(wanted.trim_matches('/')).ok_or_else(missing)?)
}

/// The collection that a person means: by id, by ROOT/ALIAS, or by an alias that only one root has.
fn find_collection<'d>(directory: &'d Directory, wanted: &str) -> Outcome<&'d store::Collection> {
    let wanted = wanted.trim_matches('/');
    let means = |c: &&store::Collection| {
        c.id.to_string() == wanted
            || name(c) == wanted
            || format!("{}/{}", c.root, c.id) == wanted
            || c.alias.as_deref() == Some(wanted)
    };
    let found: Vec<_> = directory.collections.iter().filter(means).collect();
    let exact = found.iter().find(|c| name(c) == wanted);
    let names = |collections: &mut dyn Iterator<Item = &store::Collection>| {
        collections.map(name).collect::<Vec<_>>().join(", ")
    };
    match (exact, found.as_slice()) {
        (Some(exact), _) => Ok(exact),
        (None, [one]) => Ok(one),
        (None, []) => {
            Err(format!("there is no collection {wanted}; there are: {}", names(&mut directory.collections.iter()))
                .into())
        }
        (None, several) => Err(format!("{wanted} could be any of {}", names(&mut several.iter().copied())).into()),
    }
}

/// Asks before something is lost.
fn confirm(yes: bool, question: &str) -> Outcome {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err("this cannot be undone: confirm with --yes".into());
    }
    anstream::eprint!("{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim().eq_ignore_ascii_case("y") { Ok(()) } else { Err("nothing was removed".into()) }
}

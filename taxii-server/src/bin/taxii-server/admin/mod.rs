//! The commands that administrators use. They work on the database, also while the server runs.

mod account;
mod agreement;
mod apply;
mod audit;
mod collection;
mod conflict;
mod credential;
mod explain;
mod flow;
mod grant;
mod group;
mod import;
mod key;
mod organisation;
mod partner;
mod report;
mod root;
mod statistics;
mod sweep;

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use taxii_model::Timestamp;
use taxii_server::audit::Log;
use taxii_server::auth;
use taxii_server::manage::Managed;
use taxii_server::sharing::{Context, Steward};
use taxii_server::store::{self, Actor, ApiRoot, Change, Credential, CredentialKind, Directory, Object, Store};
use uuid::Uuid;

use crate::Outcome;
use crate::config::{self, Config};
use crate::database::Opened;
use crate::output::Output;

/// Opens the database and does one command.
pub(crate) fn run(config: &Config, command: impl AsyncFnOnce(&Desk) -> Outcome) -> Outcome {
    actix_web::rt::System::new().block_on(async {
        let desk = Desk { store: config.store().await?, by: operator(), records: config.audit.enabled };
        command(&desk).await
    })
}

/// Where administrators are served.
pub(crate) struct Desk {
    store: Opened,
    /// Who asks.
    by: Actor,
    /// Is there a log of who did what?
    records: bool,
}

/// Whoever runs the program, as the system calls them.
fn operator() -> Actor {
    let known = ["SUDO_USER", "USER", "LOGNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    Actor::operator(known.into_iter().find(|name| !name.is_empty()).as_deref().unwrap_or("operator"))
}

impl Desk {
    /// Makes these changes, all or none.
    pub(super) async fn change(&self, changes: &[Change]) -> Outcome {
        Ok(self.store.change(&self.by, changes).await?)
    }

    /// What is shared is looked after in the name of whoever asks.
    pub(super) fn steward(&self, context: &Context) -> Steward {
        Steward::new(Arc::clone(&self.store) as Arc<dyn Managed>, context.clone(), self.by.clone())
    }

    /// What it takes to look after what is not about agreements.
    pub(super) fn context(&self) -> Context {
        let context = Context::new(Arc::clone(&self.store) as Arc<dyn Store>);
        if self.records { context.log(Arc::clone(&self.store) as Arc<dyn Log>) } else { context }
    }

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
                let account = store::Account { admin: true, ..store::Account::new(ADMIN) };
                self.change(&[Change::AddAccount(account), with_password(ADMIN, &password)?]).await?;
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
        let exchange = self.store.exchange().ok_or("this database takes part in no exchange")?;
        let server = exchange.server().await?;
        let bytes = self.store.bytes(&config.database).await?;
        let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if !out.is_json() {
            anstream::println!(
                "{}: {bytes} bytes, {} API roots, {} collections, {accounts} accounts\nother servers know this one as {server}\n",
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
            "database": config.database, "server": server, "bytes": bytes, "api_roots": directory.roots.len(), "accounts": accounts, "collections": collections,
        }))
    }
}

/// A new password for an account.
pub(super) fn with_password(account: &str, password: &str) -> Outcome<Change> {
    let hash = auth::hash_password(password)?;
    let name = "password".to_owned();
    Ok(Change::AddCredential(Credential { name, ..Credential::new(account, CredentialKind::Password, hash) }))
}

pub(super) fn yes(is: bool) -> String {
    if is { "yes".to_owned() } else { "no".to_owned() }
}

/// Fails if nobody can mean this, whatever there is.
pub(super) fn check(change: &Change) -> Outcome {
    change.fault().map_or(Ok(()), |(_, why)| Err(why.into()))
}

/// When something ends, for the end of a line.
pub(super) fn until(expires: Option<Timestamp>) -> String {
    match expires {
        Some(expires) if expires <= Timestamp::now() => format!(", expired {expires}"),
        Some(expires) => format!(", until {expires}"),
        None => String::new(),
    }
}

/// One of these names; an error tells the others.
pub(super) fn known<T>(what: &str, wanted: &str, all: Vec<T>, name: impl Fn(&T) -> &str) -> Outcome<T> {
    let names = all.iter().map(&name).collect::<Vec<_>>().join(", ");
    let missing = || match names.as_str() {
        "" => format!("there is no {what} {wanted}, and no other"),
        names => format!("there is no {what} {wanted}; there are: {names}"),
    };
    Ok(all.into_iter().find(|one| name(one) == wanted).ok_or_else(missing)?)
}

pub(super) fn editions(collection: &store::Collection) -> String {
    collection.spec_versions.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", ")
}

/// How people call a collection: `api1/indicators`.
pub(super) fn name(collection: &store::Collection) -> String {
    collection.name()
}

pub(super) fn name_of(collection: &store::Collection) -> String {
    collection.alias.clone().unwrap_or_else(|| collection.id.to_string())
}

pub(super) fn collection_name(directory: &Directory, id: Uuid) -> String {
    directory.collections.iter().find(|c| c.id == id).map_or_else(|| id.to_string(), name)
}

/// How people call what grants are about: `api1/indicators`, `/api1/ (all)`.
pub(super) fn object_name(directory: &Directory, object: &Object) -> String {
    match object {
        Object::Root(name) => format!("/{name}{} (all collections)", if name.is_empty() { "" } else { "/" }),
        Object::Collection(id) => collection_name(directory, *id),
    }
}

/// A password from a file, without the line's end; `-` is standard input.
pub(super) fn read_password(file: &Path) -> Outcome<String> {
    let text = match file.as_os_str() == "-" {
        true => std::io::read_to_string(std::io::stdin()),
        false => std::fs::read_to_string(file),
    };
    let text = text.map_err(|error| format!("{}: {error}", file.display()))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err("the password is empty".into()),
        password => Ok(password.to_owned()),
    }
}

pub(super) fn find_root<'d>(directory: &'d Directory, wanted: &str) -> Outcome<&'d ApiRoot> {
    let known = || directory.roots.iter().map(ApiRoot::path).collect::<Vec<_>>().join(", ");
    let missing = || format!("there is no API root {wanted}; there are: {}", known());
    Ok(directory.root(wanted.trim_matches('/')).ok_or_else(missing)?)
}

/// The collection that a person means: by id, by ROOT/ALIAS, or by an alias that only one root has.
pub(super) fn find_collection<'d>(directory: &'d Directory, wanted: &str) -> Outcome<&'d store::Collection> {
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
pub(super) fn confirm(yes: bool, question: &str) -> Outcome {
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

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use serde_json::json;
use taxii_server::auth;
use taxii_server::store::{Account, Change, Credential, CredentialKind, Member};

use super::{Desk, check};
use crate::Outcome;
use crate::csv;
use crate::output::{Output, with};
use crate::when::When;

/// The columns of the file; all but the first may be left out.
const COLUMNS: [&str; 6] = ["name", "organisation", "groups", "client", "clearance", "expires"];

/// What one line of the file asks for.
struct Wanted {
    account: Account,
    groups: Vec<String>,
    key: Credential,
    secret: String,
}

impl Desk {
    pub(super) async fn import_accounts(
        &self,
        file: &Path,
        secrets: Option<&Path>,
        dry_run: bool,
        out: &Output,
    ) -> Outcome {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let wanted = wanted(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        self.check(&wanted).await.map_err(|error| format!("{}: {error}", file.display()))?;
        let mut told =
            json!({"accounts": wanted.iter().map(|one| &one.account).collect::<Vec<_>>(), "dry_run": dry_run});
        let count = wanted.len();
        if dry_run {
            return out.done(&format!("{count} accounts would be added; nothing was changed"), &told);
        }
        // Before the accounts are there: keys that cannot be written down are of no use to anybody.
        let mut sink = secrets.map(private_file).transpose()?;
        let lines: String =
            wanted.iter().map(|one| format!("{},{}\n", quoted(&one.account.name), one.secret)).collect();
        if let Some((sink, name)) = sink.as_mut().zip(secrets) {
            let written = sink.write_all(format!("name,key\n{lines}").as_bytes()).and_then(|()| sink.sync_all());
            written.map_err(|error| format!("{}: {error}", name.display()))?;
        }
        let changes: Vec<Change> = wanted.iter().flat_map(Wanted::changes).collect();
        if let Err(error) = self.change(&changes).await {
            if let Some(file) = secrets {
                // Keys of nothing: they are no secret.
                drop(std::fs::remove_file(file));
            }
            return Err(error);
        }
        let sentence = match secrets {
            Some(file) => format!("added {count} accounts; their keys are in {}", file.display()),
            None => format!("added {count} accounts; their keys (shown once):\n{lines}"),
        };
        if secrets.is_none() {
            let keys: serde_json::Value =
                wanted.iter().map(|one| (one.account.name.clone(), json!(one.secret))).collect();
            told = with(told, "keys", keys);
        }
        out.done(&sentence, &told)
    }

    /// Fails for what is not there, or is already: the first line counts.
    async fn check(&self, wanted: &[Wanted]) -> Outcome {
        let organisations: HashSet<String> = self.store.organisations().await?.into_iter().map(|o| o.name).collect();
        let groups: HashSet<String> = self.store.groups().await?.into_iter().map(|group| group.name).collect();
        let accounts: HashSet<String> = self.store.accounts().await?.into_iter().map(|account| account.name).collect();
        let mut seen = HashSet::new();
        for Wanted { account, groups: own, .. } in wanted {
            let name = &account.name;
            if accounts.contains(name) || !seen.insert(name) {
                return Err(format!("the account {name} is there already, or twice in the file").into());
            }
            if let Some(missing) = account.organisation.iter().find(|name| !organisations.contains(*name)) {
                return Err(
                    format!("the account {name} belongs to {missing}, and there is no such organisation").into()
                );
            }
            if let Some(missing) = own.iter().find(|name| !groups.contains(*name)) {
                return Err(format!("the account {name} is in {missing}, and there is no such group").into());
            }
        }
        Ok(())
    }
}

impl Wanted {
    fn changes(&self) -> Vec<Change> {
        let name = &self.account.name;
        let members = self.groups.iter().map(|group| Member { group: group.clone(), account: name.clone() });
        let mut changes = vec![Change::AddAccount(self.account.clone()), Change::AddCredential(self.key.clone())];
        changes.extend(members.map(Change::AddMember));
        changes
    }
}

fn wanted(text: &str) -> Outcome<Vec<Wanted>> {
    let mut rows = csv::read(text)?.into_iter();
    let (_, header) = rows.next().ok_or("the file is empty: expected a line with the names of the columns")?;
    if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(&name.as_str())) {
        return Err(format!("line 1: there is no column {unknown:?}; there are {}", COLUMNS.join(", ")).into());
    }
    if let Some((_, twice)) =
        header.iter().enumerate().find(|(at, name)| header.iter().take(*at).any(|other| other == *name))
    {
        return Err(format!("line 1: the column {twice:?} is there twice").into());
    }
    if !header.iter().any(|name| name == "name") {
        return Err("line 1: there is no column name".into());
    }
    rows.map(|(line, row)| one(&header, &row).map_err(|error| format!("line {line}: {error}").into())).collect()
}

fn one(header: &[String], row: &[String]) -> Outcome<Wanted> {
    if row.len() > header.len() {
        return Err(format!("there are {} fields for {} columns", row.len(), header.len()).into());
    }
    let field = |name: &str| {
        let at = header.iter().position(|column| column == name)?;
        row.get(at).map(String::as_str).filter(|field| !field.is_empty())
    };
    let name = field("name").unwrap_or_default();
    let mut account = Account::new(name);
    check(&Change::AddAccount(account.clone()))?;
    account.organisation = field("organisation").map(str::to_owned);
    if let Some(client) = field("client") {
        account.client = client.parse().map_err(|error| format!("{client}: {error}"))?;
    }
    account.clearance = field("clearance").map(str::parse).transpose()?;
    let expires: When = field("expires").unwrap_or("none").parse()?;
    let fresh = auth::new_key()?;
    let key = Credential::new(name, CredentialKind::Key, fresh.digest);
    let key = Credential { name: "made by import".to_owned(), expires: expires.0, ..key };
    let groups = field("groups").unwrap_or_default().split(';').map(str::trim).filter(|group| !group.is_empty());
    let mut groups: Vec<String> = groups.map(str::to_owned).collect();
    groups.sort();
    groups.dedup();
    Ok(Wanted { account, groups, key, secret: fresh.secret })
}

pub(super) fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

/// A new file that only its owner can read.
pub(super) fn private_file(file: &Path) -> Outcome<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(file).map_err(|error| format!("{}: {error}", file.display()))?)
}

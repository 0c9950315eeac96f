use std::io::Write;
use std::path::Path;

use taxii_server::auth;
use taxii_server::state::{self, Plan, Present, State};
use taxii_server::store::{Change, Credential, CredentialKind, StoreError, Terms};

use super::import::{private_file, quoted};
use super::{Desk, confirm};
use crate::Outcome;
use crate::cli::Apply;
use crate::output::{Output, with};

impl Desk {
    pub(crate) async fn apply_state(&self, apply: &Apply, out: &Output) -> Outcome {
        let file = apply.file.display();
        let text = std::fs::read_to_string(&apply.file).map_err(|error| format!("{file}: {error}"))?;
        let state = State::parse(&text).map_err(|problem| format!("{file}: {problem}"))?;
        let revision = self.store.revision().await?;
        let present = Present::read(&*self.store).await?;
        let mut changes =
            state::difference(&text, &state, &present, apply.prune).map_err(|problem| format!("{file}: {problem}"))?;
        let keys = match apply.issue_keys {
            Some(_) => keys(&state, &present)?,
            None => Vec::new(),
        };
        changes.extend(keys.iter().map(|(key, _)| Change::AddCredential(key.clone())));
        let plan = Plan::of(&*self.store, changes, &present).await?;
        let told = with(serde_json::to_value(&plan)?, "dry_run", apply.dry_run);
        let (is_final, Plan { changes, summary, objects_removed: doomed }) = (plan.is_final(), plan);
        let lines: Vec<String> = summary.iter().map(|line| format!("{} {line}", sign(line))).collect();
        if changes.is_empty() {
            return out.done("everything is as the file says", &told);
        }
        if apply.dry_run {
            let sentence = format!("{}\n{} changes would be made{}", lines.join("\n"), changes.len(), lost(doomed));
            return out.done(&sentence, &told);
        }
        if is_final {
            if !out.is_json() {
                anstream::eprintln!("{}", lines.join("\n"));
            }
            confirm(apply.yes, &format!("Make these {} changes{}?", changes.len(), lost(doomed)))?;
        }
        if let Some(file) = apply.issue_keys.as_ref().filter(|_| !keys.is_empty()) {
            write(file, &keys)?;
        }
        let terms = Terms { revision: Some(revision), ..Terms::default() };
        if let Err(error) = self.store.change_if(&self.by, &changes, terms).await {
            if let Some(file) = apply.issue_keys.as_ref().filter(|_| !keys.is_empty()) {
                // Keys of nothing: they are no secret.
                drop(std::fs::remove_file(file));
            }
            return Err(match error {
                StoreError::Changed => {
                    "somebody else has changed something meanwhile, so nothing was done: try again".into()
                }
                other => other.into(),
            });
        }
        let told = with(told, "applied", true);
        out.done(&format!("{}\nmade {} changes{}", lines.join("\n"), changes.len(), lost(doomed)), &told)
    }

    pub(crate) async fn export_state(&self, out: &Output) -> Outcome {
        let state = Present::read(&*self.store).await?.state();
        out.text(|| Ok(state.to_toml()?), &state)
    }
}

fn lost(objects: u64) -> String {
    if objects == 0 { String::new() } else { format!(", and lose {objects} versions of objects") }
}

fn sign(line: &str) -> char {
    match line.split(' ').next() {
        Some("add") => '+',
        Some("remove" | "revoke") => '-',
        _ => '~',
    }
}

/// A new key for each account of the file that nothing lets in yet.
fn keys(state: &State, present: &Present) -> Outcome<Vec<(Credential, String)>> {
    let names = state.accounts.iter().map(|account| account.name.as_ref());
    let make = |name: &String| {
        let fresh = auth::new_key()?;
        let key = Credential::new(name, CredentialKind::Key, fresh.digest);
        Ok((Credential { name: "made by apply".to_owned(), ..key }, fresh.secret))
    };
    names.filter(|name| !present.able.contains(*name)).map(make).collect()
}

fn write(file: &Path, keys: &[(Credential, String)]) -> Outcome {
    let mut sink = private_file(file)?;
    let lines: String = keys.iter().map(|(key, secret)| format!("{},{secret}\n", quoted(&key.account))).collect();
    let written = sink.write_all(format!("name,key\n{lines}").as_bytes()).and_then(|()| sink.sync_all());
    Ok(written.map_err(|error| format!("{}: {error}", file.display()))?)
}

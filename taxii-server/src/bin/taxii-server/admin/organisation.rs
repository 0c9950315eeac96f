use serde_json::json;
use taxii_server::store::{self, Change, Subject};

use super::{Desk, check, known, until, yes};
use crate::Outcome;
use crate::cli::{Organisation, OrganisationOptions};
use crate::output::Output;

impl Desk {
    pub(crate) async fn organisation(&self, command: Organisation, out: &Output) -> Outcome {
        match command {
            Organisation::Add { name, title, options } => {
                let mut organisation = store::Organisation::new(&name, &title);
                options.apply(&mut organisation);
                let change = Change::AddOrganisation(organisation.clone());
                check(&change)?;
                self.change(&[change]).await?;
                out.done(&format!("added the organisation {name}"), &organisation)
            }
            Organisation::List => {
                let (organisations, accounts) = (self.store.organisations().await?, self.store.accounts().await?);
                let members = |o: &store::Organisation| {
                    accounts.iter().filter(|account| account.organisation.as_ref() == Some(&o.name)).count()
                };
                out.list(["Organisation", "Title", "Accounts", "Clearance", "May log in"], &organisations, |o| {
                    let clearance = o.clearance.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string);
                    [o.name.clone(), o.title.clone(), members(o).to_string(), clearance, yes(o.enabled)]
                })
            }
            Organisation::Show { name } => self.show_organisation(&name, out).await,
            Organisation::Set { name, title, options } => {
                let mut organisation = self.find_organisation(&name).await?;
                organisation.title = title.unwrap_or(organisation.title);
                options.apply(&mut organisation);
                self.change(&[Change::SetOrganisation(organisation.clone())]).await?;
                out.done(&format!("changed the organisation {name}"), &organisation)
            }
            Organisation::Remove { name } => {
                self.find_organisation(&name).await?;
                self.change(&[Change::RemoveOrganisation { name: name.clone() }]).await?;
                out.done(&format!("removed the organisation {name}"), &json!({"name": name}))
            }
        }
    }

    async fn show_organisation(&self, name: &str, out: &Output) -> Outcome {
        let organisation = self.find_organisation(name).await?;
        let grants = self.store.grants(Some(&Subject::Organisation(name.to_owned()))).await?;
        let mut accounts = self.store.accounts().await?;
        accounts.retain(|account| account.organisation.as_deref() == Some(name));
        let accounts: Vec<String> = accounts.into_iter().map(|account| account.name).collect();
        let directory = self.store.directory().await?;
        let lines = grants.iter().map(|grant| {
            format!("\n  {}: {}{}", super::object_name(&directory, &grant.object), grant.rights, until(grant.expires))
        });
        let clearance = organisation.clearance.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string);
        let text = format!(
            "{name} {}\nmay log in: {}\nclearance: {clearance}\naccounts: {}\ngrants:{}",
            organisation.title,
            yes(organisation.enabled),
            accounts.join(", "),
            lines.collect::<String>(),
        );
        out.done(&text, &json!({"organisation": organisation, "accounts": accounts, "grants": grants}))
    }

    pub(super) async fn find_organisation(&self, name: &str) -> Outcome<store::Organisation> {
        known("organisation", name, self.store.organisations().await?, |one| &one.name)
    }
}

impl OrganisationOptions {
    fn apply(self, organisation: &mut store::Organisation) {
        organisation.enabled = self.enabled.unwrap_or(organisation.enabled);
        if let Some(clearance) = self.clearance {
            organisation.clearance = clearance.0;
        }
    }
}

use serde_json::json;
use taxii_server::store::{self, Change, Member, Subject};

use super::{Desk, check, known, until};
use crate::Outcome;
use crate::cli::Group;
use crate::output::Output;

impl Desk {
    pub(crate) async fn group(&self, command: Group, out: &Output) -> Outcome {
        match command {
            Group::Add { name, title } => {
                let group = store::Group { name, title };
                let change = Change::AddGroup(group.clone());
                check(&change)?;
                self.change(&[change]).await?;
                out.done(&format!("added the group {}", group.name), &group)
            }
            Group::List => {
                let (groups, members) = (self.store.groups().await?, self.store.members().await?);
                out.list(["Group", "Title", "Members"], &groups, |group| {
                    let count = members.iter().filter(|member| member.group == group.name).count();
                    [group.name.clone(), group.title.clone(), count.to_string()]
                })
            }
            Group::Show { name } => self.show_group(&name, out).await,
            Group::Set { name, title } => {
                self.find_group(&name).await?;
                let group = store::Group { name, title };
                self.change(&[Change::SetGroup(group.clone())]).await?;
                out.done(&format!("changed the group {}", group.name), &group)
            }
            Group::Remove { name } => {
                self.find_group(&name).await?;
                self.change(&[Change::RemoveGroup { name: name.clone() }]).await?;
                out.done(&format!("removed the group {name}"), &json!({"name": name}))
            }
            Group::Join { group, accounts } => {
                let into = self.memberships(&group, &accounts).await?;
                self.change(&into.into_iter().map(Change::AddMember).collect::<Vec<_>>()).await?;
                out.done(
                    &format!("{} in the group {group} now", are(&accounts)),
                    &json!({"group": group, "accounts": accounts}),
                )
            }
            Group::Leave { group, accounts } => {
                let from = self.memberships(&group, &accounts).await?;
                self.change(&from.into_iter().map(Change::RemoveMember).collect::<Vec<_>>()).await?;
                out.done(
                    &format!("{} in the group {group} no longer", are(&accounts)),
                    &json!({"group": group, "accounts": accounts}),
                )
            }
        }
    }

    async fn memberships(&self, group: &str, accounts: &[String]) -> Outcome<Vec<Member>> {
        self.find_group(group).await?;
        for account in accounts {
            self.find_account(account).await?;
        }
        let member = |account: &String| Member { group: group.to_owned(), account: account.clone() };
        Ok(accounts.iter().map(member).collect())
    }

    async fn show_group(&self, name: &str, out: &Output) -> Outcome {
        let group = self.find_group(name).await?;
        let grants = self.store.grants(Some(&Subject::Group(name.to_owned()))).await?;
        let members = self.store.members().await?.into_iter().filter(|member| member.group == name);
        let members: Vec<String> = members.map(|member| member.account).collect();
        let directory = self.store.directory().await?;
        let lines = grants.iter().map(|grant| {
            format!("\n  {}: {}{}", super::object_name(&directory, &grant.object), grant.rights, until(grant.expires))
        });
        let text =
            format!("{name} {}\nmembers: {}\ngrants:{}", group.title, members.join(", "), lines.collect::<String>());
        out.done(&text, &json!({"group": group, "members": members, "grants": grants}))
    }

    pub(super) async fn find_group(&self, name: &str) -> Outcome<store::Group> {
        known("group", name, self.store.groups().await?, |one| &one.name)
    }
}

fn are(accounts: &[String]) -> String {
    format!("{} {}", accounts.join(", "), if accounts.len() == 1 { "is" } else { "are" })
}

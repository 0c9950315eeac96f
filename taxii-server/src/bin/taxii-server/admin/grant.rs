use serde_json::json;
use taxii_server::store::{self, Change, Directory, Object, Rights, Subject};

use super::{Desk, find_collection, find_root, object_name, until};
use crate::Outcome;
use crate::cli::{Between, Grant, GrantArgs};
use crate::output::Output;

impl Desk {
    pub(crate) async fn grant(&self, command: Grant, out: &Output) -> Outcome {
        let directory = self.store.directory().await?;
        match command {
            Grant::Add(args) | Grant::Set(args) => self.set_grant(args, &directory, out).await,
            Grant::List { account, group, organisation } => {
                let subject = account.map(Subject::Account).or(group.map(Subject::Group));
                let subject = subject.or(organisation.map(Subject::Organisation));
                if let Some(subject) = &subject {
                    self.find_subject(subject).await?;
                }
                let grants = self.store.grants(subject.as_ref()).await?;
                out.list(["Who", "With", "Rights", "Until"], &grants, |g| {
                    let end = until(g.expires).trim_start_matches(", ").trim_start_matches("until ").to_owned();
                    [g.subject.to_string(), object_name(&directory, &g.object), g.rights.to_string(), end]
                })
            }
            Grant::Show(between) => self.show_grant(&between, &directory, out).await,
            Grant::Remove(between) => {
                let (subject, object) = self.between(&between, &directory).await?;
                let name = object_name(&directory, &object);
                if !self.store.grants(Some(&subject)).await?.iter().any(|grant| grant.object == object) {
                    return Err(format!(
                        "{subject} was granted nothing itself on {name}; grant list shows all there are"
                    )
                    .into());
                }
                self.change(&[Change::RemoveGrant { subject: subject.clone(), object: object.clone() }]).await?;
                out.done(
                    &format!("{subject} has no grant on {name} any longer"),
                    &json!({"subject": subject, "object": object}),
                )
            }
        }
    }

    async fn set_grant(&self, args: GrantArgs, directory: &Directory, out: &Output) -> Outcome {
        let (subject, object) = self.between(&args.between, directory).await?;
        let delete = args.read && args.write && !args.no_delete;
        let rights = Rights { list: true, read: args.read, write: args.write, delete, manage: args.manage };
        let expires = args.expires.and_then(|when| when.0);
        let grant = store::Grant { subject, object, rights, expires };
        self.change(&[Change::SetGrant(grant.clone())]).await?;
        let (who, name) = (&grant.subject, object_name(directory, &grant.object));
        out.done(&format!("{who} may now on {name}: {rights}{}", until(expires)), &grant)
    }

    async fn show_grant(&self, between: &Between, directory: &Directory, out: &Output) -> Outcome {
        let (subject, object) = self.between(between, directory).await?;
        let grants = self.store.grants(Some(&subject)).await?;
        let granted = grants.into_iter().find(|grant| grant.object == object);
        let rights = granted.as_ref().map_or(Rights::NONE, |grant| grant.rights);
        let expires = granted.and_then(|grant| grant.expires);
        let admin = match &subject {
            Subject::Account(name) => self.find_account(name).await?.admin,
            _ => false,
        };
        let open = match &object {
            Object::Collection(id) => directory.collections.iter().any(|c| c.id == *id && c.anonymous_read),
            Object::Root(_) => false,
        };
        let because = match (admin, open) {
            (true, _) => "; as an administrator it may do everything",
            (_, true) => "; everybody may read this collection",
            _ => "",
        };
        let name = object_name(directory, &object);
        let sentence = format!("{subject} was granted on {name}: {rights}{}{because}", until(expires));
        out.done(
            &sentence,
            &json!({"subject": subject, "object": object, "rights": rights, "expires": expires, "admin": admin, "anonymous_read": open}),
        )
    }

    /// Whom and what the arguments mean.
    async fn between(&self, between: &Between, directory: &Directory) -> Outcome<(Subject, Object)> {
        let mut names = between.names.iter();
        let mut next = |what: &str| names.next().cloned().ok_or_else(|| format!("{what} is missing"));
        let subject = match (&between.group, &between.organisation) {
            (Some(name), _) => Subject::Group(name.clone()),
            (None, Some(name)) => Subject::Organisation(name.clone()),
            (None, None) => Subject::Account(next("the account, --group or --organisation")?),
        };
        let object = match &between.root {
            Some(root) => Object::Root(find_root(directory, root)?.name.clone()),
            None => Object::Collection(find_collection(directory, &next("the collection, or --root")?)?.id),
        };
        if let Some(further) = names.next() {
            return Err(
                format!("{further:?} is one name too many: who is {subject}, and with what is said, too").into()
            );
        }
        self.find_subject(&subject).await?;
        Ok((subject, object))
    }

    async fn find_subject(&self, subject: &Subject) -> Outcome {
        match subject {
            Subject::Account(name) => self.find_account(name).await.map(drop),
            Subject::Group(name) => self.find_group(name).await.map(drop),
            Subject::Organisation(name) => self.find_organisation(name).await.map(drop),
        }
    }
}

use std::collections::HashSet;

use toml::Spanned;

use super::{Account, Collection, Grant, Group, Organisation, Right, Root, State};
use crate::store::{self, Admin, Directory, Member, Object, Result, Store};

/// What a store has, as far as files tell of it.
#[derive(Clone, Debug, Default)]
pub struct Present {
    /// The API roots and collections.
    pub directory: Directory,
    /// The organisations.
    pub organisations: Vec<store::Organisation>,
    /// The groups.
    pub groups: Vec<store::Group>,
    /// Who is in which group.
    pub members: Vec<Member>,
    /// The accounts.
    pub accounts: Vec<store::Account>,
    /// The accounts that have a credential.
    pub able: HashSet<String>,
    /// The grants.
    pub grants: Vec<store::Grant>,
}

impl Present {
    /// Looks at a store.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn read<S: Store + Admin + ?Sized>(store: &S) -> Result<Self> {
        Ok(Self {
            directory: store.directory().await?,
            organisations: store.organisations().await?,
            groups: store.groups().await?,
            members: store.members().await?,
            accounts: store.accounts().await?,
            able: store.credentials(None).await?.into_iter().map(|credential| credential.account).collect(),
            grants: store.grants(None).await?,
        })
    }

    /// The file that says all this.
    #[must_use]
    pub fn state(&self) -> State {
        State {
            roots: self.directory.roots.iter().map(root).collect(),
            collections: self.directory.collections.iter().map(collection).collect(),
            organisations: self.organisations.iter().map(organisation).collect(),
            groups: self.groups.iter().map(|group| self.group(group)).collect(),
            accounts: self.accounts.iter().map(account).collect(),
            grants: self.grants.iter().map(|grant| self.grant(grant)).collect(),
        }
    }

    fn group(&self, group: &store::Group) -> Group {
        let members = self.members.iter().filter(|member| member.group == group.name);
        let members = members.map(|member| plain(&member.account)).collect();
        Group { name: plain(&group.name), title: group.title.clone(), members }
    }

    fn grant(&self, grant: &store::Grant) -> Grant {
        let subject = |kind: &str| (grant.subject.kind() == kind).then(|| plain(grant.subject.name()));
        let (collection, root) = match &grant.object {
            Object::Collection(id) => {
                let known = self.directory.collections.iter().find(|collection| collection.id == *id);
                let name = known.and_then(|known| Some(format!("{}/{}", known.root, known.alias.as_ref()?)));
                (Some(plain(&name.unwrap_or_else(|| id.to_string()))), None)
            }
            Object::Root(name) => (None, Some(plain(name))),
        };
        Grant {
            account: subject("account"),
            group: subject("group"),
            organisation: subject("organisation"),
            collection,
            root,
            rights: Right::all_of(grant.rights),
            listed: grant.rights.list,
            expires: grant.expires,
        }
    }
}

/// A name that stands nowhere in particular.
fn plain(name: &str) -> Spanned<String> {
    Spanned::new(0..0, name.to_owned())
}

fn root(root: &store::ApiRoot) -> Root {
    Root {
        name: plain(&root.name),
        title: root.title.clone(),
        description: root.description.clone(),
        max_content_length: root.max_content_length,
        default: root.default,
    }
}

fn collection(collection: &store::Collection) -> Collection {
    Collection {
        root: plain(&collection.root),
        alias: collection.alias.clone(),
        id: Some(collection.id),
        title: collection.title.clone(),
        description: collection.description.clone(),
        anonymous_read: collection.anonymous_read,
        listed: collection.listed,
        spec_versions: collection.spec_versions.clone(),
        ingest: collection.ingest,
        keep_days: collection.retention.keep_days,
        keep_expired_days: collection.retention.keep_expired_days,
        keep_objects: collection.retention.keep_objects,
        markings: collection.markings.clone(),
    }
}

fn organisation(of: &store::Organisation) -> Organisation {
    Organisation {
        name: plain(&of.name),
        title: of.title.clone(),
        clearance: of.clearance.clone(),
        enabled: of.enabled,
    }
}

fn account(account: &store::Account) -> Account {
    Account {
        name: plain(&account.name),
        organisation: account.organisation.as_deref().map(plain),
        clearance: account.clearance.clone(),
        enabled: account.enabled,
        admin: account.admin,
        client: account.client,
    }
}

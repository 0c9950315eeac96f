use taxii_model::Timestamp;
use uuid::Uuid;

use crate::store::{Account, Admin, Collection, Member, Object, Result, Subject};

/// Whose accounts may read which of these collections by a grant that holds at this time: to themselves, to one of their groups or to their
/// organisation, on the collection or on its API root.
///
/// # Errors
/// The store cannot be read.
pub async fn readers<A: Admin + ?Sized>(
    store: &A,
    collections: &[Collection],
    now: Timestamp,
) -> Result<Vec<(String, Uuid)>> {
    let (accounts, members) = (store.accounts().await?, store.members().await?);
    let mut readers = Vec::new();
    for grant in store.grants(None).await?.into_iter().filter(|grant| grant.rights.read && !grant.is_expired(now)) {
        let is_about = |collection: &&Collection| match &grant.object {
            Object::Collection(id) => *id == collection.id,
            Object::Root(root) => *root == collection.root,
        };
        let ids: Vec<Uuid> = collections.iter().filter(is_about).map(|collection| collection.id).collect();
        if !ids.is_empty() {
            let names = holders(&grant.subject, &accounts, &members);
            readers.extend(names.into_iter().flat_map(|name| ids.iter().map(move |id| (name.to_owned(), *id))));
        }
    }
    readers.sort_unstable();
    readers.dedup();
    Ok(readers)
}

fn holders<'a>(subject: &'a Subject, accounts: &'a [Account], members: &'a [Member]) -> Vec<&'a str> {
    match subject {
        Subject::Account(name) => vec![name],
        Subject::Group(name) => {
            members.iter().filter(|member| member.group == *name).map(|member| member.account.as_str()).collect()
        }
        Subject::Organisation(name) => {
            let own = accounts.iter().filter(|account| account.organisation.as_ref() == Some(name));
            own.map(|account| account.name.as_str()).collect()
        }
    }
}

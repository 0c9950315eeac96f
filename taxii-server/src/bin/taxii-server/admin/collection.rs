use serde_json::json;
use taxii_server::store::{self, Change, Object};

use super::sweep::keeps;
use super::{Desk, confirm, editions, find_collection, find_root, name, until, yes};
use crate::Outcome;
use crate::cli::{Collection, CollectionOptions};
use crate::output::Output;

impl Desk {
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
                self.change(&[Change::AddCollection(collection.clone())]).await?;
                out.done(
                    &format!("added the collection {} with the id {}", name(&collection), collection.id),
                    &collection,
                )
            }
            Collection::List => {
                let collections = self.store.directory().await?.collections;
                out.list(["Collection", "Title", "id", "Open to read", "STIX", "Ingest", "Keeps"], &collections, |c| {
                    [
                        name(c),
                        c.title.clone(),
                        c.id.to_string(),
                        yes(c.anonymous_read),
                        editions(c),
                        c.ingest.to_string(),
                        keeps(&c.retention),
                    ]
                })
            }
            Collection::Show { collection } => {
                let collection = find_collection(&self.store.directory().await?, &collection)?.clone();
                let mut grants = self.store.grants(None).await?;
                grants.retain(|grant| match &grant.object {
                    Object::Collection(id) => *id == collection.id,
                    Object::Root(root) => *root == collection.root,
                });
                out.text(
                    || {
                        Ok(format!(
                            "{} {}\nid: {}\ndescription: {}\nopen to read: {}\nlisted: {}\nSTIX: {}\ningest: {}\nkeeps: {}\nmarkings: {}\ngrants:{}",
                            name(&collection),
                            collection.title,
                            collection.id,
                            collection.description.as_deref().unwrap_or("none"),
                            yes(collection.anonymous_read),
                            yes(collection.listed),
                            editions(&collection),
                            collection.ingest,
                            keeps(&collection.retention),
                            markings(&collection.markings),
                            grants.iter().map(|g| format!("\n  {}: {}{}", g.subject, g.rights, until(g.expires))).collect::<String>(),
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
                self.change(&[Change::SetCollection(collection.clone())]).await?;
                out.done(&format!("changed the collection {}", name(&collection)), &collection)
            }
            Collection::Sweep { collection, dry_run } => self.sweep(collection.as_deref(), dry_run, out).await,
            Collection::Remove { collection, yes } => {
                let collection = find_collection(&self.store.directory().await?, &collection)?.clone();
                confirm(yes, &format!("Remove {} with all its objects?", name(&collection)))?;
                self.change(&[Change::RemoveCollection { id: collection.id }]).await?;
                out.done(&format!("removed the collection {}", name(&collection)), &collection)
            }
        }
    }
}

/// What markings mean in a collection, in words.
fn markings(markings: &store::Markings) -> String {
    let unmarked = match (markings.default_marking, markings.unmarked) {
        (Some(level), _) => format!("objects without a level count as tlp:{level}"),
        (None, unmarked) => format!("objects without any are {unmarked}"),
    };
    let open: String = markings.open.iter().map(|id| format!("; {id} restricts nobody")).collect();
    let supply = if markings.supply { "; pages bring along what objects refer to" } else { "" };
    format!("{unmarked}{open}{supply}")
}

impl CollectionOptions {
    fn apply(self, collection: &mut store::Collection) {
        collection.description = self.description.or(collection.description.take());
        collection.anonymous_read = self.anonymous_read.unwrap_or(collection.anonymous_read);
        collection.listed = self.listed.unwrap_or(collection.listed);
        if !self.spec_versions.is_empty() {
            collection.spec_versions = self.spec_versions;
            collection.spec_versions.sort_unstable();
            collection.spec_versions.dedup();
        }
        collection.ingest = self.ingest.unwrap_or(collection.ingest);
        let retention = &mut collection.retention;
        retention.keep_days = self.keep_days.map_or(retention.keep_days, |keep| keep.0);
        retention.keep_expired_days = self.keep_expired_days.map_or(retention.keep_expired_days, |keep| keep.0);
        retention.keep_objects = self.keep_objects.map_or(retention.keep_objects, |keep| keep.0);
        let markings = &mut collection.markings;
        markings.default_marking = self.default_marking.map_or(markings.default_marking, |keep| keep.0);
        markings.unmarked = self.unmarked.unwrap_or(markings.unmarked);
        if !self.open_markings.is_empty() {
            markings.open = self.open_markings.into_iter().filter_map(|keep| keep.0).collect();
        }
        markings.supply = self.supply.unwrap_or(markings.supply);
    }
}

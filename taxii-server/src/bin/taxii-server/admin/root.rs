use serde_json::json;
use taxii_server::store::{ApiRoot, Change};

use super::{Desk, confirm, find_root, name_of, yes};
use crate::Outcome;
use crate::cli::{Root, RootOptions};
use crate::output::Output;

impl Desk {
    pub(crate) async fn root(&self, command: Root, out: &Output) -> Outcome {
        match command {
            Root::Add { name, title, options } => {
                crate::health::leave_free("root add", &name)?;
                let mut root = ApiRoot::new(&name, &title)?;
                options.apply(&mut root);
                self.change(&[Change::AddRoot(root.clone())]).await?;
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
                self.change(&[Change::SetRoot(root.clone())]).await?;
                out.done(&format!("changed the API root {}", root.path()), &root)
            }
            Root::Remove { name, yes } => {
                let directory = self.store.directory().await?;
                let root = find_root(&directory, &name)?;
                let collections = directory.collections_of(&root.name).count();
                confirm(yes, &format!("Remove {} with {collections} collections and all their objects?", root.path()))?;
                self.change(&[Change::RemoveRoot { name: root.name.clone() }]).await?;
                out.done(&format!("removed the API root {}", root.path()), root)
            }
        }
    }
}

impl RootOptions {
    fn apply(self, root: &mut ApiRoot) {
        root.description = self.description.or(root.description.take());
        root.max_content_length = self.max_content_length.unwrap_or(root.max_content_length).max(1);
        root.default |= self.default;
    }
}

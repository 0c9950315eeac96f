use taxii_model::VersionFilter;
use uuid::Uuid;

use super::{Refusal, Steward};
use crate::store::{Collection, Conflict, Editions, Selection, Window, content_version};

/// A conflict and where it is.
#[derive(Clone, Debug)]
pub struct Found {
    /// In which collection.
    pub collection: Collection,
    /// The conflict; in a list without the text that was refused.
    pub conflict: Conflict,
}

impl Steward {
    /// The conflicts of all collections, or of one, the newest first, without the texts that were refused.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn conflicts(&self, only: Option<Uuid>) -> Result<Vec<Found>, Refusal> {
        let mut all = self.search(only, |_| true).await?;
        all.iter_mut().for_each(|found| found.conflict.refused = None);
        Ok(all)
    }

    /// One collection after the other, so that no more than the texts of one are there at once and are not wanted.
    async fn search(&self, only: Option<Uuid>, is_wanted: impl Fn(&Conflict) -> bool) -> Result<Vec<Found>, Refusal> {
        let directory = self.store.directory().await?;
        let mut all = Vec::new();
        for collection in directory.collections.iter().filter(|of| only.is_none_or(|only| only == of.id)) {
            let conflicts = self.exchange()?.conflicts(collection.key, Conflict::MOST).await?;
            let wanted = conflicts.into_iter().filter(&is_wanted);
            all.extend(wanted.map(|conflict| Found { collection: collection.clone(), conflict }));
        }
        all.sort_by_key(|found| std::cmp::Reverse(found.conflict.at));
        Ok(all)
    }

    /// The conflict with this digest, or whose digest is the only one that begins like this.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub async fn conflict(&self, wanted: &str, only: Option<Uuid>) -> Result<Found, Refusal> {
        let mut found = self.search(only, |conflict| conflict.digest.starts_with(wanted)).await?;
        match (found.pop(), found.len()) {
            (Some(one), 0) => Ok(one),
            (None, _) => Err(Refusal::NoConflict(wanted.to_owned())),
            (Some(_), others) => Err(Refusal::SeveralConflicts { wanted: wanted.to_owned(), count: others + 1 }),
        }
    }

    /// What the collection has of this version.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn there(&self, found: &Found) -> Result<Option<String>, Refusal> {
        let selection = Selection { versions: VersionFilter::All, editions: Editions::Every, ..Selection::default() };
        let window = Window {
            selection: selection.with_id(&found.conflict.id),
            ..Window::of(found.collection.key, &taxii_model::Filter::default())
        };
        let texts = self.store.objects(&window).await?;
        let mut all = texts.iter().map(|(_, text)| String::from_utf8_lossy(text).into_owned());
        Ok(all.find(|text| content_version(text).ends_with(&found.conflict.kept)))
    }

    /// Forgets a conflict that somebody has looked at: what is there stays.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn settle(&self, found: &Found) -> Result<(), Refusal> {
        let Found { collection, conflict: Conflict { digest, id, version, .. } } = found;
        self.exchange()?.forget_conflict(collection.key, digest).await?;
        Ok(self.noted(&format!("settled the conflict about {id} {version} in {}", collection.name())).await?)
    }
}

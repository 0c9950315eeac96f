//! Reading and deleting what is in a collection (TAXII 2.1 §5.3, §5.4, §5.6 to §5.8).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use stix_model::Timestamp as StixTimestamp;
use taxii_model::{Endpoint, Manifest, ManifestRecord, Query, Timestamp, VersionFilter, Versions};

use super::answer::PageKey;
use super::redaction::redacted;
use super::sights::Limited;
use super::{Answer, ErrorKind, Reach, Result, ServiceError, Session};
use crate::auth::Tolerances;
use crate::store::selection::Editions;
use crate::store::{Mark, Record, Selection, Window};

impl Session<'_> {
    /// A page of objects, manifest records or versions; `object` is the one that the path names.
    ///
    /// # Errors
    /// [`ErrorKind::BadRequest`] for a `next` that is not ours, [`ErrorKind::NotFound`] for an
    /// object that is not in the collection.
    pub async fn page(
        &self,
        reach: &Reach<'_>,
        endpoint: Endpoint,
        object: Option<&str>,
        query: Query,
    ) -> Result<Arc<Answer>> {
        let asked = query.added_after;
        let mut key = self.key(reach, endpoint, object, query)?;
        let mark = self.mark(key.collection).await?;
        if key.after >= mark.clock && object.is_none() {
            return Ok(self.nothing(endpoint, asked, mark));
        }
        let limited = self.limited(reach, mark).await?;
        if let Some(limited) = &limited {
            if let Some(answer) = self.shared(reach, &key, mark, limited).await? {
                return Ok(answer);
            }
            key.viewer = Some(limited.viewer.clone());
        }
        let turn = match self.service.pages.look(&key, mark).await {
            Ok(kept) if kept.is_nothing() => return Ok(self.nothing(endpoint, asked, mark)),
            Ok(kept) => return Ok(kept),
            Err(turn) => turn,
        };
        match self.read(reach, &key, mark, limited.as_ref()).await? {
            Some(answer) => {
                let answer = Arc::new(answer);
                self.service.pages.keep(&turn, key, &answer);
                Ok(answer)
            }
            None => {
                self.must_hold(&key, limited.as_ref()).await?;
                // What was deleted last has a stamp behind all that is there: those who poll are not to ask the store each time.
                if object.is_none() {
                    self.service.pages.keep(&turn, key, &Arc::new(Answer::nothing(mark)));
                }
                Ok(self.nothing(endpoint, asked, mark))
            }
        }
    }

    /// The page that those get who see everything, for somebody who, as it happens, sees everything as well. It must show nothing
    /// that came after the labels were asked for, nor lack what that has superseded: if it may, there is none.
    async fn shared(
        &self,
        reach: &Reach<'_>,
        key: &PageKey,
        mark: Mark,
        limited: &Limited,
    ) -> Result<Option<Arc<Answer>>> {
        if !limited.is_all {
            return Ok(None);
        }
        let (answer, turn) = match self.service.pages.look(key, mark).await {
            Ok(kept) if kept.is_nothing() => return Ok(None),
            // It was read before the mark was asked for, and it still holds: so it shows nothing later.
            Ok(kept) if kept.made < self.began => return Ok(Some(kept)),
            Ok(kept) => (kept, None),
            Err(turn) => match self.read(reach, key, mark, None).await? {
                Some(answer) => (Arc::new(answer), Some(turn)),
                None => return Ok(None),
            },
        };
        // Nothing has been written in between?
        if self.service.store.mark(key.collection).await? != limited.mark {
            return Ok(None);
        }
        if let Some(turn) = turn {
            self.service.pages.keep(&turn, key.clone(), &answer);
        }
        Ok(Some(answer))
    }

    /// Reads a page; `None` if it is empty.
    async fn read(
        &self,
        reach: &Reach<'_>,
        key: &PageKey,
        mark: Mark,
        limited: Option<&Arc<Limited>>,
    ) -> Result<Option<Answer>> {
        if limited.is_some_and(|limited| limited.sight.labels().is_empty()) {
            return Ok(None);
        }
        match key.endpoint {
            Endpoint::Objects | Endpoint::Object => self.envelope(reach, key, mark, limited).await,
            _ => self.records(reach, key, mark, limited).await,
        }
    }

    fn key(&self, reach: &Reach<'_>, endpoint: Endpoint, object: Option<&str>, query: Query) -> Result<PageKey> {
        let settings = &self.service.settings;
        let cursor = match &query.next {
            None => None,
            Some(next) => {
                Some(self.service.cursors.read(next, reach.collection.id, endpoint).ok_or_else(foreign_cursor)?)
            }
        };
        let beginning = Timestamp::from_micros(i64::MIN);
        let limit = query.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        Ok(PageKey {
            collection: reach.collection.key,
            endpoint,
            object: object.map(Into::into),
            filter: query.filter,
            after: query.added_after.max(cursor).unwrap_or(beginning),
            limit: limit.min(settings.page_limit),
            viewer: None,
            supply: reach.collection.markings.supply && endpoint == Endpoint::Objects,
        })
    }

    async fn envelope(
        &self,
        reach: &Reach<'_>,
        key: &PageKey,
        mark: Mark,
        limited: Option<&Arc<Limited>>,
    ) -> Result<Option<Answer>> {
        let texts = self.service.store.objects(&self.window(key, mark, limited)).await?;
        let Some(mut dates) = texts.dates() else { return Ok(None) };
        let entries = texts.len();
        let mut texts = match limited {
            Some(limited) => redacted(texts, limited).await?,
            None => texts,
        };
        if key.supply {
            let (supplied, last) = self.supplied(key, mark, limited, texts).await?;
            (texts, dates.1) = (supplied, last.unwrap_or(dates.1));
        }
        let more = texts.more;
        let next = more.then(|| self.service.cursors.write(reach.collection.id, key.endpoint, dates.1));
        let runs = self.runs(reach, &texts, limited);
        let body = texts.into_envelope(next.as_deref());
        let tag = tag(key, mark, dates, entries, more, &body);
        // What comes later may be referred to.
        Ok(Some(Answer::new(body, Some(dates), tag, mark, more && !key.supply).with(runs)))
    }

    async fn records(
        &self,
        reach: &Reach<'_>,
        key: &PageKey,
        mark: Mark,
        limited: Option<&Arc<Limited>>,
    ) -> Result<Option<Answer>> {
        let page = self.service.store.records(&self.window(key, mark, limited)).await?;
        let (Some(first), Some(last)) = (page.entries.first(), page.entries.last()) else { return Ok(None) };
        let (dates, entries, more) = ((first.added, last.added), page.entries.len(), page.more);
        let next = more.then(|| self.service.cursors.write(reach.collection.id, key.endpoint, dates.1));
        let body = match key.endpoint {
            Endpoint::Versions => serde_json::to_vec(&versions(page.entries, more, next)),
            _ => serde_json::to_vec(&manifest(page.entries, more, next)),
        };
        let body = body.map_err(crate::store::StoreError::failed)?;
        let tag = tag(key, mark, dates, entries, more, &body);
        Ok(Some(Answer::new(body, Some(dates), tag, mark, more)))
    }

    pub(super) fn window(&self, key: &PageKey, mark: Mark, limited: Option<&Arc<Limited>>) -> Window {
        let mut selection = Selection::of(&key.filter);
        if let Some(id) = &key.object {
            selection = selection.with_id(id);
        }
        if key.endpoint == Endpoint::Versions {
            // Every version, each once even if it is stored in two editions (AMB-20).
            selection.versions = VersionFilter::All;
            if selection.editions == Editions::Every {
                selection.editions = Editions::Newest;
            }
        }
        let bytes = self.service.settings.page_bytes;
        let (collection, after, limit) = (key.collection, key.after, key.limit);
        // A copy of the database has to have come as far as the labels were asked for.
        let mark = Some(limited.map_or(mark, |limited| limited.mark));
        let sight = limited.map(|limited| Arc::clone(&limited.sight));
        Window { collection, selection, after, limit, bytes, mark, sight }
    }

    /// A page about one object is empty: because filters exclude it, or because there is none (AMB-19)?
    async fn must_hold(&self, key: &PageKey, limited: Option<&Arc<Limited>>) -> Result<()> {
        let Some(id) = &key.object else { return Ok(()) };
        let sight = limited.map(|limited| &limited.sight);
        if sight.is_some_and(|sight| sight.labels().is_empty()) {
            return Err(ServiceError::not_found());
        }
        let selection = Selection::of(&key.filter);
        let by_value_only =
            !selection.asks(&taxii_model::Selector::First) && !selection.asks(&taxii_model::Selector::Last);
        let versions: Vec<StixTimestamp> = match key.endpoint {
            Endpoint::Object if by_value_only => selection.instants().cloned().collect(),
            _ => Vec::new(),
        };
        match self.service.store.holds(key.collection, id, &versions, sight).await? {
            true => Ok(()),
            false => Err(ServiceError::not_found()),
        }
    }

    /// A page without entries (AMB-15, AMB-16). A client that needs it finds the dates it came with.
    fn nothing(&self, endpoint: Endpoint, asked: Option<Timestamp>, mark: Mark) -> Arc<Answer> {
        let Tolerances { objects_always, dates_always, .. } = self.caller().tolerances;
        let body: &[u8] = match endpoint {
            Endpoint::Versions => b"{}",
            _ if objects_always => b"{\"more\":false,\"objects\":[]}",
            _ => b"{}",
        };
        let dates = asked.filter(|_| dates_always).map(|asked| (asked, asked));
        Arc::new(Answer::new(body.to_vec(), dates, "empty".to_owned(), mark, false))
    }

    /// Removes the versions of one object that `query` selects, each in all its editions unless some are named
    /// (AMB-25).
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is nothing to remove.
    pub async fn delete(&self, reach: &Reach<'_>, id: &str, query: &Query) -> Result<u64> {
        let mut selection = Selection::of(&query.filter);
        if selection.editions == Editions::Newest {
            selection.editions = Editions::Every;
        }
        let collection = reach.collection.key;
        let limited = match self.clearance() {
            None => None,
            Some(_) => self.limited(reach, self.mark(collection).await?).await?,
        };
        let sight = limited.as_ref().map(|limited| &limited.sight);
        if sight.is_some_and(|sight| sight.labels().is_empty()) {
            return Err(ServiceError::not_found());
        }
        self.must_be_recorded()?;
        match self.service.store.delete_telling(collection, id, &selection, sight).await? {
            (0, _) => Err(ServiceError::not_found()),
            (removed, gone) => {
                self.service.written.tell();
                self.deleted(reach, id, removed, &gone);
                Ok(removed)
            }
        }
    }
}

fn foreign_cursor() -> ServiceError {
    ServiceError::new(
        ErrorKind::BadRequest,
        "next: not a value that this endpoint of this collection has given out; leave it out to start from the beginning, or from added_after",
    )
}

/// Names the content of a page: as long as nothing in the collection is superseded or removed, the
/// entries between two dates are what they were. To who does not see everything, nothing may tell of changes to what is
/// hidden, and what is sent along may be new: there the content names itself.
fn tag(key: &PageKey, mark: Mark, dates: (Timestamp, Timestamp), entries: usize, more: bool, body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    if key.viewer.is_some() || key.supply {
        (&key.filter, &key.object, key.endpoint, key.collection, dates, body).hash(&mut hasher);
        return format!("{:x}-{:016x}", key.collection.0, hasher.finish());
    }
    (&key.filter, &key.object, key.endpoint, key.collection, dates, entries, more).hash(&mut hasher);
    format!("{:x}-{:x}-{:016x}", key.collection.0, mark.changes, hasher.finish())
}

fn manifest(records: Vec<Record>, more: bool, next: Option<String>) -> Manifest {
    let objects = records.into_iter().map(|record| ManifestRecord {
        id: record.id,
        date_added: record.added,
        version: record.version,
        media_type: Some(record.spec_version.media_type().to_owned()),
    });
    Manifest { more: Some(more), next, objects: objects.collect() }
}

fn versions(records: Vec<Record>, more: bool, next: Option<String>) -> Versions {
    Versions { more: Some(more), next, versions: records.into_iter().map(|record| record.version).collect() }
}

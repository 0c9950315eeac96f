//! Who sees what of a collection.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

use super::{ErrorKind, Reach, Result, Service, ServiceError, Session};
use crate::access::{Clearance, View, Viewer};
use crate::store::{CollectionKey, Label, Labels, Mark, Sight, Store, UNMARKED};

/// What somebody sees of a collection who does not see everything.
#[derive(Debug)]
pub(crate) struct Limited {
    pub(crate) viewer: Viewer,
    pub(crate) sight: Arc<Sight>,
    /// The labels of which something is hidden but not all.
    redacted: BTreeSet<i64>,
    /// Is it, as it happens, all there is up to the mark?
    pub(super) is_all: bool,
    /// Until here all labels are known.
    pub(super) mark: Mark,
}

impl Limited {
    pub(crate) fn of(viewer: Viewer, labels: &Labels) -> Self {
        let unmarked = [(UNMARKED, Label::default())];
        let mut allowed = Vec::new();
        let mut redacted = BTreeSet::new();
        let mut is_all = true;
        for (number, label) in unmarked.iter().chain(&labels.labels) {
            let view = viewer.view(label);
            is_all &= view == View::Whole;
            if view != View::Hidden {
                allowed.push(*number);
            }
            if view == View::Redacted {
                redacted.insert(*number);
            }
        }
        let sight = Arc::new(Sight::new(allowed, labels.mark.clock));
        Self { viewer, sight, redacted, is_all, mark: labels.mark }
    }

    /// Is something of entries with this label hidden?
    pub(crate) fn redacts(&self, label: i64) -> bool {
        self.redacted.contains(&label)
    }
}

/// What is known of the labels of collections, and of what callers see by them.
pub(super) struct Sights {
    labels: Mutex<HashMap<CollectionKey, Arc<Labels>>>,
    limited: Cache<(CollectionKey, Viewer), Arc<Limited>>,
    /// Does somebody have the store read what nobody has looked at?
    reading: Arc<AtomicBool>,
}

/// So many views of collections are remembered.
const REMEMBERED: usize = 2000;

impl Default for Sights {
    fn default() -> Self {
        Self { labels: Mutex::default(), limited: Cache::new(REMEMBERED), reading: Arc::default() }
    }
}

impl Sights {
    async fn get(
        &self,
        store: &Arc<dyn Store>,
        collection: CollectionKey,
        viewer: Viewer,
        mark: Mark,
    ) -> Result<Arc<Limited>> {
        let key = (collection, viewer);
        if let Some(limited) = self.limited.get(&key).filter(|limited| limited.mark.reaches(mark)) {
            return Ok(limited);
        }
        let labels = self.labels(&**store, collection, mark).await?;
        if labels.unread {
            self.have_read(store, collection);
            return Err(ServiceError::new(
                ErrorKind::Unavailable,
                "the markings of some objects in this collection are still being read; until then it is shown only to those who see everything: ask again in a minute",
            ));
        }
        let limited = Arc::new(Limited::of(key.1.clone(), &labels));
        self.limited.insert(key, Arc::clone(&limited));
        Ok(limited)
    }

    /// Has the store read the markings of what nobody has looked at, while nobody waits for it.
    fn have_read(&self, store: &Arc<dyn Store>, collection: CollectionKey) {
        const STEP: usize = 500;
        const REST: Duration = Duration::from_millis(10);
        let (store, reading) = (Arc::clone(store), Arc::clone(&self.reading));
        if reading.swap(true, Ordering::AcqRel) {
            return;
        }
        tokio::spawn(async move {
            while store.labels(collection).await.is_ok_and(|labels| labels.unread) {
                let begun = Instant::now();
                if let Err(error) = store.tidy(STEP).await {
                    tracing::warn!(error = %super::chain(&error), "the markings of older objects cannot be read");
                    break;
                }
                // Those who write hardly wait.
                tokio::time::sleep(REST.max(begun.elapsed())).await;
            }
            reading.store(false, Ordering::Release);
        });
    }

    /// The labels of all entries up to the mark, and perhaps of later ones.
    async fn labels(&self, store: &dyn Store, collection: CollectionKey, mark: Mark) -> Result<Arc<Labels>> {
        let kept = self.labels.lock().unwrap_or_else(PoisonError::into_inner).get(&collection).cloned();
        if let Some(kept) = kept.filter(|kept| kept.mark.reaches(mark)) {
            return Ok(kept);
        }
        let labels = Arc::new(store.labels(collection).await?);
        let mut all = self.labels.lock().unwrap_or_else(PoisonError::into_inner);
        // Another request may have learnt of something later meanwhile.
        if all.get(&collection).is_none_or(|kept| labels.mark.reaches(kept.mark)) {
            all.insert(collection, Arc::clone(&labels));
        }
        Ok(labels)
    }
}

/// The clearances of those who have none of their own.
#[derive(Default)]
pub(super) struct Otherwise {
    pub(super) anonymous: Option<Arc<Clearance>>,
    pub(super) accounts: Option<Arc<Clearance>>,
}

impl Service {
    /// The labels of all entries of a collection that has come this far.
    pub(super) async fn labels_of(&self, collection: CollectionKey, mark: Mark) -> Result<Arc<Labels>> {
        self.sights.labels(&*self.store, collection, mark).await
    }

    fn otherwise(&self, is_anonymous: bool) -> Option<&Arc<Clearance>> {
        if is_anonymous { self.otherwise.anonymous.as_ref() } else { self.otherwise.accounts.as_ref() }
    }
}

impl Session<'_> {
    /// What the caller may see, if it is not everything.
    #[must_use]
    pub fn clearance(&self) -> Option<&Arc<Clearance>> {
        let caller = self.caller();
        if caller.admin {
            return None;
        }
        caller.clearance.as_ref().or_else(|| self.service.otherwise(caller.is_anonymous()))
    }

    /// What the caller sees of a collection that has come this far; `None` stands for everything, whatever comes.
    pub(super) async fn limited(&self, reach: &Reach<'_>, mark: Mark) -> Result<Option<Arc<Limited>>> {
        let Some(clearance) = self.clearance() else { return Ok(None) };
        let viewer = Viewer::new(Arc::clone(clearance), reach.collection);
        let limited = self.service.sights.get(&self.service.store, reach.collection.key, viewer, mark).await?;
        Ok(Some(limited))
    }
}

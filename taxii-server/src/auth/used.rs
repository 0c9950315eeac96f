use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use quick_cache::sync::Cache;
use taxii_model::Timestamp;
use uuid::Uuid;

use crate::store::Admin;

/// Remembers when credentials are used: each at most once a minute, and nobody waits for it.
pub(super) struct LastUses(Cache<Uuid, LastUse>);

/// When a credential was last said to be used, in microseconds.
#[derive(Clone, Default)]
pub(super) struct LastUse(Arc<AtomicI64>);

const MINUTE: i64 = 60_000_000;
const KEPT: usize = 10_000;

impl LastUses {
    pub(super) fn new() -> Self {
        Self(Cache::new(KEPT))
    }

    pub(super) fn of(&self, credential: Uuid) -> LastUse {
        self.0
            .get_or_insert_with(&credential, || Ok::<_, std::convert::Infallible>(LastUse::default()))
            .unwrap_or_default()
    }
}

impl LastUse {
    /// Is it time to write down that it is used?
    fn is_due(&self, now: Timestamp) -> bool {
        let (known, now) = (self.0.load(Ordering::Relaxed), now.as_micros());
        // A clock that steps back is no reason to stop.
        let due = !(known..known.saturating_add(MINUTE)).contains(&now);
        due && self.0.compare_exchange(known, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    pub(super) fn tell<S: Admin + ?Sized>(&self, store: &Arc<S>, credential: Uuid, now: Timestamp) {
        if !self.is_due(now) {
            return;
        }
        let store = Arc::clone(store);
        tokio::spawn(async move {
            if let Err(error) = store.used(credential, now).await {
                tracing::debug!(%credential, error = %crate::service::chain(&error), "when it was used is not written down");
            }
        });
    }
}

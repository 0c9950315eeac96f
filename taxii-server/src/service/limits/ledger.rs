use std::borrow::Borrow;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Now;
use crate::rate::Meter;

/// What one account or one address has asked for.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) reads: Meter,
    pub(super) writes: Meter,
    /// Requests that are being answered.
    pub(super) under_way: AtomicU32,
    pub(super) objects: OfDay,
    pub(super) octets: OfDay,
}

impl Page {
    /// Can it be thrown away without anybody noticing?
    fn is_idle(&self, now: Now) -> bool {
        self.under_way.load(Ordering::Relaxed) == 0
            && self.reads.is_idle(now.nanos)
            && self.writes.is_idle(now.nanos)
            && self.objects.used(now) == 0
            && self.octets.used(now) == 0
    }
}

/// A count that begins anew each day.
#[derive(Debug, Default)]
pub(super) struct OfDay {
    day: AtomicU64,
    used: AtomicU64,
}

impl OfDay {
    pub(super) fn used(&self, now: Now) -> u64 {
        if self.day.load(Ordering::Relaxed) == now.day() { self.used.load(Ordering::Relaxed) } else { 0 }
    }

    /// At midnight, what two requests count at the same moment may be lost; it is a quota, not a bill.
    pub(super) fn add(&self, count: u64, now: Now) {
        if self.day.swap(now.day(), Ordering::Relaxed) != now.day() {
            self.used.store(0, Ordering::Relaxed);
        }
        self.used.fetch_add(count, Ordering::Relaxed);
    }
}

/// A page for each of so many names at the most.
#[derive(Debug)]
pub(super) struct Ledger<K> {
    hasher: RandomState,
    shelves: Vec<Mutex<Shelf<K>>>,
    /// Of all for whom there is no room.
    shared: Arc<Page>,
}

#[derive(Debug)]
struct Shelf<K> {
    pages: HashMap<K, Arc<Page>>,
    room: usize,
    /// When to look next for pages that can go.
    next: u64,
}

/// Enough that threads seldom wait for each other.
const SHELVES: usize = 64;
/// How often to look for pages that can go, in nanoseconds; as seldom if a shelf is full of some that cannot.
const EVERY: u64 = 10_000_000_000;
const IF_FULL: u64 = 1_000_000_000;

impl<K: Eq + Hash + Clone> Ledger<K> {
    pub(super) fn new(room: usize) -> Self {
        let room = room.div_ceil(SHELVES);
        let shelf = || Mutex::new(Shelf { pages: HashMap::new(), room, next: EVERY });
        let shelves = std::iter::repeat_with(shelf).take(SHELVES).collect();
        Self { hasher: RandomState::new(), shelves, shared: Arc::default() }
    }

    pub(super) fn page<Q>(&self, name: &Q, now: Now) -> Arc<Page>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let shelf = usize::try_from(self.hasher.hash_one(name)).unwrap_or_default() % SHELVES;
        // There is one for every remainder.
        let Some(shelf) = self.shelves.get(shelf) else { return Arc::clone(&self.shared) };
        let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = shelf.pages.get(name) {
            return Arc::clone(page);
        }
        shelf.clear_out(now);
        if shelf.pages.len() >= shelf.room {
            return Arc::clone(&self.shared);
        }
        Arc::clone(shelf.pages.entry(name.to_owned()).or_default())
    }

    /// How many names have a page.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.shelves.iter().map(|shelf| shelf.lock().unwrap().pages.len()).sum()
    }
}

impl<K: Eq + Hash> Shelf<K> {
    fn clear_out(&mut self, now: Now) {
        let full = self.pages.len() >= self.room;
        let due = if full { self.next.saturating_sub(EVERY - IF_FULL) } else { self.next };
        if now.nanos < due {
            return;
        }
        // Whoever holds a page is about to count on it.
        self.pages.retain(|_, page| Arc::strong_count(page) > 1 || !page.is_idle(now));
        self.next = now.nanos.saturating_add(EVERY);
    }
}

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use quick_cache::OptionsBuilder;
use quick_cache::sync::{Cache, DefaultLifecycle};
use tokio::sync::{Mutex, MutexGuard};

use super::answer::{Answer, PageKey, Weight};
use crate::store::Mark;

/// Answered pages, kept in memory from the second time on that they are asked for: one client that walks through a whole collection once
/// so costs the others nothing.
pub(super) struct Pages {
    kept: Cache<PageKey, Arc<Answer>, Weight>,
    /// Pages asked for, by the hash of their key.
    asked: Cache<u64, ()>,
    turns: Box<[Mutex<()>]>,
}

/// So many pages are remembered as asked for.
const ASKED: usize = 50_000;

/// Enough that different pages seldom wait for each other.
const TURNS: usize = 256;

/// A cache in parts, each with room for a few of the longest pages: what is longer than a part is not kept at all.
fn kept(bytes: u64, longest: u64) -> Cache<PageKey, Arc<Answer>, Weight> {
    const PAGES: usize = 1000;
    let parts = (bytes / longest.saturating_mul(4).max(1)).clamp(1, 64);
    let parts = usize::try_from(parts).unwrap_or(1);
    match OptionsBuilder::new().estimated_items_capacity(PAGES).weight_capacity(bytes).shards(parts).build() {
        Ok(options) => Cache::with_options(
            options,
            Weight,
            quick_cache::DefaultHashBuilder::default(),
            DefaultLifecycle::default(),
        ),
        // All that has to be said is said.
        Err(_) => Cache::with_weighter(PAGES, bytes, Weight),
    }
}

/// The turn to read a page.
pub(super) enum Turn<'p> {
    /// Nobody has asked for it before.
    First,
    /// Others who ask for it meanwhile wait, and find it kept: however many come at once, it is read and held once.
    Again { _alone: MutexGuard<'p, ()> },
}

impl Pages {
    /// Keeps `bytes` of pages that are at most `longest` long.
    pub(super) fn new(bytes: u64, longest: usize) -> Self {
        let turns = std::iter::repeat_with(Mutex::default).take(TURNS).collect();
        Self { kept: kept(bytes, longest as u64), asked: Cache::new(ASKED), turns }
    }

    /// The page, if it is kept and still what would be answered; otherwise the turn to read it.
    pub(super) async fn look(&self, key: &PageKey, mark: Mark) -> Result<Arc<Answer>, Turn<'_>> {
        if let Some(kept) = self.kept(key, mark) {
            return Ok(kept);
        }
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let name = hasher.finish();
        if self.asked.get(&name).is_none() {
            self.asked.insert(name, ());
            return Err(Turn::First);
        }
        let turn = usize::try_from(name % TURNS as u64).ok().and_then(|turn| self.turns.get(turn));
        // There is one for every remainder.
        let Some(turn) = turn else { return Err(Turn::First) };
        let alone = turn.lock().await;
        self.kept(key, mark).ok_or(Turn::Again { _alone: alone })
    }

    fn kept(&self, key: &PageKey, mark: Mark) -> Option<Arc<Answer>> {
        self.kept.get(key).filter(|kept| kept.holds(mark))
    }

    /// Keeps what was read in this turn, unless it was the first.
    pub(super) fn keep(&self, turn: &Turn<'_>, key: PageKey, answer: &Arc<Answer>) {
        if matches!(turn, Turn::Again { .. }) {
            self.kept.insert(key, Arc::clone(answer));
        }
    }
}

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::Origin;
use crate::rate::{Meter, Rate};
use crate::service::limits::network;
use crate::store::{Result, StoreError};

/// How many log-ins with a password may fail before others are refused for a while; 0 for as many as they like.
///
/// Only passwords that have to be verified are refused: API keys, certificates and whoever has logged in a moment ago go through.
/// Whoever has logged in from an address before is counted apart from all others, so nobody is locked out by what
/// is tried from elsewhere, or by a neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedLogins {
    /// In a minute, for a user name, whether there is such a user or not.
    pub per_user: u32,
    /// In a minute, from an address; an IPv6 network of 64 bits is one address.
    pub per_address: u32,
}

impl Default for FailedLogins {
    fn default() -> Self {
        Self { per_user: 20, per_address: 300 }
    }
}

/// So many user names, addresses and pairs of both are remembered. Making us forget one takes so many failures that it would
/// have been forgiven in less time.
const REMEMBERED: usize = 50_000;
/// Whoever does not get a turn to be verified within this time is told to come again.
const PATIENCE: Duration = Duration::from_secs(10);
/// The last answers before others are refused take as much longer.
const SLOWEST: Duration = Duration::from_secs(1);

/// Counts failures, and lets few passwords be verified at the same time.
pub(super) struct Throttle {
    user: Option<Rate>,
    address: Option<Rate>,
    begun: Instant,
    hasher: RandomState,
    users: Cache<u64, Arc<Meter>>,
    addresses: Cache<u64, Arc<Meter>>,
    /// Users with the addresses from where they have logged in.
    acquainted: Cache<u64, Arc<Meter>>,
    /// Each verification takes 19 MiB and keeps a core busy. Strangers have turns of their own, so they never keep others waiting.
    turns: Arc<Semaphore>,
    turns_of_strangers: Arc<Semaphore>,
}

/// Somebody tries a password. It counts as a failure from the beginning, so that many at once cannot get by.
pub(super) struct Attempt {
    counts: Counts,
    /// The user and the address together.
    pair: u64,
    _turn: OwnedSemaphorePermit,
}

type Counts = Vec<(Arc<Meter>, Rate)>;

impl Throttle {
    pub(super) fn new(failures: FailedLogins) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            user: Rate::per_minute(failures.per_user),
            address: Rate::per_minute(failures.per_address),
            begun: Instant::now(),
            hasher: RandomState::new(),
            users: Cache::new(REMEMBERED),
            addresses: Cache::new(REMEMBERED),
            acquainted: Cache::new(REMEMBERED),
            turns: Arc::new(Semaphore::new(threads)),
            turns_of_strangers: Arc::new(Semaphore::new(threads.div_ceil(2))),
        }
    }

    /// Waits for the turn to verify a password; `None` if too many have failed.
    ///
    /// # Errors
    /// Too many are waiting.
    pub(super) async fn attempt(&self, user: &str, origin: Origin) -> Result<Option<Attempt>> {
        if self.wait(Some(user), origin).is_some() {
            return Ok(None);
        }
        let pair = self.pair(user, origin);
        let turns = if self.acquainted.peek(&pair).is_some() { &self.turns } else { &self.turns_of_strangers };
        let turn = timeout(PATIENCE, Arc::clone(turns).acquire_owned()).await;
        let turn = turn.map_err(|_| StoreError::Unavailable("too many passwords wait to be verified".to_owned()))?;
        let turn = turn.map_err(StoreError::failed)?;
        // Others may have failed while this one waited.
        let (counts, now) = (self.counts(Some(user), origin), self.now());
        let taken = counts.iter().take_while(|(meter, rate)| meter.take(*rate, now).is_ok()).count();
        if taken < counts.len() {
            give_back(counts.iter().take(taken));
            return Ok(None);
        }
        Ok(Some(Attempt { counts, pair, _turn: turn }))
    }

    /// It was the right one.
    pub(super) fn succeeded(&self, attempt: &Attempt) {
        give_back(attempt.counts.iter());
        if self.acquainted.get(&attempt.pair).is_none() {
            self.acquainted.insert(attempt.pair, Arc::default());
        }
    }

    /// It was wrong: the more have been, the longer the answer takes.
    pub(super) async fn failed(&self, attempt: Attempt) {
        let Attempt { counts, .. } = attempt;
        let now = self.now();
        let delays = counts.iter().map(|(meter, rate)| {
            let (left, half) = (meter.look(*rate, now).count, rate.burst / 2);
            SLOWEST * u32::try_from(half.saturating_sub(left)).unwrap_or(u32::MAX)
                / u32::try_from(half).unwrap_or(1).max(1)
        });
        if let Some(delay) = delays.max().filter(|delay| !delay.is_zero()) {
            sleep(delay).await;
        }
    }

    /// A key was wrong. Nobody guesses one, so this keeps nobody off; it only tells who goes on and on to wait.
    pub(super) fn failed_key(&self, origin: Origin) {
        for (meter, rate) in self.counts(None, origin) {
            let _ = meter.take(rate, self.now());
        }
    }

    /// How long to wait before the next attempt, if there were too many.
    pub(super) fn wait(&self, user: Option<&str>, origin: Origin) -> Option<Duration> {
        let now = self.now();
        self.counts(user, origin).iter().filter_map(|(meter, rate)| meter.wait(*rate, now)).max()
    }

    fn counts(&self, user: Option<&str>, origin: Origin) -> Counts {
        let of = |cache: &Cache<u64, Arc<Meter>>, key: u64| {
            cache.get(&key).unwrap_or_else(|| {
                let made = cache.get_or_insert_with(&key, || Ok::<_, ()>(Arc::default()));
                made.unwrap_or_default()
            })
        };
        if let Some(user) = user
            && let Some(acquainted) = self.acquainted.get(&self.pair(user, origin))
        {
            return self.user.map(|rate| (acquainted, rate)).into_iter().collect();
        }
        let by_user = user.zip(self.user).map(|(user, rate)| (of(&self.users, self.hasher.hash_one(user)), rate));
        let address = origin.address.map(network);
        let by_address =
            address.zip(self.address).map(|(address, rate)| (of(&self.addresses, self.hasher.hash_one(address)), rate));
        by_user.into_iter().chain(by_address).collect()
    }

    fn pair(&self, user: &str, origin: Origin) -> u64 {
        self.hasher.hash_one((user, origin.address.map(network)))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

fn give_back<'c>(counts: impl Iterator<Item = &'c (Arc<Meter>, Rate)>) {
    counts.for_each(|(meter, rate)| meter.give_back(*rate));
}

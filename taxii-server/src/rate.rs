use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// So much at once, if nothing happened before.
    pub(crate) burst: u64,
    /// The time in which one more comes to be allowed, in nanoseconds.
    interval: u64,
}

/// What is left after something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// So much may happen at once.
    pub(crate) count: u64,
    /// Until everything may.
    pub(crate) full: Duration,
}

impl Rate {
    /// So often in a second on average over ten seconds; `None` for 0, which means no limit.
    pub(crate) fn per_second(count: u32) -> Option<Self> {
        let burst = u64::from(count) * 10;
        (count > 0).then(|| Self { burst, interval: 10_000_000_000 / burst })
    }

    /// The time in which everything comes to be allowed.
    pub(crate) fn window(self) -> Duration {
        Duration::from_nanos(self.burst.saturating_mul(self.interval))
    }

    /// So often in a minute, and all of that at once; `None` for 0, which means no limit.
    pub(crate) fn per_minute(count: u32) -> Option<Self> {
        let burst = u64::from(count);
        (count > 0).then(|| Self { burst, interval: 60_000_000_000 / burst })
    }

    fn left(self, due: u64) -> Left {
        let used = due.div_ceil(self.interval.max(1));
        Left { count: self.burst.saturating_sub(used), full: Duration::from_nanos(due) }
    }
}

/// How often something has happened, in one number: the time until which all of it is paid for (the generic cell rate
/// algorithm, ITU-T I.371).
#[derive(Debug, Default)]
pub(crate) struct Meter(AtomicU64);

impl Meter {
    /// It happens, if it may; otherwise, how long to wait.
    pub(crate) fn take(&self, rate: Rate, now: u64) -> Result<Left, Duration> {
        let mut paid = self.0.load(Ordering::Relaxed);
        loop {
            let due = (paid.max(now) - now).saturating_add(rate.interval);
            let most = rate.burst.saturating_mul(rate.interval);
            if due > most {
                return Err(Duration::from_nanos(due - most));
            }
            match self.0.compare_exchange_weak(paid, now + due, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(rate.left(due)),
                Err(other) => paid = other,
            }
        }
    }

    /// It did not count.
    pub(crate) fn give_back(&self, rate: Rate) {
        let less = |paid: u64| Some(paid.saturating_sub(rate.interval));
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// What is left, without anything happening.
    pub(crate) fn look(&self, rate: Rate, now: u64) -> Left {
        rate.left(self.0.load(Ordering::Relaxed).saturating_sub(now))
    }

    /// How long to wait before it may happen, if it may not now.
    pub(crate) fn wait(&self, rate: Rate, now: u64) -> Option<Duration> {
        let due = self.0.load(Ordering::Relaxed).saturating_sub(now).saturating_add(rate.interval);
        let over = due.saturating_sub(rate.burst.saturating_mul(rate.interval));
        (over > 0).then(|| Duration::from_nanos(over))
    }

    /// Is it as if nothing had ever happened?
    pub(crate) fn is_idle(&self, now: u64) -> bool {
        self.0.load(Ordering::Relaxed) <= now
    }
}

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use super::Fault;

/// How long to wait after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// How many times in a row a batch may fail before a run ends, the first included.
    pub attempts: u32,
    /// The first wait; it doubles.
    pub first: Duration,
    /// The longest wait of our own choosing.
    pub longest: Duration,
    /// The longest wait that the other side may ask for within a run; beyond it the run ends.
    pub patience: Duration,
}

impl Default for Waits {
    /// Five attempts, a second, five minutes, ten minutes.
    fn default() -> Self {
        Self {
            attempts: 5,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(300),
            patience: Duration::from_secs(600),
        }
    }
}

impl Waits {
    /// How long to wait after this many failures in a row; `None` to give up, which is at once where trying again cannot help.
    #[must_use]
    pub fn after(&self, failures: u32, fault: &Fault) -> Option<Duration> {
        if !fault.may_pass() || failures >= self.attempts {
            return None;
        }
        match fault.retry_after() {
            Some(asked) => (asked <= self.patience).then_some(asked),
            None => Some(self.backoff(failures)),
        }
    }

    /// Doubling, capped, and something between half and all of it: partners that failed together do not come back together.
    #[must_use]
    pub fn backoff(&self, failures: u32) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
        jitter(doubled.min(self.longest))
    }
}

/// Something between half of it and all of it.
pub(super) fn jitter(most: Duration) -> Duration {
    let chance = RandomState::new().hash_one(most) % 1000;
    most / 2 + (most / 2).mul_f64(f64::from(u32::try_from(chance).unwrap_or_default()) / 1000.0)
}

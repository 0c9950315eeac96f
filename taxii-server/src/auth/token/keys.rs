use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;

use super::fetch::Source;
use super::issuer::wrong;
use super::jws::Jws;
use super::{Issuer, KeySet, TokenError, WrongIssuer};

/// After this time keys are fetched again, whether somebody misses one or not.
const STALE: Duration = Duration::from_secs(3600);
/// Whatever tokens say, keys are not fetched more often.
const PAUSE: Duration = Duration::from_secs(60);

/// The keys of one issuer, as last fetched.
#[derive(Debug)]
pub(super) struct Keys {
    issuer: String,
    source: Source,
    known: ArcSwapOption<KeySet>,
    /// Held while they are fetched: one at a time.
    last: Mutex<Option<Attempt>>,
    /// When to fetch again without being asked, as seconds since 1970.
    due: std::sync::atomic::AtomicU64,
}

#[derive(Clone, Debug)]
struct Attempt {
    when: SystemTime,
    failure: Option<String>,
}

impl Keys {
    pub(super) fn of(issuer: &Issuer) -> Result<Self, WrongIssuer> {
        let source = Source::of(issuer).map_err(|why| wrong(&issuer.issuer, why))?;
        Ok(Self {
            issuer: issuer.issuer.clone(),
            source,
            known: ArcSwapOption::empty(),
            last: Mutex::new(None),
            due: 0.into(),
        })
    }

    /// Is the signature by one of the keys?
    pub(super) async fn verify(self: &Arc<Self>, jws: &Jws<'_>, now: SystemTime) -> Result<(), TokenError> {
        match self.known.load_full() {
            Some(known) if known.knows(jws) => {
                self.renew_if_stale(now);
                return known.verify(jws);
            }
            _ => {}
        }
        // A new key, the first of all, or an invention.
        let failure = self.renew(now).await;
        match (self.known.load_full(), failure) {
            (Some(known), _) => known.verify(jws),
            (None, failure) => Err(TokenError::NoKeys(failure.unwrap_or_default())),
        }
    }

    /// Nobody waits for this: the old keys are good meanwhile, and for as long as the issuer cannot be asked.
    fn renew_if_stale(self: &Arc<Self>, now: SystemTime) {
        use std::sync::atomic::Ordering::Relaxed;
        let (now_seconds, due) = (seconds(now), self.due.load(Relaxed));
        let next = now_seconds.saturating_add(PAUSE.as_secs());
        if now_seconds >= due && self.due.compare_exchange(due, next, Relaxed, Relaxed).is_ok() {
            let keys = Arc::clone(self);
            tokio::spawn(async move { keys.renew(now).await });
        }
    }

    /// Fetches the keys, unless somebody just did; says why that failed.
    async fn renew(&self, now: SystemTime) -> Option<String> {
        let mut last = self.last.lock().await;
        if let Some(last) = &*last
            && now.duration_since(last.when).map_or(true, |since| since < PAUSE)
        {
            return last.failure.clone();
        }
        let failure = match self.source.fetch().await {
            Ok(keys) => {
                self.known.store(Some(Arc::new(keys)));
                let due = seconds(now).saturating_add(STALE.as_secs());
                self.due.store(due, std::sync::atomic::Ordering::Relaxed);
                None
            }
            Err(why) => {
                let kept = self.known.load().is_some();
                tracing::warn!(issuer = self.issuer, why, kept, "the keys of a token issuer could not be fetched");
                Some(why)
            }
        };
        *last = Some(Attempt { when: now, failure: failure.clone() });
        failure
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// When a request that failed is made again, and when not.
///
/// Only what can be repeated without harm is: every GET after 429, 502, 503, 504, a broken connection or
/// a timeout; a POST or DELETE only if no connection came about, or the server said 429. The wait
/// doubles each time, with some chance in it, unless the server says how long (`Retry-After`).
///
/// ```
/// use std::time::Duration;
/// use taxii_client::Retry;
///
/// let patient = Retry { attempts: 10, ..Retry::default() };
/// assert_eq!(patient.wait(1, Some(Duration::from_secs(7))), Some(Duration::from_secs(7)));
/// assert_eq!(patient.wait(10, None), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How many times at most, the first included.
    pub attempts: u32,
    /// The first wait.
    pub first: Duration,
    /// The longest wait of our own choosing.
    pub longest: Duration,
    /// The longest wait that a server may ask for; beyond it the error is handed on.
    pub patience: Duration,
}

impl Default for Retry {
    /// Five attempts, half a second, thirty seconds, five minutes.
    fn default() -> Self {
        Self {
            attempts: 5,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            patience: Duration::from_secs(300),
        }
    }
}

impl Retry {
    /// Every request once.
    #[must_use]
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// How long to wait after `attempts` failures; `None` to give up.
    #[must_use]
    pub fn wait(&self, attempts: u32, retry_after: Option<Duration>) -> Option<Duration> {
        if attempts >= self.attempts {
            return None;
        }
        match retry_after {
            Some(asked) => (asked <= self.patience).then_some(asked),
            None => Some(self.backoff(attempts)),
        }
    }

    /// Doubling, capped, then something between half and all of it, so that clients that failed
    /// together do not come back together.
    fn backoff(&self, attempts: u32) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1))).min(self.longest);
        let chance = RandomState::new().hash_one(attempts) % 1000;
        let half = doubled / 2;
        half + half.mul_f64(f64::from(u32::try_from(chance).unwrap_or(0)) / 1000.0)
    }
}

/// `Retry-After`: seconds or a date (RFC 9110 §10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some((date.to_utc() - Utc::now()).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn waits_double_up_to_a_cap() {
        let retry = Retry::default();
        for (attempts, most) in [(1, 500), (2, 1000), (3, 2000), (4, 4000)] {
            let wait = retry.wait(attempts, None).unwrap();
            assert!(
                wait <= Duration::from_millis(most) && wait >= Duration::from_millis(most / 2),
                "{attempts}: {wait:?}"
            );
        }
        assert_eq!(retry.wait(5, None), None);
        let patient = Retry { attempts: 100, ..retry };
        assert!(patient.wait(90, None).unwrap() <= Duration::from_secs(30));
    }

    /// TX-SEC-07: the server's word counts, within reason.
    #[test]
    fn retry_after_in_both_forms() {
        let header = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(header("7"), Some(Duration::from_secs(7)));
        assert_eq!(header("soon"), None);
        assert_eq!(header("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        let later = (Utc::now() + TimeDelta::seconds(100)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        assert!(header(&later).is_some_and(|wait| wait > Duration::from_secs(90)));
        assert_eq!(Retry::default().wait(1, Some(Duration::from_secs(3600))), None);
    }
}

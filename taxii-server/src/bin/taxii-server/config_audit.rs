use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use taxii_server::audit::{Chain, Journal, Log};

use crate::Outcome;

/// The log of who did what and who received what.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Audit {
    /// Is there one?
    pub(crate) enabled: bool,
    /// How many seconds of it may be lost if the server is killed.
    pub(crate) flush_seconds: u64,
    /// Where the key of its chain is: env:NAME; empty for none.
    pub(crate) key: String,
    /// Rather serve nothing than something that cannot be recorded.
    pub(crate) required: bool,
    /// How many days it is kept; 0 for ever.
    pub(crate) keep_days: u32,
    /// After how many minutes of silence who polls is stalled; 0 for three times as long as usual.
    pub(crate) stalled_minutes: u64,
}

impl Default for Audit {
    fn default() -> Self {
        Self { enabled: true, flush_seconds: 1, key: String::new(), required: false, keep_days: 0, stalled_minutes: 0 }
    }
}

impl Audit {
    /// How records are chained.
    pub(crate) fn chain(&self) -> Outcome<Chain> {
        /// Shorter keys can be guessed.
        const LEAST: usize = 16;
        if self.key.is_empty() {
            return Ok(Chain::plain());
        }
        let Some(variable) = self.key.strip_prefix("env:") else {
            return Err("audit.key: expected env:NAME, the name of an environment variable that has the key; a key is never written into the file".into());
        };
        match std::env::var(variable) {
            Ok(key) if key.len() >= LEAST => Ok(Chain::keyed(key.as_bytes())),
            Ok(_) => Err(format!(
                "audit.key: {variable} has fewer than {LEAST} characters; `openssl rand -hex 32` makes a key"
            )
            .into()),
            Err(_) => Err(format!("audit.key: there is no environment variable {variable}, or it is no text").into()),
        }
    }

    /// Has a store record what administrators change, if there is a log.
    pub(crate) fn recorded<B>(&self, store: B, chain: fn(B, Chain) -> B) -> Outcome<B> {
        Ok(if self.enabled { chain(store, self.chain()?) } else { store })
    }

    /// What gathers records, if there is a log.
    pub(crate) fn journal(&self, log: Arc<dyn Log>) -> Option<Journal> {
        let every = Duration::from_secs(self.flush_seconds.max(1));
        self.enabled.then(|| Journal::new(log).every(every).required(self.required))
    }

    /// After how long a silence somebody is stalled.
    pub(crate) fn patience(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.stalled_minutes.saturating_mul(60))).filter(|patience| !patience.is_zero())
    }
}

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::State;

/// How a flow is: for people, programs and metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Its name.
    pub name: String,
    /// Where it takes from.
    pub source: String,
    /// Where it brings to.
    pub sink: String,
    /// What it is doing.
    #[serde(flatten)]
    pub phase: Phase,
    /// What it did.
    #[serde(flatten)]
    pub state: State,
}

/// What a flow is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "lowercase")]
pub enum Phase {
    /// Nothing, until somebody runs it.
    #[default]
    Idle,
    /// A batch is under way.
    Running,
    /// Until the next look or try.
    Waiting {
        /// When that is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<DateTime<Utc>>,
    },
    /// Somebody told it to rest.
    Paused,
    /// It has ended.
    Stopped,
}

impl Status {
    pub(super) fn new(name: &str, source: &str, sink: &str) -> Self {
        Self {
            name: name.to_owned(),
            source: source.to_owned(),
            sink: sink.to_owned(),
            phase: Phase::Idle,
            state: State::default(),
        }
    }
}

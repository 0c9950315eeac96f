use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What became of a change at the sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// It is there now and was not before.
    Added,
    /// It was there before: the same content, or a deletion of what is not there.
    Known,
    /// Another content has the same id and version. What was there stays, and both are kept for somebody to decide.
    Conflict {
        /// What differs, or where the record of the conflict is.
        reason: String,
    },
    /// The sink does not take it.
    Refused {
        /// The rule that it breaks.
        rule: String,
        /// Why, in words.
        reason: String,
    },
    /// It was there and no longer is.
    Deleted,
}

/// What did not go on its way, and why. Flows keep the last of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The object, if it has an `id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its version, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The rule that it breaks.
    pub rule: String,
    /// Why, in words.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Refused {
    /// Longer texts are cut: they are somebody else's.
    const MOST: usize = 500;

    /// Of now. Texts of others are cut to a length that one can keep.
    #[must_use]
    pub fn new(id: Option<&str>, version: Option<&str>, rule: &str, reason: impl AsRef<str>) -> Self {
        Self {
            id: id.map(cut),
            version: version.map(cut),
            rule: cut(rule),
            reason: cut(reason.as_ref()),
            at: Utc::now(),
        }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(Refused::MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

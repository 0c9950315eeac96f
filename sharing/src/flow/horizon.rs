use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use stix_model::marking::pap::Pap;
use stix_model::marking::tlp::{Tlp, TlpLevel};

use super::{Applied, Change, Fault, Policy, Withheld};

/// Split horizon: nothing is offered to a server that it has been at.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use sharing::flow::{Change, Policy, Provenance, SplitHorizon};
///
/// let provenance = Provenance::local("a").leaving("a").leaving("b");
/// let change = Change::Deleted { id: "url--c1477287-23ac-5971-a010-5c287877fa60".into(), version: None, provenance };
/// let back = SplitHorizon { receiver: "a".into() }.apply(vec![change.clone()]).await?;
/// let onward = SplitHorizon { receiver: "c".into() }.apply(vec![change]).await?;
/// assert_eq!((back.leaving.len(), onward.leaving.len()), (0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SplitHorizon {
    /// The id of the server that would receive.
    pub receiver: String,
}

#[async_trait]
impl Policy for SplitHorizon {
    async fn apply(&self, changes: Vec<Change>) -> Result<Applied, Fault> {
        Ok(divide(changes, |change| {
            change.provenance().passed(&self.receiver).then(|| ("split-horizon", "it has been there".to_owned()))
        }))
    }
}

/// How many times something may go from one server to another, by its TLP level.
///
/// TLP:RED and TLP:AMBER+STRICT stay where they are: they name people and one organisation. TLP:AMBER goes to those with whom
/// the origin itself shares it, and no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HopLimits {
    /// TLP:CLEAR, and deletions: they follow whatever went before.
    pub clear: u32,
    /// TLP:GREEN.
    pub green: u32,
    /// TLP:AMBER.
    pub amber: u32,
    /// TLP:AMBER+STRICT.
    pub amber_strict: u32,
    /// TLP:RED.
    pub red: u32,
    /// What bears no TLP, but for definitions of markings: they go where what bears them goes.
    pub unmarked: u32,
}

impl Default for HopLimits {
    /// 8 for CLEAR and GREEN, 1 for AMBER and what is not marked, 0 for AMBER+STRICT and RED.
    fn default() -> Self {
        Self { clear: 8, green: 8, amber: 1, amber_strict: 0, red: 0, unmarked: 1 }
    }
}

impl HopLimits {
    /// The limit of a level.
    #[must_use]
    pub fn of(&self, level: Option<TlpLevel>) -> u32 {
        match level {
            None => self.unmarked,
            Some(TlpLevel::Clear) => self.clear,
            Some(TlpLevel::Green) => self.green,
            Some(TlpLevel::Amber) => self.amber,
            Some(TlpLevel::AmberStrict) => self.amber_strict,
            Some(TlpLevel::Red) => self.red,
        }
    }

    /// The limit of an object. A definition of a marking without TLP of its own goes as far as anything that may bear it;
    /// one that is published is everybody's.
    #[must_use]
    pub fn of_object(&self, id: &str, level: Option<TlpLevel>) -> u32 {
        if level.is_some() || !id.starts_with("marking-definition--") {
            return self.of(level);
        }
        match Tlp::by_id(id).is_some() || Pap::by_id(id).is_some() {
            true => u32::MAX,
            false => {
                let Self { clear, green, amber, amber_strict, red, unmarked } = *self;
                clear.max(green).max(amber).max(amber_strict).max(red).max(unmarked)
            }
        }
    }

    fn why_not(&self, change: &Change) -> Option<(&'static str, String)> {
        let hops = change.provenance().hops;
        let (limit, what) = match change {
            Change::Deleted { .. } => (self.clear, "a deletion".to_owned()),
            Change::Object(item) => {
                let level = item.tlp();
                (
                    self.of_object(item.id(), level),
                    level.map_or("no TLP".to_owned(), |level| format!("TLP:{}", level.as_str().to_uppercase())),
                )
            }
        };
        (hops > limit).then(|| ("hop-limit", format!("{what} goes {limit} times at most, this would be time {hops}")))
    }
}

#[async_trait]
impl Policy for HopLimits {
    async fn apply(&self, changes: Vec<Change>) -> Result<Applied, Fault> {
        Ok(divide(changes, |change| self.why_not(change)))
    }
}

/// What stays, with rule and reason, and what does not.
pub(super) fn divide(changes: Vec<Change>, why_not: impl Fn(&Change) -> Option<(&'static str, String)>) -> Applied {
    let mut applied = Applied::default();
    for change in changes {
        match why_not(&change) {
            Some((rule, reason)) => {
                applied.withheld.push(Withheld::new(Some(change.id()), change.version(), rule, reason));
            }
            None => applied.leaving.push(change),
        }
    }
    applied
}

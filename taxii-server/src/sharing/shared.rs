use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sharing::flow::{Change, Outcome, Withheld};
use sharing::sanitise::Removed;
use stix_model::marking::tlp::TlpLevel;

use super::Direction;
use super::decide::object_type;

/// What the log says of what a flow brought: one record for each delivery ([`crate::audit::action::SHARED`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shared {
    /// The flow.
    pub flow: String,
    /// The agreement, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<String>,
    /// What names exactly the document as it was then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    /// The party at the other end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// Which way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// From which place.
    pub from: String,
    /// To which place.
    pub to: String,
    /// What is new there: id and version of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<(String, String)>,
    /// How many of these there are of each object type.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, u64>,
    /// How many of each TLP level; `unmarked` has none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<String, u64>,
    /// How many versions were there before.
    #[serde(skip_serializing_if = "is_none")]
    pub known: u64,
    /// What is gone there: id and version; without a version, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<(String, Option<String>)>,
    /// How many versions were there with other content.
    #[serde(skip_serializing_if = "is_none")]
    pub conflicts: u64,
    /// How many were not taken, by rule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<String, u64>,
    /// How many stayed, by rule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld: BTreeMap<String, u64>,
    /// How many parts of objects were taken out, by rule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub removed: BTreeMap<String, u64>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

fn count(counts: &mut BTreeMap<String, u64>, what: &str) {
    *counts.entry(what.to_owned()).or_default() += 1;
}

impl Shared {
    /// Is there nothing to say?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
            && self.deleted.is_empty()
            && self.known + self.conflicts == 0
            && [&self.refused, &self.withheld, &self.removed].into_iter().all(BTreeMap::is_empty)
    }

    pub(crate) fn became(&mut self, change: &Change, outcome: &Outcome) {
        match (outcome, change) {
            (Outcome::Added, Change::Object(item)) => self.added(item.id(), item.version(), item.tlp()),
            (Outcome::Deleted, change) => {
                self.deleted.push((change.id().to_owned(), change.version().map(str::to_owned)));
            }
            (Outcome::Added | Outcome::Known, _) => self.known += 1,
            (Outcome::Conflict { .. }, _) => self.conflicts += 1,
            (Outcome::Refused { rule, .. }, _) => count(&mut self.refused, rule),
        }
    }

    pub(crate) fn added(&mut self, id: &str, version: &str, tlp: Option<TlpLevel>) {
        self.versions.push((id.to_owned(), version.to_owned()));
        count(&mut self.types, object_type(id));
        count(&mut self.levels, &level(tlp));
    }

    pub(crate) fn stayed(&mut self, withheld: &[Withheld], removed: &[Removed]) {
        withheld.iter().for_each(|one| count(&mut self.withheld, &one.rule));
        removed.iter().for_each(|one| count(&mut self.removed, &one.rule));
    }

    /// Adds what another record says.
    pub fn add(&mut self, other: &Self) {
        self.versions.extend(other.versions.iter().cloned());
        self.deleted.extend(other.deleted.iter().cloned());
        self.known += other.known;
        self.conflicts += other.conflicts;
        for (to, from) in [
            (&mut self.types, &other.types),
            (&mut self.levels, &other.levels),
            (&mut self.refused, &other.refused),
            (&mut self.withheld, &other.withheld),
            (&mut self.removed, &other.removed),
        ] {
            from.iter().for_each(|(name, count)| *to.entry(name.clone()).or_default() += count);
        }
    }
}

fn level(level: Option<TlpLevel>) -> String {
    level.map_or_else(|| "unmarked".to_owned(), |level| format!("TLP:{}", level.as_str().to_uppercase()))
}

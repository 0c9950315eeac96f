use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Cursor, Fault, Refused};

/// How many refusals and other notes a flow keeps.
const KEPT: usize = 100;

/// What a flow keeps between runs, as a whole: where it is and what it did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// How far everything has been delivered; `None` before the first batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// What it did so far.
    pub counters: Counters,
    /// The last of what was refused, by the flow or by its sink.
    pub refused: VecDeque<Refused>,
    /// The last of the conflicts.
    pub conflicts: VecDeque<Refused>,
    /// Why the last try failed; `None` if it went well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<Trouble>,
    /// When a batch was last delivered, or the source last had nothing new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_success: Option<DateTime<Utc>>,
    /// How many changes the source has behind the cursor, if it knows. 0: all is delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag: Option<u64>,
}

impl State {
    pub(super) fn failed(&mut self, fault: &Fault) {
        self.last_error = Some(Trouble::of(fault));
    }

    pub(super) fn note_refused(&mut self, refused: Refused) {
        *self.counters.refused.entry(refused.rule.clone()).or_default() += 1;
        keep(&mut self.refused, refused);
    }

    pub(super) fn note_conflict(&mut self, conflict: Refused) {
        self.counters.conflicts += 1;
        keep(&mut self.conflicts, conflict);
    }
}

fn keep(list: &mut VecDeque<Refused>, one: Refused) {
    while list.len() >= KEPT {
        list.pop_front();
    }
    list.push_back(one);
}

/// What a flow did, in numbers of changes.
///
/// What came in is delivered, withheld or refused: `received` = `added` + `known` + `deleted` + `conflicts` + all of `withheld` + all of
/// `refused`, unless the policy makes several of one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// Came from the source, what could not be read included.
    pub received: u64,
    /// Went to the sink, whatever it said.
    pub delivered: u64,
    /// Are new there.
    pub added: u64,
    /// Were there.
    pub known: u64,
    /// Are gone there.
    pub deleted: u64,
    /// Were there with other content.
    pub conflicts: u64,
    /// Octets that were delivered.
    pub octets: u64,
    /// Batches that were delivered.
    pub batches: u64,
    /// Did not leave, by the rule that held them back.
    pub withheld: BTreeMap<String, u64>,
    /// Could not be read or were not taken, by rule.
    pub refused: BTreeMap<String, u64>,
}

impl Counters {
    /// What has been done since, for a report on one run.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            received: self.received - before.received.min(self.received),
            delivered: self.delivered - before.delivered.min(self.delivered),
            added: self.added - before.added.min(self.added),
            known: self.known - before.known.min(self.known),
            deleted: self.deleted - before.deleted.min(self.deleted),
            conflicts: self.conflicts - before.conflicts.min(self.conflicts),
            octets: self.octets - before.octets.min(self.octets),
            batches: self.batches - before.batches.min(self.batches),
            withheld: less(&self.withheld, &before.withheld),
            refused: less(&self.refused, &before.refused),
        }
    }

    pub(super) fn withhold(&mut self, rule: &str) {
        *self.withheld.entry(rule.to_owned()).or_default() += 1;
    }
}

fn less(after: &BTreeMap<String, u64>, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let difference = |(rule, count): (&String, &u64)| {
        (rule.clone(), count.saturating_sub(before.get(rule).copied().unwrap_or_default()))
    };
    after.iter().map(difference).filter(|(_, count)| *count > 0).collect()
}

/// What went wrong, when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// When.
    pub at: DateTime<Utc>,
    /// One word: [`Fault::kind`].
    pub kind: String,
    /// What, where, what to do.
    pub message: String,
    /// May it pass by itself?
    pub may_pass: bool,
}

impl Trouble {
    fn of(fault: &Fault) -> Self {
        Self { at: Utc::now(), kind: fault.kind().to_owned(), message: fault.to_string(), may_pass: fault.may_pass() }
    }
}

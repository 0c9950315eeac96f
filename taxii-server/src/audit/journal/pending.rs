use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use serde_json::json;
use taxii_model::Timestamp;

use super::super::{Poll, Record, Runs, action};
use crate::auth::Caller;
use crate::store::CollectionKey;

/// What has been gathered and not yet appended.
#[derive(Default)]
pub(super) struct Pending {
    /// By where the runs lie in memory: pages are shared, so most deliveries find theirs.
    deliveries: HashMap<usize, Delivery>,
    /// How many deliveries that are.
    delivered: usize,
    /// What their runs take.
    bytes: u64,
    polls: HashMap<(CollectionKey, usize), Polling>,
    pub(super) records: Vec<Record>,
    refusals: HashMap<Refusal, u64>,
    /// For what there was no room.
    pub(super) lost: u64,
}

pub(super) struct Delivery {
    runs: Arc<Runs>,
    to: Vec<(Arc<Caller>, Option<IpAddr>)>,
}

/// How far a caller has come with a collection.
pub(super) struct Polling {
    collection: CollectionKey,
    caller: Arc<Caller>,
    position: Timestamp,
    polls: u64,
    has_all: bool,
}

impl Polling {
    pub(super) fn at(self, now: Timestamp) -> Poll {
        Poll {
            collection: self.collection,
            account: self.caller.name.clone().unwrap_or_default(),
            at: now,
            position: self.position,
            polls: self.polls,
            caught_up: self.has_all.then_some(now),
        }
    }
}

/// What is about to be appended.
#[derive(Default)]
pub(super) struct Taken {
    deliveries: Vec<Delivery>,
    pub(super) polls: Vec<Polling>,
    pub(super) records: Vec<Record>,
    pub(super) refusals: HashMap<Refusal, u64>,
    pub(super) lost: u64,
}

/// Somebody who gets objects.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Recipient {
    account: Option<String>,
    credential: Option<Arc<str>>,
    address: Option<IpAddr>,
}

impl Recipient {
    pub(super) fn record(&self, now: Timestamp) -> Record {
        Record {
            account: self.account.clone(),
            credential: self.credential.as_deref().map(str::to_owned),
            address: self.address.map(|address| address.to_string()),
            ..Record::new(now, action::RECIPIENT, &json!({}))
        }
    }
}

/// What was refused to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Refusal {
    /// Who has been let in.
    pub(super) account: Option<String>,
    pub(super) credential: Option<Arc<str>>,
    /// Who somebody said to be who was not let in.
    pub(super) claimed: Option<String>,
    pub(super) address: Option<IpAddr>,
    pub(super) root: Option<String>,
    pub(super) collection: Option<CollectionKey>,
    /// Why it was not allowed; for log-ins there is only one reason.
    pub(super) why: Option<&'static str>,
}

impl Refusal {
    pub(super) fn record(&self, now: Timestamp, account: Option<String>, times: u64) -> Record {
        let details = match self.why {
            None => json!({"what": "log-in", "times": times}),
            Some(why) => json!({"what": "forbidden", "why": why, "times": times}),
        };
        Record {
            account,
            credential: self.credential.as_deref().map(str::to_owned),
            address: self.address.map(|address| address.to_string()),
            root: self.root.clone(),
            collection: self.collection,
            ..Record::new(now, action::REFUSED, &details)
        }
    }
}

/// Runs may take so many bytes.
const BYTES: u64 = 64 << 20;
/// So many who poll are told apart within an interval.
const POLLING: usize = 100_000;
/// So many refusals are told apart within an interval; the rest is counted.
const REFUSED: usize = 100;

impl Pending {
    pub(super) fn weight(&self) -> usize {
        self.delivered + self.records.len()
    }

    pub(super) fn is_full(&self, room: usize) -> bool {
        self.weight() >= room || self.bytes >= BYTES
    }

    pub(super) fn is_half_full(&self, room: usize) -> bool {
        self.weight() * 2 >= room || self.bytes * 2 >= BYTES
    }

    pub(super) fn deliver(&mut self, caller: &Arc<Caller>, address: Option<IpAddr>, runs: &Arc<Runs>) {
        let delivery = self.deliveries.entry(Arc::as_ptr(runs) as usize).or_insert_with(|| {
            self.bytes += runs.bytes();
            Delivery { runs: Arc::clone(runs), to: Vec::new() }
        });
        delivery.to.push((Arc::clone(caller), address));
        self.delivered += 1;
    }

    pub(super) fn poll(&mut self, caller: &Arc<Caller>, collection: CollectionKey, position: Timestamp, all: bool) {
        // Whoever has not logged in is nobody in particular, however often.
        let who = if caller.is_anonymous() { 0 } else { Arc::as_ptr(caller) as usize };
        if self.polls.len() >= POLLING {
            self.polls.clear();
        }
        let polling = self.polls.entry((collection, who)).or_insert_with(|| Polling {
            collection,
            caller: Arc::clone(caller),
            position,
            polls: 0,
            has_all: false,
        });
        polling.polls += 1;
        polling.position = position;
        polling.has_all |= all;
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        let is_one_more = self.refusals.len() >= REFUSED && !self.refusals.contains_key(&refusal);
        let refusal = if is_one_more { Refusal { why: refusal.why, ..Refusal::default() } } else { refusal };
        *self.refusals.entry(refusal).or_default() += 1;
    }

    /// Takes everything out; refusals only if it is their turn.
    pub(super) fn take(&mut self, refusals: bool) -> Taken {
        (self.delivered, self.bytes) = (0, 0);
        let deliveries = std::mem::take(&mut self.deliveries);
        let polls = std::mem::take(&mut self.polls);
        Taken {
            deliveries: deliveries.into_values().collect(),
            polls: polls.into_values().collect(),
            records: std::mem::take(&mut self.records),
            refusals: if refusals { std::mem::take(&mut self.refusals) } else { HashMap::new() },
            lost: std::mem::take(&mut self.lost),
        }
    }

    /// Puts back what could not be appended.
    pub(super) fn put_back(&mut self, taken: Taken) {
        for Delivery { runs, to } in taken.deliveries {
            for (caller, address) in to {
                self.deliver(&caller, address, &runs);
            }
        }
        let newer = std::mem::replace(&mut self.records, taken.records);
        self.records.extend(newer);
        for (refusal, times) in taken.refusals {
            *self.refusals.entry(refusal).or_default() += times;
        }
        self.lost += taken.lost;
    }
}

impl Taken {
    /// Who got what, whichever page it was on.
    pub(super) fn by_content(&self) -> HashMap<Arc<Runs>, BTreeSet<Recipient>> {
        let mut groups: HashMap<Arc<Runs>, BTreeSet<Recipient>> = HashMap::new();
        for Delivery { runs, to } in &self.deliveries {
            let recipients = to.iter().map(|(caller, address)| Recipient {
                account: caller.name.clone(),
                credential: caller.credential.clone(),
                address: *address,
            });
            groups.entry(Arc::clone(runs)).or_default().extend(recipients);
        }
        groups
    }
}

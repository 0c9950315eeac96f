use async_trait::async_trait;
use taxii_model::Timestamp;

use super::{Entry, Head, Record};
use crate::store::{CollectionKey, Result};

/// Where records are kept: a part of a store, apart from [`Store`](crate::store::Store), since not every store needs one.
///
/// Nothing here changes what TAXII clients see, and no method waits for those who read or write objects.
#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// Appends records at the end of the chain, all or none, in their order; tells the entries that they became. Whoever else appends,
    /// in whichever process, waits meanwhile. The chain is made as the store was told when it was opened.
    async fn append(&self, records: Vec<Record>) -> Result<Vec<Entry>>;

    /// The end of the chain.
    async fn head(&self) -> Result<Head>;

    /// Entries behind a number, in order.
    async fn entries(&self, after: i64, limit: usize) -> Result<Vec<Entry>>;

    /// The number of the last entry before a time, or 0: by the clocks of those who wrote, so it may be a moment off.
    async fn last_before(&self, time: Timestamp) -> Result<i64>;

    /// The entries about an account behind a number, in order.
    async fn entries_of(&self, account: &str, after: i64, limit: usize) -> Result<Vec<Entry>>;

    /// The entries about what flows brought that name this object, in order.
    async fn entries_of_flows(&self, object: &str) -> Result<Vec<Entry>>;

    /// The entries whose stamps lie around this one, in order.
    async fn entries_around(&self, collection: CollectionKey, stamp: Timestamp) -> Result<Vec<Entry>>;

    /// The recipients of these numbers, also of those whose own records were cut off.
    async fn recipients(&self, numbers: &[i64]) -> Result<Vec<(i64, Record)>>;

    /// Removes the entries up to this one, and tombstones from before the time, in steps of their own.
    async fn cut(&self, through: i64, before: Timestamp) -> Result<u64>;

    /// Every version of an object that any collection has or had.
    async fn sightings(&self, id: &str) -> Result<Vec<Sighting>>;

    /// Notes polls: of each account in each collection what it came to.
    async fn note(&self, polls: Vec<Poll>) -> Result<()>;

    /// What is known about those who poll.
    async fn pollers(&self) -> Result<Vec<Poller>>;

    /// How many entries the collection has behind a position.
    async fn behind(&self, collection: CollectionKey, position: Timestamp) -> Result<u64>;

    /// Is there an account of this name?
    async fn knows(&self, account: &str) -> Result<bool>;
}

/// A version of an object in a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Which collection.
    pub collection: CollectionKey,
    /// When it was added.
    pub added: Timestamp,
    /// The version.
    pub version: String,
    /// When it was removed, if it was.
    pub removed: Option<Timestamp>,
}

/// What the polls of an account for a collection came to, within a short time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Which collection.
    pub collection: CollectionKey,
    /// Whose account; empty for whoever did not log in.
    pub account: String,
    /// When the last of them was.
    pub at: Timestamp,
    /// How far it came.
    pub position: Timestamp,
    /// How many there were.
    pub polls: u64,
    /// When it had all that there was, if it came so far.
    pub caught_up: Option<Timestamp>,
}

/// Who polls, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poller {
    /// Which collection.
    pub collection: CollectionKey,
    /// Whose account; empty for whoever did not log in.
    pub account: String,
    /// When it polled last.
    pub polled: Timestamp,
    /// How far it has come.
    pub position: Timestamp,
    /// How often it has polled.
    pub polls: u64,
    /// When it had all that there was.
    pub caught_up: Option<Timestamp>,
    /// How many microseconds usually lie between two such times.
    pub every: Option<i64>,
}

impl Poller {
    /// The poller after these polls.
    pub(crate) fn after(known: Option<Self>, poll: &Poll) -> Self {
        /// Shorter than this is the same round.
        const ROUND: i64 = 1_000_000;
        let mut poller = known.unwrap_or_else(|| Self {
            collection: poll.collection,
            account: poll.account.clone(),
            polled: poll.at,
            position: poll.position,
            polls: 0,
            caught_up: None,
            every: None,
        });
        // Nodes report in any order.
        if poll.at >= poller.polled {
            (poller.polled, poller.position) = (poll.at, poll.position);
        }
        poller.polls = poller.polls.saturating_add(poll.polls);
        if let Some(now) = poll.caught_up.filter(|now| poller.caught_up.is_none_or(|before| *now > before)) {
            let passed = poller.caught_up.map(|before| now.as_micros() - before.as_micros());
            if let Some(passed) = passed.filter(|passed| *passed >= ROUND) {
                poller.every = Some(poller.every.map_or(passed, |usual| habit(usual, passed)));
            }
            poller.caught_up = Some(now);
        }
        poller
    }
}

/// How much time usually lies between two rounds, after a time of `passed` between two requests. A round may be several requests: what is
/// far less than usual is taken for a part of one, and counts little. What is more than usual counts at once, but an outage does not become
/// a habit.
fn habit(usual: i64, passed: i64) -> i64 {
    if passed < usual / 4 {
        usual - usual / 64
    } else if passed < usual {
        usual - usual / 4 + passed / 4
    } else {
        passed.min(usual.saturating_mul(4))
    }
}

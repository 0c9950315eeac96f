mod pending;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use taxii_model::Timestamp;
use tokio::sync::Notify;

use self::pending::{Pending, Recipient, Refusal, Taken};
use super::{Log, Poll, Record, Runs, action};
use crate::auth::{Caller, Credentials};
use crate::store::{Clock, CollectionKey, Result, wall_clock};

/// Gathers what happens in a server and appends it to the log from time to time, so that no request waits for it.
///
/// What is gathered and not yet appended is lost if the process is killed: what was delivered, added and deleted within the last
/// interval, and refusals of the last minute. While the log cannot be appended to, records wait; when too many do, further ones are
/// lost, and the log says how many, or the server serves nothing more, if it is [required](Journal::required).
pub struct Journal {
    log: Arc<dyn Log>,
    clock: Clock,
    every: Duration,
    required: bool,
    room: usize,
    pending: Mutex<Pending>,
    /// Whoever holds this appends.
    appending: tokio::sync::Mutex<Appending>,
    wake: Arc<Notify>,
}

struct Appending {
    /// The numbers of recipients that the log knows, and since when.
    known: HashMap<Recipient, (i64, Timestamp)>,
    /// When refusals were written last.
    refusals: Instant,
}

/// So many deliveries may wait.
const ROOM: usize = 200_000;
/// So many recipients are remembered.
const KNOWN: usize = 50_000;
/// So long a recipient is referred to by one number. Cutting off the beginning of the log carries over what is younger.
pub(super) const NUMBERED: i64 = 30 * 24 * 60 * 60 * 1_000_000;
/// Refusals of so long a time are told together: somebody who tries passwords is not to fill the disk.
const REFUSALS: Duration = Duration::from_secs(60);

impl Journal {
    /// For this log.
    pub fn new(log: Arc<dyn Log>) -> Self {
        let appending = Appending { known: HashMap::new(), refusals: Instant::now() };
        Self {
            log,
            clock: wall_clock(),
            every: Duration::from_secs(1),
            required: false,
            room: ROOM,
            pending: Mutex::default(),
            appending: tokio::sync::Mutex::new(appending),
            wake: Arc::default(),
        }
    }

    /// How often to append; every second unless told otherwise.
    #[must_use]
    pub fn every(self, every: Duration) -> Self {
        Self { every: every.max(Duration::from_millis(10)), ..self }
    }

    /// Rather serve nothing than something that cannot be recorded.
    #[must_use]
    pub fn required(self, required: bool) -> Self {
        Self { required, ..self }
    }

    /// How many deliveries may wait while the log cannot be appended to; 200,000 unless told otherwise.
    #[must_use]
    pub fn room(self, room: usize) -> Self {
        Self { room: room.max(1), ..self }
    }

    /// Where the time comes from.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what is to be recorded in, if there is room. Must what is not recorded not happen?
    fn take(&self, weight: u64, put: impl FnOnce(&mut Pending)) -> bool {
        let mut pending = self.pending();
        if pending.is_full(self.room) {
            if !self.required {
                pending.lost += weight;
            }
            return self.required;
        }
        put(&mut pending);
        if pending.is_half_full(self.room) {
            self.wake.notify_one();
        }
        false
    }

    /// Is there no room for what has to be recorded?
    pub(crate) fn is_stuck(&self) -> bool {
        self.required && self.pending().is_full(self.room)
    }

    /// A page is being sent. Must it not be, since it cannot be recorded?
    pub(crate) fn delivered(&self, caller: &Arc<Caller>, address: Option<IpAddr>, runs: &Arc<Runs>) -> bool {
        self.take(1, |pending| pending.deliver(caller, address, runs))
    }

    /// Somebody has asked for what is new, and come this far.
    pub(crate) fn polled(&self, caller: &Arc<Caller>, collection: CollectionKey, position: Timestamp, all: bool) {
        self.pending().poll(caller, collection, position, all);
    }

    /// Something was done by a caller. It has happened: there is always some room for this.
    pub(crate) fn done(&self, record: Record) {
        self.pending().records.push(record);
    }

    /// Somebody was not let in.
    pub(crate) fn locked_out(&self, credentials: Option<&Credentials>, address: Option<IpAddr>) {
        let claimed = match credentials {
            Some(Credentials::Basic { user, .. }) => Some(user.chars().take(100).collect::<String>()),
            _ => None,
        };
        self.pending().refuse(Refusal { claimed, address, ..Refusal::default() });
    }

    /// A caller is not allowed to do something.
    pub(crate) fn forbidden(
        &self,
        caller: &Caller,
        address: Option<IpAddr>,
        root: &str,
        collection: CollectionKey,
        why: &'static str,
    ) {
        self.pending().refuse(Refusal {
            account: caller.name.clone(),
            credential: caller.credential.clone(),
            address,
            root: Some(root.to_owned()),
            collection: Some(collection),
            why: Some(why),
            ..Refusal::default()
        });
    }

    /// A record about something that a caller did just now.
    pub(crate) fn record(
        &self,
        caller: &Caller,
        address: Option<IpAddr>,
        action: &'static str,
        details: &serde_json::Value,
    ) -> Record {
        Record {
            account: caller.name.clone(),
            credential: caller.credential.as_deref().map(str::to_owned),
            address: address.map(|address| address.to_string()),
            ..Record::new((self.clock)(), action, details)
        }
    }

    /// Appends from time to time, for as long as the journal is used.
    pub(crate) fn start(self: &Arc<Self>) {
        let (journal, wake, every) = (Arc::downgrade(self), Arc::clone(&self.wake), self.every);
        tokio::spawn(async move {
            loop {
                drop(tokio::time::timeout(every, wake.notified()).await);
                let Some(journal) = journal.upgrade() else { break };
                if let Err(error) = journal.append(false).await {
                    let waiting = journal.pending().weight();
                    tracing::error!(error = %crate::service::chain(&error), waiting, "the audit log cannot be written; records wait");
                    drop(journal);
                    tokio::time::sleep(every).await;
                }
            }
        });
    }

    /// Appends all that has been gathered.
    ///
    /// # Errors
    /// The log cannot be appended to; what has been gathered waits.
    pub async fn flush(&self) -> Result<()> {
        self.append(true).await
    }

    async fn append(&self, all: bool) -> Result<()> {
        let mut appending = self.appending.lock().await;
        let refusals = all || appending.refusals.elapsed() >= REFUSALS;
        let mut taken = self.pending().take(refusals);
        let written = self.write(&mut appending, &mut taken).await;
        if refusals && written.is_ok() {
            appending.refusals = Instant::now();
        }
        let polls = std::mem::take(&mut taken.polls);
        if let Err(error) = written {
            self.pending().put_back(taken);
            return Err(error);
        }
        if !polls.is_empty() {
            let now = (self.clock)();
            let polls: Vec<Poll> = polls.into_iter().map(|poll| poll.at(now)).collect();
            // Nobody is answerable for this.
            if let Err(error) = self.log.note(polls).await {
                tracing::warn!(error = %crate::service::chain(&error), "who polls could not be noted");
            }
        }
        Ok(())
    }

    async fn write(&self, appending: &mut Appending, taken: &mut Taken) -> Result<()> {
        let now = (self.clock)();
        let mut records = taken.records.clone();
        let groups = taken.by_content();
        let recipients: BTreeSet<&Recipient> = groups.values().flatten().collect();
        self.introduce(appending, &recipients, now).await?;
        let number = |recipient: &Recipient| appending.known.get(recipient).map(|(number, _)| *number);
        for (runs, to) in &groups {
            let to: Vec<i64> = to.iter().filter_map(number).collect();
            records.push(delivered(now, runs, &to));
        }
        for (refusal, times) in &taken.refusals {
            records.push(self.refused(now, refusal, *times).await?);
        }
        if taken.lost > 0 {
            tracing::error!(records = taken.lost, "there was no room for records of the audit log: they are lost");
            records.push(Record::new(now, action::LOST, &json!({"records": taken.lost})));
        }
        if !records.is_empty() {
            self.log.append(records).await?;
        }
        Ok(())
    }

    /// Gives numbers to recipients that have none.
    async fn introduce(&self, appending: &mut Appending, all: &BTreeSet<&Recipient>, now: Timestamp) -> Result<()> {
        if appending.known.len() + all.len() > KNOWN {
            appending.known.clear();
        }
        let is_known = |recipient: &Recipient| {
            let known = appending.known.get(recipient);
            known.is_some_and(|(_, since)| now.as_micros() - since.as_micros() < NUMBERED)
        };
        let new: Vec<&Recipient> = all.iter().copied().filter(|recipient| !is_known(recipient)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let records = new.iter().map(|recipient| recipient.record(now)).collect();
        let entries = self.log.append(records).await?;
        let numbers = entries.iter().filter(|entry| entry.record.action == action::RECIPIENT).map(|entry| entry.number);
        for (recipient, number) in new.into_iter().zip(numbers) {
            appending.known.insert(recipient.clone(), (number, now));
        }
        Ok(())
    }

    /// People type passwords into the field for the user name: it is kept only if there is such an account.
    async fn refused(&self, now: Timestamp, refusal: &Refusal, times: u64) -> Result<Record> {
        let account = match &refusal.claimed {
            Some(claimed) if self.log.knows(claimed).await? => Some(claimed.clone()),
            _ => refusal.account.clone(),
        };
        Ok(refusal.record(now, account, times))
    }
}

fn delivered(now: Timestamp, runs: &Runs, to: &[i64]) -> Record {
    let (first, last) = runs.ends().unzip();
    let mut details = json!({"runs": runs.written(), "to": to});
    if runs.redacted
        && let Some(details) = details.as_object_mut()
    {
        details.insert("redacted".to_owned(), true.into());
    }
    Record {
        root: Some(runs.root.clone()),
        collection: Some(runs.collection),
        first,
        last,
        ..Record::new(now, action::DELIVERED, &details)
    }
}

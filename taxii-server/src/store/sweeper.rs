use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{Actor, Clock, Collection, Due, Removed, Result, Store, wall_clock};
use crate::audit::{Log, Record, action};

/// Removes what collections are not to keep any longer (see [`Retention`](super::Retention)), forgets old statuses, and does
/// what else a store has to do from time to time.
///
/// It works in small steps and rests after each for as long as it took, so that those who write hardly wait. Of several over
/// the same data, in whichever processes, one works at a time. What it has done stays done if it is stopped.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use taxii_server::store::{MemoryStore, Sweeper};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let sweeper = Sweeper::new(Arc::new(MemoryStore::new()));
/// // Once, or for as long as the program runs:
/// assert_eq!(sweeper.sweep(|_| true).await?, Some(Vec::new()));
/// let task = tokio::spawn(sweeper.run(Duration::from_secs(600)));
/// # task.abort();
/// # Ok::<(), taxii_server::store::StoreError>(()) }).unwrap();
/// ```
pub struct Sweeper {
    store: Arc<dyn Store>,
    clock: Clock,
    step: usize,
    rest: Duration,
    holder: Uuid,
    progress: Box<dyn Fn(Removed) + Send + Sync>,
    log: Option<Arc<dyn Log>>,
    by: Option<Actor>,
}

/// What has been removed from one collection, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// The `id` of the collection.
    pub collection: Uuid,
    /// For its age.
    pub aged: Removed,
    /// For being valid no longer.
    pub expired: Removed,
    /// For being more than the collection keeps.
    pub surplus: Removed,
}

/// As much of a sweep as there was time for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portion {
    /// What was removed from each collection that had its turn.
    pub swept: Vec<Swept>,
    /// Did the time end before the work?
    pub more: bool,
}

/// What [`Store::lease`] calls the work.
const WORK: &str = "sweep";
/// A sweeper that has not been heard of for so long is thought to be dead.
const LEASE: Duration = Duration::from_secs(60);

/// Steps of tidying before collections get their turn, at most: there may be a billion entries to look at. The rest is
/// for the next time.
const TIDYING: usize = 1000;

/// Who is it that works, and for how long?
struct Shift {
    /// Until when it is for us to work; none if another one works.
    ours_until: Option<Instant>,
    /// When there is no time left.
    ends: Option<Instant>,
    /// Was there something left to do by then?
    is_cut: bool,
}

impl Shift {
    fn of(time: Option<Duration>) -> Self {
        let ends = time.and_then(|time| Instant::now().checked_add(time));
        Self { ours_until: None, ends, is_cut: false }
    }

    /// After a step behind which there may be another one: is there time for it?
    fn has_time(&mut self) -> bool {
        self.is_cut |= self.ends.is_some_and(|ends| Instant::now() >= ends);
        !self.is_cut
    }
}

impl Sweeper {
    /// A sweeper over a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        let rest = Duration::from_millis(20);
        Self {
            store,
            clock: wall_clock(),
            step: 500,
            rest,
            holder: Uuid::new_v4(),
            progress: Box::new(|_| ()),
            log: None,
            by: None,
        }
    }

    /// Where the time comes from that says what is due.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Entries removed in one step, at most; 500 unless told otherwise. A writer waits for one step at the most.
    #[must_use]
    pub fn step(self, entries: usize) -> Self {
        Self { step: entries.max(4), ..self }
    }

    /// How long it rests after each step at least; 20 milliseconds unless told otherwise.
    #[must_use]
    pub fn rest(self, rest: Duration) -> Self {
        Self { rest, ..self }
    }

    /// Told after each step what has been removed so far, from one collection for one reason.
    #[must_use]
    pub fn progress(self, told: impl Fn(Removed) + Send + Sync + 'static) -> Self {
        Self { progress: Box::new(told), ..self }
    }

    /// Where to say what has been removed.
    #[must_use]
    pub fn audit(self, log: Arc<dyn Log>) -> Self {
        Self { log: Some(log), ..self }
    }

    /// Who has it swept, for the log; nobody unless told otherwise.
    #[must_use]
    pub fn by(self, actor: Actor) -> Self {
        Self { by: Some(actor), ..self }
    }

    /// Sweeps again and again, with this much time in between.
    pub async fn run(self, every: Duration) {
        loop {
            let swept = self.sweep(|_| true).await;
            // Another one may have died at its work.
            let pause = if matches!(swept, Ok(None)) { every.min(LEASE) } else { every };
            match swept {
                Ok(swept) => swept.iter().flatten().filter(|swept| swept.total().entries > 0).for_each(|swept| {
                    let Removed { objects, entries } = swept.total();
                    tracing::info!(collection = %swept.collection, objects, entries, "swept");
                }),
                Err(error) => tracing::warn!(error = %crate::service::chain(&error), "sweeping failed"),
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Sweeps those collections once that have a limit, and tells what was removed from each; `None` if another sweeper is
    /// at work.
    ///
    /// # Errors
    /// The store does not answer. What was removed until then is gone.
    pub async fn sweep(&self, which: impl Fn(&Collection) -> bool) -> Result<Option<Vec<Swept>>> {
        Ok(self.shift(Shift::of(None), which).await?.map(|portion| portion.swept))
    }

    /// As [`Sweeper::sweep`], for about so long: one step at least, and none is begun after that.
    ///
    /// # Errors
    /// As [`Sweeper::sweep`].
    pub async fn sweep_for(&self, time: Duration, which: impl Fn(&Collection) -> bool) -> Result<Option<Portion>> {
        self.shift(Shift::of(Some(time)), which).await
    }

    async fn shift(&self, mut shift: Shift, which: impl Fn(&Collection) -> bool) -> Result<Option<Portion>> {
        let done = self.work(&mut shift, which).await;
        if shift.ours_until.is_some() {
            self.store.lease(WORK, self.holder, Duration::ZERO).await?;
        }
        let swept = done?;
        Ok(shift.ours_until.map(|_| Portion { swept, more: shift.is_cut }))
    }

    /// Works for as long as it is for us to work.
    async fn work(&self, shift: &mut Shift, which: impl Fn(&Collection) -> bool) -> Result<Vec<Swept>> {
        let mut all = Vec::new();
        for _ in 0..TIDYING {
            let begun = Instant::now();
            if !self.may_go_on(shift).await? {
                return Ok(all);
            }
            if !self.store.tidy(self.step).await? {
                break;
            }
            tokio::time::sleep(self.rest.max(begun.elapsed())).await;
            if !shift.has_time() {
                return Ok(all);
            }
        }
        let limited = |collection: &&Collection| !collection.retention.is_forever() && which(collection);
        for collection in self.store.directory().await?.collections.iter().filter(limited) {
            let now = (self.clock)();
            let aged = self.remove(collection, collection.retention.aged(now), shift).await?;
            let expired = self.remove(collection, collection.retention.expired(now), shift).await?;
            let surplus = self.surplus(collection).await?;
            let surplus = self.remove(collection, surplus, shift).await?;
            let swept = Swept { collection: collection.id, aged, expired, surplus };
            self.record(collection, &swept).await;
            all.push(swept);
            if shift.is_cut {
                break;
            }
        }
        Ok(all)
    }

    /// What [`Sweeper::sweep`] would remove; nothing is changed. An object that is due for several reasons is told for each.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn due(&self, collection: &Collection) -> Result<[u64; 3]> {
        let now = (self.clock)();
        let retention = &collection.retention;
        let mut numbers = [0; 3];
        for (number, due) in
            numbers.iter_mut().zip([retention.aged(now), retention.expired(now), self.surplus(collection).await?])
        {
            if let Some(due) = due {
                *number = self.store.due(collection.key, due).await?;
            }
        }
        Ok(numbers)
    }

    /// Says in the log what has been removed. What was removed before a failure is told by the tombstones alone.
    async fn record(&self, collection: &Collection, swept: &Swept) {
        let Some(log) = self.log.as_ref().filter(|_| swept.total().entries > 0) else { return };
        let by = self.by.as_ref();
        let record = Record {
            account: by.map(|by| by.name.clone()),
            credential: by.and_then(|by| by.credential.clone()),
            address: by.and_then(|by| by.address).map(|address| address.to_string()),
            root: Some(collection.root.clone()),
            collection: Some(collection.key),
            ..Record::new((self.clock)(), action::SWEPT, swept)
        };
        if let Err(error) = log.append(vec![record]).await {
            tracing::error!(error = %crate::service::chain(&error), "a sweep could not be recorded in the audit log");
        }
    }

    /// What there is beside the newest objects that the collection keeps.
    async fn surplus(&self, collection: &Collection) -> Result<Option<Due>> {
        let Some(keep) = collection.retention.keep_objects else { return Ok(None) };
        Ok(match keep {
            0 => Some(Due::AddedBefore(Timestamp::from_micros(i64::MAX))),
            keep => self.store.nth_newest(collection.key, keep).await?.map(Due::AddedBefore),
        })
    }

    /// Removes what is due, for as long as the collection is to be kept as it was when it was found to be due.
    async fn remove(&self, collection: &Collection, due: Option<Due>, shift: &mut Shift) -> Result<Removed> {
        let mut removed = Removed::default();
        let Some(due) = due else { return Ok(removed) };
        while !shift.is_cut && self.may_go_on(shift).await? && self.still_so(collection).await? {
            let begun = Instant::now();
            let step = self.store.remove_due(collection.key, due, self.step).await?;
            if step == Removed::default() {
                break;
            }
            removed += step;
            (self.progress)(removed);
            tokio::time::sleep(self.rest.max(begun.elapsed())).await;
            shift.has_time();
        }
        Ok(removed)
    }

    /// Has nobody changed meanwhile what the collection is to keep?
    async fn still_so(&self, collection: &Collection) -> Result<bool> {
        let directory = self.store.directory().await?;
        Ok(directory.collections.iter().any(|now| now.id == collection.id && now.retention == collection.retention))
    }

    /// Is it (still) for us to work? Asked for well before others may think that we are dead.
    async fn may_go_on(&self, shift: &mut Shift) -> Result<bool> {
        let left = |until: Instant| until.saturating_duration_since(Instant::now());
        if shift.ours_until.is_some_and(|until| left(until) > LEASE / 2) {
            return Ok(true);
        }
        let until = Instant::now() + LEASE;
        let is_ours = self.store.lease(WORK, self.holder, LEASE).await?;
        shift.ours_until = is_ours.then_some(until);
        Ok(is_ours)
    }
}

impl Swept {
    /// For whichever reason.
    #[must_use]
    pub fn total(&self) -> Removed {
        let mut total = self.aged;
        total += self.expired;
        total += self.surplus;
        total
    }
}

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use tokio::sync::watch;

use super::guard::{Guard, Mark};
use super::horizon::divide;
use super::{
    Batch, Bookmarks, Change, Counters, Everything, Fault, Outcome, Phase, Policy, Refused, Room, Sink, Source,
    SplitHorizon, State, Status, Waits,
};

/// Nobody is waited for any longer, whatever it asks for.
const LONGEST_ASKED: Duration = Duration::from_secs(86_400);

/// What a flow keeps to.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How much is under way at a time. The next batch is asked for when this one is delivered and its cursor kept.
    pub room: Room,
    /// Larger objects are refused; 8 MiB.
    pub object_octets: usize,
    /// Between two tries.
    pub waits: Waits,
    /// Between two looks when there was nothing new; something between half and all of it. A minute.
    pub interval: Duration,
    /// A run ends after this many changes, though there be more, so that one source cannot keep everything busy.
    pub changes_per_run: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            room: Room::default(),
            object_octets: 8 << 20,
            waits: Waits::default(),
            interval: Duration::from_secs(60),
            changes_per_run: None,
        }
    }
}

/// Objects on their way from a source, through a policy, to a sink.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use std::sync::Arc;
/// use sharing::flow::{Flow, Folder, HopLimits, InMemory};
///
/// let (from, to) = (tempfile::tempdir()?, tempfile::tempdir()?);
/// std::fs::write(from.path().join("one.json"), r#"{"type": "bundle", "id": "bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
///     "objects": [{"type": "url", "id": "url--c1477287-23ac-5971-a010-5c287877fa60", "value": "https://example.com"}]}"#)?;
/// let ends = (Arc::new(Folder::new(from.path())), Arc::new(Folder::new(to.path())));
/// let mut flow = Flow::new("copy", ends.0, ends.1, Arc::new(InMemory::default())).policy(Arc::new(HopLimits::default()));
/// assert_eq!(flow.run().await?.added, 1);
/// assert_eq!(flow.run().await?.received, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Flow {
    name: String,
    source: Arc<dyn Source>,
    policy: Arc<dyn Policy>,
    sink: Arc<dyn Sink>,
    bookmarks: Arc<dyn Bookmarks>,
    options: Options,
    guard: Guard,
    horizon: Option<Option<SplitHorizon>>,
    state: Option<State>,
    status: watch::Sender<Status>,
}

/// One batch is delivered and its cursor kept.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was done.
    pub counters: Counters,
    /// Is there more, now?
    pub more: bool,
}

/// What somebody wants a flow to do that runs by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Run.
    #[default]
    Run,
    /// Rest after the batch that is under way.
    Pause,
    /// End after the batch that is under way.
    Stop,
}

impl Flow {
    /// A flow that lets everything through, but what its sink's server has had.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        source: Arc<dyn Source>,
        sink: Arc<dyn Sink>,
        bookmarks: Arc<dyn Bookmarks>,
    ) -> Self {
        let name = name.into();
        let status = Status::new(&name, &source.place(), &sink.place());
        Self {
            name,
            source,
            policy: Arc::new(Everything),
            sink,
            bookmarks,
            options: Options::default(),
            guard: Guard::default(),
            horizon: None,
            state: None,
            status: watch::Sender::new(status),
        }
    }

    /// The same with a policy.
    #[must_use]
    pub fn policy(self, policy: Arc<dyn Policy>) -> Self {
        Self { policy, ..self }
    }

    /// The same with other options.
    #[must_use]
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// How it is, now and whenever that changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Takes one batch all the way: asks for it, decides, delivers, and only then keeps the cursor.
    ///
    /// # Errors
    /// It broke off somewhere. The cursor is where it was; what was delivered already is delivered again.
    pub async fn step(&mut self) -> Result<Step, Fault> {
        self.phase(Phase::Running);
        let outcome = self.try_step().await;
        if let Err(fault) = &outcome {
            self.note(fault).await;
        }
        outcome
    }

    async fn try_step(&mut self) -> Result<Step, Fault> {
        let before = self.state().await?.clone();
        let after = before.cursor.clone();
        let batch = self.source.next(after.as_ref(), self.options.room).await?;
        self.guard.check(&self.source.place(), after.as_ref(), &batch)?;
        let (mark, lag) = (Mark::of(&batch), batch.remaining);
        let mut state = before.clone();
        let changes = self.admit(batch, &mut state);
        let leaving = self.decide(changes, &mut state).await?;
        for part in parts(&leaving, self.options.room) {
            self.deliver(part, &mut state).await?;
        }
        self.keep(state, &before, &mark, lag).await?;
        self.guard.passed(&mark);
        let counters = self.state().await?.counters.since(&before.counters);
        Ok(Step { counters, more: mark.more })
    }

    /// Counts what came, and leaves out what is too large to pass on.
    fn admit(&self, batch: Batch, state: &mut State) -> Vec<Change> {
        state.counters.received += (batch.changes.len() + batch.refused.len()) as u64;
        batch.refused.into_iter().for_each(|refused| state.note_refused(refused));
        let most = self.options.object_octets;
        let admitted = divide(batch.changes, |change| {
            let octets = change.octets();
            (octets > most).then(|| ("too-large", format!("{octets} octets, at most {most} are passed on")))
        });
        admitted.withheld.into_iter().for_each(|refused| state.note_refused(refused));
        admitted.leaving
    }

    async fn decide(&mut self, changes: Vec<Change>, state: &mut State) -> Result<Vec<Change>, Fault> {
        if changes.is_empty() {
            return Ok(changes);
        }
        let mut withheld = Vec::new();
        let mut leaving = changes;
        if let Some(horizon) = self.horizon().await? {
            let mut applied = horizon.apply(leaving).await?;
            withheld.append(&mut applied.withheld);
            leaving = applied.leaving;
        }
        let mut applied = self.policy.apply(leaving).await?;
        withheld.append(&mut applied.withheld);
        withheld.iter().for_each(|one| state.counters.withhold(&one.rule));
        Ok(applied.leaving)
    }

    async fn horizon(&mut self) -> Result<Option<SplitHorizon>, Fault> {
        if self.horizon.is_none() {
            let receiver = self.sink.server().await?;
            self.horizon = Some(receiver.map(|receiver| SplitHorizon { receiver }));
        }
        Ok(self.horizon.clone().flatten())
    }

    async fn deliver(&self, changes: &[Change], state: &mut State) -> Result<(), Fault> {
        let outcomes = self.sink.deliver(changes).await?;
        if outcomes.len() != changes.len() {
            return Err(Fault::Malformed {
                place: self.sink.place(),
                reason: format!("it says what became of {} changes, and {} were given", outcomes.len(), changes.len()),
            });
        }
        for (change, outcome) in changes.iter().zip(outcomes) {
            state.counters.delivered += 1;
            state.counters.octets += change.octets() as u64;
            let note = |rule: &str, reason: &str| Refused::new(Some(change.id()), change.version(), rule, reason);
            match outcome {
                Outcome::Added => state.counters.added += 1,
                Outcome::Known => state.counters.known += 1,
                Outcome::Deleted => state.counters.deleted += 1,
                Outcome::Conflict { reason } => state.note_conflict(note("conflict", &reason)),
                Outcome::Refused { rule, reason } => state.note_refused(note(&rule, &reason)),
            }
        }
        Ok(())
    }

    /// Keeps how far it has come, unless nothing at all has changed: looking for nothing new writes nothing.
    async fn keep(&mut self, mut state: State, before: &State, mark: &Mark, lag: Option<u64>) -> Result<(), Fault> {
        let moved = before.cursor.as_ref() != Some(&mark.cursor) || state != *before || before.last_error.is_some();
        if state.counters.received > before.counters.received {
            state.counters.batches += 1;
        }
        state.cursor = Some(mark.cursor.clone());
        state.lag = lag.or((!mark.more).then_some(0));
        state.last_error = None;
        state.last_success = Some(Utc::now());
        if moved {
            self.bookmarks.store(&self.name, &state).await?;
        }
        self.publish(&state);
        self.state = Some(state);
        Ok(())
    }

    async fn state(&mut self) -> Result<&State, Fault> {
        if self.state.is_none() {
            let state = self.bookmarks.load(&self.name).await?;
            self.publish(&state);
            self.state = Some(state);
        }
        Ok(self.state.get_or_insert_default())
    }

    /// Notes a failure, as far as that goes: what failed may be the place where notes are kept.
    async fn note(&mut self, fault: &Fault) {
        let Some(mut state) = self.state.take() else { return };
        state.failed(fault);
        let _ = self.bookmarks.store(&self.name, &state).await;
        self.publish(&state);
        self.state = Some(state);
    }

    /// Takes all that there is now, batch by batch. After a failure that may pass, waits and tries again, as long as
    /// [`Waits`] says.
    ///
    /// # Errors
    /// It gave up. What was delivered before stays delivered.
    pub async fn run(&mut self) -> Result<Counters, Fault> {
        let (_keep, mut wanted) = watch::channel(Wanted::Run);
        let done = self.run_while_wanted(&mut wanted).await;
        self.phase(Phase::Idle);
        done.map(|(counters, _)| counters)
    }

    /// Also says whether there is more that was left for another run.
    async fn run_while_wanted(&mut self, wanted: &mut watch::Receiver<Wanted>) -> Result<(Counters, bool), Fault> {
        let before = self.state().await?.counters.clone();
        let (mut failures, mut more) = (0, true);
        let most = self.options.changes_per_run.unwrap_or(u64::MAX);
        while more && *wanted.borrow() == Wanted::Run {
            match self.step().await {
                Ok(step) => (failures, more) = (0, step.more),
                Err(fault) => {
                    failures += 1;
                    let Some(wait) = self.options.waits.after(failures, &fault) else { return Err(fault) };
                    self.wait(wait, wanted).await;
                }
            }
            if self.state().await?.counters.since(&before).received >= most {
                break;
            }
        }
        Ok((self.state().await?.counters.since(&before), more))
    }

    /// Waits, unless something else is wanted meanwhile.
    async fn wait(&self, wait: Duration, wanted: &mut watch::Receiver<Wanted>) {
        let until = chrono::TimeDelta::from_std(wait).ok().and_then(|wait| Utc::now().checked_add_signed(wait));
        self.phase(Phase::Waiting { until });
        // A switch that nobody holds any longer stays as it is.
        let other = async {
            if wanted.wait_for(|wanted| *wanted != Wanted::Run).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = other => {}
        }
    }

    /// Runs again and again, until told otherwise. A failure that may pass is waited for, however long; what the other side
    /// asks for is honoured up to a day.
    ///
    /// # Errors
    /// A failure that does not pass by itself: somebody has to do something.
    pub async fn follow(&mut self, mut wanted: watch::Receiver<Wanted>) -> Result<(), Fault> {
        let outcome = self.follow_while_wanted(&mut wanted).await;
        self.phase(Phase::Stopped);
        outcome
    }

    async fn follow_while_wanted(&mut self, wanted: &mut watch::Receiver<Wanted>) -> Result<(), Fault> {
        let mut failures = 0;
        loop {
            let now = *wanted.borrow_and_update();
            match now {
                Wanted::Stop => return Ok(()),
                Wanted::Pause => {
                    self.phase(Phase::Paused);
                    if wanted.changed().await.is_err() {
                        return Ok(());
                    }
                }
                Wanted::Run => {
                    let outcome = self.run_while_wanted(wanted).await;
                    let wait = self.rest_after(outcome, &mut failures)?;
                    self.wait(wait, wanted).await;
                }
            }
        }
    }

    fn rest_after(&self, outcome: Result<(Counters, bool), Fault>, failures: &mut u32) -> Result<Duration, Fault> {
        match outcome {
            Ok((_, more)) => {
                *failures = 0;
                Ok(if more { Duration::ZERO } else { super::wait::jitter(self.options.interval) })
            }
            Err(fault) if fault.may_pass() => {
                *failures += 1;
                let asked = fault.retry_after().map(|asked| asked.min(LONGEST_ASKED));
                Ok(asked.unwrap_or_else(|| self.options.waits.backoff(*failures)))
            }
            Err(fault) => Err(fault),
        }
    }

    fn phase(&self, phase: Phase) {
        self.status.send_if_modified(|status| {
            let changed = status.phase != phase;
            status.phase = phase;
            changed
        });
    }

    fn publish(&self, state: &State) {
        self.status.send_modify(|status| status.state = state.clone());
    }
}

/// Changes in parts that a sink can take at once.
fn parts(changes: &[Change], room: Room) -> impl Iterator<Item = &[Change]> {
    let mut rest = changes;
    std::iter::from_fn(move || {
        let mut octets = 0_usize;
        let fitting = rest.iter().take(room.changes.max(1)).take_while(|change| {
            let first = octets == 0;
            octets = octets.saturating_add(change.octets().max(1));
            first || octets <= room.octets
        });
        let (part, behind) = rest.split_at_checked(fitting.count())?;
        rest = behind;
        (!part.is_empty()).then_some(part)
    })
}

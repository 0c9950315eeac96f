use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use sharing::flow::{Fault, Options, Waits};
use tokio::sync::{Notify, watch};

use super::context::Ready;
use super::passage::Passage;
use super::runner::unless;
use super::{Context, FlowSettings};
use crate::store::{CollectionKey, Mark};

/// One flow at its work.
pub(crate) struct Work {
    pub(crate) context: Context,
    pub(crate) name: String,
    pub(crate) settings: FlowSettings,
    pub(crate) waiting: Arc<Waiting>,
}

/// After a failure that may pass, until the next try.
#[derive(Default)]
pub(crate) struct Waiting {
    is: AtomicBool,
    over: Notify,
}

impl Waiting {
    /// Is somebody waiting, whose failure was noted before?
    pub(crate) fn is(&self) -> bool {
        self.is.load(Ordering::SeqCst)
    }

    /// It need not be waited any longer.
    pub(crate) fn over(&self) {
        self.over.notify_one();
    }

    /// For so long, or until it is over.
    async fn wait(&self, duration: Duration) {
        let over = self.over.notified();
        self.is.store(true, Ordering::SeqCst);
        select(Box::pin(tokio::time::sleep(duration)), Box::pin(over)).await;
        self.is.store(false, Ordering::SeqCst);
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It was told to.
    Stopped,
    /// For a reason that does not pass by itself.
    Failed(String),
}

/// A collection tells within the process at once; what other processes write is looked for so often.
const LOOK: Duration = Duration::from_millis(500);
/// Whatever somebody asks for, one tries again after a day.
const LONGEST_ASKED: Duration = Duration::from_secs(86_400);
/// How often a collection is asked anyway, though its mark has not moved.
const ANYWAY: Duration = Duration::from_secs(60);

impl Work {
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) -> Ended {
        let mut failures = 0;
        // Whatever makes it impossible to begin may pass as well.
        let mut ready = loop {
            match self.context.ready(&self.name, &self.settings, Options::default()).await {
                Ok(ready) => break ready,
                Err(fault) => {
                    super::control::note(&*self.context.store, &self.name, &fault).await;
                    failures += 1;
                    match self.rest(&fault, failures) {
                        Err(why) => return Ended::Failed(why),
                        Ok(wait) if !unless(self.waiting.wait(wait), &mut stop).await => return Ended::Stopped,
                        Ok(_) => {}
                    }
                }
            }
        };
        self.go(&mut ready, &mut stop).await
    }

    async fn go(&self, ready: &mut Ready, stop: &mut watch::Receiver<bool>) -> Ended {
        let mut failures = 0;
        let mut written = self.context.written.watch();
        let collection = ready.passage.from.as_ref().map(|from| from.key);
        while !*stop.borrow() {
            written.borrow_and_update();
            let before = self.mark(collection).await;
            let began = Instant::now();
            let stepped = ready.flow.step().await;
            let outcome = match stepped {
                Ok(step) => ready.passage.settle().await.map(|()| step),
                Err(fault) => Err(fault),
            };
            match outcome {
                Ok(step) => {
                    failures = 0;
                    let done = &step.counters;
                    if done.received > 0 {
                        tracing::info!(
                            flow = self.name,
                            agreement = self.settings.agreement,
                            received = done.received,
                            added = done.added,
                            known = done.known,
                            deleted = done.deleted,
                            conflicts = done.conflicts,
                            withheld = done.withheld.values().sum::<u64>(),
                            refused = done.refused.values().sum::<u64>(),
                            milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
                            "the flow brought a batch"
                        );
                    }
                    if !step.more {
                        self.wait(&ready.passage, before, &mut written, stop).await;
                    }
                }
                Err(fault) => {
                    failures += 1;
                    match self.rest(&fault, failures) {
                        Err(why) => return Ended::Failed(why),
                        Ok(wait) => {
                            tracing::warn!(
                                flow = self.name,
                                kind = fault.kind(),
                                error = %fault,
                                seconds = wait.as_secs(),
                                "the flow tries again"
                            );
                            unless(self.waiting.wait(wait), stop).await;
                        }
                    }
                }
            }
        }
        Ended::Stopped
    }

    /// How long to wait after a failure; why there is no use in it.
    fn rest(&self, fault: &Fault, failures: u32) -> Result<Duration, String> {
        if !fault.may_pass() {
            return Err(fault.to_string());
        }
        let waits = Waits { first: Duration::from_secs(1), longest: Duration::from_secs(300), ..Waits::default() };
        let asked = fault.retry_after().map(|asked| asked.min(LONGEST_ASKED));
        Ok(asked.unwrap_or_else(|| waits.backoff(failures)))
    }

    async fn mark(&self, collection: Option<CollectionKey>) -> Option<Mark> {
        self.context.store.mark(collection?).await.ok()
    }

    /// Until there may be something new, or nothing may move any longer: a collection of this server is listened to, others are
    /// asked from time to time.
    async fn wait(
        &self,
        passage: &Passage,
        before: Option<Mark>,
        written: &mut watch::Receiver<u64>,
        stop: &mut watch::Receiver<bool>,
    ) {
        let collection = passage.from.as_ref().map(|from| from.key);
        let until = Instant::now()
            + match collection {
                Some(_) => ANYWAY,
                None => Duration::from_secs(self.settings.every_seconds),
            };
        while !*stop.borrow() && !passage.has_lapsed().await {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let heard = async {
                let changed = Box::pin(async {
                    // Nobody writes in this process: what others do is looked for.
                    if collection.is_none() || written.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                });
                let _: Either<_, _> = select(changed, Box::pin(tokio::time::sleep(left.min(LOOK)))).await;
            };
            unless(heard, stop).await;
            if collection.is_some() {
                let now = self.mark(collection).await;
                if now.is_none() || now != before {
                    return;
                }
            }
        }
    }
}

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use sharing::flow::Trouble;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::work::{Ended, Waiting, Work};
use super::{Context, FlowSettings};
use crate::store::{KeptFlow, Result};

/// Runs all flows that do not rest, for as long as the program runs.
///
/// Of several over the same data, in whichever processes, exactly one runs each flow. What is changed about flows and
/// agreements counts within seconds.
///
/// ```
/// use std::sync::Arc;
/// use taxii_server::sharing::{Context, Runner};
/// use taxii_server::store::MemoryStore;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let runner = Runner::new(Context::new(Arc::new(MemoryStore::new())));
/// let (stop, stopped) = tokio::sync::watch::channel(false);
/// let running = tokio::spawn(runner.run(stopped));
/// stop.send(true)?;
/// running.await?;
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Runner {
    context: Context,
    holder: Uuid,
    tick: Duration,
    running: HashMap<String, Running>,
    /// Flows that ended and why, until somebody changes something about them or a while has passed.
    resting: HashMap<String, (Mark, Instant)>,
}

struct Running {
    mark: Mark,
    stop: watch::Sender<bool>,
    task: JoinHandle<Ended>,
    renewed: Instant,
    waiting: Arc<Waiting>,
}

/// What a flow was started with. When it is another one, the flow is started anew.
#[derive(Clone, PartialEq, Eq)]
struct Mark {
    settings: String,
    agreement: Option<String>,
    /// `flow resume` takes the last error away.
    failed: bool,
}

/// Nobody else takes over a flow whose node has been heard of within this time.
const LEASE: Duration = Duration::from_secs(30);
/// How often the lease is renewed.
const RENEW: Duration = Duration::from_secs(10);
/// How often one looks whether something was changed about flows.
const TICK: Duration = Duration::from_secs(1);
/// A flow that ended for a reason that does not pass by itself is tried again so much later: the reason may have been on the
/// other side.
const REST: Duration = Duration::from_secs(600);
/// So long a flow may take to end where it is; then it is cut off, and delivers once more what was under way.
const GRACE: Duration = Duration::from_secs(5);

impl Runner {
    /// For the flows of this server.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self { context, holder: Uuid::new_v4(), tick: TICK, running: HashMap::new(), resting: HashMap::new() }
    }

    /// Runs until `stop` says so, and then ends every flow in order.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            if let Err(error) = self.look().await {
                tracing::warn!(error = %crate::service::chain(&error), "flows cannot be looked at now");
            }
            if !unless(tokio::time::sleep(self.tick), &mut stop).await {
                break;
            }
        }
        let names: Vec<String> = self.running.keys().cloned().collect();
        self.end(&names).await;
    }

    async fn look(&mut self) -> Result<()> {
        let Some(kept) = self.context.store.arrangements() else { return Ok(()) };
        // Asked before: whoever waits by now has noted why.
        let is_waiting = |(name, running): (&String, &Running)| running.waiting.is().then(|| name.clone());
        let waiting: Vec<String> = self.running.iter().filter_map(is_waiting).collect();
        let flows = kept.flows().await?;
        if flows.is_empty() && self.running.is_empty() {
            return Ok(());
        }
        let agreements: HashMap<String, String> =
            kept.agreements().await?.into_iter().map(|one| (one.id, one.digest)).collect();
        let wanted: HashMap<String, (Mark, FlowSettings)> =
            flows.iter().filter(|flow| !flow.paused).filter_map(|flow| wanted(flow, &agreements)).collect();
        self.reap().await;
        let changed = |(name, running): (&String, &Running)| {
            let still = wanted.get(name).is_some_and(|(mark, _)| mark.same_as(&running.mark));
            (!still).then(|| name.clone())
        };
        let over: Vec<String> = self.running.iter().filter_map(changed).collect();
        self.end(&over).await;
        self.hurry(&waiting, &flows);
        self.renew().await?;
        for (name, (mark, settings)) in wanted {
            self.start(name, mark, settings).await?;
        }
        Ok(())
    }

    /// `flow resume` takes the last error away: who waits for the next try need not wait any longer.
    fn hurry(&self, waiting: &[String], flows: &[KeptFlow]) {
        for flow in flows.iter().filter(|flow| waiting.contains(&flow.name) && last_error(flow).is_none()) {
            if let Some(running) = self.running.get(&flow.name) {
                running.waiting.over();
            }
        }
    }

    /// Looks after flows that have ended by themselves.
    async fn reap(&mut self) {
        let done: Vec<String> = self
            .running
            .iter()
            .filter(|(_, running)| running.task.is_finished())
            .map(|(name, _)| name.clone())
            .collect();
        for name in done {
            let Some(running) = self.running.remove(&name) else { continue };
            match running.task.await {
                Ok(Ended::Failed(why)) => {
                    tracing::error!(flow = name, %why, "the flow has stopped; somebody has to do something");
                    let mark = Mark { failed: true, ..running.mark };
                    self.resting.insert(name.clone(), (mark, Instant::now()));
                }
                Ok(Ended::Stopped) => {}
                Err(error) => tracing::error!(flow = name, %error, "the flow broke off; it is started again"),
            }
            self.give_back(&name).await;
        }
    }

    /// Ends flows where they are, all at once, and lets others have them.
    async fn end(&mut self, names: &[String]) {
        let ending: Vec<(String, Running)> =
            names.iter().filter_map(|name| Some((name.clone(), self.running.remove(name)?))).collect();
        ending.iter().for_each(|(_, running)| {
            let _ = running.stop.send(true);
        });
        let until = Instant::now() + GRACE;
        for (name, mut running) in ending {
            let left = until.saturating_duration_since(Instant::now());
            if tokio::time::timeout(left, &mut running.task).await.is_err() {
                running.task.abort();
                let _ = running.task.await;
            }
            tracing::info!(flow = name, "the flow rests");
            self.give_back(&name).await;
        }
    }

    async fn give_back(&self, name: &str) {
        let _ = self.context.store.lease(&work(name), self.holder, Duration::ZERO).await;
    }

    async fn renew(&mut self) -> Result<()> {
        let mut lost = Vec::new();
        for (name, running) in &mut self.running {
            if running.renewed.elapsed() < RENEW {
                continue;
            }
            let began = Instant::now();
            match self.context.store.lease(&work(name), self.holder, LEASE).await {
                Ok(true) => running.renewed = began,
                Ok(false) => lost.push(name.clone()),
                Err(_) if running.renewed.elapsed() + self.tick < LEASE => {}
                Err(_) => lost.push(name.clone()),
            }
        }
        for name in lost {
            tracing::warn!(flow = name, "another node runs the flow now");
            if let Some(running) = self.running.remove(&name) {
                running.task.abort();
            }
        }
        Ok(())
    }

    async fn start(&mut self, name: String, mark: Mark, settings: FlowSettings) -> Result<()> {
        if self.running.contains_key(&name) {
            return Ok(());
        }
        if let Some((rested, since)) = self.resting.get(&name)
            && *rested == mark
            && since.elapsed() < REST
        {
            return Ok(());
        }
        let renewed = Instant::now();
        if !self.context.store.lease(&work(&name), self.holder, LEASE).await? {
            return Ok(());
        }
        self.resting.remove(&name);
        let (stop, stopped) = watch::channel(false);
        tracing::info!(flow = name, from = %settings.from, to = %settings.to, agreement = settings.agreement, "the flow runs");
        let waiting = Arc::<Waiting>::default();
        let work = Work { context: self.context.clone(), name: name.clone(), settings, waiting: Arc::clone(&waiting) };
        let task = tokio::spawn(work.run(stopped));
        self.running.insert(name, Running { mark, stop, task, renewed, waiting });
        Ok(())
    }
}

impl Mark {
    /// Whether it failed before is nothing that a flow which runs is stopped for.
    fn same_as(&self, other: &Self) -> bool {
        self.settings == other.settings && self.agreement == other.agreement
    }
}

fn last_error(flow: &KeptFlow) -> Option<Trouble> {
    super::bookmarks::read(&flow.status).ok()?.last_error
}

/// What the lease is about.
pub(super) fn work(flow: &str) -> String {
    format!("flow {flow}")
}

fn wanted(flow: &KeptFlow, agreements: &HashMap<String, String>) -> Option<(String, (Mark, FlowSettings))> {
    let settings = match FlowSettings::read(&flow.settings) {
        Ok(settings) => settings,
        Err(error) => {
            tracing::error!(flow = flow.name, %error, "the flow cannot be run");
            return None;
        }
    };
    let agreement = settings.agreement.as_ref().and_then(|id| agreements.get(id)).cloned();
    let failed = last_error(flow).is_some_and(|why| !why.may_pass);
    Some((flow.name.clone(), (Mark { settings: flow.settings.clone(), agreement, failed }, settings)))
}

/// Waits, unless it is to stop meanwhile. Did it wait to the end?
pub(super) async fn unless(wait: impl Future<Output = ()>, stop: &mut watch::Receiver<bool>) -> bool {
    let stopped = async {
        // Whoever has let go of the switch can stop nothing any longer.
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    matches!(select(Box::pin(wait), Box::pin(stopped)).await, Either::Left(_))
}

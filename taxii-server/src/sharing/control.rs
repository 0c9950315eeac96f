use std::sync::Arc;

use chrono::Utc;
use serde::Serialize;
use serde_json::{Value, json};
use sharing::flow::{Counters, Fault, Options, State, Trouble};

use super::bookmarks::{read, state, text};
use super::{Context, FlowSettings};
use crate::store::{KeptFlow, Result, Store, StoreError};

/// A flow as it is: for people and programs.
#[derive(Clone, Debug, Serialize)]
pub struct FlowStatus {
    /// Its name.
    pub name: String,
    /// What an operator decided about it; nothing if that cannot be read.
    pub settings: Option<FlowSettings>,
    /// Does it rest?
    pub paused: bool,
    /// In one word: `paused`, `new`, `running`, `retrying` or `stopped`.
    pub phase: &'static str,
    /// What it did and what went wrong; where it is, if only one flow is asked for.
    pub state: State,
}

impl FlowStatus {
    /// Of a flow as it is kept.
    #[must_use]
    pub fn of(kept: &KeptFlow) -> Self {
        let state = read(&kept.status).unwrap_or_default();
        let phase = match (&state.last_error, kept.paused) {
            (_, true) => "paused",
            (Some(error), false) if error.may_pass => "retrying",
            (Some(_), false) => "stopped",
            (None, false) if state.last_success.is_none() => "new",
            (None, false) => "running",
        };
        let settings = FlowSettings::read(&kept.settings).ok();
        Self { name: kept.name.clone(), settings, paused: kept.paused, phase, state }
    }

    /// All of it in one object, for programs that look at one flow: what the state says stands beside the name.
    #[must_use]
    pub fn row(&self) -> Value {
        let mut row = json!(self.state);
        if let Some(members) = row.as_object_mut() {
            let own = [("name", json!(self.name)), ("phase", json!(self.phase)), ("settings", json!(self.settings))];
            members.extend(own.map(|(name, value)| (name.to_owned(), value)));
        }
        row
    }
}

fn trouble(fault: &Fault) -> Trouble {
    Trouble { at: Utc::now(), kind: fault.kind().to_owned(), message: fault.to_string(), may_pass: fault.may_pass() }
}

/// Notes why a flow cannot even begin, as far as that goes.
pub(crate) async fn note(store: &dyn Store, name: &str, fault: &Fault) {
    let change = |state: State| State { last_error: Some(trouble(fault)), ..state };
    if let Err(error) = renote(store, name, change).await {
        tracing::warn!(flow = name, %error, "it could not be noted why the flow does not run");
    }
}

async fn renote(store: &dyn Store, name: &str, change: impl FnOnce(State) -> State) -> Result<()> {
    let kept = store.arrangements().ok_or_else(|| StoreError::failed("this store keeps no flows"))?;
    let Some(flow) = kept.bookmark(name).await? else { return Ok(()) };
    let changed = change(state(&flow).map_err(StoreError::failed)?);
    let position = flow.position.as_deref();
    kept.advance_flow(name, position, position, &text(&changed)).await.map(drop)
}

/// Lets a flow go on that rests, or that has stopped: the last error is forgotten. Is there one?
///
/// # Errors
/// The store does not answer.
pub async fn resume(store: &dyn Store, name: &str) -> Result<bool> {
    let kept = store.arrangements().ok_or_else(|| StoreError::failed("this store keeps no flows"))?;
    renote(store, name, |state| State { last_error: None, ..state }).await?;
    kept.pause_flow(name, false).await
}

/// Lets a flow begin anew, with what it knows of counterparts: what is known at the other end stays as it is. Is there one?
///
/// # Errors
/// The store does not answer, or the flow has moved meanwhile.
pub async fn rewind(store: &dyn Store, name: &str) -> Result<bool> {
    let kept = store.arrangements().ok_or_else(|| StoreError::failed("this store keeps no flows"))?;
    let Some(flow) = kept.bookmark(name).await? else { return Ok(false) };
    let state = State { last_error: None, lag: None, ..state(&flow).map_err(StoreError::failed)? };
    match kept.advance_flow(name, flow.position.as_deref(), None, &text(&state)).await? {
        true => Ok(true),
        false => Err(StoreError::Unavailable(format!("the flow {name} has moved meanwhile; let it rest first"))),
    }
}

impl Context {
    /// Runs a flow now, batch by batch, until there is nothing new: for the command line.
    ///
    /// # Errors
    /// It broke off. What was delivered until then stays delivered.
    pub async fn run_now(
        &self,
        name: &str,
        settings: &FlowSettings,
        mut told: impl FnMut(&Counters),
    ) -> Result<Counters, Fault> {
        let mut ready = match self.ready(name, settings, Options::default()).await {
            Ok(ready) => ready,
            Err(fault) => {
                note(&*self.store, name, &fault).await;
                return Err(fault);
            }
        };
        let mut all: Option<Counters> = None;
        loop {
            let step = ready.flow.step().await?;
            ready.passage.settle().await?;
            let sum = all.get_or_insert_default();
            add(sum, &step.counters);
            told(sum);
            if !step.more {
                return Ok(all.unwrap_or_default());
            }
        }
    }

    /// Can a flow with these settings work: are its collections there, does the agreement say something about it?
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub async fn check(&self, name: &str, settings: &FlowSettings) -> Result<Option<super::Clause>, Fault> {
        let passage = self.passage(name, settings).await?;
        Ok(passage.clause().await?.map(|clause| clause.as_ref().clone()))
    }
}

fn add(sum: &mut Counters, step: &Counters) {
    sum.received += step.received;
    sum.delivered += step.delivered;
    sum.added += step.added;
    sum.known += step.known;
    sum.deleted += step.deleted;
    sum.conflicts += step.conflicts;
    sum.octets += step.octets;
    sum.batches += step.batches;
    for (to, from) in [(&mut sum.withheld, &step.withheld), (&mut sum.refused, &step.refused)] {
        from.iter().for_each(|(rule, count)| *to.entry(rule.clone()).or_default() += count);
    }
}

impl Context {
    /// Runs a flow for as long as nobody stops it: for the command line.
    ///
    /// # Errors
    /// It ended for a reason that does not pass by itself.
    pub async fn follow(
        &self,
        name: &str,
        settings: &FlowSettings,
        stop: tokio::sync::watch::Receiver<bool>,
    ) -> Result<(), String> {
        let (name, settings) = (name.to_owned(), settings.clone());
        let work = super::work::Work { context: self.clone(), name, settings, waiting: Arc::default() };
        match work.run(stop).await {
            super::work::Ended::Stopped => Ok(()),
            super::work::Ended::Failed(why) => Err(why),
        }
    }
}

use std::sync::Arc;

use sharing::flow::Cursor;
use taxii_model::Timestamp;

use super::super::context::find;
use super::super::{FlowStatus, Turn, resume, rewind};
use super::{Refusal, Steward, known};
use crate::store::{Directory, KeptFlow, Store};

impl Steward {
    /// Every flow, in order of name.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn flows(&self) -> Result<Vec<KeptFlow>, Refusal> {
        Ok(self.kept()?.flows().await?)
    }

    /// The flow of this name.
    ///
    /// # Errors
    /// There is none.
    pub async fn flow(&self, name: &str) -> Result<KeptFlow, Refusal> {
        known("flow", name, self.flows().await?, |flow| &flow.name)
    }

    /// How a flow is, with where it is and how far it is behind now.
    ///
    /// # Errors
    /// There is none of this name.
    pub async fn flow_status(&self, name: &str) -> Result<FlowStatus, Refusal> {
        let (flow, directory) = (self.flow(name).await?, self.store.directory().await?);
        let mut status = self.status_of(&flow, &directory).await?;
        status.state.cursor = self.position_of(name).await?.map(Cursor::new);
        Ok(status)
    }

    /// How all flows are.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn flow_statuses(&self) -> Result<Vec<FlowStatus>, Refusal> {
        let (flows, directory) = (self.flows().await?, self.store.directory().await?);
        let mut all = Vec::new();
        for flow in &flows {
            all.push(self.status_of(flow, &directory).await?);
        }
        Ok(all)
    }

    async fn position_of(&self, name: &str) -> Result<Option<String>, Refusal> {
        Ok(self.kept()?.bookmark(name).await?.and_then(|kept| kept.position))
    }

    async fn status_of(&self, flow: &KeptFlow, directory: &Directory) -> Result<FlowStatus, Refusal> {
        let mut status = FlowStatus::of(flow);
        if let Some(lag) = self.lag_of(&status, directory).await? {
            status.state.lag = Some(lag);
        }
        Ok(status)
    }

    /// How many entries the collection has that the flow has not looked at. Only there is the position read: elsewhere it may have
    /// megabytes.
    async fn lag_of(&self, status: &FlowStatus, directory: &Directory) -> Result<Option<u64>, Refusal> {
        let Some(from) = status.settings.as_ref().and_then(|settings| settings.from.collection()) else {
            return Ok(None);
        };
        let Ok(from) = find(directory, from) else { return Ok(None) };
        let position = match self.position_of(&status.name).await? {
            None => Timestamp::from_micros(i64::MIN),
            Some(text) => match text.parse() {
                Ok(micros) => Timestamp::from_micros(micros),
                Err(_) => return Ok(None),
            },
        };
        Ok(Some(self.store.behind(from.key, position).await?))
    }

    /// Lets a flow rest after the batch that is under way.
    ///
    /// # Errors
    /// There is none of this name.
    pub async fn pause(&self, name: &str) -> Result<(), Refusal> {
        self.flow(name).await?;
        self.kept()?.pause_flow(name, true).await?;
        Ok(self.noted(&format!("let the flow {name} rest")).await?)
    }

    /// Lets a flow go on that rests or has stopped.
    ///
    /// # Errors
    /// There is none of this name.
    pub async fn resume(&self, name: &str) -> Result<(), Refusal> {
        self.flow(name).await?;
        resume(&*self.context.store, name).await?;
        Ok(self.noted(&format!("let the flow {name} go on")).await?)
    }

    /// Keeps others from running a flow for a while.
    ///
    /// # Errors
    /// A server runs it.
    pub async fn turn(&self, name: &str) -> Result<Turn, Refusal> {
        let store: Arc<dyn Store> = Arc::clone(&self.context.store);
        Turn::of(store, name).await?.ok_or_else(|| Refusal::Running(name.to_owned()))
    }

    /// Lets a flow that nobody runs begin anew; what is known at the other end stays as it is. It is told as it was before.
    ///
    /// # Errors
    /// There is none of this name, or a server runs it.
    pub async fn rewind(&self, name: &str) -> Result<KeptFlow, Refusal> {
        let flow = self.flow(name).await?;
        let turn = self.turn(name).await?;
        let rewound = rewind(&*self.context.store, name).await;
        turn.give_back().await?;
        rewound?;
        self.noted(&format!("let the flow {name} begin anew")).await?;
        Ok(flow)
    }

    /// Removes a flow, with how far it has come and what it made of what; what it brought stays.
    ///
    /// # Errors
    /// There is none of this name.
    pub async fn remove_flow(&self, name: &str) -> Result<(), Refusal> {
        self.flow(name).await?;
        self.kept()?.remove_flow(name).await?;
        Ok(self.noted(&format!("removed the flow {name}")).await?)
    }
}

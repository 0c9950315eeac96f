use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::runner::work;
use crate::store::{Result, Store};

/// The right to run a flow or to move it by hand: nobody else does meanwhile, in whichever process.
#[derive(Clone)]
pub struct Turn {
    store: Arc<dyn Store>,
    work: String,
    holder: Uuid,
}

/// A flow is given up for others after so long without a word.
const LEASE: Duration = Duration::from_secs(60);

impl Turn {
    /// Takes a flow, unless somebody has it.
    pub(crate) async fn of(store: Arc<dyn Store>, flow: &str) -> Result<Option<Self>> {
        let turn = Self { store, work: work(flow), holder: Uuid::new_v4() };
        Ok(turn.lease(LEASE).await?.then_some(turn))
    }

    async fn lease(&self, time: Duration) -> Result<bool> {
        self.store.lease(&self.work, self.holder, time).await
    }

    /// Says again and again that the flow is not given up, for as long as somebody waits for this.
    pub async fn hold(&self) {
        loop {
            tokio::time::sleep(LEASE / 4).await;
            let _ = self.lease(LEASE).await;
        }
    }

    /// Lets others have the flow.
    ///
    /// # Errors
    /// The store does not answer; then the flow is free after a while.
    pub async fn give_back(self) -> Result<()> {
        self.lease(Duration::ZERO).await.map(drop)
    }
}

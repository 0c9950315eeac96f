use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sharing::flow::{Bookmarks, Cursor, Fault, State};

use crate::store::{Arrangements, Bookmark, Store};

/// Keeps the state of one flow in the store: its position, and beside it what it did.
///
/// Whoever has lost its turn without noticing changes nothing: the position is moved on only from where this one knows it.
pub(crate) struct InStore {
    store: Arc<dyn Store>,
    position: Mutex<Option<String>>,
}

/// The state of a flow as it was kept last, without its position.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read(status: &str) -> Result<State, serde_json::Error> {
    if status.is_empty() { Ok(State::default()) } else { serde_json::from_str(status) }
}

/// The same with its position.
///
/// # Errors
/// It cannot be read.
pub(crate) fn state(kept: &Bookmark) -> Result<State, serde_json::Error> {
    Ok(State { cursor: kept.position.clone().map(Cursor::new), ..read(&kept.status)? })
}

/// A state as it is kept, without its position.
pub(crate) fn text(state: &State) -> String {
    serde_json::to_string(&State { cursor: None, ..state.clone() }).unwrap_or_default()
}

fn local(flow: &str, reason: impl std::fmt::Display) -> Fault {
    Fault::Local { place: format!("flow {flow}"), reason: reason.to_string() }
}

impl InStore {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, position: Mutex::default() }
    }

    fn kept(&self, flow: &str) -> Result<&dyn Arrangements, Fault> {
        self.store.arrangements().ok_or_else(|| local(flow, "this store keeps no flows"))
    }

    fn note(&self, position: Option<String>) {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner) = position;
    }
}

#[async_trait]
impl Bookmarks for InStore {
    async fn load(&self, flow: &str) -> Result<State, Fault> {
        let kept = self.kept(flow)?.bookmark(flow).await.map_err(|error| local(flow, crate::service::chain(&error)))?;
        let kept = kept.ok_or_else(|| Fault::Refused {
            place: format!("flow {flow}"),
            reason: "there is no such flow any longer".to_owned(),
        })?;
        let state = state(&kept).map_err(|error| Fault::Lost {
            place: format!("flow {flow}"),
            reason: format!("what was kept of it cannot be read ({error}); remove it and add it again"),
        })?;
        self.note(kept.position);
        Ok(state)
    }

    async fn store(&self, flow: &str, state: &State) -> Result<(), Fault> {
        let before = self.position.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let after = state.cursor.as_ref().map(|cursor| cursor.as_str().to_owned());
        let moved = self.kept(flow)?.advance_flow(flow, before.as_deref(), after.as_deref(), &text(state)).await;
        if !moved.map_err(|error| local(flow, crate::service::chain(&error)))? {
            return Err(Fault::Lost {
                place: format!("flow {flow}"),
                reason: "another process has moved it on, or it was removed".to_owned(),
            });
        }
        self.note(after);
        Ok(())
    }
}

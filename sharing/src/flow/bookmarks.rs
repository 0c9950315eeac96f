use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::file::{blocking, local, replace};
use super::{Fault, State};

/// Where flows keep their states.
#[async_trait]
pub trait Bookmarks: Send + Sync {
    /// The state of a flow, as it was kept last; a new one if there is none.
    ///
    /// # Errors
    /// It cannot be read. A flow does not begin anew because of that.
    async fn load(&self, flow: &str) -> Result<State, Fault>;

    /// Keeps a state as a whole. When this returns, it survives a crash.
    ///
    /// # Errors
    /// It cannot be kept.
    async fn store(&self, flow: &str, state: &State) -> Result<(), Fault>;
}

#[async_trait]
impl<B: Bookmarks + ?Sized> Bookmarks for std::sync::Arc<B> {
    async fn load(&self, flow: &str) -> Result<State, Fault> {
        (**self).load(flow).await
    }

    async fn store(&self, flow: &str, state: &State) -> Result<(), Fault> {
        (**self).store(flow, state).await
    }
}

/// In memory: for as long as the program runs.
#[derive(Debug, Default)]
pub struct InMemory(Mutex<HashMap<String, State>>);

#[async_trait]
impl Bookmarks for InMemory {
    async fn load(&self, flow: &str) -> Result<State, Fault> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(flow).cloned().unwrap_or_default())
    }

    async fn store(&self, flow: &str, state: &State) -> Result<(), Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(flow.to_owned(), state.clone());
        Ok(())
    }
}

/// In a file for one flow, which names its flow, and is replaced as a whole.
#[derive(Clone, Debug)]
pub struct InFile(PathBuf);

#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    flow: String,
    state: State,
}

impl InFile {
    /// In this file; it comes into being with the first state.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

#[async_trait]
impl Bookmarks for InFile {
    async fn load(&self, flow: &str) -> Result<State, Fault> {
        let (path, flow) = (self.0.clone(), flow.to_owned());
        blocking(move || read(&path, &flow)).await
    }

    async fn store(&self, flow: &str, state: &State) -> Result<(), Fault> {
        let kept = Kept { flow: flow.to_owned(), state: state.clone() };
        let path = self.0.clone();
        blocking(move || {
            let mut text = serde_json::to_string_pretty(&kept).map_err(|error| local(&path, error))?;
            text.push('\n');
            replace(&path, text.as_bytes())
        })
        .await
    }
}

fn read(path: &Path, flow: &str) -> Result<State, Fault> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::default()),
        Err(error) => return Err(local(path, error)),
    };
    let kept: Kept = serde_json::from_str(&text).map_err(|error| Fault::Lost {
        place: path.display().to_string(),
        reason: format!("this is no state of a flow ({error}); remove it to start from the beginning"),
    })?;
    if kept.flow != flow {
        return Err(Fault::Lost {
            place: path.display().to_string(),
            reason: format!("this is the state of another flow, {}; use another file for {flow}", kept.flow),
        });
    }
    Ok(kept.state)
}

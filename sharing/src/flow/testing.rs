//! Ends for tests, which fail when they are told to.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;

use super::*;

/// A version of an object with this number.
pub(crate) fn text(number: u32, version: u32, words: &str) -> String {
    format!(
        r#"{{"type":"tool","spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-{number:012x}","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.{version:03}Z","name":"{words}"}}"#
    )
}

pub(crate) fn item(number: u32, version: u32, words: &str) -> Item {
    Item::parse(&text(number, version, words), Provenance::local("s").leaving("s")).unwrap()
}

/// Does the work, and fails if that takes too long. Where the runtime's clock stands still while somebody works, its own timeouts
/// end no work that goes round for ever.
pub(crate) fn in_time(work: impl FnOnce() + Send + 'static) {
    const LONGEST: Duration = Duration::from_secs(300);
    let (tell, told) = mpsc::channel::<()>();
    let worker = thread::spawn(move || {
        work();
        drop(tell);
    });
    // Whether it is done or has failed, nobody tells any longer.
    let hung = told.recv_timeout(LONGEST) == Err(mpsc::RecvTimeoutError::Timeout);
    assert!(!hung, "it does not come to an end");
    if let Err(panic) = worker.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Which of the calls fail: the same for the same seed, and never for ever.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) pattern: Vec<bool>,
    calls: AtomicU64,
}

impl Faults {
    pub(crate) fn new(pattern: Vec<bool>) -> Self {
        Self { pattern, calls: AtomicU64::new(0) }
    }

    pub(crate) fn now(&self) -> bool {
        let call = usize::try_from(self.calls.fetch_add(1, Ordering::Relaxed)).unwrap();
        self.pattern.get(call).copied().unwrap_or(false)
    }
}

pub(crate) fn unreachable(place: &str) -> Fault {
    Fault::Unreachable { place: place.to_owned(), reason: "it hung up".to_owned() }
}

/// A list of changes; cursors are numbers.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) changes: Mutex<Vec<Result<Change, Refused>>>,
    pub(crate) faults: Faults,
}

#[async_trait]
impl Source for Listed {
    fn place(&self) -> String {
        "the list".to_owned()
    }

    async fn next(&self, after: Option<&Cursor>, room: Room) -> Result<Batch, Fault> {
        if self.faults.now() {
            return Err(unreachable("the list"));
        }
        let all = self.changes.lock().unwrap();
        let from: usize = after.map_or(0, |cursor| cursor.as_str().parse().unwrap());
        let to = (from + room.changes).min(all.len());
        let (mut changes, mut refused) = (Vec::new(), Vec::new());
        for one in &all[from..to] {
            match one.clone() {
                Ok(change) => changes.push(change),
                Err(why) => refused.push(why),
            }
        }
        let remaining = Some((all.len() - to) as u64);
        Ok(Batch { changes, refused, cursor: Cursor::new(to.to_string()), more: to < all.len(), remaining })
    }
}

/// Keeps what it gets in order; may break off after a part of it.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) versions: Mutex<HashMap<(String, String), String>>,
    pub(crate) order: Mutex<Vec<(String, String)>>,
    pub(crate) faults: Faults,
    pub(crate) server: Option<String>,
    pub(crate) refuses: Option<String>,
}

#[async_trait]
impl Sink for Kept {
    fn place(&self) -> String {
        "the shelf".to_owned()
    }

    async fn server(&self) -> Result<Option<String>, Fault> {
        Ok(self.server.clone())
    }

    async fn deliver(&self, changes: &[Change]) -> Result<Vec<Outcome>, Fault> {
        let breaks = self.faults.now();
        let half = if breaks { changes.len() / 2 } else { changes.len() };
        let outcomes = changes.iter().take(half).map(|change| self.take(change)).collect();
        if breaks { Err(unreachable("the shelf")) } else { Ok(outcomes) }
    }
}

impl Kept {
    fn take(&self, change: &Change) -> Outcome {
        let Change::Object(item) = change else { return Outcome::Deleted };
        if self.refuses.as_ref().is_some_and(|word| item.text().contains(word)) {
            return Outcome::Refused { rule: "word".to_owned(), reason: "a word that is not wanted".to_owned() };
        }
        let key = (item.id().to_owned(), item.version().to_owned());
        let mut versions = self.versions.lock().unwrap();
        match versions.get(&key) {
            Some(there) if *there == item.text() => Outcome::Known,
            Some(_) => Outcome::Conflict { reason: "other content".to_owned() },
            None => {
                versions.insert(key.clone(), item.text().to_owned());
                self.order.lock().unwrap().push(key);
                Outcome::Added
            }
        }
    }
}

/// Bookmarks that fail when they are told to, before or after they have kept the state.
#[derive(Debug, Default)]
pub(crate) struct Shaky {
    pub(crate) inner: InMemory,
    pub(crate) before: Faults,
    pub(crate) after: Faults,
}

#[async_trait]
impl Bookmarks for Shaky {
    async fn load(&self, flow: &str) -> Result<State, Fault> {
        self.inner.load(flow).await
    }

    async fn store(&self, flow: &str, state: &State) -> Result<(), Fault> {
        let full = || Fault::Local { place: "the disk".to_owned(), reason: "no space left".to_owned() };
        if self.before.now() {
            return Err(full());
        }
        self.inner.store(flow, state).await?;
        if self.after.now() { Err(full()) } else { Ok(()) }
    }
}

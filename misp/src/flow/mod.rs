//! A feed or an instance as the source of a flow (feature `flow`): its events become STIX.
//!
//! ```no_run
//! # async fn example(http: reqwest::Client, ours: std::sync::Arc<dyn sharing::flow::Sink>) -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use misp::{client::Reader, flow::Events};
//! use sharing::flow::{Flow, InFile};
//!
//! let feed = Reader::feed(http, "https://feed.example.com/misp/")?;
//! let events = Arc::new(Events::new(feed, "misp-feed:https://feed.example.com/misp/"));
//! let done = Flow::new("feed", events, ours, Arc::new(InFile::new("feed.json"))).run().await?;
//! println!("{} new", done.added);
//! # Ok(())
//! # }
//! ```

mod event;
mod filling;
mod walk;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sharing::flow::{Batch, Cursor, Fault, Room, Source};

use crate::client::{Fault as Trouble, Reader};
use walk::Walk;

/// The objects of events, one event after the other.
#[derive(Debug)]
pub struct Events {
    reader: Reader,
    place: String,
    under_way: Mutex<Option<UnderWay>>,
}

/// A walk, where it stands, and the batch that brought it there.
#[derive(Debug)]
struct UnderWay {
    walk: Walk,
    at: Option<Cursor>,
    last: Option<(Asked, Batch)>,
}

/// After which position, and how much.
type Asked = (Option<Cursor>, Room);

impl Events {
    /// What a reader reads. The place is what people call it, and where its objects come from.
    #[must_use]
    pub fn new(reader: Reader, place: impl Into<String>) -> Self {
        Self { reader, place: place.into(), under_way: Mutex::default() }
    }

    fn under_way(&self) -> MutexGuard<'_, Option<UnderWay>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The walk that stands there.
    fn standing_at(&self, after: Option<&Cursor>) -> Option<UnderWay> {
        self.under_way().take_if(|under_way| under_way.at.as_ref() == after)
    }

    /// What was given for the same question: it could not be delivered.
    fn given_for(&self, asked: &Asked) -> Option<Batch> {
        let under_way = self.under_way();
        let (before, batch) = under_way.as_ref()?.last.as_ref()?;
        (before == asked).then(|| batch.clone())
    }
}

#[async_trait]
impl Source for Events {
    fn place(&self) -> String {
        self.place.clone()
    }

    async fn next(&self, after: Option<&Cursor>, room: Room) -> Result<Batch, Fault> {
        let asked = (after.cloned(), room);
        let mut under_way = match self.standing_at(after) {
            Some(under_way) => under_way,
            None => {
                if let Some(batch) = self.given_for(&asked) {
                    return Ok(batch);
                }
                let walk = Walk::begin(&self.reader, &self.place, after).await?;
                UnderWay { walk, at: after.cloned(), last: None }
            }
        };
        let outcome = under_way.walk.next(&self.place, room).await;
        if let Ok(batch) = &outcome {
            under_way.at = Some(batch.cursor.clone());
            under_way.last = Some((asked, batch.clone()));
        }
        // Also after a failure: what was fetched before is not fetched again.
        *self.under_way() = Some(under_way);
        outcome
    }
}

/// A fault of a reader in the words of flows.
fn told(fault: &Trouble) -> Fault {
    let (place, reason) = (fault.place().to_owned(), fault.reason());
    match fault {
        Trouble::Unreachable { .. } => Fault::Unreachable { place, reason },
        Trouble::Busy { retry_after, .. } => Fault::Busy { place, reason, retry_after: *retry_after },
        Trouble::Address { .. } | Trouble::Refused { .. } => Fault::Refused { place, reason },
        Trouble::Malformed { .. } | Trouble::TooLarge { .. } => Fault::Malformed { place, reason },
    }
}

use serde::{Deserialize, Serialize};
use serde_json::json;
use sharing::flow::{Batch, Cursor, Fault, Refused, Room};

use super::event::Event;
use super::filling::Filling;
use super::told;
use crate::client::{Pass, Read, Reader};

/// More events cannot be followed: the position would get too long.
const MOST_EVENTS: usize = 390_000;
const _: () = assert!(MOST_EVENTS * 32 / 3 + (20 << 10) < Cursor::MOST_OCTETS);

/// Pass after pass over the events, in batches of what a flow has room for.
#[derive(Debug)]
pub(super) struct Walk {
    pass: Pass,
    /// The event that is being given.
    event: Option<Event>,
    /// How far another walk came in the first event.
    within: Option<Within>,
    /// Is it known what there is now?
    looked: bool,
}

/// Behind which events it is, and how far in the next one, which may have more objects than a batch.
#[derive(Default, Deserialize)]
struct Position {
    behind: Option<String>,
    within: Option<Within>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Within {
    digest: String,
    taken: usize,
}

impl Walk {
    pub(super) async fn begin(reader: &Reader, place: &str, after: Option<&Cursor>) -> Result<Self, Fault> {
        let lost =
            |_| Fault::Lost { place: place.to_owned(), reason: "the position is none of this source".to_owned() };
        let Position { behind, within } = match after {
            Some(cursor) => serde_json::from_str(cursor.as_str()).map_err(lost)?,
            None => Position::default(),
        };
        let pass = reader.pass(behind.as_deref()).await.map_err(|fault| told(&fault))?;
        followed(place, pass.listed())?;
        Ok(Self { pass, event: None, within, looked: true })
    }

    pub(super) async fn next(&mut self, place: &str, room: Room) -> Result<Batch, Fault> {
        if self.pass.left() == 0 && !self.looked {
            self.pass.again().await.map_err(|fault| told(&fault))?;
            followed(place, self.pass.listed())?;
        }
        self.looked = false;
        let mut filling = Filling::new(room);
        while !filling.is_full() {
            match self.step(place, &mut filling).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(fault) if filling.is_empty() => return Err(fault),
                Err(_) => break,
            }
        }
        let Filling { changes, refused, .. } = filling;
        Ok(Batch { changes, refused, cursor: self.cursor(), more: self.pass.left() > 0, remaining: None })
    }

    /// One event, or what there is room for of it. Is there more, and room for it?
    async fn step(&mut self, place: &str, filling: &mut Filling) -> Result<bool, Fault> {
        if self.event.is_none() {
            match self.pass.read().await.map_err(|fault| told(&fault))? {
                Some(Read::Event(event)) => self.event = Some(self.open(&event, place)),
                Some(Read::Refused { uuid, reason }) => {
                    filling.refuse(Refused::new(Some(&uuid), None, "misp", reason));
                }
                Some(Read::Late { uuid, reason }) => {
                    let reason = format!("{reason}; the other events are read, and this one is asked for again");
                    filling.refuse(Refused::new(Some(&uuid), None, "misp-late", reason));
                }
                None => return Ok(false),
            }
        }
        if self.event.as_mut().is_some_and(|event| !event.give(filling)) {
            return Ok(false);
        }
        self.event = None;
        self.pass.passed();
        Ok(true)
    }

    /// From where it was left, if it is still the same.
    fn open(&mut self, event: &crate::Document, place: &str) -> Event {
        let mut event = Event::of(event, place);
        if let Some(within) = self.within.take().filter(|within| within.digest == event.digest) {
            event.taken = within.taken;
        }
        event
    }

    fn cursor(&self) -> Cursor {
        let within = self.event.as_ref().map(|event| Within { digest: event.digest.clone(), taken: event.taken });
        Cursor::new(json!({"behind": self.pass.cursor(), "within": within}).to_string())
    }
}

/// Said before the first event is read, and not after the last.
fn followed(place: &str, events: usize) -> Result<(), Fault> {
    if events > MOST_EVENTS {
        let reason = format!(
            "it lists {events} events, and at most {MOST_EVENTS} can be followed; have it show this server fewer"
        );
        return Err(Fault::Refused { place: place.to_owned(), reason });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody reads for days what cannot be followed in the end.
    #[test]
    fn too_many_events_are_refused() {
        assert!(followed("misp:x", MOST_EVENTS).is_ok());
        let refused = followed("misp:x", MOST_EVENTS + 1).unwrap_err();
        assert!(!refused.may_pass() && refused.to_string().contains("390001 events"), "{refused}");
    }
}

use std::collections::VecDeque;

use super::cursor::Cursor;
use super::fault::Fault;
use super::known::Known;
use super::version::Version;
use super::{Reader, listing};
use crate::format::Document;

/// Going once over all events that are new or have changed, the oldest change first.
///
/// What there is is asked for once, when the pass begins; what is published meanwhile comes with the next one.
#[derive(Debug)]
pub struct Pass {
    reader: Reader,
    cursor: Cursor,
    /// Of the list, if the other side gives it one.
    tag: Option<String>,
    listed: Known,
    /// How many that were. They are given away with the cursor.
    count: usize,
    waiting: VecDeque<Version>,
    /// How often the next one could not be had.
    tries: usize,
    /// Is it to wait for the next pass?
    is_late: bool,
    late: Vec<Version>,
}

/// So often an event is asked for before anybody thinks that it is at fault, and not the other side.
const TRIES: usize = 5;

/// What became of reading an event.
#[derive(Clone, Debug)]
pub enum Read {
    /// It is this.
    Event(Document),
    /// It cannot be used: too large, no event, another one, not there. It is asked for again when it changes.
    Refused {
        /// The event's UUID.
        uuid: String,
        /// Why.
        reason: String,
    },
    /// It alone cannot be had now, however often it is asked for: the next pass asks for it again.
    Late {
        /// The event's UUID.
        uuid: String,
        /// Why.
        reason: String,
    },
}

impl Pass {
    pub(super) async fn begin(reader: Reader, after: Option<&str>) -> Result<Self, Fault> {
        let cursor = Cursor::read(after);
        let (tag, listed, waiting) = (cursor.tag.clone(), Known::default(), VecDeque::new());
        let (tries, is_late, late) = (0, false, Vec::new());
        let mut pass = Self { reader, cursor, tag, listed, count: 0, waiting, tries, is_late, late };
        pass.again().await?;
        Ok(pass)
    }

    /// Looks anew what there is, and begins with what of it was not read.
    ///
    /// # Errors
    /// The list cannot be had now.
    pub async fn again(&mut self) -> Result<(), Fault> {
        // That the list is as it was says something only if all of it was read.
        let tag = self.tag.as_deref().filter(|_| self.waiting.is_empty() && self.cursor.passed.is_empty());
        let Some(listed) = listing::list(&self.reader, tag).await? else { return Ok(()) };
        let mut versions = listed.versions;
        versions.sort_unstable_by_key(|version| version.key);
        versions.dedup_by_key(|version| version.key);
        self.tag = listed.tag;
        self.listed = Known::of(&versions);
        self.count = self.listed.len();
        versions.retain(|version| !self.cursor.known.has(version));
        self.waiting = self.cursor.passed.unread(versions);
        self.end();
        Ok(())
    }

    /// How many events there are, as far as it was told. Each takes 11 octets of a cursor.
    #[must_use]
    pub fn listed(&self) -> usize {
        self.count
    }

    /// How many events are left of the pass.
    #[must_use]
    pub fn left(&self) -> usize {
        self.waiting.len()
    }

    /// The next event, the same again until it is [`passed`](Self::passed); `None` at the end.
    ///
    /// # Errors
    /// It cannot be had now, or nothing can be had there any longer.
    pub async fn read(&mut self) -> Result<Option<Read>, Fault> {
        self.is_late = false;
        let Some(version) = self.waiting.front() else { return Ok(None) };
        let uuid = version.name.to_string();
        let fault = match listing::event(&self.reader, &uuid).await {
            Ok(event) => return Ok(Some(Read::Event(event))),
            Err(fault) => fault,
        };
        if fault.is_about_all(self.reader.kind) {
            return Err(fault);
        }
        let reason = fault.reason();
        if !fault.is_temporary() {
            return Ok(Some(Read::Refused { uuid, reason }));
        }
        self.tries += 1;
        self.is_late = fault.may_be_about_one() && self.tries >= TRIES && self.others_can_be_had().await;
        if self.is_late { Ok(Some(Read::Late { uuid, reason })) } else { Err(fault) }
    }

    /// Each further try asks for another event. If none is left, the list is what comes next, and tells.
    async fn others_can_be_had(&self) -> bool {
        let Some(other) = self.waiting.get(1 + self.tries - TRIES) else { return true };
        match listing::event(&self.reader, &other.name).await {
            Ok(_) => true,
            Err(fault) => !fault.is_temporary() && !fault.is_about_all(self.reader.kind),
        }
    }

    /// The event that was read last is done with, in this pass.
    pub fn passed(&mut self) {
        if let Some(version) = self.waiting.pop_front() {
            self.tries = 0;
            if std::mem::take(&mut self.is_late) {
                self.late.push(version);
            } else {
                self.cursor.passed.add(&version);
            }
            self.end();
        }
    }

    /// All that is listed was read, or is late. While nothing of it is new the cursor stays as it is, so that nobody has to keep another
    /// one.
    fn end(&mut self) {
        if !self.waiting.is_empty() {
            return;
        }
        let late = std::mem::take(&mut self.late);
        if !late.is_empty() {
            // The list is wanted again also if it stays as it is.
            self.tag = None;
            self.listed.remove(&late);
        }
        if !self.cursor.passed.is_empty() {
            let known = std::mem::take(&mut self.listed);
            self.cursor = Cursor { tag: self.tag.clone(), known, ..Cursor::default() };
        }
    }

    /// Where it is: what was passed does not come again in a pass after this.
    #[must_use]
    pub fn cursor(&self) -> String {
        self.cursor.write()
    }
}

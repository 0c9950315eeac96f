//! Taking from a collection.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sharing::flow::{Batch, Change, Cursor, Fault, Item, Provenance, Refused, Room};
use stix_model::reader::RawObject;
use taxii_model::changes as wire;

use super::changes::change;
use super::fault::fault;
use super::{Remote, Talk};
use crate::{Bookmark, Filter, Page, Query, VersionFilter};

/// Positions are asked for in an address, where longer ones have no room.
const MOST_POSITION: usize = 16 << 10;

/// Where a flow is in a collection.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Position {
    /// In the changes of this server.
    Changes { server: String, after: String },
    /// In the pages of the standard.
    Bookmark(Bookmark),
}

impl Remote {
    pub(super) async fn take(&self, after: Option<&Cursor>, room: Room) -> Result<Batch, Fault> {
        let at = after.map(|cursor| self.position(cursor)).transpose()?;
        match (at, self.known()) {
            (Some(Position::Bookmark(bookmark)), _) => self.page(after, &bookmark, room).await,
            (_, Some(Talk::Standard)) => self.page(None, &Bookmark::default(), room).await,
            (Some(Position::Changes { server, after }), _) => self.changes(Some((&server, &after)), room).await,
            (None, _) => self.changes(None, room).await,
        }
    }

    fn position(&self, cursor: &Cursor) -> Result<Position, Fault> {
        serde_json::from_str(cursor.as_str()).map_err(|error| Fault::Lost {
            place: self.url(),
            reason: format!(
                "the kept position is none of a collection ({error}); begin anew: what has arrived is known there"
            ),
        })
    }

    fn cursor(&self, position: &Position) -> Result<Cursor, Fault> {
        let text = serde_json::to_string(position).map_err(|error| self.malformed(error.to_string()))?;
        match text.len() {
            0..=MOST_POSITION => Ok(Cursor::new(text)),
            octets => {
                Err(self.malformed(format!("its position has {octets} octets, and {MOST_POSITION} are the most")))
            }
        }
    }

    /// Of `changes/`; where there is no such thing, from the beginning of the standard's pages.
    async fn changes(&self, after: Option<(&str, &str)>, room: Room) -> Result<Batch, Fault> {
        let asked = self.ask::<Box<RawValue>>(after.map(|(_, after)| after), room.changes).await;
        let answer = match asked {
            // Servers tell strangers nothing of a path that they do not know; what everybody may read is asked for elsewhere.
            Err(Fault::Refused { .. }) if after.is_none() => None,
            asked => asked?,
        };
        let Some(mut changes) = answer else {
            self.talk(Talk::Standard);
            return self.page(None, &Bookmark::default(), room).await;
        };
        if after.is_some_and(|(server, _)| server != changes.server) {
            // Another server than before: its positions are not ours. What has arrived is known at the other end.
            let first = self.ask::<Box<RawValue>>(None, room.changes).await?;
            changes = first.ok_or_else(|| self.malformed("its changes/ come and go"))?;
        }
        self.talk(Talk::Changes(Some(changes.server.as_str().into())));
        self.batch(changes)
    }

    fn batch(&self, answer: wire::Changes<Box<RawValue>>) -> Result<Batch, Fault> {
        let wire::Changes { more, next, server, remaining, changes } = answer;
        let after = next.ok_or_else(|| self.malformed("it does not say where to go on (next)"))?;
        let (mut good, mut refused) = (Vec::new(), Vec::new());
        for row in &changes {
            match change(row) {
                Ok(change) => good.push(change),
                Err(why) => refused.push(why),
            }
        }
        let cursor = self.cursor(&Position::Changes { server, after })?;
        Ok(Batch { changes: good, refused, cursor, more, remaining })
    }

    /// Of the standard's pages (TAXII 2.1 §3.5, §5.4): every version.
    async fn page(&self, after: Option<&Cursor>, bookmark: &Bookmark, room: Room) -> Result<Batch, Fault> {
        let mut walk = self.walk.lock().await;
        // A walk that is under way knows what came before, and notices when it comes again.
        let mut pages = match walk.take() {
            Some((at, pages)) if Some(&at) == after && bookmark.is_midway() => pages,
            _ => {
                let filter = Filter { versions: VersionFilter::All, ..Filter::default() };
                let query = Query { limit: Some(room.changes as u64), filter, ..Query::default() };
                self.collection.objects(query).resume(bookmark)
            }
        };
        let page = pages.next().await.map_err(|error| fault(&self.url(), &error))?;
        let Some(Page { entries, more, bookmark, .. }) = page else {
            return Ok(Batch { remaining: None, ..Batch::none(self.cursor(&Position::Bookmark(bookmark.clone()))?) });
        };
        let cursor = self.cursor(&Position::Bookmark(bookmark))?;
        if more {
            *walk = Some((cursor.clone(), pages));
        }
        let (changes, refused) = self.items(entries);
        Ok(Batch { changes, refused, cursor, more, remaining: None })
    }

    fn items(&self, entries: Vec<RawObject>) -> (Vec<Change>, Vec<Refused>) {
        let provenance = Provenance::read_at(&self.url());
        let (mut changes, mut refused) = (Vec::new(), Vec::new());
        for entry in entries {
            match Item::new(entry.text, None, provenance.clone()) {
                Ok(item) => changes.push(Change::Object(item)),
                Err(why) => refused.push(why),
            }
        }
        (changes, refused)
    }
}

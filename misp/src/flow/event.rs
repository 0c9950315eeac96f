use sharing::flow::{Change, Item, Provenance, Refused, sha256};

use super::filling::Filling;
use crate::Document;
use crate::stix;

/// An event that is being given, which may take several batches: it is fetched and converted once.
#[derive(Debug)]
pub(super) struct Event {
    /// Of its text: one that has changed meanwhile is given from its beginning.
    pub(super) digest: String,
    objects: Vec<Result<Change, Refused>>,
    pub(super) taken: usize,
}

impl Event {
    pub(super) fn of(event: &Document, place: &str) -> Self {
        let item = |object| {
            let text = serde_json::to_string(object).unwrap_or_default();
            Item::parse(&text, Provenance::read_at(place)).map(Change::Object)
        };
        let objects = stix::convert(event).objects.iter().map(item).collect();
        Self { digest: sha256(event.to_string().as_bytes()), objects, taken: 0 }
    }

    /// Gives what there is room for. Was that all?
    pub(super) fn give(&mut self, filling: &mut Filling) -> bool {
        while let Some(object) = self.objects.get(self.taken) {
            match object {
                Ok(change) if filling.takes(change) => filling.add(change.clone()),
                Ok(_) => return false,
                Err(why) => filling.refuse(why.clone()),
            }
            self.taken += 1;
        }
        true
    }
}

use sharing::flow::{Change, Refused, Room};

/// A batch that is being filled.
#[derive(Debug)]
pub(super) struct Filling {
    room: Room,
    pub(super) changes: Vec<Change>,
    pub(super) refused: Vec<Refused>,
    octets: usize,
}

impl Filling {
    pub(super) fn new(room: Room) -> Self {
        let room = Room { changes: room.changes.max(1), octets: room.octets.max(1) };
        Self { room, changes: Vec::new(), refused: Vec::new(), octets: 0 }
    }

    /// Is there room for this change? For the first there always is.
    pub(super) fn takes(&self, change: &Change) -> bool {
        let fits = self.changes.len() < self.room.changes && self.octets + change.octets() <= self.room.octets;
        fits || self.changes.is_empty()
    }

    pub(super) fn add(&mut self, change: Change) {
        self.octets += change.octets();
        self.changes.push(change);
    }

    pub(super) fn refuse(&mut self, why: Refused) {
        self.refused.push(why);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.refused.is_empty()
    }

    /// Is it enough? What is refused counts, so that a batch comes to an end where nothing can be used.
    pub(super) fn is_full(&self) -> bool {
        self.changes.len() + self.refused.len() >= self.room.changes || self.octets >= self.room.octets
    }
}

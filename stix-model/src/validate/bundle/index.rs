//! Every identifier that a bundle mentions, in as little memory as it takes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::identifier;

/// What is known of an object, or of one that is only referred to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    id: Id,
    /// The hash of the instant of its first version, if it is there.
    pub(super) version: Hash,
    /// The hash of the content of that version.
    pub(super) content: Hash,
    /// The first object that refers to it.
    pub(super) referrer: Slot,
    /// How many references lead to it.
    pub(super) references: u32,
    /// Where in the referrer.
    pub(super) place: u16,
    pub(super) flags: u8,
}

/// A number by which an entry is known.
pub(super) type Slot = u32;

/// 64 bits without the alignment of `u64`, which would cost four bytes in each entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Hash([u32; 2]);

impl From<u64> for Hash {
    fn from(hash: u64) -> Self {
        Self([(hash >> 32) as u32, hash as u32])
    }
}

/// An identifier, exactly: the number of its type, and its UUID.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Id {
    object_type: u32,
    uuid: [u8; 16],
}

/// Texts that occur often, each with a number. Number 0 is the empty text.
#[derive(Debug, Default)]
pub(super) struct Texts {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Texts {
    /// The number of a text.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        match self.numbers.get(text) {
            _ if text.is_empty() => 0,
            Some(&number) => number,
            None => {
                self.texts.push(text.into());
                let number = u32::try_from(self.texts.len()).unwrap_or(0);
                self.numbers.insert(text.into(), number);
                number
            }
        }
    }

    /// The number of a text that has one.
    pub(super) fn known(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    pub(super) fn text(&self, number: u32) -> &str {
        let at = number.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.texts.get(at)).map_or("", |text| text)
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }
}

/// Entries by identifier.
///
/// A hash table of slots beside the entries: `HashMap` would hold each identifier twice, or the entries with room to
/// spare.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// In pieces, so that growing copies nothing and leaves little room unused.
    pieces: Vec<Vec<Entry>>,
    len: Slot,
    /// Slots plus one, by hash; 0 is empty. The length is a power of two.
    buckets: Vec<u32>,
    types: Texts,
    hashes: RandomState,
    /// Buckets that were looked at.
    #[cfg(test)]
    pub(super) steps: usize,
}

const PIECE: usize = 1 << 12;

impl Index {
    /// The slot of an identifier, which is a new one if it was not mentioned before. `None` if the text is no
    /// identifier, or if there are more than four thousand million.
    pub(super) fn slot(&mut self, id: &str) -> Option<Slot> {
        let id = self.pack(id)?;
        if self.buckets.len() < (self.len as usize + 1) * 2 {
            self.grow();
        }
        let bucket = self.bucket(id)?;
        match *self.buckets.get(bucket)? {
            0 => self.push(id, bucket),
            taken => Some(taken - 1),
        }
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&Entry> {
        let slot = slot as usize;
        self.pieces.get(slot / PIECE)?.get(slot % PIECE)
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Entry> {
        let slot = slot as usize;
        self.pieces.get_mut(slot / PIECE)?.get_mut(slot % PIECE)
    }

    /// Entries in the order in which they were first mentioned.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.pieces.iter().flatten()
    }

    /// The identifier of an entry.
    pub(super) fn id(&self, entry: &Entry) -> String {
        let object_type = self.types.text(entry.id.object_type);
        match is_whole(object_type) {
            true => object_type.to_owned(),
            false => format!("{object_type}--{}", uuid::Uuid::from_bytes(entry.id.uuid)),
        }
    }

    pub(super) fn object_type(&self, entry: &Entry) -> &str {
        let object_type = self.types.text(entry.id.object_type);
        match identifier::split(object_type) {
            Some((name, _)) if is_whole(object_type) => name,
            _ => object_type,
        }
    }

    fn pack(&mut self, text: &str) -> Option<Id> {
        if !identifier::is_identifier(text) {
            return None;
        }
        let (object_type, uuid) = identifier::split(text)?;
        // Identifiers are compared as text, so one with capitals in its UUID is kept as it is.
        if is_whole(uuid) {
            return Some(Id { object_type: self.types.number(text), uuid: [0; 16] });
        }
        let uuid = uuid::Uuid::try_parse(uuid).ok()?.into_bytes();
        Some(Id { object_type: self.types.number(object_type), uuid })
    }

    /// The bucket that holds this identifier, or the empty one where it belongs.
    fn bucket(&mut self, id: Id) -> Option<usize> {
        let mask = self.buckets.len().checked_sub(1)?;
        let mut at = self.hashes.hash_one(id) as usize & mask;
        loop {
            #[cfg(test)]
            {
                self.steps += 1;
            }
            match *self.buckets.get(at)? {
                0 => return Some(at),
                taken if self.get(taken - 1).is_some_and(|entry| entry.id == id) => return Some(at),
                _ => at = (at + 1) & mask,
            }
        }
    }

    fn push(&mut self, id: Id, bucket: usize) -> Option<Slot> {
        let slot = self.len;
        self.len = slot.checked_add(1)?;
        *self.buckets.get_mut(bucket)? = self.len;
        if self.pieces.last().is_none_or(|piece| piece.len() == PIECE) {
            // The first piece of a small bundle stays small.
            self.pieces.push(if slot == 0 { Vec::new() } else { Vec::with_capacity(PIECE) });
        }
        self.pieces.last_mut()?.push(Entry { id, ..Entry::default() });
        Some(slot)
    }

    /// Twice as many buckets; at most half of them are taken.
    fn grow(&mut self) {
        let len = (self.buckets.len() * 2).max(16);
        self.buckets = Vec::new();
        self.buckets.resize(len, 0);
        for slot in 0..self.len {
            let Some(id) = self.get(slot).map(|entry| entry.id) else { continue };
            let Some(bucket) = self.bucket(id) else { continue };
            if let Some(bucket) = self.buckets.get_mut(bucket) {
                *bucket = slot + 1;
            }
        }
    }
}

/// Types are in lowercase, so a text with capitals is a whole identifier.
fn is_whole(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ID-06: identifiers are told apart by their whole text, capitals included, and come back as they were.
    #[test]
    fn identifiers_are_kept_exactly() {
        let mut index = Index::default();
        let ids: Vec<_> = (0..5000)
            .flat_map(|n| {
                let uuid = format!("8e2e2d2b-17d4-4cbf-938f-98ee46b{n:05x}");
                [format!("tool--{uuid}"), format!("x-a--{uuid}"), format!("tool--{}", uuid.to_uppercase())]
            })
            .collect();
        let slots: Vec<_> = ids.iter().map(|id| index.slot(id).unwrap()).collect();
        for (id, &slot) in ids.iter().zip(&slots) {
            assert_eq!(index.slot(id), Some(slot));
            let entry = *index.get(slot).unwrap();
            assert_eq!(index.id(&entry), *id);
            assert_eq!(index.object_type(&entry), id.split("--").next().unwrap());
        }
        assert_eq!(index.iter().count(), ids.len());
        assert_eq!(index.slot("tool"), None);
    }

    /// LIB-09: what an object costs.
    #[test]
    fn entries_are_small() {
        assert!(size_of::<Entry>() <= 48);
    }
}

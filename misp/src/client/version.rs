use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A version of an event, as it is listed.
#[derive(Clone, Debug)]
pub(super) struct Version {
    /// The event's UUID as the list has it, which its address has too.
    pub(super) name: Box<str>,
    pub(super) key: Key,
    /// Tells it from all others; nobody can make another one with the same.
    pub(super) mark: u128,
}

/// The order of a pass: the oldest change first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) timestamp: i64,
    pub(super) uuid: u128,
}

impl Version {
    /// `None` if the name is no UUID: it would become part of an address.
    pub(super) fn new(name: &str, timestamp: i64) -> Option<Self> {
        let uuid = Uuid::try_parse(name).ok().filter(|_| name.len() == 36)?;
        let digest = Sha256::new().chain_update(uuid.as_bytes()).chain_update(timestamp.to_be_bytes()).finalize();
        let mark = digest.first_chunk().map(|first| u128::from_be_bytes(*first))?;
        Some(Self { name: name.into(), key: Key { timestamp, uuid: uuid.as_u128() }, mark })
    }
}

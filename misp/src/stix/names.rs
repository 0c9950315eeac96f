//! Names of objects: the UUIDs of MISP wherever they can be used, each once.

use std::collections::HashSet;

use uuid::Uuid;

/// The namespace of the UUIDs that are made here.
const NAMESPACE: Uuid = Uuid::from_u128(0x6d1f_0f0a_3a57_4c0c_9f5e_0b1c_7c1e_5a21);

/// A UUID that the same words always make.
pub(crate) fn made(words: &[&str]) -> Uuid {
    Uuid::new_v5(&NAMESPACE, words.join("\u{1f}").as_bytes())
}

/// The UUIDs of an event that were given away.
#[derive(Debug)]
pub(crate) struct Names {
    event: Uuid,
    taken: HashSet<Uuid>,
}

/// The UUID, if it is one by RFC 9562 in its usual form; the version does not matter.
pub(crate) fn usable(text: Option<&str>) -> Option<Uuid> {
    let uuid = text?.parse::<Uuid>().ok()?;
    let usual = text.is_some_and(|text| text == uuid.to_string());
    (usual && uuid.get_variant() == uuid::Variant::RFC4122 && !uuid.is_nil()).then_some(uuid)
}

impl Names {
    pub(crate) fn new(event: Uuid) -> Self {
        Self { event, taken: HashSet::from([event]) }
    }

    /// The UUID of something, unless something else has it: then one that is made from where it stands.
    pub(crate) fn claim(&mut self, uuid: Option<&str>, place: &str) -> Uuid {
        if let Some(uuid) = usable(uuid).filter(|uuid| !self.taken.contains(uuid)) {
            self.taken.insert(uuid);
            return uuid;
        }
        let made = self.make(place);
        self.taken.insert(made);
        made
    }

    /// A UUID for something that has none in MISP.
    pub(crate) fn make(&self, place: &str) -> Uuid {
        made(&[&self.event.to_string(), place])
    }
}

//! The `next` of a page (TAXII 2.1 §3.5): where the page ended, opaque to clients.
//!
//! A cursor is the stamp of the last entry, the collection and the endpoint, protected by a keyed check sum. It
//! keeps no state and never expires; every process over the same data reads every other's. It
//! carries no filter: the filters of each request are evaluated anew, and so is what the caller may see.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use taxii_model::{Endpoint, Timestamp};
use uuid::Uuid;

/// Makes and reads cursors.
pub struct Cursors {
    key: hmac::Key,
}

const VERSION: u8 = 1;
/// Version, endpoint, collection, stamp.
const CONTENT: usize = 1 + 1 + 16 + 8;
const CHECK: usize = 8;
/// Stands for the changes of a collection, as a number of its own for each endpoint does.
const CHANGES: u8 = 6;

impl Cursors {
    /// With the secret of a store: see [`crate::store::Store::secret`].
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// The cursor behind an entry.
    #[must_use]
    pub fn write(&self, collection: Uuid, endpoint: Endpoint, after: Timestamp) -> String {
        self.text(collection, number(endpoint), after)
    }

    /// The cursor behind a change.
    #[must_use]
    pub fn write_change(&self, collection: Uuid, after: Timestamp) -> String {
        self.text(collection, CHANGES, after)
    }

    fn text(&self, collection: Uuid, endpoint: u8, after: Timestamp) -> String {
        let mut bytes = Vec::with_capacity(CONTENT + CHECK);
        bytes.extend_from_slice(&[VERSION, endpoint]);
        bytes.extend_from_slice(collection.as_bytes());
        bytes.extend_from_slice(&after.as_micros().to_be_bytes());
        let check = hmac::sign(&self.key, &bytes);
        bytes.extend(check.as_ref().iter().take(CHECK));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Where a cursor points; `None` if it is not one of ours for this collection and endpoint.
    #[must_use]
    pub fn read(&self, text: &str, collection: Uuid, endpoint: Endpoint) -> Option<Timestamp> {
        self.stamp(text, collection, number(endpoint))
    }

    /// Where a cursor among changes points, likewise.
    #[must_use]
    pub fn read_change(&self, text: &str, collection: Uuid) -> Option<Timestamp> {
        self.stamp(text, collection, CHANGES)
    }

    fn stamp(&self, text: &str, collection: Uuid, endpoint: u8) -> Option<Timestamp> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (content, _) = bytes.split_at_checked(CONTENT)?;
        let stamp = Timestamp::from_micros(i64::from_be_bytes(*content.last_chunk()?));
        // One text per position: whatever differs from what would be written is refused.
        (self.text(collection, endpoint, stamp) == text).then_some(stamp)
    }
}

fn number(endpoint: Endpoint) -> u8 {
    match endpoint {
        Endpoint::Objects => 1,
        Endpoint::Manifest => 2,
        Endpoint::Object => 3,
        Endpoint::Versions => 4,
        Endpoint::Delete => 5,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HERE: Uuid = Uuid::from_u128(0x378e_5de7_84a4_45e4_8a34_c02a_43d0_b657);

    proptest! {
        /// AMB-17: a cursor means one place, to every process with the same secret, for ever.
        #[test]
        fn round_trip(stamp: i64) {
            let at = Timestamp::from_micros(stamp);
            let text = Cursors::new(&[7; 32]).write(HERE, Endpoint::Objects, at);
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            let elsewhere = Cursors::new(&[7; 32]);
            prop_assert_eq!(elsewhere.read(&text, HERE, Endpoint::Objects), Some(at));
            prop_assert_eq!(elsewhere.read(&text, HERE, Endpoint::Manifest), None);
            prop_assert_eq!(elsewhere.read(&text, Uuid::nil(), Endpoint::Objects), None);
            prop_assert_eq!(Cursors::new(&[8; 32]).read(&text, HERE, Endpoint::Objects), None);
        }

        /// TX-SEC-05: nothing else is a cursor.
        #[test]
        fn damaged_cursors_are_refused(stamp: i64, at in 0usize..46, with in "[A-Za-z0-9_-]") {
            let cursors = Cursors::new(&[7; 32]);
            let text = cursors.write(HERE, Endpoint::Objects, Timestamp::from_micros(stamp));
            let mut damaged = text.clone();
            damaged.replace_range(at..=at.min(text.len() - 1), &with);
            prop_assert_eq!(cursors.read(&damaged, HERE, Endpoint::Objects).is_some(), damaged == text);
        }

        /// TX-SEC-05: any text gives an answer.
        #[test]
        fn never_panics(text in ".{0,80}") {
            prop_assert_eq!(Cursors::new(&[7; 32]).read(&text, HERE, Endpoint::Objects), None);
        }
    }
}

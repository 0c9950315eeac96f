use std::fmt;

use ring::hmac;
use uuid::Uuid;

/// What derived names are made with. Who does not know it can neither make nor guess them.
///
/// It has to stay the same for as long as sanitised objects are to get new versions and revocations.
#[derive(Clone)]
pub struct Secret(hmac::Key);

/// A secret is too short to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret of a hub has {0} bytes; give it at least 32 random ones")]
pub struct TooShort(usize);

impl Secret {
    /// A secret of at least 32 bytes.
    ///
    /// # Errors
    /// It is shorter.
    pub fn new(bytes: &[u8]) -> Result<Self, TooShort> {
        match bytes.len() {
            short @ ..32 => Err(TooShort(short)),
            _ => Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))),
        }
    }

    /// A UUID of these parts in a namespace. Another purpose or another part gives another UUID.
    pub(super) fn uuid(&self, namespace: Uuid, purpose: &str, parts: &[&str]) -> Uuid {
        let mut mac = hmac::Context::with_key(&self.0);
        // The lengths keep parts apart that would run together.
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Uuid::new_v5(&namespace, mac.sign().as_ref())
    }

    /// The same, in the form of a random one.
    pub(super) fn random_uuid(&self, namespace: Uuid, purpose: &str, parts: &[&str]) -> Uuid {
        let bytes = self.uuid(namespace, purpose, parts).into_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A secret is long, and is not told.
    #[test]
    fn secrets_are_long_and_not_shown() {
        assert_eq!(Secret::new(&[7; 31]).unwrap_err(), TooShort(31));
        assert_eq!(format!("{:?}", Secret::new(&[7; 32]).unwrap()), "Secret(..)");
    }

    /// A derived name depends on the secret, the purpose and every part, and on where a part ends.
    #[test]
    fn every_part_counts() {
        let (one, other) = (Secret::new(&[7; 32]).unwrap(), Secret::new(&[8; 32]).unwrap());
        let namespace = Uuid::from_u128(1);
        let all = [
            one.uuid(namespace, "object", &["ab", "c"]),
            one.uuid(namespace, "object", &["a", "bc"]),
            one.uuid(namespace, "pseudonym", &["ab", "c"]),
            one.uuid(Uuid::from_u128(2), "object", &["ab", "c"]),
            other.uuid(namespace, "object", &["ab", "c"]),
        ];
        let different: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(one.uuid(namespace, "object", &["ab", "c"]), all[0]);
    }
}

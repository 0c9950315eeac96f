use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a STIX object: an object type, two hyphens and a UUID (STIX 2.1 §2.9).
///
/// Two identifiers are equal when their texts are. The version of the UUID is not looked at, since
/// published content carries every version there is.
///
/// ```
/// use stix_model::Identifier;
///
/// let id: Identifier = "malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b".parse()?;
/// assert_eq!(id.object_type(), "malware");
/// assert_eq!(id.uuid(), "31b940d4-6f7f-459a-80ea-9c1f17b5891b");
/// assert!("malware-31b940d4-6f7f-459a-80ea-9c1f17b5891b".parse::<Identifier>().is_err());
/// # Ok::<(), stix_model::InvalidIdentifier>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier(Box<str>);

/// The text is not `type--uuid`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a STIX identifier: expected a type of 3 to 250 characters a-z, 0-9 and '-', then '--', then a UUID")]
pub struct InvalidIdentifier;

const UUID_LENGTH: usize = 36;

impl Identifier {
    /// The object type in front of the two hyphens.
    #[must_use]
    pub fn object_type(&self) -> &str {
        self.split().0
    }

    /// The UUID behind the two hyphens, as written.
    #[must_use]
    pub fn uuid(&self) -> &str {
        self.split().1
    }

    /// The whole identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A new random name for an object of this type (§2.9: UUID version 4).
    ///
    /// # Errors
    /// `object_type` is not the name of an object type.
    pub fn random(object_type: &str) -> Result<Self, InvalidIdentifier> {
        format!("{object_type}--{}", uuid::Uuid::new_v4()).parse()
    }

    /// The version of the UUID, as its bits say.
    #[must_use]
    pub fn uuid_version(&self) -> Option<usize> {
        uuid::Uuid::parse_str(self.uuid()).ok().map(|uuid| uuid.get_version_num())
    }

    pub(crate) fn nil() -> Self {
        Self("x-nil--00000000-0000-0000-0000-000000000000".into())
    }

    fn split(&self) -> (&str, &str) {
        split(&self.0).unwrap_or((&self.0, ""))
    }
}

/// What stands before the first two hyphens.
pub(crate) fn before_hyphens(text: &str) -> Option<&str> {
    text.as_bytes().windows(2).position(|pair| pair == b"--").and_then(|at| text.get(..at))
}

pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let (rest, uuid) = text.split_at_checked(text.len().checked_sub(UUID_LENGTH)?)?;
    Some((rest.strip_suffix("--")?, uuid))
}

/// Is this the name of an object type: `[a-z0-9-]`, 3 to 250 characters, without `--` (STIX 2.1 §3.1)?
pub(crate) fn is_type_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=250).contains(&text.len()) && text.bytes().all(allowed) && before_hyphens(text).is_none()
}

/// Is the whole text an identifier?
pub(crate) fn is_identifier(text: &str) -> bool {
    split(text).is_some_and(|(object_type, uuid)| is_type_name(object_type) && is_uuid(uuid))
}

pub(crate) fn is_uuid(text: &str) -> bool {
    const FORM: &[u8; UUID_LENGTH] = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    let Ok(bytes) = <&[u8; UUID_LENGTH]>::try_from(text.as_bytes()) else { return false };
    // Without branches, many bytes are looked at in one step.
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'-' => *byte == b'-',
        _ => (byte.wrapping_sub(b'0') < 10) | ((byte | 0x20).wrapping_sub(b'a') < 6),
    };
    bytes.iter().zip(FORM).fold(true, |all, pair| all & fits(pair))
}

impl FromStr for Identifier {
    type Err = InvalidIdentifier;

    fn from_str(text: &str) -> Result<Self, InvalidIdentifier> {
        if is_identifier(text) { Ok(Self(text.into())) } else { Err(InvalidIdentifier) }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Identifier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Identifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// STIX 2.1 §2.9: `type--uuid`, nothing else.
    #[test]
    fn only_type_and_uuid_make_an_identifier() {
        for good in [
            "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
            "x-acme-thing--8e2e2d2b-17d4-1cbf-938f-98ee46b3cd3f",
            "ipv4-addr--FF26C055-6336-5bc5-b98d-13d6226742dd",
        ] {
            assert_eq!(good.parse::<Identifier>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "--",
            "indicator",
            "indicator--",
            "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
            "--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
            "ab--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
            "Indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
            "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3",
            "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3g",
            "indicator--8e2e2d2b17d44cbf938f98ee46b3cd3f",
            "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f ",
            "indicator--é2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
        ] {
            assert_eq!(bad.parse::<Identifier>(), Err(InvalidIdentifier), "{bad}");
        }
    }
}

//! Octets: the values of properties that end in `_hex` and `_bin`, and strings that are compared with them.

use std::borrow::Cow;

use super::super::octets::{from_base64, from_hex};

/// How the octets of a property are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Hex,
    Base64,
}

impl Encoding {
    /// By the ending of the property's name (STIX 2.1 §3.1).
    pub(super) fn of(property: &str) -> Option<Self> {
        match property {
            _ if property.ends_with("_hex") => Some(Self::Hex),
            _ if property.ends_with("_bin") => Some(Self::Base64),
            _ => None,
        }
    }

    /// `None` if it is not written so.
    pub(super) fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Base64 => from_base64(text),
            Self::Hex => from_hex(text),
        }
    }
}

/// Each character as the octet of its code point; `None` if one has none.
pub(super) fn of_text(text: &str) -> Option<Cow<'_, [u8]>> {
    if text.is_ascii() {
        return Some(Cow::Borrowed(text.as_bytes()));
    }
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>().map(Cow::Owned)
}

/// Each octet as the character of its code point.
pub(super) fn to_text(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

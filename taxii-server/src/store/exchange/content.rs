use ring::digest::{SHA256, digest};
use stix_model::Timestamp as StixTimestamp;
use stix_model::canonical;
use stix_model::json::Json;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use taxii_model::Timestamp;

/// What tells versions of an object apart that has no dates: `sha256:` and the digest of its canonical text (RFC 8785).
///
/// ```
/// use taxii_server::store::content_version;
///
/// assert_eq!(content_version(r#"{"a": 1, "b": 2.0}"#), content_version(r#"{"b":2,"a":1}"#));
/// ```
#[must_use]
pub fn content_version(text: &str) -> String {
    format!("sha256:{}", content_digest(text))
}

/// The digest of the canonical text; of what cannot be read, of the text.
pub(super) fn content_digest(text: &str) -> String {
    let canonical = Json::parse(text).map(|json| canonical::text(&json));
    sha256(canonical.as_deref().unwrap_or(text))
}

pub(in crate::store) fn sha256(text: &str) -> String {
    crate::auth::hex(digest(&SHA256, text.as_bytes()).as_ref())
}

/// The version of an entry as servers tell each other: in the object's own spelling; of what has none, made of its content.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(in crate::store) fn exchanged_version(version: String, added: i64, text: impl FnOnce() -> String) -> String {
    let dated = crate::store::memory::stix_timestamp(Timestamp::from_micros(added)).to_string() == version;
    if dated { text() } else { version }
}

/// Do two versions, as servers tell each other, mean the same?
pub(in crate::store) fn is_version(one: &str, other: &str) -> bool {
    let instant = |text: &str| text.parse::<StixTimestamp>().ok();
    one == other || instant(one).is_some_and(|one| Some(one) == instant(other))
}

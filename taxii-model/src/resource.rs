//! The resources of TAXII 2.1 §3.6, §3.7, §4 and §5.
//!
//! Writing follows the standard to the letter: absent properties and empty lists are left out.
//! Reading is lenient, since other people's servers are not: `null` for a list is an empty list, and
//! unknown properties are passed over.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::Timestamp;

/// Where a server's API roots are (TAXII 2.1 §4.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    /// A name for people.
    #[serde(default)]
    pub title: String,
    /// More words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whom to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The API root to use if one has no reason to use another; one of `api_roots`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Absolute URLs, or paths on the same origin.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub api_roots: Vec<String>,
}

/// What one API root is and can take (TAXII 2.1 §4.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiRoot {
    /// A name for people.
    #[serde(default)]
    pub title: String,
    /// More words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The media types of the protocol: [`crate::media_type::TAXII`].
    #[serde(default, deserialize_with = "list")]
    pub versions: Vec<String>,
    /// The greatest request body, in octets. 0 stands for "not told" when read.
    #[serde(default)]
    pub max_content_length: u64,
}

/// A set of objects that is shared as a whole (TAXII 2.1 §5.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// A version 4 UUID. Other people's servers use any text.
    pub id: String,
    /// A name for people.
    #[serde(default)]
    pub title: String,
    /// More words for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A readable name that URLs may use in place of the `id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// May the requester read objects?
    #[serde(default)]
    pub can_read: bool,
    /// May the requester add objects?
    #[serde(default)]
    pub can_write: bool,
    /// The media types of the objects.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub media_types: Vec<String>,
}

/// The collections of an API root (TAXII 2.1 §5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collections {
    /// In ascending order of `id`.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<Collection>,
}

/// A page of objects (TAXII 2.1 §3.7). Objects are raw JSON unless a type is asked for.
///
/// ```
/// use taxii_model::Envelope;
///
/// let page: Envelope = serde_json::from_str(r#"{"more":true,"next":"x","objects":[{"n":1.50}]}"#)?;
/// assert_eq!(page.objects[0].get(), r#"{"n":1.50}"#);
/// let nothing: Envelope = serde_json::from_str("{}")?;
/// assert!(nothing.objects.is_empty());
/// assert_eq!(serde_json::to_string(&nothing)?, "{}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Envelope<T = Box<RawValue>> {
    /// Is there more to get?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<bool>,
    /// What to send as `next` to get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The objects, oldest date added first.
    #[serde(default = "Vec::new", deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<T>,
}

impl<T> Default for Envelope<T> {
    fn default() -> Self {
        Self { more: None, next: None, objects: Vec::new() }
    }
}

/// A page of what is known about objects, without the objects (TAXII 2.1 §5.3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Is there more to get?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<bool>,
    /// What to send as `next` to get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// One record for each version, oldest date added first.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ManifestRecord>,
}

/// One version of one object (TAXII 2.1 §5.3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestRecord {
    /// The object.
    pub id: String,
    /// When this version came into this collection.
    pub date_added: Timestamp,
    /// The version, in the object's own spelling.
    pub version: String,
    /// The media type of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
}

impl ManifestRecord {
    /// The edition of STIX that the media type names, also under its older name, which servers of TAXII 2.0 used.
    ///
    /// ```
    /// use stix_model::SpecVersion;
    /// use taxii_model::ManifestRecord;
    ///
    /// let record: ManifestRecord = serde_json::from_str(r#"{
    ///     "id": "tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "version": "2016-01-01T00:00:00.000Z",
    ///     "date_added": "2016-01-01T00:00:00.000Z", "media_type": "application/vnd.oasis.stix+json; version=2.0"
    /// }"#)?;
    /// assert_eq!(record.spec_version(), Some(SpecVersion::V2_0));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn spec_version(&self) -> Option<stix_model::SpecVersion> {
        stix_model::SpecVersion::of_media_type(self.media_type.as_deref()?)
    }
}

/// A page of the versions of one object (TAXII 2.1 §5.8.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Is there more to get?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<bool>,
    /// What to send as `next` to get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// In the object's own spelling, oldest date added first.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
}

/// What became of the objects of one request (TAXII 2.1 §4.3.1). The three counts add up to the
/// total, and each list is as long as its count says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// A version 4 UUID.
    pub id: Uuid,
    /// Is anything still to come?
    pub status: StatusState,
    /// When the request was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_timestamp: Option<Timestamp>,
    /// Objects in the request.
    #[serde(default, deserialize_with = "count")]
    pub total_count: u64,
    /// Objects that are now in the collection.
    #[serde(default, deserialize_with = "count")]
    pub success_count: u64,
    /// Which those are.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub successes: Vec<StatusDetails>,
    /// Objects that were refused.
    #[serde(default, deserialize_with = "count")]
    pub failure_count: u64,
    /// Which those are, and why.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<StatusDetails>,
    /// Objects not decided yet.
    #[serde(default, deserialize_with = "count")]
    pub pending_count: u64,
    /// Which those are.
    #[serde(default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub pendings: Vec<StatusDetails>,
}

/// How far a request is (TAXII 2.1 §4.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusState {
    /// Every object is decided.
    Complete,
    /// Some objects are not.
    Pending,
}

/// What became of one object (TAXII 2.1 §4.3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusDetails {
    /// The object.
    pub id: String,
    /// The version, in the object's own spelling.
    #[serde(default)]
    pub version: String,
    /// Why it was refused, or what is worth knowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What every answer that is no success says (TAXII 2.1 §3.6.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorMessage {
    /// What is wrong, in a few words.
    #[serde(default)]
    pub title: String,
    /// What is wrong and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Names this occurrence: the operator finds it in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_id: Option<String>,
    /// Names this kind of error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The status code, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<String>,
    /// A URL with more words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_details: Option<String>,
    /// What else a program may want to know.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub details: serde_json::Map<String, serde_json::Value>,
}

fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TX-TYP-03, TX-TYP-08: what is absent is left out.
    #[test]
    fn absent_and_empty_are_left_out() {
        assert_eq!(serde_json::to_string(&Collections::default()).unwrap(), "{}");
        assert_eq!(serde_json::to_string(&Manifest::default()).unwrap(), "{}");
        assert_eq!(serde_json::to_string(&Versions::default()).unwrap(), "{}");
        assert_eq!(
            serde_json::to_string(&Discovery { title: "t".into(), ..Default::default() }).unwrap(),
            r#"{"title":"t"}"#
        );
        assert_eq!(
            serde_json::to_string(&ErrorMessage { title: "t".into(), ..Default::default() }).unwrap(),
            r#"{"title":"t"}"#
        );
    }

    /// TX-CLI-05 and the faults of other people's servers: null lists, null counts, missing members.
    #[test]
    fn reads_what_other_servers_send() {
        assert!(
            serde_json::from_str::<Envelope>(r#"{"objects":null,"more":false,"next":null}"#)
                .unwrap()
                .objects
                .is_empty()
        );
        let status: Status = serde_json::from_str(
            r#"{"id":"2d086da7-4bdc-4f91-900e-d77486753710","status":"pending","total_count":null,"successes":null,"x_vendor":1}"#,
        )
        .unwrap();
        assert_eq!((status.status, status.total_count), (StatusState::Pending, 0));
        let root: ApiRoot = serde_json::from_str(r#"{"display_name":"no title here"}"#).unwrap();
        assert_eq!(root, ApiRoot::default());
    }
}

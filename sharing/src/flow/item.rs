use std::sync::Arc;

use serde_json::value::RawValue;
use stix_model::json::Json;
use stix_model::marking::tlp::{self, TlpLevel};
use stix_model::{RawHead, SpecVersion, canonical};

use super::{Provenance, Refused, sha256};

/// How many levels of nesting an object may have, itself included.
const DEPTH: usize = 100;

/// One version of one object, with its exact text.
///
/// Holding one proves that the text is one JSON object within I-JSON, that its `id` is an identifier that agrees with its
/// `type`, and that its dates are timestamps.
///
/// ```
/// use sharing::flow::{Item, Provenance};
///
/// let text = r#"{"type": "url", "id": "url--c1477287-23ac-5971-a010-5c287877fa60", "value": "https://example.com"}"#;
/// let item = Item::parse(text, Provenance::local("here")).map_err(|refused| refused.reason)?;
/// assert_eq!((item.text(), item.version().starts_with("sha256:")), (text, true));
/// let refused = Item::parse(r#"{"type": "url", "id": "7"}"#, Provenance::local("here")).unwrap_err();
/// assert_eq!(refused.rule, "head-id");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug)]
pub struct Item {
    object: Arc<RawValue>,
    id: Arc<str>,
    version: Arc<str>,
    provenance: Provenance,
}

impl Item {
    /// Reads an object from its text.
    ///
    /// # Errors
    /// It is none that can be exchanged: see [`Refused`].
    pub fn parse(text: &str, provenance: Provenance) -> Result<Self, Refused> {
        let object = RawValue::from_string(text.to_owned())
            .map_err(|error| Refused::new(None, None, "item-json", format!("not JSON: {error}")))?;
        Self::new(object, None, provenance)
    }

    /// Of a text that is known to be JSON. `edition` is what the wrapper says of objects that state none: a STIX 2.0 bundle does.
    ///
    /// # Errors
    /// It is no object that can be exchanged: see [`Refused`].
    pub fn new(object: Box<RawValue>, edition: Option<SpecVersion>, provenance: Provenance) -> Result<Self, Refused> {
        let head = RawHead::read(object.get(), DEPTH)
            .map_err(|error| Refused::new(None, None, "item-json", format!("no object of I-JSON: {error}")))?;
        let checked = head.check(edition).map_err(|findings| {
            let rule = findings.first().map_or("head", |finding| finding.rule);
            let words: Vec<String> = findings.iter().map(ToString::to_string).collect();
            Refused::new(head.id(), head.version(), rule, words.join("; "))
        })?;
        let version = match checked.version() {
            Some(version) => version.as_str().to_owned(),
            None => format!("sha256:{}", content(object.get())),
        };
        let id = checked.id.as_str().into();
        Ok(Self { object: Arc::from(object), id, version: version.into(), provenance })
    }

    /// The object's `id`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What tells versions of the object apart: its `modified`, else its `created`, as written; of an object that has
    /// neither, `sha256:` and the digest of its canonical text.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Has the object a date that tells its versions apart?
    #[must_use]
    pub fn is_dated(&self) -> bool {
        !self.version.starts_with("sha256:")
    }

    /// The object, as it was received.
    #[must_use]
    pub fn object(&self) -> &Arc<RawValue> {
        &self.object
    }

    /// The text of the object, as it was received.
    #[must_use]
    pub fn text(&self) -> &str {
        self.object.get()
    }

    /// Where it comes from and how.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The same version, come another way.
    #[must_use]
    pub fn with_provenance(self, provenance: Provenance) -> Self {
        Self { provenance, ..self }
    }

    /// SHA-256 of the canonical text (RFC 8785): the same for the same content, however it is written.
    #[must_use]
    pub fn content_digest(&self) -> String {
        content(self.text())
    }

    /// The most restrictive TLP level of the object and its parts; `None` if it is not marked with TLP.
    #[must_use]
    pub fn tlp(&self) -> Option<TlpLevel> {
        let Ok(Json::Object(members)) = Json::parse(self.text()) else { return Some(TlpLevel::Red) };
        Some(tlp::level_of(&members.into_owned())?.0)
    }
}

fn content(text: &str) -> String {
    match Json::parse(text) {
        Ok(json) => sha256(canonical::text(&json).as_bytes()),
        Err(_) => sha256(text.as_bytes()),
    }
}

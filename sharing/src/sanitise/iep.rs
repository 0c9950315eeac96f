//! The Information Exchange Policy of FIRST, version 2.0, by its extension of marking definitions.

use chrono::{DateTime, Utc};
use stix_model::Timestamp;
use stix_model::json::{Json, Members};
use stix_model::marking::tlp::TlpLevel;

use super::Stay;
use super::admit::Ceiling;

/// The extension by which definitions say their policy.
pub(super) const EXTENSION: &str = "extension-definition--762e2e97-ee51-43e5-a9ea-165fbb862c4a";

/// Its properties that have one of some words, and the words.
const WORDS: [(&str, &[&str]); 7] = [
    ("iep_version", &["2.0"]),
    ("encrypt_in_transit", &["must", "may"]),
    (
        "permitted_actions",
        &[
            "none",
            "contact-for-instruction",
            "internally-visible-actions",
            "externally-visible-indirect-actions",
            "externally-visible-direct-actions",
        ],
    ),
    ("affected_party_notifications", &["may", "must-not"]),
    ("tlp", &["red", "amber", "amber+strict", "green", "white", "clear"]),
    ("provider_attribution", &["may", "must", "must-not"]),
    ("unmodified_resale", &["may", "must-not"]),
];

/// A policy, read leniently: published schemas of it contradict each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Iep {
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    must_be_encrypted: bool,
    is_anonymous: bool,
    tlp: Option<TlpLevel>,
    /// A word that is none of the policy's.
    is_unclear: bool,
    clean: Members<'static>,
}

impl Iep {
    /// The policy of a marking definition, if it has one.
    pub(super) fn of(definition: &Members<'_>) -> Option<Self> {
        let said = definition.get("extensions")?.get(EXTENSION)?.as_object()?;
        let word = |name: &str| said.get(name).and_then(Json::as_str).map(str::to_ascii_lowercase);
        let mut iep = Self::default();
        iep.clean.insert("extension_type", Json::from("property-extension"));
        for (name, words) in WORDS {
            match word(name) {
                Some(own) if words.contains(&own.as_str()) => {
                    iep.clean.insert(name, Json::from(own));
                }
                Some(_) => iep.is_unclear = true,
                None => iep.is_unclear |= said.contains(name),
            }
        }
        iep.start = iep.time(said, "start_date");
        iep.end = iep.time(said, "end_date");
        iep.must_be_encrypted = word("encrypt_in_transit").as_deref() == Some("must");
        iep.is_anonymous = word("provider_attribution").as_deref() == Some("must-not");
        iep.tlp = word("tlp").and_then(|level| level.parse().ok());
        Some(iep)
    }

    fn time(&mut self, said: &Members<'_>, name: &'static str) -> Option<DateTime<Utc>> {
        // `null` is how the policy says that there is no end.
        let value = said.get(name).filter(|value| !matches!(value, Json::Null))?;
        let Some(at) = value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) else {
            self.is_unclear = true;
            return None;
        };
        self.clean.insert(name, Json::from(at.to_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()));
        Some(at.to_utc())
    }

    /// Must it not be told who provided what is marked so?
    pub(super) fn is_anonymous(&self) -> bool {
        self.is_anonymous
    }

    /// Why what is marked so does not leave.
    pub(super) fn objection(&self, ceiling: &Ceiling) -> Option<Stay> {
        let stay = |reason: &str| Some(Stay::new("iep", reason));
        match self {
            _ if self.is_unclear => stay("its exchange policy says what nobody knows"),
            _ if self.start.is_some_and(|start| ceiling.at < start) => stay("its exchange policy has not begun"),
            _ if self.end.is_some_and(|end| end <= ceiling.at) => stay("its exchange policy has ended"),
            _ if self.must_be_encrypted && !ceiling.encrypted => {
                stay("its exchange policy demands encryption on the way")
            }
            _ if self.tlp.is_some_and(|level| level > ceiling.tlp) => {
                stay("the TLP level of its exchange policy is too high")
            }
            _ => None,
        }
    }

    /// The extension of a definition, with the policy's own words and nothing else.
    pub(super) fn extensions(self) -> Json<'static> {
        Json::Object([(EXTENSION, Json::Object(self.clean))].into_iter().collect())
    }
}

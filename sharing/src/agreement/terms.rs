use chrono::{DateTime, Utc};
use serde::Serialize;
use stix_model::Identifier;
use stix_model::marking::pap::PapLevel;
use stix_model::marking::tlp::TlpLevel;

use super::show;

/// A party to an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Party {
    /// What the document calls it.
    pub name: String,
    /// Who it is: the `id` of its identity.
    pub identity: Identifier,
    /// Its public key (Ed25519), if its sign-off is a signature.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "show::base64")]
    pub key: Option<Vec<u8>>,
    /// Whom to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// What moves from one party to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// The party that gives.
    pub from: String,
    /// The party that gets.
    pub to: String,
    /// The collection, by its id or alias at the party that gives.
    pub collection: String,
    /// The terms of this exchange: those of the agreement, but for what it says itself.
    pub terms: Terms,
}

/// What holds for what moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// The most restrictive TLP level that moves.
    #[serde(serialize_with = "show::word")]
    pub tlp: TlpLevel,
    /// The most restrictive PAP level that moves.
    #[serde(serialize_with = "show::word")]
    pub pap: PapLevel,
    /// What objects count as that have no TLP level; with `None` they stay.
    #[serde(serialize_with = "show::unmarked")]
    pub unmarked: Option<TlpLevel>,
    /// The sanitising profile, by name.
    pub profile: String,
    /// The object types that move; with none, all that the profile allows.
    pub types: Vec<String>,
    /// Objects that are released by `id`: identities of authors above all.
    pub release: Vec<String>,
    /// Does everything move encrypted?
    pub encrypted: bool,
    /// For how many days the receiver keeps it; with `None`, as long as it likes.
    pub retention_days: Option<u32>,
    /// Whether and how it may be passed on.
    pub onward: Onward,
}

/// Whether and how something may be passed on by who got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Onward {
    /// May it be?
    pub allowed: bool,
    /// From server to server, how many times altogether.
    pub max_hops: u32,
    /// Up to which TLP level.
    #[serde(serialize_with = "show::word")]
    pub tlp: TlpLevel,
}

/// That a party agrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignOff {
    /// The party.
    pub party: String,
    /// Who signed for it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What it agreed to: the digest of the terms as they were.
    pub terms: String,
    /// An Ed25519 signature of that digest.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "show::base64")]
    pub signature: Option<Vec<u8>>,
}

impl Onward {
    /// It stays with who gets it.
    pub(super) const NO: Self = Self { allowed: false, max_hops: 0, tlp: TlpLevel::Clear };
}

impl Default for Terms {
    /// TLP:GREEN and PAP:GREEN, by the profile `technical`, encrypted, not to be passed on; what has no TLP level stays.
    fn default() -> Self {
        Self {
            tlp: TlpLevel::Green,
            pap: PapLevel::Green,
            unmarked: None,
            profile: "technical".to_owned(),
            types: Vec::new(),
            release: Vec::new(),
            encrypted: true,
            retention_days: None,
            onward: Onward::NO,
        }
    }
}

//! What two parties have agreed to exchange, as a document.
//!
//! An agreement is a text in TOML that people read and sign, and that machines keep: it says who gives what to whom, up to which
//! TLP and PAP level, by which sanitising profile, from when until when. [`Agreement::read`] reads one and tells everything
//! that is wrong with it. [`Agreement::policy`] makes of it the [`Policy`](crate::flow::Policy) of a flow: nothing leaves but
//! what the agreement says, while it is in force and signed off by every party. [`simulate`] shows beforehand
//! what would leave.
//!
//! ```
//! use sharing::agreement::{Agreement, State};
//!
//! let (agreement, findings) = Agreement::read(r#"
//!     id = "isac-police-2026"
//!     purposes = ["defence of networks", "prosecution"]
//!     valid_from = 2026-01-01T00:00:00Z
//!     valid_until = 2027-01-01T00:00:00Z
//!
//!     [[party]]
//!     name = "isac"
//!     identity = "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
//!     [[party]]
//!     name = "police"
//!     identity = "identity--0c7b5b88-8ff7-4a4d-aa9d-feb398cd0061"
//!
//!     [terms]
//!     tlp = "amber"
//!     profile = "technical"
//!
//!     [[exchange]]
//!     from = "isac"
//!     to = "police"
//!     collection = "malware"
//! "#)?;
//! assert_eq!(agreement.state("2026-06-01T00:00:00Z".parse()?), State::InForce);
//! assert!(findings[0].to_string().contains("isac has not signed off"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod finding;
mod policy;
mod read;
mod section;
mod show;
mod sign;
pub mod simulate;
mod terms;

use chrono::{DateTime, Utc};

pub use finding::{Finding, InvalidAgreement, Severity};
pub use policy::{AgreementPolicy, Hub, NoPolicy};
pub use sign::{NoKey, NotSigned, SigningKey};
pub use terms::{Exchange, Onward, Party, SignOff, Terms};

/// What parties have agreed to exchange.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Agreement {
    /// Its name, by which every transfer calls it.
    pub id: String,
    /// What people call it.
    pub title: Option<String>,
    /// The agreement whose names of sanitised objects it keeps, so that new versions and revocations of what left under that one
    /// follow under this one.
    pub continues: Option<String>,
    /// What the exchange is for.
    pub purposes: Vec<String>,
    /// From when on it holds.
    pub valid_from: DateTime<Utc>,
    /// Until when; at this moment it holds no longer.
    pub valid_until: DateTime<Utc>,
    /// Between whom.
    pub parties: Vec<Party>,
    /// What holds where an exchange does not say something else.
    pub terms: Terms,
    /// What moves.
    pub exchanges: Vec<Exchange>,
    /// Who agreed.
    pub signed: Vec<SignOff>,
    digest: String,
}

/// Whether an agreement holds at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It has not begun.
    NotYetValid,
    /// It holds.
    InForce,
    /// It has ended.
    Expired,
}

impl Agreement {
    /// Whether it holds at a time.
    #[must_use]
    pub fn state(&self, at: DateTime<Utc>) -> State {
        match () {
            () if at < self.valid_from => State::NotYetValid,
            () if at < self.valid_until => State::InForce,
            () => State::Expired,
        }
    }

    /// The digest of its terms, which sign-offs name: `sha256:` and hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Has every party signed off what the document says now?
    ///
    /// # Errors
    /// For each party that has not, why its sign-off does not count.
    pub fn signed_off(&self) -> Result<(), Vec<NotSigned>> {
        let problem = |party: &Party| match self.signed.iter().find(|signed| signed.party == party.name) {
            Some(signed) => sign::verify(party, signed, &self.digest).err(),
            None => Some(NotSigned::Missing(party.name.clone())),
        };
        let problems: Vec<_> = self.parties.iter().filter_map(problem).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// A party, by name.
    #[must_use]
    pub fn party(&self, name: &str) -> Option<&Party> {
        self.parties.iter().find(|party| party.name == name)
    }

    /// What moves of a collection from one party to another.
    #[must_use]
    pub fn exchange(&self, from: &str, to: &str, collection: &str) -> Option<&Exchange> {
        let mut exchanges = self.exchanges.iter();
        exchanges.find(|one| one.from == from && one.to == to && one.collection == collection)
    }
}

#[cfg(test)]
mod tests;

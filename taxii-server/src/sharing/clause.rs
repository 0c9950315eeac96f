use std::fmt;
use std::sync::Arc;

use sharing::agreement::{Agreement, AgreementPolicy, Exchange, Hub, InvalidAgreement, NoPolicy};
use sharing::flow::{Fault, HopLimits};
use sharing::sanitise::scan::Scan;
use sharing::sanitise::{Lookup, Profile};
use stix_model::Identifier;
use stix_model::marking::tlp::TlpLevel;

/// Who runs this server, as agreements call them, and what they have of their own.
#[derive(Clone, Debug)]
pub struct Us {
    /// The `id` of the identity: the party of an agreement that has it is us. Sanitised objects are this identity's.
    pub identity: Identifier,
    /// Sanitising profiles of our own.
    pub profiles: Vec<Profile>,
    /// What never leaves in a text: names, domains and networks of members.
    pub scan: Scan,
}

/// Which way something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From us to the partner.
    Out,
    /// From the partner to us.
    In,
}

/// What an agreement says about one flow.
#[derive(Clone)]
pub struct Clause {
    /// The agreement.
    pub agreement: Agreement,
    /// What moves.
    pub exchange: Exchange,
    /// Which way.
    pub direction: Direction,
    policy: Arc<AgreementPolicy>,
}

impl fmt::Debug for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clause").field("agreement", &self.agreement.id).finish_non_exhaustive()
    }
}

/// Why an agreement says nothing about a flow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTerms {
    /// It cannot be read any longer.
    #[error("{0}")]
    Unreadable(#[from] InvalidAgreement),
    /// We are none of the parties.
    #[error(
        "none of the parties of {agreement} has our identity {identity}; set sharing.identity in the configuration to that of our party: {parties}"
    )]
    NotOurs {
        /// The agreement.
        agreement: String,
        /// Ours.
        identity: String,
        /// The parties with their identities.
        parties: String,
    },
    /// Nothing is said about this collection.
    #[error("{agreement} says nothing about this: what it lets {way} is {known}")]
    NotNamed {
        /// The agreement.
        agreement: String,
        /// Out or in.
        way: &'static str,
        /// What it does name.
        known: String,
    },
    /// Several of its exchanges could be meant.
    #[error("{agreement} says several things about this: name the partner with --partner, one of {partners}")]
    Ambiguous {
        /// The agreement.
        agreement: String,
        /// With whom.
        partners: String,
    },
    /// It makes no policy: nobody knows the profile.
    #[error(transparent)]
    NoPolicy(#[from] NoPolicy),
}

/// What a flow is about, as an agreement may call it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Names of the collection at the end that gives, the likeliest first.
    pub from: Vec<String>,
    /// Names of the collection at the end that gets.
    pub to: Vec<String>,
    /// The partner, if the operator said so.
    pub partner: Option<String>,
}

impl Us {
    /// Our party in an agreement.
    ///
    /// # Errors
    /// We are none of them.
    pub fn party<'a>(&self, agreement: &'a Agreement) -> Result<&'a str, NoTerms> {
        let found = agreement.parties.iter().find(|party| party.identity == self.identity);
        found.map(|party| party.name.as_str()).ok_or_else(|| {
            let party = |party: &sharing::agreement::Party| format!("{} {}", party.name, party.identity);
            NoTerms::NotOurs {
                agreement: agreement.id.clone(),
                identity: self.identity.to_string(),
                parties: agreement.parties.iter().map(party).collect::<Vec<_>>().join(", "),
            }
        })
    }
}

impl Clause {
    /// What holds for one exchange.
    ///
    /// # Errors
    /// Nobody knows the profile.
    pub fn of(
        agreement: Agreement,
        exchange: Exchange,
        direction: Direction,
        hub: &Hub,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self, NoTerms> {
        let mut read = agreement.clone();
        if direction == Direction::In {
            // The giver sanitises; we need not have its profile.
            read.exchanges.iter_mut().for_each(|one| "full".clone_into(&mut one.terms.profile));
        }
        let policy = read.policy(&exchange.from, &exchange.to, &exchange.collection, hub, lookup)?;
        Ok(Self { agreement, exchange, direction, policy: Arc::new(policy) })
    }

    /// What an agreement says about what is asked.
    ///
    /// # Errors
    /// Nothing, or nothing clear.
    pub fn find(agreement: &Agreement, us: &Us, direction: Direction, asked: &Asked) -> Result<Exchange, NoTerms> {
        let own = us.party(agreement)?;
        let ours = |one: &Exchange| if direction == Direction::Out { one.from.clone() } else { one.to.clone() };
        let theirs = |one: &Exchange| if direction == Direction::Out { one.to.clone() } else { one.from.clone() };
        let wanted = asked.partner.as_deref();
        let is_ours = |one: &&Exchange| ours(one) == own && wanted.is_none_or(|wanted| theirs(one) == wanted);
        let all: Vec<&Exchange> = agreement.exchanges.iter().filter(is_ours).collect();
        let named = |names: &[String]| -> Vec<&Exchange> {
            all.iter().copied().filter(|one| names.contains(&one.collection)).collect()
        };
        let mut found = named(&asked.to);
        if found.is_empty() {
            found = named(&asked.from);
        }
        // What comes from a place without a name may be meant; what leaves has to be named.
        if found.is_empty() && direction == Direction::In {
            found.clone_from(&all);
        }
        match found.as_slice() {
            [one] => Ok(Exchange::clone(one)),
            [] => {
                let known = |one: &&Exchange| format!("{} {}", theirs(one), one.collection);
                let known: Vec<String> = all.iter().map(known).collect();
                Err(NoTerms::NotNamed {
                    agreement: agreement.id.clone(),
                    way: if direction == Direction::Out { "leave" } else { "come in" },
                    known: if known.is_empty() { "nothing".to_owned() } else { known.join(", ") },
                })
            }
            several => {
                let partners = several.iter().map(|one| theirs(one)).collect::<Vec<_>>().join(", ");
                Err(NoTerms::Ambiguous { agreement: agreement.id.clone(), partners })
            }
        }
    }

    /// The party at the other end.
    #[must_use]
    pub fn partner(&self) -> &str {
        match self.direction {
            Direction::Out => &self.exchange.to,
            Direction::In => &self.exchange.from,
        }
    }

    /// What decides what leaves, and how.
    #[must_use]
    pub fn policy(&self) -> &AgreementPolicy {
        &self.policy
    }

    /// Is the agreement in force, signed off by every party, and the way as it demands?
    ///
    /// # Errors
    /// It is not: nothing moves until somebody changes that.
    pub fn must_hold(&self) -> Result<(), Fault> {
        match self.policy.obstacle() {
            None => Ok(()),
            Some((rule, reason)) => Err(Fault::Refused {
                place: format!("agreement {}", self.agreement.id),
                reason: format!("{rule}: {reason}; nothing moves until that has changed"),
            }),
        }
    }

    /// May objects of this type move? Definitions of markings go with what bears them.
    #[must_use]
    pub fn admits(&self, object_type: &str) -> bool {
        let types = &self.exchange.terms.types;
        types.is_empty() || object_type == "marking-definition" || types.iter().any(|one| one == object_type)
    }

    /// How many times something may go from server to server, by TLP. What the parties agreed may go between them goes once,
    /// whatever its level.
    #[must_use]
    pub fn limits(&self) -> HopLimits {
        let most = self.exchange.terms.tlp;
        HopLimits {
            amber_strict: u32::from(most >= TlpLevel::AmberStrict),
            red: u32::from(most >= TlpLevel::Red),
            ..HopLimits::default()
        }
    }
}

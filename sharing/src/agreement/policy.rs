//! An agreement as the policy of a flow.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, RwLock};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Agreement, Exchange, State};
use crate::flow::{Applied, Change, Fault, Item, Policy, Provenance, Refused};
use crate::sanitise::profile::Reports;
use crate::sanitise::scan::Scan;
use crate::sanitise::{Audience, Ceiling, InvalidProfile, Lookup, Profile, Sanitised, Sanitiser, Secret};

/// Who keeps the agreement: the side that gives. Nothing of this is in the document, since the other side has it too.
#[derive(Clone)]
pub struct Hub {
    /// The secret of derived names.
    pub secret: Secret,
    /// Profiles of one's own, found by their names. None replaces one of the three that there always are.
    pub profiles: Vec<Profile>,
    /// What to look for besides what profiles say: the names, domains and networks of members.
    pub scan: Scan,
    /// Is the way to the other side encrypted?
    pub encrypted: bool,
    /// What time it is.
    pub clock: fn() -> DateTime<Utc>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("encrypted", &self.encrypted).finish_non_exhaustive()
    }
}

impl Hub {
    /// A hub with this secret, that sends encrypted and looks for nothing of its own.
    #[must_use]
    pub fn new(secret: Secret) -> Self {
        Self { secret, profiles: Vec::new(), scan: Scan::default(), encrypted: true, clock: Utc::now }
    }
}

/// Why there is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPolicy {
    /// The agreement is about something else.
    #[error(
        "agreement {agreement} has nothing of collection {collection:?} go from {from} to {to}; there are: {known}"
    )]
    NoExchange {
        /// The agreement's id.
        agreement: String,
        /// The party that would give.
        from: String,
        /// The party that would get.
        to: String,
        /// The collection.
        collection: String,
        /// What there is.
        known: String,
    },
    /// Nobody knows the profile.
    #[error(
        "agreement {agreement} demands the profile {profile:?}, which there is not here; add it, or agree on full, technical or anonymous"
    )]
    NoProfile {
        /// The agreement's id.
        agreement: String,
        /// The profile's name.
        profile: String,
    },
    /// The profile cannot be used.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
}

/// Lets leave what an exchange of an agreement says, as its profile says.
///
/// What was changed no longer tells where it came from, so whatever goes by that, such as
/// [`SplitHorizon`](crate::flow::SplitHorizon), has to come before it.
pub struct AgreementPolicy {
    agreement: Agreement,
    exchange: Exchange,
    sanitiser: Sanitiser,
    /// The types that move, if the profile does not tell; none for all.
    moving: Vec<String>,
    lookup: Arc<dyn Lookup>,
    encrypted: bool,
    clock: fn() -> DateTime<Utc>,
    last: RwLock<Option<Sanitised>>,
}

impl fmt::Debug for AgreementPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgreementPolicy").field("agreement", &self.agreement.id).finish_non_exhaustive()
    }
}

impl Agreement {
    /// The policy for what moves of a collection from one party to another.
    ///
    /// # Errors
    /// The agreement says nothing of it, or its profile is not known.
    pub fn policy(
        &self,
        from: &str,
        to: &str,
        collection: &str,
        hub: &Hub,
        lookup: Arc<dyn Lookup>,
    ) -> Result<AgreementPolicy, NoPolicy> {
        let exchange = self.exchange(from, to, collection).cloned();
        let exchange = exchange.ok_or_else(|| self.no_exchange(from, to, collection))?;
        let party = self.party(from).ok_or_else(|| self.no_exchange(from, to, collection))?;
        let profile = self.profile(&exchange, hub)?;
        let audience = Audience {
            name: format!("{}\n{}", self.continues.as_ref().unwrap_or(&self.id), exchange.to),
            hub: party.identity.clone(),
            ceiling: Ceiling {
                tlp: exchange.terms.tlp,
                pap: exchange.terms.pap,
                unmarked: exchange.terms.unmarked,
                encrypted: hub.encrypted,
                at: (hub.clock)(),
            },
        };
        let moving = if profile.whole { exchange.terms.types.clone() } else { Vec::new() };
        let sanitiser = Sanitiser::new(profile, audience, hub.secret.clone())?;
        let (encrypted, clock) = (hub.encrypted, hub.clock);
        Ok(AgreementPolicy {
            agreement: self.clone(),
            exchange,
            sanitiser,
            moving,
            lookup,
            encrypted,
            clock,
            last: RwLock::default(),
        })
    }

    fn profile(&self, exchange: &Exchange, hub: &Hub) -> Result<Profile, NoPolicy> {
        let name = &exchange.terms.profile;
        let own = || hub.profiles.iter().find(|profile| profile.name == *name).cloned();
        let unknown = || NoPolicy::NoProfile { agreement: self.id.clone(), profile: name.clone() };
        let mut profile = Profile::by_name(name).or_else(own).ok_or_else(unknown)?;
        let types = &exchange.terms.types;
        if !types.is_empty() && !profile.whole {
            // Where references to what does not move have to go, the profile has to know.
            profile.types.retain(|name, _| types.contains(name));
            if !types.iter().any(|name| name == "report") {
                profile.reports = Reports::Drop;
            }
        }
        profile.release.extend(exchange.terms.release.iter().cloned());
        profile.scan = profile.scan.and(hub.scan.clone());
        Ok(profile)
    }

    fn no_exchange(&self, from: &str, to: &str, collection: &str) -> NoPolicy {
        let known = self.exchanges.iter().map(|one| format!("{} from {} to {}", one.collection, one.from, one.to));
        NoPolicy::NoExchange {
            agreement: self.id.clone(),
            from: from.to_owned(),
            to: to.to_owned(),
            collection: collection.to_owned(),
            known: known.collect::<Vec<_>>().join(", "),
        }
    }
}

impl AgreementPolicy {
    /// The agreement, which every transfer names.
    #[must_use]
    pub fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// What is exchanged.
    #[must_use]
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// What became of the last changes, part by part.
    #[must_use]
    pub fn last(&self) -> Option<Sanitised> {
        self.last.read().ok()?.clone()
    }

    /// Why nothing moves now, if nothing does: a rule and words.
    #[must_use]
    pub fn obstacle(&self) -> Option<(&'static str, String)> {
        let Agreement { id, valid_from, valid_until, .. } = &self.agreement;
        match self.agreement.state((self.clock)()) {
            State::NotYetValid => {
                return Some(("agreement-not-yet-valid", format!("agreement {id} holds from {valid_from} on")));
            }
            State::Expired => return Some(("agreement-expired", format!("agreement {id} has ended at {valid_until}"))),
            State::InForce => {}
        }
        if let Err(problems) = self.agreement.signed_off() {
            let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return Some(("agreement-not-signed", format!("agreement {id}: {}", words.join("; "))));
        }
        (self.exchange.terms.encrypted && !self.encrypted).then(|| {
            ("agreement-encryption", format!("agreement {id} demands encryption, and the way is not encrypted"))
        })
    }

    /// What would leave of these objects, and without what; nothing does. The obstacles of the moment do not count.
    ///
    /// # Errors
    /// What is around the objects cannot be looked up.
    pub async fn sanitised(&self, objects: &[&str]) -> Result<Sanitised, Fault> {
        let sanitiser = self.sanitiser.clone().at((self.clock)());
        let moves = |text: &&str| {
            let own = type_of(text);
            self.moving.is_empty() || own == "marking-definition" || self.moving.contains(&own)
        };
        let (moving, staying): (Vec<&str>, Vec<&str>) = objects.iter().copied().partition(moves);
        let mut sanitised = sanitiser.sanitise_among(&moving, self.lookup.as_ref()).await?;
        sanitised.hold_back(&staying, "agreement-type", "the agreement names other types");
        Ok(sanitised)
    }

    /// The provenance of what was made here. Where its original came from would tell who saw it; how far it has gone still counts.
    fn provenance(&self, of: &Provenance) -> Provenance {
        match of.path.last() {
            Some(own) => Provenance { origin: own.clone(), hops: of.hops, path: vec![own.clone()] },
            None => Provenance { origin: of.origin.clone(), hops: of.hops, path: Vec::new() },
        }
    }

    /// A deletion as it follows. Of one version alone, it follows if its name can be told: never does more go than was deleted.
    async fn deletion(
        &self,
        id: &str,
        version: Option<&str>,
        provenance: &Provenance,
    ) -> Result<Option<Change>, Fault> {
        let Some(name) = self.sanitiser.name_among(id, self.lookup.as_ref()).await? else { return Ok(None) };
        let told = version.map(|version| self.sanitiser.version_of(id, version));
        if told == Some(None) {
            return Ok(None);
        }
        Ok(Some(Change::Deleted { id: name, version: told.flatten(), provenance: self.provenance(provenance) }))
    }
}

fn type_of(text: &str) -> String {
    stix_model::RawHead::read(text, stix_model::json::DEPTH)
        .ok()
        .and_then(|head| head.object_type().map(str::to_owned))
        .unwrap_or_default()
}

#[async_trait]
impl Policy for AgreementPolicy {
    async fn apply(&self, changes: Vec<Change>) -> Result<Applied, Fault> {
        let mut applied = Applied::default();
        if let Some((rule, reason)) = self.obstacle() {
            applied.withheld =
                changes.iter().map(|change| Refused::new(Some(change.id()), change.version(), rule, &reason)).collect();
            return Ok(applied);
        }
        let mut items: Vec<Item> = Vec::new();
        for change in changes {
            match change {
                Change::Object(item) => items.push(item),
                Change::Deleted { id, version, provenance } => {
                    match self.deletion(&id, version.as_deref(), &provenance).await? {
                        Some(change) => applied.leaving.push(change),
                        None => applied.withheld.push(Refused::new(
                            Some(&id),
                            version.as_deref(),
                            "deletion",
                            "it never left, or nobody can tell what it was called there",
                        )),
                    }
                }
            }
        }
        let texts: Vec<&str> = items.iter().map(Item::text).collect();
        let sanitised = self.sanitised(&texts).await?;
        self.put(&items, &sanitised, &mut applied);
        if let Ok(mut last) = self.last.write() {
            *last = Some(sanitised);
        }
        Ok(applied)
    }
}

impl AgreementPolicy {
    fn put(&self, items: &[Item], sanitised: &Sanitised, applied: &mut Applied) {
        let by_id: HashMap<&str, &Item> = items.iter().map(|item| (item.id(), item)).collect();
        let any =
            items.first().map_or_else(|| Provenance::local(&self.exchange.from), |item| item.provenance().clone());
        for leaving in &sanitised.leaving {
            let of = by_id.get(leaving.original.as_str());
            let provenance = of.map_or(&any, |item| item.provenance());
            let provenance = if leaving.unchanged { provenance.clone() } else { self.provenance(provenance) };
            match Item::parse(&leaving.object, provenance) {
                Ok(item) => applied.leaving.push(Change::Object(item)),
                Err(refused) => applied.withheld.push(Refused::new(
                    Some(&leaving.original),
                    Some(&leaving.original_version),
                    &refused.rule,
                    &refused.reason,
                )),
            }
        }
        let withheld = sanitised.withheld.iter();
        applied
            .withheld
            .extend(withheld.map(|one| Refused::new(Some(&one.id), Some(&one.version), &one.rule, &one.reason)));
    }
}

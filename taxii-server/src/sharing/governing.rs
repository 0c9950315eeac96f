use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use sharing::agreement::{Agreement, State};
use stix_model::marking::tlp::TlpLevel;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{Direction, Place, Shared};
use crate::audit::{Record, action};
use crate::store::{Collection, Object, Result, Store};

/// What partners bring themselves is under an agreement as well: the one that their right to write follows from.
///
/// The grant of an organisation that follows from an agreement ends when the agreement does; that is how it is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Governing {
    /// The agreement, by its id.
    pub(crate) agreement: String,
    /// What names exactly the document.
    pub(crate) terms: String,
    /// The party that gives.
    pub(crate) partner: String,
    /// The highest level that moves, of each thing that the partner gives.
    tlp: TlpLevel,
    unmarked: Option<TlpLevel>,
    /// The object types that move; with none, all.
    types: Vec<String>,
}

impl Governing {
    /// The agreement under which accounts of an organisation write to a collection. Of several, the one that was added last.
    async fn find(store: &dyn Store, organisation: &str, collection: Uuid) -> Result<Option<Self>> {
        let Some(kept) = store.arrangements() else { return Ok(None) };
        let grants = kept.granted(organisation).await?;
        let ours =
            grants.into_iter().filter(|grant| grant.rights.write && grant.object == Object::Collection(collection));
        let ends: Vec<Timestamp> = ours.filter_map(|grant| grant.expires).collect();
        if ends.is_empty() {
            return Ok(None);
        }
        let mut agreements = kept.agreements().await?;
        agreements.sort_by_key(|one| std::cmp::Reverse(one.added));
        let read = agreements.iter().filter_map(|one| Agreement::read(&one.text).ok().map(|(read, _)| read));
        let holds = |one: &Agreement| {
            let end = Timestamp::from_micros(one.valid_until.timestamp_micros());
            ends.contains(&end) && one.state(Utc::now()) == State::InForce && one.signed_off().is_ok()
        };
        Ok(read.filter(holds).find_map(|one| Self::of(&one, organisation)))
    }

    /// What an agreement says of everything that a party gives.
    fn of(agreement: &Agreement, partner: &str) -> Option<Self> {
        let given: Vec<_> =
            agreement.exchanges.iter().filter(|one| one.from == partner).map(|one| &one.terms).collect();
        let any_type = given.iter().any(|terms| terms.types.is_empty());
        Some(Self {
            agreement: agreement.id.clone(),
            terms: agreement.digest().to_owned(),
            partner: partner.to_owned(),
            tlp: given.iter().map(|terms| terms.tlp).max()?,
            unmarked: given.iter().filter_map(|terms| terms.unmarked).min(),
            types: if any_type { Vec::new() } else { given.iter().flat_map(|terms| terms.types.clone()).collect() },
        })
    }

    /// What the log says of what the partner brought itself; nothing if there is nothing to say.
    pub(crate) fn record(&self, told: Shared, to: &Collection, from: &str) -> Option<Record> {
        let told = Shared {
            agreement: Some(self.agreement.clone()),
            terms: Some(self.terms.clone()),
            partner: Some(self.partner.clone()),
            direction: Some(Direction::In),
            from: from.to_owned(),
            to: Place::Collection(to.name()).to_string(),
            ..told
        };
        let (root, collection) = (Some(to.root.clone()), Some(to.key));
        (!told.is_empty()).then(|| Record { root, collection, ..Record::new(Timestamp::now(), action::SHARED, &told) })
    }

    /// Why an object may not come in: the rule, and what it says.
    pub(crate) fn objection(&self, object_type: &str, level: Option<TlpLevel>) -> Option<(&'static str, String)> {
        let Self { agreement, tlp, types, .. } = self;
        if !types.is_empty() && object_type != "marking-definition" && types.iter().all(|one| one != object_type) {
            return Some(("agreement-type", format!("{agreement} does not name the type {object_type}")));
        }
        let level = level.or(self.unmarked).filter(|level| level > tlp)?;
        Some(("tlp", format!("TLP:{level} is above TLP:{tlp}, up to which {agreement} lets it come")))
    }
}

/// What was found, and when.
type Found = (Instant, Option<Arc<Governing>>);

/// Those that were asked for last: a partner writes many times.
#[derive(Default)]
pub(crate) struct Governance {
    /// By organisation and collection.
    known: Mutex<HashMap<(String, Uuid), Found>>,
}

/// What changes about agreements and grants counts after so long.
const GOOD_FOR: Duration = Duration::from_secs(1);
/// More partners than this are not remembered.
const MOST: usize = 1000;

impl Governance {
    /// The agreement under which somebody of an organisation writes to a collection, if there is one.
    pub(crate) async fn of(
        &self,
        store: &dyn Store,
        organisation: Option<&str>,
        collection: Uuid,
    ) -> Result<Option<Arc<Governing>>> {
        let Some(organisation) = organisation else { return Ok(None) };
        let key = (organisation.to_owned(), collection);
        if let Some((since, known)) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key)
            && since.elapsed() < GOOD_FOR
        {
            return Ok(known.clone());
        }
        let since = Instant::now();
        let found = Governing::find(store, organisation, collection).await?.map(Arc::new);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key, (since, found.clone()));
        Ok(found)
    }
}

use std::collections::HashMap;

use sharing::agreement;
use sharing::flow::{Applied, Change, Fault, HopLimits, Item, Policy, Provenance, Refused, Withheld};
use sharing::sanitise::{Leaving, Removed};

use super::{Clause, Direction};
use crate::store::{self, CollectionKey, Exchange, Store};

/// Decides what of changes leaves under an agreement: the one place where this is decided, for flows and for trials.
pub(crate) struct Decider<'d> {
    pub(crate) store: &'d dyn Store,
    /// Where the objects are, if they are in a collection of this server.
    pub(crate) from: Option<CollectionKey>,
    /// The id of this server.
    pub(crate) server: &'d str,
    pub(crate) clause: &'d Clause,
    /// Does it go to another server?
    pub(crate) travels: bool,
}

/// What becomes of changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decided {
    pub(crate) leaving: Vec<Going>,
    pub(crate) withheld: Vec<Withheld>,
    /// What was taken out of what leaves.
    pub(crate) removed: Vec<Removed>,
}

/// An object that goes, and what it was made of.
#[derive(Clone, Debug)]
pub(crate) struct Going {
    pub(crate) item: Item,
    /// The original's id and version.
    pub(crate) original: (String, String),
    pub(crate) unchanged: bool,
}

impl Decider<'_> {
    /// What becomes of these objects. What is not an object is left out: see [`super::passage`].
    pub(crate) async fn objects(&self, items: Vec<Item>) -> Result<Decided, Fault> {
        let mut decided = Decided::default();
        let items = self.within_hops(items, &mut decided).await?;
        let items = self.passed_on(items, &mut decided).await?;
        match self.clause.direction {
            Direction::In => {
                let items = self.of_types(items, &mut decided);
                self.coming(items, &mut decided);
            }
            Direction::Out => self.going(items, &mut decided).await?,
        }
        Ok(decided)
    }

    /// Sanitised or not, something goes no further than its marking lets it.
    async fn within_hops(&self, items: Vec<Item>, decided: &mut Decided) -> Result<Vec<Item>, Fault> {
        if !self.travels {
            return Ok(items);
        }
        let limits: HopLimits = self.clause.limits();
        let Applied { leaving, withheld } = limits.apply(items.into_iter().map(Change::Object).collect()).await?;
        decided.withheld.extend(withheld);
        Ok(leaving.into_iter().filter_map(object).collect())
    }

    /// What came under an agreement goes on only as that one allows.
    async fn passed_on(&self, items: Vec<Item>, decided: &mut Decided) -> Result<Vec<Item>, Fault> {
        let (Some(from), Some(exchange)) = (self.from, self.store.exchange()) else { return Ok(items) };
        let ids: Vec<String> = items.iter().map(|item| item.id().to_owned()).collect();
        if ids.is_empty() || self.clause.direction == Direction::In {
            return Ok(items);
        }
        let onward = Onward::read(self.store, exchange, from, &ids).await.map_err(|error| self.fault(&error))?;
        let mut allowed = Vec::with_capacity(items.len());
        for item in items {
            match onward.objection(&item, &self.clause.exchange.terms.onward) {
                Some((rule, reason)) => decided.withheld.push(stays(&item, rule, &reason)),
                None => allowed.push(item),
            }
        }
        Ok(allowed)
    }

    fn of_types(&self, items: Vec<Item>, decided: &mut Decided) -> Vec<Item> {
        let (admitted, others): (Vec<Item>, Vec<Item>) =
            items.into_iter().partition(|item| self.clause.admits(object_type(item.id())));
        let reason = |item: &Item| format!("the agreement does not name the type {}", object_type(item.id()));
        decided.withheld.extend(others.iter().map(|item| stays(item, "agreement-type", &reason(item))));
        admitted
    }

    /// What comes in keeps its form; more than was agreed is not taken.
    fn coming(&self, items: Vec<Item>, decided: &mut Decided) {
        let most = self.clause.exchange.terms.tlp;
        for item in items {
            match item.tlp().or(self.clause.exchange.terms.unmarked) {
                Some(level) if level > most => {
                    let reason = format!("TLP:{level} is above TLP:{most}, up to which was agreed");
                    decided.withheld.push(stays(&item, "tlp", &reason));
                }
                _ => {
                    let original = (item.id().to_owned(), item.version().to_owned());
                    decided.leaving.push(Going { item, original, unchanged: true });
                }
            }
        }
    }

    async fn going(&self, items: Vec<Item>, decided: &mut Decided) -> Result<(), Fault> {
        let texts: Vec<&str> = items.iter().map(Item::text).collect();
        let sanitised = self.clause.policy().sanitised(&texts).await?;
        let mut originals: HashMap<(&str, &str), Vec<&Item>> = HashMap::new();
        for item in &items {
            originals.entry((item.id(), dated(item))).or_default().push(item);
        }
        for leaving in &sanitised.leaving {
            let versions = originals.get(&(leaving.original.as_str(), leaving.original_version.as_str()));
            // What has no dates may be there with several contents.
            let same = |item: &&&Item| leaving.unchanged && item.text() == leaving.object;
            let original = versions.and_then(|all| all.iter().find(same).or(all.last())).copied();
            match self.made(leaving, original) {
                Ok(going) => decided.leaving.push(going),
                Err(refused) => decided.withheld.push(refused),
            }
        }
        let withheld = sanitised.withheld.iter();
        decided
            .withheld
            .extend(withheld.map(|one| Refused::new(Some(&one.id), Some(&one.version), &one.rule, &one.reason)));
        decided.removed.extend(sanitised.removed);
        Ok(())
    }

    /// What was made of an original is new, and comes from here; it has gone as far as the original.
    fn made(&self, leaving: &Leaving, original: Option<&Item>) -> Result<Going, Withheld> {
        let provenance = match original {
            Some(original) if leaving.unchanged => original.provenance().clone(),
            Some(original) => self.here(original.provenance().hops),
            None => self.here(1),
        };
        let item = Item::parse(&leaving.object, provenance)?;
        let version = original.map_or(leaving.original_version.as_str(), Item::version).to_owned();
        Ok(Going { item, original: (leaving.original.clone(), version), unchanged: leaving.unchanged })
    }

    fn here(&self, hops: u32) -> Provenance {
        let server = self.server.to_owned();
        Provenance { origin: server.clone(), hops: hops.max(1), path: vec![server] }
    }

    fn fault(&self, error: &crate::store::StoreError) -> Fault {
        Fault::Local {
            place: format!("the collection that agreement {} is about", self.clause.agreement.id),
            reason: crate::service::chain(error),
        }
    }
}

fn object(change: Change) -> Option<Item> {
    match change {
        Change::Object(item) => Some(item),
        Change::Deleted { .. } => None,
    }
}

/// The version of an object as reports have it: nothing for what has no dates.
fn dated(item: &Item) -> &str {
    if item.is_dated() { item.version() } else { "" }
}

pub(crate) fn object_type(id: &str) -> &str {
    id.split_once("--").map_or(id, |(object_type, _)| object_type)
}

fn stays(item: &Item, rule: &str, reason: &str) -> Withheld {
    Withheld::new(Some(item.id()), Some(item.version()), rule, reason)
}

/// Under which agreements objects came, and what these say of passing them on.
struct Onward {
    /// By the object's id, under which agreements it came, and how.
    came: HashMap<String, Vec<store::Provenance>>,
    said: HashMap<String, Option<sharing::agreement::Agreement>>,
}

impl Onward {
    async fn read(
        store: &dyn Store,
        exchange: &dyn Exchange,
        collection: CollectionKey,
        ids: &[String],
    ) -> crate::store::Result<Self> {
        let origins = exchange.origins(collection, ids).await?;
        let bound = |ways: Vec<Option<store::Provenance>>| -> Vec<store::Provenance> {
            ways.into_iter().flatten().filter(|way| way.agreement.is_some()).collect()
        };
        let came: HashMap<String, Vec<store::Provenance>> =
            origins.into_iter().map(|(id, ways)| (id, bound(ways))).filter(|(_, ways)| !ways.is_empty()).collect();
        let mut said = HashMap::new();
        if !came.is_empty()
            && let Some(kept) = store.arrangements()
        {
            for one in kept.agreements().await? {
                said.insert(one.id, sharing::agreement::Agreement::read(&one.text).ok().map(|(read, _)| read));
            }
        }
        Ok(Self { came, said })
    }

    /// Why it may not go on under an agreement that says this of passing on; `None` if it may.
    fn objection(&self, item: &Item, next: &agreement::Onward) -> Option<(&'static str, String)> {
        let came = self.came.get(item.id())?;
        came.iter().find_map(|way| {
            let id = way.agreement.as_ref()?;
            let Some(Some(agreement)) = self.said.get(id) else {
                return Some((
                    "onward",
                    format!("it came under {id}, which is no longer there to say whether it may go on"),
                ));
            };
            let onward = agreement
                .exchanges
                .iter()
                .map(|one| &one.terms.onward)
                .min_by_key(|one| (one.allowed, one.max_hops))?;
            // The step from its giver to us is the first, whether it came from a server or somebody submitted it here.
            let hops = item.provenance().hops + u32::from(!way.is_from_elsewhere());
            if !onward.allowed {
                return Some(("onward", format!("it came under {id}, which does not let it be passed on")));
            }
            if hops > onward.max_hops.saturating_add(1) {
                return Some(("onward", format!("{id} lets it be passed on {} times", onward.max_hops)));
            }
            if next.allowed && next.max_hops > onward.max_hops {
                let (most, theirs) = (onward.max_hops, next.max_hops);
                return Some((
                    "onward",
                    format!("{id} lets it be passed on {most} times, and who got it now could do so {theirs} times"),
                ));
            }
            let level = item.tlp().filter(|level| *level > onward.tlp)?;
            Some(("onward", format!("{id} lets it be passed on up to TLP:{}, and it is TLP:{level}", onward.tlp)))
        })
    }
}

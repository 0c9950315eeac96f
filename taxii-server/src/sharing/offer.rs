use std::collections::HashMap;
use std::sync::Arc;

use sharing::flow::HopLimits;
use stix_model::marking::tlp::{Tlp, TlpLevel};
use taxii_model::Timestamp;

use crate::service::sights::Limited;
use crate::store::{Changed, Collection, Exchange, Label, Labels, Provenance, Result, Stretch, UNMARKED};

/// The TLP levels of a collection's entries, by the numbers of their labels.
#[derive(Debug)]
pub(crate) struct Levels {
    known: HashMap<i64, Option<TlpLevel>>,
    default: Option<TlpLevel>,
}

impl Levels {
    pub(crate) fn of(labels: &Labels, collection: &Collection) -> Self {
        let default = collection.markings.default_marking;
        let known = labels.labels.iter().map(|(number, label)| (*number, level(label, default))).collect();
        Self { known, default }
    }

    /// What is not known may be the worst.
    fn get(&self, label: i64) -> Option<TlpLevel> {
        match self.known.get(&label) {
            Some(level) => *level,
            None if label == UNMARKED => self.default,
            None => Some(TlpLevel::Red),
        }
    }
}

/// The most restrictive level of an entry and its parts.
pub(crate) fn level(label: &Label, default: Option<TlpLevel>) -> Option<TlpLevel> {
    if label.is_public() {
        return Some(TlpLevel::Clear);
    }
    if !label.is_readable() {
        return Some(TlpLevel::Red);
    }
    let own = label.object().iter().filter_map(|id| Some(Tlp::by_id(id.as_str())?.level())).max();
    let parts = label.parts().iter().filter_map(|id| Some(Tlp::by_id(id.as_str())?.level())).max();
    own.or(default).max(parts)
}

/// What is offered of a collection to somebody.
pub(crate) struct Offer<'o> {
    pub(crate) exchange: &'o dyn Exchange,
    pub(crate) collection: &'o Collection,
    /// The id of this server.
    pub(crate) server: &'o str,
    /// The server that receives, as far as it is known: nothing is offered to it that has been there.
    pub(crate) receiver: Option<&'o str>,
    /// What the receiver sees of the collection.
    pub(crate) limited: Option<Arc<Limited>>,
    pub(crate) levels: Levels,
    pub(crate) limits: HopLimits,
    /// How far the collection had come when it was asked for what the receiver sees.
    pub(crate) until: Timestamp,
}

/// Some of it.
pub(crate) struct Offered {
    /// With the provenance that the receiver is to keep.
    pub(crate) changes: Vec<Changed>,
    /// Everything up to here has been looked at.
    pub(crate) reached: Timestamp,
    pub(crate) more: bool,
}

impl Offer<'_> {
    /// What comes after a stamp. Where all of it stays, further is looked at: whoever follows is not led through empty pages.
    pub(crate) async fn page(&self, after: Timestamp, limit: usize, bytes: usize) -> Result<Offered> {
        const STEPS: usize = 100;
        const STEP: usize = 1000;
        let mut offered = self.step(after, limit, bytes).await?;
        for _ in 0..STEPS {
            if !offered.changes.is_empty() || !offered.more {
                break;
            }
            // What leaves of it has to fit.
            let further = self.step(offered.reached, STEP, bytes).await?;
            offered =
                if further.changes.len() > limit { self.step(offered.reached, limit, bytes).await? } else { further };
        }
        Ok(offered)
    }

    async fn step(&self, after: Timestamp, limit: usize, bytes: usize) -> Result<Offered> {
        let (collection, until) = (self.collection.key, self.until);
        let end = || Offered { changes: Vec::new(), reached: after.max(until), more: false };
        if after >= until || self.limited.as_ref().is_some_and(|limited| limited.sight.labels().is_empty()) {
            return Ok(end());
        }
        let sight = self.limited.as_ref().map(|limited| Arc::clone(&limited.sight));
        let stretch = Stretch { collection, after, until, limit: limit.max(1), bytes, sight };
        let page = self.exchange.changes(&stretch).await?;
        let last = page.entries.last().map_or(after, |last| last.stamp);
        let reached = if page.more { last } else { after.max(until) };
        let changes = page.entries.into_iter().filter_map(|changed| self.leaving(changed)).collect();
        Ok(Offered { changes, reached, more: page.more })
    }

    /// As the receiver is to have it; `None` if it stays. What the receiver sees only in part is none that anybody ever
    /// made: it is not passed off as the original.
    pub(crate) fn leaving(&self, changed: Changed) -> Option<Changed> {
        if self.limited.as_ref().is_some_and(|limited| limited.redacts(changed.label)) {
            return None;
        }
        let came = changed.provenance.as_ref();
        if self.receiver.is_some_and(|receiver| came.is_some_and(|came| came.passed(receiver))) {
            return None;
        }
        let origin = came.map_or(self.server, |came| &came.origin).to_owned();
        let hops = came.map_or(0, |came| came.hops).saturating_add(1);
        if hops > self.limits.of_object(&changed.id, self.levels.get(changed.label)) {
            return None;
        }
        let mut path = came.map(|came| came.path.clone()).unwrap_or_default();
        path.push(self.server.to_owned());
        let provenance = Some(Provenance { origin, hops, path, ..Provenance::default() });
        Some(Changed { provenance, ..changed })
    }
}

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use taxii_model::Timestamp;

use super::{Direction, Shared};
use crate::audit::{Entry, Log, action};
use crate::store::Result;

/// What went and came under an agreement in a period, from the log: the transparency report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The agreement.
    pub agreement: String,
    /// From when on.
    pub since: Option<Timestamp>,
    /// Until when.
    pub until: Option<Timestamp>,
    /// With each partner, each way, between each two places.
    pub lines: Vec<Line>,
}

/// What went one way with one partner between two places.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The party at the other end: who received, or who sent.
    pub partner: String,
    /// Which way.
    pub direction: Direction,
    /// From which place.
    pub from: String,
    /// To which place.
    pub to: String,
    /// By which flows.
    pub flows: BTreeSet<String>,
    /// The documents that it went under, by the digests of their terms.
    pub terms: BTreeSet<String>,
    /// In how many transfers.
    pub transfers: u64,
    /// How many different objects were new there.
    pub objects: u64,
    /// How many versions were new there.
    pub versions: u64,
    /// How many of each object type.
    pub types: BTreeMap<String, u64>,
    /// How many of each TLP level.
    pub levels: BTreeMap<String, u64>,
    /// How many versions were there before.
    pub known: u64,
    /// How many were taken back.
    pub deleted: u64,
    /// How many were there with other content.
    pub conflicts: u64,
    /// How many were not taken there, by rule.
    pub refused: BTreeMap<String, u64>,
    /// How many stayed, by rule.
    pub withheld: BTreeMap<String, u64>,
    /// How many parts of objects were taken out, by rule.
    pub removed: BTreeMap<String, u64>,
    /// When for the first time.
    pub first: Timestamp,
    /// When for the last time.
    pub last: Timestamp,
}

type Key = (String, &'static str, String, String);

struct Sum {
    shared: Shared,
    line: Line,
    ids: BTreeSet<String>,
}

/// Reads the report of an agreement from the log.
///
/// # Errors
/// The log cannot be read.
pub async fn report<L: Log + ?Sized>(
    log: &L,
    agreement: &str,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<Report> {
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    // Clocks of nodes differ by a moment.
    const MOMENT: i64 = 60_000_000;
    let mut at = match since {
        Some(since) => log.last_before(Timestamp::from_micros(since.as_micros() - MOMENT)).await?,
        None => 0,
    };
    loop {
        let entries = log.entries(at, 1000).await?;
        let Some(last) = entries.last() else { break };
        at = last.number;
        let is_over = until.is_some_and(|until| last.record.at.as_micros() > until.as_micros() + MOMENT);
        for entry in &entries {
            let when = entry.record.at;
            if since.is_none_or(|since| when >= since) && until.is_none_or(|until| when < until) {
                take(&mut sums, agreement, entry);
            }
        }
        if is_over {
            break;
        }
    }
    let lines = sums.into_values().map(Sum::line).collect();
    Ok(Report { agreement: agreement.to_owned(), since, until, lines })
}

fn take(sums: &mut BTreeMap<Key, Sum>, agreement: &str, entry: &Entry) {
    if entry.record.action != action::SHARED {
        return;
    }
    let Ok(shared) = serde_json::from_str::<Shared>(&entry.record.details) else { return };
    if shared.agreement.as_deref() != Some(agreement) {
        return;
    }
    let direction = shared.direction.unwrap_or(Direction::Out);
    let way = if direction == Direction::Out { "out" } else { "in" };
    let partner = shared.partner.clone().unwrap_or_default();
    let key = (partner, way, shared.from.clone(), shared.to.clone());
    let at = entry.record.at;
    let sum = sums.entry(key).or_insert_with(|| Sum::new(&shared, direction, at));
    // What partners bring themselves comes by no flow.
    sum.line.flows.extend(Some(shared.flow.clone()).filter(|flow| !flow.is_empty()));
    sum.line.terms.extend(shared.terms.clone());
    sum.line.transfers += u64::from(!shared.versions.is_empty() || !shared.deleted.is_empty());
    sum.line.first = sum.line.first.min(at);
    sum.line.last = sum.line.last.max(at);
    sum.line.versions += shared.versions.len() as u64;
    sum.line.deleted += shared.deleted.len() as u64;
    sum.ids.extend(shared.versions.iter().map(|(id, _)| id.clone()));
    sum.shared.add(&Shared { versions: Vec::new(), deleted: Vec::new(), ..shared });
}

impl Sum {
    fn new(shared: &Shared, direction: Direction, at: Timestamp) -> Self {
        let line = Line {
            partner: shared.partner.clone().unwrap_or_default(),
            direction,
            from: shared.from.clone(),
            to: shared.to.clone(),
            flows: BTreeSet::new(),
            terms: BTreeSet::new(),
            transfers: 0,
            objects: 0,
            versions: 0,
            types: BTreeMap::new(),
            levels: BTreeMap::new(),
            known: 0,
            deleted: 0,
            conflicts: 0,
            refused: BTreeMap::new(),
            withheld: BTreeMap::new(),
            removed: BTreeMap::new(),
            first: at,
            last: at,
        };
        Self { shared: Shared::default(), line, ids: BTreeSet::new() }
    }

    fn line(self) -> Line {
        let Shared { types, levels, known, conflicts, refused, withheld, removed, .. } = self.shared;
        let objects = self.ids.len() as u64;
        Line { objects, types, levels, known, conflicts, refused, withheld, removed, ..self.line }
    }
}

/// What an account of a partner fetched or brought itself, without a flow of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// The partner.
    pub partner: String,
    /// The account.
    pub account: String,
    /// The number of the collection.
    pub collection: i64,
    /// How many versions were sent to it, those that were sent again included.
    pub received: i64,
    /// How many times it added or deleted something.
    pub wrote: u64,
    /// When for the first time.
    pub first: Timestamp,
    /// When for the last time.
    pub last: Timestamp,
}

/// What these accounts of a partner fetched and brought themselves.
///
/// # Errors
/// The log cannot be read.
pub async fn readers<L: Log + ?Sized>(
    log: &L,
    partner: &str,
    accounts: &[String],
    since: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<Vec<Reader>> {
    let mut all: BTreeMap<(String, i64), Reader> = BTreeMap::new();
    for account in accounts {
        let take = |activity: crate::audit::Activity| {
            let Some(collection) = activity.collection else { return };
            let wrote = activity.action == action::ADDED || activity.action == action::DELETED;
            if !wrote && activity.action != action::DELIVERED {
                return;
            }
            let reader = all.entry((account.clone(), collection)).or_insert_with(|| Reader {
                partner: partner.to_owned(),
                account: account.clone(),
                collection,
                received: 0,
                wrote: 0,
                first: activity.at,
                last: activity.at,
            });
            reader.received += activity.versions.unwrap_or_default();
            reader.wrote += u64::from(wrote);
            reader.first = reader.first.min(activity.at);
            reader.last = reader.last.max(activity.at);
        };
        crate::audit::what_did(log, account, since, until, take).await?;
    }
    Ok(all.into_values().collect())
}

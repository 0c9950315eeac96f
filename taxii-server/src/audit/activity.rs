use std::collections::BTreeMap;

use serde::Serialize;
use taxii_model::Timestamp;

use super::received::Delivered;
use super::{Entry, Log, Record, action};
use crate::store::{CollectionKey, Result};

/// Something that an account did, or that was done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// The number of the record.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// What: see [`action`].
    pub action: String,
    /// With which credential.
    pub credential: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// In which API root.
    pub root: Option<String>,
    /// In which collection.
    pub collection: Option<i64>,
    /// The first stamp that it is about.
    pub first: Option<Timestamp>,
    /// The last stamp that it is about.
    pub last: Option<Timestamp>,
    /// About how many versions of objects.
    pub versions: Option<i64>,
    /// What else the record says, as JSON; of a delivery nothing, since it tells of other recipients.
    pub details: Option<String>,
}

/// What an account did between two times, in order: hands it over one by one.
///
/// # Errors
/// The log cannot be read.
pub async fn what_did<L: Log + ?Sized>(
    log: &L,
    account: &str,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    mut take: impl FnMut(Activity),
) -> Result<()> {
    let own = numbers(log, account).await?;
    let mut at = match since {
        // Clocks of nodes differ by a moment.
        Some(since) => log.last_before(Timestamp::from_micros(since.as_micros() - 60_000_000)).await?,
        None => 0,
    };
    let is_wanted = |entry: &Entry| {
        since.is_none_or(|since| entry.record.at >= since) && until.is_none_or(|until| entry.record.at < until)
    };
    loop {
        let entries = log.entries(at, 1000).await?;
        let Some(last) = entries.last() else { return Ok(()) };
        at = last.number;
        if until.is_some_and(|until| last.record.at.as_micros() > until.as_micros() + 60_000_000) && !is_wanted(last) {
            entries.iter().filter(|entry| is_wanted(entry)).for_each(|entry| activity(entry, account, &own, &mut take));
            return Ok(());
        }
        entries.iter().filter(|entry| is_wanted(entry)).for_each(|entry| activity(entry, account, &own, &mut take));
    }
}

/// Under which numbers the account received objects.
async fn numbers<L: Log + ?Sized>(log: &L, account: &str) -> Result<BTreeMap<i64, Record>> {
    let mut all = BTreeMap::new();
    let mut at = 0;
    loop {
        let entries = log.entries_of(account, at, 1000).await?;
        let Some(last) = entries.last() else { return Ok(all) };
        at = last.number;
        let recipients = entries.into_iter().filter(|entry| entry.record.action == action::RECIPIENT);
        all.extend(
            recipients.map(|entry| (entry.record.first.map_or(entry.number, Timestamp::as_micros), entry.record)),
        );
    }
}

fn activity(entry: &Entry, account: &str, own: &BTreeMap<i64, Record>, take: &mut impl FnMut(Activity)) {
    let record = &entry.record;
    let of = |who: &Record, versions, details| Activity {
        number: entry.number,
        at: record.at,
        action: record.action.to_string(),
        credential: who.credential.clone(),
        address: who.address.clone(),
        root: record.root.clone(),
        collection: record.collection.map(|CollectionKey(number)| number),
        first: record.first,
        last: record.last,
        versions,
        details,
    };
    if let Some(delivered) = Delivered::of(record) {
        for who in delivered.to.iter().filter_map(|number| own.get(number)) {
            take(of(who, Some(delivered.runs.len()), None));
        }
    } else if record.account.as_deref() == Some(account) && record.action != action::RECIPIENT {
        take(of(record, None, Some(record.details.clone())));
    }
}

use serde::Serialize;
use serde_json::json;
use taxii_model::Timestamp;

use super::journal::NUMBERED;
use super::{Entry, Log, Record, action};
use crate::store::Result;

/// What was cut off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// How many records.
    pub records: u64,
    /// Up to which number.
    pub through: i64,
}

/// Cuts off the beginning of the log: what was written before a time. A record at the end says so and ties what is left to what was
/// there, so that the chain still verifies; recipients that what is left refers to are written down again.
///
/// # Errors
/// The log cannot be read or appended to.
pub async fn prune<L: Log + ?Sized>(log: &L, before: Timestamp, now: Timestamp) -> Result<Pruned> {
    let head = log.head().await?;
    let through = log.last_before(before).await?.min(head.number - 1);
    let Some(last) = log.entries(through - 1, 1).await?.into_iter().next().filter(|last| last.number == through) else {
        return Ok(Pruned::default());
    };
    let mut records = carried(log, &last, now).await?;
    let details = json!({"through": through, "hash": last.hash, "before": before});
    records.push(Record::new(now, action::PRUNED, &details));
    log.append(records).await?;
    Ok(Pruned { records: log.cut(through, before).await?, through })
}

/// Recipients that records behind this one may refer to, each with its number as `first`.
async fn carried<L: Log + ?Sized>(log: &L, last: &Entry, now: Timestamp) -> Result<Vec<Record>> {
    /// The clocks of nodes differ.
    const DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let oldest = Timestamp::from_micros(last.record.at.as_micros() - NUMBERED - DAY);
    let mut at = log.last_before(oldest).await?;
    let mut carried = Vec::new();
    loop {
        let entries = log.entries(at, 1000).await?;
        let Some(end) = entries.last().map(|entry| entry.number) else { break };
        let old = entries.into_iter().filter(|e| e.number <= last.number && e.record.action == action::RECIPIENT);
        for Entry { number, record, .. } in old {
            let since = record.last.unwrap_or(record.at);
            if since >= oldest {
                let first = record.first.unwrap_or(Timestamp::from_micros(number));
                carried.push(Record { at: now, first: Some(first), last: Some(since), ..record });
            }
        }
        at = end;
        if at >= last.number {
            break;
        }
    }
    Ok(carried)
}

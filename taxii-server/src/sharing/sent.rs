use std::collections::{BTreeMap, HashMap};

use super::Shared;
use crate::audit::{Brought, Log, Received};
use crate::store::{CollectionKey, Result, Store};

/// Whom flows brought an object, in whichever version, from a collection of this server: as it is or, as far as the flow is still there,
/// as what it was made into. `object` may also be the id of what was made.
///
/// # Errors
/// The store cannot be read.
pub async fn who_was_sent<S: Store + Log + ?Sized>(store: &S, object: &str) -> Result<Vec<Received>> {
    // Under which ids it went, by flow and version there: which version here that was.
    let mut made: HashMap<(String, String, String), String> = HashMap::new();
    if let Some(kept) = store.arrangements() {
        for flow in kept.flows().await? {
            for one in kept.counterparts(&flow.name, &[object.to_owned()]).await? {
                made.insert((flow.name.clone(), one.derived, one.derived_version), one.version);
            }
        }
    }
    let mut ids: Vec<&str> = made.keys().map(|(_, derived, _)| derived.as_str()).chain([object]).collect();
    ids.sort_unstable();
    ids.dedup();
    let seen = store.sightings(object).await?;
    let mut all: BTreeMap<(i64, String, Brought), Received> = BTreeMap::new();
    for id in ids {
        for entry in store.entries_of_flows(id).await? {
            let Ok(shared) = serde_json::from_str::<Shared>(&entry.record.details) else { continue };
            // What came from elsewhere was not given away.
            if !shared.from.starts_with("collection:") {
                continue;
            }
            let collection = entry.record.collection.unwrap_or(CollectionKey(0));
            for (_, there) in shared.versions.iter().filter(|(named, _)| named == id) {
                let version = made.get(&(shared.flow.clone(), id.to_owned(), there.clone())).unwrap_or(there);
                let found = seen.iter().find(|seen| seen.collection == collection && seen.version == *version);
                let brought = Brought {
                    flow: shared.flow.clone(),
                    to: shared.to.clone(),
                    partner: shared.partner.clone(),
                    agreement: shared.agreement.clone(),
                    r#as: (id != object).then(|| id.to_owned()),
                };
                let at = entry.record.at;
                let row = all.entry((collection.0, version.clone(), brought.clone())).or_insert_with(|| Received {
                    collection,
                    version: version.clone(),
                    added: found.map(|found| found.added),
                    removed: found.and_then(|found| found.removed),
                    account: entry.record.account.clone(),
                    credential: None,
                    address: None,
                    redacted: false,
                    first: at,
                    last: at,
                    times: 0,
                    brought: Some(brought),
                });
                (row.first, row.last, row.times) = (row.first.min(at), row.last.max(at), row.times + 1);
            }
        }
    }
    Ok(all.into_values().collect())
}

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use taxii_model::Timestamp;
use uuid::Uuid;

use super::{Log, Poller};
use crate::access::Effective;
use crate::store::{Admin, Collection, CollectionKey, Result, Store, StoreError};

/// How somebody who polls stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It had all that there was when it asked last.
    Current,
    /// There is something that it has not fetched yet.
    Behind,
    /// It has not asked for much longer than usual.
    Stalled,
    /// It may read the collection and has never asked.
    Never,
}

/// How far somebody who may read a collection is behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lag {
    /// The `id` of the collection.
    pub collection: Uuid,
    /// Whose account; empty for whoever did not log in.
    pub account: String,
    /// How it stands.
    pub standing: Standing,
    /// When it asked last.
    pub polled: Option<Timestamp>,
    /// How often it has asked.
    pub polls: u64,
    /// How many seconds usually lie between two rounds.
    pub usual_seconds: Option<i64>,
    /// How far it has come.
    pub position: Option<Timestamp>,
    /// How many entries lie behind that.
    pub entries: u64,
    /// How many seconds lie between its position and the newest entry.
    pub seconds: i64,
}

const SECOND: i64 = 1_000_000;

/// How far those who poll have come, and who may and does not: `readers` says whose accounts may read which collections. Whoever has not asked
/// for three times as long as usual, or for `patience`, is stalled.
///
/// # Errors
/// The store cannot be read.
pub async fn lag<S: Store + Log + ?Sized>(
    store: &S,
    collections: &[Collection],
    readers: &[(String, Uuid)],
    now: Timestamp,
    patience: Option<Duration>,
) -> Result<Vec<Lag>> {
    let mut known: HashMap<(CollectionKey, String), Poller> = HashMap::new();
    for poller in store.pollers().await? {
        known.insert((poller.collection, poller.account.clone()), poller);
    }
    let mut all = Vec::new();
    for collection in collections {
        let clock = match store.mark(collection.key).await {
            Ok(mark) => mark.clock,
            // Removed since it was listed.
            Err(StoreError::Missing(_)) => continue,
            Err(error) => return Err(error),
        };
        let of_collection = |account: &String| known.get(&(collection.key, account.clone()));
        let granted = readers.iter().filter(|(_, id)| *id == collection.id).map(|(account, _)| account);
        let mut accounts: Vec<&String> = granted.collect();
        accounts.extend(known.values().filter(|p| p.collection == collection.key).map(|p| &p.account));
        accounts.sort_unstable();
        accounts.dedup();
        for account in accounts {
            let poller = of_collection(account);
            let position = poller.map(|poller| poller.position);
            let from = position.unwrap_or(Timestamp::from_micros(i64::MIN));
            let entries = store.behind(collection.key, from).await?;
            let seconds = match (entries, position) {
                (0, _) | (_, None) => 0,
                (_, Some(position)) => (clock.as_micros() - position.as_micros()).max(0) / SECOND,
            };
            all.push(Lag {
                collection: collection.id,
                account: account.clone(),
                standing: standing(poller, entries, now, patience),
                polled: poller.map(|poller| poller.polled),
                polls: poller.map_or(0, |poller| poller.polls),
                usual_seconds: poller.and_then(|poller| poller.every).map(|every| every / SECOND),
                position,
                entries,
                seconds,
            });
        }
    }
    Ok(all)
}

/// Whose accounts may read which collections now. Administrators, who may read all, are only among them where they were granted to.
///
/// # Errors
/// The store cannot be read.
pub async fn readers<S: Store + Admin + ?Sized>(store: &S, now: Timestamp) -> Result<Vec<(String, Uuid)>> {
    let directory = store.directory().await?;
    let mut all = Vec::new();
    for account in store.accounts().await? {
        let Some(identity) = store.identity(&account.name).await? else { continue };
        let effective = Effective::of(&identity, now);
        let reads = |collection: &&Collection| {
            let of_collection = effective.collections.get(&collection.id).is_some_and(|rights| rights.read);
            of_collection || effective.roots.get(&collection.root).is_some_and(|rights| rights.read)
        };
        let readable = directory.collections.iter().filter(reads);
        all.extend(readable.map(|collection| (account.name.clone(), collection.id)));
    }
    Ok(all)
}

fn standing(poller: Option<&Poller>, entries: u64, now: Timestamp, patience: Option<Duration>) -> Standing {
    let Some(poller) = poller else { return Standing::Never };
    let silent = now.as_micros() - poller.polled.as_micros();
    let configured = patience.map(|patience| i64::try_from(patience.as_micros()).unwrap_or(i64::MAX));
    let usual = poller.every.map(|every| every.saturating_mul(3));
    match configured.or(usual) {
        Some(longest) if silent > longest => Standing::Stalled,
        _ if entries > 0 => Standing::Behind,
        _ => Standing::Current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Poll;

    /// Promise 5 of the log: a round may be several requests some seconds apart, and who comes as usual is not stalled then; an outage of
    /// a day is not taken for a habit, and who comes more often from now on is measured by that.
    #[test]
    fn rounds_of_several_requests_are_rounds() {
        let begin = |seconds: i64| Timestamp::from_micros(seconds * SECOND);
        let poll = |poller: Option<Poller>, seconds: i64| {
            let (collection, account, at) = (CollectionKey(1), "a".to_owned(), begin(seconds));
            Poller::after(poller, &Poll { collection, account, at, position: at, polls: 1, caught_up: Some(at) })
        };
        let stands = |poller: &Poller, seconds: i64| standing(Some(poller), 0, begin(seconds), None);
        for requests in [1, 2, 3, 9] {
            let (mut poller, mut now) = (None, 0);
            for round in 0..40 {
                if let Some(poller) = poller.as_ref().filter(|_| round > 5) {
                    assert_eq!(stands(poller, now), Standing::Current, "{requests} requests, round {round}");
                    assert_eq!(stands(poller, now + 200), Standing::Stalled, "{requests} requests, round {round}");
                }
                for request in 0..requests {
                    poller = Some(poll(poller, now + request));
                }
                now += 31;
            }
            now += 86_400;
            for _ in 0..10 {
                for request in 0..requests {
                    poller = Some(poll(poller, now + request));
                }
                now += 31;
            }
            assert_eq!(
                stands(&poller.expect("a poller"), now + 200),
                Standing::Stalled,
                "after an outage: {requests} requests"
            );
        }
    }

    /// Promise 5 of the log: who polls every five minutes is stalled after a quarter of an hour of silence, and not before; pages of one
    /// round are no rounds.
    #[test]
    fn silence_is_measured_by_habit() {
        let mut poller = None;
        let at = |seconds: i64| Timestamp::from_micros(seconds * SECOND);
        for round in 0..10 {
            for (page, all) in [(0, false), (0, true)] {
                let now = at(1000 + round * 300 + page);
                let poll = Poll {
                    collection: CollectionKey(1),
                    account: "a".to_owned(),
                    at: now,
                    position: now,
                    polls: 1,
                    caught_up: all.then_some(now),
                };
                poller = Some(Poller::after(poller, &poll));
            }
        }
        let poller = poller.unwrap();
        assert_eq!((poller.polls, poller.every), (20, Some(300 * SECOND)));
        let last = 1000 + 9 * 300;
        for (silence, patience, expected) in [
            (899, None, Standing::Current),
            (901, None, Standing::Stalled),
            (901, Some(Duration::from_secs(3600)), Standing::Current),
            (10, Some(Duration::from_secs(9)), Standing::Stalled),
        ] {
            assert_eq!(standing(Some(&poller), 0, at(last + silence), patience), expected, "{silence}");
        }
        assert_eq!(standing(Some(&poller), 5, at(last + 1), None), Standing::Behind);
        assert_eq!(standing(None, 5, at(last), None), Standing::Never);
    }
}

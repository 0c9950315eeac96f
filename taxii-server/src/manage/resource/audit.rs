use std::sync::Arc;

use serde_json::{Value, json};
use taxii_model::Timestamp;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::value;
use crate::audit::{self, Head};
use crate::manage::call::{Call, Outcome};
use crate::manage::lines::{portions, text};
use crate::manage::problem::Problem;
use crate::manage::route::Replied;
use crate::store::{Collection, CollectionKey, Directory};

/// The `id` of a collection, unless it is gone.
fn id_of(directory: &Directory, key: CollectionKey) -> Option<Uuid> {
    directory.collections.iter().find(|collection| collection.key == key).map(|collection| collection.id)
}

/// The same, with the collection's `id` in place of the store's own number.
pub(super) fn named(
    directory: &Directory,
    thing: &impl serde::Serialize,
    key: Option<CollectionKey>,
) -> Result<Value, Problem> {
    let mut told = value(thing)?;
    if let Some(members) = told.as_object_mut() {
        members.insert("collection".to_owned(), json!(key.and_then(|key| id_of(directory, key))));
    }
    Ok(told)
}

async fn all(lines: Vec<Value>) -> Outcome {
    let portion =
        |rest: Vec<Value>| async move { if rest.is_empty() { Ok(None) } else { Ok(Some((text(&rest)?, Vec::new()))) } };
    Ok(Replied::Lines(portions(lines, portion).await?))
}

pub(in crate::manage) async fn received(call: Call) -> Outcome {
    let directory = call.directory().await?;
    let object = call.text("object").unwrap_or_default();
    let mut received = audit::who_received(call.store(), object).await?;
    received.extend(crate::sharing::who_was_sent(call.store(), object).await?);
    let lines = received.iter().map(|one| named(&directory, one, Some(one.collection)));
    all(lines.collect::<Result<_, _>>()?).await
}

/// Tells as it finds; whoever does not take what is told holds it up.
pub(in crate::manage) async fn activity(call: Call) -> Outcome {
    let directory = call.directory().await?;
    let (since, until) = (call.time("since"), call.time("until"));
    let account = call.text("account").unwrap_or_default().to_owned();
    let within = Arc::clone(&call.within);
    let (tell, told) = mpsc::unbounded_channel();
    let searching = tokio::spawn(async move {
        audit::what_did(&*within.store, &account, since, until, |activity| drop(tell.send(activity))).await
    });
    let state = (told, Some(searching), Arc::new(directory));
    let portion = |(mut told, mut searching, directory): (
        mpsc::UnboundedReceiver<audit::Activity>,
        Option<tokio::task::JoinHandle<crate::store::Result<()>>>,
        Arc<Directory>,
    )| async move {
        let mut some = Vec::new();
        if told.recv_many(&mut some, 1000).await == 0 {
            // It has told all, or has failed.
            if let Some(searching) = searching.take() {
                searching.await.map_err(crate::store::StoreError::failed)??;
            }
            return Ok(None);
        }
        let lines: Result<Vec<Value>, _> = some
            .iter()
            .map(|one| {
                let mut told = serde_json::to_value(one)?;
                if let Some(members) = told.as_object_mut() {
                    let key = one.collection.map(CollectionKey);
                    members.insert("collection".to_owned(), json!(key.and_then(|key| id_of(&directory, key))));
                }
                Ok(told)
            })
            .collect();
        let lines = lines.map_err(|error: serde_json::Error| crate::store::StoreError::failed(error))?;
        Ok(Some((text(&lines)?, (told, searching, directory))))
    };
    Ok(Replied::Lines(portions(state, portion).await?))
}

pub(in crate::manage) async fn lag(call: Call) -> Outcome {
    let directory = call.directory().await?;
    let wanted = call.text("collection").and_then(|id| Uuid::try_parse(id).ok());
    let is_wanted = |one: &&Collection| wanted.is_none_or(|wanted| one.id == wanted);
    let collections: Vec<Collection> = directory.collections.iter().filter(is_wanted).cloned().collect();
    if let (Some(wanted), []) = (wanted, collections.as_slice()) {
        return Err(Problem::not_found(format!("there is no collection {wanted}; GET /v1/collections lists them")));
    }
    let now = Timestamp::now();
    let readers = audit::readers(call.store(), now).await?;
    let lags = audit::lag(call.store(), &collections, &readers, now, call.within.patience).await?;
    all(lags.iter().map(value).collect::<Result<_, _>>()?).await
}

pub(in crate::manage) async fn verify(call: Call) -> Outcome {
    let expect: Option<Head> = match call.text("expect").map(str::parse) {
        None => None,
        Some(Ok(head)) => Some(head),
        Some(Err(_)) => return Err(Problem::query("expect", "expected NUMBER:HASH, as GET /v1/audit/head has them")),
    };
    let verified = audit::verify(call.store(), &call.within.chain, expect.as_ref()).await?;
    Ok(Replied::Json(value(&verified)?))
}

pub(in crate::manage) async fn head(call: Call) -> Outcome {
    Ok(Replied::Json(value(&call.store().head().await?)?))
}

/// Entries of a portion.
const PORTION: usize = 1000;

pub(in crate::manage) async fn records(call: Call) -> Outcome {
    let after = match (call.number("after"), call.time("since")) {
        (Some(_), Some(_)) => return Err(Problem::query("after, since", "give one of them at most")),
        (None, Some(since)) => call.store().last_before(since).await?,
        (after, None) => i64::try_from(after.unwrap_or_default()).unwrap_or(i64::MAX),
    };
    let within = Arc::clone(&call.within);
    let portion = move |after: i64| {
        let within = Arc::clone(&within);
        async move {
            let entries = within.store.entries(after, PORTION).await?;
            let Some(last) = entries.last().map(|entry| entry.number) else { return Ok(None) };
            Ok(Some((text(&entries)?, last)))
        }
    };
    Ok(Replied::Lines(portions(after, portion).await?))
}

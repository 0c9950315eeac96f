use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::explain::collection;
use crate::audit::Log;
use crate::manage::call::{Call, Outcome};
use crate::manage::problem::Problem;
use crate::manage::route::Replied;
use crate::store::{Collection, Portion, Result, Store, StoreError, Sweeper};

/// One request removes for about so long; what is left is for the next one.
const TIME: Duration = Duration::from_secs(10);

/// Removes what a collection is not to keep any longer, or tells what that would be.
pub(in crate::manage) async fn sweep(call: Call) -> Outcome {
    let collection = collection(&call, call.parameter("collection")).await?;
    let store: Arc<dyn Store> = Arc::clone(&call.within.store) as _;
    let sweeper = Sweeper::new(store).by(call.by.clone());
    if call.flag("dry_run") {
        let [aged, expired, surplus] = sweeper.due(&collection).await?.map(|objects| json!({"objects": objects}));
        return told(&collection, true, [aged, expired, surplus], false);
    }
    let sweeper = match call.within.service.journal() {
        Some(_) => sweeper.audit(Arc::clone(&call.within.store) as Arc<dyn Log>),
        None => sweeper,
    };
    let Portion { swept, more } = to_its_end(sweeper, collection.id).await?.ok_or_else(busy)?;
    let swept = swept.into_iter().find(|swept| swept.collection == collection.id);
    let [aged, expired, surplus] =
        swept.map_or_else(Default::default, |swept| [swept.aged, swept.expired, swept.surplus]);
    told(&collection, false, [aged, expired, surplus], more)
}

/// In a task of its own, so that it gives the work back also if nobody waits for the answer any longer.
async fn to_its_end(sweeper: Sweeper, wanted: Uuid) -> Result<Option<Portion>> {
    let sweeping = tokio::spawn(async move { sweeper.sweep_for(TIME, |collection| collection.id == wanted).await });
    sweeping.await.map_err(StoreError::failed)?
}

fn told<T: Serialize>(collection: &Collection, dry_run: bool, reasons: [T; 3], more: bool) -> Outcome {
    let [aged, expired, surplus] = reasons;
    Ok(Replied::Json(json!({
        "collection": collection.id, "dry_run": dry_run, "more": more,
        "aged": aged, "expired": expired, "surplus": surplus,
    })))
}

fn busy() -> Problem {
    Problem::under_way(
        "another sweep is under way at this moment, perhaps the server's own, which does the same; try again later",
    )
}

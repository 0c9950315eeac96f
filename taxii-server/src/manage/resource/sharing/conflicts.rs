use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::to_its_end;
use crate::manage::call::{Call, Outcome};
use crate::manage::problem::Problem;
use crate::manage::resource::explain::collection;
use crate::manage::resource::{must_match, one};
use crate::manage::route::Replied;
use crate::sharing::Found;
use crate::store::Conflict;

#[derive(Serialize)]
struct Row<'f> {
    digest: &'f str,
    /// The id.
    collection: Uuid,
    id: &'f str,
    version: &'f str,
    source: &'f str,
    at: taxii_model::Timestamp,
}

fn row(found: &Found) -> Row<'_> {
    let Conflict { digest, id, version, source, at, .. } = &found.conflict;
    Row { digest, collection: found.collection.id, id, version, source, at: *at }
}

/// The collection that the query names.
async fn only(call: &Call) -> Result<Option<Uuid>, Problem> {
    match call.text("collection") {
        Some(id) => Ok(Some(collection(call, id).await?.id)),
        None => Ok(None),
    }
}

/// What names a conflict in a list: the same may be in several collections.
fn name(row: &Row<'_>) -> String {
    format!("{}\n{}", row.collection, row.digest)
}

pub(in crate::manage) async fn list(call: Call) -> Outcome {
    let found = call.steward().conflicts(only(&call).await?).await?;
    let rows: Vec<Row<'_>> = found.iter().map(row).collect();
    // The newest first, and new ones come at any time.
    let begin = match call.text("after") {
        Some(after) => rows.iter().position(|row| name(row) == after).map(|at| at + 1).ok_or_else(|| {
            Problem::query("after", "there is no such conflict any longer; begin anew, without this parameter")
        })?,
        None => 0,
    };
    call.page_of(rows.iter().skip(begin), name)
}

async fn known(call: &Call) -> Result<(Found, Value), Problem> {
    let steward = call.steward();
    let found = steward.conflict(call.parameter("conflict"), only(call).await?).await?;
    let there = steward.there(&found).await?;
    let object = |text: Option<&String>| text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Row { digest, collection, id, version, source, at } = row(&found);
    let told = json!({
        "digest": digest, "collection": collection, "id": id, "version": version, "source": source, "at": at,
        "there": object(there.as_ref()), "refused": object(found.conflict.refused.as_ref()),
    });
    Ok((found, told))
}

pub(in crate::manage) async fn show(call: Call) -> Outcome {
    one(&known(&call).await?.1)
}

pub(in crate::manage) async fn settle(call: Call) -> Outcome {
    let (found, told) = known(&call).await?;
    must_match(&call, &told)?;
    let steward = call.steward();
    to_its_end(async move { steward.settle(&found).await }).await?;
    Ok(Replied::Nothing)
}

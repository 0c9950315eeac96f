use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::to_its_end;
use crate::manage::call::{Call, Outcome};
use crate::manage::problem::Problem;
use crate::manage::resource::audit::named;
use crate::manage::resource::explain::collection;
use crate::manage::resource::{must_match, one, value};
use crate::manage::route::Replied;
use crate::store::CollectionKey;

pub(in crate::manage) async fn list(call: Call) -> Outcome {
    call.page(&call.steward().agreements().await?, |agreement| agreement.id.clone())
}

pub(in crate::manage) async fn show(call: Call) -> Outcome {
    one(&call.steward().shown(call.parameter("agreement")).await?)
}

/// Keeps a document, or tells what would follow from it.
pub(in crate::manage) async fn add(mut call: Call) -> Outcome {
    #[derive(Deserialize)]
    struct NewAgreement {
        text: String,
        #[serde(default)]
        into: Option<String>,
    }
    let NewAgreement { text, into } = call.body()?;
    let into = match into {
        Some(id) => Some(collection(&call, &id).await.map_err(|_| {
            Problem::wrong("/into", format!("there is no collection {id:?}; GET /v1/collections lists them"))
        })?),
        None => None,
    };
    let steward = call.steward();
    let adding = steward.adding(text, into.as_ref()).await?;
    let dry_run = call.flag("dry_run");
    let told = adding.told(dry_run);
    if !dry_run {
        to_its_end(async move { steward.keep(&adding).await }).await?;
    }
    Ok(Replied::Json(told))
}

/// Forgets an agreement, or tells what would go with it.
pub(in crate::manage) async fn remove(call: Call) -> Outcome {
    let (steward, id) = (call.steward(), call.parameter("agreement"));
    must_match(&call, &steward.shown(id).await?)?;
    let removing = steward.removing(id).await?;
    let mut told = value(&removing)?;
    let dry_run = call.flag("dry_run");
    if let Some(members) = told.as_object_mut() {
        members.insert("dry_run".to_owned(), Value::Bool(dry_run));
    }
    if !dry_run {
        to_its_end(async move { steward.remove_agreement(&removing).await }).await?;
    }
    Ok(Replied::Json(told))
}

/// A report may take so long: it is made of the whole log of its period before any of it can be told.
const TIME: Duration = Duration::from_secs(30);

pub(in crate::manage) async fn report(call: Call) -> Outcome {
    let (id, since, until) = (call.parameter("agreement"), call.time("since"), call.time("until"));
    let steward = call.steward();
    let late = |_| {
        let why = "the log of this period takes longer to read than a request may; ask for a shorter one";
        Problem::query("since, until", why)
    };
    let (report, readers) = timeout(TIME, steward.report(id, since, until)).await.map_err(late)??;
    let directory = call.directory().await?;
    let readers: Result<Vec<Value>, Problem> =
        readers.iter().map(|one| named(&directory, one, Some(CollectionKey(one.collection)))).collect();
    let mut told = value(&report)?;
    if let Some(members) = told.as_object_mut() {
        members.insert("readers".to_owned(), json!(readers?));
    }
    Ok(Replied::Json(told))
}

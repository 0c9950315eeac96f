use taxii_model::Timestamp;

use super::{Resource, value};
use crate::access::{Seen, Standing};
use crate::manage::call::{Call, Outcome};
use crate::manage::problem::Problem;
use crate::manage::route::Replied;
use crate::store::Collection;

/// Why an account may do with a collection what it may; of an object, why it sees what it sees.
pub(in crate::manage) async fn explain(call: Call) -> Outcome {
    let name = call.text("account").unwrap_or_default();
    let missing = || Problem::not_found(format!("there is no account {name:?}; GET /v1/accounts lists them"));
    let identity = call.store().identity(name).await?.ok_or_else(missing)?;
    let collection = collection(&call, call.text("collection").unwrap_or_default()).await?;
    let (usual, now) = (call.within.service.settings().default_clearance.as_ref(), Timestamp::now());
    let told = match call.text("object") {
        None => value(&Standing::of(call.store(), identity, &collection, usual, now).await?)?,
        Some(object) => value(&Seen::by(call.store(), &identity, &collection, object, usual, now).await?)?,
    };
    Ok(Replied::Json(told))
}

/// The collection of this id.
pub(super) async fn collection(call: &Call, id: &str) -> Result<Collection, Problem> {
    let missing = || Problem::not_found(format!("there is no collection {id:?}; GET /v1/collections lists them"));
    Collection::find(call.store(), id).await?.ok_or_else(missing)
}

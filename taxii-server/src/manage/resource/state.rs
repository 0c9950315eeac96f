use std::sync::Arc;

use serde_json::Value;
use tokio::task::spawn_blocking;

use super::{must_match, one, value};
use crate::manage::call::{Call, Outcome};
use crate::manage::problem::{Finding, Problem};
use crate::manage::route::Replied;
use crate::state::{Misstated, Plan, Present, Stated};
use crate::store::StoreError;

/// Everything that administrators decide.
pub(in crate::manage) async fn show(call: Call) -> Outcome {
    one(&Present::read(call.store()).await?.state())
}

/// Makes everything as the body says.
pub(in crate::manage) async fn apply(mut call: Call) -> Outcome {
    let body = std::mem::take(&mut call.body);
    let stated = Arc::new(aside(move || Stated::read(&body)).await?);
    let (dry_run, prune, confirmed) = (call.flag("dry_run"), call.flag("prune"), call.flag("confirm"));
    let plan = call
        .update(async |call| {
            let plan = plan(call, &stated, prune).await?;
            if dry_run {
                return Ok((Vec::new(), plan));
            }
            if plan.is_final() && !confirmed {
                return Err(unconfirmed(&plan));
            }
            Ok((plan.changes.clone(), plan))
        })
        .await?;
    let mut told = value(&plan)?;
    if let Some(members) = told.as_object_mut() {
        members.insert("dry_run".to_owned(), Value::Bool(dry_run));
        if !dry_run && !plan.changes.is_empty() {
            members.insert("applied".to_owned(), Value::Bool(true));
        }
    }
    Ok(Replied::Json(told))
}

/// What would have to change now.
async fn plan(call: &Call, stated: &Arc<Stated>, prune: bool) -> Result<Plan, Problem> {
    let present = Arc::new(Present::read(call.store()).await?);
    if call.if_match.is_some() {
        must_match(call, &present.state())?;
    }
    let (stated, known) = (Arc::clone(stated), Arc::clone(&present));
    let changes = aside(move || stated.difference(&known, prune)).await?;
    Ok(Plan::of(call.store(), changes, &present).await?)
}

/// Of many thousand accounts, this takes so long that nobody else should wait for it.
async fn aside<T: Send + 'static>(think: impl FnOnce() -> Result<T, Misstated> + Send + 'static) -> Result<T, Problem> {
    let thought = spawn_blocking(think).await.map_err(StoreError::failed)?;
    thought.map_err(|Misstated { pointer, what }| Problem::invalid(vec![Finding { pointer, detail: what }]))
}

fn unconfirmed(plan: &Plan) -> Problem {
    let lost = [
        (plan.objects_removed, "versions of objects with their collections"),
        (plan.accounts_removed() as u64, "accounts with their credentials"),
    ];
    let lost: Vec<String> =
        lost.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    Problem::unconfirmed(format!(
        "this would remove {}, which nobody can bring back, so nothing was done: look at it with dry_run=true, and do it with confirm=true",
        lost.join(" and ")
    ))
}

use serde::Deserialize;

use super::to_its_end;
use crate::manage::call::{Call, Outcome};
use crate::manage::problem::Problem;
use crate::manage::resource::{must_match, one};
use crate::manage::route::Replied;
use crate::sharing::{Holder, Refusal};
use crate::store::Partner;

pub(in crate::manage) async fn list(call: Call) -> Outcome {
    call.page(&call.steward().partners().await?, |partner| partner.holder.clone())
}

/// Who the path names.
fn holder(call: &Call) -> Result<Holder, Problem> {
    let name = call.parameter("holder").to_owned();
    match call.parameter("holder_kind") {
        "account" => Ok(Holder::Account(name)),
        "organisation" => Ok(Holder::Organisation(name)),
        other => Err(Problem::not_found(format!("{other:?} in the path: expected account or organisation"))),
    }
}

async fn known(call: &Call, holder: &Holder) -> Result<Option<Partner>, Problem> {
    let name = holder.name();
    Ok(call.steward().partners().await?.into_iter().find(|partner| partner.holder == name))
}

fn missing(holder: &Holder) -> Problem {
    Refusal::Silent(holder.name()).into()
}

pub(in crate::manage) async fn show(call: Call) -> Outcome {
    let holder = holder(&call)?;
    one(&known(&call, &holder).await?.ok_or_else(|| missing(&holder))?)
}

pub(in crate::manage) async fn set(mut call: Call) -> Outcome {
    #[derive(Deserialize)]
    struct SpokenFor {
        server: String,
    }
    let holder = holder(&call)?;
    let SpokenFor { server } = call.body()?;
    match known(&call, &holder).await? {
        Some(known) => must_match(&call, &known)?,
        None if call.if_match.is_some() => return Err(Problem::changed_meanwhile()),
        None => {}
    }
    let steward = call.steward();
    one(&to_its_end(async move { steward.set_partner(&holder, &server).await }).await?)
}

pub(in crate::manage) async fn remove(call: Call) -> Outcome {
    let holder = holder(&call)?;
    must_match(&call, &known(&call, &holder).await?.ok_or_else(|| missing(&holder))?)?;
    let steward = call.steward();
    to_its_end(async move { steward.remove_partner(&holder).await }).await?;
    Ok(Replied::Nothing)
}

use serde_json::{Value, json};

use super::to_its_end;
use crate::manage::call::{Call, Outcome};
use crate::manage::resource::{must_match, one};
use crate::manage::route::Replied;
use crate::sharing::{FlowSettings, FlowStatus};
use crate::store::KeptFlow;

pub(in crate::manage) async fn list(call: Call) -> Outcome {
    let flows: Vec<FlowStatus> = call.steward().flows().await?.iter().map(FlowStatus::of).collect();
    call.page(&flows, |flow| flow.name.clone())
}

/// What was decided about a flow: where secrets are, never what they are.
fn decided(flow: &KeptFlow) -> Value {
    json!({"name": flow.name, "paused": flow.paused, "settings": FlowSettings::read(&flow.settings).ok()})
}

pub(in crate::manage) async fn show(call: Call) -> Outcome {
    one(&decided(&call.steward().flow(call.parameter("flow")).await?))
}

pub(in crate::manage) async fn status(call: Call) -> Outcome {
    Ok(Replied::Json(call.steward().flow_status(call.parameter("flow")).await?.row()))
}

fn rests(name: &str, paused: bool) -> Outcome {
    Ok(Replied::Json(json!({"name": name, "paused": paused})))
}

pub(in crate::manage) async fn pause(call: Call) -> Outcome {
    let (steward, name) = (call.steward(), call.parameter("flow").to_owned());
    to_its_end(async move { steward.pause(&name).await }).await?;
    rests(call.parameter("flow"), true)
}

pub(in crate::manage) async fn resume(call: Call) -> Outcome {
    let (steward, name) = (call.steward(), call.parameter("flow").to_owned());
    to_its_end(async move { steward.resume(&name).await }).await?;
    rests(call.parameter("flow"), false)
}

pub(in crate::manage) async fn rewind(call: Call) -> Outcome {
    let (steward, name) = (call.steward(), call.parameter("flow").to_owned());
    let flow = to_its_end(async move { steward.rewind(&name).await }).await?;
    rests(&flow.name, flow.paused)
}

pub(in crate::manage) async fn remove(call: Call) -> Outcome {
    let (steward, name) = (call.steward(), call.parameter("flow").to_owned());
    must_match(&call, &decided(&steward.flow(&name).await?))?;
    to_its_end(async move { steward.remove_flow(&name).await }).await?;
    Ok(Replied::Nothing)
}

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use sharing::flow::Counters;
use taxii_model::Timestamp;
use taxii_server::sharing::{self as shared, Context, Direction, Entrance, FlowSettings, FlowStatus, Signing};
use taxii_server::store::{Arrangements, Directory, KeptFlow, Retention};
use uuid::Uuid;

use super::{Desk, confirm, find_collection, name as called};
use crate::Outcome;
use crate::cli_sharing::{Flow, FlowAdd};
use crate::config::Config;
use crate::config_sharing;
use crate::output::{Output, with};

/// A flow that is run by hand is given up for others after so long without a word.
const LEASE: Duration = Duration::from_secs(60);

impl Desk {
    pub(super) fn arrangements(&self) -> Outcome<&dyn Arrangements> {
        Ok(self.store.arrangements().ok_or("this database keeps no agreements and no flows")?)
    }

    pub(crate) async fn flow(&self, command: Flow, config: &Config, out: &Output) -> Outcome {
        let context = config_sharing::context(config, &self.store)?;
        match command {
            Flow::Add(add) => self.add_flow(*add, &context, out).await,
            Flow::List => self.list_flows(out).await,
            Flow::Show { name } => self.show_flow(&name, out).await,
            Flow::Run { name, once } => self.run_flow(&name, once, &context, out).await,
            Flow::Pause { name } => {
                self.find_flow(&name).await?;
                self.arrangements()?.pause_flow(&name, true).await?;
                out.done(&format!("the flow {name} rests"), &json!({"name": name, "paused": true}))
            }
            Flow::Resume { name } => {
                self.find_flow(&name).await?;
                shared::resume(&*self.store, &name).await?;
                out.done(&format!("the flow {name} goes on"), &json!({"name": name, "paused": false}))
            }
            Flow::Status { name } => self.flow_status(name.as_deref(), out).await,
            Flow::Remove { name, yes } => {
                self.find_flow(&name).await?;
                confirm(
                    yes,
                    &format!("Remove the flow {name}, and forget how far it has come and what it made of what?"),
                )?;
                self.arrangements()?.remove_flow(&name).await?;
                out.done(&format!("removed the flow {name}"), &json!({"name": name}))
            }
        }
    }

    pub(super) async fn find_flow(&self, wanted: &str) -> Outcome<KeptFlow> {
        super::known("flow", wanted, self.arrangements()?.flows().await?, |flow| &flow.name)
    }

    async fn add_flow(&self, add: FlowAdd, context: &Context, out: &Output) -> Outcome {
        let settings = settings(&add)?;
        if add.name.is_empty() || add.name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(format!("{:?} is no name for a flow: expected one word", add.name).into());
        }
        let clause = context.check(&add.name, &settings).await?;
        let directory = self.store.directory().await?;
        let mut notes = Vec::new();
        if let Some(clause) = &clause {
            if let Err(fault) = clause.must_hold() {
                notes.push(format!("nothing moves yet: {fault}"));
            }
            must_not_keep_longer(&directory, &settings, clause)?;
        }
        let kept = self.arrangements()?;
        let is_new = kept.flow(&add.name).await?.is_none();
        kept.set_flow(&add.name, &settings.text()).await?;
        if add.paused {
            kept.pause_flow(&add.name, true).await?;
        }
        let word = if is_new { "added" } else { "changed" };
        let under = clause.as_ref().map_or_else(
            || "without an agreement".to_owned(),
            |clause| {
                let profile = match clause.direction {
                    Direction::Out => format!(" by the profile {}", clause.exchange.terms.profile),
                    Direction::In => String::new(),
                };
                format!(
                    "under {}, with {}, up to TLP:{}{profile}",
                    clause.agreement.id,
                    clause.partner(),
                    clause.exchange.terms.tlp
                )
            },
        );
        let mut sentence = format!("{word} the flow {}: {} → {}, {under}", add.name, settings.from, settings.to);
        notes.iter().for_each(|note| sentence.push_str(&format!("\n{note}")));
        out.done(&sentence, &json!({"name": add.name, "settings": settings, "paused": add.paused, "notes": notes}))
    }

    async fn list_flows(&self, out: &Output) -> Outcome {
        let flows: Vec<FlowStatus> = self.arrangements()?.flows().await?.iter().map(FlowStatus::of).collect();
        out.list(["Flow", "From", "To", "Agreement", "State", "New"], &flows, |flow| {
            let settings = flow.settings.as_ref();
            let text = |get: fn(&FlowSettings) -> String| settings.map(get).unwrap_or_default();
            [
                flow.name.clone(),
                text(|of| of.from.to_string()),
                text(|of| of.to.to_string()),
                text(|of| of.agreement.clone().unwrap_or_default()),
                flow.phase.to_owned(),
                flow.state.counters.added.to_string(),
            ]
        })
    }

    async fn show_flow(&self, name: &str, out: &Output) -> Outcome {
        let flow = self.find_flow(name).await?;
        let settings = FlowSettings::read(&flow.settings)?;
        let rests = if flow.paused { ", rests" } else { "" };
        let mut text = format!("{name}{rests}\nfrom: {}\nto: {}", settings.from, settings.to);
        let lines = [
            ("agreement", settings.agreement.clone()),
            ("partner", settings.partner.clone()),
            ("user", settings.entrance.user.clone()),
            ("secret", settings.entrance.secret.as_ref().map(ToString::to_string)),
            ("authorities", settings.entrance.ca.as_ref().map(|file| file.display().to_string())),
            ("client certificate", settings.entrance.client_cert.as_ref().map(|file| file.display().to_string())),
        ];
        for (what, value) in lines.into_iter().filter_map(|(what, value)| Some((what, value?))) {
            text.push_str(&format!("\n{what}: {value}"));
        }
        text.push_str(&format!("\nevery: {} s", settings.every_seconds));
        out.done(&text, &json!({"name": name, "paused": flow.paused, "settings": settings}))
    }

    async fn run_flow(&self, name: &str, once: bool, context: &Context, out: &Output) -> Outcome {
        let flow = self.find_flow(name).await?;
        let settings = FlowSettings::read(&flow.settings)?;
        let (work, holder) = (format!("flow {name}"), Uuid::new_v4());
        if !self.store.lease(&work, holder, LEASE).await? {
            return Err(format!("a server runs the flow {name} at this moment; flow status {name} tells how it is, flow pause {name} lets it rest").into());
        }
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let renewing = actix_web::rt::spawn(renew(std::sync::Arc::clone(&self.store), work.clone(), holder));
        let interrupted = actix_web::rt::spawn(async move {
            if actix_web::rt::signal::ctrl_c().await.is_ok() {
                let _ = stop.send(true);
            }
        });
        let outcome: Outcome<Counters> = match once {
            true => context.run_now(name, &settings, |_| ()).await.map_err(Into::into),
            false => context.follow(name, &settings, stopped).await.map(|()| Counters::default()).map_err(Into::into),
        };
        renewing.abort();
        interrupted.abort();
        self.store.lease(&work, holder, Duration::ZERO).await?;
        let done = outcome?;
        let now = FlowStatus::of(&self.find_flow(name).await?);
        let done = if once { done } else { now.state.counters.clone() };
        out.done(&format!("{name}: {}", sentence(&done)), &json!({"name": name, "done": done}))
    }

    async fn flow_status(&self, name: Option<&str>, out: &Output) -> Outcome {
        let flows = match name {
            Some(name) => vec![self.find_flow(name).await?],
            None => self.arrangements()?.flows().await?,
        };
        let directory = self.store.directory().await?;
        let mut all = Vec::new();
        for flow in &flows {
            let mut status = FlowStatus::of(flow);
            if let Some(lag) = self.lag_of(flow, &status, &directory).await? {
                status.state.lag = Some(lag);
            }
            all.push(status);
        }
        if out.is_json() {
            let rows: Vec<_> = all.iter().map(row).collect();
            return match name {
                Some(_) => out.done("", &rows.first()),
                None => out.done("", &rows),
            };
        }
        if all.is_empty() {
            return out.done("none", &json!([]));
        }
        let text: Vec<String> = all.iter().map(|status| told(status, name.is_some())).collect();
        out.done(&text.join("\n\n"), &json!([]))
    }

    /// How many entries the collection has that the flow has not looked at.
    async fn lag_of(&self, flow: &KeptFlow, status: &FlowStatus, directory: &Directory) -> Outcome<Option<u64>> {
        let Some(from) = status.settings.as_ref().and_then(|settings| settings.from.collection()) else {
            return Ok(None);
        };
        let Ok(from) = find_collection(directory, from) else { return Ok(None) };
        let position = match &flow.position {
            None => Timestamp::from_micros(i64::MIN),
            Some(text) => match text.parse() {
                Ok(micros) => Timestamp::from_micros(micros),
                Err(_) => return Ok(None),
            },
        };
        Ok(Some(self.store.behind(from.key, position).await?))
    }
}

async fn renew(store: crate::database::Opened, work: String, holder: Uuid) {
    loop {
        actix_web::rt::time::sleep(LEASE / 4).await;
        let _ = store.lease(&work, holder, LEASE).await;
    }
}

fn settings(add: &FlowAdd) -> Outcome<FlowSettings> {
    const SECOND: i64 = 1_000_000;
    let entrance = Entrance {
        user: add.user.clone(),
        secret: add.secret.clone(),
        ca: add.ca.clone(),
        client_cert: add.client_cert.clone(),
        client_key: add.client_key.clone(),
    };
    let signing = Signing { key: add.signing_key.clone(), trusted: add.trust.clone(), stream: add.stream.clone() };
    let settings = FlowSettings {
        agreement: add.agreement.clone(),
        partner: add.partner.clone(),
        every_seconds: u64::try_from(add.every.0 / SECOND)?,
        entrance,
        signing,
        ..FlowSettings::new(add.from.clone(), add.to.clone())
    };
    settings.check()?;
    Ok(settings)
}

/// What comes in is kept no longer than was agreed.
fn must_not_keep_longer(directory: &Directory, settings: &FlowSettings, clause: &shared::Clause) -> Outcome {
    let Some(days) = clause.exchange.terms.retention_days.filter(|_| clause.direction == Direction::In) else {
        return Ok(());
    };
    let Some(to) = settings.to.collection() else { return Ok(()) };
    let collection = find_collection(directory, to)?;
    let Retention { keep_days, .. } = collection.retention;
    if keep_days.is_some_and(|kept| kept <= days) {
        return Ok(());
    }
    let name = called(collection);
    Err(format!(
        "{} lets what it brings be kept for {days} days, and {name} keeps it longer: taxii-server collection set {name} --keep-days {days}",
        clause.agreement.id
    )
    .into())
}

fn total(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().sum()
}

fn sentence(done: &Counters) -> String {
    let mut text = format!("{} came, {} new, {} known", done.received, done.added, done.known);
    let others = [
        ("deleted", done.deleted),
        ("conflicts", done.conflicts),
        ("withheld", total(&done.withheld)),
        ("refused", total(&done.refused)),
    ];
    for (word, count) in others.into_iter().filter(|(_, count)| *count > 0) {
        text.push_str(&format!(", {count} {word}"));
    }
    text
}

fn row(status: &FlowStatus) -> serde_json::Value {
    let row = serde_json::to_value(&status.state).unwrap_or_default();
    let row = with(row, "name", status.name.clone());
    let row = with(row, "phase", status.phase);
    with(row, "settings", serde_json::to_value(&status.settings).unwrap_or_default())
}

/// How a flow is, for people.
fn told(status: &FlowStatus, all: bool) -> String {
    let state = &status.state;
    let mut text = format!("{}: {}", status.name, status.phase);
    if let Some(settings) = &status.settings {
        let under = settings.agreement.as_ref().map(|id| format!(", under {id}")).unwrap_or_default();
        text.push_str(&format!("\n  {} → {}{under}", settings.from, settings.to));
    }
    text.push_str(&format!("\n  {}", sentence(&state.counters)));
    if let Some(lag) = state.lag {
        text.push_str(&format!("\n  {lag} entries behind"));
    }
    if let Some(at) = state.last_success {
        text.push_str(&format!("\n  last success: {}", at.format("%Y-%m-%dT%H:%M:%SZ")));
    }
    if let Some(error) = &state.last_error {
        let at = error.at.format("%Y-%m-%dT%H:%M:%SZ");
        text.push_str(&format!("\n  last error: {at} {}: {}", error.kind, error.message));
    }
    for (word, counts) in [("withheld", &state.counters.withheld), ("refused", &state.counters.refused)] {
        for (rule, count) in counts {
            text.push_str(&format!("\n  {word} {count:>7} by {rule}"));
        }
    }
    let most = if all { usize::MAX } else { 3 };
    for (word, list) in [("refused", &state.refused), ("conflict", &state.conflicts)] {
        for one in list.iter().rev().take(most) {
            let id = one.id.as_deref().unwrap_or("-");
            text.push_str(&format!("\n  {word}: {id} {}: {}", one.rule, one.reason));
        }
    }
    text
}

use std::collections::BTreeMap;

use serde_json::json;
use sharing::flow::Counters;
use taxii_server::sharing::{
    Clause, Comparison, Context, Direction, Entrance, FlowSettings, FlowStatus, Signing, Steward,
};
use taxii_server::store::{Arrangements, Directory, Retention};

use super::{Desk, confirm, find_collection, name as called};
use crate::Outcome;
use crate::cli_sharing::{Flow, FlowAdd};
use crate::config::Config;
use crate::config_sharing;
use crate::output::{Output, with};

impl Desk {
    fn arrangements(&self) -> Outcome<&dyn Arrangements> {
        Ok(self.store.arrangements().ok_or("this database keeps no agreements and no flows")?)
    }

    pub(crate) async fn flow(&self, command: Flow, config: &Config, out: &Output) -> Outcome {
        let context = config_sharing::context(config, &self.store)?;
        let steward = self.steward(&context);
        match command {
            Flow::Add(add) => self.add_flow(*add, &context, out).await,
            Flow::List => list_flows(&steward, out).await,
            Flow::Show { name } => show_flow(&name, &steward, out).await,
            Flow::Run { name, once } => run_flow(&name, once, (&context, &steward), out).await,
            Flow::Pause { name } => {
                steward.pause(&name).await?;
                out.done(&format!("the flow {name} rests"), &json!({"name": name, "paused": true}))
            }
            Flow::Resume { name } => {
                steward.resume(&name).await?;
                out.done(&format!("the flow {name} goes on"), &json!({"name": name, "paused": false}))
            }
            Flow::Rewind { name, yes } => rewind_flow(&name, yes, &steward, out).await,
            Flow::Compare { name, repair } => compare_flow(&name, repair, (&context, &steward), out).await,
            Flow::Status { name } => flow_status(name.as_deref(), &steward, out).await,
            Flow::Remove { name, yes } => {
                steward.flow(&name).await?;
                confirm(
                    yes,
                    &format!("Remove the flow {name}, and forget how far it has come and what it made of what?"),
                )?;
                steward.remove_flow(&name).await?;
                out.done(&format!("removed the flow {name}"), &json!({"name": name}))
            }
        }
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
        let is_new = kept.bookmark(&add.name).await?.is_none();
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
        self.steward(context).noted(&sentence).await?;
        notes.iter().for_each(|note| sentence.push_str(&format!("\n{note}")));
        out.done(&sentence, &json!({"name": add.name, "settings": settings, "paused": add.paused, "notes": notes}))
    }
}

async fn list_flows(steward: &Steward, out: &Output) -> Outcome {
    let flows: Vec<FlowStatus> = steward.flows().await?.iter().map(FlowStatus::of).collect();
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

async fn show_flow(name: &str, steward: &Steward, out: &Output) -> Outcome {
    let flow = steward.flow(name).await?;
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
    if settings.own {
        text.push_str("\nour own: what is there begins here");
    }
    out.done(&text, &json!({"name": name, "paused": flow.paused, "settings": settings}))
}

async fn run_flow(name: &str, once: bool, (context, steward): (&Context, &Steward), out: &Output) -> Outcome {
    let flow = steward.flow(name).await?;
    let settings = FlowSettings::read(&flow.settings)?;
    let turn = steward.turn(name).await?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let held = turn.clone();
    let holding = actix_web::rt::spawn(async move { held.hold().await });
    let interrupted = actix_web::rt::spawn(async move {
        if actix_web::rt::signal::ctrl_c().await.is_ok() {
            let _ = stop.send(true);
        }
    });
    let outcome: Outcome<Counters> = match once {
        true => context.run_now(name, &settings, |_| ()).await.map_err(Into::into),
        false => context.follow(name, &settings, stopped).await.map(|()| Counters::default()).map_err(Into::into),
    };
    holding.abort();
    interrupted.abort();
    turn.give_back().await?;
    let done = outcome?;
    let now = FlowStatus::of(&steward.flow(name).await?);
    let done = if once { done } else { now.state.counters.clone() };
    out.done(&format!("{name}: {}", sentence(&done)), &json!({"name": name, "done": done}))
}

async fn rewind_flow(name: &str, yes: bool, steward: &Steward, out: &Output) -> Outcome {
    steward.flow(name).await?;
    confirm(
        yes,
        &format!(
            "Let the flow {name} begin anew? Whatever its source has is brought again; what is known at the other end stays as it is."
        ),
    )?;
    let flow = steward.rewind(name).await?;
    let then = if flow.paused { format!("; it rests: flow resume {name}") } else { String::new() };
    out.done(&format!("the flow {name} begins anew{then}"), &json!({"name": name, "paused": flow.paused}))
}

async fn compare_flow(name: &str, repair: bool, (context, steward): (&Context, &Steward), out: &Output) -> Outcome {
    let flow = steward.flow(name).await?;
    let settings = FlowSettings::read(&flow.settings)?;
    let (comparison, done) = match repair {
        true => {
            let (comparison, done) = context.repair(name, &settings).await?;
            steward.noted(&format!("brought what was missing by the flow {name}: {} new", done.added)).await?;
            (comparison, Some(done))
        }
        false => (context.compare(name, &settings).await?, None),
    };
    let mut text = compared(&comparison);
    match &done {
        Some(done) => text.push_str(&format!("\nbrought: {}", sentence(done))),
        None if !comparison.missing.is_empty() => {
            text.push_str(&format!("\nflow compare {name} --repair brings what is missing"));
        }
        None => {}
    }
    out.done(&text, &with(json!(comparison), "done", json!(done)))
}

async fn flow_status(name: Option<&str>, steward: &Steward, out: &Output) -> Outcome {
    let all = match name {
        Some(name) => vec![steward.flow_status(name).await?],
        None => steward.flow_statuses().await?,
    };
    if out.is_json() {
        let rows: Vec<_> = all.iter().map(FlowStatus::row).collect();
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

fn settings(add: &FlowAdd) -> Outcome<FlowSettings> {
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
        own: add.own,
        every_seconds: add.every.as_secs(),
        entrance,
        signing,
        ..FlowSettings::new(add.from.clone(), add.to.clone())
    };
    settings.check()?;
    Ok(settings)
}

/// What comes in is kept no longer than was agreed.
fn must_not_keep_longer(directory: &Directory, settings: &FlowSettings, clause: &Clause) -> Outcome {
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

/// So many of each kind are shown to people.
const SHOWN: usize = 20;

/// A comparison for people.
fn compared(of: &Comparison) -> String {
    let mut text = format!("{} → {}, compared by {} questions", of.from, of.to, of.questions);
    let lists = [
        ("missing", "to be brought", &of.missing),
        ("other", "with other content there: see conflict list", &of.other_content),
        ("only there", "only there: not from here, or deleted here", &of.only_there),
    ];
    for (word, what, list) in lists.into_iter().filter(|(_, _, list)| !list.is_empty()) {
        text.push_str(&format!("\n{} {what}", list.len()));
        list.iter().take(SHOWN).for_each(|one| text.push_str(&format!("\n  {word}: {} {}", one.id, one.version)));
        if list.len() > SHOWN {
            text.push_str("\n  … --output json has all of them");
        }
    }
    let mut stay: BTreeMap<&str, u64> = BTreeMap::new();
    of.withheld.iter().for_each(|one| *stay.entry(&one.rule).or_default() += 1);
    stay.iter().for_each(|(rule, count)| text.push_str(&format!("\n{count} stay by {rule}")));
    if of.missing.is_empty() && of.other_content.is_empty() {
        text.push_str("\nnothing is missing");
    }
    text
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

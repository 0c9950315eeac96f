use std::path::Path;

use chrono::{SecondsFormat, Utc};
use serde_json::json;
use sharing::agreement::{Agreement as Document, Exchange, Finding, Severity, State};
use taxii_model::Timestamp;
use taxii_server::sharing::{Context, Direction, FlowSettings, Place, Refusal, Steward, Trial, Us};
use taxii_server::store::{Change, Directory};

use super::{Desk, confirm, find_collection, name as called, object_name, until};
use crate::Outcome;
use crate::cli_sharing::Agreement;
use crate::config::Config;
use crate::config_sharing;
use crate::output::Output;

impl Desk {
    pub(crate) async fn agreement(&self, command: Agreement, config: &Config, out: &Output) -> Outcome {
        let context = config_sharing::context(config, &self.store)?;
        let steward = self.steward(&context);
        match command {
            Agreement::Add { file, into, dry_run, yes } => {
                self.add_agreement(&file, into.as_deref(), (dry_run, yes), &steward, out).await
            }
            Agreement::List => list_agreements(&steward, out).await,
            Agreement::Show { name } => show_agreement(&name, &steward, out).await,
            Agreement::Check { which } => self.check_agreement(&which, &context, out).await,
            Agreement::Simulate { name, partner, collection } => {
                self.simulate(&name, partner.as_deref(), collection.as_deref(), &context, out).await
            }
            Agreement::Report { name, since, until } => self.report(&name, since, until, &steward, out).await,
            Agreement::Remove { name, yes } => self.remove_agreement(&name, yes, &steward, out).await,
        }
    }

    async fn add_agreement(
        &self,
        file: &Path,
        into: Option<&str>,
        (dry_run, yes): (bool, bool),
        steward: &Steward,
        out: &Output,
    ) -> Outcome {
        let directory = self.store.directory().await?;
        let into = into.map(|wanted| find_collection(&directory, wanted)).transpose()?;
        let adding = steward.adding(read(file)?, into).await.map_err(|refusal| match refusal {
            Refusal::Unreadable(_) => format!("{}: {refusal}", file.display()).into(),
            refusal => Box::<dyn std::error::Error>::from(refusal),
        })?;
        let (document, following) = (&adding.document, &adding.following);
        let mut lines: Vec<String> = adding.findings.iter().map(ToString::to_string).collect();
        lines.push(state_line(document));
        if let Some(changed) = adding.changed {
            let word = if changed { "the terms are others than before" } else { "the terms are as before" };
            lines.push(format!("{} is kept already: {word}", document.id));
        }
        lines.extend(following.changes.iter().map(|change| format!("~ {change}")));
        lines.extend(following.notes.iter().cloned());
        let told = adding.told(dry_run);
        if dry_run {
            lines.push("nothing was changed".to_owned());
            return out.done(&lines.join("\n"), &told);
        }
        if !following.changes.is_empty() {
            if !yes && !out.is_json() {
                anstream::println!("{}", lines.join("\n"));
                lines.clear();
            }
            confirm(yes, &format!("Keep {} and make these grants?", document.id))?;
        }
        steward.keep(&adding).await?;
        lines.push(format!("kept the agreement {}", document.id));
        out.done(&lines.join("\n"), &told)
    }

    /// Everything that is wrong, in the document and with this server.
    async fn check_agreement(&self, which: &str, context: &Context, out: &Output) -> Outcome {
        let path = Path::new(which);
        let text = match path.is_file() {
            true => read(path)?,
            false => {
                let kept = self.steward(context).agreement(which).await;
                kept.map_err(|error| format!("{error}; and no file of this name"))?.text
            }
        };
        let (findings, document) = match Document::read(&text) {
            Ok((document, findings)) => (findings, Some(document)),
            Err(wrong) => (wrong.0, None),
        };
        let directory = self.store.directory().await?;
        let here = match &document {
            Some(document) => here(document, context.who().ok(), &directory),
            None => Vec::new(),
        };
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let told = json!({"findings": findings, "here": here, "errors": errors, "terms": document.as_ref().map(Document::digest)});
        let mut lines: Vec<String> = findings.iter().map(Finding::to_string).chain(here.iter().cloned()).collect();
        lines.extend(
            document.as_ref().map(|document| format!("{}\nterms: {}", state_line(document), document.digest())),
        );
        if lines.is_empty() {
            lines.push("nothing is wrong".to_owned());
        }
        out.done(&lines.join("\n"), &told)?;
        if errors > 0 { Err(format!("{which}: {errors} errors").into()) } else { Ok(()) }
    }

    async fn simulate(
        &self,
        name: &str,
        partner: Option<&str>,
        collection: Option<&str>,
        context: &Context,
        out: &Output,
    ) -> Outcome {
        let kept = self.steward(context).agreement(name).await?;
        let (document, _) = Document::read(&kept.text)?;
        let mut all = Vec::new();
        for (flow, settings) in self.trials(&document, partner, collection, context).await? {
            all.push(context.trial(&flow, &settings).await?);
        }
        if all.is_empty() {
            return Err(format!("nothing of ours leaves under {name}").into());
        }
        let text = || Ok(all.iter().map(trial).collect::<Vec<_>>().join("\n\n"));
        out.text(text, &all)
    }

    /// What would be tried: the agreement's flows, or what it names, if it has none.
    async fn trials(
        &self,
        document: &Document,
        partner: Option<&str>,
        collection: Option<&str>,
        context: &Context,
    ) -> Outcome<Vec<(String, FlowSettings)>> {
        let directory = self.store.directory().await?;
        let only = collection.map(|wanted| find_collection(&directory, wanted)).transpose()?;
        let mut trials = Vec::new();
        for (flow, settings) in self.steward(context).flows_under(&document.id).await? {
            let from = settings.from.collection().and_then(|name| find_collection(&directory, name).ok());
            let is_meant = from.is_some_and(|from| only.is_none_or(|only| only.id == from.id));
            if settings.direction() == Direction::Out && is_meant {
                let Some(clause) = context.check(&flow.name, &settings).await? else { continue };
                if partner.is_none_or(|partner| partner == clause.partner()) {
                    trials.push((flow.name, settings));
                }
            }
        }
        if !trials.is_empty() {
            return Ok(trials);
        }
        let own = context.who()?.party(document)?.to_owned();
        let ours = |one: &&Exchange| one.from == own && partner.is_none_or(|partner| partner == one.to);
        for exchange in document.exchanges.iter().filter(ours) {
            let from = match only {
                Some(only) => called(only),
                None => called(find_collection(&directory, &exchange.collection)?),
            };
            // Where it would go to matters only for what it is called: the exchange's own collection.
            let settings = FlowSettings {
                agreement: Some(document.id.clone()),
                partner: Some(exchange.to.clone()),
                exchange: Some(exchange.collection.clone()),
                ..FlowSettings::new(Place::Collection(from), Place::Folder("simulated".into()))
            };
            trials.push((format!("simulation-{}", document.id), settings));
        }
        Ok(trials)
    }

    async fn remove_agreement(&self, name: &str, yes: bool, steward: &Steward, out: &Output) -> Outcome {
        let removing = steward.removing(name).await?;
        let directory = self.store.directory().await?;
        let lost: Vec<String> = removing.changes.iter().filter_map(|change| lost(change, &directory)).collect();
        let question = format!(
            "Forget {name}? Its flows stop: {}. Taken back: {}.",
            if removing.flows.is_empty() { "none".to_owned() } else { removing.flows.join(", ") },
            if lost.is_empty() { "nothing".to_owned() } else { lost.join("; ") },
        );
        confirm(yes, &question)?;
        steward.remove_agreement(&removing).await?;
        let back = if lost.is_empty() { String::new() } else { format!(", and took back: {}", lost.join("; ")) };
        out.done(&format!("removed the agreement {name}{back}"), &removing)
    }
}

async fn list_agreements(steward: &Steward, out: &Output) -> Outcome {
    let signed = |is: Option<bool>| is.map(super::yes).unwrap_or_default();
    out.list(["Agreement", "Parties", "State", "Signed", "Until", "Flows"], &steward.agreements().await?, |one| {
        let until = one.valid_until.map(|until| until.to_rfc3339_opts(SecondsFormat::AutoSi, true)).unwrap_or_default();
        let (parties, flows) = (one.parties.join(", "), one.flows.to_string());
        [one.id.clone(), parties, one.state.to_owned(), signed(one.signed), until, flows]
    })
}

async fn show_agreement(name: &str, steward: &Steward, out: &Output) -> Outcome {
    let shown = steward.shown(name).await?;
    let (document, _) = Document::read(&shown.text)?;
    let mut text = format!("{}\n# {}\n# terms: {}", shown.text.trim_end(), state_line(&document), document.digest());
    let flows = if shown.flows.is_empty() { "none".to_owned() } else { shown.flows.join(", ") };
    text.push_str(&format!("\n# flows: {flows}"));
    out.done(&text, &shown)
}

fn lost(change: &Change, directory: &Directory) -> Option<String> {
    match change {
        Change::RemoveGrant { subject, object } => Some(format!("{subject} on {}", object_name(directory, object))),
        _ => None,
    }
}

fn read(file: &Path) -> Outcome<String> {
    Ok(std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?)
}

fn state(document: &Document) -> &'static str {
    match document.state(Utc::now()) {
        State::NotYetValid => "not yet valid",
        State::InForce => "in force",
        State::Expired => "expired",
    }
}

fn state_line(document: &Document) -> String {
    let ends = until(Some(Timestamp::from_micros(document.valid_until.timestamp_micros())));
    match document.signed_off() {
        Ok(()) => format!("{}: {}{ends}, signed off by every party", document.id, state(document)),
        Err(why) => {
            let why = why.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            format!("{}: {}{ends}; nothing moves under it: {why}", document.id, state(document))
        }
    }
}

/// What does not fit this server.
fn here(document: &Document, us: Option<&Us>, directory: &Directory) -> Vec<String> {
    let Some(us) = us else {
        return vec!["here: nobody said who runs this server; set sharing.identity in the configuration".to_owned()];
    };
    let own = match us.party(document) {
        Ok(own) => own,
        Err(error) => return vec![format!("here: {error}")],
    };
    let mut notes = Vec::new();
    for exchange in document.exchanges.iter().filter(|one| one.from == own) {
        if find_collection(directory, &exchange.collection).is_err() {
            notes.push(format!("here: there is no collection {}", exchange.collection));
        }
        let known = us.profiles.iter().any(|profile| profile.name == exchange.terms.profile);
        if !known && sharing::sanitise::Profile::by_name(&exchange.terms.profile).is_none() {
            notes
                .push(format!("here: there is no sanitising profile {}; see sharing.profiles", exchange.terms.profile));
        }
    }
    notes
}

/// A trial for people: each object, and each part that would be taken out.
fn trial(trial: &Trial) -> String {
    let mut text =
        format!("{} to {} under {}, by the profile {}", trial.from, trial.partner, trial.agreement, trial.profile);
    if let Some(obstacle) = &trial.obstacle {
        text.push_str(&format!("\nnothing would leave now: {obstacle}"));
    }
    for one in &trial.leaving {
        let how = if one.unchanged { "unchanged".to_owned() } else { format!("as {}", one.leaving_as) };
        text.push_str(&format!("\nleaves  {} {} {how}", one.id, one.version));
        one.removed
            .iter()
            .for_each(|part| text.push_str(&format!("\n        without {} by {}", part.pointer, part.rule)));
    }
    for one in &trial.withheld {
        let id = one.id.as_deref().unwrap_or("-");
        text.push_str(&format!("\nstays   {id} by {}: {}", one.rule, one.reason));
    }
    let summary = &trial.summary;
    let stay: u64 = summary.withheld.values().sum();
    let parts: u64 = summary.removed.values().sum();
    text.push_str(&format!("\n{} leave, {stay} stay, {parts} parts are taken out", summary.leaving));
    text
}

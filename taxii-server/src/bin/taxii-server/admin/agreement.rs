use std::path::Path;

use chrono::Utc;
use serde_json::json;
use sharing::agreement::{Agreement as Document, Exchange, Finding, Severity, State};
use taxii_model::Timestamp;
use taxii_server::sharing::{Context, Direction, FlowSettings, Place, Trial, Us};
use taxii_server::store::{self, Change, Directory, Grant, KeptAgreement, KeptFlow, Object, Rights, Subject};

use super::{Desk, confirm, find_collection, name as called, object_name, until};
use crate::Outcome;
use crate::cli_sharing::Agreement;
use crate::config::Config;
use crate::config_sharing;
use crate::output::Output;

/// What would be granted because of an agreement, and why some things would not.
#[derive(Default)]
struct Following {
    changes: Vec<Change>,
    notes: Vec<String>,
}

impl Desk {
    pub(crate) async fn agreement(&self, command: Agreement, config: &Config, out: &Output) -> Outcome {
        let context = config_sharing::context(config, &self.store)?;
        match command {
            Agreement::Add { file, into, dry_run, yes } => {
                self.add_agreement(&file, into.as_deref(), (dry_run, yes), &context, out).await
            }
            Agreement::List => self.list_agreements(out).await,
            Agreement::Show { name } => self.show_agreement(&name, out).await,
            Agreement::Check { which } => self.check_agreement(&which, &context, out).await,
            Agreement::Simulate { name, partner, collection } => {
                self.simulate(&name, partner.as_deref(), collection.as_deref(), &context, out).await
            }
            Agreement::Report { name, since, until } => self.report(&name, since, until, out).await,
            Agreement::Remove { name, yes } => self.remove_agreement(&name, yes, &context, out).await,
        }
    }

    async fn find_agreement(&self, wanted: &str) -> Outcome<KeptAgreement> {
        super::known("agreement", wanted, self.arrangements()?.agreements().await?, |one| &one.id)
    }

    /// The flows that keep to an agreement.
    async fn flows_under(&self, id: &str) -> Outcome<Vec<(KeptFlow, FlowSettings)>> {
        let flows = self.arrangements()?.flows().await?.into_iter();
        let read = flows.filter_map(|flow| FlowSettings::read(&flow.settings).ok().map(|settings| (flow, settings)));
        Ok(read.filter(|(_, settings)| settings.agreement.as_deref() == Some(id)).collect())
    }

    async fn add_agreement(
        &self,
        file: &Path,
        into: Option<&str>,
        (dry_run, yes): (bool, bool),
        context: &Context,
        out: &Output,
    ) -> Outcome {
        let text = read(file)?;
        let (document, findings) =
            Document::read(&text).map_err(|wrong| format!("{}: this is not kept:\n{wrong}", file.display()))?;
        let us = context.who()?;
        let own = us.party(&document)?;
        let directory = self.store.directory().await?;
        let following = self.following(&document, own, into, &directory).await?;
        let before = self.arrangements()?.agreements().await?.into_iter().find(|one| one.id == document.id);
        let mut lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        lines.push(state_line(&document));
        if let Some(before) = before.as_ref().and_then(|before| Document::read(&before.text).ok()) {
            let changed = before.0.digest() != document.digest();
            let word = if changed { "the terms are others than before" } else { "the terms are as before" };
            lines.push(format!("{} is kept already: {word}", document.id));
        }
        lines.extend(following.changes.iter().map(|change| format!("~ {change}")));
        lines.extend(following.notes.iter().cloned());
        let told = json!({
            "id": document.id, "terms": document.digest(), "findings": findings, "changes": following.changes,
            "notes": following.notes, "dry_run": dry_run,
        });
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
        let kept = KeptAgreement {
            id: document.id.clone(),
            digest: sharing::flow::sha256(text.as_bytes()),
            text,
            added: Timestamp::now(),
        };
        self.arrangements()?.set_agreement(&kept).await?;
        if !following.changes.is_empty() {
            self.change(&following.changes).await?;
        }
        lines.push(format!("kept the agreement {}", document.id));
        out.done(&lines.join("\n"), &told)
    }

    /// The grants that follow from an agreement. What a partner may read directly is what the agreement lets leave as it is, or
    /// what nothing but the agreement's flows has filled.
    async fn following(
        &self,
        document: &Document,
        own: &str,
        into: Option<&str>,
        directory: &Directory,
    ) -> Outcome<Following> {
        let mut following = Following::default();
        if document.signed_off().is_err() {
            following.notes.push("nothing is granted before every party has signed off".to_owned());
            return Ok(following);
        }
        let organisations = self.store.organisations().await?;
        let flows = self.flows_under(&document.id).await?;
        let expires = Some(Timestamp::from_micros(document.valid_until.timestamp_micros()));
        for exchange in &document.exchanges {
            let (partner, rights, collection) = match () {
                () if exchange.from == own => {
                    let rights = Rights { list: true, read: true, ..Rights::NONE };
                    (&exchange.to, rights, find_collection(directory, &exchange.collection).ok())
                }
                () if exchange.to == own => {
                    let Some(into) = into else { continue };
                    let rights = Rights { list: true, write: true, ..Rights::NONE };
                    (&exchange.from, rights, Some(find_collection(directory, into)?))
                }
                () => continue,
            };
            let Some(collection) = collection else { continue };
            if !organisations.iter().any(|one| one.name == *partner) {
                following.notes.push(format!(
                    "{partner} may read or write nothing here itself: there is no organisation of that name (organisation add {partner} --title …)"
                ));
                continue;
            }
            if rights.read && !self.may_be_read(collection, exchange, &flows, directory).await? {
                let name = called(collection);
                following.notes.push(format!(
                    "{partner} may not read {name} itself: it has more than the profile {} lets leave; fill a collection of its own with a flow under {}, or push",
                    exchange.terms.profile, document.id
                ));
                continue;
            }
            let subject = Subject::Organisation(partner.clone());
            let grant = Grant { subject, object: Object::Collection(collection.id), rights, expires };
            if self.store.grants(Some(&grant.subject)).await?.contains(&grant) {
                continue;
            }
            following.changes.push(Change::SetGrant(grant));
        }
        Ok(following)
    }

    async fn may_be_read(
        &self,
        collection: &store::Collection,
        exchange: &Exchange,
        flows: &[(KeptFlow, FlowSettings)],
        directory: &Directory,
    ) -> Outcome<bool> {
        if exchange.terms.profile == "full" && exchange.terms.types.is_empty() {
            return Ok(true);
        }
        let fills = |settings: &FlowSettings| {
            let to = settings.to.collection().and_then(|name| find_collection(directory, name).ok());
            to.is_some_and(|to| to.id == collection.id)
        };
        if flows.iter().any(|(_, settings)| fills(settings)) {
            return Ok(true);
        }
        // Nothing was ever there.
        Ok(self.store.mark(collection.key).await? == store::Mark::default())
    }

    async fn list_agreements(&self, out: &Output) -> Outcome {
        let kept = self.arrangements()?.agreements().await?;
        let mut rows = Vec::new();
        for one in &kept {
            let flows = self.flows_under(&one.id).await?.len();
            rows.push(match Document::read(&one.text) {
                Ok((document, _)) => json!({
                    "id": one.id, "title": document.title, "state": state(&document), "signed": document.signed_off().is_ok(),
                    "valid_from": document.valid_from, "valid_until": document.valid_until, "flows": flows,
                    "parties": document.parties.iter().map(|party| &party.name).collect::<Vec<_>>(),
                }),
                Err(_) => json!({"id": one.id, "state": "unreadable", "flows": flows}),
            });
        }
        let text = |row: &serde_json::Value, key: &str| match row.get(key) {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(serde_json::Value::Array(items)) => {
                items.iter().filter_map(|item| item.as_str()).collect::<Vec<_>>().join(", ")
            }
            Some(serde_json::Value::Bool(is)) => super::yes(*is),
            Some(serde_json::Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        out.list(["Agreement", "Parties", "State", "Signed", "Until", "Flows"], &rows, |row| {
            ["id", "parties", "state", "signed", "valid_until", "flows"].map(|key| text(row, key))
        })
    }

    async fn show_agreement(&self, name: &str, out: &Output) -> Outcome {
        let kept = self.find_agreement(name).await?;
        let (document, findings) = Document::read(&kept.text)?;
        let flows: Vec<String> = self.flows_under(name).await?.into_iter().map(|(flow, _)| flow.name).collect();
        let mut text = format!("{}\n# {}\n# terms: {}", kept.text.trim_end(), state_line(&document), document.digest());
        text.push_str(&format!("\n# flows: {}", if flows.is_empty() { "none".to_owned() } else { flows.join(", ") }));
        let told = json!({
            "id": kept.id, "added": kept.added, "digest": kept.digest, "terms": document.digest(), "state": state(&document),
            "signed": document.signed_off().is_ok(), "findings": findings, "flows": flows, "text": kept.text,
        });
        out.done(&text, &told)
    }

    /// Everything that is wrong, in the document and with this server.
    async fn check_agreement(&self, which: &str, context: &Context, out: &Output) -> Outcome {
        let path = Path::new(which);
        let text = match path.is_file() {
            true => read(path)?,
            false => {
                self.find_agreement(which).await.map_err(|error| format!("{error}; and no file of this name"))?.text
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
        let kept = self.find_agreement(name).await?;
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
        for (flow, settings) in self.flows_under(&document.id).await? {
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

    async fn remove_agreement(&self, name: &str, yes: bool, context: &Context, out: &Output) -> Outcome {
        let kept = self.find_agreement(name).await?;
        let mut changes = Vec::new();
        if let (Ok((document, _)), Ok(us)) = (Document::read(&kept.text), context.who()) {
            changes = self.granted(&document, us).await?;
        }
        let directory = self.store.directory().await?;
        let lost: Vec<String> = changes.iter().filter_map(|change| lost(change, &directory)).collect();
        let flows: Vec<String> = self.flows_under(name).await?.into_iter().map(|(flow, _)| flow.name).collect();
        let question = format!(
            "Forget {name}? Its flows stop: {}. Taken back: {}.",
            if flows.is_empty() { "none".to_owned() } else { flows.join(", ") },
            if lost.is_empty() { "nothing".to_owned() } else { lost.join("; ") },
        );
        confirm(yes, &question)?;
        if !changes.is_empty() {
            self.change(&changes).await?;
        }
        self.arrangements()?.remove_agreement(name).await?;
        let back = if lost.is_empty() { String::new() } else { format!(", and took back: {}", lost.join("; ")) };
        out.done(
            &format!("removed the agreement {name}{back}"),
            &json!({"id": name, "flows": flows, "changes": changes}),
        )
    }

    /// The grants that were made because of an agreement: they end when it does.
    async fn granted(&self, document: &Document, us: &Us) -> Outcome<Vec<Change>> {
        let own = us.party(document)?;
        let until = Timestamp::from_micros(document.valid_until.timestamp_micros());
        let mut changes = Vec::new();
        for party in document.parties.iter().filter(|party| party.name != own) {
            let grants = self.store.grants(Some(&Subject::Organisation(party.name.clone()))).await?;
            let ours = grants.into_iter().filter(|grant| grant.expires == Some(until));
            changes.extend(ours.map(|Grant { subject, object, .. }| Change::RemoveGrant { subject, object }));
        }
        Ok(changes)
    }
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

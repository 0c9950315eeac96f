use std::collections::BTreeMap;

use serde::Serialize;
use sharing::flow::{Change, Cursor, Fault, Item, Room, Withheld};
use sharing::sanitise::Removed;

use super::decide::{Decided, Decider, Going};
use super::{Clause, Context, FlowSettings};

/// What would leave under an agreement, object by object, before anything does.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Trial {
    /// The agreement.
    pub agreement: String,
    /// Who would get it.
    pub partner: String,
    /// The collection that it would be taken from.
    pub from: String,
    /// The sanitising profile.
    pub profile: String,
    /// Why nothing would leave at this moment, whatever is below.
    pub obstacle: Option<String>,
    /// What would leave.
    pub leaving: Vec<Leaves>,
    /// What would stay, and by which rule.
    pub withheld: Vec<Withheld>,
    /// Numbers.
    pub summary: Summary,
}

/// An object that would leave.
#[derive(Clone, Debug, Serialize)]
pub struct Leaves {
    /// The object as it is here.
    pub id: String,
    /// Its version.
    pub version: String,
    /// What it would be called there.
    pub leaving_as: String,
    /// Would it leave as it stands?
    pub unchanged: bool,
    /// What would be taken out of it.
    pub removed: Vec<Part>,
}

/// A part of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Where it stands (RFC 6901).
    pub pointer: String,
    /// The rule that takes it out.
    pub rule: String,
}

/// Numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// How many versions would leave.
    pub leaving: u64,
    /// How many of each type.
    pub types: BTreeMap<String, u64>,
    /// How many would stay, by rule.
    pub withheld: BTreeMap<String, u64>,
    /// How many parts would be taken out, by rule.
    pub removed: BTreeMap<String, u64>,
}

impl Context {
    /// What would leave of the collection that these settings take from, if a flow with them began now: decided by what
    /// decides for flows.
    ///
    /// # Errors
    /// The agreement says nothing about it, or the collection cannot be read.
    pub async fn trial(&self, name: &str, settings: &FlowSettings) -> Result<Trial, Fault> {
        let passage = self.passage(name, settings).await?;
        let refused = |reason: &str| Fault::Refused { place: format!("flow {name}"), reason: reason.to_owned() };
        let clause = passage.clause().await?.ok_or_else(|| refused("it names no agreement"))?;
        let from = passage.from.as_ref().ok_or_else(|| refused("nothing of ours would leave"))?;
        let decider = Decider {
            store: &*self.store,
            from: Some(from.key),
            server: &passage.server,
            clause: &clause,
            travels: settings.to.is_outside(),
        };
        let mut trial = Trial::of(&clause, settings);
        let source = self.source(&passage).await?;
        let mut after: Option<Cursor> = None;
        loop {
            let batch = source.next(after.as_ref(), Room::default()).await?;
            let items: Vec<Item> = batch.changes.into_iter().filter_map(object).collect();
            trial.add(decider.objects(items).await?);
            if !batch.more || after.as_ref() == Some(&batch.cursor) {
                return Ok(trial);
            }
            after = Some(batch.cursor);
        }
    }
}

fn object(change: Change) -> Option<Item> {
    match change {
        Change::Object(item) => Some(item),
        Change::Deleted { .. } => None,
    }
}

fn count(counts: &mut BTreeMap<String, u64>, what: &str) {
    *counts.entry(what.to_owned()).or_default() += 1;
}

impl Trial {
    fn of(clause: &Clause, settings: &FlowSettings) -> Self {
        Self {
            agreement: clause.agreement.id.clone(),
            partner: clause.partner().to_owned(),
            from: settings.from.to_string(),
            profile: clause.exchange.terms.profile.clone(),
            obstacle: clause.must_hold().err().map(|fault| fault.to_string()),
            ..Self::default()
        }
    }

    fn add(&mut self, decided: Decided) {
        let Decided { leaving, withheld, removed } = decided;
        for Going { item, original: (id, version), unchanged } in leaving {
            self.summary.leaving += 1;
            count(&mut self.summary.types, super::decide::object_type(item.id()));
            let of = |one: &&Removed| one.id == id && (one.version == version || one.version.is_empty());
            let removed: Vec<Part> = removed
                .iter()
                .filter(of)
                .map(|one| Part { pointer: one.pointer.clone(), rule: one.rule.clone() })
                .collect();
            self.leaving.push(Leaves { id, version, leaving_as: item.id().to_owned(), unchanged, removed });
        }
        removed.iter().for_each(|one| count(&mut self.summary.removed, &one.rule));
        withheld.iter().for_each(|one| count(&mut self.summary.withheld, &one.rule));
        self.withheld.extend(withheld);
    }
}

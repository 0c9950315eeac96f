use std::sync::Arc;

use serde::Serialize;
use sharing::flow::reconcile::{Leaf, compare};
use sharing::flow::{Change, Counters, Fault, Flow, InMemory, Missing, Versions, Withheld};

use super::context::UNLIMITED;
use super::passage::{Booked, Passage, Through};
use super::{Context, Direction, FlowSettings, Local};
use crate::store::Collection;

/// What the two ends of a flow have not in common, as far as the flow has to do with it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Comparison {
    /// The end that the flow takes from.
    pub from: String,
    /// The end that it brings to.
    pub to: String,
    /// What it should have brought, and the other end has not.
    pub missing: Vec<Version>,
    /// What only the first end has, and does not leave it, with the rule.
    pub withheld: Vec<Withheld>,
    /// What only the other end has.
    pub only_there: Vec<Version>,
    /// What both have, with different content.
    pub other_content: Vec<Version>,
    /// How many questions each end was asked, at most.
    pub questions: u64,
}

/// A version of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The object.
    pub id: String,
    /// Its version in normal form.
    pub version: String,
}

impl From<&Leaf> for Version {
    fn from(leaf: &Leaf) -> Self {
        Self { id: leaf.id.clone(), version: leaf.version.clone() }
    }
}

/// With more differences than this, it is better to begin anew than to bring one by one.
const MOST: usize = 20_000;

impl Context {
    /// Compares the ends of a flow by digests of ranges: what is alike is not asked about.
    ///
    /// # Errors
    /// One of the ends cannot be compared or does not answer, or what leaves is made anew by a sanitising profile.
    pub async fn compare(&self, name: &str, settings: &FlowSettings) -> Result<Comparison, Fault> {
        Ok(self.compared(name, settings).await?.0)
    }

    /// Compares, and brings what is missing, as the flow would have; its position stays where it is.
    ///
    /// # Errors
    /// As [`Context::compare`], or it broke off. What was delivered until then stays delivered.
    pub async fn repair(&self, name: &str, settings: &FlowSettings) -> Result<(Comparison, Counters), Fault> {
        let (comparison, from, leaves) = self.compared(name, settings).await?;
        let passage = self.passage(name, settings).await?;
        let source = Missing::new(settings.from.to_string(), from, &leaves);
        let sink = Booked(Arc::clone(&passage), self.sink(&passage).await?);
        let mut flow = Flow::new(name, Arc::new(source), Arc::new(sink), Arc::new(InMemory::default()))
            .policy(Arc::new(Through(Arc::clone(&passage))));
        let done = flow.run().await?;
        passage.settle().await?;
        Ok((comparison, done))
    }

    async fn compared(
        &self,
        name: &str,
        settings: &FlowSettings,
    ) -> Result<(Comparison, Arc<dyn Versions>, Vec<Leaf>), Fault> {
        let passage = self.passage(name, settings).await?;
        self.must_stay_alike(name, &passage).await?;
        let from = self.end(&passage, passage.from.as_ref(), true).await?;
        let to = self.end(&passage, passage.to.as_ref(), false).await?;
        let difference = compare(&*from, &*to).await?;
        let only_from = difference.only_ours.len();
        if only_from > MOST {
            return Err(refused(
                name,
                format!("{only_from} versions are missing, or stay: let the flow begin anew (flow rewind {name})"),
            ));
        }
        let mut comparison = Comparison {
            from: settings.from.to_string(),
            to: settings.to.to_string(),
            only_there: difference.only_theirs.iter().map(Version::from).collect(),
            other_content: difference.other_content.iter().map(|(ours, _)| Version::from(ours)).collect(),
            questions: difference.questions,
            ..Comparison::default()
        };
        let mut missing = difference.only_ours;
        if passage.clause().await?.is_some() {
            missing = leaving(&passage, &*from, missing, &mut comparison.withheld).await?;
        }
        comparison.missing = missing.iter().map(Version::from).collect();
        Ok((comparison, from, missing))
    }

    /// What is sanitised has other names and other content there.
    async fn must_stay_alike(&self, name: &str, passage: &Passage) -> Result<(), Fault> {
        match passage.clause().await? {
            Some(clause) if clause.direction == Direction::Out && clause.exchange.terms.profile != "full" => {
                let profile = &clause.exchange.terms.profile;
                Err(refused(
                    name,
                    format!(
                        "what leaves by the profile {profile} is made anew, and cannot be compared with what it was made of; flow rewind {name} brings all of it again, and what is known there stays as it is"
                    ),
                ))
            }
            _ => Ok(()),
        }
    }

    async fn end(
        &self,
        passage: &Passage,
        here: Option<&Collection>,
        is_source: bool,
    ) -> Result<Arc<dyn Versions>, Fault> {
        match here {
            Some(of) => Ok(Arc::new(Local::new(Arc::clone(&self.store), of.id, &passage.flow).limits(UNLIMITED))),
            None => self.ends.versions(&passage.settings, is_source).await,
        }
    }
}

/// Those of these versions that the agreement lets leave; the others are noted.
async fn leaving(
    passage: &Passage,
    from: &dyn Versions,
    all: Vec<Leaf>,
    withheld: &mut Vec<Withheld>,
) -> Result<Vec<Leaf>, Fault> {
    let mut leaving = Vec::new();
    for leaf in all {
        let applied = passage.pass(from.at(&leaf.key()).await?).await?;
        withheld.extend(applied.withheld);
        if applied.leaving.iter().any(|change| matches!(change, Change::Object(_))) {
            leaving.push(leaf);
        }
    }
    Ok(leaving)
}

fn refused(name: &str, reason: String) -> Fault {
    Fault::Refused { place: format!("flow {name}"), reason }
}

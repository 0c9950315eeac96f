//! What would leave under an agreement, before anything does.

use std::fmt;

use serde::Serialize;

use super::{AgreementPolicy, Onward};
use crate::flow::Fault;
use crate::sanitise::{Removed, Sanitised, Summary};

/// What would leave of some objects, without which parts, and what would stay. For the side that gives; the other is shown
/// nothing of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Simulation {
    /// The agreement's id.
    pub agreement: String,
    /// The party that gives.
    pub from: String,
    /// The party that gets.
    pub to: String,
    /// The collection.
    pub collection: String,
    /// The profile.
    pub profile: String,
    /// The most restrictive TLP level that leaves.
    pub tlp: String,
    /// The most restrictive PAP level that leaves.
    pub pap: String,
    /// Whether and how it may be passed on.
    pub onward: Onward,
    /// Why nothing would leave at this moment, whatever is below.
    pub obstacle: Option<String>,
    /// Numbers.
    pub summary: Summary,
    /// Part by part.
    pub details: Sanitised,
}

/// What would leave of these objects.
///
/// # Errors
/// What is around the objects cannot be looked up.
pub async fn simulate(policy: &AgreementPolicy, objects: &[&str]) -> Result<Simulation, Fault> {
    let details = policy.sanitised(objects).await?;
    let exchange = policy.exchange();
    Ok(Simulation {
        agreement: policy.agreement().id.clone(),
        from: exchange.from.clone(),
        to: exchange.to.clone(),
        collection: exchange.collection.clone(),
        profile: exchange.terms.profile.clone(),
        tlp: exchange.terms.tlp.to_string(),
        pap: exchange.terms.pap.to_string(),
        onward: exchange.terms.onward.clone(),
        obstacle: policy.obstacle().map(|(_, reason)| reason),
        summary: details.summary(),
        details,
    })
}

impl fmt::Display for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { agreement, from, to, collection, profile, tlp, pap, .. } = self;
        writeln!(f, "{collection} from {from} to {to} under {agreement}: profile {profile}, TLP:{tlp}, PAP:{pap}")?;
        if let Some(obstacle) = &self.obstacle {
            writeln!(f, "Nothing would leave now: {obstacle}")?;
        }
        writeln!(f)?;
        let rows = self.rows();
        let width =
            |column: fn(&[String; 4]) -> &String| rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0);
        let (first, second, third) = (width(|row| &row[0]), width(|row| &row[1]), width(|row| &row[2]));
        for [object, fate, part, rule] in &rows {
            let line = format!("{object:first$}  {fate:second$}  {part:third$}  {rule}");
            writeln!(f, "{}", line.trim_end())?;
        }
        write!(f, "\n{}", self.summary)
    }
}

impl Simulation {
    /// A row for each object and for each part that is removed.
    fn rows(&self) -> Vec<[String; 4]> {
        let mut rows = vec![["OBJECT", "FATE", "PART", "RULE"].map(str::to_owned)];
        for leaving in &self.details.leaving {
            let fate = if leaving.unchanged { "leaves unchanged" } else { "leaves" };
            rows.push([leaving.original.clone(), fate.to_owned(), String::new(), String::new()]);
            let of = |removed: &&Removed| removed.id == leaving.original && removed.version == leaving.original_version;
            let parts = self.details.removed.iter().filter(of);
            rows.extend(parts.map(|one| [String::new(), "removed".to_owned(), one.pointer.clone(), one.rule.clone()]));
        }
        let withheld = self.details.withheld.iter();
        rows.extend(
            withheld.map(|one| {
                [one.id.clone(), "stays".to_owned(), String::new(), format!("{}: {}", one.rule, one.reason)]
            }),
        );
        rows
    }
}

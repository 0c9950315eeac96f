//! Agreements, flows, partners and conflicts: what the [`Steward`] does for the commands it does here, in the caller's name.

pub(in crate::manage) mod agreements;
pub(in crate::manage) mod conflicts;
pub(in crate::manage) mod flows;
pub(in crate::manage) mod partners;

use std::sync::Arc;

use actix_web::http::StatusCode;
use sharing::flow::Fault;

use crate::manage::call::Call;
use crate::manage::problem::{Finding, Problem};
use crate::sharing::{Refusal, Steward};
use crate::store::StoreError;

impl Call {
    /// Looks after what is shared, in the caller's name.
    fn steward(&self) -> Steward {
        let within = &self.within;
        Steward::new(Arc::clone(&within.store), within.sharing.clone(), self.by.clone())
    }
}

/// In a task of its own, so that what is done in several steps, the record of it the last, is done to its end also if nobody waits for the
/// answer any longer.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Problem> {
    Ok(tokio::spawn(work).await.map_err(StoreError::failed)??)
}

/// A place of the body that says what is wrong.
const TEXT: &str = "/text";

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unknown { kind, wanted, .. } => {
                Self::not_found(format!("there is no {kind} {wanted:?}; GET /v1/{kind}s lists them"))
            }
            Refusal::NoConflict(wanted) => {
                Self::not_found(format!("there is no conflict {wanted:?}; GET /v1/conflicts lists them"))
            }
            Refusal::SeveralConflicts { wanted, count } => Self::new(
                StatusCode::CONFLICT,
                "ambiguous",
                "Several are meant",
                format!("{count} conflicts begin with {wanted:?}: give more of the digest, or the collection"),
            ),
            Refusal::Unreadable(mut wrong) => {
                // What it fails by comes first.
                wrong.0.sort_by_key(|one| std::cmp::Reverse(one.severity));
                let finding =
                    |one: &sharing::agreement::Finding| Finding { pointer: TEXT.to_owned(), detail: one.to_string() };
                Self::invalid(wrong.0.iter().map(finding).collect())
            }
            Refusal::Running(name) => Self::under_way(&format!(
                "a server runs the flow {name:?} at this moment: let it rest first, and try again when it does"
            )),
            Refusal::SpokenFor(server) => Self::new(
                StatusCode::CONFLICT,
                "taken",
                "It is there already",
                format!("somebody else speaks for the server {server:?}; GET /v1/partners tells who"),
            ),
            Refusal::Silent(holder) => {
                Self::not_found(format!("{holder} speaks for no server; GET /v1/partners tells who does"))
            }
            Refusal::NotOurs(terms) => Self::wrong(TEXT, terms.to_string()),
            Refusal::Unable(why) => needed(why),
            Refusal::Fault(fault @ Fault::Refused { .. }) => needed(fault.to_string()),
            Refusal::Fault(fault) => StoreError::failed(fault).into(),
            Refusal::Store(error) => error.into(),
        }
    }
}

fn needed(why: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, "missing", "Something that this needs is not there", why)
}

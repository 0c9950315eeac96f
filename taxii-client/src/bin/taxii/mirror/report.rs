use serde::Serialize;
use sharing::flow::{Counters, Refused, Status};

use crate::args::Format;
use crate::console::{Console, count};
use crate::failure::{Exit, Failure};
use crate::output;

/// What one run did.
#[derive(Serialize)]
struct Report<'a> {
    source: &'a str,
    sink: &'a str,
    #[serde(flatten)]
    counters: &'a Counters,
    refusals: Vec<&'a Refused>,
    conflicting: Vec<&'a Refused>,
}

pub(super) fn tell(status: &Status, done: &Counters, format: Format, console: &Console) -> Result<Exit, Failure> {
    let refused: u64 = done.refused.values().sum();
    let (refusals, conflicting) = (last(&status.state.refused, refused), last(&status.state.conflicts, done.conflicts));
    let report = Report { source: &status.source, sink: &status.sink, counters: done, refusals, conflicting };
    output::one(format, &report, || {
        let rows = report.refusals.iter().chain(&report.conflicting).map(|one| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            vec![text(&one.id), text(&one.version), one.rule.clone(), one.reason.clone()]
        });
        match report.refusals.is_empty() && report.conflicting.is_empty() {
            true => String::new(),
            false => output::table(&["REFUSED", "VERSION", "RULE", "REASON"], rows),
        }
    })?;
    console.summary(&summary(status, done, refused));
    Ok(if refused + done.conflicts > 0 { Exit::SomeRefused } else { Exit::Fine })
}

/// Of a list of the last, those of this run.
fn last<'a>(
    kept: impl IntoIterator<Item = &'a Refused, IntoIter: DoubleEndedIterator>,
    count: u64,
) -> Vec<&'a Refused> {
    let mut last: Vec<_> = kept.into_iter().rev().take(usize::try_from(count).unwrap_or(usize::MAX)).collect();
    last.reverse();
    last
}

fn summary(status: &Status, done: &Counters, refused: u64) -> String {
    if done.received == 0 {
        return format!("nothing new in {}", status.source);
    }
    let mut text = format!(
        "{} read in {}; {} delivered to {}",
        count(done.received, "change"),
        status.source,
        done.delivered,
        status.sink
    );
    let withheld: u64 = done.withheld.values().sum();
    for (number, word) in [
        (done.added, "taken"),
        (done.known, "known"),
        (done.deleted, "deleted"),
        (withheld, "withheld"),
        (refused, "refused"),
        (done.conflicts, "in conflict"),
    ] {
        if number > 0 {
            text += &format!(", {number} {word}");
        }
    }
    text
}

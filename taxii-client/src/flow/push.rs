//! Giving by the standard's own means (TAXII 2.1 §5.5).

use sharing::flow::{Change, Fault, Item, Outcome};
use stix_model::Timestamp;

use super::Remote;
use super::fault::fault;
use crate::{Outgoing, PushOptions, PushSummary, Refused};

impl Remote {
    /// The standard does not tell what is new from what was there: all that is accepted counts as added.
    pub(super) async fn push_all(&self, changes: &[Change]) -> Result<Vec<Outcome>, Fault> {
        let mut outcomes = Vec::with_capacity(changes.len());
        let mut waiting = vec![changes];
        while let Some(part) = waiting.pop().filter(|part| !part.is_empty()) {
            let items: Vec<&Item> = part.iter().filter_map(item).collect();
            let summary = self.push(&items).await?;
            match assign(&items, &summary.refused) {
                Some(refused) => {
                    let mut refused = refused.into_iter();
                    outcomes.extend(part.iter().map(|change| match change {
                        Change::Object(_) => refused.next().flatten().map_or(Outcome::Added, not_taken),
                        Change::Deleted { .. } => no_deletions(),
                    }));
                }
                // Some are refused and the server does not say which: fewer at a time tell.
                None => {
                    let (first, second) = part.split_at(part.len() / 2);
                    waiting.extend([second, first]);
                }
            }
        }
        Ok(outcomes)
    }

    async fn push(&self, items: &[&Item]) -> Result<PushSummary, Fault> {
        if items.is_empty() {
            return Ok(PushSummary::default());
        }
        let wrong = |error: &crate::Error| fault(&self.url(), error);
        let started = self.collection.start_push(PushOptions::default()).await;
        let mut push = started.map_err(|stopped| wrong(&stopped.error))?;
        for item in items {
            let text = (**item.object()).to_owned();
            push.add(Outgoing::from(text)).await.map_err(|stopped| wrong(&stopped.error))?;
        }
        let summary = push.finish().await.map_err(|stopped| wrong(&stopped.error))?;
        match summary.undecided {
            0 => Ok(summary),
            undecided => Err(Fault::Busy {
                place: self.url(),
                reason: format!("it has not decided about {undecided} objects in time; they will be offered again"),
                retry_after: None,
            }),
        }
    }
}

fn item(change: &Change) -> Option<&Item> {
    match change {
        Change::Object(item) => Some(item),
        Change::Deleted { .. } => None,
    }
}

/// Which of the items are refused; `None` if that cannot be told.
fn assign<'r>(items: &[&Item], refused: &'r [Refused]) -> Option<Vec<Option<&'r Refused>>> {
    let mut assigned: Vec<Option<&Refused>> = vec![None; items.len()];
    for one in refused {
        let free = |at: &usize| assigned.get(*at).is_some_and(Option::is_none);
        let of = |same: &dyn Fn(&Item) -> bool| -> Vec<usize> {
            let places = items.iter().enumerate().filter(|(_, item)| same(item)).map(|(place, _)| place);
            places.filter(free).collect()
        };
        let exact = of(&|item| item.id() == one.id && is_version(item.version(), &one.version));
        let by_id = of(&|item| item.id() == one.id);
        let place = match (exact.first(), by_id.as_slice(), items) {
            (Some(place), _, _) => *place,
            (None, [place], _) => *place,
            (None, _, [_]) => 0,
            _ => return None,
        };
        *assigned.get_mut(place)? = Some(one);
    }
    Some(assigned)
}

/// The same instant, however many digits it is written with.
fn is_version(ours: &str, theirs: &str) -> bool {
    let instant = |text: &str| text.parse::<Timestamp>().ok().map(|at| at.to_utc());
    ours == theirs || instant(ours).is_some_and(|ours| Some(ours) == instant(theirs))
}

fn not_taken(refused: &Refused) -> Outcome {
    Outcome::Refused { rule: "refused".to_owned(), reason: refused.reason.clone() }
}

fn no_deletions() -> Outcome {
    Outcome::Refused {
        rule: "no-deletions".to_owned(),
        reason: "the server is told of deletions only by its changes/, which it does not have".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use sharing::flow::Provenance;

    use super::*;

    fn tool(number: u32, version: &str) -> Item {
        let text = format!(
            r#"{{"type":"tool","spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-{number:012x}","created":"2026-01-01T00:00:00Z","modified":"{version}","name":"x"}}"#
        );
        Item::parse(&text, Provenance::local("a")).unwrap()
    }

    /// Promise 2: each refusal is told of the object that it is about, or that is found out; never of another.
    #[test]
    fn refusals_find_their_objects() {
        let items =
            [tool(1, "2026-01-02T00:00:00Z"), tool(1, "2026-01-03T00:00:00.000Z"), tool(2, "2026-01-02T00:00:00Z")];
        let items: Vec<&Item> = items.iter().collect();
        let refused = |number: u32, version: &str| Refused {
            id: tool(number, "2026-01-02T00:00:00Z").id().to_owned(),
            version: version.to_owned(),
            reason: String::new(),
        };
        let places = |items: &[&Item], refused: &[Refused]| {
            assign(items, refused).map(|all| all.iter().map(Option::is_some).collect::<Vec<_>>())
        };
        assert_eq!(places(&items, &[refused(1, "2026-01-03T00:00:00Z")]), Some(vec![false, true, false]));
        assert_eq!(places(&items, &[refused(2, "")]), Some(vec![false, false, true]));
        assert_eq!(places(&items, &[refused(1, "")]), None);
        assert_eq!(places(&items, &[refused(3, "")]), None);
        assert_eq!(places(&items[..1], &[refused(3, "")]), Some(vec![true]));
        assert_eq!(
            places(&items, &[refused(1, "2026-01-02T00:00:00Z"), refused(1, "")]),
            Some(vec![true, true, false])
        );
    }
}

//! What a collection holds, as far as it has to be known to say which objects make which event.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use stix_model::TypeClass;
use taxii_model::Timestamp;

use super::outline::Outline;

/// The number of an object's name.
type Number = u32;

/// What somebody sees of a collection, in outline.
#[derive(Clone, Debug, Default)]
pub(super) struct Holding {
    numbers: HashMap<Arc<str>, Number>,
    names: Vec<Arc<str>>,
    held: HashMap<Number, Held>,
    /// Relationships by where they begin; sightings, opinions and notes by what they are about.
    about: HashMap<Number, Vec<Number>>,
}

#[derive(Clone, Debug)]
struct Held {
    added: Timestamp,
    part: Part,
    /// The day that it was created or, if it does not say so, added: the day of its event for as long as it exists.
    day: Box<str>,
    contains: Box<[Number]>,
    refers: Box<[Number]>,
}

/// What an object is to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Container,
    Observable,
    ObservedData,
    BasedOn,
    Other,
}

impl Part {
    fn of(outline: &Outline) -> Self {
        match outline.kind.as_str() {
            "report" | "grouping" => Self::Container,
            "observed-data" => Self::ObservedData,
            "relationship" if outline.relation.as_deref() == Some("based-on") => Self::BasedOn,
            kind if TypeClass::of(kind) == TypeClass::Observable => Self::Observable,
            _ => Self::Other,
        }
    }

    /// Does it speak for what it refers to, so that this is no fact of its own?
    fn absorbs(self) -> bool {
        matches!(self, Self::Observable | Self::ObservedData | Self::BasedOn)
    }
}

/// What an event is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A report or grouping.
    Container(Arc<str>),
    /// What was created on a day and is in no container.
    Day { day: Box<str>, ids: HashSet<Arc<str>> },
}

/// An event to be.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) subject: Subject,
    /// Everything that has to be read for it.
    pub(super) ids: Vec<Arc<str>>,
    /// When the last of its objects was added.
    pub(super) newest: Timestamp,
    /// Another one if any of its objects has changed.
    pub(super) digest: u64,
}

impl Holding {
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// Takes in an object that was not there before.
    pub(super) fn take(&mut self, added: Timestamp, outline: &Outline) {
        let number = self.number(&outline.id);
        let part = Part::of(outline);
        let created = outline.created.as_deref().and_then(|at| at.get(..10)).filter(|day| is_day(day));
        let day = created.map_or_else(|| added.to_string().get(..10).unwrap_or_default().into(), Into::into);
        let contains: Box<[Number]> = outline.contains.iter().map(|id| self.number(id)).collect();
        let about: Vec<Number> = outline.about.iter().map(|id| self.number(id)).collect();
        let judged = matches!(outline.kind.as_str(), "opinion" | "note").then_some(&contains);
        for about in about.iter().chain(judged.into_iter().flatten()) {
            self.about.entry(*about).or_default().push(number);
        }
        let refers: Vec<Number> = outline.refers.iter().map(|id| self.number(id)).collect();
        // What a container contains is of that container's event alone.
        let inner = contains.iter().copied().filter(|_| part != Part::Container);
        let refers = refers.into_iter().chain(about).chain(inner).collect();
        self.held.insert(number, Held { added, part, day, contains, refers });
    }

    fn number(&mut self, id: &str) -> Number {
        if let Some(number) = self.numbers.get(id) {
            return *number;
        }
        let number = Number::try_from(self.names.len()).unwrap_or(Number::MAX);
        let name: Arc<str> = id.into();
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    fn name(&self, number: Number) -> Option<&Arc<str>> {
        self.names.get(usize::try_from(number).ok()?)
    }

    /// Which events there are.
    pub(super) fn plans(&self) -> Vec<Plan> {
        let containers = self.held.iter().filter(|(_, held)| held.part == Part::Container);
        let mut plans: Vec<Plan> =
            containers.clone().filter_map(|(number, held)| self.contained(*number, held)).collect();
        let mut spoken_for: HashSet<Number> = containers.flat_map(|(_, held)| held.contains.iter().copied()).collect();
        for held in self.held.values().filter(|held| held.part.absorbs()) {
            spoken_for.extend(held.refers.iter().filter(|number| self.can_be_absorbed(**number)));
        }
        let mut days: BTreeMap<&str, Vec<Number>> = BTreeMap::new();
        for (number, held) in &self.held {
            if held.part != Part::Container && !spoken_for.contains(number) {
                days.entry(&held.day).or_default().push(*number);
            }
        }
        plans.extend(days.into_iter().map(|(day, numbers)| self.of_day(day, &numbers)));
        plans
    }

    fn can_be_absorbed(&self, number: Number) -> bool {
        self.held.get(&number).is_some_and(|held| matches!(held.part, Part::Observable | Part::ObservedData))
    }

    fn contained(&self, number: Number, held: &Held) -> Option<Plan> {
        let subject = Subject::Container(Arc::clone(self.name(number)?));
        let roots: Vec<Number> = std::iter::once(number).chain(held.contains.iter().copied()).collect();
        Some(self.plan(subject, &roots))
    }

    fn of_day(&self, day: &str, roots: &[Number]) -> Plan {
        let ids = roots.iter().filter_map(|number| self.name(*number).cloned()).collect();
        self.plan(Subject::Day { day: day.into(), ids }, roots)
    }

    fn plan(&self, subject: Subject, roots: &[Number]) -> Plan {
        let newest = roots.iter().filter_map(|number| self.held.get(number)).map(|held| held.added).max();
        let mut all: Vec<(Timestamp, Number)> =
            self.around(roots).into_iter().filter_map(|number| Some((self.held.get(&number)?.added, number))).collect();
        all.sort_unstable();
        let mut hasher = DefaultHasher::new();
        all.iter().for_each(|(added, _)| added.hash(&mut hasher));
        let ids = all.iter().filter_map(|(_, number)| self.name(*number).cloned()).collect();
        Plan { subject, ids, newest: newest.unwrap_or_default(), digest: hasher.finish() }
    }

    /// The objects themselves, what is about them, and what all these refer to.
    fn around(&self, roots: &[Number]) -> HashSet<Number> {
        let mut all: HashSet<Number> = roots.iter().copied().collect();
        let links = roots.iter().filter_map(|number| self.about.get(number)).flatten();
        let mut next: Vec<Number> = roots.iter().chain(links).copied().collect();
        all.extend(&next);
        while let Some(number) = next.pop() {
            let refers = self.held.get(&number).map(|held| &*held.refers).unwrap_or_default();
            next.extend(refers.iter().copied().filter(|number| all.insert(*number)));
        }
        all
    }
}

/// `2026-11-01`
fn is_day(text: &str) -> bool {
    let digits =
        |range: std::ops::Range<usize>| text.get(range).is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let number = |range| text.get(range).and_then(|part: &str| part.parse::<u8>().ok());
    let is_shaped =
        digits(0..4) && digits(5..7) && digits(8..10) && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    is_shaped
        && number(5..7).is_some_and(|month| (1..=12).contains(&month))
        && number(8..10).is_some_and(|day| (1..=31).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(objects: &[&str]) -> Holding {
        let mut holding = Holding::default();
        for (n, text) in (1..).zip(objects) {
            holding.take(Timestamp::from_micros(n), &Outline::of(text.as_bytes()).unwrap());
        }
        holding
    }

    fn told(plan: &Plan) -> (String, Vec<String>) {
        let mut ids: Vec<String> = plan.ids.iter().map(ToString::to_string).collect();
        ids.sort();
        let subject = match &plan.subject {
            Subject::Container(id) => id.to_string(),
            Subject::Day { day, ids } => {
                let mut ids: Vec<_> = ids.iter().map(|id| &**id).collect();
                ids.sort_unstable();
                format!("{day} {}", ids.join(" "))
            }
        };
        (subject, ids)
    }

    /// A container is an event with what it contains and what is said about this; the rest goes by the day of creation, and what
    /// an observation or indicator speaks for is no fact of its own.
    #[test]
    fn what_belongs_together() {
        let holding = holding(&[
            r#"{"type":"report","id":"report--1","object_refs":["indicator--1","absent--1"],"created_by_ref":"identity--1"}"#,
            r#"{"type":"indicator","id":"indicator--1","created":"2026-11-01T10:00:00Z"}"#,
            r#"{"type":"identity","id":"identity--1","created":"2026-10-01T10:00:00Z"}"#,
            r#"{"type":"sighting","id":"sighting--1","created":"2026-11-02T10:00:00Z","sighting_of_ref":"indicator--1"}"#,
            r#"{"type":"indicator","id":"indicator--2","created":"2026-11-02T10:00:00Z"}"#,
            r#"{"type":"observed-data","id":"observed-data--2","created":"2026-11-03T10:00:00Z","object_refs":["file--2"]}"#,
            r#"{"type":"file","id":"file--2"}"#,
            r#"{"type":"relationship","id":"relationship--2","created":"2026-11-02T10:00:00Z","relationship_type":"based-on","source_ref":"indicator--2","target_ref":"observed-data--2"}"#,
            r#"{"type":"file","id":"file--3","created":"not a day"}"#,
        ]);
        let plans: BTreeMap<String, Vec<String>> = holding.plans().iter().map(told).collect();
        let expected = [
            ("1970-01-01 file--3", vec!["file--3"]),
            ("2026-10-01 identity--1", vec!["identity--1"]),
            (
                "2026-11-02 indicator--2 relationship--2 sighting--1",
                vec!["file--2", "indicator--1", "indicator--2", "observed-data--2", "relationship--2", "sighting--1"],
            ),
            ("report--1", vec!["identity--1", "indicator--1", "report--1", "sighting--1"]),
        ];
        let expected =
            expected.map(|(subject, ids)| (subject.to_owned(), ids.into_iter().map(str::to_owned).collect::<Vec<_>>()));
        assert_eq!(plans, BTreeMap::from(expected));
    }

    /// What is added to an event changes its digest and its time, and those of no other.
    #[test]
    fn additions_change_their_events_alone() {
        let report = r#"{"type":"report","id":"report--1","object_refs":["indicator--1"]}"#;
        let first = r#"{"type":"indicator","id":"indicator--1","created":"2026-11-01T10:00:00Z"}"#;
        let second = r#"{"type":"indicator","id":"indicator--2","created":"2026-11-01T10:00:00Z"}"#;
        let third = r#"{"type":"indicator","id":"indicator--3","created":"2026-11-01T10:00:00Z"}"#;
        let of = |objects: &[&str]| -> BTreeMap<String, (u64, Timestamp)> {
            let plans = holding(objects).plans();
            plans.iter().map(|plan| (told(plan).0[..6].to_owned(), (plan.digest, plan.newest))).collect()
        };
        let (before, after) = (of(&[report, first, second]), of(&[report, first, second, third]));
        assert_eq!(before["report"], after["report"]);
        assert!(before["2026-1"].0 != after["2026-1"].0 && before["2026-1"].1 < after["2026-1"].1);
    }

    /// Only days are days.
    #[test]
    fn days() {
        for (text, expected) in [
            ("2026-11-01", true),
            ("2026-13-01", false),
            ("2026-11-00", false),
            ("2026/11/01", false),
            ("+026-11-01", false),
            ("", false),
        ] {
            assert_eq!(is_day(text), expected, "{text}");
        }
    }
}

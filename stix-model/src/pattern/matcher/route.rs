//! Where a path leads, from one observable (STIX 2.1 §9.7).

use super::super::{ObjectPath, Step};
use super::MatchError;
use super::budget::Budget;
use super::observation::Observation;
use crate::json::{Json, Members};

/// The steps of a path behind its type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Route {
    first: Box<str>,
    hops: Vec<Hop>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Hop {
    /// Into an object; also through a reference, if the step before ends in one.
    Key {
        name: Box<str>,
        through: bool,
    },
    Index(usize),
    Any,
}

/// What a path leads to.
pub(super) enum Found<'o> {
    One(Option<&'o Json<'o>>),
    Several(Vec<&'o Json<'o>>),
}

impl Route {
    pub(super) fn new(path: &ObjectPath) -> Self {
        let mut names = Names { now: path.property().ends_with("_ref"), items: path.property().ends_with("_refs") };
        let hops = path.steps().iter().map(|step| names.hop(&step.value)).collect();
        Self { first: path.property().as_str().into(), hops }
    }

    /// The property that it begins with.
    pub(super) fn first(&self) -> &str {
        &self.first
    }

    /// Is there a `[*]` in it?
    pub(super) fn is_plural(&self) -> bool {
        self.hops.contains(&Hop::Any)
    }

    pub(super) fn from<'o>(
        &self,
        members: &'o Members<'o>,
        seen: &Observation<'o>,
        budget: &Budget,
    ) -> Result<Found<'o>, MatchError> {
        let value = members.get(&self.first);
        if self.hops.is_empty() {
            return Ok(Found::One(value.filter(|value| **value != Json::Null)));
        }
        self.onwards(value, seen, budget)
    }

    /// Behind the first property.
    pub(super) fn onwards<'o>(
        &self,
        value: Option<&'o Json<'o>>,
        seen: &Observation<'o>,
        budget: &Budget,
    ) -> Result<Found<'o>, MatchError> {
        budget.spend(self.hops.len())?;
        let Some(mut value) = value else { return Ok(Found::One(None)) };
        let mut hops = self.hops.iter();
        while let Some(hop) = hops.next() {
            let next = match hop {
                Hop::Any => return Self::all(value, hops.as_slice(), seen, budget),
                _ => hop.from(value, seen),
            };
            let Some(next) = next else { return Ok(Found::One(None)) };
            value = next;
        }
        Ok(Found::One(Some(value).filter(|value| **value != Json::Null)))
    }

    /// From every item of a value. References can lead to one observable in many ways, but it is looked at once.
    fn all<'o>(
        value: &'o Json<'o>,
        hops: &[Hop],
        seen: &Observation<'o>,
        budget: &Budget,
    ) -> Result<Found<'o>, MatchError> {
        let mut values = Vec::new();
        items(value, &mut values);
        for hop in hops {
            budget.spend(1 + values.len())?;
            values = match hop {
                Hop::Any => {
                    let mut next = Vec::new();
                    values.iter().for_each(|value| items(value, &mut next));
                    next
                }
                _ => values.iter().filter_map(|value| hop.from(value, seen)).collect(),
            };
            if matches!(hop, Hop::Key { through: true, .. }) {
                values.sort_unstable_by_key(|value| std::ptr::from_ref(*value));
                values.dedup_by_key(|value| std::ptr::from_ref(*value));
            }
        }
        values.retain(|value| **value != Json::Null);
        Ok(Found::Several(values))
    }
}

/// Whether the names of a path are such of references.
struct Names {
    now: bool,
    items: bool,
}

impl Names {
    fn hop(&mut self, step: &Step) -> Hop {
        let through = self.now;
        (self.now, self.items) = match step {
            Step::Key(name) => (name.ends_with("_ref"), name.ends_with("_refs")),
            Step::Index(_) | Step::Any => (self.items, false),
        };
        match step {
            Step::Key(name) => Hop::Key { name: name.as_str().into(), through },
            Step::Index(index) => Hop::Index(usize::try_from(*index).unwrap_or(usize::MAX)),
            Step::Any => Hop::Any,
        }
    }
}

impl Hop {
    fn from<'o>(&self, value: &'o Json<'o>, seen: &Observation<'o>) -> Option<&'o Json<'o>> {
        match (self, value) {
            (Self::Key { name, .. }, Json::Object(members)) => members.get(name),
            (Self::Key { name, through: true }, Json::String(target)) => seen.object(target)?.get(name),
            (Self::Index(index), Json::List(items)) => items.get(*index),
            _ => None,
        }
    }
}

/// The items of a list, or the values of a dictionary.
fn items<'o>(value: &'o Json<'o>, into: &mut Vec<&'o Json<'o>>) {
    match value {
        Json::List(items) => into.extend(items),
        Json::Object(members) => into.extend(members.iter().map(|(_, value)| value)),
        _ => {}
    }
}

impl<'o> Found<'o> {
    pub(super) fn values(&self) -> &[&'o Json<'o>] {
        match self {
            Self::One(value) => value.as_slice(),
            Self::Several(values) => values,
        }
    }
}

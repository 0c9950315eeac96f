//! What a mapping does not say: the difference between what comes back and what there was.
//!
//! It is applied to what comes back later, which somebody may have changed meanwhile. Then what it says now wins:
//! a value is only exchanged if it is still the one that it was, and what is new stays.

mod lists;
mod order;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use stix_model::json::{Json, Members};

use crate::format::Record;
use lists::{list_restored, lists_apart};

/// Levels of nesting that are looked into; deeper, values are kept as a whole.
const DEPTH: usize = 24;

/// What has to be done to `got` so that it is `wanted`, down to the order of members; `None` if nothing.
pub(crate) fn between(
    got: &Members<'static>,
    wanted: &Members<'static>,
    record: &'static Record,
) -> Option<Members<'static>> {
    if same_members(got, wanted) { None } else { members_apart(got, wanted, Place::of(record)) }
}

/// Does it.
pub(crate) fn restore(got: Members<'static>, residue: &Members<'static>, record: &'static Record) -> Members<'static> {
    members_restored(got, residue, Place::of(record))
}

/// In the order in which MISP writes a record.
pub(crate) fn ordered(members: Members<'static>, record: &'static Record) -> Members<'static> {
    order::members(members, Some(record), None)
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Place {
    /// What it should be.
    record: Option<&'static Record>,
    /// How many levels there may be yet.
    depth: usize,
}

impl Place {
    fn of(record: &'static Record) -> Self {
        Self { record: Some(record), depth: DEPTH }
    }

    /// In a member.
    fn inside(self, name: &str) -> Self {
        Self { record: order::inner(self.record, name), ..self }
    }

    /// One level deeper.
    fn deeper(self) -> Option<Self> {
        Some(Self { depth: self.depth.checked_sub(1)?, ..self })
    }
}

fn members_apart(got: &Members<'static>, wanted: &Members<'static>, place: Place) -> Option<Members<'static>> {
    let (mut set, mut was, mut inside) = (Members::new(), Members::new(), Members::new());
    for (name, value) in wanted.iter() {
        match got.get(name) {
            None => put(&mut set, name, value.clone()),
            Some(old) => match apart(old, value, place.inside(name)) {
                Apart::Same => {}
                Apart::Inside(difference) => put(&mut inside, name, difference),
                Apart::Other => {
                    put(&mut set, name, value.clone());
                    put(&mut was, name, old.clone());
                }
            },
        }
    }
    let mut drop = Members::new();
    for (name, value) in got.iter().filter(|(name, _)| !wanted.contains(name)) {
        put(&mut drop, name, value.clone());
    }
    let parts = [("set", set), ("was", was), ("in", inside), ("drop", drop)];
    let parts = parts.into_iter().filter(|(_, members)| !members.is_empty());
    let mut residue: Members<'static> = parts.map(|(name, members)| (name, Json::Object(members))).collect();
    let restored = if residue.is_empty() { got.clone() } else { members_restored(got.clone(), &residue, place) };
    if restored.iter().map(|(name, _)| name).ne(wanted.iter().map(|(name, _)| name)) {
        let names = wanted.iter().map(|(name, _)| Json::from(name.to_owned())).collect();
        put(&mut residue, "order", Json::List(names));
    }
    (!residue.is_empty()).then_some(residue)
}

fn members_restored(mut got: Members<'static>, residue: &Members<'static>, place: Place) -> Members<'static> {
    let part = |name| residue.get(name).and_then(Json::as_object);
    let each = |name| part(name).into_iter().flat_map(Members::iter);
    for (name, value) in each("set") {
        let was = part("was").and_then(|was| was.get(name));
        if got.get(name).is_none_or(|now| was.is_some_and(|was| same(now, was))) {
            put(&mut got, name, value.clone());
        }
    }
    for (name, difference) in each("in") {
        if let Some(now) = got.get_mut(name) {
            let before = std::mem::replace(now, Json::Null);
            *now = restored(before, difference, place.inside(name));
        }
    }
    for (name, value) in each("drop") {
        if got.get(name).is_some_and(|now| same(now, value)) {
            got.remove(name);
        }
    }
    order::members(got, place.record, residue.get("order").and_then(Json::as_list))
}

/// How two values differ.
enum Apart {
    Same,
    /// In parts, which this tells.
    Inside(Json<'static>),
    Other,
}

fn apart(got: &Json<'static>, wanted: &Json<'static>, place: Place) -> Apart {
    if same(got, wanted) {
        return Apart::Same;
    }
    let Some(place) = place.deeper() else { return Apart::Other };
    let difference = match (got, wanted) {
        (Json::Object(got), Json::Object(wanted)) => members_apart(got, wanted, place).map(Json::Object),
        (Json::List(got), Json::List(wanted)) => Some(Json::Object(lists_apart(got, wanted, place))),
        _ => return Apart::Other,
    };
    difference.map_or(Apart::Same, Apart::Inside)
}

fn restored(got: Json<'static>, difference: &Json<'static>, place: Place) -> Json<'static> {
    // What somebody else wrote may be nested deeper than what is written here.
    let Some(place) = place.deeper() else { return got };
    match (got, difference) {
        (Json::Object(got), Json::Object(difference)) => Json::Object(members_restored(got, difference, place)),
        (Json::List(got), Json::Object(difference)) => Json::List(list_restored(got, difference, place)),
        (got, _) => got,
    }
}

/// Equal down to the order of members: [`Json`] alone does not look at that.
fn same(a: &Json<'_>, b: &Json<'_>) -> bool {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => same_members(a, b),
        (Json::List(a), Json::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| same(x, y)),
        _ => a == b,
    }
}

fn same_members(a: &Members<'_>, b: &Members<'_>) -> bool {
    a.len() == b.len() && a.iter().zip(b.iter()).all(|((m, x), (n, y))| m == n && same(x, y))
}

fn put(members: &mut Members<'static>, name: &str, value: Json<'static>) {
    members.insert(Cow::Owned(name.to_owned()), value);
}

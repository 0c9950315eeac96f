use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Json;
use crate::names::{self, hash};

/// The members of a JSON object, in the order in which they were written. Their names differ.
#[derive(Clone, Debug, Default)]
pub struct Members<'a>(Vec<Member<'a>>);

impl<'a> Members<'a> {
    /// No members.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Members whose names are known to differ.
    pub(super) const fn of_distinct(members: Vec<Member<'a>>) -> Self {
        Self(members)
    }

    /// The value of a member.
    #[must_use]
    #[inline]
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.0.iter().find(|(n, _)| same(n, name)).map(|(_, value)| value)
    }

    /// The value of a member, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Json<'a>> {
        self.0.iter_mut().find(|(n, _)| same(n, name)).map(|(_, value)| value)
    }

    /// Is there a member of this name?
    #[must_use]
    #[inline]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets a member, in its old place if there is one, else at the end.
    pub fn insert(&mut self, name: impl Into<Cow<'a, str>>, value: Json<'a>) -> Option<Json<'a>> {
        let name = name.into();
        if let Some(old) = self.get_mut(&name) {
            return Some(std::mem::replace(old, value));
        }
        self.0.push((name, value));
        None
    }

    /// Sets a member; if there was none, right behind another.
    pub(crate) fn insert_after(&mut self, other: &str, name: &'static str, value: Json<'a>) {
        if let Some(old) = self.get_mut(name) {
            *old = value;
            return;
        }
        let at = self.0.iter().position(|(n, _)| n == other).map_or(self.0.len(), |at| at + 1);
        self.0.insert(at, (Cow::Borrowed(name), value));
    }

    /// Takes a member out.
    pub fn remove(&mut self, name: &str) -> Option<Json<'a>> {
        let at = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.remove(at).1)
    }

    /// Gives a member another name, in its place; `false` if there is none.
    pub fn rename(&mut self, name: &str, to: impl Into<Cow<'a, str>>) -> bool {
        match self.0.iter_mut().find(|(n, _)| same(n, name)) {
            Some((n, _)) => {
                *n = to.into();
                true
            }
            None => false,
        }
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Json<'a>)> + ExactSizeIterator {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Names and values in order, the values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Json<'a>)> {
        self.0.iter_mut().map(|(name, value)| {
            let name: &Cow<'a, str> = name;
            (name.as_ref(), value)
        })
    }

    /// Keeps the members for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &Json<'a>) -> bool) {
        self.0.retain(|(name, value)| keep(name, value));
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Members<'static> {
        let owned = self.0.into_iter().map(|(name, value)| (own(name), value.into_owned()));
        Members(owned.collect())
    }
}

impl PartialEq for Members<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl<'a> IntoIterator for Members<'a> {
    type Item = (Cow<'a, str>, Json<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, N: Into<Cow<'a, str>>> FromIterator<(N, Json<'a>)> for Members<'a> {
    /// Of members with the same name, the last value is kept.
    fn from_iter<I: IntoIterator<Item = (N, Json<'a>)>>(members: I) -> Self {
        let mut all = Distinct::default();
        for (name, value) in members {
            all.put(name.into(), value);
        }
        all.finish()
    }
}

/// A member of an object: its name and its value.
pub(super) type Member<'a> = (Cow<'a, str>, Json<'a>);

/// Members as they come, each name once.
#[derive(Default)]
pub(super) struct Distinct<'a> {
    members: Vec<Member<'a>>,
    seen: Seen<'a>,
}

impl<'a> Distinct<'a> {
    pub(super) fn with_room(members: usize) -> Self {
        Self { members: Vec::with_capacity(members), ..Self::default() }
    }

    /// Puts a member at the end, or in the place of the one with its name: then gives that name.
    pub(super) fn put(&mut self, name: Cow<'a, str>, value: Json<'a>) -> Option<&str> {
        let Some(at) = self.seen.place(hash(&name), &self.members, &name) else {
            self.members.push((name, value));
            return None;
        };
        let (name, old) = self.members.get_mut(at)?;
        *old = value;
        Some(name)
    }

    /// All of them, without room for more.
    pub(super) fn finish(mut self) -> Members<'a> {
        self.members.shrink_to_fit();
        Members(self.members)
    }
}

/// The names of the members that there are so far.
#[derive(Default)]
pub(super) struct Seen<'a> {
    /// One bit for each name, shared by some: a name whose bit is not set has not been seen.
    bits: u64,
    /// Where each name is, once there are many: comparing with each is faster up to a point.
    places: HashMap<Cow<'a, str>, usize>,
}

impl<'a> Seen<'a> {
    const FEW: usize = 32;

    /// Where the member with a name is among those so far. If there is none, it is the next.
    #[inline]
    #[allow(clippy::ptr_arg, reason = "a name that is borrowed is kept without a copy")]
    pub(super) fn place(&mut self, hash: u64, members: &[Member<'a>], name: &Cow<'a, str>) -> Option<usize> {
        if members.len() > Self::FEW {
            return self.place_of_many(members, name);
        }
        let bit = 1 << (hash >> 58);
        let is_new = self.bits & bit == 0;
        self.bits |= bit;
        if is_new { None } else { members.iter().position(|(known, _)| same(known, name)) }
    }

    #[allow(clippy::ptr_arg, reason = "a name that is borrowed is kept without a copy")]
    fn place_of_many(&mut self, members: &[Member<'a>], name: &Cow<'a, str>) -> Option<usize> {
        if self.places.is_empty() {
            self.places.extend(members.iter().enumerate().map(|(at, (known, _))| (known.clone(), at)));
        }
        match self.places.entry(name.clone()) {
            Entry::Occupied(place) => Some(*place.get()),
            Entry::Vacant(place) => {
                place.insert(members.len());
                None
            }
        }
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        self.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

/// Are the names equal? Nearly all are short enough to be compared without a call.
#[inline]
pub(crate) fn same(a: &str, b: &str) -> bool {
    fn ends<const N: usize>(a: &[u8], b: &[u8]) -> bool {
        a.first_chunk::<N>() == b.first_chunk::<N>() && a.last_chunk::<N>() == b.last_chunk::<N>()
    }
    let (a, b) = (a.as_bytes(), b.as_bytes());
    a.len() == b.len()
        && match a.len() {
            4..=8 => ends::<4>(a, b),
            9..=16 => ends::<8>(a, b),
            17..=32 => ends::<16>(a, b),
            _ => a == b,
        }
}

/// A name or text without the lifetime of what it was read from. Words of the standard need no memory of their own.
pub(super) fn own(text: Cow<'_, str>) -> Cow<'static, str> {
    own_by(hash(&text), text)
}

/// The same, of a text whose hash is known.
pub(super) fn own_by(hash: u64, text: Cow<'_, str>) -> Cow<'static, str> {
    match names::known_by(hash, &text) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(text.into_owned()),
    }
}

//! Builds the tree while the text is read.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::Json;
use super::members::{Distinct, own, own_by};
use crate::names::hash;
use crate::strict::Name;

pub(super) fn read<'de, 't, H: Hold<'de, 't>>(
    text: &'de str,
    depth: usize,
    hold: H,
) -> serde_json::Result<(Json<'t>, Vec<String>)> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut duplicates = Vec::new();
    let value =
        Tree { depth, room: 16, hold, duplicates: &mut duplicates, text: PhantomData }.deserialize(&mut json)?;
    json.end()?;
    Ok((value, duplicates))
}

/// How texts of the input are held.
pub(super) trait Hold<'de, 't>: Copy {
    fn text(self, text: Cow<'de, str>) -> Cow<'t, str>;
    /// Of a name whose hash is known.
    fn name(self, hash: u64, name: Cow<'de, str>) -> Cow<'t, str>;
}

/// As they are.
#[derive(Clone, Copy)]
pub(super) struct Borrowed;

impl<'de> Hold<'de, 'de> for Borrowed {
    fn text(self, text: Cow<'de, str>) -> Cow<'de, str> {
        text
    }
    fn name(self, _: u64, name: Cow<'de, str>) -> Cow<'de, str> {
        name
    }
}

/// As copies.
#[derive(Clone, Copy)]
pub(super) struct Owned;

impl<'de> Hold<'de, 'static> for Owned {
    fn text(self, text: Cow<'de, str>) -> Cow<'static, str> {
        own(text)
    }
    fn name(self, hash: u64, name: Cow<'de, str>) -> Cow<'static, str> {
        own_by(hash, name)
    }
}

/// Builds the tree while the text is read.
pub(super) struct Tree<'d, 'de, 't, H> {
    pub(super) depth: usize,
    /// How many members an object is likely to have: few, if it lies inside another.
    pub(super) room: usize,
    pub(super) hold: H,
    /// JSON pointers of duplicate names, innermost step first while the levels are left.
    pub(super) duplicates: &'d mut Vec<String>,
    pub(super) text: PhantomData<(&'de str, &'t str)>,
}

impl<'de, 't, H: Hold<'de, 't>> Tree<'_, 'de, 't, H> {
    fn inside<E: de::Error>(&mut self) -> Result<Tree<'_, 'de, 't, H>, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Tree { depth, room: 4, hold: self.hold, duplicates: self.duplicates, text: PhantomData }),
            None => Err(E::custom("nested too deeply")),
        }
    }

    /// Puts a step in front of the pointers that were found since there were `known`.
    fn step(&mut self, known: usize, step: impl fmt::Display) {
        for pointer in self.duplicates.iter_mut().skip(known) {
            pointer.insert_str(0, &format!("/{step}"));
        }
    }
}

impl<'de, 't, H: Hold<'de, 't>> DeserializeSeed<'de> for Tree<'_, 'de, 't, H> {
    type Value = Json<'t>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'t>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, 't, H: Hold<'de, 't>> Visitor<'de> for Tree<'_, 'de, 't, H> {
    type Value = Json<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'t>, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Json<'t>, E> {
        Ok(Json::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Json<'t>, E> {
        Ok(Json::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Json<'t>, E> {
        Ok(Json::Number(value.into()))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json<'t>, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("a number must be finite"))
    }
    fn visit_str<E>(self, text: &str) -> Result<Json<'t>, E> {
        Ok(Json::String(Cow::Owned(text.to_owned())))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'t>, E> {
        Ok(Json::String(self.hold.text(Cow::Borrowed(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Json<'t>, A::Error> {
        let mut list = Vec::new();
        loop {
            let known = self.duplicates.len();
            let Some(item) = items.next_element_seed(self.inside()?)? else { break };
            self.step(known, list.len());
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Json<'t>, A::Error> {
        let mut members = Distinct::with_room(self.room);
        while let Some(name) = entries.next_key_seed(Name)? {
            let known = self.duplicates.len();
            let value = entries.next_value_seed(self.inside()?)?;
            if self.duplicates.len() > known {
                self.step(known, crate::pointer::escape(&name));
            }
            let name = self.hold.name(hash(&name), name);
            if let Some(name) = members.put(name, value) {
                self.duplicates.push(format!("/{}", crate::pointer::escape(name)));
            }
        }
        Ok(Json::Object(members.finish()))
    }
}

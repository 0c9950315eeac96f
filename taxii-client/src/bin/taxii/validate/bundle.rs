//! A bundle or an envelope that is one text of several.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use stix_model::json::{DEPTH, Json, Members};

use super::place::Place;
use super::texts::Text;
use crate::input;

pub(crate) struct Bundle<'t> {
    /// What stands beside the list.
    pub(crate) wrapper: Members<'static>,
    objects: Vec<&'t RawValue>,
    text: &'t str,
    start: Place,
}

impl<'t> Bundle<'t> {
    /// `None` if the text is an object, or if its list is none.
    pub(crate) fn of(text: &Text<'t>) -> Option<Self> {
        if !text.whole || !input::is_document(text.text.as_bytes()) {
            return None;
        }
        let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(text.text).ok()?;
        let list = members.remove("objects").map_or("[]", RawValue::get);
        let objects = serde_json::from_str(list).ok()?;
        let read = |json: &RawValue| Some(Json::parse_leniently(json.get(), DEPTH).ok()?.0.into_owned());
        let wrapper = members.into_iter().map(|(name, json)| Some((name, read(json)?))).collect::<Option<_>>()?;
        Some(Self { wrapper, objects, text: text.text, start: text.start })
    }

    /// The objects with their places.
    pub(crate) fn objects(&self) -> impl Iterator<Item = Text<'_>> {
        let (mut at, mut place) = (0, self.start);
        self.objects.iter().map(move |object| {
            // Each is a part of the text.
            let next = object.get().as_ptr() as usize - self.text.as_ptr() as usize;
            place = place.after(self.text.as_bytes().get(at..next).unwrap_or_default());
            at = next;
            Text { text: object.get(), start: place, wrapper: &self.wrapper, whole: false }
        })
    }
}

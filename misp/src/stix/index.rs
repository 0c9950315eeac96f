//! The objects of a bundle, and what leads where.

use std::collections::{HashMap, HashSet};

use stix_model::json::{Json, Members};

/// Objects by their names, and those that are about others.
#[derive(Debug, Default)]
pub(crate) struct Index<'o> {
    by_id: HashMap<&'o str, &'o Members<'static>>,
    /// Relationships by where they begin; sightings, opinions and notes by what they are about.
    about: HashMap<&'o str, Vec<&'o Members<'static>>>,
}

pub(crate) fn text<'m>(members: &'m Members<'_>, name: &str) -> Option<&'m str> {
    members.get(name).and_then(Json::as_str)
}

pub(crate) fn texts<'m>(members: &'m Members<'_>, name: &str) -> impl Iterator<Item = &'m str> + use<'m> {
    members.get(name).and_then(Json::as_list).unwrap_or_default().iter().filter_map(Json::as_str)
}

/// The UUID of an identifier.
pub(crate) fn uuid_of(id: &str) -> &str {
    id.split_once("--").map_or(id, |(_, uuid)| uuid)
}

impl<'o> Index<'o> {
    pub(crate) fn of(objects: impl IntoIterator<Item = &'o Members<'static>>) -> Self {
        let mut index = Self::default();
        for object in objects {
            index.add(object);
        }
        index
    }

    fn add(&mut self, object: &'o Members<'static>) {
        let Some(id) = text(object, "id") else { return };
        // Of several versions, the newest.
        let newer = |old: &&Members<'static>| text(old, "modified") <= text(object, "modified");
        if self.by_id.get(id).is_none_or(newer) {
            self.by_id.insert(id, object);
        }
        match text(object, "type").unwrap_or_default() {
            "relationship" => self.note(text(object, "source_ref"), object),
            "sighting" => self.note(text(object, "sighting_of_ref"), object),
            "opinion" | "note" => texts(object, "object_refs").for_each(|id| self.note(Some(id), object)),
            _ => {}
        }
    }

    fn note(&mut self, about: Option<&'o str>, object: &'o Members<'static>) {
        if let Some(id) = about {
            self.about.entry(id).or_default().push(object);
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&'o Members<'static>> {
        self.by_id.get(id).copied()
    }

    /// What of a type is about an object, or begins there.
    pub(crate) fn about<'s>(
        &'s self,
        id: &str,
        kind: &'s str,
    ) -> impl Iterator<Item = &'o Members<'static>> + use<'o, 's> {
        let all = self.about.get(id).map(Vec::as_slice).unwrap_or_default();
        all.iter().copied().filter(move |object| text(object, "type") == Some(kind))
    }

    /// The observed data that an indicator is based on.
    pub(crate) fn observed(&self, indicator: &str) -> Option<&'o Members<'static>> {
        let based =
            self.about(indicator, "relationship").filter(|link| text(link, "relationship_type") == Some("based-on"));
        let mut targets = based.filter_map(|link| self.get(text(link, "target_ref")?));
        let same = || self.get(&format!("observed-data--{}", uuid_of(indicator)));
        targets.find(|object| text(object, "type") == Some("observed-data")).or_else(same)
    }
}

/// What may be followed from an observable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'s, 'o> {
    index: &'s Index<'o>,
    only: Option<(&'s Members<'static>, &'s HashSet<&'s str>)>,
}

impl<'s, 'o> Scope<'s, 'o> {
    /// Everything.
    pub(crate) fn all(index: &'s Index<'o>) -> Self {
        Self { index, only: None }
    }

    /// What is listed by observed data or is in the event. Whoever else has an observable of that name may have others
    /// under it, which are none of this event's concern.
    pub(crate) fn within(index: &'s Index<'o>, observed: &'s Members<'static>, contents: &'s HashSet<&'s str>) -> Self {
        Self { index, only: Some((observed, contents)) }
    }

    pub(crate) fn get(self, id: &str) -> Option<&'o Members<'static>> {
        let within = self.only.is_none_or(|(observed, contents)| {
            contents.contains(id) || texts(observed, "object_refs").any(|listed| listed == id)
        });
        self.index.get(id).filter(|_| within)
    }
}

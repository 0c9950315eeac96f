//! From an event to STIX.
//!
//! First everything is made that STIX has words for. Then it is read again as if somebody else had made it, and the
//! difference to the event is kept with the objects that it concerns.

mod attribute;
mod beside;
mod event;
mod galaxy;
mod object;
mod opinions;

use std::collections::{HashMap, HashSet};

use stix_model::json::{Json, Members};
use uuid::Uuid;

use super::index::text;
use super::names::{Names, made, usable};
use super::observable::is_valid;
use super::tags::{Said, said};
use super::{Converted, moment};
use crate::format::{Document, Event};

/// An event on its way.
pub(super) struct Export<'e> {
    event: Event<'e>,
    uuid: Uuid,
    names: Names,
    /// Who made the event.
    creator: Option<String>,
    said: Said,
    /// Everything made so far, in order, and where it is.
    objects: Vec<Members<'static>>,
    places: HashMap<String, usize>,
    heads: Heads,
    /// What galaxies know about the event as a whole.
    known: Vec<String>,
    /// What the whole world knows: organisations, published clusters. It is not marked.
    open: HashSet<String>,
}

/// The objects that stand for parts of the event; `None` where a part has none.
#[derive(Default)]
struct Heads {
    attributes: Vec<Option<String>>,
    objects: Vec<Option<String>>,
    reports: Vec<Option<String>>,
    /// Of attributes and objects, by the UUID that MISP has.
    by_uuid: HashMap<String, String>,
}

impl Heads {
    /// In the order of the event.
    fn all(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().chain(&self.objects).flatten().map(String::as_str)
    }
}

pub(super) fn convert(document: &Document) -> Converted {
    let event = document.event();
    let uuid = usable(event.uuid()).unwrap_or_else(|| made(&["event", &document.to_string()]));
    let mut export = Export {
        event,
        uuid,
        names: Names::new(uuid),
        creator: None,
        said: said(event.tags()),
        objects: Vec::new(),
        places: HashMap::new(),
        heads: Heads::default(),
        known: Vec::new(),
        open: HashSet::new(),
    };
    export.identify();
    export.attributes();
    export.objects();
    export.references();
    export.galaxies();
    let container = export.contain();
    export.reports(&container);
    export.mark();
    let beside = export.beside(&container);
    Converted { objects: export.finish(), beside }
}

impl Export<'_> {
    /// The beginning of an object: everything but what it is about.
    fn head(&self, kind: &str, uuid: &Uuid, at: Option<i64>) -> Members<'static> {
        let at = at.and_then(moment::of_seconds).or_else(|| moment::of_seconds(self.event.timestamp()?));
        let at =
            at.or_else(|| moment::of_day(self.event.date()?)).map_or_else(|| moment::UNKNOWN.to_owned(), moment::stix);
        let mut head: Members<'static> = [
            ("type", Json::from(kind.to_owned())),
            ("spec_version", Json::from("2.1")),
            ("id", Json::from(format!("{kind}--{uuid}"))),
        ]
        .into_iter()
        .collect();
        if let Some(creator) = &self.creator {
            head.insert("created_by_ref", Json::from(creator.clone()));
        }
        head.insert("created", Json::from(at.clone()));
        head.insert("modified", Json::from(at));
        head
    }

    /// Adds an object, if it is valid and none of its name is there.
    fn add(&mut self, object: Members<'static>) -> Option<String> {
        let id = text(&object, "id")?.to_owned();
        if self.places.contains_key(&id) {
            return Some(id);
        }
        if !is_valid(&object) {
            return None;
        }
        self.places.insert(id.clone(), self.objects.len());
        self.objects.push(object);
        Some(id)
    }

    fn object_mut(&mut self, id: &str) -> Option<&mut Members<'static>> {
        self.places.get(id).and_then(|at| self.objects.get_mut(*at))
    }

    /// A relationship between two objects that are there.
    fn link(&mut self, uuid: &Uuid, at: Option<i64>, kind: &str, source: &str, target: &str) -> Members<'static> {
        let mut link = self.head("relationship", uuid, at);
        link.insert("relationship_type", Json::from(kind.to_owned()));
        link.insert("source_ref", Json::from(source.to_owned()));
        link.insert("target_ref", Json::from(target.to_owned()));
        link
    }

    /// Marks what has no markings of its own with those of the event, and brings the definitions.
    fn mark(&mut self) {
        let mut definitions: Vec<Members<'static>> = Vec::new();
        let mut bring = |said: &Said| {
            for definition in said.definitions() {
                if !definitions.iter().any(|known| text(known, "id") == text(&definition, "id")) {
                    definitions.push(definition);
                }
            }
        };
        bring(&self.said);
        for object in &mut self.objects {
            let own = super::tags::marked(object);
            bring(&own.within(&self.said));
            // What the published galaxies say is no secret, and who somebody is neither.
            let open = text(object, "id").is_some_and(|id| self.open.contains(id));
            let refs = own.within(&self.said).marking_refs();
            if !open && !refs.is_empty() {
                object.insert("object_marking_refs", Json::List(refs.into_iter().map(Json::from).collect()));
            }
        }
        for definition in definitions {
            self.add(definition);
        }
    }

    fn finish(mut self) -> Vec<Members<'static>> {
        let extended = self.objects.iter().any(|object| {
            object.get("extensions").is_some_and(|extensions| extensions.get(super::extension::ID).is_some())
        });
        if extended {
            self.objects.extend(super::extension::definition());
        }
        self.objects
    }
}

/// The words, or something that says that there are none.
fn words(text: Option<&str>) -> Json<'static> {
    Json::from(text.filter(|text| !text.is_empty()).unwrap_or("(untitled)").to_owned())
}

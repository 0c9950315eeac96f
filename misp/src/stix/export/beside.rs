//! What STIX does not say, kept with the objects that it concerns.

use stix_model::json::{Json, Members};

use super::Export;
use crate::format::{Attribute, Event, EventReport, Object, Record};
use crate::residue;
use crate::stix::import::{self, Frame, Reach};
use crate::stix::index::Index;
use crate::stix::{Beside, extension};

impl Export<'_> {
    /// Keeps what is left of each part and of the event, and tells what was kept where.
    pub(super) fn beside(&mut self, container: &str) -> Vec<Beside> {
        let mut plain: Vec<(String, Vec<(&'static str, Json<'static>)>)> = Vec::new();
        for (_, head, members, _) in self.parts() {
            plain.push((head, said_plainly(members)));
        }
        plain.push((container.to_owned(), said_plainly(self.event.members())));
        for (head, members) in &plain {
            if let Some(object) = self.object_mut(head) {
                extension::keep(object, members.clone(), None);
            }
        }
        let kept = self.residues(container);
        let mut beside = Vec::new();
        for (path, head, residue) in kept {
            if let Some(residue) = &residue {
                beside.push(Beside { path, object: head.clone(), members: changed(residue) });
            }
            if let Some(object) = self.object_mut(&head) {
                extension::keep(object, Vec::new(), residue.as_ref());
            }
        }
        beside
    }

    /// Each part of the event that has an object of its own: its path, that object, its members, and its table.
    fn parts(&self) -> Vec<(String, String, &Members<'static>, &'static Record)> {
        let mut parts = Vec::new();
        for (i, (attribute, head)) in self.event.attributes().zip(&self.heads.attributes).enumerate() {
            let path = format!("/Event/Attribute/{i}");
            parts.extend(head.clone().map(|head| (path, head, attribute.members(), Attribute::RECORD)));
        }
        for (i, (object, head)) in self.event.objects().zip(&self.heads.objects).enumerate() {
            let path = format!("/Event/Object/{i}");
            parts.extend(head.clone().map(|head| (path, head, object.members(), Object::RECORD)));
        }
        for (i, (report, head)) in self.event.reports().zip(&self.heads.reports).enumerate() {
            let path = format!("/Event/EventReport/{i}");
            parts.extend(head.clone().map(|head| (path, head, report.members(), EventReport::RECORD)));
        }
        parts
    }

    fn residues(&self, container: &str) -> Vec<(String, String, Option<Members<'static>>)> {
        let index = Index::of(&self.objects);
        let Some(container_object) = index.get(container) else { return Vec::new() };
        let frame = Frame::of(container_object);
        let mut residues = Vec::new();
        for (path, head, members, record) in self.parts() {
            let Some(object) = index.get(&head) else { continue };
            let got = import::part(&index, &frame, object, record);
            residues.push((path, head, residue::between(&got, members, record)));
        }
        let got = import::event(&index, container_object, Reach::Own);
        let wanted = self.without_parts();
        residues.push(("/Event".to_owned(), container.to_owned(), residue::between(&got, &wanted, Event::RECORD)));
        residues
    }

    /// The event with nothing where the lists of its parts are, as far as these have objects of their own.
    fn without_parts(&self) -> Members<'static> {
        let mut event = self.event.members().clone();
        for (name, heads) in [
            ("Attribute", &self.heads.attributes),
            ("Object", &self.heads.objects),
            ("EventReport", &self.heads.reports),
        ] {
            if !heads.is_empty() && heads.iter().all(Option::is_some) {
                event.insert(name, Json::Bool(true));
            }
        }
        event
    }
}

/// Members that the extension has under their own names.
fn said_plainly(members: &Members<'static>) -> Vec<(&'static str, Json<'static>)> {
    let text = |name: &&'static str| match members.get(name)? {
        Json::String(text) if !text.is_empty() => Some((*name, Json::from(text.clone().into_owned()))),
        Json::Number(number) => Some((*name, Json::from(number.to_string()))),
        _ => None,
    };
    extension::PLAIN.iter().filter_map(text).collect()
}

/// The members that a residue is about.
fn changed(residue: &Members<'static>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in ["set", "in", "drop"] {
        let members = residue.get(part).and_then(Json::as_object);
        names.extend(members.into_iter().flat_map(Members::iter).map(|(name, _)| name.to_owned()));
    }
    names
}

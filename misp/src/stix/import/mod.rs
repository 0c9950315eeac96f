//! From STIX to events: what was made here comes back as it was; of others, everything that MISP has words for.

mod attribute;
mod event;
mod foreign;
mod galaxy;
mod object;
mod said;

use std::collections::HashSet;

use stix_model::json::{Json, Members};

use super::extension;
use super::index::{Index, text, texts};
use super::tags::{Said, marked};
use crate::format::{Attribute, EventReport, Object, Record};
use crate::residue;

pub(super) use event::{Reach, event, events, loose_event};

/// What holds for a whole event.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame<'c> {
    /// Its markings.
    pub(super) said: Said,
    /// The names of what is in it.
    pub(super) contents: HashSet<&'c str>,
}

impl<'c> Frame<'c> {
    pub(super) fn of(container: &'c Members<'static>) -> Self {
        Self { said: marked(container), contents: texts(container, "object_refs").collect() }
    }
}

/// What an object is in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Attribute,
    Object,
    Report,
    Cluster,
}

impl Part {
    /// The member of an event that such parts stand in.
    fn member(self) -> &'static str {
        match self {
            Self::Attribute => "Attribute",
            Self::Object => "Object",
            Self::Report => "EventReport",
            Self::Cluster => "Galaxy",
        }
    }

    fn record(self) -> &'static Record {
        match self {
            Self::Attribute => Attribute::RECORD,
            Self::Object => Object::RECORD,
            Self::Report | Self::Cluster => EventReport::RECORD,
        }
    }
}

/// The members of a part, as far as STIX says them.
pub(super) fn part(
    index: &Index<'_>,
    frame: &Frame<'_>,
    head: &Members<'static>,
    record: &'static Record,
) -> Members<'static> {
    let members = match record.name {
        "Attribute" => attribute::attribute(index, frame, head),
        "Object" => object::object(index, frame, head),
        _ => event::report(head),
    };
    residue::ordered(members, record)
}

/// The same with what was kept beside it.
fn whole(index: &Index<'_>, frame: &Frame<'_>, head: &Members<'static>, record: &'static Record) -> Members<'static> {
    let members = part(index, frame, head, record);
    match extension::residue(head) {
        Some(residue) => residue::restore(members, &residue, record),
        None => members,
    }
}

/// Adds the members that the extension has under their own names.
fn plainly(head: &Members<'static>, members: &mut Members<'static>) {
    for (name, value) in extension::plain(head) {
        members.insert(name, Json::from(value.to_owned()));
    }
}

fn put_text(members: &mut Members<'static>, name: &'static str, text: Option<&str>) {
    if let Some(text) = text {
        members.insert(name, Json::from(text.to_owned()));
    }
}

/// Seconds of a timestamp, as MISP writes them.
fn put_seconds(members: &mut Members<'static>, name: &'static str, from: &Members<'_>, property: &str) {
    let seconds = text(from, property).and_then(super::moment::seconds);
    put_text(members, name, seconds.map(|seconds| seconds.to_string()).as_deref());
}

fn put_list(members: &mut Members<'static>, name: &'static str, items: Vec<Json<'static>>) {
    if !items.is_empty() {
        members.insert(name, Json::List(items));
    }
}

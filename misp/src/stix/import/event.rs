//! Events of reports and groupings, and of what is in none.

use std::collections::HashSet;

use stix_model::TypeClass;
use stix_model::json::{Json, Members};

use super::{Frame, Part, foreign, galaxy, plainly, put_list, put_seconds, put_text, said, whole};
use crate::format::{Document, Event};
use crate::residue;
use crate::stix::index::{Index, text, texts, uuid_of};
use crate::stix::names::made;
use crate::stix::objects::{Template, template};
use crate::stix::tags::{Said, owned, tags};
use crate::stix::{extension, moment};

/// How much of an event is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stix) enum Reach {
    /// Its own members; `true` stands for the lists of its parts.
    Own,
    /// Everything, with what was kept beside it.
    Whole,
}

/// The event of a report or grouping.
pub(in crate::stix) fn event(index: &Index<'_>, container: &Members<'static>, reach: Reach) -> Members<'static> {
    let id = text(container, "id").unwrap_or_default();
    let published = text(container, "type") == Some("report");
    let mut members = Members::new();
    put_text(&mut members, "info", Some(text(container, "name").unwrap_or("(untitled)")));
    put_text(&mut members, "uuid", Some(uuid_of(id)));
    put_text(&mut members, "date", text(container, "created").and_then(moment::day).as_deref());
    members.insert("published", Json::from(published));
    put_seconds(&mut members, "timestamp", container, "modified");
    if text(container, "published") != text(container, "modified") {
        put_seconds(&mut members, "publish_timestamp", container, "published");
    }
    plainly(container, &mut members);
    if let Some(creator) = text(container, "created_by_ref") {
        members.insert("Orgc", said::org(index, creator));
    }
    put_list(&mut members, "Tag", tags(container, &Said::default()));
    let objects = contained(index, container);
    let mut parts = parts(index, &Frame::of(container), &objects, reach);
    if let Some(description) = text(container, "description").filter(|_| reach == Reach::Whole) {
        parts.push((Part::Report, described(id, description)));
    }
    put_list(&mut members, "Galaxy", galaxy::galaxies(clusters(index, &objects).into_iter()));
    finished(members, container, parts, reach)
}

/// Puts the parts in, with what was kept beside the event.
fn finished(
    mut members: Members<'static>,
    container: &Members<'static>,
    parts: Vec<(Part, Members<'static>)>,
    reach: Reach,
) -> Members<'static> {
    let mut lists = [(Part::Attribute, Vec::new()), (Part::Object, Vec::new()), (Part::Report, Vec::new())];
    for (part, members) in parts {
        if let Some((_, list)) = lists.iter_mut().find(|(known, _)| *known == part) {
            list.push(Json::Object(members));
        }
    }
    for (part, list) in &lists {
        if !list.is_empty() {
            members.insert(part.member(), Json::Bool(true));
        }
    }
    let members = residue::ordered(members, Event::RECORD);
    if reach == Reach::Own {
        return members;
    }
    let mut members = match extension::residue(container) {
        Some(kept) => residue::restore(members, &kept, Event::RECORD),
        None => members,
    };
    for (part, list) in lists {
        if members.get(part.member()) == Some(&Json::Bool(true)) {
            members.insert(part.member(), Json::List(list));
        }
    }
    members
}

/// What a container contains, in its order, each once.
fn contained<'o>(index: &Index<'o>, container: &Members<'static>) -> Vec<&'o Members<'static>> {
    let mut seen = HashSet::new();
    let objects = texts(container, "object_refs").filter_map(|id| index.get(id));
    objects.filter(|object| seen.insert(text(object, "id"))).collect()
}

/// The parts that objects make.
fn parts(
    index: &Index<'_>,
    frame: &Frame<'_>,
    objects: &[&Members<'static>],
    reach: Reach,
) -> Vec<(Part, Members<'static>)> {
    let absorbed = absorbed(index, objects);
    let mut parts = Vec::new();
    for object in objects.iter().filter(|object| !absorbed.contains(text(object, "id").unwrap_or_default())) {
        match class(object) {
            Some(Part::Cluster) => {}
            Some(part) if reach == Reach::Own => parts.push((part, Members::new())),
            Some(part) => match Some(whole(index, frame, object, part.record())).filter(|made| is_read(object, made)) {
                Some(made) => parts.push((part, made)),
                None => parts.extend(foreign::unread(index, frame, object)),
            },
            None if reach == Reach::Own => {}
            None => parts.extend(foreign::parts(index, frame, object)),
        }
    }
    parts
}

/// Has it a value, or parts, as far as the object has any? What others label as something of MISP may say it in ways that
/// are not known here.
fn is_read(object: &Members<'static>, made: &Members<'static>) -> bool {
    match class(object) {
        Some(Part::Attribute) => {
            let empty = |members: &Members<'_>, name: &str| text(members, name).is_some_and(str::is_empty);
            !empty(made, "value") || ["x_misp_value", "pattern", "name"].iter().any(|name| empty(object, name))
        }
        // Those of some templates say something by being there.
        Some(Part::Object) => {
            let fixed = |template: &Template| template.relations.iter().any(|(relation, ..)| relation.is_empty());
            let named = owned(object, "name").and_then(template);
            made.contains("Attribute") || text(object, "type") == Some("x-misp-object") || named.is_some_and(fixed)
        }
        _ => true,
    }
}

/// What an object is that was made here, or that needs no guessing.
fn class(object: &Members<'_>) -> Option<Part> {
    match text(object, "type").unwrap_or_default() {
        "x-misp-object" => Some(Part::Object),
        "x-misp-attribute" => Some(Part::Attribute),
        "note" => Some(Part::Report),
        _ if galaxy::is_cluster(object) => Some(Part::Cluster),
        _ if owned(object, "name").is_some() => Some(Part::Object),
        _ if owned(object, "type").is_some() => Some(Part::Attribute),
        _ => None,
    }
}

/// What other objects speak for: observed data of indicators, observables of observed data.
fn absorbed(index: &Index<'_>, objects: &[&Members<'static>]) -> HashSet<String> {
    let mut absorbed = HashSet::new();
    for object in objects {
        let kind = text(object, "type").unwrap_or_default();
        match kind {
            "indicator" => {
                let observed = text(object, "id").and_then(|id| index.observed(id));
                absorbed.extend(observed.and_then(|observed| text(observed, "id")).map(str::to_owned));
            }
            "observed-data" => absorbed.extend(texts(object, "object_refs").map(str::to_owned)),
            _ => {}
        }
        if TypeClass::of(kind) == TypeClass::Observable {
            absorbed.extend(foreign::referred(object));
        }
    }
    absorbed
}

/// What galaxies know about the event as a whole: not what only a part of it is linked to.
fn clusters<'o>(index: &Index<'_>, objects: &[&'o Members<'static>]) -> Vec<&'o Members<'static>> {
    let sources = objects.iter().filter(|object| matches!(class(object), Some(Part::Attribute | Part::Object)));
    let links = sources.filter_map(|object| text(object, "id")).flat_map(|id| index.about(id, "relationship"));
    let linked: HashSet<_> = links.filter_map(|link| text(link, "target_ref")).collect();
    let of_part = |object: &Members<'_>| {
        owned(object, "galaxy-type").is_some() && text(object, "id").is_some_and(|id| linked.contains(id))
    };
    objects.iter().copied().filter(|object| class(object) == Some(Part::Cluster) && !of_part(object)).collect()
}

/// A report in words.
pub(super) fn report(note: &Members<'static>) -> Members<'static> {
    let mut report = Members::new();
    put_text(&mut report, "uuid", text(note, "id").map(uuid_of));
    put_text(&mut report, "name", Some(text(note, "abstract").unwrap_or("Note")));
    put_text(&mut report, "content", text(note, "content"));
    plainly(note, &mut report);
    put_seconds(&mut report, "timestamp", note, "modified");
    if note.get("revoked").and_then(Json::as_bool) == Some(true) {
        report.insert("deleted", Json::from(true));
    }
    report
}

/// What a report of STIX says in words.
fn described(container: &str, description: &str) -> Members<'static> {
    let mut report = Members::new();
    put_text(&mut report, "uuid", Some(&made(&["description", container]).to_string()));
    put_text(&mut report, "name", Some("Description"));
    put_text(&mut report, "content", Some(description));
    report
}

/// The events of objects: one for each report and grouping, and one for what is in none.
pub(in crate::stix) fn events(objects: &[Members<'static>]) -> Vec<Document> {
    let index = Index::of(objects);
    let mut seen = HashSet::new();
    let newest = objects.iter().filter_map(|object| index.get(text(object, "id")?));
    let newest: Vec<_> = newest.filter(|object| seen.insert(text(object, "id"))).collect();
    let (containers, others): (Vec<_>, Vec<_>) =
        newest.into_iter().partition(|object| matches!(text(object, "type"), Some("report" | "grouping")));
    let whole = |container: &&Members<'static>| Document::unchecked(event(&index, container, Reach::Whole));
    let mut events: Vec<_> = containers.iter().map(whole).collect();
    let within: HashSet<_> = containers.iter().flat_map(|container| texts(container, "object_refs")).collect();
    let outside = |object: &&Members<'static>| !text(object, "id").is_some_and(|id| within.contains(id));
    let loose: Vec<_> = others.into_iter().filter(outside).collect();
    let ids: Vec<_> = loose.iter().filter_map(|object| text(object, "id")).collect();
    let uuid = made(&["loose", &ids.join(" ")]).to_string();
    events.extend(loose_event(&index, &loose, &uuid, "STIX objects without a report", None));
    events
}

/// An event of objects that no report contains; `None` if they make none.
pub(in crate::stix) fn loose_event(
    index: &Index<'_>,
    objects: &[&Members<'static>],
    uuid: &str,
    info: &str,
    day: Option<&str>,
) -> Option<Document> {
    let parts = parts(index, &Frame::default(), objects, Reach::Whole);
    let galaxies = galaxy::galaxies(clusters(index, objects).into_iter());
    if parts.is_empty() && galaxies.is_empty() {
        return None;
    }
    let newest = objects.iter().filter_map(|object| text(object, "modified")).max();
    let mut members = Members::new();
    put_text(&mut members, "info", Some(info));
    put_text(&mut members, "uuid", Some(uuid));
    put_text(&mut members, "date", day.map(str::to_owned).or_else(|| moment::day(newest?)).as_deref());
    put_text(&mut members, "timestamp", newest.and_then(moment::seconds).map(|at| at.to_string()).as_deref());
    members.insert("published", Json::from(true));
    put_list(&mut members, "Galaxy", galaxies);
    Some(Document::unchecked(finished(members, &Members::new(), parts, Reach::Whole)))
}

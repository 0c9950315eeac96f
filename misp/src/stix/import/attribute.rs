//! Attributes of indicators, observed data, and objects of our own.

use stix_model::json::{Json, Members};

use super::{Frame, plainly, put_list, put_seconds, put_text, said};
use crate::stix::index::{Index, Scope, text, texts, uuid_of};
use crate::stix::path::plain;
use crate::stix::table::{Part, Row, row};
use crate::stix::tags::{owned, tags};
use crate::stix::take::{Constant, Half, Take};
use crate::stix::{moment, observable, pattern};

/// What an object says as an attribute.
pub(super) fn attribute(index: &Index<'_>, frame: &Frame<'_>, head: &Members<'static>) -> Members<'static> {
    let mut members = Members::new();
    common(head, &mut members);
    let kind = owned(head, "type").or_else(|| text(head, "x_misp_type")).unwrap_or_default();
    put_text(&mut members, "type", Some(kind));
    put_text(&mut members, "category", owned(head, "category").or_else(|| text(head, "x_misp_category")));
    // misp-stix has no such label, but only what is for detection has patterns there.
    let searched = text(head, "pattern_type") == Some("stix");
    if let Some(to_ids) = owned(head, "to_ids").map(|label| label == "True").or(searched.then_some(true)) {
        members.insert("to_ids", Json::from(to_ids));
    }
    let (value, data) = value(index, frame, head, kind);
    put_text(&mut members, "value", Some(value.as_deref().unwrap_or_default()));
    put_text(&mut members, "data", data.as_deref());
    seen(index, head, &mut members);
    put_list(&mut members, "Tag", tags(head, &frame.said));
    said::about(index, head, &mut members);
    members
}

/// What attributes and objects share.
pub(super) fn common(head: &Members<'static>, members: &mut Members<'static>) {
    put_text(members, "uuid", text(head, "id").map(uuid_of));
    put_seconds(members, "timestamp", head, "modified");
    put_text(members, "comment", text(head, "description").or_else(|| text(head, "x_misp_comment")));
    if head.get("revoked").and_then(Json::as_bool) == Some(true) {
        members.insert("deleted", Json::from(true));
    }
    plainly(head, members);
}

/// When it was seen, if that is told besides when it was changed.
pub(super) fn seen(index: &Index<'_>, head: &Members<'static>, members: &mut Members<'static>) {
    let observed = match text(head, "type") {
        Some("indicator") => text(head, "id").and_then(|id| index.observed(id)),
        _ => Some(head),
    };
    let modified = text(head, "modified");
    let first = observed.and_then(|observed| text(observed, "first_observed"));
    let first = first.or_else(|| text(head, "valid_from")).filter(|at| Some(*at) != modified);
    let last = observed.and_then(|observed| text(observed, "last_observed"));
    let last = last.filter(|at| Some(*at) != modified && Some(*at) != first);
    for (name, at) in [("first_seen", first), ("last_seen", last)] {
        put_text(members, name, at.and_then(moment::of_moment).map(moment::moment).as_deref());
    }
}

/// The value, and the file that goes with it.
fn value(
    index: &Index<'_>,
    frame: &Frame<'_>,
    head: &Members<'static>,
    kind: &str,
) -> (Option<String>, Option<String>) {
    let own = |name: &str| (text(head, name).map(str::to_owned), None);
    match text(head, "type").unwrap_or_default() {
        "indicator" if text(head, "pattern_type") == Some("stix") => {
            let observed = text(head, "id").and_then(|id| index.observed(id));
            let seen = observed.and_then(|observed| of_observed(index, frame, observed, row(kind)?));
            let found = text(head, "pattern");
            let found = found.and_then(|text| pattern::read(text).or_else(|| pattern::read_apart(text)));
            let value = row(kind).zip(found).and_then(|(row, found)| {
                let told = || seen.as_ref().filter(|_| is_told(index, frame, observed, row, &found));
                of_pattern(&found, row).or_else(|| told().map(|(value, _)| value.clone()))
            });
            (value, seen.and_then(|(_, data)| data))
        }
        "indicator" => own("pattern"),
        "observed-data" => match row(kind).and_then(|row| of_observed(index, frame, head, row)) {
            Some((value, data)) => (Some(value), data),
            None => (None, None),
        },
        "x-misp-attribute" => own("x_misp_value"),
        _ => own("name"),
    }
}

fn of_pattern(found: &[(String, Vec<Constant>)], row: &Row) -> Option<String> {
    let at = |path: &str| found.iter().find(|(known, _)| plain(known) == plain(path))?.1.first().cloned();
    joined(row.parts, |path| row.places(path).find_map(at))
}

/// Does a pattern ask for a file that was seen, rather than for its name?
fn is_told(
    index: &Index<'_>,
    frame: &Frame<'_>,
    observed: Option<&Members<'static>>,
    row: &Row,
    found: &[(String, Vec<Constant>)],
) -> bool {
    let Some(observed) = observed.filter(|_| row.parts.iter().any(|(_, take)| *take == Take::Data)) else {
        return false;
    };
    let scope = Scope::within(index, observed, &frame.contents);
    let objects: Vec<_> = texts(observed, "object_refs").filter_map(|id| index.get(id)).collect();
    found.iter().all(|(path, constants)| {
        let mut seen = objects.iter().flat_map(|object| observable::read(scope, object, path));
        seen.any(|constant| constants.contains(&constant))
    })
}

fn of_observed(
    index: &Index<'_>,
    frame: &Frame<'_>,
    observed: &Members<'static>,
    row: &Row,
) -> Option<(String, Option<String>)> {
    let mut objects = texts(observed, "object_refs").filter_map(|id| index.get(id));
    let object = objects.find(|object| text(object, "type") == Some(row.object_type()))?;
    of_observable(Scope::within(index, observed, &frame.contents), object, row)
}

pub(super) fn of_observable(
    scope: Scope<'_, '_>,
    object: &Members<'static>,
    row: &Row,
) -> Option<(String, Option<String>)> {
    let at = |path: &str| observable::read(scope, object, path).into_iter().next();
    let look = |path: &str| row.places(path).find_map(at);
    // misp-stix has samples without a hash.
    let named = || joined(row.parts.get(..1)?, look).filter(|_| row.name == "malware-sample");
    let value = joined(row.parts, look).or_else(named)?;
    let data = row.parts.iter().find(|(_, take)| *take == Take::Data);
    let data = data.and_then(|(path, _)| observable::read(scope, object, path).into_iter().next());
    Some((value, data.map(|data| data.text())))
}

/// Puts a value together of the parts that its paths lead to.
pub(super) fn joined(parts: &[Part], look: impl Fn(&str) -> Option<Constant>) -> Option<String> {
    let (mut left, mut right) = (None, None);
    for (path, take) in parts {
        let Some(half) = take.half() else { continue };
        let text = take.to_value(&look(path)?);
        match half {
            Half::All | Half::Left => left = left.or(Some(text)),
            Half::Right => right = right.or(Some(text)),
        }
    }
    match (left, right) {
        (Some(left), Some(right)) => Some(format!("{left}|{right}")),
        (one, other) => one.or(other),
    }
}

//! A collection of STIX objects as events.

use std::collections::{BTreeMap, HashSet};

use stix_model::json::{Json, Members};

use crate::format::Document;
use crate::stix;

/// What is told of a collection.
#[derive(Clone, Copy, Debug)]
pub struct Collection<'c> {
    /// Its name for ever.
    pub id: &'c str,
    /// What it is called.
    pub title: &'c str,
    /// Who speaks: name and UUID.
    pub organisation: Option<(&'c str, &'c str)>,
}

/// An object of a collection.
#[derive(Clone, Debug)]
pub struct Added {
    /// The object.
    pub object: Members<'static>,
    /// When it was added: `2026-11-01T10:00:00.000000Z`.
    pub date_added: String,
}

/// The events of a collection: one for each report and grouping, and one for each day for what was added that day and is
/// in none.
///
/// The event of a day has the same UUID always. Its timestamp is that of what was added last, so that who follows the
/// feed fetches it again. So it is with reports, unless they come from MISP and have a timestamp of their own.
#[must_use]
pub fn of_collection(collection: Collection<'_>, added: &[Added]) -> Vec<Document> {
    let objects: Vec<_> = added.iter().map(|added| added.object.clone()).collect();
    let days: Vec<_> = added.iter().map(|added| (&added.object, added.date_added.as_str())).collect();
    let stamps: BTreeMap<&str, &str> = days.iter().filter_map(|(object, date)| Some((id(object)?, *date))).collect();
    let mut events = Vec::new();
    let mut within = HashSet::new();
    for container in stix::containers(&objects) {
        let refs = stix::contained(container);
        let newest = refs.iter().chain(id(container).iter()).filter_map(|id| stamps.get(id)).max();
        let event = stix::event_of(&objects, container);
        events.push(stamped(event, newest.copied().filter(|_| !stix::is_from_misp(container)), collection));
        within.extend(refs);
    }
    let mut rolling: BTreeMap<&str, Vec<&Members<'static>>> = BTreeMap::new();
    for (object, date) in days.iter().filter(|(object, _)| !id(object).is_some_and(|id| within.contains(id))) {
        rolling.entry(date.get(..10).unwrap_or("1970-01-01")).or_default().push(object);
    }
    for (day, members) in rolling {
        let uuid = stix::rolling_uuid(collection.id, day);
        let info = format!("{}, {day}", collection.title);
        let Some(event) = stix::loose_event(&objects, &members, &uuid, &info, day) else { continue };
        let newest = members.iter().filter_map(|object| stamps.get(id(object)?)).max();
        events.push(stamped(event, newest.copied(), collection));
    }
    events
}

fn id<'m>(object: &'m Members<'_>) -> Option<&'m str> {
    object.get("id").and_then(Json::as_str)
}

/// With the timestamp, and with who speaks, if nobody else does.
fn stamped(document: Document, newest: Option<&str>, collection: Collection<'_>) -> Document {
    let mut event = document.into_event();
    let seconds = newest.and_then(stix::seconds);
    let old = event.get("timestamp").and_then(crate::format::number);
    if let Some(seconds) = seconds.filter(|seconds| old.is_none_or(|old| old < *seconds)) {
        event.insert("timestamp", Json::from(seconds.to_string()));
    }
    if let (Some((name, uuid)), false) = (collection.organisation, event.contains("Orgc")) {
        let org = [("name", name), ("uuid", uuid)].map(|(name, text)| (name, Json::from(text.to_owned())));
        event.insert("Orgc", Json::Object(org.into_iter().collect()));
    }
    Document::unchecked(event)
}

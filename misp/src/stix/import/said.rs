//! What others say about a part: sightings, opinions, and what galaxies know.

use stix_model::json::{Json, Members};

use super::{galaxy, put_list, put_seconds, put_text};
use crate::stix::index::{Index, text, texts, uuid_of};

/// Sightings and galaxies of an attribute.
pub(super) fn about(index: &Index<'_>, head: &Members<'static>, members: &mut Members<'static>) {
    let Some(id) = text(head, "id") else { return };
    let known = index.about(id, "relationship").filter_map(|link| index.get(text(link, "target_ref")?));
    put_list(members, "Galaxy", galaxy::galaxies(known));
    let mut sightings: Vec<_> = index.about(id, "sighting").map(|seen| sighting(index, seen)).collect();
    let denied = |opinion: &&Members<'static>| matches!(text(opinion, "opinion"), Some("strongly-disagree"));
    sightings.extend(index.about(id, "opinion").filter(denied).map(|opinion| false_positive(index, opinion)));
    sightings.extend(text(head, "valid_until").filter(|_| text(head, "type") == Some("indicator")).map(|_| {
        let mut expired = Members::new();
        put_text(&mut expired, "type", Some("2"));
        put_seconds(&mut expired, "date_sighting", head, "valid_until");
        Json::Object(expired)
    }));
    put_list(members, "Sighting", sightings);
}

fn sighting(index: &Index<'_>, seen: &Members<'static>) -> Json<'static> {
    let mut sighting = Members::new();
    put_text(&mut sighting, "uuid", text(seen, "id").map(uuid_of));
    let when = if seen.contains("last_seen") { "last_seen" } else { "modified" };
    put_seconds(&mut sighting, "date_sighting", seen, when);
    put_text(&mut sighting, "source", text(seen, "description"));
    put_text(&mut sighting, "type", Some("0"));
    organisation(index, texts(seen, "where_sighted_refs").next(), &mut sighting);
    Json::Object(sighting)
}

fn false_positive(index: &Index<'_>, opinion: &Members<'static>) -> Json<'static> {
    let mut sighting = Members::new();
    put_text(&mut sighting, "uuid", text(opinion, "id").map(uuid_of));
    put_seconds(&mut sighting, "date_sighting", opinion, "modified");
    put_text(&mut sighting, "source", text(opinion, "explanation"));
    put_text(&mut sighting, "type", Some("1"));
    organisation(index, text(opinion, "created_by_ref"), &mut sighting);
    Json::Object(sighting)
}

fn organisation(index: &Index<'_>, id: Option<&str>, sighting: &mut Members<'static>) {
    let Some(id) = id.filter(|id| id.starts_with("identity--")) else { return };
    sighting.insert("Organisation", org(index, id));
}

/// An organisation by its identity.
pub(super) fn org(index: &Index<'_>, id: &str) -> Json<'static> {
    let mut org = Members::new();
    put_text(&mut org, "name", index.get(id).and_then(|identity| text(identity, "name")));
    put_text(&mut org, "uuid", Some(uuid_of(id)));
    Json::Object(org)
}

//! The file of an event: what is for everybody who reads the feed.

use stix_model::json::{Json, Members};

use crate::format::{Attribute, Document, Event, EventReport, GalaxyCluster, Kind, Object, Record, Tag};

/// Levels of distribution that leave: the community, connected ones, everybody, and as the event. What is for one
/// organisation or a sharing group stays.
pub const OPEN: &[i64] = &[1, 2, 3, 5];

/// Members of the records of a feed. Who distributes what to whom is not among them, nor who has seen it.
const MEMBERS: [(&str, &[&str]); 8] = [
    (
        "Event",
        &[
            "analysis",
            "Attribute",
            "date",
            "EventReport",
            "extends_uuid",
            "Galaxy",
            "info",
            "Object",
            "Orgc",
            "publish_timestamp",
            "published",
            "Tag",
            "threat_level_id",
            "timestamp",
            "uuid",
        ],
    ),
    (
        "Attribute",
        &[
            "category",
            "comment",
            "data",
            "deleted",
            "disable_correlation",
            "first_seen",
            "Galaxy",
            "last_seen",
            "object_relation",
            "Tag",
            "timestamp",
            "to_ids",
            "type",
            "uuid",
            "value",
        ],
    ),
    (
        "Object",
        &[
            "Attribute",
            "comment",
            "deleted",
            "description",
            "first_seen",
            "last_seen",
            "meta-category",
            "name",
            "ObjectReference",
            "template_uuid",
            "template_version",
            "timestamp",
            "uuid",
        ],
    ),
    (
        "ObjectReference",
        &["comment", "deleted", "object_uuid", "referenced_uuid", "relationship_type", "timestamp", "uuid"],
    ),
    ("EventReport", &["content", "deleted", "name", "timestamp", "uuid"]),
    ("Tag", &["colour", "name", "relationship_type"]),
    ("Galaxy", &["description", "GalaxyCluster", "icon", "name", "namespace", "type", "uuid", "version"]),
    (
        "GalaxyCluster",
        &[
            "authors",
            "collection_uuid",
            "description",
            "meta",
            "source",
            "tag_name",
            "type",
            "uuid",
            "value",
            "version",
        ],
    ),
];

/// The file of an event for readers of these levels of distribution; `None` if the event is not for them.
///
/// Distribution, sharing groups, sightings, local tags, members of instances and what nobody knows are left out.
#[must_use]
pub fn event(document: &Document, levels: &[i64]) -> Option<Document> {
    let members = document.event().members();
    allowed(Event::RECORD, members, levels).then(|| Document::unchecked(kept(Event::RECORD, members, levels)))
}

/// Is a part for readers of these levels? Without a level it is as the event.
fn allowed(record: &Record, members: &Members<'static>, levels: &[i64]) -> bool {
    let leveled = [Event::RECORD, Attribute::RECORD, Object::RECORD, EventReport::RECORD, GalaxyCluster::RECORD];
    if leveled.iter().any(|known| known.name == record.name) {
        // Published clusters are everybody's, whatever level an instance gives them.
        let published = record.name == "GalaxyCluster" && flag(members, "default") != Some(false);
        let level = members.get("distribution").filter(|level| !matches!(level, Json::Null));
        return published
            || level.is_none_or(|level| crate::format::number(level).is_some_and(|n| levels.contains(&n)));
    }
    record.name != Tag::RECORD.name
        || (flag(members, "local") != Some(true) && flag(members, "exportable") != Some(false))
}

fn flag(members: &Members<'static>, name: &str) -> Option<bool> {
    members.get(name).and_then(crate::format::flag)
}

fn kept(record: &'static Record, members: &Members<'static>, levels: &[i64]) -> Members<'static> {
    let names = MEMBERS.iter().find(|(name, _)| *name == record.name).map_or(&["name", "uuid"][..], |(_, names)| names);
    let mut kept = Members::new();
    for (name, value) in members.iter().filter(|(name, _)| names.contains(name)) {
        let kind = record.fields.iter().find(|field| field.name == name).map(|field| field.kind);
        let value = match (kind, value) {
            (Some(Kind::One(inner)), Json::Object(members)) => Json::Object(self::kept(inner, members, levels)),
            (Some(Kind::List(inner)), Json::List(items)) => {
                let items = items.iter().filter_map(Json::as_object).filter(|item| allowed(inner, item, levels));
                Json::List(items.map(|item| Json::Object(self::kept(inner, item, levels))).collect())
            }
            _ => value.clone(),
        };
        kept.insert(name.to_owned(), value);
    }
    kept
}

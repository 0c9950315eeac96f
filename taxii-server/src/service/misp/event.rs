//! One event: what its objects say, and what of it is for whom.

use misp::{Document, feed, stix};
use stix_model::json::{Json, Members};

use super::feed::{Listed, Shown};
use super::holding::{Plan, Subject};
use super::settings::Misp;
use crate::store::Collection;

/// How somebody wants an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Wish {
    /// As a file of a feed has it; as a server gives it otherwise.
    pub file: bool,
    /// With what was deleted.
    pub deleted: bool,
    /// Without what was not deleted.
    pub only_deleted: bool,
    /// Without galaxies; their tags stay.
    pub no_galaxies: bool,
    /// Without reports.
    pub no_reports: bool,
    /// Without the files of attributes.
    pub no_attachments: bool,
    /// Without sightings.
    pub no_sightings: bool,
    /// Without attributes and objects.
    pub metadata: bool,
}

impl Wish {
    /// The file of a feed.
    pub const FILE: Self = Self {
        file: true,
        deleted: true,
        only_deleted: false,
        no_galaxies: false,
        no_reports: false,
        no_attachments: false,
        no_sightings: false,
        metadata: false,
    };
}

/// The UUID of the event that a plan makes.
pub(super) fn uuid(collection: &Collection, plan: &Plan) -> String {
    match &plan.subject {
        Subject::Container(id) => id.split_once("--").map_or(&**id, |(_, uuid)| uuid).to_ascii_lowercase(),
        Subject::Day { day, .. } => stix::rolling_uuid(&collection.id.to_string(), day),
    }
}

/// The event of a plan, of objects among which there are those that it needs.
pub(super) fn document(
    settings: &Misp,
    collection: &Collection,
    plan: &Plan,
    objects: &[Members<'static>],
) -> Option<Document> {
    let id = |object: &Members<'static>| object.get("id").and_then(Json::as_str).map(str::to_owned);
    let (document, is_ours) = match &plan.subject {
        Subject::Container(name) => {
            let container = objects.iter().find(|object| id(object).as_deref() == Some(&**name))?;
            (stix::event_of(objects, container), !stix::is_from_misp(container))
        }
        Subject::Day { day, ids } => {
            let chosen: Vec<_> =
                objects.iter().filter(|object| id(object).is_some_and(|id| ids.contains(id.as_str()))).collect();
            let info = format!("{}, {day}", collection.title);
            (stix::loose_event(objects, &chosen, &uuid(collection, plan), &info, day)?, true)
        }
    };
    // What came from MISP goes out as it was.
    if !is_ours {
        return Some(document);
    }
    let mut event = document.into_event();
    // Whoever follows fetches only events whose time has come forward: what others say of the time could keep it back for ever.
    let newest = plan.newest.as_micros().div_euclid(1_000_000);
    event.insert("timestamp", Json::from(newest.to_string()));
    for (name, value) in [("analysis", "2"), ("threat_level_id", "4")] {
        if !event.contains(name) {
            event.insert(name, Json::from(value));
        }
    }
    if !event.contains("Orgc") {
        let (name, uuid) = settings.speaker(collection);
        let org = [("name", name), ("uuid", uuid)].map(|(name, text)| (name, Json::from(text)));
        event.insert("Orgc", Json::Object(org.into_iter().collect()));
    }
    Document::from_event(event).ok()
}

/// The event as somebody wants it; `None` if it is not for others.
pub(super) fn served(settings: &Misp, document: &Document, wish: Wish) -> Option<Document> {
    if wish.file {
        return feed::event(document, &settings.distribution);
    }
    let mut event = document.event().members().clone();
    if !is_for_others(&event, &settings.distribution) {
        return None;
    }
    keep(&mut event, settings, wish);
    Document::from_event(event).ok()
}

/// Without a level it is as what it is part of.
fn is_for_others(part: &Members<'static>, levels: &[i64]) -> bool {
    let level = part.get("distribution").filter(|level| !matches!(level, Json::Null));
    level.is_none_or(|level| seconds(level).is_some_and(|level| levels.contains(&level)))
}

/// Takes out of an event, object or attribute what is not for others, and what is not wanted.
fn keep(part: &mut Members<'static>, settings: &Misp, wish: Wish) {
    if wish.no_galaxies {
        tags_of_galaxies(part);
        part.remove("Galaxy");
    }
    for (name, unwanted) in [
        ("EventReport", wish.no_reports),
        ("Sighting", wish.no_sightings),
        ("data", wish.no_attachments),
        ("Attribute", wish.metadata),
        ("Object", wish.metadata),
    ] {
        if unwanted {
            part.remove(name);
        }
    }
    for (name, value) in part.iter_mut() {
        let Json::List(items) = value else { continue };
        match name {
            "Attribute" | "Object" | "EventReport" => {
                items.retain(|item| {
                    item.as_object()
                        .is_some_and(|item| is_for_others(item, &settings.distribution) && is_wanted(item, wish))
                });
                items.iter_mut().for_each(|item| {
                    if let Json::Object(members) = item {
                        keep(members, settings, wish);
                    }
                });
            }
            "Tag" => {
                items
                    .retain(|tag| !is_set(tag.get("local")) && tag.get("exportable").is_none_or(|it| is_set(Some(it))));
            }
            _ => {}
        }
    }
}

fn is_wanted(part: &Members<'static>, wish: Wish) -> bool {
    if is_set(part.get("deleted")) { wish.deleted } else { !wish.only_deleted }
}

/// MISP knows clusters by tags: where clusters are not wanted, these have to tell.
fn tags_of_galaxies(part: &mut Members<'static>) {
    let galaxies = part.get("Galaxy").and_then(Json::as_list).unwrap_or_default();
    let clusters = galaxies.iter().filter_map(|galaxy| galaxy.get("GalaxyCluster")?.as_list()).flatten();
    let named: Vec<String> =
        clusters.filter_map(|cluster| Some(cluster.get("tag_name")?.as_str()?.to_owned())).collect();
    let tags = part.get("Tag").and_then(Json::as_list).unwrap_or_default();
    let known = |name: &String| tags.iter().any(|tag| tag.get("name").and_then(Json::as_str) == Some(name));
    let missing: Vec<String> = named.into_iter().filter(|name| !known(name)).collect();
    if missing.is_empty() {
        return;
    }
    let missing = missing.into_iter().map(|name| Json::Object([("name", Json::from(name))].into_iter().collect()));
    let all = tags.iter().cloned().chain(missing).collect();
    part.insert("Tag", Json::List(all));
}

fn seconds(json: &Json<'_>) -> Option<i64> {
    json.as_integer().or_else(|| json.as_str()?.trim().parse().ok())
}

fn is_set(json: Option<&Json<'_>>) -> bool {
    json.is_some_and(|json| {
        json.as_bool().unwrap_or_default() || seconds(json) == Some(1) || json.as_str() == Some("true")
    })
}

/// What a list tells of an event; `None` if it is not for others.
pub(super) fn shown(settings: &Misp, collection: &Collection, plan: &Plan, document: &Document) -> Option<Shown> {
    let file = feed::event(document, &settings.distribution)?;
    let event = file.event();
    let uuid = uuid(collection, plan);
    let text = |org: Option<&Json<'static>>, name| org?.get(name)?.as_str().map(str::to_owned);
    let orgc = event.members().get("Orgc");
    let (name, id) = settings.speaker(collection);
    let listed = Listed {
        info: event.info().unwrap_or_default().to_owned(),
        date: event.day(),
        timestamp: event.timestamp().unwrap_or_default(),
        publish_timestamp: event.publish_timestamp().or_else(|| event.timestamp()).unwrap_or_default(),
        published: event.published() != Some(false),
        analysis: event.analysis().unwrap_or(2),
        threat_level_id: event.threat_level_id().unwrap_or(4),
        attributes: event.attributes().count()
            + event.objects().map(|object| object.attributes().count()).sum::<usize>(),
        orgc: (text(orgc, "name").unwrap_or(name), text(orgc, "uuid").unwrap_or(id)),
        tags: event.tags().filter_map(|tag| tag.name().map(str::to_owned)).collect(),
        uuid,
    };
    let mut entry = feed::entry(&file);
    if orgc.is_none() {
        let org =
            [("name", &listed.orgc.0), ("uuid", &listed.orgc.1)].map(|(name, text)| (name, Json::from(text.clone())));
        entry.insert("Orgc", Json::Object(org.into_iter().collect()));
    }
    let hashes = feed::hashes(&file);
    Some(Shown { listed, manifest: Json::Object(entry).to_string(), hashes })
}

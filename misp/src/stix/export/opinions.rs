//! What is said about an attribute: sightings, and what galaxies know.

use stix_model::json::Json;
use uuid::Uuid;

use super::Export;
use crate::format::{Attribute, Sighting};
use crate::stix::moment;

impl Export<'_> {
    /// Everything that is said about the attribute for which an object stands.
    pub(super) fn about(&mut self, head: &str, attribute: Attribute<'_>, uuid: &Uuid) {
        for (i, sighting) in attribute.sightings().enumerate() {
            self.sighting(head, sighting, &format!("sighting {uuid} {i}"));
        }
        for galaxy in attribute.galaxies() {
            for cluster in galaxy.clusters() {
                let Some(target) = self.cluster(galaxy, cluster) else { continue };
                let uuid = self.names.make(&format!("known {head} {target}"));
                let kind = if head.starts_with("indicator--") { "indicates" } else { "related-to" };
                let kind = if target.starts_with("vulnerability--") || target.starts_with("course") {
                    "related-to"
                } else {
                    kind
                };
                let link = self.link(&uuid, attribute.timestamp(), kind, head, &target);
                self.add(link);
            }
        }
    }

    fn sighting(&mut self, head: &str, sighting: Sighting<'_>, place: &str) {
        let Some(at) = sighting.date_sighting().and_then(moment::of_seconds).map(moment::stix) else { return };
        match sighting.kind() {
            Some(0) => self.seen(head, sighting, &at, place),
            Some(1) => self.denied(head, sighting, place),
            Some(2) => self.expired(head, &at),
            _ => {}
        }
    }

    fn seen(&mut self, head: &str, sighting: Sighting<'_>, at: &str, place: &str) {
        let uuid = self.names.claim(sighting.uuid(), place);
        let mut seen = self.head("sighting", &uuid, sighting.date_sighting());
        if let Some(source) = sighting.source().filter(|source| !source.is_empty()) {
            seen.insert("description", Json::from(source.to_owned()));
        }
        seen.insert("first_seen", Json::from(at.to_owned()));
        seen.insert("last_seen", Json::from(at.to_owned()));
        seen.insert("count", Json::from(1));
        seen.insert("sighting_of_ref", Json::from(head.to_owned()));
        if let Some(id) = sighting.organisation().and_then(|org| self.organisation(org)) {
            seen.insert("where_sighted_refs", Json::List(vec![Json::from(id)]));
        }
        self.add(seen);
    }

    /// A false positive.
    fn denied(&mut self, head: &str, sighting: Sighting<'_>, place: &str) {
        let uuid = self.names.claim(sighting.uuid(), place);
        let mut denied = self.head("opinion", &uuid, sighting.date_sighting());
        if let Some(id) = sighting.organisation().and_then(|org| self.organisation(org)) {
            denied.insert("created_by_ref", Json::from(id));
        }
        if let Some(source) = sighting.source().filter(|source| !source.is_empty()) {
            denied.insert("explanation", Json::from(source.to_owned()));
        }
        denied.insert("opinion", Json::from("strongly-disagree"));
        denied.insert("object_refs", Json::List(vec![Json::from(head.to_owned())]));
        self.add(denied);
    }

    /// Until when an indicator is valid.
    fn expired(&mut self, head: &str, at: &str) {
        let Some(object) = self.object_mut(head) else { return };
        let from = object.get("valid_from").and_then(Json::as_str);
        let until = object.get("valid_until").and_then(Json::as_str);
        if from.is_some_and(|from| from < at) && until.is_none_or(|until| until < at) {
            object.insert("valid_until", Json::from(at.to_owned()));
        }
    }
}

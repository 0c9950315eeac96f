//! The event itself: a report if it is published, else a grouping; who made it; its reports.

use stix_model::json::{Json, Members};

use super::{Export, words};
use crate::stix::moment;
use crate::stix::names::{made, usable};

impl Export<'_> {
    /// Who made the event. What others know of the same organisation is newer.
    pub(super) fn identify(&mut self) {
        let Some(org) = self.event.orgc() else { return };
        if org.name().is_none() && org.uuid().is_none() {
            return;
        }
        let uuid = usable(org.uuid()).unwrap_or_else(|| made(&["org", org.name().unwrap_or_default()]));
        let mut identity = self.head("identity", &uuid, None);
        for name in ["created", "modified"] {
            identity.insert(name, Json::from(moment::UNKNOWN));
        }
        identity.insert("name", words(org.name()));
        identity.insert("identity_class", Json::from("organization"));
        self.creator = self.add(identity);
        self.open.extend(self.creator.clone());
    }

    /// An organisation that somebody else's words are of.
    pub(super) fn organisation(&mut self, org: crate::format::Org<'_>) -> Option<String> {
        let uuid = usable(org.uuid())?;
        let mut identity = self.head("identity", &uuid, None);
        for name in ["created", "modified"] {
            identity.insert(name, Json::from(moment::UNKNOWN));
        }
        identity.remove("created_by_ref");
        identity.insert("name", words(org.name()));
        identity.insert("identity_class", Json::from("organization"));
        let id = self.add(identity);
        self.open.extend(id.clone());
        id
    }

    /// The report or grouping with everything that was made so far, what stands for parts of the event first.
    pub(super) fn contain(&mut self) -> String {
        let event = self.event;
        let published = event.published() == Some(true);
        let mut container = self.head(if published { "report" } else { "grouping" }, &self.uuid.clone(), None);
        self.begin(&mut container);
        container.insert("name", words(event.info()));
        if published {
            let at = event.publish_timestamp().filter(|at| *at > 0).and_then(moment::of_seconds);
            let at = at.map(moment::stix).map(Json::from).or_else(|| container.get("modified").cloned());
            container.insert("published", at.unwrap_or_else(|| Json::from(moment::UNKNOWN)));
        } else {
            container.insert("context", Json::from("unspecified"));
        }
        if !self.said.labels.is_empty() {
            let labels = self.said.labels.iter().cloned().map(Json::from).collect();
            container.insert("labels", Json::List(labels));
        }
        if let Some(confidence) = self.said.confidence {
            container.insert("confidence", Json::from(confidence));
        }
        let heads: Vec<_> = self.heads.all().chain(self.known.iter().map(String::as_str)).map(str::to_owned).collect();
        let made = self.objects.iter().filter_map(|object| object.get("id")?.as_str());
        let others = made.filter(|id| !heads.iter().any(|head| head == id)).map(str::to_owned);
        let mut refs: Vec<Json<'static>> = heads.iter().cloned().chain(others).map(Json::from).collect();
        if refs.is_empty() {
            // A container has to contain something.
            refs.extend(self.organisation_of_nobody().map(Json::from));
        }
        container.insert("object_refs", Json::List(refs));
        let id = container.get("id").and_then(Json::as_str).unwrap_or_default().to_owned();
        self.add(container);
        id
    }

    fn organisation_of_nobody(&mut self) -> Option<String> {
        let mut identity = self.head("identity", &made(&["nobody"]), None);
        for name in ["created", "modified"] {
            identity.insert(name, Json::from(moment::UNKNOWN));
        }
        identity.insert("name", Json::from("(not told)"));
        identity.insert("identity_class", Json::from("unknown"));
        let id = self.add(identity);
        self.open.extend(id.clone());
        id
    }

    /// The day that an event is about is when its container was created, unless it is later than the last change.
    fn begin(&self, container: &mut Members<'static>) {
        let Some(day) = self.event.date().and_then(moment::of_day) else { return };
        let modified = container.get("modified").and_then(Json::as_str).and_then(moment::of_moment);
        if modified.is_some_and(|modified| day <= modified) {
            container.insert("created", Json::from(moment::stix(day)));
        }
    }

    /// Reports in words.
    pub(super) fn reports(&mut self, container: &str) {
        for (i, report) in self.event.reports().enumerate() {
            let uuid = self.names.claim(report.uuid(), &format!("report {i}"));
            let mut note = self.head("note", &uuid, report.timestamp());
            if let Some(name) = report.name().filter(|name| !name.is_empty()) {
                note.insert("abstract", Json::from(name.to_owned()));
            }
            note.insert("content", words(report.content()));
            note.insert("object_refs", Json::List(vec![Json::from(container.to_owned())]));
            if report.deleted() == Some(true) {
                note.insert("revoked", Json::from(true));
            }
            let id = self.add(note);
            if let (Some(id), Some(Json::List(refs))) =
                (&id, self.object_mut(container).and_then(|container| container.get_mut("object_refs")))
            {
                refs.push(Json::from(id.clone()));
            }
            self.heads.reports.push(id);
        }
    }
}

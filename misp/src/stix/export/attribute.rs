//! Attributes: indicators, observed data, or objects of our own.

use stix_model::json::{Json, Members};
use uuid::Uuid;

use super::Export;
use crate::format::Attribute;
use crate::stix::observable::Naming;
use crate::stix::pattern;
use crate::stix::table::{LANGUAGES, Part, row};
use crate::stix::tags::{Said, own, said};
use crate::stix::take::{Constant, Take};
use crate::stix::{extension, moment, observable};

/// What is said of all objects that stand for one part of the event.
pub(super) struct Subject {
    pub(super) uuid: Uuid,
    pub(super) timestamp: Option<i64>,
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
    pub(super) deleted: bool,
    pub(super) said: Said,
    /// Labels that say what it is in MISP.
    pub(super) labels: Vec<Json<'static>>,
    pub(super) comment: Option<String>,
}

impl Export<'_> {
    pub(super) fn attributes(&mut self) {
        for (i, attribute) in self.event.attributes().enumerate() {
            let uuid = self.names.claim(attribute.uuid(), &format!("attribute {i}"));
            let subject = subject(attribute, uuid);
            let head = self.attribute(attribute, &subject);
            if let Some(head) = &head {
                let known = attribute.uuid().map_or_else(|| uuid.to_string(), str::to_owned);
                self.heads.by_uuid.entry(known).or_insert_with(|| head.clone());
                self.about(head, attribute, &uuid);
            }
            self.heads.attributes.push(head);
        }
    }

    fn attribute(&mut self, attribute: Attribute<'_>, subject: &Subject) -> Option<String> {
        let kind = attribute.attribute_type().unwrap_or_default();
        let value = attribute.value().unwrap_or_default();
        let mapped = match kind {
            _ if LANGUAGES.contains(&kind) => self.indicator(subject, kind, value.to_owned()),
            "vulnerability" | "campaign-name" => self.named(subject, kind, value),
            _ => self.observed(attribute, subject),
        };
        mapped.or_else(|| self.other(attribute, subject))
    }

    /// What has a pattern or an observable.
    fn observed(&mut self, attribute: Attribute<'_>, subject: &Subject) -> Option<String> {
        let row = row(attribute.attribute_type()?)?;
        let parts = constants(row.parts, attribute.value()?, attribute.data())?;
        let indicator =
            (attribute.to_ids() == Some(true)).then(|| self.indicator(subject, "stix", pattern::of(&parts))).flatten();
        let plain: Vec<_> = parts.into_iter().map(|(path, _, constant)| (path, constant)).collect();
        let marks = subject.said.within(&self.said).marking_refs();
        let naming = Naming { seed: &subject.uuid, marks: &marks, standard: true };
        let made = observable::make(&plain, naming).map(|mut made| {
            if row.name == "hostname|port" {
                // misp-stix takes the host to be the first.
                made.objects.reverse();
            }
            made.objects
        });
        let observed = made.and_then(|made| self.observation(subject, made));
        self.based_on(subject, indicator, observed)
    }

    /// The object that stands for both: the indicator, if there is one.
    pub(super) fn based_on(
        &mut self,
        subject: &Subject,
        indicator: Option<String>,
        observed: Option<String>,
    ) -> Option<String> {
        if let (Some(indicator), Some(observed)) = (&indicator, &observed) {
            let uuid = self.names.make(&format!("based-on {}", subject.uuid));
            let link = self.link(&uuid, subject.timestamp, "based-on", indicator, observed);
            self.add(link);
        }
        indicator.or(observed)
    }

    pub(super) fn indicator(&mut self, subject: &Subject, language: &str, pattern: String) -> Option<String> {
        let mut indicator = self.subject_head("indicator", subject);
        if let Some(comment) = &subject.comment {
            indicator.insert("description", Json::from(comment.clone()));
        }
        indicator.insert("pattern", Json::from(pattern));
        indicator.insert("pattern_type", Json::from(language.to_owned()));
        if language == "stix" {
            indicator.insert("pattern_version", Json::from("2.1"));
        }
        let from = subject.first.clone().map(Json::from).or_else(|| indicator.get("modified").cloned());
        indicator.insert("valid_from", from?);
        self.add(indicator)
    }

    pub(super) fn observation(&mut self, subject: &Subject, objects: Vec<Members<'static>>) -> Option<String> {
        let mut observed = self.subject_head("observed-data", subject);
        let modified = observed.get("modified").and_then(Json::as_str)?.to_owned();
        let first = subject.first.clone().unwrap_or_else(|| modified.clone());
        let last = subject.last.clone().unwrap_or_else(|| first.clone().max(modified));
        observed.insert("first_observed", Json::from(first.clone().min(last.clone())));
        observed.insert("last_observed", Json::from(last.max(first)));
        observed.insert("number_observed", Json::from(1));
        let mut refs = Vec::new();
        for object in objects {
            let id = self.add(object)?;
            if !refs.contains(&id) {
                refs.push(id);
            }
        }
        observed.insert("object_refs", Json::List(refs.into_iter().map(Json::from).collect()));
        self.add(observed)
    }

    /// The beginning of an object that stands for a part of the event.
    pub(super) fn subject_head(&self, kind: &str, subject: &Subject) -> Members<'static> {
        let mut head = self.head(kind, &subject.uuid, subject.timestamp);
        if subject.deleted {
            head.insert("revoked", Json::from(true));
        }
        let tags = subject.said.labels.iter().cloned().map(Json::from);
        head.insert("labels", Json::List(subject.labels.iter().cloned().chain(tags).collect()));
        if let Some(confidence) = subject.said.confidence {
            head.insert("confidence", Json::from(confidence));
        }
        let marks = subject.said.within(&self.said).marking_refs();
        if !marks.is_empty() {
            head.insert("object_marking_refs", Json::List(marks.into_iter().map(Json::from).collect()));
        }
        head
    }

    /// A vulnerability or a campaign.
    fn named(&mut self, subject: &Subject, kind: &str, value: &str) -> Option<String> {
        let mut named = self.subject_head(if kind == "vulnerability" { kind } else { "campaign" }, subject);
        named.insert("name", Json::from(value.to_owned()));
        if let Some(comment) = &subject.comment {
            named.insert("description", Json::from(comment.clone()));
        }
        if kind == "vulnerability" && value.starts_with("CVE-") {
            let reference = [("source_name", "cve"), ("external_id", value)];
            let reference = reference.map(|(name, value)| (name, Json::from(value.to_owned())));
            let list = Json::List(vec![Json::Object(reference.into_iter().collect())]);
            let plain = named.clone();
            named.insert("external_references", list);
            return self.add(named).or_else(|| self.add(plain));
        }
        self.add(named)
    }

    /// What STIX has no type for.
    fn other(&mut self, attribute: Attribute<'_>, subject: &Subject) -> Option<String> {
        let mut other = self.subject_head("x-misp-attribute", subject);
        let members = [("x_misp_type", "type"), ("x_misp_category", "category"), ("x_misp_value", "value")];
        for (to, from) in members {
            if let Some(text) = attribute.members().get(from).and_then(Json::as_str) {
                other.insert(to, Json::from(text.to_owned()));
            }
        }
        if let Some(comment) = &subject.comment {
            other.insert("x_misp_comment", Json::from(comment.clone()));
        }
        extension::new_type(&mut other);
        self.add(other)
    }
}

fn subject(attribute: Attribute<'_>, uuid: Uuid) -> Subject {
    let moment = |text: Option<&str>| text.and_then(moment::of_moment).map(moment::stix);
    let kind = attribute.attribute_type().unwrap_or_default();
    let mut labels = vec![own("type", kind)];
    labels.extend(attribute.category().map(|category| own("category", category)));
    labels.extend(attribute.to_ids().map(|to_ids| own("to_ids", if to_ids { "True" } else { "False" })));
    Subject {
        uuid,
        timestamp: attribute.timestamp(),
        first: moment(attribute.first_seen()),
        last: moment(attribute.last_seen()),
        deleted: attribute.deleted() == Some(true),
        said: said(attribute.tags()),
        labels,
        comment: attribute.comment().filter(|comment| !comment.is_empty()).map(str::to_owned),
    }
}

/// What each path leads to; without the file, if there is none.
pub(super) fn constants(
    parts: &'static [Part],
    value: &str,
    data: Option<&str>,
) -> Option<Vec<(&'static str, Take, Constant)>> {
    let without = !parts.iter().any(|(_, take)| *take == Take::Data) || data.is_none_or(str::is_empty);
    let wanted = parts.iter().filter(|(path, _)| !(without && path.contains("content_ref")));
    wanted.map(|(path, take)| Some((*path, *take, take.constant(value, data)?))).collect()
}

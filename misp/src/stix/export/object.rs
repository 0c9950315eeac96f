//! Objects: indicators and observed data by their templates, or objects of our own; and what leads from one to another.

use stix_model::json::{Json, Members};

use super::Export;
use super::attribute::{Subject, constants};
use crate::format::{Attribute, Object};
use crate::stix::objects::{DOMAIN, PATTERNS, Template, template};
use crate::stix::observable::Naming;
use crate::stix::tags::{Said, own};
use crate::stix::take::{Constant, Take};
use crate::stix::{extension, moment, observable, pattern, table};

/// What a relation of an object says.
struct Fact<'e> {
    attribute: Option<Attribute<'e>>,
    path: &'static str,
    take: Take,
    constant: Constant,
}

impl<'e> Export<'e> {
    pub(super) fn objects(&mut self) {
        for (i, object) in self.event.objects().enumerate() {
            let uuid = self.names.claim(object.uuid(), &format!("object {i}"));
            let subject = subject(object, uuid);
            let head = self.object(object, &subject);
            if let Some(head) = &head {
                let known = object.uuid().map_or_else(|| uuid.to_string(), str::to_owned);
                self.heads.by_uuid.entry(known).or_insert_with(|| head.clone());
                for (j, attribute) in object.attributes().enumerate() {
                    let Some(uuid) = attribute.uuid() else { continue };
                    self.heads.by_uuid.entry(uuid.to_owned()).or_insert_with(|| head.clone());
                    let seed = self.names.make(&format!("object {i} attribute {j}"));
                    self.about(head, attribute, &seed);
                }
            }
            self.heads.objects.push(head);
        }
    }

    fn object(&mut self, object: Object<'e>, subject: &Subject) -> Option<String> {
        let name = object.name().unwrap_or_default();
        let mapped = match template(name) {
            Some(template) => self.by_template(object, template, subject),
            None => self.pattern_object(object, subject).or_else(|| self.domain_object(object, subject)),
        };
        mapped.or_else(|| self.other_object(object, subject))
    }

    fn by_template(&mut self, object: Object<'e>, template: &'static Template, subject: &Subject) -> Option<String> {
        let facts = facts(object, template);
        let searched = |fact: &&Fact<'_>| match fact.attribute {
            Some(attribute) => attribute.to_ids() == Some(true) && attribute.deleted() != Some(true),
            None => true,
        };
        let parts: Vec<_> =
            facts.iter().filter(searched).map(|fact| (fact.path, fact.take, fact.constant.clone())).collect();
        let wanted =
            facts.iter().any(|fact| fact.attribute.is_some() && searched(&fact) && !fact.path.contains("content_ref"));
        let indicator = wanted.then(|| self.indicator(subject, "stix", pattern::of(&parts))).flatten();
        let made = self.observables(object, &facts, subject);
        let observed = made.and_then(|made| self.observation(subject, made));
        self.based_on(subject, indicator, observed)
    }

    /// The observable of a template, and one for each attribute that has no place in it.
    fn observables(&self, object: Object<'e>, facts: &[Fact<'e>], subject: &Subject) -> Option<Vec<Members<'static>>> {
        let marks = subject.said.within(&self.said).marking_refs();
        let naming = Naming { seed: &subject.uuid, marks: &marks, standard: false };
        let (mut made, used) = fitting(facts, naming)?;
        for attribute in object.attributes().filter(|attribute| attribute.deleted() != Some(true)) {
            let value = attribute.value();
            let known = |fact: &&Fact<'_>| fact.attribute.and_then(Attribute::value) == value;
            if used.iter().any(|at| facts.get(*at).as_ref().is_some_and(known)) {
                continue;
            }
            let row = attribute.attribute_type().and_then(table::row);
            let Some(parts) = row.and_then(|row| constants(row.parts, value?, attribute.data())) else { continue };
            let parts: Vec<_> = parts.into_iter().map(|(path, _, constant)| (path, constant)).collect();
            made.extend(observable::make(&parts, naming).map(|made| made.objects).unwrap_or_default());
        }
        Some(made)
    }

    /// Objects that hold a pattern.
    fn pattern_object(&mut self, object: Object<'e>, subject: &Subject) -> Option<String> {
        let (_, relation, language) = PATTERNS.iter().find(|(name, ..)| Some(*name) == object.name())?;
        let value = related(object, relation)?;
        self.indicator(subject, language, value.to_owned())
    }

    /// Objects that STIX has a domain object for.
    fn domain_object(&mut self, object: Object<'e>, subject: &Subject) -> Option<String> {
        let (_, kind, name, description) = DOMAIN.iter().find(|(known, ..)| Some(*known) == object.name())?;
        let mut domain = self.subject_head(kind, subject);
        let name = related(object, name)?;
        domain.insert("name", Json::from(name.to_owned()));
        if let Some(words) = related(object, description) {
            domain.insert("description", Json::from(words.to_owned()));
        }
        self.add(domain)
    }

    /// What STIX has no type for.
    fn other_object(&mut self, object: Object<'e>, subject: &Subject) -> Option<String> {
        let mut other = self.subject_head("x-misp-object", subject);
        other.insert("x_misp_name", Json::from(object.name().unwrap_or_default().to_owned()));
        if let Some(category) = object.meta_category() {
            other.insert("x_misp_meta_category", Json::from(category.to_owned()));
        }
        let part = |attribute: Attribute<'_>| {
            let named = ["type", "object_relation", "value"].into_iter();
            let text = |name: &'static str| {
                let text = attribute.members().get(name).and_then(Json::as_str)?;
                Some((name, Json::from(text.to_owned())))
            };
            Json::Object(named.filter_map(text).collect())
        };
        let parts: Vec<_> = object.attributes().map(part).collect();
        if !parts.is_empty() {
            other.insert("x_misp_attributes", Json::List(parts));
        }
        if let Some(comment) = &subject.comment {
            other.insert("x_misp_comment", Json::from(comment.clone()));
        }
        extension::new_type(&mut other);
        self.add(other)
    }

    /// What leads from one object to another, or to an attribute.
    pub(super) fn references(&mut self) {
        let objects: Vec<_> = self.event.objects().zip(self.heads.objects.clone()).collect();
        for (i, (object, head)) in objects.into_iter().enumerate() {
            let Some(source) = head else { continue };
            for (j, reference) in object.references().enumerate() {
                let target = reference.referenced_uuid().and_then(|uuid| self.heads.by_uuid.get(uuid)).cloned();
                let (Some(target), Some(words)) = (target, reference.relationship_type()) else { continue };
                let Some(kind) = relationship_type(words) else { continue };
                let uuid = self.names.claim(reference.uuid(), &format!("reference {i} {j}"));
                let mut link = self.link(&uuid, reference.timestamp(), &kind, &source, &target);
                if let Some(comment) = reference.comment().filter(|comment| !comment.is_empty()) {
                    link.insert("description", Json::from(comment.to_owned()));
                }
                if reference.deleted() == Some(true) {
                    link.insert("revoked", Json::from(true));
                }
                self.add(link);
            }
        }
    }
}

/// The words as STIX wants them.
fn relationship_type(words: &str) -> Option<String> {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let text: String = words.trim().chars().map(letter).collect();
    (!text.is_empty() && text != "based-on").then_some(text)
}

fn related<'e>(object: Object<'e>, relation: &str) -> Option<&'e str> {
    let found = object.attributes().find(|attribute| attribute.object_relation() == Some(relation))?;
    found.value().filter(|value| !value.is_empty())
}

fn subject(object: Object<'_>, uuid: uuid::Uuid) -> Subject {
    let moment = |text: Option<&str>| text.and_then(moment::of_moment).map(moment::stix);
    let mut labels = vec![own("name", object.name().unwrap_or_default())];
    labels.extend(object.meta_category().map(|category| own("meta-category", category)));
    // The strictest of what its parts are marked with.
    let said = object.attributes().map(|part| crate::stix::tags::said(part.tags()));
    let said =
        said.fold(Said::default(), |all, part| Said { labels: Vec::new(), confidence: None, ..all.within(&part) });
    Subject {
        uuid,
        timestamp: object.timestamp(),
        first: moment(object.first_seen()),
        last: moment(object.last_seen()),
        deleted: object.deleted() == Some(true),
        said,
        labels,
        comment: object.comment().filter(|comment| !comment.is_empty()).map(str::to_owned),
    }
}

/// What the relations of an object say, in the order of its template.
fn facts<'e>(object: Object<'e>, template: &'static Template) -> Vec<Fact<'e>> {
    let mut facts = Vec::new();
    for (relation, _, path, take) in template.relations {
        if relation.is_empty() {
            facts.extend(take.constant("", None).map(|constant| Fact { attribute: None, path, take: *take, constant }));
            continue;
        }
        for attribute in object.attributes().filter(|attribute| attribute.object_relation() == Some(relation)) {
            let value = attribute.value().unwrap_or_default();
            let constant = take.constant(value, attribute.data());
            facts.extend(constant.map(|constant| Fact { attribute: Some(attribute), path, take: *take, constant }));
        }
    }
    facts
}

/// A valid observable of as many facts as possible, with the places of these.
fn fitting(facts: &[Fact<'_>], naming: Naming<'_>) -> Option<(Vec<Members<'static>>, Vec<usize>)> {
    let facts: Vec<_> = facts.iter().enumerate().filter(|(_, fact)| !deleted(fact)).collect();
    let make = |chosen: &[usize]| {
        let part = |at: &usize| facts.get(*at).map(|(_, fact)| (fact.path, fact.constant.clone()));
        let parts: Vec<_> = chosen.iter().filter_map(part).collect();
        observable::make(&parts, naming)
    };
    // Of what has room for one, the first.
    let first = |at: &usize| {
        let (path, single) = facts.get(*at).map_or(("", true), |(_, fact)| (fact.path, !fact.path.contains('*')));
        let before = facts.iter().take(*at).any(|(_, fact)| fact.path == path);
        !(single && before)
    };
    let places = |chosen: &[usize]| chosen.iter().filter_map(|at| facts.get(*at).map(|(place, _)| *place)).collect();
    let all: Vec<usize> = (0..facts.len()).filter(first).collect();
    if let Some(made) = make(&all) {
        return Some((made.objects, places(&all)));
    }
    let (mut chosen, mut best, mut waiting) = (Vec::new(), None, Vec::new());
    for at in all {
        waiting.push(at);
        let tried = [chosen.as_slice(), &waiting].concat();
        if let Some(made) = make(&tried) {
            best = Some(made);
            chosen = tried;
            waiting.clear();
        } else if !matches!(facts.get(at), Some((_, fact)) if matches!(fact.take, Take::Family(_) | Take::Fixed(_)))
            && best.is_some()
        {
            // What goes with nothing is left out; types wait for what they are the type of.
            waiting.clear();
        }
    }
    best.map(|made| (made.objects, places(&chosen)))
}

fn deleted(fact: &Fact<'_>) -> bool {
    fact.attribute.is_some_and(|attribute| attribute.deleted() == Some(true))
}

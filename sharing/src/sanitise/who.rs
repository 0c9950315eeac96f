//! Who leaves, and what everybody is called: the graph around an object, as far as it decides about the object.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use stix_model::json::{Json, Members};
use stix_model::object::object_type;
use stix_model::property::{Role, Shape};
use stix_model::{Severity, TypeClass, deterministic, graph, validate};

use super::admit::{Judge, published};
use super::build::{Build, Gone, is_whole};
use super::iep::Iep;
use super::known::{Both, Known, age, text};
use super::profile::{Creator, Reports, Sightings};
use super::{Sanitiser, Stay, times};

/// How many levels of observables inside observables count for an identifier.
const LEVELS: u8 = 4;
/// How many objects may hang together so that each decides about another.
const MOST: usize = 4096;

/// An object that may leave as far as it alone decides.
pub(super) struct Candidate {
    pub(super) id: String,
    pub(super) object_type: String,
    shape: Option<&'static Shape>,
    source: Members<'static>,
    everything: bool,
    gone: Vec<Gone>,
    markings: Vec<String>,
    attributed: bool,
    form: Form,
}

/// How an object leaves.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// As it is.
    Unchanged,
    /// Made of what is allowed.
    Made,
    /// As a grouping.
    OfReport,
}

/// An object as it leaves.
pub(super) struct Leaves {
    pub(super) object: Members<'static>,
    pub(super) gone: Vec<Gone>,
    /// It is the original, byte by byte.
    pub(super) unchanged: bool,
    /// The producer behind a pseudonym, and the period.
    pub(super) pseudonym: Option<(String, String)>,
}

/// One pass over a batch.
pub(super) struct Pass<'p> {
    pub(super) sanitiser: &'p Sanitiser,
    pub(super) known: Both<'p>,
    candidates: RefCell<HashMap<String, Option<Rc<Candidate>>>>,
    decided: RefCell<HashMap<String, bool>>,
    names: RefCell<HashMap<(String, u8), String>>,
}

impl<'p> Pass<'p> {
    pub(super) fn new(sanitiser: &'p Sanitiser, known: Both<'p>) -> Self {
        Self {
            sanitiser,
            known,
            candidates: RefCell::default(),
            decided: RefCell::default(),
            names: RefCell::default(),
        }
    }

    pub(super) fn judge(&self) -> Judge<'_> {
        let Sanitiser { rules, ceiling, .. } = self.sanitiser;
        Judge { profile: &rules.profile, ceiling, known: &self.known }
    }

    /// What an object alone decides.
    pub(super) fn candidate(&self, object: &Members<'static>) -> Result<Candidate, Stay> {
        let profile = &self.sanitiser.rules.profile;
        let own_type = text(object, "type").unwrap_or_default();
        let id = text(object, "id").unwrap_or_default();
        let is_released = profile.releases(id);
        let form = self.form(own_type, id, is_released)?;
        let admitted = self.judge().admit(object)?;
        let mut candidate = Candidate {
            id: id.to_owned(),
            object_type: own_type.to_owned(),
            shape: object_type(own_type),
            source: admitted.object,
            everything: is_released,
            gone: admitted.hidden.into_iter().map(|place| (place, "marking".to_owned())).collect(),
            markings: admitted.markings,
            attributed: admitted.attributed,
            form,
        };
        if form == Form::Unchanged {
            return match candidate.gone.is_empty() {
                true => Ok(candidate),
                false => Err(Stay::new("marking", "it leaves as a whole or not at all, and a part of it is hidden")),
            };
        }
        let edition = text(object, "spec_version");
        let is_observable = candidate.is_observable();
        let must_say = !is_observable && object.contains("created");
        if edition.is_some_and(|edition| edition != "2.1") || (edition.is_none() && must_say) {
            return Err(Stay::new("edition", "it is not of STIX 2.1"));
        }
        self.relationship(&candidate)?;
        if form == Form::OfReport {
            candidate.become_grouping();
        }
        Ok(candidate)
    }

    fn form(&self, own_type: &str, id: &str, is_released: bool) -> Result<Form, Stay> {
        let profile = &self.sanitiser.rules.profile;
        let is_listed = profile.types.contains_key(own_type);
        match own_type {
            "identity" | "location" | "extension-definition" if is_released => Ok(Form::Unchanged),
            "marking-definition" if is_released || profile.markings.iter().any(|known| known == id) => {
                Ok(Form::Unchanged)
            }
            "marking-definition" => Ok(Form::Made),
            _ if is_released => Ok(Form::Made),
            "report" if !is_listed && profile.reports == Reports::Grouping => Ok(Form::OfReport),
            "sighting" if profile.sightings == Sightings::Drop => Err(Stay::new("type", "sightings do not leave")),
            _ if is_listed => Ok(Form::Made),
            _ => Err(Stay::new("type", "objects of its type do not leave")),
        }
    }

    fn relationship(&self, candidate: &Candidate) -> Result<(), Stay> {
        if candidate.object_type != "relationship" || candidate.everything {
            return Ok(());
        }
        let said = text(&candidate.source, "relationship_type").unwrap_or_default();
        let target = text(&candidate.source, "target_ref").and_then(|id| id.split_once("--"));
        match self.sanitiser.rules.relates(said, target.map_or("", |(target_type, _)| target_type)) {
            true => Ok(()),
            false => Err(Stay::new("relationship", "relationships of its type do not leave")),
        }
    }

    /// The newest version of another object, if it alone lets it leave.
    fn candidate_of(&self, id: &str) -> Option<Rc<Candidate>> {
        if let Some(known) = self.candidates.borrow().get(id) {
            return known.clone();
        }
        let object = self.known.object(id);
        let candidate = object.and_then(|object| self.candidate(&object).ok()).map(Rc::new);
        self.candidates.borrow_mut().insert(id.to_owned(), candidate.clone());
        candidate
    }

    /// Does a newer version keep this one back? Who marks an object higher means it as a whole, and not only from then on.
    pub(super) fn is_kept_back(&self, object: &Members<'static>) -> bool {
        let id = text(object, "id").unwrap_or_default();
        let Some(newest) = self.known.object(id).filter(|newest| age(newest) > age(object)) else { return false };
        self.judge().admit(&newest).is_err()
    }

    /// What another object is called where this one goes; `None` if it does not leave.
    pub(super) fn name(&self, id: &str) -> Option<String> {
        self.leaves(id).then(|| self.name_at(id, LEVELS))
    }

    /// Does an object leave, as far as is known now?
    fn leaves(&self, id: &str) -> bool {
        if let Some(known) = self.decided.borrow().get(id) {
            return *known;
        }
        let Some(candidate) = self.candidate_of(id) else { return false };
        let Some(decision) = self.alone(&candidate) else { return self.together(candidate) };
        self.decided.borrow_mut().insert(id.to_owned(), decision);
        decision
    }

    /// Does it leave whether what it refers to does or not? `None` if that depends on them.
    fn alone(&self, candidate: &Candidate) -> Option<bool> {
        let sightings_are_grouped = self.sanitiser.rules.profile.sightings == Sightings::Groups;
        if candidate.object_type == "sighting" && sightings_are_grouped {
            return Some(false);
        }
        if self.made(candidate, &|_| None).is_ok() {
            return Some(true);
        }
        self.made(candidate, &|id| Some(id.to_owned())).is_err().then_some(false)
    }

    /// Decides about objects that decide about each other: those leave that do with what is known to leave, until no more do.
    fn together(&self, first: Rc<Candidate>) -> bool {
        let root = first.id.clone();
        let mut open: BTreeMap<String, Rc<Candidate>> = BTreeMap::new();
        let mut new = vec![first];
        while let Some(candidate) = new.pop() {
            for reference in graph::references(&candidate.source) {
                if open.contains_key(reference.id) || self.decided.borrow().contains_key(reference.id) {
                    continue;
                }
                let other = self.candidate_of(reference.id).filter(|other| other.id != candidate.id);
                let decision = other.as_ref().map_or(Some(false), |other| self.alone(other));
                match (decision, other) {
                    (None, Some(other)) => new.push(other),
                    (decision, _) if reference.id != candidate.id => {
                        self.decided.borrow_mut().insert(reference.id.to_owned(), decision == Some(true));
                    }
                    _ => {}
                }
            }
            open.insert(candidate.id.clone(), candidate);
            if open.len() > MOST {
                return false;
            }
        }
        self.settle(open);
        self.decided.borrow().get(&root).copied().unwrap_or(false)
    }

    fn settle(&self, mut open: BTreeMap<String, Rc<Candidate>>) {
        loop {
            let decided = |id: &str| self.decided.borrow().get(id) == Some(&true);
            let name = |id: &str| decided(id).then(|| id.to_owned());
            let leaving: Vec<String> =
                open.values().filter(|one| self.made(one, &name).is_ok()).map(|one| one.id.clone()).collect();
            if leaving.is_empty() {
                break;
            }
            for id in leaving {
                open.remove(&id);
                self.decided.borrow_mut().insert(id, true);
            }
        }
        open.into_keys().for_each(|id| {
            self.decided.borrow_mut().insert(id, false);
        });
    }

    /// The identifier of an object that leaves. Of an observable, it is made from what leaves of its content, as the standard
    /// has it; observables inside extensions of observables count down to some level.
    fn name_at(&self, id: &str, level: u8) -> String {
        let Some(candidate) = self.candidate_of(id) else { return self.sanitiser.derived(id, None) };
        if candidate.form == Form::Unchanged || published(id).is_some() {
            return id.to_owned();
        }
        if level == 0 || !candidate.is_observable() {
            return self.sanitiser.derived(id, Some(&candidate.object_type));
        }
        if let Some(name) = self.names.borrow().get(&(id.to_owned(), level)) {
            return name.clone();
        }
        let name = self.content_name(&candidate, level);
        self.names.borrow_mut().insert((id.to_owned(), level), name.clone());
        name
    }

    fn content_name(&self, candidate: &Candidate, level: u8) -> String {
        let derived = || self.sanitiser.derived(&candidate.id, Some(&candidate.object_type));
        let Some(shape) = candidate.shape else { return derived() };
        let mut source = candidate.source.clone();
        source.retain(|name, _| shape.contributing.contains(&name));
        let refs = |id: &str| self.leaves(id).then(|| self.name_at(id, level - 1));
        let made = self.build(candidate, &refs).object(&candidate.object_type, candidate.shape, &source);
        let uuid = made.ok().and_then(|made| deterministic::uuid_of(shape.contributing, &made));
        uuid.map_or_else(derived, |uuid| format!("{}--{uuid}", candidate.object_type))
    }

    fn build<'b>(&'b self, candidate: &Candidate, refs: &'b dyn Fn(&str) -> Option<String>) -> Build<'b> {
        let rules = &self.sanitiser.rules;
        Build {
            rules,
            refs,
            exactness: rules.profile.exactness(&candidate.object_type),
            everything: candidate.everything,
            gone: candidate.gone.clone(),
        }
    }

    /// The object as it leaves.
    pub(super) fn leaving(&self, candidate: &Candidate) -> Result<Leaves, Stay> {
        let mut leaves = self.made(candidate, &|id| self.name(id))?;
        if !leaves.unchanged && candidate.is_observable() {
            leaves.object.insert("id", Json::from(self.content_name(candidate, LEVELS)));
        }
        Ok(leaves)
    }

    /// The object as it leaves if others are called so.
    fn made(&self, candidate: &Candidate, refs: &dyn Fn(&str) -> Option<String>) -> Result<Leaves, Stay> {
        if candidate.form == Form::Unchanged {
            let object = candidate.source.clone();
            return Ok(Leaves { object, gone: Vec::new(), unchanged: true, pseudonym: None });
        }
        if candidate.object_type == "marking-definition" {
            return self.definition(candidate);
        }
        let mut build = self.build(candidate, refs);
        let content = build.object(&candidate.object_type, candidate.shape, &candidate.source)?;
        let gone = build.gone;
        if let Some(shape) = candidate.shape.filter(|shape| !is_whole(shape, &content)) {
            return Err(incomplete(shape, &content, &gone));
        }
        let (object, pseudonym) = self.assembled(candidate, content)?;
        valid(&object)?;
        Ok(Leaves { object, gone, unchanged: false, pseudonym })
    }

    /// Puts the content together with what all objects have.
    fn assembled(
        &self,
        candidate: &Candidate,
        content: Members<'static>,
    ) -> Result<(Members<'static>, Option<(String, String)>), Stay> {
        let mut object = Members::new();
        let mut pseudonym = None;
        object.insert("type", Json::from(candidate.object_type.clone()));
        let has_dates = candidate.source.contains("created");
        if has_dates || candidate.source.contains("spec_version") {
            object.insert("spec_version", Json::from("2.1"));
        }
        object.insert("id", Json::from(self.sanitiser.derived(&candidate.id, Some(&candidate.object_type))));
        if has_dates {
            let (creator, behind) = self.creator(candidate);
            pseudonym = behind;
            object.insert("created_by_ref", Json::from(creator));
            self.dates(candidate, &mut object).ok_or_else(|| Stay::new("form", "its dates cannot be read"))?;
        }
        if candidate.form == Form::OfReport {
            object.insert("name", Json::from("Objects of a report"));
        }
        content.into_iter().for_each(|(name, value)| {
            object.insert(name, value);
        });
        let markings: Vec<_> = candidate.markings.iter().map(|id| Json::from(self.marking(id))).collect();
        if !markings.is_empty() {
            object.insert("object_marking_refs", Json::List(markings));
        }
        Ok((object, pseudonym))
    }

    fn dates(&self, candidate: &Candidate, object: &mut Members<'static>) -> Option<()> {
        let exactness = self.sanitiser.rules.profile.exactness(&candidate.object_type);
        let created = text(&candidate.source, "created")?;
        object.insert("created", Json::from(times::coarse(created, exactness)?));
        if let Some(modified) = text(&candidate.source, "modified") {
            let revoked = candidate.source.get("revoked").and_then(Json::as_bool) == Some(true);
            let all = self.known.versions(&candidate.id);
            object.insert("modified", Json::from(times::version(modified, &all, revoked, exactness)?));
        }
        Some(())
    }

    /// A marking where it is referred to.
    fn marking(&self, id: &str) -> String {
        let is_own = published(id).is_none() && !self.sanitiser.rules.profile.markings.iter().any(|known| known == id);
        if is_own { self.sanitiser.derived(id, None) } else { id.to_owned() }
    }

    /// Whose the object is; if a pseudonym's, also the producer and the period.
    fn creator(&self, candidate: &Candidate) -> (String, Option<(String, String)>) {
        let hub = || (self.sanitiser.hub.clone(), None);
        let profile = &self.sanitiser.rules.profile;
        let author = text(&candidate.source, "created_by_ref").filter(|_| candidate.attributed);
        match (profile.creator, author) {
            (Creator::Author, Some(author)) if profile.releases(author) && self.leaves(author) => {
                (author.to_owned(), None)
            }
            (Creator::Pseudonym, Some(author)) => {
                let created = text(&candidate.source, "created").unwrap_or_default();
                let Some(period) = times::period(created, profile.pseudonyms) else { return hub() };
                (self.sanitiser.pseudonym(author, &period), Some((author.to_owned(), period)))
            }
            _ => hub(),
        }
    }

    /// A marking definition: a published one as it is published, a policy in its own words. Others do not leave, unless they
    /// are released.
    fn definition(&self, candidate: &Candidate) -> Result<Leaves, Stay> {
        if let Some(object) = published(&candidate.id) {
            return Ok(Leaves { object, gone: Vec::new(), unchanged: true, pseudonym: None });
        }
        let iep = Iep::of(&candidate.source).filter(|iep| iep.objection(&self.sanitiser.ceiling).is_none());
        let iep = iep.ok_or_else(|| Stay::new("type", "definitions of markings leave only if they are released"))?;
        let (mut object, pseudonym) = self.assembled(candidate, Members::new())?;
        object.insert("extensions", iep.extensions());
        valid(&object)?;
        let made = |name: &str| super::build::MADE.contains(&name) || name == "extensions";
        let gone = candidate.source.iter().filter(|(name, _)| !made(name));
        let gone = gone.map(|(name, _)| (super::pointer("", name), "property".to_owned())).collect();
        Ok(Leaves { object, gone, unchanged: false, pseudonym })
    }
}

impl Candidate {
    fn is_observable(&self) -> bool {
        self.shape.is_some_and(|shape| shape.role == Role::Object(TypeClass::Observable))
    }

    /// What it is about, without what it says.
    fn become_grouping(&mut self) {
        let told = ["name", "description", "report_types", "published"];
        let said = told.into_iter().filter(|name| self.source.contains(name));
        self.gone.extend(said.map(|name| (super::pointer("", name), "report".to_owned())));
        self.source.retain(|name, _| !told.contains(&name));
        self.source.insert("context", Json::from("unspecified"));
        self.object_type = "grouping".to_owned();
        self.shape = object_type("grouping");
    }
}

fn incomplete(shape: &'static Shape, content: &Members<'_>, gone: &[Gone]) -> Stay {
    let missing = shape.properties.iter().find(|row| row.required && !content.contains(row.name)).map(|row| row.name);
    let place = missing.map(|name| super::pointer("", name));
    let cause = gone.iter().find(|(gone, _)| place.as_ref().is_some_and(|place| gone.starts_with(place)));
    let cause = cause.or_else(|| gone.first().filter(|_| missing.is_none()));
    let rule = cause.map_or("invalid", |(_, rule)| rule.as_str());
    let rule = if rule == "property" || rule == "custom" { "invalid" } else { rule };
    Stay::new(rule, format!("what is left of it is no {}", shape.name))
}

fn valid(object: &Members<'static>) -> Result<(), Stay> {
    let findings = validate::members(object, &validate::Options::default());
    match findings.into_iter().find(|finding| finding.severity == Severity::Error) {
        None => Ok(()),
        Some(finding) => Err(Stay::new("invalid", format!("what is left of it breaks {}", finding.rule))),
    }
}

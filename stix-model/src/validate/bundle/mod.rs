//! Checks across the objects of a bundle (STIX 2.1 §8): the same version twice, references that lead nowhere or to
//! what they should not lead to.
//!
//! [`BundleCheck`] takes one object at a time and keeps only what the checks across objects need: about 60 bytes for
//! each identifier that is mentioned, whether or not it is there, and about 20 to 40 more for each further version of
//! an object, translation of a certain version, `variant-of` relationship and creator; 8 for each reference between
//! observables or relationships; 16 for each hash of a file or artifact; of translations, the structure. Of the
//! references to one object
//! it keeps their number and the place of the first. Names of types and pointers to references are kept once each, of
//! the pointers at most 65,533; beyond that, findings name the object but not the place in it. Of each rule,
//! [`BundleCheck::finish`] gives at most [`LISTED`] findings and one that counts the others.

mod circles;
mod connected;
mod definitions;
mod index;
mod list;
mod report;
mod samples;
mod translated;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash as _, Hasher, RandomState};

use self::circles::Circles;
use self::connected::{Connected, connects};
use self::definitions::Definitions;
use self::index::{Entry, Hash, Index, Slot, Texts};
use self::list::List;
use self::samples::Samples;
use self::translated::Translated;
use super::{Check, Options, Profile};
use crate::json::{Json, Members};
use crate::marking::tlp::Tlp;
use crate::timestamp::Instant;
use crate::{Finding, Severity, TypeClass, graph};

pub use report::{Located, Report, bundle};

/// How many findings of one rule [`BundleCheck::finish`] lists.
pub const LISTED: usize = 1000;

const PRESENT: u8 = 1;
const REVOKED: u8 = 1 << 1;
const IDENTITY: u8 = 1 << 2;
const HAS_CREATOR: u8 = 1 << 3;
const FAMILY: u8 = 1 << 4;
const INSTANCE: u8 = 1 << 5;
/// It has a version, which objects without dates have not.
const VERSIONED: u8 = 1 << 6;

/// The place of a reference when there are too many to be kept.
const NO_PLACE: u16 = u16::MAX;

/// Checks the objects of a bundle one after the other, and then what is between them.
///
/// ```
/// use stix_model::json::Json;
/// use stix_model::validate::{BundleCheck, Options};
///
/// let options = Options::default();
/// let mut check = BundleCheck::new(&options, true);
/// let address = Json::parse(r#"{
///     "type": "domain-name", "id": "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7", "value": "example.com",
///     "resolves_to_refs": ["ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"]
/// }"#)?;
/// check.add(address.as_object().unwrap());
/// let findings = check.finish();
/// assert_eq!((findings[0].rule, findings[0].pointer.as_str()), ("RF-02", "/resolves_to_refs/0"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug)]
pub struct BundleCheck<'o> {
    options: &'o Options,
    enforce_refs: bool,
    index: Index,
    pointers: Texts,
    hashes: RandomState,
    /// The contents of versions other than the first of an object.
    versions: HashMap<(Slot, Hash), Hash>,
    /// Objects that are named as creators, each with the first object that does.
    creators: Vec<(Slot, Slot)>,
    creators_seen: HashSet<Slot>,
    /// Translations of a certain version: the translation, the object, the version.
    translations: Vec<(Slot, Slot, Hash)>,
    /// `variant-of`: the relationship, its source, its target.
    variants: Vec<[Slot; 3]>,
    samples: Samples,
    connected: Connected,
    circles: Circles,
    definitions: Definitions,
    translated: Translated,
}

impl<'o> BundleCheck<'o> {
    /// Begins. With `enforce_refs`, a reference to an object that is not in the bundle is an error.
    #[must_use]
    pub fn new(options: &'o Options, enforce_refs: bool) -> Self {
        Self {
            options,
            enforce_refs,
            index: Index::default(),
            pointers: Texts::default(),
            hashes: RandomState::new(),
            versions: HashMap::new(),
            creators: Vec::new(),
            creators_seen: HashSet::new(),
            translations: Vec::new(),
            variants: Vec::new(),
            samples: Samples::default(),
            connected: Connected::default(),
            circles: Circles::default(),
            definitions: Definitions::default(),
            translated: Translated::default(),
        }
    }

    /// Checks what stands beside the list of objects (B-02, B-03).
    #[must_use]
    pub fn wrapper(&self, members: &Members<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        if text(members, "type") != "bundle" {
            return findings;
        }
        let object = members.get("id").and_then(Json::as_str);
        for (name, value) in members.iter() {
            let pointer = format!("/{}", crate::pointer::escape(name));
            let (rule, severity, found, expected) = match name {
                "type" | "id" | "objects" => continue,
                "spec_version" if value.as_str() == Some("2.0") => {
                    ("B-02", Severity::Information, "a bundle of STIX 2.0".to_owned(), "")
                }
                "spec_version" => ("B-02", Severity::Warning, value.excerpt(), "no spec_version on a bundle"),
                _ => ("B-03", Severity::Warning, format!("custom property {name}"), "no other properties on a bundle"),
            };
            self.find(&mut findings, object, rule, severity, &pointer, found, expected);
        }
        if !object.is_some_and(|id| crate::identifier::is_identifier(id) && id.starts_with("bundle--")) {
            let found = members.get("id").map_or_else(|| "id is missing".to_owned(), Json::excerpt);
            self.find(&mut findings, object, "ID-01", Severity::Error, "/id", found, "bundle--UUID");
        }
        findings
    }

    /// Checks an object by itself, and against those that came before it.
    #[must_use]
    pub fn add(&mut self, members: &Members<'_>) -> Vec<Finding> {
        let id = members.get("id").and_then(Json::as_str);
        if text(members, "type") == "bundle" {
            let mut findings = Vec::new();
            let found = "a bundle inside a bundle".to_owned();
            self.find(&mut findings, id, "B-01", Severity::Error, "/type", found, "its objects");
            return findings;
        }
        let mut findings = super::members(members, self.options);
        let slot = id.and_then(|id| self.index.slot(id));
        if let Some(slot) = slot {
            self.add_version(slot, members, &mut findings);
            self.samples.add(slot, members, &mut self.index, &self.hashes);
            self.connected.add(slot, members, &mut self.index);
            self.circles.add(slot, members, &mut self.index);
            self.definitions.add(slot, members, &mut self.index);
            self.compare(slot, members, false);
        }
        self.add_references(slot, members, &mut findings);
        findings
    }

    /// Did translations come after the objects that they translate? Then those are wanted [`again`](Self::again).
    #[must_use]
    pub fn wants_again(&self) -> bool {
        self.translated.late
    }

    /// Compares an object that was added before with the translations that came after it (LC-2). What is found comes out
    /// of [`finish`](Self::finish). Objects without such translations may be given, too.
    ///
    /// ```
    /// use stix_model::json::Json;
    /// use stix_model::validate::{BundleCheck, Options};
    ///
    /// let objects = Json::parse(r#"[
    ///     {"type": "x-acme-a", "id": "x-acme-a--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "words": ["one", "two"]},
    ///     {"type": "language-content", "id": "language-content--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
    ///      "object_ref": "x-acme-a--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "contents": {"de": {"words": ["eins"]}}}
    /// ]"#)?;
    /// let options = Options::default();
    /// let mut check = BundleCheck::new(&options, false);
    /// let objects = || objects.as_list().unwrap().iter().filter_map(Json::as_object);
    /// objects().for_each(|object| drop(check.add(object)));
    /// if check.wants_again() {
    ///     objects().for_each(|object| check.again(object));
    /// }
    /// assert_eq!(check.finish()[0].pointer, "/contents/de/words");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn again(&mut self, members: &Members<'_>) {
        if let Some(slot) = members.get("id").and_then(|id| self.index.slot(id.as_str()?)) {
            self.compare(slot, members, true);
        }
    }

    fn compare(&mut self, slot: Slot, members: &Members<'_>, late: bool) {
        let hashes = &self.hashes;
        self.translated.compare(slot, members, || hash_of(hashes, instant_of(members)), late);
    }

    /// B-04, VER-07.
    fn add_version(&mut self, slot: Slot, members: &Members<'_>, findings: &mut Vec<Finding>) {
        let instant = instant_of(members);
        let version = self.version(instant);
        let content = self.content(members);
        let Some(entry) = self.index.get_mut(slot) else { return };
        let known = match entry.flags & PRESENT != 0 {
            false => {
                (entry.version, entry.content) = (version, content);
                None
            }
            true if entry.version == version => Some(entry.content),
            true => match self.versions.entry((slot, version)) {
                std::collections::hash_map::Entry::Occupied(known) => Some(*known.get()),
                std::collections::hash_map::Entry::Vacant(new) => {
                    new.insert(content);
                    None
                }
            },
        };
        entry.flags |= flags(members) | if instant.is_some() { VERSIONED } else { 0 };
        if let Some(known) = known {
            self.repeated(members, instant.is_some(), known == content, findings);
        }
    }

    fn repeated(&self, members: &Members<'_>, versioned: bool, equal: bool, findings: &mut Vec<Finding>) {
        let id = members.get("id").and_then(Json::as_str);
        let class = TypeClass::of(text(members, "type"));
        let date = ["modified", "created"].into_iter().find(|name| members.contains(name)).unwrap_or("id");
        let (rule, severity, found, expected) = match (equal, versioned, class) {
            (true, ..) => ("B-04", Severity::Warning, "the same object again", "each version of an object once"),
            (false, false, TypeClass::Observable | TypeClass::Custom) => {
                ("B-04", Severity::Warning, "the same observable with other properties", "one object with all of them")
            }
            _ => ("VER-07", Severity::Error, "the same version with another content", "a new version for a change"),
        };
        let pointer = format!("/{}", if versioned { date } else { "id" });
        self.find(findings, id, rule, severity, &pointer, found.to_owned(), expected);
    }

    fn add_references(&mut self, source: Option<Slot>, members: &Members<'_>, findings: &mut Vec<Finding>) {
        let mut bundles = Vec::new();
        let mut creator = None;
        let joins = connects(text(members, "type"));
        graph::walk(members, &mut |path, property, id| {
            if id.starts_with("bundle--") {
                return bundles.push((path.pointer(), id.to_owned()));
            }
            let (Some(source), Some(target)) = (source, self.index.slot(id)) else { return };
            if property == "created_by_ref" {
                creator.get_or_insert(target);
            }
            if joins && id.split_once("--").is_some_and(|(name, _)| connects(name)) {
                self.connected.link(source, target);
            }
            let Some(entry) = self.index.get_mut(target) else { return };
            if entry.references == 0 {
                entry.referrer = source;
                entry.place = NO_PLACE;
                // One more text would not fit the number.
                if self.pointers.len() < usize::from(NO_PLACE) - 1 {
                    entry.place = u16::try_from(self.pointers.number(&path.pointer())).unwrap_or(NO_PLACE);
                }
            }
            entry.references = entry.references.saturating_add(1);
        });
        if !bundles.is_empty() {
            // Where a table says what may be referred to, the object by itself was wrong already.
            let wrong = findings.iter().filter(|finding| finding.rule == "RF-01");
            let wrong: HashSet<_> = wrong.map(|finding| finding.pointer.clone()).collect();
            let object = members.get("id").and_then(Json::as_str);
            for (pointer, id) in bundles.into_iter().filter(|(pointer, _)| !wrong.contains(pointer)) {
                self.find(findings, object, "B-08", Severity::Error, &pointer, id, "an object, not a bundle");
            }
        }
        if let Some(source) = source {
            self.remember(source, creator, members);
        }
    }

    /// Keeps what can only be looked at when all objects are known.
    fn remember(&mut self, source: Slot, creator: Option<Slot>, members: &Members<'_>) {
        if let Some(creator) = creator
            && self.creators_seen.insert(creator)
        {
            self.creators.push((creator, source));
        }
        let mut target = |name| self.index.slot(members.get(name)?.as_str()?);
        match text(members, "type") {
            "language-content" => {
                let Some(target) = target("object_ref") else { return };
                let instant = Instant::of(text(members, "object_modified"));
                let version = instant.is_some().then(|| self.version(instant));
                self.translations.extend(version.map(|version| (source, target, version)));
                let late = self.index.get(target).is_some_and(|entry| entry.flags & PRESENT != 0);
                self.translated.keep(source, target, members, version, late);
            }
            "relationship" if text(members, "relationship_type") == "variant-of" => {
                if let (Some(from), Some(to)) = (target("source_ref"), target("target_ref")) {
                    self.variants.push([source, from, to]);
                }
            }
            _ => {}
        }
    }

    /// Checks what is between the objects, now that all are known.
    #[must_use]
    pub fn finish(self) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.dangling(&mut findings);
        self.revoked(&mut findings);
        self.creators(&mut findings);
        self.variants(&mut findings);
        self.translations(&mut findings);
        self.samples.finish(&self, &mut findings);
        self.connected.finish(&self, &mut findings);
        self.circles.finish(&self, &mut findings);
        self.definitions.finish(&self, &mut findings);
        self.translated.finish(&self, &mut findings);
        findings
    }

    /// B-07, RF-02.
    fn dangling(&self, findings: &mut Vec<Finding>) {
        let severity = if self.enforce_refs { Severity::Error } else { Severity::Information };
        let missing = |entry: &&Entry| entry.flags & PRESENT == 0 && entry.references > 0;
        let mut list = List::new(self, "RF-02", severity, "a reference to an object in the bundle");
        for entry in self.index.iter().filter(missing) {
            let target = self.index.id(entry);
            // The standard itself makes these definitions, which bundles need not carry (TLP-3).
            if Tlp::by_id(&target).is_none() {
                list.add(entry.referrer, self.place(entry), || format!("{target} is not there{}", others(entry)));
            }
        }
        list.finish(findings);
    }

    /// RF-02, VER-14.
    fn revoked(&self, findings: &mut Vec<Finding>) {
        let revoked = |entry: &&Entry| entry.flags & REVOKED != 0 && entry.references > 0;
        let mut list = List::new(self, "RF-02", Severity::Information, "a reference to an object that is still valid");
        for entry in self.index.iter().filter(revoked) {
            let found = || format!("{} is revoked{}", self.index.id(entry), others(entry));
            list.add(entry.referrer, self.place(entry), found);
        }
        list.finish(findings);
    }

    /// RF-02, IO-01, IO-02.
    fn creators(&self, findings: &mut Vec<Finding>) {
        let mut wrong = List::new(self, "RF-02", Severity::Error, "an identity");
        let mut missing = List::new(self, "IO-01", Severity::Error, "the identity in the same bundle");
        let mut anonymous = List::new(self, "IO-02", Severity::Error, "created_by_ref on identities that create");
        for &(slot, first) in &self.creators {
            let Some(entry) = self.index.get(slot) else { continue };
            let is = |flag| entry.flags & flag != 0;
            let id = || self.index.id(entry);
            // What does not even look like an identity was found in the object by itself.
            if is(PRESENT) && !is(IDENTITY) && self.index.object_type(entry) == "identity" {
                wrong.add(first, "/created_by_ref", || format!("{} is no identity", id()));
            }
            if self.options.profile == Profile::Interop {
                if !is(PRESENT) {
                    missing.add(first, "/created_by_ref", || format!("{} is not there", id()));
                } else if is(IDENTITY) && !is(HAS_CREATOR) {
                    anonymous.add(slot, "", || "created_by_ref is missing".to_owned());
                }
            }
        }
        wrong.finish(findings);
        missing.finish(findings);
        anonymous.finish(findings);
    }

    /// REL-03. If versions of one object differ, nothing can be said.
    fn variants(&self, findings: &mut Vec<Finding>) {
        let mut list = List::new(self, "REL-03", Severity::Error, "a family that is a variant of a family");
        let kind = |slot| self.index.get(slot).map_or(0, |entry| entry.flags & (FAMILY | INSTANCE));
        for &[relationship, source, target] in &self.variants {
            if kind(source) == FAMILY && kind(target) == INSTANCE {
                list.add(relationship, "/target_ref", || "a family as variant of an instance".to_owned());
            }
        }
        list.finish(findings);
    }

    /// LC-1, if the object is there.
    fn translations(&self, findings: &mut Vec<Finding>) {
        let mut list = List::new(self, "LC-1", Severity::Error, "the modified of a version of the object");
        for &(translation, target, version) in &self.translations {
            let Some(entry) = self.index.get(target).filter(|entry| entry.flags & VERSIONED != 0) else { continue };
            if entry.version != version && !self.versions.contains_key(&(target, version)) {
                let found = || format!("no such version of {} is there", self.index.id(entry));
                list.add(translation, "/object_modified", found);
            }
        }
        list.finish(findings);
    }

    fn version(&self, instant: Option<Instant<'_>>) -> Hash {
        hash_of(&self.hashes, instant)
    }

    fn content(&self, members: &Members<'_>) -> Hash {
        let mut hasher = self.hashes.build_hasher();
        crate::equality::hash_object(members, &mut hasher);
        1_u8.hash(&mut hasher);
        hasher.finish().into()
    }

    /// Where the first reference to it stands.
    fn place(&self, entry: &Entry) -> &str {
        self.pointers.text(entry.place.into())
    }

    #[expect(clippy::too_many_arguments, reason = "they are the parts of a finding")]
    fn find(
        &self,
        findings: &mut Vec<Finding>,
        object: Option<&str>,
        rule: &'static str,
        severity: Severity,
        pointer: &str,
        found: String,
        expected: impl Into<Cow<'static, str>>,
    ) {
        let mut check = Check::new(self.options);
        check.find(rule, severity, found, expected);
        findings
            .extend(check.finish(object).into_iter().map(|finding| Finding { pointer: pointer.to_owned(), ..finding }));
    }
}

/// When the version was made.
fn instant_of<'m>(members: &'m Members<'_>) -> Option<Instant<'m>> {
    ["modified", "created"].into_iter().find_map(|name| Instant::of(members.get(name)?.as_str()?))
}

fn hash_of(hashes: &RandomState, instant: Option<Instant<'_>>) -> Hash {
    hashes.hash_one(instant.map(Instant::parts)).into()
}

/// What the object itself says that matters to others.
fn flags(members: &Members<'_>) -> u8 {
    let flag = |holds, flag| if holds { flag } else { 0 };
    let object_type = text(members, "type");
    let boolean = |name| members.get(name).and_then(Json::as_bool);
    let family = if object_type == "malware" { boolean("is_family") } else { None };
    PRESENT
        | flag(boolean("revoked") == Some(true), REVOKED)
        | flag(object_type == "identity", IDENTITY)
        | flag(members.contains("created_by_ref"), HAS_CREATOR)
        | flag(family == Some(true), FAMILY)
        | flag(family == Some(false), INSTANCE)
}

/// How many references there are besides the one that is shown.
fn others(entry: &Entry) -> String {
    match entry.references {
        0 | 1 => String::new(),
        2 => " (and another reference to it)".to_owned(),
        n => format!(" (and {} other references to it)", n - 1),
    }
}

fn text<'m>(members: &'m Members<'_>, name: &str) -> &'m str {
    members.get(name).and_then(Json::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;

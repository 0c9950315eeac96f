//! Checks of whole objects: every finding, each with its rule, its place, what was found and what was expected.
//!
//! ```
//! use stix_model::json::Json;
//! use stix_model::validate::{self, Options};
//!
//! let address = Json::parse(r#"{"type": "ipv4-addr", "id": "ipv4-addr--1e0ba0e2-3d6b-5d08-8a7c-35a6ae7a2ac0", "value": 7}"#)?;
//! let findings = validate::object(&address, &Options::default());
//! assert_eq!(findings[0].to_string(), "T-15 at /value: 7; expected a string");
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! * `values`: what one value is, by its [`Kind`]
//! * `objects`: what an object has, by its [`Shape`]; `custom`, `extensions`: what no table says
//! * `common`, `markings`: what all objects share
//! * `domain`, `indicator`, `observables`, `meta`, `parts`, `container`: the rules of single types
//! * `interop`: what the interoperability tests want besides
//! * `payload`: whether hashes are those of a payload
//! * `formats`, `names`: forms of text, and registered names
//! * [`rules`]: the catalogue of the rules

mod bundle;
mod common;
mod container;
mod custom;
mod domain;
mod extensions;
pub(crate) mod formats;
mod indicator;
mod interop;
mod markings;
mod meta;
mod names;
mod objects;
mod observables;
mod parts;
mod payload;
pub mod rules;
mod values;

pub use bundle::{BundleCheck, LISTED, Located, Report, bundle};

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use crate::json::{Json, Members};
use crate::pointer::Path;
use crate::property::{Kind, Role, Shape};
use crate::{Finding, Invalid, Severity};

/// How strictly to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// What is not valid is a warning; nothing that can be read is an error.
    Lenient,
    /// What the standard forbids is an error, what it advises against a warning.
    #[default]
    Default,
    /// What the standard advises against is an error too, and so is custom content outside of extensions.
    Strict,
    /// The default, with the properties that the interoperability tests of STIX 2.1 require.
    Interop,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 4] = [Self::Lenient, Self::Default, Self::Strict, Self::Interop];

    /// As it is called in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lenient => "lenient",
            Self::Default => "default",
            Self::Strict => "strict",
            Self::Interop => "interop",
        }
    }
}

/// What to look for.
#[derive(Clone, Debug)]
pub struct Options {
    /// How strictly.
    pub profile: Profile,
    /// Rules that are switched off: by rule (`XR-3`), or by the number or name of the OASIS validator's check (`302`,
    /// `extref-hashes`), or of a group of them (`210`, `all-vocabs`).
    pub disabled: HashSet<String>,
    /// Accept identifiers whose UUID is not one by RFC 4122 (ID-09).
    pub any_uuid: bool,
    /// Object types that are yours: they are checked as what you say they are.
    pub types: crate::registry::Registry,
    /// The extensions that you know, by the identifiers of their definitions, besides those of TLP and PAP: any other is
    /// an error then (EX-11). With `None`, all are kept.
    pub known_extensions: Option<HashSet<String>>,
    /// The payloads of artifacts are compared with their hashes up to this size in bytes (SCO-ART-4); with 0, none is.
    pub max_payload: usize,
}

impl Default for Options {
    /// The default profile and all rules; payloads up to 16 MiB are looked at.
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            disabled: HashSet::new(),
            any_uuid: false,
            types: crate::registry::Registry::default(),
            known_extensions: None,
            max_payload: 16 << 20,
        }
    }
}

/// Checks one object. Of an object with very many findings, the first ones are given; if there is an error, then at least
/// one error.
#[must_use]
pub fn object(json: &Json<'_>, options: &Options) -> Vec<Finding> {
    match json {
        Json::Object(object) => members(object, options),
        other => vec![Finding::error("T-15", "", format!("{} was found", other.kind()), "an object")],
    }
}

/// Checks the members of one object.
#[must_use]
pub fn members(members: &Members<'_>, options: &Options) -> Vec<Finding> {
    let mut check = Check::new(options);
    check.stix_object(members);
    check.finish(members.get("id").and_then(Json::as_str))
}

/// Checks a part of an object against its table.
pub(crate) fn part(shape: &'static Shape, members: &Members<'_>) -> Result<(), Invalid> {
    let options = Options::default();
    let mut check = Check::new(&options);
    check.shape(shape, members);
    Invalid::unless_valid(check.finish(None))
}

/// Checks that required properties are there and well-formed.
pub(crate) fn required(shape: &'static Shape, members: &Members<'_>) -> Result<(), Invalid> {
    let options = Options::default();
    let mut check = Check::new(&options);
    for property in shape.rows().filter(|property| property.required) {
        match members.get(property.name) {
            None => check.missing(property.name),
            Some(value) => check.at(property.name, |check| check.value(&property.kind, value)),
        }
    }
    Invalid::unless_valid(check.finish(None))
}

/// As [`required`], for objects that nobody waits to hear about: it stops at the first error and keeps no places.
pub(crate) fn has_required(shape: &'static Shape, members: &Members<'_>) -> bool {
    static OPTIONS: LazyLock<Options> = LazyLock::new(Options::default);
    let mut check = Check::new(&OPTIONS);
    let mut present = 0;
    for (name, value) in members.iter() {
        let Some((number, row)) = shape.index.find(name) else { continue };
        present |= 1 << number;
        if row.required {
            check.value(&row.kind, value);
            if check.failed {
                return false;
            }
        }
    }
    shape.index.missing(present).next().is_none()
}

/// How many bytes of findings are kept of one object: an object made for it could have more than fit into memory.
const ROOM: usize = 4 << 20;

/// One walk over an object.
pub(crate) struct Check<'c> {
    pub(crate) options: &'c Options,
    findings: Vec<Finding>,
    /// How many bytes of findings there may be yet.
    room: usize,
    /// Is there an error among them?
    failed: bool,
    path: Path<'c>,
    /// The type of the object that is walked; empty in a part alone.
    host: &'c str,
    /// The types of the observables in the container of `observed-data` by their keys, while inside it.
    container: Option<HashMap<&'c str, &'c str>>,
}

impl<'c> Check<'c> {
    fn new(options: &'c Options) -> Self {
        Self {
            options,
            findings: Vec::new(),
            room: ROOM,
            failed: false,
            path: Path::default(),
            host: "",
            container: None,
        }
    }

    /// Looks at something inside, under a name.
    fn at(&mut self, name: &'c str, look: impl FnOnce(&mut Self)) {
        self.path.push(name);
        look(self);
        self.path.pop();
    }

    /// Looks at an item of a list.
    fn at_index(&mut self, index: usize, look: impl FnOnce(&mut Self)) {
        self.path.push_index(index);
        look(self);
        self.path.pop();
    }

    fn error(
        &mut self,
        rule: &'static str,
        found: impl Into<Cow<'static, str>>,
        expected: impl Into<Cow<'static, str>>,
    ) {
        self.find(rule, Severity::Error, found, expected);
    }

    fn warning(
        &mut self,
        rule: &'static str,
        found: impl Into<Cow<'static, str>>,
        expected: impl Into<Cow<'static, str>>,
    ) {
        self.find(rule, Severity::Warning, found, expected);
    }

    fn note(
        &mut self,
        rule: &'static str,
        found: impl Into<Cow<'static, str>>,
        expected: impl Into<Cow<'static, str>>,
    ) {
        self.find(rule, Severity::Information, found, expected);
    }

    fn find(
        &mut self,
        rule: &'static str,
        severity: Severity,
        found: impl Into<Cow<'static, str>>,
        expected: impl Into<Cow<'static, str>>,
    ) {
        self.find_code(rule, rules::code(rule), severity, found, expected);
    }

    fn find_code(
        &mut self,
        rule: &'static str,
        code: Option<u16>,
        severity: Severity,
        found: impl Into<Cow<'static, str>>,
        expected: impl Into<Cow<'static, str>>,
    ) {
        if rules::is_disabled(rule, code, &self.options.disabled) {
            return;
        }
        // Not even then is an object with an error taken for one without.
        let spent = self.room == 0;
        if spent && (severity < Severity::Error || self.failed) {
            return;
        }
        let pointer = self.path.pointer();
        let finding = Finding { severity, code, ..Finding::error(rule, pointer, found, expected) };
        let size = finding.pointer.len() + finding.found.len() + finding.expected.len();
        self.room = self.room.saturating_sub(size + size_of::<Finding>());
        self.failed |= severity == Severity::Error;
        self.findings.push(finding);
    }

    /// Looks at a member that is text.
    fn text(&mut self, members: &'c Members<'_>, name: &'c str, look: impl FnOnce(&mut Self, &'c str)) {
        if let Some(text) = members.get(name).and_then(Json::as_str) {
            self.at(name, |check| look(check, text));
        }
    }

    /// Looks at each text in a list.
    fn texts(&mut self, members: &'c Members<'_>, name: &'c str, mut look: impl FnMut(&mut Self, &'c str)) {
        let Some(items) = members.get(name).and_then(Json::as_list) else { return };
        self.at(name, |check| {
            for (i, text) in items.iter().enumerate().filter_map(|(i, item)| Some((i, item.as_str()?))) {
                check.at_index(i, |check| look(check, text));
            }
        });
    }

    /// Looks at each entry of a dictionary.
    fn entries(
        &mut self,
        members: &'c Members<'_>,
        name: &'c str,
        mut look: impl FnMut(&mut Self, &'c str, &'c Json<'_>),
    ) {
        let Some(entries) = members.get(name).and_then(Json::as_object) else { return };
        self.at(name, |check| {
            for (key, value) in entries.iter() {
                check.at(key, |check| look(check, key, value));
            }
        });
    }

    fn missing(&mut self, name: &str) {
        self.error("CP-01", format!("{name} is missing"), format!("the required property {name}"));
    }

    /// The findings, with the severity that the profile gives them.
    fn finish(mut self, object: Option<&str>) -> Vec<Finding> {
        if self.findings.is_empty() {
            return self.findings;
        }
        let object: Option<Arc<str>> = object.map(Arc::from);
        for finding in &mut self.findings {
            finding.object.clone_from(&object);
            finding.severity = match (self.options.profile, finding.severity) {
                (Profile::Strict, Severity::Warning) => Severity::Error,
                (Profile::Lenient, Severity::Error) => Severity::Warning,
                (_, severity) => severity,
            };
        }
        self.findings
    }
}

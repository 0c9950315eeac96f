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
//! * `objects`: what an object has, by its [`Shape`], and the rules of single types
//! * `rules`: the catalogue of the rules

mod bundle;
mod objects;
pub mod rules;
mod types;
mod values;

pub use bundle::{BundleCheck, LISTED, Located, Report, bundle};

use std::collections::HashSet;

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
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How strictly.
    pub profile: Profile,
    /// Rules that are switched off: by rule (`XR-3`), or by the number or name of the OASIS validator's check (`302`,
    /// `extref-hashes`), or of a group of them (`3`, `all-vocabs`).
    pub disabled: HashSet<String>,
    /// Accept identifiers whose UUID is not one by RFC 4122 (ID-09).
    pub any_uuid: bool,
    /// Object types that are yours: they are checked as what you say they are.
    pub types: crate::registry::Registry,
}

/// Checks one object.
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
    let mut findings = check.finish(None);
    findings.retain(|finding| finding.severity == Severity::Error);
    match findings.is_empty() {
        true => Ok(()),
        false => Err(Invalid { findings }),
    }
}

/// Finds required properties that are missing or malformed.
pub(crate) fn required(shape: &'static Shape, members: &Members<'_>, findings: &mut Vec<Finding>) {
    let options = Options::default();
    let mut check = Check::new(&options);
    for property in shape.rows().filter(|property| property.required) {
        match members.get(property.name) {
            None => check.missing(property.name),
            Some(value) => check.at(property.name, |check| check.value(&property.kind, value)),
        }
    }
    findings.extend(check.finish(None).into_iter().filter(|finding| finding.severity == Severity::Error));
}

/// Is every required property there and well-formed?
pub(crate) fn has_required(shape: &'static Shape, members: &Members<'_>) -> bool {
    let mut findings = Vec::new();
    required(shape, members, &mut findings);
    findings.is_empty()
}

/// One walk over an object.
pub(crate) struct Check<'c> {
    pub(crate) options: &'c Options,
    findings: Vec<Finding>,
    path: Path<'c>,
}

impl<'c> Check<'c> {
    fn new(options: &'c Options) -> Self {
        Self { options, findings: Vec::new(), path: Path::default() }
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

    fn error(&mut self, rule: &'static str, found: impl Into<String>, expected: impl Into<String>) {
        self.find(rule, Severity::Error, found, expected);
    }

    fn warning(&mut self, rule: &'static str, found: impl Into<String>, expected: impl Into<String>) {
        self.find(rule, Severity::Warning, found, expected);
    }

    fn note(&mut self, rule: &'static str, found: impl Into<String>, expected: impl Into<String>) {
        self.find(rule, Severity::Information, found, expected);
    }

    /// An error in the strict profile, else a warning.
    fn strict(&mut self, rule: &'static str, found: impl Into<String>, expected: impl Into<String>) {
        self.warning(rule, found, expected);
    }

    fn find(&mut self, rule: &'static str, severity: Severity, found: impl Into<String>, expected: impl Into<String>) {
        self.find_code(rule, rules::code(rule), severity, found, expected);
    }

    fn find_code(
        &mut self,
        rule: &'static str,
        code: Option<u16>,
        severity: Severity,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) {
        if rules::is_disabled(rule, code, &self.options.disabled) {
            return;
        }
        let pointer = self.path.pointer();
        let finding = Finding { severity, code, ..Finding::error(rule, pointer, found, expected) };
        self.findings.push(finding);
    }

    fn missing(&mut self, name: &str) {
        self.error("CP-01", format!("{name} is missing"), format!("the required property {name}"));
    }

    /// The findings, with the severity that the profile gives them.
    fn finish(mut self, object: Option<&str>) -> Vec<Finding> {
        for finding in &mut self.findings {
            finding.object = object.map(str::to_owned);
            finding.severity = match (self.options.profile, finding.severity) {
                (Profile::Strict, Severity::Warning) => Severity::Error,
                (Profile::Lenient, Severity::Error) => Severity::Warning,
                (_, severity) => severity,
            };
        }
        self.findings
    }
}

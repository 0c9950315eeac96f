//! STIX 2.0 made into STIX 2.1, with a report of everything that was changed.
//!
//! ```
//! use stix_model::json::{Json, Members};
//! use stix_model::upgrade::{self, Options};
//!
//! let text = r#"{
//!     "type": "indicator", "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
//!     "created": "2016-04-06T20:03:48.000Z", "modified": "2016-04-06T20:03:48.000Z",
//!     "labels": ["malicious-activity", "seen-at-home"],
//!     "pattern": "[file:created > t'2016-01-01T00:00:00Z'] START '2016-01-01T00:00:00Z' STOP '2016-02-01T00:00:00Z'",
//!     "valid_from": "2016-01-01T00:00:00Z"
//! }"#;
//! let Json::Object(old) = Json::parse(text)?.into_owned() else { unreachable!() };
//! let upgraded = upgrade::object(old, &Options::default()).unwrap();
//! let new = &upgraded.objects[0];
//! assert_eq!(new.get("spec_version").and_then(Json::as_str), Some("2.1"));
//! assert_eq!(new.get("indicator_types").unwrap().to_string(), r#"["malicious-activity"]"#);
//! assert_eq!(new.get("labels").unwrap().to_string(), r#"["seen-at-home"]"#);
//! assert_eq!(
//!     new.get("pattern").and_then(Json::as_str),
//!     Some("[file:ctime > t'2016-01-01T00:00:00Z'] START t'2016-01-01T00:00:00Z' STOP t'2016-02-01T00:00:00Z'"),
//! );
//! for change in &upgraded.changes {
//!     println!("{change}");
//! }
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! An object of 2.1 passes as it is. Custom objects and custom properties are kept. A property that 2.1 does not have
//! any more, or that cannot have its new name because the object uses it already, is dropped, or kept on the object as
//! `x_stix20_` and its old name ([`Options::keep_removed`]).
//!
//! * `detect`: which edition an object follows
//! * `domain`: domain and relationship objects and marking definitions
//! * `observable`: the properties of observables, and `language` those of software
//! * `container`: the observables of an `observed-data`, made into objects
//! * `pattern`: detection patterns
//! * `names`: identifiers and the references to them

mod container;
mod detect;
mod domain;
mod journal;
mod language;
mod names;
mod observable;
mod pattern;
#[cfg(test)]
mod tests;

use std::fmt;

pub use container::to_object_refs;
pub use detect::{Detected, spec_version_of};

use crate::json::{Json, Members};
use crate::{Identifier, Registry, Severity, SpecVersion, Timestamp};
use journal::Journal;

/// How to upgrade.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which `modified` upgraded objects get.
    pub modified: Modified,
    /// Under which names upgraded objects go on.
    pub ids: Ids,
    /// Who upgrades. An object is a new version of the old one only if its creator upgrades it; for those of others a
    /// warning is reported.
    pub author: Option<Identifier>,
    /// Keep properties that 2.1 does not have, as custom properties named `x_stix20_…`?
    pub keep_removed: bool,
    /// Types of observables that are yours, with the properties that make their names.
    pub types: Registry,
}

/// Which `modified` upgraded objects get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Modified {
    /// The one that they have.
    #[default]
    Keep,
    /// The present time.
    Now,
    /// This one.
    At(Timestamp),
}

/// Under which names upgraded objects go on. Marking definitions keep theirs in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ids {
    /// Under their own.
    #[default]
    Keep,
    /// Under new ones; upgraded objects of the same bundle refer to those.
    New,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Upgraded {
    /// The object, followed by the observables that were in it; or the one bundle.
    pub objects: Vec<Members<'static>>,
    /// What was done.
    pub changes: Vec<Change>,
}

/// One thing that an upgrade did, or could not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The `id` of the object, as it was read.
    pub object: Option<String>,
    /// A JSON pointer (RFC 6901) into the object as it was read.
    pub pointer: String,
    /// The rule that asks for it: `V20-04`.
    pub rule: &'static str,
    /// A warning if the meaning may differ, something was lost or needs a decision; an error if an object could not be
    /// upgraded.
    pub severity: Severity,
    /// What was done, in words.
    pub what: String,
}

/// `V20-04 at /sectors/0 of identity--…: defence is now defense`
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the object" } else { &self.pointer };
        let object = self.object.as_deref().unwrap_or("an object without id");
        write!(f, "{} at {place} of {object}: {}", self.rule, self.what)
    }
}

/// It cannot be upgraded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It has no `type`.
    #[error("not a STIX object: it has no type")]
    NoType,
    /// It is no bundle.
    #[error("expected a bundle, found {0}")]
    NotABundle(String),
    /// Its `spec_version` names no edition of STIX 2.
    #[error("unknown spec_version {0}")]
    UnknownVersion(String),
}

/// Makes an object of 2.1 from one of 2.0. Observables in it become objects of their own. A bundle goes to [`bundle`].
///
/// # Errors
/// It has no `type`, or follows no edition of STIX 2.
pub fn object(members: Members<'static>, options: &Options) -> Result<Upgraded, Error> {
    if type_of(&members) == "bundle" {
        return bundle(members, options);
    }
    let detected = known(&members, None)?;
    let mut upgraded = one(members, detected, None, options);
    if upgraded.was_old {
        names::renew([&mut upgraded.object].into_iter(), options);
    }
    let objects = std::iter::once(upgraded.object).chain(upgraded.lifted).collect();
    Ok(Upgraded { objects, changes: upgraded.changes })
}

/// Makes a bundle of 2.1 from one of 2.0, or from one that holds objects of both. The observables of `observed-data` come
/// last, each once.
///
/// # Errors
/// It is no bundle. An object in it that cannot be upgraded is kept as it is, and reported.
///
/// ```
/// use stix_model::json::Json;
/// use stix_model::upgrade::{self, Options};
///
/// let text = r#"{"type": "bundle", "id": "bundle--1b6f0d4c-6ed8-4f0b-9a1c-0d9d1e7a7c55", "spec_version": "2.0"}"#;
/// let Json::Object(old) = Json::parse(text)?.into_owned() else { unreachable!() };
/// let upgraded = upgrade::bundle(old, &Options::default()).unwrap();
/// assert!(!upgraded.objects[0].contains("spec_version"));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn bundle(mut members: Members<'static>, options: &Options) -> Result<Upgraded, Error> {
    if type_of(&members) != "bundle" {
        return Err(Error::NotABundle(type_of(&members).to_owned()));
    }
    let mut journal = Journal::default();
    let stated = match spec_version_of(&members, None) {
        Detected::Unknown(text) => return Err(Error::UnknownVersion(text)),
        found => found.spec_version().filter(|_| members.contains("spec_version")),
    };
    if members.remove("spec_version").is_some() {
        journal.done("V20-02", "spec_version", "removed: a bundle of 2.1 has none");
    }
    let mut changes = about(journal, &members);
    if let Some(Json::List(items)) = members.get_mut("objects") {
        *items = contents(std::mem::take(items), stated, options, &mut changes);
    }
    Ok(Upgraded { objects: vec![members], changes })
}

/// The objects of a bundle, upgraded.
fn contents(
    items: Vec<Json<'static>>,
    stated: Option<SpecVersion>,
    options: &Options,
    changes: &mut Vec<Change>,
) -> Vec<Json<'static>> {
    let mut objects = Vec::with_capacity(items.len());
    let mut old = Vec::with_capacity(items.len());
    let mut lifted = Vec::new();
    for item in items {
        let (object, was_old) = match item {
            Json::Object(object) if type_of(&object) != "bundle" => {
                item_of_bundle(object, stated, options, changes, &mut lifted)
            }
            other => (other, false),
        };
        objects.push(object);
        old.push(was_old);
    }
    let upgraded = objects.iter_mut().zip(old).filter_map(|(object, was_old)| match object {
        Json::Object(members) if was_old => Some(members),
        _ => None,
    });
    names::renew(upgraded, options);
    let lifted = container::merge(lifted, &objects, changes);
    objects.extend(lifted.into_iter().map(Json::Object));
    objects
}

/// One object of a bundle, and whether it was of 2.0.
fn item_of_bundle(
    object: Members<'static>,
    stated: Option<SpecVersion>,
    options: &Options,
    changes: &mut Vec<Change>,
    lifted: &mut Vec<Members<'static>>,
) -> (Json<'static>, bool) {
    match known(&object, stated) {
        Ok(detected) => {
            let upgraded = one(object, detected, stated, options);
            changes.extend(upgraded.changes);
            lifted.extend(upgraded.lifted);
            (Json::Object(upgraded.object), upgraded.was_old)
        }
        Err(error) => {
            let mut journal = Journal::default();
            journal.note(Severity::Error, "V20-01", "", format!("kept as it is: {error}"));
            changes.extend(about(journal, &object));
            (Json::Object(object), false)
        }
    }
}

/// Which edition an object follows, if it can go through.
fn known(members: &Members<'_>, stated: Option<SpecVersion>) -> Result<Detected, Error> {
    match spec_version_of(members, stated) {
        _ if type_of(members).is_empty() => Err(Error::NoType),
        Detected::Unknown(version) => Err(Error::UnknownVersion(version)),
        detected => Ok(detected),
    }
}

/// An object that went through, before its name is decided.
struct One {
    object: Members<'static>,
    lifted: Vec<Members<'static>>,
    changes: Vec<Change>,
    was_old: bool,
}

/// Upgrades one object that is no bundle.
fn one(mut members: Members<'static>, detected: Detected, stated: Option<SpecVersion>, options: &Options) -> One {
    let mut journal = Journal::default();
    let id = members.get("id").and_then(Json::as_str).map(str::to_owned);
    let was_old = detected.spec_version() == Some(SpecVersion::V2_0);
    let mut lifted = Vec::new();
    match detected {
        Detected::V2_0 => lifted = domain::upgrade(&mut members, options, &mut journal),
        Detected::Observable2_0 => container::single(&mut members, options, &mut journal),
        Detected::V2_1 if stated != Some(SpecVersion::V2_0) => {}
        Detected::V2_1 => journal.warn("V20-01", "", "an object of 2.1 in a bundle of 2.0: unchanged"),
        Detected::Later(version) | Detected::Unknown(version) => {
            journal.warn("V20-01", "spec_version", format!("an object of {version}: unchanged"));
        }
    }
    let mut changes = journal.changes;
    changes.iter_mut().for_each(|change| change.object.clone_from(&id));
    One { object: members, lifted, changes, was_old }
}

/// The changes of a journal, as those of this object.
fn about(journal: Journal, members: &Members<'_>) -> Vec<Change> {
    let id = members.get("id").and_then(Json::as_str).map(str::to_owned);
    journal.changes.into_iter().map(|change| Change { object: id.clone(), ..change }).collect()
}

/// The `type` of an object; empty if it has none.
fn type_of<'m>(members: &'m Members<'_>) -> &'m str {
    members.get("type").and_then(Json::as_str).unwrap_or_default()
}

//! Versions of objects (STIX 2.1 §3.6): the next one, the last one, and objects derived from those of others.
//!
//! ```
//! use stix_model::sdo::Tool;
//! use stix_model::StixObject;
//!
//! let tool = Tool::builder().name("nmap").build()?;
//! let newer = tool.new_version().edit(|tool| tool.tool_version("7.95")).build()?;
//! assert_eq!(newer.id(), tool.id());
//! assert!(newer.modified() > tool.modified());
//!
//! let withdrawn = newer.revoke()?;
//! assert!(withdrawn.revoked());
//! assert!(withdrawn.new_version().build().is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::cmp::Ordering;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::builder::Builder;
use crate::content::{Content, new_errors, text};
use crate::json::{Json, Members};
use crate::marking::{self, Marking, MarkingError, Selector, granular};
use crate::object::{CustomObject, Object, StixObject, object_type};
use crate::property::Role;
use crate::sro::Relationship;
use crate::timestamp::Instant;
use crate::{Identifier, Invalid, Timestamp, TypeClass, equivalent};

/// What no version changes.
const FIXED: [&str; 4] = ["type", "id", "created", "created_by_ref"];

/// There can be no such version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// VER-02: the type decides, not the properties that an object happens to have.
    #[error("{object_type} objects have no versions: {instead}")]
    NotVersionable {
        /// The type of the object.
        object_type: String,
        /// What to do instead.
        instead: &'static str,
    },
    /// VER-05.
    #[error("the object is revoked: it has no further versions")]
    Revoked,
    /// VER-04.
    #[error("only the creator makes new versions: this object was made by {}, not by {by}; derive an object of your own",
        creator.as_ref().map_or("somebody who is not named", Identifier::as_str))]
    NotTheCreator {
        /// Who made the object.
        creator: Option<Identifier>,
        /// Who wants to make a version of it.
        by: Identifier,
    },
    /// VER-03.
    #[error("{0} is the same in all versions of an object")]
    Unmodifiable(String),
    /// VER-10.
    #[error("{0} is required: it can be changed, but not removed")]
    Required(String),
    /// VER-03.
    #[error("a new version must be later than the last: {modified} is not later than {previous}")]
    NotLater {
        /// When the new version was to be made.
        modified: String,
        /// When the last one was made.
        previous: String,
    },
    /// Without it nothing can be later.
    #[error("{0} is missing or no timestamp, so the object has no version to go on from")]
    NoVersion(&'static str),
    /// GM-11.
    #[error("markings select what is no longer there: {}; prune_selectors() drops them", join(.0))]
    Dangling(Vec<Selector>),
    /// VER-04: what can be connected by a relationship can be derived from another.
    #[error("{0} objects cannot be derived from others: no relationship can say so")]
    NotDerivable(String),
    /// The new version would be marked as nothing can be.
    #[error(transparent)]
    Marking(#[from] MarkingError),
    /// The new version would have errors that the last has not.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

fn join(selectors: &[Selector]) -> String {
    selectors.iter().map(Selector::to_string).collect::<Vec<_>>().join(", ")
}

/// The next version of an object, in the making.
///
/// It keeps `type`, `id`, `created` and `created_by_ref`, and its `modified` is later than that of the last version
/// however fast versions follow each other. Markings count as content: changing them makes a new version.
///
/// ```
/// use stix_model::marking::tlp;
/// use stix_model::sdo::{Identity, Tool};
/// use stix_model::StixObject;
///
/// let me = Identity::builder().name("ACME").build()?.id();
/// let tool = Tool::builder().name("nmap").description("Scans ports").created_by_ref(&me).build()?;
/// let newer = tool.new_version().by(&me).unset("description").add_marking(tlp::GREEN, None).build()?;
/// assert_eq!(newer.description(), None);
///
/// let error = tool.new_version().unset("name").build().unwrap_err();
/// assert_eq!(error.to_string(), "name is required: it can be changed, but not removed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "build() makes the version"]
pub struct NextVersion<T> {
    previous: Members<'static>,
    next: Members<'static>,
    by: Option<Identifier>,
    prune: bool,
    marking: Result<(), MarkingError>,
    kind: std::marker::PhantomData<T>,
}

/// An object of your own, made from another's, and the relationship that says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived<T> {
    /// The new object.
    pub object: T,
    /// `derived-from`, from the new object to the old.
    pub relationship: Relationship,
}

impl<T: Content> NextVersion<T> {
    pub(crate) fn of(object: &T) -> Self {
        let previous = object.content().clone();
        let next = previous.clone();
        Self { previous, next, by: None, prune: false, marking: Ok(()), kind: std::marker::PhantomData }
    }

    /// Says who makes the version. It must be the creator of the object; without this, nobody asks.
    pub fn by(mut self, identity: &Identifier) -> Self {
        self.by = Some(identity.clone());
        self
    }

    /// Sets any property, also one that no table knows. `modified` may be set to another time than now.
    pub fn set(mut self, name: impl Into<std::borrow::Cow<'static, str>>, value: impl Into<Json<'static>>) -> Self {
        self.next.insert(name, value.into());
        self
    }

    /// Removes a property.
    pub fn unset(mut self, name: &str) -> Self {
        self.next.remove(name);
        self
    }

    /// Marks the object or a part of it.
    pub fn add_marking(self, marking: impl Into<Marking>, at: Option<&Selector>) -> Self {
        let marking = marking.into();
        self.mark(|next| marking::add(next, &marking, at))
    }

    /// Takes a marking off the object or off a part of it.
    pub fn remove_marking(self, marking: impl Into<Marking>, at: Option<&Selector>) -> Self {
        let marking = marking.into();
        self.mark(|next| marking::remove(next, &marking, at))
    }

    fn mark(mut self, change: impl FnOnce(&mut Members<'static>) -> Result<(), MarkingError>) -> Self {
        if self.marking.is_ok() {
            self.marking = change(&mut self.next);
        }
        self
    }

    /// Drops the selectors of what is no longer there, rather than refusing to build.
    pub fn prune_selectors(mut self) -> Self {
        self.prune = true;
        self
    }

    /// Makes it the last version: the creator withdraws the object.
    pub fn revoke(self) -> Self {
        self.set("revoked", true)
    }

    /// Makes the version, now.
    ///
    /// # Errors
    /// [`VersionError`]. Errors that the last version has already are none of the new one.
    pub fn build(self) -> Result<T, VersionError> {
        self.build_at(Utc::now())
    }

    fn build_at(mut self, now: DateTime<Utc>) -> Result<T, VersionError> {
        versionable(&self.previous)?;
        if self.previous.get("revoked").and_then(Json::as_bool) == Some(true) {
            return Err(VersionError::Revoked);
        }
        self.check_creator()?;
        self.check_changes()?;
        self.set_modified(now)?;
        self.finish()
    }

    /// Makes an object of your own instead: with a new `id`, created now by whom [`by`](Self::by) says, and a
    /// relationship to the old object. Anybody may do so with any domain object (§3.6.2).
    ///
    /// ```
    /// use stix_model::sdo::{Identity, Tool};
    /// use stix_model::StixObject;
    ///
    /// let theirs = Tool::builder().name("nmap").build()?;
    /// let me = Identity::builder().name("ACME").build()?.id();
    /// let mine = theirs.new_version().edit(|tool| tool.description("Scans ports")).by(&me).derive()?;
    /// assert_ne!(mine.object.id(), theirs.id());
    /// assert_eq!(mine.relationship.target_ref(), theirs.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`VersionError`]; an object that is revoked can be derived from, and one that is not yours too.
    pub fn derive(mut self) -> Result<Derived<T>, VersionError> {
        let object_type = text(&self.previous, "type").unwrap_or_default().to_owned();
        if !matches!(class_of(&self.previous), TypeClass::Domain | TypeClass::Custom) {
            return Err(VersionError::NotDerivable(object_type));
        }
        let not_derivable = |_| VersionError::NotDerivable(object_type.clone());
        let old: Identifier = text(&self.previous, "id").unwrap_or_default().parse().map_err(not_derivable)?;
        let new = Identifier::random(old.object_type()).map_err(not_derivable)?;
        let now = Timestamp::from(Utc::now());
        self.next.insert("id", Json::from(new.as_str().to_owned()));
        for date in ["created", "modified"] {
            self.next.insert(date, Json::from(now.as_str().to_owned()));
        }
        self.next.remove("revoked");
        self.next.remove("created_by_ref");
        let mut relationship =
            Relationship::builder().relationship_type("derived-from").source_ref(&new).target_ref(&old);
        if let Some(by) = self.by.take() {
            self.next.insert("created_by_ref", Json::from(by.as_str().to_owned()));
            relationship = relationship.created_by_ref(&by);
        }
        Ok(Derived { relationship: relationship.build()?, object: self.finish()? })
    }

    /// VER-04.
    fn check_creator(&self) -> Result<(), VersionError> {
        let creator = text(&self.previous, "created_by_ref");
        match &self.by {
            Some(by) if creator != Some(by.as_str()) => {
                let creator = creator.and_then(|id| id.parse().ok());
                Err(VersionError::NotTheCreator { creator, by: by.clone() })
            }
            _ => Ok(()),
        }
    }

    /// VER-03, VER-10.
    fn check_changes(&self) -> Result<(), VersionError> {
        if let Some(name) = FIXED.into_iter().find(|name| self.previous.get(name) != self.next.get(name)) {
            return Err(VersionError::Unmodifiable(name.to_owned()));
        }
        let table = text(&self.previous, "type").and_then(object_type);
        let required = |name: &str| match table {
            Some(table) => table.property(name).is_some_and(|property| property.required),
            None => ["spec_version", "modified"].contains(&name),
        };
        let removed = self.previous.iter().map(|(name, _)| name).filter(|name| !self.next.contains(name));
        match removed.into_iter().find(|name| required(name)) {
            Some(name) => Err(VersionError::Required(name.to_owned())),
            None => Ok(()),
        }
    }

    /// VER-03: later than the last version, in any case.
    fn set_modified(&mut self, now: DateTime<Utc>) -> Result<(), VersionError> {
        let missing = |name| VersionError::NoVersion(name);
        let parsed =
            |name| text(&self.previous, name).and_then(|text| text.parse::<Timestamp>().ok()).ok_or(missing(name));
        let previous = parsed("created").and_then(|_| parsed("modified"))?;
        let given = self.next.get("modified").filter(|given| given.as_str() != Some(previous.as_str()));
        let modified = match given {
            None => later(&previous, now).ok_or(missing("modified"))?,
            Some(given) => {
                let given: Option<Timestamp> = given.as_str().and_then(|text| text.parse().ok());
                given.ok_or(missing("modified"))?
            }
        };
        if modified <= previous {
            let (modified, previous) = (modified.to_string(), previous.to_string());
            return Err(VersionError::NotLater { modified, previous });
        }
        self.next.insert("modified", Json::from(modified.as_str().to_owned()));
        Ok(())
    }

    /// Checks what is not new about the object: its markings and its validity.
    fn finish(mut self) -> Result<T, VersionError> {
        self.marking?;
        let before = granular::dangling(&self.previous);
        let mut gone = granular::dangling(&self.next);
        gone.retain(|selector| !before.contains(selector));
        if !gone.is_empty() {
            if !self.prune {
                return Err(VersionError::Dangling(gone));
            }
            granular::prune(&mut self.next, &gone);
        }
        Invalid::unless_valid(new_errors(&self.previous, &self.next))?;
        Ok(T::from_content(self.next)?)
    }
}

impl<T: StixObject> NextVersion<T> {
    /// Changes properties as one sets them when building.
    pub fn edit(mut self, change: impl FnOnce(Builder<T>) -> Builder<T>) -> Self {
        self.next = change(Builder::from_members(self.next)).members;
        self
    }
}

impl Object {
    /// Starts the next version: see [`NextVersion`].
    pub fn new_version(&self) -> NextVersion<Self> {
        NextVersion::of(self)
    }
}

impl CustomObject {
    /// Starts the next version: see [`NextVersion`].
    pub fn new_version(&self) -> NextVersion<Self> {
        NextVersion::of(self)
    }
}

/// A time after the last version's: now, or a millisecond after it. `None` at the end of the calendar.
fn later(previous: &Timestamp, now: DateTime<Utc>) -> Option<Timestamp> {
    let now = Timestamp::from(now);
    if now > *previous {
        return Some(now);
    }
    let next = Timestamp::from(previous.to_utc().trunc_subsecs(3).checked_add_signed(TimeDelta::milliseconds(1))?);
    let finer = previous.as_str().split_once('.').and_then(|(_, digits)| digits.strip_suffix('Z')?.get(3..));
    format!("{}{}Z", next.as_str().strip_suffix('Z')?, finer.unwrap_or_default()).parse().ok()
}

/// VER-02, VER-13.
fn versionable(object: &Members<'_>) -> Result<(), VersionError> {
    let object_type = text(object, "type").unwrap_or_default();
    let instead = match (class_of(object), object_type) {
        (TypeClass::Observable, _) if versioned_by_extension(object) => return Ok(()),
        (TypeClass::Observable, _) => "an observable is what it is; make another, with the id that follows from it",
        (TypeClass::Bundle, _) => "a bundle only carries objects; make another",
        (_, "marking-definition") => "what it marks relies on it; make another definition with an id of its own",
        _ => return Ok(()),
    };
    Err(VersionError::NotVersionable { object_type: object_type.to_owned(), instead })
}

/// The class of the object's type, for types beyond the standard as their extension tells.
fn class_of(object: &Members<'_>) -> TypeClass {
    let name = text(object, "type").unwrap_or_default();
    match object_type(name).map(|shape| shape.role) {
        Some(Role::Object(class)) => class,
        _ if extension_types(object).any(|kind| kind == "new-sco") => TypeClass::Observable,
        _ if extension_types(object).any(|kind| kind == "new-sro") => TypeClass::Relationship,
        _ => TypeClass::of(name),
    }
}

fn extension_types<'m>(object: &'m Members<'_>) -> impl Iterator<Item = &'m str> {
    let extensions = object.get("extensions").and_then(Json::as_object).into_iter().flat_map(Members::iter);
    extensions.filter_map(|(_, extension)| extension.get("extension_type")?.as_str())
}

/// VER-13: an extension may give versions to an observable; its name must then not follow from its content.
fn versioned_by_extension(object: &Members<'_>) -> bool {
    let brought = extension_types(object).any(|kind| ["toplevel-property-extension", "new-sco"].contains(&kind));
    let id: Option<Identifier> = text(object, "id").and_then(|id| id.parse().ok());
    let all = ["created", "modified", "revoked", "created_by_ref"].iter().all(|name| object.contains(name));
    brought && all && id.and_then(|id| id.uuid_version()) != Some(5)
}

/// How one version of an object stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Succession {
    /// It is the older one.
    Older,
    /// It is the newer one.
    Newer,
    /// They are the same version.
    Same,
    /// They say that they are the same version and differ: the standard does not say which of them counts.
    Conflict,
}

/// Which of two versions of an object is newer? `None` if they are of different objects, or have no name.
///
/// The dates are compared as instants (§3.6): `…:00Z` and `…:00.000Z` are the same version.
///
/// ```
/// use stix_model::sdo::Tool;
/// use stix_model::versioning::{Succession, compare};
/// use stix_model::StixObject;
///
/// let tool = Tool::builder().name("nmap").build()?;
/// let newer = tool.new_version().build()?;
/// assert_eq!(compare(&newer, &tool), Some(Succession::Newer));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn compare<A: Content, B: Content>(one: &A, other: &B) -> Option<Succession> {
    let (one, other) = (one.content(), other.content());
    if text(one, "id")? != text(other, "id")? {
        return None;
    }
    Some(match version(one).cmp(&version(other)) {
        Ordering::Less => Succession::Older,
        Ordering::Greater => Succession::Newer,
        Ordering::Equal if equivalent(one, other) => Succession::Same,
        Ordering::Equal => Succession::Conflict,
    })
}

/// What tells versions apart: `modified`, else `created`.
fn version<'m>(object: &'m Members<'_>) -> Option<Instant<'m>> {
    ["modified", "created"].into_iter().find_map(|name| Instant::of(text(object, name)?))
}

#[cfg(test)]
mod tests;

//! Data markings (STIX 2.1 §7.2): of whole objects and of parts of them.
//!
//! * [`Marked`]: the markings of an object, and the same object with others
//! * [`Selector`]: a part of an object
//! * [`redact`]: an object without the parts that somebody may not see
//! * [`tlp`], [`pap`]: the markings that everybody knows; [`statement`]: one of your own
//!
//! The standard gives no rule for combining markings: that depends on their kind and on who shares. So all that apply
//! are given, each with the place where it stands.
//!
//! ```
//! use stix_model::marking::{Marked, Reach, tlp};
//! use stix_model::sco::UserAccount;
//! use stix_model::Selector;
//!
//! let login: Selector = "account_login".parse()?;
//! let account = UserAccount::builder().user_id("1001").account_login("jo").build()?;
//! let account = account.add_marking(tlp::GREEN, None)?.add_marking(tlp::RED, Some(&login))?;
//!
//! let effective = account.markings(Some(&login), Reach::INHERITED);
//! let said: Vec<_> = effective.iter().map(|applied| applied.to_string()).collect();
//! assert_eq!(said, [
//!     "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1 of account_login",
//!     "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb of the object",
//! ]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod granular;
pub mod pap;
mod redact;
mod selector;
pub mod tlp;

use std::fmt;

pub use redact::redact;
pub use selector::{InvalidSelector, Selector, Step};

use crate::builder::Builder;
use crate::content::{Content, text};
use crate::json::{Json, Members};
use crate::meta::MarkingDefinition;
use crate::{Identifier, StixObject};

/// What can be said of an object or of a part of it.
#[derive(Clone, Debug)]
pub enum Marking {
    /// A marking definition, by its `id`.
    Definition(Identifier),
    /// The language of text.
    Language(String),
}

/// Languages are equal in any case of their letters.
impl PartialEq for Marking {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Definition(one), Self::Definition(other)) => one == other,
            (Self::Language(one), Self::Language(other)) => one.eq_ignore_ascii_case(other),
            _ => false,
        }
    }
}

impl Eq for Marking {}

impl From<Identifier> for Marking {
    fn from(id: Identifier) -> Self {
        Self::Definition(id)
    }
}

impl From<&Identifier> for Marking {
    fn from(id: &Identifier) -> Self {
        Self::Definition(id.clone())
    }
}

impl From<&MarkingDefinition> for Marking {
    fn from(definition: &MarkingDefinition) -> Self {
        Self::Definition(definition.id())
    }
}

impl fmt::Display for Marking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definition(id) => id.fmt(f),
            Self::Language(tag) => write!(f, "language {tag}"),
        }
    }
}

/// A marking, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What is said.
    pub marking: Marking,
    /// Of what it is said.
    pub from: Source,
}

/// Where a marking stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// It is said of the object as a whole.
    Object,
    /// It is said of this part, and so of all that lies in it.
    Part(Selector),
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.from {
            Source::Object => write!(f, "{} of the object", self.marking),
            Source::Part(selector) => write!(f, "{} of {selector}", self.marking),
        }
    }
}

/// How far to look for markings of a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Also at what the part lies in, up to the object as a whole.
    pub inherited: bool,
    /// Also at what lies in the part.
    pub descendants: bool,
}

impl Reach {
    /// Only what is said of this very part.
    pub const EXACT: Self = Self { inherited: false, descendants: false };
    /// All that applies to the part: its effective markings.
    pub const INHERITED: Self = Self { inherited: true, descendants: false };
    /// All that applies to the part or to something in it.
    pub const ALL: Self = Self { inherited: true, descendants: true };
}

/// An object cannot be marked so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkingError {
    /// GM-3.
    #[error("cannot mark {0}: the object has no such part")]
    NoSuchPart(Selector),
    /// RF-01.
    #[error("{0} is no marking: expected the id of a marking-definition")]
    NotAMarking(Identifier),
    /// MD-5.
    #[error("a marking definition cannot mark itself")]
    Itself,
    /// CP-05.
    #[error("{0:?} is no language tag (RFC 5646)")]
    NotALanguage(String),
    /// The language of the whole object is a property, not one of its markings.
    #[error("the language of a whole object is its property lang; only parts are marked with a language")]
    LanguageOfObject,
    /// A bundle is no object.
    #[error("a bundle cannot be marked; mark the objects in it")]
    Bundle,
    /// What is there cannot be read, so nothing can be added to it.
    #[error("{0} is not what it should be: expected a list")]
    Malformed(&'static str),
}

const OBJECT_MARKINGS: &str = "object_marking_refs";

/// The markings that apply to an object (`at` is `None`) or to a part of it, nearest first.
///
/// For an object, [`Reach::descendants`] adds those of its parts. The language of a part hides the language of the
/// object. What cannot be read is left out here; [`redact`] takes no such chance.
#[must_use]
pub fn markings(object: &Members<'_>, at: Option<&Selector>, reach: Reach) -> Vec<Applied> {
    let parts = granular::marks(object).into_iter().flatten();
    let mut applied: Vec<Applied> = parts
        .filter(|(_, selector)| match at {
            None => reach.descendants,
            Some(at) if selector == at => true,
            Some(at) => (reach.inherited && selector.covers(at)) || (reach.descendants && at.covers(selector)),
        })
        .map(|(marking, selector)| Applied { marking, from: Source::Part(selector) })
        .collect();
    applied.sort_by_key(|applied| match &applied.from {
        Source::Part(selector) => std::cmp::Reverse(selector.steps().len()),
        Source::Object => std::cmp::Reverse(0),
    });
    if at.is_none() || reach.inherited {
        let of_part = |applied: &Applied| match (&applied.marking, &applied.from, at) {
            (Marking::Language(_), Source::Part(selector), Some(at)) => selector.covers(at),
            _ => false,
        };
        let hidden = applied.iter().any(of_part);
        let language = text(object, "lang").filter(|_| !hidden).map(|tag| Marking::Language(tag.to_owned()));
        let refs = object_markings(object).into_iter().flatten().map(Marking::Definition);
        applied.extend(refs.chain(language).map(|marking| Applied { marking, from: Source::Object }));
    }
    applied
}

/// The markings of the object as a whole; `None` stands for one that cannot be read.
fn object_markings(object: &Members<'_>) -> Vec<Option<Identifier>> {
    match object.get(OBJECT_MARKINGS) {
        None => Vec::new(),
        Some(Json::List(refs)) => refs.iter().map(|id| id.as_str()?.parse().ok()).collect(),
        Some(_) => vec![None],
    }
}

/// What every object can do with markings; each change gives a new object.
///
/// A change of markings is a change of content (§3.6): to publish it, make it part of a
/// [new version](crate::versioning::NextVersion).
pub trait Marked: Content {
    /// The markings that apply to the object (`at` is `None`) or to a part of it: see [`markings`].
    fn markings(&self, at: Option<&Selector>, reach: Reach) -> Vec<Applied> {
        markings(self.content(), at, reach)
    }

    /// Does the marking apply?
    fn is_marked(&self, marking: impl Into<Marking>, at: Option<&Selector>, reach: Reach) -> bool {
        let marking = marking.into();
        self.markings(at, reach).iter().any(|applied| applied.marking == marking)
    }

    /// Marks the object or a part of it. Marking twice is marking once.
    ///
    /// # Errors
    /// [`MarkingError`].
    fn add_marking(&self, marking: impl Into<Marking>, at: Option<&Selector>) -> Result<Self, MarkingError> {
        let mut members = self.content().clone();
        add(&mut members, &marking.into(), at)?;
        remade(members)
    }

    /// Takes a marking off the object, or off this very part: not off others that lie in it or around it.
    ///
    /// # Errors
    /// [`MarkingError`]. That the marking was not there is none.
    fn remove_marking(&self, marking: impl Into<Marking>, at: Option<&Selector>) -> Result<Self, MarkingError> {
        let mut members = self.content().clone();
        remove(&mut members, &marking.into(), at)?;
        remade(members)
    }

    /// Gives the object, or this very part, these markings and no others.
    ///
    /// # Errors
    /// [`MarkingError`].
    fn set_markings<M: Into<Marking>>(
        &self,
        markings: impl IntoIterator<Item = M>,
        at: Option<&Selector>,
    ) -> Result<Self, MarkingError> {
        let mut members = self.content().clone();
        clear(&mut members, at);
        markings.into_iter().try_for_each(|marking| add(&mut members, &marking.into(), at))?;
        remade(members)
    }

    /// Takes all markings off the object as a whole, or off this very part. The language of the object stays.
    ///
    /// # Errors
    /// [`MarkingError`].
    fn clear_markings(&self, at: Option<&Selector>) -> Result<Self, MarkingError> {
        let mut members = self.content().clone();
        clear(&mut members, at);
        remade(members)
    }
}

impl<T: Content> Marked for T {}

/// No type requires markings, so the members still make the type.
fn remade<T: Content>(members: Members<'static>) -> Result<T, MarkingError> {
    T::from_content(members).map_err(|_| MarkingError::Malformed(OBJECT_MARKINGS))
}

pub(crate) fn add(object: &mut Members<'static>, marking: &Marking, at: Option<&Selector>) -> Result<(), MarkingError> {
    check(object, marking)?;
    match (marking, at) {
        (_, Some(at)) if at.resolve(object).is_none() => Err(MarkingError::NoSuchPart(at.clone())),
        (_, Some(at)) => granular::add(object, marking, at),
        (Marking::Language(_), None) => Err(MarkingError::LanguageOfObject),
        (Marking::Definition(id), None) => {
            let id = Json::from(id.as_str().to_owned());
            match object.get_mut(OBJECT_MARKINGS) {
                Some(Json::List(refs)) if refs.contains(&id) => {}
                Some(Json::List(refs)) => refs.push(id),
                Some(_) => return Err(MarkingError::Malformed(OBJECT_MARKINGS)),
                None => {
                    object.insert(OBJECT_MARKINGS, Json::List(vec![id]));
                }
            }
            Ok(())
        }
    }
}

fn check(object: &Members<'_>, marking: &Marking) -> Result<(), MarkingError> {
    if text(object, "type") == Some("bundle") {
        return Err(MarkingError::Bundle);
    }
    match marking {
        Marking::Definition(id) if id.object_type() != "marking-definition" => {
            Err(MarkingError::NotAMarking(id.clone()))
        }
        Marking::Definition(id) if text(object, "id") == Some(id.as_str()) => Err(MarkingError::Itself),
        Marking::Language(tag) if !crate::language::is_tag(tag) => Err(MarkingError::NotALanguage(tag.clone())),
        _ => Ok(()),
    }
}

pub(crate) fn remove(
    object: &mut Members<'static>,
    marking: &Marking,
    at: Option<&Selector>,
) -> Result<(), MarkingError> {
    match (marking, at) {
        (_, Some(at)) => granular::remove(object, Some(marking), at),
        (Marking::Language(_), None) => return Err(MarkingError::LanguageOfObject),
        (Marking::Definition(id), None) => {
            if let Some(Json::List(refs)) = object.get_mut(OBJECT_MARKINGS) {
                refs.retain(|own| own.as_str() != Some(id.as_str()));
                if refs.is_empty() {
                    object.remove(OBJECT_MARKINGS);
                }
            }
        }
    }
    Ok(())
}

fn clear(object: &mut Members<'static>, at: Option<&Selector>) {
    match at {
        Some(at) => granular::remove(object, None, at),
        None => {
            object.remove(OBJECT_MARKINGS);
        }
    }
}

/// A marking of your own, that says something in words: a copyright, terms of use (§7.2.1.3).
///
/// ```
/// use stix_model::marking::{Marked, statement};
/// use stix_model::sdo::Tool;
///
/// let copyright = statement("Copyright 2026, ACME").name("ACME").build()?;
/// let tool = Tool::builder().name("nmap").build()?.add_marking(&copyright, None)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn statement(text: &str) -> Builder<MarkingDefinition> {
    MarkingDefinition::builder().definition_type("statement").definition([("statement", text)])
}

/// The beginning of a definition that everybody knows.
fn fixed(id: &'static str, created: &'static str, name: &'static str) -> Members<'static> {
    let text =
        [("type", "marking-definition"), ("spec_version", "2.1"), ("id", id), ("created", created), ("name", name)];
    text.into_iter().map(|(name, text)| (name, Json::from(text))).collect()
}

/// The extensions of a definition that says its level in one of them.
fn by_extension(key: &'static str, property: &'static str, level: &'static str) -> Json<'static> {
    let said = [("extension_type", Json::from("property-extension")), (property, Json::from(level))];
    Json::Object([(key, Json::Object(said.into_iter().collect()))].into_iter().collect())
}

#[cfg(test)]
mod tests;

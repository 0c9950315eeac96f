//! What the value at the end of a path is, as far as the standard's tables say.

use super::super::{ObjectPath, Step};
use super::octets::Encoding;
use crate::TypeClass;
use crate::object::{EXTENSIONS, OBJECT_TYPES, object_type};
use crate::property::{Kind, Shape};

/// How a string that is found is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As text.
    Text,
    /// As an instant.
    Timestamp,
    /// As octets.
    Octets(Encoding),
    /// No table says it: as text, or as an instant where it is compared with one.
    Unknown,
}

impl Reading {
    pub(super) fn of(path: &ObjectPath) -> Self {
        match Encoding::of(path.last_key()) {
            Some(encoding) => Self::Octets(encoding),
            None => by_tables(path).unwrap_or(Self::Unknown),
        }
    }
}

/// Where in the tables a step leads.
enum Place {
    Value(&'static Kind),
    Object(&'static Shape),
}

fn by_tables(path: &ObjectPath) -> Option<Reading> {
    let mut place = property(object_type(path.object_type())?, path.property())?;
    for step in path.steps() {
        place = match (place, &step.value) {
            (Place::Object(shape), Step::Key(name)) => property(shape, name)?,
            (Place::Value(Kind::Object(shape)), Step::Key(name)) => property(shape, name)?,
            (Place::Value(Kind::Extensions), Step::Key(name)) => {
                Place::Object(EXTENSIONS.iter().copied().find(|shape| shape.name == name)?)
            }
            (Place::Value(Kind::Reference(_)), Step::Key(name)) => referred(name)?,
            (Place::Value(Kind::List(of)), Step::Index(_) | Step::Any) => Place::Value(of),
            (Place::Value(Kind::Dictionary(of, _)), Step::Key(_) | Step::Any) => Place::Value(of),
            (Place::Value(Kind::Hashes), Step::Key(_) | Step::Any) => return Some(Reading::Text),
            _ => return None,
        };
    }
    match place {
        Place::Value(Kind::Timestamp(_)) => Some(Reading::Timestamp),
        Place::Value(Kind::Any | Kind::Either(_)) | Place::Object(_) => None,
        Place::Value(_) => Some(Reading::Text),
    }
}

fn property(shape: &'static Shape, name: &str) -> Option<Place> {
    shape.property(name).map(|property| Place::Value(&property.kind))
}

/// The property of some observable that a reference may lead to; a name means the same wherever it is.
fn referred(name: &str) -> Option<Place> {
    let observables = OBJECT_TYPES.iter().filter(|shape| TypeClass::of(shape.name) == TypeClass::Observable);
    observables.copied().find_map(|shape| property(shape, name))
}

//! Where a path leads, step by step through the property tables (PG-17, PP-01 to PP-10).

use super::super::path::{ObjectPath, Step};
use super::super::span::{Span, Spanned};
use super::super::spelling::nearest;
use super::{Doubt, written};
use crate::TypeClass;
use crate::object::{EXTENSIONS, OBJECT_TYPES, object_type};
use crate::property::{Kind, Property, Role, Shape, Target};
use crate::strict::shorten;
use crate::vocabulary::HashAlgorithm;

/// The value at the end of a path.
pub(super) struct Reached {
    /// What can be said although the path leads on.
    pub(super) doubts: Vec<(Span, Doubt)>,
    /// What the value is; `None` if no table says it.
    pub(super) kind: Option<&'static Kind>,
}

/// A step, the first of which is a property.
#[derive(Clone, Copy)]
enum To<'p> {
    Key(&'p str),
    Index,
    Any,
}

impl<'p> To<'p> {
    fn of(step: &'p Step) -> Self {
        match step {
            Step::Key(name) => Self::Key(name),
            Step::Index(_) => Self::Index,
            Step::Any => Self::Any,
        }
    }
}

/// Where a path has got to.
enum At {
    /// In an object that this table describes.
    Object(&'static Shape),
    /// At a value.
    Value(&'static Kind),
    /// At something of which no table says what it is.
    Anything,
}

/// Follows a path; the errors are where it cannot go on.
pub(super) fn path(path: &ObjectPath, is_known: &dyn Fn(&str) -> bool) -> Result<Reached, Vec<(Span, Doubt)>> {
    let mut doubts = Vec::new();
    let mut at = begin(path.object_type(), is_known, &mut doubts);
    let host = path.object_type().as_str();
    let first = std::iter::once((To::Key(path.property()), path.property().span));
    for (to, span) in first.chain(path.steps().iter().map(|step| (To::of(step), step.span))) {
        at = match go(host, at, to, &mut |doubt| doubts.push((span, doubt))) {
            Ok(at) => at,
            Err(doubt) => {
                doubts.push((span, doubt));
                return Err(doubts);
            }
        };
    }
    let kind = match at {
        At::Value(kind) => Some(kind),
        At::Object(_) | At::Anything => None,
    };
    Ok(Reached { doubts, kind })
}

/// What the value at the end of a path is, if the tables say it.
pub(in super::super) fn kind_of(path: &ObjectPath) -> Option<&'static Kind> {
    self::path(path, &|_| true).ok()?.kind
}

fn begin(name: &Spanned<String>, is_known: &dyn Fn(&str) -> bool, doubts: &mut Vec<(Span, Doubt)>) -> At {
    match object_type(name) {
        Some(shape) if shape.role == Role::Object(TypeClass::Observable) => At::Object(shape),
        Some(_) => {
            doubts.push((name.span, Doubt::new("PG-17", name.value.clone(), "the type of a cyber-observable object")));
            At::Anything
        }
        None => {
            if !is_known(name) && !name.starts_with("x-") && !name.starts_with("x_") {
                let found = shorten(name).to_owned();
                let doubt = Doubt::new("PG-17", found, "an object type of the standard, or one that begins with x-");
                let near = nearest(name, observables().map(|shape| shape.name));
                doubts
                    .push((name.span, near.into_iter().fold(doubt, |doubt, near| doubt.hint(format!("write {near}")))));
            }
            At::Anything
        }
    }
}

fn observables() -> impl Iterator<Item = &'static Shape> + Clone {
    OBJECT_TYPES.iter().copied().filter(|shape| shape.role == Role::Object(TypeClass::Observable))
}

fn suggest<'c>(doubt: Doubt, word: &str, candidates: impl Iterator<Item = &'c str> + Clone) -> Doubt {
    match nearest(word, candidates) {
        Some(near) => doubt.hint(format!("write {}", written(near))),
        None => doubt,
    }
}

/// One step. `note` takes what is questionable although it leads on.
fn go(host: &str, at: At, to: To<'_>, note: &mut dyn FnMut(Doubt)) -> Result<At, Doubt> {
    match (at, to) {
        (At::Anything, _) => Ok(At::Anything),
        (At::Object(shape), To::Key(name)) => property(&[shape], name),
        (At::Object(_), _) => Err(Doubt::new("PG-17", "an index of an object", "the name of a property")),
        (At::Value(kind), To::Key(name)) => inside(host, kind, name),
        (At::Value(Kind::List(of)), To::Index | To::Any) => Ok(At::Value(of)),
        (At::Value(Kind::Any | Kind::Either(_)), _) => Ok(At::Anything),
        (At::Value(kind @ (Kind::Dictionary(..) | Kind::Hashes | Kind::Extensions)), To::Any) => {
            note(Doubt::new("PP-02", "[*] of a dictionary", "a key").hint("only lists have items"));
            Ok(match kind {
                Kind::Dictionary(of, _) => At::Value(of),
                Kind::Hashes => At::Value(&Kind::String),
                _ => At::Anything,
            })
        }
        (At::Value(_), _) => Err(Doubt::new("PG-17", "an index of something that is no list", "a list")),
    }
}

/// The property of an object, whichever table describes it.
fn property(shapes: &[&'static Shape], name: &str) -> Result<At, Doubt> {
    if let Some(Property { kind, .. }) = shapes.iter().find_map(|shape| shape.property(name)) {
        return Ok(At::Value(kind));
    }
    if name.starts_with("x_") {
        return Ok(At::Anything);
    }
    let owner = match shapes {
        [only] => only.name,
        _ => "the object that is referred to",
    };
    let doubt = Doubt::new("PG-17", shorten(name).to_owned(), format!("a property of {owner}"));
    let rows: Vec<_> = shapes.iter().flat_map(|shape| shape.rows()).map(|row| row.name).collect();
    Err(suggest(doubt, name, rows.iter().copied()))
}

/// What is inside of a value, under a name.
fn inside(host: &str, kind: &'static Kind, name: &str) -> Result<At, Doubt> {
    match kind {
        Kind::Object(shape) => property(&[shape], name),
        Kind::Dictionary(of, _) => Ok(At::Value(of)),
        Kind::Hashes if HashAlgorithm::VOCABULARY.values.contains(&name) => Ok(At::Value(&Kind::String)),
        Kind::Hashes => {
            let doubt = Doubt::new("PP-08", shorten(name).to_owned(), "the name of a hash algorithm");
            match nearest(name, HashAlgorithm::VOCABULARY.values.iter().copied()) {
                Some(near) => Err(doubt.hint(format!("write {}", written(near)))),
                // Other algorithms may be used; nobody knows what their hashes look like.
                None => Ok(At::Anything),
            }
        }
        Kind::Extensions => extension(host, name),
        Kind::Reference(target) => referred(*target, name),
        Kind::List(of) if matches!(**of, Kind::Reference(_)) => {
            Err(Doubt::new("PP-09", written(name), "an index").hint(format!("write [*].{}", written(name))))
        }
        Kind::List(_) => {
            Err(Doubt::new("PG-17", written(name), "an index of the list").hint(format!("write [*].{}", written(name))))
        }
        Kind::Any | Kind::Either(_) | Kind::Observables | Kind::Translations => Ok(At::Anything),
        _ => Err(Doubt::new("PG-17", written(name), "an operator: there is nothing inside of this property")),
    }
}

/// PP-07: a predefined extension of the object, or another.
fn extension(host: &str, name: &str) -> Result<At, Doubt> {
    let belongs = |shape: &&&Shape| matches!(shape.role, Role::Extension(hosts) if hosts.contains(&host));
    match EXTENSIONS.iter().find(|shape| shape.name == name) {
        // Behind a reference, the host is not the type that the path begins with.
        Some(shape) => Ok(At::Object(shape)),
        None => {
            let hosted = EXTENSIONS.iter().filter(belongs).map(|shape| shape.name);
            let unfinished = hosted.clone().find(|known| known.strip_suffix("-ext") == Some(name));
            let near = unfinished.or_else(|| nearest(name, hosted));
            match near.filter(|_| !name.starts_with("extension-definition--")) {
                Some(near) => {
                    let doubt = Doubt::new("PG-17", shorten(name).to_owned(), "an extension");
                    Err(doubt.hint(format!("write {}", written(near))))
                }
                None => Ok(At::Anything),
            }
        }
    }
}

/// PP-03: a property of the object that a reference leads to.
fn referred(target: Target, name: &str) -> Result<At, Doubt> {
    match target {
        Target::Types(types) => property(&types.iter().filter_map(|name| object_type(name)).collect::<Vec<_>>(), name),
        _ => property(&observables().collect::<Vec<_>>(), name),
    }
}

//! The standard's property tables as data: what an object type, a nested type or an extension may hold.
//!
//! Everything else is read off these tables: the typed objects, the checks of [`crate::validate`] and the JSON
//! Schemas.

use std::cmp::Ordering;

use crate::TypeClass;
use crate::json::{Json, Members};
use crate::names::Index;
use crate::timestamp::Instant;

/// A row of a property table.
#[derive(Debug)]
pub struct Property {
    /// As it stands in the JSON.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Must it be there?
    pub required: bool,
    /// What it means, in our words.
    pub doc: &'static str,
}

/// What a value is (STIX 2.1 §2).
#[derive(Debug)]
pub enum Kind {
    /// Anything that STIX allows.
    Any,
    /// §2.14.
    String,
    /// §2.2.
    Boolean,
    /// §2.10, within bounds.
    Integer {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// §2.5, within bounds.
    Float {
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
    },
    /// §2.15. `digits` is how many of a second's fraction there must be, `whole` that there may be none.
    Timestamp(Precision),
    /// §2.8.
    Hex,
    /// §2.1.
    Binary,
    /// A URL (RFC 3986).
    Url,
    /// A language tag (RFC 5646).
    Language,
    /// A selector of a granular marking (§7.2.3.1).
    Selector,
    /// §2.9: the name of another object.
    Reference(Target),
    /// The object's own name.
    Identifier,
    /// This text and no other.
    Literal(&'static str),
    /// A value of an open vocabulary (§2.12) or an enumeration (§2.4).
    Vocabulary(&'static Vocabulary),
    /// §2.11: at least one item.
    List(&'static Kind),
    /// §2.3: at least one entry. Some keep the case of their keys.
    Dictionary(&'static Kind, Keys),
    /// §2.7.
    Hashes,
    /// One of several kinds.
    Either(&'static [Kind]),
    /// An object with a table of its own.
    Object(&'static Shape),
    /// The extensions of an object (§7.3).
    Extensions,
    /// The deprecated container of observables in `observed-data` (§4.14).
    Observables,
    /// The translations of `language-content` (§7.1).
    Translations,
}

/// How finely a timestamp must be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// With any number of fraction digits, also none.
    Any,
    /// With at least three fraction digits.
    Milliseconds,
    /// Without a fraction.
    Seconds,
}

/// Which keys a dictionary has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Lowercase by good practice.
    Lowercase,
    /// Names that come from elsewhere keep their case.
    AsFound,
}

/// To which objects a reference may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Objects of these types.
    Types(&'static [&'static str]),
    /// Any domain object.
    Domain,
    /// Any cyber-observable object.
    Observable,
    /// Any cyber-observable or relationship object.
    Observed,
    /// What a relationship may connect: any domain or cyber-observable object.
    End,
    /// Any object; a bundle is none.
    Any,
}

impl Target {
    /// May an object of this type be the target? Types that are not the standard's pass where a whole class is
    /// allowed, since nothing tells their class.
    #[must_use]
    pub fn allows(self, object_type: &str) -> bool {
        let class = || TypeClass::of(object_type);
        match self {
            Self::Types(types) => types.contains(&object_type),
            Self::Domain => matches!(class(), TypeClass::Domain | TypeClass::Custom),
            Self::Observable => matches!(class(), TypeClass::Observable | TypeClass::Custom),
            Self::Observed => {
                matches!(class(), TypeClass::Observable | TypeClass::Relationship | TypeClass::Custom)
            }
            Self::End => matches!(class(), TypeClass::Domain | TypeClass::Observable | TypeClass::Custom),
            Self::Any => class() != TypeClass::Bundle,
        }
    }

    /// May an object of this class be the target?
    #[must_use]
    pub fn allows_class(self, class: TypeClass) -> bool {
        match self {
            Self::Types(_) => false,
            Self::Domain => class == TypeClass::Domain,
            Self::Observable => class == TypeClass::Observable,
            Self::Observed => matches!(class, TypeClass::Observable | TypeClass::Relationship),
            Self::End => matches!(class, TypeClass::Domain | TypeClass::Observable),
            Self::Any => class != TypeClass::Bundle,
        }
    }

    /// In words, for messages.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Types(types) => types.join(", "),
            Self::Domain => "a domain object".to_owned(),
            Self::Observable => "a cyber-observable object".to_owned(),
            Self::Observed => "a cyber-observable or relationship object".to_owned(),
            Self::End => "a domain or cyber-observable object".to_owned(),
            Self::Any => "any object but a bundle".to_owned(),
        }
    }
}

/// A list of values that the standard names (STIX 2.1 §10).
#[derive(Debug)]
pub struct Vocabulary {
    /// As the standard calls it: `malware-type-ov`.
    pub name: &'static str,
    /// May other values be used?
    pub open: bool,
    /// The code that the OASIS validator gives to a value outside an open vocabulary, if it looks at it.
    pub code: Option<u16>,
    /// Every value.
    pub values: &'static [&'static str],
}

/// A property table: of an object type, a nested type or an extension.
#[derive(Debug)]
pub struct Shape {
    /// As the standard calls it: `indicator`, `external-reference`, `pdf-ext`.
    pub name: &'static str,
    /// Which kind of thing it is.
    pub role: Role,
    /// Where the standard describes it.
    pub section: &'static str,
    /// What it is, in our words.
    pub doc: &'static str,
    /// The rows that are its own.
    pub properties: &'static [Property],
    /// What must hold between them.
    pub constraints: &'static [Constraint],
    /// The properties that make the deterministic identifier (§2.9).
    pub contributing: &'static [&'static str],
    /// Finds the rows by their names.
    pub(crate) index: Index,
}

/// What a table is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An object type.
    Object(TypeClass),
    /// A part of objects.
    Nested,
    /// A predefined extension of these object types.
    Extension(&'static [&'static str]),
}

impl Role {
    /// The rows that a table shares with others.
    pub(crate) const fn common(self, name: &str) -> &'static [Property] {
        match self {
            Self::Object(class) => crate::common::of(class, name),
            _ => &[],
        }
    }
}

impl Shape {
    /// The rows that it shares with others of its class (§3.2).
    #[must_use]
    pub const fn common(&self) -> &'static [Property] {
        self.index.common
    }

    /// All rows: common ones first.
    pub fn rows(&self) -> impl Iterator<Item = &'static Property> + use<> {
        self.common().iter().chain(self.properties)
    }

    /// The row of a property, of its own or common.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.index.find(name).map(|(_, row)| row)
    }
}

/// What must hold between the properties of one object; all but the order of dates can be said in a schema.
#[derive(Debug)]
pub struct Constraint {
    /// The rule that it carries out.
    pub rule: &'static str,
    /// What must hold.
    pub demand: Demand,
}

/// What must hold between properties.
#[derive(Debug)]
pub enum Demand {
    /// At least one of them is there.
    AnyOf(&'static [&'static str]),
    /// At least one property of the table's own is there, besides these.
    AnyBesides(&'static [&'static str]),
    /// At least one property of the table's own is there, or an extension.
    AnyOrExtension,
    /// Exactly one of them is there.
    OneOf(&'static [&'static str]),
    /// If the first is there, so are the others.
    Needs(&'static str, &'static [&'static str]),
    /// If the first is there, the second is a list that has this item.
    NeedsItem(&'static str, &'static str, &'static str),
    /// If the first has this value, the second is there.
    NeedsIf(&'static str, bool, &'static str),
    /// If the first has this value, the second is not there.
    ExcludedIf(&'static str, bool, &'static str),
    /// The property is never there.
    Reserved(&'static str),
    /// The first instant is not later than the second.
    NotAfter(&'static str, &'static str),
    /// The first instant is earlier than the second.
    Before(&'static str, &'static str),
    /// One of these groups is there as a whole.
    AnyGroup(&'static [&'static [&'static str]]),
}

impl Demand {
    /// Does it hold for these members?
    #[must_use]
    pub fn holds(&self, shape: &Shape, members: &Members<'_>) -> bool {
        let has = |name: &&str| members.contains(name);
        let is = |name, value| members.get(name).and_then(Json::as_bool) == Some(value);
        let lists = |name, item| {
            let mut items = members.get(name).and_then(Json::as_list).into_iter().flatten();
            items.any(|json| json.as_str() == Some(item))
        };
        match self {
            Self::AnyOf(names) => names.iter().any(has),
            Self::AnyBesides(names) => shape.properties.iter().any(|p| !names.contains(&p.name) && has(&p.name)),
            Self::AnyOrExtension => has(&"extensions") || shape.properties.iter().any(|p| has(&p.name)),
            Self::OneOf(names) => names.iter().filter(|name| has(name)).count() == 1,
            Self::Needs(name, others) => !has(name) || others.iter().all(has),
            Self::NeedsItem(name, list, item) => !has(name) || lists(list, *item),
            Self::NeedsIf(name, value, other) => !is(name, *value) || has(other),
            Self::ExcludedIf(name, value, other) => !is(name, *value) || !has(other),
            Self::Reserved(name) => !has(name),
            Self::NotAfter(first, second) => order(members, first, second).is_none_or(Ordering::is_le),
            Self::Before(first, second) => order(members, first, second).is_none_or(Ordering::is_lt),
            Self::AnyGroup(groups) => groups.iter().any(|group| group.iter().all(has)),
        }
    }

    /// In words, for messages.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::AnyOf(names) => format!("at least one of {}", names.join(", ")),
            Self::AnyBesides([]) => "at least one property".to_owned(),
            Self::AnyBesides(names) => format!("at least one property besides {}", names.join(", ")),
            Self::AnyOrExtension => "at least one property besides the common ones, or an extension".to_owned(),
            Self::OneOf(names) => format!("exactly one of {}", names.join(", ")),
            Self::Needs(name, others) => format!("{} together with {name}", others.join(", ")),
            Self::NeedsItem(name, list, item) => format!("{item} among {list}, since there is {name}"),
            Self::NeedsIf(name, value, other) => format!("{other}, since {name} is {value}"),
            Self::ExcludedIf(name, value, other) => format!("no {other}, since {name} is {value}"),
            Self::Reserved(name) => format!("no {name}: the name is reserved"),
            Self::NotAfter(first, second) => format!("{second} not earlier than {first}"),
            Self::Before(first, second) => format!("{second} later than {first}"),
            Self::AnyGroup(groups) => {
                let groups: Vec<_> = groups.iter().map(|group| group.join(" and ")).collect();
                groups.join(", or ")
            }
        }
    }

    /// The property to point at.
    #[must_use]
    pub fn subject(&self) -> Option<&'static str> {
        match self {
            Self::Needs(name, _) | Self::NeedsItem(name, ..) | Self::Reserved(name) | Self::ExcludedIf(_, _, name) => {
                Some(name)
            }
            Self::NotAfter(_, second) | Self::Before(_, second) => Some(second),
            _ => None,
        }
    }
}

/// How two instants compare, if both are there and are instants.
fn order(members: &Members<'_>, first: &str, second: &str) -> Option<Ordering> {
    let text = |name| members.get(name)?.as_str();
    let (first, second) = text(first).zip(text(second))?;
    Some(Instant::of(first)?.cmp(&Instant::of(second)?))
}

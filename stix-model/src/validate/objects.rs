//! What an object has: its table, its common properties and what must hold between them.

use super::values::quoted;
use super::{Check, Role, Shape, domain, interop, meta, observables, parts, rules};
use crate::json::{Json, Members};
use crate::object::object_type;
use crate::property::{Constraint, Demand, Property};
use crate::{Severity, TypeClass};

impl<'c> Check<'c> {
    /// Checks a whole object: first what it is.
    pub(super) fn stix_object(&mut self, members: &'c Members<'_>) {
        let Some(name) = members.get("type").and_then(Json::as_str) else {
            return match members.get("type") {
                None => self.missing("type"),
                Some(other) => self.at("type", |check| check.error("T-15", other.excerpt(), "a string")),
            };
        };
        self.host = name;
        match object_type(name) {
            Some(shape) => {
                self.shape(shape, members);
                if let Role::Object(class) = shape.role {
                    self.common(Some(shape), class, members);
                    self.rules_of_class(class, shape.name, members);
                }
            }
            None => self.custom_object(name, members),
        }
    }

    /// The rules of one type that no table says.
    fn rules_of_class(&mut self, class: TypeClass, object_type: &'static str, members: &'c Members<'_>) {
        match class {
            TypeClass::Domain | TypeClass::Relationship => domain::check(self, object_type, members),
            TypeClass::Observable => observables::check(self, object_type, members),
            TypeClass::Meta => meta::check(self, object_type, members),
            TypeClass::Bundle | TypeClass::Custom => {}
        }
        if self.options.profile == super::Profile::Interop {
            interop::check(self, object_type, class, members);
        }
    }

    /// Checks members against a table: every row, every member, every constraint.
    pub(super) fn shape(&mut self, shape: &'static Shape, members: &'c Members<'_>) {
        let rows = Rows::of(shape, members);
        for property in shape.index.missing(rows.present) {
            self.missing(property.name);
        }
        self.members_by(&rows, shape, members);
        for constraint in shape.constraints.iter().filter(|constraint| !constraint.demand.holds(shape, members)) {
            self.broken(constraint, members);
        }
        if !matches!(shape.role, Role::Object(_)) {
            parts::check(self, shape.name, members);
        }
    }

    /// Checks every member by its row, if it has one.
    pub(super) fn members(&mut self, shape: &'static Shape, members: &'c Members<'_>) {
        self.members_by(&Rows::of(shape, members), shape, members);
    }

    fn members_by(&mut self, rows: &Rows, shape: &'static Shape, members: &'c Members<'_>) {
        let extended = matches!(shape.role, Role::Object(_))
            && super::extensions::types(members).any(|text| text == "toplevel-property-extension");
        for (i, (name, value)) in members.iter().enumerate() {
            self.at(name, |check| match rows.row(i, shape, name) {
                Some(property) => check.value(&property.kind, value),
                None => check.unknown(shape, name, value, extended),
            });
        }
    }

    /// Something does not hold between the members.
    pub(super) fn broken(&mut self, constraint: &'static Constraint, members: &'c Members<'_>) {
        let demand = &constraint.demand;
        let (found, expected) = (found(demand, members), demand.describe());
        let usual = rules::rule(constraint.rule).map_or(Severity::Error, |rule| rule.severity);
        let look = |check: &mut Self| check.find(constraint.rule, usual, found, expected);
        match demand.subject().filter(|name| members.contains(name)) {
            Some(name) => self.at(name, look),
            None => look(self),
        }
    }
}

/// The rows of members, of which each is looked for once.
struct Rows {
    first: [Option<&'static Property>; Self::FIRST],
    /// One bit for each row that has a member.
    present: u64,
}

impl Rows {
    /// Objects have hardly more members.
    const FIRST: usize = 24;

    fn of(shape: &'static Shape, members: &Members<'_>) -> Self {
        let mut rows = Self { first: [None; Self::FIRST], present: 0 };
        for (i, (name, _)) in members.iter().enumerate() {
            let Some((number, row)) = shape.index.find(name) else { continue };
            rows.present |= 1 << number;
            if let Some(first) = rows.first.get_mut(i) {
                *first = Some(row);
            }
        }
        rows
    }

    fn row(&self, i: usize, shape: &'static Shape, name: &str) -> Option<&'static Property> {
        self.first.get(i).copied().unwrap_or_else(|| shape.property(name))
    }
}

/// What stands there instead of what was demanded.
fn found(demand: &Demand, members: &Members<'_>) -> String {
    let has = |name: &&&str| members.contains(name);
    let value = |name: &str| members.get(name).map_or_else(|| "nothing".to_owned(), Json::excerpt);
    match demand {
        Demand::OneOf(names) => match names.iter().filter(has).copied().collect::<Vec<_>>() {
            present if present.is_empty() => "none of these is there".to_owned(),
            present => present.join(" together with "),
        },
        Demand::Needs(name, others) => {
            let absent: Vec<_> = others.iter().filter(|other| !has(other)).copied().collect();
            format!("{name} without {}", absent.join(" and "))
        }
        Demand::NeedsItem(name, _, item) => format!("{name} without {item}"),
        Demand::NeedsIf(name, _, other) => format!("{name} {} without {other}", value(name)),
        Demand::ExcludedIf(name, _, other) => format!("{other} although {name} is {}", value(name)),
        Demand::AnyBesides([]) => "no property".to_owned(),
        Demand::AnyBesides(names) => format!("nothing but {}", names.join(", ")),
        Demand::AnyOrExtension => "only common properties".to_owned(),
        Demand::Reserved(name) => quoted(name),
        Demand::NotAfter(first, second) | Demand::Before(first, second) => {
            format!("{second} {} with {first} {}", value(second), value(first))
        }
        _ => match demand.subject() {
            Some(name) => format!("{name} {}", value(name)),
            None => "none of these is there".to_owned(),
        },
    }
}

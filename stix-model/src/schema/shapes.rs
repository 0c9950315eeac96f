//! The schema of an object type, a nested type or an extension, from its table.

use super::kinds::Place;
use super::{document as whole, join, members, required, rules, words};
use crate::TypeClass;
use crate::common;
use crate::json::Json;
use crate::property::{Constraint, Demand, Property, Role, Shape};

/// The file of a table's schema.
pub(super) fn file(shape: &Shape) -> String {
    match shape.role {
        Role::Object(_) => format!("{}.json", shape.name),
        Role::Nested => format!("nested/{}.json", shape.name),
        Role::Extension(_) => format!("extensions/{}.json", shape.name),
    }
}

/// The schema of a table.
pub(super) fn document(shape: &Shape) -> Json<'static> {
    let up = if matches!(shape.role, Role::Object(_)) { "" } else { "../" };
    let place = Place { up, host: shape.name };
    let mut body = json! { "type": "object" };
    let must: Vec<_> = shape.rows().filter(|row| row.required).map(|row| row.name).collect();
    if !must.is_empty() {
        body = join(body, required(must));
    }
    let rows = shape.rows().map(|row| (row.name, property(place, shape, row)));
    body = join(
        body,
        json! {
            "properties": members(rows),
            "propertyNames": place.refer("values/property-name.json"),
            "additionalProperties": place.refer("values/any.json"),
        },
    );
    let mut demands: Vec<_> = shape.constraints.iter().filter_map(|it| demand(shape, it)).collect();
    demands.extend(foreign(shape));
    demands.extend(rules::of(shape));
    if !demands.is_empty() {
        body = join(body, json! { "allOf": demands });
    }
    let description = format!("{} (STIX 2.1 §{})", words(shape.doc), shape.section);
    whole(&file(shape), shape.name, description, body)
}

/// A row of the table.
fn property(place: Place<'_>, shape: &Shape, row: &Property) -> Json<'static> {
    let description = json! { "description": words(row.doc) };
    let kind = match (shape.role, row.name) {
        (Role::Object(_), "type") => json! { "const": shape.name.to_owned() },
        _ => place.kind(&row.kind),
    };
    join(description, kind)
}

/// CP-01: common properties that other classes have and this one must not. Observables may, by an extension (§7.3).
fn foreign(shape: &Shape) -> Option<Json<'static>> {
    let Role::Object(class) = shape.role else { return None };
    let all = common::of(TypeClass::Domain, "").iter().chain(common::of(TypeClass::Observable, ""));
    let names = all.map(|row| row.name).filter(|name| shape.property(name).is_none());
    let never = json! { "properties": members(names.map(|name| (name, Json::from(false)))) };
    let comment = json! { "$comment": "CP-01: no properties of other classes" };
    let rule = match class {
        TypeClass::Observable => json! { "if": json! { "$ref": "values/extended.json" }, "else": never },
        _ => never,
    };
    Some(join(comment, rule))
}

/// What must hold between properties; the order of dates cannot be said.
fn demand(shape: &Shape, constraint: &Constraint) -> Option<Json<'static>> {
    let each = |names: Vec<&str>| Json::List(names.into_iter().map(|name| required([name])).collect());
    let when = |name: &str, value: bool, then: Json<'static>| {
        let same = members([(name, json! { "const": value })]);
        json! { "if": join(json! { "properties": same }, required([name])), "then": then }
    };
    let never = |name: &str| json! { "properties": members([(name, Json::from(false))]) };
    let schema = match &constraint.demand {
        Demand::AnyOf(names) => json! { "anyOf": each(names.to_vec()) },
        Demand::AnyBesides(names) => {
            let own = shape.properties.iter().map(|row| row.name).filter(|name| !names.contains(name));
            json! { "anyOf": each(own.collect()) }
        }
        Demand::AnyOrExtension => {
            let own = shape.properties.iter().map(|row| row.name);
            json! { "anyOf": each(own.chain(["extensions"]).collect()) }
        }
        Demand::OneOf(names) => json! { "oneOf": each(names.to_vec()) },
        Demand::Needs(name, others) => {
            json! { "dependentRequired": members([(*name, super::texts(others.iter().copied()))]) }
        }
        Demand::NeedsIf(name, value, other) => when(name, *value, required([*other])),
        Demand::ExcludedIf(name, value, other) => when(name, *value, never(other)),
        Demand::NeedsItem(name, list, item) => {
            let has = json! { "contains": json! { "const": *item } };
            let then = join(required([*list]), json! { "properties": members([(*list, has)]) });
            json! { "dependentSchemas": members([(*name, then)]) }
        }
        Demand::Reserved(name) => never(name),
        Demand::AnyGroup(groups) => {
            json! { "anyOf": Json::List(groups.iter().map(|group| required(group.iter().copied())).collect()) }
        }
        Demand::NotAfter(..) | Demand::Before(..) => return None,
    };
    let comment = json! { "$comment": format!("{}: {}", constraint.rule, constraint.demand.describe()) };
    Some(join(comment, schema))
}

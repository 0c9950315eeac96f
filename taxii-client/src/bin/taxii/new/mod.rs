//! `taxii new`: an object to start from, made from the property table of its type.

mod example;

use serde::Serialize;
use stix_model::json::{Json, Members};
use stix_model::object::{OBJECT_TYPES, object_type};
use stix_model::property::{Demand, Kind, Role, Shape};
use stix_model::validate::{self, Options};
use stix_model::{Severity, TypeClass, deterministic};

use crate::args::{Format, New};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output;

pub(crate) fn run(args: &New, format: Option<Format>, console: &Console) -> Result<Exit, Failure> {
    let Some(name) = args.object_type.as_deref().filter(|_| !args.list) else {
        return list(format);
    };
    let shape = object_type(name).ok_or_else(|| unknown(name))?;
    let object = start(shape, &args.set)?;
    let findings = validate::members(&object, &Options::default());
    let (errors, others): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.severity == Severity::Error);
    if !errors.is_empty() {
        let words = errors.iter().map(|finding| format!("\n  {finding}")).collect::<String>();
        return Err(Failure { exit: Exit::SomeRefused, text: format!("this {name} would not be valid{words}") });
    }
    others.iter().filter(|finding| finding.severity == Severity::Warning).for_each(|f| console.warn(&f.to_string()));
    let text = match format {
        Some(Format::Jsonl) => serde_json::to_string(&object)?,
        _ => serde_json::to_string_pretty(&object)?,
    };
    output::line(&text)?;
    let made_up = references(shape, &object, &args.set);
    if !made_up.is_empty() {
        console.summary(&format!("put the ids of your own objects into {}", made_up.join(", ")));
    }
    Ok(Exit::Fine)
}

fn unknown(name: &str) -> Failure {
    let near = OBJECT_TYPES.iter().map(|shape| shape.name).find(|known| known.contains(name) || name.contains(known));
    let near = near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default();
    Failure::usage(format!("{name:?} is no type of STIX 2.1{near}; `taxii new --list` lists them"))
}

#[derive(Serialize)]
struct Type {
    name: &'static str,
    class: &'static str,
    section: &'static str,
    about: String,
}

fn list(format: Option<Format>) -> Result<Exit, Failure> {
    let types: Vec<_> = OBJECT_TYPES
        .iter()
        .map(|shape| Type {
            name: shape.name,
            class: class(shape),
            section: shape.section,
            // The first paragraph: what follows is for programmers.
            about: shape
                .doc
                .trim()
                .lines()
                .take_while(|line| !line.trim().is_empty())
                .map(str::trim)
                .collect::<Vec<_>>()
                .join(" "),
        })
        .collect();
    let row = |it: &Type| vec![it.name.to_owned(), it.class.to_owned(), it.section.to_owned(), it.about.clone()];
    output::list(output::format(format), "types", &types, &["TYPE", "CLASS", "SECTION", "WHAT IT IS"], row)?;
    Ok(Exit::Fine)
}

fn class(shape: &Shape) -> &'static str {
    match shape.role {
        Role::Object(TypeClass::Domain) => "domain",
        Role::Object(TypeClass::Relationship) => "relationship",
        Role::Object(TypeClass::Observable) => "observable",
        Role::Object(TypeClass::Meta) => "meta",
        _ => "bundle",
    }
}

/// An object with what its type requires, and what was asked for.
fn start(shape: &'static Shape, set: &[(String, String)]) -> Result<Members<'static>, Failure> {
    let mut members = Members::new();
    for row in shape.rows().filter(|row| row.required || row.name == "spec_version") {
        members.insert(row.name, example::of(shape, row));
    }
    for name in example::always(shape) {
        add(shape, name, &mut members);
    }
    let mut seen: Vec<&str> = Vec::new();
    for (name, text) in set {
        let value = value(shape.property(name).map(|row| &row.kind), text);
        match (members.get_mut(name), value) {
            (Some(Json::List(old)), Json::List(more)) if seen.contains(&name.as_str()) => old.extend(more),
            (_, value) => _ = members.insert(name.clone(), value),
        }
        seen.push(name);
    }
    if seen.contains(&"created") && !seen.contains(&"modified") && members.contains("modified") {
        let created = members.get("created").cloned();
        created.map(|created| members.insert("modified", created));
    }
    complete(shape, &mut members);
    let mut members = in_order(shape, members);
    if !seen.contains(&"id") {
        let id = deterministic::name_of(shape, &members);
        members.insert("id", Json::String(id.as_str().to_owned().into()));
    }
    Ok(members)
}

/// A value as the command line gives it: text where the property is text, else JSON.
fn value(kind: Option<&'static Kind>, text: &str) -> Json<'static> {
    let json = || Json::parse(text).map(Json::into_owned).unwrap_or_else(|_| plain(text));
    match kind {
        Some(Kind::List(of)) => match json() {
            Json::List(items) => Json::List(items),
            _ => Json::List(vec![value(Some(of), text)]),
        },
        Some(
            Kind::Boolean
            | Kind::Integer { .. }
            | Kind::Float { .. }
            | Kind::Any
            | Kind::Either(_)
            | Kind::Dictionary(..)
            | Kind::Hashes
            | Kind::Object(_)
            | Kind::Extensions
            | Kind::Observables
            | Kind::Translations,
        )
        | None => json(),
        Some(_) => plain(text),
    }
}

fn plain(text: &str) -> Json<'static> {
    Json::String(text.to_owned().into())
}

fn add(shape: &'static Shape, name: &'static str, members: &mut Members<'static>) {
    if let Some(row) = shape.property(name).filter(|_| !members.contains(name)) {
        members.insert(name, example::of(shape, row));
    }
}

/// Adds a property that only objects of this type have, besides these.
fn add_own(shape: &'static Shape, besides: &[&str], members: &mut Members<'static>) {
    let own = shape.contributing.iter().copied().chain(shape.properties.iter().map(|row| row.name));
    let names: Vec<_> = own.filter(|name| !besides.contains(name)).collect();
    example::best(shape, &names).into_iter().for_each(|name| add(shape, name, members));
}

/// Adds what the constraints of the type want.
fn complete(shape: &'static Shape, members: &mut Members<'static>) {
    for constraint in shape.constraints {
        if constraint.demand.holds(shape, members) {
            continue;
        }
        match &constraint.demand {
            Demand::AnyOf(names) | Demand::OneOf(names) if !names.iter().any(|name| members.contains(name)) => {
                example::best(shape, names).into_iter().for_each(|name| add(shape, name, members));
            }
            Demand::AnyBesides(not) => add_own(shape, not, members),
            Demand::AnyOrExtension => add_own(shape, &[], members),
            Demand::NeedsItem(_, list, item) => match members.get_mut(list) {
                Some(Json::List(items)) => items.push(plain(item)),
                _ => _ = members.insert(*list, Json::List(vec![plain(item)])),
            },
            Demand::Needs(_, names) => names.iter().for_each(|name| add(shape, name, members)),
            Demand::NeedsIf(_, _, name) => add(shape, name, members),
            Demand::AnyGroup(groups) => {
                groups.iter().take(1).copied().flatten().for_each(|name| add(shape, name, members));
            }
            // What was asked for contradicts itself: the check says so.
            _ => {}
        }
    }
}

/// The members as the table has them; then those that no table knows.
fn in_order(shape: &'static Shape, mut members: Members<'static>) -> Members<'static> {
    let mut ordered = Members::new();
    for row in shape.rows() {
        if let Some(value) = members.remove(row.name) {
            ordered.insert(row.name, value);
        }
    }
    for (name, value) in members {
        ordered.insert(name, value);
    }
    ordered
}

/// References that nobody asked for: they lead to objects that do not exist.
fn references(shape: &'static Shape, object: &Members<'_>, set: &[(String, String)]) -> Vec<&'static str> {
    let made_up = |name: &str| object.contains(name) && !set.iter().any(|(given, _)| given == name);
    let is_reference = |kind: &Kind| matches!(kind, Kind::Reference(_) | Kind::List(Kind::Reference(_)));
    shape.rows().filter(|row| is_reference(&row.kind) && made_up(row.name)).map(|row| row.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every type has a start that is valid, without a warning, and says only what it must.
    #[test]
    fn every_type_starts_valid() {
        for shape in OBJECT_TYPES {
            let object = start(shape, &[]).unwrap();
            let findings = validate::members(&object, &Options::default());
            let bad: Vec<_> = findings.iter().filter(|finding| finding.severity != Severity::Information).collect();
            assert!(bad.is_empty(), "{}: {bad:?}\n{}", shape.name, Json::Object(object));
        }
    }

    /// Values become what the table says; the name of an observable follows its content.
    #[test]
    fn values_from_the_command_line() {
        let set = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Json::Object(start(object_type("indicator").unwrap(), &pairs).unwrap())
        };
        let object =
            set(&[("name", "7"), ("confidence", "7"), ("labels", "a"), ("labels", "b,c"), ("x_acme", "{\"n\": 7}")]);
        assert_eq!(object.get("name").and_then(Json::as_str), Some("7"));
        assert_eq!(object.get("confidence").and_then(Json::as_integer), Some(7));
        assert_eq!(object.get("labels").map(Json::to_string).as_deref(), Some(r#"["a","b,c"]"#));
        assert_eq!(object.get("x_acme").map(Json::to_string).as_deref(), Some(r#"{"n":7}"#));
        let dated = set(&[("created", "2020-01-01T00:00:00.000Z")]);
        assert_eq!(dated.get("modified"), dated.get("created"));
        let address = start(object_type("ipv4-addr").unwrap(), &[]).unwrap();
        let id = address.get("id").and_then(Json::as_str);
        assert_eq!(id, Some("ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"));
    }
}

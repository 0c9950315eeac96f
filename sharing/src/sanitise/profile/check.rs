use regex::Regex;
use stix_model::Identifier;
use stix_model::object::{EXTENSIONS, OBJECT_TYPES, object_type};
use stix_model::property::{Kind, Shape};

use super::Profile;

/// Properties that are made anew or follow from others, so that no list names them.
const MADE: [&str; 9] = [
    "type",
    "spec_version",
    "id",
    "created_by_ref",
    "created",
    "modified",
    "object_marking_refs",
    "granular_markings",
    "object_modified",
];

impl Profile {
    /// What cannot be used, each with its place and what to do.
    pub(super) fn check(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for (table, names) in &self.types {
            let shape = object_type(table);
            if shape.is_none() && !table.starts_with("x-") {
                findings.push(format!("types.{table}: no object type; those of your own begin with x-"));
                continue;
            }
            check_names("types", table, shape, names, &mut findings);
        }
        for (table, names) in self.parts.iter().filter(|(table, _)| *table != "common") {
            let shape = part(table);
            if shape.is_none() && !table.starts_with("extension-definition--") {
                findings.push(format!(
                    "parts.{table}: no nested type and no extension of the standard, nor an extension-definition"
                ));
                continue;
            }
            check_names("parts", table, shape, names, &mut findings);
        }
        for (source, regex) in &self.sources {
            if let Err(error) = Regex::new(regex) {
                findings.push(format!("sources.{source}: no regular expression: {error}"));
            }
        }
        for (place, ids) in [("release", &self.release), ("markings", &self.markings)] {
            for id in ids.iter().filter(|id| id.parse::<Identifier>().is_err()) {
                findings.push(format!("{place}: {id:?} is no identifier"));
            }
        }
        if self.smallest_group == 0 {
            findings.push("smallest_group: 0; write 1 or more".to_owned());
        }
        findings.extend(self.scan.check().err().map(|error| format!("scan: {error}")));
        findings
    }
}

fn check_names(place: &str, table: &str, shape: Option<&Shape>, names: &[String], findings: &mut Vec<String>) {
    let Some(shape) = shape else { return };
    for name in names {
        let place = format!("{place}.{table}: {name:?}");
        if MADE.contains(&name.as_str()) {
            findings.push(format!("{place} is made anew and cannot be listed"));
        } else if name != "*" && shape.property(name).is_none() && !name.starts_with("x_") {
            findings.push(format!("{place} is no property of it; those of your own begin with x_"));
        }
    }
}

/// The table of a nested type or of an extension.
fn part(name: &str) -> Option<&'static Shape> {
    fn inside(kind: &'static Kind, name: &str) -> Option<&'static Shape> {
        match kind {
            Kind::Object(shape) if shape.name == name => Some(shape),
            Kind::Object(shape) => shape.rows().find_map(|row| inside(&row.kind, name)),
            Kind::List(of) | Kind::Dictionary(of, _) => inside(of, name),
            _ => None,
        }
    }
    let extension = EXTENSIONS.iter().copied().find(|shape| shape.name == name);
    let nested =
        || OBJECT_TYPES.iter().chain(EXTENSIONS).flat_map(|shape| shape.rows()).find_map(|row| inside(&row.kind, name));
    extension.or_else(nested)
}

//! What an object has: its table, its common properties, its extensions and what is not in any table.

use super::values::quoted;
use super::{Check, Role, Shape, types};
use crate::json::{Json, Members};
use crate::object::{EXTENSIONS, object_type};
use crate::{Severity, TypeClass, identifier};

/// Names that no property may have (N-04).
const RESERVED: [&str; 4] = ["severity", "username", "phone_number", "phone_numbers"];

impl<'c> Check<'c> {
    /// Checks a whole object: first what it is.
    pub(super) fn stix_object(&mut self, members: &'c Members<'_>) {
        let Some(name) = members.get("type").and_then(Json::as_str) else {
            return self.missing("type");
        };
        match object_type(name) {
            Some(shape) => {
                self.shape(shape, members);
                self.common(members, shape.role);
                types::check(self, shape.name, members);
            }
            None => self.custom_object(name, members),
        }
    }

    /// Checks members against a table: every row, every member, every constraint.
    pub(super) fn shape(&mut self, shape: &'static Shape, members: &'c Members<'_>) {
        for property in shape.rows().filter(|property| property.required && !members.contains(property.name)) {
            self.missing(property.name);
        }
        for (name, value) in members.iter() {
            self.at(name, |check| match shape.property(name) {
                Some(property) => check.value(&property.kind, value),
                None => check.unknown(shape, members, name, value),
            });
        }
        for constraint in shape.constraints.iter().filter(|constraint| !constraint.demand.holds(shape, members)) {
            let expected = constraint.demand.describe();
            let place = constraint.demand.subject().filter(|name| members.contains(name));
            let look = |check: &mut Self| check.error(constraint.rule, format!("{} has not", shape.name), expected);
            match place {
                Some(name) => self.at(name, look),
                None => look(self),
            }
        }
        if shape.name == "external-reference" {
            types::external_reference(self, members);
        }
        if shape.name == "kill-chain-phase" {
            types::kill_chain_phase(self, members);
        }
    }

    /// A member that is in no table: legitimate if an extension brings it, else custom content.
    fn unknown(&mut self, shape: &'static Shape, members: &Members<'_>, name: &str, value: &'c Json<'_>) {
        if let Role::Object(class) = shape.role
            && not_for(class, shape.name, name)
        {
            return self.error("CP-01", format!("{name} on {}", shape.name), "no such property on this type");
        }
        if RESERVED.contains(&name) {
            self.error("N-04", quoted(name), "another name: the standard reserves this one");
        }
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        if !(3..=250).contains(&name.len()) || !name.bytes().all(plain) {
            self.error("CU-01", quoted(name), "a name of 3 to 250 characters a-z, 0-9 and '_'");
        }
        self.anything(value);
        if extended(members) {
            return;
        }
        if !name.starts_with("x_") {
            self.find_code("CU-01", Some(102), Severity::Warning, quoted(name), "a custom property named x_…");
        } else if name.matches('_').count() < 2 {
            self.find_code(
                "CU-01",
                Some(101),
                Severity::Warning,
                quoted(name),
                "a custom property named x_source_name",
            );
        }
        self.find_code(
            "CU-06",
            Some(401),
            Severity::Warning,
            format!("custom property {name}"),
            "an extension that defines it",
        );
    }

    fn custom_object(&mut self, name: &'c str, members: &'c Members<'_>) {
        if !identifier::is_type_name(name) || name.contains("--") {
            self.at("type", |check| {
                check.error("CU-02", quoted(name), "a type of 3 to 250 characters a-z, 0-9 and '-', without '--'");
            });
        }
        // The class of an undeclared type is unknown: its common properties are those of a domain object.
        let by_extension = extension_types(members).find_map(|text| match text {
            "new-sdo" => Some(TypeClass::Domain),
            "new-sro" => Some(TypeClass::Relationship),
            "new-sco" => Some(TypeClass::Observable),
            _ => None,
        });
        let declared = self.options.types.get(name).map(|declared| declared.class);
        let class = declared.or(by_extension).unwrap_or(TypeClass::Domain);
        let rows = crate::common::of(class, name);
        for row in rows.iter().filter(|row| row.required && !members.contains(row.name)) {
            self.missing(row.name);
        }
        for (member, value) in members.iter() {
            self.at(member, |check| match rows.iter().find(|row| row.name == member) {
                Some(row) => check.value(&row.kind, value),
                None => check.anything(value),
            });
        }
        if members.iter().all(|(member, _)| rows.iter().any(|row| row.name == member)) {
            self.error("CU-02", "only common properties", "at least one property of its own");
        }
        self.common(members, Role::Object(class));
        if declared.is_none() && by_extension.is_none() {
            self.at("type", |check| {
                if !name.starts_with("x-") {
                    check.find_code("CU-02", Some(102), Severity::Warning, quoted(name), "a custom type named x-…");
                }
                check.find_code(
                    "CU-06",
                    Some(401),
                    Severity::Warning,
                    format!("custom type {name}"),
                    "an extension that defines it",
                );
            });
        }
    }

    /// What all objects of a class have in common (§3).
    fn common(&mut self, members: &'c Members<'_>, role: Role) {
        types::common(self, members, role);
    }

    /// CP-09, EX-01 to EX-04.
    pub(super) fn extensions(&mut self, entries: &'c Members<'_>) {
        if entries.is_empty() {
            self.error("T-03", "an empty dictionary", "at least one entry; leave the property out if there is none");
        }
        for (key, value) in entries.iter() {
            self.at(key, |check| check.extension(key, value));
        }
    }

    fn extension(&mut self, key: &str, value: &'c Json<'_>) {
        let Json::Object(members) = value else {
            return self.error("CP-09", value.excerpt(), "an object");
        };
        if let Some(shape) = EXTENSIONS.iter().find(|shape| shape.name == key) {
            return self.shape(shape, members);
        }
        types::unknown_extension(self, key, members);
        self.anything(value);
    }
}

/// Do extensions of the object bring top-level properties (EX-05)?
fn extended(members: &Members<'_>) -> bool {
    extension_types(members).any(|text| text == "toplevel-property-extension")
}

/// The `extension_type` of each extension.
pub(super) fn extension_types<'m>(members: &'m Members<'_>) -> impl Iterator<Item = &'m str> {
    let extensions = members.get("extensions").and_then(Json::as_object);
    extensions.into_iter().flat_map(Members::iter).filter_map(|(_, value)| value.get("extension_type")?.as_str())
}

/// Is it a common property of other classes, which this one must not have (§3.1)?
fn not_for(class: TypeClass, type_name: &str, property: &str) -> bool {
    let common = |class, name: &str| crate::common::of(class, name).iter().any(|row| row.name == property);
    let elsewhere = common(TypeClass::Domain, "") || common(TypeClass::Observable, "");
    elsewhere && !common(class, type_name)
}

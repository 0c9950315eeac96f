//! Content that no table knows: custom properties and custom types (STIX 2.1 §11).

use super::values::quoted;
use super::{Check, Role, Shape, container, extensions};
use crate::json::{Json, Members};
use crate::property::Demand;
use crate::{Severity, TypeClass, identifier};

/// Names that no property may have (N-04).
const RESERVED: [&str; 4] = ["severity", "username", "phone_number", "phone_numbers"];

impl<'c> Check<'c> {
    /// A member that is in no table: legitimate if an extension brings it, else custom content.
    pub(super) fn unknown(&mut self, shape: &'static Shape, name: &'c str, value: &'c Json<'_>, extended: bool) {
        if self.container.is_some() && container::was_known(shape.name, name) {
            return self.anything(value);
        }
        // A reserved name of one type is reported as a constraint of its table.
        if shape.constraints.iter().any(|c| matches!(c.demand, Demand::Reserved(reserved) if reserved == name)) {
            return;
        }
        if let Role::Object(class) = shape.role
            && !(extended && class == TypeClass::Observable)
            && belongs_elsewhere(class, shape.name, name)
        {
            let rule = match (shape.name, name) {
                (_, "defanged") => "CP-10",
                ("extension-definition", "extensions" | "lang" | "confidence") => "XD-3",
                ("marking-definition", "modified" | "revoked") => "MD-6",
                _ => "CP-01",
            };
            return self.error(rule, format!("{name} on {}", shape.name), "no such property on this type");
        }
        self.anything(value);
        if !self.property_name(shape, name, extended) {
            return;
        }
        self.suffix("N-02", name, value);
        match extended {
            true => self.note("EX-05", format!("property {name}"), "an extension definition that lists it"),
            false => self.custom_property(name),
        }
    }

    /// N-01, N-04, N-06, EX-07, CU-01, CU-08: may a property have this name?
    fn property_name(&mut self, shape: &'static Shape, name: &str, extended: bool) -> bool {
        if RESERVED.contains(&name) {
            self.error("N-04", quoted(name), "another name: the standard reserves this one");
            return false;
        }
        if name.bytes().any(|c| c.is_ascii_uppercase()) {
            let lower = name.to_ascii_lowercase();
            if shape.property(&lower).is_some() {
                self.error("N-06", quoted(name), format!("{lower:?}: names are case-sensitive"));
                return false;
            }
        }
        let rule = if extended { "EX-07" } else { "CU-01" };
        self.name_form(rule, name)
    }

    /// Characters and length of the name of a property that is not the standard's.
    pub(super) fn name_form(&mut self, rule: &'static str, name: &str) -> bool {
        if !is_property_name(name) {
            self.error(rule, quoted(name), "a name of 3 to 250 characters a-z, 0-9 and '_'");
            return false;
        }
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            self.warning("N-01", quoted(name), "a name that starts with a letter");
        }
        true
    }

    /// CU-01, CU-06.
    fn custom_property(&mut self, name: &str) {
        let warning = Severity::Warning;
        if !name.starts_with("x_") {
            self.find_code("CU-01", Some(102), warning, quoted(name), "a custom property named x_…");
        } else if name.bytes().filter(|c| *c == b'_').count() < 2 {
            self.find_code("CU-01", Some(101), warning, quoted(name), "a custom property named x_source_name");
        }
        self.warning("CU-06", ["custom property ", name].concat(), "an extension that defines it");
    }

    /// N-02, EX-09: the end of the name tells the type.
    pub(super) fn suffix(&mut self, rule: &'static str, name: &str, value: &Json<'_>) {
        let reference = |json: &Json<'_>| json.as_str().is_some_and(|text| identifier::split(text).is_some());
        let digits = |text: &str, allowed: fn(u8) -> bool| text.bytes().all(allowed);
        let (fits, expected) = match name.rsplit_once('_').map(|(_, end)| end) {
            Some("ref") => (reference(value), "an identifier, since the name ends in _ref"),
            Some("refs") => {
                let all = value.as_list().is_some_and(|items| items.iter().all(reference));
                (all, "a list of identifiers, since the name ends in _refs")
            }
            Some("hex") => {
                let hex = |text: &str| text.len().is_multiple_of(2) && digits(text, |c| c.is_ascii_hexdigit());
                (value.as_str().is_some_and(hex), "hexadecimal digits, since the name ends in _hex")
            }
            Some("bin") => {
                let base64 = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=');
                let binary = |text: &str| text.len().is_multiple_of(4) && digits(text, base64);
                (value.as_str().is_some_and(binary), "Base64, since the name ends in _bin")
            }
            _ => (true, ""),
        };
        if !fits {
            self.warning(rule, value.excerpt(), expected);
        }
    }

    /// CU-02, EX-06: an object of a type that the standard does not name.
    pub(super) fn custom_object(&mut self, name: &'c str, members: &'c Members<'_>) {
        // The class of an undeclared type is unknown: its common properties are those of a domain object.
        let by_extension = extensions::types(members).find_map(extensions::class_of);
        let declared = self.options.types.get(name).map(|declared| declared.class);
        let known = TypeClass::of(name) != TypeClass::Custom;
        let class = match known {
            true => TypeClass::of(name),
            false => declared.or(by_extension).unwrap_or(TypeClass::Domain),
        };
        let rows = crate::common::of(class, name);
        for row in rows.iter().filter(|row| row.required && !members.contains(row.name)) {
            self.missing(row.name);
        }
        // By another extension it may be of another class.
        let one_class = declared.or(by_extension).filter(|_| {
            let mut all = extensions::types(members).filter_map(extensions::class_of);
            !known && all.all(|other| other == class)
        });
        let mut own = 0;
        for (member, value) in members.iter() {
            self.at(member, |check| match rows.iter().find(|row| row.name == member) {
                Some(row) => check.value(&row.kind, value),
                None => {
                    own += 1;
                    if one_class.is_some() && belongs_elsewhere(class, name, member) {
                        let found = format!(
                            "{member} on a type of {}",
                            if class == TypeClass::Observable { "observables" } else { "objects" }
                        );
                        check.warning("EX-06", found, "common properties of its class, and names of its own");
                    }
                    check.property_of_custom_type(member, value);
                }
            });
        }
        self.common(None, class, members);
        if known {
            return;
        }
        if own == 0 {
            self.error("CU-02", "only common properties", "at least one property of its own");
        }
        self.at("type", |check| check.type_name(name, declared.is_none() && by_extension.is_none()));
    }

    fn property_of_custom_type(&mut self, name: &str, value: &'c Json<'_>) {
        self.anything(value);
        if RESERVED.contains(&name) {
            return self.error("N-04", quoted(name), "another name: the standard reserves this one");
        }
        if self.name_form("CU-01", name) {
            self.suffix("N-02", name, value);
        }
    }

    /// N-05, CU-02, CU-06: the name of a type that is not the standard's.
    pub(super) fn type_name(&mut self, name: &str, undefined: bool) {
        if name == "action" {
            return self.error("N-05", quoted(name), "another type: the standard reserves this one");
        }
        if !identifier::is_type_name(name) || name.contains("--") {
            let rule = if undefined { "CU-02" } else { "EX-07" };
            return self.error(rule, quoted(name), "a type of 3 to 250 characters a-z, 0-9 and '-', without '--'");
        }
        if undefined && !name.starts_with("x-") {
            self.find_code("CU-02", Some(102), Severity::Warning, quoted(name), "a custom type named x-…");
        }
        if undefined {
            self.warning("CU-06", format!("custom type {name}"), "an extension that defines it");
        }
    }
}

/// 3 to 250 characters a-z, 0-9 and '_'.
pub(super) fn is_property_name(name: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    (3..=250).contains(&name.len()) && name.bytes().all(plain)
}

/// Is it a common property of other classes, which this one must not have (§3.1)?
fn belongs_elsewhere(class: TypeClass, type_name: &str, property: &str) -> bool {
    let common = |class, name: &str| crate::common::of(class, name).iter().any(|row| row.name == property);
    let elsewhere =
        crate::names::known(property).is_some() && (common(TypeClass::Domain, "") || common(TypeClass::Observable, ""));
    elsewhere && !common(class, type_name)
}

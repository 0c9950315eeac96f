//! Extensions (STIX 2.1 §7.3).

use super::Check;
use super::values::quoted;
use crate::TypeClass;
use crate::json::{Json, Members};
use crate::marking::{pap, tlp};
use crate::object::{EXTENSIONS, object_type};
use crate::property::{Role, Shape};
use crate::strict::shorten;
use crate::vocabulary::ExtensionType;

/// Types whose tables say which extensions they may have.
const STRICT_HOSTS: [&str; 4] = ["file", "network-traffic", "process", "user-account"];

impl<'c> Check<'c> {
    /// CP-09, EX-01 to EX-04.
    pub(super) fn extensions(&mut self, entries: &'c Members<'_>) {
        if entries.is_empty() {
            self.error("T-03", "an empty dictionary", "at least one entry; leave the property out if there is none");
        }
        for (key, value) in entries.iter() {
            self.at(key, |check| match value {
                Json::Object(members) => check.extension(key, members),
                other => check.error("CP-09", other.excerpt(), "an object"),
            });
        }
    }

    fn extension(&mut self, key: &'c str, members: &'c Members<'_>) {
        if let Some(shape) = EXTENSIONS.iter().copied().find(|shape| shape.name == key) {
            self.fits_host(shape);
            return self.shape(shape, members);
        }
        for (name, value) in members.iter() {
            self.at(name, |check| {
                check.suffix("EX-09", name, value);
                check.anything(value);
            });
        }
        if key.starts_with("extension-definition--") {
            self.identifier(key);
            self.known_extension(key);
            return self.defined_extension(members);
        }
        let observable = self.class_of_host() == TypeClass::Observable;
        match key.ends_with("-ext") && observable {
            true => self.custom_extension(key, members),
            false => self.unknown_key(key),
        }
    }

    /// EX-11: who reads may refuse extensions that they do not know.
    fn known_extension(&mut self, key: &str) {
        let Some(known) = &self.options.known_extensions else { return };
        if !known.contains(key) && ![tlp::EXTENSION, pap::EXTENSION].contains(&key) {
            self.error("EX-11", quoted(key), "an extension that is known here");
        }
    }

    /// CP-09: a predefined extension is for some types only.
    fn fits_host(&mut self, shape: &'static Shape) {
        let Role::Extension(hosts) = shape.role else { return };
        if !self.host.is_empty() && !hosts.contains(&self.host) {
            let found = format!("{} on {}", shape.name, shorten(self.host));
            self.error("CP-09", found, format!("this extension only on {}", hosts.join(", ")));
        }
    }

    /// EX-01, EX-02, EX-04, EX-08: an extension that an extension definition describes.
    fn defined_extension(&mut self, members: &'c Members<'_>) {
        let values = ExtensionType::VOCABULARY.values;
        let Some(json) = members.get("extension_type") else {
            return self.error("EX-01", "extension_type is missing", format!("one of {}", values.join(", ")));
        };
        let text = json.as_str().unwrap_or_default();
        let hyphenated = text.replace('_', "-").to_ascii_lowercase();
        let problem = match values.iter().find(|value| **value == text) {
            Some(_) if class_of(text).is_some() && object_type(self.host).is_some() => {
                Some(("EX-08", format!("no new type: {} is the standard's", self.host)))
            }
            Some(_) => None,
            None if values.contains(&hyphenated.as_str()) => Some(("EX-02", format!("{hyphenated:?}"))),
            None => Some(("EX-02", format!("one of {}", values.join(", ")))),
        };
        if let Some((rule, expected)) = problem {
            self.at("extension_type", |check| check.error(rule, json.excerpt(), expected));
        }
        if text == "property-extension" && members.len() == 1 {
            self.warning("EX-04", "only extension_type", "at least one property besides");
        }
    }

    /// CU-03, CU-06: the way of extending observables before there were extension definitions.
    fn custom_extension(&mut self, key: &str, members: &Members<'_>) {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if !(3..=250).contains(&key.len()) || !key.bytes().all(plain) {
            self.error("CU-03", quoted(key), "a name of 3 to 250 characters a-z, 0-9 and '-'");
        } else if !key.starts_with("x-") {
            self.warning("CU-03", quoted(key), "a custom extension named x-…-ext");
        }
        if members.is_empty() {
            self.error("CU-03", "no properties", "at least one property");
        }
        self.warning("CU-06", format!("custom extension {key}"), "an extension definition");
    }

    fn unknown_key(&mut self, key: &str) {
        let expected = "the identifier of an extension definition, or a predefined extension of this type";
        match STRICT_HOSTS.contains(&self.host) {
            true => self.error("CP-09", quoted(key), expected),
            false => self.warning("CP-09", quoted(key), expected),
        }
    }

    fn class_of_host(&self) -> TypeClass {
        let declared = self.options.types.get(self.host).map(|declared| declared.class);
        declared.unwrap_or_else(|| TypeClass::of(self.host))
    }
}

/// The `extension_type` of each extension.
pub(super) fn types<'m>(members: &'m Members<'_>) -> impl Iterator<Item = &'m str> {
    let extensions = members.get("extensions").and_then(Json::as_object);
    extensions.into_iter().flat_map(Members::iter).filter_map(|(_, value)| value.get("extension_type")?.as_str())
}

/// The class of the types that such an extension brings.
pub(super) fn class_of(extension_type: &str) -> Option<TypeClass> {
    match extension_type {
        "new-sdo" => Some(TypeClass::Domain),
        "new-sro" => Some(TypeClass::Relationship),
        "new-sco" => Some(TypeClass::Observable),
        _ => None,
    }
}

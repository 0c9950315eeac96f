//! What one value is (STIX 2.1 §2).

use super::formats::{UrlForm, hash_fits, is_hyphenated, url_form};
use super::{Check, Kind};
use crate::json::{Json, Members};
use crate::property::{Keys, Precision, Target, Vocabulary};
use crate::strict::shorten;
use crate::timestamp::{self, Instant};
use crate::value::{MAX_INTEGER, MIN_INTEGER};
use crate::{Severity, identifier};

impl<'c> Check<'c> {
    /// Checks a value against what its table says.
    pub(super) fn value(&mut self, kind: &'static Kind, json: &'c Json<'_>) {
        match (kind, json) {
            (_, Json::Null) => self.error("T-17", "null", "a value; leave the property out if there is none"),
            (Kind::Any, _) => self.anything(json),
            (Kind::String, Json::String(_)) | (Kind::Boolean, Json::Bool(_)) => {}
            (Kind::Integer { min, max }, Json::Number(_)) => self.integer(*min, *max, json),
            (Kind::Float { min, max }, Json::Number(_)) => self.float(*min, *max, json),
            (Kind::Timestamp(precision), Json::String(text)) => self.timestamp(*precision, text),
            (Kind::Hex, Json::String(text)) => self.hex(text),
            (Kind::Binary, Json::String(text)) => self.binary(text),
            (Kind::Url, Json::String(text)) => self.url(text),
            (Kind::Language, Json::String(text)) => self.language(text),
            (Kind::Selector, Json::String(text)) => self.selector_syntax(text),
            (Kind::Reference(target), Json::String(text)) => self.reference(*target, text),
            (Kind::Identifier, Json::String(text)) => {
                self.identifier(text);
            }
            (Kind::Literal(literal), Json::String(text)) => {
                if text != literal {
                    self.error("CP-02", json.excerpt(), format!("{literal:?}"));
                }
            }
            (Kind::Vocabulary(vocabulary), Json::String(text)) => self.vocabulary(vocabulary, text),
            (Kind::List(of), Json::List(items)) => self.list(of, items),
            (Kind::Dictionary(of, keys), Json::Object(entries)) => self.dictionary(of, *keys, entries),
            (Kind::Hashes, Json::Object(hashes)) => self.hashes(hashes),
            (Kind::Either(kinds), _) => match kinds.iter().find(|kind| accepts(kind, json)) {
                Some(kind) => self.value(kind, json),
                None => self.wrong_kind(kind, json),
            },
            (Kind::Object(shape), Json::Object(members)) => self.shape(shape, members),
            (Kind::Extensions, Json::Object(entries)) => self.extensions(entries),
            (Kind::Observables, Json::Object(entries)) => self.observables(entries),
            (Kind::Translations, Json::Object(entries)) => self.translations(entries),
            _ => self.wrong_kind(kind, json),
        }
    }

    fn wrong_kind(&mut self, kind: &Kind, json: &Json<'_>) {
        let (rule, expected) = name_of(kind);
        self.error(rule, json.excerpt(), expected);
    }

    /// Content that no table describes: no `null` and nothing empty (T-12, T-17, EX-13).
    pub(super) fn anything(&mut self, json: &'c Json<'_>) {
        match json {
            Json::Null => self.error("T-17", "null", "a value; leave the property out if there is none"),
            Json::List(items) => {
                if items.is_empty() {
                    self.error("T-12", "an empty list", "at least one item; leave the property out if there is none");
                }
                for (i, item) in items.iter().enumerate() {
                    self.at_index(i, |check| check.anything(item));
                }
            }
            Json::Object(members) => {
                for (name, value) in members.iter() {
                    self.at(name, |check| check.anything(value));
                }
            }
            _ => {}
        }
    }

    fn integer(&mut self, min: i64, max: i64, json: &Json<'_>) {
        let Json::Number(number) = json else { return };
        match json.as_integer() {
            Some(value) if !(MIN_INTEGER..=MAX_INTEGER).contains(&value) => {
                self.error("T-10", number.to_string(), "an integer between -(2^53-1) and 2^53-1");
            }
            None if number.is_f64() => self.error("T-10", number.to_string(), "an integer"),
            None => self.error("T-10", number.to_string(), "an integer between -(2^53-1) and 2^53-1"),
            Some(value) if value < min || value > max => {
                let expected = match max {
                    MAX_INTEGER => format!("an integer of {min} or more"),
                    _ => format!("an integer from {min} to {max}"),
                };
                self.error("T-10", value.to_string(), expected);
            }
            Some(value) if number.is_f64() => self.warning("T-10", number.to_string(), value.to_string()),
            Some(_) => {}
        }
    }

    fn float(&mut self, min: f64, max: f64, json: &Json<'_>) {
        if !json.as_float().is_some_and(|value| (min..=max).contains(&value)) {
            self.error("T-06", json.excerpt(), format!("a number from {min:?} to {max:?}"));
        }
    }

    fn timestamp(&mut self, precision: Precision, text: &str) {
        let Some(instant) = Instant::of(text) else {
            let (rule, expected) = match timestamp::has_form(text) {
                true => ("TS-03", "a day of the calendar and a time of day"),
                false => ("TS-01", "YYYY-MM-DDTHH:MM:SS, optionally '.' and digits, then 'Z'"),
            };
            return self.error(rule, quoted(text), expected);
        };
        if instant.is_leap_second() {
            self.warning("TS-03", quoted(text), "a second up to 59; 60 is only for leap seconds");
        }
        match (precision, timestamp::fraction_digits(text)) {
            (Precision::Milliseconds, 0..=2) => self.error("TS-05", quoted(text), "at least three fraction digits"),
            (Precision::Seconds, 1..) if instant.is_whole() => self.warning("TS-07", quoted(text), "no fraction"),
            (Precision::Seconds, 1..) => self.error("TS-07", quoted(text), "whole seconds"),
            _ => {}
        }
    }

    /// T-08: an even number of digits and lowercase letters a to f.
    fn hex(&mut self, text: &str) {
        let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        if text.is_empty() {
            self.warning("T-08", "an empty string", "hexadecimal digits");
        } else if !text.len().is_multiple_of(2) || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
            self.error("T-08", quoted(text), "an even number of characters 0-9 and a-f");
        } else if !text.bytes().all(hex) {
            self.warning("T-08", quoted(text), "lowercase a-f");
        }
    }

    /// T-01: Base64 with padding and without line breaks.
    fn binary(&mut self, text: &str) {
        let body = text.trim_end_matches('=');
        let digits = body.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'+' || c == b'/');
        if !text.len().is_multiple_of(4) || text.len() - body.len() > 2 || !digits {
            self.error("T-01", quoted(text), "Base64 with padding, without line breaks");
        }
    }

    /// XR-2. Addresses as browsers show them are common.
    fn url(&mut self, text: &str) {
        let expected = "a URL (RFC 3986): a scheme, ':' and characters that are allowed there, others percent-encoded";
        match url_form(text) {
            UrlForm::Url => {}
            UrlForm::Displayed => self.warning("XR-2", quoted(text), expected),
            UrlForm::Malformed => self.error("XR-2", quoted(text), expected),
        }
    }

    /// CP-05: the grammar of RFC 5646; whether the codes are registered is not looked at.
    pub(super) fn language(&mut self, text: &str) {
        if !crate::language::is_tag(text) {
            self.error("CP-05", quoted(text), "a language tag such as en or pt-BR (RFC 5646)");
        }
    }

    fn selector_syntax(&mut self, text: &str) {
        if text.parse::<crate::Selector>().is_err() {
            self.error(
                "GM-2",
                quoted(text),
                "names and list indexes joined by dots, such as external_references.[0].source_name",
            );
        }
    }

    /// ID-01, ID-02: `type--uuid`. Gives the type.
    pub(super) fn identifier<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let Some((object_type, uuid)) = identifier::split(text).or_else(|| text.split_once("--")) else {
            self.error("ID-01", quoted(text), "an object type, two hyphens and a UUID");
            return None;
        };
        if !identifier::is_type_name(object_type) {
            self.error("ID-01", quoted(text), "an object type of 3 to 250 characters a-z, 0-9 and '-' before the '--'");
        }
        match self.options.any_uuid {
            true => {}
            false if !identifier::is_uuid(uuid) => {
                self.error("ID-02", quoted(text), "a UUID of 36 characters after the '--'");
            }
            false => self.uuid(text, uuid),
        }
        Some(object_type)
    }

    fn uuid(&mut self, text: &str, uuid: &str) {
        if uuid.bytes().fold(false, |any, c| any | c.is_ascii_uppercase()) {
            self.warning("ID-02", quoted(text), "a UUID in lowercase");
        }
        let (version, variant) = (uuid.as_bytes().get(14), uuid.as_bytes().get(19));
        let usual =
            matches!(version, Some(b'1'..=b'5')) && matches!(variant, Some(b'8' | b'9' | b'a' | b'b' | b'A' | b'B'));
        if !usual {
            self.warning("ID-02", quoted(text), "a UUID of version 1 to 5 (RFC 4122)");
        }
    }

    /// RF-01, ID-07: a reference leads to an object of an allowed type. Inside `observed-data` it is a key (OC-2).
    fn reference(&mut self, target: Target, text: &str) {
        if self.container.is_some() {
            return self.reference_by_key(target, text);
        }
        let Some(object_type) = self.identifier(text) else { return };
        if !self.leads(target, object_type) {
            let expected = format!("a reference to {}", target.describe());
            match (target, object_type) {
                (Target::End, "extension-definition") => self.warning("SRO-REL-1", quoted(text), expected),
                (Target::End, _) => self.error("SRO-REL-1", quoted(text), expected),
                (Target::Any, _) => self.error("SDO-REF-1", quoted(text), expected),
                _ => self.error("RF-01", quoted(text), expected),
            }
        }
    }

    /// May an object of this type be the target? A type that its user declared has the class that was declared.
    pub(super) fn leads(&self, target: Target, object_type: &str) -> bool {
        let declared = self.options.types.get(object_type).map(|declared| declared.class);
        match declared {
            Some(class) => target.allows_class(class),
            None => target.allows(object_type),
        }
    }

    /// T-04, T-14, VOC-01.
    fn vocabulary(&mut self, vocabulary: &Vocabulary, text: &str) {
        if vocabulary.values.contains(&text) {
            return;
        }
        let close = vocabulary.values.iter().find(|value| value.eq_ignore_ascii_case(text));
        let expected = match close {
            Some(value) => format!("{value:?}: values are case-sensitive ({})", vocabulary.name),
            None => format!("one of {} ({})", vocabulary.values.join(", "), vocabulary.name),
        };
        if !vocabulary.open {
            return self.error("T-04", quoted(text), expected);
        }
        self.find_code("VOC-01", vocabulary.code, Severity::Warning, quoted(text), expected);
        if !is_hyphenated(text) {
            self.find_code("T-14", Some(111), Severity::Warning, quoted(text), "lowercase words joined by hyphens");
        }
    }

    fn list(&mut self, of: &'static Kind, items: &'c [Json<'_>]) {
        if items.is_empty() {
            self.error("T-12", "an empty list", "at least one item; leave the property out if there is none");
        }
        for (i, item) in items.iter().enumerate() {
            match (of, item) {
                // Most lists are of text: without a path for each item.
                (Kind::String, Json::String(_)) => {}
                _ => self.at_index(i, |check| check.value(of, item)),
            }
        }
    }

    /// T-03.
    fn dictionary(&mut self, of: &'static Kind, keys: Keys, entries: &'c Members<'_>) {
        if entries.is_empty() {
            self.error("T-03", "an empty dictionary", "at least one entry; leave the property out if there is none");
        }
        for (key, value) in entries.iter() {
            self.at(key, |check| {
                check.dictionary_key(key, keys);
                // STIX 2.0 has text where 2.1 has a list of it.
                match (of, value) {
                    (Kind::List(_), Json::String(_)) if check.container.is_some() => {}
                    _ => check.value(of, value),
                }
            });
        }
    }

    pub(super) fn dictionary_key(&mut self, key: &str, keys: Keys) {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
        if !(1..=250).contains(&key.len()) || !key.bytes().all(allowed) {
            self.error("T-03", quoted(key), "a key of 1 to 250 characters a-z, A-Z, 0-9, '_' and '-'");
        } else if keys == Keys::Lowercase && key.bytes().any(|c| c.is_ascii_uppercase()) {
            self.warning("T-03a", quoted(key), "a key in lowercase");
        }
    }

    /// T-07, T-07a, T-07b.
    pub(super) fn hashes(&mut self, hashes: &'c Members<'_>) {
        if hashes.is_empty() {
            self.error("T-03", "an empty dictionary", "at least one entry; leave the property out if there is none");
        }
        for (name, value) in hashes.iter() {
            self.at(name, |check| check.hash(name, value));
        }
        let weak = hashes.contains("MD5") || hashes.contains("SHA-1");
        if weak && !hashes.contains("SHA-256") {
            self.warning("T-07b", "only weak hashes", "SHA-256 as well");
        }
    }

    fn hash(&mut self, name: &str, value: &Json<'_>) {
        let Some(text) = value.as_str() else {
            return self.error("T-07", value.excerpt(), "a hash as a string");
        };
        let known = crate::vocabulary::HashAlgorithm::VOCABULARY;
        if !known.values.contains(&name) {
            let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
            if !(3..=250).contains(&name.len()) || !name.bytes().all(allowed) {
                return self.error(
                    "T-07",
                    quoted(name),
                    "an algorithm of 3 to 250 characters a-z, A-Z, 0-9, '_' and '-'",
                );
            }
            self.find_code(
                "T-07",
                known.code,
                Severity::Warning,
                quoted(name),
                format!("one of {} ({})", known.values.join(", "), known.name),
            );
            if name.len() > 30 {
                self.find_code("T-07", Some(150), Severity::Warning, quoted(name), "a name of at most 30 characters");
            }
            return;
        }
        // Newer programs put the version of TLSH in front.
        let versioned = name == "TLSH" && text.strip_prefix("T1").is_some_and(|rest| hash_fits(name, rest).is_ok());
        match hash_fits(name, text) {
            Ok(()) => {}
            Err(expected) if versioned => self.warning("T-07a", quoted(text), expected),
            Err(expected) => self.error("T-07a", quoted(text), expected),
        }
    }
}

/// The rule and the words for a value that is not of a kind at all.
fn name_of(kind: &Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Any | Kind::String => ("T-15", "a string"),
        Kind::Boolean => ("T-02", "true or false"),
        Kind::Integer { .. } => ("T-10", "an integer"),
        Kind::Float { .. } => ("T-06", "a number"),
        Kind::Timestamp(_) => ("TS-01", "a timestamp"),
        Kind::Hex => ("T-08", "a hexadecimal string"),
        Kind::Binary => ("T-01", "a Base64 string"),
        Kind::Url => ("XR-2", "a URL"),
        Kind::Language => ("CP-05", "a language tag"),
        Kind::Selector => ("GM-2", "a selector"),
        Kind::Reference(_) | Kind::Identifier => ("ID-01", "an identifier"),
        Kind::Literal(_) => ("CP-02", "\"2.1\""),
        Kind::Vocabulary(vocabulary) if vocabulary.open => ("T-14", "a string"),
        Kind::Vocabulary(_) => ("T-04", "a string"),
        Kind::List(_) => ("T-12", "a list"),
        Kind::Dictionary(..) | Kind::Object(_) | Kind::Observables | Kind::Translations => ("T-03", "an object"),
        Kind::Hashes => ("T-07", "an object of hashes by algorithm"),
        Kind::Extensions => ("CP-09", "an object of extensions"),
        Kind::Either(_) => ("T-03", "an integer or a string"),
    }
}

/// Could it be of this kind, by its JSON type?
fn accepts(kind: &Kind, json: &Json<'_>) -> bool {
    matches!(
        (kind, json),
        (Kind::String, Json::String(_)) | (Kind::Integer { .. }, Json::Number(_)) | (Kind::Boolean, Json::Bool(_))
    )
}

/// A text in quotes, shortened, for messages.
pub(super) fn quoted(text: &str) -> String {
    // Nearly all need no escapes.
    if text.len() <= 80 && text.bytes().all(|c| matches!(c, b' '..=b'~') && c != b'"' && c != b'\\') {
        return ["\"", text, "\""].concat();
    }
    match shorten(text) {
        short if short.len() < text.len() => format!("{short:?}…"),
        whole => format!("{whole:?}"),
    }
}

//! Makes an object of what is allowed of another: property by property, value by value.

use stix_model::json::{Json, Members};
use stix_model::object::EXTENSIONS;
use stix_model::property::{Demand, Kind, Property, Shape, Vocabulary};

use super::profile::Exactness;
use super::rules::Rules;
use super::scan::{Action, Outcome};
use super::times::{coarse, coarse_end};
use super::{Stay, pattern, pointer};

/// What was left out, and by which rule.
pub(super) type Gone = (String, String);

/// A value that may leave, none, or the object stays.
type Made = Result<Option<Json<'static>>, Stay>;

/// What is made by whoever puts the object together.
pub(super) const MADE: [&str; 8] =
    ["type", "spec_version", "id", "created_by_ref", "created", "modified", "object_marking_refs", "granular_markings"];

/// The end of something that began: it is rounded up.
const ENDS: [&str; 2] = ["valid_until", "stop_time"];

pub(super) struct Build<'b> {
    pub(super) rules: &'b Rules,
    /// What another object is called where this one goes; `None` if it does not leave.
    pub(super) refs: &'b dyn Fn(&str) -> Option<String>,
    pub(super) exactness: Exactness,
    /// Every property of the standard may leave.
    pub(super) everything: bool,
    pub(super) gone: Vec<Gone>,
}

impl Build<'_> {
    /// What is allowed of an object, without what is made anew.
    pub(super) fn object(
        &mut self,
        object_type: &str,
        shape: Option<&'static Shape>,
        source: &Members<'_>,
    ) -> Result<Members<'static>, Stay> {
        let profile = &self.rules.profile;
        let mut made = Members::new();
        for (name, value) in source.iter().filter(|(name, _)| !MADE.contains(name)) {
            let place = pointer("", name);
            let row = shape.and_then(|shape| shape.property(name));
            let is_common =
                name != "extensions" && shape.is_none_or(|shape| is_common(shape, name)) && COMMON.contains(&name);
            let is_allowed = match is_common {
                true => profile.allows_common(name),
                false => (self.everything && row.is_some()) || profile.allows(object_type, name, row.is_some()),
            };
            if !is_allowed {
                self.gone.push((place, if row.is_some() { "property" } else { "custom" }.to_owned()));
            } else if let Some(value) = self.property(object_type, name, row, value, &place)? {
                made.insert(name.to_owned(), value);
            }
        }
        if object_type == "indicator" {
            self.pattern(source, &mut made)?;
        }
        self.dependents(shape, source, &mut made);
        Ok(made)
    }

    /// What only tells of another property, such as its character set, goes with it: alone it would keep the object back.
    fn dependents(&mut self, shape: Option<&'static Shape>, source: &Members<'_>, made: &mut Members<'static>) {
        loop {
            let has = |name: &&str| made.contains(name);
            let demands = shape.into_iter().flat_map(|shape| shape.constraints).map(|constraint| &constraint.demand);
            let needy = demands.filter_map(|demand| match demand {
                Demand::Needs(name, others) if has(name) && !others.iter().all(has) => Some(*name),
                _ => None,
            });
            let encodings = made.iter().map(|(name, _)| name).filter(|name| {
                let is_of_standard = shape.is_some_and(|shape| shape.property(name).is_some());
                let base = name.strip_suffix("_enc").filter(|base| is_of_standard || source.contains(base));
                base.is_some_and(|base| !made.contains(base))
            });
            let gone: Vec<String> = needy.chain(encodings).map(str::to_owned).collect();
            if gone.is_empty() {
                return;
            }
            made.retain(|name, _| !gone.iter().any(|gone| gone == name));
            gone.iter().for_each(|name| self.leave_out(&pointer("", name), "incomplete"));
        }
    }

    /// A pattern leaves as a whole or keeps the object back.
    fn pattern(&mut self, source: &Members<'_>, made: &mut Members<'static>) -> Result<(), Stay> {
        let text = |name: &str| source.get(name).and_then(Json::as_str).unwrap_or_default();
        if made.contains("pattern") {
            let (language, edition) = (text("pattern_type"), text("pattern_version"));
            let shown = pattern::cleared(self.rules, text("pattern"), language, edition, self.exactness)?;
            made.insert("pattern", Json::from(shown));
        }
        Ok(())
    }

    fn property(
        &mut self,
        object_type: &str,
        name: &str,
        row: Option<&'static Property>,
        value: &Json<'_>,
        place: &str,
    ) -> Made {
        match (name, row) {
            ("labels", _) => self.listed(value, place),
            ("pattern", Some(_)) if object_type == "indicator" => Ok(Some(Json::from(""))),
            (_, Some(row)) => self.value(name, &row.kind, value, place),
            (_, None) => self.free(name, value, place),
        }
    }

    fn listed(&mut self, value: &Json<'_>, place: &str) -> Made {
        let items = value.as_list().unwrap_or_default().iter().enumerate();
        let mut kept = Vec::new();
        for (index, item) in items {
            match item.as_str().filter(|text| self.rules.profile.labels.iter().any(|label| label == text)) {
                Some(text) => kept.push(Json::from(text.to_owned())),
                None => self.leave_out(&pointer(place, &index.to_string()), "label"),
            }
        }
        Ok((!kept.is_empty()).then_some(Json::List(kept)))
    }

    fn leave_out(&mut self, place: &str, rule: &str) {
        self.gone.push((place.to_owned(), rule.to_owned()));
    }

    /// Leaves a value out.
    fn none(&mut self, place: &str, rule: &str) -> Made {
        self.leave_out(place, rule);
        Ok(None)
    }

    /// A value of which a table says what it is. What is something else does not leave.
    fn value(&mut self, name: &str, kind: &'static Kind, value: &Json<'_>, place: &str) -> Made {
        match (kind, value) {
            (Kind::String | Kind::Url | Kind::Hex | Kind::Binary | Kind::Selector, Json::String(text)) => {
                self.text(name, text, place)
            }
            (Kind::Boolean, Json::Bool(_)) | (Kind::Integer { .. } | Kind::Float { .. }, Json::Number(_)) => {
                Ok(Some(value.clone().into_owned()))
            }
            (Kind::Timestamp(_), Json::String(text)) => {
                let told = if ENDS.contains(&name) { coarse_end } else { coarse };
                self.or_none(told(text, self.exactness), place, "form")
            }
            (Kind::Language, Json::String(tag)) => {
                self.or_none(is_plain_language(tag).then(|| tag.to_string()), place, "form")
            }
            (Kind::Reference(target), Json::String(id)) => {
                let name = (self.refs)(id).filter(|name| target.allows(name.split("--").next().unwrap_or_default()));
                self.or_none(name, place, "reference")
            }
            (Kind::Literal(word), Json::String(text)) => {
                self.or_none((word == text).then(|| text.to_string()), place, "form")
            }
            (Kind::Vocabulary(words), Json::String(text)) => {
                let word = self.rules.word(words, text).then(|| text.to_string());
                self.or_none(word, place, "word")
            }
            (Kind::List(of), Json::List(items)) => self.list(name, of, items, place),
            (Kind::Dictionary(of, _), Json::Object(entries)) => self.dictionary(of, entries, place),
            (Kind::Hashes, Json::Object(hashes)) => self.hashes(hashes, place),
            (Kind::Either(kinds), _) => match kinds.iter().find(|kind| fits(kind, value)) {
                Some(kind) => self.value(name, kind, value, place),
                None => self.none(place, "form"),
            },
            (Kind::Object(shape), Json::Object(part)) => self.part(shape, part, place),
            (Kind::Extensions, Json::Object(entries)) => self.extensions(entries, place),
            (Kind::Any, _) => self.free(name, value, place),
            _ => self.none(place, "form"),
        }
    }

    fn or_none(&mut self, text: Option<String>, place: &str, rule: &str) -> Made {
        match text {
            Some(text) => Ok(Some(Json::from(text))),
            None => self.none(place, rule),
        }
    }

    /// Text is looked through. Leaks are taken out of free text; a value that has one goes, or keeps the object back.
    fn text(&mut self, name: &str, text: &str, place: &str) -> Made {
        let scanner = &self.rules.scanner;
        if self.rules.profile.text.iter().any(|free| free == name) {
            return match scanner.redact(text) {
                Outcome::Clean => Ok(Some(Json::from(text.to_owned()))),
                Outcome::Redacted(rest, rules) => {
                    rules.iter().for_each(|rule| self.leave_out(place, &format!("scan-{rule}")));
                    Ok(Some(Json::from(rest)))
                }
                Outcome::Rejected(rule) => self.leak(&rule, place),
            };
        }
        match scanner.first(text) {
            None => Ok(Some(Json::from(text.to_owned()))),
            Some(rule) => self.leak(&rule, place),
        }
    }

    fn leak(&mut self, rule: &str, place: &str) -> Made {
        let name = format!("scan-{rule}");
        match self.rules.scanner.action(rule) {
            Action::Reject => Err(Stay::new(name, format!("{place} has a leak"))),
            _ => self.none(place, &name),
        }
    }

    fn list(&mut self, name: &str, of: &'static Kind, items: &[Json<'_>], place: &str) -> Made {
        let mut kept = Vec::new();
        for (index, item) in items.iter().enumerate() {
            kept.extend(self.value(name, of, item, &pointer(place, &index.to_string()))?);
        }
        Ok((!kept.is_empty()).then_some(Json::List(kept)))
    }

    /// Names in dictionaries are anybody's, so they have to be listed.
    fn dictionary(&mut self, of: &'static Kind, entries: &Members<'_>, place: &str) -> Made {
        let mut kept = Members::new();
        for (key, value) in entries.iter() {
            let place = pointer(place, key);
            if !self.rules.profile.keys.iter().any(|listed| listed.eq_ignore_ascii_case(key)) {
                self.leave_out(&place, "key");
            } else if let Some(value) = self.value(key, of, value, &place)? {
                kept.insert(key.to_owned(), value);
            }
        }
        Ok((!kept.is_empty()).then_some(Json::Object(kept)))
    }

    fn hashes(&mut self, hashes: &Members<'_>, place: &str) -> Made {
        let mut kept = Members::new();
        for (algorithm, value) in hashes.iter() {
            let is_known = stix_model::vocabulary::HashAlgorithm::VOCABULARY.values.contains(&algorithm);
            match value.as_str().filter(|value| is_known && is_hash(algorithm, value)) {
                Some(hash) => {
                    kept.insert(algorithm.to_owned(), Json::from(hash.to_owned()));
                }
                None => self.leave_out(&pointer(place, algorithm), "hash"),
            }
        }
        Ok((!kept.is_empty()).then_some(Json::Object(kept)))
    }

    /// A part with a table of its own. One that lacks what it requires goes as a whole.
    fn part(&mut self, shape: &'static Shape, part: &Members<'_>, place: &str) -> Made {
        let mut made = Members::new();
        for (name, value) in part.iter() {
            let place = pointer(place, name);
            match shape.property(name) {
                Some(row) if self.everything || self.rules.profile.allows(shape.name, name, true) => {
                    if let Some(value) = self.value(name, &row.kind, value, &place)? {
                        made.insert(name.to_owned(), value);
                    }
                }
                None if self.rules.profile.allows(shape.name, name, false) => {
                    if let Some(value) = self.free(name, value, &place)? {
                        made.insert(name.to_owned(), value);
                    }
                }
                row => self.leave_out(&place, if row.is_some() { "property" } else { "custom" }),
            }
        }
        let is_source = shape.name != "external-reference" || self.rules.is_source(&made);
        if made.is_empty() || !is_source || !is_whole(shape, &made) {
            return self.none(place, if is_source { "incomplete" } else { "source" });
        }
        Ok(Some(Json::Object(made)))
    }

    fn extensions(&mut self, entries: &Members<'_>, place: &str) -> Made {
        let mut kept = Members::new();
        for (key, value) in entries.iter() {
            let place = pointer(place, key);
            let shape = EXTENSIONS.iter().copied().find(|shape| shape.name == key);
            let made = match (shape, value) {
                (Some(shape), Json::Object(part)) => self.part(shape, part, &place)?,
                (None, Json::Object(part)) if self.rules.profile.parts.contains_key(key) => {
                    self.own(key, part, &place)?
                }
                _ => self.none(&place, "extension")?,
            };
            if let Some(made) = made {
                kept.insert(key.to_owned(), made);
            }
        }
        Ok((!kept.is_empty()).then_some(Json::Object(kept)))
    }

    /// An extension of which no table tells.
    fn own(&mut self, key: &str, part: &Members<'_>, place: &str) -> Made {
        let mut made = Members::new();
        for (name, value) in part.iter() {
            let place = pointer(place, name);
            if !self.rules.profile.allows(key, name, false) {
                self.leave_out(&place, "custom");
            } else if let Some(value) = self.free(name, value, &place)? {
                made.insert(name.to_owned(), value);
            }
        }
        Ok((!made.is_empty()).then_some(Json::Object(made)))
    }

    /// A value of which no table says what it is: all text in it is looked through, names too.
    fn free(&mut self, name: &str, value: &Json<'_>, place: &str) -> Made {
        match value {
            Json::String(id) if name.ends_with("_ref") || name.ends_with("_refs") => {
                self.or_none((self.refs)(id), place, "reference")
            }
            Json::String(text) => self.text(name, text, place),
            Json::List(items) => {
                let mut kept = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    kept.extend(self.free(name, item, &pointer(place, &index.to_string()))?);
                }
                Ok((!kept.is_empty()).then_some(Json::List(kept)))
            }
            Json::Object(entries) => {
                let mut kept = Members::new();
                for (key, value) in entries.iter() {
                    let place = pointer(place, key);
                    if let Some(rule) = self.rules.scanner.first(key) {
                        self.leak(&rule, &place)?;
                    } else if let Some(value) = self.free(key, value, &place)? {
                        kept.insert(key.to_owned(), value);
                    }
                }
                Ok((!kept.is_empty()).then_some(Json::Object(kept)))
            }
            Json::Null => self.none(place, "form"),
            other => Ok(Some(other.clone().into_owned())),
        }
    }
}

/// What the profile's list `common` tells of.
const COMMON: [&str; 6] = ["revoked", "labels", "confidence", "lang", "external_references", "defanged"];

fn is_common(shape: &Shape, name: &str) -> bool {
    shape.common().iter().any(|row| row.name == name)
}

/// Has it what its table requires?
pub(super) fn is_whole(shape: &'static Shape, members: &Members<'_>) -> bool {
    let required = shape.properties.iter().filter(|row| row.required).all(|row| members.contains(row.name));
    required && shape.constraints.iter().all(|constraint| constraint.demand.holds(shape, members))
}

fn fits(kind: &Kind, value: &Json<'_>) -> bool {
    matches!(
        (kind, value),
        (Kind::String, Json::String(_))
            | (Kind::Integer { .. } | Kind::Float { .. }, Json::Number(_))
            | (Kind::List(_), Json::List(_))
            | (Kind::Boolean, Json::Bool(_))
    )
}

/// `en`, `en-GB`: other forms of tags can say anything.
fn is_plain_language(tag: &str) -> bool {
    let (language, region) = tag.split_once('-').map_or((tag, None), |(language, region)| (language, Some(region)));
    let letters = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters(language, 2) && region.is_none_or(|region| letters(region, 2))
}

/// Does it look like a hash of this kind?
fn is_hash(algorithm: &str, value: &str) -> bool {
    let hex = |digits: usize| value.len() == digits && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    match algorithm {
        "MD5" => hex(32),
        "SHA-1" => hex(40),
        "SHA-256" | "SHA3-256" => hex(64),
        "SHA-512" | "SHA3-512" => hex(128),
        "TLSH" => {
            value.strip_prefix("T1").unwrap_or(value).bytes().all(|byte| byte.is_ascii_hexdigit()) && value.len() <= 72
        }
        // The block size and two pieces, at most 64 and 32 characters long.
        _ => {
            let pieces: Vec<&str> = value.split(':').collect();
            matches!(pieces.as_slice(), [size, one, two] if size.parse::<u64>().is_ok() && one.len() <= 64 && two.len() <= 64)
        }
    }
}

/// Is it one of the words, or one of the profile's?
pub(super) fn is_word(words: &Vocabulary, own: &[String], text: &str) -> bool {
    words.values.contains(&text) || own.iter().any(|word| word == text)
}

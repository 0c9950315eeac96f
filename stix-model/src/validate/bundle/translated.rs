//! Whether translations have the structure of what they translate (STIX 2.1 §7.1).

use std::collections::{HashMap, HashSet};

use super::index::{Hash, Slot};
use super::{BundleCheck, LISTED};
use crate::json::{Json, Members};
use crate::pointer::Path;
use crate::{Finding, Severity};

/// How many versions of an object are compared with the translations of any version: an object made for it could have
/// more than can be compared in time.
const VERSIONS: u8 = 16;

/// What LC-2 and LC-3 have to know.
#[derive(Debug, Default)]
pub(super) struct Translated {
    /// The translations of each object: of any version, or of a certain one.
    translations: HashMap<(Slot, Option<Hash>), Translations>,
    /// Is there one that came after its object?
    pub(super) late: bool,
    /// What is wrong (LC-2), and what readers pass over (LC-3).
    wrong: Differences,
    idle: Differences,
}

/// Up to [`LISTED`].
#[derive(Debug, Default)]
struct Differences {
    listed: HashSet<Difference>,
    more: usize,
}

/// Those that came before their object, and those that came late.
#[derive(Debug, Default)]
struct Translations([Side; 2]);

#[derive(Debug, Default)]
struct Side {
    contents: Vec<(Slot, Json<'static>)>,
    /// How many objects they were compared with.
    compared: u8,
}

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Difference {
    translation: Slot,
    pointer: String,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum What {
    Missing,
    NoText,
    Kind { found: &'static str, expected: &'static str },
    Length { found: usize, expected: usize },
}

impl Translated {
    /// Keeps a translation; without its text, of which only the structure is compared.
    pub(super) fn keep(&mut self, slot: Slot, target: Slot, members: &Members<'_>, version: Option<Hash>, late: bool) {
        let Some(contents) = members.get("contents").filter(|contents| contents.as_object().is_some()) else { return };
        self.late |= late;
        let Translations([early, tardy]) = self.translations.entry((target, version)).or_default();
        let side = if late { tardy } else { early };
        side.contents.push((slot, skeleton(contents)));
    }

    /// Compares an object with its translations: those that were there before it, or the others.
    pub(super) fn compare(&mut self, slot: Slot, members: &Members<'_>, version: impl FnOnce() -> Hash, late: bool) {
        // Most bundles have no translations.
        if self.translations.is_empty() {
            return;
        }
        for version in [None, Some(version())] {
            let Some(Translations([early, tardy])) = self.translations.get_mut(&(slot, version)) else { continue };
            let side = if late { tardy } else { early };
            if side.compared == VERSIONS {
                continue;
            }
            side.compared += 1;
            for (translation, contents) in &side.contents {
                let mut found = |path: &Path<'_>, what| {
                    let differences = match what {
                        What::Missing | What::NoText => &mut self.idle,
                        What::Kind { .. } | What::Length { .. } => &mut self.wrong,
                    };
                    match differences.listed.len() < LISTED {
                        true => _ = differences.listed.insert(Difference::new(*translation, path, what)),
                        false => differences.more += 1,
                    }
                };
                let mut path = Path::default();
                path.push("contents");
                for (tag, translated) in contents.as_object().into_iter().flat_map(Members::iter) {
                    let Json::Object(translated) = translated else { continue };
                    path.push(tag);
                    compare_members(members, translated, &mut path, &mut found);
                    path.pop();
                }
            }
        }
    }

    /// LC-2, LC-3.
    pub(super) fn finish(&self, check: &BundleCheck<'_>, findings: &mut Vec<Finding>) {
        let both = [("LC-2", Severity::Error, &self.wrong), ("LC-3", Severity::Information, &self.idle)];
        for (rule, severity, Differences { listed, more }) in both {
            let mut sorted: Vec<_> = listed.iter().collect();
            sorted.sort_unstable();
            for Difference { translation, pointer, what } in sorted {
                let id = check.index.get(*translation).map(|entry| check.index.id(entry));
                check.find(findings, id.as_deref(), rule, severity, pointer, what.found(), what.expected());
            }
            if *more > 0 {
                let found = format!("{more} more such findings");
                check.find(findings, None, rule, severity, "", found, "the structure of the object");
            }
        }
    }
}

impl Difference {
    fn new(translation: Slot, path: &Path<'_>, what: What) -> Self {
        Self { translation, pointer: path.pointer(), what }
    }
}

impl What {
    fn found(self) -> String {
        match self {
            Self::Missing => "the object does not have this".to_owned(),
            Self::NoText => "the object has no text here".to_owned(),
            Self::Kind { found, .. } => found.to_owned(),
            Self::Length { found, expected } => format!("a list of {found}, where the object has {expected}"),
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Missing => "what the object has",
            Self::NoText => "text of the object",
            Self::Kind { expected, .. } => expected,
            Self::Length { .. } => "a list of the same length",
        }
    }
}

type Found<'f> = &'f mut dyn FnMut(&Path<'_>, What);

fn compare_members<'p>(object: &Members<'_>, translated: &'p Members<'_>, path: &mut Path<'p>, found: Found<'_>) {
    for (name, translation) in translated.iter() {
        path.push(name);
        match object.get(name) {
            Some(value) => compare(value, translation, path, found),
            None => found(path, What::Missing),
        }
        path.pop();
    }
}

/// The empty string stands for what is not translated, whatever it is.
fn compare<'p>(value: &Json<'_>, translation: &'p Json<'_>, path: &mut Path<'p>, found: Found<'_>) {
    match (value, translation) {
        (_, Json::Null) | (Json::String(_), Json::String(_)) => {}
        (Json::Object(object), Json::Object(translated)) => compare_members(object, translated, path, found),
        (Json::List(items), Json::List(translated)) if items.len() == translated.len() => {
            for (i, (item, translation)) in items.iter().zip(translated).enumerate() {
                path.push_index(i);
                compare(item, translation, path, found);
                path.pop();
            }
        }
        (Json::List(items), Json::List(translated)) => {
            found(path, What::Length { found: translated.len(), expected: items.len() });
        }
        (Json::String(_) | Json::Object(_) | Json::List(_), _) => {
            found(path, What::Kind { found: translation.kind(), expected: value.kind() });
        }
        (Json::Null | Json::Bool(_) | Json::Number(_), _) => found(path, What::NoText),
    }
}

/// The same without its text. `null`, which no translation has, stands for the empty string.
fn skeleton(json: &Json<'_>) -> Json<'static> {
    match json {
        Json::String(text) if text.is_empty() => Json::Null,
        Json::String(_) => Json::from(""),
        Json::List(items) => Json::List(items.iter().map(skeleton).collect()),
        Json::Object(members) => {
            Json::Object(members.iter().map(|(name, value)| (name.to_owned(), skeleton(value))).collect())
        }
        // Found in the translation alone.
        Json::Null | Json::Bool(_) | Json::Number(_) => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use crate::validate::{Options, bundle};

    const UUID: &str = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";

    /// What is found between an object and its translation, whichever comes first.
    fn found(object: &str, more: &str, contents: &str) -> Vec<String> {
        let object =
            format!(r#"{{"type":"x-acme","id":"x-acme--{UUID}","modified":"2021-01-01T00:00:00.000Z",{object}}}"#);
        let translation = format!(
            r#"{{"type":"language-content","id":"language-content--{UUID}","object_ref":"x-acme--{UUID}"{more},"contents":{contents}}}"#
        );
        let check = |objects: [&str; 2]| {
            let text = format!(r#"{{"type":"bundle","id":"bundle--{UUID}","objects":[{}]}}"#, objects.join(","));
            let findings =
                bundle(&text, &Options::default()).unwrap().findings.into_iter().map(|located| located.finding);
            let of_structure = findings.filter(|finding| finding.rule.starts_with("LC-"));
            of_structure
                .map(|f| format!("{} {} {}: {}", f.rule, f.severity, f.pointer, f.message()))
                .collect::<Vec<_>>()
        };
        let forward = check([&object, &translation]);
        assert_eq!(forward, check([&translation, &object]));
        forward
    }

    /// LC-2, LC-3, LC-4: text for text, lists of the same length, objects for objects; what is not there is no error.
    #[test]
    fn translations_have_the_structure() {
        const OBJECT: &str = r#""name":"a","words":["b","c"],"phases":[{"name":"d","n":1}],"rank":7"#;
        let of = |contents: &str| found(OBJECT, "", &format!(r#"{{"de":{contents}}}"#));
        for fine in [
            r#"{"name":"A"}"#,
            r#"{"name":"A","words":["","C"],"phases":[{"name":"D"}]}"#,
            r#"{"words":"","phases":[""],"rank":""}"#,
        ] {
            assert_eq!(of(fine), [""; 0], "{fine}");
        }
        for (contents, expected) in [
            (r#"{"name":["A"]}"#, "LC-2 error /contents/de/name: a list; expected a string"),
            (r#"{"words":"B"}"#, "LC-2 error /contents/de/words: a string; expected a list"),
            (
                r#"{"words":["B"]}"#,
                "LC-2 error /contents/de/words: a list of 1, where the object has 2; expected a list of the same length",
            ),
            (r#"{"words":["B",{"x":"y"}]}"#, "LC-2 error /contents/de/words/1: an object; expected a string"),
            (r#"{"phases":["D"]}"#, "LC-2 error /contents/de/phases/0: a string; expected an object"),
            (
                r#"{"phases":[{"n":"1"}]}"#,
                "LC-3 info /contents/de/phases/0/n: the object has no text here; expected text of the object",
            ),
            (
                r#"{"title":"A"}"#,
                "LC-3 info /contents/de/title: the object does not have this; expected what the object has",
            ),
        ] {
            assert_eq!(of(contents), [expected]);
        }
    }

    /// LC-4: a translation of another version is not compared.
    #[test]
    fn only_that_version_is_compared() {
        let of = |modified: &str| {
            found(r#""name":"a""#, &format!(r#","object_modified":"{modified}""#), r#"{"de":{"name":["A"]}}"#).join(" ")
        };
        assert!(of("2021-01-01T00:00:00Z").starts_with("LC-2 error /contents/de/name"));
        assert!(of("2022-01-01T00:00:00Z").starts_with("LC-1"));
        assert!(!of("2022-01-01T00:00:00Z").contains("LC-2"));
    }

    /// LIB-09: however many translations and versions there are, each pair is not compared.
    #[test]
    fn lib_09_the_work_has_a_limit() {
        let object = format!(r#"{{"type":"x-acme","id":"x-acme--{UUID}","name":["a"]}}"#);
        let translation = |n: usize| {
            format!(
                r#"{{"type":"language-content","id":"language-content--8e2e2d2b-17d4-4cbf-938f-98ee46b{n:05x}","object_ref":"x-acme--{UUID}","contents":{{"de":{{"name":"A"}}}}}}"#
            )
        };
        let mut objects: Vec<_> = (0..3000).map(translation).collect();
        objects.extend(vec![object; 3000]);
        let text = format!(r#"{{"type":"bundle","id":"bundle--{UUID}","objects":[{}]}}"#, objects.join(","));
        let start = std::time::Instant::now();
        let report = bundle(&text, &Options { disabled: ["203".to_owned()].into(), ..Options::default() }).unwrap();
        let of_structure = report.findings.iter().filter(|located| located.finding.rule == "LC-2");
        assert!(of_structure.count() > 1000);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }
}

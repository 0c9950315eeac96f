mod containers;
mod fixtures;
mod objects;

use super::*;
use crate::validate;

pub(super) const UUID: &str = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
pub(super) const RED: &str = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";
pub(super) const GREEN: &str = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";

pub(super) fn parse(text: &str) -> Members<'static> {
    match Json::parse(text).unwrap_or_else(|error| panic!("{error}: {text}")).into_owned() {
        Json::Object(members) => members,
        other => panic!("{other}"),
    }
}

/// The text of an object of 2.0.
pub(super) fn old(object_type: &str, rest: &str) -> String {
    let head = r#""created": "2016-04-06T20:03:48.000Z", "modified": "2016-04-06T20:03:48.000Z""#;
    format!(r#"{{"type": "{object_type}", "id": "{object_type}--{UUID}", {head}, {rest}}}"#)
}

/// The text of an `observed-data` of 2.0 with these observables.
pub(super) fn observed(objects: &str, more: &str) -> String {
    let dates =
        r#""first_observed": "2015-12-21T19:00:00Z", "last_observed": "2015-12-21T19:00:00Z", "number_observed": 50"#;
    old("observed-data", &format!(r#"{dates}, "objects": {{{objects}}}{more}"#))
}

pub(super) fn upgraded(text: &str) -> Upgraded {
    object(parse(text), &Options::default()).unwrap()
}

pub(super) fn keeping(text: &str) -> Upgraded {
    object(parse(text), &Options { keep_removed: true, ..Options::default() }).unwrap()
}

/// A value of an object, by its JSON pointer, as text.
pub(super) fn at(members: &Members<'static>, pointer: &str) -> String {
    let json = Json::Object(members.clone());
    let found = pointer.split('/').skip(1).try_fold(&json, |json, step| match json {
        Json::Object(members) => members.get(step),
        Json::List(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    });
    found.map_or_else(String::new, |json| json.as_str().map_or_else(|| json.to_string(), str::to_owned))
}

/// Every fixture, with its name.
pub(super) fn fixtures() -> Vec<(String, String)> {
    let objects = fixtures::OBJECTS.iter().map(|(name, rest)| ((*name).to_owned(), old(name, rest)));
    let containers = fixtures::CONTAINERS.iter().map(|(name, objects, _)| ((*name).to_owned(), observed(objects, "")));
    let statement = r#"{"type": "marking-definition", "id": "marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "created": "2017-01-20T00:00:00.000Z", "definition_type": "statement", "definition": {"statement": "x"}}"#;
    let alone = r#"{"type": "url", "value": "https://example.com/"}"#;
    let more = [("statement", statement), ("alone", alone)].map(|(name, text)| (name.to_owned(), text.to_owned()));
    objects.chain(containers).chain(more).collect()
}

/// AC-13: what was valid in 2.0 is valid in 2.1, says 2.1, and is not changed again.
#[test]
fn what_was_valid_stays_valid() {
    for (name, text) in fixtures() {
        for upgraded in [upgraded(&text), keeping(&text)] {
            for new in &upgraded.objects {
                let findings = validate::members(new, &validate::Options::default());
                let errors: Vec<_> = findings.into_iter().filter(|f| f.severity == Severity::Error).collect();
                assert_eq!(errors, [], "{name}: {}", Json::Object(new.clone()));
                assert_eq!(at(new, "/spec_version"), "2.1", "{name}");
                let again = object(new.clone(), &Options::default()).unwrap();
                assert_eq!(Json::Object(again.objects[0].clone()).to_string(), Json::Object(new.clone()).to_string());
                assert_eq!((again.objects.len(), again.changes), (1, vec![]));
            }
        }
    }
}

/// LIB-04: every change names the object, and a place that is there before or after.
#[test]
fn changes_say_where() {
    for (name, text) in fixtures() {
        let before = Json::Object(parse(&text));
        let result = upgraded(&text);
        assert!(!result.changes.is_empty(), "{name}");
        for change in &result.changes {
            assert_eq!(change.object.as_deref(), before.get("id").and_then(Json::as_str), "{name}: {change}");
            let pointer = change.pointer.as_str();
            let there = |members: &Members<'static>| pointer.is_empty() || !at(members, pointer).is_empty();
            assert!(there(before.as_object().unwrap()) || there(&result.objects[0]), "{name}: {change}");
            assert!(!change.what.is_empty() && change.to_string().contains(change.rule));
        }
    }
}

/// AC-13: the table that tells the editions apart, row by row.
#[test]
fn detects_the_edition() {
    use Detected::{Later, Observable2_0, Unknown, V2_0, V2_1};
    let later = || Later("2.2".into());
    let unknown = |text: &str| Unknown(text.into());
    for (text, alone, in_old) in [
        (r#"{"type":"bundle","spec_version":"2.0"}"#, V2_0, V2_0),
        (r#"{"type":"bundle"}"#, V2_1, V2_1),
        (r#"{"type":"tool","id":"x","spec_version":"2.1"}"#, V2_1, V2_1),
        (r#"{"type":"tool","id":"x","spec_version":"2.0"}"#, V2_0, V2_0),
        (r#"{"type":"tool","id":"x","spec_version":"2.2"}"#, later(), later()),
        (r#"{"type":"tool","id":"x","spec_version":"1.2"}"#, unknown("1.2"), unknown("1.2")),
        (r#"{"type":"tool","id":"x","spec_version":2.1}"#, unknown("2.1"), unknown("2.1")),
        (r#"{"type":"file","id":"x"}"#, V2_1, V2_1),
        (r#"{"type":"file","name":"x"}"#, Observable2_0, Observable2_0),
        (r#"{"type":"tool","id":"x"}"#, V2_0, V2_0),
        (r#"{"type":"x-thing","id":"x","created":"x"}"#, V2_0, V2_0),
        (r#"{"type":"x-thing","id":"x"}"#, V2_1, V2_0),
    ] {
        assert_eq!(spec_version_of(&parse(text), None), alone, "{text}");
        assert_eq!(spec_version_of(&parse(text), Some(SpecVersion::V2_0)), in_old, "{text}");
    }
    assert_eq!(
        object(parse(r#"{"type":"tool","spec_version":"3"}"#), &Options::default()),
        Err(Error::UnknownVersion("3".into()))
    );
    assert_eq!(object(parse("{}"), &Options::default()), Err(Error::NoType));
    assert_eq!(upgraded(r#"{"type":"tool","spec_version":"2.2"}"#).changes[0].severity, Severity::Warning);
}

/// §17.1, V20-05: in a bundle, what an object says of itself wins; one that cannot be upgraded stays.
#[test]
fn bundles_hold_both_editions() {
    let new = r#"{"type":"tool","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","spec_version":"2.1","labels":["remote-access"]}"#;
    let strange = r#"{"type":"tool","spec_version":"9"}"#;
    let tlp = format!(
        r#"{{"type":"marking-definition","id":"{GREEN}","created":"2017-01-20T00:00:00Z","definition_type":"tlp","definition":{{"tlp":"green"}}}}"#
    );
    let tool = old("tool", r#""name": "VNC", "labels": ["remote-access"]"#);
    let data = observed(r#""0": {"type": "ipv4-addr", "value": "198.51.100.3"}"#, "");
    let nested = r#"{"type":"bundle","id":"bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","spec_version":"2.0"}"#;
    let text = format!(
        r#"{{"type":"bundle","id":"bundle--{UUID}","spec_version":"2.0","objects":[{new},{strange},{tlp},{data},{tool},{data},{nested},7]}}"#
    );
    let result = upgraded(&text);
    let bundle = &result.objects[0];
    assert!(!bundle.contains("spec_version"));
    assert_eq!(at(bundle, "/objects/0"), new);
    assert_eq!(at(bundle, "/objects/1"), strange);
    assert_eq!(at(bundle, "/objects/2/id"), GREEN);
    assert_eq!(at(bundle, "/objects/2/created"), "2017-01-20T00:00:00.000Z");
    assert!(at(bundle, "/objects/2/name").is_empty());
    assert_eq!(at(bundle, "/objects/4/tool_types"), r#"["remote-access"]"#);
    assert_eq!(at(bundle, "/objects/6"), nested);
    assert_eq!(at(bundle, "/objects/8/id"), "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4");
    assert_eq!(at(bundle, "/objects/9"), "", "the same observable comes once");
    let severity =
        |rule: &str| result.changes.iter().filter(|c| c.rule == rule).map(|c| c.severity).collect::<Vec<_>>();
    assert_eq!(severity("V20-01"), [Severity::Warning, Severity::Error]);
    let none = bundle_error(r#"{"type":"tool"}"#);
    assert_eq!(none, Err(Error::NotABundle("tool".into())));
}

fn bundle_error(text: &str) -> Result<Upgraded, Error> {
    bundle(parse(text), &Options::default())
}

/// LIB-07: whatever stands where, an upgrade comes to an end.
#[test]
fn damaged_objects_are_no_danger() {
    for (name, text) in fixtures() {
        let whole = Json::Object(parse(&text));
        for at in 0..count(&whole) {
            for odd in ["null", "[]", "{}", "\"0\"", "7", r#"{"type": "process"}"#, r#"[{"0": ["0"]}]"#] {
                let mut damaged = whole.clone();
                replace(&mut damaged, &mut { at }, &Json::parse(odd).unwrap().into_owned());
                let Json::Object(members) = damaged else { continue };
                let options = Options { keep_removed: at % 2 == 0, ids: Ids::New, ..Options::default() };
                let Ok(upgraded) = object(members, &options) else { continue };
                assert!(!upgraded.objects.is_empty(), "{name}");
            }
        }
    }
}

/// How many values there are in a value.
fn count(json: &Json<'_>) -> usize {
    1 + match json {
        Json::List(items) => items.iter().map(count).sum(),
        Json::Object(members) => members.iter().map(|(_, value)| count(value)).sum::<usize>(),
        _ => 0,
    }
}

/// Replaces one of the values in a value.
fn replace(json: &mut Json<'static>, at: &mut usize, by: &Json<'static>) {
    let Some(left) = at.checked_sub(1) else {
        *json = by.clone();
        *at = usize::MAX;
        return;
    };
    *at = left;
    match json {
        Json::List(items) => items.iter_mut().for_each(|item| replace(item, at, by)),
        Json::Object(members) => members.iter_mut().for_each(|(_, value)| replace(value, at, by)),
        _ => {}
    }
}

proptest::proptest! {
    /// AC-09: any text is understood or left alone, and what needs no change gets none.
    #[test]
    fn patterns_stay_whole(pattern in r"(file|process|START|t?'[^']{0,3}'?|:|\.|\[|\]|/\*|\*/|//|name|hashes|ssdeep|REPEATS| |\n|.){0,30}") {
        if let Some(rewritten) = pattern::rewrite(&pattern, false) {
            let unchanged = rewritten.notes.iter().all(|(severity, _)| *severity == Severity::Warning);
            proptest::prop_assert!(!unchanged || rewritten.text == pattern);
        }
    }
}

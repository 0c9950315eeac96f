//! Every rule of the catalogue, with objects that keep it and objects that break it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, HashSet};

use stix_model::json::Json;
use stix_model::validate::rules::{CHECKS, GROUPS, RULES};
use stix_model::validate::{self, Options, Profile};
use stix_model::{Severity, TypeClass};

/// Each row: rule, `good` or `bad`, where and how severe (`-` for good ones), the type of the object, a JSON merge patch
/// (RFC 7396) on the example below, and a profile if it is not the default.
const ROWS: &str = include_str!("rules.tsv");

/// Rules that an option switches on; they have tests of their own.
const ON_DEMAND: &[&str] = &["EX-11"];

/// The same, with one more column: rules without a name in findings, and the rule whose name findings have instead.
const ALIASES: &str = include_str!("aliases.tsv");

/// An example of each type, without common properties.
const EXAMPLES: &[(&str, &str)] = &[
    ("attack-pattern", r#"{"name": "a"}"#),
    ("campaign", r#"{"name": "a"}"#),
    ("course-of-action", r#"{"name": "a"}"#),
    ("grouping", r#"{"context": "unspecified", "object_refs": ["mutex--11111111-1111-5111-8111-111111111111"]}"#),
    ("identity", r#"{"name": "a"}"#),
    ("incident", r#"{"name": "a"}"#),
    (
        "indicator",
        r#"{"name": "a", "description": "b", "pattern": "[mutex:name = 'a']", "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z"}"#,
    ),
    ("infrastructure", r#"{"name": "a"}"#),
    ("intrusion-set", r#"{"name": "a"}"#),
    ("location", r#"{"region": "europe"}"#),
    ("malware", r#"{"name": "a", "is_family": true}"#),
    ("malware-analysis", r#"{"product": "a", "result": "benign"}"#),
    ("note", r#"{"content": "a", "object_refs": ["mutex--11111111-1111-5111-8111-111111111111"]}"#),
    (
        "observed-data",
        r#"{"first_observed": "2026-01-01T00:00:00Z", "last_observed": "2026-01-01T00:00:00Z", "number_observed": 1, "object_refs": ["mutex--11111111-1111-5111-8111-111111111111"]}"#,
    ),
    ("opinion", r#"{"opinion": "agree", "object_refs": ["mutex--11111111-1111-5111-8111-111111111111"]}"#),
    (
        "report",
        r#"{"name": "a", "published": "2026-01-01T00:00:00Z", "object_refs": ["mutex--11111111-1111-5111-8111-111111111111"]}"#,
    ),
    ("threat-actor", r#"{"name": "a"}"#),
    ("tool", r#"{"name": "a"}"#),
    ("vulnerability", r#"{"name": "a"}"#),
    (
        "relationship",
        r#"{"relationship_type": "uses", "source_ref": "campaign--11111111-1111-4111-8111-111111111111", "target_ref": "malware--11111111-1111-4111-8111-111111111111"}"#,
    ),
    ("sighting", r#"{"sighting_of_ref": "malware--11111111-1111-4111-8111-111111111111"}"#),
    ("artifact", r#"{"payload_bin": "AAAA"}"#),
    ("autonomous-system", r#"{"number": 1}"#),
    ("directory", r#"{"path": "a"}"#),
    ("domain-name", r#"{"value": "example.com"}"#),
    ("email-addr", r#"{"value": "john@example.com"}"#),
    ("email-message", r#"{"is_multipart": false, "subject": "a"}"#),
    ("file", r#"{"name": "a"}"#),
    ("ipv4-addr", r#"{"value": "198.51.100.3"}"#),
    ("ipv6-addr", r#"{"value": "2001:db8::1"}"#),
    ("mac-addr", r#"{"value": "d2:fb:49:24:37:18"}"#),
    ("mutex", r#"{"name": "a"}"#),
    (
        "network-traffic",
        r#"{"src_ref": "ipv4-addr--11111111-1111-5111-8111-111111111111", "src_port": 1, "dst_port": 2, "protocols": ["ipv4", "tcp", "http"]}"#,
    ),
    ("process", r#"{"id": "process--11111111-1111-4111-8111-111111111111", "pid": 0}"#),
    ("software", r#"{"name": "a"}"#),
    ("url", r#"{"value": "https://example.com/"}"#),
    ("user-account", r#"{"user_id": "a"}"#),
    ("windows-registry-key", r#"{"key": "HKEY_LOCAL_MACHINE\\a"}"#),
    ("x509-certificate", r#"{"serial_number": "a"}"#),
    ("marking-definition", r#"{"definition_type": "statement", "definition": {"statement": "a"}}"#),
    (
        "language-content",
        r#"{"object_ref": "campaign--11111111-1111-4111-8111-111111111111", "contents": {"de": {"name": "a"}}}"#,
    ),
    (
        "extension-definition",
        r#"{"name": "a", "description": "b", "schema": "c", "version": "1.0.0", "extension_types": ["new-sdo"], "created_by_ref": "identity--11111111-1111-4111-8111-111111111111"}"#,
    ),
    ("x-acme-thing", r#"{"rank": 1}"#),
];

struct Row<'r> {
    rule: &'r str,
    good: bool,
    pointer: &'r str,
    severity: &'r str,
    object_type: &'r str,
    patch: &'r str,
    profile: Profile,
    /// What findings call the rule.
    name: &'r str,
}

fn rows() -> impl Iterator<Item = Row<'static>> {
    rows_of(ROWS)
}

fn rows_of(table: &'static str) -> impl Iterator<Item = Row<'static>> {
    table.lines().map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let rule = next();
        Row {
            rule,
            good: next() == "good",
            pointer: next(),
            severity: next(),
            object_type: next(),
            patch: next(),
            profile: match next() {
                "strict" => Profile::Strict,
                "interop" => Profile::Interop,
                "lenient" => Profile::Lenient,
                _ => Profile::Default,
            },
            name: Some(next()).filter(|name| !name.is_empty()).unwrap_or(rule),
        }
    })
}

/// The example of a type with its common properties.
fn example(object_type: &str) -> serde_json::Value {
    let (_, own) = EXAMPLES.iter().find(|(name, _)| *name == object_type).unwrap_or_else(|| panic!("{object_type}"));
    let version = if TypeClass::of(object_type) == TypeClass::Observable { 5 } else { 4 };
    let mut object = serde_json::json!({
        "type": object_type,
        "spec_version": "2.1",
        "id": format!("{object_type}--11111111-1111-{version}111-8111-111111111111"),
    });
    if version == 4 {
        patch(&mut object, serde_json::json!({"created": "2026-01-01T00:00:00.000Z"}));
    }
    if version == 4 && object_type != "marking-definition" {
        patch(&mut object, serde_json::json!({"modified": "2026-01-01T00:00:00.000Z"}));
    }
    patch(&mut object, serde_json::from_str(own).unwrap());
    object
}

/// RFC 7396, but for `"null!"`, which stands for `null` itself.
fn patch(target: &mut serde_json::Value, changes: serde_json::Value) {
    use serde_json::Value;
    let Value::Object(changes) = changes else {
        *target = if changes == "null!" { Value::Null } else { changes };
        return;
    };
    if !target.is_object() {
        *target = serde_json::json!({});
    }
    let Some(members) = target.as_object_mut() else { return };
    for (name, change) in changes {
        match change {
            Value::Null => {
                members.remove(&name);
            }
            change => patch(members.entry(name).or_insert(Value::Null), change),
        }
    }
}

fn findings(row: &Row<'_>) -> Vec<stix_model::Finding> {
    let mut object = example(row.object_type);
    let changes =
        serde_json::from_str(row.patch).unwrap_or_else(|error| panic!("{}: {error}: {}", row.rule, row.patch));
    patch(&mut object, changes);
    let text = object.to_string();
    validate::object(&Json::parse(&text).unwrap(), &Options { profile: row.profile, ..Options::default() })
}

/// The examples have nothing wrong with them.
#[test]
fn examples_are_valid() {
    for (object_type, _) in EXAMPLES {
        let row = Row {
            rule: "",
            good: true,
            pointer: "",
            severity: "",
            object_type,
            patch: "{}",
            profile: Profile::Default,
            name: "",
        };
        let wrong: Vec<_> = findings(&row).into_iter().filter(|f| f.severity == Severity::Error).collect();
        assert!(wrong.is_empty(), "{object_type}: {wrong:#?}");
    }
}

/// LIB-04, AC-20: each row of the tables, for the rule that it names; findings say what is there and what should be.
#[test]
fn rules_find_what_they_should() {
    let mut failures = String::new();
    for row in rows().chain(rows_of(ALIASES)) {
        let all = findings(&row);
        let mut of_rule = all.iter().filter(|finding| finding.rule == row.name);
        let as_expected = match row.good {
            true => of_rule.next().is_none(),
            false => of_rule.any(|f| f.pointer == row.pointer && f.severity.as_str() == row.severity),
        };
        if !as_expected {
            let word = if row.good { "good" } else { "bad" };
            let all: Vec<_> = all.iter().map(|f| format!("    {}: {f}\n", f.severity)).collect();
            failures += &format!("{} {word} {} {}\n{}", row.rule, row.object_type, row.patch, all.concat());
        }
        for finding in &all {
            assert!(RULES.iter().any(|rule| rule.id == finding.rule), "{} is not in the catalogue", finding.rule);
            assert!(!finding.found.is_empty() && !finding.expected.is_empty(), "{finding}");
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// RV-12: checks are switched off one by one and in groups; the others go on.
#[test]
fn checks_are_switched_off() {
    let text = r#"{"type": "malware", "spec_version": "2.1", "id": "malware--11111111-1111-1111-8111-111111111111",
        "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "is_family": false,
        "malware_types": ["other"], "aliases": [], "external_references": [{"source_name": "a", "url": "https://a"}]}"#;
    let json = Json::parse(text).unwrap();
    let codes = |off: &[&str]| {
        let disabled = off.iter().map(|name| (*name).to_owned()).collect();
        let findings = validate::object(&json, &Options { disabled, ..Options::default() });
        findings.iter().map(|f| f.code.unwrap_or_default()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(codes(&[]), [0, 103, 216, 302].into());
    assert_eq!(codes(&["302"]), [0, 103, 216].into());
    assert_eq!(codes(&["1", "extref-hashes"]), [0, 216].into());
    assert_eq!(codes(&["all-vocabs", "ID-03"]), [0, 302].into());
    assert_eq!(codes(&["approved-values", "format-checks", "XR-3", "T-12"]), [].into());
}

/// CU-02, RF-01, ID-04: a type that its user declares is checked as one of its class.
#[test]
fn declared_types_are_known() {
    let mut types = stix_model::Registry::default();
    types.add("x-acme-sensor", TypeClass::Observable, &["serial"]).unwrap();
    let options = Options { types, ..Options::default() };
    let rules = |text: &str| -> Vec<&str> {
        validate::object(&Json::parse(text).unwrap(), &options).iter().map(|f| f.rule).collect()
    };
    let sensor = "x-acme-sensor--11111111-1111-4111-8111-111111111111";
    assert_eq!(rules(&format!(r#"{{"type": "x-acme-sensor", "id": "{sensor}", "serial": "1"}}"#)), ["ID-04"]);
    assert_eq!(rules(&format!(r#"{{"type": "x-acme-sensor", "id": "{sensor}", "rank": 1}}"#)), [] as [&str; 0]);
    let sighting = format!(
        r#"{{"type": "sighting", "spec_version": "2.1", "id": "sighting--11111111-1111-4111-8111-111111111111",
        "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "sighting_of_ref": "{sensor}"}}"#
    );
    assert_eq!(rules(&sighting), ["RF-01"]);
}

/// LIB-07, LIB-09, AC-10: objects made to take long, or to have findings without end, do neither.
#[test]
fn large_objects_take_no_longer_than_they_are_large() {
    let many = |n: usize, item: &dyn Fn(usize) -> String| (0..n).map(item).collect::<Vec<_>>().join(",");
    let properties = many(20_000, &|i| format!(r#""x_acme_{i}": null"#));
    let selectors = many(20_000, &|i| format!(r#""x_acme_{i}""#));
    let marked = format!(
        r#"{{"type": "tool", {properties}, "granular_markings": [{{"lang": "de", "selectors": [{selectors}]}}]}}"#
    );
    let entries = many(20_000, &|i| format!(r#""{i}": {{"type": "file", "name": "a", "content_ref": "{i}"}}"#));
    let container = format!(r#"{{"type": "observed-data", "objects": {{{entries}}}}}"#);
    let nulls = many(200_000, &|_| "null".to_owned());
    let findings = format!(r#"{{"type": "tool", "x_acme": {{"{}": [{nulls}]}}}}"#, "k".repeat(100_000));
    for text in [marked, container, findings] {
        let json = Json::parse(&text).unwrap();
        let start = std::time::Instant::now();
        let findings = validate::object(&json, &Options::default());
        assert!(findings.iter().any(|finding| finding.severity == Severity::Error));
        assert!(findings.iter().map(|finding| finding.pointer.len()).sum::<usize>() < 8 << 20);
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }
}

/// EX-11: extensions that are not known are kept, or refused on demand; TLP and PAP are known to everybody.
#[test]
fn unknown_extensions_are_refused_on_demand() {
    let known = "extension-definition--22222222-2222-4222-8222-222222222222";
    let options = Options { known_extensions: Some([known.to_owned()].into()), ..Options::default() };
    let refused = |key: &str, options: &Options| {
        let extension =
            format!(r#"{{"extensions": {{"{key}": {{"extension_type": "property-extension", "a_b": 1}}}}}}"#);
        let mut object = example("campaign");
        patch(&mut object, serde_json::from_str(&extension).unwrap());
        let findings = validate::object(&Json::parse(&object.to_string()).unwrap(), options);
        findings.iter().any(|finding| finding.rule == "EX-11" && finding.severity == Severity::Error)
    };
    let unknown = known.replace('2', "3");
    assert!(!refused(&unknown, &Options::default()));
    assert!(refused(&unknown, &options));
    for key in [known, stix_model::marking::tlp::EXTENSION, stix_model::marking::pap::EXTENSION] {
        assert!(!refused(key, &options), "{key}");
    }
}

/// AC-12: each check of the OASIS validator on single objects has a row that sets it off.
#[test]
fn every_check_is_set_off() {
    let found: HashSet<_> = rows().flat_map(|row| findings(&row)).filter_map(|finding| finding.code).collect();
    let is_group = |code| GROUPS.iter().any(|(group, _)| *group == code);
    // Between the objects of a bundle: B-04.
    let without = CHECKS.iter().filter(|(code, _)| !found.contains(code) && !is_group(*code) && *code != 203);
    assert_eq!(without.collect::<Vec<_>>(), [] as [&(u16, &str); 0]);
}

/// Every rule of the catalogue has an object that keeps it and one that breaks it, as severely as the catalogue says.
#[test]
fn every_rule_has_rows() {
    let by_rows = || RULES.iter().filter(|rule| !ON_DEMAND.contains(&rule.id));
    let mut kept = HashSet::new();
    let mut broken: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
    for row in rows() {
        match row.good {
            true => drop(kept.insert(row.rule)),
            false => drop(broken.entry(row.rule).or_default().insert(row.severity)),
        }
    }
    let without: Vec<_> =
        by_rows().filter(|r| !kept.contains(r.id) || !broken.contains_key(r.id)).map(|r| r.id).collect();
    assert!(without.is_empty(), "without rows: {without:?}");
    for rule in by_rows() {
        let severities = broken.get(rule.id).unwrap();
        assert!(severities.contains(rule.severity.as_str()), "{} is never {}", rule.id, rule.severity);
    }
    assert!(kept.iter().chain(broken.keys()).all(|id| RULES.iter().any(|rule| rule.id == *id)));
}

mod anything {
    use proptest::prelude::*;

    use super::*;

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            "\\PC{0,12}".prop_map(Into::into),
            "[a-z=?.:/'\\[\\]\\\\-]{0,12}".prop_map(Into::into),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::hash_map("[a-z_.0-9\\[\\]]{0,8}", inner, 0..4)
                    .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        /// LIB-07, AC-09: whatever stands in a member, the check ends with findings of the catalogue.
        #[test]
        fn can_be_checked(which in 0..EXAMPLES.len(), at in any::<prop::sample::Index>(), value in json()) {
            let (object_type, _) = EXAMPLES[which];
            let names = stix_model::object::object_type(object_type)
                .map(|shape| shape.rows().map(|row| row.name).collect::<Vec<_>>())
                .unwrap_or_else(|| vec!["type", "rank"]);
            let mut object = example(object_type);
            object[*at.get(&names)] = value;
            for profile in Profile::ALL {
                let json = Json::from(object.clone());
                for finding in validate::object(&json, &Options { profile, ..Options::default() }) {
                    prop_assert!(stix_model::validate::rules::rule(finding.rule).is_some(), "{}", finding);
                }
            }
        }
    }
}

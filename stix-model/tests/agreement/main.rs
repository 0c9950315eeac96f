//! The validator, the JSON Schemas and the typed objects are made from the same tables: they agree on what is valid.
//!
//! Valid objects are changed in one place or several, and then asked about. What a schema cannot say is in [`BEYOND`].
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod mutation;
mod sample;

use std::collections::HashSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use stix_model::json::Json;
use stix_model::object::OBJECT_TYPES;
use stix_model::property::Demand;
use stix_model::schema::Validator;
use stix_model::validate::{self, Options};
use stix_model::{Finding, Object, Severity, TypeClass};

use mutation::{change, changes, places};

/// Rules of errors that a schema cannot say, and why. Those of tables that order two dates come on top.
const BEYOND: [(&str, &str); 12] = [
    ("CP-03", "compares two dates"),
    ("GM-3", "follows a path"),
    ("ID-01", "compares the type with the name, for types that the standard does not name"),
    ("MD-5", "compares two identifiers"),
    ("N-03", "there are hundreds of character sets"),
    ("OC-2", "follows a reference"),
    ("SCO-EA-1", "an address has a grammar"),
    ("SCO-IP-1", "an address has a grammar"),
    ("SCO-RK-2", "case does not matter"),
    ("SCO-SW-1", "a name of CPE has a grammar"),
    ("SDO-IND-1", "a pattern has a grammar"),
    ("XR-2", "a host has a grammar"),
];

/// Rules that a schema cannot say.
fn beyond() -> &'static HashSet<&'static str> {
    static RULES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let constraints = OBJECT_TYPES.iter().flat_map(|shape| shape.constraints);
        let order = constraints.filter(|it| matches!(it.demand, Demand::Before(..) | Demand::NotAfter(..)));
        order.map(|constraint| constraint.rule).chain(BEYOND.iter().map(|(rule, _)| *rule)).collect()
    });
    &RULES
}

/// Is the error one that no schema tells?
fn is_beyond(error: &Finding, json: &Json<'_>) -> bool {
    // What the deprecated container has may be of STIX 2.0, which has no tables here.
    let contained = json.get("type").and_then(Json::as_str) == Some("observed-data");
    beyond().contains(error.rule) || contained && error.pointer.starts_with("/objects/")
}

/// Where the three disagree about an object, in words.
fn disagreement(json: &Json<'static>) -> Option<String> {
    ask(json).1
}

/// Does it fit the schema, and where do the three disagree?
fn ask(json: &Json<'static>) -> (bool, Option<String>) {
    let mut errors = validate::object(json, &Options::default());
    errors.retain(|finding| finding.severity == Severity::Error);
    let schema = Validator::object();
    let fits = schema.is_valid(json);
    let said: Vec<_> = errors.iter().filter(|error| !is_beyond(error, json)).collect();
    let typed = match json {
        Json::Object(members) => !matches!(Object::from_members(members.clone()), Object::Malformed(_)),
        _ => false,
    };
    let list = |words: Vec<String>| words.join("; ");
    if fits && !said.is_empty() {
        return (fits, Some(format!("only the validator: {}", list(said.iter().map(ToString::to_string).collect()))));
    }
    if !fits && errors.is_empty() {
        let errors = schema.errors(json);
        return (fits, Some(format!("only the schema: {}", list(errors.iter().map(ToString::to_string).collect()))));
    }
    if !typed && errors.is_empty() {
        return (fits, Some("only the typed object refuses it".to_owned()));
    }
    (fits, None)
}

/// LIB-14, LIB-15, CP-01: the unchanged objects are valid for all three.
#[test]
fn samples_are_valid() {
    for (name, json) in sample::objects() {
        let mut errors = validate::object(&json, &Options::default());
        errors.retain(|finding| finding.severity == Severity::Error);
        assert_eq!(errors, [], "{name}: {json}");
        assert_eq!(Validator::object().errors(&json), [], "{name}: {json}");
        let Json::Object(members) = json else { panic!("{name}") };
        assert!(!matches!(Object::from_members(members), Object::Malformed(_)), "{name}");
    }
}

/// B-01, T-12: a bundle has valid objects, and no bundles.
#[test]
fn bundles_have_objects() {
    let bundle = |objects: Vec<Json<'static>>| {
        let mut bundle = sample::parse(r#"{"type": "bundle", "id": "bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}"#);
        if let Json::Object(members) = &mut bundle {
            members.insert("objects", Json::List(objects));
        }
        bundle
    };
    let all = bundle(sample::objects().into_iter().map(|(_, json)| json).collect());
    assert_eq!(Validator::bundle().errors(&all), []);
    for wrong in [vec![], vec![Json::Null], vec![all], vec![sample::parse(r#"{"type": "tool"}"#)]] {
        assert!(!Validator::bundle().is_valid(&bundle(wrong)));
    }
}

/// What all objects of a class have alike: to change it in one of them is enough.
const ALIKE: [&str; 12] = [
    "spec_version",
    "created_by_ref",
    "created",
    "modified",
    "revoked",
    "labels",
    "confidence",
    "lang",
    "external_references",
    "object_marking_refs",
    "granular_markings",
    "defanged",
];

/// One change at every place: each fifth in turn, or with `AGREEMENT_ALL` in the environment every one.
#[test]
fn one_change() {
    let (mut done, mut valid, mut found) = (HashSet::new(), [0, 0], Vec::new());
    let (all, mut turn) = (std::env::var_os("AGREEMENT_ALL").is_some(), 0);
    for (name, json) in sample::objects() {
        let Json::Object(members) = &json else { panic!("{name}") };
        for way in places(&json) {
            let row = way.first().and_then(|at| members.iter().nth(*at)).map_or("", |(row, _)| row);
            let class = if TypeClass::of(name) == TypeClass::Meta { name } else { "" };
            let alike = (TypeClass::of(name), class, row.to_owned(), way.get(1..).unwrap_or_default().to_vec());
            if ALIKE.contains(&row) && !done.insert(alike) {
                continue;
            }
            turn += 1;
            let some = changes().enumerate().filter(|(i, _)| all || (i + turn) % 5 == 0);
            for (changed, words) in some.filter_map(|(_, it)| change(&json, &way, it)) {
                let (fits, why) = ask(&changed);
                valid[usize::from(fits)] += 1;
                found.extend(why.map(|why| format!("{name} {words}: {why}")));
            }
        }
    }
    let shown: Vec<_> = found.iter().take(40).cloned().collect();
    assert!(found.is_empty(), "{} disagreements:\n{}", found.len(), shown.join("\n"));
    assert!(valid.iter().all(|count| *count > 1000), "{valid:?} changed objects were refused and accepted");
}

/// SCO-RK-1, SCO-X5-1 and the like: objects with what is required, and one property or an extension besides.
#[test]
fn few_properties() {
    let mut found = Vec::new();
    for shape in OBJECT_TYPES {
        let full = sample::Maker::default().object(shape);
        let Json::Object(full) = full else { panic!("{}", shape.name) };
        for more in full.iter().map(|(name, _)| name) {
            let mut few = full.clone();
            few.retain(|name, _| name == more || shape.property(name).is_some_and(|row| row.required));
            found.extend(disagreement(&Json::Object(few)).map(|why| format!("{} with {more}: {why}", shape.name)));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    /// Several changes, one after the other.
    #[test]
    fn several_changes(object in any::<prop::sample::Index>(),
                       steps in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 2..6)) {
        static OBJECTS: LazyLock<Vec<(&str, Json<'static>)>> = LazyLock::new(sample::objects);
        static CHANGES: LazyLock<Vec<mutation::Change>> = LazyLock::new(|| changes().collect());
        let (name, mut json) = object.get(&OBJECTS).clone();
        let mut words = Vec::new();
        for (place, kind) in steps {
            let places: Vec<Vec<usize>> = places(&json);
            let way: &Vec<usize> = place.get(&places);
            if let Some((changed, step)) = change(&json, way, *kind.get(&CHANGES)) {
                json = changed;
                words.push(step);
            }
        }
        if let Some(why) = disagreement(&json) {
            panic!("{name} {}: {why}\n{json}", words.join(", "));
        }
    }
}

//! The census: every type of §4, §5, §7 and §8 is there, with every property, and does what its table says.

use crate::json::{Json, Members};
use crate::meta::Bundle;
use crate::object::{OBJECT_TYPES, StixObject, object_type};
use crate::property::{Demand, Kind, Shape, Target};
use crate::validate::{self, Options};
use crate::vocabulary::{OpinionValue, VOCABULARIES};
use crate::{Builder, Finding, Invalid, Object, Severity, Table, TypeClass, meta, sdo, sro};

const SOFTWARE: &str = "software--7b5c0a44-7d3f-5b9a-8d6e-0f4f0c3f0a10";

/// How many properties of its own each type has; all else comes from §3.
const TYPES: [(&str, usize); 24] = [
    ("attack-pattern", 4),
    ("campaign", 6),
    ("course-of-action", 2),
    ("grouping", 4),
    ("identity", 6),
    ("incident", 2),
    ("indicator", 9),
    ("infrastructure", 7),
    ("intrusion-set", 9),
    ("location", 11),
    ("malware", 13),
    ("malware-analysis", 16),
    ("note", 4),
    ("observed-data", 5),
    ("opinion", 4),
    ("report", 5),
    ("threat-actor", 13),
    ("tool", 6),
    ("vulnerability", 2),
    ("relationship", 6),
    ("sighting", 8),
    ("language-content", 3),
    ("marking-definition", 3),
    ("extension-definition", 6),
];

/// AC-01, RV-09, TR-20: the types of the standard without the observables, in its order, each with all its properties.
#[test]
fn every_type_is_there() {
    let class = |shape: &Shape| TypeClass::of(shape.name);
    let found: Vec<_> = OBJECT_TYPES
        .iter()
        .filter(|shape| class(shape) != TypeClass::Observable)
        .map(|shape| (shape.name, shape.properties.len()))
        .collect();
    assert_eq!(found, TYPES);
    let order: Vec<_> = OBJECT_TYPES.iter().map(|shape| class(shape)).collect();
    let classes = [TypeClass::Domain, TypeClass::Relationship, TypeClass::Observable, TypeClass::Meta];
    let rank = |found: &TypeClass| classes.iter().position(|class| class == found);
    assert!(order.is_sorted_by_key(rank));
    assert_eq!((Bundle::SHAPE.name, Bundle::SHAPE.properties.len()), ("bundle", 1));
    assert!(object_type("bundle").is_none());
}

/// AC-01: no property is written twice, every constraint speaks of properties that are there, and all is explained.
#[test]
fn tables_are_sound() {
    for shape in OBJECT_TYPES.iter().copied().chain([Bundle::SHAPE]) {
        let names: Vec<_> = shape.rows().map(|row| row.name).collect();
        for (i, row) in shape.rows().enumerate() {
            assert!(!names[..i].contains(&row.name), "{}.{}", shape.name, row.name);
            assert!(row.doc.trim_end().ends_with(['.', '?']), "{}.{}: {}", shape.name, row.name, row.doc);
        }
        for constraint in shape.constraints {
            for name in named(&constraint.demand) {
                assert!(names.contains(&name), "{} of {}: {name}", constraint.rule, shape.name);
            }
        }
    }
}

/// The properties that a demand speaks of; a reserved one is no property.
fn named(demand: &Demand) -> Vec<&'static str> {
    match demand {
        Demand::AnyOf(names) | Demand::AnyBesides(names) | Demand::OneOf(names) => names.to_vec(),
        Demand::Needs(name, others) => [&[*name], *others].concat(),
        Demand::NeedsItem(first, second, _)
        | Demand::NeedsIf(first, _, second)
        | Demand::ExcludedIf(first, _, second)
        | Demand::NotAfter(first, second)
        | Demand::Before(first, second) => vec![first, second],
        Demand::AnyGroup(groups) => groups.concat(),
        Demand::Reserved(_) | Demand::AnyOrExtension => Vec::new(),
    }
}

/// AC-06: 22 open vocabularies and 10 enumerations, with as many values as §14 counts.
#[test]
fn vocabularies_are_complete() {
    let counts = |open| {
        let mut all: Vec<_> =
            VOCABULARIES.iter().filter(|v| v.open == open).map(|v| (v.name, v.values.len())).collect();
        all.sort_unstable();
        all
    };
    let open = [
        ("account-type-ov", 11),
        ("attack-motivation-ov", 10),
        ("attack-resource-level-ov", 6),
        ("grouping-context-ov", 3),
        ("hash-algorithm-ov", 8),
        ("identity-class-ov", 6),
        ("implementation-language-ov", 22),
        ("indicator-type-ov", 7),
        ("industry-sector-ov", 35),
        ("infrastructure-type-ov", 15),
        ("malware-capabilities-ov", 37),
        ("malware-result-ov", 4),
        ("malware-type-ov", 22),
        ("pattern-type-ov", 6),
        ("processor-architecture-ov", 8),
        ("region-ov", 29),
        ("report-type-ov", 12),
        ("threat-actor-role-ov", 7),
        ("threat-actor-sophistication-ov", 7),
        ("threat-actor-type-ov", 13),
        ("tool-type-ov", 8),
        ("windows-pebinary-type-ov", 3),
    ];
    let closed = [
        ("encryption-algorithm-enum", 3),
        ("extension-type-enum", 5),
        ("network-socket-address-family-enum", 8),
        ("network-socket-type-enum", 5),
        ("opinion-enum", 5),
        ("windows-integrity-level-enum", 4),
        ("windows-registry-datatype-enum", 14),
        ("windows-service-start-type-enum", 5),
        ("windows-service-status-enum", 7),
        ("windows-service-type-enum", 4),
    ];
    assert_eq!(counts(true), open);
    assert_eq!(counts(false), closed);
    for vocabulary in VOCABULARIES {
        let mut values = vocabulary.values.to_vec();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), vocabulary.values.len(), "{}", vocabulary.name);
    }
}

/// VOC-04: opinions are numbered in their order, both ways; other values have no number.
#[test]
fn opinions_are_numbers() {
    for (number, text) in (1..).zip(OpinionValue::VOCABULARY.values) {
        let value = OpinionValue::from(*text);
        assert_eq!((value.number(), OpinionValue::from_number(number)), (Some(number), Some(value)));
    }
    assert_eq!((OpinionValue::from("Agree").number(), OpinionValue::from_number(0)), (None, None));
}

macro_rules! minimal {
    ($($Type:path: $text:expr;)*) => {
        /// The least valid object of each type, as its builder completes it.
        fn minimal() -> Vec<Members<'static>> {
            vec![$(built::<$Type>(&$text)),*]
        }

        /// Builds an object of the type that the members name.
        fn rebuilt(members: Members<'static>) -> Result<Members<'static>, Invalid> {
            match members.get("type").and_then(Json::as_str) {
                $(Some(name) if name == <$Type>::SHAPE.name => {
                    Builder::<$Type>::from_members(members).build().map(|object| object.members().clone())
                })*
                other => panic!("{other:?}"),
            }
        }
    };
}

fn built<T: StixObject>(text: &str) -> Members<'static> {
    let Ok(Json::Object(members)) = Json::parse(text).map(Json::into_owned) else { panic!("{text}") };
    let object = Builder::<T>::from_members(members).build().unwrap_or_else(|error| panic!("{text}: {error}"));
    object.members().clone()
}

minimal! {
    sdo::AttackPattern: r#"{"name": "x"}"#;
    sdo::Campaign: r#"{"name": "x"}"#;
    sdo::CourseOfAction: r#"{"name": "x"}"#;
    sdo::Grouping: format!(r#"{{"context": "unspecified", "object_refs": ["{SOFTWARE}"]}}"#);
    sdo::Identity: r#"{"name": "x"}"#;
    sdo::Incident: r#"{"name": "x"}"#;
    sdo::Indicator: r#"{"pattern": "[url:value = 'x']", "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z"}"#;
    sdo::Infrastructure: r#"{"name": "x"}"#;
    sdo::IntrusionSet: r#"{"name": "x"}"#;
    sdo::Location: r#"{"latitude": 1.5, "longitude": 2.5}"#;
    sdo::Malware: r#"{"is_family": false}"#;
    sdo::MalwareAnalysis: r#"{"product": "anonymized", "result": "benign"}"#;
    sdo::Note: format!(r#"{{"content": "x", "object_refs": ["{SOFTWARE}"]}}"#);
    sdo::ObservedData: format!(r#"{{"first_observed": "2026-01-01T00:00:00Z", "last_observed": "2026-01-01T00:00:00Z", "number_observed": 1, "object_refs": ["{SOFTWARE}"]}}"#);
    sdo::Opinion: format!(r#"{{"opinion": "agree", "object_refs": ["{SOFTWARE}"]}}"#);
    sdo::Report: format!(r#"{{"name": "x", "published": "2026-01-01T00:00:00Z", "object_refs": ["{SOFTWARE}"]}}"#);
    sdo::ThreatActor: r#"{"name": "x"}"#;
    sdo::Tool: r#"{"name": "x"}"#;
    sdo::Vulnerability: r#"{"name": "x"}"#;
    sro::Relationship: format!(r#"{{"relationship_type": "related-to", "source_ref": "{SOFTWARE}", "target_ref": "{CAMPAIGN}"}}"#);
    sro::Sighting: format!(r#"{{"sighting_of_ref": "{CAMPAIGN}"}}"#);
    meta::LanguageContent: format!(r#"{{"object_ref": "{CAMPAIGN}", "contents": {{"de": {{"name": "y"}}}}}}"#);
    meta::MarkingDefinition: r#"{"definition_type": "statement", "definition": {"statement": "x"}}"#;
    meta::ExtensionDefinition: format!(r#"{{"created_by_ref": "{IDENTITY}", "name": "x", "schema": "https://example.com/x.json", "version": "1.0.0", "extension_types": ["property-extension"]}}"#);
}

const CAMPAIGN: &str = "campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
const IDENTITY: &str = "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff";

fn errors(members: &Members<'_>) -> Vec<Finding> {
    let mut findings = validate::members(members, &Options::default());
    findings.retain(|finding| finding.severity == Severity::Error);
    findings
}

fn shape_of(members: &Members<'_>) -> &'static Shape {
    object_type(members.get("type").and_then(Json::as_str).unwrap()).unwrap()
}

/// AC-01, LIB-02: the least object of each type is valid, and is written as it was read.
#[test]
fn minimal_objects_round_trip() {
    let names: Vec<_> = minimal().iter().map(|members| shape_of(members).name).collect();
    assert_eq!(names, TYPES.map(|(name, _)| name));
    for members in minimal() {
        let text = serde_json::to_string(&members).unwrap();
        assert_eq!(errors(&members), [], "{text}");
        let object = Object::parse(&text).unwrap();
        assert!(!matches!(object, Object::Custom(_) | Object::Malformed(_)), "{text}");
        assert_eq!(serde_json::to_string(&object).unwrap(), text);
    }
}

/// AC-01, J-02: an object with every property of its table is valid, and has them in the order of the table.
#[test]
fn full_objects_are_valid() {
    for minimal in minimal() {
        let shape = shape_of(&minimal);
        let rows: Vec<_> = shape.rows().filter(|row| !matches!(row.kind, Kind::Observables)).collect();
        let mut full = minimal;
        for row in rows.iter().rev().filter(|row| !matches!(row.name, "type" | "id" | "definition_type")) {
            let value = match row.name {
                "stop_time" | "valid_until" => Json::from("2026-01-03T00:00:00.000Z"),
                "pattern" | "pattern_type" | "definition" | "contents" => continue,
                "extension_properties" => Json::List(vec![Json::from("rank")]),
                "extension_types" => Json::List(vec![Json::from("toplevel-property-extension")]),
                _ => sample(&row.kind),
            };
            full.insert(row.name, value);
        }
        assert_eq!(errors(&full), [], "{}", shape.name);
        let built = rebuilt(full.clone()).unwrap();
        assert_eq!(built, full);
        let names: Vec<_> = built.iter().map(|(name, _)| name).collect();
        assert_eq!(names, rows.iter().map(|row| row.name).collect::<Vec<_>>());
    }
}

/// A value of this kind.
fn sample(kind: &Kind) -> Json<'static> {
    match kind {
        Kind::String | Kind::Any => Json::from("x"),
        Kind::Boolean => Json::Bool(true),
        Kind::Integer { .. } => Json::from(1_i64),
        Kind::Float { .. } => Json::parse("1.5").unwrap(),
        Kind::Timestamp(_) => Json::from("2026-01-02T00:00:00.000Z"),
        Kind::Url => Json::from("https://example.com/"),
        Kind::Language => Json::from("en"),
        Kind::Selector => Json::from("type"),
        Kind::Literal(text) => Json::from(*text),
        Kind::Vocabulary(vocabulary) => Json::from(vocabulary.values[0]),
        Kind::Reference(target) => Json::from(name_of(*target)),
        Kind::List(of) => Json::List(vec![sample(of)]),
        Kind::Object(shape) => {
            let rows = shape.properties.iter().filter(|row| row.required || matches!(row.name, "lang" | "url"));
            Json::Object(rows.map(|row| (row.name, sample(&row.kind))).collect())
        }
        Kind::Extensions => {
            let key = name_of(Target::Types(&["extension-definition"]));
            let extension = r#"{"extension_type": "property-extension", "rank": 5}"#;
            Json::Object([(key, Json::parse(extension).unwrap())].into_iter().collect())
        }
        other => panic!("{other:?}"),
    }
}

fn name_of(target: Target) -> String {
    let object_type = match target {
        Target::Types(types) => types[0],
        Target::Domain | Target::End | Target::Any => "campaign",
        Target::Observable | Target::Observed => "software",
    };
    format!("{object_type}--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f")
}

/// §5.13: `abstract` is a word of Rust; its getter and setter have another name.
#[test]
fn a_note_has_an_abstract() {
    let note = sdo::Note::builder().abstract_("x").content("y").object_refs([CAMPAIGN]).build().unwrap();
    assert_eq!((note.abstract_(), note.text("abstract")), (Some("x"), Some("x")));
}

/// CP-01, LIB-15: without any one of its required properties an object is not valid and not of its type.
#[test]
fn required_properties_are_required() {
    for members in minimal() {
        for row in shape_of(&members).rows().filter(|row| row.required && row.name != "type") {
            let mut less = members.clone();
            less.remove(row.name);
            let rules: Vec<_> = errors(&less).iter().map(|finding| finding.rule).collect();
            assert!(rules.contains(&"CP-01"), "{}: {rules:?} without {}", shape_of(&members).name, row.name);
            assert!(matches!(Object::from_members(less), Object::Malformed(_)));
        }
    }
}

/// AC-04, LIB-03: zero, or the least number that is allowed, and `false` are values; they are valid and stay.
#[test]
fn zero_and_false_are_values() {
    let mut seen = 0;
    for members in minimal() {
        for row in shape_of(&members).rows() {
            let value = match row.kind {
                Kind::Boolean => Json::Bool(false),
                Kind::Integer { min, max } => Json::from(0.clamp(min, max)),
                Kind::Float { .. } => Json::parse("0.0").unwrap(),
                _ => continue,
            };
            let mut with = members.clone();
            with.insert(row.name, value.clone());
            let kept = rebuilt(with).unwrap_or_else(|error| panic!("{}: {error}", row.name));
            assert_eq!(kept.get(row.name), Some(&value), "{}", row.name);
            assert_eq!(Json::parse(&Json::Object(kept).to_string()).unwrap().get(row.name), Some(&value));
            seen += 1;
        }
    }
    // `revoked` of 23 types, `confidence` of 22, and the seven of their own.
    assert_eq!(seen, 23 + 22 + 7);
}

/// Every rule that a table carries out, each with a change that breaks it and no other: what is set, and what is
/// taken away.
#[test]
fn constraints_hold() {
    let early = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    let dates = |first: &str, last: &str| format!(r#"{{"{first}": "{}", "{last}": "{}"}}"#, early.1, early.0);
    let seen = dates("first_seen", "last_seen");
    let both = format!(
        r#"{{"objects": {{"0": {{"type": "ipv4-addr", "value": "198.51.100.3"}}}}, "object_refs": ["{SOFTWARE}"]}}"#
    );
    let same = format!(r#"{{"start_time": "{0}", "stop_time": "{0}"}}"#, early.0);
    let cases: &[(&str, &str, &str, &[&str])] = &[
        ("SDO-CAM-1", "campaign", &seen, &[]),
        ("SDO-COA-1", "course-of-action", r#"{"action": "x"}"#, &[]),
        ("SDO-INF-1", "infrastructure", &seen, &[]),
        ("SDO-IS-1", "intrusion-set", &seen, &[]),
        ("SDO-LOC-1", "location", r#"{"city": "x"}"#, &["latitude", "longitude"]),
        ("SDO-LOC-2", "location", r#"{"latitude": 0, "country": "de"}"#, &["longitude"]),
        ("SDO-LOC-2", "location", r#"{"longitude": 0.0, "country": "de"}"#, &["latitude"]),
        ("SDO-LOC-3", "location", r#"{"precision": 0, "country": "de"}"#, &["latitude", "longitude"]),
        ("SDO-MAL-1", "malware", r#"{"is_family": true}"#, &[]),
        ("SDO-MAL-2", "malware", &seen, &[]),
        ("SDO-MAN-1", "malware-analysis", "{}", &["result"]),
        ("SDO-OD-1", "observed-data", &dates("first_observed", "last_observed"), &[]),
        ("SDO-OD-2", "observed-data", "{}", &["object_refs"]),
        ("SDO-OD-2", "observed-data", &both, &[]),
        ("SDO-TA-1", "threat-actor", &seen, &[]),
        ("SRO-REL-2", "relationship", &dates("start_time", "stop_time"), &[]),
        ("SRO-REL-2", "relationship", &same, &[]),
        ("SRO-SIG-1", "sighting", &seen, &[]),
        ("MD-1", "marking-definition", "{}", &["definition_type", "definition"]),
        ("MD-1", "marking-definition", "{}", &["definition_type"]),
        ("MD-2", "marking-definition", "{}", &["definition"]),
        ("XD-1", "extension-definition", r#"{"extension_properties": ["rank"]}"#, &[]),
        // What the kinds of the rows carry out.
        ("SRO-REL-1", "relationship", &format!(r#"{{"source_ref": "sighting--{}"}}"#, &SOFTWARE[10..]), &[]),
        ("RF-01", "sighting", &format!(r#"{{"sighting_of_ref": "{SOFTWARE}"}}"#), &[]),
        ("SDO-REF-1", "report", r#"{"object_refs": ["bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"]}"#, &[]),
        ("RF-01", "malware", &format!(r#"{{"sample_refs": ["{SOFTWARE}"]}}"#), &[]),
        ("RF-01", "observed-data", &format!(r#"{{"object_refs": ["{SOFTWARE}", "{CAMPAIGN}"]}}"#), &[]),
        ("T-10", "observed-data", r#"{"number_observed": 0}"#, &[]),
        ("T-10", "observed-data", r#"{"number_observed": 1000000000}"#, &[]),
        ("T-10", "sighting", r#"{"count": -1}"#, &[]),
        ("T-06", "location", r#"{"latitude": 90.5}"#, &[]),
        ("T-06", "location", r#"{"longitude": -180.5}"#, &[]),
        ("T-02", "malware", r#"{"is_family": "true"}"#, &[]),
        ("T-04", "opinion", r#"{"opinion": "Agree"}"#, &[]),
    ];
    for (rule, object_type, set, removed) in cases {
        let members = minimal().into_iter().find(|members| shape_of(members).name == *object_type).unwrap();
        let mut rules: Vec<_> = errors(&changed(members, set, removed)).iter().map(|finding| finding.rule).collect();
        rules.dedup();
        assert_eq!(rules, [*rule], "{object_type}: {set}");
    }
}

fn changed(mut members: Members<'static>, set: &str, removed: &[&str]) -> Members<'static> {
    let Ok(Json::Object(set)) = Json::parse(set).map(Json::into_owned) else { panic!("{set}") };
    removed.iter().for_each(|name| drop(members.remove(name)));
    for (name, value) in set {
        members.insert(name, value);
    }
    members
}

/// The same rules leave in peace what is just within them.
#[test]
fn constraints_allow() {
    let same = |first: &str, last: &str| {
        format!(r#"{{"{first}": "2026-01-01T00:00:00Z", "{last}": "2026-01-01T00:00:00.0Z"}}"#)
    };
    let meta = format!(r#"{{"object_refs": ["marking-definition--{0}", "language-content--{0}"]}}"#, &CAMPAIGN[10..]);
    let extension = r#"{"extensions": {"extension-definition--d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e": {"extension_type": "property-extension", "rank": 5}}}"#;
    let cases: &[(&str, &str, &[&str])] = &[
        ("campaign", &same("first_seen", "last_seen"), &[]),
        ("observed-data", &same("first_observed", "last_observed"), &[]),
        ("location", r#"{"latitude": -90, "longitude": 180.0, "precision": 0}"#, &[]),
        ("location", r#"{"region": "melanesia"}"#, &["latitude", "longitude"]),
        ("malware", r#"{"is_family": true, "name": "x"}"#, &[]),
        ("malware-analysis", &format!(r#"{{"analysis_sco_refs": ["{SOFTWARE}"]}}"#), &["result"]),
        ("observed-data", r#"{"number_observed": 999999999}"#, &[]),
        ("relationship", r#"{"start_time": "2026-01-01T00:00:00Z", "stop_time": "2026-01-01T00:00:00.1Z"}"#, &[]),
        ("report", &meta, &[]),
        ("marking-definition", extension, &["definition_type", "definition"]),
        (
            "extension-definition",
            r#"{"extension_types": ["toplevel-property-extension"], "extension_properties": ["rank"]}"#,
            &[],
        ),
    ];
    for (object_type, set, removed) in cases {
        let members = minimal().into_iter().find(|members| shape_of(members).name == *object_type).unwrap();
        assert_eq!(errors(&changed(members, set, removed)), [], "{object_type}: {set}");
    }
}

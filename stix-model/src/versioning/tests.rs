use proptest::prelude::*;

use super::*;
use crate::marking::{Marked, tlp};
use crate::meta::{LanguageContent, MarkingDefinition};
use crate::sco::Ipv4Addr;
use crate::sdo::Tool;

const ME: &str = "identity--31b940d4-6f7f-459a-80ea-9c1f17b5891b";
const OTHER: &str = "identity--41b940d4-6f7f-459a-80ea-9c1f17b5891b";

fn t(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn id(text: &str) -> Identifier {
    text.parse().unwrap()
}

fn tool() -> Tool {
    let tool = Tool::builder().name("nmap").description("d").aliases(["a", "b"]).created_by_ref(ME);
    tool.created("2026-01-01T00:00:00.000Z").build().unwrap()
}

/// VER-03, AC-16: later within the same millisecond, with no digit lost.
#[test]
fn later_than_the_last() {
    let now = t("2026-01-01T00:00:00.500Z").to_utc();
    for (previous, expected) in [
        ("2025-12-31T00:00:00.000Z", "2026-01-01T00:00:00.500Z"),
        ("2026-01-01T00:00:00.499999Z", "2026-01-01T00:00:00.500Z"),
        ("2026-01-01T00:00:00.500Z", "2026-01-01T00:00:00.501Z"),
        ("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.501Z"),
        ("2026-01-01T00:00:00.500000001Z", "2026-01-01T00:00:00.501000001Z"),
        ("2026-01-01T00:00:00.9991234567890Z", "2026-01-01T00:00:01.0001234567890Z"),
        ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00.001Z"),
        ("2030-12-31T23:59:60Z", "2031-01-01T00:00:00.001Z"),
    ] {
        assert_eq!(later(&t(previous), now).unwrap().as_str(), expected, "{previous}");
    }
    assert_eq!(later(&t("9999-12-31T23:59:59.999Z"), now), None);
}

proptest! {
    /// VER-03: later than the last version, whatever its digits and the clock say.
    #[test]
    fn always_later(seconds in 0i64..4_000_000_000, digits in "[0-9]{1,15}", now in 0i64..4_000_000_000_000) {
        let text = DateTime::from_timestamp(seconds, 0).unwrap().format("%Y-%m-%dT%H:%M:%S").to_string();
        let previous = t(&format!("{text}.{digits}Z"));
        for now in [DateTime::from_timestamp_millis(now).unwrap(), previous.to_utc()] {
            let next = later(&previous, now).unwrap();
            prop_assert!(next > previous);
            prop_assert!(crate::timestamp::fraction_digits(next.as_str()) >= 3);
        }
    }
}

/// VER-03: what a version keeps, and what it does not.
#[test]
fn keeps_its_identity() {
    let tool = tool();
    let next = tool.new_version().edit(|tool| tool.name("Nmap")).by(&id(ME)).build().unwrap();
    assert_eq!((next.id(), next.created(), next.created_by_ref()), (tool.id(), tool.created(), tool.created_by_ref()));
    assert_eq!((next.name(), tool.name()), ("Nmap", "nmap"));
    for (name, value) in [
        ("id", "tool--31b940d4-6f7f-459a-80ea-9c1f17b5891b"),
        ("type", "malware"),
        ("created", "2026-01-02T00:00:00.000Z"),
        ("created_by_ref", OTHER),
    ] {
        let changed = tool.new_version().set(name, value).build();
        assert_eq!(changed, Err(VersionError::Unmodifiable(name.to_owned())));
        assert_eq!(tool.new_version().unset(name).build(), Err(VersionError::Unmodifiable(name.to_owned())));
    }
    let given = tool.new_version().set("modified", "2026-02-01T00:00:00.000000Z").build().unwrap();
    assert_eq!(given.modified().unwrap().as_str(), "2026-02-01T00:00:00.000000Z");
    let early = tool.new_version().set("modified", "2026-01-01T00:00:00.0000Z").build();
    assert!(matches!(early, Err(VersionError::NotLater { .. })), "{early:?}");
}

/// VER-10: properties are removed by name; required ones are not.
#[test]
fn removal_is_explicit() {
    let tool = tool();
    assert_eq!(tool.new_version().unset("description").build().unwrap().description(), None);
    for name in ["name", "modified", "spec_version"] {
        assert_eq!(tool.new_version().unset(name).build(), Err(VersionError::Required(name.to_owned())), "{name}");
    }
    let invalid = tool.new_version().set("confidence", 101_i64).build();
    assert!(matches!(invalid, Err(VersionError::Invalid(_))));
}

/// VER-11: a version that changes nothing is legal.
#[test]
fn a_version_may_change_nothing() {
    let tool = tool();
    assert_eq!(compare(&tool.new_version().build().unwrap(), &tool), Some(Succession::Newer));
}

/// VER-05, AC-16: revoked once, and nothing after it.
#[test]
fn revoked_is_the_end() {
    let revoked = tool().revoke().unwrap();
    assert!(revoked.revoked());
    assert_eq!(revoked.revoke(), Err(VersionError::Revoked));
    assert_eq!(revoked.new_version().set("revoked", false).build(), Err(VersionError::Revoked));
}

/// VER-04, CP-11: the creator makes versions; others derive.
#[test]
fn only_the_creator() {
    let tool = tool();
    let error = tool.new_version().by(&id(OTHER)).build().unwrap_err();
    assert_eq!(error, VersionError::NotTheCreator { creator: Some(id(ME)), by: id(OTHER) });
    assert!(error.to_string().contains(&format!("made by {ME}, not by {OTHER}")), "{error}");
    assert!(tool.new_version().build().is_ok(), "nobody asks");
    let anonymous = Tool::builder().name("x").build().unwrap();
    assert!(anonymous.new_version().by(&id(ME)).build().is_err());
}

/// VER-04, VER-06: a derived object is another's, and says where it comes from.
#[test]
fn derived_objects() {
    let tool = tool().add_marking(tlp::AMBER, None).unwrap();
    let Derived { object, relationship } =
        tool.revoke().unwrap().new_version().by(&id(OTHER)).unset("description").derive().unwrap();
    assert_ne!(object.id(), tool.id());
    assert_eq!((object.created_by_ref(), object.created()), (Some(id(OTHER)), object.modified()));
    assert!(!object.revoked() && object.description().is_none());
    assert_eq!(object.object_marking_refs(), [tlp::AMBER.id()]);
    assert_eq!(relationship.relationship_type(), "derived-from");
    assert_eq!((relationship.source_ref(), relationship.target_ref()), (object.id(), tool.id()));
    assert_eq!(tool.new_version().derive().unwrap().object.created_by_ref(), None);
    let derived = Ipv4Addr::builder().value("198.51.100.3").build().unwrap().new_version().derive();
    assert_eq!(derived, Err(VersionError::NotDerivable("ipv4-addr".to_owned())));
}

/// VER-02, VER-13, MD-6: the type decides, whatever properties there are.
#[test]
fn what_has_versions() {
    let address = Ipv4Addr::builder().value("198.51.100.3").build().unwrap();
    let error = address.revoke().unwrap_err().to_string();
    assert!(error.starts_with("ipv4-addr objects have no versions: an observable is what it is"), "{error}");
    let marking: MarkingDefinition = tlp::RED.object();
    assert!(marking.new_version().build().unwrap_err().to_string().starts_with("marking-definition objects"));
    let translation = LanguageContent::builder()
        .object_ref(tool().id())
        .contents(Json::parse(r#"{"de":{"name":"x"}}"#).unwrap().into_owned().as_object().unwrap().clone())
        .build()
        .unwrap();
    assert!(translation.revoke().is_ok());
    let file = r#"{"type":"file","spec_version":"2.1","id":"file--ID","name":"x","created":"2026-01-01T00:00:00.000Z",
        "modified":"2026-01-01T00:00:00.000Z","revoked":false,"created_by_ref":"identity--31b940d4-6f7f-459a-80ea-9c1f17b5891b"EXT}"#;
    let extension = r#","extensions":{"extension-definition--31b940d4-6f7f-459a-80ea-9c1f17b5891b":
        {"extension_type":"toplevel-property-extension"}}"#;
    let (v4, v5) = ("31b940d4-6f7f-459a-80ea-9c1f17b5891b", "31b940d4-6f7f-559a-80ea-9c1f17b5891b");
    for (uuid, extension, versions) in [(v4, extension, true), (v5, extension, false), (v4, "", false)] {
        let file = Object::parse(&file.replace("ID", uuid).replace("EXT", extension)).unwrap();
        let next = file.new_version().build();
        assert_eq!(next.is_ok(), versions, "{next:?}");
    }
}

/// VER-15: custom objects follow the same rules.
#[test]
fn custom_objects() {
    let custom = |extra: &str| {
        let text = r#"{"type":"x-thing","spec_version":"2.1","id":"x-thing--31b940d4-6f7f-459a-80ea-9c1f17b5891b",
            "created":"2026-01-01T00:00:00.000Z","rank":1EXTRA}"#;
        Object::parse(&text.replace("EXTRA", extra)).unwrap()
    };
    let thing = custom(r#","modified":"2026-01-01T00:00:00.000Z""#);
    let Object::Custom(inner) = &thing else { panic!() };
    assert!(inner.new_version().set("rank", 2_i64).build().is_ok());
    let revoked = thing.new_version().revoke().build().unwrap();
    assert_eq!(revoked.new_version().build(), Err(VersionError::Revoked));
    assert_eq!(thing.new_version().unset("modified").build(), Err(VersionError::Required("modified".to_owned())));
    assert_eq!(custom("").new_version().build(), Err(VersionError::NoVersion("modified")));
}

/// VER-09, GM-11: markings are content, and their selectors must lead somewhere.
#[test]
fn selectors_must_resolve() {
    let second: Selector = "aliases.[1]".parse().unwrap();
    let marked = tool().new_version().add_marking(tlp::RED, Some(&second)).build().unwrap();
    let shorter = marked.new_version().edit(|tool| tool.aliases(["a"]));
    let error = shorter.clone().build().unwrap_err();
    assert_eq!(error, VersionError::Dangling(vec![second.clone()]));
    assert!(error.to_string().contains("aliases.[1]"));
    assert!(!shorter.prune_selectors().build().unwrap().content().contains("granular_markings"));
    let missing: Selector = "labels".parse().unwrap();
    let error = marked.new_version().add_marking(tlp::RED, Some(&missing)).build().unwrap_err();
    assert_eq!(error, VersionError::Marking(MarkingError::NoSuchPart(missing)));
    assert!(marked.new_version().remove_marking(tlp::RED, Some(&second)).build().is_ok());
}

/// LIB-01: what was wrong already does not keep the creator from going on.
#[test]
fn old_errors_are_no_obstacle() {
    let text = r#"{"type":"tool","spec_version":"2.1","id":"tool--31b940d4-6f7f-459a-80ea-9c1f17b5891b","name":"x",
        "created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","confidence":500,"labels":[]}"#;
    assert!(Object::parse(text).unwrap().new_version().revoke().build().is_ok());
    let worse = Object::parse(text).unwrap().new_version().set("lang", "?").build().unwrap_err();
    assert!(matches!(worse, VersionError::Invalid(invalid) if invalid.findings.len() == 1));
}

/// VER-01, VER-07, VER-08: versions are told apart by instants; equal ones must say the same.
#[test]
fn which_is_newer() {
    let text = |modified: &str, rest: &str| {
        let text = format!(r#"{{"id":"tool--31b940d4-6f7f-459a-80ea-9c1f17b5891b","modified":"{modified}"{rest}}}"#);
        Json::parse(&text).unwrap().into_owned().as_object().unwrap().clone()
    };
    let (old, new) = ("2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.11Z");
    for (one, other, expected) in [
        (text(old, ""), text(new, ""), Succession::Older),
        (text(new, ""), text(old, ""), Succession::Newer),
        (text(old, r#","revoked":false"#), text(old, ""), Succession::Same),
        (text(old, r#","a":1,"b":2"#), text(old, r#","b":2,"a":1"#), Succession::Same),
        (text(old, r#","a":[1,2]"#), text(old, r#","a":[2,1]"#), Succession::Conflict),
        (text(old, ""), text("2026-01-01T00:00:00.100Z", ""), Succession::Conflict),
        (text(old, r#","revoked":true"#), text(old, ""), Succession::Conflict),
    ] {
        assert_eq!(compare(&one, &other), Some(expected));
    }
    assert_eq!(compare(&tool(), &tool()), None);
}

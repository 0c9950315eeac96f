//! What markings demand.

use super::*;
use crate::sanitise::admit::published;
use stix_model::marking::{pap, tlp};

const IEP: &str = "marking-definition--01234567-17d4-4cbf-938f-98ee46b3cd3f";

fn tool(more: &Value) -> Value {
    let mut more = more.clone();
    more["name"] = json!("nmap");
    object("tool", 1, &more)
}

fn policy(said: &Value) -> Value {
    json!({"type": "marking-definition", "spec_version": "2.1", "id": IEP, "created": "2026-11-19T10:11:12.123Z",
        "name": "Acme's policy", "extensions": {iep::EXTENSION: said}})
}

/// Ceilings hold under every profile: for TLP, for PAP, for what is not marked, and for markings that nobody understands.
#[test]
fn ceilings_hold() {
    let marked = |id: &str| tool(&json!({"object_marking_refs": [id]}));
    let statement = "marking-definition--11234567-17d4-4cbf-938f-98ee46b3cd3f";
    for profile in [Profile::full(), Profile::technical(), Profile::anonymous()] {
        for (marking, expected) in [
            (tlp::AMBER.id(), "leaves"),
            (tlp::v1::GREEN.id(), "leaves"),
            (tlp::AMBER_STRICT.id(), "tlp"),
            (tlp::RED.id(), "tlp"),
            (tlp::v1::RED.id(), "tlp"),
            (pap::AMBER.id(), "leaves"),
            (pap::RED.id(), "pap"),
            (statement.parse().unwrap(), "marking-unknown"),
        ] {
            let object = marked(marking.as_str());
            assert_eq!(
                rule(&sanitise(profile.clone(), std::slice::from_ref(&object)), &object),
                expected,
                "{} {marking}",
                profile.name
            );
        }
        let green = Ceiling { tlp: TlpLevel::Green, ..audience().ceiling };
        let audience = Audience { ceiling: green, ..audience() };
        let sanitiser = Sanitiser::new(profile, audience, Secret::new(&[7; 32]).unwrap()).unwrap();
        let out = sanitiser.sanitise(&[tool(&json!({})).to_string()], &Objects::default());
        assert_eq!(out.withheld[0].rule, "unmarked");
    }
}

/// Once a version is marked above the ceiling, the older ones stay too.
#[test]
fn newer_versions_keep_older_ones_back() {
    let old = tool(&json!({"object_marking_refs": [tlp::GREEN.id().as_str()]}));
    let mut new = tool(&json!({"object_marking_refs": [tlp::RED.id().as_str()]}));
    new["modified"] = json!("2026-11-20T10:11:12.123Z");
    for profile in [Profile::full(), Profile::technical(), Profile::anonymous()] {
        let out = sanitise(profile.clone(), &[old.clone(), new.clone()]);
        let rules: Vec<_> = out.withheld.iter().map(|withheld| withheld.rule.as_str()).collect();
        assert_eq!((out.leaving.len(), rules), (0, vec!["newer", "tlp"]), "{}", profile.name);
        assert_eq!(sanitise(profile, std::slice::from_ref(&old)).leaving.len(), 1);
    }
}

/// Parts that are marked above the ceiling are taken out under every profile, and what is left is another object.
#[test]
fn hidden_parts_are_taken_out() {
    let marked = tool(&json!({"aliases": ["a", "secret", "c"], "description": "d",
        "granular_markings": [{"marking_ref": tlp::RED.id().as_str(), "selectors": ["aliases.[1]"]},
            {"marking_ref": tlp::GREEN.id().as_str(), "selectors": ["aliases.[2]"]}]}));
    for profile in [Profile::full(), Profile::technical(), Profile::anonymous()] {
        let out = sanitise(profile, std::slice::from_ref(&marked));
        let shared = of(&out, &marked).unwrap();
        assert_eq!(shared["aliases"], json!(["a", "c"]));
        assert!(shared["id"] != marked["id"] && shared["created_by_ref"] == HUB);
        assert!(out.removed.iter().any(|removed| removed.pointer == "/aliases/1" && removed.rule == "marking"));
    }
}

/// What is not marked leaves with the level that it counts as, and published definitions as they are published.
#[test]
fn levels_are_carried_along() {
    let out = sanitise(Profile::technical(), &[tool(&json!({}))]);
    assert!(out.leaving[0].object.contains(tlp::AMBER.id().as_str()));
    let mut forged: Value = serde_json::to_value(published(tlp::AMBER.id().as_str()).unwrap()).unwrap();
    forged["name"] = json!("Acme Clinic");
    let out = sanitise(Profile::technical(), &[forged]);
    assert!(!out.leaving[0].object.contains("Acme"));
}

/// An exchange policy is kept: its time, encryption, and that nobody is told who provided something. It leaves in its own words.
#[test]
fn exchange_policies_are_kept() {
    let object = tool(&json!({"object_marking_refs": [IEP]}));
    for (said, expected) in [
        (json!({"iep_version": "2.0", "provider_attribution": "may", "end_date": null}), "leaves"),
        (json!({"end_date": "2020-01-01T00:00:00Z"}), "iep"),
        (json!({"start_date": "2999-01-01T00:00:00Z"}), "iep"),
        (json!({"tlp": "red"}), "iep"),
        (json!({"permitted_actions": "whatever"}), "iep"),
        (json!({"end_date": 7}), "iep"),
    ] {
        let out = sanitise(Profile::technical(), &[policy(&said), object.clone()]);
        assert_eq!(rule(&out, &object), expected, "{said}");
        assert!(out.leaving.iter().all(|leaving| !leaving.object.contains("Acme")));
    }
    let anonymous = policy(&json!({"provider_attribution": "must-not", "encrypt_in_transit": "must"}));
    let profile = Profile { release: vec![AUTHOR.to_owned()], ..Profile::full() };
    let out = sanitise(profile.clone(), &[anonymous.clone(), object.clone()]);
    assert_eq!(of(&out, &object).unwrap()["created_by_ref"], HUB);
    let open = Audience { ceiling: Ceiling { encrypted: false, ..audience().ceiling }, ..audience() };
    let open = Sanitiser::new(profile, open, Secret::new(&[7; 32]).unwrap()).unwrap();
    let out = open.sanitise(&[anonymous.to_string(), object.to_string()], &Objects::default());
    assert_eq!(rule(&out, &object), "iep");
}

/// Under `full`, what nothing holds back leaves byte by byte.
#[test]
fn full_leaves_bytes_alone() {
    let text = r#"{"type":"tool", "x_b":1.0, "spec_version":"2.1","id":"tool--00000001-0000-4000-8000-000000000000","created":"2026-11-19T10:11:12.1230000Z","modified":"2026-11-19T10:11:12.1230000Z","name":"n\u006dap"}"#;
    let out = sanitiser(Profile::full()).sanitise(&[text], &Objects::default());
    assert!(out.leaving[0].object == text && out.leaving[0].unchanged);
}

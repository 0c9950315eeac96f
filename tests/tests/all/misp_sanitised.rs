//! What a MISP event says of its victim does not leave, also by what is kept beside the objects so that nothing of an event is lost.

use misp::{Document, stix};
use serde_json::{Value, json};
use sharing::sanitise::scan::Scan;
use sharing::sanitise::{Audience, Objects, Profile, Sanitiser, Secret};

/// Facts of the malware.
const FACTS: [&str; 4] = [
    "c2.night-heron.example",
    "198.51.100.23",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "https://night-heron.example/gate",
];

/// An event with a word that tells of the victim in each of the places where people write.
fn event(told: &mut impl FnMut() -> String) -> Value {
    let uuid = |n: u32| format!("00000000-0000-4000-8000-{n:012}");
    let attribute = |n: u32, kind: &str, category: &str, value: &str, comment: String| {
        json!({
            "uuid": uuid(n), "type": kind, "category": category, "value": value, "comment": comment, "to_ids": true, "timestamp": "1793491200",
            "distribution": "5", "deleted": false, "disable_correlation": false,
        })
    };
    let facts = FACTS.iter().zip([("domain", 1), ("ip-dst", 2), ("sha256", 3), ("url", 4)]);
    let facts = facts.map(|(value, (kind, n))| {
        let category = if kind == "sha256" { "Payload delivery" } else { "Network activity" };
        attribute(n, kind, category, value, told())
    });
    let mut attributes: Vec<Value> = facts.collect();
    for (n, kind) in (10..).zip([
        "target-org",
        "target-user",
        "target-machine",
        "target-location",
        "target-external",
        "comment",
        "text",
        "other",
    ]) {
        let (value, comment) = (told(), told());
        attributes.push(attribute(n, kind, if n < 15 { "Targeting data" } else { "Other" }, &value, comment));
    }
    let mail = format!("{}@victim.example", told());
    attributes.push(attribute(30, "target-email", "Targeting data", &mail, told()));
    let organisation = |n: u32, name: String| json!({"uuid": uuid(n), "name": name, "id": n.to_string()});
    json!({"Event": {
        "uuid": uuid(100), "info": told(), "date": "2026-11-01", "timestamp": "1793491200", "published": true, "analysis": "2", "threat_level_id": "1",
        "distribution": "4", "Org": organisation(101, told()), "Orgc": organisation(102, told()),
        "SharingGroup": {
            "uuid": uuid(103), "name": told(), "releasability": told(), "description": told(), "active": true,
            "SharingGroupOrg": [{"org_id": "1", "extend": true, "Organisation": organisation(104, told())}],
        },
        "Tag": [{"name": "tlp:green"}, {"name": format!("workflow:todo=\"{}\"", told())}],
        "Attribute": attributes,
        "Object": [{
            "uuid": uuid(105), "name": "victim", "meta-category": "misc", "template_uuid": uuid(106), "template_version": "1", "timestamp": "1793491200",
            "comment": told(), "description": told(),
            "Attribute": [attribute(107, "target-org", "Targeting data", &told(), told())],
        }],
        "EventReport": [{"uuid": uuid(108), "name": told(), "content": told(), "timestamp": "1793491200", "distribution": "5", "deleted": false}],
    }})
}

/// Planted victims in MISP's own places, under both profiles: names, comments, organisations, sharing groups, reports, targeting data. None of them
/// leaves in any byte; the facts do.
#[test]
fn what_a_misp_event_says_of_its_victim_stays() {
    let mut planted = Vec::new();
    let event = event(&mut || {
        let letters = (0..4)
            .map(|place| char::from(b'a' + u8::try_from((planted.len() / 26_usize.pow(place)) % 26).expect("small")));
        let word = format!("Victim{}zq", letters.collect::<String>());
        planted.push(word.clone());
        word
    });
    assert!(planted.len() > 35);
    let document = Document::parse(&event.to_string()).expect("an event");
    let converted = stix::convert(&document).objects;
    let objects: Vec<String> = converted.iter().map(|object| serde_json::to_string(object).expect("JSON")).collect();
    for word in &planted {
        assert!(
            objects.iter().any(|object| object.contains(word)),
            "{word} is kept by the conversion: otherwise this would prove nothing"
        );
    }
    // What people write about a fact becomes a description, which `technical` lets leave but for what the scanner is told of.
    let names = planted.iter().take(FACTS.len()).cloned().collect();
    let scan = Scan { names, ..Scan::default() };
    for profile in [Profile::technical(), Profile::anonymous()] {
        let name = profile.name.clone();
        let profile = Profile { scan: profile.scan.clone().and(scan.clone()), ..profile };
        let hub = "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f".parse().expect("an identifier");
        let secret = Secret::new(&[7; 32]).expect("long enough");
        let sanitiser = Sanitiser::new(profile, Audience::new("partner", hub), secret).expect("a profile");
        let sanitised = sanitiser.sanitise(&objects, &Objects::default());
        let leaving: String = sanitised.leaving.iter().map(|one| one.object.as_str()).collect::<Vec<_>>().join("\n");
        for word in &planted {
            assert!(!leaving.to_lowercase().contains(&word.to_lowercase()), "{name}: {word} in {leaving}");
        }
        for fact in FACTS {
            assert!(leaving.contains(fact), "{name}: {fact} is missing: {leaving}\n{:?}", sanitised.withheld);
        }
        assert!(!leaving.contains(stix::EXTENSION), "{name}: what is kept beside the objects stays");
    }
}

//! Planted victims: what tells of them stands in every place there is, and none of it leaves, while every allowed fact does.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use stix_model::marking::tlp;

use super::slots::{Slot, least, slots, types};
use super::*;
use crate::sanitise::scan::{Own, Scan};

/// A word that says nothing to anybody.
fn word(number: usize) -> String {
    let letters = (0..5).map(|place| char::from(b'a' + u8::try_from(number / 26_usize.pow(place) % 26).unwrap()));
    format!("Zw{}qx", letters.collect::<String>())
}

/// What tells of a victim, in ways that a scanner is told of.
fn told(number: usize) -> Vec<String> {
    let (high, low) = (number / 250 % 250, number % 250);
    let all = [
        format!("{}@partner.example", word(number)),
        format!("{}.clinic.example", word(number)),
        format!("10.{high}.{low}.7"),
        format!("INC-{number:06}"),
        format!("srv{number}.ad.corp"),
    ];
    vec![word(number), all[number % all.len()].clone()]
}

fn scanning(base: Profile, count: usize) -> Profile {
    let scan = Scan {
        names: (0..count).map(word).collect(),
        domains: vec!["clinic.example".to_owned()],
        patterns: vec![Own { rule: "ticket".to_owned(), regex: r"inc-\d{6}".to_owned() }],
        ..Scan::default()
    };
    Profile { scan: base.scan.clone().and(scan), ..base }
}

/// Is a place on the profile's list?
fn is_allowed(profile: &Profile, slot: &Slot) -> bool {
    const COMMON: [&str; 6] = ["revoked", "labels", "confidence", "lang", "external_references", "defanged"];
    slot.through.iter().all(|(table, property)| {
        let list = if COMMON.contains(property) && *table == slot.object_type { "common" } else { table };
        let list = profile.types.get(list).or_else(|| profile.parts.get(list));
        list.is_some_and(|list| list.iter().any(|name| name == property || name == "*"))
    })
}

/// Places that hold text, of which only some texts may leave.
fn is_open(profile: &Profile, slot: &Slot) -> bool {
    let last = slot.through.last().unwrap();
    let is_judged = last.0 == "external-reference" || ["labels", "relationship_type", "pattern_type"].contains(&last.1);
    slot.is_free
        && is_allowed(profile, slot)
        && !is_judged
        && !slot.pointer.contains("x_own")
        && !slot.pointer.contains("extension-definition")
}

/// The ways in which a text could be in the bytes.
fn ways(text: &str) -> Vec<String> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let digits: String = hex.bytes().map(|byte| char::from(b'0' + byte % 10)).collect();
    vec![text.to_lowercase(), STANDARD_NO_PAD.encode(text).to_lowercase(), hex, digits]
}

/// What may be in the neighbourhood: objects that leave.
fn neighbours() -> Vec<Value> {
    let tool = types().find(|shape| shape.name == "tool").unwrap();
    let address =
        json!({"type": "ipv4-addr", "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": "198.51.100.3"});
    vec![least(tool, 7), address]
}

fn run(profile: Profile, objects: &[Value]) -> Sanitised {
    let texts: Vec<String> = objects.iter().map(ToString::to_string).collect();
    sanitiser(profile).sanitise(&texts, &Objects::default())
}

/// What leaves and what a partner is told hold nothing of what was planted, nor the name of an original.
fn assert_clean(profile: &str, out: &Sanitised, planted: &BTreeMap<String, (String, Slot)>) {
    let summary = format!("{} {}", out.summary(), serde_json::to_string(&out.summary()).unwrap()).to_lowercase();
    for leaving in &out.leaving {
        let text = format!("{} {}", leaving.object, leaving.version).to_lowercase();
        if let Some((canary, slot)) = planted.get(&leaving.original) {
            assert!(!text.contains(&leaving.original), "{text}");
            for way in ways(canary) {
                assert!(!text.contains(&way), "{profile} {} {}: {canary} in {text}", slot.object_type, slot.pointer);
            }
        }
        assert!(!text.contains(AUTHOR), "{text}");
    }
    for (canary, _) in planted.values() {
        assert!(ways(canary).iter().all(|way| !summary.contains(way)));
    }
}

/// Every place of every type, each with a victim's name, another thing that a scanner finds, and, where no list allows any
/// text, a word that nobody can find: nothing of it leaves.
#[test]
fn no_canary_leaves() {
    let slots = slots();
    assert!(slots.len() > 600, "{}", slots.len());
    for base in [Profile::technical(), Profile::anonymous()] {
        let profile = scanning(base, slots.len());
        let mut planted = BTreeMap::new();
        let mut objects = neighbours();
        for (number, (slot, plant)) in slots.iter().enumerate() {
            let mut texts = told(number);
            if !is_open(&profile, slot) {
                texts.push(format!("Hidden{}", word(number + 100_000)));
            }
            for text in texts {
                let object = plant(u32::try_from(objects.len() + 100).unwrap(), &text);
                planted.insert(id(&object).to_owned(), (text, slot.clone()));
                objects.push(object);
            }
        }
        let out = run(profile.clone(), &objects);
        assert_clean(&profile.name, &out, &planted);
        assert!(out.leaving.len() > 200, "{}", out.leaving.len());
    }
}

/// Custom properties and parts that are marked above the ceiling, on every type: nothing of them leaves.
#[test]
fn nothing_custom_or_hidden_leaves() {
    let mut planted = BTreeMap::new();
    let mut objects = neighbours();
    for (number, shape) in types().enumerate() {
        let slot = Slot { object_type: shape.name, pointer: String::new(), through: Vec::new(), is_free: true };
        let text = format!("Hidden{}", word(number));
        let own = json!({"x_plain": text, "x_deep": {&text: [{"x": [text]}]}, &text: 1});
        let hidden = json!({"description": text, "granular_markings": [{"selectors": ["description"], "marking_ref": tlp::RED.id().as_str()}]});
        for (more, base) in [own, hidden].into_iter().zip([1000, 2000]) {
            let mut object = least(shape, base + u32::try_from(number).unwrap());
            object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            planted.insert(id(&object).to_owned(), (text.clone(), slot.clone()));
            objects.push(object);
        }
    }
    for profile in [Profile::technical(), Profile::anonymous()] {
        let out = run(profile.clone(), &objects);
        assert_clean(&profile.name, &out, &planted);
        assert!(out.leaving.len() > 30, "{}", out.leaving.len());
    }
}

/// Every fact that is on the list leaves as it stood: a text in every allowed place, under both profiles.
#[test]
fn every_allowed_fact_leaves() {
    // An object of the type cannot be valid with a text of one's own there.
    let formed = [
        "/mime_type",
        "/cpe",
        "/languages/0",
        "/path_enc",
        "/name_enc",
        "/value",
        "/swid",
        "/decryption_key",
        "/key_usage",
        "/pattern_version",
        "/encryption_algorithm",
        "/rir",
    ];
    for profile in [Profile::technical(), Profile::anonymous()] {
        let mut objects = neighbours();
        let mut facts = Vec::new();
        for (number, (slot, plant)) in slots().iter().enumerate() {
            let ends = |end: &&str| slot.pointer.ends_with(end);
            if is_open(&profile, slot) && !formed.iter().any(ends) {
                let object = plant(u32::try_from(number + 100).unwrap(), "beef");
                facts.push((id(&object).to_owned(), slot.clone(), object.pointer(&slot.pointer).cloned()));
                objects.push(object);
            }
        }
        let out = run(profile.clone(), &objects);
        let mut missing = Vec::new();
        for (original, slot, fact) in &facts {
            let shared = out.leaving.iter().find(|leaving| leaving.original == *original);
            let shared: Option<Value> = shared.map(|leaving| serde_json::from_str(&leaving.object).unwrap());
            if shared.as_ref().and_then(|shared| shared.pointer(&slot.pointer)) != fact.as_ref() {
                let why = out
                    .withheld
                    .iter()
                    .find(|withheld| withheld.id == *original)
                    .map(|w| format!("{} {}", w.rule, w.reason));
                missing.push(format!("{} {} {why:?}", slot.object_type, slot.pointer));
            }
        }
        assert!(
            missing.is_empty(),
            "{} of {} under {}:\n{}",
            missing.len(),
            facts.len(),
            profile.name,
            missing.join("\n")
        );
        assert!(facts.len() > 40, "{}", facts.len());
    }
}

/// However a victim's name is hidden in a free text, a name or a pattern, it does not leave, and what stands around it does.
#[test]
fn hidden_forms_do_not_leave() {
    let name = "Acme Clinic";
    let each = |write: &dyn Fn(u8) -> String| name.bytes().map(write).collect::<String>();
    let forms = [
        name.to_uppercase(),
        name.to_lowercase().replace(' ', ""),
        STANDARD_NO_PAD.encode(name),
        STANDARD_NO_PAD.encode(STANDARD_NO_PAD.encode(name)),
        each(&|byte| format!("%{byte:02X}")),
        each(&|byte| format!("%25{byte:02x}")),
        each(&|byte| format!("\\u{byte:04x}")),
        each(&|byte| format!("\\x{byte:02x}")),
        each(&|byte| format!("{byte:02x}")),
        name.chars().flat_map(|c| [c, ' ']).collect(),
        name.chars().flat_map(|c| [c, '.', '\n']).collect(),
        name.chars().flat_map(|c| [c, '\u{200d}']).collect(),
        "Ācmé Clinıc".to_owned(),
    ];
    let scan = Scan { names: vec![name.to_owned()], ..Scan::default() };
    for base in [Profile::technical(), Profile::anonymous()] {
        let profile = Profile { scan: base.scan.clone().and(scan.clone()), ..base };
        for form in &forms {
            let quoted = form.replace('\\', "\\\\");
            let described =
                object("tool", 1, &json!({"name": "nmap", "description": format!("Seen before {form} and after.")}));
            let named = object("malware", 2, &json!({"name": form, "is_family": true}));
            let pattern = |text: String, language: &str| json!({"pattern": text, "pattern_type": language, "valid_from": "2026-11-19T10:11:12Z"});
            let looks = object("indicator", 3, &pattern(format!("[mutex:name = '{quoted}']"), "stix"));
            let comments = object("indicator", 4, &pattern(format!("[mutex:name = 'x' /* {form} */]"), "stix"));
            let rule = object(
                "indicator",
                5,
                &pattern(format!("rule x {{ meta: author = \"{form}\" condition: true }}"), "yara"),
            );
            let out = run(
                profile.clone(),
                &[described.clone(), named.clone(), looks.clone(), comments.clone(), rule.clone()],
            );
            assert!(out.leaving.iter().all(|leaving| !leaving.object.contains(form.as_str())), "{form}");
            assert!([&named, &looks, &rule].iter().all(|object| of(&out, object).is_none()), "{form}");
            assert!(of(&out, &comments).unwrap()["pattern"] == "[mutex:name = 'x']");
            let shared = of(&out, &described).unwrap();
            if profile.name == "technical" {
                let text = shared["description"].as_str().unwrap();
                assert!(text.starts_with("Seen before [removed]") && text.ends_with("and after."), "{text}");
            }
        }
    }
}

use serde_json::{Value, json};
use stix_model::validate::{self, Options};

use super::profile::Creator;
use super::*;

mod graph;
mod markings;
mod planted;
mod properties;
mod slots;

const HUB: &str = "identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
const AUTHOR: &str = "identity--a1e2d3c4-17d4-4cbf-938f-98ee46b3cd01";

fn uuid(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

fn audience() -> Audience {
    Audience::new("isac", HUB.parse().unwrap())
}

fn sanitiser(profile: Profile) -> Sanitiser {
    Sanitiser::new(profile, audience(), Secret::new(&[7; 32]).unwrap()).unwrap()
}

/// A domain or relationship object with these properties besides the required ones.
fn object(object_type: &str, number: u32, more: &Value) -> Value {
    let mut object = json!({"type": object_type, "spec_version": "2.1", "id": format!("{object_type}--{}", uuid(number)),
        "created": "2026-11-19T10:11:12.123Z", "modified": "2026-11-19T10:11:12.123Z", "created_by_ref": AUTHOR});
    let (Value::Object(members), Value::Object(more)) = (&mut object, more) else { panic!() };
    members.extend(more.clone());
    object
}

fn observable(object_type: &str, number: u32, more: &Value) -> Value {
    let mut object = json!({"type": object_type, "id": format!("{object_type}--{}", uuid(number))});
    let (Value::Object(members), Value::Object(more)) = (&mut object, more) else { panic!() };
    members.extend(more.clone());
    object
}

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

fn link(number: u32, relationship_type: &str, source: &Value, target: &Value) -> Value {
    let ends = json!({"relationship_type": relationship_type, "source_ref": id(source), "target_ref": id(target)});
    object("relationship", number, &ends)
}

/// Everything at once, with nothing else known.
fn sanitise(profile: Profile, objects: &[Value]) -> Sanitised {
    let texts: Vec<String> = objects.iter().map(ToString::to_string).collect();
    let sanitised = sanitiser(profile).sanitise(&texts, &Objects::default());
    for leaving in sanitised.leaving.iter().filter(|leaving| !leaving.unchanged) {
        let json = Json::parse(&leaving.object).unwrap();
        let errors: Vec<_> = validate::object(&json, &Options::default());
        assert!(errors.iter().all(|finding| finding.severity != stix_model::Severity::Error), "{errors:?}");
    }
    sanitised
}

/// What leaves of an object.
fn of(sanitised: &Sanitised, original: &Value) -> Option<Value> {
    let found = sanitised.leaving.iter().find(|leaving| leaving.original == id(original));
    found.map(|leaving| serde_json::from_str(&leaving.object).unwrap())
}

/// The rule by which an object stays.
fn rule(sanitised: &Sanitised, original: &Value) -> String {
    let found = sanitised.withheld.iter().find(|withheld| withheld.id == id(original));
    found.map_or_else(|| "leaves".to_owned(), |withheld| withheld.rule.clone())
}

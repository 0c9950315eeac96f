//! What the standard does not have: a property of an extension of one's own, and objects of a type of one's own.

use serde::{Deserialize, Serialize};
use stix_model::sdo::Identity;
use stix_model::validate::{self, Options};
use stix_model::{Extension, Object, Registry, StixObject, TypeClass};

/// What we add to identities.
#[derive(Serialize, Deserialize)]
struct Rank {
    extension_type: String,
    rank: u8,
}

impl Extension for Rank {
    const KEY: &'static str = "extension-definition--d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e";
}

/// The extension that defines the type of the object below.
const SENSOR: &str = r#"{
    "type": "sensor", "spec_version": "2.1", "id": "sensor--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "serial": "A-17",
    "extensions": {"extension-definition--5f0a1b42-6d1f-4b0e-9a53-0c3a6a0e2c11": {"extension_type": "new-sco"}}
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rank = Rank { extension_type: "property-extension".into(), rank: 5 };
    let acme = Identity::builder().name("ACME").extension(rank).build()?;
    println!("{}", serde_json::to_string(&acme)?);
    let read: Identity = serde_json::from_str(&serde_json::to_string(&acme)?)?;
    assert_eq!(read.extension::<Rank>().map(|rank| rank.rank), Some(5));

    let sensor = Object::parse(SENSOR)?;
    assert!(matches!(sensor, Object::Custom(_)));
    println!("{} {}", sensor.object_type(), sensor.members().get("serial").ok_or("no serial")?);

    // Who declares the type knows more: this observable is named after its serial number, but has a random id.
    let mut types = Registry::default();
    types.add("sensor", TypeClass::Observable, &["serial"])?;
    let options = Options { types, ..Options::default() };
    let findings = validate::members(sensor.members(), &options);
    for finding in &findings {
        println!("{}: {finding}", finding.severity);
    }
    assert_eq!(findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["ID-04"]);
    Ok(())
}

//! Reads a bundle or a TAXII envelope of any size, and says of each object what it is and what is wrong with it:
//! `cargo run -p stix-model --example read_bundle -- bundle.json`. Without a file, it reads a bundle of its own.

use std::fs::File;
use std::io::Read;

use stix_model::validate::{self, Options};
use stix_model::{Object, reader};

const OWN: &str = r#"{
    "type": "bundle", "id": "bundle--7c3a6a39-6a3c-4d0c-9c55-3a5f4b8a5c1e",
    "objects": [
        {"type": "ipv4-addr", "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": "198.51.100.3"},
        {"type": "domain-name", "id": "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7", "value": "example.com",
         "resolves_to_refs": ["ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"]},
        {"type": "malware", "spec_version": "2.1", "id": "malware--0f1d6b1c-5a0e-4c3f-8d38-6f0a6f0f8f11",
         "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "is_family": true}
    ]
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1);
    let input: Box<dyn Read> = match &path {
        Some(path) => Box::new(File::open(path)?),
        None => Box::new(OWN.as_bytes()),
    };
    let (mut objects, mut rules) = (0, Vec::new());
    // One object is in memory at a time.
    reader::read(input, &reader::Limits::default(), |raw| {
        let object = Object::parse(raw.text.get())?;
        let what = match &object {
            Object::DomainName(domain) => domain.value(),
            Object::Ipv4Addr(address) => address.value(),
            other => other.members().get("name").and_then(|name| name.as_str()).unwrap_or_default(),
        };
        println!("{} {what}", object.object_type());
        for finding in validate::members(object.members(), &Options::default()) {
            println!("    {}: {finding}", finding.severity);
            rules.push(finding.rule);
        }
        objects += 1;
        Ok(())
    })?;
    println!("{objects} objects, {} findings", rules.len());
    assert!(path.is_some() || (objects == 3 && rules.contains(&"SDO-MAL-1")));
    Ok(())
}

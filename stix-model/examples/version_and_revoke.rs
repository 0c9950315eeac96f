//! The life of an object: made, changed, derived from by somebody else, withdrawn.

use stix_model::StixObject;
use stix_model::sdo::{Identity, Indicator};
use stix_model::versioning::{Succession, VersionError, compare};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let acme = Identity::builder().name("ACME").build()?.id();
    let first = Indicator::builder()
        .name("Control server")
        .pattern("[ipv4-addr:value = '198.51.100.3']")
        .pattern_type("stix")
        .valid_from("2026-01-01T00:00:00Z")
        .created_by_ref(&acme)
        .build()?;

    let second = first.new_version().by(&acme).edit(|indicator| indicator.confidence(80)).build()?;
    println!("version 1: {}\nversion 2: {}", first.modified().ok_or("none")?, second.modified().ok_or("none")?);
    assert_eq!(compare(&second, &first), Some(Succession::Newer));

    let umbrella = Identity::builder().name("Umbrella").build()?.id();
    let error = second.new_version().by(&umbrella).build();
    assert!(matches!(error, Err(VersionError::NotTheCreator { .. })));
    let theirs = second.new_version().by(&umbrella).unset("confidence").derive()?;
    println!("{} is derived from {}", theirs.object.id(), theirs.relationship.target_ref());

    let withdrawn = second.revoke()?;
    let error = withdrawn.new_version().build().err().ok_or("a version of a revoked object")?;
    println!("after the last version: {error}");
    assert_eq!(error, VersionError::Revoked);
    Ok(())
}

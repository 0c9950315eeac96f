//! An indicator for a piece of malware, who says so, and what connects them, in a bundle.

use stix_model::meta::Bundle;
use stix_model::nested::{ExternalReference, KillChainPhase};
use stix_model::sdo::{Identity, Indicator, Malware};
use stix_model::sro::Relationship;
use stix_model::validate::{self, Options};
use stix_model::vocabulary::{IdentityClass, IndicatorType, MalwareType};
use stix_model::{Severity, StixObject};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let acme = Identity::builder().name("ACME").identity_class(IdentityClass::Organization).build()?;
    let phase =
        KillChainPhase::builder().kill_chain_name("lockheed-martin-cyber-kill-chain").phase_name("delivery").build()?;
    let report =
        ExternalReference::builder().source_name("ACME blog").description("How the heron flies by night").build()?;
    let indicator = Indicator::builder()
        .created_by_ref(acme.id())
        .name("Loader of Night Heron")
        .description("The file that the first mail brings")
        .indicator_types([IndicatorType::MaliciousActivity])
        .pattern("[file:name = 'invoice.exe' AND file:size = 8192]")
        .pattern_type("stix")
        .valid_from("2026-01-01T00:00:00Z")
        .kill_chain_phases([phase])
        .confidence(80)
        .external_references([report])
        .build()?;
    let malware = Malware::builder()
        .created_by_ref(acme.id())
        .name("Night Heron")
        .is_family(true)
        .malware_types([MalwareType::Downloader])
        .build()?;
    let indicates = Relationship::builder()
        .created_by_ref(acme.id())
        .relationship_type("indicates")
        .source_ref(indicator.id())
        .target_ref(malware.id())
        .build()?;

    let bundle = Bundle::builder().object(acme).object(indicator).object(malware).object(indicates).build()?;
    let text = serde_json::to_string_pretty(&bundle)?;
    println!("{text}");

    let report = validate::bundle(&text, &Options::default())?;
    assert_eq!(report.objects, 4);
    assert!(report.findings.iter().all(|located| located.finding.severity == Severity::Information));
    Ok(())
}

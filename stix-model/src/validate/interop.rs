//! What the interoperability tests of STIX 2.1 want besides.

use super::Check;
use crate::TypeClass;
use crate::json::Members;

/// Properties that must be there, by type.
#[rustfmt::skip]
pub(super) static REQUIRED: &[(&str, &[&str])] = &[
    ("attack-pattern", &["external_references", "kill_chain_phases"]),
    ("indicator", &["name", "indicator_types"]),
    ("infrastructure", &["infrastructure_types"]),
    ("intrusion-set", &["resource_level", "primary_motivation"]),
    ("location", &["region"]),
    ("malware", &[
        "name", "malware_types", "first_seen", "last_seen", "architecture_execution_envs", "implementation_languages",
        "capabilities",
    ]),
    ("malware-analysis", &["version", "submitted", "analysis_started", "analysis_ended", "result"]),
    ("observed-data", &["object_refs"]),
    ("report", &["report_types"]),
    ("sighting", &["first_seen", "last_seen", "count"]),
    ("threat-actor", &["threat_actor_types", "roles", "sophistication", "resource_level", "primary_motivation"]),
    ("tool", &["tool_types"]),
    ("vulnerability", &["external_references"]),
];

/// IO-05.
pub(super) fn check(check: &mut Check<'_>, object_type: &str, class: TypeClass, members: &Members<'_>) {
    let creator: &[&str] = match class {
        TypeClass::Domain | TypeClass::Relationship => &["created_by_ref"],
        _ => &[],
    };
    let own = REQUIRED.iter().filter(|(name, _)| *name == object_type).flat_map(|(_, names)| *names);
    for name in creator.iter().chain(own).filter(|name| !members.contains(name)) {
        check.error("IO-05", format!("{name} is missing"), format!("{name}, for interoperability"));
    }
}

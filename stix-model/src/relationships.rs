//! The relationships that the standard defines (STIX 2.1 §3.7 and the sections of the object types).

use crate::TypeClass;
use crate::json::same;

/// What objects of one type may be to objects of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relationship {
    /// The type of the source.
    pub source: &'static str,
    /// What the source is to the target: `uses`, `indicates`.
    pub relationship_type: &'static str,
    /// The types of the target.
    pub targets: &'static [&'static str],
    /// May any cyber-observable object be the target, too?
    pub any_observable: bool,
}

impl Relationship {
    /// May an object of this type be the target?
    #[must_use]
    pub fn allows(&self, target: &str) -> bool {
        self.targets.contains(&target) || (self.any_observable && TypeClass::of(target) == TypeClass::Observable)
    }

    /// The targets in words, for messages.
    #[must_use]
    pub fn describe_targets(&self) -> String {
        match self.any_observable {
            true => format!("{} or any observable", self.targets.join(", ")),
            false => self.targets.join(" or "),
        }
    }
}

/// Relationships that any domain or cyber-observable object may have; of the first two, both ends are of one type.
pub const COMMON: [&str; 3] = ["derived-from", "duplicate-of", "related-to"];

/// The relationships that objects of a type may have, besides the [`COMMON`] ones.
///
/// ```
/// use stix_model::relationships::allowed_relationships;
///
/// let names: Vec<_> = allowed_relationships("indicator").map(|row| row.relationship_type).collect();
/// assert_eq!(names, ["based-on", "indicates"]);
/// ```
pub fn allowed_relationships(source_type: &str) -> impl Iterator<Item = &'static Relationship> {
    RELATIONSHIPS.iter().filter(move |row| same(row.source, source_type))
}

/// The relationships whose target objects of a type may be, besides the [`COMMON`] ones.
///
/// ```
/// use stix_model::relationships::relationships_to;
///
/// let sources: Vec<_> = relationships_to("observed-data").map(|row| row.source).collect();
/// assert_eq!(sources, ["indicator", "infrastructure"]);
/// ```
pub fn relationships_to(target_type: &str) -> impl Iterator<Item = &'static Relationship> {
    RELATIONSHIPS.iter().filter(move |row| row.allows(target_type))
}

/// Does the standard define such a relationship between these types? The [`COMMON`] ones count.
#[must_use]
pub fn is_allowed(source: &str, relationship_type: &str, target: &str) -> bool {
    match relationship_type {
        "related-to" => true,
        "derived-from" | "duplicate-of" => source == target,
        name => allowed_relationships(source).any(|row| row.relationship_type == name && row.allows(target)),
    }
}

/// Does the standard define a relationship of this name, between whichever types?
#[must_use]
pub fn is_standard(relationship_type: &str) -> bool {
    COMMON.contains(&relationship_type)
        || RELATIONSHIPS.iter().any(|row| same(row.relationship_type, relationship_type))
}

const fn row(source: &'static str, relationship_type: &'static str, targets: &'static [&'static str]) -> Relationship {
    Relationship { source, relationship_type, targets, any_observable: false }
}

const HOST: &[&str] = &["infrastructure"];
const PLACE: &[&str] = &["location"];
const MALWARE: &[&str] = &["malware"];
const VICTIM: &[&str] = &["identity", "location", "vulnerability"];
const MEANS: &[&str] = &["attack-pattern", "infrastructure", "malware", "tool"];

/// Every relationship that the standard defines, in the order of the sources.
#[rustfmt::skip]
pub static RELATIONSHIPS: &[Relationship] = &[
    row("attack-pattern", "delivers", MALWARE),
    row("attack-pattern", "targets", VICTIM),
    row("attack-pattern", "uses", &["malware", "tool"]),
    row("campaign", "attributed-to", &["intrusion-set", "threat-actor"]),
    row("campaign", "compromises", HOST),
    row("campaign", "originates-from", PLACE),
    row("campaign", "targets", VICTIM),
    row("campaign", "uses", MEANS),
    row("course-of-action", "investigates", &["indicator"]),
    row("course-of-action", "mitigates", &["attack-pattern", "indicator", "malware", "tool", "vulnerability"]),
    row("course-of-action", "remediates", &["malware", "vulnerability"]),
    row("domain-name", "resolves-to", &["domain-name", "ipv4-addr", "ipv6-addr"]),
    row("identity", "located-at", PLACE),
    row("indicator", "based-on", &["observed-data"]),
    row("indicator", "indicates", &["attack-pattern", "campaign", "infrastructure", "intrusion-set", "malware", "threat-actor", "tool"]),
    row("infrastructure", "communicates-with", &["infrastructure", "ipv4-addr", "ipv6-addr", "domain-name", "url"]),
    Relationship { any_observable: true, ..row("infrastructure", "consists-of", &["infrastructure", "observed-data"]) },
    row("infrastructure", "controls", &["infrastructure", "malware"]),
    row("infrastructure", "delivers", MALWARE),
    row("infrastructure", "has", &["vulnerability"]),
    row("infrastructure", "hosts", &["tool", "malware"]),
    row("infrastructure", "located-at", PLACE),
    row("infrastructure", "uses", HOST),
    row("intrusion-set", "attributed-to", &["threat-actor"]),
    row("intrusion-set", "compromises", HOST),
    row("intrusion-set", "hosts", HOST),
    row("intrusion-set", "owns", HOST),
    row("intrusion-set", "originates-from", PLACE),
    row("intrusion-set", "targets", VICTIM),
    row("intrusion-set", "uses", MEANS),
    row("ipv4-addr", "belongs-to", &["autonomous-system"]),
    row("ipv4-addr", "resolves-to", &["mac-addr"]),
    row("ipv6-addr", "belongs-to", &["autonomous-system"]),
    row("ipv6-addr", "resolves-to", &["mac-addr"]),
    row("malware", "authored-by", &["threat-actor", "intrusion-set"]),
    row("malware", "beacons-to", HOST),
    row("malware", "exfiltrates-to", HOST),
    row("malware", "communicates-with", &["ipv4-addr", "ipv6-addr", "domain-name", "url"]),
    row("malware", "controls", MALWARE),
    row("malware", "downloads", &["malware", "tool", "file"]),
    row("malware", "drops", &["malware", "tool", "file"]),
    row("malware", "exploits", &["vulnerability"]),
    row("malware", "originates-from", PLACE),
    row("malware", "targets", &["identity", "infrastructure", "location", "vulnerability"]),
    row("malware", "uses", MEANS),
    row("malware", "variant-of", MALWARE),
    row("malware-analysis", "characterizes", MALWARE),
    row("malware-analysis", "av-analysis-of", MALWARE),
    row("malware-analysis", "static-analysis-of", MALWARE),
    row("malware-analysis", "dynamic-analysis-of", MALWARE),
    row("threat-actor", "attributed-to", &["identity"]),
    row("threat-actor", "compromises", HOST),
    row("threat-actor", "hosts", HOST),
    row("threat-actor", "owns", HOST),
    row("threat-actor", "impersonates", &["identity"]),
    row("threat-actor", "located-at", PLACE),
    row("threat-actor", "targets", VICTIM),
    row("threat-actor", "uses", MEANS),
    row("tool", "delivers", MALWARE),
    row("tool", "drops", MALWARE),
    row("tool", "has", &["vulnerability"]),
    row("tool", "targets", &["identity", "infrastructure", "location", "vulnerability"]),
    row("tool", "uses", HOST),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// AC-07, REL-07, RV-02: 63 rows with 120 targets, "any observable" counted as one; each row once.
    #[test]
    fn the_table_is_whole() {
        assert_eq!(RELATIONSHIPS.len(), 63);
        let targets: usize = RELATIONSHIPS.iter().map(|row| row.targets.len() + usize::from(row.any_observable)).sum();
        assert_eq!(targets, 120);
        let keys: std::collections::HashSet<_> =
            RELATIONSHIPS.iter().map(|row| (row.source, row.relationship_type)).collect();
        assert_eq!(keys.len(), 63);
        for name in RELATIONSHIPS.iter().flat_map(|row| row.targets.iter().chain([&row.source])) {
            assert_ne!(TypeClass::of(name), TypeClass::Custom, "{name}");
        }
    }

    /// REL-05, RV-01: types match as a whole.
    #[test]
    fn types_match_as_a_whole() {
        assert!(is_allowed("malware", "drops", "file"));
        assert!(!is_allowed("malware", "drops", "fil"));
        assert!(is_allowed("infrastructure", "consists-of", "mutex"));
        assert!(!is_allowed("infrastructure", "consists-of", "malware"));
        assert!(is_allowed("tool", "derived-from", "tool") && !is_allowed("tool", "derived-from", "malware"));
    }
}

//! Galaxies, and the types of domain objects that their clusters are.

/// The type of domain object for the clusters of a galaxy.
pub(crate) fn object_type(galaxy: &str) -> Option<&'static str> {
    GALAXIES.iter().find(|(_, types)| types.contains(&galaxy)).map(|(object_type, _)| *object_type)
}

/// The galaxy for domain objects of a type.
pub(crate) fn galaxy(object_type: &str) -> Option<&'static str> {
    let (_, types) = GALAXIES.iter().find(|(known, _)| *known == object_type)?;
    types.first().copied()
}

/// Types of domain objects, and the galaxies whose clusters are such; foreign content goes to the first.
static GALAXIES: &[(&str, &[&str])] = &[
    (
        "attack-pattern",
        &[
            "mitre-attack-pattern",
            "mitre-enterprise-attack-attack-pattern",
            "mitre-mobile-attack-attack-pattern",
            "mitre-pre-attack-attack-pattern",
            "cmtmf-attack-pattern",
            "stix-2.1-attack-pattern",
        ],
    ),
    (
        "course-of-action",
        &[
            "mitre-course-of-action",
            "mitre-enterprise-attack-course-of-action",
            "mitre-mobile-attack-course-of-action",
            "stix-2.1-course-of-action",
        ],
    ),
    (
        "intrusion-set",
        &[
            "mitre-intrusion-set",
            "mitre-enterprise-attack-intrusion-set",
            "mitre-mobile-attack-intrusion-set",
            "mitre-pre-attack-intrusion-set",
            "stix-2.1-intrusion-set",
        ],
    ),
    (
        "malware",
        &[
            "mitre-malware",
            "android",
            "backdoor",
            "banker",
            "cryptominers",
            "malpedia",
            "mitre-enterprise-attack-malware",
            "mitre-mobile-attack-malware",
            "ransomware",
            "stealer",
            "stix-2.1-malware",
        ],
    ),
    ("threat-actor", &["threat-actor", "microsoft-activity-group", "stix-2.1-threat-actor"]),
    (
        "tool",
        &[
            "mitre-tool",
            "botnet",
            "exploit-kit",
            "mitre-enterprise-attack-tool",
            "mitre-mobile-attack-tool",
            "rat",
            "tds",
            "tool",
            "stix-2.1-tool",
        ],
    ),
    ("vulnerability", &["branded-vulnerability", "stix-2.1-vulnerability"]),
    ("campaign", &["stix-2.1-campaign"]),
];

/// To which family an object type belongs (STIX 2.1 §1.2, §1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeClass {
    /// A STIX Domain Object, such as `indicator`.
    Domain,
    /// A STIX Relationship Object: `relationship`, `sighting`.
    Relationship,
    /// A STIX Cyber-observable Object, such as `file`.
    Observable,
    /// A STIX Meta Object, such as `marking-definition`.
    Meta,
    /// `bundle`, which carries objects and is none.
    Bundle,
    /// Not a type of the standard.
    Custom,
}

impl TypeClass {
    /// The family of an object type, by its name.
    ///
    /// ```
    /// use stix_model::TypeClass;
    ///
    /// assert_eq!(TypeClass::of("malware"), TypeClass::Domain);
    /// assert_eq!(TypeClass::of("x-acme-thing"), TypeClass::Custom);
    /// ```
    #[must_use]
    pub fn of(object_type: &str) -> Self {
        match object_type {
            "attack-pattern" | "campaign" | "course-of-action" | "grouping" | "identity" | "incident" | "indicator"
            | "infrastructure" | "intrusion-set" | "location" | "malware" | "malware-analysis" | "note"
            | "observed-data" | "opinion" | "report" | "threat-actor" | "tool" | "vulnerability" => Self::Domain,
            "relationship" | "sighting" => Self::Relationship,
            "artifact"
            | "autonomous-system"
            | "directory"
            | "domain-name"
            | "email-addr"
            | "email-message"
            | "file"
            | "ipv4-addr"
            | "ipv6-addr"
            | "mac-addr"
            | "mutex"
            | "network-traffic"
            | "process"
            | "software"
            | "url"
            | "user-account"
            | "windows-registry-key"
            | "x509-certificate" => Self::Observable,
            "extension-definition" | "language-content" | "marking-definition" => Self::Meta,
            "bundle" => Self::Bundle,
            _ => Self::Custom,
        }
    }
}

//! The catalogue of the rules, and the checks of the OASIS validator that they correspond to.
//!
//! A rule is named after its table and a number, `SCO-FILE-1`; one of a part of it has the part between:
//! `SCO-FILE-NTFS-1`.

use std::collections::HashSet;

use crate::Severity;
use crate::json::same;

/// A rule that a check can find broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, stable across releases.
    pub id: &'static str,
    /// How much it matters in the default profile; of several cases, the worst.
    pub severity: Severity,
    /// The number of the OASIS validator's check, if there is one for it alone.
    pub code: Option<u16>,
    /// What it demands, in a few words.
    pub title: &'static str,
}

impl Rule {
    /// The name of the OASIS validator's check.
    #[must_use]
    pub fn check(&self) -> Option<&'static str> {
        self.code.and_then(check_name)
    }
}

/// A rule by its name.
///
/// ```
/// use stix_model::validate::rules;
///
/// let rule = rules::rule("XR-3").unwrap();
/// assert_eq!((rule.code, rule.check()), (Some(302), Some("extref-hashes")));
/// ```
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().chain(BUNDLE_RULES).find(|rule| same(rule.id, id))
}

/// The number of the OASIS validator's check that a rule corresponds to, where it is one.
#[must_use]
pub fn code(rule: &str) -> Option<u16> {
    self::rule(rule)?.code
}

/// The name of a check of the OASIS validator, by its number.
#[must_use]
pub fn check_name(code: u16) -> Option<&'static str> {
    CHECKS.iter().find(|(number, _)| *number == code).map(|(_, name)| *name)
}

/// Is the rule switched off, by its own name or by its check's number, name or group?
#[must_use]
pub fn is_disabled(rule: &str, code: Option<u16>, disabled: &HashSet<String>) -> bool {
    let off = |name: &str| disabled.contains(name);
    let by_code = |code: u16| {
        let groups = GROUPS.iter().filter(|(_, members)| members.contains(&code)).map(|(group, _)| *group);
        groups.chain([code]).any(|code| off(&code.to_string()) || check_name(code).is_some_and(off))
    };
    !disabled.is_empty() && (off(rule) || code.is_some_and(by_code))
}

/// The groups of the OASIS validator's checks.
pub static GROUPS: &[(u16, std::ops::RangeInclusive<u16>)] =
    &[(1, 101..=150), (2, 201..=277), (210, 211..=245), (270, 271..=277)];

/// The checks of the OASIS validator that can be switched off, and their groups.
#[rustfmt::skip]
pub static CHECKS: &[(u16, &str)] = &[
    (1, "format-checks"), (101, "custom-prefix"), (102, "custom-prefix-lax"), (103, "uuid-check"),
    (111, "open-vocab-format"), (121, "kill-chain-names"), (141, "observable-object-keys"),
    (142, "observable-dictionary-keys"), (143, "malware-analysis-product"), (149, "windows-process-priority-format"),
    (150, "hash-length"),
    (2, "approved-values"), (201, "marking-definition-type"), (202, "relationship-types"), (203, "duplicate-ids"),
    (210, "all-vocabs"), (211, "attack-motivation"), (212, "attack-resource-level"), (213, "identity-class"),
    (214, "indicator-types"), (215, "industry-sector"), (216, "malware-types"), (218, "report-types"),
    (219, "threat-actor-types"), (220, "threat-actor-role"), (221, "threat-actor-sophistication"), (222, "tool-types"),
    (223, "region"), (225, "grouping-context"), (226, "implementation-languages"), (227, "infrastructure-types"),
    (228, "malware-capabilities"), (230, "processor-architecture"), (231, "malware-result"), (241, "hash-algo"),
    (243, "windows-pebinary-type"), (244, "account-type"), (245, "indicator-pattern-types"),
    (270, "all-external-sources"), (271, "mime-type"), (272, "protocols"), (273, "ipfix"),
    (274, "http-request-headers"), (275, "socket-options"), (276, "pdf-doc-info"), (277, "countries"),
    (301, "network-traffic-ports"), (302, "extref-hashes"), (303, "indicator-properties"),
    (304, "deprecated-properties"), (305, "extension-description"), (306, "extension-properties"),
    (401, "extensions-use"),
];

const fn error(id: &'static str, title: &'static str) -> Rule {
    Rule { id, severity: Severity::Error, code: None, title }
}

const fn warning(id: &'static str, title: &'static str) -> Rule {
    Rule { id, severity: Severity::Warning, code: None, title }
}

const fn coded(id: &'static str, code: u16, title: &'static str) -> Rule {
    Rule { id, severity: Severity::Warning, code: Some(code), title }
}

const fn note(id: &'static str, title: &'static str) -> Rule {
    Rule { id, severity: Severity::Information, code: None, title }
}

/// Every rule on single objects, in the order of the standard: data types, identifiers, common properties, object types, extensions.
#[rustfmt::skip]
pub static RULES: &[Rule] = &[
    error("T-01", "binary is Base64 with padding"),
    error("T-02", "a boolean is true or false"),
    error("T-03", "a dictionary has entries, with keys of 1 to 250 ASCII characters"),
    coded("T-03a", 142, "dictionary keys are lowercase"),
    error("T-04", "an enumeration has one of its values"),
    error("T-06", "a float is a number within its bounds"),
    error("T-07", "hashes are text by algorithm"),
    error("T-07a", "a hash has the form of its algorithm"),
    warning("T-07b", "weak hashes are accompanied by SHA-256"),
    error("T-08", "hex is pairs of lowercase hexadecimal digits"),
    error("T-10", "an integer is whole and within its bounds"),
    coded("T-11", 121, "names of kill chains and phases are lowercase words joined by hyphens"),
    error("T-12", "a list has items"),
    error("T-14", "values of open vocabularies are lowercase words joined by hyphens"),
    error("T-15", "text is a string"),
    error("T-17", "null is no value"),
    error("TS-01", "a timestamp has its form"),
    error("TS-03", "a timestamp is a day and a time that exist"),
    error("TS-05", "created and modified have three fraction digits or more"),
    error("TS-07", "the time stamp of a PE file has no fraction"),
    error("VOC-01", "values of open vocabularies are taken from them"),
    error("XR-1", "an external reference says something about the source"),
    error("XR-2", "a URL is one"),
    coded("XR-3", 302, "a URL comes with hashes of what it led to"),
    error("XR-4", "a CVE entry has its form"),
    error("XR-5", "a CAPEC entry has its form"),
    warning("XR-6", "cve and capec are written in lowercase"),
    warning("N-01", "property names start with a letter"),
    warning("N-02", "the end of a property's name tells its type"),
    error("N-03", "an _enc property names the character set of the property it belongs to"),
    error("N-04", "reserved property names are not used"),
    error("N-05", "reserved type names are not used"),
    error("N-06", "names are case-sensitive"),
    error("ID-01", "an identifier is a type, two hyphens and a UUID"),
    error("ID-02", "the UUID of an identifier is one"),
    coded("ID-03", 103, "identifiers are random, except those of observables"),
    error("ID-04", "identifiers of observables are made from their content"),
    error("ID-05", "identifiers of processes are random"),
    note("DET-10", "an identifier made from content fits the content"),
    error("RF-01", "a reference leads to an object of an allowed type"),
    error("CP-01", "required properties are there, and none that the type must not have"),
    error("CP-02", "spec_version is 2.1"),
    error("CP-03", "modified is not earlier than created"),
    error("CP-05", "a language is a tag by RFC 5646"),
    note("CP-06", "text has a language"),
    note("CP-07", "labels do not repeat a vocabulary that has a property of its own"),
    warning("CP-08", "a marking applies once"),
    error("CP-09", "an extension belongs to the type that has it"),
    error("CP-10", "only observables are defanged"),
    error("GM-1", "a granular marking has a language or a marking"),
    error("GM-2", "a selector has its form"),
    error("GM-3", "a selector leads to something"),
    warning("GM-8", "markings are not marked"),
    warning("TLP-4", "one TLP marking applies"),
    error("SDO-CAM-1", "a campaign is last seen after it is first seen"),
    error("SDO-COA-1", "action is reserved"),
    error("SDO-IND-1", "a STIX pattern is one"),
    error("SDO-IND-2", "a pattern is in the language that pattern_type names"),
    error("SDO-IND-3", "an indicator is valid until later than from"),
    warning("SDO-IND-4", "a pattern asks for times in which the indicator is valid"),
    coded("SDO-IND-5", 303, "an indicator has a name and a description"),
    warning("PG-06", "a pattern's START is before its STOP"),
    warning("PG-10", "a set in a pattern has constants"),
    warning("PG-12", "a number in a pattern has no plus sign"),
    error("PG-16", "what AND joins in a pattern can be true of one object"),
    warning("PG-17", "a path in a pattern leads to a value"),
    warning("PG-18", "a constant in a pattern has the form of what it is compared with"),
    warning("PG-22", "a regular expression in a pattern is one"),
    warning("PC-01", "a constant in a pattern is of the kind that it is compared with"),
    warning("PC-07", "a timestamp in a pattern is compared with t'…'"),
    warning("PC-08", "LIKE and MATCHES look at strings"),
    warning("PC-10", "ISSUBSET and ISSUPERSET look at addresses"),
    warning("PP-02", "[*] in a pattern stands for the items of a list"),
    warning("PP-08", "a pattern names hash algorithms as the standard does"),
    warning("PP-09", "a path in a pattern goes on from an item of a list"),
    error("SDO-INF-1", "infrastructure is last seen after it is first seen"),
    error("SDO-IS-1", "an intrusion set is last seen after it is first seen"),
    error("SDO-LOC-1", "a location has a region, a country or coordinates"),
    error("SDO-LOC-2", "latitude and longitude come together"),
    error("SDO-LOC-3", "precision comes with coordinates and is not negative"),
    coded("SDO-LOC-4", 277, "a country is a code of ISO 3166-1"),
    warning("SDO-LOC-5", "an administrative area is a code of ISO 3166-2"),
    error("SDO-MAL-1", "a malware family has a name"),
    error("SDO-MAL-2", "malware is last seen after it is first seen"),
    error("SDO-MAN-1", "an analysis has a result or found observables"),
    warning("SDO-MAN-2", "an analysis ends after it starts"),
    coded("SDO-MAN-3", 143, "the product is lowercase words joined by hyphens"),
    error("SDO-OD-1", "observed data is last observed after it is first observed"),
    error("SDO-OD-2", "observed data has objects or refers to them"),
    error("SDO-OD-3", "observed data refers to an observable"),
    warning("SDO-OD-4", "observed objects are connected"),
    coded("SDO-OD-6", 304, "observed data refers to its objects"),
    error("SDO-REF-1", "a reference to any object leads to no bundle"),
    error("SDO-TA-1", "a threat actor is last seen after it is first seen"),
    error("SRO-REL-1", "a relationship connects domain objects and observables"),
    error("SRO-REL-2", "a relationship stops after it starts"),
    warning("SRO-REL-3", "a relationship connects two objects"),
    error("SRO-REL-5", "a relationship type is lowercase words joined by hyphens"),
    error("SRO-SIG-1", "a sighting is last seen after it is first seen"),
    coded("REL-01", 202, "a relationship of a standard type connects what the standard says"),
    warning("REL-02", "derived-from and duplicate-of connect objects of one type"),
    note("REL-04", "av-analysis-of is the name of the relationship"),
    error("SCO-ART-1", "an artifact has a payload or a URL"),
    error("SCO-ART-2", "the URL of an artifact comes with hashes"),
    error("SCO-ART-3", "a decryption key comes with the algorithm"),
    warning("SCO-ART-4", "the hashes of an artifact are those of its payload"),
    warning("SCO-AS-1", "the number of an autonomous system has 32 bits"),
    warning("SCO-DN-1", "a domain name is one"),
    error("SCO-EA-1", "an e-mail address is one"),
    error("SCO-EM-1", "a multipart message has no body"),
    error("SCO-EM-2", "only a multipart message has parts"),
    warning("SCO-EM-3", "encoded words are decoded"),
    error("SCO-EM-4", "a part has a body or refers to one"),
    error("SCO-FILE-1", "a file has hashes or a name"),
    coded("SCO-FILE-PDF-2", 276, "document information has the keys of PDF"),
    error("SCO-FILE-PDF-1", "a PDF extension has a property"),
    error("SCO-FILE-NTFS-1", "an NTFS extension has a property"),
    error("SCO-FILE-IMAGE-1", "a raster image extension has a property"),
    error("SCO-FILE-PEHEADER-1", "the optional header of a PE file has a property"),
    error("SCO-IP-1", "an IP address or network is one"),
    warning("SCO-IP-2", "an IP address or network is written in the usual form"),
    error("SCO-MAC-1", "a MAC address is lowercase pairs joined by colons"),
    Rule { code: Some(271), ..error("SCO-MIME-1", "a media type is a registered one") },
    error("SCO-NT-TCP-1", "a TCP extension has a property"),
    error("SCO-NT-1", "traffic has a source or a destination"),
    error("SCO-NT-2", "traffic ends after it starts"),
    error("SCO-NT-3", "active traffic has no end"),
    coded("SCO-NT-4", 301, "traffic has ports"),
    coded("SCO-NT-5", 272, "protocols have registered names in lowercase"),
    coded("SCO-NT-6", 273, "IPFIX elements have registered names"),
    coded("SCO-NT-7", 274, "request headers have registered names"),
    coded("SCO-NT-8", 275, "socket options have known prefixes"),
    warning("SCO-NT-9", "method and version of a request are lowercase"),
    warning("SCO-NT-10", "the protocol of an extension is among the protocols"),
    error("SCO-PE-1", "a PE file has more than its type"),
    warning("SCO-PE-2", "entropy is between 0 and 8"),
    error("SCO-PR-1", "a process has a property of its own"),
    error("SCO-PR-WINDOWS-1", "a Windows process extension has a property"),
    error("SCO-PR-SERVICE-1", "a Windows service extension has a property"),
    coded("SCO-PR-2", 149, "a priority ends in _CLASS"),
    error("SCO-RK-1", "a registry key has a property of its own"),
    error("SCO-RK-VALUE-1", "a registry value has a property"),
    error("SCO-RK-2", "the hive of a registry key is written in full"),
    error("SCO-SW-1", "a CPE name is of version 2.3"),
    error("SCO-SW-2", "languages of software are tags by RFC 5646"),
    error("SCO-UA-1", "an account has a property of its own"),
    error("SCO-UA-UNIX-1", "a UNIX account extension has a property"),
    note("SCO-UA-3", "a credential is in clear text"),
    warning("SCO-URL-1", "a URL is one by RFC 3986"),
    error("SCO-X5-V3-1", "the extensions of a certificate have a property"),
    warning("SCO-X5-2", "a certificate is valid until later than from"),
    error("SCO-X5-1", "a certificate has a property of its own"),
    error("MD-1", "a marking definition has a type or an extension"),
    error("MD-2", "the type of a marking comes with its definition"),
    error("MD-3", "a statement marking has a statement and nothing else"),
    error("MD-4", "the TLP markings are the standard's"),
    error("MD-5", "a marking does not mark itself"),
    error("MD-6", "a marking definition has no versions"),
    note("MD-7", "a marking is defined in one way"),
    error("MD-8", "a TLP marking has the standard's creation date"),
    coded("MD-9", 201, "the type of a marking is statement or tlp"),
    warning("TR-07", "only TLP markings have their names"),
    warning("LC-1", "the version of a translated object is one"),
    error("LC-2", "a translation has the structure of what it translates"),
    warning("LC-5", "each language comes once"),
    error("XD-1", "only extensions at the top level list their properties"),
    coded("XD-2", 306, "extensions at the top level list their properties"),
    error("XD-3", "an extension definition has no extensions, language or confidence"),
    coded("XD-4", 305, "an extension definition has a description"),
    warning("XD-5", "the version of an extension is a semantic one"),
    warning("XD-6", "each type of extension comes once"),
    error("OC-1", "the observables of observed data are objects"),
    error("OC-2", "references inside observed data are its keys"),
    coded("OC-3", 141, "the keys of observed data are 0, 1, 2 …"),
    error("EX-01", "an extension says what it does"),
    error("EX-02", "extension_type is one of its values"),
    warning("EX-04", "an extension has properties"),
    note("EX-05", "properties of extensions"),
    warning("EX-06", "an object of a new type has the common properties of its class"),
    error("EX-07", "names that extensions bring have their form"),
    error("EX-08", "an extension does not redefine the standard"),
    warning("EX-09", "the end of an extension property's name tells its type"),
    error("EX-11", "an extension is known, if unknown ones are refused"),
    error("CU-01", "names of custom properties have their form and begin with x_"),
    error("CU-02", "custom types have their form, begin with x- and have a property of their own"),
    error("CU-03", "custom extensions have their form, begin with x- and have a property"),
    coded("CU-06", 401, "what the standard does not have comes with an extension"),
    error("IO-03", "one TLP marking applies (interoperability)"),
    error("IO-05", "the properties that the interoperability tests want are there"),
];

/// The rules between the objects of a bundle. Some stand in [`RULES`] as well, for what one object shows.
#[rustfmt::skip]
pub static BUNDLE_RULES: &[Rule] = &[
    error("B-01", "a bundle does not hold bundles"),
    warning("B-02", "a bundle of STIX 2.1 has no spec_version"),
    warning("B-03", "a bundle has no custom properties"),
    coded("B-04", 203, "a bundle holds each version of an object once"),
    error("B-08", "nothing refers to a bundle"),
    error("IO-01", "the creator of each object is in the bundle"),
    error("IO-02", "creators have a creator themselves"),
    error("LC-1", "a translation names a version that there is"),
    error("LC-2", "a translation has the structure of what it translates"),
    note("LC-3", "a translation is of text that there is"),
    warning("MD-5", "markings do not mark each other in a circle"),
    warning("EX-05", "the definition of an extension lists its properties"),
    error("EX-08", "an extension does not redefine properties of the type"),
    warning("EX-14", "a property is of one extension"),
    warning("SDO-MAL-3", "the samples of an instance of malware are one binary"),
    warning("SDO-OD-4", "observed objects are connected"),
    error("REL-03", "a malware family is no variant of an instance"),
    note("RF-02", "references lead to objects that are there and valid"),
    error("VER-07", "a version has one content"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Appendix A: 49 checks and 4 groups; each rule is listed once.
    #[test]
    fn the_catalogue_is_whole() {
        assert_eq!(CHECKS.len(), 53);
        let ids: HashSet<_> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
        for rule in RULES {
            assert!(rule.code.is_none() || rule.check().is_some(), "{}", rule.id);
        }
    }

    /// RV-12: rules are switched off one by one, or in groups.
    #[test]
    fn rules_are_switched_off() {
        for (off, is_off) in
            [("XR-3", true), ("302", true), ("extref-hashes", true), ("2", false), ("3", false), ("XR-2", false)]
        {
            assert_eq!(is_disabled("XR-3", Some(302), &HashSet::from([off.to_owned()])), is_off, "{off}");
        }
        for off in ["VOC-01", "216", "malware-types", "210", "all-vocabs", "2", "approved-values"] {
            assert!(is_disabled("VOC-01", Some(216), &HashSet::from([off.to_owned()])), "{off}");
        }
        assert!(is_disabled("SDO-LOC-4", Some(277), &HashSet::from(["all-external-sources".to_owned()])));
    }

    /// LIB-04: no rule is reported, and no table names one, that the catalogue does not have.
    #[test]
    fn every_rule_is_in_the_catalogue() {
        let sources = [
            include_str!("bundle/circles.rs"),
            include_str!("bundle/connected.rs"),
            include_str!("bundle/definitions.rs"),
            include_str!("bundle/mod.rs"),
            include_str!("bundle/samples.rs"),
            include_str!("bundle/translated.rs"),
            include_str!("common.rs"),
            include_str!("container.rs"),
            include_str!("custom.rs"),
            include_str!("domain.rs"),
            include_str!("extensions.rs"),
            include_str!("indicator.rs"),
            include_str!("../pattern/check/constants.rs"),
            include_str!("../pattern/check/mod.rs"),
            include_str!("../pattern/check/resolve.rs"),
            include_str!("interop.rs"),
            include_str!("markings.rs"),
            include_str!("meta.rs"),
            include_str!("mod.rs"),
            include_str!("objects.rs"),
            include_str!("observables.rs"),
            include_str!("parts.rs"),
            include_str!("payload.rs"),
            include_str!("values.rs"),
        ];
        let written = sources.iter().flat_map(|source| source.split('"')).filter(|text| is_rule(text));
        let shapes = crate::object::OBJECT_TYPES.iter().chain(crate::object::EXTENSIONS);
        let in_tables = shapes.flat_map(|shape| shape.constraints).map(|constraint| constraint.rule);
        for id in written.chain(in_tables) {
            assert!(rule(id).is_some(), "{id}");
        }
    }

    fn is_rule(text: &str) -> bool {
        let Some((name, number)) = text.rsplit_once('-') else { return false };
        let number = number.trim_end_matches(|c: char| c.is_ascii_lowercase());
        let upper = name.split('-').all(|word| !word.is_empty() && word.bytes().all(|c| c.is_ascii_uppercase()));
        upper && !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()) && !name.starts_with("SHA")
    }
}

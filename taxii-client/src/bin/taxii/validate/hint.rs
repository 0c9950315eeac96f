//! What to do about a finding, where its own words do not say it.

use stix_model::Finding;

/// A hint for the rule that was broken.
pub(super) fn of(finding: &Finding) -> Option<&'static str> {
    if finding.rule == "CP-01" && finding.found.starts_with("spec_version is missing") {
        return Some(
            "add \"spec_version\": \"2.1\" if the object follows STIX 2.1; content of 2.0 has to be upgraded first",
        );
    }
    HINTS.iter().find(|(rule, _)| *rule == finding.rule).map(|(_, hint)| *hint)
}

const HINTS: &[(&str, &str)] = &[
    ("B-01", "put the objects of the inner bundle into the outer one"),
    ("B-04", "give a changed object a later modified"),
    ("CP-01", "`taxii new TYPE` prints an object of the type with everything that it requires"),
    ("CP-02", "STIX 2.1 objects say \"spec_version\": \"2.1\""),
    ("CP-03", "set modified to created in the first version, and to a later time in each other"),
    ("CP-05", "a language tag is like en, de or pt-BR (RFC 5646)"),
    ("CP-09", "the key is an extension-definition--UUID or an extension that the standard defines for this type"),
    ("CU-01", "names of properties of your own start with x_ and your name: x_acme_rank; or define an extension"),
    ("CU-02", "names of types of your own start with x-; or define an extension"),
    ("CU-06", "define an extension (STIX 2.1 §7.3) and name it in the object's extensions"),
    ("EX-02", "the types are property-extension, toplevel-property-extension, new-sdo, new-sco and new-sro"),
    ("GM-2", "a selector is like description, labels.[0] or hashes.MD5"),
    ("GM-3", "a selector names something that is there: mend it, or take it out"),
    ("ID-01", "an identifier is the type, two hyphens and a UUID: indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"),
    ("ID-03", "make the UUID at random (version 4)"),
    ("ID-04", "`taxii new TYPE --set …` makes the id that the content gives (STIX 2.1 §2.9)"),
    ("ID-07", "the reference leads to an object of a type that is not allowed here"),
    ("J-01", "JSON allows it, but programs differ in what they make of it"),
    ("SDO-IND-3", "valid_until is the first instant at which the indicator no longer counts"),
    ("T-01", "Base64 with padding and without line breaks (RFC 4648 §4)"),
    ("T-02", "write true or false without quotes"),
    ("T-08", "an even number of digits 0-9 and a-f"),
    ("T-10", "write the number without quotes and without a fraction"),
    ("T-12", "leave an empty list out"),
    ("T-15", "put the value in quotes"),
    ("T-17", "leave the property out"),
    ("TS-01", "a timestamp is like 2026-01-31T12:00:00.000Z, in UTC"),
    ("TS-05", "write at least milliseconds: 2026-01-31T12:00:00.000Z"),
    ("XR-1", "add a description, a url or an external_id"),
    ("XR-3", "add hashes of what the url leads to"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// In order, each rule once.
    #[test]
    fn hints_are_in_order() {
        assert!(HINTS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}

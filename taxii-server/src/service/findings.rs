//! What the checks found about a submitted object, and how it is told.

use std::fmt::Write;

use stix_model::json::Json;
use stix_model::validate::{self, Options, Profile};
use stix_model::{Finding, Severity};

use crate::store::Ingest;

/// Findings in one message; the others are counted.
const TOLD: usize = 10;
/// Characters of one finding: names of properties may be as long as the sender likes.
const LENGTH: usize = 500;

/// How the content of an object is checked, if it is.
pub(super) fn options(policy: Ingest) -> Option<Options> {
    let profile = match policy {
        Ingest::Off | Ingest::Head => return None,
        Ingest::SchemaValid => Profile::Default,
        Ingest::Strict => Profile::Strict,
    };
    Some(Options { profile, ..Options::default() })
}

/// Checks the content of an object. `Ok` holds its warnings.
pub(super) fn check(text: &str, options: &Options) -> Result<Vec<Finding>, Vec<Finding>> {
    let mut findings = match Json::parse(text) {
        Ok(json) => validate::object(&json, options),
        Err(error) => vec![Finding::error("J-01", "", error.to_string(), "JSON within the limits of RFC 7493")],
    };
    findings.retain(|finding| finding.severity > Severity::Information);
    match findings.iter().any(|finding| finding.severity == Severity::Error) {
        true => Err(findings),
        false => Ok(findings),
    }
}

/// The findings in words, errors first: rule, place, what was found and what was expected.
pub(crate) fn message(findings: &[Finding]) -> String {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut text = String::new();
    for (i, finding) in sorted.iter().take(TOLD).enumerate() {
        let warning = if finding.severity == Severity::Error { "" } else { "warning: " };
        let between = if i == 0 { "" } else { "; " };
        // Writing to a string does not fail.
        _ = write!(text, "{between}{warning}{}", bounded(finding.to_string()));
    }
    if let more @ 1.. = sorted.len().saturating_sub(TOLD) {
        _ = write!(text, "; and {more} more");
    }
    text
}

fn bounded(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LENGTH) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AMB-38: the worst first, a bounded number of bounded length, and how many there are.
    #[test]
    fn messages_are_bounded() {
        let warning = Finding { severity: Severity::Warning, ..Finding::error("W-1", "/w", "w", "x") };
        let error = Finding::error("E-1", "/e", "e", "y");
        assert_eq!(message(&[warning.clone(), error]), "E-1 at /e: e; expected y; warning: W-1 at /w: w; expected x");
        let many = message(&vec![Finding::error("E-2", "/é".repeat(10_000), "e", ""); 12]);
        assert!(many.chars().count() < 6000 && many.ends_with("…; and 2 more"), "{many}");
        assert!(message(&vec![warning; 10]).ends_with("expected x"));
    }

    /// LIB-01: what each policy looks at.
    #[test]
    fn policies_and_profiles() {
        let address = |more: &str| {
            format!(
                r#"{{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4",{more}}}"#
            )
        };
        let [good, custom, bad] =
            [r#""value":"198.51.100.3""#, r#""value":"198.51.100.3","x_acme_rank":1"#, r#""value":7"#].map(address);
        assert!(options(Ingest::Off).is_none() && options(Ingest::Head).is_none());
        let [valid, strict] = [Ingest::SchemaValid, Ingest::Strict].map(|policy| options(policy).unwrap());
        assert_eq!(check(&good, &strict), Ok(Vec::new()));
        assert_eq!(check(&custom, &valid).unwrap()[0].rule, "CU-06");
        assert_eq!(check(&custom, &strict).unwrap_err()[0].rule, "CU-06");
        assert_eq!(check(&bad, &valid).unwrap_err()[0].to_string(), "T-15 at /value: 7; expected a string");
    }
}

#![no_main]
//! Any text is read as an agreement, or refused with an error; its digest does not depend on comments.

use libfuzzer_sys::fuzz_target;
use sharing::agreement::{Agreement, InvalidAgreement, Severity};

fuzz_target!(|text: &str| {
    match Agreement::read(text) {
        Ok((agreement, _)) => {
            let (again, _) = Agreement::read(&format!("# a comment\n{text}")).expect("the same with a comment");
            assert_eq!(agreement, again);
            let _ = agreement.signed_off();
        }
        Err(InvalidAgreement(findings)) => {
            assert!(findings.iter().any(|finding| finding.severity == Severity::Error));
        }
    }
});

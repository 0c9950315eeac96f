#![no_main]
//! Any text is looked through; what is redacted is clean, and a name in the middle of a text is always found.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sharing::sanitise::scan::{Outcome, Scan, Scanner};

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    let scan = Scan {
        names: vec!["Acme Clinic".to_owned()],
        domains: vec!["clinic.example".to_owned()],
        networks: vec!["203.0.113.0/24".to_owned()],
        ..Scan::default()
    };
    Scanner::new(&scan).expect("settings that can be used")
});

fuzz_target!(|text: &str| {
    for leak in SCANNER.leaks(text).unwrap_or_default() {
        assert!(text.get(leak.span).is_some(), "a leak stands between characters");
    }
    if let Outcome::Redacted(rest, _) = SCANNER.redact(text) {
        assert_eq!(SCANNER.first(&rest), None);
    }
    assert!(SCANNER.first(&format!("{text} Acme Clinic {text}")).is_some());
});

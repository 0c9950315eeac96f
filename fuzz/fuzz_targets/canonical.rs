#![no_main]
//! Canonical text is canonical: read and written again it is the same.

use libfuzzer_sys::fuzz_target;
use stix_model::canonical;
use stix_model::json::Json;

fuzz_target!(|text: &str| {
    if let Ok(json) = Json::parse(text) {
        let once = canonical::text(&json);
        let again = canonical::text(&Json::parse(&once).expect("canonical text is JSON"));
        assert_eq!(once, again);
    }
});

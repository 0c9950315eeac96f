#![no_main]
//! A selector is written as it was read.

use libfuzzer_sys::fuzz_target;
use stix_model::Selector;

fuzz_target!(|text: &str| {
    if let Ok(selector) = text.parse::<Selector>() {
        assert_eq!(selector.to_string(), text);
    }
});

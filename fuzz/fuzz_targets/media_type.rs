#![no_main]
//! Any header gives an answer; refusing everything is refusing.

use libfuzzer_sys::fuzz_target;
use taxii_model::media_type::{Accept, MediaType, is_envelope};

fuzz_target!(|text: &str| {
    let accept = Accept::parse([text]);
    let _ = (accept.browser(), is_envelope(text), MediaType::parse(text));
    if accept.taxii() {
        assert!(Accept::parse([text, "x/y"]).taxii() || text.split(',').all(|item| item.trim().is_empty()));
    }
});

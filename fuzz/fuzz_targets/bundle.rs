#![no_main]
//! Any document is checked to its end, or refused.

use libfuzzer_sys::fuzz_target;
use stix_model::validate::{self, Options};

fuzz_target!(|text: &str| {
    let _ = validate::bundle(text, &Options::default());
});

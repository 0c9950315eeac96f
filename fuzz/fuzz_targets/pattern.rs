#![no_main]
//! Any text is a pattern or an error. A pattern is printed as one that is read as the same, and printed as the same.

use libfuzzer_sys::fuzz_target;
use stix_model::pattern::{Options, Pattern, Version};

fuzz_target!(|text: &str| {
    for version in [Version::V2_1, Version::V2_0] {
        for mixed_types in [false, true] {
            let options = Options { version, mixed_types, ..Options::default() };
            match Pattern::parse_with(text, &options) {
                Ok(pattern) => {
                    let printed = pattern.to_string();
                    // START and STOP of 2.0 are printed as those of 2.1, which 2.0 reads as well.
                    let again = Pattern::parse_with(&printed, &options).expect("our own text");
                    assert_eq!(again, pattern, "{printed}");
                    assert_eq!(again.to_string(), printed);
                }
                Err(invalid) => invalid.problems.iter().for_each(|problem| drop((problem.to_string(), problem.excerpt(text)))),
            }
        }
    }
});

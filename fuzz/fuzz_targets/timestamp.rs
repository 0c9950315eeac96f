#![no_main]
//! A timestamp keeps its text, and equal instants have equal keys.

use libfuzzer_sys::fuzz_target;
use stix_model::Timestamp;

fuzz_target!(|texts: (&str, &str)| {
    let (Ok(a), Ok(b)) = (texts.0.parse::<Timestamp>(), texts.1.parse::<Timestamp>()) else { return };
    assert_eq!(a.as_str(), texts.0);
    assert_eq!(a.cmp(&b), a.sort_key().cmp(&b.sort_key()));
    let _ = a.to_utc();
});
